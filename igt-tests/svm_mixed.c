// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages of 4 KiB and of 2 MiB side by side on the GPU.  Pages that go from the
 * process have to go from the GPU's page tables, which are other ones for each
 * size: a GPU that goes on with the old page reads what is somebody else's.
 */
#include <sys/mman.h>

#include "svm_scene.h"
#include "test_options.h"

#define LEN	(2 * TEST_HUGE)	/* small pages, then a huge one */

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

static bool mixed_open(struct svm_scene *m)
{
	if (!svm_scene_open(m, opts.gpu, LEN, true))
		return false;
	if (tap_check(!madvise(m->mem.addr, TEST_HUGE, MADV_NOHUGEPAGE),
		      "MADV_NOHUGEPAGE failed"))
		return true;
	svm_scene_close(m);
	return false;
}

static bool mixed_fill(struct svm_scene *m)
{
	test_buffer_fill(&m->mem, 0, LEN, 1);
	return tap_equal(test_buffer_huge_bytes(&m->mem), TEST_HUGE,
			 "bytes in 2 MiB pages");
}

struct mixed_order {
	bool huge_first;	/* on the GPU */
	size_t off, len;	/* what goes */
};

static bool mixed_to_gpu(struct svm_scene *m, const struct mixed_order *o)
{
	size_t first = o->huge_first ? TEST_HUGE : 0;

	return test_buffer_to_gpu(m->gpu, &m->mem, first, TEST_HUGE) &&
	       test_buffer_to_gpu(m->gpu, &m->mem, TEST_HUGE - first, TEST_HUGE);
}

static void mixed_replace(struct svm_scene *m, const struct mixed_order *o)
{
	if (!tap_check(!madvise(m->mem.addr + o->off, o->len, MADV_DONTNEED),
		       "MADV_DONTNEED failed"))
		return;
	test_buffer_fill(&m->mem, o->off, o->len, 2);
	if (!svm_scene_copy(m))
		return;
	test_buffer_expect(&m->other, 0, o->off, 1, "GPU read below");
	test_buffer_expect(&m->other, o->off, o->len, 2, "GPU read of new pages");
	test_buffer_expect(&m->other, o->off + o->len, LEN - o->off - o->len, 1,
			   "GPU read above");
}

static void run_mixed(const void *arg)
{
	struct svm_scene m;

	if (!mixed_open(&m))
		return;
	if (mixed_fill(&m) && mixed_to_gpu(&m, arg))
		mixed_replace(&m, arg);
	svm_scene_close(&m);
}

#define CASE(name, first, off, len) \
	{ "svm_mixed-" name, run_mixed, &(struct mixed_order){ first, off, len } }

static const struct tap_case cases[] = {
	CASE("4k-first-4k-goes", false, TEST_HUGE - TEST_PAGE, TEST_PAGE),
	CASE("4k-first-2m-goes", false, TEST_HUGE, TEST_HUGE),
	CASE("2m-first-4k-goes", true, TEST_HUGE - TEST_PAGE, TEST_PAGE),
	CASE("2m-first-2m-goes", true, TEST_HUGE, TEST_HUGE),
	CASE("part-of-2m-goes", false, TEST_HUGE + 8 * TEST_PAGE, TEST_PAGE),
	CASE("both-go", false, TEST_HUGE / 2, TEST_HUGE / 2 + TEST_HUGE),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Checks small and huge pages side by side on the GPU.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
