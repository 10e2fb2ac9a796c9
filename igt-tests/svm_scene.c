// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "svm_scene.h"
#include "tap.h"

bool svm_scene_open_memory(struct svm_scene *s, const char *node, size_t len, bool huge)
{
	int ret;

	memset(s, 0, sizeof(*s));
	s->gpu = svm_gpu_open(node);
	if (!tap_check(s->gpu >= 0, "%s: %s", node, strerror(-s->gpu)))
		return false;
	ret = test_buffer_alloc(&s->mem, len, huge);
	if (tap_check(!ret, "memory: %s", strerror(-ret)))
		return true;
	close(s->gpu);
	return false;
}

void svm_scene_close_memory(struct svm_scene *s)
{
	test_buffer_free(&s->mem);
	close(s->gpu);
}

bool svm_scene_open(struct svm_scene *s, const char *node, size_t len, bool huge)
{
	int ret;

	if (!svm_scene_open_memory(s, node, len, huge))
		return false;
	ret = svm_channel_open(&s->ch, s->gpu);
	if (!tap_check(!ret, "copy engine channel: %s", strerror(-ret)))
		goto close_memory;
	ret = test_buffer_alloc(&s->other, len, huge);
	if (tap_check(!ret, "memory: %s", strerror(-ret)))
		return true;
	svm_channel_close(&s->ch);
close_memory:
	svm_scene_close_memory(s);
	return false;
}

void svm_scene_close(struct svm_scene *s)
{
	svm_channel_close(&s->ch);
	test_buffer_free(&s->other);
	svm_scene_close_memory(s);
}

bool svm_scene_copy(struct svm_scene *s)
{
	int ret = svm_channel_copy(&s->ch, s->other.addr, s->mem.addr, s->mem.len);

	return tap_check(!ret, "copy by the GPU: %s", strerror(-ret));
}
