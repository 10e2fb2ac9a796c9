/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An HCA with queues that are connected, for the fuzz targets. */
#ifndef FUZZ_FUZZ_CX_H
#define FUZZ_FUZZ_CX_H

#include "connectx/cx_wqe.h"
#include "fuzz/fuzz.h"
#include "tests/cx_pair.h"

/* odp=memory, odp=transport, link=eth */
const char *fuzz_cx_params(uint8_t how);

/*
 * An HCA that talks to itself, 64 KiB of memory at each end.  @how: bits 1:0
 * parameters, bit 2 the queue pairs are UC, bit 3 the far memory has
 * translations.
 */
struct tpair *fuzz_cx_pair(uint8_t how);

#endif
