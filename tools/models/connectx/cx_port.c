// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The port: state, addresses, access registers.  There is no subnet manager; an
 * InfiniBand port comes up active with the LID the wire gave it.  More about
 * Ethernet is in cx_eport.c and cx_vport.c.
 *
 * Source: drivers/infiniband/hw/mlx5/main.c (mlx5_query_hca_port, GIDs, PKEYs
 * through the HCA_VPORT commands because of ib_virt), core/port.c and
 * include/linux/mlx5/driver.h (register numbers), mlx5_ifc.h.
 */
#include "core/trace.h"
#include "connectx/cx_eport.h"
#include "connectx/cx_port.h"

#define PKEY_DEFAULT		0xffff
#define PKEY_TABLE		128
#define PORT_ACTIVE		4
#define PHYS_LINK_UP		5
#define CAP_MASK1		0x2650e848
#define SUBNET_TIMEOUT		18
#define VPORT_DOWN		0
#define VPORT_UP		1

#define WIDTH_4X		4
#define PROTO_EDR		0x20
#define VL_CAP_8		4

#define REG_PMLP		0x5002
#define REG_PMTU		0x5003
#define REG_PTYS		0x5004
#define REG_PAOS		0x5006
#define REG_PFCC		0x5007
#define REG_PPCNT		0x5008
#define REG_PVLC		0x500f
#define REG_NODE_DESC		0x6001
#define REG_HOST_ENDIANNESS	0x7004

#define IEEE_VENDOR_ID		0x0002c9
#define PSID			"HMM0000000001"

void cx_port_gid(const struct cx *cx, unsigned int index, uint8_t gid[16])
{
	memset(gid, 0, 16);
	if (index)
		return;
	gid[0] = 0xfe;
	gid[1] = 0x80;
	cx_put_be64(gid + 8, cx->port.guid);
}

int cx_cmd_query_hca_vport_context(struct cx *cx, struct cx_cmd *cmd)
{
	void *c = CX_ADDR(query_hca_vport_context_out, cmd->out,
			  hca_vport_context);

	CX_SET(hca_vport_context, c, port_physical_state, PHYS_LINK_UP);
	CX_SET(hca_vport_context, c, port_state, PORT_ACTIVE);
	CX_SET(hca_vport_context, c, vport_state, PORT_ACTIVE);
	CX_SET64(hca_vport_context, c, system_image_guid, cx->port.guid);
	CX_SET64(hca_vport_context, c, port_guid, cx->port.guid);
	CX_SET64(hca_vport_context, c, node_guid, cx->port.guid);
	CX_SET(hca_vport_context, c, cap_mask1, CAP_MASK1);
	CX_SET(hca_vport_context, c, lid, cx->port.lid);
	CX_SET(hca_vport_context, c, sm_lid, cx->port.lid);
	CX_SET(hca_vport_context, c, subnet_timeout, SUBNET_TIMEOUT);
	return CX_ST_OK;
}

int cx_cmd_query_hca_vport_gid(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t index = CX_GET(query_hca_vport_gid_in, cmd->in, gid_index);
	uint8_t *gid = cmd->out + CX_BYTE_OFF(query_hca_vport_gid_out, gid);
	uint32_t first = index == 0xffff ? 0 : index;
	uint32_t n = index == 0xffff ? CX_GIDS : 1;

	if (first >= CX_GIDS)
		return CX_ST_BAD_PARAM;
	for (uint32_t i = 0; i < n; i++)
		cx_port_gid(cx, first + i, gid + i * 16);
	CX_SET(query_hca_vport_gid_out, cmd->out, gids_num, n);
	return CX_ST_OK;
}

int cx_cmd_query_hca_vport_pkey(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t index = CX_GET(query_hca_vport_pkey_in, cmd->in, pkey_index);
	uint8_t *pkey = cmd->out + CX_BYTE_OFF(query_hca_vport_pkey_out, pkey);

	(void)cx;
	if (index != 0xffff && index >= PKEY_TABLE)
		return CX_ST_BAD_PARAM;
	if (index == 0 || index == 0xffff)
		CX_SET(pkey, pkey, pkey, PKEY_DEFAULT);
	return CX_ST_OK;
}

/* What the counters of the port would say, of what the wire counts. */
int cx_cmd_query_vport_counter(struct cx *cx, struct cx_cmd *cmd)
{
	uint8_t *out = cmd->out;

	CX_SET64(query_vport_counter_out, out,
		 received_ib_unicast.packets, cx->port.stat_rx);
	CX_SET64(query_vport_counter_out, out,
		 transmitted_ib_unicast.packets, cx->port.stat_tx);
	return CX_ST_OK;
}

int cx_cmd_query_vport_state(struct cx *cx, struct cx_cmd *cmd)
{
	bool up = !cx->port.down;

	CX_SET(query_vport_state_out, cmd->out, admin_state, VPORT_UP);
	CX_SET(query_vport_state_out, cmd->out, state,
	       up ? VPORT_UP : VPORT_DOWN);
	return CX_ST_OK;
}

