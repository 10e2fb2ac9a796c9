// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/nouveau_drm.h>

#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"
#include "tap.h"

#include "ns_stage.h"

#define FIRST_MINOR	128
#define LAST_MINOR	143

static struct ns_stage ns_first;
static bool ns_first_open;

static bool ns_stage_is_nouveau(const char *path)
{
	char name[16] = "";
	struct drm_version v = { .name = name, .name_len = sizeof(name) - 1 };
	int fd = open(path, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return false;
	ret = ioctl(fd, DRM_IOCTL_VERSION, &v);
	close(fd);
	return !ret && !strcmp(name, "nouveau");
}

const char *ns_stage_node(unsigned int n)
{
	static char path[32];
	int minor;

	for (minor = FIRST_MINOR; minor <= LAST_MINOR; minor++) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%d", minor);
		if (ns_stage_is_nouveau(path) && !n--)
			return path;
	}
	return NULL;
}

/* The pad is faulted in by the GPU, so that only the memory under test faults. */
static bool ns_stage_pad(struct ns_stage *s)
{
	int ret = test_buffer_alloc(&s->pad, NS_PAD_LEN, true);

	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return false;
	memset(s->pad.addr, 0x55, NS_PAD_LEN);
	ret = svm_channel_copy(&s->ch, s->pad.addr + TEST_HUGE, s->pad.addr,
			       TEST_HUGE);
	if (tap_check(!ret, "copy by the GPU: %s", strerror(-ret)))
		return true;
	test_buffer_free(&s->pad);
	return false;
}

bool ns_stage_open(struct ns_stage *s, const char *node)
{
	int ret;

	memset(s, 0, sizeof(*s));
	if (!tap_check(node, "there is no GPU"))
		return false;
	s->gpu = svm_gpu_open(node);
	if (!tap_check(s->gpu >= 0, "%s: %s", node, strerror(-s->gpu)))
		return false;
	ret = svm_channel_open(&s->ch, s->gpu);
	if (!tap_check(!ret, "copy engine channel: %s", strerror(-ret)))
		goto err_gpu;
	if (ns_stage_pad(s))
		return true;
	svm_channel_close(&s->ch);
err_gpu:
	close(s->gpu);
	return false;
}

void ns_stage_close(struct ns_stage *s)
{
	svm_channel_close(&s->ch);
	test_buffer_free(&s->pad);
	close(s->gpu);
}

struct ns_stage *ns_stage(void)
{
	if (ns_first.dead)
		ns_stage_drop();
	if (!ns_first_open)
		ns_first_open = ns_stage_open(&ns_first, ns_stage_node(0));
	return ns_first_open ? &ns_first : NULL;
}

void ns_stage_drop(void)
{
	if (ns_first_open)
		ns_stage_close(&ns_first);
	ns_first_open = ns_first.dead = false;
}

void ns_fill(void *p, size_t len, uint64_t seed, size_t pos)
{
	uint8_t *byte = p;
	uint64_t word;

	while (len && pos % 8) {
		*byte++ = svm_pattern_word(seed, pos / 8) >> (pos % 8 * 8);
		pos++;
		len--;
	}
	for (; len >= 8; len -= 8, pos += 8, byte += 8) {
		word = svm_pattern_word(seed, pos / 8);
		memcpy(byte, &word, 8);
	}
	word = svm_pattern_word(seed, pos / 8);
	memcpy(byte, &word, len);
}

bool ns_expect(const void *p, size_t len, uint64_t seed, size_t pos,
	       const char *what)
{
	const struct test_buffer buf = { .addr = (uint8_t *)p, .len = len };

	return test_buffer_expect_at(&buf, 0, len, seed, pos, what);
}

bool ns_expect_zero(const void *p, size_t len, const char *what)
{
	const uint8_t *byte = p;
	size_t i;

	for (i = 0; i < len && !byte[i]; i++)
		;
	return tap_check(i == len, "%s: expected zeros, found %02x at offset %#zx",
			 what, i < len ? byte[i] : 0, i);
}

