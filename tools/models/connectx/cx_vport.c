// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Ethernet port as the driver sets it up: MAC address, MTU, lists of
 * addresses and VLANs, RoCE on or off, link state.
 *
 * The lists are kept and given back, no more: steering says what is received.
 *
 * Source: core/vport.c (contexts, field selection), core/en_main.c (when the
 * port goes up and down), core/events.c (port change event), mlx5_ifc.h.
 */
#include "core/trace.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_vport.h"

TRACE_CATEGORY(vport, "hca.vport");

#define MTU_DEFAULT	1522	/* 1500, header, VLAN tag, checksum */
#define LINK_DOWN	1	/* sub-types of the port change event */
#define LINK_ACTIVE	4
#define ENTRY		8u	/* bytes of a list entry */

#define VP_SET(field, val) CX_SET(nic_vport_context, cx->vport.ctx, field, val)

static uint8_t *permanent_mac(uint8_t *ctx)
{
	return (uint8_t *)CX_ADDR(nic_vport_context, ctx, permanent_address) +
	       2;
}

static void put_mac(uint8_t mac[ETH_MAC], uint64_t val)
{
	cx_put_be16(mac, val >> 32);
	cx_put_be32(mac + 2, val);
}

void cx_vport_reset(struct cx *cx)
{
	bool unplugged = cx->vport.unplugged;

	cx->vport = (struct cx_vport){
		.mtu = MTU_DEFAULT, .admin_up = true, .unplugged = unplugged,
	};
	VP_SET(mtu, MTU_DEFAULT);
	CX_SET64(nic_vport_context, cx->vport.ctx, system_image_guid,
		 cx->par.guid);
	CX_SET64(nic_vport_context, cx->vport.ctx, port_guid, cx->par.guid);
	CX_SET64(nic_vport_context, cx->vport.ctx, node_guid, cx->par.guid);
	put_mac(permanent_mac(cx->vport.ctx), cx->par.mac);
	put_mac(cx->port.mac, cx->par.mac);
	cx->port.down = cx->par.ethernet && !cx_vport_link(cx);
}

uint32_t cx_vport_frame_max(const struct cx *cx)
{
	return cx->vport.mtu;
}

/* ---- link ---- */
bool cx_vport_link(const struct cx *cx)
{
	return cx->vport.admin_up && !cx->vport.unplugged;
}

static void link_update(struct cx *cx)
{
	uint8_t data[CX_EQE_DATA] = { [8] = 1 << 4 };	/* port 1 */
	bool up = cx_vport_link(cx);

	if (cx->port.down == !up)
		return;
	trace(vport, "%s: link %s", cx->pci.name, up ? "up" : "down");
	cx->port.down = !up;
	cx_eq_event(cx, CX_EVENT_PORT_CHANGE, up ? LINK_ACTIVE : LINK_DOWN,
		    data);
}

void cx_vport_set_admin(struct cx *cx, bool up)
{
	cx->vport.admin_up = up;
	link_update(cx);
}

void cx_vport_set_plug(struct cx *cx, bool plugged)
{
	cx->vport.unplugged = !plugged;
	link_update(cx);
}

/* ---- contexts ---- */
static uint8_t *entries(uint8_t *ctx)
{
	return ctx + CX_BYTE_OFF(nic_vport_context, current_uc_mac_address);
}

int cx_cmd_query_nic_vport_context(struct cx *cx, struct cx_cmd *cmd)
{
	uint8_t *ctx = CX_ADDR(query_nic_vport_context_out, cmd->out,
			       nic_vport_context);
	uint32_t type = CX_GET(query_nic_vport_context_in, cmd->in,
			       allowed_list_type);

	if (!cx->par.ethernet || type >= CX_LISTS ||
	    CX_GET(query_nic_vport_context_in, cmd->in, vport_number))
		return CX_ST_BAD_PARAM;
	memcpy(ctx, cx->vport.ctx, entries(ctx) - ctx);
	CX_SET(nic_vport_context, ctx, allowed_list_type, type);
	CX_SET(nic_vport_context, ctx, allowed_list_size,
	       cx->vport.listed[type]);
	memcpy(entries(ctx), cx->vport.list[type],
	       cx->vport.listed[type] * ENTRY);
	return CX_ST_OK;
}

static int set_list(struct cx *cx, uint8_t *ctx, const struct cx_cmd *cmd)
{
	uint32_t type = CX_GET(nic_vport_context, ctx, allowed_list_type);
	uint32_t n = CX_GET(nic_vport_context, ctx, allowed_list_size);

	if (type >= CX_LISTS || n > 1u << CX_LOG_MAX_LIST ||
	    entries(ctx) + n * ENTRY > cmd->in + cmd->in_len)
		return CX_ST_BAD_PARAM;
	memcpy(cx->vport.list[type], entries(ctx), n * ENTRY);
	cx->vport.listed[type] = n;
	return CX_ST_OK;
}

/* The wire knows the port by it: neither a group nor nothing. */
static bool set_mac(struct cx *cx, const uint8_t mac[ETH_MAC])
{
	static const uint8_t nothing[ETH_MAC];

	if (mac[0] & 1 || !memcmp(mac, nothing, ETH_MAC))
		return false;
	memcpy(permanent_mac(cx->vport.ctx), mac, ETH_MAC);
	memcpy(cx->port.mac, mac, ETH_MAC);
	return true;
}

#define COPY(field) VP_SET(field, CX_GET(nic_vport_context, ctx, field))
#define SELECTED(field) \
	CX_GET(modify_nic_vport_context_in, cmd->in, field_select.field)

int cx_cmd_modify_nic_vport_context(struct cx *cx, struct cx_cmd *cmd)
{
	uint8_t *ctx = CX_ADDR(modify_nic_vport_context_in, cmd->in,
			       nic_vport_context);

	if (!cx->par.ethernet ||
	    CX_GET(modify_nic_vport_context_in, cmd->in, vport_number))
		return CX_ST_BAD_PARAM;
	if (SELECTED(addresses_list))
		return set_list(cx, ctx, cmd);
	if (SELECTED(permanent_address) && !set_mac(cx, permanent_mac(ctx)))
		return CX_ST_BAD_PARAM;
	if (SELECTED(mtu))
		COPY(mtu);
	if (SELECTED(roce_en))
		COPY(roce_en);
	if (SELECTED(min_inline))
		COPY(min_wqe_inline_mode);
	if (SELECTED(promisc)) {
		COPY(promisc_uc);
		COPY(promisc_mc);
		COPY(promisc_all);
	}
	return CX_ST_OK;
}
