/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory regions that the program registered for on-demand paging, from
 * registration to report.  All functions may be called from any thread.
 */
#ifndef SVM_REGION_H
#define SVM_REGION_H

#include <stdbool.h>
#include <stddef.h>

/* @mr is the verbs object, only compared.  Moves the region if that is due. */
void svm_region_add(const void *mr, void *addr, size_t len, bool forced);

/* A queue pair becomes ready to receive: move what was not moved before. */
void svm_region_queue_pair_ready(void);

/* Move all regions, also those that were moved before; how many there are. */
int svm_region_move_all(void);

/* @mr is about to be deregistered: look where it is and report.  False: not ours. */
bool svm_region_finish(const void *mr);

/* The same for those that have memory in what is going to be unmapped. */
void svm_region_unmapped(const void *addr, size_t len);

/* The same for all that are left; at exit. */
void svm_region_finish_all(void);

#endif
