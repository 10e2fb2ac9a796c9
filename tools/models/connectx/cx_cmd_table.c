// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every command this device knows, by opcode, with the lengths it needs.
 * Commands without a file of their own (enable, init, plain numbers) are here.
 *
 * Source: include/linux/mlx5/mlx5_ifc.h (opcodes, layouts), core/main.c,
 * core/fw.c, core/pagealloc.c (what the driver expects from each).
 */
#include "connectx/cx_caps.h"
#include "connectx/cx_cmd.h"
#include "connectx/cx_cq.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_ethrq.h"
#include "connectx/cx_ethsq.h"
#include "connectx/cx_flow.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_odp.h"
#include "connectx/cx_port.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_roce.h"
#include "connectx/cx_srq.h"
#include "connectx/cx_tir.h"
#include "connectx/cx_vport.h"

#define ISSI_1	(1u << 1)

/* Accepted; there is nothing to do for this model. */
static int cmd_ok(struct cx *cx, struct cx_cmd *cmd)
{
	(void)cx;
	(void)cmd;
	return CX_ST_OK;
}

static int cmd_query_issi(struct cx *cx, struct cx_cmd *cmd)
{
	CX_SET(query_issi_out, cmd->out, current_issi, cx->cmd.issi);
	CX_SET(query_issi_out, cmd->out, supported_issi_dw0, ISSI_1);
	return CX_ST_OK;
}

static int cmd_set_issi(struct cx *cx, struct cx_cmd *cmd)
{
	uint16_t issi = CX_GET(set_issi_in, cmd->in, current_issi);

	if (issi > 1)
		return CX_ST_BAD_PARAM;
	cx->cmd.issi = issi;
	return CX_ST_OK;
}

/* The model keeps its memory on its own side: no pages are asked for. */
static int cmd_query_pages(struct cx *cx, struct cx_cmd *cmd)
{
	(void)cx;
	CX_SET(query_pages_out, cmd->out, num_pages, 0);
	return CX_ST_OK;
}

/* Numbers: the 24 bits at the start of the third word, in and out. */
static int num_alloc(struct cx_tbl *tbl, struct cx_cmd *cmd)
{
	uint32_t num = 0;
	int status = cx_num_alloc(tbl, &num);

	cx_put_be32(cmd->out + 8, num);
	return status;
}

static int num_free(struct cx *cx, struct cx_tbl *tbl, struct cx_cmd *cmd)
{
	uint32_t num = cx_be32(cmd->in + 8) & 0xffffff;

	return cx_num_free(cx, tbl, num) ? CX_ST_OK : CX_ST_BAD_RES;
}

#define NUMBER_COMMANDS(what, table)					\
	static int cmd_alloc_##what(struct cx *cx, struct cx_cmd *cmd)	\
	{								\
		return num_alloc(&cx->table, cmd);			\
	}								\
	static int cmd_dealloc_##what(struct cx *cx, struct cx_cmd *cmd)\
	{								\
		return num_free(cx, &cx->table, cmd);			\
	}

NUMBER_COMMANDS(pd, pds)
NUMBER_COMMANDS(uar, uars)
NUMBER_COMMANDS(xrcd, xrcds)
NUMBER_COMMANDS(td, tds)
NUMBER_COMMANDS(q_counter, qcounters)
NUMBER_COMMANDS(tis, tises)

