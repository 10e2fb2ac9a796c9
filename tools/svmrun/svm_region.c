// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region is moved whole page by whole page: a page that it shares with
 * something else stays where it is, because whoever touches the other thing
 * by CPU would pull it back.
 *
 * When to move: programs fill their buffers after registering them (perftest
 * does), and what the CPU touches comes back to RAM.  The transition of a queue
 * pair to RTR is the last call before data can arrive.  Middleware connects
 * first and registers a buffer when it is about to be sent or received; then
 * registration is that last call.  A program that does both (perftest -R has a
 * connection of rdma_cm before it registers) has its regions moved twice.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_end.h"
#include "svm_gpu.h"
#include "svm_gpus.h"
#include "svm_memory.h"
#include "svm_message.h"
#include "svm_notes.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"
#include "svm_policy.h"
#include "svm_region.h"
#include "svm_touch.h"

struct svm_region {
	const void *mr;
	struct svm_end end;
	bool moved;
	bool settled;	/* moved at RTR: nobody fills it after that */
	bool looked;	/* its end is known: then svmrun has read the same memory */
	struct svm_region *next;
};

static struct svm_region *regions;
static unsigned int region_count;
static bool ready;	/* there was a queue pair that can receive */
static pthread_mutex_t region_mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread bool locked;	/* by this thread: what it unmaps now is ours */

static void svm_region_lock(void)
{
	pthread_mutex_lock(&region_mutex);
	locked = true;
}

static void svm_region_unlock(void)
{
	locked = false;
	pthread_mutex_unlock(&region_mutex);
}

static size_t svm_region_bytes(const struct svm_region *r)
{
	return r->end.pages * sysconf(_SC_PAGESIZE);
}

static bool svm_region_inside(const struct svm_region *r, const void *addr,
			      size_t len)
{
	const unsigned char *start = addr;

	return r->end.addr < start + len &&
	       start < r->end.addr + svm_region_bytes(r);
}

/* Can nobody but the CPU write to it, through no other region either? */
static bool svm_region_quiet(const struct svm_region *r)
{
	const struct svm_region *o;

	for (o = regions; o; o = o->next) {
		if (o != r && svm_region_inside(o, r->end.addr,
						svm_region_bytes(r)))
			return false;
	}
	return true;
}

static void svm_region_explain(const struct svm_region *r)
{
	const char *why = svm_memory_obstacle(r->end.addr, svm_region_bytes(r));

	if (why || r->end.gpu_start == 0)
		svm_message("region %u: %ld of %zu pages are on the GPU: %s",
			    r->end.number, r->end.gpu_start, r->end.pages,
			    why ? why : "the driver has moved none (is GPU memory full?)");
}

static void svm_region_to_gpu(struct svm_region *r)
{
	size_t len = svm_region_bytes(r);
	int gpu, ret;

	gpu = svm_gpus_pick(len);
	if (gpu < 0)
		return;
	r->end.gpu = svm_gpus_name(gpu);
	ret = svm_gpu_migrate(svm_gpus_fd(gpu), r->end.addr, len);
	if (ret)
		svm_message("region %u: migration to the GPU: %s",
			    r->end.number, strerror(-ret));
	r->end.touched += svm_touch_remove(r);
	svm_touch_add(r, gpu, r->end.addr, len, svm_region_quiet(r) && !r->moved);
	r->end.gpu_start = svm_pagemap_count_device(r->end.addr, r->end.pages);
	if (r->end.gpu_start < (long)r->end.pages)
		svm_region_explain(r);
}

/* @fill: it may be overwritten, no data has arrived. */
static void svm_region_move(struct svm_region *r, bool fill)
{
	size_t len = svm_region_bytes(r);
	bool wanted = len && svm_policy_wanted(r->end.number, len);

	if (wanted && fill && svm_config()->fill && svm_region_quiet(r))
		svm_pattern_fill(r->end.addr, len, svm_config()->fill_seed);
	if (wanted && !svm_config()->stay)
		svm_region_to_gpu(r);
	if (!wanted && !r->moved)
		svm_note(SVM_NOTE_LEFT_OUT);
	r->end.gpu_start = svm_pagemap_count_device(r->end.addr, r->end.pages);
	r->moved = true;
	if (svm_config()->verbose)
		svm_message("region %u: %ld of %zu pages are on the GPU",
			    r->end.number, r->end.gpu_start, r->end.pages);
}

