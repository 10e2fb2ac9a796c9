// SPDX-License-Identifier: MIT
/*
 * Windows of BAR1: 2 MiB each, made when a peer asks for the first page in it,
 * shared by all who ask later, idle when the last page in it was freed.  What
 * the driver says about them is in its file dmem (test_dmem.h).
 */
#include <string.h>
#include <sys/mman.h>

#include "nouveau_svm_p2p.h"
#include "np_stage.h"
#include "tap.h"
#include "test_dmem.h"
#include "test_p2p.h"

#define BLOCKS	4
#define LEN_2M	(BLOCKS * TEST_HUGE)
#define LEN_4K	(16 * TEST_PAGE)
#define HIT	64

struct window {
	struct np_stage *n;
	struct rdma_buffer buf;
	struct svm_dmem before, now;
};

static bool window_open(struct window *w, size_t len, bool huge)
{
	memset(w, 0, sizeof(*w));
	w->n = np_stage();
	return w->n && test_dmem_expect_empty("in the beginning") &&
	       rdma_buffer_open(&w->buf, &w->n->pair, len, huge, 1) &&
	       ns_to_gpu(w->n->s, w->buf.mem.addr, len) &&
	       test_dmem_get(&w->before);
}

static void window_close(struct window *w)
{
	rdma_buffer_close(&w->buf);
	test_dmem_expect_empty("in the end");
}

/* A write of the HCA to every @step bytes of the buffer. */
static bool window_hit(struct window *w, size_t step)
{
	size_t off;

	for (off = 0; off < w->buf.mem.len; off += step)
		if (!np_hca_write(w->n, &w->buf, off + 128, HIT, 2, off + 128,
				  "HCA write"))
			return false;
	return true;
}

static void window_expect_content(struct window *w, size_t step)
{
	const uint8_t *p = w->buf.mem.addr;
	size_t off;

	for (off = 0; off < w->buf.mem.len; off += step) {
		ns_expect(p + off, 128, 1, off, "before what the HCA wrote");
		ns_expect(p + off + 128, HIT, 2, off + 128, "what the HCA wrote");
		ns_expect(p + off + 128 + HIT, step - 128 - HIT, 1,
			  off + 128 + HIT, "behind what the HCA wrote");
	}
}

/* Windows in use, and pages that are exported: those that the HCA has asked for. */
static bool window_expect(struct window *w, long mapped, long exported,
			  const char *what)
{
	return test_dmem_get(&w->now) &&
	       tap_equal(w->now.mapped, mapped, "%s: windows in use", what) &&
	       tap_equal(w->now.exported, exported, "%s: exported pages", what) &&
	       tap_equal(w->now.export_failures, w->before.export_failures,
			 "%s: exports that failed", what);
}

static void created_2m(struct window *w)
{
	window_expect(w, 0, 0, "before");
	if (!window_hit(w, TEST_HUGE) ||
	    !window_expect(w, BLOCKS, BLOCKS, "one each"))
		return;
	ns_expect_pages(w->buf.mem.addr, LEN_2M, BLOCKS * 512, "after it");
	window_expect_content(w, TEST_HUGE);
	window_expect(w, 0, 0, "after CPU reads");
}

/* One window for all of the pages, if they lie in one block of VRAM, or two. */
static void created_4k(struct window *w)
{
	if (!window_hit(w, TEST_PAGE) || !test_dmem_get(&w->now))
		return;
	tap_equal(w->now.exported, 16, "exported pages");
	tap_check(w->now.mapped == 1 || w->now.mapped == 2,
		  "windows in use: expected 1 or 2, found %lld", w->now.mapped);
	ns_expect_pages(w->buf.mem.addr, LEN_4K, 16, "after it");
	window_expect_content(w, TEST_PAGE);
	window_expect(w, 0, 0, "after CPU reads");
}

/*
 * The same pages by a second region, for which all that are there are exported
 * when it is registered: there are more pages, but no more windows.
 */
