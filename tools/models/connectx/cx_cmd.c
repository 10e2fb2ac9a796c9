// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command interface: a queue of 64-byte entries, input and output beyond
 * 16 bytes in chains of 576-byte mailboxes, completion by ownership bit and
 * event.
 *
 * The lengths in the entry say how many mailboxes there are, so a chain that
 * loops is read as often as its length says and no further; a block whose
 * number or token is not the expected one fails the delivery.
 *
 * Source: drivers/net/ethernet/mellanox/mlx5/core/cmd.c and struct
 * mlx5_cmd_layout, mlx5_cmd_prot_block in include/linux/mlx5/device.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_cmd.h"
#include "connectx/cx_eq.h"

TRACE_CATEGORY(cmd, "hca.cmd");

#define CMDS_PER_WAKEUP		4
#define CMD_TYPE_PCI		7

/* offsets in an entry */
#define ENT_TYPE		0
#define ENT_IN_LEN		4
#define ENT_IN_PTR		8
#define ENT_IN			16
#define ENT_OUT			32
#define ENT_OUT_PTR		48
#define ENT_OUT_LEN		56
#define ENT_TOKEN		60
#define ENT_STATUS_OWN		63
#define ENT_SIZE		64

#define INLINE_BYTES		16
#define BLOCK_DATA		512
#define BLOCK_SIZE		576
#define BLOCK_NEXT		560
#define BLOCK_NUM		568
#define BLOCK_TOKEN		573
#define BLOCK_ALIGN		64

enum delivery {
	DELIVERY_OK = 0x0,
	DELIVERY_TOKEN = 0x2,
	DELIVERY_BLOCK_NUM = 0x3,
	DELIVERY_OUT_ALIGN = 0x4,
	DELIVERY_IN_ALIGN = 0x5,
	DELIVERY_INTERNAL = 0x6,
	DELIVERY_IN_LEN = 0x7,
	DELIVERY_OUT_LEN = 0x8,
	DELIVERY_DESCRIPTOR = 0x10,
};

void cx_cmd_doorbell(struct cx *cx, uint32_t slots)
{
	cx->cmd.pending |= slots;
	if (cx->cmd.pending)
		loop_work_queue(cx->pci.loop, &cx->cmd.work);
}

void cx_cmd_reset(struct cx *cx)
{
	cx->cmd.addr = 0;
	cx->cmd.addr_h = 0;
	cx->cmd.pending = 0;
	cx->cmd.issi = 0;
	cx->cmd.nic_state = CX_NIC_DISABLED;
}

static int read_blocks(struct cx *cx, uint64_t ptr, uint8_t token,
		       uint8_t *dst, uint32_t len)
{
	uint8_t block[BLOCK_SIZE];

	for (uint32_t n = 0; len; n++) {
		uint32_t part = len < BLOCK_DATA ? len : BLOCK_DATA;

		if (ptr % BLOCK_ALIGN)
			return DELIVERY_IN_ALIGN;
		if (cx_dma_read(cx, ptr, block, sizeof(block)))
			return DELIVERY_INTERNAL;
		if (block[BLOCK_TOKEN] != token)
			return DELIVERY_TOKEN;
		if (cx_be32(block + BLOCK_NUM) != n)
			return DELIVERY_BLOCK_NUM;
		memcpy(dst, block, part);
		dst += part;
		len -= part;
		ptr = cx_be64(block + BLOCK_NEXT);
	}
	return DELIVERY_OK;
}

static int write_blocks(struct cx *cx, uint64_t ptr, uint8_t token,
			const uint8_t *src, uint32_t len)
{
	uint8_t tail[BLOCK_SIZE - BLOCK_NEXT];

	for (uint32_t n = 0; len; n++) {
		uint32_t part = len < BLOCK_DATA ? len : BLOCK_DATA;

		if (ptr % BLOCK_ALIGN)
			return DELIVERY_OUT_ALIGN;
		if (cx_dma_read(cx, ptr + BLOCK_NEXT, tail, sizeof(tail)))
			return DELIVERY_INTERNAL;
		if (cx_be32(tail + (BLOCK_NUM - BLOCK_NEXT)) != n)
			return DELIVERY_BLOCK_NUM;
		if (cx_dma_write(cx, ptr, src, part) ||
		    cx_dma_write(cx, ptr + BLOCK_TOKEN, &token, 1))
			return DELIVERY_INTERNAL;
		src += part;
		len -= part;
		ptr = cx_be64(tail);
	}
	return DELIVERY_OK;
}

static void warn_unknown(struct cx *cx, uint16_t opcode, uint16_t op_mod)
{
	cx->stat.unknown_commands++;
	if (cx->warned_ops[opcode / 8] & 1 << opcode % 8)
		return;
	cx->warned_ops[opcode / 8] |= 1 << opcode % 8;
	trace_warn("%s: unknown command %#x (op_mod %#x)", cx->pci.name,
		   opcode, op_mod);
}

static int cmd_dispatch(struct cx *cx, struct cx_cmd *cmd)
{
	const struct cx_cmd_desc *desc = cx_cmd_find(cmd->opcode);
	int status;

	if (!desc) {
		warn_unknown(cx, cmd->opcode, cmd->op_mod);
		return CX_ST_BAD_OP;
	}
	if (cmd->in_len < desc->min_in)
		status = CX_ST_BAD_INP_LEN;
	else if (cmd->out_len < desc->min_out)
		status = CX_ST_BAD_OUTP_LEN;
	else
		status = desc->fn(cx, cmd);
	trace(cmd, "%s: %s op_mod %#x in %u out %u: status %#x [%08x %08x] -> %08x",
	      cx->pci.name, desc->name, cmd->op_mod, cmd->in_len, cmd->out_len,
	      status, cx_be32(cmd->in + 8), cx_be32(cmd->in + 12),
	      cx_be32(cmd->out + 8));
	return status;
}

