/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that keeps a NIC busy with GPU memory, while the one that started
 * it does something to the devices or to the process.
 */
#ifndef LIFE_TRAFFIC_H
#define LIFE_TRAFFIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/* Shared by both processes. */
struct life_shared {
	atomic_uint rounds;	/* written, read back and compared */
	atomic_bool stop;
	atomic_bool ended;
	atomic_bool errors_ok;	/* the NIC goes away, requests may fail */
	atomic_uint p2p_rounds;	/* with all of the target on the GPU */
};

struct life_traffic {
	pid_t pid;
	struct life_shared *shared;
	bool rebind;		/* back to the GPU after each round, if need be */
	const char *gpu, *device;
};

/*
 * Starts the process and waits until it has done a few rounds.  Failures here
 * and below are those of the running case.
 */
bool life_traffic_start(struct life_traffic *t);

/* Waits until it has done @rounds more. */
bool life_traffic_progress(struct life_traffic *t, unsigned int rounds);
/* The same, of those with everything on the GPU. */
bool life_traffic_progress_p2p(struct life_traffic *t, unsigned int rounds);

/* Ends it: it compares all of its memory and must find no fault with it. */
bool life_traffic_stop(struct life_traffic *t);
void life_traffic_kill(struct life_traffic *t);

#endif
