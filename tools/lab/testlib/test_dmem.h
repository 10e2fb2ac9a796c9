/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nouveau says about its device memory: the file dmem in debugfs, whose
 * format is described in drivers/gpu/drm/nouveau/nouveau_dmem.c.
 */
#ifndef TEST_DMEM_H
#define TEST_DMEM_H

#include <stdbool.h>

struct test_dmem {
	long long p2p, migrated_to_vram, migrated_to_ram, exports,
		  export_failures, windows_created, windows_reaped, windows_max;
	/* sums over the chunks: */
	long long chunks, allocated, mapped, idle, exported;
};

/* 0 or -errno: -ENOENT when there is no GPU with such a file. */
int test_dmem_read(struct test_dmem *dmem);

/* A failure of the running case when it cannot be read. */
bool test_dmem_get(struct test_dmem *dmem);

/*
 * Waits until no page is allocated and none exported: freeing the memory of a
 * process that died goes on for a moment.  Then a failure unless it is so.
 */
bool test_dmem_expect_empty(const char *what);

#endif
