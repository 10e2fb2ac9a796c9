// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory goes to the GPU and comes back, again and again, in one process and
 * in several at once; every byte is compared every time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svm_scene.h"
#include "test_options.h"

#define MAX_PROCESSES	2

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .size_mib = 32, .rounds = 2,
};

struct churn {
	unsigned int processes;
	bool huge[MAX_PROCESSES];
};

static void churn_rounds(int gpu, struct test_buffer *buf, uint64_t seed)
{
	unsigned int i;
	char what[64];

	for (i = 0; i < opts.rounds; i++, seed++) {
		snprintf(what, sizeof(what), "process %d, round %u", getpid(), i);
		test_buffer_fill(buf, 0, buf->len, seed);
		if (buf->huge && !i)
			tap_equal(test_buffer_huge_bytes(buf), buf->len,
				  "%s: bytes in 2 MiB pages", what);
		if (!test_buffer_to_gpu(gpu, buf, 0, buf->len) ||
		    !test_buffer_expect(buf, 0, buf->len, seed, what) ||
		    !test_buffer_expect_device(buf, 0, buf->len, 0, what))
			return;
	}
}

/* The child has its own count of failures; its exit status tells. */
static void churn_child(unsigned int number, bool huge)
{
	struct svm_scene s;

	if (svm_scene_open_memory(&s, opts.gpu, (size_t)opts.size_mib << 20, huge))
		churn_rounds(s.gpu, &s.mem, (number + 1) * 1000);
	exit(tap_failed());
}

static void churn_wait(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		tap_check(false, "process %d was killed by a signal: %s", pid,
			  strsignal(WTERMSIG(status)));
	else
		tap_equal(status, 0, "exit status of process %d", pid);
}

static void run_churn(const void *arg)
{
	const struct churn *churn = arg;
	pid_t pids[MAX_PROCESSES];
	unsigned int i;

	fflush(stdout);
	for (i = 0; i < churn->processes; i++) {
		pids[i] = fork();
		if (!pids[i])
			churn_child(i, churn->huge[i]);
	}
	for (i = 0; i < churn->processes; i++) {
		if (tap_check(pids[i] > 0, "fork"))
			churn_wait(pids[i]);
	}
}

static const struct churn one_4k = { 1, { false } };
static const struct churn one_2m = { 1, { true } };
static const struct churn two_4k = { 2, { false, false } };
static const struct churn two_2m = { 2, { true, true } };
static const struct churn two_mixed = { 2, { false, true } };

static const struct tap_case cases[] = {
	{ "svm_churn-one-process-4k", run_churn, &one_4k },
	{ "svm_churn-one-process-2m", run_churn, &one_2m },
	{ "svm_churn-two-processes-4k", run_churn, &two_4k },
	{ "svm_churn-two-processes-2m", run_churn, &two_2m },
	{ "svm_churn-two-processes-4k-2m", run_churn, &two_mixed },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Moves memory to the GPU and back and compares every byte.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
