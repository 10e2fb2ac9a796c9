/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of memory a region is in: only private anonymous memory migrates. */
#ifndef SVM_MEMORY_H
#define SVM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Why [@addr, @addr + @len) cannot migrate, in words; NULL: it can. */
const char *svm_memory_obstacle(const void *addr, size_t len);

/* Is all of it still mapped?  @addr is page-aligned. */
bool svm_memory_mapped(void *addr, size_t len);

#endif
