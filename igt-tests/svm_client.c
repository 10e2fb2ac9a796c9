// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory on the GPU belongs to the process, not to the client that has put it
 * there: it can be read after that one was closed, and by a child.  And the
 * client is told how much was migrated.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drm/nouveau_drm.h>

#include "svm_gpu.h"

#include "test_buffer.h"
#include "test_dmem.h"
#include "test_oops.h"
#include "test_options.h"

#define LEN_4K	(16 * TEST_PAGE)
#define LEN_2M	(2 * TEST_HUGE)

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

struct client {
	struct test_buffer buf;
	int gpu;
};

static bool client_open(struct client *c, bool huge)
{
	int ret = test_buffer_alloc(&c->buf, huge ? LEN_2M : LEN_4K, huge);

	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return false;
	test_buffer_fill(&c->buf, 0, c->buf.len, 1);
	c->gpu = svm_gpu_open(opts.gpu);
	return tap_check(c->gpu >= 0, "%s: %s", opts.gpu, strerror(-c->gpu));
}

static void client_read(struct client *c)
{
	test_buffer_expect(&c->buf, 0, c->buf.len, 1, "what was on the GPU");
}

static void close_and_read(void *arg)
{
	bool huge = arg;
	struct client c;

	if (!client_open(&c, huge) ||
	    !test_buffer_to_gpu(c.gpu, &c.buf, 0, c.buf.len))
		return;
	close(c.gpu);
	client_read(&c);
}

static void run_close(const void *arg)
{
	if (test_oops_none(close_and_read, (void *)arg, "read after close"))
		test_dmem_expect_empty("in the end");
}

/* The child has all of the pages when its parent is gone. */
static void fork_and_read(void *arg)
{
	bool huge = arg;
	int status = -1;
	struct client c;
	pid_t pid;

	if (!client_open(&c, huge) ||
	    !test_buffer_to_gpu(c.gpu, &c.buf, 0, c.buf.len))
		return;
	pid = fork();
	if (!pid) {
		close(c.gpu);
		client_read(&c);
		_exit(tap_failed());
	}
	close(c.gpu);
	test_buffer_free(&c.buf);
	if (tap_check(pid > 0, "fork") && waitpid(pid, &status, 0) == pid)
		tap_equal(status, 0, "wait status of the child");
}

static void run_fork(const void *arg)
{
	if (test_oops_none(fork_and_read, (void *)arg, "read by a child"))
		test_dmem_expect_empty("in the end");
}

static void client_expect_result(struct client *c, size_t len, uint64_t expected,
				 const char *what)
{
	struct drm_nouveau_svm_bind bind = {
		.header = (uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM <<
			  NOUVEAU_SVM_BIND_TARGET_SHIFT,
		.va_start = (uintptr_t)c->buf.addr,
		.va_end = (uintptr_t)c->buf.addr + len,
		.npages = len / TEST_PAGE,
		.result = ~0ULL,
	};
	int ret = ioctl(c->gpu, DRM_IOCTL_NOUVEAU_SVM_BIND, &bind);

	if (tap_check(!ret, "SVM_BIND: %s", strerror(errno)))
		tap_equal(bind.result, expected, "%s: result of SVM_BIND", what);
}

static void run_result(const void *arg)
{
	bool huge = arg;
	struct client c;
	size_t pages;

	if (!client_open(&c, huge))
		return;
	pages = c.buf.len / TEST_PAGE;
	client_expect_result(&c, c.buf.len / 2, pages / 2, "first half");
	client_expect_result(&c, c.buf.len / 2, 0, "again");
	client_expect_result(&c, c.buf.len, pages / 2, "all");
	test_buffer_expect_device(&c.buf, 0, c.buf.len, pages, "in the end");
	client_read(&c);
	close(c.gpu);
	test_buffer_free(&c.buf);
}

#define HUGE	((const void *)1)

static const struct tap_case cases[] = {
	{ "svm_client-close-4k", run_close, NULL },
	{ "svm_client-close-2m", run_close, HUGE },
	{ "svm_client-fork-4k", run_fork, NULL },
	{ "svm_client-result-4k", run_result, NULL },
	{ "svm_client-result-2m", run_result, HUGE },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Memory on the GPU, its clients and what they are told.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
