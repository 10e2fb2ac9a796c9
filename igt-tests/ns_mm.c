// SPDX-License-Identifier: MIT
/*
 * What a process does to its address space holds for the GPU, too: each case with
 * memory that the GPU has mapped, in RAM and in VRAM, in small and huge pages.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"

#define LEN	(4 * TEST_PAGE)
#define HEAD	TEST_PAGE	/* what the GPU is asked for of a huge page */

struct place {
	bool huge, vram;
};

struct mm {
	struct ns_stage *s;
	struct test_buffer buf;
	size_t len;
};

static bool mm_open(struct mm *m, const struct place *p)
{
	m->s = ns_stage();
	m->len = p->huge ? TEST_HUGE : LEN;
	if (!m->s || !tap_check(!test_buffer_alloc(&m->buf, m->len, p->huge),
				"no memory"))
		return false;
	ns_fill(m->buf.addr, m->len, 1, 0);
	if ((!p->vram || ns_to_gpu(m->s, m->buf.addr, m->len)) &&
	    ns_gpu_read(m->s, m->buf.addr, m->len, 1, 0, "GPU read before"))
		return true;
	test_buffer_free(&m->buf);
	return false;
}

/* ---- fork */

/* Runs in a child which shows by its exit status whether it saw @seed. */
static pid_t mm_child(struct mm *m, int start, uint64_t seed, bool write_first)
{
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	if (write_first)
		ns_fill(m->buf.addr, m->len, seed, 0);
	if (start >= 0 && read(start, &c, 1) != 1)
		_exit(2);
	ns_expect(m->buf.addr, m->len, seed, 0, "read by the child");
	_exit(tap_failed());
}

static void mm_reap(pid_t pid)
{
	int status = -1;

	if (tap_check(pid > 0, "fork"))
		waitpid(pid, &status, 0);
	tap_equal(status, 0, "wait status of the child");
}

static void fork_read(struct mm *m)
{
	mm_reap(mm_child(m, -1, 1, false));
	ns_gpu_read(m->s, m->buf.addr, m->len, 1, 0, "GPU read");
	ns_expect(m->buf.addr, m->len, 1, 0, "CPU read");
}

static void fork_child_writes(struct mm *m)
{
	mm_reap(mm_child(m, -1, 2, true));
	ns_gpu_read(m->s, m->buf.addr, m->len, 1, 0, "GPU read");
	ns_expect(m->buf.addr, m->len, 1, 0, "CPU read");
}

/* The child looks only after the parent has done @fn. */
static void fork_then(struct mm *m, void (*fn)(struct mm *m))
{
	int start[2];
	pid_t pid;

	if (!tap_check(!pipe(start), "pipe"))
		return;
	pid = mm_child(m, start[0], 1, false);
	fn(m);
	tap_check(write(start[1], "", 1) == 1, "pipe");
	mm_reap(pid);
	close(start[0]);
	close(start[1]);
}

/* A huge page is in small ones now, each a page fault of the GPU: not all of it. */
static void parent_cpu_write(struct mm *m)
{
	size_t last = m->len - HEAD;

	ns_fill(m->buf.addr, m->len, 2, 0);
	ns_gpu_read(m->s, m->buf.addr, HEAD, 2, 0, "GPU read of the first page");
	ns_gpu_read(m->s, m->buf.addr + last, HEAD, 2, last,
		    "GPU read of the last page");
}

static void parent_gpu_write(struct mm *m)
{
	size_t last = m->len - HEAD;

	ns_gpu_write(m->s, m->buf.addr, HEAD, 2, 0, "GPU write to the first page");
	ns_gpu_write(m->s, m->buf.addr + last, HEAD, 2, last,
		     "GPU write to the last page");
	ns_expect(m->buf.addr, HEAD, 2, 0, "CPU read of the first page");
	ns_expect(m->buf.addr + HEAD, m->len - 2 * HEAD, 1, HEAD,
		  "CPU read of what nobody wrote");
	ns_expect(m->buf.addr + last, HEAD, 2, last, "CPU read of the last page");
}

static void parent_bind(struct mm *m)
{
	ns_bind_some(m->s->gpu, m->buf.addr, m->len);
	parent_gpu_write(m);
}

static void parent_unmap(struct mm *m)
{
	munmap(m->buf.addr, m->len);
}

static void fork_cpu_write(struct mm *m) { fork_then(m, parent_cpu_write); }
static void fork_gpu_write(struct mm *m) { fork_then(m, parent_gpu_write); }
static void fork_bind(struct mm *m) { fork_then(m, parent_bind); }
static void fork_unmap(struct mm *m) { fork_then(m, parent_unmap); }

