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

bool life_wait_node(void)
{
	glob_t nodes;
	int i, ret = GLOB_NOMATCH;

	for (i = 0; i < 600 && ret; i++) {
		ret = glob("/dev/infiniband/uverbs*", 0, NULL, &nodes);
		if (!ret)
			globfree(&nodes);
		else
			usleep(50000);
	}
	return tap_check(!ret, "no /dev/infiniband/uverbs*");
}
