// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "doctor_fs.h"
#include "doctor_gpu.h"

#define NVIDIA_BAR1	1
#define NR_BARS		6

/* PCI device IDs of the family that nouveau has SVM for. */
static const struct {
	uint16_t first, last;
	const char *name;
} pascals[] = {
	{ 0x15f0, 0x15ff, "GP100" }, { 0x1725, 0x172f, "GP100" },
	{ 0x1b00, 0x1b7f, "GP102" }, { 0x1b80, 0x1bff, "GP104" },
	{ 0x1c00, 0x1c7f, "GP106" }, { 0x1c80, 0x1cff, "GP107" },
	{ 0x1d00, 0x1d7f, "GP108" }, { 0x15c2, 0x15c2, "GP100" },
};

static const char *doctor_gpu_family(const struct doctor_pci *dev)
{
	size_t i;

	if (dev->vendor != DOCTOR_VENDOR_NVIDIA)
		return NULL;
	for (i = 0; i < sizeof(pascals) / sizeof(pascals[0]); i++)
		if (dev->device >= pascals[i].first &&
		    dev->device <= pascals[i].last)
			return pascals[i].name;
	return NULL;
}

static unsigned long long doctor_gpu_aperture(const struct doctor_pci *dev)
{
	unsigned long long size, max = 0;
	int i;

	if (dev->vendor == DOCTOR_VENDOR_NVIDIA)
		return doctor_pci_bar_size(dev, NVIDIA_BAR1);
	for (i = 0; i < NR_BARS; i++) {
		size = doctor_pci_bar_size(dev, i);
		if (size > max)
			max = size;
	}
	return max;
}

static void doctor_gpu_node(struct doctor_gpu *gpu, const char *pci)
{
	struct dirent **names;
	int i, nr;

	nr = doctor_fs_list(&names, "/sys/bus/pci/devices/%s/drm", pci);
	for (i = 0; i < nr; i++)
		if (!strncmp(names[i]->d_name, "renderD", 7))
			snprintf(gpu->node, sizeof(gpu->node), "/dev/dri/%.20s",
				 names[i]->d_name);
	doctor_fs_list_free(names, nr);
}

void doctor_gpu_scan(struct doctor_gpus *gpus,
		     const struct doctor_pci_list *list)
{
	struct doctor_gpu *gpu;
	int i;

	memset(gpus, 0, sizeof(*gpus));
	for (i = 0; i < list->nr && gpus->nr < DOCTOR_MAX_GPUS; i++) {
		if (list->devs[i].base_class != DOCTOR_CLASS_DISPLAY)
			continue;
		gpu = &gpus->gpus[gpus->nr++];
		gpu->pci = i;
		gpu->family = doctor_gpu_family(&list->devs[i]);
		gpu->aperture = doctor_gpu_aperture(&list->devs[i]);
		doctor_gpu_node(gpu, list->devs[i].name);
		gpu->dmem_err = doctor_dmem_read(&gpu->dmem,
						 list->devs[i].name);
	}
}
