// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cx_pair.h"

#include <stdlib.h>
#include <string.h>

struct tpair *tpair_new(const char *params_a, const char *params_b)
{
	struct tpair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->h = fake_host_new();
	p->a = hca_new(p->h, params_a);
	p->b = params_b ? hca_new(p->h, params_b) : p->a;
	tcq_create(&p->cqa, p->a, 6);
	tcq_create(&p->cqb, p->b, 6);
	return p;
}

void tpair_connect(struct tpair *p, uint32_t st, struct tqp *a, struct tqp *b)
{
	tqp_create(a, p->a, st, &p->cqa, &p->cqa, 0);
	tqp_create(b, p->b, st, &p->cqb, &p->cqb, 0);
	tqp_connect(a, b);
	tqp_connect(b, a);
}

void tpair_memory(struct tpair *p, uint32_t len, bool present)
{
	tmr_create(&p->ma, p->a, len, ACC_ALL, true);
	tmr_create(&p->mb, p->b, len, ACC_ALL, present);
	for (uint32_t i = 0; i < len; i++)
		p->ma.mem[i] = i * 7 + (i >> 8);
	memset(p->mb.mem, 0xee, len);
}

struct tpair *tpair_new_rc(const char *params_a, const char *params_b,
			   bool present)
{
	struct tpair *p = tpair_new(params_a, params_b);

	tpair_connect(p, CX_ST_RC, &p->qa, &p->qb);
	tpair_memory(p, 1 << 20, present);
	return p;
}

int tpair_teardown(void **state)
{
	struct tpair *p = *state;

	if (p->b != p->a)
		hca_free(p->b);
	hca_free(p->a);
	fake_host_free(p->h);
	free(p);
	return 0;
}
