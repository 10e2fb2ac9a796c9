// SPDX-License-Identifier: MIT
/*
 * userfaultfd: what a process wants to be told about, it is told about, whether
 * the CPU or the GPU touches the memory; and no page appears behind its back.
 *
 * Source: Documentation/admin-guide/mm/userfaultfd.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"

#define PAGES	4UL
#define LEN	(PAGES * TEST_PAGE)

struct uffd {
	struct ns_stage *s;
	struct test_buffer buf;
	int fd;
	pthread_t thread;
	unsigned int events;
	uint8_t page[TEST_PAGE] __attribute__((aligned(4096)));
};

static bool uffd_register(struct uffd *u, uint64_t mode)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = mode == UFFDIO_REGISTER_MODE_WP ?
			    UFFD_FEATURE_PAGEFAULT_FLAG_WP : 0,
	};
	struct uffdio_register reg = {
		.range = { (uintptr_t)u->buf.addr, LEN }, .mode = mode,
	};

	return tap_check(!ioctl(u->fd, UFFDIO_API, &api), "UFFDIO_API: %s",
			 strerror(errno)) &&
	       tap_check(!ioctl(u->fd, UFFDIO_REGISTER, &reg),
			 "UFFDIO_REGISTER: %s", strerror(errno));
}

static void uffd_close(struct uffd *u)
{
	if (u->fd >= 0)
		close(u->fd);
	test_buffer_free(&u->buf);
}

static bool uffd_open(struct uffd *u)
{
	memset(u, 0, sizeof(*u));
	u->s = ns_stage();
	u->fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (u->fd < 0 && errno == ENOSYS) {
		tap_skip("the kernel has no userfaultfd");
		return false;
	}
	return u->s &&
	       tap_check(u->fd >= 0, "userfaultfd: %s", strerror(errno)) &&
	       tap_check(!test_buffer_alloc(&u->buf, LEN, false), "no memory");
}

static void uffd_copy_in(struct uffd *u, uint64_t addr)
{
	size_t off = addr - (uintptr_t)u->buf.addr;
	struct uffdio_copy copy = {
		.dst = addr, .src = (uintptr_t)u->page, .len = TEST_PAGE,
	};

	ns_fill(u->page, TEST_PAGE, 1, off);
	tap_check(!ioctl(u->fd, UFFDIO_COPY, &copy), "UFFDIO_COPY at %#zx: %s", off,
		  strerror(errno));
}

static void uffd_unprotect(struct uffd *u, uint64_t addr)
{
	struct uffdio_writeprotect wp = { .range = { addr, TEST_PAGE } };

	tap_check(!ioctl(u->fd, UFFDIO_WRITEPROTECT, &wp), "remove protection: %s",
		  strerror(errno));
}

/* Serves as many events as there are pages, or until its end is asked for. */
static void *uffd_serve(void *arg)
{
	struct uffd *u = arg;
	struct uffd_msg msg;
	uint64_t addr;

	while (u->events < PAGES && read(u->fd, &msg, sizeof(msg)) == sizeof(msg)) {
		addr = msg.arg.pagefault.address & ~(TEST_PAGE - 1);
		u->events++;
		if (msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP)
			uffd_unprotect(u, addr);
		else
			uffd_copy_in(u, addr);
	}
	return NULL;
}

static bool uffd_start(struct uffd *u)
{
	return tap_check(!pthread_create(&u->thread, NULL, uffd_serve, u), "thread");
}

/* After this all pages must have been asked for, or the thread waits. */
static void uffd_stop(struct uffd *u)
{
	if (u->events < PAGES)
		pthread_cancel(u->thread);
	pthread_join(u->thread, NULL);
	tap_equal(u->events, PAGES, "page faults that user space was told about");
}

/* ---- missing pages */

static void missing_play_cpu(struct uffd *u)
{
	ns_bind_expect(u->s->gpu, u->buf.addr, LEN, 0, 0, "missing pages");
	if (!uffd_start(u))
		return;
	ns_expect(u->buf.addr, LEN, 1, 0, "CPU read");
	uffd_stop(u);
	ns_bind_expect(u->s->gpu, u->buf.addr, LEN, PAGES, PAGES,
		       "pages that are there");
	ns_expect(u->buf.addr, LEN, 1, 0, "CPU read after SVM_BIND");
}

