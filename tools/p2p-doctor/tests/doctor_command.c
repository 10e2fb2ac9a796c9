// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line: exit status, and what is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, fixture_setup,	\
							fixture_teardown)

static char output[65536];

/* Runs the doctor on the machine of the test; its exit status. */
static int run(const char *arguments)
{
	const char *doctor = getenv("P2P_DOCTOR");
	char command[512];
	size_t n;
	FILE *f;
	int status;

	assert_non_null(doctor);
	snprintf(command, sizeof(command), "%s --sysroot %s %s 2>&1", doctor,
		 fixture_root(), arguments);
	f = popen(command, "re");
	assert_non_null(f);
	n = fread(output, 1, sizeof(output) - 1, f);
	output[n] = '\0';
	status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect(const char *text)
{
	if (!strstr(output, text))
		fail_msg("'%s' is not in: %s", text, output);
}

static void good_machine(void)
{
	fixture_kernel();
	fixture_cpu("GenuineIntel", 6);
	fixture_switch(NO_ACS);
}

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(run("--help"), 0);
	expect("Usage: p2p-doctor");
	assert_int_equal(run("--no-such-option"), 2);
	assert_int_equal(run("one two"), 2);
	assert_int_equal(run("--watch=0"), 2);
	assert_int_equal(run("--watch=soon"), 2);
	assert_int_equal(run("--watch --report=x"), 2);
	assert_int_equal(run("--sysroot /no/such/directory"), 2);
}

static void test_empty_machine(void **state)
{
	(void)state;
	assert_int_equal(run(""), 1);
	expect("no GPU");
	expect("no HCA");
	assert_int_equal(run("--json"), 1);
	expect("\"pairs\": []");
	assert_int_equal(run("--watch=0.01 --count 1"), 2);
	expect("neither GPU nor HCA");
}

static void test_gpu_alone(void **state)
{
	(void)state;
	fixture_gpu("pci0000:00/0000:00:01.0", NO_ACS);
	assert_int_equal(run(""), 1);
	expect("GPU 0000:00:01.0 GP100");
	expect("no HCA");
	expect("no pair");
}

static void test_direct(void **state)
{
	(void)state;
	good_machine();
	assert_int_equal(run(""), 0);
	expect("GPU 0000:03:00.0, HCA mlx5_0: direct");
	expect("0000:01:00.0   common");
	assert_int_equal(run("--json"), 0);
	expect("\"verdict\": \"direct\"");
	expect("\"topology\": \"bus-address\"");
	expect("\"common_bridge\": \"0000:01:00.0\"");
}

static void test_fallback(void **state)
{
	(void)state;
	good_machine();
	fixture_text("N\n", "sys/module/nouveau/parameters/svm_p2p");
	assert_int_equal(run(""), 1);
	expect("will fall back");
	expect("modprobe nouveau svm_p2p=1");
	assert_int_equal(run("--json"), 1);
	expect("\"key\": \"svm-p2p-off\"");
}

/* Nothing that a file says breaks the quoting. */
static void test_json_quotes(void **state)
{
	(void)state;
	good_machine();
	fixture_text("7.3 \"\\\t\n", "proc/sys/kernel/osrelease");
	assert_int_equal(run("--json"), 0);
	expect("\"release\": \"7.3 \\\"\\\\\\u0009\"");
}

static void test_watch(void **state)
{
	(void)state;
	good_machine();
	fixture_text("dev mlx5_0 mrn 1 page_faults 3 p2p_pages 5\n",
		     "rdma-statistic-mr");
	fixture_text("dev mlx5_0 mrn 1 pid 77 comm a\n", "rdma-resource-mr");
	assert_int_equal(run("--watch 0.01 --count 2"), 0);
	expect("77 ");
	expect("0000:03:00.0");
	assert_int_equal(run("--watch=0.01 --count 1 --json"), 0);
	expect("\"pid\":77");
	expect("\"all\":null");
}

static void test_report(void **state)
{
	char file[128], arguments[160], line[4096];
	bool verdict = false, modules = false;
	FILE *f;

	(void)state;
	good_machine();
	snprintf(file, sizeof(file), "%s/report", fixture_root());
	snprintf(arguments, sizeof(arguments), "--report %s", file);
	assert_int_equal(run(arguments), 0);
	f = fopen(file, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		verdict |= !!strstr(line, "HCA mlx5_0: direct");
		modules |= !strcmp(line, "svm_p2p=Y\n");
	}
	fclose(f);
	assert_true(verdict);
	assert_true(modules);
	assert_int_equal(run("--report=/no/such/directory/file"), 2);
	expect("name another file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_usage), T(test_empty_machine), T(test_gpu_alone),
		T(test_direct), T(test_fallback), T(test_json_quotes),
		T(test_watch), T(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
