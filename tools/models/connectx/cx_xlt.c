// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Address translation.
 *
 * A key is physical (PA), a table of pages (MTT), or a table of other keys in
 * pieces of any (KLM) or of one power-of-two size (KSM).  Tables are stored as
 * the guest wrote them and only where it wrote something but zeroes: the
 * translation table of an implicit MR's child may be 32 MiB of nothing.
 *
 * An MTT entry without the permission bit the access needs is a page fault,
 * whatever made the entry so.
 *
 * Source: include/linux/mlx5/{device.h,mlx5_ifc.h} (mkc, mlx5_mtt, mlx5_klm,
 * mlx5_ksm), drivers/infiniband/hw/mlx5/{odp,umr,mr}.c.
 */
#include <stdlib.h>

#include "connectx/cx_cmd.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_xlt.h"

#define MTT_READ	1u
#define MTT_WRITE	2u
#define MTT_ADDR	0xfffffffffffff000ull
#define CHUNK_WORDS	(CX_XLT_CHUNK / 8)
#define KLM_WALK_MAX	4096	/* entries passed over per access */

uint64_t cx_xlt_read64(const struct cx_mkey *mkey, uint64_t index)
{
	uint64_t chunk = index / CHUNK_WORDS;

	if (chunk >= mkey->chunks || !mkey->chunk[chunk])
		return 0;
	return cx_be64(mkey->chunk[chunk] + index % CHUNK_WORDS * 8);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

/* Room for chunk pointer @n; they are accounted as what they point to. */
static bool xlt_grow(struct cx *cx, struct cx_mkey *mkey, uint64_t n)
{
	uint32_t room = mkey->chunks ? mkey->chunks : 1;
	uint8_t **chunk;

	if (n < mkey->chunks)
		return true;
	while (room <= n)
		room *= 2;
	if (cx->xlt_bytes + (room - mkey->chunks) * sizeof(*chunk) >
	    CX_XLT_BUDGET)
		return false;
	chunk = realloc(mkey->chunk, room * sizeof(*chunk));
	if (!chunk)
		return false;
	memset(chunk + mkey->chunks, 0,
	       (room - mkey->chunks) * sizeof(*chunk));
	cx->xlt_bytes += (room - mkey->chunks) * sizeof(*chunk);
	mkey->chunk = chunk;
	mkey->chunks = room;
	return true;
}

static int xlt_write_chunk(struct cx *cx, struct cx_mkey *mkey, uint64_t n,
			   size_t in_chunk, const uint8_t *src, size_t len)
{
	bool there = n < mkey->chunks && mkey->chunk[n];

	if (!there && all_zero(src, len))
		return CX_ST_OK;
	if (!there) {
		if (!xlt_grow(cx, mkey, n) ||
		    cx->xlt_bytes + CX_XLT_CHUNK > CX_XLT_BUDGET)
			return CX_ST_NO_RES;
		mkey->chunk[n] = calloc(1, CX_XLT_CHUNK);
		if (!mkey->chunk[n])
			return CX_ST_NO_RES;
		cx->xlt_bytes += CX_XLT_CHUNK;
	}
	memcpy(mkey->chunk[n] + in_chunk, src, len);
	return CX_ST_OK;
}

static void count_mtts(struct cx *cx, const uint8_t *src, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i += 8) {
		uint64_t mtt = cx_be64(src + i);

		if (!(mtt & (MTT_READ | MTT_WRITE)))
			continue;
		cx->stat.mtt_present++;
		if (pci_addr_device_bytes(&cx->pci, mtt & MTT_ADDR, 1))
			cx->stat.mtt_peer++;
	}
}

int cx_xlt_write(struct cx *cx, struct cx_mkey *mkey, uint64_t off,
		 const void *src, size_t len)
{
	const uint8_t *p = src;
	int status;

	if (mkey->mode == CX_MKEY_MTT)
		count_mtts(cx, src, len);
	while (len) {
		size_t in_chunk = off % CX_XLT_CHUNK;
		size_t part = CX_XLT_CHUNK - in_chunk;

		if (part > len)
			part = len;
		status = xlt_write_chunk(cx, mkey, off / CX_XLT_CHUNK,
					 in_chunk, p, part);
		if (status)
			return status;
		off += part;
		p += part;
		len -= part;
	}
	return CX_ST_OK;
}

