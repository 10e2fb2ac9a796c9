/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine description, as far as devices are concerned:
 *
 *	# comment
 *	device NAME MODEL key=value...
 *
 * Lines that begin with another word are for the program that starts the VM,
 * and so is the key "at".
 */
#ifndef CORE_TOPOLOGY_H
#define CORE_TOPOLOGY_H

#include "core/params.h"

struct topology_device {
	char *name, *model;
	struct model_params params;
	struct topology_device *next;
};

/* In the order of the file.  NULL after a warning; also for no device. */
struct topology_device *topology_load(const char *path);
void topology_free(struct topology_device *devices);

#endif
