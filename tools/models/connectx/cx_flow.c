// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steering of received frames: flow tables of groups (a mask, a range of
 * indices) and entries (a value, an action, destinations).
 *
 * The match parameters of a frame are written as the firmware's structure
 * says, so an entry matches if the masked bits are equal, whatever they mean.
 * What this model cannot see in a frame (tunnels, metadata) is zero there.
 *
 * Source: core/fs_cmd.c (commands), core/fs_core.c (levels, miss tables,
 * root), mlx5_ifc.h (layouts).
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_flow.h"

TRACE_CATEGORY(flow, "hca.flow");

#define TYPE_NIC_RX	0
#define MISS_FORWARD	1
#define ROOT_DISCONNECT	1	/* op_mod */

#define ACTION_ALLOW	0x01
#define ACTION_DROP	0x02
#define ACTION_FORWARD	0x04
#define ACTIONS_KNOWN	(ACTION_ALLOW | ACTION_DROP | ACTION_FORWARD)

#define DEST_TABLE	1
#define DEST_TIR	2
#define DEST_BYTES	8u

#define MODIFY_ACTION	0x01
#define MODIFY_TAG	0x02
#define MODIFY_DESTS	0x04

#define MATCH_BYTES	CX_BYTES(fte_match_param)
#define MAX_FTES	65536u

struct fte {
	struct fte *next;		/* by index */
	uint32_t index, group, tag;
	uint16_t action;
	unsigned int dests;
	struct {
		uint8_t type;
		uint32_t id;
	} dest[CX_FLOW_HITS];
	uint8_t value[MATCH_BYTES];
};

struct cx_ft {
	struct cx_obj obj;
	uint8_t level, log_size, miss_action;
	uint32_t miss_id;
	struct fte *ftes;
};

struct cx_fg {
	struct cx_obj obj;
	uint32_t table, start, end;
	uint8_t mask[MATCH_BYTES];
};

static struct cx_ft *ft_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_ft *)cx_tbl_get(&cx->fts, num);
}

static struct cx_fg *fg_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_fg *)cx_tbl_get(&cx->fgs, num);
}

/* ---- tables ---- */
static void ft_free(struct cx_obj *obj)
{
	struct cx_ft *ft = (struct cx_ft *)obj;

	while (ft->ftes) {
		struct fte *e = ft->ftes;

		ft->ftes = e->next;
		obj->cx->ftes--;
		free(e);
	}
	free(ft);
}

static void ft_miss(struct cx_ft *ft, const void *c)
{
	ft->miss_action = CX_GET(flow_table_context, c, table_miss_action);
	ft->miss_id = CX_GET(flow_table_context, c, table_miss_id);
}

int cx_cmd_create_flow_table(struct cx *cx, struct cx_cmd *cmd)
{
	const void *c = CX_ADDR(create_flow_table_in, cmd->in,
				flow_table_context);
	uint32_t log_size = CX_GET(flow_table_context, c, log_size);
	struct cx_ft *ft;
	int status;

	if (CX_GET(create_flow_table_in, cmd->in, table_type) != TYPE_NIC_RX ||
	    log_size > CX_LOG_MAX_FT_SIZE || cmd->op_mod ||
	    CX_GET(flow_table_context, c, level) >= CX_MAX_FT_LEVELS)
		return CX_ST_BAD_PARAM;
	ft = calloc(1, sizeof(*ft));
	if (!ft)
		return CX_ST_NO_RES;
	ft->obj.cx = cx;
	ft->obj.free = ft_free;
	ft->level = CX_GET(flow_table_context, c, level);
	ft->log_size = log_size;
	ft_miss(ft, c);
	status = cx_tbl_add(&cx->fts, &ft->obj);
	if (status) {
		free(ft);
		return status;
	}
	CX_SET(create_flow_table_out, cmd->out, table_id, ft->obj.num);
	return CX_ST_OK;
}

int cx_cmd_modify_flow_table(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ft *ft = ft_get(cx, CX_GET(modify_flow_table_in, cmd->in,
					     table_id));

	if (!ft)
		return CX_ST_BAD_RES;
	if (CX_GET(modify_flow_table_in, cmd->in, modify_field_select) != 1)
		return CX_ST_BAD_PARAM;
	ft_miss(ft, CX_ADDR(modify_flow_table_in, cmd->in,
			    flow_table_context));
	return CX_ST_OK;
}

