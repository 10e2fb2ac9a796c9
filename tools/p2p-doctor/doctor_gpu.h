/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPUs: display controllers, and what nouveau says about their memory. */
#ifndef DOCTOR_GPU_H
#define DOCTOR_GPU_H

#include "doctor_dmem.h"
#include "doctor_pci.h"

#define DOCTOR_MAX_GPUS	64

struct doctor_gpu {
	int pci;			/* index of a struct doctor_pci_list */
	char node[32];			/* /dev/dri/renderD128, or empty */
	const char *family;		/* GP104, ...; NULL: not a Pascal */
	unsigned long long aperture;	/* size of BAR1, or the largest BAR */
	int dmem_err;			/* of reading the next one */
	struct svm_dmem dmem;
};

struct doctor_gpus {
	struct doctor_gpu gpus[DOCTOR_MAX_GPUS];
	int nr;
};

void doctor_gpu_scan(struct doctor_gpus *gpus,
		     const struct doctor_pci_list *list);

#endif
