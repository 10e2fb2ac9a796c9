/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nouveau's file dmem of one GPU. */
#ifndef DOCTOR_DMEM_H
#define DOCTOR_DMEM_H

#include "svm_dmem.h"

/* Of the GPU at a PCI address.  0, or -errno: -ENOENT, -EACCES without root. */
int doctor_dmem_read(struct svm_dmem *dmem, const char *pci);

#endif
