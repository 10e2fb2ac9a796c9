/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way from one PCI function to another, and what Linux says about it: the
 * rules of calc_map_type_and_dist() in drivers/pci/p2pdma.c of Linux 7.3.
 */
#ifndef DOCTOR_PATH_H
#define DOCTOR_PATH_H

#include "doctor_host.h"
#include "doctor_pci.h"

#define DOCTOR_MAX_DEPTH	32

/* How memory of the one function is mapped for the other. */
enum doctor_map { MAP_NOT_SUPPORTED, MAP_HOST_BRIDGE, MAP_BUS_ADDRESS };

/* From a function upwards; indices of a struct doctor_pci_list. */
struct doctor_branch {
	int nodes[DOCTOR_MAX_DEPTH];
	int nr;
};

struct doctor_path {
	struct doctor_branch a, b;	/* both end below, or with, the common one */
	int common;			/* the bridge that both are below, or -1 */
	int distance;
	/* Of those that count: both ends, bridges, and the common one. */
	int redirects[2 * DOCTOR_MAX_DEPTH], nr_redirects;
	int unreadable[2 * DOCTOR_MAX_DEPTH], nr_unreadable;
	int hidden[2 * DOCTOR_MAX_DEPTH], nr_hidden;
	enum doctor_map map;		/* if nothing unreadable redirects */
	enum doctor_map map_worst;	/* if it does */
	bool host_allows;
	struct doctor_host_answer host;
};

/* From @a, which has the memory, to @b, which does the DMA. */
void doctor_path_find(const struct doctor_pci_list *list,
		      const struct doctor_cpu *cpu, int a, int b,
		      struct doctor_path *path);

const char *doctor_map_name(enum doctor_map map);

#endif
