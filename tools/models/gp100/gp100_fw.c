// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Firmware files for the guest's /lib/firmware/nvidia/gp100.  Without them the
 * driver has no GR engine, and without one no user channel and no fault cancel.
 * As long as nobody creates a GR object no falcon is started and only headers
 * are parsed, so headers and zeros, all written here, do.
 *
 * Source: the structures parsed by drivers/gpu/drm/nouveau/nvkm/nvfw/{hs,fw,
 * acr}.c, .../subdev/acr/lsfw.c, .../engine/gr/gf100.c (gf100_gr_load_net).
 */
#include "gp100.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FW_BIN_MAGIC	0x3b1d14f0u
#define FW_BIN_HDR	0x18u
#define FW_SIG_SIZE	76u		/* struct lsf_signature */
#define FW_MAX_WORDS	24

/* A file: words at the start, zeros up to the size. */
struct fw_file {
	const char *name;
	size_t size;
	uint32_t words[FW_MAX_WORDS];
};

/* Boot loader: 256 bytes of code, no data. */
#define FW_BL(fw_name) {						\
	.name = (fw_name), .size = 0x130,				\
	.words = {							\
		FW_BIN_MAGIC, 1, 0x130, FW_BIN_HDR, 0x30, 0x100,	\
		0, 0, 0, 0x100, 0x100, 0,				\
	} }

/*
 * Heavy-secure ucode: binary header, HS header at 0x18, load header at 0x38
 * (one application), signatures at 0x80 and 0x90, image at 0x100.
 */
#define FW_UCODE(fw_name) {						\
	.name = (fw_name), .size = 0x500,				\
	.words = {							\
		FW_BIN_MAGIC, 1, 0x500, FW_BIN_HDR, 0x100, 0x400,	\
		0x80, 16, 0x90, 16, 0x200, 0, 0x38, 28,			\
		0, 0x100, 0x200, 0x200, 1, 0x100, 0x100,		\
	} }

static const struct fw_file fw_files[] = {
	FW_BL("acr/bl.bin"),
	FW_UCODE("acr/ucode_load.bin"),
	FW_UCODE("acr/ucode_unload.bin"),
	FW_BL("gr/fecs_bl.bin"),
	{ "gr/fecs_inst.bin", 256, { } },
	{ "gr/fecs_data.bin", 256, { } },
	{ "gr/fecs_sig.bin", FW_SIG_SIZE, { } },
	FW_BL("gr/gpccs_bl.bin"),
	{ "gr/gpccs_inst.bin", 256, { } },
	{ "gr/gpccs_data.bin", 256, { } },
	{ "gr/gpccs_sig.bin", FW_SIG_SIZE, { } },
	{ "gr/sw_nonctx.bin", 8, { 0x400080, 0 } },	/* address, data */
	{ "gr/sw_ctx.bin", 12, { 0x400204, 0, 0 } },	/* address, index, data */
	{ "gr/sw_bundle_init.bin", 8, { 0, 0 } },
	{ "gr/sw_method_init.bin", 8, { 0, 0 } },
};

static int fw_mkdir(const char *dir, const char *sub)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s%s", dir, *sub ? "/" : "",
			 sub);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	return 0;
}

static int fw_write_file(const char *dir, const struct fw_file *fw)
{
	char path[PATH_MAX];
	uint8_t *data;
	FILE *out;
	int n, ret = 0;

	n = snprintf(path, sizeof(path), "%s/%s", dir, fw->name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	data = calloc(1, fw->size);
	if (!data)
		return -ENOMEM;
	memcpy(data, fw->words, gp100_min(fw->size, sizeof(fw->words)));
	out = fopen(path, "wb");
	if (!out) {
		ret = -errno;
		goto out_free;
	}
	if (fwrite(data, fw->size, 1, out) != 1)
		ret = -EIO;
	if (fclose(out) && !ret)
		ret = -errno;
out_free:
	free(data);
	return ret;
}

int gp100_fw_write(const char *dir)
{
	static const char *const subdirs[] = { "", "acr", "gr" };
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < sizeof(subdirs) / sizeof(subdirs[0]); i++)
		ret = fw_mkdir(dir, subdirs[i]);
	for (i = 0; !ret && i < sizeof(fw_files) / sizeof(fw_files[0]); i++)
		ret = fw_write_file(dir, &fw_files[i]);
	return ret;
}
