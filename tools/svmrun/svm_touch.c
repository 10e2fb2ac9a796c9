// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Once the NIC may write to a region, the copy engine only reads: it cannot write
 * back what it has read without a chance that the NIC was there in between.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_channel.h"
#include "svm_config.h"
#include "svm_gpus.h"
#include "svm_message.h"
#include "svm_touch.h"

#define SVM_TOUCH_PART	(64 * 4096UL)
#define SVM_TOUCH_PAUSE	1000	/* us: the program shall have its share of the GPU */

struct svm_touch_area {
	const void *owner;
	int gpu;
	unsigned char *addr;
	size_t len, next;
	unsigned long long bytes;
	struct svm_touch_area *following;
};

static struct {
	int state;		/* 0: not tried, 1: works, -1: does not */
	struct svm_channel channel;
	void *scratch;
} engines[SVM_GPUS_MAX];
static struct svm_touch_area *areas;
static bool running;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void svm_touch_failed(int gpu, const char *what, int err)
{
	engines[gpu].state = -1;
	svm_message("%s: %s: %s; it does not touch regions any more",
		    svm_gpus_name(gpu), what, strerror(err));
}

static bool svm_touch_engine(int gpu)
{
	int ret;

	if (engines[gpu].state)
		return engines[gpu].state > 0;
	engines[gpu].scratch = mmap(NULL, SVM_TOUCH_PART, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (engines[gpu].scratch == MAP_FAILED) {
		svm_touch_failed(gpu, "memory", errno);
		return false;
	}
	ret = svm_channel_open(&engines[gpu].channel, svm_gpus_fd(gpu));
	if (ret)
		svm_touch_failed(gpu, "copy engine channel", -ret);
	else
		engines[gpu].state = 1;
	return !ret;
}

/* Next part of the area, read and, if @write, written back. */
static bool svm_touch_part(struct svm_touch_area *a, bool write)
{
	size_t part = a->len - a->next;
	int ret;

	if (!svm_touch_engine(a->gpu))
		return false;
	if (part > SVM_TOUCH_PART)
		part = SVM_TOUCH_PART;
	ret = svm_channel_copy(&engines[a->gpu].channel, engines[a->gpu].scratch,
			       a->addr + a->next, part);
	if (!ret && write)
		ret = svm_channel_copy(&engines[a->gpu].channel, a->addr + a->next,
				       engines[a->gpu].scratch, part);
	if (ret) {
		svm_touch_failed(a->gpu, "copy by the GPU", -ret);
		return false;
	}
	a->bytes += part;
	a->next = (a->next + part) % a->len;
	return true;
}

/* One part of the first area, which goes to the end of the list. */
static void svm_touch_turn(void)
{
	struct svm_touch_area **end, *a = areas;

	if (!a)
		return;
	areas = a->following;
	a->following = NULL;
	for (end = &areas; *end; end = &(*end)->following)
		;
	*end = a;
	svm_touch_part(a, false);
}

static void *svm_touch_thread(void *arg)
{
	while (!usleep(SVM_TOUCH_PAUSE) || errno == EINTR) {
		pthread_mutex_lock(&lock);
		svm_touch_turn();
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

/* Signals are for the program's own threads. */
static void svm_touch_start(void)
{
	sigset_t all, old;
	pthread_t thread;

	if (running || svm_config()->touch != SVM_TOUCH_INFINITE)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	running = !pthread_create(&thread, NULL, svm_touch_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (running)
		pthread_detach(thread);
	else
		svm_message("no thread for --gpu-touch infinite");
}

static void svm_touch_all(struct svm_touch_area *a, bool quiet)
{
	size_t done;

	for (done = 0; done < a->len; done += SVM_TOUCH_PART) {
		if (!svm_touch_part(a, quiet))
			break;
	}
}

void svm_touch_add(const void *owner, int gpu, void *addr, size_t len, bool quiet)
{
	struct svm_touch_area *a;

	if (svm_config()->touch == SVM_TOUCH_NONE || !len)
		return;
	a = calloc(1, sizeof(*a));
	if (!a)
		return;
	a->owner = owner;
	a->gpu = gpu;
	a->addr = addr;
	a->len = len;
	pthread_mutex_lock(&lock);
	svm_touch_all(a, quiet);
	a->following = areas;
	areas = a;
	svm_touch_start();
	pthread_mutex_unlock(&lock);
}

unsigned long long svm_touch_remove(const void *owner)
{
	struct svm_touch_area **pos, *a;
	unsigned long long bytes = 0;

	pthread_mutex_lock(&lock);
	for (pos = &areas; (a = *pos); ) {
		if (a->owner != owner) {
			pos = &a->following;
			continue;
		}
		*pos = a->following;
		bytes += a->bytes;
		free(a);
	}
	pthread_mutex_unlock(&lock);
	return bytes;
}

void svm_touch_hold(void)
{
	pthread_mutex_lock(&lock);
}

void svm_touch_release(void)
{
	pthread_mutex_unlock(&lock);
}

/* The thread and what the channels are for stay with the parent. */
void svm_touch_forget(void)
{
	int i;

	areas = NULL;
	running = false;
	for (i = 0; i < SVM_GPUS_MAX; i++)
		engines[i].state = 0;
	pthread_mutex_unlock(&lock);
}
