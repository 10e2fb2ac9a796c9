// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Between steering and receive queues: TIRs (transport interface receive),
 * which name one queue or an RQ table from which a hash of the flow chooses.
 *
 * The hash covers the fields that the TIR selects, but is a function of our
 * own: all that matters here is that a flow stays on its queue.
 *
 * Source: core/en/tir.c, core/en/rqt.c, core/transobj.c, mlx5_ifc.h.
 */
#include <stdlib.h>

#include "connectx/cx_tir.h"

#define DISP_DIRECT	0
#define DISP_INDIRECT	1

#define SELECT_SRC_IP	0x01
#define SELECT_DST_IP	0x02
#define SELECT_SPORT	0x04
#define SELECT_DPORT	0x08

struct cx_tir {
	struct cx_obj obj;
	uint8_t ctx[CX_BYTES(tirc)];
};

struct cx_rqt {
	struct cx_obj obj;
	uint32_t n, room;
	uint32_t rqn[1u << CX_LOG_MAX_RQT_SIZE];
};

static void tir_free(struct cx_obj *obj)
{
	free(obj);
}

static struct cx_tir *tir_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_tir *)cx_tbl_get(&cx->tirs, num);
}

static struct cx_rqt *rqt_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_rqt *)cx_tbl_get(&cx->rqts, num);
}

/* ---- the choice of a queue ---- */
static uint32_t mix(uint32_t hash, const uint8_t *p, unsigned int n)
{
	while (n--)
		hash = (hash ^ *p++) * 16777619u;	/* FNV-1a */
	return hash;
}

static uint32_t flow_hash(const struct cx_tir *tir, const struct cx_frame *f)
{
	uint32_t fields = CX_GET(tirc, tir->ctx,
				 rx_hash_field_selector_outer.selected_fields);
	uint32_t addr = f->ip_version == 4 ? 4 : 16;
	const uint8_t *ip = f->data + f->l3 + (f->ip_version == 4 ? 12 : 8);
	uint32_t hash = 2166136261u;

	if (f->ip_version && fields & SELECT_SRC_IP)
		hash = mix(hash, ip, addr);
	if (f->ip_version && fields & SELECT_DST_IP)
		hash = mix(hash, ip + addr, addr);
	if (f->l4 && fields & SELECT_SPORT)
		hash = mix(hash, f->data + f->l4, 2);
	if (f->l4 && fields & SELECT_DPORT)
		hash = mix(hash, f->data + f->l4 + 2, 2);
	return hash;
}

uint32_t cx_tir_rqn(const struct cx *cx, uint32_t tirn,
		    const struct cx_frame *f)
{
	const struct cx_tir *tir = tir_get(cx, tirn);
	const struct cx_rqt *rqt;

	if (!tir)
		return 0;
	if (CX_GET(tirc, tir->ctx, disp_type) == DISP_DIRECT)
		return CX_GET(tirc, tir->ctx, inline_rqn);
	rqt = rqt_get(cx, CX_GET(tirc, tir->ctx, indirect_table));
	return rqt && rqt->n ? rqt->rqn[flow_hash(tir, f) % rqt->n] : 0;
}

/* ---- TIR commands ---- */
int cx_cmd_create_tir(struct cx *cx, struct cx_cmd *cmd)
{
	const void *ctx = CX_ADDR(create_tir_in, cmd->in, ctx);
	struct cx_tir *tir;
	int status;

	if (CX_GET(tirc, ctx, disp_type) > DISP_INDIRECT ||
	    CX_GET(tirc, ctx, packet_merge_mask) || CX_GET(tirc, ctx, tls_en))
		return CX_ST_BAD_PARAM;
	tir = calloc(1, sizeof(*tir));
	if (!tir)
		return CX_ST_NO_RES;
	tir->obj.cx = cx;
	tir->obj.free = tir_free;
	memcpy(tir->ctx, ctx, sizeof(tir->ctx));
	status = cx_tbl_add(&cx->tirs, &tir->obj);
	if (status) {
		free(tir);
		return status;
	}
	CX_SET(create_tir_out, cmd->out, tirn, tir->obj.num);
	return CX_ST_OK;
}

