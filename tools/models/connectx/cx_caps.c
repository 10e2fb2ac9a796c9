// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capability pages of 4 KiB: what the device can do (max) and what is switched
 * on (cur).  Only what this model implements is announced.
 *
 * Source: core/main.c (which pages are read, what is written back),
 * core/fw.c, drivers/infiniband/hw/mlx5 (what each bit makes the driver do);
 * layouts from mlx5_ifc.h.
 */
#include <stdlib.h>

#include "connectx/cx_caps.h"

#define CAP_BYTES	4096

enum cap_type {
	CAP_GENERAL = 0x00,
	CAP_ETHERNET = 0x01,
	CAP_ODP = 0x02,
	CAP_ATOMIC = 0x03,
	CAP_ROCE = 0x04,
	CAP_FLOW_TABLE = 0x07,
	CAP_GENERAL_2 = 0x20,
};

/* The first are for every port, the rest for Ethernet. */
static const uint8_t cap_types[] = {
	CAP_GENERAL, CAP_ODP, CAP_ATOMIC, CAP_GENERAL_2,
	CAP_ETHERNET, CAP_ROCE, CAP_FLOW_TABLE,
};
#define CAPS_OF_ALL	4

static size_t cap_count(const struct cx *cx)
{
	return cx->par.ethernet ? sizeof(cap_types) : CAPS_OF_ALL;
}

#define GEN(field, val) CX_SET(cmd_hca_cap, p, field, val)

static void fill_general_limits(uint8_t *p)
{
	GEN(log_max_srq_sz, CX_LOG_MAX_SRQ_SZ);
	GEN(log_max_qp_sz, CX_LOG_MAX_QP_SZ);
	GEN(log_max_qp, CX_LOG_MAX_QP);
	GEN(log_max_srq, CX_LOG_MAX_SRQ);
	GEN(log_max_cq_sz, CX_LOG_MAX_CQ_SZ);
	GEN(log_max_cq, CX_LOG_MAX_CQ);
	GEN(log_max_eq_sz, CX_LOG_MAX_EQ_SZ);
	GEN(log_max_eq, 6);
	GEN(max_num_eqs, CX_MAX_EQS);
	GEN(log_max_mkey, CX_LOG_MAX_MKEY);
	GEN(log_max_mrw_sz, 46);
	GEN(log_max_klm_list_size, 16);
	GEN(max_indirection, CX_MAX_INDIRECTION);
	GEN(log_max_ra_req_qp, 4);
	GEN(log_max_ra_res_qp, 4);
	GEN(log_max_msg, CX_LOG_MAX_MSG);
	GEN(max_wqe_sz_sq, CX_MAX_WQE_SQ);
	GEN(max_wqe_sz_rq, CX_MAX_WQE_RQ);
	GEN(log_max_pd, CX_LOG_MAX_PD);
	GEN(log_max_xrcd, CX_LOG_MAX_XRCD);
	GEN(log_max_transport_domain, CX_LOG_MAX_TD);
	GEN(log_max_rmp, CX_LOG_MAX_SRQ);
	GEN(log_max_wq_sz, CX_LOG_MAX_SRQ_SZ);
	GEN(max_qp_mcg, 240);
	GEN(log_max_mcg, 10);
	GEN(max_sgl_for_optimized_performance, 30);
}

static void fill_general_features(uint8_t *p)
{
	GEN(page_request_disable, 1);
	GEN(hca_cap_2, 1);
	GEN(fixed_buffer_size, 1);
	GEN(umr_extended_translation_offset, 1);
	GEN(null_mkey, 1);
	GEN(local_ca_ack_delay, 16);
	GEN(cqe_version, 1);
	GEN(compact_address_vector, 1);
	GEN(atomic, 1);
	GEN(pg, 1);
	GEN(cq_resize, 1);
	GEN(cq_moderation, 1);
	GEN(cq_oi, 1);
	GEN(block_lb_mc, 1);
	GEN(imaicl, 1);
	GEN(qkv, 1);
	GEN(pkv, 1);
	GEN(set_deth_sqpn, 1);
	GEN(xrc, 1);
	GEN(ud, 1);
	GEN(uc, 1);
	GEN(rc, 1);
	GEN(cd, 1);
	GEN(basic_cyclic_rcv_wqe, 1);
	GEN(umr_fence, 2);
	GEN(end_pad, 1);
	GEN(start_pad, 1);
}