static void missing_play_gpu_read(struct uffd *u)
{
	if (!uffd_start(u))
		return;
	ns_gpu_read(u->s, u->buf.addr, LEN, 1, 0, "GPU read");
	uffd_stop(u);
	ns_expect(u->buf.addr, LEN, 1, 0, "CPU read");
}

/* Half of a page each, so that the content of user space is seen as well. */
static void missing_play_gpu_write(struct uffd *u)
{
	const size_t half = TEST_PAGE / 2;
	size_t off;

	if (!uffd_start(u))
		return;
	for (off = 0; off < LEN; off += TEST_PAGE)
		ns_gpu_write(u->s, u->buf.addr + off, half, 2, off, "GPU write");
	uffd_stop(u);
	for (off = 0; off < LEN; off += TEST_PAGE) {
		ns_expect(u->buf.addr + off, half, 2, off, "by the GPU");
		ns_expect(u->buf.addr + off + half, half, 1, off + half,
			  "by user space");
	}
}

static void run_missing(void (*play)(struct uffd *u))
{
	struct uffd u;

	if (uffd_open(&u) && uffd_register(&u, UFFDIO_REGISTER_MODE_MISSING))
		play(&u);
	uffd_close(&u);
}

static void run_missing_cpu(const void *arg)
{
	(void)arg;
	run_missing(missing_play_cpu);
}

static void run_missing_gpu_read(const void *arg)
{
	(void)arg;
	run_missing(missing_play_gpu_read);
}

static void run_missing_gpu_write(const void *arg)
{
	(void)arg;
	run_missing(missing_play_gpu_write);
}

/* ---- write protection */

static bool wp_open(struct uffd *u)
{
	struct uffdio_writeprotect wp = {
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (!uffd_open(u) || !uffd_register(u, UFFDIO_REGISTER_MODE_WP))
		return false;
	ns_fill(u->buf.addr, LEN, 1, 0);
	wp.range.start = (uintptr_t)u->buf.addr;
	wp.range.len = LEN;
	return tap_check(!ioctl(u->fd, UFFDIO_WRITEPROTECT, &wp),
			 "UFFDIO_WRITEPROTECT: %s", strerror(errno));
}

/* On the GPU and back the pages are still protected. */
static void run_wp_cpu(const void *arg)
{
	struct uffd u;
	size_t off;

	(void)arg;
	if (wp_open(&u) && ns_to_gpu(u.s, u.buf.addr, LEN) &&
	    ns_gpu_read(u.s, u.buf.addr, LEN, 1, 0, "GPU read") && uffd_start(&u)) {
		for (off = 0; off < LEN; off += TEST_PAGE)
			ns_fill(u.buf.addr + off, 8, 2, off);
		uffd_stop(&u);
		for (off = 0; off < LEN; off += TEST_PAGE) {
			ns_expect(u.buf.addr + off, 8, 2, off, "written");
			ns_expect(u.buf.addr + off + 8, TEST_PAGE - 8, 1, off + 8,
				  "not written");
		}
	}
	uffd_close(&u);
}

static void wp_gpu(bool bind)
{
	struct uffd u;

	if (wp_open(&u) && (!bind || ns_to_gpu(u.s, u.buf.addr, LEN)) &&
	    uffd_start(&u)) {
		ns_gpu_write(u.s, u.buf.addr, LEN, 2, 0, "GPU write");
		uffd_stop(&u);
		ns_expect(u.buf.addr, LEN, 2, 0, "CPU read");
	}
	uffd_close(&u);
}

static void run_wp_gpu(const void *arg)
{
	(void)arg;
	wp_gpu(false);
}

static void run_wp_gpu_bound(const void *arg)
{
	(void)arg;
	wp_gpu(true);
}

static const struct igt_case uffd_cases[] = {
	{ "missing-bind", run_missing_cpu, NULL },
	{ "missing-gpu-read", run_missing_gpu_read, NULL },
	{ "missing-gpu-write", run_missing_gpu_write, NULL },
	{ "write-protect-cpu", run_wp_cpu, NULL },
	{ "write-protect-gpu", run_wp_gpu, NULL },
	{ "write-protect-bind-gpu", run_wp_gpu_bound, NULL },
	{ }
};

const struct igt_group ns_uffd_groups[] = {
	{ .name = "userfaultfd", .what = "user space serves page faults",
	  .cases = uffd_cases },
	{ }
};
