// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CPU touches memory that is on the GPU: it must find there what the process
 * has, also where that is a part of a folio, or goes in the same moment.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "svm_scene.h"
#include "test_options.h"

#define HELD	(16 * TEST_PAGE)	/* of them the rights change */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .size_mib = 16, .rounds = 1,
};

static bool fault_fill(struct svm_scene *s, uint64_t seed)
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
	struct svm_scene s;
	size_t off = TEST_HUGE / 2;

	(void)arg;
	if (!svm_scene_open_memory(&s, opts.gpu, TEST_HUGE, true))
		return;
	if (fault_fill(&s, 1)) {
		tap_check(!mprotect(s.mem.addr + off, HELD, PROT_READ), "mprotect failed");
		test_buffer_expect(&s.mem, off, TEST_PAGE, 1, "the page first touched");
		test_buffer_expect_device(&s.mem, 0, TEST_HUGE, TEST_HUGE / TEST_PAGE - 1,
					  "pages that stay");
		test_buffer_expect(&s.mem, 0, TEST_HUGE, 1, "all pages");
	}
	svm_scene_close_memory(&s);
}

/* ---- memory that is unmapped while the CPU touches it */

struct fault_race {
	const struct test_buffer *mem;
	size_t step;
	atomic_size_t turn, done;	/* steps that may begin, that are behind us */
};

static void *fault_read(void *arg)
{
	struct fault_race *r = arg;
	size_t i;

	for (i = 0; i < r->mem->len / r->step; i++) {
		while (atomic_load(&r->turn) <= i)
			;
		(void)*(const volatile uint8_t *)(r->mem->addr + i * r->step);
		atomic_store(&r->done, i + 1);
	}
	return NULL;
}

/* Both start at once; ever longer pauses reach any point of the fault. */
static void fault_unmap(struct fault_race *r)
{
	volatile unsigned int pause;
	size_t i;

	for (i = 0; i < r->mem->len / r->step; i++) {
		atomic_store(&r->turn, i + 1);
		for (pause = 0; pause < i % 64 * 128; pause++)
			;
		tap_check(!madvise(r->mem->addr + i * r->step, r->step, MADV_DONTNEED),
			  "MADV_DONTNEED failed");
		while (atomic_load(&r->done) <= i)
			;
	}
}

/* Nobody writes, so that MADV_DONTNEED leaves nothing but zeroes. */
static size_t fault_resurrected(const struct fault_race *r)
{
	size_t off, found = 0;

	for (off = 0; off < r->mem->len; off += r->step)
		found += *(const uint64_t *)(r->mem->addr + off) != 0;
	return found;
}

static bool fault_play(const struct test_buffer *mem)
{
	struct fault_race r = { .mem = mem, .step = mem->huge ? TEST_HUGE : TEST_PAGE };
	pthread_t thread;

	if (!tap_check(!pthread_create(&thread, NULL, fault_read, &r), "thread"))
		return false;
	fault_unmap(&r);
	pthread_join(thread, NULL);
	return tap_equal(fault_resurrected(&r), 0, "unmapped pages with old content");
}

static void run_unmapped(const void *arg)
{
	struct svm_scene s;
	unsigned int i;

	if (!svm_scene_open_memory(&s, opts.gpu, (size_t)opts.size_mib << 20,
				   *(const bool *)arg))
		return;
	for (i = 0; i < opts.rounds; i++)
		if (!fault_fill(&s, i + 1) || !fault_play(&s.mem))
			break;
	svm_scene_close_memory(&s);
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