static void fill_general_port(uint8_t *p)
{
	GEN(num_ports, 1);
	GEN(native_port_num, 1);
	GEN(pkey_table_size, 0);	/* code for 128 */
	GEN(vport_group_manager, 1);
	GEN(vport_counters, 1);
	GEN(out_of_seq_cnt, 1);
	GEN(retransmission_q_counters, 1);
	GEN(max_qp_cnt, 255);
	GEN(uar_sz, CX_BAR_LOG_MIB);
	GEN(log_pg_sz, 12);
	GEN(log_bf_reg_size, 9);
	GEN(num_of_uars_per_page, 1);
	GEN(log_uar_page_sz, 0);
	GEN(device_frequency_khz, 1000000);
}

static void fill_general_ib(uint8_t *p)
{
	GEN(port_type, 0);
	GEN(gid_table_size, 0);		/* code for 8 */
	GEN(ib_virt, 1);
}

static void fill_general_eth(uint8_t *p)
{
	GEN(port_type, 1);
	GEN(gid_table_size, 1);		/* code for 16 */
	GEN(eth_net_offloads, 1);
	GEN(nic_flow_table, 1);
	GEN(roce, 1);
	GEN(log_max_rq, CX_LOG_MAX_ETHQ);
	GEN(log_max_sq, CX_LOG_MAX_ETHQ);
	GEN(log_max_tir, CX_LOG_MAX_TIR);
	GEN(log_max_tis, CX_LOG_MAX_TIR);
	GEN(log_max_rqt, CX_LOG_MAX_TIR);
	GEN(log_max_rqt_size, CX_LOG_MAX_RQT_SIZE);
	GEN(log_max_current_uc_list, CX_LOG_MAX_LIST);
	GEN(log_max_current_mc_list, CX_LOG_MAX_LIST);
	GEN(log_max_vlan_list, CX_LOG_MAX_LIST);
	GEN(max_tc, 1);
}

/* Checksums and segmentation of TCP are what mlx5e insists on. */
static void fill_ethernet(void *p)
{
	CX_SET(per_protocol_networking_offload_caps, p, csum_cap, 1);
	CX_SET(per_protocol_networking_offload_caps, p, vlan_cap, 1);
	CX_SET(per_protocol_networking_offload_caps, p, max_lso_cap, 16);
	CX_SET(per_protocol_networking_offload_caps, p, wqe_vlan_insert, 1);
	CX_SET(per_protocol_networking_offload_caps, p, wqe_inline_mode, 2);
	CX_SET(per_protocol_networking_offload_caps, p, rss_ind_tbl_cap,
	       CX_LOG_MAX_RQT_SIZE);
	CX_SET(per_protocol_networking_offload_caps, p, self_lb_en_modifiable,
	       1);
}

#define ROCE_V1		0x01
#define ROCE_V2		0x04
#define ROCE_L3_IP4	0x02
#define ROCE_L3_IP6	0x04

static void fill_roce(void *p)
{
	CX_SET(roce_cap, p, roce_version, ROCE_V1 | ROCE_V2);
	CX_SET(roce_cap, p, l3_type, ROCE_L3_IP4 | ROCE_L3_IP6);
	CX_SET(roce_cap, p, roce_address_table_size, CX_ROCE_ADDRS);
	CX_SET(roce_cap, p, r_roce_dest_udp_port, 4791);
	CX_SET(roce_cap, p, r_roce_min_src_udp_port, 0xc000);
	CX_SET(roce_cap, p, r_roce_max_src_udp_port, 0xffff);
}

static void fill_match_fields(void *fields)
{
#define FIELD(name) CX_SET(flow_table_fields_supported, fields, name, 1)
	FIELD(outer_dmac);
	FIELD(outer_smac);
	FIELD(outer_ether_type);
	FIELD(outer_ip_version);
	FIELD(outer_first_prio);
	FIELD(outer_first_cfi);
	FIELD(outer_first_vid);
	FIELD(outer_sip);
	FIELD(outer_dip);
	FIELD(outer_frag);
	FIELD(outer_ip_protocol);
	FIELD(outer_udp_sport);
	FIELD(outer_udp_dport);
	FIELD(outer_tcp_sport);
	FIELD(outer_tcp_dport);
	FIELD(outer_tcp_flags);
#undef FIELD
}