/*
 * Loopback (self_lb_en) needs nothing: the wire brings no frame back to its
 * sender.
 */
int cx_cmd_modify_tir(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_tir *tir = tir_get(cx, CX_GET(modify_tir_in, cmd->in, tirn));
	const uint8_t *ctx = CX_ADDR(modify_tir_in, cmd->in, ctx);
	const void *mask = CX_ADDR(modify_tir_in, cmd->in, bitmask);
	size_t hash = CX_BYTE_OFF(tirc, rx_hash_toeplitz_key);

	if (!tir)
		return CX_ST_BAD_RES;
	if (CX_GET(modify_tir_bitmask, mask, packet_merge) &&
	    CX_GET(tirc, ctx, packet_merge_mask))
		return CX_ST_BAD_PARAM;
	if (CX_GET(modify_tir_bitmask, mask, hash))
		memcpy(tir->ctx + hash, ctx + hash,
		       CX_BYTE_OFF(tirc, rx_hash_field_selector_inner) - hash);
	return CX_ST_OK;
}

int cx_cmd_destroy_tir(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_tir *tir = tir_get(cx, CX_GET(destroy_tir_in, cmd->in, tirn));

	if (!tir)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->tirs, &tir->obj);
	cx_bury(cx, &tir->obj);
	return CX_ST_OK;
}

/* ---- RQ tables ---- */
static int rqt_fill(struct cx_rqt *rqt, const struct cx_cmd *cmd,
		    const uint8_t *ctx)
{
	const uint8_t *list = ctx + CX_BYTE_OFF(rqtc, rq_num);
	uint32_t n = CX_GET(rqtc, ctx, rqt_actual_size);

	if (!n || n > rqt->room || CX_GET(rqtc, ctx, list_q_type) ||
	    CX_GET(rqtc, ctx, rq_vhca_id_format) ||
	    (uint64_t)(list - cmd->in) + n * 4 > cmd->in_len)
		return CX_ST_BAD_PARAM;
	for (uint32_t i = 0; i < n; i++)
		rqt->rqn[i] = cx_be32(list + i * 4) & 0xffffff;
	rqt->n = n;
	return CX_ST_OK;
}

int cx_cmd_create_rqt(struct cx *cx, struct cx_cmd *cmd)
{
	const void *ctx = CX_ADDR(create_rqt_in, cmd->in, rqt_context);
	uint32_t room = CX_GET(rqtc, ctx, rqt_max_size);
	struct cx_rqt *rqt;
	int status;

	if (room > 1u << CX_LOG_MAX_RQT_SIZE)
		return CX_ST_BAD_PARAM;
	rqt = calloc(1, sizeof(*rqt));
	if (!rqt)
		return CX_ST_NO_RES;
	rqt->obj.cx = cx;
	rqt->obj.free = tir_free;
	rqt->room = room;
	status = rqt_fill(rqt, cmd, ctx);
	if (!status)
		status = cx_tbl_add(&cx->rqts, &rqt->obj);
	if (status) {
		free(rqt);
		return status;
	}
	CX_SET(create_rqt_out, cmd->out, rqtn, rqt->obj.num);
	return CX_ST_OK;
}

int cx_cmd_modify_rqt(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_rqt *rqt = rqt_get(cx, CX_GET(modify_rqt_in, cmd->in, rqtn));

	if (!rqt)
		return CX_ST_BAD_RES;
	if (!CX_GET(modify_rqt_in, cmd->in, bitmask.rqn_list))
		return CX_ST_OK;
	return rqt_fill(rqt, cmd, CX_ADDR(modify_rqt_in, cmd->in, ctx));
}

int cx_cmd_destroy_rqt(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_rqt *rqt = rqt_get(cx, CX_GET(destroy_rqt_in, cmd->in, rqtn));

	if (!rqt)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->rqts, &rqt->obj);
	cx_bury(cx, &rqt->obj);
	return CX_ST_OK;
}
