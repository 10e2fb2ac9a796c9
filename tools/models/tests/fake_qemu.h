/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real QEMU, driven by its test protocol instead of a guest: a q35 machine
 * without running CPUs, memory and I/O accesses are made on command.  The
 * loop of the device under test runs while QEMU works.
 */
#ifndef TESTS_FAKE_QEMU_H
#define TESTS_FAKE_QEMU_H

#include <stdint.h>
#include <sys/types.h>

#include "core/loop.h"

struct fake_qemu {
	struct loop *loop;
	pid_t pid;
	int in, out;			/* the test protocol */
	char line[65536];
	struct loop_fd out_fd;
	bool readable;
};

/* NULL if there is no QEMU.  @devices: the -device arguments, NULL-ended. */
struct fake_qemu *fake_qemu_start(struct loop *loop,
				  const char *const *devices);
void fake_qemu_stop(struct fake_qemu *q);

uint64_t fake_qemu_read(struct fake_qemu *q, uint64_t addr, unsigned int size);
void fake_qemu_write(struct fake_qemu *q, uint64_t addr, unsigned int size,
		     uint64_t val);
/* Config space of bus 0, function 0 of @slot */
uint32_t fake_qemu_cfg_read(struct fake_qemu *q, unsigned int slot,
			    unsigned int off, unsigned int size);
void fake_qemu_cfg_write(struct fake_qemu *q, unsigned int slot,
			 unsigned int off, unsigned int size, uint32_t val);

#endif
