// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program for lab-svmrun to run under svmrun: registers memory in the ways that
 * programs do, and ends in the ways that programs do.  No TAP of its own.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <infiniband/verbs.h>

#include "svm_pattern.h"
#include "svmrun.h"

#define HUGE_SIZE (2UL << 20)
#define ROUNDS 20	/* of each thread */

static const char usage[] =
"Usage: svmrun_client [OPTION]... SIZE...\n"
"Fills and registers a region of each SIZE, with on-demand paging, compares its\n"
"content and deregisters it.\n"
"  --pinned       without on-demand paging\n"
"  --implicit     one region: the whole address space\n"
"  --shared       shared memory\n"
"  --huge         in pages of 2 MiB\n"
"  --call         calls svmrun_move() after registration\n"
"  --wait US      and waits so long\n"
"  --unmap        unmaps the memory before it deregisters it\n"
"  --threads N    so many threads do all this 20 times\n"
"  --fork         a child ends by exit() between registration and the end\n"
"  --fork-first   a child does all of it, and its parent, too\n"
"  --signal N     raises signal N before the end\n"
"  --on-term N    waits for SIGTERM, then exits with status N\n"
"  --status N     exit status\n";

static struct {
	bool pinned, implicit, shared, huge, call, unmap, fork, fork_first;
	int wait, threads, signal, on_term, status;
	size_t size[8];
	int sizes;
} opt;

struct client {
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_mr *mr[8];
	char *mem[8];
};

static void fail(const char *what)
{
	fprintf(stderr, "svmrun_client: %s: %s\n", what, strerror(errno));
	exit(99);
}

static void on_term(int sig)
{
	(void)sig;
	_exit(opt.on_term);
}

static char *get_memory(size_t size)
{
	size_t room = opt.huge ? size + HUGE_SIZE : size;
	char *p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_ANONYMOUS |
		       (opt.shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);

	if (p == MAP_FAILED)
		fail("memory");
	if (opt.huge) {
		p = (char *)(((uintptr_t)p + HUGE_SIZE - 1) & -HUGE_SIZE);
		madvise(p, size, MADV_HUGEPAGE);
	}
	return p;
}

static void open_device(struct client *c)
{
	struct ibv_device **list = ibv_get_device_list(NULL);

	c->ctx = list && list[0] ? ibv_open_device(list[0]) : NULL;
	c->pd = c->ctx ? ibv_alloc_pd(c->ctx) : NULL;
	if (!c->pd)
		fail("no RDMA device");
	ibv_free_device_list(list);
}

static void register_all(struct client *c)
{
	int i, access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
			(opt.pinned ? 0 : IBV_ACCESS_ON_DEMAND);

	for (i = 0; i < opt.sizes; i++) {
		c->mem[i] = get_memory(opt.size[i]);
		svm_pattern_fill(c->mem[i], opt.size[i], i + 1);
		c->mr[i] = opt.implicit ?
			   ibv_reg_mr(c->pd, NULL, SIZE_MAX, access) :
			   ibv_reg_mr(c->pd, c->mem[i], opt.size[i], access);
		if (!c->mr[i])
			fail("registration");
	}
}

static void check_content(const struct client *c)
{
	const uint64_t *word;
	size_t k;
	int i;

	for (i = 0; i < opt.sizes; i++) {
		word = (const void *)c->mem[i];
		for (k = 0; k < opt.size[i] / 8; k++) {
			if (word[k] == svm_pattern_word(i + 1, k))
				continue;
			fprintf(stderr, "svmrun_client: region %d differs at %zu\n",
				i, 8 * k);
			exit(98);
		}
	}
}

static void deregister_all(struct client *c)
{
	int i;

	for (i = 0; i < opt.sizes; i++) {
		if (opt.unmap)
			munmap(c->mem[i], opt.size[i]);
		if (ibv_dereg_mr(c->mr[i]))
			fail("deregistration");
	}
	ibv_dealloc_pd(c->pd);
	ibv_close_device(c->ctx);
}

static void end_child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		exit(0);
	if (waitpid(pid, &status, 0) < 0 || status)
		fail("child");
}

static void once(void)
{
	struct client c;

	open_device(&c);
	register_all(&c);
	if (opt.call && svmrun_move)
		svmrun_move();
	usleep(opt.wait);
	if (opt.fork)
		end_child();
	if (opt.on_term) {
		signal(SIGTERM, on_term);
		puts("ready");
		fflush(stdout);
		while (1)
			pause();
	}
	if (opt.signal)
		raise(opt.signal);
	if (!opt.unmap)
		deregister_all(&c);
	check_content(&c);
	if (opt.unmap)
		deregister_all(&c);
}

static void *thread(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
		once();
	return arg;
}

static void run_threads(void)
{
	pthread_t id[opt.threads];
	int i;

	for (i = 0; i < opt.threads; i++) {
		if (pthread_create(&id[i], NULL, thread, NULL))
			fail("thread");
	}
	for (i = 0; i < opt.threads; i++)
		pthread_join(id[i], NULL);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pinned", no_argument, NULL, 'p' },
		{ "implicit", no_argument, NULL, 'i' },
		{ "shared", no_argument, NULL, 's' },
		{ "huge", no_argument, NULL, 'g' },
		{ "call", no_argument, NULL, 'c' },
		{ "unmap", no_argument, NULL, 'u' },
		{ "fork", no_argument, NULL, 'f' },
		{ "fork-first", no_argument, NULL, 'F' },
		{ "wait", required_argument, NULL, 'w' },
		{ "threads", required_argument, NULL, 't' },
		{ "signal", required_argument, NULL, 'S' },
		{ "on-term", required_argument, NULL, 'T' },
		{ "status", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'p': opt.pinned = true; break;
		case 'i': opt.implicit = true; break;
		case 's': opt.shared = true; break;
		case 'g': opt.huge = true; break;
		case 'c': opt.call = true; break;
		case 'u': opt.unmap = true; break;
		case 'f': opt.fork = true; break;
		case 'F': opt.fork_first = true; break;
		case 'w': opt.wait = atoi(optarg); break;
		case 't': opt.threads = atoi(optarg); break;
		case 'S': opt.signal = atoi(optarg); break;
		case 'T': opt.on_term = atoi(optarg); break;
		case 'e': opt.status = atoi(optarg); break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	for (; optind < argc && opt.sizes < 8; optind++)
		opt.size[opt.sizes++] = strtoull(argv[optind], NULL, 0);
}

int main(int argc, char **argv)
{
	int status = 0;

	parse(argc, argv);
	if (opt.fork_first && !fork()) {
		once();
		return 0;
	}
	if (opt.threads)
		run_threads();
	else
		once();
	if (opt.fork_first && (wait(&status) < 0 || status))
		fail("child");
	return opt.status;
}
