// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * More GPU memory than BAR1 has room for: what does not get a window is moved
 * to RAM, the rest stays, idle windows are used again, and CPU mappings of
 * buffers in VRAM get their share.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/nouveau_drm.h>

#include "rdma_buffer.h"
#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"
#include "test_dmem.h"
#include "test_options.h"
#include "test_p2p.h"

#define CHUNK		(256UL << 20)	/* of device memory of one kind */
#define EXTRA		8		/* blocks of 2 MiB in the second chunk */
#define BLOCK		TEST_HUGE
#define BLOCK_PAGES	(BLOCK / TEST_PAGE)
#define HIT		64UL		/* bytes that the NIC writes to a block */
#define MAX_BLOCKS	(CHUNK / BLOCK + EXTRA)
#define MAX_GEMS	256

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

struct bar1 {
	int gpu;
	long windows;		/* most there may be */
	uint16_t page[MAX_BLOCKS];	/* of each block of @small, to be hit */
	struct rdma_pair pair;
	struct rdma_buffer src, huge, small;
};

/* Each folio is hit somewhere else. */
static size_t hit_at(const struct bar1 *b, const struct rdma_buffer *buf, size_t block)
{
	size_t page = buf->mem.huge ? block * 37 % BLOCK_PAGES : b->page[block];

	return block * BLOCK + page * TEST_PAGE + block % 32 * 128;
}

static bool hit(struct bar1 *b, const struct rdma_buffer *dst, size_t block)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &b->src, dst, block % 32 * 128, hit_at(b, dst, block),
		HIT,
	};

	return rdma_transfer(&b->pair, &t, "write to a block");
}

static bool hit_all(struct bar1 *b, const struct rdma_buffer *dst, size_t from,
		    size_t to)
{
	for (; from < to; from++)
		if (!hit(b, dst, from))
			return false;
	return true;
}

/*
 * What was hit and what is around it: the folio, or the page and one more, as it
 * takes the CPU a page fault to look at each.
 */
static bool expect_hits(const struct bar1 *b, const struct rdma_buffer *buf,
			size_t from, size_t to, const char *what)
{
	size_t len = buf->mem.huge ? BLOCK : 2 * TEST_PAGE, i, at, start, end;

	for (i = from; i < to; i++) {
		at = hit_at(b, buf, i);
		start = at / len * len;
		end = start + len;
		if (!test_buffer_expect(&buf->mem, start, at - start, 1, what) ||
		    !test_buffer_expect_at(&buf->mem, at, HIT, 2, i % 32 * 128,
					   what) ||
		    !test_buffer_expect(&buf->mem, at + HIT, end - at - HIT, 1, what))
			return false;
	}
	return true;
}

/*
 * Small pages are anywhere in VRAM, two may share a window.  So in each block one is
 * chosen whose window, by its number, no other block has.
 */
static bool spread_block(struct bar1 *b, size_t block, uint64_t *window)
{
	struct svm_page pages[BLOCK_PAGES];
	size_t i, j;
	int ret;

	ret = svm_pagemap_read(b->small.mem.addr + block * BLOCK, BLOCK_PAGES, pages);
	if (!tap_check(!ret, "pagemap: %s", strerror(-ret)))
		return false;
	for (i = 0; i < BLOCK_PAGES; i++) {
		window[block] = pages[i].pfn / BLOCK_PAGES;
		for (j = 0; j < block && window[j] != window[block]; j++)
			;
		if (j == block)
			break;
	}
	b->page[block] = i;
	return tap_check(i < BLOCK_PAGES, "all pages of block %zu are in windows of others",
			 block);
}

static bool spread(struct bar1 *b)
{
	uint64_t window[MAX_BLOCKS];
	size_t block;

	for (block = 0; block < b->small.mem.len / BLOCK; block++)
		if (!spread_block(b, block, window))
			return false;
	return true;
}

static bool bar1_open_buffers(struct bar1 *b, size_t huge, size_t small)
{
	return rdma_buffer_open(&b->src, &b->pair, TEST_PAGE, false, 2) &&
	       rdma_buffer_open(&b->huge, &b->pair, huge, true, 1) &&
	       test_buffer_to_gpu(b->gpu, &b->huge.mem, 0, huge) &&
	       rdma_buffer_open(&b->small, &b->pair, small, false, 1) &&
	       test_buffer_to_gpu(b->gpu, &b->small.mem, 0, small) && spread(b);
}

static bool bar1_open(struct bar1 *b, size_t huge, size_t small)
{
	struct svm_dmem d;

	memset(b, 0, sizeof(*b));
	b->gpu = -1;
	if (!test_p2p_set(true) || !test_dmem_get(&d))
		return false;
	b->windows = d.windows_max;
	if (!tap_check(b->windows > 2 && b->windows < (long)(CHUNK / BLOCK) / 2 + 1,
		       "%ld windows: use a machine with a BAR1 of 64 or 256 MiB",
		       b->windows))
		return false;
	b->gpu = svm_gpu_open(opts.gpu);
	return tap_check(b->gpu >= 0, "%s: %s", opts.gpu, strerror(-b->gpu)) &&
	       rdma_pair_open(&b->pair, opts.device, false) &&
	       bar1_open_buffers(b, huge, small);
}

