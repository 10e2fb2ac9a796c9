// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers of --watch: tracepoints, regions by process, differences. */
#include <errno.h>
#include <string.h>

#include "doctor_sample.h"
#include "fixture.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, fixture_setup,	\
							fixture_teardown)

static void test_trace(void **state)
{
	static const char * const lines[] = {
		"# tracer: nop",
		" kworker/0:1-12 [000] ..... 9.1: mlx5_odp_fault: token=0x1 type=3 key=0x200 va=0x7f00 bytes=8192",
		" kworker/0:1-12 [000] ..... 9.1: mlx5_odp_map: key=0x200 va=0x7f00 bytes=8192 pages=2 fallback=1",
		" kworker/0:1-12 [000] ..... 9.1: mlx5_odp_map: key=0x200 va=0x7f00 bytes=8192 pages=2 fallback=0",
		" kworker/0:1-12 [000] ..... 9.1: hmm_dma_export: 0000:04:00.0 addr=0x7f00 npages=16 err=0",
		" kworker/0:1-12 [000] ..... 9.1: hmm_dma_export: 0000:04:00.0 addr=0x7f00 npages=3 err=-28",
		" kworker/0:1-12 [000] ..... 9.1: hmm_dma_migrate: 0000:04:00.0 addr=0x7f00",
		" kworker/0:1-12 [000] ..... 9.1: mlx5_odp_populate: key=0x200 first=0 entries=18 p2p=16 err=0",
		"CPU:1 [LOST 42 EVENTS]",
		" kworker/0:1-12 [000] ..... 9.1: mlx5_odp_resume: token=0x1 error=0 err=0",
	};
	struct doctor_trace_counts c = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		doctor_trace_line(&c, lines[i]);
	assert_int_equal(c.faults, 1);
	assert_int_equal(c.fallbacks, 1);
	assert_int_equal(c.exported, 16);
	assert_int_equal(c.refused, 3);
	assert_int_equal(c.refused_err, ENOSPC);
	assert_int_equal(c.migrations, 1);
	assert_int_equal(c.p2p_pages, 16);
	assert_int_equal(c.lost, 42);
}

#define COUNTERS(f, p)	" page_faults " f " page_faults_handled " f \
	" page_invalidations 1 page_invalidations_handled 1 page_prefetch 0" \
	" p2p_pages " p " p2p_fallbacks 2"

static void regions(void)
{
	fixture_text("dev mlx5_0 mrn 1" COUNTERS("3", "16") "\n"
		     "dev mlx5_0 mrn 2" COUNTERS("4", "1") "\n"
		     "dev mlx5_0 mrn 3" COUNTERS("5", "0") "\n"
		     "dev mlx5_1 mrn 1" COUNTERS("6", "7") "\n",
		     "rdma-statistic-mr");
	fixture_text("dev mlx5_0 mrn 1 mrlen 65536 pid 100 comm ib_write_bw\n"
		     "dev mlx5_0 mrn 2 mrlen 65536 pid 100 comm ib_write_bw\n"
		     "dev mlx5_0 mrn 3 mrlen 65536 pid 200 comm ucx_info\n"
		     "dev mlx5_1 mrn 1 mrlen 65536 pid 100 comm ib_write_bw\n",
		     "rdma-resource-mr");
}

static void test_regions_by_process(void **state)
{
	const struct doctor_stat *s;
	struct doctor_stats stats;

	(void)state;
	regions();
	assert_int_equal(doctor_stat_read(&stats), 0);
	assert_int_equal(stats.nr, 3);
	s = doctor_stat_find(&stats, "mlx5_0", 100);
	assert_non_null(s);
	assert_string_equal(s->comm, "ib_write_bw");
	assert_int_equal(s->regions, 2);
	assert_int_equal(s->faults, 7);
	assert_int_equal(s->p2p_pages, 17);
	assert_int_equal(s->p2p_fallbacks, 4);
	s = doctor_stat_find(&stats, "mlx5_1", 100);
	assert_non_null(s);
	assert_int_equal(s->p2p_pages, 7);
	assert_null(doctor_stat_find(&stats, "mlx5_1", 200));
	doctor_stat_free(&stats);
}

/* As it comes on a terminal, and a region whose process has just ended. */
static void test_regions_on_lines(void **state)
{
	struct doctor_stats stats;

	(void)state;
	fixture_text("dev mlx5_0 mrn 1 \n    page_faults 3 \n    p2p_pages 16 \n"
		     "dev mlx5_0 mrn 2 \n    page_faults 9 \n",
		     "rdma-statistic-mr");
	fixture_text("dev mlx5_0 mrn 1 mrlen 65536 pid 100 comm ib_write_bw\n",
		     "rdma-resource-mr");
	assert_int_equal(doctor_stat_read(&stats), 0);
	assert_int_equal(stats.nr, 1);
	assert_int_equal(stats.stats[0].faults, 3);
	assert_int_equal(stats.stats[0].p2p_pages, 16);
	doctor_stat_free(&stats);
}

/* A kernel without the series has fewer, other devices have none. */
static void test_regions_without_counters(void **state)
{
	struct doctor_stats stats;

	(void)state;
	fixture_text("dev mlx5_0 mrn 1 page_faults 3\ndev rxe0 mrn 1\n\n",
		     "rdma-statistic-mr");
	fixture_text("", "rdma-resource-mr");
	assert_int_equal(doctor_stat_read(&stats), 0);
	assert_int_equal(stats.nr, 2);
	assert_int_equal(stats.stats[0].faults, 3);
	assert_int_equal(stats.stats[0].p2p_pages, 0);
	assert_int_equal(stats.stats[0].pid, 0);
	doctor_stat_free(&stats);
}

static void test_differences(void **state)
{
	struct doctor_stat now = {
		.device = "mlx5_0", .pid = 100, .faults = 9, .p2p_pages = 4,
	}, diff;
	struct doctor_sample old = { 0 };

	(void)state;
	regions();
	assert_int_equal(doctor_stat_read(&old.stats), 0);
	doctor_sample_stat(&old, &now, &diff);
	assert_int_equal(diff.faults, 2);
	assert_int_equal(diff.p2p_pages, 0);	/* a region with 17 has gone */
	now.pid = 300;				/* a new process */
	doctor_sample_stat(&old, &now, &diff);
	assert_int_equal(diff.faults, 9);
	doctor_sample_free(&old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace),
		T(test_regions_by_process),
		T(test_regions_on_lines),
		T(test_regions_without_counters),
		T(test_differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
