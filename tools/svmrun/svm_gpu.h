/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving memory of this process to a GPU by nouveau's SVM interface
 * (include/uapi/drm/nouveau_drm.h).
 */
#ifndef SVM_GPU_H
#define SVM_GPU_H

#include <stddef.h>

/*
 * Open @path and enable SVM for this process.  Returns a file descriptor or
 * -errno: -ENODEV not a nouveau GPU, -ENOSYS a nouveau without SVM, others
 * from open() and the ioctl.
 */
int svm_gpu_open(const char *path);

/*
 * Migrate the whole pages [@addr, @addr + @len) to GPU memory, as far as the
 * driver likes to.  The ioctl does not tell how far: look at pagemap.
 * Returns 0 or -errno.
 */
int svm_gpu_migrate(int gpu, const void *addr, size_t len);

#endif
