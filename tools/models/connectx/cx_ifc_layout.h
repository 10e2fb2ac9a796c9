/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings in the kernel's mlx5_ifc.h with the few kernel types it is written
 * in.  The build names it in MLX5_IFC_PATH (not MLX5_IFC_H: that is the
 * header's own include guard).  A system header: the kernel's code is not
 * held to our warning level.
 */
#ifndef CONNECTX_CX_IFC_LAYOUT_H
#define CONNECTX_CX_IFC_LAYOUT_H

#pragma GCC system_header

#include <stdint.h>

#ifndef MLX5_IFC_PATH
#error "MLX5_IFC_PATH must name the kernel's include/linux/mlx5/mlx5_ifc.h"
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#ifndef BIT
#define BIT(n) (1UL << (n))
#endif
#ifndef BIT_ULL
#define BIT_ULL(n) (1ULL << (n))
#endif
#ifndef DECLARE_FLEX_ARRAY
#define DECLARE_FLEX_ARRAY(type, name) type name[0]
#endif

#include MLX5_IFC_PATH

#endif
