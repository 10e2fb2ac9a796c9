/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nouveau's file dmem, of the first GPU that has one. */
#ifndef TEST_DMEM_H
#define TEST_DMEM_H

#include <stdbool.h>

#include "svm_dmem.h"

/* 0 or -errno: -ENOENT when there is no GPU with such a file. */
int test_dmem_read(struct svm_dmem *dmem);

/* A failure of the running case when it cannot be read. */
bool test_dmem_get(struct svm_dmem *dmem);

/*
 * Waits until no page is allocated and none exported: freeing the memory of a
 * process that died goes on for a moment.  Then a failure unless it is so.
 */
bool test_dmem_expect_empty(const char *what);

#endif
