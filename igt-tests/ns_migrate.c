// SPDX-License-Identifier: MIT
/*
 * Memory moves to VRAM and back: how many pages, which ones, and what is in
 * them.  SVM_BIND, pagemap and nouveau's counters must tell the same.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"
#include "test_dmem.h"

struct size {
	size_t len;
	bool huge;
};

static const struct size size_4k = { TEST_PAGE, false };
static const struct size size_64k = { 16 * TEST_PAGE, false };
static const struct size size_1m = { 256 * TEST_PAGE, false };
static const struct size size_2m = { TEST_HUGE, true };
static const struct size size_4m = { 2 * TEST_HUGE, true };

static bool migrate_open(struct test_buffer *buf, const struct size *size)
{
	if (!tap_check(!test_buffer_alloc(buf, size->len, size->huge), "no memory"))
		return false;
	ns_fill(buf->addr, buf->len, 1, 0);
	return !size->huge ||
	       tap_equal(test_buffer_huge_bytes(buf), buf->len,
			 "bytes in 2 MiB pages");
}

/* What the counters of the driver say since @before. */
static void migrate_counted(const struct svm_dmem *before, long to_vram,
			    long to_ram, const char *what)
{
	struct svm_dmem now;

	if (!test_dmem_get(&now))
		return;
	tap_equal(now.migrated_to_vram - before->migrated_to_vram, to_vram,
		  "%s: pages counted as migrated to VRAM", what);
	tap_equal(now.migrated_to_ram - before->migrated_to_ram, to_ram,
		  "%s: pages counted as migrated to RAM", what);
}

/* ---- there and back, all of a buffer */

static void back_by_read(struct test_buffer *buf)
{
	ns_expect(buf->addr, buf->len, 1, 0, "CPU read");
}

/* Writes the second half of each page first. */
static void back_by_write(struct test_buffer *buf)
{
	const size_t half = TEST_PAGE / 2;
	size_t off;

	for (off = 0; off < buf->len; off += TEST_PAGE)
		ns_fill(buf->addr + off + half, half, 2, off + half);
	for (off = 0; off < buf->len; off += TEST_PAGE) {
		ns_expect(buf->addr + off, half, 1, off, "not written by the CPU");
		ns_expect(buf->addr + off + half, half, 2, off + half,
			  "written by the CPU");
	}
}

/* The kernel reads the memory in a system call. */
static void back_by_kernel(struct test_buffer *buf)
{
	uint8_t page[TEST_PAGE];
	size_t off;
	int fd[2];

	if (!tap_check(!pipe(fd), "pipe"))
		return;
	for (off = 0; off < buf->len; off += TEST_PAGE) {
		if (!tap_equal(write(fd[1], buf->addr + off, TEST_PAGE), TEST_PAGE,
			       "write from the page at %#zx", off) ||
		    !tap_equal(read(fd[0], page, TEST_PAGE), TEST_PAGE, "read"))
			break;
		ns_expect(page, TEST_PAGE, 1, off, "read by the kernel");
	}
	close(fd[0]);
	close(fd[1]);
}

struct back {
	const struct size *size;
	void (*back)(struct test_buffer *buf);
};

static void run_back(const void *arg)
{
	const struct back *b = arg;
	long pages = b->size->len / TEST_PAGE;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	struct svm_dmem dmem;

	if (!s || !migrate_open(&buf, b->size) || !test_dmem_get(&dmem))
		return;
	if (ns_bind_expect(s->gpu, buf.addr, buf.len, pages, pages, "there")) {
		migrate_counted(&dmem, pages, 0, "there");
		b->back(&buf);
		ns_expect_pages(buf.addr, buf.len, 0, "back");
		migrate_counted(&dmem, pages, pages, "back");
	}
	test_buffer_free(&buf);
	test_dmem_expect_empty("in the end");
}

#define BACK(name, size, fn) \
	{ name, run_back, &(const struct back){ &size, fn } }
#define BACKS(fn) { \
	BACK("4k", size_4k, fn), BACK("64k", size_64k, fn), \
	BACK("1m", size_1m, fn), BACK("2m-thp", size_2m, fn), \
	BACK("4m-thp", size_4m, fn), { } }

static const struct igt_case read_cases[] = BACKS(back_by_read);
static const struct igt_case write_cases[] = BACKS(back_by_write);
static const struct igt_case kernel_cases[] = BACKS(back_by_kernel);

/* ---- twice, and untouched memory */

static void run_twice(const void *arg)
{
	const struct size *size = arg;
	long pages = size->len / TEST_PAGE;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	if (!s || !migrate_open(&buf, size))
		return;
	ns_bind_expect(s->gpu, buf.addr, buf.len, pages, pages, "first time");
	ns_bind_expect(s->gpu, buf.addr, buf.len, 0, pages, "second time");
	ns_gpu_read(s, buf.addr, buf.len, 1, 0, "GPU read");
	ns_expect(buf.addr, buf.len, 1, 0, "CPU read");
	ns_fill(buf.addr, buf.len, 2, 0);
	ns_bind_expect(s->gpu, buf.addr, buf.len, pages, pages, "third time");
	ns_expect(buf.addr, buf.len, 2, 0, "CPU read of new content");
	test_buffer_free(&buf);
}

