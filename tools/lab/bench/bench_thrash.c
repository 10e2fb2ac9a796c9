// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A GPU that consumes what a NIC delivers into the same memory.  One thread is
 * the NIC: it fills the buffer, again and again.  The other is the GPU's owner:
 * for each time the buffer was filled it asks for the buffer to be in GPU memory
 * (SVM_BIND), as a runtime does before each kernel, and then a "kernel", the copy
 * engine, reads all of it.  Either they take turns, or the NIC is one buffer ahead
 * and writes while the kernel reads.
 *
 * Without peer-to-peer access each of the two takes the pages from the other.
 * Prints, for both ways, what the NIC got done, how many pages moved, how many page
 * faults the HCA had, and how often the driver accessed the GPU, as that is what takes
 * time on a model.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "bench_point.h"
#include "rdma_buffer.h"
#include "svm_channel.h"
#include "svm_gpu.h"
#include "tap.h"
#include "test_clock.h"
#include "test_dmem.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define MESSAGE		(64UL << 10)
#define DEPTH		8		/* messages under way */
#define FILLS_MIN	2		/* of a sample that counts */
#define SAMPLE_NS	1500000000LL

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 5,
};

struct thrash {
	int gpu;
	struct svm_channel ch;
	struct rdma_pair pair;
	struct rdma_buffer source, buf;
	struct test_buffer scratch;	/* what the GPU reads goes here */
	pthread_t owner;
	sem_t filled, room;		/* buffers to read, to write */
	atomic_bool stop;
	int ret;			/* of the owner */
};

static void *thrash_owner(void *arg)
{
	struct thrash *t = arg;
	const struct test_buffer *mem = &t->buf.mem;

	for (;;) {
		sem_wait(&t->filled);
		if (atomic_load(&t->stop))
			return NULL;
		if (!t->ret)
			t->ret = svm_gpu_migrate(t->gpu, mem->addr, mem->len);
		if (!t->ret)
			t->ret = svm_channel_copy(&t->ch, t->scratch.addr,
						  mem->addr, mem->len);
		sem_post(&t->room);
	}
}

/* @DEPTH messages from @off on. */
static bool thrash_write(struct thrash *t, size_t off)
{
	struct rdma_transfer x = {
		.opcode = IBV_WR_RDMA_WRITE, .local = &t->source,
		.remote = &t->buf, .len = MESSAGE,
	};
	struct ibv_send_wr wr[DEPTH];
	struct ibv_sge sge[DEPTH];
	unsigned int i;

	for (i = 0; i < DEPTH; i++) {
		x.local_off = i * MESSAGE;
		x.remote_off = off + x.local_off;
		rdma_transfer_wr(&x, &wr[i], &sge[i]);
	}
	return rdma_pair_requests(&t->pair, wr, DEPTH, "write by the NIC");
}

/* The whole buffer once, as soon as the GPU lets us. */
static bool thrash_fill(struct thrash *t)
{
	size_t off;

	sem_wait(&t->room);
	for (off = 0; off < t->buf.mem.len; off += DEPTH * MESSAGE)
		if (!thrash_write(t, off))
			return false;
	sem_post(&t->filled);
	return true;
}

/* Fills until the time is over; returns how many times per second. */
static double thrash_fills(struct thrash *t)
{
	long long start = test_clock_ns(), ns = 0;
	unsigned int fills = 0;

	while (ns < SAMPLE_NS || fills < FILLS_MIN) {
		if (!thrash_fill(t))
			return 0;
		fills++;
		ns = test_clock_ns() - start;
	}
	return fills * 1e9 / ns;
}

static bool thrash_open(struct thrash *t, size_t len, bool huge)
{
	int ret;

	t->gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(t->gpu >= 0, "%s: %s", opts.gpu, strerror(-t->gpu)))
		return false;
	ret = svm_channel_open(&t->ch, t->gpu);
	if (!tap_check(!ret, "copy engine channel: %s", strerror(-ret)))
		return false;
	ret = test_buffer_alloc(&t->scratch, len, huge);
	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return false;
	test_buffer_fill(&t->scratch, 0, len, 3);
	return test_buffer_to_gpu(t->gpu, &t->scratch, 0, len) &&
	       rdma_pair_open(&t->pair, opts.device, false) &&
	       rdma_buffer_open(&t->source, &t->pair, DEPTH * MESSAGE, false, 1) &&
	       rdma_buffer_open(&t->buf, &t->pair, len, huge, 2) &&
	       test_buffer_to_gpu(t->gpu, &t->buf.mem, 0, len);
}

static void thrash_close(struct thrash *t)
{
	rdma_buffer_close(&t->buf);
	rdma_buffer_close(&t->source);
	if (t->pair.ctx)
		rdma_pair_close(&t->pair);
	test_buffer_free(&t->scratch);
	if (t->ch.push)
		svm_channel_close(&t->ch);
	if (t->gpu >= 0)
		close(t->gpu);
}

