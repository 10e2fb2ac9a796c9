// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves anonymous memory to the GPU and back by CPU access, with 4 KiB and
 * with 2 MiB pages, several times, and compares every 64-bit word with what
 * belongs at its position.  Also pages nobody ever wrote.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"

#define PAGE	4096ul
#define HUGE	(2ul << 20)

struct run {
	const char *name;
	int advice;
	bool touch;		/* write before the migration */
};

static const struct run runs[] = {
	{ "4K", MADV_NOHUGEPAGE, true },
	{ "2M", MADV_HUGEPAGE, true },
	{ "4K untouched", MADV_NOHUGEPAGE, false },
};

static const char usage[] =
	"Usage: svm_migrate [OPTION]...\n"
	"Migrates memory to the GPU and back and compares every byte.\n"
	"  -g, --gpu PATH     render node (default: /dev/dri/renderD128)\n"
	"  -s, --size MIB     of the buffer (default: 8)\n"
	"  -r, --rounds N     (default: 2)\n"
	"      --help\n"
	"One line for each kind of page and round; exit status 1 on wrong data\n"
	"or if pages do not reach the GPU.\n";

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/* Aligned to 2 MiB, so that huge pages fit. */
static void *map(size_t len)
{
	char *p = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return (void *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
}

/* Number of pages with a word that is not what belongs there. */
static size_t bad_pages(const void *buf, size_t len, const struct run *run,
			uint64_t seed)
{
	const uint64_t *p = buf;
	size_t i, bad = 0, last = SIZE_MAX;
	uint64_t want;

	for (i = 0; i < len / 8; i++) {
		want = run->touch ? svm_pattern_word(seed, i) : 0;
		if (p[i] == want || i * 8 / PAGE == last)
			continue;
		last = i * 8 / PAGE;
		if (!bad++)
			printf("# page %zu: at offset %#zx expected %016lx, found %016lx\n",
			       last, i * 8, want, p[i]);
	}
	return bad;
}

static bool one_round(int gpu, void *buf, size_t len, const struct run *run,
		      uint64_t seed)
{
	double t0, t1, t2;
	size_t bad;
	long moved, left;
	int ret;

	if (run->touch)
		svm_pattern_fill(buf, len, seed);
	t0 = now_ms();
	ret = svm_gpu_migrate(gpu, buf, len);
	t1 = now_ms();
	if (ret) {
		printf("migrate: %s\n", strerror(-ret));
		return false;
	}
	moved = svm_pagemap_count_device(buf, len / PAGE);
	bad = bad_pages(buf, len, run, seed);
	t2 = now_ms();
	left = svm_pagemap_count_device(buf, len / PAGE);
	printf("%s: %zu pages, %ld moved to the GPU in %.1f ms, back in %.1f ms, %ld left there, %zu bad\n",
	       run->name, len / PAGE, moved, t1 - t0, t2 - t1, left, bad);
	fflush(stdout);
	return moved == (long)(len / PAGE) && !left && !bad;
}

static bool one_run(int gpu, size_t len, const struct run *run, int rounds)
{
	void *buf = map(len);
	bool ok = true;
	int i;

	if (madvise(buf, len, run->advice))
		perror("madvise");
	for (i = 0; i < rounds; i++) {
		ok = one_round(gpu, buf, len, run, i + 1) && ok;
		if (!run->touch)	/* untouched again */
			madvise(buf, len, MADV_DONTNEED);
	}
	munmap(buf, len);
	return ok;
}

int main(int argc, char **argv)
{
	static const struct option opts[] = {
		{ "gpu", 1, NULL, 'g' }, { "size", 1, NULL, 's' },
		{ "rounds", 1, NULL, 'r' }, { "help", 0, NULL, 'h' }, { },
	};
	const char *path = "/dev/dri/renderD128";
	int c, gpu, rounds = 2;
	size_t i, len = 8 << 20;
	bool ok = true;

	while ((c = getopt_long(argc, argv, "g:s:r:", opts, NULL)) != -1) {
		if (c == 'g') {
			path = optarg;
		} else if (c == 's') {
			len = strtoul(optarg, NULL, 0) << 20;
		} else if (c == 'r') {
			rounds = atoi(optarg);
		} else {
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (!len || len % HUGE || rounds < 1) {
		fputs("svm_migrate: --size is even and at least 2, --rounds at least 1\n",
		      stderr);
		return 2;
	}
	gpu = svm_gpu_open(path);
	if (gpu < 0) {
		fprintf(stderr, "svm_migrate: %s: %s\n", path, strerror(-gpu));
		return 2;
	}
	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		ok = one_run(gpu, len, &runs[i], rounds) && ok;
	printf("svm_migrate: %s\n", ok ? "pass" : "FAIL");
	return !ok;
}
