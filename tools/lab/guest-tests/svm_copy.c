// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lets the GPU's copy engine work on this process's memory by its own
 * addresses (shared virtual memory): pages in RAM, on the GPU, and on both
 * sides; at the end an address where nothing is, which must kill the channel
 * and nothing else.  Needs a GPU whose copy engine faults are replayable.
 *
 * Source: include/uapi/drm/nouveau_drm.h; nouveau's nvhw/class/cl906f.h and
 * cla0b5.h for the methods.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <drm/drm.h>
#include <drm/nouveau_drm.h>

#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"

#define PAGE		4096ul
#define HUGE		(2ul << 20)
#define CE_SUBC		4
#define CE_CLASS	0xc0b5

static const char usage[] =
	"Usage: svm_copy [OPTION]...\n"
	"Copies memory of this process by the GPU and compares every byte.\n"
	"  -g, --gpu PATH    render node (default: /dev/dri/renderD128)\n"
	"  -s, --size KIB    of each buffer (default: 256)\n"
	"  -H, --huge        use 2 MiB pages (size: a multiple of 2048)\n"
	"  -k, --kill        at the end touch an address that is not mapped\n"
	"      --help\n"
	"Exit status 1 on wrong data.\n";

struct copier {
	int fd;
	int channel;
	uint32_t bo;
	uint32_t *push;
};

static int copier_init(struct copier *c, int fd)
{
	struct drm_nouveau_channel_alloc chan = {
		.fb_ctxdma_handle = ~0u,
		.tt_ctxdma_handle = NOUVEAU_FIFO_ENGINE_CE,
	};
	struct drm_nouveau_gem_new bo = {
		.info = { .size = PAGE, .domain = NOUVEAU_GEM_DOMAIN_GART |
						  NOUVEAU_GEM_DOMAIN_MAPPABLE },
		.align = PAGE,
	};

	c->fd = fd;
	if (ioctl(fd, DRM_IOCTL_NOUVEAU_CHANNEL_ALLOC, &chan))
		return -errno;
	c->channel = chan.channel;
	if (ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_NEW, &bo))
		return -errno;
	c->bo = bo.info.handle;
	c->push = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       bo.info.map_handle);
	return c->push == MAP_FAILED ? -errno : 0;
}

static int copier_submit(struct copier *c, size_t dwords)
{
	struct drm_nouveau_gem_pushbuf_bo bo = {
		.handle = c->bo, .read_domains = NOUVEAU_GEM_DOMAIN_GART,
		.valid_domains = NOUVEAU_GEM_DOMAIN_GART,
	};
	struct drm_nouveau_gem_pushbuf_push push = { .length = dwords * 4 };
	struct drm_nouveau_gem_pushbuf req = {
		.channel = c->channel,
		.nr_buffers = 1, .buffers = (uintptr_t)&bo,
		.nr_push = 1, .push = (uintptr_t)&push,
		.vram_available = NOUVEAU_GEM_PUSHBUF_SYNC,
	};

	return ioctl(c->fd, DRM_IOCTL_NOUVEAU_GEM_PUSHBUF, &req) ? -errno : 0;
}

static uint32_t method(uint32_t mthd, uint32_t count)
{
	return 1u << 29 | count << 16 | CE_SUBC << 13 | mthd >> 2;
}

/* Lines of 4 KiB, virtual addresses on both sides, and wait for the end. */
static int copier_copy(struct copier *c, const void *src, void *dst, size_t len)
{
	uint64_t in = (uintptr_t)src, out = (uintptr_t)dst;
	uint32_t *p = c->push;

	*p++ = method(0, 1);
	*p++ = CE_CLASS;
	*p++ = method(0x400, 8);
	*p++ = in >> 32;
	*p++ = in;
	*p++ = out >> 32;
	*p++ = out;
	*p++ = PAGE;
	*p++ = PAGE;
	*p++ = PAGE;
	*p++ = len / PAGE;
	*p++ = method(0x300, 1);
	*p++ = 0x386;		/* multi-line, pitch, flush, non-pipelined */
	return copier_submit(c, p - c->push);
}

