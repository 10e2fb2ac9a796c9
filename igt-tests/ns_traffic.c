// SPDX-License-Identifier: MIT
/*
 * The GPU copies from one buffer to another all the time, on a channel of its
 * own, while the process changes its memory; and processes end meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"
#include "test_dmem.h"

#define LEN	(4 * TEST_PAGE)
#define ROUNDS	4
#define PAUSE_US	2000
#define PATIENCE	15000	/* pauses */

struct traffic {
	struct ns_stage *s;
	struct svm_channel ch;
	struct test_buffer src, dst;
	pthread_t thread;
	atomic_bool stop;
	atomic_int copies;	/* that are done */
	int ret;		/* of the last one */
};

static void *traffic_run(void *arg)
{
	struct traffic *t = arg;

	while (!atomic_load(&t->stop) && !t->ret) {
		t->ret = svm_channel_copy(&t->ch, t->dst.addr, t->src.addr, LEN);
		atomic_fetch_add(&t->copies, 1);
	}
	return NULL;
}

/* Until two more copies were begun and one of them is done, or they failed. */
static bool traffic_wait(struct traffic *t)
{
	int from = atomic_load(&t->copies), i;

	for (i = 0; i < PATIENCE; i++) {
		if (atomic_load(&t->copies) >= from + 2 || t->ret)
			return true;
		usleep(PAUSE_US);
	}
	return tap_check(false, "no copy gets done");
}

static void traffic_stop(struct traffic *t)
{
	atomic_store(&t->stop, true);
	pthread_join(t->thread, NULL);
	svm_channel_close(&t->ch);
}

static bool traffic_open(struct traffic *t)
{
	int ret;

	memset(t, 0, sizeof(*t));
	t->s = ns_stage();
	if (!t->s || !tap_check(!test_buffer_alloc(&t->src, LEN, false) &&
				!test_buffer_alloc(&t->dst, LEN, false),
				"no memory"))
		return false;
	ns_fill(t->src.addr, LEN, 1, 0);
	ret = svm_channel_open(&t->ch, t->s->gpu);
	if (!tap_check(!ret, "channel: %s", strerror(-ret)))
		return false;
	if (!tap_check(!pthread_create(&t->thread, NULL, traffic_run, t), "thread")) {
		svm_channel_close(&t->ch);
		return false;
	}
	if (traffic_wait(t))
		return true;
	traffic_stop(t);
	return false;
}

static void traffic_free(struct traffic *t)
{
	test_buffer_free(&t->src);
	test_buffer_free(&t->dst);
}

/* ---- what the process does meanwhile; the content of the source stays */

static void do_bind_src(struct traffic *t)
{
	ns_bind_some(t->s->gpu, t->src.addr, LEN);
	ns_expect(t->src.addr, LEN, 1, 0, "CPU read of the source");
}

static void do_bind_both(struct traffic *t)
{
	ns_bind_some(t->s->gpu, t->src.addr, LEN);
	ns_bind_some(t->s->gpu, t->dst.addr, LEN);
	traffic_wait(t);
	ns_expect(t->src.addr, LEN, 1, 0, "CPU read of the source");
	ns_expect(t->dst.addr, LEN, 1, 0, "CPU read of the destination");
}

static void do_protect(struct traffic *t)
{
	ns_bind_some(t->s->gpu, t->src.addr, LEN);
	mprotect(t->src.addr, LEN, PROT_READ);
	traffic_wait(t);
	mprotect(t->src.addr, LEN, PROT_READ | PROT_WRITE);
}

static void do_fork(struct traffic *t)
{
	int status = -1;
	pid_t pid;

	ns_bind_some(t->s->gpu, t->src.addr, LEN);
	pid = fork();
	if (!pid) {
		ns_expect(t->src.addr, LEN, 1, 0, "read by the child");
		_exit(tap_failed());
	}
	if (tap_check(pid > 0, "fork") && waitpid(pid, &status, 0) == pid)
		tap_equal(status, 0, "wait status of the child");
}

/* Neighbours come and go. */
static void do_neighbours(struct traffic *t)
{
	struct test_buffer buf;

	if (!tap_check(!test_buffer_alloc(&buf, LEN, false), "no memory"))
		return;
	ns_fill(buf.addr, LEN, 2, 0);
	ns_to_gpu(t->s, buf.addr, LEN);
	ns_gpu_read(t->s, buf.addr, LEN, 2, 0, "GPU read of a neighbour");
	test_buffer_free(&buf);
}

static void run_steady(const void *arg)
{
	void (*const *fn)(struct traffic *t) = arg;
	struct traffic t;
	int i;

	if (traffic_open(&t)) {
		for (i = 0; i < ROUNDS && !tap_failed(); i++) {
			(*fn)(&t);
			traffic_wait(&t);
		}
		traffic_stop(&t);
		tap_equal(t.ret, 0, "the last copy of the GPU");
		ns_expect(t.dst.addr, LEN, 1, 0, "destination");
		ns_expect(t.src.addr, LEN, 1, 0, "source");
	}
	traffic_free(&t);
}

/* ---- what changes the source: the last content must arrive */

static void changed_expect(struct traffic *t)
{
	const uint8_t *p = t->dst.addr;
	size_t off;

	tap_equal(t->ret, 0, "the last copy of the GPU");
	for (off = 0; off < LEN; off += TEST_PAGE)
		ns_expect(p + off, TEST_PAGE, 3, off, "destination");
}