static bool svm_region_due(void)
{
	return svm_config()->when == SVM_WHEN_REGISTER ||
	       (svm_config()->when == SVM_WHEN_AUTO && ready);
}

static void svm_region_insert(struct svm_region *r)
{
	svm_region_lock();
	r->end.number = region_count++;
	r->next = regions;
	regions = r;
	if (svm_config()->verbose)
		svm_message("region %u: %p, %zu whole pages", r->end.number,
			    r->end.addr, r->end.pages);
	if (svm_region_due())
		svm_region_move(r, true);
	svm_region_unlock();
}

void svm_region_add(const void *mr, void *addr, size_t len, bool forced)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)addr + page - 1) & -page;
	uintptr_t end = ((uintptr_t)addr + len) & -page;
	struct svm_region *r;

	r = calloc(1, sizeof(*r));
	if (!r)
		return;
	r->mr = mr;
	r->end.addr = (unsigned char *)start;
	r->end.pages = end > start ? (end - start) / page : 0;
	r->end.forced = forced;
	r->end.gpu = "";
	svm_note(SVM_NOTE_REGION);
	if (forced)
		svm_note(SVM_NOTE_FORCED);
	svm_region_insert(r);
}

void svm_region_queue_pair_ready(void)
{
	struct svm_region *r;

	if (svm_config()->when == SVM_WHEN_REGISTER ||
	    svm_config()->when == SVM_WHEN_CALL)
		return;
	svm_region_lock();
	ready = true;
	for (r = regions; r; r = r->next) {
		if (!r->settled)
			svm_region_move(r, true);
		r->settled = true;
	}
	svm_region_unlock();
}

int svm_region_move_all(void)
{
	struct svm_region *r;
	int n = 0;

	svm_region_lock();
	for (r = regions; r; r = r->next, n++)
		svm_region_move(r, !r->moved);
	svm_region_unlock();
	return n;
}

static void svm_region_look(struct svm_region *r)
{
	if (!r->looked)
		svm_end_look(&r->end);
	r->looked = true;
}

/* What --dump and --checksum read of this one is in RAM then for others, too. */
static void svm_region_look_at_others(const struct svm_region *r)
{
	struct svm_region *o;

	if (!svm_config()->dump && !svm_config()->checksum)
		return;
	for (o = regions; o; o = o->next) {
		if (svm_region_inside(o, r->end.addr, svm_region_bytes(r)))
			svm_region_look(o);
	}
}

/* Ends all of a list that is not in that of regions any more. */
static void svm_region_end(struct svm_region *list)
{
	struct svm_region *r;

	for (r = list; r; r = r->next) {
		r->end.touched += svm_touch_remove(r);
		svm_region_look(r);
		svm_region_look_at_others(r);
	}
	while ((r = list)) {
		list = r->next;
		svm_end_report(&r->end);
		free(r);
	}
}

bool svm_region_finish(const void *mr)
{
	struct svm_region **pos, *r;

	svm_region_lock();
	for (pos = &regions; (r = *pos) && r->mr != mr; pos = &r->next)
		;
	if (r) {
		*pos = r->next;
		r->next = NULL;
		svm_region_end(r);
	}
	svm_region_unlock();
	return r;
}

void svm_region_unmapped(const void *addr, size_t len)
{
	struct svm_region **pos, *r, *ended = NULL;

	if (locked || !regions)
		return;
	svm_region_lock();
	for (pos = &regions; (r = *pos); ) {
		if (!svm_region_inside(r, addr, len)) {
			pos = &r->next;
			continue;
		}
		*pos = r->next;
		r->next = ended;
		ended = r;
	}
	svm_region_end(ended);
	svm_region_unlock();
}

void svm_region_finish_all(void)
{
	struct svm_region *all;

	svm_region_lock();
	all = regions;
	regions = NULL;
	svm_region_end(all);
	svm_region_unlock();
}

/* ---- fork: regions are the parent's, and so is its GPU */

static void svm_region_fork_prepare(void)
{
	svm_region_lock();
	svm_touch_hold();
}

static void svm_region_fork_parent(void)
{
	svm_touch_release();
	svm_region_unlock();
}

static void svm_region_fork_child(void)
{
	svm_touch_forget();
	svm_gpus_forget();
	regions = NULL;
	region_count = 0;
	ready = false;
	svm_region_unlock();
}

__attribute__((constructor)) static void svm_region_init(void)
{
	pthread_atfork(svm_region_fork_prepare, svm_region_fork_parent,
		       svm_region_fork_child);
}