static bool ns_gpu_copy(struct ns_stage *s, void *dst, const void *src, size_t len,
			const char *what)
{
	int ret = svm_channel_copy(&s->ch, dst, src, len);

	s->dead |= ret;
	return tap_check(!ret, "%s: copy by the GPU: %s", what, strerror(-ret));
}

/* Copies to the pad, which held something else. */
static bool ns_gpu_fetch(struct ns_stage *s, const void *p, size_t len,
			 const char *what)
{
	memset(s->pad.addr, 0xa7, len);
	return ns_gpu_copy(s, s->pad.addr, p, len, what);
}

bool ns_gpu_read(struct ns_stage *s, const void *p, size_t len, uint64_t seed,
		 size_t pos, const char *what)
{
	return ns_gpu_fetch(s, p, len, what) &&
	       ns_expect(s->pad.addr, len, seed, pos, what);
}

bool ns_gpu_read_zero(struct ns_stage *s, const void *p, size_t len,
		      const char *what)
{
	return ns_gpu_fetch(s, p, len, what) &&
	       ns_expect_zero(s->pad.addr, len, what);
}

bool ns_gpu_write(struct ns_stage *s, void *p, size_t len, uint64_t seed,
		  size_t pos, const char *what)
{
	ns_fill(s->pad.addr, len, seed, pos);
	return ns_gpu_copy(s, p, s->pad.addr, len, what);
}

static bool ns_gpu_killed(struct ns_stage *s, void *dst, const void *src,
			  const char *what)
{
	struct svm_channel victim;
	int ret = svm_channel_open(&victim, s->gpu);

	if (!tap_check(!ret, "second channel: %s", strerror(-ret)))
		return false;
	ns_fill(s->pad.addr, TEST_PAGE, 98, 0);
	ret = svm_channel_copy(&victim, dst, src, TEST_PAGE);
	svm_channel_close(&victim);
	if (!tap_equal(ret, -ENODEV, "%s", what))
		return false;
	return ns_gpu_copy(s, s->pad.addr + TEST_HUGE, s->pad.addr, TEST_PAGE, what) &&
	       ns_expect(s->pad.addr + TEST_HUGE, TEST_PAGE, 98, 0,
			 "copy by another channel");
}

bool ns_gpu_read_killed(struct ns_stage *s, const void *p, const char *what)
{
	return ns_gpu_killed(s, s->pad.addr, p, what) &&
	       ns_expect(s->pad.addr, TEST_PAGE, 98, 0, "the pad");
}

bool ns_gpu_write_killed(struct ns_stage *s, void *p, const char *what)
{
	return ns_gpu_killed(s, p, s->pad.addr, what);
}

long ns_bind(int gpu, const void *p, size_t len)
{
	struct drm_nouveau_svm_bind bind = {
		.header = (uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM <<
			  NOUVEAU_SVM_BIND_TARGET_SHIFT,
		.va_start = (uintptr_t)p,
		.va_end = (uintptr_t)p + len,
		.npages = len / TEST_PAGE,
		.result = ~0ULL,
	};

	if (ioctl(gpu, DRM_IOCTL_NOUVEAU_SVM_BIND, &bind))
		return -errno;
	return bind.result;
}

void ns_bind_some(int gpu, const void *p, size_t len)
{
	long ret = ns_bind(gpu, p, len);

	tap_check(ret >= 0, "SVM_BIND: %s", strerror(-ret));
}

bool ns_expect_pages(const void *p, size_t len, long pages, const char *what)
{
	long found = svm_pagemap_count_device(p, len / TEST_PAGE);

	return tap_equal(found, pages, "%s: pages on the GPU", what);
}

bool ns_bind_expect(int gpu, const void *p, size_t len, long moved, long pages,
		    const char *what)
{
	return tap_equal(ns_bind(gpu, p, len), moved, "%s: result of SVM_BIND",
			 what) &&
	       ns_expect_pages(p, len, pages, what);
}

bool ns_to_gpu(struct ns_stage *s, const void *p, size_t len)
{
	const struct test_buffer buf = { .addr = (uint8_t *)p, .len = len };

	return test_buffer_to_gpu(s->gpu, &buf, 0, len);
}
