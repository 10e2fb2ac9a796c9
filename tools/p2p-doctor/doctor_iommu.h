/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands between devices and memory. */
#ifndef DOCTOR_IOMMU_H
#define DOCTOR_IOMMU_H

#include "doctor_pci.h"

#define DOCTOR_MAX_IOMMUS	32

struct doctor_iommus {
	char names[DOCTOR_MAX_IOMMUS][24];	/* dmar0, ivhd0, ... */
	int nr;
};

void doctor_iommu_read(struct doctor_iommus *iommus);

/* "none", "identity" (passes all through), "translates", or what the file says */
const char *doctor_iommu_mode(const struct doctor_pci *dev);

/* ATS of a function: "none", "off", "on", "hidden", "unknown" */
const char *doctor_iommu_ats(const struct doctor_pci *dev);

#endif
