/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two HCAs, or one that talks to itself, and memory at both ends. */
#ifndef TESTS_CX_PAIR_H
#define TESTS_CX_PAIR_H

#include "tests/cx_env.h"

struct tpair {
	struct fake_host *h;
	struct hca *a, *b;	/* the same if there is one */
	struct tcq cqa, cqb;
	struct tqp qa, qb;
	struct tmr ma, mb;
};

/* HCAs and completion queues.  @params_b NULL: no second HCA. */
struct tpair *tpair_new(const char *params_a, const char *params_b);
/* A connected queue pair at each end. */
void tpair_connect(struct tpair *p, uint32_t st, struct tqp *a, struct tqp *b);
/* Memory: a pattern at a; 0xee at b, with translations if @present. */
void tpair_memory(struct tpair *p, uint32_t len, bool present);
/* All of it: queue pairs qa and qb (RC) and 1 MiB of memory. */
struct tpair *tpair_new_rc(const char *params_a, const char *params_b,
			   bool present);
/* For cmocka. */
int tpair_teardown(void **state);

#endif
