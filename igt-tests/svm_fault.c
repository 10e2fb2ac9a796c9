// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page faults of the GPU: memory that it has never seen is faulted in and the
 * access replayed; an access to what is not mapped kills the channel that did
 * it, and only that one.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "svm_scene.h"
#include "test_models.h"
#include "test_options.h"

#define PAGES	16
#define LEN	(PAGES * TEST_PAGE)

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

static bool fault_open(struct svm_scene *f)
{
	if (!svm_scene_open(f, opts.gpu, LEN, false))
		return false;
	test_buffer_fill(&f->mem, 0, LEN, 1);
	test_buffer_fill(&f->other, 0, LEN, 2);
	return true;
}

static void fault_copy(struct svm_scene *f, struct svm_channel *ch)
{
	int ret = svm_channel_copy(ch, f->other.addr, f->mem.addr, LEN);

	if (tap_check(!ret, "copy by the GPU: %s", strerror(-ret)))
		test_buffer_expect(&f->other, 0, LEN, 1, "what the GPU copied");
}

/* Each page of both buffers is new to the GPU. */
static void run_replay(const void *arg)
{
	long long before, after;
	struct svm_scene f;

	(void)arg;
	before = test_models_counter("gpu0", "fault.replayable");
	if (before < 0) {
		tap_skip("needs the counters of the GPU model");
		return;
	}
	if (!fault_open(&f))
		return;
	fault_copy(&f, &f.ch);
	after = test_models_counter("gpu0", "fault.replayable");
	tap_check(after - before >= 2 * PAGES,
		  "page faults of the GPU: expected at least %d, found %lld",
		  2 * PAGES, after - before);
	svm_scene_close(&f);
}

static void kill_one(struct svm_scene *f, struct svm_channel *victim)
{
	void *hole;
	int ret;

	hole = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!tap_check(hole != MAP_FAILED, "mmap: %s", strerror(errno)))
		return;
	munmap(hole, LEN);
	ret = svm_channel_copy(victim, f->other.addr, hole, LEN);
	tap_equal(ret, -ENODEV, "copy from an address that is not mapped");
	test_buffer_expect(&f->other, 0, LEN, 2, "target of that copy");
	fault_copy(f, &f->ch);
}

static void run_unmapped(const void *arg)
{
	struct svm_channel victim;
	struct svm_scene f;
	int ret;

	(void)arg;
	if (!fault_open(&f))
		return;
	ret = svm_channel_open(&victim, f.gpu);
	if (tap_check(!ret, "second channel: %s", strerror(-ret))) {
		kill_one(&f, &victim);
		svm_channel_close(&victim);
	}
	svm_scene_close(&f);
}

/* Memory that cannot be written may be read, also next to an atomic access. */
static void atomic_play(struct svm_scene *f)
{
	if (!tap_check(!mprotect(f->mem.addr + TEST_PAGE, TEST_PAGE, PROT_READ),
		       "mprotect: %s", strerror(errno)) ||
	    !tap_equal(svm_channel_copy(&f->ch, f->other.addr,
					f->mem.addr + 2 * TEST_PAGE, TEST_PAGE), 0,
		       "first copy by the GPU") ||
	    !tap_equal(test_models_command("gpu0 inject fault-atomic 1"), 0,
		       "an atomic fault injected") ||
	    !tap_equal(svm_channel_copy(&f->ch, f->other.addr,
					f->mem.addr + TEST_PAGE, TEST_PAGE), 0,
		       "copy by the GPU of what cannot be written"))
		return;
	test_buffer_expect_at(&f->other, 0, TEST_PAGE, 1, TEST_PAGE,
			      "what the GPU copied");
	test_buffer_expect(&f->mem, 0, LEN, 1, "source");
}

static void run_atomic(const void *arg)
{
	struct svm_scene f;

	(void)arg;
	if (test_models_counter("gpu0", "fault.replayable") < 0) {
		tap_skip("needs the GPU model to do an atomic access");
		return;
	}
	if (!fault_open(&f))
		return;
	atomic_play(&f);
	svm_scene_close(&f);
}

static const struct tap_case cases[] = {
	{ "svm_fault-replay", run_replay, NULL },
	{ "svm_fault-read-after-atomic", run_atomic, NULL },
	{ "svm_fault-unmapped-kills-one-channel", run_unmapped, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv, "Page faults of the GPU.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