#define CMD(op, type, handler)						\
	{ .opcode = MLX5_CMD_OP_##op, .min_in = CX_BYTES(type##_in),	\
	  .min_out = CX_BYTES(type##_out), .name = #op, .fn = (handler) }
/* With an array at the end that the handler measures itself. */
#define CMD_MIN(op, in, out, handler)					\
	{ .opcode = MLX5_CMD_OP_##op, .min_in = (in), .min_out = (out),	\
	  .name = #op, .fn = (handler) }

#define IN_NUM	16	/* header and a number */
#define OUT_NUM	16

static const struct cx_cmd_desc cmds[] = {
	CMD(QUERY_HCA_CAP, query_hca_cap, cx_cmd_query_hca_cap),
	CMD(SET_HCA_CAP, set_hca_cap, cx_cmd_set_hca_cap),
	CMD(QUERY_ADAPTER, query_adapter, cx_cmd_query_adapter),
	CMD_MIN(INIT_HCA, 8, 8, cmd_ok),
	CMD_MIN(TEARDOWN_HCA, 8, 8, cmd_ok),
	CMD_MIN(ENABLE_HCA, 8, 8, cmd_ok),
	CMD_MIN(DISABLE_HCA, 8, 8, cmd_ok),
	CMD(QUERY_PAGES, query_pages, cmd_query_pages),
	CMD(QUERY_ISSI, query_issi, cmd_query_issi),
	CMD(SET_ISSI, set_issi, cmd_set_issi),
	CMD_MIN(SET_DRIVER_VERSION, 8, 8, cmd_ok),
	CMD_MIN(NOP, 8, 8, cmd_ok),

	CMD_MIN(CREATE_MKEY, CX_BYTE_OFF(create_mkey_in, klm_pas_mtt),
		OUT_NUM, cx_cmd_create_mkey),
	CMD_MIN(DESTROY_MKEY, IN_NUM, 8, cx_cmd_destroy_mkey),
	CMD_MIN(QUERY_MKEY, IN_NUM,
		CX_BYTE_OFF(query_mkey_out, bsf0_klm0_pas_mtt0_1),
		cx_cmd_query_mkey),
	CMD(QUERY_SPECIAL_CONTEXTS, query_special_contexts,
	    cx_cmd_query_special_contexts),
	CMD(PAGE_FAULT_RESUME, page_fault_resume, cx_cmd_page_fault_resume),

	CMD_MIN(CREATE_EQ, CX_BYTE_OFF(create_eq_in, pas), OUT_NUM,
		cx_cmd_create_eq),
	CMD_MIN(DESTROY_EQ, IN_NUM, 8, cx_cmd_destroy_eq),
	CMD_MIN(QUERY_EQ, IN_NUM, CX_BYTE_OFF(query_eq_out, event_bitmask),
		cx_cmd_query_eq),
	CMD_MIN(CREATE_CQ, CX_BYTE_OFF(create_cq_in, pas), OUT_NUM,
		cx_cmd_create_cq),
	CMD_MIN(DESTROY_CQ, IN_NUM, 8, cx_cmd_destroy_cq),
	CMD_MIN(QUERY_CQ, IN_NUM, CX_BYTE_OFF(query_cq_out, pas),
		cx_cmd_query_cq),
	CMD_MIN(MODIFY_CQ, CX_BYTE_OFF(modify_cq_in, cq_umem_valid), 8,
		cx_cmd_modify_cq),

	CMD_MIN(CREATE_QP, CX_BYTE_OFF(create_qp_in, pas), OUT_NUM,
		cx_cmd_create_qp),
	CMD_MIN(DESTROY_QP, IN_NUM, 8, cx_cmd_destroy_qp),
	CMD_MIN(RST2INIT_QP, CX_BYTES(rst2init_qp_in), 8, cx_cmd_modify_qp),
	CMD_MIN(INIT2INIT_QP, CX_BYTES(rst2init_qp_in), 8, cx_cmd_modify_qp),
	CMD_MIN(INIT2RTR_QP, CX_BYTES(init2rtr_qp_in), 8, cx_cmd_modify_qp),
	CMD_MIN(RTR2RTS_QP, CX_BYTES(rtr2rts_qp_in), 8, cx_cmd_modify_qp),
	CMD_MIN(RTS2RTS_QP, CX_BYTES(rts2rts_qp_in), 8, cx_cmd_modify_qp),
	CMD_MIN(SQERR2RTS_QP, CX_BYTES(sqerr2rts_qp_in), 8, cx_cmd_modify_qp),
	CMD_MIN(SQD_RTS_QP, CX_BYTES(rts2rts_qp_in), 8, cx_cmd_modify_qp),
	CMD_MIN(2ERR_QP, IN_NUM, 8, cx_cmd_modify_qp),
	CMD_MIN(2RST_QP, IN_NUM, 8, cx_cmd_modify_qp),
	CMD_MIN(QUERY_QP, IN_NUM, CX_BYTE_OFF(query_qp_out, qpc) +
		CX_BYTES(qpc), cx_cmd_query_qp),

	CMD_MIN(CREATE_RMP, CX_BYTES(create_rmp_in), OUT_NUM,
		cx_cmd_create_rmp),
	CMD_MIN(MODIFY_RMP, CX_BYTES(modify_rmp_in), 8, cx_cmd_modify_rmp),
	CMD_MIN(DESTROY_RMP, IN_NUM, 8, cx_cmd_destroy_rmp),
	CMD_MIN(QUERY_RMP, IN_NUM, CX_BYTES(query_rmp_out), cx_cmd_query_rmp),
	CMD_MIN(CREATE_XRC_SRQ, CX_BYTE_OFF(create_xrc_srq_in, pas), OUT_NUM,
		cx_cmd_create_xrc_srq),
	CMD_MIN(DESTROY_XRC_SRQ, IN_NUM, 8, cx_cmd_destroy_xrc_srq),
	CMD_MIN(QUERY_XRC_SRQ, IN_NUM, CX_BYTE_OFF(query_xrc_srq_out, pas),
		cx_cmd_query_xrc_srq),
	CMD_MIN(ARM_RQ, IN_NUM, 8, cx_cmd_arm_srq),
	CMD_MIN(ARM_XRC_SRQ, IN_NUM, 8, cx_cmd_arm_srq),

	CMD_MIN(QUERY_VPORT_STATE, IN_NUM, OUT_NUM, cx_cmd_query_vport_state),
	CMD(QUERY_HCA_VPORT_CONTEXT, query_hca_vport_context,
	    cx_cmd_query_hca_vport_context),
	CMD_MIN(MODIFY_HCA_VPORT_CONTEXT, IN_NUM, 8, cmd_ok),
	CMD(QUERY_HCA_VPORT_GID, query_hca_vport_gid,
	    cx_cmd_query_hca_vport_gid),
	CMD(QUERY_HCA_VPORT_PKEY, query_hca_vport_pkey,
	    cx_cmd_query_hca_vport_pkey),
	CMD(QUERY_VPORT_COUNTER, query_vport_counter,
	    cx_cmd_query_vport_counter),
	CMD_MIN(ALLOC_Q_COUNTER, 8, OUT_NUM, cmd_alloc_q_counter),
	CMD_MIN(DEALLOC_Q_COUNTER, IN_NUM, 8, cmd_dealloc_q_counter),
	CMD(QUERY_Q_COUNTER, query_q_counter, cmd_ok),

	CMD_MIN(ALLOC_PD, 8, OUT_NUM, cmd_alloc_pd),
	CMD_MIN(DEALLOC_PD, IN_NUM, 8, cmd_dealloc_pd),
	CMD_MIN(ALLOC_UAR, 8, OUT_NUM, cmd_alloc_uar),
	CMD_MIN(DEALLOC_UAR, IN_NUM, 8, cmd_dealloc_uar),
	CMD_MIN(ACCESS_REG, CX_BYTE_OFF(access_register_in, register_data),
		CX_BYTE_OFF(access_register_out, register_data),
		cx_cmd_access_reg),
	CMD_MIN(ATTACH_TO_MCG, IN_NUM, 8, cmd_ok),
	CMD_MIN(DETACH_FROM_MCG, IN_NUM, 8, cmd_ok),
	CMD_MIN(ALLOC_XRCD, 8, OUT_NUM, cmd_alloc_xrcd),
	CMD_MIN(DEALLOC_XRCD, IN_NUM, 8, cmd_dealloc_xrcd),
	CMD_MIN(ALLOC_TRANSPORT_DOMAIN, 8, OUT_NUM, cmd_alloc_td),
	CMD_MIN(DEALLOC_TRANSPORT_DOMAIN, IN_NUM, 8, cmd_dealloc_td),

	CMD(SET_ROCE_ADDRESS, set_roce_address, cx_cmd_set_roce_address),
	CMD(QUERY_ROCE_ADDRESS, query_roce_address,
	    cx_cmd_query_roce_address),
	CMD_MIN(QUERY_NIC_VPORT_CONTEXT, IN_NUM,
		CX_BYTES(query_nic_vport_context_out),
		cx_cmd_query_nic_vport_context),
	CMD_MIN(MODIFY_NIC_VPORT_CONTEXT,
		CX_BYTES(modify_nic_vport_context_in), 8,
		cx_cmd_modify_nic_vport_context),
	CMD_MIN(CREATE_TIS, CX_BYTES(create_tis_in), OUT_NUM, cmd_alloc_tis),
	CMD_MIN(MODIFY_TIS, CX_BYTES(modify_tis_in), 8, cmd_ok),
	CMD_MIN(DESTROY_TIS, IN_NUM, 8, cmd_dealloc_tis),
	CMD_MIN(CREATE_TIR, CX_BYTES(create_tir_in), OUT_NUM,
		cx_cmd_create_tir),
	CMD_MIN(MODIFY_TIR, CX_BYTES(modify_tir_in), 8, cx_cmd_modify_tir),
	CMD_MIN(DESTROY_TIR, IN_NUM, 8, cx_cmd_destroy_tir),
	CMD_MIN(CREATE_RQT, CX_BYTES(create_rqt_in), OUT_NUM,
		cx_cmd_create_rqt),
	CMD_MIN(MODIFY_RQT, CX_BYTES(modify_rqt_in), 8, cx_cmd_modify_rqt),
	CMD_MIN(DESTROY_RQT, IN_NUM, 8, cx_cmd_destroy_rqt),
	CMD_MIN(CREATE_RQ, CX_BYTES(create_rq_in), OUT_NUM, cx_cmd_create_rq),
	CMD_MIN(MODIFY_RQ, CX_BYTES(modify_rq_in), 8, cx_cmd_modify_rq),
	CMD_MIN(DESTROY_RQ, IN_NUM, 8, cx_cmd_destroy_rq),
	CMD_MIN(QUERY_RQ, IN_NUM, CX_BYTES(query_rq_out), cx_cmd_query_rq),
	CMD_MIN(CREATE_SQ, CX_BYTES(create_sq_in), OUT_NUM, cx_cmd_create_sq),
	CMD_MIN(MODIFY_SQ, CX_BYTES(modify_sq_in), 8, cx_cmd_modify_sq),
	CMD_MIN(DESTROY_SQ, IN_NUM, 8, cx_cmd_destroy_sq),
	CMD_MIN(QUERY_SQ, IN_NUM, CX_BYTES(query_sq_out), cx_cmd_query_sq),

	CMD_MIN(CREATE_FLOW_TABLE, CX_BYTES(create_flow_table_in), OUT_NUM,
		cx_cmd_create_flow_table),
	CMD_MIN(MODIFY_FLOW_TABLE, CX_BYTES(modify_flow_table_in), 8,
		cx_cmd_modify_flow_table),
	CMD_MIN(DESTROY_FLOW_TABLE, CX_BYTES(destroy_flow_table_in), 8,
		cx_cmd_destroy_flow_table),
	CMD_MIN(SET_FLOW_TABLE_ROOT, CX_BYTES(set_flow_table_root_in), 8,
		cx_cmd_set_flow_table_root),
	CMD_MIN(CREATE_FLOW_GROUP, CX_BYTES(create_flow_group_in), OUT_NUM,
		cx_cmd_create_flow_group),
	CMD_MIN(DESTROY_FLOW_GROUP, CX_BYTES(destroy_flow_group_in), 8,
		cx_cmd_destroy_flow_group),
	CMD_MIN(SET_FLOW_TABLE_ENTRY, CX_BYTES(set_fte_in), 8,
		cx_cmd_set_fte),
	CMD_MIN(DELETE_FLOW_TABLE_ENTRY, CX_BYTES(delete_fte_in), 8,
		cx_cmd_delete_fte),
};

const struct cx_cmd_desc *cx_cmd_find(uint16_t opcode)
{
	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (cmds[i].opcode == opcode)
			return &cmds[i];
	return NULL;
}
