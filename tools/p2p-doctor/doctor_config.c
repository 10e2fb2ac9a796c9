// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/pci_regs.h>
#include <string.h>

#include "doctor_config.h"
#include "doctor_fs.h"

#define EXT_START	0x100	/* where extended capabilities begin */
#define MAX_CAPS	((DOCTOR_CONFIG_SIZE - EXT_START) / 8)
#define MAX_OLD_CAPS	48

void doctor_config_read(struct doctor_config *config, const char *name)
{
	ssize_t n;
	off_t size;

	n = doctor_fs_read(config->bytes, sizeof(config->bytes), &size,
			   "/sys/bus/pci/devices/%s/config", name);
	config->len = n > 0 ? n : 0;
	config->size = n < 0 ? 0 : size;
}

static uint16_t doctor_config_16(const struct doctor_config *config,
				 unsigned int offset)
{
	if (offset + 2 > config->len)
		return 0;
	return config->bytes[offset] | config->bytes[offset + 1] << 8;
}

static uint32_t doctor_config_32(const struct doctor_config *config,
				 unsigned int offset)
{
	return doctor_config_16(config, offset) |
	       (uint32_t)doctor_config_16(config, offset + 2) << 16;
}

/*
 * A chain of headers: 16 bits of ID, 4 of version, 12 of the next one's offset.
 * A first header of zeros, or of ones, is that of an empty chain.
 */
static unsigned int doctor_config_find_ext(const struct doctor_config *config,
					   uint16_t id)
{
	unsigned int offset = EXT_START, tries = MAX_CAPS;
	uint32_t header;

	while (offset >= EXT_START && tries--) {
		header = doctor_config_32(config, offset);
		if (!header || header == UINT32_MAX)
			return 0;
		if ((header & 0xffff) == id)
			return offset;
		offset = header >> 20 & 0xffc;
	}
	return 0;
}

void doctor_config_ext_cap(const struct doctor_config *config, uint16_t id,
			   unsigned int caps, unsigned int ctrl,
			   struct doctor_cap *cap)
{
	unsigned int offset;

	*cap = (struct doctor_cap) { .present = DOCTOR_NO };
	if (config->size == EXT_START)
		return;		/* conventional PCI: there is no such space */
	if (config->len < DOCTOR_CONFIG_SIZE) {
		cap->present = DOCTOR_UNKNOWN;
		return;
	}
	offset = doctor_config_find_ext(config, id);
	if (!offset)
		return;
	cap->present = DOCTOR_YES;
	cap->caps = doctor_config_16(config, offset + caps);
	cap->ctrl = doctor_config_16(config, offset + ctrl);
}

bool doctor_config_ext_hidden(const struct doctor_config *config)
{
	if (config->len == DOCTOR_CONFIG_SIZE)
		return !memcmp(config->bytes, config->bytes + EXT_START,
			       PCI_STD_HEADER_SIZEOF);
	return config->size == EXT_START && doctor_config_pcie_type(config) >= 0;
}

int doctor_config_pcie_type(const struct doctor_config *config)
{
	unsigned int offset, tries = MAX_OLD_CAPS;

	if (config->len < EXT_START)
		return -1;
	if (!(doctor_config_16(config, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return -2;
	offset = config->bytes[PCI_CAPABILITY_LIST] & ~3;
	while (offset >= PCI_STD_HEADER_SIZEOF && tries--) {
		if (config->bytes[offset] == PCI_CAP_ID_EXP)
			return (doctor_config_16(config, offset + PCI_EXP_FLAGS) &
				PCI_EXP_FLAGS_TYPE) >> 4;
		offset = config->bytes[offset + PCI_CAP_LIST_NEXT] & ~3;
	}
	return -2;
}
