// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <time.h>

#include "doctor_sample.h"

void doctor_sample_take(struct doctor_sample *sample, const struct doctor *d,
			struct doctor_trace *trace, int trace_err)
{
	struct timespec now;
	int i;

	memset(sample, 0, sizeof(*sample));
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time = now.tv_sec + now.tv_nsec / 1e9;
	for (i = 0; i < d->gpus.nr; i++)
		sample->dmem_err[i] = doctor_dmem_read(&sample->dmem[i],
				d->pci.devs[d->gpus.gpus[i].pci].name);
	doctor_trace_poll(trace);
	sample->trace = trace->counts;
	sample->trace_err = trace_err;
	sample->stats_err = doctor_stat_read(&sample->stats);
}

void doctor_sample_free(struct doctor_sample *sample)
{
	doctor_stat_free(&sample->stats);
}

static long long doctor_sample_more(long long now, long long old)
{
	return now > old ? now - old : 0;
}

void doctor_sample_stat(const struct doctor_sample *old,
			const struct doctor_stat *now, struct doctor_stat *diff)
{
	static const struct doctor_stat none;
	const struct doctor_stat *was;

	*diff = *now;
	was = doctor_stat_find(&old->stats, now->device, now->pid);
	if (!was)
		was = &none;
	diff->faults = doctor_sample_more(now->faults, was->faults);
	diff->invalidations = doctor_sample_more(now->invalidations,
						 was->invalidations);
	diff->prefetched = doctor_sample_more(now->prefetched, was->prefetched);
	diff->p2p_pages = doctor_sample_more(now->p2p_pages, was->p2p_pages);
	diff->p2p_fallbacks = doctor_sample_more(now->p2p_fallbacks,
						 was->p2p_fallbacks);
}

void doctor_sample_trace(const struct doctor_sample *old,
			 const struct doctor_sample *now,
			 struct doctor_trace_counts *diff)
{
	const struct doctor_trace_counts *a = &old->trace, *b = &now->trace;

	diff->faults = b->faults - a->faults;
	diff->p2p_pages = b->p2p_pages - a->p2p_pages;
	diff->fallbacks = b->fallbacks - a->fallbacks;
	diff->exported = b->exported - a->exported;
	diff->refused = b->refused - a->refused;
	diff->refused_err = b->refused_err;
	diff->migrations = b->migrations - a->migrations;
	diff->lost = b->lost - a->lost;
}
