// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbered objects: tables that grow with use, numbers handed out round robin
 * so that a stale number is noticed rather than hit by chance.
 *
 * Source: none (own bookkeeping); limits are those of cx_caps.c.
 */
#include <stdlib.h>

#include "connectx/cx.h"
#include "connectx/cx_cmd.h"

void cx_tbl_init(struct cx_tbl *tbl, uint32_t first, uint32_t last)
{
	*tbl = (struct cx_tbl){ .first = first, .last = last, .next = first };
}

static bool tbl_grow(struct cx_tbl *tbl, uint32_t num)
{
	uint32_t room = tbl->room ? tbl->room : 64;
	struct cx_obj **slot;

	if (num < tbl->room)
		return true;
	while (room <= num)
		room *= 2;
	slot = realloc(tbl->slot, room * sizeof(*slot));
	if (!slot)
		return false;
	memset(slot + tbl->room, 0, (room - tbl->room) * sizeof(*slot));
	tbl->slot = slot;
	tbl->room = room;
	return true;
}

int cx_tbl_add(struct cx_tbl *tbl, struct cx_obj *obj)
{
	uint32_t num = tbl->next;

	if (tbl->used > tbl->last - tbl->first)
		return CX_ST_LIM;
	while (cx_tbl_get(tbl, num))
		num = num == tbl->last ? tbl->first : num + 1;
	if (!tbl_grow(tbl, num))
		return CX_ST_NO_RES;
	tbl->slot[num] = obj;
	tbl->used++;
	tbl->next = num == tbl->last ? tbl->first : num + 1;
	obj->num = num;
	return CX_ST_OK;
}

struct cx_obj *cx_tbl_get(const struct cx_tbl *tbl, uint32_t num)
{
	return num < tbl->room ? tbl->slot[num] : NULL;
}

void cx_tbl_remove(struct cx_tbl *tbl, struct cx_obj *obj)
{
	if (cx_tbl_get(tbl, obj->num) != obj)
		return;
	tbl->slot[obj->num] = NULL;
	tbl->used--;
}

void cx_tbl_bury(struct cx *cx, struct cx_tbl *tbl)
{
	for (uint32_t i = 0; i < tbl->room; i++) {
		if (tbl->slot[i])
			cx_bury(cx, tbl->slot[i]);
		tbl->slot[i] = NULL;
	}
	tbl->used = 0;
	tbl->next = tbl->first;
}

void cx_tbl_destroy(struct cx_tbl *tbl)
{
	free(tbl->slot);
	*tbl = (struct cx_tbl){ 0 };
}

static void num_free(struct cx_obj *obj)
{
	free(obj);
}

int cx_num_alloc(struct cx_tbl *tbl, uint32_t *num)
{
	struct cx_obj *obj = calloc(1, sizeof(*obj));
	int status;

	if (!obj)
		return CX_ST_NO_RES;
	obj->free = num_free;
	status = cx_tbl_add(tbl, obj);
	if (status)
		free(obj);
	else
		*num = obj->num;
	return status;
}

bool cx_num_free(struct cx *cx, struct cx_tbl *tbl, uint32_t num)
{
	struct cx_obj *obj = cx_tbl_get(tbl, num);

	if (!obj)
		return false;
	cx_tbl_remove(tbl, obj);
	cx_bury(cx, obj);
	return true;
}