void cx_xlt_free(struct cx_mkey *mkey)
{
	struct cx *cx = mkey->obj.cx;

	for (uint32_t i = 0; i < mkey->chunks; i++) {
		if (!mkey->chunk[i])
			continue;
		cx->xlt_bytes -= CX_XLT_CHUNK;
		free(mkey->chunk[i]);
	}
	cx->xlt_bytes -= mkey->chunks * sizeof(*mkey->chunk);
	free(mkey->chunk);
	mkey->chunk = NULL;
	mkey->chunks = 0;
}

static bool in_range(const struct cx_mkey *mkey, uint64_t va, uint64_t len)
{
	uint64_t off = va - mkey->start;

	if (va + len < va && va + len != 0)
		return false;
	if (mkey->length64)
		return va >= mkey->start;
	return va >= mkey->start && off <= mkey->len &&
	       len <= mkey->len - off;
}

/* Below an indirect key only local rights count: it grants the remote ones. */
static uint8_t local_equivalent(uint8_t access)
{
	return (access & CX_ACC_WRITES ? CX_ACC_LOCAL_WRITE : 0);
}

/* The key if @who may access it so. */
static struct cx_mkey *mkey_for(struct cx *cx, const struct cx_accessor *who,
				uint32_t key, uint64_t va, uint64_t len,
				unsigned int depth)
{
	struct cx_mkey *mkey = cx_mkey_get(cx, key);
	uint8_t need = depth ? local_equivalent(who->access) : who->access;

	if (!mkey || mkey->free || mkey->variant != (key & 0xff))
		return NULL;
	if (mkey->pd != who->pd && mkey->pd != CX_PD_ANY &&
	    who->pd != CX_PD_ANY)
		return NULL;
	if (!depth && mkey->qpn != 0xffffff && mkey->qpn != who->qpn)
		return NULL;
	if ((mkey->access & need & ~CX_ACC_LOCAL_READ) !=
	    (need & ~CX_ACC_LOCAL_READ))
		return NULL;
	return in_range(mkey, va, len) ? mkey : NULL;
}

bool cx_xlt_allowed(struct cx *cx, const struct cx_accessor *who,
		    uint32_t key, uint64_t va, uint64_t len)
{
	return mkey_for(cx, who, key, va, len, 0);
}

static bool mtt_ok(uint64_t mtt, uint8_t access)
{
	uint64_t need = 0;

	if (access & ~CX_ACC_WRITES)
		need |= MTT_READ;
	if (access & CX_ACC_WRITES)
		need |= MTT_WRITE;
	if (access & CX_ACC_ATOMIC)
		need |= MTT_READ;
	return (mtt & need) == need;
}

/* Entry of @va: pages count from the one that holds the start address. */
static uint64_t mtt_index(const struct cx_mkey *mkey, uint64_t va)
{
	return (va >> mkey->log_page) - (mkey->start >> mkey->log_page);
}

static uint64_t mtt_get(const struct cx_mkey *mkey, uint64_t index)
{
	/* two entries per octoword */
	return index < mkey->xlt_octowords * 2ull ?
	       cx_xlt_read64(mkey, index) : 0;
}

static enum cx_xlt_result run_fault(const struct cx_mkey *mkey, uint64_t va,
				    uint64_t len, struct cx_run *run)
{
	run->fault_key = cx_mkey_key(mkey);
	run->fault_va = va;
	run->fault_len = len;
	return CX_XLT_FAULT;
}

static enum cx_xlt_result run_mtt(const struct cx_mkey *mkey, uint8_t access,
				  uint64_t va, uint64_t len,
				  struct cx_run *run)
{
	uint64_t page = mkey->log_page < 64 ? 1ull << mkey->log_page : 0;
	uint64_t in_page = va & (page - 1);
	uint64_t index = mtt_index(mkey, va);
	uint64_t mtt = mtt_get(mkey, index);

	if (!page || !mtt_ok(mtt, access))
		return run_fault(mkey, va, len, run);
	run->addr = (mtt & MTT_ADDR) + in_page;
	run->len = page - in_page;
	while (run->len < len) {
		mtt = mtt_get(mkey, ++index);
		if (!mtt_ok(mtt, access) ||
		    (mtt & MTT_ADDR) != run->addr + run->len)
			break;
		run->len += page;
	}
	if (run->len > len)
		run->len = len;
	return CX_XLT_OK;
}

