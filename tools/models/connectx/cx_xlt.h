/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From (memory key, address) to bus addresses.
 */
#ifndef CONNECTX_CX_XLT_H
#define CONNECTX_CX_XLT_H

#include "connectx/cx.h"

#define CX_PD_ANY		0xffffffffu
#define CX_XLT_MAX_OCTO		(1u << 26)	/* 1 GiB of translations */

/* ---- the translation table of a key ---- */
uint64_t cx_xlt_read64(const struct cx_mkey *mkey, uint64_t index);
/* @off and @len in bytes, 8-byte aligned.  A command status. */
int cx_xlt_write(struct cx *cx, struct cx_mkey *mkey, uint64_t off,
		 const void *src, size_t len);
void cx_xlt_free(struct cx_mkey *mkey);

/* ---- access ---- */
enum cx_xlt_result {
	CX_XLT_OK,
	CX_XLT_FAULT,		/* page fault: run->fault_* say where */
	CX_XLT_DENIED,		/* key, PD, range or permission */
};

/* One who accesses memory, and what for. */
struct cx_accessor {
	uint32_t pd, qpn;
	uint8_t access;		/* CX_ACC_*, all of them needed */
};

struct cx_run {
	uint64_t addr;		/* bus address */
	uint64_t len;		/* contiguous there, at most what was asked */
	uint32_t fault_key;	/* leaf key, ... */
	uint64_t fault_va;	/* ... the address in its space, ... */
	uint64_t fault_len;	/* ... and how much of the access it covers */
	bool below_ksm;
};

/* Translates the longest contiguous run at the start of [va, va + len). */
enum cx_xlt_result cx_xlt_run(struct cx *cx, const struct cx_accessor *who,
			      uint32_t key, uint64_t va, uint64_t len,
			      struct cx_run *run);

/*
 * Drops the MTT entries of [va, va + len), through indirect keys as well, and
 * counts those that were present.  False, and some may be gone, where the
 * range has no key.
 */
bool cx_xlt_forget(struct cx *cx, const struct cx_accessor *who, uint32_t key,
		   uint64_t va, uint64_t len, uint64_t *count);

/* Checks key, PD, range and permission of an access without translating. */
bool cx_xlt_allowed(struct cx *cx, const struct cx_accessor *who,
		    uint32_t key, uint64_t va, uint64_t len);

#endif
