// SPDX-License-Identifier: MIT
/* The driver is unbound and bound again while the process has memory in VRAM. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "svm_gpu.h"
#include "tap.h"
#include "test_pci.h"

#define LEN_4K	(4 * TEST_PAGE)

static void after_play(void)
{
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	if (!s || !tap_check(!test_buffer_alloc(&buf, LEN_4K, false), "no memory"))
		return;
	ns_fill(buf.addr, LEN_4K, 3, 0);
	ns_to_gpu(s, buf.addr, LEN_4K);
	ns_gpu_read(s, buf.addr, LEN_4K, 3, 0, "GPU read after that");
	test_buffer_free(&buf);
}

/* The client is closed after the driver has gone, as a process would do it. */
static void unbind_play(int gpu, uint8_t *addr, size_t len)
{
	char name[TEST_PCI_NAME];
	long pages = len / TEST_PAGE;

	if (!test_pci_find("nouveau", name) ||
	    !ns_bind_expect(gpu, addr, len, pages, pages, "before") ||
	    !test_pci_unbind("nouveau", name))
		return;
	ns_expect_pages(addr, len, 0, "without a driver");
	ns_expect(addr, len, 1, 0, "CPU read");
	tap_equal(ns_bind(gpu, addr, len), -ENODEV, "SVM_BIND without a driver");
	tap_check(test_pci_bind("nouveau", name), "no way back");
}

/* With a channel or without one. */
static void unbind(bool huge, bool channel)
{
	size_t len = huge ? TEST_HUGE : LEN_4K;
	struct test_buffer buf;
	struct ns_stage *s;
	int gpu;

	ns_stage_drop();
	s = channel ? ns_stage() : NULL;
	gpu = channel && s ? s->gpu : svm_gpu_open(ns_stage_node(0));
	if (!tap_check(gpu >= 0, "client: %s", strerror(-gpu)) ||
	    !tap_check(!test_buffer_alloc(&buf, len, huge), "no memory"))
		return;
	ns_fill(buf.addr, len, 1, 0);
	if (!s || ns_gpu_read(s, buf.addr, len, 1, 0, "GPU read"))
		unbind_play(gpu, buf.addr, len);
	test_buffer_free(&buf);
	if (s)
		ns_stage_drop();
	else
		close(gpu);
	after_play();
}

static void run_unbind(const void *arg)
{
	unbind(arg, false);
}

static void run_unbind_channel(const void *arg)
{
	unbind(arg, true);
}

static const struct igt_case unbind_cases[] = {
	{ "4k", run_unbind, NULL },
	{ "2m-thp", run_unbind, (const void *)1 },
	{ }
};

/* nouveau frees buffers of the file after the address space: the kernel oopses. */
static const struct igt_case bug_cases[] = {
	{ "4k", run_unbind_channel, NULL },
	{ }
};

const struct igt_group ns_unbind_groups[] = {
	{ .name = "unbind-bind", .what = "the driver goes and comes back",
	  .cases = unbind_cases },
	{ .name = "bug-unbind-channel", .what = "the same beside an open channel",
	  .cases = bug_cases },
	{ }
};
