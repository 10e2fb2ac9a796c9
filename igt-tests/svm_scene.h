/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a TAP test of the GPU's page tables needs: an SVM client, a copy engine
 * channel, the memory under test and as much that the GPU copies it to or from.
 */
#ifndef SVM_SCENE_H
#define SVM_SCENE_H

#include "svm_channel.h"
#include "test_buffer.h"

struct svm_scene {
	int gpu;
	struct svm_channel ch;
	struct test_buffer mem, other;
};

/*
 * @len bytes each, in 2 MiB pages if @huge, not touched.  Failures are those of
 * the running case; then there is nothing to close.
 */
bool svm_scene_open(struct svm_scene *s, const char *node, size_t len, bool huge);
void svm_scene_close(struct svm_scene *s);

/* Client and memory under test only, for what the CPU can see. */
bool svm_scene_open_memory(struct svm_scene *s, const char *node, size_t len, bool huge);
void svm_scene_close_memory(struct svm_scene *s);

/* The GPU copies the memory under test to the other.  A failure unless it can. */
bool svm_scene_copy(struct svm_scene *s);

#endif