int cx_cmd_query_adapter(struct cx *cx, struct cx_cmd *cmd)
{
	void *a = CX_ADDR(query_adapter_out, cmd->out, query_adapter_struct);

	(void)cx;
	CX_SET(query_adapter_param_block, a, ieee_vendor_id, IEEE_VENDOR_ID);
	memcpy(CX_ADDR(query_adapter_param_block, a, vsd_contd_psid), PSID,
	       sizeof(PSID) - 1);
	return CX_ST_OK;
}

/* ---- access registers ---- */
static void reg_ptys(struct cx *cx, uint8_t *reg, bool write)
{
	(void)write;
	if (cx->par.ethernet) {
		cx_eport_ptys(cx, reg);
		return;
	}
	CX_SET(ptys_reg, reg, ib_link_width_capability, WIDTH_4X);
	CX_SET(ptys_reg, reg, ib_proto_capability, PROTO_EDR);
	CX_SET(ptys_reg, reg, ib_link_width_admin, WIDTH_4X);
	CX_SET(ptys_reg, reg, ib_proto_admin, PROTO_EDR);
	CX_SET(ptys_reg, reg, ib_link_width_oper, WIDTH_4X);
	CX_SET(ptys_reg, reg, ib_proto_oper, PROTO_EDR);
}

static void reg_pmtu(struct cx *cx, uint8_t *reg, bool write)
{
	if (cx->par.ethernet) {
		cx_eport_pmtu(cx, reg, write);
		return;
	}
	CX_SET(pmtu_reg, reg, max_mtu, CX_PORT_MTU);
	CX_SET(pmtu_reg, reg, admin_mtu, CX_PORT_MTU);
	CX_SET(pmtu_reg, reg, oper_mtu, CX_PORT_MTU);
}

static void reg_pvlc(struct cx *cx, uint8_t *reg, bool write)
{
	(void)cx;
	(void)write;
	CX_SET(pvlc_reg, reg, vl_hw_cap, VL_CAP_8);
	CX_SET(pvlc_reg, reg, vl_admin, VL_CAP_8);
	CX_SET(pvlc_reg, reg, vl_operational, VL_CAP_8);
}

static void reg_node_desc(struct cx *cx, uint8_t *reg, bool write)
{
	if (write)
		memcpy(cx->node_desc, reg, sizeof(cx->node_desc));
	else
		memcpy(reg, cx->node_desc, sizeof(cx->node_desc));
}

static void reg_nothing(struct cx *cx, uint8_t *reg, bool write)
{
	(void)cx;
	(void)reg;
	(void)write;
}

static const struct access_reg {
	uint16_t id, bytes;
	void (*fn)(struct cx *cx, uint8_t *reg, bool write);
	bool ethernet;
} access_regs[] = {
	{ REG_PMTU, CX_BYTES(pmtu_reg), reg_pmtu, false },
	{ REG_PTYS, CX_BYTES(ptys_reg), reg_ptys, false },
	{ REG_PVLC, CX_BYTES(pvlc_reg), reg_pvlc, false },
	{ REG_NODE_DESC, 64, reg_node_desc, false },
	{ REG_HOST_ENDIANNESS, 16, reg_nothing, false },
	{ REG_PMLP, CX_BYTES(pmlp_reg), cx_eport_pmlp, true },
	{ REG_PAOS, CX_BYTES(paos_reg), cx_eport_paos, true },
	{ REG_PFCC, CX_BYTES(pfcc_reg), cx_eport_pfcc, true },
	{ REG_PPCNT, CX_BYTES(ppcnt_reg), cx_eport_ppcnt, true },
};

static const struct access_reg *reg_find(const struct cx *cx, uint16_t id)
{
	for (size_t i = 0; i < sizeof(access_regs) / sizeof(access_regs[0]);
	     i++)
		if (access_regs[i].id == id &&
		    (cx->par.ethernet || !access_regs[i].ethernet))
			return &access_regs[i];
	return NULL;
}

static int reg_unknown(struct cx *cx, uint16_t id)
{
	cx->stat.unknown_regs++;
	if (!(cx->warned_regs[id / 8] & 1 << id % 8))
		trace_warn("%s: unknown access register %#x", cx->pci.name,
			   id);
	cx->warned_regs[id / 8] |= 1 << id % 8;
	return CX_ST_BAD_PARAM;
}

int cx_cmd_access_reg(struct cx *cx, struct cx_cmd *cmd)
{
	uint16_t id = CX_GET(access_register_in, cmd->in, register_id);
	uint32_t off = CX_BYTE_OFF(access_register_in, register_data);
	const struct access_reg *reg = reg_find(cx, id);
	uint32_t len = cmd->in_len - off;

	if (!reg)
		return reg_unknown(cx, id);
	if (len < reg->bytes && (reg->ethernet || reg->fn == reg_node_desc))
		return CX_ST_BAD_INP_LEN;
	if (len > reg->bytes)
		len = reg->bytes;
	memcpy(cmd->out + off, cmd->in + off, len);
	reg->fn(cx, cmd->out + off, cmd->op_mod == 0);
	return CX_ST_OK;
}
