/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the library sees in all processes of a run, counted in a file that they
 * and svmrun have mapped: from this svmrun tells why nothing could be moved.
 */
#ifndef SVM_NOTES_H
#define SVM_NOTES_H

#include <stdatomic.h>

enum svm_note {
	SVM_NOTE_LOADED,	/* processes with the library */
	SVM_NOTE_REGION,	/* on-demand-paging regions that were taken */
	SVM_NOTE_REPORTED,	/* of those, whose end was seen */
	SVM_NOTE_FORCED,	/* of those, made on-demand by --force-odp */
	SVM_NOTE_PINNED,	/* registered without IBV_ACCESS_ON_DEMAND */
	SVM_NOTE_PINNED_MAX,	/* size of the largest of these */
	SVM_NOTE_LEFT_OUT,	/* on-demand, but --match or --min-size say no */
	SVM_NOTE_IMPLICIT,	/* the whole address space as one region */
	SVM_NOTE_DMABUF,	/* memory of a dma-buf */
	SVM_NOTE_REFUSED,	/* --force-odp asked for, device or memory unfit */
	SVM_NOTES
};

struct svm_notes {
	_Atomic unsigned long value[SVM_NOTES];
};

/* The notes in file @path, which is made long enough; NULL: not possible. */
struct svm_notes *svm_notes_map(const char *path);

/* In the library; do nothing if there is no file. */
void svm_note(enum svm_note what);
void svm_note_max(enum svm_note what, unsigned long value);

#endif
