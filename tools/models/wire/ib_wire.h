/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wires between the ports of all HCAs in this process: an InfiniBand
 * subnet, and an Ethernet segment with a switch in its middle.
 *
 * Ports exchange packets; nothing but a packet crosses the wire, so that an
 * HCA model knows its peer's address and never its state.  Delivery is
 * asynchronous: a packet is queued at the port that owns the destination LID or
 * MAC address, whose owner is told by rx_notify() and collects it from its own
 * work context.  Ethernet frames to a group address, or to one that no port
 * has, go to all Ethernet ports but the sender's.  Packets of one sender to one
 * receiver stay in order.  A packet without a receiver, or one that finds the
 * receiver's queue full, is lost: reliability is the transport's business, here
 * as on a cable.
 *
 * A packet carries up to IB_WIRE_SEGMENT bytes of payload.  That is more than
 * a path MTU: it stands for a burst of MTU-sized packets, and PSNs count
 * segments.  A wire between hosts would lower the constant.
 *
 * Source: InfiniBand Architecture Specification vol. 1, chapters 5 and 9
 * (headers and their meaning; the in-memory form is our own).
 */
#ifndef WIRE_IB_WIRE_H
#define WIRE_IB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IB_WIRE_SEGMENT		65536u
#define IB_WIRE_QUEUE_BYTES	(64u << 20)	/* per port, then packets drop */
#define IB_WIRE_QUEUE_PACKETS	8192u

enum ib_pkt_op {
	IB_OP_SEND,
	IB_OP_WRITE,
	IB_OP_READ_REQ,
	IB_OP_READ_RESP,
	IB_OP_ATOMIC_CAS,
	IB_OP_ATOMIC_FAA,
	IB_OP_ATOMIC_RESP,
	IB_OP_ACK,
	IB_OP_FRAME,		/* not RDMA: data[] is an Ethernet frame */
};

enum ib_transport {
	IB_TRANS_RC,
	IB_TRANS_UC,
	IB_TRANS_UD,
	IB_TRANS_XRC,
};

/* AETH of an IB_OP_ACK */
enum ib_aeth {
	IB_AETH_ACK,
	IB_AETH_RNR,		/* no receive buffer: again after @rnr_ns */
	IB_AETH_NOT_READY,	/* page fault at the responder: wait for it */
	IB_AETH_NAK_SEQ,	/* the expected PSN is @psn */
	IB_AETH_NAK_INV_REQ,
	IB_AETH_NAK_ACCESS,
	IB_AETH_NAK_OP,
};

#define IB_PKT_FIRST		0x01
#define IB_PKT_LAST		0x02
#define IB_PKT_IMM		0x04
#define IB_PKT_INV		0x08	/* imm holds the rkey to invalidate */
#define IB_PKT_SOLICITED	0x10
#define IB_PKT_ACK_REQ		0x20
#define IB_PKT_GRH		0x40

/* What carries the transport headers on Ethernet; values of the GRH's CQE. */
enum roce_l3 {
	ROCE_L3_GRH,		/* RoCE v1 */
	ROCE_L3_IPV6,		/* RoCE v2, UDP */
	ROCE_L3_IPV4,
};

#define ETH_MAC			6

/* Addresses of a packet on Ethernet.  GIDs of IPv4 are IPv4-mapped. */
struct roce_addr {
	uint8_t smac[ETH_MAC], dmac[ETH_MAC];
	uint8_t l3, tclass, hop_limit;
	uint16_t udp_sport;
	uint32_t flow_label;
	uint8_t sgid[16], dgid[16];
};

struct ib_pkt {
	struct ib_pkt *next;		/* owned by the wire */
	uint16_t slid, dlid;
	uint8_t sl, op, transport, flags;
	uint16_t pkey;
	uint32_t dqpn, sqpn;		/* sqpn: DETH, datagrams only */
	uint32_t psn;			/* 24 bits */
	uint32_t qkey;			/* DETH */
	uint32_t imm;
	uint32_t srqn;			/* XRC */
	uint64_t va;			/* RETH, AtomicETH */
	uint32_t rkey;
	uint64_t swap_add, compare;	/* AtomicETH; response: swap_add */
	uint32_t offset;		/* of this segment in the message */
	uint32_t msg_len;		/* the whole message */
	uint8_t syndrome;		/* enum ib_aeth */
	uint64_t rnr_ns;
	uint8_t grh[40];		/* if IB_PKT_GRH, as on the wire */
	struct roce_addr eth;		/* ports of Ethernet */
	uint32_t len;			/* payload; READ_REQ: bytes wanted */
	uint32_t room;			/* size of data[] */
	uint8_t data[];
};

struct ib_port;

struct ib_port_ops {
	/* A packet was queued.  Any context: only queue work here. */
	void (*rx_notify)(struct ib_port *port);
};

struct ib_port {
	const struct ib_port_ops *ops;
	uint64_t guid;
	uint16_t lid;			/* 0 on attach: the next free one */
	bool ethernet;			/* no LID then */
	bool down;			/* neither sends nor receives */
	uint8_t mac[ETH_MAC];

	/* Owned by the wire. */
	struct ib_port *next;
	struct ib_pkt *rx_head, **rx_tail;
	uint64_t rx_bytes;
	unsigned int rx_count;
	uint64_t stat_rx, stat_tx, stat_dropped;
};

/* -EADDRINUSE if the LID is taken, -ENOSPC if there is none left. */
int ib_wire_attach(struct ib_port *port);
void ib_wire_detach(struct ib_port *port);

/* NULL only without memory.  @room: payload bytes wanted. */
struct ib_pkt *ib_pkt_alloc(size_t room);
void ib_pkt_free(struct ib_pkt *pkt);

/* Takes @pkt over.  False: nobody has the destination, or it was full. */
bool ib_wire_send(struct ib_port *from, struct ib_pkt *pkt);

/* NULL if nothing is queued; the caller owns the packet. */
struct ib_pkt *ib_wire_recv(struct ib_port *port);

/* Forget what is queued (the port's owner was reset). */
void ib_wire_flush(struct ib_port *port);

#endif
