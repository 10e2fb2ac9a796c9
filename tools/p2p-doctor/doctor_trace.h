/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracepoints of the series, counted, in an instance of tracefs of our own,
 * so that nobody else's trace is disturbed.  Page faults of an HCA are handled
 * by kernel threads, so these numbers are of all processes together.
 */
#ifndef DOCTOR_TRACE_H
#define DOCTOR_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct doctor_trace_counts {
	long long faults;		/* of HCAs */
	long long p2p_pages;		/* new in translations of HCAs */
	long long fallbacks;		/* look-ups with pages that had to migrate */
	long long exported;		/* pages: became reachable by BAR1 */
	long long refused;		/* pages: the GPU driver said no ... */
	long long refused_err;		/* ... the last time with this errno */
	long long migrations;		/* to RAM, because of a device */
	long long lost;			/* events that nobody has counted */
};

struct doctor_trace {
	char instance[64];		/* name in tracefs */
	int pipe;			/* -1: not open */
	char line[512];			/* what is there of an unfinished one */
	size_t len;
	struct doctor_trace_counts counts;
};

/* 0, or -errno: -EACCES without root, -ENOENT without tracefs or the series. */
int doctor_trace_open(struct doctor_trace *trace);
/* Adds what has happened since the last call. */
void doctor_trace_poll(struct doctor_trace *trace);
void doctor_trace_close(struct doctor_trace *trace);

/* Counts one line of a trace. */
void doctor_trace_line(struct doctor_trace_counts *counts, const char *line);

#endif
