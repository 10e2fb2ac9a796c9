/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has nothing to do with the way between the two: kernel, GPU, HCA. */
#ifndef DOCTOR_BLOCKERS_H
#define DOCTOR_BLOCKERS_H

#include "doctor.h"

void doctor_blockers_kernel(const struct doctor *d, struct doctor_pair *pair);
void doctor_blockers_gpu(const struct doctor *d, struct doctor_pair *pair);
void doctor_blockers_hca(const struct doctor *d, struct doctor_pair *pair);

#endif
