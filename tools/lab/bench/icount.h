/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that the machine executes between two points of this program.
 *
 * Under QEMU's -icount shift=0 the time stamp counter advances by one for each
 * instruction, but also with real time while the (only) CPU has nothing to do,
 * and the device models need real time.  So the CPU must never be idle: a
 * process of lowest priority runs a loop of two instructions and counts its
 * turns.  What the counter shows beyond those is what everybody else has
 * executed: this program, the kernel, its interrupts and workers.
 */
#ifndef ICOUNT_H
#define ICOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Starts the loop; a failure of the running case otherwise, or if it drifts. */
bool icount_start(void);
void icount_stop(void);

/* Instructions so far, except those of the loop. */
uint64_t icount_now(void);

/*
 * Those of the calling thread, in user space and in the kernel, and of
 * interrupts that happened to hit it: its CPU time, as one is a nanosecond.
 */
uint64_t icount_thread(void);

#endif
