// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tracepoints along a page fault, and the counters of "rdma statistic", for one
 * request to GPU memory: with peer-to-peer and with pages that have to migrate.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "rdma_stat.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN		(64UL << 10)
#define PAGES		4
#define TRACING		"/sys/kernel/tracing/"
#define MAX_LINE	512

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

static bool tracing_write(const char *file, const char *text)
{
	char path[128];
	bool ok = false;
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd >= 0) {
		ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
		close(fd);
	}
	return tap_check(ok, "%s: cannot write %s", path, text);
}

static bool tracing_on(bool on)
{
	return (!on || tracing_write("trace", "\n")) &&
	       tracing_write("events/hmm/enable", on ? "1" : "0") &&
	       tracing_write("events/mlx5_odp/enable", on ? "1" : "0");
}

/* Number of @event lines, and the sum of what they have for @key ("pages="). */
static long tracing_sum(const char *event, const char *key, long *lines)
{
	char line[MAX_LINE], *at;
	long sum = 0;
	FILE *f = fopen(TRACING "trace", "re");

	*lines = 0;
	if (!tap_check(f, TRACING "trace: cannot read"))
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || !strstr(line, event))
			continue;
		(*lines)++;
		at = strstr(line, key);
		if (at)
			sum += strtol(at + strlen(key), NULL, 0);
	}
	fclose(f);
	return sum;
}

/* The driver says so after the command that lets the HCA, and us, go on. */
static void wait_for_resume(void)
{
	long lines = 0;
	int i;

	for (i = 0; i < 1000 && !lines; i++) {
		if (i)
			usleep(5000);
		tracing_sum(" mlx5_odp_resume: ", " error=", &lines);
	}
}

static void expect_trace(const char *event, const char *key, long lines, long sum)
{
	long found, found_sum = tracing_sum(event, key, &found);

	tap_equal(found, lines, "events %s", event);
	tap_equal(found_sum, sum, "sum of %s of %s", key, event);
}

/* What one request for PAGES pages on the GPU leaves behind. */
static void expect_p2p(void)
{
	expect_trace(" mlx5_odp_fault: ", "bytes=", 1, PAGES * TEST_PAGE);
	expect_trace(" mlx5_odp_map: ", " pages=", 1, PAGES);
	expect_trace(" mlx5_odp_map: ", " fallback=", 1, 0);
	expect_trace(" mlx5_odp_populate: ", " p2p=", 1, PAGES);
	expect_trace(" mlx5_odp_resume: ", " error=", 1, 0);
	/* One export of each page: they are no neighbours in GPU memory. */
	expect_trace(" hmm_dma_export: ", " npages=", PAGES, PAGES);
	expect_trace(" hmm_dma_export: ", " err=", PAGES, 0);
	expect_trace(" hmm_dma_migrate: ", " addr=", 0, 0);
}

static void expect_fallback(void)
{
	long exports;

	expect_trace(" mlx5_odp_fault: ", "bytes=", 1, PAGES * TEST_PAGE);
	expect_trace(" mlx5_odp_map: ", " pages=", 1, PAGES);
	expect_trace(" mlx5_odp_map: ", " fallback=", 1, 1);
	expect_trace(" mlx5_odp_populate: ", " p2p=", 1, 0);
	expect_trace(" mlx5_odp_resume: ", " error=", 1, 0);
	tracing_sum(" hmm_dma_migrate: ", " addr=", &exports);
	tap_equal(exports, PAGES, "events hmm_dma_migrate");
}

static void play(struct rdma_pair *pair, struct rdma_buffer *to,
		 struct rdma_buffer *from, bool p2p)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, from, to, 0, TEST_PAGE, PAGES * TEST_PAGE,
	};
	long long pages = rdma_stat_sum(opts.device, "p2p_pages");
	long long fallbacks = rdma_stat_sum(opts.device, "p2p_fallbacks");

	if (!tracing_on(true) || !rdma_transfer(pair, &t, "RDMA write"))
		return;
	wait_for_resume();
	tracing_on(false);
	if (p2p)
		expect_p2p();
	else
		expect_fallback();
	tap_equal(rdma_stat_sum(opts.device, "p2p_pages") - pages,
		  p2p ? PAGES : 0, "p2p_pages of rdma statistic");
	tap_equal(rdma_stat_sum(opts.device, "p2p_fallbacks") - fallbacks,
		  p2p ? 0 : 1, "p2p_fallbacks of rdma statistic");
}

static void run_trace(const void *arg)
{
	const bool *p2p = arg;
	struct rdma_buffer to = { }, from = { };
	struct rdma_pair pair;
	int gpu;

	if (!test_p2p_set(*p2p))
		return;
	gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		goto out_p2p;
	if (!rdma_pair_open(&pair, opts.device, false))
		goto out_gpu;
	if (rdma_buffer_open(&to, &pair, LEN, false, 1) &&
	    rdma_buffer_open(&from, &pair, LEN, false, 2) &&
	    test_buffer_to_gpu(gpu, &to.mem, 0, LEN))
		play(&pair, &to, &from, *p2p);
	rdma_buffer_close(&from);
	rdma_buffer_close(&to);
	rdma_pair_close(&pair);
out_gpu:
	close(gpu);
out_p2p:
	test_p2p_set(true);
}

static const struct tap_case cases[] = {
	{ "odp_trace-p2p", run_trace, &(const bool){ true } },
	{ "odp_trace-no-p2p", run_trace, &(const bool){ false } },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Tracepoints and counters of one page fault.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
