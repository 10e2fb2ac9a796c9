// SPDX-License-Identifier: MIT
/*
 * More memory than the GPU has: as much is migrated as there is room for, the
 * rest stays in RAM, and memory that was freed is used again.  The driver takes
 * VRAM in chunks of 256 MiB, each for one size of page.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <drm/nouveau_drm.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"
#include "test_dmem.h"

#define CHUNK		(256UL << 20)
#define CHUNK_PAGES	(CHUNK / TEST_PAGE)
#define LEN_2M		(CHUNK + 2 * TEST_HUGE)
#define LEN_4K		(16 * TEST_PAGE)
#define MARKS		(LEN_2M / TEST_HUGE)

struct vram {
	struct ns_stage *s;
	struct test_buffer big, small;
};

static bool vram_param(struct ns_stage *s, uint64_t param, uint64_t *value)
{
	struct drm_nouveau_getparam p = { .param = param };
	int ret = ioctl(s->gpu, DRM_IOCTL_NOUVEAU_GETPARAM, &p);

	*value = p.value;
	return tap_check(!ret, "GETPARAM %llu", (unsigned long long)param);
}

/* What is free for buffers and what they have; chunks are among them. */
static bool vram_fits(struct ns_stage *s)
{
	uint64_t left, used;

	if (!vram_param(s, NOUVEAU_GETPARAM_FB_SIZE, &left) ||
	    !vram_param(s, NOUVEAU_GETPARAM_VRAM_USED, &used))
		return false;
	if (left + used < 2 * CHUNK)
		return true;
	tap_skip("the GPU has %llu MiB of VRAM, not less than 512 (topology vram-384m)",
		 (unsigned long long)(left + used) >> 20);
	return false;
}

/* A page of each 2 MiB has content; the rest are zeros. */
static size_t mark_at(size_t i)
{
	return i * TEST_HUGE + i * 37 % 512 * TEST_PAGE;
}

static void marks_fill(struct test_buffer *buf, uint64_t seed)
{
	size_t i;

	for (i = 0; i < MARKS; i++)
		ns_fill(buf->addr + mark_at(i), TEST_PAGE, seed, mark_at(i));
}

static bool vram_open(struct vram *v)
{
	memset(v, 0, sizeof(*v));
	v->s = ns_stage();
	if (!v->s || !vram_fits(v->s) ||
	    !tap_check(!test_buffer_alloc(&v->big, LEN_2M, true) &&
		       !test_buffer_alloc(&v->small, LEN_4K, false), "no memory"))
		return false;
	marks_fill(&v->big, 1);
	ns_fill(v->small.addr, LEN_4K, 1, 0);
	return true;
}

static void vram_close(struct vram *v)
{
	test_buffer_free(&v->big);
	test_buffer_free(&v->small);
	test_dmem_expect_empty("in the end");
}

/* The chunk is of one kind, so there is no memory of the other at all. */
static void full_play(struct vram *v)
{
	struct svm_dmem d;

	ns_fill(v->big.addr, LEN_2M, 1, 0);
	if (!ns_bind_expect(v->s->gpu, v->big.addr, LEN_2M, CHUNK_PAGES, CHUNK_PAGES,
			    "more than fits") ||
	    !ns_bind_expect(v->s->gpu, v->small.addr, LEN_4K, 0, 0,
			    "pages of another size") ||
	    !test_dmem_get(&d))
		return;
	tap_equal(d.chunks, 1, "chunks of device memory");
	tap_equal(d.allocated, CHUNK / TEST_HUGE, "folios in use");
	ns_expect(v->small.addr, LEN_4K, 1, 0, "what has stayed in RAM");
	ns_expect(v->big.addr, LEN_2M, 1, 0, "what was on the GPU");
	if (test_dmem_expect_empty("after the CPU has read it"))
		ns_bind_expect(v->s->gpu, v->big.addr, LEN_2M, CHUNK_PAGES,
			       CHUNK_PAGES, "again");
}

/* The GPU reads and writes what is in VRAM and what is not. */
static void gpu_play(struct vram *v)
{
	size_t last = mark_at(MARKS - 1);

	if (!ns_bind_expect(v->s->gpu, v->big.addr, LEN_2M, CHUNK_PAGES, CHUNK_PAGES,
			    "more than fits"))
		return;
	ns_gpu_read(v->s, v->big.addr + mark_at(0), TEST_PAGE, 1, mark_at(0),
		    "GPU read of VRAM");
	ns_gpu_read(v->s, v->big.addr + last, TEST_PAGE, 1, last, "GPU read of RAM");
	ns_gpu_write(v->s, v->big.addr + last, TEST_PAGE, 2, last, "GPU write to RAM");
	ns_expect(v->big.addr + last, TEST_PAGE, 2, last, "CPU read");
	ns_gpu_read(v->s, v->small.addr, LEN_4K, 1, 0, "GPU read of RAM");
}

/* What one folio gives up another one can have. */
static void again_play(struct vram *v)
{
	uint8_t *tail = v->big.addr + CHUNK;

	if (!ns_bind_expect(v->s->gpu, v->big.addr, CHUNK, CHUNK_PAGES, CHUNK_PAGES,
			    "as much as fits") ||
	    !ns_bind_expect(v->s->gpu, tail, 2 * TEST_HUGE, 0, 0, "no room"))
		return;
	ns_expect(v->big.addr + mark_at(3), TEST_PAGE, 1, mark_at(3), "CPU read");
	ns_bind_expect(v->s->gpu, tail, 2 * TEST_HUGE, 512, 512, "room for one");
	madvise(v->big.addr, CHUNK, MADV_DONTNEED);
	ns_bind_expect(v->s->gpu, tail, 2 * TEST_HUGE, 512, 1024, "room for the other");
	ns_expect(v->big.addr + mark_at(MARKS - 1), TEST_PAGE, 1,
		  mark_at(MARKS - 1), "CPU read");
}

static void run_vram(const void *arg)
{
	void (*const *play)(struct vram *v) = arg;
	struct vram v;

	if (vram_open(&v))
		(*play)(&v);
	vram_close(&v);
}

#define VRAM(name, fn) { name, run_vram, &(void (*const)(struct vram *v)){ fn } }

static const struct igt_case vram_cases[] = {
	VRAM("full", full_play),
	VRAM("gpu-access", gpu_play),
	VRAM("room-again", again_play),
	{ }
};

const struct igt_group ns_vram_groups[] = {
	{ .name = "oversubscribe", .what = "more memory than VRAM",
	  .cases = vram_cases },
	{ }
};
