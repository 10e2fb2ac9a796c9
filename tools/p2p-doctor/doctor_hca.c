// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "doctor_fs.h"
#include "doctor_hca.h"

#define SYS_IB			"/sys/class/infiniband/%s/"

/*
 * The path of an RDMA device leads through the PCI function that does its DMA,
 * for an auxiliary device of that function, too.
 */
static int doctor_hca_pci(const struct doctor_pci_list *list, const char *name)
{
	char path[DOCTOR_PATH], pci[DOCTOR_PCI_NAME];

	doctor_fs_link(path, sizeof(path), "/sys/class/infiniband/%s", name);
	if (doctor_pci_in_path(path, pci))
		return doctor_pci_find(list, pci);
	if (doctor_fs_link(path, sizeof(path), SYS_IB "device", name) &&
	    doctor_pci_in_path(path, pci))
		return doctor_pci_find(list, pci);
	return -1;
}

static void doctor_hca_read(struct doctor_hca *hca)
{
	doctor_fs_line(hca->link_layer, sizeof(hca->link_layer),
		       SYS_IB "ports/1/link_layer", hca->name);
	doctor_fs_line(hca->state, sizeof(hca->state), SYS_IB "ports/1/state",
		       hca->name);
	doctor_fs_line(hca->rate, sizeof(hca->rate), SYS_IB "ports/1/rate",
		       hca->name);
	doctor_fs_line(hca->firmware, sizeof(hca->firmware), SYS_IB "fw_ver",
		       hca->name);
	doctor_verbs_odp(&hca->odp, hca->name);
}

static bool doctor_hca_known(const struct doctor_hcas *hcas, int pci)
{
	int i;

	for (i = 0; i < hcas->nr; i++)
		if (hcas->hcas[i].pci == pci)
			return true;
	return false;
}

/* Mellanox network functions that no RDMA device belongs to (yet). */
static void doctor_hca_scan_pci(struct doctor_hcas *hcas,
				const struct doctor_pci_list *list)
{
	int i;

	for (i = 0; i < list->nr && hcas->nr < DOCTOR_MAX_HCAS; i++) {
		const struct doctor_pci *dev = &list->devs[i];

		if (dev->vendor != DOCTOR_VENDOR_MELLANOX ||
		    dev->base_class != DOCTOR_CLASS_NETWORK ||
		    doctor_hca_known(hcas, i))
			continue;
		hcas->hcas[hcas->nr++].pci = i;
	}
}

void doctor_hca_scan(struct doctor_hcas *hcas,
		     const struct doctor_pci_list *list)
{
	struct dirent **names;
	struct doctor_hca *hca;
	int i, nr;

	memset(hcas, 0, sizeof(*hcas));
	nr = doctor_fs_list(&names, "/sys/class/infiniband");
	for (i = 0; i < nr && hcas->nr < DOCTOR_MAX_HCAS; i++) {
		hca = &hcas->hcas[hcas->nr++];
		snprintf(hca->name, sizeof(hca->name), "%.31s",
			 names[i]->d_name);
		hca->pci = doctor_hca_pci(list, hca->name);
		doctor_hca_read(hca);
	}
	doctor_fs_list_free(names, nr);
	doctor_hca_scan_pci(hcas, list);
}
