/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access Control Services: does a function send peer-to-peer requests upwards? */
#ifndef DOCTOR_ACS_H
#define DOCTOR_ACS_H

#include "doctor_pci.h"

#define DOCTOR_ACS_TEXT	96

/* Any of the bits that p2pdma looks at: of requests, completions, or egress. */
enum doctor_answer doctor_acs_redirects(const struct doctor_pci *dev);

/* "none", "hidden", "unknown", or the bits that are set, in lspci's names */
void doctor_acs_text(const struct doctor_pci *dev, char text[DOCTOR_ACS_TEXT]);

#endif
