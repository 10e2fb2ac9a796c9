/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine made of files, for --sysroot. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "doctor.h"

#define NO_ACS		-1
#define UNREADABLE	-2	/* 64 bytes, as sysfs shows them without root */
#define CONVENTIONAL	-3	/* 256 bytes: no PCI Express */
#define HIDDEN		-4	/* the first 256 bytes, again and again */
#define HIDDEN_256	-5	/* 256 bytes of a PCI Express function */

#define ENDPOINT	0x0	/* PCI_EXP_TYPE_* */
#define ROOT_PORT	0x4
#define UPSTREAM	0x5
#define DOWNSTREAM	0x6

struct fixture_dev {
	const char *path;	/* below /sys/devices: pci0000:00/0000:00:01.0 */
	uint16_t vendor, device;
	uint32_t class;
	const char *driver;	/* or NULL */
	int acs;		/* the control register, or one of the above */
	int type;
};

/* Makes an empty machine and looks at it from now on. */
void fixture_new(void);
void fixture_free(void);
/* The same for cmocka. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
const char *fixture_root(void);

void fixture_text(const char *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void fixture_link(const char *target, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void fixture_pci(const struct fixture_dev *dev);
void fixture_bridge(const char *path, int type, int acs);
/* Pascal with nouveau, ConnectX with mlx5 and RDMA device @ib, or NULL. */
void fixture_gpu(const char *path, int acs);
void fixture_hca(const char *path, int acs, const char *ib);
void fixture_cpu(const char *vendor, unsigned int family);
/* A kernel with the series and both drivers loaded. */
void fixture_kernel(void);
/* GPU 0000:03:00.0 and HCA 0000:04:00.0, mlx5_0, below one switch. */
void fixture_switch(int acs_port);

/* Looks at the machine; for doctor_free(). */
struct doctor *fixture_examine(void);
/* The only pair of it, and whether there is that reason. */
const struct doctor_pair *fixture_pair(const struct doctor *d);
const struct doctor_reason *fixture_reason(const struct doctor_pair *pair,
					   const char *key);

#endif