static void bar1_close(struct bar1 *b)
{
	rdma_buffer_close(&b->huge);
	rdma_buffer_close(&b->small);
	rdma_buffer_close(&b->src);
	if (b->pair.ctx)
		rdma_pair_close(&b->pair);
	if (b->gpu >= 0)
		close(b->gpu);
	test_dmem_expect_empty("in the end");
}

static bool expect_windows(long mapped, const char *what)
{
	struct svm_dmem d;

	return test_dmem_get(&d) &&
	       tap_equal(d.mapped, mapped, "%s: windows in use", what) &&
	       tap_check(d.mapped + d.idle <= d.windows_max,
			 "%s: expected at most %lld windows, found %lld", what,
			 d.windows_max, d.mapped + d.idle);
}

/* ---- more blocks than windows */

/* The first ones get the windows, the others are moved: folios as a whole. */
static void cap_play(struct bar1 *b)
{
	size_t huge = b->huge.mem.len / BLOCK, small = b->small.mem.len / BLOCK;
	size_t half = b->windows / 2;
	struct svm_dmem d;

	if (!hit_all(b, &b->huge, 0, half) || !hit_all(b, &b->small, 0, half) ||
	    !expect_windows(2 * half, "as many as there may be") ||
	    !hit_all(b, &b->huge, half, huge) ||
	    !hit_all(b, &b->small, half, small) ||
	    !expect_windows(2 * half, "more than there may be"))
		return;
	test_buffer_expect_device(&b->huge.mem, 0, half * BLOCK,
				  half * BLOCK_PAGES, "folios with a window");
	test_buffer_expect_device(&b->huge.mem, half * BLOCK, (huge - half) * BLOCK,
				  0, "folios without a window");
	test_buffer_expect_device(&b->small.mem, 0, half * BLOCK,
				  half * BLOCK_PAGES, "pages with a window");
	if (test_dmem_get(&d))
		tap_equal(d.chunks, 4, "chunks of device memory");
	expect_hits(b, &b->huge, 0, huge, "2 MiB pages");
	expect_hits(b, &b->small, 0, small, "4 KiB pages");
}

static void run_cap(const void *arg)
{
	size_t len = CHUNK + EXTRA * BLOCK;
	struct bar1 b;

	(void)arg;
	if (bar1_open(&b, len, len))
		cap_play(&b);
	bar1_close(&b);
}

/* ---- idle windows */

static void reuse_play(struct bar1 *b)
{
	size_t n = b->windows;
	struct svm_dmem before, after;

	if (!hit_all(b, &b->huge, 0, n) || !expect_windows(n, "folios") ||
	    !test_dmem_get(&before))
		return;
	test_buffer_free(&b->huge.mem);
	if (!tap_check(!hit_all(b, &b->small, 0, n) || expect_windows(n, "pages"),
		       "windows of others were not used again") ||
	    !test_dmem_get(&after))
		return;
	tap_equal(after.windows_reaped - before.windows_reaped, n,
		  "idle windows that were unmapped");
	tap_equal(after.export_failures, before.export_failures,
		  "exports that have failed");
	test_buffer_expect_device(&b->small.mem, 0, b->small.mem.len,
				  b->small.mem.len / TEST_PAGE, "pages");
	expect_hits(b, &b->small, 0, n, "4 KiB pages");
}

static void run_reuse(const void *arg)
{
	struct svm_dmem d;
	struct bar1 b;

	(void)arg;
	if (!test_dmem_get(&d))
		return;
	if (bar1_open(&b, d.windows_max * BLOCK, d.windows_max * BLOCK))
		reuse_play(&b);
	bar1_close(&b);
}

/* ---- CPU mappings of buffers */

struct gems {
	int gpu, count;
	uint32_t handle[MAX_GEMS];
	uint64_t *addr[MAX_GEMS];
};

static bool gem_new(struct gems *g)
{
	struct drm_nouveau_gem_new req = {
		.info.size = BLOCK,
		.info.domain = NOUVEAU_GEM_DOMAIN_VRAM | NOUVEAU_GEM_DOMAIN_MAPPABLE,
		.align = 1 << 17,
	};
	void *p;

	if (!tap_check(!ioctl(g->gpu, DRM_IOCTL_NOUVEAU_GEM_NEW, &req),
		       "GEM_NEW: %s", strerror(errno)))
		return false;
	g->handle[g->count] = req.info.handle;
	p = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, g->gpu,
		 req.info.map_handle);
	if (!tap_check(p != MAP_FAILED, "mmap of a buffer: %s", strerror(errno)))
		return false;
	g->addr[g->count++] = p;
	return true;
}

