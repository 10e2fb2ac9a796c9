// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "gpu_place.h"
#include "tap.h"

static size_t gpu_place_unit(const struct test_buffer *buf)
{
	return buf->huge ? TEST_HUGE : TEST_PAGE;
}

bool gpu_place_arrange(int gpu, const struct test_buffer *buf,
		       enum gpu_place place)
{
	size_t unit = gpu_place_unit(buf), off;

	if (place == PLACE_GPU)
		return test_buffer_to_gpu(gpu, buf, 0, buf->len);
	if (place == PLACE_MIXED)
		for (off = unit; off < buf->len; off += 2 * unit)
			if (!test_buffer_to_gpu(gpu, buf, off, unit))
				return false;
	return true;
}

struct svm_page *gpu_place_note(const struct test_buffer *buf)
{
	size_t count = buf->len / TEST_PAGE;
	struct svm_page *pages = calloc(count, sizeof(*pages));
	int ret;

	if (!tap_check(pages, "no memory"))
		return NULL;
	ret = svm_pagemap_read(buf->addr, count, pages);
	if (tap_check(!ret, "pagemap: %s", strerror(-ret)))
		return pages;
	free(pages);
	return NULL;
}

bool gpu_place_any(const struct svm_page *pages, size_t off, size_t len)
{
	size_t i;

	for (i = off / TEST_PAGE; i * TEST_PAGE < off + len; i++)
		if (pages[i].device)
			return true;
	return false;
}

bool gpu_place_compare(const struct test_buffer *buf,
		       const struct svm_page *before, bool moved, size_t off,
		       size_t len, const char *what)
{
	size_t unit = gpu_place_unit(buf), i, at;
	size_t first = off / unit * unit;
	size_t end = (off + len + unit - 1) / unit * unit;
	struct svm_page *now = gpu_place_note(buf);
	bool expected, same = true;

	if (!now)
		return false;
	for (i = 0; i < buf->len / TEST_PAGE; i++) {
		at = i * TEST_PAGE;
		expected = before[i].device && !(moved && at >= first && at < end);
		same &= tap_check(now[i].device == expected,
				  "%s: page %zu: expected %s, found %s", what, i,
				  expected ? "on the GPU" : "in RAM",
				  now[i].device ? "on the GPU" : "in RAM");
	}
	free(now);
	return same;
}
