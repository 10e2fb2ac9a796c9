// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory keys: 24-bit index and an 8-bit variant that must match.
 *
 * Source: include/linux/mlx5/mlx5_ifc.h (mkc), core/mr.c,
 * drivers/infiniband/hw/mlx5/{mr,odp,umr}.c (how keys are created and used).
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_xlt.h"

TRACE_CATEGORY(mkey, "hca.mkey");

/* Fixed keys of QUERY_SPECIAL_CONTEXTS; index 0 is never handed out. */
#define TERMINATE_SCATTER_LKEY	0x100
#define RESERVED_LKEY		0

struct cx_mkey *cx_mkey_get(const struct cx *cx, uint32_t key)
{
	return (struct cx_mkey *)cx_tbl_get(&cx->mkeys, key >> 8);
}

static uint8_t mkc_access(const uint8_t *mkc)
{
	return (CX_GET(mkc, mkc, lr) ? CX_ACC_LOCAL_READ : 0) |
	       (CX_GET(mkc, mkc, lw) ? CX_ACC_LOCAL_WRITE : 0) |
	       (CX_GET(mkc, mkc, rr) ? CX_ACC_REMOTE_READ : 0) |
	       (CX_GET(mkc, mkc, rw) ? CX_ACC_REMOTE_WRITE : 0) |
	       (CX_GET(mkc, mkc, a) ? CX_ACC_ATOMIC : 0);
}

void cx_mkey_decode(struct cx_mkey *mkey)
{
	const uint8_t *mkc = mkey->mkc;

	mkey->mode = CX_GET(mkc, mkc, access_mode_1_0) |
		     CX_GET(mkc, mkc, access_mode_4_2) << 2;
	mkey->access = mkc_access(mkc);
	mkey->free = CX_GET(mkc, mkc, free);
	mkey->umr_en = CX_GET(mkc, mkc, umr_en);
	mkey->length64 = CX_GET(mkc, mkc, length64);
	mkey->log_page = CX_GET(mkc, mkc, log_page_size);
	mkey->pd = CX_GET(mkc, mkc, pd);
	mkey->qpn = CX_GET(mkc, mkc, qpn);
	mkey->variant = CX_GET(mkc, mkc, mkey_7_0);
	mkey->start = CX_GET64(mkc, mkc, start_addr);
	mkey->len = CX_GET64(mkc, mkc, len);
}

static void mkey_free(struct cx_obj *obj)
{
	struct cx_mkey *mkey = (struct cx_mkey *)obj;

	cx_xlt_free(mkey);
	free(mkey);
}

static int mkey_init(struct cx *cx, struct cx_mkey *mkey,
		     const struct cx_cmd *cmd)
{
	uint32_t pas = CX_BYTE_OFF(create_mkey_in, klm_pas_mtt);
	uint32_t given = CX_GET(create_mkey_in, cmd->in,
				translations_octword_actual_size);

	memcpy(mkey->mkc,
	       CX_ADDR(create_mkey_in, cmd->in, memory_key_mkey_entry),
	       sizeof(mkey->mkc));
	cx_mkey_decode(mkey);
	mkey->xlt_octowords = CX_GET(mkc, mkey->mkc,
				     translations_octword_size);
	if (mkey->mode > CX_MKEY_KSM || mkey->xlt_octowords > CX_XLT_MAX_OCTO ||
	    (mkey->mode == CX_MKEY_KSM && mkey->log_page > 63))
		return CX_ST_BAD_PARAM;
	/* The list may be absent: a key that a UMR fills, or a null key. */
	if (cmd->in_len <= pas || !given || mkey->mode == CX_MKEY_PA)
		return CX_ST_OK;
	if (given > mkey->xlt_octowords)
		given = mkey->xlt_octowords;
	if ((uint64_t)given * 16 > cmd->in_len - pas)
		given = (cmd->in_len - pas) / 16;
	return cx_xlt_write(cx, mkey, 0, cmd->in + pas, given * 16);
}

