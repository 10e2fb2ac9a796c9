/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages of a buffer are on the GPU: arrange it, note it, compare. */
#ifndef GPU_PLACE_H
#define GPU_PLACE_H

#include "svm_pagemap.h"
#include "test_buffer.h"

enum gpu_place {
	PLACE_RAM,
	PLACE_GPU,
	PLACE_MIXED,	/* every other page, small or huge, from the second on */
};

/* Moves pages of @buf, which is in RAM.  Failures: of the running case. */
bool gpu_place_arrange(int gpu, const struct test_buffer *buf,
		       enum gpu_place place);

/* State of all 4 KiB pages of @buf, to be freed; NULL after a failure. */
struct svm_page *gpu_place_note(const struct test_buffer *buf);

/* Whether a page of the range was on the GPU. */
bool gpu_place_any(const struct svm_page *pages, size_t off, size_t len);

/*
 * Compares with @before.  @moved: the pages of the range [@off, @off + @len)
 * (and all of a huge page of which a part is in the range) must now be in
 * RAM; everything else where it was.
 */
bool gpu_place_compare(const struct test_buffer *buf,
		       const struct svm_page *before, bool moved, size_t off,
		       size_t len, const char *what);

#endif
