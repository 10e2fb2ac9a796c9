/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory regions that the program registered for on-demand paging, from
 * registration to report.  All functions may be called from any thread.
 */
#ifndef SVM_REGION_H
#define SVM_REGION_H

#include <stddef.h>

/* @mr is the verbs object, only compared. */
void svm_region_add(const void *mr, void *addr, size_t len);

/* Move what is registered and was not moved before. */
void svm_region_move_all(void);

/* @mr is about to be deregistered: look where it is and report. */
void svm_region_finish(const void *mr);

/* The same for all that are left; at exit. */
void svm_region_finish_all(void);

#endif