int cx_cmd_create_mkey(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_mkey *mkey = calloc(1, sizeof(*mkey));
	int status;

	if (!mkey)
		return CX_ST_NO_RES;
	mkey->obj.cx = cx;
	mkey->obj.free = mkey_free;
	status = mkey_init(cx, mkey, cmd);
	if (!status)
		status = cx_tbl_add(&cx->mkeys, &mkey->obj);
	if (status) {
		mkey_free(&mkey->obj);
		return status;
	}
	trace(mkey, "%s: create %#x mode %u access %#x free %u pages 2^%u octowords %u",
	      cx->pci.name, cx_mkey_key(mkey), mkey->mode, mkey->access,
	      mkey->free, mkey->log_page, mkey->xlt_octowords);
	CX_SET(create_mkey_out, cmd->out, mkey_index, mkey->obj.num);
	return CX_ST_OK;
}

int cx_cmd_destroy_mkey(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t index = CX_GET(destroy_mkey_in, cmd->in, mkey_index);
	struct cx_obj *obj = cx_tbl_get(&cx->mkeys, index);

	if (!obj || index == cx->null_mkey >> 8)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->mkeys, obj);
	cx_bury(cx, obj);
	return CX_ST_OK;
}

int cx_cmd_query_mkey(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t index = CX_GET(query_mkey_in, cmd->in, mkey_index);
	struct cx_mkey *mkey = (void *)cx_tbl_get(&cx->mkeys, index);
	uint8_t *xlt = CX_ADDR(query_mkey_out, cmd->out,
			       bsf0_klm0_pas_mtt0_1);

	if (!mkey)
		return CX_ST_BAD_RES;
	memcpy(CX_ADDR(query_mkey_out, cmd->out, memory_key_mkey_entry),
	       mkey->mkc, sizeof(mkey->mkc));
	for (uint32_t i = 0; i < 4; i++)
		cx_put_be64(xlt + i * 8, cx_xlt_read64(mkey, i));
	return CX_ST_OK;
}

/* The key of "nothing is mapped here": every access is a page fault. */
static int make_null_mkey(struct cx *cx)
{
	struct cx_mkey *mkey = calloc(1, sizeof(*mkey));

	if (!mkey)
		return CX_ST_NO_RES;
	mkey->obj.cx = cx;
	mkey->obj.free = mkey_free;
	mkey->mode = CX_MKEY_MTT;
	mkey->access = CX_ACC_LOCAL | CX_ACC_REMOTE_READ |
		       CX_ACC_REMOTE_WRITE | CX_ACC_ATOMIC;
	mkey->length64 = true;
	mkey->log_page = 61;
	mkey->pd = CX_PD_ANY;
	mkey->qpn = 0xffffff;
	if (cx_tbl_add(&cx->mkeys, &mkey->obj)) {
		mkey_free(&mkey->obj);
		return CX_ST_NO_RES;
	}
	cx->null_mkey = cx_mkey_key(mkey);
	return CX_ST_OK;
}

int cx_cmd_query_special_contexts(struct cx *cx, struct cx_cmd *cmd)
{
	if (!cx->null_mkey && make_null_mkey(cx))
		return CX_ST_NO_RES;
	CX_SET(query_special_contexts_out, cmd->out, resd_lkey, RESERVED_LKEY);
	CX_SET(query_special_contexts_out, cmd->out, null_mkey, cx->null_mkey);
	CX_SET(query_special_contexts_out, cmd->out,
	       terminate_scatter_list_mkey, TERMINATE_SCATTER_LKEY);
	return CX_ST_OK;
}

bool cx_mkey_invalidate(struct cx *cx, uint32_t key, uint32_t pd)
{
	struct cx_mkey *mkey = cx_mkey_get(cx, key);

	if (!mkey || mkey->variant != (key & 0xff) || mkey->free ||
	    mkey->pd != pd || !mkey->umr_en)
		return false;
	CX_SET(mkc, mkey->mkc, free, 1);
	mkey->free = true;
	return true;
}
