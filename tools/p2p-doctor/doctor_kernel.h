/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel: what it was built with, and whether it has the series. */
#ifndef DOCTOR_KERNEL_H
#define DOCTOR_KERNEL_H

#include "doctor_pci.h"

enum doctor_option {
	OPTION_DEVICE_PRIVATE, OPTION_PCI_P2PDMA, OPTION_HMM_MIRROR,
	OPTION_NOUVEAU, OPTION_NOUVEAU_SVM, OPTION_ODP, OPTION_MLX5_IB,
	DOCTOR_NR_OPTIONS
};

struct doctor_kernel {
	char release[96];
	char cmdline[1024];
	char config[256];			/* file, or empty */
	enum doctor_answer options[DOCTOR_NR_OPTIONS];
	/* the parts of the series */
	enum doctor_answer mm, nouveau, mlx5;
	enum doctor_answer svm_p2p;		/* nouveau's switch */
	unsigned int svm_p2p_windows;		/* nouveau's limit, 0: default */
	bool nouveau_loaded, mlx5_ib_loaded, debugfs, tracefs;
};

void doctor_kernel_read(struct doctor_kernel *kernel);
const char *doctor_option_name(enum doctor_option option);
/* What it is needed for. */
const char *doctor_option_use(enum doctor_option option);

#endif
