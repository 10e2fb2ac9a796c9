// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Send WQEs: 16-byte control segment, then segments by opcode, then data:
 * pointers and inline data, in any order (UCX puts its header inline before the
 * pointers to the user's data).
 *
 * Source: include/linux/mlx5/qp.h (segments), drivers/infiniband/hw/mlx5/wr.c
 * and rdma-core providers/mlx5/qp.c (order of segments, wrapping, padding).
 */
#include <errno.h>

#include "connectx/cx_ifc.h"
#include "connectx/cx_wqe.h"

#define CE_ALWAYS	2	/* completion with entry, bits 3:2 */
#define FENCE_SHIFT	5
#define SEG		16u

#define DATA_INLINE	0x80000000u
#define INLINE_LEN	0x3ffu
#define DATA_ZERO_LEN	0x80000000u	/* byte count 0 stands for 2 GiB */

#define AV_SIZE		48u
#define AV_GRH		0x40000000u
#define QKEY_OWN	0x80000000u

/* Bytes [@from, wqe end) of the WQE at block @index, following the ring. */
static int wqe_read(struct cx *cx, const struct cx_qp *qp, uint16_t index,
		    uint32_t from, void *dst, uint32_t len)
{
	uint64_t size = (uint64_t)CX_WQEBB << qp->log_sq;
	uint64_t pos = ((uint64_t)index * CX_WQEBB + from) & (size - 1);
	uint32_t part = len < size - pos ? len : size - pos;
	int ret;

	if (len > size)
		return -EINVAL;
	ret = cx_buf_read(cx, &qp->buf, qp->sq_offset + pos, dst, part);
	if (ret || part == len)
		return ret;
	return cx_buf_read(cx, &qp->buf, qp->sq_offset, (uint8_t *)dst + part,
			   len - part);
}

static unsigned int blocks_of(uint32_t ds)
{
	return ds <= 4 ? 1 : (ds + 3) / 4;
}

int cx_wqe_blocks(struct cx *cx, const struct cx_qp *qp, uint16_t index)
{
	uint8_t ctrl[8];
	int ret = wqe_read(cx, qp, index, 0, ctrl, sizeof(ctrl));

	return ret ? ret : (int)blocks_of(ctrl[7] & 0x3f);
}

/* A reader that cannot run off the WQE. */
struct wqe_pos {
	const struct cx_wqe *wqe;
	uint32_t at;
};

static const uint8_t *take(struct wqe_pos *pos, uint32_t len)
{
	const uint8_t *p = pos->wqe->raw + pos->at;

	if (len > pos->wqe->raw_len - pos->at)
		return NULL;
	pos->at += len;
	return p;
}

static bool decode_raddr(struct cx_wqe *wqe, struct wqe_pos *pos)
{
	const uint8_t *p = take(pos, SEG);

	if (!p)
		return false;
	wqe->raddr = cx_be64(p);
	wqe->rkey = cx_be32(p + 8);
	return true;
}

static bool decode_atomic(struct cx_wqe *wqe, struct wqe_pos *pos)
{
	const uint8_t *p = take(pos, SEG);

	if (!p)
		return false;
	wqe->swap_add = cx_be64(p);
	wqe->compare = cx_be64(p + 8);
	return true;
}

static bool decode_xrc(struct cx_wqe *wqe, struct wqe_pos *pos)
{
	const uint8_t *p = take(pos, SEG);

	if (!p)
		return false;
	wqe->srqn = cx_be32(p) & 0xffffff;
	return true;
}

static bool decode_av(const struct cx_qp *qp, struct cx_wqe *wqe,
		      struct wqe_pos *pos)
{
	const uint8_t *p = take(pos, AV_SIZE);
	uint32_t grh;

	if (!p)
		return false;
	wqe->av.qkey = cx_be32(p);
	if (wqe->av.qkey & QKEY_OWN)
		wqe->av.qkey = qp->qkey;
	wqe->av.dqpn = cx_be32(p + 8) & 0xffffff;
	wqe->av.sl = p[12] & 0xf;
	wqe->av.lid = cx_be16(p + 14);
	memcpy(wqe->av.rmac, p + 20, ETH_MAC);
	wqe->av.tclass = p[26];
	wqe->av.hop_limit = p[27];
	grh = cx_be32(p + 28);
	wqe->av.grh = !!(grh & AV_GRH);
	wqe->av.sgid_index = grh >> 20 & 0xff;
	wqe->av.flow_label = grh & 0xfffff;
	memcpy(wqe->av.rgid, p + 32, 16);
	return true;
}

static int decode_inline(struct cx_wqe *wqe, struct wqe_pos *pos, uint32_t len)
{
	uint32_t padded = (len + 4 + SEG - 1) / SEG * SEG - 4;
	const uint8_t *p = take(pos, padded);

	if (!p || wqe->sges == CX_MAX_SGE ||
	    wqe->inline_len + len > sizeof(wqe->inline_buf))
		return CX_SYN_LOCAL_QP_OP;
	wqe->sge[wqe->sges++] = (struct cx_sge) {
		.len = len, .va = wqe->inline_len, .in_wqe = true,
	};
	memcpy(wqe->inline_buf + wqe->inline_len, p, len);
	wqe->inline_len += len;
	wqe->inline_data = true;
	return 0;
}

static int decode_sge(struct cx_wqe *wqe, struct wqe_pos *pos, uint32_t count)
{
	const uint8_t *p = take(pos, SEG - 4);

	if (!p || wqe->sges == CX_MAX_SGE)
		return CX_SYN_LOCAL_QP_OP;
	wqe->sge[wqe->sges++] = (struct cx_sge) {
		.len = count ? count : DATA_ZERO_LEN,
		.key = cx_be32(p),
		.va = cx_be64(p + 4),
	};
	return 0;
}

static int decode_data(struct cx_wqe *wqe, struct wqe_pos *pos)
{
	uint64_t len;

	while (pos->at < wqe->raw_len) {
		const uint8_t *p = take(pos, 4);
		uint32_t count = p ? cx_be32(p) : 0;
		int syn;

		if (!p)
			return CX_SYN_LOCAL_QP_OP;
		syn = count & DATA_INLINE ?
		      decode_inline(wqe, pos, count & INLINE_LEN) :
		      decode_sge(wqe, pos, count);
		if (syn)
			return syn;
	}
	len = 0;
	for (unsigned int i = 0; i < wqe->sges; i++)
		len += wqe->sge[i].len;
	if (len > 1u << CX_LOG_MAX_MSG)
		return CX_SYN_LOCAL_LENGTH;
	wqe->len = len;
	return 0;
}

static bool needs_raddr(uint8_t opcode)
{
	return opcode == CX_OP_WRITE || opcode == CX_OP_WRITE_IMM ||
	       cx_op_is_read(opcode);
}

static bool is_atomic(uint8_t opcode)
{
	return opcode == CX_OP_CAS || opcode == CX_OP_FAA;
}

static bool is_send(uint8_t opcode)
{
	return opcode == CX_OP_SEND || opcode == CX_OP_SEND_IMM ||
	       opcode == CX_OP_SEND_INV;
}

/* What each kind of QP may send. */
static bool opcode_allowed(const struct cx_qp *qp, uint8_t opcode)
{
	if (cx_op_is_local(opcode))
		return true;
	switch (qp->st) {
	case CX_ST_RC:
	case CX_ST_XRC:
		return is_send(opcode) || needs_raddr(opcode);
	case CX_ST_UC:
		return opcode == CX_OP_SEND || opcode == CX_OP_SEND_IMM ||
		       opcode == CX_OP_WRITE || opcode == CX_OP_WRITE_IMM;
	case CX_ST_UD:
	case CX_ST_QP0:
	case CX_ST_QP1:
		return opcode == CX_OP_SEND || opcode == CX_OP_SEND_IMM;
	default:
		return false;
	}
}

static bool is_datagram(const struct cx_qp *qp)
{
	return qp->st == CX_ST_UD || qp->st == CX_ST_QP0 ||
	       qp->st == CX_ST_QP1;
}

static int decode_segments(const struct cx_qp *qp, struct cx_wqe *wqe)
{
	struct wqe_pos pos = { .wqe = wqe, .at = SEG };

	if (!opcode_allowed(qp, wqe->opcode))
		return CX_SYN_LOCAL_QP_OP;
	if (cx_op_is_local(wqe->opcode))
		return 0;
	if (is_datagram(qp) && !decode_av(qp, wqe, &pos))
		return CX_SYN_LOCAL_QP_OP;
	if (qp->st == CX_ST_XRC && !decode_xrc(wqe, &pos))
		return CX_SYN_LOCAL_QP_OP;
	if (needs_raddr(wqe->opcode) && !decode_raddr(wqe, &pos))
		return CX_SYN_LOCAL_QP_OP;
	if (is_atomic(wqe->opcode) && !decode_atomic(wqe, &pos))
		return CX_SYN_LOCAL_QP_OP;
	return decode_data(wqe, &pos);
}

static int decode_checks(const struct cx_wqe *wqe)
{
	if (is_atomic(wqe->opcode) && wqe->len != 8)
		return CX_SYN_LOCAL_LENGTH;
	if (cx_op_is_read(wqe->opcode) && wqe->inline_data)
		return CX_SYN_LOCAL_QP_OP;
	return 0;
}

int cx_wqe_decode(struct cx *cx, const struct cx_qp *qp, uint16_t index,
		  struct cx_wqe *wqe)
{
	const uint8_t *ctrl = wqe->raw;
	uint32_t ds;
	int ret;

	memset(wqe, 0, offsetof(struct cx_wqe, sge));
	wqe->inline_len = 0;
	wqe->index = index;
	wqe->bbs = 1;
	ret = wqe_read(cx, qp, index, 0, wqe->raw, CX_WQEBB);
	if (ret)
		return ret;
	ds = ctrl[7] & 0x3f;
	if (ds < 1 || blocks_of(ds) > 1u << qp->log_sq)
		return CX_SYN_LOCAL_QP_OP;
	wqe->bbs = blocks_of(ds);
	wqe->raw_len = ds * SEG;
	if (wqe->raw_len > CX_WQEBB)
		ret = wqe_read(cx, qp, index, CX_WQEBB, wqe->raw + CX_WQEBB,
			       wqe->raw_len - CX_WQEBB);
	if (ret)
		return ret;
	wqe->opmod = ctrl[0];
	wqe->opcode = ctrl[3];
	wqe->signaled = (ctrl[11] >> 2 & 3) == CE_ALWAYS;
	wqe->solicited = ctrl[11] >> 1 & 1;
	wqe->fence = ctrl[11] >> FENCE_SHIFT;
	wqe->imm = cx_be32(ctrl + 12);
	ret = decode_segments(qp, wqe);
	return ret ? ret : decode_checks(wqe);
}
