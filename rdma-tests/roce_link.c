// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An Ethernet port as verbs show it: link layer, state, MTU, the table of GIDs
 * with their types and netdevs; and a write over each kind of GID but v2 of a
 * link-local address.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "rdma_pair.h"
#include "tap.h"
#include "test_buffer.h"
#include "test_options.h"

#define PORT	1
#define LEN	65536UL
#define GIDS	4

static struct test_options opts = { .device = "mlx5_0" };

/* What lab-devices leaves: link-local and 10.0.0.1, each as v1 and v2. */
static const struct {
	bool ipv4;
	uint32_t type;
} expected[GIDS] = {
	{ false, IBV_GID_TYPE_ROCE_V1 }, { false, IBV_GID_TYPE_ROCE_V2 },
	{ true, IBV_GID_TYPE_ROCE_V1 }, { true, IBV_GID_TYPE_ROCE_V2 },
};

static void run_port(const void *arg)
{
	struct rdma_pair pair;

	(void)arg;
	if (!rdma_pair_open(&pair, opts.device, true))
		return;
	tap_equal(pair.port.link_layer, IBV_LINK_LAYER_ETHERNET, "link layer");
	tap_equal(pair.port.state, IBV_PORT_ACTIVE, "state");
	tap_equal(pair.port.phys_state, 5, "physical state (5: link up)");
	tap_equal(pair.port.active_mtu, IBV_MTU_1024, "MTU on a netdev of 1500");
	tap_equal(pair.port.max_mtu, IBV_MTU_4096, "largest MTU");
	tap_equal(pair.port.gid_tbl_len, 16, "GIDs that the table can hold");
	tap_equal(pair.port.lid, 0, "LID");
	rdma_pair_close(&pair);
}

static void check_gid(const struct ibv_gid_entry *e, unsigned int i)
{
	static const uint8_t mapped[16] = { [10] = 0xff, 0xff, 10, 0, 0, 1 };
	static const uint8_t local[8] = { 0xfe, 0x80 };
	char name[IF_NAMESIZE] = "";

	tap_equal(e->gid_index, i, "index");
	tap_equal(e->gid_type, expected[i].type, "GID %u: type", i);
	tap_check(expected[i].ipv4 ? !memcmp(e->gid.raw, mapped, 16) :
		  !memcmp(e->gid.raw, local, 8), "GID %u: address", i);
	tap_check(if_indextoname(e->ndev_ifindex, name),
		  "GID %u: netdev %u: %s", i, e->ndev_ifindex, strerror(errno));
	tap_check(!strncmp(name, "eth", 3), "GID %u: netdev: found %s", i, name);
}

static void run_gids(const void *arg)
{
	struct ibv_gid_entry e[32];
	struct rdma_pair pair;
	ssize_t n;

	(void)arg;
	if (!rdma_pair_open(&pair, opts.device, true))
		return;
	n = ibv_query_gid_table(pair.ctx, e, 32, 0);
	if (tap_equal(n, GIDS, "GIDs in the table"))
		for (unsigned int i = 0; i < GIDS; i++)
			check_gid(&e[i], i);
	rdma_pair_close(&pair);
}

struct conn {
	struct rdma_pair *pair;
	struct ibv_qp *qp[2];
	union ibv_gid dgid;
	int index;
};

static int to_ready(struct conn *c, struct ibv_qp *qp, const struct ibv_qp *peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = PORT,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
	};
	int ret = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX |
				IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);

	attr.qp_state = IBV_QPS_RTR;
	attr.path_mtu = c->pair->port.active_mtu;
	attr.dest_qp_num = peer->qp_num;
	attr.max_dest_rd_atomic = 1;
	attr.ah_attr = (struct ibv_ah_attr){
		.port_num = PORT, .is_global = 1,
		.grh = { .dgid = c->dgid, .sgid_index = c->index,
			 .hop_limit = 64 },
	};
	if (!ret)
		ret = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_AV |
				    IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				    IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				    IBV_QP_MIN_RNR_TIMER);
	attr.qp_state = IBV_QPS_RTS;
	attr.timeout = 14;
	attr.retry_cnt = 2;
	attr.max_rd_atomic = 1;
	if (!ret)
		ret = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT |
				    IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				    IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
	return ret;
}

