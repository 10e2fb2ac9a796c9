/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test content whose every 64-bit word tells its position and who wrote it
 * (splitmix64 finaliser over seed and index), so that data in the wrong place
 * is seen as well as wrong data.
 */
#ifndef SVM_PATTERN_H
#define SVM_PATTERN_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t svm_pattern_word(uint64_t seed, uint64_t index)
{
	uint64_t z = (seed << 40) + index + 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline void svm_pattern_fill(void *buf, size_t len, uint64_t seed)
{
	uint64_t *p = buf;
	size_t i;

	for (i = 0; i < len / 8; i++)
		p[i] = svm_pattern_word(seed, i);
}

#endif
