/* SPDX-License-Identifier: MIT */
/* The tables of subtests that nouveau_svm consists of, a file each. */
#ifndef NOUVEAU_SVM_H
#define NOUVEAU_SVM_H

#include "igt_case.h"

extern const struct igt_group ns_args_groups[];		/* arguments of ioctls */
extern const struct igt_group ns_migrate_groups[];	/* there and back */
extern const struct igt_group ns_kind_groups[];		/* all kinds of memory */
extern const struct igt_group ns_uffd_groups[];		/* userfaultfd */
extern const struct igt_group ns_turn_groups[];		/* CPU and GPU in turn */
extern const struct igt_group ns_mm_groups[];		/* fork, mremap, ... */
extern const struct igt_group ns_traffic_groups[];	/* all that under traffic */
extern const struct igt_group ns_client_groups[];	/* several clients */
extern const struct igt_group ns_vram_groups[];		/* VRAM is full */
extern const struct igt_group ns_gpus_groups[];		/* two GPUs */
extern const struct igt_group ns_unbind_groups[];	/* the driver goes */

#endif
