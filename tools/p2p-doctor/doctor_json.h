/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs read: keys as in Documentation/p2p-doctor.rst. */
#ifndef DOCTOR_JSON_H
#define DOCTOR_JSON_H

#include <stdio.h>

#include "doctor.h"

/* Goes up when a key changes its meaning or goes away, not when one is added. */
#define DOCTOR_JSON_VERSION	1

void doctor_json(const struct doctor *doctor, FILE *out);

#endif
