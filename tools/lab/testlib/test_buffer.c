// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"

#include "tap.h"
#include "test_buffer.h"

#define MIGRATE_TRIES	10

/* @len bytes; @before bytes into them the address is a multiple of @border. */
static int test_buffer_map(struct test_buffer *buf, size_t border, size_t before,
			   size_t len, bool huge)
{
	size_t span = len + border;
	uint8_t *start, *p;
	uintptr_t at;
	int ret;

	start = mmap(NULL, span, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return -errno;
	at = ((uintptr_t)start + before + border - 1) & ~(border - 1);
	p = (uint8_t *)(at - before);
	if (p != start)
		munmap(start, p - start);
	if (start + span != p + len)
		munmap(p + len, start + span - (p + len));
	if (madvise(p, len, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)) {
		ret = -errno;
		munmap(p, len);
		return ret;
	}
	*buf = (struct test_buffer){ .addr = p, .len = len, .huge = huge };
	return 0;
}

int test_buffer_alloc(struct test_buffer *buf, size_t len, bool huge)
{
	return test_buffer_map(buf, TEST_HUGE, 0, len, huge);
}

int test_buffer_alloc_across(struct test_buffer *buf, size_t border, size_t len,
			     bool huge)
{
	return test_buffer_map(buf, border, len / 2, len, huge);
}

void test_buffer_free(struct test_buffer *buf)
{
	if (buf->addr)
		munmap(buf->addr, buf->len);
	buf->addr = NULL;
}

void test_buffer_fill(struct test_buffer *buf, size_t off, size_t len,
		      uint64_t seed)
{
	uint64_t *p = (uint64_t *)buf->addr;
	size_t i;

	for (i = off / 8; i < (off + len) / 8; i++)
		p[i] = svm_pattern_word(seed, i);
}

static uint8_t test_pattern_byte(uint64_t seed, size_t pos)
{
	return svm_pattern_word(seed, pos / 8) >> (pos % 8 * 8);
}

/* Length of the right content at the start of the range. */
static size_t test_buffer_match(const uint8_t *p, size_t len, uint64_t seed,
				size_t pos)
{
	size_t i = 0;
	uint64_t word;

	if ((uintptr_t)p % 8 == 0 && pos % 8 == 0) {
		for (; i + 8 <= len; i += 8) {
			memcpy(&word, p + i, 8);
			if (word != svm_pattern_word(seed, (pos + i) / 8))
				break;
		}
	}
	while (i < len && p[i] == test_pattern_byte(seed, pos + i))
		i++;
	return i;
}

static size_t test_buffer_count_wrong(const uint8_t *p, size_t len,
				      uint64_t seed, size_t pos)
{
	size_t i = 0, wrong = 0;

	while (i < len) {
		i += test_buffer_match(p + i, len - i, seed, pos + i);
		while (i < len && p[i] != test_pattern_byte(seed, pos + i)) {
			wrong++;
			i++;
		}
	}
	return wrong;
}

bool test_buffer_expect_at(const struct test_buffer *buf, size_t off,
			   size_t len, uint64_t seed, size_t pattern_off,
			   const char *what)
{
	const uint8_t *p = buf->addr + off;
	size_t first, wrong;

	first = test_buffer_match(p, len, seed, pattern_off);
	if (first == len)
		return true;
	wrong = test_buffer_count_wrong(p, len, seed, pattern_off);
	return tap_check(false,
			 "%s: %zu of %zu bytes wrong; first at offset %#zx: expected %02x, found %02x",
			 what, wrong, len, off + first,
			 test_pattern_byte(seed, pattern_off + first), p[first]);
}

bool test_buffer_expect(const struct test_buffer *buf, size_t off, size_t len,
			uint64_t seed, const char *what)
{
	return test_buffer_expect_at(buf, off, len, seed, off, what);
}

bool test_buffer_expect_bytes(const struct test_buffer *buf, size_t off, size_t len,
			      const uint8_t *expected, const char *what)
{
	const uint8_t *found = buf->addr + off;
	size_t i, first = 0, wrong = 0;

	if (!memcmp(found, expected, len))
		return true;
	for (i = 0; i < len; i++)
		if (found[i] != expected[i] && !wrong++)
			first = i;
	return tap_check(false,
			 "%s: %zu of %zu bytes wrong; first at offset %#zx: expected %02x, found %02x",
			 what, wrong, len, off + first, expected[first], found[first]);
}

long test_buffer_huge_bytes(const struct test_buffer *buf)
{
	unsigned long start, end, kib;
	bool inside = false;
	char line[256];
	long bytes = 0;
	FILE *f;

	f = fopen("/proc/self/smaps", "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start < (uintptr_t)buf->addr + buf->len &&
				 end > (uintptr_t)buf->addr;
		else if (inside && sscanf(line, "AnonHugePages: %lu kB", &kib) == 1)
			bytes += kib * 1024;
	}
	fclose(f);
	return bytes;
}

bool test_buffer_to_gpu(int gpu, const struct test_buffer *buf, size_t off,
			size_t len)
{
	long pages = len / TEST_PAGE, found = 0;
	int i, ret;

	for (i = 0; i < MIGRATE_TRIES && found != pages; i++) {
		if (i)
			usleep(10000 * i);
		ret = svm_gpu_migrate(gpu, buf->addr + off, len);
		if (ret)
			return tap_check(false, "SVM_BIND: %s", strerror(-ret));
		found = svm_pagemap_count_device(buf->addr + off, pages);
		if (found < 0)
			return tap_check(false, "pagemap: %s", strerror(-found));
	}
	return tap_equal(found, pages, "pages on the GPU after %d times SVM_BIND", i);
}

bool test_buffer_expect_device(const struct test_buffer *buf, size_t off,
			       size_t len, long expected, const char *what)
{
	long found = svm_pagemap_count_device(buf->addr + off, len / TEST_PAGE);

	return tap_equal(found, expected, "%s: pages on the GPU", what);
}
