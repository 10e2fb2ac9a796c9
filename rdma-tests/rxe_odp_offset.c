// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On-demand paging in software (rdma_rxe) with plain memory, no GPU: data
 * must land at the offset in the page that was asked for, on every page.
 */
#include "rdma_buffer.h"
#include "test_options.h"

#define LEN	(256UL << 10)

static struct test_options opts = { .device = "rxe0" };

struct place {
	enum ibv_wr_opcode opcode;
	size_t remote_off, local_off, len;
};

static void place_transfer(const struct place *p, struct rdma_pair *pair,
			   const struct rdma_buffer *remote,
			   const struct rdma_buffer *local)
{
	const struct rdma_transfer t = {
		p->opcode, local, remote, p->local_off, p->remote_off, p->len,
	};
	bool write = p->opcode == IBV_WR_RDMA_WRITE;
	const struct rdma_buffer *to = write ? remote : local;
	size_t off = write ? p->remote_off : p->local_off;
	size_t from = write ? p->local_off : p->remote_off;
	size_t end = off + p->len;

	if (!rdma_transfer(pair, &t, write ? "RDMA write" : "RDMA read"))
		return;
	test_buffer_expect(&to->mem, 0, off, write ? 1 : 2, "below the target");
	test_buffer_expect_at(&to->mem, off, p->len, write ? 2 : 1, from, "target");
	test_buffer_expect(&to->mem, end, LEN - end, write ? 1 : 2,
			   "above the target");
}

static void run_place(const void *arg)
{
	struct rdma_buffer remote = { }, local = { };
	struct rdma_pair pair;

	if (!rdma_pair_open(&pair, opts.device, false))
		return;
	if (rdma_buffer_open(&remote, &pair, LEN, false, 1) &&
	    rdma_buffer_open(&local, &pair, LEN, false, 2))
		place_transfer(arg, &pair, &remote, &local);
	rdma_buffer_close(&local);
	rdma_buffer_close(&remote);
	rdma_pair_close(&pair);
}

#define WRITE	IBV_WR_RDMA_WRITE
#define READ	IBV_WR_RDMA_READ
#define PLACE(name, ...) \
	{ "rxe_odp_offset-" name, run_place, \
	  &(const struct place){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	PLACE("write-page", WRITE, 4096, 0, 4096),
	PLACE("write-inside-a-page", WRITE, 4096 + 512, 64, 1000),
	PLACE("write-one-byte", WRITE, 8192 + 4095, 3, 1),
	PLACE("write-over-a-border", WRITE, 4095, 0, 2),
	PLACE("write-two-pages-unaligned", WRITE, 100, 7, 8000),
	PLACE("write-many-pages", WRITE, 65536, 0, 65536),
	PLACE("write-many-pages-unaligned", WRITE, 4096 + 13, 4096 + 21, 100001),
	PLACE("read-page", READ, 4096, 0, 4096),
	PLACE("read-inside-a-page", READ, 4096 + 512, 64, 1000),
	PLACE("read-many-pages-unaligned", READ, 4096 + 13, 4096 + 21, 100001),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "On-demand paging of rdma_rxe: position of every byte (lab-rxe makes rxe0).",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
