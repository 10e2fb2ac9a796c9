// SPDX-License-Identifier: GPL-2.0-or-later
/* The input, see fuzz.h. */
#include <string.h>

#include "fuzz/fuzz.h"

void fuzz_bytes(struct fuzz_in *in, void *buf, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(buf, 0, len);
	if (!n)
		return;
	memcpy(buf, in->pos, n);
	in->pos += n;
	in->left -= n;
}

static uint64_t number(struct fuzz_in *in, unsigned int len)
{
	uint8_t b[8];
	uint64_t val = 0;

	fuzz_bytes(in, b, len);
	while (len--)
		val = val << 8 | b[len];
	return val;
}

uint8_t fuzz_u8(struct fuzz_in *in)
{
	return (uint8_t)number(in, 1);
}

uint16_t fuzz_u16(struct fuzz_in *in)
{
	return (uint16_t)number(in, 2);
}

uint32_t fuzz_u32(struct fuzz_in *in)
{
	return (uint32_t)number(in, 4);
}

uint64_t fuzz_u64(struct fuzz_in *in)
{
	return number(in, 8);
}

uint64_t fuzz_value(struct fuzz_in *in)
{
	uint64_t val;

	switch (fuzz_u8(in) % 8) {
	case 0:
		return fuzz_u8(in);
	case 1:
		return ~0ull;
	case 2:
		val = 1ull << fuzz_u8(in) % 64;
		return val - fuzz_u8(in);
	case 3:
		return fuzz_u16(in) | 0x80000000;
	case 4:
		return (uint64_t)fuzz_u16(in) << 12;
	case 5:
		return fuzz_u32(in);
	case 6:
		return FAKE_MEM_IOVA + ((uint64_t)fuzz_u16(in) << 8);
	default:
		return fuzz_u64(in);
	}
}
