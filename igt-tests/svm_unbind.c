// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When the driver goes, everything on the GPU comes back to RAM first.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "test_buffer.h"
#include "test_options.h"
#include "test_pci.h"

#define LEN		(4 * TEST_HUGE)
#define PAUSE_US	50000
#define PATIENCE	600	/* pauses; what does not end never does */

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

/* In a process of its own, as it may never return. */
static bool unbind(const char *name)
{
	int status = -1, i;
	pid_t pid = fork();

	if (!pid)
		_exit(!test_pci_unbind("nouveau", name));
	for (i = 0; i < PATIENCE; i++) {
		if (waitpid(pid, &status, WNOHANG))
			return tap_equal(status, 0, "wait status of unbind");
		usleep(PAUSE_US);
	}
	return tap_check(false, "unbind is stuck");
}

static void unbind_play(struct test_buffer *buf, int gpu)
{
	char name[TEST_PCI_NAME];

	test_buffer_fill(buf, 0, buf->len, 1);
	if (!test_pci_find("nouveau", name) ||
	    !test_buffer_to_gpu(gpu, buf, 0, buf->len) || !unbind(name))
		return;
	test_buffer_expect_device(buf, 0, buf->len, 0, "after unbind");
	test_buffer_expect(buf, 0, buf->len, 1, "what was on the GPU");
	close(gpu);
	test_pci_bind("nouveau", name);
}

static void run_unbind(const void *arg)
{
	struct test_buffer buf;
	int gpu, ret;

	ret = test_buffer_alloc(&buf, LEN, arg);
	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return;
	gpu = svm_gpu_open(opts.gpu);
	if (tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		unbind_play(&buf, gpu);
	test_buffer_free(&buf);
}

static const struct tap_case cases[] = {
	{ "svm_unbind-4k", run_unbind, NULL },
	{ "svm_unbind-2m", run_unbind, (const void *)1 },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "The driver is unbound while memory is on the GPU.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