/* Runs a command whose input is already here; sets status and syndrome. */
static void cmd_execute(struct cx *cx, struct cx_cmd *cmd)
{
	int status;

	cmd->opcode = cx_be16(cmd->in);
	cmd->op_mod = cx_be16(cmd->in + 6);
	cx->stat.commands++;
	status = cmd_dispatch(cx, cmd);
	if (status)
		cx->stat.command_errors++;
	cmd->out[0] = status;
	/* What the driver prints as syndrome: where the model refused it. */
	if (status)
		cx_put_be32(cmd->out + 4, (uint32_t)cmd->opcode << 8 | status);
}

/* Checks the entry and collects the input; a delivery status. */
static int cmd_fetch(struct cx *cx, const uint8_t *ent, struct cx_cmd *cmd,
		     uint8_t *in)
{
	memcpy(in, ent + ENT_IN, INLINE_BYTES);
	if (ent[ENT_TYPE] != CMD_TYPE_PCI)
		return DELIVERY_DESCRIPTOR;
	if (cmd->in_len < 8 || cmd->in_len > CX_CMD_MAX_IN)
		return DELIVERY_IN_LEN;
	if (cmd->out_len < 8 || cmd->out_len > CX_CMD_MAX_OUT)
		return DELIVERY_OUT_LEN;
	if (cmd->in_len <= INLINE_BYTES)
		return DELIVERY_OK;
	return read_blocks(cx, cx_be64(ent + ENT_IN_PTR), ent[ENT_TOKEN],
			   in + INLINE_BYTES, cmd->in_len - INLINE_BYTES);
}

static int cmd_answer(struct cx *cx, uint64_t addr, const uint8_t *ent,
		      const struct cx_cmd *cmd)
{
	if (cx_dma_write(cx, addr + ENT_OUT, cmd->out, INLINE_BYTES))
		return DELIVERY_INTERNAL;
	if (cmd->out_len <= INLINE_BYTES)
		return DELIVERY_OK;
	return write_blocks(cx, cx_be64(ent + ENT_OUT_PTR), ent[ENT_TOKEN],
			    cmd->out + INLINE_BYTES,
			    cmd->out_len - INLINE_BYTES);
}

static int cmd_deliver(struct cx *cx, uint64_t addr, const uint8_t *ent)
{
	struct cx_cmd cmd = {
		.in_len = cx_be32(ent + ENT_IN_LEN),
		.out_len = cx_be32(ent + ENT_OUT_LEN),
	};
	uint32_t in_room = cmd.in_len > CX_CMD_MAX_IN ? 0 : cmd.in_len;
	uint32_t gen = cx->gen;
	uint8_t *in;
	int ret;

	in = calloc(1, in_room + 64);
	cmd.out = calloc(1, CX_CMD_MAX_OUT);
	cmd.in = in;
	ret = in && cmd.out ? cmd_fetch(cx, ent, &cmd, in) : DELIVERY_INTERNAL;
	if (ret == DELIVERY_OK && gen == cx->gen) {
		cmd_execute(cx, &cmd);
		ret = cmd_answer(cx, addr, ent, &cmd);
	}
	free(in);
	free(cmd.out);
	return ret;
}

static void cmd_slot(struct cx *cx, unsigned int slot)
{
	uint64_t addr = cx->cmd.addr + ((uint64_t)slot << CX_CMD_LOG_STRIDE);
	bool event = cx_eq_wanted(cx, CX_EVENT_CMD);
	uint8_t ent[ENT_SIZE], data[CX_EQE_DATA] = { 0 }, own;
	uint32_t gen = cx->gen;
	int delivery;

	if (cx_dma_read(cx, addr, ent, sizeof(ent)))
		return;
	if (!(ent[ENT_STATUS_OWN] & 1)) {
		cx_guest_error(cx, "command slot %u is not ours", slot);
		return;
	}
	delivery = cmd_deliver(cx, addr, ent);
	if (gen != cx->gen)
		return;
	if (delivery) {
		cx->stat.delivery_errors++;
		cx_guest_error(cx, "command delivery status %#x", delivery);
	}
	own = delivery << 1;
	if (cx_dma_release(cx, addr + ENT_STATUS_OWN, &own, 1) || !event)
		return;
	cx_put_be32(data, 1u << slot);
	cx_eq_event(cx, CX_EVENT_CMD, 0, data);
}

void cx_cmd_work(struct loop_work *work)
{
	struct cx *cx = pci_container_of(work, struct cx, cmd.work);

	for (int i = 0; i < CMDS_PER_WAKEUP && cx->cmd.pending; i++) {
		unsigned int slot = __builtin_ctz(cx->cmd.pending);

		cx->cmd.pending &= ~(1u << slot);
		if (!cx->cmd.addr) {
			cx_guest_error(cx, "doorbell without command queue");
			continue;
		}
		cmd_slot(cx, slot);
	}
	if (cx->cmd.pending)
		loop_work_queue(cx->pci.loop, work);
}
