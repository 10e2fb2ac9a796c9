// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CPU touches memory that is on the GPU: it must find there what the process
 * has, also where that is a part of a folio, or goes in the same moment.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "test_buffer.h"
#include "test_options.h"

#define HELD	(16 * TEST_PAGE)	/* of them the rights change */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .size_mib = 16, .rounds = 4,
};

struct fault_scene {
	int gpu;
	struct test_buffer mem;
};

static bool fault_open(struct fault_scene *s, size_t len, bool huge)
{
	int ret;

	s->gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(s->gpu >= 0, "%s: %s", opts.gpu, strerror(-s->gpu)))
		return false;
	ret = test_buffer_alloc(&s->mem, len, huge);
	if (tap_check(!ret, "memory: %s", strerror(-ret)))
		return true;
	close(s->gpu);
	return false;
}

static void fault_close(struct fault_scene *s)
{
	test_buffer_free(&s->mem);
	close(s->gpu);
}

static bool fault_fill(struct fault_scene *s, uint64_t seed)
{
	test_buffer_fill(&s->mem, 0, s->mem.len, seed);
	if (s->mem.huge && !tap_equal(test_buffer_huge_bytes(&s->mem), s->mem.len,
				      "bytes in 2 MiB pages"))
		return false;
	return test_buffer_to_gpu(s->gpu, &s->mem, 0, s->mem.len);
}

/* ---- one page of a folio whose PMD is split */

static void run_part(const void *arg)
{
	struct fault_scene s;
	size_t off = TEST_HUGE / 2;

	(void)arg;
	if (!fault_open(&s, TEST_HUGE, true))
		return;
	if (fault_fill(&s, 1)) {
		tap_check(!mprotect(s.mem.addr + off, HELD, PROT_READ), "mprotect failed");
		test_buffer_expect(&s.mem, off, TEST_PAGE, 1, "the page first touched");
		test_buffer_expect_device(&s.mem, 0, TEST_HUGE, TEST_HUGE / TEST_PAGE - 1,
					  "pages that stay");
		test_buffer_expect(&s.mem, 0, TEST_HUGE, 1, "all pages");
	}
	fault_close(&s);
}

/* ---- memory that is unmapped while the CPU touches it */

struct fault_reader {
	const uint8_t *addr;	/* what to touch */
	size_t step, len;
	atomic_size_t turn;	/* the offset to touch now */
	atomic_size_t done;	/* how many steps are behind us */
};

static void *fault_read(void *arg)
{
	struct fault_reader *r = arg;
	size_t off;

	for (off = 0; off < r->len; off += r->step) {
		while (atomic_load(&r->turn) < off + r->step)
			;
		(void)*(const volatile uint8_t *)(r->addr + off);
		atomic_fetch_add(&r->done, 1);
	}
	return NULL;
}

/* Both start at once; ever longer pauses reach any point of the fault. */
static void fault_unmap(struct fault_reader *r, struct test_buffer *mem)
{
	volatile unsigned int pause;
	size_t off, n = 0;

	for (off = 0; off < mem->len; off += r->step, n++) {
		atomic_store(&r->turn, off + r->step);
		for (pause = 0; pause < n % 64 * 128; pause++)
			;
		tap_check(!madvise(mem->addr + off, r->step, MADV_DONTNEED),
			  "MADV_DONTNEED failed");
		while (atomic_load(&r->done) <= n)
			;
	}
}

/* Nobody writes, so that MADV_DONTNEED leaves nothing but zeroes. */
static size_t fault_resurrected(const struct test_buffer *mem, size_t step)
{
	size_t off, found = 0;

	for (off = 0; off < mem->len; off += step)
		found += *(const uint64_t *)(mem->addr + off) != 0;
	return found;
}

static bool fault_race(struct fault_scene *s, size_t step)
{
	struct fault_reader r = { .addr = s->mem.addr, .step = step, .len = s->mem.len };
	pthread_t thread;

	if (!tap_check(!pthread_create(&thread, NULL, fault_read, &r), "thread"))
		return false;
	fault_unmap(&r, &s->mem);
	pthread_join(thread, NULL);
	return tap_equal(fault_resurrected(&s->mem, step), 0, "unmapped pages with old content");
}

static void run_unmapped(const void *arg)
{
	bool huge = *(const bool *)arg;
	struct fault_scene s;
	unsigned int i;

	if (!fault_open(&s, (size_t)opts.size_mib << 20, huge))
		return;
	for (i = 0; i < opts.rounds; i++)
		if (!fault_fill(&s, i + 1) || !fault_race(&s, huge ? TEST_HUGE : TEST_PAGE))
			break;
	fault_close(&s);
}

static const struct tap_case cases[] = {
	{ "svm_cpu_fault-part-of-2m", run_part, NULL },
	{ "svm_cpu_fault-unmapped-4k", run_unmapped, &(bool){ false } },
	{ "svm_cpu_fault-unmapped-2m", run_unmapped, &(bool){ true } },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "The CPU touches memory that is on the GPU.", cases, count);
	return tap_run(cases, count, opts.only);
}
