/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For programs that know of svmrun: under it the function is there, otherwise its
 * address is NULL.
 */
#ifndef SVMRUN_H
#define SVMRUN_H

/*
 * Move all memory regions to the GPU, also those that were there before and
 * have come back.  No data may be on its way to them.  Returns their number.
 */
int svmrun_move(void) __attribute__((weak));

#endif
