/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy engine channel in the address space of an SVM client: copies by GPU
 * between addresses of the process.
 */
#ifndef SVM_CHANNEL_H
#define SVM_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

struct svm_channel {
	int gpu;		/* from svm_gpu_open() */
	int id;
	uint32_t bo;		/* push buffer */
	uint32_t *push;
};

int svm_channel_open(struct svm_channel *ch, int gpu);
void svm_channel_close(struct svm_channel *ch);

/*
 * Copy @len bytes, of any alignment, and wait until the GPU is done.
 * Returns 0 or -errno; -ENODEV: the channel was killed, as after an access to
 * an address that is not mapped.
 */
int svm_channel_copy(struct svm_channel *ch, void *dst, const void *src,
		     size_t len);

#endif
