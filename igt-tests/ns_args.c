// SPDX-License-Identifier: MIT
/*
 * Arguments of SVM_INIT and SVM_BIND.  What is refused changes nothing.
 *
 * Source: include/uapi/drm/nouveau_drm.h: a command (only MIGRATE, 0), a
 * priority (any) and a target (only VRAM) in 48 bits of the header; no stride;
 * reserved fields are 0.  Addresses are rounded to whole pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/nouveau_drm.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "svm_gpu.h"
#include "tap.h"

#define PAGES	4UL
#define LEN	(PAGES * TEST_PAGE)
#define VRAM	((uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM << \
		 NOUVEAU_SVM_BIND_TARGET_SHIFT)

/* ---- SVM_INIT */

struct init {
	uint64_t addr, size;
	int expected;
};

static int args_init(int fd, uint64_t addr, uint64_t size)
{
	struct drm_nouveau_svm_init init = {
		.unmanaged_addr = addr, .unmanaged_size = size,
	};

	return ioctl(fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &init) ? -errno : 0;
}

static int args_open(void)
{
	int fd = open(ns_stage_node(0), O_RDWR | O_CLOEXEC);

	tap_check(fd >= 0, "render node: %s", strerror(errno));
	return fd;
}

/* Whether it is refused or not, a client that asks for too much can ask again. */
static void run_init_range(const void *arg)
{
	const struct init *init = arg;
	int fd = args_open();

	if (fd < 0)
		return;
	tap_equal(args_init(fd, init->addr, init->size), init->expected, "SVM_INIT");
	tap_equal(args_init(fd, 1ULL << 38, 1ULL << 30),
		  init->expected ? 0 : -EBUSY, "SVM_INIT after that");
	close(fd);
}

static void run_init_twice(const void *arg)
{
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	(void)arg;
	if (!s || !tap_check(!test_buffer_alloc(&buf, LEN, false), "no memory"))
		return;
	tap_equal(args_init(s->gpu, 1ULL << 38, 1ULL << 30), -EBUSY,
		  "second SVM_INIT");
	ns_fill(buf.addr, LEN, 1, 0);
	ns_bind_expect(s->gpu, buf.addr, LEN, PAGES, PAGES, "after that");
	ns_gpu_read(s, buf.addr, LEN, 1, 0, "read by the GPU after that");
	test_buffer_free(&buf);
}

static void run_init_fault(const void *arg)
{
	int fd = args_open(), ret;

	(void)arg;
	if (fd < 0)
		return;
	ret = ioctl(fd, DRM_IOCTL_NOUVEAU_SVM_INIT, (void *)8);
	tap_equal(ret ? -errno : 0, -EFAULT, "SVM_INIT with a wild pointer");
	tap_equal(args_init(fd, 1ULL << 38, 1ULL << 30), 0, "SVM_INIT after that");
	close(fd);
}

static void run_init_reopen(const void *arg)
{
	int i, gpu;

	(void)arg;
	for (i = 0; i < 4; i++) {
		gpu = svm_gpu_open(ns_stage_node(0));
		if (!tap_check(gpu >= 0, "client %d: %s", i, strerror(-gpu)))
			return;
		close(gpu);
	}
}

#define INIT(name, ...) { name, run_init_range, &(const struct init){ __VA_ARGS__ } }

static const struct igt_case range_cases[] = {
	INIT("wraps", -(1ULL << 30), 1ULL << 31, -EINVAL),
	INIT("above-limit", 1ULL << 49, 1ULL << 30, -EINVAL),
	INIT("across-limit", (1ULL << 49) - (1ULL << 29), 1ULL << 30, -EINVAL),
	INIT("size-above-limit", 0, (1ULL << 49) + TEST_PAGE, -EINVAL),
	{ }
};

static const struct igt_case init_cases[] = {
	{ "twice", run_init_twice, NULL },
	{ "wild-pointer", run_init_fault, NULL },
	{ "after-close", run_init_reopen, NULL },
	{ }
};

/* ---- SVM_BIND that is refused */

struct bind {
	uint64_t header;	/* to be added to a correct one */
	long start, end;	/* to be added to correct ones */
	uint64_t wild_end;	/* or this, unless 0 */
	uint64_t stride, reserved0, reserved1;
	long moved;		/* -errno or pages */
};

static long args_bind(int gpu, const struct bind *b, uint8_t *addr)
{
	struct drm_nouveau_svm_bind req = {
		.header = VRAM ^ b->header,
		.va_start = (uintptr_t)addr + b->start,
		.va_end = b->wild_end ? b->wild_end :
			  (uintptr_t)addr + LEN + b->end,
		.npages = PAGES,
		.stride = b->stride,
		.reserved0 = b->reserved0,
		.reserved1 = b->reserved1,
		.result = ~0ULL,
	};

	if (ioctl(gpu, DRM_IOCTL_NOUVEAU_SVM_BIND, &req))
		return -errno;
	return req.result;
}

static void run_bind(const void *arg)
{
	const struct bind *b = arg;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	if (!s || !tap_check(!test_buffer_alloc(&buf, 2 * LEN, false), "no memory"))
		return;
	ns_fill(buf.addr, 2 * LEN, 1, 0);
	tap_equal(args_bind(s->gpu, b, buf.addr + LEN / 2), b->moved, "SVM_BIND");
	ns_expect_pages(buf.addr, 2 * LEN, b->moved > 0 ? b->moved : 0, "after it");
	ns_expect(buf.addr, 2 * LEN, 1, 0, "content");
	test_buffer_free(&buf);
}