static void shared(struct window *w)
{
	struct rdma_buffer second = { .mem = w->buf.mem };

	if (!window_hit(w, TEST_HUGE) ||
	    !window_expect(w, BLOCKS, BLOCKS, "first region") ||
	    !rdma_buffer_register(&second, &w->n->pair))
		return;
	window_expect(w, BLOCKS, LEN_2M / TEST_PAGE, "second region");
	np_hca_read(w->n, &second, 128, HIT, 2, 128, "read by the second region");
	tap_equal(w->now.windows_created - w->before.windows_created +
		  w->before.idle - w->now.idle, BLOCKS, "windows created or used again");
	ibv_dereg_mr(second.mr);
	window_expect(w, BLOCKS, LEN_2M / TEST_PAGE, "second region closed");
	np_hca_read(w->n, &w->buf, 128, HIT, 2, 128, "read by the first region");
	window_expect_content(w, TEST_HUGE);
}

/* Windows stay, they are of the pages, not of the region. */
static void dereg(struct window *w)
{
	struct rdma_buffer again = { .mem = w->buf.mem };

	if (!window_hit(w, TEST_HUGE))
		return;
	ibv_dereg_mr(w->buf.mr);
	w->buf.mr = NULL;
	window_expect(w, BLOCKS, BLOCKS, "without a region");
	if (rdma_buffer_register(&again, &w->n->pair)) {
		np_hca_read(w->n, &again, 128, HIT, 2, 128, "read by a new region");
		ibv_dereg_mr(again.mr);
	}
	window_expect_content(w, TEST_HUGE);
}

static void released_munmap(struct window *w)
{
	if (!window_hit(w, TEST_HUGE))
		return;
	munmap(w->buf.mem.addr, LEN_2M);
	w->buf.mem.addr = NULL;
	test_dmem_expect_empty("after munmap");
	window_expect(w, 0, 0, "after munmap");
	tap_check(w->now.idle >= BLOCKS, "idle windows: expected %d or more, found %lld",
		  BLOCKS, w->now.idle);
}

static void released_dontneed(struct window *w)
{
	if (!window_hit(w, TEST_HUGE))
		return;
	madvise(w->buf.mem.addr, TEST_HUGE, MADV_DONTNEED);
	window_expect(w, BLOCKS - 1, BLOCKS - 1, "after MADV_DONTNEED of one");
	ns_expect_zero(w->buf.mem.addr, TEST_HUGE, "CPU read");
}

static void released_cpu(struct window *w)
{
	if (!window_hit(w, TEST_HUGE))
		return;
	w->buf.mem.addr[TEST_HUGE] ^= 0xff;
	window_expect(w, BLOCKS - 1, BLOCKS - 1, "after a CPU write to one");
	ns_expect_pages(w->buf.mem.addr, LEN_2M, (BLOCKS - 1) * 512, "after it");
	w->buf.mem.addr[TEST_HUGE] ^= 0xff;
	window_expect_content(w, TEST_HUGE);
}

/* Idle windows of this block of VRAM, or of any, before new ones. */
static void reused(struct window *w)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (!window_hit(w, TEST_HUGE))
			return;
		window_expect(w, BLOCKS, BLOCKS, "in use");
		window_expect_content(w, TEST_HUGE);
		ns_fill(w->buf.mem.addr, LEN_2M, 1, 0);
		if (!ns_to_gpu(w->n->s, w->buf.mem.addr, LEN_2M))
			return;
	}
	tap_check(w->now.windows_created - w->before.windows_created <= 2 * BLOCKS,
		  "windows created: expected at most %d, found %lld", 2 * BLOCKS,
		  w->now.windows_created - w->before.windows_created);
}

/* Without peer-to-peer the pages move to RAM, and there are no windows. */
static void switched_off(struct window *w)
{
	bool ok = test_p2p_set(false) && window_hit(w, TEST_HUGE);

	test_p2p_set(true);
	if (!ok)
		return;
	if (test_dmem_get(&w->now)) {
		tap_equal(w->now.mapped, 0, "windows in use while switched off");
		tap_equal(w->now.exports, w->before.exports,
			  "exports while switched off");
	}
	ns_expect_pages(w->buf.mem.addr, LEN_2M, 0, "switched off");
	window_expect_content(w, TEST_HUGE);
}

