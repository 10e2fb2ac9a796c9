// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "svm_scene.h"
#include "tap.h"

bool svm_scene_open(struct svm_scene *s, const char *node, size_t len, bool huge)
{
	int ret;

	memset(s, 0, sizeof(*s));
	s->gpu = svm_gpu_open(node);
	if (!tap_check(s->gpu >= 0, "%s: %s", node, strerror(-s->gpu)))
		return false;
	ret = svm_channel_open(&s->ch, s->gpu);
	if (!tap_check(!ret, "copy engine channel: %s", strerror(-ret))) {
		close(s->gpu);
		return false;
	}
	ret = test_buffer_alloc(&s->mem, len, huge);
	if (!ret)
		ret = test_buffer_alloc(&s->other, len, huge);
	if (tap_check(!ret, "memory: %s", strerror(-ret)))
		return true;
	svm_scene_close(s);
	return false;
}

void svm_scene_close(struct svm_scene *s)
{
	svm_channel_close(&s->ch);
	test_buffer_free(&s->mem);
	test_buffer_free(&s->other);
	close(s->gpu);
}

bool svm_scene_copy(struct svm_scene *s)
{
	int ret = svm_channel_copy(&s->ch, s->other.addr, s->mem.addr, s->mem.len);

	return tap_check(!ret, "copy by the GPU: %s", strerror(-ret));
}