#define BIND(name, ...) { name, run_bind, &(const struct bind){ __VA_ARGS__ } }
#define REFUSED	.moved = -EINVAL

static const struct igt_case refused_cases[] = {
	BIND("command-1", .header = 1, REFUSED),
	BIND("command-255", .header = NOUVEAU_SVM_BIND_COMMAND_MASK, REFUSED),
	BIND("target-cpu", .header = VRAM, REFUSED),
	BIND("target-vram-and-more", .header = 1ULL << 16, REFUSED),
	BIND("header-bit-48", .header = 1ULL << 48, REFUSED),
	BIND("header-bit-63", .header = 1ULL << 63, REFUSED),
	BIND("stride-1", .stride = 1, REFUSED),
	BIND("stride-page", .stride = TEST_PAGE, REFUSED),
	BIND("reserved0", .reserved0 = 1, REFUSED),
	BIND("reserved0-high", .reserved0 = 1ULL << 63, REFUSED),
	BIND("reserved1", .reserved1 = 1, REFUSED),
	BIND("reserved1-high", .reserved1 = 1ULL << 63, REFUSED),
	BIND("empty", .end = -(long)LEN, REFUSED),
	BIND("ends-before-start", .end = -(long)LEN - (long)TEST_PAGE, REFUSED),
	BIND("end-wraps", .wild_end = ~0ULL, REFUSED),
	{ }
};

static const struct igt_case accepted_cases[] = {
	BIND("priority-1", .header = 1 << NOUVEAU_SVM_BIND_PRIORITY_SHIFT,
	     .moved = PAGES),
	BIND("priority-255", .header = NOUVEAU_SVM_BIND_PRIORITY_MASK <<
	     NOUVEAU_SVM_BIND_PRIORITY_SHIFT, .moved = PAGES),
	BIND("start-rounded-down", .start = 1, .moved = PAGES),
	BIND("start-rounded-down-page", .start = TEST_PAGE - 1, .moved = PAGES),
	BIND("end-rounded-up", .end = 1, .moved = PAGES + 1),
	BIND("end-rounded-up-page", .end = -(long)TEST_PAGE + 1, .moved = PAGES),
	BIND("one-byte", .start = 17, .end = -(long)LEN + 18, .moved = 1),
	{ }
};

/* ---- SVM_BIND of odd clients and ranges */

static void run_bind_no_client(const void *arg)
{
	static const struct bind plain;
	struct test_buffer buf;
	int fd = args_open();

	(void)arg;
	if (fd < 0 || !tap_check(!test_buffer_alloc(&buf, LEN, false), "no memory"))
		return;
	ns_fill(buf.addr, LEN, 1, 0);
	tap_equal(args_bind(fd, &plain, buf.addr), -EINVAL,
		  "SVM_BIND without SVM_INIT");
	ns_expect_pages(buf.addr, LEN, 0, "after it");
	test_buffer_free(&buf);
	close(fd);
}

static void run_bind_fault(const void *arg)
{
	struct ns_stage *s = ns_stage();
	int ret;

	(void)arg;
	if (!s)
		return;
	ret = ioctl(s->gpu, DRM_IOCTL_NOUVEAU_SVM_BIND, (void *)8);
	tap_equal(ret ? -errno : 0, -EFAULT, "SVM_BIND with a wild pointer");
}

static void run_bind_nothing(const void *arg)
{
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	(void)arg;
	if (!s || !tap_check(!test_buffer_alloc(&buf, LEN, false), "no memory"))
		return;
	munmap(buf.addr, LEN);
	tap_equal(ns_bind(s->gpu, buf.addr, LEN), 0,
		  "SVM_BIND of what is not mapped");
}

/* More than 47 bits of address space: nothing of it is there. */
static void run_bind_kernel_half(const void *arg)
{
	struct ns_stage *s = ns_stage();

	(void)arg;
	if (s)
		tap_equal(ns_bind(s->gpu, (void *)(1UL << 63), LEN), 0,
			  "SVM_BIND of addresses that no process has");
}

static const struct igt_case odd_cases[] = {
	{ "without-init", run_bind_no_client, NULL },
	{ "wild-pointer", run_bind_fault, NULL },
	{ "not-mapped", run_bind_nothing, NULL },
	{ "not-of-processes", run_bind_kernel_half, NULL },
	{ }
};

const struct igt_group ns_args_groups[] = {
	{ .name = "init", .what = "SVM_INIT and what it refuses",
	  .cases = init_cases },
	{ .name = "init-range", .what = "SVM_INIT refuses impossible ranges",
	  .cases = range_cases },
	{ .name = "bind-refused", .what = "SVM_BIND refuses what it does not know",
	  .cases = refused_cases },
	{ .name = "bind-accepted", .what = "SVM_BIND rounds to pages and takes any priority",
	  .cases = accepted_cases },
	{ .name = "bind-odd", .what = "SVM_BIND of what is not there",
	  .cases = odd_cases },
	{ }
};
