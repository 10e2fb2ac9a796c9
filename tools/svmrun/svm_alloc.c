// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A page-aligned buffer shares its last page, and through the allocator's
 * bookkeeping the one behind it, with whatever comes next on the heap.  Round
 * such buffers up and leave a page free.
 * Whose allocator it is does not matter, so versions are not asked for.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "svm_next.h"

static size_t svm_alloc_round(size_t alignment, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (alignment < page || size > SIZE_MAX - 2 * page)
		return size;
	return ((size + page - 1) & -page) + page;
}

SVM_EXPORT void *memalign(size_t alignment, size_t size)
{
	return SVM_NEXT(memalign, NULL)(alignment,
					svm_alloc_round(alignment, size));
}

SVM_EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	return SVM_NEXT(posix_memalign, NULL)(out, alignment,
					svm_alloc_round(alignment, size));
}

SVM_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return SVM_NEXT(aligned_alloc, NULL)(alignment,
					svm_alloc_round(alignment, size));
}
