/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GPUs of this process, opened when the first region moves to one.  Not
 * locked: the caller is.
 */
#ifndef SVM_GPUS_H
#define SVM_GPUS_H

#include <stddef.h>

/* The GPU for a region of @len bytes, or -1: none can be used. */
int svm_gpus_pick(size_t len);

int svm_gpus_fd(int gpu);
const char *svm_gpus_name(int gpu);

/* In a child process, to which SVM clients of the parent are of no use. */
void svm_gpus_forget(void);

#endif
