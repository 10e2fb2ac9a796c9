/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wire format of vfio-user.  All fields are host-endian.
 *
 * Source: the public vfio-user specification (docs/interop/vfio-user in
 * QEMU's documentation) and what QEMU 11.1 was seen to send; the payloads of
 * the device commands are those of <linux/vfio.h>.
 */
#ifndef VU_PROTO_H
#define VU_PROTO_H

#include <stdint.h>

enum vu_cmd {
	VU_VERSION		= 1,
	VU_DMA_MAP		= 2,
	VU_DMA_UNMAP		= 3,
	VU_GET_INFO		= 4,
	VU_GET_REGION_INFO	= 5,
	VU_GET_REGION_IO_FDS	= 6,
	VU_GET_IRQ_INFO		= 7,
	VU_SET_IRQS		= 8,
	VU_REGION_READ		= 9,
	VU_REGION_WRITE		= 10,
	VU_DMA_READ		= 11,
	VU_DMA_WRITE		= 12,
	VU_DEVICE_RESET		= 13,
	VU_REGION_WRITE_MULTI	= 15,
};

struct vu_header {
	uint16_t id;
	uint16_t cmd;
	uint32_t size;		/* of the message, header included */
	uint32_t flags;
	uint32_t error;		/* errno, in a reply with VU_F_ERROR */
};

#define VU_F_TYPE	0xfu
#define VU_F_REPLY	0x1u
#define VU_F_NO_REPLY	0x10u
#define VU_F_ERROR	0x20u

struct vu_version {
	uint16_t major, minor;
	/* a JSON text, NUL-terminated */
};

struct vu_dma_map_msg {
	uint32_t argsz, flags;
	uint64_t offset;	/* in the file that comes along */
	uint64_t addr, size;
};

#define VU_DMA_F_READ	1u
#define VU_DMA_F_WRITE	2u

struct vu_dma_unmap_msg {
	uint32_t argsz, flags;
	uint64_t addr, size;
};

#define VU_UNMAP_F_ALL	2u

struct vu_device_info {
	uint32_t argsz, flags, num_regions, num_irqs;
};

#define VU_DEVICE_F_RESET	1u
#define VU_DEVICE_F_PCI		2u

struct vu_region_info {
	uint32_t argsz, flags, index, cap_offset;
	uint64_t size, offset;
};

#define VU_REGION_F_READ	1u
#define VU_REGION_F_WRITE	2u

/* BAR n is region n */
#define VU_REGION_CONFIG	7
#define VU_NUM_REGIONS		9

struct vu_irq_info {
	uint32_t argsz, flags, index, count;
};

#define VU_IRQ_F_EVENTFD	1u
#define VU_IRQ_F_MASKABLE	2u
#define VU_IRQ_F_AUTOMASKED	4u
#define VU_IRQ_F_NORESIZE	8u

enum vu_irq_index {
	VU_IRQ_INTX, VU_IRQ_MSI, VU_IRQ_MSIX, VU_IRQ_ERR, VU_IRQ_REQ,
	VU_NUM_IRQS
};

struct vu_irq_set {
	uint32_t argsz, flags, index, start, count;
	/* VU_IRQ_DATA_BOOL: count bytes */
};

#define VU_IRQ_DATA_NONE	0x01u
#define VU_IRQ_DATA_BOOL	0x02u
#define VU_IRQ_DATA_EVENTFD	0x04u
#define VU_IRQ_DATA		0x07u
#define VU_IRQ_MASK		0x08u
#define VU_IRQ_UNMASK		0x10u
#define VU_IRQ_TRIGGER		0x20u
#define VU_IRQ_ACTION		0x38u

/* REGION_READ, REGION_WRITE and their replies; data follows */
struct vu_region_access {
	uint64_t offset;
	uint32_t region, count;
};

/* REGION_WRITE_MULTI: a 64-bit count, then this many of these */
struct vu_write_one {
	uint64_t offset;
	uint32_t region, count;
	uint8_t data[8];
};

/* DMA_READ, DMA_WRITE (server to client) and their replies; data follows */
struct vu_dma_access {
	uint64_t addr, count;
};

_Static_assert(sizeof(struct vu_header) == 16, "wire");
_Static_assert(sizeof(struct vu_dma_map_msg) == 32, "wire");
_Static_assert(sizeof(struct vu_dma_unmap_msg) == 24, "wire");
_Static_assert(sizeof(struct vu_region_info) == 32, "wire");
_Static_assert(sizeof(struct vu_irq_set) == 20, "wire");
_Static_assert(sizeof(struct vu_region_access) == 16, "wire");
_Static_assert(sizeof(struct vu_write_one) == 24, "wire");

/* What this server offers and accepts. */
#define VU_MAX_FDS		16
#define VU_MAX_XFER		(1u << 20)
#define VU_MAX_DMA_MAPS		65535u
#define VU_MAX_MSG		(VU_MAX_XFER + 4096)

#endif