/* A word at both ends of each buffer.  By system call: errors, not SIGBUS. */
static bool gem_touch(struct gems *g, bool write_it)
{
	uint64_t value;
	int i, end, fd[2];
	uint64_t *at;
	bool ok = true;

	if (!tap_check(!pipe(fd), "pipe"))
		return false;
	for (i = 0; i < g->count && ok; i++) {
		for (end = 0; end < 2 && ok; end++) {
			at = g->addr[i] + (end ? BLOCK / 8 - 1 : 0);
			value = svm_pattern_word(7, 2 * i + end);
			if (write_it)
				ok = write(fd[1], &value, 8) == 8 &&
				     read(fd[0], at, 8) == 8;
			else
				ok = write(fd[1], at, 8) == 8 &&
				     read(fd[0], &value, 8) == 8 &&
				     tap_equal(value, svm_pattern_word(7, 2 * i + end),
					       "buffer %d", i);
			tap_check(ok, "buffer %d: the CPU cannot access it", i);
		}
	}
	close(fd[0]);
	close(fd[1]);
	return ok;
}

static void gems_free(struct gems *g)
{
	struct drm_gem_close req = { };

	while (g->count) {
		g->count--;
		munmap(g->addr[g->count], BLOCK);
		req.handle = g->handle[g->count];
		ioctl(g->gpu, DRM_IOCTL_GEM_CLOSE, &req);
	}
}

/* More buffers than there is room for, with all of the windows in use. */
static void gem_play(struct bar1 *b, struct gems *g)
{
	size_t n = b->windows;
	struct svm_dmem d;

	if (!hit_all(b, &b->huge, 0, n) || !expect_windows(n, "before buffers"))
		return;
	while (g->count < MAX_GEMS && g->count < 2 * b->windows + 4)
		if (!gem_new(g))
			return;
	if (!gem_touch(g, true) || !gem_touch(g, false) ||
	    !hit_all(b, &b->huge, 0, n) || !expect_windows(n, "with buffers"))
		return;
	/* Idle windows have to go when buffers need the space. */
	expect_hits(b, &b->huge, 0, n, "2 MiB pages");
	if (!expect_windows(0, "after all went to RAM") || !gem_touch(g, false) ||
	    !test_dmem_get(&d))
		return;
	tap_equal(d.idle, 0, "idle windows while buffers need space");
	gems_free(g);
	if (test_buffer_to_gpu(b->gpu, &b->huge.mem, 0, b->huge.mem.len) &&
	    hit_all(b, &b->huge, 0, n) && expect_windows(n, "without buffers"))
		expect_hits(b, &b->huge, 0, n, "2 MiB pages, second time");
}

/* All of BAR1 is full of buffers: windows take it from the oldest of them. */
static void gem_first_play(struct bar1 *b, struct gems *g)
{
	struct svm_dmem before, after;
	size_t n = b->windows;

	while (g->count < MAX_GEMS && g->count < 2 * b->windows + 4)
		if (!gem_new(g))
			return;
	if (!gem_touch(g, true) || !test_dmem_get(&before) ||
	    !hit_all(b, &b->huge, 0, n) ||
	    !expect_windows(n, "with BAR1 full of buffers") ||
	    !test_dmem_get(&after))
		return;
	tap_equal(after.export_failures, before.export_failures,
		  "exports that have failed");
	test_buffer_expect_device(&b->huge.mem, 0, n * BLOCK,
				  n * (BLOCK / TEST_PAGE), "folios");
	gem_touch(g, false);
	expect_windows(n, "after the buffers were read");
	expect_hits(b, &b->huge, 0, n, "2 MiB pages");
}

static void run_gem(const void *arg)
{
	void (*play)(struct bar1 *b, struct gems *g) = arg ? gem_first_play : gem_play;
	struct svm_dmem d;
	struct gems g = { };
	struct bar1 b;

	if (!test_dmem_get(&d))
		return;
	g.gpu = open(opts.gpu, O_RDWR | O_CLOEXEC);
	if (!tap_check(g.gpu >= 0, "%s: %s", opts.gpu, strerror(errno)))
		return;
	if (bar1_open(&b, d.windows_max * BLOCK, BLOCK))
		play(&b, &g);
	gems_free(&g);
	close(g.gpu);
	bar1_close(&b);
}

static const struct tap_case cases[] = {
	{ "odp_bar1-more-than-windows", run_cap, NULL },
	{ "odp_bar1-idle-windows-again", run_reuse, NULL },
	{ "odp_bar1-cpu-mappings-of-buffers", run_gem, NULL },
	{ "odp_bar1-windows-beside-buffers", run_gem, "buffers first" },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv, "GPU memory and a small BAR1.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