int cx_cmd_destroy_flow_table(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ft *ft = ft_get(cx, CX_GET(destroy_flow_table_in, cmd->in,
					     table_id));

	if (!ft)
		return CX_ST_BAD_RES;
	if (cx->root_ft == ft->obj.num)
		cx->root_ft = 0;
	cx_tbl_remove(&cx->fts, &ft->obj);
	cx_bury(cx, &ft->obj);
	return CX_ST_OK;
}

int cx_cmd_set_flow_table_root(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t id = CX_GET(set_flow_table_root_in, cmd->in, table_id);

	if (CX_GET(set_flow_table_root_in, cmd->in, table_type) != TYPE_NIC_RX)
		return CX_ST_BAD_PARAM;
	if (cmd->op_mod == ROOT_DISCONNECT)
		id = 0;
	else if (!ft_get(cx, id))
		return CX_ST_BAD_RES;
	cx->root_ft = id;
	return CX_ST_OK;
}

/* ---- groups ---- */
static void fg_free(struct cx_obj *obj)
{
	free(obj);
}

int cx_cmd_create_flow_group(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ft *ft = ft_get(cx, CX_GET(create_flow_group_in, cmd->in,
					     table_id));
	uint32_t start = CX_GET(create_flow_group_in, cmd->in,
				start_flow_index);
	uint32_t end = CX_GET(create_flow_group_in, cmd->in, end_flow_index);
	struct cx_fg *fg;
	int status;

	if (!ft)
		return CX_ST_BAD_RES;
	if (start > end || end >= 1u << ft->log_size)
		return CX_ST_BAD_PARAM;
	fg = calloc(1, sizeof(*fg));
	if (!fg)
		return CX_ST_NO_RES;
	fg->obj.cx = cx;
	fg->obj.free = fg_free;
	fg->table = ft->obj.num;
	fg->start = start;
	fg->end = end;
	memcpy(fg->mask, CX_ADDR(create_flow_group_in, cmd->in,
				 match_criteria), MATCH_BYTES);
	status = cx_tbl_add(&cx->fgs, &fg->obj);
	if (status) {
		free(fg);
		return status;
	}
	CX_SET(create_flow_group_out, cmd->out, group_id, fg->obj.num);
	return CX_ST_OK;
}

int cx_cmd_destroy_flow_group(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_fg *fg = fg_get(cx, CX_GET(destroy_flow_group_in, cmd->in,
					     group_id));

	if (!fg)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->fgs, &fg->obj);
	cx_bury(cx, &fg->obj);
	return CX_ST_OK;
}

/* ---- entries ---- */
static struct fte **fte_place(struct cx_ft *ft, uint32_t index)
{
	struct fte **p = &ft->ftes;

	while (*p && (*p)->index < index)
		p = &(*p)->next;
	return p;
}

static int fte_dests(struct fte *e, const struct cx_cmd *cmd)
{
	const uint8_t *c = CX_ADDR(set_fte_in, cmd->in, flow_context);
	const uint8_t *d = CX_ADDR(flow_context, c, destination);
	uint32_t n = CX_GET(flow_context, c, destination_list_size);
	uint32_t have = (cmd->in_len - (d - cmd->in)) / DEST_BYTES;

	if (n > CX_FLOW_HITS || n > have)
		return CX_ST_BAD_PARAM;
	for (uint32_t i = 0; i < n; i++, d += DEST_BYTES) {
		e->dest[i].type = CX_GET(dest_format_struct, d,
					 destination_type);
		e->dest[i].id = CX_GET(dest_format_struct, d, destination_id);
		if (e->dest[i].type != DEST_TABLE && e->dest[i].type != DEST_TIR)
			return CX_ST_BAD_PARAM;
	}
	e->dests = n;
	return CX_ST_OK;
}

static int fte_fill(struct fte *e, const struct cx_cmd *cmd, uint8_t what)
{
	const uint8_t *c = CX_ADDR(set_fte_in, cmd->in, flow_context);
	uint16_t action = CX_GET(flow_context, c, action);

	if (what & MODIFY_ACTION && action & ~ACTIONS_KNOWN)
		return CX_ST_BAD_PARAM;
	if (what & MODIFY_ACTION)
		e->action = action;
	if (what & MODIFY_TAG)
		e->tag = CX_GET(flow_context, c, flow_tag);
	return what & MODIFY_DESTS ? fte_dests(e, cmd) : CX_ST_OK;
}

