// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Instructions that the kernel needs to resolve an ODP fault, by kind of page.
 *
 * The pages never move: the translations of the HCA are taken away by mremap()
 * to another place and back.  Two ways to have them resolved again:
 *   fault     an RDMA write of 8 bytes into the page, less the same write without
 *             a fault: interrupt, event, resolving, update of the HCA's
 *             translation, resume
 *   prefetch  ibv_advise_mr() with the flush flag: one call resolves a range of
 *             any size, as one fault does. Only what the calling thread executes.
 * Prints "# counts NAME N..." with one number for each sample.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gpu_place.h"
#include "icount.h"
#include "rdma_buffer.h"
#include "svm_gpu.h"
#include "tap.h"
#include "test_models.h"
#include "test_options.h"

#define PAGES		(TEST_HUGE / TEST_PAGE)
#define FOLIOS		8
#define SAMPLES		64	/* one page each */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 5,
};

struct stage {
	int gpu;
	struct rdma_pair pair;
	struct rdma_buffer source;	/* RAM, always mapped in the HCA */
	struct rdma_buffer buf;		/* what is measured */
	void *elsewhere;		/* room for all of it */
};

/* A counter of nouveau's debugfs file, or -1. */
static long long dmem_counter(const char *name)
{
	long long value = -1;
	char key[64];
	char line[256];
	FILE *f = fopen("/sys/kernel/debug/dri/0/dmem", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lld", key, &value) == 2 &&
		    !strcmp(key, name))
			break;
		value = -1;
	}
	if (f)
		fclose(f);
	tap_check(value >= 0, "no counter %s of nouveau", name);
	return value;
}

/* Takes the HCA's translations away.  Nothing else happens to the pages. */
static bool zap(struct stage *st, size_t off, size_t len)
{
	void *at = st->buf.mem.addr + off, *to = st->elsewhere + off;

	const int move = MREMAP_MAYMOVE | MREMAP_FIXED;

	/* The second leaves something there, lest somebody else takes it */
	return tap_check(mremap(at, len, len, move, to) == to &&
			 mremap(to, len, len, move | MREMAP_DONTUNMAP, at) == at,
			 "mremap: %s", strerror(errno));
}

static bool sleep_for_completion(struct stage *st)
{
	struct ibv_cq *cq;
	struct ibv_wc wc;
	void *ctx;

	return tap_check(!ibv_get_cq_event(st->pair.channel, &cq, &ctx) &&
			 ibv_poll_cq(st->pair.cq[0], 1, &wc) == 1 &&
			 wc.status == IBV_WC_SUCCESS, "no successful completion");
}

/* Instructions of one RDMA write to @off, from post to completion. */
static bool count_write(struct stage *st, size_t off, uint64_t *count)
{
	const struct rdma_transfer t = {
		.opcode = IBV_WR_RDMA_WRITE,
		.local = &st->source, .remote = &st->buf,
		.local_off = 8, .remote_off = off + 8, .len = 8,
	};
	struct ibv_send_wr wr, *bad;
	struct ibv_sge sge;
	uint64_t start;

	rdma_transfer_wr(&t, &wr, &sge);
	wr.send_flags = IBV_SEND_SIGNALED;
	ibv_req_notify_cq(st->pair.cq[0], 0);
	start = icount_now();
	if (!tap_check(!ibv_post_send(st->pair.qp[0], &wr, &bad), "post") ||
	    !sleep_for_completion(st))
		return false;
	*count = icount_now() - start;
	ibv_ack_cq_events(st->pair.cq[0], 1);
	return true;
}

static bool count_prefetch(struct stage *st, size_t off, size_t len,
			   uint64_t *count)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)st->buf.mem.addr + off, .length = len,
		.lkey = st->buf.mr->lkey,
	};
	uint64_t start = icount_thread();
	int ret = ibv_advise_mr(st->pair.pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
				IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1);

	*count = icount_thread() - start;
	return tap_check(!ret, "prefetch: %s", strerror(ret));
}

static void print_counts(const char *name, const char *what,
			 const uint64_t *counts, unsigned int n)
{
	unsigned int i;

	printf("# counts %s_%s", name, what);
	for (i = 0; i < n; i++)
		printf(" %llu", (unsigned long long)counts[i]);
	printf("\n");
	fflush(stdout);
}

/* Writes to single pages: with @fault, else without.  One event for each. */
static bool writes(struct stage *st, const char *name, bool fault)
{
	long long events = test_models_counter("hca0", "odp.events");
	uint64_t counts[SAMPLES];
	unsigned int i;

	for (i = 0; i < SAMPLES; i++) {
		if (fault && !zap(st, i * TEST_PAGE, TEST_PAGE))
			return false;
		if (!count_write(st, i * TEST_PAGE, &counts[i]))
			return false;
	}
	events = test_models_counter("hca0", "odp.events") - events;
	print_counts(name, fault ? "fault" : "hit", counts, SAMPLES);
	return tap_equal(events, fault ? SAMPLES : 0, "%s: page faults of the HCA",
			 name);
}

