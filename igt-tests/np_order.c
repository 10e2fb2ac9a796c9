// SPDX-License-Identifier: MIT
/*
 * GPU, HCA and CPU write and read the same memory in all orders.  After each step
 * it must hold what was written last, and be where it has to be: in VRAM as long
 * as the CPU has not touched it.
 */
#include <stdio.h>
#include <string.h>

#include "nouveau_svm_p2p.h"
#include "np_stage.h"
#include "tap.h"

enum op { GPU_WRITE, HCA_WRITE, CPU_WRITE, GPU_READ, HCA_READ, CPU_READ, OPS };

static const char * const op_names[OPS] = {
	"GPU write", "HCA write", "CPU write", "GPU read", "HCA read", "CPU read",
};

/* What of a buffer the steps are about; the rest must stay as it was. */
struct shape {
	size_t len, off, part;
	bool huge;
};

static const struct shape shapes[] = {
	{ TEST_PAGE, 0, TEST_PAGE, false },			/* 4k */
	{ 2 * TEST_PAGE, TEST_PAGE - 100, 200, false },	/* across two pages */
	{ TEST_HUGE, 0, TEST_HUGE, true },			/* 2m-thp */
	{ TEST_HUGE, 300 * TEST_PAGE + 1000, 3 * TEST_PAGE + 24, true },
};

struct order {
	struct np_stage *n;
	const struct shape *shape;
	struct rdma_buffer buf;
	uint64_t seed;		/* of the part */
	uint64_t next;		/* seed to be written */
	long pages;		/* on the GPU */
};

static bool order_open(struct order *o, const struct shape *shape)
{
	memset(o, 0, sizeof(*o));
	o->n = np_stage();
	o->shape = shape;
	o->seed = 1;
	o->next = 2;
	return o->n &&
	       rdma_buffer_open(&o->buf, &o->n->pair, shape->len, shape->huge, 1);
}

static bool order_access(struct order *o, enum op op, const char *what)
{
	size_t off = o->shape->off, len = o->shape->part;
	uint8_t *p = o->buf.mem.addr + off;

	switch (op) {
	case GPU_WRITE:
		return ns_gpu_write(o->n->s, p, len, o->next, off, what);
	case HCA_WRITE:
		return np_hca_write(o->n, &o->buf, off, len, o->next, off, what);
	case CPU_WRITE:
		ns_fill(p, len, o->next, off);
		return true;
	case GPU_READ:
		return ns_gpu_read(o->n->s, p, len, o->seed, off, what);
	case HCA_READ:
		return np_hca_read(o->n, &o->buf, off, len, o->seed, off, what);
	case CPU_READ:
		return ns_expect(p, len, o->seed, off, what);
	default:
		return tap_check(false, "no such step");
	}
}

static long order_touched_pages(const struct shape *s)
{
	return s->huge ? 512 : (s->off + s->part + TEST_PAGE - 1) / TEST_PAGE -
			       s->off / TEST_PAGE;
}

/* One step; @step tells its place. */
static bool order_step(struct order *o, enum op op, const char *step)
{
	char what[64];

	snprintf(what, sizeof(what), "%s, %s", step, op_names[op]);
	if (!order_access(o, op, what))
		return false;
	if (op <= CPU_WRITE)
		o->seed = o->next++;
	if ((op == CPU_WRITE || op == CPU_READ) && o->pages)
		o->pages -= order_touched_pages(o->shape);
	return ns_expect_pages(o->buf.mem.addr, o->shape->len, o->pages, what);
}

static bool order_to_gpu(struct order *o)
{
	o->pages = o->shape->len / TEST_PAGE;
	return ns_to_gpu(o->n->s, o->buf.mem.addr, o->shape->len);
}

/* The CPU looks at all of it, the part and what is around it. */
static void order_expect(struct order *o)
{
	const struct shape *s = o->shape;
	uint8_t *p = o->buf.mem.addr;
	size_t end = s->off + s->part;

	ns_expect(p + s->off, s->part, o->seed, s->off, "in the end");
	ns_expect(p, s->off, 1, 0, "before the part");
	ns_expect(p + end, s->len - end, 1, end, "behind the part");
	tap_equal(o->pages < 0, false, "pages are counted wrong");
}

/* ---- pairs of steps, in VRAM before each of them */

struct order_pair {
	enum op first, second;
	unsigned int shape;
};

