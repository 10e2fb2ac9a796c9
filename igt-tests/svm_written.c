// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SVM_BIND moves memory to the GPU while the GPU writes to it.  What a channel
 * writes to a page after it was copied, and before it is mapped in VRAM, must
 * not be lost with the page in RAM.
 */
#include <pthread.h>
#include <string.h>

#include "svm_scene.h"
#include "test_options.h"

#define LEN_4K	(256UL << 10)
#define LEN_2M	(2UL << 20)
#define ROUNDS	10

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

struct writer {
	struct svm_scene *s;
	size_t step;	/* bytes between the pages that are written */
	int ret;
};

/* Each page is written once, so nothing mends what was lost. */
static void *writer_run(void *arg)
{
	struct writer *w = arg;
	struct svm_scene *s = w->s;
	size_t off;

	for (off = 0; off < s->mem.len && !w->ret; off += w->step)
		w->ret = svm_channel_copy(&s->ch, s->mem.addr + off,
					  s->other.addr + off, TEST_PAGE);
	return NULL;
}

/* In RAM, and the GPU may write to all of it. */
static bool written_prepare(struct svm_scene *s)
{
	int ret;

	test_buffer_fill(&s->mem, 0, s->mem.len, 1);
	test_buffer_fill(&s->other, 0, s->other.len, 2);
	ret = svm_channel_copy(&s->ch, s->mem.addr, s->mem.addr, s->mem.len);
	return tap_check(!ret, "copy by the GPU: %s", strerror(-ret));
}

static bool written_round(struct writer *w)
{
	struct svm_scene *s = w->s;
	pthread_t thread;
	size_t off;

	if (!written_prepare(s) ||
	    !tap_check(!pthread_create(&thread, NULL, writer_run, w), "thread"))
		return false;
	test_buffer_to_gpu(s->gpu, &s->mem, 0, s->mem.len);
	pthread_join(thread, NULL);
	tap_check(!w->ret, "write by the GPU: %s", strerror(-w->ret));
	for (off = 0; off < s->mem.len; off += w->step)
		test_buffer_expect(&s->mem, off, TEST_PAGE, 2,
				   "CPU read of what the GPU wrote");
	return !tap_failed();
}

static void run_written(const void *huge)
{
	struct svm_scene s;
	struct writer w = {
		.s = &s, .step = huge ? 8 * TEST_PAGE : TEST_PAGE,
	};
	int i;

	if (!svm_scene_open(&s, opts.gpu, huge ? LEN_2M : LEN_4K, huge))
		return;
	for (i = 0; i < ROUNDS && written_round(&w); i++)
		;
	svm_scene_close(&s);
}

static const struct tap_case cases[] = {
	{ "svm_written-bind-4k", run_written, NULL },
	{ "svm_written-bind-2m", run_written, (void *)1 },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Checks that no write of the GPU gets lost during SVM_BIND.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
