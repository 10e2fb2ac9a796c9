// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "doctor_fs.h"
#include "doctor_iommu.h"

void doctor_iommu_read(struct doctor_iommus *iommus)
{
	struct dirent **names;
	int i, nr;

	nr = doctor_fs_list(&names, "/sys/class/iommu");
	for (i = 0; i < nr && i < DOCTOR_MAX_IOMMUS; i++)
		snprintf(iommus->names[i], sizeof(iommus->names[i]), "%.23s",
			 names[i]->d_name);
	iommus->nr = i;
	doctor_fs_list_free(names, nr);
}

const char *doctor_iommu_mode(const struct doctor_pci *dev)
{
	if (!dev->iommu_group[0])
		return "none";
	if (!strncmp(dev->iommu_type, "DMA", 3))
		return "translates";
	return dev->iommu_type[0] ? dev->iommu_type : "unknown";
}

const char *doctor_iommu_ats(const struct doctor_pci *dev)
{
	if (dev->ext_hidden)
		return "hidden";
	if (dev->ats.present == DOCTOR_UNKNOWN)
		return "unknown";
	if (dev->ats.present == DOCTOR_NO)
		return "none";
	return dev->ats.ctrl & PCI_ATS_CTRL_ENABLE ? "on" : "off";
}
