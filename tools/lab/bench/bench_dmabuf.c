// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libbench_dmabuf.so, preloaded into a program of perftest: the memory that it
 * registers becomes a buffer object that nouveau was asked to have in VRAM, and
 * the region one of that buffer's dma-buf (ibv_reg_dmabuf_mr()).  Says on
 * standard error where the buffer is before and after.
 *
 * Source: include/uapi/drm/nouveau_drm.h and drm.h (ioctls); libibverbs' verbs.h
 * (ibv_reg_mr is a macro over two exported functions).
 */
#include <errno.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/nouveau_drm.h>
#include <infiniband/verbs.h>
#undef ibv_reg_mr

#define NODE	"/dev/dri/renderD128"
#define PAGE	4096UL
#define ALIGN	(1 << 17)
#define EXPORT	__attribute__((visibility("default")))

EXPORT struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length,
				       uint64_t iova, unsigned int access);
EXPORT struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length,
				 int access);

struct bo {
	int gpu, fd;		/* the GPU, the dma-buf */
	uint32_t handle;
	uint64_t map;		/* offset for mmap() */
};

static void *fail(const char *what)
{
	fprintf(stderr, "bench_dmabuf: %s: %s\n", what, strerror(errno));
	return NULL;
}

static const char *bo_domain(const struct bo *bo)
{
	struct drm_nouveau_gem_info info = { .handle = bo->handle };

	if (ioctl(bo->gpu, DRM_IOCTL_NOUVEAU_GEM_INFO, &info))
		return "unknown";
	return info.domain == NOUVEAU_GEM_DOMAIN_VRAM ? "VRAM" :
	       info.domain == NOUVEAU_GEM_DOMAIN_GART ? "GART" : "CPU";
}

static bool bo_open(struct bo *bo, size_t len)
{
	struct drm_nouveau_gem_new req = {
		.info.size = len,
		/* With one domain only GEM_INFO would always say that one */
		.info.domain = NOUVEAU_GEM_DOMAIN_VRAM | NOUVEAU_GEM_DOMAIN_GART |
			       NOUVEAU_GEM_DOMAIN_MAPPABLE,
		.align = ALIGN,
	};
	struct drm_prime_handle prime = { .flags = DRM_CLOEXEC | DRM_RDWR };

	bo->gpu = open(NODE, O_RDWR | O_CLOEXEC);
	if (bo->gpu < 0)
		return fail(NODE);
	if (ioctl(bo->gpu, DRM_IOCTL_NOUVEAU_GEM_NEW, &req))
		return fail("GEM_NEW");
	bo->handle = req.info.handle;
	bo->map = req.info.map_handle;
	prime.handle = bo->handle;
	if (ioctl(bo->gpu, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime))
		return fail("PRIME_HANDLE_TO_FD");
	bo->fd = prime.fd;
	return true;
}

/* Closed when the program ends: the region lives as long. */
static struct ibv_mr *reg_dmabuf(struct ibv_pd *pd, void *addr, size_t length,
				 uint64_t iova, unsigned int access)
{
	size_t len = (length + PAGE - 1) & ~(PAGE - 1);
	const char *before;
	struct ibv_mr *mr;
	struct bo bo;

	if (!bo_open(&bo, len))
		return NULL;
	before = bo_domain(&bo);
	mr = ibv_reg_dmabuf_mr(pd, 0, length, iova, bo.fd,
			       access & ~IBV_ACCESS_OPTIONAL_RANGE);
	if (!mr)
		return fail("ibv_reg_dmabuf_mr");
	if (mmap(addr, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, bo.gpu,
		 bo.map) == MAP_FAILED)
		return fail("mmap of the buffer");
	fprintf(stderr, "bench_dmabuf: %zu bytes, created in %s, registered in %s\n",
		length, before, bo_domain(&bo));
	mr->addr = addr;
	return mr;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
	return reg_dmabuf(pd, addr, length, (uintptr_t)addr, access);
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length,
				uint64_t iova, unsigned int access)
{
	return reg_dmabuf(pd, addr, length, iova, access);
}

/* Whole pages, with one behind them, as they are replaced. */
EXPORT void *memalign(size_t alignment, size_t size)
{
	static __typeof__(memalign) *next;

	if (!next)
		next = (__typeof__(memalign) *)dlsym(RTLD_NEXT, "memalign");
	if (alignment >= PAGE)
		size = ((size + PAGE - 1) & ~(PAGE - 1)) + PAGE;
	return next ? next(alignment, size) : NULL;
}
