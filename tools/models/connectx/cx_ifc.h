/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to fields of firmware structures by name.  The layouts are those of
 * the kernel under test: MLX5_IFC_H names its include/linux/mlx5/mlx5_ifc.h,
 * where one byte of a *_bits structure stands for one bit and structures are
 * arrays of big-endian 32-bit words, most significant bit first.
 *
 *	CX_GET(qpc, buf, pd)         32-bit field
 *	CX_GET64(qpc, buf, dbr_addr) 64-bit field
 *	CX_ADDR(create_qp_in, buf, qpc)
 */
#ifndef CONNECTX_CX_IFC_H
#define CONNECTX_CX_IFC_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "connectx/cx_ifc_layout.h"

#define CX_BIT_OFF(type, field) offsetof(struct mlx5_ifc_##type##_bits, field)
#define CX_BIT_LEN(type, field) \
	sizeof(((struct mlx5_ifc_##type##_bits *)0)->field)
#define CX_BYTES(type) (sizeof(struct mlx5_ifc_##type##_bits) / 8)
#define CX_BYTE_OFF(type, field) (CX_BIT_OFF(type, field) / 8)

#define CX_GET(type, buf, field) \
	cx_ifc_get((buf), CX_BIT_OFF(type, field), CX_BIT_LEN(type, field))
#define CX_SET(type, buf, field, val) \
	cx_ifc_set((buf), CX_BIT_OFF(type, field), CX_BIT_LEN(type, field), \
		   (val))
#define CX_GET64(type, buf, field) \
	cx_be64((const uint8_t *)(buf) + CX_BYTE_OFF(type, field))
#define CX_SET64(type, buf, field, val) \
	cx_put_be64((uint8_t *)(buf) + CX_BYTE_OFF(type, field), (val))
#define CX_ADDR(type, buf, field) \
	((void *)((uint8_t *)(buf) + CX_BYTE_OFF(type, field)))

static inline uint16_t cx_be16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t cx_be32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline uint64_t cx_be64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline void cx_put_be16(void *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void cx_put_be32(void *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void cx_put_be64(void *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

static inline uint32_t cx_ifc_mask(size_t bits)
{
	return bits >= 32 ? UINT32_MAX : (1u << bits) - 1;
}

static inline uint32_t cx_ifc_get(const void *buf, size_t off, size_t bits)
{
	const uint8_t *word = (const uint8_t *)buf + off / 32 * 4;

	return (cx_be32(word) >> (32 - bits - off % 32)) & cx_ifc_mask(bits);
}

static inline void cx_ifc_set(void *buf, size_t off, size_t bits, uint32_t val)
{
	uint8_t *word = (uint8_t *)buf + off / 32 * 4;
	unsigned int shift = 32 - bits - off % 32;
	uint32_t mask = cx_ifc_mask(bits) << shift;

	cx_put_be32(word, (cx_be32(word) & ~mask) | ((val << shift) & mask));
}

#endif
