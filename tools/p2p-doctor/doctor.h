/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that is known about a machine. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "doctor_gpu.h"
#include "doctor_hca.h"
#include "doctor_host.h"
#include "doctor_iommu.h"
#include "doctor_kernel.h"
#include "doctor_verdict.h"

struct doctor {
	struct doctor_kernel kernel;
	struct doctor_cpu cpu;
	struct doctor_pci_list pci;
	struct doctor_iommus iommus;
	struct doctor_gpus gpus;
	struct doctor_hcas hcas;
	struct doctor_pair *pairs;	/* of each GPU with each HCA */
	int nr_pairs;
};

/* NULL if there is no memory. */
struct doctor *doctor_examine(void);
void doctor_free(struct doctor *doctor);

/* Does at least one HCA reach a GPU? */
bool doctor_any_reachable(const struct doctor *doctor);

#endif
