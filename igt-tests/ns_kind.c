// SPDX-License-Identifier: MIT
/*
 * All kinds of memory that a process may have: what SVM_BIND does with them, and
 * what the GPU may do.  Only private memory moves to the GPU, that of files only
 * where it was written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"

#define PAGES	4UL
#define LEN	(PAGES * TEST_PAGE)
#define RW	(PROT_READ | PROT_WRITE)

struct kind {
	const char *name;
	int flags;		/* of mmap */
	bool file;		/* MAP_PRIVATE or MAP_SHARED of a file */
	bool untouched;
	bool zero_page;		/* only read by the CPU */
	bool dirty;		/* a private mapping that was written to */
	int prot;		/* in the end, if not all */
	bool locked;
	size_t len;		/* LEN unless given */
	bool moves;
	bool no_read, no_write;	/* the GPU gets killed */
};

struct mem {
	const struct kind *kind;
	uint8_t *addr;
	size_t len;
	int fd;
};

static bool kind_is_zero(const struct kind *k)
{
	return k->untouched || k->zero_page;
}

/* A file of the pattern, seed 1. */
static int kind_file(size_t len)
{
	char name[] = "/tmp/ns_kind.XXXXXX";
	uint8_t *text = malloc(len);
	int fd = mkstemp(name);
	bool ok;

	unlink(name);
	if (text)
		ns_fill(text, len, 1, 0);
	ok = tap_check(fd >= 0 && text && write(fd, text, len) == (ssize_t)len,
		       "file: %s", strerror(errno));
	free(text);
	return ok ? fd : -1;
}

/* What the process does with it before the GPU comes. */
static bool kind_prepare(struct mem *m)
{
	const struct kind *k = m->kind;
	volatile uint8_t *p = m->addr;
	size_t off;

	if (k->locked && !tap_check(!mlock(m->addr, m->len), "mlock: %s",
				    strerror(errno)))
		return false;
	for (off = 0; k->zero_page && off < m->len; off += TEST_PAGE)
		(void)p[off];
	if (!k->untouched && !k->zero_page && (!k->file || k->dirty))
		ns_fill(m->addr, m->len, 1, 0);
	if (k->prot && !tap_check(!mprotect(m->addr, m->len, k->prot & RW),
				  "mprotect: %s", strerror(errno)))
		return false;
	return true;
}

/* hugetlbfs has no pages unless told to. */
static void kind_huge_pages(const struct kind *k, const char *count)
{
	FILE *f;

	if (!(k->flags & MAP_HUGETLB))
		return;
	f = fopen("/proc/sys/vm/nr_hugepages", "we");
	if (!f)
		return;
	fputs(count, f);
	fclose(f);
}

static bool kind_open(struct mem *m, const struct kind *k)
{
	*m = (struct mem){ .kind = k, .len = k->len ? k->len : LEN, .fd = -1 };
	if (k->file) {
		m->fd = kind_file(m->len);
		if (m->fd < 0)
			return false;
	}
	kind_huge_pages(k, "2");
	m->addr = mmap(NULL, m->len, RW,
		       k->flags | (k->file ? 0 : MAP_ANONYMOUS), m->fd, 0);
	if (k->flags & MAP_HUGETLB && m->addr == MAP_FAILED) {
		tap_skip("no huge page of hugetlbfs: %s", strerror(errno));
		return false;
	}
	return tap_check(m->addr != MAP_FAILED, "mmap: %s", strerror(errno)) &&
	       kind_prepare(m);
}

static void kind_close(struct mem *m)
{
	if (m->addr && m->addr != MAP_FAILED)
		munmap(m->addr, m->len);
	if (m->fd >= 0)
		close(m->fd);
	kind_huge_pages(m->kind, "0");
}

/* Gives the CPU the right to look and compares. */
static void kind_expect(struct mem *m, uint64_t seed, const char *what)
{
	if (m->kind->prot)
		mprotect(m->addr, m->len, RW);
	if (kind_is_zero(m->kind) && seed == 1)
		ns_expect_zero(m->addr, m->len, what);
	else
		ns_expect(m->addr, m->len, seed, 0, what);
}

static void kind_expect_file(struct mem *m, uint64_t seed)
{
	uint8_t page[TEST_PAGE];
	size_t off;

	for (off = 0; m->fd >= 0 && off < m->len; off += TEST_PAGE)
		if (tap_equal(pread(m->fd, page, TEST_PAGE, off), TEST_PAGE, "pread"))
			ns_expect(page, TEST_PAGE, seed, off, "file");
}

static bool kind_bind(struct ns_stage *s, struct mem *m, const char *what)
{
	long pages = m->kind->moves ? m->len / TEST_PAGE : 0;

	return ns_bind_expect(s->gpu, m->addr, m->len, pages, pages, what);
}

static void kind_play_bind(struct ns_stage *s, struct mem *m)
{
	kind_bind(s, m, "SVM_BIND");
	kind_expect(m, 1, "CPU read");
	ns_expect_pages(m->addr, m->len, 0, "in the end");
	kind_expect_file(m, 1);
}

static void kind_play_read(struct ns_stage *s, struct mem *m)
{
	if (m->kind->no_read)
		ns_gpu_read_killed(s, m->addr, "GPU read");
	else if (kind_is_zero(m->kind))
		ns_gpu_read_zero(s, m->addr, m->len, "GPU read");
	else
		ns_gpu_read(s, m->addr, m->len, 1, 0, "GPU read");
	kind_expect(m, 1, "CPU read");
	kind_expect_file(m, 1);
}

