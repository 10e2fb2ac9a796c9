// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source: include/uapi/drm/nouveau_drm.h (ioctls and header fields).  The
 * "unmanaged" range is where nouveau puts its own buffers of this client; its
 * host engine addresses are 40 bits wide, so the range lies below 1 TiB.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/nouveau_drm.h>

#include "svm_gpu.h"

#define SVM_UNMANAGED_FIRST	0x4000000000ULL
#define SVM_UNMANAGED_LAST	0xf000000000ULL
#define SVM_UNMANAGED_SIZE	(1ULL << 30)

static int svm_gpu_check_driver(int fd)
{
	char name[16] = "";
	struct drm_version v = { .name = name, .name_len = sizeof(name) - 1 };

	if (ioctl(fd, DRM_IOCTL_VERSION, &v))
		return -ENODEV;
	return strcmp(name, "nouveau") ? -ENODEV : 0;
}

/* Address space for the driver; nothing of the process may be there. */
static void *svm_gpu_reserve(void)
{
	uint64_t at;
	void *p;

	for (at = SVM_UNMANAGED_FIRST; at < SVM_UNMANAGED_LAST;
	     at += SVM_UNMANAGED_SIZE) {
		p = mmap((void *)(uintptr_t)at, SVM_UNMANAGED_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			 MAP_FIXED_NOREPLACE, -1, 0);
		if (p == (void *)(uintptr_t)at)
			return p;
		if (p != MAP_FAILED)
			munmap(p, SVM_UNMANAGED_SIZE);
	}
	return NULL;
}

int svm_gpu_open(const char *path)
{
	struct drm_nouveau_svm_init init = { .unmanaged_size = SVM_UNMANAGED_SIZE };
	void *unmanaged;
	int fd, ret;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = svm_gpu_check_driver(fd);
	if (ret)
		goto err_close;
	unmanaged = svm_gpu_reserve();
	if (!unmanaged) {
		ret = -ENOMEM;
		goto err_close;
	}
	init.unmanaged_addr = (uintptr_t)unmanaged;
	if (ioctl(fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &init)) {
		ret = -errno;
		goto err_unmap;
	}
	return fd;

err_unmap:
	munmap(unmanaged, SVM_UNMANAGED_SIZE);
err_close:
	close(fd);
	return ret;
}

int svm_gpu_migrate(int gpu, const void *addr, size_t len)
{
	struct drm_nouveau_svm_bind bind = {
		.header = ((uint64_t)NOUVEAU_SVM_BIND_COMMAND__MIGRATE <<
			   NOUVEAU_SVM_BIND_COMMAND_SHIFT) |
			  ((uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM <<
			   NOUVEAU_SVM_BIND_TARGET_SHIFT),
		.va_start = (uintptr_t)addr,
		.va_end = (uintptr_t)addr + len,
		.npages = len / sysconf(_SC_PAGESIZE),
	};

	if (ioctl(gpu, DRM_IOCTL_NOUVEAU_SVM_BIND, &bind))
		return -errno;
	return 0;
}
