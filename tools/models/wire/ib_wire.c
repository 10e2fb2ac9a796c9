// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The in-process wires: LIDs or MAC addresses to ports, one receive queue each.
 *
 * Source: InfiniBand Architecture Specification vol. 1 (unicast LIDs are
 * 0x0001..0xbfff); IEEE 802.1D (what a bridge floods).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace.h"
#include "wire/ib_wire.h"

TRACE_CATEGORY(wire, "wire.ib");

#define IB_LID_LAST_UNICAST	0xbfff
#define POOL_SMALL_ROOM		512u
#define POOL_MAX		128	/* packets kept per size */

static struct ib_port *ports;

/* Packets come and go at message rate: keep some of both usual sizes. */
static struct pkt_pool {
	struct ib_pkt *free;
	unsigned int count;
	uint32_t room;
} pools[] = {
	{ .room = POOL_SMALL_ROOM },
	{ .room = IB_WIRE_SEGMENT },
};

static struct pkt_pool *pool_for(size_t room)
{
	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		if (room <= pools[i].room)
			return &pools[i];
	return NULL;
}

struct ib_pkt *ib_pkt_alloc(size_t room)
{
	struct pkt_pool *pool = pool_for(room);
	struct ib_pkt *pkt;

	if (!pool)
		return NULL;
	pkt = pool->free;
	if (pkt) {
		pool->free = pkt->next;
		pool->count--;
	} else {
		pkt = malloc(sizeof(*pkt) + pool->room);
		if (!pkt)
			return NULL;
	}
	memset(pkt, 0, sizeof(*pkt));
	pkt->room = pool->room;
	return pkt;
}

void ib_pkt_free(struct ib_pkt *pkt)
{
	struct pkt_pool *pool;

	if (!pkt)
		return;
	pool = pool_for(pkt->room);
	if (pool->count >= POOL_MAX) {
		free(pkt);
		return;
	}
	pkt->next = pool->free;
	pool->free = pkt;
	pool->count++;
}

static struct ib_port *port_by_lid(uint16_t lid)
{
	struct ib_port *port = ports;

	while (port && (port->ethernet || port->lid != lid))
		port = port->next;
	return port;
}

static struct ib_port *port_by_mac(const uint8_t *mac)
{
	struct ib_port *port = ports;

	while (port && (!port->ethernet || memcmp(port->mac, mac, ETH_MAC)))
		port = port->next;
	return port;
}

static uint16_t free_lid(void)
{
	for (uint16_t lid = 1; lid <= IB_LID_LAST_UNICAST; lid++)
		if (!port_by_lid(lid))
			return lid;
	return 0;
}

static int attach_address(struct ib_port *port)
{
	if (port->ethernet)
		return port_by_mac(port->mac) ? -EADDRINUSE : 0;
	if (!port->lid)
		port->lid = free_lid();
	else if (port_by_lid(port->lid))
		return -EADDRINUSE;
	return !port->lid || port->lid > IB_LID_LAST_UNICAST ? -ENOSPC : 0;
}

int ib_wire_attach(struct ib_port *port)
{
	int ret = attach_address(port);

	if (ret)
		return ret;
	port->rx_head = NULL;
	port->rx_tail = &port->rx_head;
	port->rx_bytes = 0;
	port->rx_count = 0;
	port->next = ports;
	ports = port;
	return 0;
}

void ib_wire_detach(struct ib_port *port)
{
	struct ib_port **p = &ports;

	ib_wire_flush(port);
	while (*p && *p != port)
		p = &(*p)->next;
	if (*p)
		*p = port->next;
}

static bool port_full(const struct ib_port *port, const struct ib_pkt *pkt)
{
	return port->rx_count >= IB_WIRE_QUEUE_PACKETS ||
	       port->rx_bytes + pkt->room > IB_WIRE_QUEUE_BYTES;
}

static bool port_deliver(struct ib_port *from, struct ib_port *to,
			 struct ib_pkt *pkt)
{
	if (!to || to->down || port_full(to, pkt)) {
		trace(wire, "lid %u -> %u: op %u dropped, %s", pkt->slid,
		      pkt->dlid, pkt->op, !to ? "no such port" :
		      to->down ? "link down" : "queue full");
		from->stat_dropped++;
		ib_pkt_free(pkt);
		return false;
	}
	from->stat_tx++;
	pkt->next = NULL;
	*to->rx_tail = pkt;
	to->rx_tail = &pkt->next;
	to->rx_bytes += pkt->room;
	to->rx_count++;
	to->ops->rx_notify(to);
	return true;
}

static struct ib_pkt *frame_copy(const struct ib_pkt *pkt)
{
	struct ib_pkt *copy = ib_pkt_alloc(pkt->len);

	if (!copy)
		return NULL;
	copy->op = pkt->op;
	copy->eth = pkt->eth;
	copy->len = pkt->len;
	memcpy(copy->data, pkt->data, pkt->len);
	return copy;
}

/* Each port but the sender's gets a copy. */
static bool flood(struct ib_port *from, struct ib_pkt *pkt)
{
	bool any = false;

	for (struct ib_port *to = ports; to; to = to->next) {
		struct ib_pkt *copy;

		if (to == from || !to->ethernet)
			continue;
		copy = frame_copy(pkt);
		if (copy)
			any |= port_deliver(from, to, copy);
	}
	ib_pkt_free(pkt);
	return any;
}

static bool send_ethernet(struct ib_port *from, struct ib_pkt *pkt)
{
	bool group = pkt->eth.dmac[0] & 1;
	struct ib_port *to = group ? NULL : port_by_mac(pkt->eth.dmac);

	if (!to && pkt->op == IB_OP_FRAME)
		return flood(from, pkt);
	if (to == from && pkt->op == IB_OP_FRAME)
		to = NULL;	/* a switch does not send back */
	return port_deliver(from, to, pkt);
}

bool ib_wire_send(struct ib_port *from, struct ib_pkt *pkt)
{
	pkt->slid = from->lid;
	if (from->down)
		return port_deliver(from, NULL, pkt);
	if (from->ethernet)
		return send_ethernet(from, pkt);
	return port_deliver(from, port_by_lid(pkt->dlid), pkt);
}

struct ib_pkt *ib_wire_recv(struct ib_port *port)
{
	struct ib_pkt *pkt = port->rx_head;

	if (!pkt)
		return NULL;
	port->rx_head = pkt->next;
	if (!port->rx_head)
		port->rx_tail = &port->rx_head;
	port->rx_bytes -= pkt->room;
	port->rx_count--;
	port->stat_rx++;
	pkt->next = NULL;
	return pkt;
}

void ib_wire_flush(struct ib_port *port)
{
	struct ib_pkt *pkt;

	while ((pkt = ib_wire_recv(port)))
		ib_pkt_free(pkt);
}
