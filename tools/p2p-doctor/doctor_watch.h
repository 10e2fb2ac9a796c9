/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens, as it happens. */
#ifndef DOCTOR_WATCH_H
#define DOCTOR_WATCH_H

#include "doctor.h"

struct doctor_watch_options {
	double seconds;
	unsigned int count;	/* 0: until a signal */
	bool json;
};

/* 0, or -errno when there is nothing to watch. */
int doctor_watch(const struct doctor *doctor,
		 const struct doctor_watch_options *options);

#endif