/* Takes the place of the pair's queue pairs, which use the last GID. */
static bool conn_open(struct conn *c, struct rdma_pair *pair, int index)
{
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC, .cap = { 4, 4, 1, 1, 0 },
	};
	int ret = 0;

	c->pair = pair;
	c->index = index;
	for (int i = 0; i < 2; i++) {
		init.send_cq = init.recv_cq = pair->cq[i];
		c->qp[i] = ibv_create_qp(pair->pd, &init);
		if (!tap_check(c->qp[i], "create QP: %s", strerror(errno)))
			return false;
	}
	for (int i = 0; i < 2 && !ret; i++)
		ret = to_ready(c, c->qp[i], c->qp[!i]);
	return tap_check(!ret, "connect by GID %d: %s", index, strerror(ret));
}

static void conn_close(struct conn *c)
{
	for (int i = 0; i < 2; i++)
		if (c->qp[i])
			ibv_destroy_qp(c->qp[i]);
}

static void write_over(struct conn *c, bool arrives)
{
	struct test_buffer from = { }, to = { };
	struct ibv_qp *own = c->pair->qp[0];
	struct ibv_mr *mr[2] = { };
	struct ibv_sge sge;
	struct ibv_send_wr wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE,
	};

	if (!tap_equal(test_buffer_alloc(&from, LEN, false), 0, "memory") ||
	    !tap_equal(test_buffer_alloc(&to, LEN, false), 0, "memory"))
		goto out;
	test_buffer_fill(&from, 0, LEN, 5);
	test_buffer_fill(&to, 0, LEN, 6);
	mr[0] = ibv_reg_mr(c->pair->pd, from.addr, LEN, 0);
	mr[1] = ibv_reg_mr(c->pair->pd, to.addr, LEN, IBV_ACCESS_LOCAL_WRITE |
			   IBV_ACCESS_REMOTE_WRITE);
	if (!tap_check(mr[0] && mr[1], "register: %s", strerror(errno)))
		goto out;
	sge = (struct ibv_sge){ (uintptr_t)from.addr, LEN, mr[0]->lkey };
	wr.wr.rdma.remote_addr = (uintptr_t)to.addr;
	wr.wr.rdma.rkey = mr[1]->rkey;
	c->pair->qp[0] = c->qp[0];
	if (arrives)
		rdma_pair_request(c->pair, &wr, "write");
	else
		rdma_pair_request_fails(c->pair, &wr, IBV_WC_RETRY_EXC_ERR,
					"write to nobody");
	c->pair->qp[0] = own;
	test_buffer_expect(&to, 0, LEN, arrives ? 5 : 6, "after the write");
out:
	for (int i = 0; i < 2; i++)
		if (mr[i])
			ibv_dereg_mr(mr[i]);
	test_buffer_free(&to);
	test_buffer_free(&from);
}

struct over {
	int index;
	bool nobody;	/* a MAC address that no port has */
};

static void run_over(const void *arg)
{
	const struct over *o = arg;
	struct rdma_pair pair;
	struct conn c = { };

	if (!rdma_pair_open(&pair, opts.device, true))
		return;
	if (tap_check(!ibv_query_gid(pair.ctx, PORT, o->index, &c.dgid),
		      "query GID")) {
		c.dgid.raw[15] ^= o->nobody ? 0x40 : 0;
		if (conn_open(&c, &pair, o->index))
			write_over(&c, !o->nobody);
	}
	conn_close(&c);
	rdma_pair_close(&pair);
}

#define OVER(name, ...) \
	{ "roce_link-" name, run_over, &(const struct over){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	{ "roce_link-port", run_port, NULL },
	{ "roce_link-gids", run_gids, NULL },
	OVER("write-v1-link-local", 0, false),
	OVER("write-v1-ipv4", 2, false),
	OVER("write-v2-ipv4", 3, false),
	OVER("write-to-nobody", 0, true),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "An Ethernet port as verbs show it.", cases, count);
	return tap_run(cases, count, opts.only);
}
