/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two HCAs with an Ethernet port each: queues, steering, frames. */
#ifndef TESTS_CX_ETHENV_H
#define TESTS_CX_ETHENV_H

#include "tests/cx_env.h"

#define ETH_LOG_WQ	4
#define ETH_STRIDE	6		/* log: four segments */

struct eth_queue {
	uint32_t num, tis;
	uint64_t buf, dbr;
	uint16_t pi;
};

struct eth_port {
	struct hca *hca;
	struct tcq cq;
	struct eth_queue sq, rq;
	struct tmr mr;
	uint32_t table, group, tir;
};

struct eth_pair {
	struct fake_host *h;
	struct eth_port a, b;
};

extern const uint8_t eth_mac_a[6], eth_mac_b[6], eth_broadcast[6];

/* For cmocka.  Each port takes its own address and broadcasts. */
int eth_setup(void **state);
int eth_teardown(void **state);

/* Commands: the status; *@num is the number of the new object. */
int eth_cmd(struct hca *hca, uint8_t *in, uint32_t len, uint16_t opcode,
	    uint32_t *num);
int eth_simple(struct hca *hca, uint16_t opcode, uint32_t num);
int eth_modify(struct eth_port *p, uint16_t opcode, uint32_t num,
	       unsigned int from, unsigned int to);
int eth_set_rule(struct eth_port *p, uint32_t index, const uint8_t *mac,
		 uint32_t action, uint32_t tag);
int eth_delete_rule(struct eth_port *p, uint32_t index);

/* Queues. */
void eth_post_buffer(struct eth_port *p, uint64_t off, uint32_t len);
void eth_put_wqe(struct eth_port *p, const uint8_t *w, unsigned int ds);
void eth_ring(struct eth_port *p);

/* The first @inl bytes of a frame inline, the rest from memory. */
struct eth_send {
	uint8_t opcode, cs_flags;
	uint32_t len, inl;
	uint16_t mss;
	bool insert;
	uint16_t tci;
};

void eth_send_frame(struct eth_port *p, const uint8_t *frame,
		    const struct eth_send *s);
/* IPv4 and TCP from port a; the length. */
uint32_t eth_make_tcp(uint8_t *f, const uint8_t *to, uint32_t payload);

#endif
