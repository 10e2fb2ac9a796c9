/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration space of a PCI function.  Without root sysfs returns the
 * first 64 bytes of it, where no capability is.
 */
#ifndef DOCTOR_CONFIG_H
#define DOCTOR_CONFIG_H

#include "doctor_pci.h"

#define DOCTOR_CONFIG_SIZE	4096

struct doctor_config {
	uint8_t bytes[DOCTOR_CONFIG_SIZE];
	size_t len;	/* what could be read */
	size_t size;	/* what there is */
};

void doctor_config_read(struct doctor_config *config, const char *name);

/* Looks for an extended capability and reads two of its registers. */
void doctor_config_ext_cap(const struct doctor_config *config, uint16_t id,
			   unsigned int caps, unsigned int ctrl,
			   struct doctor_cap *cap);

/*
 * Is it a PCIe function of which Linux sees the first 256 bytes only?  So it is in
 * kernels without MMCONFIG: offsets behind them are those of the first ones again.
 */
bool doctor_config_ext_hidden(const struct doctor_config *config);

/* PCI_EXP_TYPE_*, -1 if it can't be read, -2 if this is no PCIe function. */
int doctor_config_pcie_type(const struct doctor_config *config);

#endif
