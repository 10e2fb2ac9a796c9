// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random operations of NIC, CPU and drivers on regions of every kind, and a shadow
 * copy of every byte.  The seed tells the operations and their order, so it repeats
 * a run, but for a thread that reads the memory all the time and so brings pages
 * back from the GPU, which changes no content.  SOAK_TRACE=1 in the environment
 * prints each operation and its ranges.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "soak_ops.h"
#include "tap.h"
#include "test_dmem.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"
#include "test_pci.h"

#define LAST		16	/* operations that a failure prints */
#define FULL_EVERY	200	/* operations until all is compared */
#define DRAWS_SHIFT	20	/* more random numbers no operation needs */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 2000,
	.minutes = 10, .seed = 1,
};

static const struct soak_op *soak_choose(uint64_t *state)
{
	unsigned int i, total = 0, n;

	for (i = 0; i < SOAK_OPS; i++)
		total += soak_ops[i].weight;
	n = soak_random(state) % total;
	for (i = 0; n >= soak_ops[i].weight; i++)
		n -= soak_ops[i].weight;
	return &soak_ops[i];
}

/* By a system call, as ranges may be unmapped for a moment. */
static void *soak_read(void *arg)
{
	atomic_bool *stop = arg;
	uint64_t state = opts.seed, word;
	struct iovec to = { &word, sizeof(word) }, from = { .iov_len = 8 };

	while (!atomic_load(stop)) {
		struct soak_range r = soak_range_pages(&state);

		from.iov_base = r.area->buf.mem.addr + r.off;
		process_vm_readv(getpid(), &to, 1, &from, 1, 0);
		usleep(soak_random(&state) % 20000);
	}
	return NULL;
}

static void soak_failed(const struct soak_op *last[LAST], unsigned int n)
{
	unsigned int i = n < LAST ? 0 : n - LAST;

	tap_note("seed %u, operation %u; the last ones:", opts.seed, n);
	for (; i < n; i++)
		tap_note("  %u %s", i, last[i % LAST]->name);
}

static unsigned int soak_loop(struct soak *s, unsigned int done[SOAK_OPS])
{
	const struct soak_op *last[LAST];
	time_t end = time(NULL) + 60 * opts.minutes;
	unsigned int n = 0;
	bool ok = true;

	soak_trace = getenv("SOAK_TRACE");
	while (ok && n < opts.rounds && time(NULL) < end) {
		s->state = ((uint64_t)opts.seed << 24 | n) << DRAWS_SHIFT;
		last[n % LAST] = soak_choose(&s->state);
		if (soak_trace)
			tap_note("%u %s", n, last[n % LAST]->name);
		ok = last[n % LAST]->run(s);
		done[last[n % LAST] - soak_ops]++;
		n++;
		if (ok && n % FULL_EVERY == 0)
			ok = soak_compare_all("all");
	}
	if (!ok || tap_failed())
		soak_failed(last, n);
	return n;
}

static void soak_report(unsigned int n, const unsigned int done[SOAK_OPS],
			const struct svm_dmem *before)
{
	struct svm_dmem now;
	char text[512];
	size_t i, len = 0;

	for (i = 0; i < SOAK_OPS; i++)
		len += snprintf(text + len, sizeof(text) - len, " %s %u",
				soak_ops[i].name, done[i]);
	tap_note("seed %u, %u operations:%s", opts.seed, n, text);
	/* Counters start again with each driver that is bound */
	if (!test_dmem_read(&now) && !done[SOAK_UNBIND_GPU])
		tap_check(now.exports > before->exports, "no page was exported");
}

static bool soak_open(struct soak *s)
{
	return test_p2p_set(true) && test_pci_find("nouveau", s->gpu_name) &&
	       test_pci_find("mlx5_core", s->hca_name) && soak_gpu_open(s) &&
	       soak_areas_alloc() && soak_hca_open(s);
}

static void soak_close(struct soak *s)
{
	static const char *const off[] = {
		"hca0 inject delay-resume 0", "hca0 inject delay-umr 0",
		"hca0 inject delay-cqe 0", "gpu0 inject tlb-off 0",
	};
	size_t i;

	for (i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		test_models_command(off[i]);
	soak_hca_close(s);
	soak_areas_free();
	if (s->gpu >= 0)
		close(s->gpu);
	test_p2p_set(true);
}

static void run_soak(const void *arg)
{
	struct soak s = { .gpu_path = opts.gpu, .device = opts.device, .gpu = -1 };
	unsigned int done[SOAK_OPS] = { 0 }, n;
	struct svm_dmem before = { 0 };
	atomic_bool stop = false;
	pthread_t reader;

	(void)arg;
	if (soak_open(&s) && test_dmem_get(&before) &&
	    tap_equal(pthread_create(&reader, NULL, soak_read, &stop), 0, "thread")) {
		n = soak_loop(&s, done);
		atomic_store(&stop, true);
		pthread_join(reader, NULL);
		soak_compare_all("in the end");
		soak_report(n, done, &before);
	}
	soak_close(&s);
	test_dmem_expect_empty("in the end");
}

static const struct tap_case cases[] = {
	{ "odp_soak-random", run_soak, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Random operations on GPU memory; ends after --rounds or --minutes.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
