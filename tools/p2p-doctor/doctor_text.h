/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people read. */
#ifndef DOCTOR_TEXT_H
#define DOCTOR_TEXT_H

#include <stdio.h>

#include "doctor.h"

void doctor_text(const struct doctor *doctor, FILE *out);

#endif
