/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a region: what --at-end, --report and --dump ask for. */
#ifndef SVM_END_H
#define SVM_END_H

#include <stdbool.h>
#include <stddef.h>

struct svm_end {
	unsigned int number;
	unsigned char *addr;		/* first whole page */
	size_t pages;
	long gpu_start, gpu_end;	/* pages on the GPU */
	const char *gpu;		/* its node, "" if it was to stay in RAM */
	bool forced;			/* by --force-odp */
	bool unmapped;			/* its memory has gone before its end */
	unsigned long long touched;	/* bytes, by --gpu-touch */
};

/* Look where the pages are now.  All of those that end together come first. */
void svm_end_look(struct svm_end *e);

/* Report, and let the CPU read what it shall; both locked by the caller. */
void svm_end_report(const struct svm_end *e);

#endif
