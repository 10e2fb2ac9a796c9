/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of the process. */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include "core/topology.h"
#include "pci/pci_vu.h"

struct machine_slot {
	struct pci_dev *dev;
	struct pci_vu *vu;
	const struct model *model;
	struct machine *machine;
	struct machine_slot *next;
};

struct machine {
	struct loop *loop;
	struct pci_fabric *fabric;
	struct machine_slot *slots;	/* in the order of the topology */
	unsigned int num_connected;
	bool exit_on_disconnect;
};

/* @models ends with NULL.  False after a warning. */
bool machine_build(struct machine *m, const struct model *const *models,
		   struct topology_device *devices, const char *socket_dir);
void machine_destroy(struct machine *m);

struct machine_slot *machine_find(struct machine *m, const char *name);

#endif
