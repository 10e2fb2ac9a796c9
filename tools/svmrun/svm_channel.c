// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source: include/uapi/drm/nouveau_drm.h (ioctls); NVIDIA's published class
 * documentation of the Pascal copy engine, class c0b5, and of host methods.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/nouveau_drm.h>

#include "svm_channel.h"

#define PUSH_SIZE	4096
/*
 * Each page may be a page fault, and nouveau waits 15 s for a submission, by
 * polling on a CPU that may be the one which has to handle those faults: some
 * 15 ms each.  So submissions are small.
 */
#define PART		(64 * 4096)
#define LINE		4096

#define SUBCHANNEL	4
#define PASCAL_DMA_COPY_A	0xc0b5
#define SET_OBJECT	0x0000
#define LAUNCH_DMA	0x0300
#define OFFSET_IN_UPPER	0x0400	/* then lower, out upper, out lower, pitches,
				 * line length, line count */
#define LAUNCH_NON_PIPELINED	2
#define LAUNCH_FLUSH	(1 << 2)
#define LAUNCH_SRC_PITCH	(1 << 7)
#define LAUNCH_DST_PITCH	(1 << 8)
#define LAUNCH_MULTI_LINE	(1 << 9)

/* Header of @count words for consecutive methods. */
static uint32_t svm_channel_header(uint32_t method, uint32_t count)
{
	return 1U << 29 | count << 16 | SUBCHANNEL << 13 | method >> 2;
}

static int svm_channel_alloc(struct svm_channel *ch)
{
	struct drm_nouveau_channel_alloc req = {
		.fb_ctxdma_handle = ~0U,
		.tt_ctxdma_handle = NOUVEAU_FIFO_ENGINE_CE,
	};

	if (ioctl(ch->gpu, DRM_IOCTL_NOUVEAU_CHANNEL_ALLOC, &req))
		return -errno;
	ch->id = req.channel;
	return 0;
}

static int svm_channel_alloc_push(struct svm_channel *ch)
{
	struct drm_nouveau_gem_new req = {
		.info.size = PUSH_SIZE,
		.info.domain = NOUVEAU_GEM_DOMAIN_GART |
			       NOUVEAU_GEM_DOMAIN_MAPPABLE,
		.align = PUSH_SIZE,
	};
	struct drm_gem_close gem = { };
	int ret;

	if (ioctl(ch->gpu, DRM_IOCTL_NOUVEAU_GEM_NEW, &req))
		return -errno;
	ch->bo = req.info.handle;
	ch->push = mmap(NULL, PUSH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			ch->gpu, req.info.map_handle);
	if (ch->push != MAP_FAILED)
		return 0;
	ret = -errno;
	gem.handle = ch->bo;
	ioctl(ch->gpu, DRM_IOCTL_GEM_CLOSE, &gem);
	return ret;
}

static int svm_channel_submit(struct svm_channel *ch, unsigned int words)
{
	struct drm_nouveau_gem_pushbuf_bo bo = {
		.handle = ch->bo,
		.read_domains = NOUVEAU_GEM_DOMAIN_GART,
		.valid_domains = NOUVEAU_GEM_DOMAIN_GART,
	};
	struct drm_nouveau_gem_pushbuf_push push = { .length = words * 4 };
	struct drm_nouveau_gem_pushbuf req = {
		.channel = ch->id,
		.nr_buffers = 1,
		.buffers = (uintptr_t)&bo,
		.nr_push = 1,
		.push = (uintptr_t)&push,
		.vram_available = NOUVEAU_GEM_PUSHBUF_SYNC,
	};

	if (ioctl(ch->gpu, DRM_IOCTL_NOUVEAU_GEM_PUSHBUF, &req))
		return -errno;
	return 0;
}

static int svm_channel_copy_part(struct svm_channel *ch, uint64_t out,
				 uint64_t in, size_t len)
{
	uint32_t *p = ch->push, line = len < LINE ? len : LINE;

	*p++ = svm_channel_header(SET_OBJECT, 1);
	*p++ = PASCAL_DMA_COPY_A;
	*p++ = svm_channel_header(OFFSET_IN_UPPER, 8);
	*p++ = in >> 32;
	*p++ = in;
	*p++ = out >> 32;
	*p++ = out;
	*p++ = line;
	*p++ = line;
	*p++ = line;
	*p++ = len / line;
	*p++ = svm_channel_header(LAUNCH_DMA, 1);
	*p++ = LAUNCH_NON_PIPELINED | LAUNCH_FLUSH | LAUNCH_SRC_PITCH |
	       LAUNCH_DST_PITCH | LAUNCH_MULTI_LINE;
	return svm_channel_submit(ch, p - ch->push);
}

int svm_channel_copy(struct svm_channel *ch, void *dst, const void *src,
		     size_t len)
{
	size_t off, part;
	int ret = 0;

	for (off = 0; off < len && !ret; off += part) {
		part = len - off < PART ? len - off : PART;
		if (part > LINE)
			part -= part % LINE;
		ret = svm_channel_copy_part(ch, (uintptr_t)dst + off,
					    (uintptr_t)src + off, part);
	}
	return ret;
}

int svm_channel_open(struct svm_channel *ch, int gpu)
{
	struct drm_nouveau_channel_free req = { };
	int ret;

	*ch = (struct svm_channel){ .gpu = gpu };
	ret = svm_channel_alloc(ch);
	if (ret)
		return ret;
	ret = svm_channel_alloc_push(ch);
	if (!ret)
		return 0;
	req.channel = ch->id;
	ioctl(gpu, DRM_IOCTL_NOUVEAU_CHANNEL_FREE, &req);
	return ret;
}

void svm_channel_close(struct svm_channel *ch)
{
	struct drm_nouveau_channel_free req = { .channel = ch->id };
	struct drm_gem_close gem = { .handle = ch->bo };

	munmap(ch->push, PUSH_SIZE);
	ioctl(ch->gpu, DRM_IOCTL_GEM_CLOSE, &gem);
	ioctl(ch->gpu, DRM_IOCTL_NOUVEAU_CHANNEL_FREE, &req);
}
