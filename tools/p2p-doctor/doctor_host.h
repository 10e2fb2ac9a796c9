/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does Linux let peer-to-peer requests go through the host bridge?  Facts about
 * CPUs and host bridges as drivers/pci/p2pdma.c of Linux 7.3 knows them.
 */
#ifndef DOCTOR_HOST_H
#define DOCTOR_HOST_H

#include "doctor_pci.h"

struct doctor_cpu {
	char vendor[16];	/* AuthenticAMD, or empty where there is none */
	unsigned int family;
	char model[64];
};

enum doctor_host_why {
	HOST_CPU,		/* any AMD Zen */
	HOST_LISTED,		/* the host bridges are known to forward */
	HOST_NO_DEVICE,		/* nothing there to know it by */
	HOST_NOT_LISTED,
	HOST_SAME_ONLY,		/* forwards, but not to another host bridge */
};

struct doctor_host_answer {
	enum doctor_host_why why;
	const struct doctor_pci *root;	/* whose IDs have decided, or NULL */
};

void doctor_cpu_read(struct doctor_cpu *cpu);
bool doctor_cpu_is_zen(const struct doctor_cpu *cpu);

bool doctor_host_allows(const struct doctor_pci_list *list,
			const struct doctor_cpu *cpu, const struct doctor_pci *a,
			const struct doctor_pci *b,
			struct doctor_host_answer *answer);

#endif
