// SPDX-License-Identifier: GPL-2.0-or-later
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "life_device.h"
#include "tap.h"

#define PORT_STATE	"/sys/class/infiniband/%s/ports/1/state"

bool life_wait_port(const char *device)
{
	char path[128], state[32] = "";
	FILE *f;
	int i;

	snprintf(path, sizeof(path), PORT_STATE, device);
	for (i = 0; i < 600; i++) {
		f = fopen(path, "re");
		if (f) {
			if (!fgets(state, sizeof(state), f))
				state[0] = '\0';
			fclose(f);
			if (strstr(state, "ACTIVE"))
				return true;
		}
		usleep(50000);
	}
	return tap_check(false, "%s: the port is not active: '%s'", device,
			 state);
}

static bool life_has_node(void)
{
	glob_t nodes;

	if (glob("/dev/infiniband/uverbs*", 0, NULL, &nodes))
		return false;
	globfree(&nodes);
	return true;
}

static bool life_wait_nodes(bool wanted)
{
	int i;

	for (i = 0; i < 600 && life_has_node() != wanted; i++)
		usleep(50000);
	return i < 600;
}

bool life_wait_node(void)
{
	return tap_check(life_wait_nodes(true), "no /dev/infiniband/uverbs*");
}

bool life_wait_no_node(void)
{
	return tap_check(life_wait_nodes(false), "/dev/infiniband/uverbs* does not go");
}
