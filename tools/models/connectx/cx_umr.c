// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * User-mode memory registration: a WQE that changes the context of a memory
 * key under a mask and writes a part of its translation table.
 *
 *	16	control segment, the key in its last word
 *	48	UMR control segment: flags, octowords, offset, mkey mask
 *	64	the new key context
 *	16..	one data segment, or inline translations
 *
 * Lengths are padded to 64 bytes by the driver, so what reaches up to 64 bytes
 * beyond the table is padding and is dropped; more is an error.
 *
 * Source: drivers/infiniband/hw/mlx5/umr.c (layout, masks, order),
 * include/linux/mlx5/{qp.h,device.h}.
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_ifc.h"
#include "connectx/cx_mem.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_umr.h"
#include "connectx/cx_xlt.h"

TRACE_CATEGORY(umr, "hca.umr");

#define SEG_UMR_CTRL	16u
#define SEG_MKEY	64u
#define SEG_DATA	128u

#define UMR_OFFSET_EN		0x10
#define UMR_CHECK_NOT_FREE	0x20
#define UMR_CHECK_FREE		0x40
#define UMR_INLINE		0x80

#define UMR_PADDING	64u	/* bytes */
#define UMR_MAX_BYTES	(65535u * 16)

/* Mask bit -> field of the key context. */
struct umr_field {
	uint8_t bit;
	uint16_t off;
	uint8_t len;
};

#define UMR_FIELD(mask_bit, field) \
	{ .bit = (mask_bit), .off = CX_BIT_OFF(mkc, field), \
	  .len = CX_BIT_LEN(mkc, field) }

static const struct umr_field umr_fields[] = {
	UMR_FIELD(0, length64),
	UMR_FIELD(0, len),
	UMR_FIELD(1, log_page_size),
	UMR_FIELD(42, log_page_size),
	UMR_FIELD(6, start_addr),
	UMR_FIELD(7, pd),
	UMR_FIELD(8, en_rinval),
	UMR_FIELD(13, mkey_7_0),
	UMR_FIELD(14, qpn),
	UMR_FIELD(17, lr),
	UMR_FIELD(18, lw),
	UMR_FIELD(19, rr),
	UMR_FIELD(20, rw),
	UMR_FIELD(21, a),
	UMR_FIELD(23, small_fence_on_rdma_read_response),
	UMR_FIELD(25, relaxed_ordering_write),
	UMR_FIELD(29, free),
	UMR_FIELD(47, relaxed_ordering_read),
};

struct umr {
	uint8_t flags;
	uint32_t bytes;			/* of translations */
	uint64_t offset;		/* in bytes */
	uint64_t mask;
	struct cx_mkey *mkey;
};

static void umr_apply_field(uint8_t *mkc, const uint8_t *seg,
			    const struct umr_field *f)
{
	for (unsigned int done = 0; done < f->len; done += 32) {
		unsigned int bits = f->len - done < 32 ? f->len - done : 32;

		cx_ifc_set(mkc, f->off + done, bits,
			   cx_ifc_get(seg, f->off + done, bits));
	}
}

static void umr_apply(struct cx_mkey *mkey, uint64_t mask, const uint8_t *seg)
{
	for (size_t i = 0; i < sizeof(umr_fields) / sizeof(umr_fields[0]); i++)
		if (mask >> umr_fields[i].bit & 1)
			umr_apply_field(mkey->mkc, seg, &umr_fields[i]);
	cx_mkey_decode(mkey);
}

static enum cx_syndrome umr_parse(struct cx *cx, const struct cx_wqe *wqe,
				  struct umr *umr)
{
	const uint8_t *ctrl = wqe->raw + SEG_UMR_CTRL;

	if (wqe->raw_len < SEG_DATA)
		return CX_SYN_LOCAL_QP_OP;
	umr->flags = ctrl[0];
	umr->bytes = cx_be16(ctrl + 4) * 16u;
	umr->mask = cx_be64(ctrl + 8);
	if (umr->flags & UMR_OFFSET_EN)
		umr->offset = (cx_be16(ctrl + 6) |
			       (uint64_t)cx_be32(ctrl + 16) << 16) * 16;
	umr->mkey = cx_mkey_get(cx, wqe->imm);
	if (!umr->mkey || !umr->mkey->umr_en)
		return CX_SYN_MW_BIND;
	if (umr->flags & UMR_CHECK_FREE && umr->mkey->free)
		return CX_SYN_MW_BIND;
	if (umr->flags & UMR_CHECK_NOT_FREE && !umr->mkey->free)
		return CX_SYN_MW_BIND;
	return CX_SYN_NONE;
}