/* ---- address space */

static uint8_t *mm_reserve(struct mm *m, struct test_buffer *other)
{
	if (!tap_check(!test_buffer_alloc(other, m->len, m->buf.huge), "no memory"))
		return NULL;
	return other->addr;
}

static void mremap_away(struct mm *m)
{
	struct test_buffer other;
	uint8_t *to = mm_reserve(m, &other), *old = m->buf.addr, *now;

	if (!to)
		return;
	now = mremap(old, m->len, m->len, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (!tap_check(now == to, "mremap: %s", strerror(errno)))
		return;
	m->buf.addr = now;
	ns_gpu_read(m->s, now, m->len, 1, 0, "GPU read at the new address");
	ns_gpu_read_killed(m->s, old, "GPU read at the old address");
	ns_gpu_write(m->s, now, HEAD, 2, 0, "GPU write at the new address");
	ns_expect(now, HEAD, 2, 0, "what the GPU wrote");
	ns_expect(now + HEAD, m->len - HEAD, 1, HEAD, "the rest");
}

/* Something else comes to where the memory was. */
static void mremap_over(struct mm *m)
{
	struct test_buffer other;
	uint8_t *now, *from = mm_reserve(m, &other);

	if (!from)
		return;
	ns_fill(from, m->len, 2, 0);
	now = mremap(from, m->len, m->len, MREMAP_MAYMOVE | MREMAP_FIXED,
		     m->buf.addr);
	if (!tap_check(now == m->buf.addr, "mremap: %s", strerror(errno)))
		return;
	ns_gpu_read(m->s, now, m->len, 2, 0, "GPU read");
	ns_gpu_write(m->s, now, HEAD, 3, 0, "GPU write");
	ns_expect(now, HEAD, 3, 0, "what the GPU wrote");
	ns_expect(now + HEAD, m->len - HEAD, 2, HEAD, "the rest");
}

static void unmap_kills(struct mm *m)
{
	munmap(m->buf.addr, m->len);
	ns_gpu_read_killed(m->s, m->buf.addr, "GPU read of what was unmapped");
	ns_gpu_write_killed(m->s, m->buf.addr, "GPU write to what was unmapped");
}

static void map_again(struct mm *m)
{
	void *now = mmap(m->buf.addr, m->len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (!tap_check(now == m->buf.addr, "mmap: %s", strerror(errno)))
		return;
	ns_gpu_read_zero(m->s, m->buf.addr, HEAD, "GPU read of the new mapping");
	ns_fill(m->buf.addr, m->len, 2, 0);
	ns_gpu_read(m->s, m->buf.addr, HEAD, 2, 0, "GPU read after CPU write");
}

static void protect_read(struct mm *m)
{
	if (!tap_check(!mprotect(m->buf.addr, m->len, PROT_READ), "mprotect: %s",
		       strerror(errno)))
		return;
	ns_gpu_read(m->s, m->buf.addr, m->len, 1, 0, "GPU read");
	ns_gpu_write_killed(m->s, m->buf.addr, "GPU write");
	ns_expect(m->buf.addr, m->len, 1, 0, "CPU read");
}

static void protect_none(struct mm *m)
{
	if (!tap_check(!mprotect(m->buf.addr, m->len, PROT_NONE), "mprotect: %s",
		       strerror(errno)))
		return;
	ns_gpu_read_killed(m->s, m->buf.addr, "GPU read");
	mprotect(m->buf.addr, m->len, PROT_READ | PROT_WRITE);
	ns_expect(m->buf.addr, m->len, 1, 0, "CPU read");
}

static void protect_back(struct mm *m)
{
	mprotect(m->buf.addr, m->len, PROT_READ);
	ns_gpu_read(m->s, m->buf.addr, HEAD, 1, 0, "GPU read while read-only");
	mprotect(m->buf.addr, m->len, PROT_READ | PROT_WRITE);
	ns_gpu_write(m->s, m->buf.addr, m->len, 2, 0, "GPU write");
	ns_expect(m->buf.addr, m->len, 2, 0, "CPU read");
}

static void dontneed(struct mm *m)
{
	if (!tap_check(!madvise(m->buf.addr, m->len, MADV_DONTNEED),
		       "madvise: %s", strerror(errno)))
		return;
	ns_expect_pages(m->buf.addr, m->len, 0, "after it");
	ns_gpu_read_zero(m->s, m->buf.addr, HEAD, "GPU read");
	ns_gpu_write(m->s, m->buf.addr, HEAD, 2, 0, "GPU write");
	ns_expect(m->buf.addr, HEAD, 2, 0, "CPU read");
	ns_expect_zero(m->buf.addr + HEAD, m->len - HEAD, "CPU read of the rest");
}

/* Only the second page goes. */
static void dontneed_page(struct mm *m)
{
	uint8_t *hole = m->buf.addr + HEAD;

	if (!tap_check(!madvise(hole, HEAD, MADV_DONTNEED), "madvise: %s",
		       strerror(errno)))
		return;
	ns_gpu_read(m->s, m->buf.addr, HEAD, 1, 0, "GPU read before the hole");
	ns_gpu_read_zero(m->s, hole, HEAD, "GPU read of the hole");
	ns_gpu_read(m->s, hole + HEAD, HEAD, 1, 2 * HEAD, "GPU read behind the hole");
	ns_expect(m->buf.addr, HEAD, 1, 0, "CPU read before the hole");
	ns_expect_zero(hole, HEAD, "CPU read of the hole");
	ns_expect(hole + HEAD, m->len - 2 * HEAD, 1, 2 * HEAD, "the rest");
}

static void unmap_page(struct mm *m)
{
	uint8_t *hole = m->buf.addr + HEAD;

	munmap(hole, HEAD);
	ns_gpu_read_killed(m->s, hole, "GPU read of the hole");
	ns_gpu_read(m->s, hole + HEAD, HEAD, 1, 2 * HEAD, "GPU read behind the hole");
	ns_expect(m->buf.addr, HEAD, 1, 0, "CPU read before the hole");
	ns_expect(hole + HEAD, m->len - 2 * HEAD, 1, 2 * HEAD, "the rest");
}

static void read_only_page(struct mm *m)
{
	uint8_t *page = m->buf.addr + HEAD;

	mprotect(page, HEAD, PROT_READ);
	ns_gpu_write_killed(m->s, page, "GPU write to the page");
	ns_gpu_write(m->s, page + HEAD, HEAD, 2, 2 * HEAD, "GPU write behind it");
	ns_expect(m->buf.addr, 2 * HEAD, 1, 0, "CPU read");
	ns_expect(page + HEAD, HEAD, 2, 2 * HEAD, "what the GPU wrote");
}

/* ---- cases */

struct mm_case {
	struct place place;
	void (*play)(struct mm *m);
};

static void run_mm(const void *arg)
{
	const struct mm_case *c = arg;
	struct mm m;

	if (!mm_open(&m, &c->place))
		return;
	c->play(&m);
	test_buffer_free(&m.buf);
}

#define MM(name, fn, ...) \
	{ name, run_mm, &(const struct mm_case){ { __VA_ARGS__ }, fn } }
#define RAM(fn) MM("ram-4k", fn, false, false), MM("ram-2m-thp", fn, true, false)
#define VRAM(fn) MM("vram-4k", fn, false, true), MM("vram-2m-thp", fn, true, true)
#define CASES(text, why, ...) \
	{ .name = text, .what = why, \
	  .cases = (const struct igt_case[]){ __VA_ARGS__, { } } }
#define GROUP(text, why, fn)	CASES(text, why, RAM(fn), VRAM(fn))
const struct igt_group ns_mm_groups[] = {
	GROUP("fork-read", "a child reads the memory", fork_read),
	GROUP("fork-child-write", "a child writes to its copy", fork_child_writes),
	GROUP("fork-cpu-write", "the CPU writes, the child has the old content",
	      fork_cpu_write),
	GROUP("fork-gpu-write", "the GPU writes, the child has the old content",
	      fork_gpu_write),
	GROUP("fork-bind", "SVM_BIND and GPU write after fork", fork_bind),
	GROUP("fork-unmap", "the memory is left to the child", fork_unmap),
	GROUP("mremap-away", "memory that the GPU has mapped moves", mremap_away),
	GROUP("mremap-over", "other memory is moved over it", mremap_over),
	GROUP("munmap", "the GPU does not reach what was unmapped", unmap_kills),
	GROUP("munmap-page", "a page is unmapped", unmap_page),
	GROUP("mmap-again", "new memory at the same address", map_again),
	GROUP("mprotect-read", "the GPU may only read", protect_read),
	GROUP("mprotect-read-page", "the GPU may only read one page", read_only_page),
	GROUP("mprotect-none", "the GPU may not even read", protect_none),
	GROUP("mprotect-back", "the GPU may write again", protect_back),
	GROUP("dontneed", "MADV_DONTNEED of all", dontneed),
	GROUP("dontneed-page", "MADV_DONTNEED of a page", dontneed_page),
	{ }
};
