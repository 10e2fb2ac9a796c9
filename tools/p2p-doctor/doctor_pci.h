/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions and the tree that they are in, as sysfs shows them. */
#ifndef DOCTOR_PCI_H
#define DOCTOR_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOCTOR_PCI_NAME	24

#define DOCTOR_CLASS_DISPLAY	0x03
#define DOCTOR_CLASS_NETWORK	0x02
#define DOCTOR_VENDOR_NVIDIA	0x10de
#define DOCTOR_VENDOR_MELLANOX	0x15b3

/* What can't be told without root, or at all, is unknown. */
enum doctor_answer { DOCTOR_UNKNOWN, DOCTOR_NO, DOCTOR_YES };

const char *doctor_answer_name(enum doctor_answer answer);

/* Whether there is the capability, and its control register. */
struct doctor_cap {
	enum doctor_answer present;
	uint16_t caps, ctrl;
};

struct doctor_pci {
	char name[DOCTOR_PCI_NAME];	/* 0000:01:00.0 */
	char host[DOCTOR_PCI_NAME];	/* its host bridge: pci0000:00 */
	unsigned int bus, devfn;
	int up;				/* index of the bridge above, or -1 */
	uint16_t vendor, device;
	uint8_t base_class;
	bool bridge;
	char driver[32];		/* or empty */
	char speed[32], max_speed[32];	/* of the link above it, or empty */
	unsigned int width, max_width;
	int numa;
	bool root_port;			/* PCIe root port, as far as known */
	struct doctor_cap acs, ats;
	bool ext_hidden;		/* Linux can't see these two either */
	char iommu_group[16];		/* or empty */
	char iommu_type[16];		/* DMA, DMA-FQ, identity, ..., or empty */
};

struct doctor_pci_list {
	struct doctor_pci *devs;
	int nr;
};

void doctor_pci_scan(struct doctor_pci_list *list);
void doctor_pci_free(struct doctor_pci_list *list);

/* Index of a function, or -1. */
int doctor_pci_find(const struct doctor_pci_list *list, const char *name);

/* Does this look like "0000:01:00.0"? */
bool doctor_pci_is_name(const char *name, size_t len);

/* The innermost PCI function in a path of sysfs.  False if there is none. */
bool doctor_pci_in_path(const char *path, char name[DOCTOR_PCI_NAME]);

/* Size of a BAR in bytes, 0 if there is none. */
unsigned long long doctor_pci_bar_size(const struct doctor_pci *dev, int bar);

#endif
