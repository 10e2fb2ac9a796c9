// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two MPI ranks exchange buffers and compare every byte.  Between the last access
 * of the CPU and the comparison each looks where its pages are, and how many of
 * the GPU's pages have migrated to RAM meanwhile.
 */
#include <errno.h>
#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_pagemap.h"
#include "svm_pattern.h"
#include "svmrun.h"

#define COUNTERS "/sys/kernel/debug/dri/0/dmem"

static const char usage[] =
"Usage: recipe_mpi sendrecv|put|get [SIZE [ROUNDS [MESSAGES]]]\n"
"For two ranks.  Each round: both fill their buffers of SIZE bytes (default:\n"
"1048576) with new content, exchange them MESSAGES times (8), compare.  From the\n"
"second round (of 2) on the buffers are registered already, so svmrun_move() moves\n"
"them, if there is one.  Each rank prints a line a round:\n"
"  rank R round N: equal BYTES pages TOTAL gpu PAGES to-ram PAGES\n"
"equal: bytes received that are right; gpu: pages of both buffers that are on the\n"
"GPU after the exchange; to-ram: pages of all processes that went to RAM in it.\n"
"The exit status is 0 if all bytes are right in all rounds.\n";

struct exchange {
	void (*messages)(struct exchange *e);
	int rank, peer, count;
	size_t size;
	char *out, *in;
	MPI_Win window;
};

static void exchange_sendrecv(struct exchange *e)
{
	int i;

	for (i = 0; i < e->count; i++)
		MPI_Sendrecv(e->out, e->size, MPI_BYTE, e->peer, i,
			     e->in, e->size, MPI_BYTE, e->peer, i,
			     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void exchange_put(struct exchange *e)
{
	int i;

	for (i = 0; i < e->count; i++) {
		MPI_Put(e->out, e->size, MPI_BYTE, e->peer, 0, e->size, MPI_BYTE,
			e->window);
		MPI_Win_flush(e->peer, e->window);
	}
}

static void exchange_get(struct exchange *e)
{
	int i;

	for (i = 0; i < e->count; i++) {
		MPI_Get(e->in, e->size, MPI_BYTE, e->peer, 0, e->size, MPI_BYTE,
			e->window);
		MPI_Win_flush(e->peer, e->window);
	}
}

static const struct {
	const char *name;
	void (*messages)(struct exchange *e);
} modes[] = {
	{ "sendrecv", exchange_sendrecv },
	{ "put", exchange_put },
	{ "get", exchange_get },
};

static long long migrated_to_ram(void)
{
	long long value = -1;
	char line[128];
	FILE *f;

	f = fopen(COUNTERS, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "migrated_to_ram %lld", &value) == 1)
			break;
	}
	fclose(f);
	return value;
}

static long pages_of(const struct exchange *e)
{
	return e->size / sysconf(_SC_PAGESIZE);
}

static size_t equal_bytes(const struct exchange *e, uint64_t seed)
{
	const uint64_t *word = (const void *)e->in;
	size_t i, n = 0;

	for (i = 0; i < e->size / 8; i++)
		n += word[i] == svm_pattern_word(seed, i) ? 8 : 0;
	return n;
}

static bool one_round(struct exchange *e, int round)
{
	long long before;
	size_t equal;
	long gpu;

	svm_pattern_fill(e->out, e->size, 2 * round + e->rank + 1);
	memset(e->in, 0, e->size);
	MPI_Barrier(MPI_COMM_WORLD);
	if (round && svmrun_move)
		svmrun_move();
	MPI_Barrier(MPI_COMM_WORLD);
	before = migrated_to_ram();
	e->messages(e);
	MPI_Barrier(MPI_COMM_WORLD);
	gpu = svm_pagemap_count_device(e->out, pages_of(e)) +
	      svm_pagemap_count_device(e->in, pages_of(e));
	before = migrated_to_ram() - before;
	MPI_Barrier(MPI_COMM_WORLD);	/* both have looked before either compares */
	equal = equal_bytes(e, 2 * round + e->peer + 1);
	printf("rank %d round %d: equal %zu pages %ld gpu %ld to-ram %lld\n",
	       e->rank, round, equal, 2 * pages_of(e), gpu, before);
	return equal == e->size;
}

static char *map_buffer(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		return p;
	fprintf(stderr, "recipe_mpi: %zu bytes: %s\n", size, strerror(errno));
	MPI_Abort(MPI_COMM_WORLD, 2);
	exit(2);
}

/* What the peer gets is the origin of a get, what it puts lands in a window. */
static void open_window(struct exchange *e)
{
	MPI_Win_create(e->messages == exchange_get ? e->out : e->in, e->size, 1,
		       MPI_INFO_NULL, MPI_COMM_WORLD, &e->window);
	MPI_Win_lock_all(MPI_MODE_NOCHECK, e->window);
}

static void close_window(struct exchange *e)
{
	MPI_Win_unlock_all(e->window);
	MPI_Win_free(&e->window);
}

static bool all_rounds(struct exchange *e, int rounds)
{
	bool one_sided = e->messages != exchange_sendrecv, good = true;
	int i;

	e->out = map_buffer(e->size);
	e->in = map_buffer(e->size);
	if (one_sided)
		open_window(e);
	for (i = 0; i < rounds; i++)
		good &= one_round(e, i);
	if (one_sided)
		close_window(e);
	return good;
}

static bool parse(struct exchange *e, int *rounds, int argc, char **argv)
{
	size_t i, n = sizeof(modes) / sizeof(modes[0]);

	if (argc < 2 || argc > 5)
		return false;
	for (i = 0; i < n && strcmp(argv[1], modes[i].name); i++)
		;
	if (i == n)
		return false;
	e->messages = modes[i].messages;
	e->size = argc > 2 ? strtoull(argv[2], NULL, 0) : 1 << 20;
	*rounds = argc > 3 ? atoi(argv[3]) : 2;
	e->count = argc > 4 ? atoi(argv[4]) : 8;
	return e->size && !(e->size % sysconf(_SC_PAGESIZE)) && *rounds > 0 &&
	       e->count > 0;
}

int main(int argc, char **argv)
{
	int rounds, ranks, good = 0;
	struct exchange e = { };

	if (!parse(&e, &rounds, argc, argv)) {
		fputs(usage, stderr);
		return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &e.rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	e.peer = !e.rank;
	if (ranks == 2)
		good = all_rounds(&e, rounds);
	else
		fprintf(stderr, "recipe_mpi: %d ranks instead of two: mpirun -np 2\n", ranks);
	MPI_Finalize();
	return good ? 0 : 1;
}
