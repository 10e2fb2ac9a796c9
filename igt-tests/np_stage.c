// SPDX-License-Identifier: MIT
#include <string.h>
#include <unistd.h>

#include "np_stage.h"
#include "tap.h"
#include "test_p2p.h"

#define DEVICE	"mlx5_0"

static struct np_stage np_first;
static bool np_first_open;

bool np_stage_have_hca(void)
{
	return !access("/sys/class/infiniband/" DEVICE, F_OK);
}

struct np_stage *np_stage(void)
{
	struct np_stage *n = &np_first;

	if (np_first_open) {
		n->s = ns_stage();
		return n->s ? n : NULL;
	}
	memset(n, 0, sizeof(*n));
	n->s = ns_stage();
	if (!n->s || !test_p2p_set(true) || !rdma_pair_open(&n->pair, DEVICE, false))
		return NULL;
	if (rdma_buffer_open(&n->pad, &n->pair, TEST_HUGE, true, 1)) {
		np_first_open = true;
		return n;
	}
	rdma_buffer_close(&n->pad);
	rdma_pair_close(&n->pair);
	return NULL;
}

void np_stage_drop(void)
{
	if (np_first_open) {
		rdma_buffer_close(&np_first.pad);
		rdma_pair_close(&np_first.pair);
	}
	np_first_open = false;
	ns_stage_drop();
}

static bool np_hca_copy(struct np_stage *n, const struct rdma_buffer *buf,
			size_t off, size_t len, enum ibv_wr_opcode opcode,
			const char *what)
{
	const struct rdma_transfer t = { opcode, &n->pad, buf, 0, off, len };

	return rdma_transfer(&n->pair, &t, what);
}

bool np_hca_read(struct np_stage *n, const struct rdma_buffer *buf, size_t off,
		 size_t len, uint64_t seed, size_t pos, const char *what)
{
	memset(n->pad.mem.addr, 0x7a, len);
	return np_hca_copy(n, buf, off, len, IBV_WR_RDMA_READ, what) &&
	       ns_expect(n->pad.mem.addr, len, seed, pos, what);
}

bool np_hca_write(struct np_stage *n, const struct rdma_buffer *buf, size_t off,
		  size_t len, uint64_t seed, size_t pos, const char *what)
{
	ns_fill(n->pad.mem.addr, len, seed, pos);
	return np_hca_copy(n, buf, off, len, IBV_WR_RDMA_WRITE, what);
}
