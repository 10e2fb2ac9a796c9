/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share.  A target is a file fuzz_NAME.c with
 * LLVMFuzzerTestOneInput(): it makes a device, does what the bytes of its input
 * say, as a guest would, and removes the device.  Nothing is kept, not even the
 * time (fake_time.c), so that one input is all that is needed to repeat a crash.
 *
 * An input is a program: a byte chooses what to do, the bytes behind it are the
 * arguments.  Where they end, zeros follow, and the program is over.  Take one in
 * each expression: compilers order them as they like.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fake_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ARRAY(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- fuzz_in.c: the input ---- */
struct fuzz_in {
	const uint8_t *pos;
	size_t left;
};

/* Little-endian; zeros behind the end. */
uint8_t fuzz_u8(struct fuzz_in *in);
uint16_t fuzz_u16(struct fuzz_in *in);
uint32_t fuzz_u32(struct fuzz_in *in);
uint64_t fuzz_u64(struct fuzz_in *in);
void fuzz_bytes(struct fuzz_in *in, void *buf, size_t len);
/*
 * A number that may matter.  A byte says how it is written: small, all ones, at
 * or a few below a power of two, a page number, a page's address, four or eight
 * bytes as they are.
 */
uint64_t fuzz_value(struct fuzz_in *in);

/* ---- fuzz_pci.c: what a guest can do to any function ---- */
/* A config access, an access to a BAR at @off, of the kind the input says. */
void fuzz_pci_config(struct fuzz_in *in, struct pci_dev *dev);
void fuzz_pci_bar(struct fuzz_in *in, struct pci_dev *dev, unsigned int bar,
		  uint64_t off);

#endif