static void run_untouched(const void *arg)
{
	const struct size *size = arg;
	long pages = size->len / TEST_PAGE;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	if (!s || !tap_check(!test_buffer_alloc(&buf, size->len, size->huge),
			     "no memory"))
		return;
	if (ns_bind_expect(s->gpu, buf.addr, buf.len, pages, pages, "there")) {
		ns_gpu_read_zero(s, buf.addr, buf.len, "GPU read");
		ns_expect_zero(buf.addr, buf.len, "CPU read");
	}
	test_buffer_free(&buf);
}

/* Freed on the GPU, never seen by a CPU again: nothing is left of it. */
static void run_free(const void *arg)
{
	const struct size *size = arg;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	struct svm_dmem dmem;

	if (!s || !migrate_open(&buf, size) || !test_dmem_get(&dmem))
		return;
	ns_to_gpu(s, buf.addr, buf.len);
	test_buffer_free(&buf);
	test_dmem_expect_empty("after munmap");
	migrate_counted(&dmem, size->len / TEST_PAGE, 0, "after munmap");
}

#define SIZES(fn) { \
	{ "4k", fn, &size_4k }, { "64k", fn, &size_64k }, \
	{ "2m-thp", fn, &size_2m }, { "4m-thp", fn, &size_4m }, { } }

static const struct igt_case twice_cases[] = SIZES(run_twice);
static const struct igt_case untouched_cases[] = SIZES(run_untouched);
static const struct igt_case free_cases[] = SIZES(run_free);

/* ---- parts of a buffer */

struct part {
	const struct size *size;
	size_t off, len;
};

/* Only the part moves, only the part comes back. */
static void run_part(const void *arg)
{
	const struct part *p = arg;
	long pages = p->len / TEST_PAGE;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	if (!s || !migrate_open(&buf, p->size))
		return;
	if (ns_bind_expect(s->gpu, buf.addr + p->off, p->len, pages, pages, "part")) {
		ns_expect_pages(buf.addr, buf.len, pages, "whole buffer");
		ns_gpu_read(s, buf.addr + p->off, p->len, 1, p->off, "GPU read");
		ns_expect(buf.addr, p->off, 1, 0, "what is before the part");
		ns_expect(buf.addr + p->off + p->len, buf.len - p->off - p->len, 1,
			  p->off + p->len, "what is behind the part");
		ns_expect_pages(buf.addr + p->off, p->len, pages,
				"after CPU reads around it");
		ns_expect(buf.addr, buf.len, 1, 0, "whole buffer");
		ns_expect_pages(buf.addr, buf.len, 0, "in the end");
	}
	test_buffer_free(&buf);
}

#define PART(name, ...) { name, run_part, &(const struct part){ __VA_ARGS__ } }

static const struct igt_case part_cases[] = {
	PART("first-page", &size_64k, 0, TEST_PAGE),
	PART("last-page", &size_64k, 15 * TEST_PAGE, TEST_PAGE),
	PART("middle", &size_64k, 5 * TEST_PAGE, 7 * TEST_PAGE),
	PART("thp-first-page", &size_2m, 0, TEST_PAGE),
	PART("thp-last-page", &size_2m, TEST_HUGE - TEST_PAGE, TEST_PAGE),
	PART("thp-lower-half", &size_2m, 0, TEST_HUGE / 2),
	PART("thp-upper-half", &size_2m, TEST_HUGE / 2, TEST_HUGE / 2),
	PART("thp-second-of-two", &size_4m, TEST_HUGE, TEST_HUGE),
	PART("thp-across-two", &size_4m, TEST_HUGE - 8 * TEST_PAGE, 16 * TEST_PAGE),
	{ }
};

/* On the GPU as a whole, then the CPU reads one page of it. */
static void run_touch(const void *arg)
{
	const struct part *p = arg;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;

	if (!s || !migrate_open(&buf, p->size))
		return;
	if (ns_to_gpu(s, buf.addr, buf.len)) {
		ns_expect(buf.addr + p->off, p->len, 1, p->off, "CPU read");
		ns_expect_pages(buf.addr, buf.len, buf.huge ? 0 :
				(buf.len - p->len) / TEST_PAGE, "after it");
		ns_gpu_read(s, buf.addr, buf.len, 1, 0, "GPU read after it");
		ns_expect(buf.addr, buf.len, 1, 0, "whole buffer");
	}
	test_buffer_free(&buf);
}

#define TOUCH(name, ...) { name, run_touch, &(const struct part){ __VA_ARGS__ } }

