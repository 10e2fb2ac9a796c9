// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes the devices of a topology and their sockets. */
#include <stdlib.h>
#include <string.h>

#include "core/machine.h"
#include "core/trace.h"
#include "pci/pci_cfg.h"
#include "pci/pci_fabric.h"

static const struct model *find_model(const struct model *const *models,
				      const char *name)
{
	for (; *models; models++)
		if (!strcmp((*models)->name, name))
			return *models;
	return NULL;
}

static void vmm_changed(void *arg, bool connected)
{
	struct machine *m = ((struct machine_slot *)arg)->machine;

	if (connected) {
		m->num_connected++;
		return;
	}
	m->num_connected--;
	if (!m->num_connected && m->exit_on_disconnect)
		loop_stop(m->loop);
}

static bool open_socket(struct machine_slot *slot, const char *socket_dir)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.sock", socket_dir,
		 slot->dev->name);
	slot->vu = pci_vu_create(slot->dev, path, vmm_changed, slot);
	return slot->vu;
}

static bool init_slot(struct machine_slot *slot, struct topology_device *td,
		      const char *socket_dir)
{
	struct machine *m = slot->machine;

	slot->dev = slot->model->create(td->name, m->loop, &td->params);
	if (!slot->dev || !model_params_check(&td->params))
		return false;
	slot->dev->name = td->name;
	slot->dev->loop = m->loop;
	return pci_cfg_setup(slot->dev) &&
	       pci_fabric_add(m->fabric, slot->dev) &&
	       open_socket(slot, socket_dir);
}

static bool add_device(struct machine *m, const struct model *const *models,
		       struct topology_device *td, const char *socket_dir)
{
	const struct model *model = find_model(models, td->model);
	struct machine_slot *slot, **pos = &m->slots;

	if (!model) {
		trace_warn("%s: no model '%s' (--help lists them)", td->name,
			   td->model);
		return false;
	}
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return false;
	slot->machine = m;
	slot->model = model;
	while (*pos)
		pos = &(*pos)->next;
	*pos = slot;
	if (init_slot(slot, td, socket_dir))
		return true;
	trace_warn("%s: not created", td->name);
	return false;
}

bool machine_build(struct machine *m, const struct model *const *models,
		   struct topology_device *devices, const char *socket_dir)
{
	m->loop = loop_create();
	m->fabric = pci_fabric_create();
	if (!m->loop || !m->fabric)
		return false;
	for (; devices; devices = devices->next)
		if (!add_device(m, models, devices, socket_dir))
			return false;
	return true;
}

void machine_destroy(struct machine *m)
{
	struct machine_slot *slot;

	while ((slot = m->slots)) {
		m->slots = slot->next;
		pci_vu_destroy(slot->vu);
		if (slot->dev) {
			pci_fabric_remove(slot->dev);
			slot->dev->ops->destroy(slot->dev);
		}
		free(slot);
	}
	pci_fabric_destroy(m->fabric);
	loop_destroy(m->loop);
}

struct machine_slot *machine_find(struct machine *m, const char *name)
{
	struct machine_slot *slot;

	for (slot = m->slots; slot; slot = slot->next)
		if (!strcmp(slot->dev->name, name))
			return slot;
	return NULL;
}