static void fill_flow_table(void *p)
{
	void *rx = CX_ADDR(flow_table_nic_cap, p,
			   flow_table_properties_nic_receive);

#define RX(field, val) CX_SET(flow_table_prop_layout, rx, field, val)
	RX(ft_support, 1);
	RX(flow_modify_en, 1);
	RX(modify_root, 1);
	RX(identified_miss_table_mode, 1);
	RX(flow_table_modify, 1);
	RX(log_max_ft_size, CX_LOG_MAX_FT_SIZE);
	RX(max_ft_level, CX_MAX_FT_LEVELS);
	RX(log_max_ft_num, CX_LOG_MAX_FLOW_TABLES);
	RX(log_max_destination, 4);
	RX(log_max_flow, CX_LOG_MAX_FT_SIZE);
#undef RX
	fill_match_fields(CX_ADDR(flow_table_prop_layout, rx,
				  ft_field_support));
	fill_match_fields(CX_ADDR(flow_table_prop_layout, rx,
				  ft_field_bitmask_support));
}

static void fill_port(struct cx *cx)
{
	uint8_t *general = cx->caps.max[CAP_GENERAL];

	fill_general_port(general);
	if (!cx->par.ethernet) {
		fill_general_ib(general);
		return;
	}
	fill_general_eth(general);
	fill_ethernet(cx->caps.max[CAP_ETHERNET]);
	fill_roce(cx->caps.max[CAP_ROCE]);
	fill_flow_table(cx->caps.max[CAP_FLOW_TABLE]);
}

/* Larger mkey entities: 5-level page tables need 2^34 per KSM entry. */
static void fill_general_2(uint8_t *p)
{
	CX_SET(cmd_hca_cap_2, p, umr_log_entity_size_5, 1);
	CX_SET(cmd_hca_cap_2, p, max_mkey_log_entity_size_fixed_buffer, 40);
	CX_SET(cmd_hca_cap_2, p, max_mkey_log_entity_size_mtt, 31);
}

static void fill_odp_transport(void *cap)
{
	CX_SET(odp_per_transport_service_cap, cap, send, 1);
	CX_SET(odp_per_transport_service_cap, cap, receive, 1);
	CX_SET(odp_per_transport_service_cap, cap, write, 1);
	CX_SET(odp_per_transport_service_cap, cap, read, 1);
	CX_SET(odp_per_transport_service_cap, cap, atomic, 1);
	CX_SET(odp_per_transport_service_cap, cap, srq_receive, 1);
}

static void fill_odp_scheme(void *cap, bool memory)
{
	void *ud = CX_ADDR(odp_scheme_cap, cap, ud_odp_caps);

	CX_SET(odp_scheme_cap, cap, page_prefetch, memory);
	fill_odp_transport(CX_ADDR(odp_scheme_cap, cap, rc_odp_caps));
	fill_odp_transport(CX_ADDR(odp_scheme_cap, cap, xrc_odp_caps));
	CX_SET(odp_per_transport_service_cap, ud, send, 1);
	CX_SET(odp_per_transport_service_cap, ud, srq_receive, 1);
}

static void fill_odp(const struct cx *cx, uint8_t *p)
{
	fill_odp_scheme(CX_ADDR(odp_cap, p, transport_page_fault_scheme_cap),
			false);
	if (cx->par.odp_transport)
		return;
	fill_odp_scheme(CX_ADDR(odp_cap, p, memory_page_fault_scheme_cap),
			true);
	CX_SET(odp_cap, p, mem_page_fault, 1);
}

/* Compare-and-swap (bit 0) and fetch-and-add (bit 1), of 8 bytes (bit 3). */
static void fill_atomic(uint8_t *p)
{
	CX_SET(atomic_caps, p, supported_atomic_req_8B_endianness_mode_1, 1);
	CX_SET(atomic_caps, p, atomic_operations, 3);
	CX_SET(atomic_caps, p, atomic_size_qp, 8);
}