/* One step down an indirect key: what piece of it holds @va? */
struct cx_step {
	uint32_t key;
	uint64_t va, len;
};

static bool step_ksm(const struct cx_mkey *mkey, uint64_t va, uint64_t len,
		     struct cx_step *step)
{
	uint64_t off = va - mkey->start;
	uint64_t size = 1ull << mkey->log_page;
	uint64_t index = off >> mkey->log_page;
	uint64_t in_entry = off & (size - 1);

	if (index >= mkey->xlt_octowords)
		return false;
	step->key = (uint32_t)cx_xlt_read64(mkey, index * 2);
	step->va = cx_xlt_read64(mkey, index * 2 + 1) + in_entry;
	step->len = len < size - in_entry ? len : size - in_entry;
	return true;
}

static bool step_klm(const struct cx_mkey *mkey, uint64_t va, uint64_t len,
		     struct cx_step *step)
{
	uint64_t off = va - mkey->start;

	for (uint64_t i = 0; i < mkey->xlt_octowords && i < KLM_WALK_MAX; i++) {
		uint64_t head = cx_xlt_read64(mkey, i * 2);
		uint64_t count = head >> 32;

		if (off >= count) {
			off -= count;
			continue;
		}
		step->key = (uint32_t)head;
		step->va = cx_xlt_read64(mkey, i * 2 + 1) + off;
		step->len = len < count - off ? len : count - off;
		return true;
	}
	return false;
}

/* Follows indirect keys to the leaf of @step; NULL if there is none. */
static struct cx_mkey *leaf_of(struct cx *cx, const struct cx_accessor *who,
			       struct cx_step *step, bool *below_ksm)
{
	for (unsigned int depth = 0; depth <= CX_MAX_INDIRECTION; depth++) {
		struct cx_mkey *mkey = mkey_for(cx, who, step->key, step->va,
						step->len, depth);

		if (!mkey || mkey->mode == CX_MKEY_MTT ||
		    mkey->mode == CX_MKEY_PA)
			return mkey;
		*below_ksm = true;
		if (!(mkey->mode == CX_MKEY_KSM ?
		      step_ksm(mkey, step->va, step->len, step) :
		      step_klm(mkey, step->va, step->len, step)))
			return NULL;
	}
	return NULL;
}

enum cx_xlt_result cx_xlt_run(struct cx *cx, const struct cx_accessor *who,
			      uint32_t key, uint64_t va, uint64_t len,
			      struct cx_run *run)
{
	struct cx_step step = { .key = key, .va = va, .len = len };
	struct cx_mkey *mkey;

	*run = (struct cx_run){ 0 };
	mkey = leaf_of(cx, who, &step, &run->below_ksm);
	if (!mkey)
		return CX_XLT_DENIED;
	if (mkey->mode == CX_MKEY_MTT)
		return run_mtt(mkey, who->access, step.va, step.len, run);
	run->addr = step.va;
	run->len = step.len;
	return CX_XLT_OK;
}

/* Clears one entry; whether it was present. */
static bool mtt_forget(struct cx_mkey *mkey, uint64_t index)
{
	static const uint8_t none[8];

	if (!(mtt_get(mkey, index) & (MTT_READ | MTT_WRITE)))
		return false;
	memcpy(mkey->chunk[index / CHUNK_WORDS] + index % CHUNK_WORDS * 8, none,
	       sizeof(none));
	return true;
}

bool cx_xlt_forget(struct cx *cx, const struct cx_accessor *who, uint32_t key,
		   uint64_t va, uint64_t len, uint64_t *count)
{
	*count = 0;
	while (len) {
		struct cx_step step = { .key = key, .va = va, .len = len };
		uint64_t index, last;
		struct cx_mkey *mkey;
		bool below;

		mkey = leaf_of(cx, who, &step, &below);
		if (!mkey || mkey->mode != CX_MKEY_MTT || mkey->log_page >= 64 ||
		    !step.len)
			return false;
		last = mtt_index(mkey, step.va + step.len - 1);
		for (index = mtt_index(mkey, step.va); index <= last; index++)
			*count += mtt_forget(mkey, index);
		va += step.len;
		len -= step.len;
	}
	return true;
}
