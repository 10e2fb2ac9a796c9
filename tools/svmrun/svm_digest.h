/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FNV-1a, 64 bit: the digest by which contents are compared between CPU, GPU
 * and files.  Not a cryptographic hash.
 */
#ifndef SVM_DIGEST_H
#define SVM_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define SVM_DIGEST_INIT 0xcbf29ce484222325ULL

static inline uint64_t svm_digest(uint64_t h, const void *buf, size_t len)
{
	const unsigned char *p = buf;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return h;
}

#endif
