// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Access registers that describe an Ethernet port: speed, link, MTU, counters.
 *
 * Source: core/port.c, core/en/port.c (who reads what), mlx5_ifc.h (layouts),
 * include/linux/mlx5/port.h and device.h (link modes, counter groups).
 */
#include "connectx/cx_eport.h"
#include "connectx/cx_ifc.h"
#include "connectx/cx_vport.h"

#define PROTO_100G_CR4	(1u << 20)	/* MLX5E_100GBASE_CR4 */
#define PAOS_UP		1
#define PAOS_DOWN	2
#define GROUP_IEEE_802_3 0x00

void cx_eport_ptys(struct cx *cx, uint8_t *reg)
{
	CX_SET(ptys_reg, reg, eth_proto_capability, PROTO_100G_CR4);
	CX_SET(ptys_reg, reg, eth_proto_admin, PROTO_100G_CR4);
	CX_SET(ptys_reg, reg, eth_proto_oper,
	       cx_vport_link(cx) ? PROTO_100G_CR4 : 0);
}

void cx_eport_paos(struct cx *cx, uint8_t *reg, bool write)
{
	if (write)
		cx_vport_set_admin(cx, CX_GET(paos_reg, reg, admin_status) ==
				   PAOS_UP);
	CX_SET(paos_reg, reg, admin_status,
	       cx->vport.admin_up ? PAOS_UP : PAOS_DOWN);
	CX_SET(paos_reg, reg, oper_status,
	       cx_vport_link(cx) ? PAOS_UP : PAOS_DOWN);
}

void cx_eport_pmtu(struct cx *cx, uint8_t *reg, bool write)
{
	uint32_t mtu = CX_GET(pmtu_reg, reg, admin_mtu);

	if (write && mtu && mtu <= CX_VPORT_MTU_MAX)
		cx->vport.mtu = mtu;
	CX_SET(pmtu_reg, reg, max_mtu, CX_VPORT_MTU_MAX);
	CX_SET(pmtu_reg, reg, admin_mtu, cx->vport.mtu);
	CX_SET(pmtu_reg, reg, oper_mtu, cx->vport.mtu);
}

/* 64-bit counters in two halves; only the frames and bytes are counted. */
#define COUNTER(reg, name, val)						\
	do {								\
		CX_SET(ppcnt_reg, reg,					\
		       counter_set.eth_802_3_cntrs_grp_data_layout.name##_high,\
		       (uint64_t)(val) >> 32);				\
		CX_SET(ppcnt_reg, reg,					\
		       counter_set.eth_802_3_cntrs_grp_data_layout.name##_low,\
		       (uint32_t)(val));				\
	} while (0)

void cx_eport_ppcnt(struct cx *cx, uint8_t *reg, bool write)
{
	(void)write;
	memset(CX_ADDR(ppcnt_reg, reg, counter_set), 0,
	       CX_BYTES(ppcnt_reg) - CX_BYTE_OFF(ppcnt_reg, counter_set));
	if (CX_GET(ppcnt_reg, reg, grp) != GROUP_IEEE_802_3)
		return;
	COUNTER(reg, a_frames_transmitted_ok, cx->stat.eth_tx);
	COUNTER(reg, a_frames_received_ok, cx->stat.eth_rx);
	COUNTER(reg, a_octets_transmitted_ok, cx->stat.eth_tx_bytes);
	COUNTER(reg, a_octets_received_ok, cx->stat.eth_rx_bytes);
}

/* No flow control. */
void cx_eport_pfcc(struct cx *cx, uint8_t *reg, bool write)
{
	(void)cx;
	(void)write;
	memset(reg, 0, CX_BYTES(pfcc_reg));
}

/* One module with four lanes, but nothing can be read from it. */
void cx_eport_pmlp(struct cx *cx, uint8_t *reg, bool write)
{
	(void)cx;
	(void)write;
	CX_SET(pmlp_reg, reg, width, 4);
}
