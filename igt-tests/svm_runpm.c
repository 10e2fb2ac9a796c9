// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runtime power management: the GPU stays awake as long as it has an SVM client
 * or memory of one, sleeps afterwards, and wakes up for the next case.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "test_buffer.h"
#include "test_options.h"
#include "test_pci.h"

#define LEN		(2 * TEST_HUGE)
#define DELAY_MS	"50"
#define AWHILE_US	500000	/* ten times that */
#define PAUSE_US	50000
#define PATIENCE	1200

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

struct runpm {
	char name[TEST_PCI_NAME];
	struct test_buffer buf;
};

static bool runpm_status(const struct runpm *r, const char *expected)
{
	char path[128], status[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/power/runtime_status",
		 r->name);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(status, sizeof(status), f))
			status[0] = '\0';
		fclose(f);
	}
	return !strncmp(status, expected, strlen(expected));
}

static bool runpm_expect_asleep(const struct runpm *r, const char *when)
{
	int i;

	for (i = 0; i < PATIENCE; i++) {
		if (runpm_status(r, "suspended"))
			return true;
		usleep(PAUSE_US);
	}
	return tap_check(false, "%s: the GPU does not go to sleep", when);
}

static bool runpm_expect_awake(const struct runpm *r, const char *when)
{
	usleep(AWHILE_US);
	return tap_check(runpm_status(r, "active"), "%s: the GPU is not awake", when);
}

static bool runpm_fill(struct runpm *r, int gpu, uint64_t seed)
{
	test_buffer_fill(&r->buf, 0, LEN, seed);
	return test_buffer_to_gpu(gpu, &r->buf, 0, LEN);
}

static bool runpm_read(struct runpm *r, uint64_t seed)
{
	return test_buffer_expect(&r->buf, 0, LEN, seed, "what was on the GPU");
}

static bool runpm_client(struct runpm *r)
{
	int gpu = svm_gpu_open(opts.gpu);
	bool ok;

	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		return false;
	ok = runpm_expect_awake(r, "with a client") && runpm_fill(r, gpu, 1) &&
	     runpm_expect_awake(r, "with memory") && runpm_read(r, 1) &&
	     runpm_fill(r, gpu, 2);
	close(gpu);
	return ok && runpm_expect_awake(r, "with memory of a client that is gone") &&
	       runpm_read(r, 2);
}

static void run_runpm(const void *arg)
{
	struct runpm r;
	char path[128];
	int ret;

	ret = test_buffer_alloc(&r.buf, LEN, arg);
	if (!tap_check(!ret, "memory: %s", strerror(-ret)) ||
	    !test_pci_find("nouveau", r.name))
		return;
	snprintf(path, sizeof(path),
		 "/sys/bus/pci/devices/%s/power/autosuspend_delay_ms", r.name);
	if (test_sysfs_write(path, DELAY_MS) &&
	    runpm_expect_asleep(&r, "in the beginning") && runpm_client(&r))
		runpm_expect_asleep(&r, "in the end");
	test_buffer_free(&r.buf);
}

static const struct tap_case cases[] = {
	{ "svm_runpm-4k", run_runpm, NULL },
	{ "svm_runpm-2m", run_runpm, (const void *)1 },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Runtime power management of a GPU with SVM (nouveau: runpm=1).",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
