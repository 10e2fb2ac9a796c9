// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What takes exported pages away from the HCA, under traffic: after each event
 * the HCA must see what the process sees, and nothing that was there before.
 * A thread keeps the HCA writing to other pages of the region all the time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svm_gpu.h"
#include "svm_pattern.h"

#include "rdma_buffer.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN		(256UL << 10)
#define HALF		(LEN / 2)	/* events below, traffic above */
#define PART		(32UL << 10)
#define OFF		(3 * TEST_PAGE)
#define PAGES		(PART / TEST_PAGE)

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

struct stage {
	int gpu;
	struct rdma_pair pair, busy;	/* requests of the test; traffic */
	struct rdma_buffer region, other;	/* region: all addresses */
	struct rdma_buffer target, source;	/* of the traffic */
	atomic_bool stop;
	unsigned long writes;
};

static bool stage_open(struct stage *st)
{
	st->gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(st->gpu >= 0, "%s: %s", opts.gpu, strerror(-st->gpu)) ||
	    !rdma_pair_open(&st->pair, opts.device, false) ||
	    !rdma_pair_open(&st->busy, opts.device, false) ||
	    !rdma_buffer_alloc(&st->region, LEN, false, 1) ||
	    !rdma_buffer_register_implicit(&st->region, &st->pair) ||
	    !rdma_buffer_open(&st->other, &st->pair, LEN, false, 2) ||
	    !rdma_buffer_open(&st->source, &st->busy, HALF, false, 3))
		return false;
	st->target.mem = st->region.mem;
	return rdma_buffer_register(&st->target, &st->busy) &&
	       test_buffer_to_gpu(st->gpu, &st->region.mem, 0, LEN);
}

static void stage_close(struct stage *st)
{
	st->target.mem.addr = NULL;
	rdma_buffer_close(&st->target);
	rdma_buffer_close(&st->source);
	rdma_buffer_close(&st->other);
	rdma_buffer_close(&st->region);
	if (st->busy.ctx)
		rdma_pair_close(&st->busy);
	if (st->pair.ctx)
		rdma_pair_close(&st->pair);
	if (st->gpu >= 0)
		close(st->gpu);
}

static void *traffic(void *arg)
{
	struct stage *st = arg;
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &st->source, &st->target, 0, HALF, HALF,
	};

	while (!st->stop && rdma_transfer(&st->busy, &t, "traffic"))
		st->writes++;
	return NULL;
}

/* The HCA writes what a buffer of @seed holds at @off, or reads to there. */
static bool access_part(struct stage *st, enum ibv_wr_opcode opcode, size_t off,
			uint64_t seed, const char *what)
{
	const struct rdma_transfer t = {
		opcode, &st->other, &st->region, off, off, PART,
	};

	if (opcode == IBV_WR_RDMA_WRITE)
		test_buffer_fill(&st->other.mem, off, PART, seed);
	return rdma_transfer(&st->pair, &t, what);
}

static bool hca_writes(struct stage *st, uint64_t seed, const char *what)
{
	return access_part(st, IBV_WR_RDMA_WRITE, OFF, seed, what);
}

static bool hca_sees(struct stage *st, uint64_t seed, const char *what)
{
	return access_part(st, IBV_WR_RDMA_READ, OFF, 0, what) &&
	       test_buffer_expect(&st->other.mem, OFF, PART, seed, what);
}

static bool on_gpu(struct stage *st, long pages, const char *what)
{
	return test_buffer_expect_device(&st->region.mem, OFF, PART, pages, what);
}

/* ---- events; the HCA has written seed 5 to the part before ---- */
static void after_dontneed(struct stage *st)
{
	uint8_t *p = st->region.mem.addr + OFF;
	size_t i, wrong = 0;

	madvise(p, PART, MADV_DONTNEED);
	if (!access_part(st, IBV_WR_RDMA_READ, OFF, 0, "read after MADV_DONTNEED"))
		return;
	for (i = 0; i < PART; i++)
		wrong += st->other.mem.addr[OFF + i] != 0;
	tap_equal(wrong, 0, "bytes of the old page that the HCA reads");
	if (hca_writes(st, 6, "write after MADV_DONTNEED"))
		test_buffer_expect(&st->region.mem, OFF, PART, 6, "new page");
}

