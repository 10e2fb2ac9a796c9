// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints what the models know, from the tables that they work with, as reST for
 * Documentation/lab: the registers of gp100, or the commands of connectx.
 */
#include <stdio.h>
#include <string.h>

#include "connectx/cx_cmd.h"
#include "gp100/gp100.h"

struct block {
	const char *name, *file;
	const struct gp100_reg *regs;
};

static const struct block blocks[] = {
	{ "Master control", "gp100_pmc.c", gp100_pmc_regs },
	{ "Timer", "gp100_timer.c", gp100_timer_regs },
	{ "Topology, fuses, memory partitions, falcons", "gp100_top.c",
	  gp100_top_regs },
	{ "BARs", "gp100_bar.c", gp100_bar_regs },
	{ "MMU and its invalidates", "gp100_tlb.c", gp100_tlb_regs },
	{ "Channels and runlists", "gp100_fifo.c", gp100_fifo_regs },
	{ "Push buffer DMA", "gp100_pbdma.c", gp100_pbdma_regs },
	{ "Copy engines", "gp100_ce.c", gp100_ce_regs },
	{ "Faults", "gp100_fault.c", gp100_fault_regs },
};

static void line(char c, size_t n)
{
	while (n--)
		putchar(c);
	putchar('\n');
}

static void heading(const char *text, char c)
{
	puts("");
	puts(text);
	line(c, strlen(text));
	puts("");
}

/* What a read returns, what a write does. */
static const char *reg_read(const struct gp100_reg *reg)
{
	if (reg->read)
		return "computed";
	return reg->ro && !reg->write ? "constant" : "what was written";
}

static const char *reg_write(const struct gp100_reg *reg)
{
	if (reg->write)
		return "acts";
	return reg->ro ? "ignored" : "stored";
}

static void print_reg(const struct gp100_reg *reg)
{
	char where[32], many[32] = "";

	snprintf(where, sizeof(where), "``%06x``", reg->offset);
	if (reg->count > 1)
		snprintf(many, sizeof(many), "%u, every 0x%x", reg->count,
			 reg->stride);
	printf("%-10s  %-28s  %-16s  %-*s%s\n", where, reg->name,
	       reg_read(reg), many[0] ? 11 : 0, reg_write(reg), many);
}

static void print_block(const struct block *block)
{
	static const char rule[] =
		"==========  ============================  ================"
		"  =========  ================";
	const struct gp100_reg *reg;

	heading(block->name, '-');
	printf("``%s``\n\n%s\n", block->file, rule);
	printf("%-10s  %-28s  %-16s  %-9s  %s\n", "offset", "register", "read",
	       "write", "how many");
	puts(rule);
	for (reg = block->regs; reg->name; reg++)
		print_reg(reg);
	puts(rule);
}

static void print_gp100(void)
{
	heading("gp100: registers", '=');
	puts("BAR0 of the model, block by block.  An offset that is not here reads 0,\n"
	     "ignores writes, is counted (``unknown_regs``) and logged once.  Windows:\n"
	     "PRAMIN at ``700000``, the ROM at ``300000``, config space at ``088000``.");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		print_block(&blocks[i]);
}

static void print_connectx(void)
{
	static const char rule[] = "=======  =================================="
		"  =====  ======  ========";
	const struct cx_cmd_desc *nop = cx_cmd_find(MLX5_CMD_OP_NOP), *cmd;

	heading("connectx: commands", '=');
	puts("All that the command interface of the model knows, with the bytes that a\n"
	     "command needs at least.  Any other opcode gets BAD_OP, is counted and logged\n"
	     "once.  \"accepted\": there is nothing to do for it in this model, and its\n"
	     "output is zeros.\n");
	puts(rule);
	printf("%-7s  %-34s  %-5s  %-6s  %s\n", "opcode", "command", "input",
	       "output", "effect");
	puts(rule);
	for (unsigned int op = 0; op <= UINT16_MAX; op++) {
		cmd = cx_cmd_find((uint16_t)op);
		if (cmd)
			printf("``%03x``  %-34s  %-5u  %-6u  %s\n", op, cmd->name,
			       cmd->min_in, cmd->min_out,
			       cmd->fn == nop->fn ? "accepted" : "modelled");
	}
	puts(rule);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "gp100") && strcmp(what, "connectx")) {
		fputs("Usage: model-tables gp100|connectx\n", stderr);
		return strcmp(what, "--help") ? 2 : 0;
	}
	puts(".. SPDX-License-Identifier: GPL-2.0-or-later\n"
	     ".. Printed by tools/lab/model-tables: change the model, not this.");
	if (strcmp(what, "gp100"))
		print_connectx();
	else
		print_gp100();
	return 0;
}
