// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A video BIOS image with nothing but the tables the driver insists on, all
 * written here; it holds no code.
 *
 * Source: what drivers/gpu/drm/nouveau/nvkm/subdev/bios/{image,pcir,bit,base,
 * shadow}.c, .../devinit/gm200.c, .../fb/ramgp100.c and nouveau_bios.c parse.
 */
#include "gp100.h"

#include <string.h>

#define VBIOS_PCIR	0x0040u
#define VBIOS_BIT	0x0200u
#define VBIOS_TABLES	0x0400u

#define VBIOS_BIT_HDR	12u
#define VBIOS_BIT_ENTRY	6u

static void vbios_put16(uint8_t *p, uint32_t val)
{
	p[0] = (uint8_t)val;
	p[1] = (uint8_t)(val >> 8);
}

static void vbios_put32(uint8_t *p, uint32_t val)
{
	vbios_put16(p, val);
	vbios_put16(p + 2, val >> 16);
}

static void vbios_header(uint8_t *rom, uint16_t device_id)
{
	uint8_t *pcir = rom + VBIOS_PCIR;

	rom[0] = 0x55;
	rom[1] = 0xaa;
	rom[2] = GP100_VBIOS_SIZE / 512;
	vbios_put16(rom + 0x18, VBIOS_PCIR);
	memcpy(pcir, "PCIR", 4);
	vbios_put16(pcir + 0x04, 0x10de);
	vbios_put16(pcir + 0x06, device_id);
	vbios_put16(pcir + 0x0a, 0x18);		/* length of this structure */
	pcir[0x0f] = 0x03;			/* class 0x030200 */
	pcir[0x0e] = 0x02;
	vbios_put16(pcir + 0x10, GP100_VBIOS_SIZE / 512);
	pcir[0x15] = 0x80;			/* last image */
}

/* 'i': version 86.00.01.02.00 and the connector feature byte */
static void vbios_table_i(uint8_t *t)
{
	static const uint8_t version[] = { 2, 1, 0, 0x86, 0 };

	memcpy(t, version, sizeof(version));
}

/* 'p': a PMU table with one application of type 4 (devinit) */
static void vbios_table_pmu(uint8_t *t, uint32_t at)
{
	static const uint8_t hdr[] = { 1, 6, 6, 1, 0, 0, 4, 0 };

	vbios_put32(t, at + 0x10);
	memcpy(t + 0x10, hdr, sizeof(hdr));
	vbios_put32(t + 0x10 + 8, at + 0x20);
}

/* 'P': an empty table of memory timings, version 0x11 */
static void vbios_table_perf(uint8_t *t, uint32_t at)
{
	static const uint8_t hdr[] = { 0x11, 0x15, 0x0a, 0x06, 0, 0 };

	vbios_put32(t + 4, at + 0x40);
	memcpy(t + 0x40, hdr, sizeof(hdr));
}

static void vbios_checksum(uint8_t *rom)
{
	uint8_t sum = 0;
	size_t i;

	for (i = 0; i < GP100_VBIOS_SIZE - 1; i++)
		sum = (uint8_t)(sum + rom[i]);
	rom[GP100_VBIOS_SIZE - 1] = (uint8_t)-sum;
}

void gp100_vbios_make(uint8_t *rom, uint16_t device_id)
{
	static const struct {
		uint8_t id, version;
		uint16_t len;
	} bit[] = {
		{ 'i', 2, 0x0f }, { 'I', 1, 0x1c }, { 'p', 2, 0x04 },
		{ 'P', 2, 0x20 },
	};
	size_t i, n = sizeof(bit) / sizeof(bit[0]);
	uint32_t at = VBIOS_TABLES;
	uint8_t *e;

	memset(rom, 0, GP100_VBIOS_SIZE);
	vbios_header(rom, device_id);
	memcpy(rom + VBIOS_BIT, "\xff\xb8" "BIT", 5);
	vbios_put16(rom + VBIOS_BIT + 6, 0x0100);
	rom[VBIOS_BIT + 8] = VBIOS_BIT_HDR;
	rom[VBIOS_BIT + 9] = VBIOS_BIT_ENTRY;
	rom[VBIOS_BIT + 10] = (uint8_t)n;
	for (i = 0; i < n; i++, at += 0x80) {
		e = rom + VBIOS_BIT + VBIOS_BIT_HDR + i * VBIOS_BIT_ENTRY;
		e[0] = bit[i].id;
		e[1] = bit[i].version;
		vbios_put16(e + 2, bit[i].len);
		vbios_put16(e + 4, at);
	}
	vbios_table_i(rom + VBIOS_TABLES);
	vbios_table_pmu(rom + VBIOS_TABLES + 0x100, VBIOS_TABLES + 0x100);
	vbios_table_perf(rom + VBIOS_TABLES + 0x180, VBIOS_TABLES + 0x180);
	vbios_checksum(rom);
}