static void after_mprotect(struct stage *st)
{
	uint8_t *p = st->region.mem.addr + OFF;

	/*
	 * They may be written again, but only a fault for writing finds out, which
	 * migrates them.  mlx5 asks for that also to read, as the region may write.
	 */
	tap_equal(mprotect(p, PART, PROT_READ), 0, "mprotect");
	tap_equal(mprotect(p, PART, PROT_READ | PROT_WRITE), 0, "mprotect");
	if (!hca_sees(st, 5, "read after mprotect") ||
	    !on_gpu(st, 0, "after a fault for writing") ||
	    !test_buffer_to_gpu(st->gpu, &st->region.mem, OFF, PART))
		return;
	if (hca_writes(st, 6, "write after mprotect") &&
	    on_gpu(st, PAGES, "after that"))
		test_buffer_expect(&st->region.mem, OFF, PART, 6, "content");
}

static void after_mremap(struct stage *st)
{
	struct rdma_buffer moved = { .mr = st->region.mr };
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &st->other, &moved, OFF, OFF, PART,
	};
	uint8_t *p = st->region.mem.addr + OFF;

	if (!tap_equal(test_buffer_alloc(&moved.mem, LEN, false), 0, "memory") ||
	    !tap_check(mremap(p, PART, PART, MREMAP_MAYMOVE | MREMAP_FIXED,
			      moved.mem.addr + OFF) != MAP_FAILED, "mremap"))
		return;
	test_buffer_expect_device(&moved.mem, OFF, PART, PAGES, "after mremap");
	test_buffer_fill(&st->other.mem, OFF, PART, 6);
	if (rdma_transfer(&st->pair, &t, "write to where it is now")) {
		test_buffer_expect_device(&moved.mem, OFF, PART, PAGES,
					  "after the write");
		test_buffer_expect(&moved.mem, OFF, PART, 6, "moved memory");
	}
	tap_check(mremap(moved.mem.addr + OFF, PART, PART,
			 MREMAP_MAYMOVE | MREMAP_FIXED, p) != MAP_FAILED,
		  "mremap back");
	if (hca_writes(st, 7, "write after moving back"))
		test_buffer_expect(&st->region.mem, OFF, PART, 7, "content");
	test_buffer_free(&moved.mem);
}

/* The child waits for the HCA's write, then must see what was there at fork. */
static int child_looks(struct stage *st, int go)
{
	const uint64_t *p = (const uint64_t *)(st->region.mem.addr + OFF);
	size_t i, wrong = 0;
	char c;

	if (read(go, &c, 1) != 1)
		return 2;
	for (i = 0; i < PART / 8; i++)
		wrong += p[i] != svm_pattern_word(5, OFF / 8 + i);
	return wrong ? 1 : 0;
}

static void after_fork(struct stage *st)
{
	int go[2], status = -1;
	pid_t child;

	/* The traffic is not to copy on write. */
	if (!tap_check(!pipe(go), "pipe") ||
	    !tap_equal(madvise(st->region.mem.addr + HALF, HALF, MADV_DONTFORK),
		       0, "MADV_DONTFORK"))
		return;
	child = fork();
	if (!child)
		_exit(child_looks(st, go[0]));
	if (hca_writes(st, 6, "write after fork"))
		test_buffer_expect(&st->region.mem, OFF, PART, 6, "parent");
	tap_equal(write(go[1], "x", 1), 1, "pipe");
	tap_equal(waitpid(child, &status, 0), child, "child");
	tap_equal(status, 0, "the child sees what was there (256: it does not)");
	close(go[0]);
	close(go[1]);
}

static void after_cpu_access(struct stage *st)
{
	if (!test_buffer_expect(&st->region.mem, OFF, PART, 5, "CPU"))
		return;
	on_gpu(st, 0, "after the CPU has read it");
	test_buffer_fill(&st->region.mem, OFF, PART, 6);
	if (!hca_sees(st, 6, "what the CPU wrote") ||
	    !test_buffer_to_gpu(st->gpu, &st->region.mem, OFF, PART) ||
	    !hca_writes(st, 7, "write after the way back"))
		return;
	if (on_gpu(st, PAGES, "after the write"))
		test_buffer_expect(&st->region.mem, OFF, PART, 7, "content");
}