static const struct igt_case touch_cases[] = {
	TOUCH("first-page", &size_64k, 0, TEST_PAGE),
	TOUCH("last-byte", &size_64k, 16 * TEST_PAGE - 1, 1),
	TOUCH("thp-first-byte", &size_2m, 0, 1),
	TOUCH("thp-last-byte", &size_2m, TEST_HUGE - 1, 1),
	{ }
};

/* ---- ranges with holes */

/* Pages that nobody has touched move as well: as zeros. */
static void run_holes_untouched(const void *arg)
{
	const size_t pages = 16;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	size_t i;

	(void)arg;
	if (!s || !tap_check(!test_buffer_alloc(&buf, pages * TEST_PAGE, false),
			     "no memory"))
		return;
	for (i = 0; i < pages; i += 2)
		ns_fill(buf.addr + i * TEST_PAGE, TEST_PAGE, 1, i * TEST_PAGE);
	ns_bind_expect(s->gpu, buf.addr, buf.len, pages, pages, "with holes");
	for (i = 0; i < pages; i++) {
		if (i % 2)
			ns_expect_zero(buf.addr + i * TEST_PAGE, TEST_PAGE, "hole");
		else
			ns_expect(buf.addr + i * TEST_PAGE, TEST_PAGE, 1,
				  i * TEST_PAGE, "page between holes");
	}
	test_buffer_free(&buf);
}

/* One SVM_BIND for several mappings. */
static void run_holes_unmapped(const void *arg)
{
	const size_t pages = 18;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	size_t i;

	(void)arg;
	if (!s || !tap_check(!test_buffer_alloc(&buf, pages * TEST_PAGE, false),
			     "no memory"))
		return;
	ns_fill(buf.addr, buf.len, 1, 0);
	for (i = 1; i < pages; i += 3)
		munmap(buf.addr + i * TEST_PAGE, TEST_PAGE);
	ns_bind_expect(s->gpu, buf.addr, buf.len, pages * 2 / 3, pages * 2 / 3,
		       "with holes");
	for (i = 0; i < pages; i++)
		if (i % 3 != 1)
			ns_expect(buf.addr + i * TEST_PAGE, TEST_PAGE, 1,
				  i * TEST_PAGE, "page between holes");
	test_buffer_free(&buf);
}

/* Some pages are there already, others come back in between. */
static void run_holes_moved(const void *arg)
{
	const size_t pages = 16;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	size_t i;

	(void)arg;
	if (!s || !migrate_open(&buf, &size_64k))
		return;
	for (i = 0; i < pages; i += 4)
		ns_to_gpu(s, buf.addr + i * TEST_PAGE, TEST_PAGE);
	ns_bind_expect(s->gpu, buf.addr, buf.len, pages * 3 / 4, pages,
		       "a quarter is there");
	ns_gpu_read(s, buf.addr, buf.len, 1, 0, "GPU read");
	ns_expect(buf.addr, buf.len, 1, 0, "CPU read");
	test_buffer_free(&buf);
}

/* A 2 MiB page, 4 KiB pages and another 2 MiB page in one SVM_BIND. */
static void run_holes_sizes(const void *arg)
{
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	const long pages = 3 * 512;

	(void)arg;
	if (!s || !tap_check(!test_buffer_alloc(&buf, 3 * TEST_HUGE, true),
			     "no memory"))
		return;
	madvise(buf.addr + TEST_HUGE, TEST_HUGE, MADV_NOHUGEPAGE);
	ns_fill(buf.addr, buf.len, 1, 0);
	tap_equal(test_buffer_huge_bytes(&buf), 2 * TEST_HUGE,
		  "bytes in 2 MiB pages");
	ns_bind_expect(s->gpu, buf.addr, buf.len, pages, pages, "both sizes");
	ns_expect(buf.addr, buf.len, 1, 0, "CPU read");
	test_buffer_free(&buf);
}

static const struct igt_case hole_cases[] = {
	{ "untouched", run_holes_untouched, NULL },
	{ "unmapped", run_holes_unmapped, NULL },
	{ "moved-before", run_holes_moved, NULL },
	{ "both-page-sizes", run_holes_sizes, NULL },
	{ }
};

const struct igt_group ns_migrate_groups[] = {
	{ .name = "back-by-read", .what = "memory moves and the CPU reads it",
	  .cases = read_cases },
	{ .name = "back-by-write", .what = "memory moves and the CPU writes to it",
	  .cases = write_cases },
	{ .name = "back-by-kernel", .what = "memory moves and a system call reads it",
	  .cases = kernel_cases },
	{ .name = "twice", .what = "memory that has moved does not move again",
	  .cases = twice_cases },
	{ .name = "untouched", .what = "untouched memory moves as zeros",
	  .cases = untouched_cases },
	{ .name = "free", .what = "memory on the GPU is freed", .cases = free_cases },
	{ .name = "part", .what = "part of a buffer moves", .cases = part_cases },
	{ .name = "touch", .what = "the CPU touches part of what has moved",
	  .cases = touch_cases },
	{ .name = "holes", .what = "ranges that are not all alike",
	  .cases = hole_cases },
	{ }
};