static void *map(size_t len, bool huge)
{
	char *p = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	p = (char *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
	madvise(p, len, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return p;
}

static size_t bad_words(const void *buf, size_t len, uint64_t seed)
{
	const uint64_t *p = buf;
	size_t i, bad = 0;

	for (i = 0; i < len / 8; i++) {
		if (p[i] == svm_pattern_word(seed, i))
			continue;
		if (!bad++)
			printf("# at offset %#zx expected %016lx, found %016lx\n",
			       i * 8, svm_pattern_word(seed, i), p[i]);
	}
	return bad;
}

/* Source and destination each in RAM or on the GPU. */
static bool one_copy(struct copier *c, void *src, void *dst, size_t len,
		     unsigned int where, uint64_t seed)
{
	long src_dev, dst_dev;
	size_t bad;
	int ret;

	svm_pattern_fill(src, len, seed);
	memset(dst, 0xee, len);
	if (where & 1)
		svm_gpu_migrate(c->fd, src, len);
	if (where & 2)
		svm_gpu_migrate(c->fd, dst, len);
	src_dev = svm_pagemap_count_device(src, len / PAGE);
	dst_dev = svm_pagemap_count_device(dst, len / PAGE);
	ret = copier_copy(c, src, dst, len);
	bad = ret ? 0 : bad_words(dst, len, seed) + bad_words(src, len, seed);
	printf("%ld of %zu source pages, %ld destination pages on the GPU: %s, %zu bad words\n",
	       src_dev, len / PAGE, dst_dev, ret ? strerror(-ret) : "copied",
	       bad);
	fflush(stdout);
	return !ret && !bad && (src_dev != 0) == (where & 1) &&
	       (dst_dev != 0) == (where >> 1);
}

static bool kill_channel(struct copier *c, void *dst)
{
	void *hole = map(PAGE, false);
	int ret;

	munmap(hole, PAGE);
	ret = copier_copy(c, hole, dst, PAGE);
	printf("unmapped source: %s\n", strerror(-ret));
	return ret == -ENODEV;
}

static bool run(int gpu, size_t len, bool huge, bool kill)
{
	void *src = map(len, huge), *dst = map(len, huge);
	struct copier c;
	unsigned int where;
	bool ok = true;
	int ret = copier_init(&c, gpu);

	if (ret) {
		fprintf(stderr, "svm_copy: no channel: %s\n", strerror(-ret));
		return false;
	}
	for (where = 0; where < 8; where++)
		ok = one_copy(&c, src, dst, len, where & 3, where + 1) && ok;
	if (kill)
		ok = kill_channel(&c, dst) && ok;
	return ok;
}

int main(int argc, char **argv)
{
	static const struct option opts[] = {
		{ "gpu", 1, NULL, 'g' }, { "size", 1, NULL, 's' },
		{ "huge", 0, NULL, 'H' }, { "kill", 0, NULL, 'k' },
		{ "help", 0, NULL, 'h' }, { },
	};
	const char *path = "/dev/dri/renderD128";
	bool huge = false, kill = false, ok;
	size_t len = 256 << 10;
	int opt, gpu;

	while ((opt = getopt_long(argc, argv, "g:s:Hk", opts, NULL)) != -1) {
		if (opt == 'g') {
			path = optarg;
		} else if (opt == 's') {
			len = strtoul(optarg, NULL, 0) << 10;
		} else if (opt == 'H') {
			huge = true;
		} else if (opt == 'k') {
			kill = true;
		} else {
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	if (!len || len % (huge ? HUGE : PAGE)) {
		fputs("svm_copy: --size is not a multiple of the page size\n",
		      stderr);
		return 2;
	}
	gpu = svm_gpu_open(path);
	if (gpu < 0) {
		fprintf(stderr, "svm_copy: %s: %s\n", path, strerror(-gpu));
		return 2;
	}
	ok = run(gpu, len, huge, kill);
	printf("svm_copy: %s\n", ok ? "pass" : "FAIL");
	return !ok;
}
