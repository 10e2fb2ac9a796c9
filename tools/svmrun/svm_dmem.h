/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nouveau says about its device memory: the file dmem in debugfs, whose
 * format is described in the kernel's drivers/gpu/drm/nouveau/nouveau_dmem.c.
 */
#ifndef SVM_DMEM_H
#define SVM_DMEM_H

#include <stdio.h>

struct svm_dmem {
	long long p2p, migrated_to_vram, migrated_to_ram, exports,
		  export_failures, windows_created, windows_reaped, windows_max;
	/* sums over the chunks: */
	long long chunks, pages, allocated, mapped, idle, exported;
};

/* Reads an open file to its end.  What it does not mention is 0. */
void svm_dmem_read(struct svm_dmem *dmem, FILE *file);

#endif