/* All pages of the buffer, @len bytes at a time, @opts.rounds times. */
static bool prefetches(struct stage *st, const char *name, size_t len)
{
	unsigned int n = st->buf.mem.len / len, i, r;
	uint64_t *counts = calloc(n * opts.rounds, sizeof(*counts));
	bool ok = tap_check(counts, "no memory");

	for (r = 0; ok && r < opts.rounds; r++) {
		ok = zap(st, 0, st->buf.mem.len);
		for (i = 0; ok && i < n; i++)
			ok = count_prefetch(st, i * len, len,
					    &counts[r * n + i]);
	}
	if (ok)
		print_counts(name, "prefetch", counts, n * opts.rounds);
	free(counts);
	return ok;
}

/* The buffers; what else there is is open */
static bool stage_fill(struct stage *st, bool huge, size_t len)
{
	uintptr_t room = (uintptr_t)mmap(NULL, len + TEST_HUGE, PROT_NONE,
					 MAP_PRIVATE | MAP_ANONYMOUS |
					 MAP_NORESERVE, -1, 0);

	st->elsewhere = (void *)((room + TEST_HUGE - 1) & ~(TEST_HUGE - 1));
	return rdma_buffer_open(&st->source, &st->pair, TEST_HUGE, false, 1) &&
	       rdma_buffer_open(&st->buf, &st->pair, len, huge, 2);
}

struct act {
	const char *name;
	bool vram, huge;
	bool writes;		/* to single pages */
	size_t len;		/* of a prefetch; 0: none */
	unsigned int more;	/* blocks of 2 MiB beyond the first */
};

static unsigned int act_blocks(const struct act *a)
{
	return a->more + 1;
}

/* The first faults, in which BAR1 windows are mapped: how many? */
static bool first_faults(const struct act *a, struct stage *st)
{
	long long windows = dmem_counter("windows_created");
	uint64_t count;

	if (!count_prefetch(st, 0, st->buf.mem.len, &count))
		return false;
	windows = dmem_counter("windows_created") - windows;
	print_counts(a->name, "windows", &(uint64_t){ windows }, 1);
	print_counts(a->name, "blocks", &(uint64_t){ act_blocks(a) }, 1);
	if (a->vram && a->huge)
		tap_equal(windows, act_blocks(a), "%s: windows mapped", a->name);
	/* 4 KiB pages needn't start with a block, windows may be there already */
	return tap_check(windows <= (a->vram ? act_blocks(a) + 1 : 0),
			 "%s: windows mapped: %lld", a->name, windows);
}

static void act(const struct act *a, struct stage *st)
{
	long pages = a->vram ? act_blocks(a) * PAGES : 0;
	long long windows;
	uint64_t count;

	if (a->vram && !test_buffer_to_gpu(st->gpu, &st->buf.mem, 0,
					   st->buf.mem.len))
		return;
	if (!first_faults(a, st))
		return;
	windows = dmem_counter("windows_created");
	if (!count_write(st, 0, &count))	/* the source gets mapped, too */
		return;
	if (a->writes && !(writes(st, a->name, false) && writes(st, a->name, true)))
		return;
	if (a->len && !prefetches(st, a->name, a->len))
		return;
	windows = dmem_counter("windows_created") - windows;
	print_counts(a->name, "steady_windows", &(uint64_t){ windows }, 1);
	test_buffer_expect_device(&st->buf.mem, 0, st->buf.mem.len, pages,
				  a->name);
}

static void run_act(const void *arg)
{
	const struct act *a = arg;
	struct stage st = { };

	/* First, as memory shared with a child would have to be copied */
	if (!icount_start())
		goto out_icount;
	st.gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(st.gpu >= 0, "%s: %s", opts.gpu, strerror(-st.gpu)))
		goto out_icount;
	if (!rdma_pair_open(&st.pair, opts.device, false))
		goto out_gpu;
	if (stage_fill(&st, a->huge, act_blocks(a) * TEST_HUGE))
		act(a, &st);
	rdma_buffer_close(&st.buf);
	rdma_buffer_close(&st.source);
	rdma_pair_close(&st.pair);
out_gpu:
	close(st.gpu);
out_icount:
	icount_stop();
}

#define ACT(name_, ...) \
	{ "bench_fault-" #name_, run_act, \
	  &(const struct act){ .name = #name_, __VA_ARGS__ } }

static const struct tap_case cases[] = {
	ACT(ram4k, .writes = true, .len = TEST_PAGE),
	ACT(vram4k, .writes = true, .len = TEST_PAGE, .vram = true),
	ACT(ram512x4k, .len = TEST_HUGE),
	ACT(vram512x4k, .len = TEST_HUGE, .vram = true),
	ACT(ram2m, .len = TEST_HUGE, .huge = true, .more = FOLIOS - 1),
	ACT(vram2m, .len = TEST_HUGE, .huge = true, .more = FOLIOS - 1, .vram = true),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Instructions of page faults of the HCA; under guest --icount.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
