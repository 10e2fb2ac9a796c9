/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file for a bug report. */
#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include "doctor.h"

/* 0, or -errno, of which the user has been told. */
int doctor_report(const struct doctor *doctor, const char *file);

#endif
