/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GPU uses regions that are in its memory: its copy engine reads them and,
 * before anybody else can, writes back what it has read.  Content does not change.
 */
#ifndef SVM_TOUCH_H
#define SVM_TOUCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The region that @owner stands for is on @gpu (an index of svm_gpus.h) now.  Does
 * what --gpu-touch says; writes only if @quiet: nobody else can write yet.
 */
void svm_touch_add(const void *owner, int gpu, void *addr, size_t len, bool quiet);

/* No access of the GPU after this returns.  Number of bytes that it has read. */
unsigned long long svm_touch_remove(const void *owner);

/* Around fork(): in the parent, and what remains of it all in the child. */
void svm_touch_hold(void);
void svm_touch_release(void);
void svm_touch_forget(void);

#endif
