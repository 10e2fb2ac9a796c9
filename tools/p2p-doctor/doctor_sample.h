/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All numbers of one moment, and what has changed between two. */
#ifndef DOCTOR_SAMPLE_H
#define DOCTOR_SAMPLE_H

#include "doctor.h"
#include "doctor_stat.h"
#include "doctor_trace.h"

struct doctor_sample {
	double time;			/* seconds */
	int dmem_err[DOCTOR_MAX_GPUS];
	struct svm_dmem dmem[DOCTOR_MAX_GPUS];
	int trace_err;
	struct doctor_trace_counts trace;
	int stats_err;
	struct doctor_stats stats;
};

void doctor_sample_take(struct doctor_sample *sample, const struct doctor *d,
			struct doctor_trace *trace, int trace_err);
void doctor_sample_free(struct doctor_sample *sample);

/* What was counted meanwhile; a counter that went back has lost a region. */
void doctor_sample_stat(const struct doctor_sample *old,
			const struct doctor_stat *now, struct doctor_stat *diff);
void doctor_sample_trace(const struct doctor_sample *old,
			 const struct doctor_sample *now,
			 struct doctor_trace_counts *diff);

#endif