struct thrash_count {
	double fills;			/* per second */
	double moved, faults, mmio;	/* per fill */
};

/* Accesses of the CPU to registers and page tables of the GPU */
static long long thrash_mmio(void)
{
	static const char *const names[] = {
		"bar0.reads", "bar0.writes", "bar1.reads", "bar1.writes",
		"bar3.reads", "bar3.writes",
	};
	long long sum = 0;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		sum += test_models_counter("gpu0", names[i]);
	return sum;
}

/* The first kernels, and then what counts. */
static bool thrash_measure(struct thrash *t, struct thrash_count *c)
{
	struct svm_dmem before, after;
	long long mmio, faults, start;
	double fills;

	if (!thrash_fill(t) || !thrash_fill(t) || !test_dmem_get(&before))
		return false;
	mmio = thrash_mmio();
	faults = test_models_counter("hca0", "odp.events");
	start = test_clock_ns();
	c->fills = thrash_fills(t);
	fills = c->fills * (test_clock_ns() - start) / 1e9;
	mmio = thrash_mmio() - mmio;
	faults = test_models_counter("hca0", "odp.events") - faults;
	if (!fills || !test_dmem_get(&after))
		return false;
	c->moved = (after.migrated_to_ram - before.migrated_to_ram) / fills;
	c->faults = faults / fills;
	c->mmio = mmio / fills;
	return true;
}

struct way {
	const char *variant;
	bool p2p;
};

static const struct way ways[] = { { "p2p", true }, { "upstream", false } };

struct thrash_case {
	size_t len;
	bool huge;
	unsigned int ahead;			/* of the kernel is the NIC */
	const char *nic, *moved, *faults, *mmio;	/* operations */
};

/* What there is to print: with @n, or only that it will be. */
static void thrash_print(const struct thrash_case *c, const char *variant,
			 const struct thrash_count *n)
{
	const struct {
		struct bench_series s;
		double value;
	} all[] = {
		{ { variant, c->nic, "MiB/s" },
		  n ? n->fills * c->len / 1048576. : 0 },
		{ { variant, c->moved, "pages" }, n ? n->moved : 0 },
		{ { variant, c->faults, "faults" }, n ? n->faults : 0 },
		{ { variant, c->mmio, "accesses" }, n ? n->mmio : 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (n)
			bench_point(&all[i].s, c->len, all[i].value);
		else
			bench_plan(&all[i].s, c->len);
}

static bool thrash_start(struct thrash *t, const struct thrash_case *c)
{
	sem_init(&t->filled, 0, 0);
	sem_init(&t->room, 0, 1 + c->ahead);
	return tap_check(!pthread_create(&t->owner, NULL, thrash_owner, t),
			 "thread: %s", strerror(errno));
}

static void thrash_stop(struct thrash *t)
{
	atomic_store(&t->stop, true);
	sem_post(&t->filled);
	pthread_join(t->owner, NULL);
	tap_equal(t->ret, 0, "what the GPU returned");
}

static bool thrash_way(const struct thrash_case *c, const struct way *w)
{
	struct thrash t = { .gpu = -1 };
	struct thrash_count n = { 0 };

	if (test_p2p_set(w->p2p) && thrash_open(&t, c->len, c->huge) &&
	    thrash_start(&t, c)) {
		thrash_measure(&t, &n);
		thrash_stop(&t);
	}
	thrash_close(&t);
	if (tap_failed())
		return false;
	thrash_print(c, w->variant, &n);
	return w->p2p ?
	       tap_check(!n.moved, "p2p: pages were migrated to RAM") :
	       tap_check(n.moved, "upstream: no page was migrated to RAM");
}

static void run_thrash(const void *arg)
{
	const struct thrash_case *c = arg;
	unsigned int r, i;

	for (i = 0; i < 2; i++)
		thrash_print(c, ways[i].variant, NULL);
	for (r = 0; r < opts.rounds; r++)
		for (i = 0; i < 2; i++)
			if (!thrash_way(c, &ways[i]))
				goto out;
out:
	test_p2p_set(true);
}

#define THRASH(name, ...) \
	{ "bench_thrash-" #name, run_thrash, &(const struct thrash_case){ \
		.nic = "thrash_" #name, .moved = "thrash_" #name "_to_ram", \
		.faults = "thrash_" #name "_faults", \
		.mmio = "thrash_" #name "_mmio", __VA_ARGS__ } }

static const struct tap_case cases[] = {
	THRASH(turns_4k, .len = TEST_HUGE),
	THRASH(turns_2m, .len = TEST_HUGE, .huge = true),
	/* Without peer-to-peer each page costs the GPU a fault: some 20 ms */
	THRASH(at_once_4k, .len = DEPTH * MESSAGE, .ahead = 1),
	THRASH(at_once_2m, .len = TEST_HUGE, .ahead = 1, .huge = true),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "GPU and NIC use the same memory at once.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