static void run_event(const void *arg)
{
	void (*const *event)(struct stage *st) = arg;
	struct stage st = { .gpu = -1 };
	pthread_t thread;

	if (!test_p2p_set(true) || !stage_open(&st) ||
	    !tap_equal(pthread_create(&thread, NULL, traffic, &st), 0, "thread"))
		goto out;
	if (hca_writes(&st, 5, "first write") && on_gpu(&st, PAGES, "first write"))
		(*event)(&st);
	while (st.writes < 10 && !tap_failed())
		usleep(1000);
	st.stop = true;
	pthread_join(thread, NULL);
	test_buffer_expect_device(&st.region.mem, HALF, HALF, HALF / TEST_PAGE,
				  "traffic");
	test_buffer_expect_at(&st.region.mem, HALF, HALF, 3, 0, "traffic");
	test_buffer_expect(&st.region.mem, 0, OFF, 1, "memory below the part");
	test_buffer_expect(&st.region.mem, OFF + PART, HALF - OFF - PART, 1,
			   "memory above the part");
out:
	stage_close(&st);
}

/* ---- a region that goes away under traffic ---- */
static void drain(struct rdma_pair *pair, int count)
{
	struct ibv_wc wc;
	int i, n = 0;

	for (i = 0; i < 10000 && n < count; i++) {
		if (ibv_poll_cq(pair->cq[0], 1, &wc))
			n++;
		else
			usleep(1000);
	}
	tap_equal(n, count, "completions of requests to a region that went");
}

static bool post_all(struct rdma_pair *pair, const struct rdma_buffer *from,
		     const struct rdma_buffer *to)
{
	struct ibv_send_wr wrs[RDMA_PAIR_DEPTH], *bad;
	struct ibv_sge sges[RDMA_PAIR_DEPTH];
	size_t i, n = LEN / TEST_PAGE;

	for (i = 0; i < n; i++) {
		const struct rdma_transfer t = {
			IBV_WR_RDMA_WRITE, from, to, i * TEST_PAGE, i * TEST_PAGE,
			TEST_PAGE,
		};

		rdma_transfer_wr(&t, &wrs[i], &sges[i]);
		wrs[i].send_flags = IBV_SEND_SIGNALED;
		wrs[i].next = i + 1 < n ? &wrs[i + 1] : NULL;
	}
	return tap_equal(ibv_post_send(pair->qp[0], wrs, &bad), 0, "post");
}

static void dereg_once(int gpu, bool implicit)
{
	struct rdma_buffer to = { }, from = { };
	struct rdma_pair pair;

	if (!rdma_pair_open(&pair, opts.device, false))
		return;
	if (!rdma_buffer_open(&from, &pair, LEN, false, 2) ||
	    !rdma_buffer_alloc(&to, LEN, false, 1) ||
	    !(implicit ? rdma_buffer_register_implicit(&to, &pair) :
			 rdma_buffer_register(&to, &pair)) ||
	    !test_buffer_to_gpu(gpu, &to.mem, 0, LEN) ||
	    !post_all(&pair, &from, &to))
		goto out;
	tap_equal(ibv_dereg_mr(to.mr), 0, "ibv_dereg_mr");
	to.mr = NULL;
	drain(&pair, LEN / TEST_PAGE);
	test_buffer_expect_device(&to.mem, 0, LEN, LEN / TEST_PAGE,
				  "after ibv_dereg_mr");
out:
	rdma_buffer_close(&to);
	rdma_buffer_close(&from);
	rdma_pair_close(&pair);
}

static void run_dereg(const void *arg)
{
	const bool *implicit = arg;
	int gpu, i;

	if (!test_p2p_set(true))
		return;
	gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		return;
	for (i = 0; i < 5 && !tap_failed(); i++)
		dereg_once(gpu, *implicit);
	close(gpu);
}

typedef void (*event_fn)(struct stage *st);
#define EVENT(name, fn) \
	{ "odp_invalidate-" name, run_event, &(const event_fn){ fn } }

static const struct tap_case cases[] = {
	EVENT("dontneed", after_dontneed),
	EVENT("mprotect", after_mprotect),
	EVENT("mremap", after_mremap),
	EVENT("fork", after_fork),
	EVENT("cpu-access", after_cpu_access),
	{ "odp_invalidate-dereg", run_dereg, &(const bool){ false } },
	{ "odp_invalidate-dereg-implicit", run_dereg, &(const bool){ true } },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "What takes exported pages away from the HCA.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
