/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for an RDMA device that comes back.  A failure of the running case. */
#ifndef LIFE_DEVICE_H
#define LIFE_DEVICE_H

#include <stdbool.h>

/* Until its port is active. */
bool life_wait_port(const char *device);
/* Until there is a node of a device: after a suspend it comes after the port. */
bool life_wait_node(void);
/* Until there is none: the driver has given the device up. */
bool life_wait_no_node(void);

#endif