static int fte_new(struct cx *cx, struct cx_ft *ft, const struct cx_cmd *cmd)
{
	const uint8_t *c = CX_ADDR(set_fte_in, cmd->in, flow_context);
	uint32_t index = CX_GET(set_fte_in, cmd->in, flow_index);
	struct cx_fg *fg = fg_get(cx, CX_GET(flow_context, c, group_id));
	struct fte **place = fte_place(ft, index), *e;
	int status;

	if (!fg || fg->table != ft->obj.num || index < fg->start ||
	    index > fg->end || (*place && (*place)->index == index))
		return CX_ST_BAD_PARAM;
	e = cx->ftes < MAX_FTES ? calloc(1, sizeof(*e)) : NULL;
	if (!e)
		return CX_ST_NO_RES;
	e->index = index;
	e->group = fg->obj.num;
	memcpy(e->value, CX_ADDR(flow_context, c, match_value), MATCH_BYTES);
	status = fte_fill(e, cmd, MODIFY_ACTION | MODIFY_TAG | MODIFY_DESTS);
	if (status) {
		free(e);
		return status;
	}
	cx->ftes++;
	e->next = *place;
	*place = e;
	return CX_ST_OK;
}

int cx_cmd_set_fte(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ft *ft = ft_get(cx, CX_GET(set_fte_in, cmd->in, table_id));
	uint32_t index = CX_GET(set_fte_in, cmd->in, flow_index);
	struct fte *e, changed;
	int status;

	if (!ft)
		return CX_ST_BAD_RES;
	if (!cmd->op_mod)
		return fte_new(cx, ft, cmd);
	e = *fte_place(ft, index);
	if (!e || e->index != index)
		return CX_ST_BAD_RES;
	changed = *e;
	status = fte_fill(&changed, cmd, CX_GET(set_fte_in, cmd->in,
						modify_enable_mask));
	if (!status)
		*e = changed;
	return status;
}

int cx_cmd_delete_fte(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ft *ft = ft_get(cx, CX_GET(delete_fte_in, cmd->in,
					     table_id));
	uint32_t index = CX_GET(delete_fte_in, cmd->in, flow_index);
	struct fte **place, *e;

	if (!ft)
		return CX_ST_BAD_RES;
	place = fte_place(ft, index);
	e = *place;
	if (!e || e->index != index)
		return CX_ST_BAD_RES;
	*place = e->next;
	cx->ftes--;
	free(e);
	return CX_ST_OK;
}

/* ---- frames ---- */
struct lookup {
	struct cx *cx;
	uint8_t param[MATCH_BYTES];
	struct cx_flow_hit *hits;
	unsigned int n, steps;
};

static bool fte_matches(const struct lookup *l, const struct fte *e)
{
	const struct cx_fg *fg = fg_get(l->cx, e->group);

	if (!fg)
		return false;
	for (size_t i = 0; i < MATCH_BYTES; i++)
		if ((l->param[i] ^ e->value[i]) & fg->mask[i])
			return false;
	return true;
}

static const struct fte *ft_match(const struct lookup *l,
				  const struct cx_ft *ft)
{
	const struct fte *e = ft->ftes;

	while (e && !fte_matches(l, e))
		e = e->next;
	return e;
}

static void hit(struct lookup *l, uint32_t tirn, uint32_t tag)
{
	if (l->n < CX_FLOW_HITS)
		l->hits[l->n++] = (struct cx_flow_hit){ tirn, tag };
}

/* A table only leads to tables of higher levels, unless a guest is broken. */
static void walk(struct lookup *l, uint32_t table)
{
	const struct cx_ft *ft = ft_get(l->cx, table);
	const struct fte *e;

	if (!ft || l->steps++ >= CX_MAX_FT_LEVELS)
		return;
	e = ft_match(l, ft);
	trace(flow, "%s: table %u level %u: entry %d", l->cx->pci.name, table,
	      ft->level, e ? (int)e->index : -1);
	if (!e) {
		if (ft->miss_action == MISS_FORWARD)
			walk(l, ft->miss_id);
		return;
	}
	if (e->action & ACTION_DROP || !(e->action & ACTION_FORWARD))
		return;
	for (unsigned int i = 0; i < e->dests; i++) {
		if (e->dest[i].type == DEST_TIR)
			hit(l, e->dest[i].id, e->tag);
		else
			walk(l, e->dest[i].id);
	}
}

unsigned int cx_flow_lookup(struct cx *cx, const struct cx_frame *f,
			    struct cx_flow_hit hits[CX_FLOW_HITS])
{
	struct lookup l = { .cx = cx, .hits = hits };

	cx_frame_match(f, l.param);
	walk(&l, cx->root_ft);
	return l.n;
}
