// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands of the HCA: queue entries, mailboxes and what is in them.
 *
 * First byte: bits 3:0 see fuzz_cx.h, bits 5:4 what is there: 0 only the command
 * queue, 1 event queues and keys as well, 2 and 3 queue pairs and memory.
 * Then commands (the unit tests write theirs in this form, see fuzz_record.c):
 *	flags (8 bits), input and output length, bytes that follow (16 bits each),
 *	the bytes, behind which the input is zero
 * Flags:
 *	0x01	change the entry: count, then offset and byte each (8 bits)
 *	0x02	change the mailboxes: the same, with a block (8 bits), offset (16)
 *	0x04	do not wait for it
 *	0x08	lengths of any size: two values follow
 *	0x10	a doorbell with any slots: 32 bits follow
 *	0x20	the first page fault that is reported is resumed
 */
#include <string.h>

#include "fuzz/fuzz_cx.h"
#include "pci/pci_bar.h"
#include "tests/fake_time.h"

#define MAX_IN		(16 + 32 * 512)
#define BOX_STRIDE	1024	/* as in cx_env.c */

enum {
	FLAG_ENTRY = 1, FLAG_BOXES = 2, FLAG_ASYNC = 4, FLAG_LENGTHS = 8,
	FLAG_SLOTS = 0x10, FLAG_RESUME = 0x20,
};

struct env {
	struct fake_host *h;
	struct hca *hca;
	struct tpair *pair;
};

static void change_entry(struct fuzz_in *in, uint8_t *ent)
{
	unsigned int n = fuzz_u8(in) % 16, off;

	while (n--) {
		off = fuzz_u8(in) % 64;
		ent[off] = fuzz_u8(in);
	}
}

static void change_boxes(struct fuzz_in *in, struct hca *hca)
{
	unsigned int n = fuzz_u8(in) % 16, block, off;
	uint64_t box;

	while (n--) {
		block = fuzz_u8(in);
		box = block & 0x80 ? hca->out_box : hca->in_box;
		off = fuzz_u16(in) % 576;
		*(uint8_t *)fake_mem(hca->h, box + block % 64 * BOX_STRIDE + off,
				     1) = fuzz_u8(in);
	}
}

static void command(struct fuzz_in *in, struct env *e)
{
	static uint8_t bytes[MAX_IN];
	uint8_t flags = fuzz_u8(in), *ent;
	uint32_t in_len = fuzz_u16(in) % (MAX_IN + 1), out_len = fuzz_u16(in);
	uint32_t have = fuzz_u16(in), slots = __builtin_bswap32(1);

	memset(bytes, 0, sizeof(bytes));
	fuzz_bytes(in, bytes, have < in_len ? have : in_len);
	ent = hca_cmd_prepare(e->hca, bytes, in_len, out_len);
	if (flags & FLAG_LENGTHS) {
		cx_put_be32(ent + 4, (uint32_t)fuzz_value(in));
		cx_put_be32(ent + 56, (uint32_t)fuzz_value(in));
	}
	if (flags & FLAG_ENTRY)
		change_entry(in, ent);
	if (flags & FLAG_BOXES)
		change_boxes(in, e->hca);
	if (flags & FLAG_SLOTS)
		slots = fuzz_u32(in);
	pci_bar_write(e->hca->dev, 0, 0x18, &slots, 4);
	if (!(flags & FLAG_ASYNC))
		fake_run_ms(e->h, 1);
	if (flags & FLAG_RESUME && e->hca->pf_buf) {
		const uint8_t *eqe = hca_page_fault(e->hca);

		if (eqe)
			hca_resume(e->hca, eqe, false);
	}
}

static void open_env(struct env *e, uint8_t how)
{
	if (how & 0x20) {
		e->pair = fuzz_cx_pair(how);
		e->h = e->pair->h;
		e->hca = e->pair->a;
		return;
	}
	e->h = fake_host_new();
	e->hca = (how & 0x10 ? hca_new : hca_new_raw)(e->h, fuzz_cx_params(how));
}

static void close_env(struct env *e)
{
	if (e->pair) {
		tpair_teardown((void **)&e->pair);
		return;
	}
	hca_free(e->hca);
	fake_host_free(e->h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct env e = { 0 };

	fake_time_start();
	open_env(&e, fuzz_u8(&in));
	while (in.left)
		command(&in, &e);
	fake_run_ms(e.h, 2);
	close_env(&e);
	return 0;
}
