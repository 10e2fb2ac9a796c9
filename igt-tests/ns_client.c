// SPDX-License-Identifier: MIT
/* Several clients: of several processes, and of one. */
#include <sys/wait.h>
#include <unistd.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"
#include "test_dmem.h"

#define LEN_4K	(4 * TEST_PAGE)
#define PROCESSES	2
#define ROUNDS	3

/* ---- processes */

static void process_rounds(bool huge, uint64_t seed)
{
	static struct ns_stage s;
	struct test_buffer buf;
	size_t len = huge ? TEST_HUGE : LEN_4K;
	int i;

	if (!ns_stage_open(&s, ns_stage_node(0)) ||
	    !tap_check(!test_buffer_alloc(&buf, len, huge), "no memory"))
		return;
	for (i = 0; i < ROUNDS && !tap_failed(); i++, seed += 2) {
		ns_fill(buf.addr, len, seed, 0);
		ns_to_gpu(&s, buf.addr, len);
		ns_gpu_read(&s, buf.addr, len, seed, 0, "GPU read");
		ns_gpu_write(&s, buf.addr, len, seed + 1, 0, "GPU write");
		ns_expect(buf.addr, len, seed + 1, 0, "CPU read");
	}
}

/* All at the same addresses. */
static void run_processes(const void *arg)
{
	pid_t pids[PROCESSES];
	int i, status;

	ns_stage_drop();
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			process_rounds(arg, 1000 * (i + 1));
			_exit(tap_failed());
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		status = -1;
		if (tap_check(pids[i] > 0, "fork"))
			waitpid(pids[i], &status, 0);
		tap_equal(status, 0, "wait status of process %d", i);
	}
	test_dmem_expect_empty("in the end");
}

/* ---- two clients of a process */

struct pair {
	struct ns_stage *a;
	struct ns_stage b;
	struct test_buffer buf;
	size_t len;
};

static bool pair_open(struct pair *p, bool huge)
{
	p->len = huge ? TEST_HUGE : LEN_4K;
	p->a = ns_stage();
	if (!p->a || !ns_stage_open(&p->b, ns_stage_node(0)))
		return false;
	if (tap_check(!test_buffer_alloc(&p->buf, p->len, huge), "no memory")) {
		ns_fill(p->buf.addr, p->len, 1, 0);
		return true;
	}
	ns_stage_close(&p->b);
	return false;
}

static bool pair_read(struct pair *p, uint64_t seed, const char *what)
{
	return ns_gpu_read(p->a, p->buf.addr, p->len, seed, 0, what) &&
	       ns_gpu_read(&p->b, p->buf.addr, p->len, seed, 0, what);
}

/* In RAM: both have it mapped, the CPU changes it. */
static void pair_ram(struct pair *p)
{
	if (!pair_read(p, 1, "in RAM"))
		return;
	ns_fill(p->buf.addr, p->len, 2, 0);
	pair_read(p, 2, "in RAM, changed");
	ns_gpu_write(&p->b, p->buf.addr, p->len, 3, 0, "write by the second");
	pair_read(p, 3, "in RAM, written by the second");
}

/* One moves it, the other one reads and writes it where it is. */
static void pair_moved(struct pair *p)
{
	if (!ns_to_gpu(p->a, p->buf.addr, p->len) || !pair_read(p, 1, "in VRAM"))
		return;
	ns_gpu_write(&p->b, p->buf.addr, p->len, 3, 0, "write by the second");
	ns_expect_pages(p->buf.addr, p->len, p->len / TEST_PAGE, "after that");
	ns_gpu_read(p->a, p->buf.addr, p->len, 3, 0, "read by the first");
	ns_expect(p->buf.addr, p->len, 3, 0, "CPU read");
}

/* The second one has it mapped in RAM when the first one moves it. */
static void pair_stale_ram(struct pair *p)
{
	if (!pair_read(p, 1, "in RAM") ||
	    !ns_to_gpu(p->a, p->buf.addr, p->len))
		return;
	ns_gpu_write(p->a, p->buf.addr, p->len, 2, 0, "write by the first");
	pair_read(p, 2, "in VRAM, written by the first");
}

/* The second one has it mapped in VRAM when the CPU takes it back. */
static void pair_stale_vram(struct pair *p)
{
	if (!ns_to_gpu(p->a, p->buf.addr, p->len) || !pair_read(p, 1, "in VRAM"))
		return;
	ns_fill(p->buf.addr, p->len, 2, 0);
	pair_read(p, 2, "in RAM again, written by the CPU");
}

/* The one that has moved it goes. */
static void pair_close_first(struct pair *p)
{
	if (!ns_to_gpu(p->a, p->buf.addr, p->len) || !pair_read(p, 1, "in VRAM"))
		return;
	ns_stage_drop();
	ns_gpu_read(&p->b, p->buf.addr, p->len, 1, 0, "read by the second");
	ns_expect(p->buf.addr, p->len, 1, 0, "CPU read");
}

struct pair_case {
	void (*play)(struct pair *p);
	bool huge;
};

static void run_pair(const void *arg)
{
	const struct pair_case *c = arg;
	struct pair p;

	if (!pair_open(&p, c->huge))
		return;
	c->play(&p);
	test_buffer_free(&p.buf);
	ns_stage_close(&p.b);
	test_dmem_expect_empty("in the end");
}

#define PAIR(name, fn) \
	{ name "-4k", run_pair, &(const struct pair_case){ fn, false } }, \
	{ name "-2m-thp", run_pair, &(const struct pair_case){ fn, true } }

static const struct igt_case process_cases[] = {
	{ "4k", run_processes, NULL },
	{ "2m-thp", run_processes, (const void *)1 },
	{ }
};

static const struct igt_case pair_cases[] = {
	PAIR("in-ram", pair_ram),
	PAIR("moved", pair_moved),
	PAIR("close-first", pair_close_first),
	PAIR("mapped-in-ram", pair_stale_ram),
	PAIR("mapped-in-vram", pair_stale_vram),
	{ }
};

const struct igt_group ns_client_groups[] = {
	{ .name = "processes", .what = "clients of two processes",
	  .cases = process_cases },
	{ .name = "two-clients", .what = "two clients of one process",
	  .cases = pair_cases },
	{ }
};
