/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anonymous memory of known page size, its position-coded content
 * (svm_pattern.h), and its way to the GPU.
 */
#ifndef TEST_BUFFER_H
#define TEST_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEST_PAGE	4096UL
#define TEST_HUGE	(2UL << 20)

struct test_buffer {
	uint8_t *addr;		/* aligned to 2 MiB */
	size_t len;
	bool huge;
};

/*
 * @len bytes in 2 MiB pages (@huge, @len a multiple of them) or in pages that
 * never become huge.  The memory is not touched.  Returns 0 or -errno.
 */
int test_buffer_alloc(struct test_buffer *buf, size_t len, bool huge);
/* The same, with an address in the middle that is a multiple of @border. */
int test_buffer_alloc_across(struct test_buffer *buf, size_t border, size_t len,
			     bool huge);
void test_buffer_free(struct test_buffer *buf);

/*
 * Word i of the buffer becomes svm_pattern_word(@seed, i) in the range [@off,
 * @off + @len), both multiples of 8: no two places look alike.
 */
void test_buffer_fill(struct test_buffer *buf, size_t off, size_t len,
		      uint64_t seed);

/*
 * The range must hold what a buffer filled with @seed holds from byte
 * @pattern_off on; any alignment.  Else a failure of the running case.
 */
bool test_buffer_expect_at(const struct test_buffer *buf, size_t off,
			   size_t len, uint64_t seed, size_t pattern_off,
			   const char *what);

/* The same with @pattern_off == @off: content that was not moved. */
bool test_buffer_expect(const struct test_buffer *buf, size_t off, size_t len,
			uint64_t seed, const char *what);

/* The range must hold the bytes at @expected. */
bool test_buffer_expect_bytes(const struct test_buffer *buf, size_t off, size_t len,
			      const uint8_t *expected, const char *what);

/* Bytes of the buffer that are in 2 MiB pages of RAM, or -errno. */
long test_buffer_huge_bytes(const struct test_buffer *buf);

/*
 * Migrates a range until all of it is on the GPU (a page somebody holds for a
 * moment stays behind in one try).  A failure of the running case unless so.
 */
bool test_buffer_to_gpu(int gpu, const struct test_buffer *buf, size_t off,
			size_t len);

/* The range must have @expected pages on the GPU. */
bool test_buffer_expect_device(const struct test_buffer *buf, size_t off,
			       size_t len, long expected, const char *what);

#endif