/* Cuts the padding off; false if more than padding is beyond the table. */
static bool umr_clip(struct umr *umr)
{
	uint64_t room = umr->mkey->xlt_octowords * 16ull;

	if (umr->offset > room || umr->bytes > room - umr->offset + UMR_PADDING)
		return false;
	if (umr->bytes > room - umr->offset)
		umr->bytes = room - umr->offset;
	return true;
}

static enum cx_syndrome umr_store(struct cx *cx, const struct umr *umr,
				  const uint8_t *xlt)
{
	if (cx_xlt_write(cx, umr->mkey, umr->offset, xlt, umr->bytes))
		return CX_SYN_LOCAL_QP_OP;
	return CX_SYN_NONE;
}

static enum cx_syndrome umr_xlt_inline(struct cx *cx, const struct umr *umr,
				       const struct cx_wqe *wqe)
{
	if (umr->bytes > wqe->raw_len - SEG_DATA)
		return CX_SYN_LOCAL_QP_OP;
	return umr_store(cx, umr, wqe->raw + SEG_DATA);
}

static enum cx_syndrome umr_xlt_dma(struct cx *cx, struct cx_qp *qp,
				    const struct umr *umr,
				    const struct cx_wqe *wqe)
{
	const struct cx_accessor who = {
		.pd = qp->pd, .qpn = qp->obj.num, .access = CX_ACC_LOCAL_READ,
	};
	const uint8_t *seg = wqe->raw + SEG_DATA;
	uint8_t *xlt = malloc(UMR_MAX_BYTES);
	struct cx_sge sge = { .len = umr->bytes };
	struct cx_move move = { .who = &who, .sge = &sge, .sges = 1 };
	enum cx_syndrome syn = CX_SYN_LOCAL_PROT;

	if (xlt && wqe->raw_len >= SEG_DATA + 16) {
		sge.key = cx_be32(seg + 4);
		sge.va = cx_be64(seg + 8);
		if (cx_mem_move(cx, &move, xlt, umr->bytes, false) == CX_MEM_OK)
			syn = umr_store(cx, umr, xlt);
	}
	free(xlt);
	return syn;
}

enum cx_syndrome cx_umr_execute(struct cx *cx, struct cx_qp *qp,
				const struct cx_wqe *wqe)
{
	struct umr umr = { 0 };
	enum cx_syndrome syn = umr_parse(cx, wqe, &umr);

	if (!syn && !umr_clip(&umr))
		syn = CX_SYN_MW_BIND;
	if (!syn && umr.bytes && !(umr.flags & UMR_INLINE) &&
	    wqe->raw_len > SEG_DATA)
		syn = umr_xlt_dma(cx, qp, &umr, wqe);
	else if (!syn && umr.bytes && umr.flags & UMR_INLINE &&
		 wqe->raw_len > SEG_DATA)
		syn = umr_xlt_inline(cx, &umr, wqe);
	/* The table is private until the context makes it valid. */
	if (!syn)
		umr_apply(umr.mkey, umr.mask, wqe->raw + SEG_MKEY);
	cx->stat.umrs++;
	if (syn)
		cx->stat.umr_errors++;
	trace(umr, "%s: key %#x flags %#x mask %#llx offset %#llx bytes %u: %#x",
	      cx->pci.name, wqe->imm, umr.flags, (unsigned long long)umr.mask,
	      (unsigned long long)umr.offset, umr.bytes, syn);
	return syn;
}

enum cx_syndrome cx_umr_local_inv(struct cx *cx, struct cx_qp *qp,
				  uint32_t key)
{
	return cx_mkey_invalidate(cx, key, qp->pd) ? CX_SYN_NONE :
						     CX_SYN_MW_BIND;
}
