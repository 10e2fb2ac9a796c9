/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults that the models inject: switched on, counted, switched off. */
#ifndef FAULT_INJECT_H
#define FAULT_INJECT_H

#include <stdbool.h>

struct fault_inject {
	const char *on;		/* commands of labctl */
	const char *off;	/* NULL: it ends by itself */
	const char *device, *counter;	/* what counts it */
	long long before;
};

/* Switches it on.  A failure of the running case when that does not work. */
bool fault_inject_on(struct fault_inject *f);
/* Switches it off; it must have happened @times, or at least once (-1). */
bool fault_inject_off(struct fault_inject *f, int times);
/* Waits until it has happened so often. */
bool fault_inject_wait(const struct fault_inject *f, int times);

#endif