static void run_pair(const void *arg)
{
	const struct order_pair *p = arg;
	struct order o;

	if (order_open(&o, &shapes[p->shape]) && order_to_gpu(&o) &&
	    order_step(&o, p->first, "first") && order_to_gpu(&o) &&
	    order_step(&o, p->second, "second"))
		order_expect(&o);
	rdma_buffer_close(&o.buf);
}

#define PAIR(name, a, b, shape) \
	{ name, run_pair, &(const struct order_pair){ a, b, shape } }
#define PAIRS(a, shape) \
	PAIR("gpu-write", a, GPU_WRITE, shape), \
	PAIR("hca-write", a, HCA_WRITE, shape), \
	PAIR("cpu-write", a, CPU_WRITE, shape), \
	PAIR("gpu-read", a, GPU_READ, shape), \
	PAIR("hca-read", a, HCA_READ, shape), \
	PAIR("cpu-read", a, CPU_READ, shape)
#define AFTER(text, a, shape_text, shape) { \
	.name = shape_text "-after-" text, .what = "two accesses to memory in VRAM", \
	.cases = (const struct igt_case[]){ PAIRS(a, shape), { } } }
#define SHAPE(text, shape) \
	AFTER("gpu-write", GPU_WRITE, text, shape), \
	AFTER("hca-write", HCA_WRITE, text, shape), \
	AFTER("cpu-write", CPU_WRITE, text, shape), \
	AFTER("gpu-read", GPU_READ, text, shape), \
	AFTER("hca-read", HCA_READ, text, shape), \
	AFTER("cpu-read", CPU_READ, text, shape)

/* ---- all orders of the six, beginning in VRAM */

struct permutation {
	enum op first;
	unsigned int shape;
};

static bool permutation_next(enum op *ops)
{
	int i, j;
	enum op tmp;

	for (i = OPS - 2; i > 0 && ops[i] > ops[i + 1]; i--)
		;
	if (!i)
		return false;	/* the first one stays */
	for (j = OPS - 1; ops[j] < ops[i]; j--)
		;
	tmp = ops[i], ops[i] = ops[j], ops[j] = tmp;
	for (i++, j = OPS - 1; i < j; i++, j--)
		tmp = ops[i], ops[i] = ops[j], ops[j] = tmp;
	return true;
}

static bool permutation_play(struct order *o, const enum op *ops)
{
	char step[32];
	int i;

	snprintf(step, sizeof(step), "order %d%d%d%d%d%d", ops[0], ops[1], ops[2],
		 ops[3], ops[4], ops[5]);
	if (!order_to_gpu(o))
		return false;
	for (i = 0; i < OPS; i++)
		if (!order_step(o, ops[i], step))
			return false;
	return true;
}

static void run_permutations(const void *arg)
{
	const struct permutation *p = arg;
	enum op ops[OPS];
	struct order o;
	int i, n = 1;
	bool ok;

	ops[0] = p->first;
	for (i = 0; i < OPS; i++)
		if (i != (int)p->first)
			ops[n++] = i;
	n = 0;
	ok = order_open(&o, &shapes[p->shape]);
	if (ok) {
		do {
			ok = permutation_play(&o, ops);
			n++;
		} while (ok && permutation_next(ops));
		tap_equal(n, 120, "orders that were played");
		order_expect(&o);
	}
	rdma_buffer_close(&o.buf);
}

#define ALL(name, op, shape) \
	{ name, run_permutations, &(const struct permutation){ op, shape } }
#define ORDERS(text, shape) { .name = "long-orders-" text, \
	.what = "all orders of six accesses", .cases = (const struct igt_case[]){ \
		ALL("gpu-write-first", GPU_WRITE, shape), \
		ALL("hca-write-first", HCA_WRITE, shape), \
		ALL("cpu-write-first", CPU_WRITE, shape), \
		ALL("gpu-read-first", GPU_READ, shape), \
		ALL("hca-read-first", HCA_READ, shape), \
		ALL("cpu-read-first", CPU_READ, shape), { } } }

const struct igt_group np_order_groups[] = {
	SHAPE("4k", 0), SHAPE("4k-part", 1), SHAPE("2m-thp", 2),
	SHAPE("2m-thp-part", 3),
	ORDERS("4k", 0), ORDERS("4k-part", 1), ORDERS("2m-thp", 2),
	ORDERS("2m-thp-part", 3),
	{ }
};