static void run_dontneed(const void *arg)
{
	struct traffic t;
	int i;

	(void)arg;
	if (traffic_open(&t)) {
		for (i = 0; i < ROUNDS; i++) {
			ns_fill(t.src.addr, LEN, 2, 0);
			ns_bind_some(t.s->gpu, t.src.addr, LEN);
			madvise(t.src.addr, LEN, MADV_DONTNEED);
			traffic_wait(&t);
		}
		ns_fill(t.src.addr, LEN, 3, 0);
		traffic_wait(&t);
		traffic_stop(&t);
		changed_expect(&t);
	}
	traffic_free(&t);
}

static void run_mremap(const void *arg)
{
	struct test_buffer other;
	struct traffic t;
	int i;

	(void)arg;
	if (traffic_open(&t)) {
		for (i = 0; i < ROUNDS && !test_buffer_alloc(&other, LEN, false); i++) {
			ns_fill(other.addr, LEN, 3, 0);
			ns_to_gpu(t.s, other.addr, LEN);
			if (!tap_check(mremap(other.addr, LEN, LEN, MREMAP_MAYMOVE |
					      MREMAP_FIXED, t.src.addr) ==
				       t.src.addr, "mremap: %s", strerror(errno)))
				break;
			traffic_wait(&t);
		}
		traffic_stop(&t);
		/* Between the two mappings there is none, which a copy may meet. */
		if (t.ret != -ENODEV)
			changed_expect(&t);
		ns_gpu_read(t.s, t.src.addr, LEN, 3, 0, "GPU read by another channel");
		ns_expect(t.src.addr, LEN, 3, 0, "source");
	}
	traffic_free(&t);
}

/* The channel dies, nothing else does. */
static void run_kill(const void *arg)
{
	const bool protect = arg;
	struct traffic t;

	if (traffic_open(&t)) {
		ns_bind_some(t.s->gpu, t.src.addr, LEN);
		traffic_wait(&t);
		if (protect)
			mprotect(t.src.addr, LEN, PROT_NONE);
		else
			munmap(t.src.addr, LEN);
		traffic_wait(&t);
		traffic_stop(&t);
		tap_equal(t.ret, -ENODEV, "the last copy of the GPU");
		ns_expect(t.dst.addr, LEN, 1, 0, "destination");
		ns_fill(t.dst.addr, LEN, 4, 0);
		ns_gpu_read(t.s, t.dst.addr, LEN, 4, 0, "read by another channel");
	}
	traffic_free(&t);
}

/* ---- processes that end */

/* A client of its own that never stops; it says when it has begun. */
static void victim(int started)
{
	static struct ns_stage s;
	struct test_buffer buf;

	if (!ns_stage_open(&s, ns_stage_node(0)) ||
	    test_buffer_alloc(&buf, LEN, false))
		_exit(1);
	ns_fill(buf.addr, LEN, 1, 0);
	ns_bind(s.gpu, buf.addr, LEN);
	if (!ns_gpu_read(&s, buf.addr, LEN, 1, 0, "GPU read") ||
	    write(started, "", 1) != 1)
		_exit(1);
	while (!svm_channel_copy(&s.ch, s.pad.addr, buf.addr, LEN)) {
		ns_bind(s.gpu, buf.addr, LEN);
		buf.addr[0]++;
	}
	_exit(1);
}

static void kill_one(int how)
{
	int fd[2], status = 0;
	pid_t pid;
	char c;

	if (!tap_check(!pipe(fd), "pipe"))
		return;
	pid = fork();
	if (!pid)
		victim(fd[1]);
	close(fd[1]);
	if (tap_equal(read(fd[0], &c, 1), 1, "the process has begun")) {
		usleep(how * 10000);
		kill(pid, SIGKILL);
	}
	close(fd[0]);
	waitpid(pid, &status, 0);
	tap_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		  "wait status of the process: expected a kill, found %#x", status);
}

static void run_exit(const void *arg)
{
	int i;

	(void)arg;
	ns_stage_drop();
	for (i = 0; i < 3 && !tap_failed(); i++)
		kill_one(i);
	test_dmem_expect_empty("after the process was killed");
}

/* Another client goes on meanwhile. */
static void run_exit_beside(const void *arg)
{
	struct test_buffer buf;
	struct ns_stage *s;
	int i;

	(void)arg;
	ns_stage_drop();
	for (i = 0; i < 2 && !tap_failed(); i++) {
		kill_one(i);
		s = ns_stage();
		if (!s || test_buffer_alloc(&buf, LEN, false))
			break;
		ns_fill(buf.addr, LEN, 5, 0);
		ns_to_gpu(s, buf.addr, LEN);
		ns_gpu_read(s, buf.addr, LEN, 5, 0, "GPU read");
		test_buffer_free(&buf);
	}
}

#define STEADY(name, fn) \
	{ name, run_steady, &(void (*const)(struct traffic *t)){ fn } }

static const struct igt_case traffic_cases[] = {
	STEADY("bind-source", do_bind_src),
	STEADY("bind-both", do_bind_both),
	STEADY("mprotect", do_protect),
	STEADY("fork", do_fork),
	STEADY("neighbours", do_neighbours),
	{ "dontneed", run_dontneed, NULL },
	{ "mremap", run_mremap, NULL },
	{ "munmap", run_kill, NULL },
	{ "mprotect-none", run_kill, (const void *)1 },
	{ }
};

static const struct igt_case exit_cases[] = {
	{ "killed", run_exit, NULL },
	{ "beside-another", run_exit_beside, NULL },
	{ }
};

const struct igt_group ns_traffic_groups[] = {
	{ .name = "traffic", .what = "memory changes under traffic of the GPU",
	  .cases = traffic_cases },
	{ .name = "exit", .what = "processes end under traffic of the GPU",
	  .cases = exit_cases },
	{ }
};
