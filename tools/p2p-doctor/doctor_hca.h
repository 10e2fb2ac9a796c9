/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HCAs: RDMA devices, and PCI functions that could be some. */
#ifndef DOCTOR_HCA_H
#define DOCTOR_HCA_H

#include "doctor_pci.h"
#include "doctor_verbs.h"

#define DOCTOR_MAX_HCAS	64

struct doctor_hca {
	char name[32];		/* mlx5_0; empty if no RDMA driver made one */
	int pci;		/* index of a struct doctor_pci_list, -1: software */
	char link_layer[24];	/* of the first port */
	char state[24], rate[48];
	char firmware[32];
	struct doctor_odp odp;
};

struct doctor_hcas {
	struct doctor_hca hcas[DOCTOR_MAX_HCAS];
	int nr;
};

void doctor_hca_scan(struct doctor_hcas *hcas,
		     const struct doctor_pci_list *list);

#endif
