/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an RDMA device can do with on-demand paging, by libibverbs if it is there. */
#ifndef DOCTOR_VERBS_H
#define DOCTOR_VERBS_H

#include <stdint.h>

#include "doctor_pci.h"

struct doctor_odp {
	enum doctor_answer supported;
	enum doctor_answer implicit;	/* all of the address space at once */
	uint32_t rc, uc, ud, xrc;	/* IBV_ODP_SUPPORT_* */
	char why[96];			/* why it is unknown, or empty */
};

#define DOCTOR_ODP_TEXT	64

void doctor_verbs_odp(struct doctor_odp *odp, const char *device);

/* Names of the operations of a transport, "none" if there are none. */
void doctor_verbs_ops(uint32_t ops, char text[DOCTOR_ODP_TEXT]);

#endif
