/* SPDX-License-Identifier: MIT */
/* The tables of subtests that nouveau_svm_p2p consists of, a file each. */
#ifndef NOUVEAU_SVM_P2P_H
#define NOUVEAU_SVM_P2P_H

#include "igt_case.h"

extern const struct igt_group np_order_groups[];	/* GPU, HCA and CPU in turn */
extern const struct igt_group np_window_groups[];	/* windows of BAR1 */
extern const struct igt_group np_traffic_groups[];	/* at the same time */

#endif