/* mremap: the windows go along with the pages. */
static void moved(struct window *w)
{
	struct test_buffer to;

	if (!window_hit(w, TEST_HUGE) ||
	    !tap_check(!test_buffer_alloc(&to, LEN_2M, true), "no memory") ||
	    !tap_check(mremap(w->buf.mem.addr, LEN_2M, LEN_2M, MREMAP_MAYMOVE |
			      MREMAP_FIXED, to.addr) == to.addr, "mremap"))
		return;
	w->buf.mem.addr = to.addr;
	window_expect(w, BLOCKS, BLOCKS, "after mremap");
	ibv_dereg_mr(w->buf.mr);
	if (rdma_buffer_register(&w->buf, &w->n->pair))
		np_hca_read(w->n, &w->buf, 128, HIT, 2, 128, "read at the new address");
	window_expect_content(w, TEST_HUGE);
}

/* The GPU has the pages mapped as well, which changes nothing. */
static void gpu_mapped(struct window *w)
{
	ns_gpu_write(w->n->s, w->buf.mem.addr, TEST_HUGE, 1, 0, "GPU write");
	if (!window_hit(w, TEST_HUGE))
		return;
	ns_gpu_read(w->n->s, w->buf.mem.addr + 128, HIT, 2, 128, "GPU read");
	window_expect(w, BLOCKS, BLOCKS, "with the GPU");
	window_expect_content(w, TEST_HUGE);
}

struct window_case {
	size_t len;
	bool huge;
	void (*play)(struct window *w);
};

static void run_window(const void *arg)
{
	const struct window_case *c = arg;
	struct window w;

	if (window_open(&w, c->len, c->huge))
		c->play(&w);
	window_close(&w);
}

/* ---- more blocks than windows; needs a BAR1 of 256 MiB or less */

static void run_exhausted(const void *arg)
{
	struct svm_dmem d;
	struct window w;
	size_t len, n;

	(void)arg;
	if (!np_stage() || !test_dmem_get(&d))
		return;
	n = d.windows_max;
	if (n > 100) {
		tap_skip("there may be %zu windows: needs a BAR1 of 256 MiB", n);
		return;
	}
	len = (n + 4) * TEST_HUGE;
	if (window_open(&w, len, true) && window_hit(&w, TEST_HUGE)) {
		if (test_dmem_get(&w.now)) {
			tap_equal(w.now.mapped, n, "windows in use");
			tap_check(w.now.export_failures > w.before.export_failures,
				  "no export has failed");
		}
		ns_expect_pages(w.buf.mem.addr, len, n * 512, "with a window");
		ns_expect_pages(w.buf.mem.addr, n * TEST_HUGE, n * 512,
				"those that were first");
		window_expect_content(&w, TEST_HUGE);
	}
	window_close(&w);
}

#define HUGE_(text, fn) { .name = text, .what = "windows of BAR1", \
	.run = run_window, .arg = &(const struct window_case){ LEN_2M, true, fn } }
#define SMALL(text, fn) { .name = text, .what = "windows of BAR1", \
	.run = run_window, .arg = &(const struct window_case){ LEN_4K, false, fn } }

const struct igt_group np_window_groups[] = {
	HUGE_("window-each-2m", created_2m),
	SMALL("window-of-pages", created_4k),
	HUGE_("window-two-regions", shared),
	HUGE_("window-without-region", dereg),
	HUGE_("window-released-by-munmap", released_munmap),
	HUGE_("window-released-by-dontneed", released_dontneed),
	HUGE_("window-released-by-cpu", released_cpu),
	HUGE_("window-used-again", reused),
	HUGE_("window-mremap", moved),
	HUGE_("window-gpu-mapped", gpu_mapped),
	HUGE_("window-switched-off", switched_off),
	{ .name = "window-exhausted", .what = "more blocks than windows",
	  .run = run_exhausted },
	{ }
};
