// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RDMA over Ethernet: the table of source addresses, which the driver fills
 * from the GIDs of the port, and the addresses of packets.
 *
 * A packet carries what its headers would: MAC addresses, GIDs, and which of
 * GRH (v1), UDP over IPv6 or UDP over IPv4 (v2) there is.  The receiver takes
 * it if the destination GID is in its table with that kind of header, and, on
 * a connected QP, if the source GID is the peer's.
 *
 * Source: core/lib/gid.c, drivers/infiniband/hw/mlx5/{main,ah,qp}.c (where
 * each address comes from), InfiniBand Architecture Specification vol. 1,
 * annexes A16 and A17 (RoCE, RoCE v2), RFC 791 (IPv4 header).
 */
#include "connectx/cx_frame.h"
#include "connectx/cx_ifc.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_roce.h"

#define VERSION_1	0	/* roce_version of an entry */
#define VERSION_2	2
#define L3_IPV4		0	/* roce_l3_type */
#define L3_IPV6		1

#define GRH_NEXT_BTH	0x1b
#define TRANSPORT_BYTES	24	/* BTH, DETH, ICRC; UDP has 8 more */

static const struct cx_roce_entry *entry_at(const struct cx *cx,
					    unsigned int index)
{
	return index < CX_ROCE_ADDRS && cx->roce[index].valid ?
	       &cx->roce[index] : NULL;
}

static bool entry_by_gid(const struct cx *cx, const struct roce_addr *addr)
{
	for (unsigned int i = 0; i < CX_ROCE_ADDRS; i++) {
		const struct cx_roce_entry *e = entry_at(cx, i);

		if (e && e->l3 == addr->l3 && !memcmp(e->gid, addr->dgid, 16))
			return true;
	}
	return false;
}

static void set_source(struct cx *cx, unsigned int index, struct ib_pkt *pkt)
{
	const struct cx_roce_entry *e = entry_at(cx, index);

	if (!e) {
		cx->stat.roce_no_gid++;
		memset(pkt->eth.dmac, 0, ETH_MAC);
		return;
	}
	pkt->eth.l3 = e->l3;
	memcpy(pkt->eth.sgid, e->gid, 16);
	memcpy(pkt->eth.smac, e->mac, ETH_MAC);
}

void cx_roce_connected(const struct cx_qp *qp, struct ib_pkt *pkt)
{
	memcpy(pkt->eth.dgid, qp->rgid, 16);
	memcpy(pkt->eth.dmac, qp->rmac, ETH_MAC);
	pkt->eth.hop_limit = qp->hop_limit;
	pkt->eth.tclass = qp->tclass;
	pkt->eth.flow_label = qp->flow_label;
	pkt->eth.udp_sport = qp->udp_sport;
	set_source(qp->obj.cx, qp->sgid_index, pkt);
}

/* Libraries leave the GRH flag out on Ethernet: there always is one. */
void cx_roce_datagram(const struct cx_qp *qp, const struct cx_wqe *wqe,
		      struct ib_pkt *pkt)
{
	memcpy(pkt->eth.dgid, wqe->av.rgid, 16);
	memcpy(pkt->eth.dmac, wqe->av.rmac, ETH_MAC);
	pkt->eth.hop_limit = wqe->av.hop_limit;
	pkt->eth.tclass = wqe->av.tclass;
	pkt->eth.flow_label = wqe->av.flow_label;
	pkt->eth.udp_sport = wqe->av.lid;
	set_source(qp->obj.cx, wqe->av.sgid_index, pkt);
}

bool cx_roce_accept(const struct cx_qp *qp, const struct ib_pkt *pkt)
{
	if (!entry_by_gid(qp->obj.cx, &pkt->eth))
		return false;
	return cx_qp_datagram(qp) || !memcmp(pkt->eth.sgid, qp->rgid, 16);
}

static void put_ipv6(const struct ib_pkt *pkt, uint8_t *g)
{
	bool udp = pkt->eth.l3 == ROCE_L3_IPV6;

	cx_put_be32(g, 6u << 28 | (uint32_t)pkt->eth.tclass << 20 |
		    (pkt->eth.flow_label & 0xfffff));
	cx_put_be16(g + 4, pkt->len + TRANSPORT_BYTES + (udp ? 8 : 0));
	g[6] = udp ? IP_UDP : GRH_NEXT_BTH;
	g[7] = pkt->eth.hop_limit;
	memcpy(g + 8, pkt->eth.sgid, 16);
	memcpy(g + 24, pkt->eth.dgid, 16);
}

/* In the last 20 bytes. */
static void put_ipv4(const struct ib_pkt *pkt, uint8_t *ip)
{
	ip[0] = 0x45;
	ip[1] = pkt->eth.tclass;
	cx_put_be16(ip + 2, 20 + 8 + TRANSPORT_BYTES + pkt->len);
	ip[6] = 0x40;		/* don't fragment */
	ip[8] = pkt->eth.hop_limit;
	ip[9] = IP_UDP;
	memcpy(ip + 12, pkt->eth.sgid + 12, 4);
	memcpy(ip + 16, pkt->eth.dgid + 12, 4);
	cx_put_be16(ip + 10, ~cx_frame_sum(ip, 20, 0));
}

void cx_roce_grh(const struct ib_pkt *pkt, uint8_t grh[40])
{
	memset(grh, 0, 40);
	if (pkt->eth.l3 == ROCE_L3_IPV4)
		put_ipv4(pkt, grh + 20);
	else
		put_ipv6(pkt, grh);
}

/* An entry without version and type, or without an address, is empty. */
int cx_cmd_set_roce_address(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t index = CX_GET(set_roce_address_in, cmd->in,
				roce_address_index);
	const void *a = CX_ADDR(set_roce_address_in, cmd->in, roce_address);
	uint32_t version = CX_GET(roce_addr_layout, a, roce_version);
	uint32_t l3 = CX_GET(roce_addr_layout, a, roce_l3_type);
	static const uint8_t nothing[16];
	struct cx_roce_entry e = { .valid = true };

	if (!cx->par.ethernet || index >= CX_ROCE_ADDRS ||
	    (version != VERSION_1 && version != VERSION_2) || l3 > L3_IPV6)
		return CX_ST_BAD_PARAM;
	memcpy(e.gid, a, 16);
	memcpy(e.mac, CX_ADDR(roce_addr_layout, a, source_mac_47_32), ETH_MAC);
	e.valid = memcmp(e.gid, nothing, 16) != 0;
	if (version == VERSION_2)
		e.l3 = l3 == L3_IPV4 ? ROCE_L3_IPV4 : ROCE_L3_IPV6;
	cx->roce[index] = e;
	return CX_ST_OK;
}

int cx_cmd_query_roce_address(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t index = CX_GET(query_roce_address_in, cmd->in,
				roce_address_index);
	void *a = CX_ADDR(query_roce_address_out, cmd->out, roce_address);
	const struct cx_roce_entry *e;

	if (!cx->par.ethernet || index >= CX_ROCE_ADDRS)
		return CX_ST_BAD_PARAM;
	e = &cx->roce[index];
	memcpy(a, e->gid, 16);
	memcpy(CX_ADDR(roce_addr_layout, a, source_mac_47_32), e->mac,
	       ETH_MAC);
	CX_SET(roce_addr_layout, a, roce_version,
	       e->l3 == ROCE_L3_GRH ? VERSION_1 : VERSION_2);
	CX_SET(roce_addr_layout, a, roce_l3_type,
	       e->l3 == ROCE_L3_IPV4 ? L3_IPV4 : L3_IPV6);
	return CX_ST_OK;
}