bool cx_caps_init(struct cx *cx)
{
	for (size_t i = 0; i < cap_count(cx); i++) {
		cx->caps.cur[cap_types[i]] = calloc(1, CAP_BYTES);
		cx->caps.max[cap_types[i]] = calloc(1, CAP_BYTES);
		if (!cx->caps.cur[cap_types[i]] || !cx->caps.max[cap_types[i]])
			return false;
	}
	fill_general_limits(cx->caps.max[CAP_GENERAL]);
	fill_general_features(cx->caps.max[CAP_GENERAL]);
	fill_general_2(cx->caps.max[CAP_GENERAL_2]);
	fill_odp(cx, cx->caps.max[CAP_ODP]);
	fill_atomic(cx->caps.max[CAP_ATOMIC]);
	fill_port(cx);
	cx_caps_reset(cx);
	return true;
}

void cx_caps_reset(struct cx *cx)
{
	for (size_t i = 0; i < cap_count(cx); i++)
		memcpy(cx->caps.cur[cap_types[i]], cx->caps.max[cap_types[i]],
		       CAP_BYTES);
	/* Off until the driver asks for it. */
	CX_SET(odp_cap, cx->caps.cur[CAP_ODP], mem_page_fault, 0);
}

void cx_caps_free(struct cx *cx)
{
	for (size_t i = 0; i < CX_CAP_TYPES; i++) {
		free(cx->caps.cur[i]);
		free(cx->caps.max[i]);
	}
}

bool cx_caps_mem_fault(const struct cx *cx)
{
	return CX_GET(odp_cap, cx->caps.cur[CAP_ODP], mem_page_fault);
}

/* op_mod: type in bits 15:1, bit 0 set for the current values */
int cx_cmd_query_hca_cap(struct cx *cx, struct cx_cmd *cmd)
{
	unsigned int type = cmd->op_mod >> 1;
	const uint8_t *page;

	if (CX_GET(query_hca_cap_in, cmd->in, other_function) ||
	    type >= CX_CAP_TYPES)
		return CX_ST_BAD_PARAM;
	page = cmd->op_mod & 1 ? cx->caps.cur[type] : cx->caps.max[type];
	if (!page)
		return CX_ST_BAD_PARAM;
	memcpy(cmd->out + 16, page, CAP_BYTES);
	return CX_ST_OK;
}

/* The driver sends the whole page back with some fields changed. */
static void set_general(struct cx *cx, const void *in)
{
	uint8_t *cur = cx->caps.cur[CAP_GENERAL];

	CX_SET(cmd_hca_cap, cur, pkey_table_size,
	       CX_GET(cmd_hca_cap, in, pkey_table_size));
	CX_SET(cmd_hca_cap, cur, log_max_qp,
	       CX_GET(cmd_hca_cap, in, log_max_qp));
}

static void set_odp(struct cx *cx, const void *in)
{
	const uint8_t *max = cx->caps.max[CAP_ODP];
	uint8_t *cur = cx->caps.cur[CAP_ODP];

	CX_SET(odp_cap, cur, mem_page_fault,
	       CX_GET(odp_cap, in, mem_page_fault) &
	       CX_GET(odp_cap, max, mem_page_fault));
}

/* All but the mode is zero in what the driver sends. */
static void set_atomic(struct cx *cx, const void *in)
{
	CX_SET(atomic_caps, cx->caps.cur[CAP_ATOMIC],
	       atomic_req_8B_endianness_mode,
	       CX_GET(atomic_caps, in, atomic_req_8B_endianness_mode));
}

int cx_cmd_set_hca_cap(struct cx *cx, struct cx_cmd *cmd)
{
	const uint8_t *in = cmd->in + 16;

	if (CX_GET(set_hca_cap_in, cmd->in, other_function))
		return CX_ST_BAD_PARAM;
	switch (cmd->op_mod >> 1) {
	case CAP_GENERAL:
		set_general(cx, in);
		return CX_ST_OK;
	case CAP_ODP:
		set_odp(cx, in);
		return CX_ST_OK;
	case CAP_ATOMIC:
		set_atomic(cx, in);
		return CX_ST_OK;
	case CAP_GENERAL_2:
		return CX_ST_OK;
	default:
		return CX_ST_BAD_PARAM;
	}
}