static void kind_play_write(struct ns_stage *s, struct mem *m)
{
	if (m->kind->no_write) {
		ns_gpu_write_killed(s, m->addr, "GPU write");
		kind_expect(m, 1, "CPU read");
		kind_expect_file(m, 1);
		return;
	}
	ns_gpu_write(s, m->addr, m->len, 2, 0, "GPU write");
	kind_expect(m, 2, "CPU read");
	kind_expect_file(m, m->kind->flags & MAP_SHARED ? 2 : 1);
}

static void kind_play_bound_read(struct ns_stage *s, struct mem *m)
{
	if (kind_bind(s, m, "SVM_BIND"))
		kind_play_read(s, m);
}

static void kind_play_bound_write(struct ns_stage *s, struct mem *m)
{
	if (kind_bind(s, m, "SVM_BIND"))
		kind_play_write(s, m);
}

static void kind_run(const struct kind *k,
		     void (*play)(struct ns_stage *s, struct mem *m))
{
	struct ns_stage *s = ns_stage();
	struct mem m;

	if (!s)
		return;
	if (kind_open(&m, k))
		play(s, &m);
	kind_close(&m);
}

static void run_bind(const void *arg) { kind_run(arg, kind_play_bind); }
static void run_read(const void *arg) { kind_run(arg, kind_play_read); }
static void run_write(const void *arg) { kind_run(arg, kind_play_write); }
static void run_bound_read(const void *arg) { kind_run(arg, kind_play_bound_read); }
static void run_bound_write(const void *arg) { kind_run(arg, kind_play_bound_write); }

#define KIND(fn, name, ...) { name, fn, &(const struct kind){ __VA_ARGS__ } }
#define PRIVATE	.flags = MAP_PRIVATE
#define SHARED	.flags = MAP_SHARED
#define FILE_	.file = true
#define MOVES	.moves = true
/* PROT_NONE, in a field of which 0 means: not changed. */
#define NONE	PROT_EXEC

#define READ_ONLY(fn, name) \
	KIND(fn, name, PRIVATE, .prot = PROT_READ, MOVES, .no_write = true)
#define NO_ACCESS(fn, name) \
	KIND(fn, name, PRIVATE, .prot = NONE, MOVES, .no_read = true, \
	     .no_write = true)

#define KINDS(fn, ...) { \
	KIND(fn, "private", PRIVATE, MOVES), \
	KIND(fn, "untouched", PRIVATE, .untouched = true, MOVES), \
	KIND(fn, "zero-page", PRIVATE, .zero_page = true, MOVES), \
	KIND(fn, "locked", PRIVATE, .locked = true, MOVES), \
	KIND(fn, "stack", .flags = MAP_PRIVATE | MAP_STACK | MAP_GROWSDOWN, MOVES), \
	KIND(fn, "shared", SHARED), \
	KIND(fn, "file-private", PRIVATE, FILE_), \
	KIND(fn, "file-private-written", PRIVATE, FILE_, .dirty = true, MOVES), \
	KIND(fn, "file-private-read-only", PRIVATE, FILE_, .prot = PROT_READ, \
	     .no_write = true), \
	KIND(fn, "file-shared", SHARED, FILE_), \
	KIND(fn, "file-shared-read-only", SHARED, FILE_, .prot = PROT_READ, \
	     .no_write = true), \
	KIND(fn, "hugetlb", .flags = MAP_PRIVATE | MAP_HUGETLB, \
	     .len = TEST_HUGE), \
	__VA_ARGS__ __VA_OPT__(,) { } }

static const struct igt_case bind_cases[] = KINDS(run_bind,
	READ_ONLY(run_bind, "read-only"), NO_ACCESS(run_bind, "no-access"));
static const struct igt_case read_cases[] = KINDS(run_read,
	READ_ONLY(run_read, "read-only"), NO_ACCESS(run_read, "no-access"));
static const struct igt_case write_cases[] = KINDS(run_write,
	READ_ONLY(run_write, "read-only"), NO_ACCESS(run_write, "no-access"));
static const struct igt_case bound_read_cases[] = KINDS(run_bound_read,
	READ_ONLY(run_bound_read, "read-only"), NO_ACCESS(run_bound_read, "no-access"));
static const struct igt_case bound_write_cases[] = KINDS(run_bound_write,
	READ_ONLY(run_bound_write, "read-only"), NO_ACCESS(run_bound_write, "no-access"));

const struct igt_group ns_kind_groups[] = {
	{ .name = "kind-bind", .what = "SVM_BIND of all kinds of memory",
	  .cases = bind_cases },
	{ .name = "kind-gpu-read", .what = "the GPU reads all kinds of memory",
	  .cases = read_cases },
	{ .name = "kind-gpu-write", .what = "the GPU writes to all kinds of memory",
	  .cases = write_cases },
	{ .name = "kind-bind-gpu-read", .what = "SVM_BIND, then the GPU reads",
	  .cases = bound_read_cases },
	{ .name = "kind-bind-gpu-write", .what = "SVM_BIND, then the GPU writes",
	  .cases = bound_write_cases },
	{ }
};
