// SPDX-License-Identifier: GPL-2.0-or-later
/* See fuzz_cx.h. */
#include "fuzz/fuzz_cx.h"

#define FUZZ_CX_MEM	(1u << 16)

const char *fuzz_cx_params(uint8_t how)
{
	static const char *const params[] = {
		"odp=memory", "odp=transport", "link=eth", "link=eth odp=transport",
	};

	return params[how & 3];
}

struct tpair *fuzz_cx_pair(uint8_t how)
{
	static const uint8_t gid[16] = { 0xfe, 0x80, [15] = 1 };
	struct tpair *p = tpair_new(fuzz_cx_params(how), NULL);

	if (p->a->cx->par.ethernet)
		hca_roce_address(p->a, 0, 0, 0, gid);
	tpair_connect(p, how & 4 ? CX_ST_UC : CX_ST_RC, &p->qa, &p->qb);
	tpair_memory(p, FUZZ_CX_MEM, how & 8);
	return p;
}
