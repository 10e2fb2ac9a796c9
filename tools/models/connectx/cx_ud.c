// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Datagrams: addressing of what is sent, acceptance of what arrives.  The
 * first 40 bytes of every receive are for the GRH, whether there is one.
 *
 * Source: include/linux/mlx5/qp.h (struct mlx5_av),
 * drivers/infiniband/hw/mlx5/{wr,gsi,cq}.c, InfiniBand Architecture
 * Specification vol. 1, chapter 8.3 (GRH) and 9.8 (datagrams, Q_Key).
 */
#include "connectx/cx_ifc.h"
#include "connectx/cx_port.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_roce.h"
#include "connectx/cx_ud.h"

#define GRH_IPVER	6u
#define GRH_NEXT_BTH	0x1b

static void build_grh(struct cx_qp *qp, const struct cx_wqe *wqe,
		      struct ib_pkt *pkt)
{
	uint8_t *g = pkt->grh;

	cx_put_be32(g, GRH_IPVER << 28 | (uint32_t)wqe->av.tclass << 20 |
		    wqe->av.flow_label);
	cx_put_be16(g + 4, pkt->len + 24);	/* BTH, DETH, ICRC */
	g[6] = GRH_NEXT_BTH;
	g[7] = wqe->av.hop_limit;
	cx_port_gid(qp->obj.cx, wqe->av.sgid_index, g + 8);
	memcpy(g + 24, wqe->av.rgid, 16);
	pkt->flags |= IB_PKT_GRH;
}

static void address_ib(struct cx_qp *qp, const struct cx_wqe *wqe,
		       struct ib_pkt *pkt)
{
	pkt->dlid = wqe->av.lid;
	pkt->sl = wqe->av.sl;
	if (wqe->av.grh)
		build_grh(qp, wqe, pkt);
}

static void address_eth(struct cx_qp *qp, const struct cx_wqe *wqe,
			struct ib_pkt *pkt)
{
	cx_roce_datagram(qp, wqe, pkt);
	cx_roce_grh(pkt, pkt->grh);
	pkt->flags |= IB_PKT_GRH;
}

bool cx_ud_address(struct cx_qp *qp, const struct cx_wqe *wqe,
		   struct ib_pkt *pkt)
{
	if (wqe->len > CX_PORT_MTU || wqe->av.lid > 0xffff)
		return false;
	pkt->dqpn = wqe->av.dqpn;
	pkt->qkey = wqe->av.qkey;
	pkt->sqpn = qp->deth_sqpn ? qp->deth_sqpn : qp->obj.num;
	if (qp->st == CX_ST_QP0)
		pkt->sqpn = 0;
	else if (qp->st == CX_ST_QP1)
		pkt->sqpn = 1;
	if (qp->obj.cx->par.ethernet)
		address_eth(qp, wqe, pkt);
	else
		address_ib(qp, wqe, pkt);
	return true;
}

bool cx_ud_accept(const struct cx_qp *qp, const struct ib_pkt *pkt)
{
	/* Management QPs are reached with the well-known key. */
	if (qp->st == CX_ST_QP0)
		return true;
	if (qp->st == CX_ST_QP1)
		return pkt->qkey == 0x80010000u;
	return pkt->qkey == qp->qkey;
}
