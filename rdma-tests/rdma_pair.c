// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rdma_pair.h"
#include "rdma_qp.h"
#include "tap.h"
#include "test_clock.h"

#define PORT		1
#define TIMEOUT_S	60
#define NS_PER_S	1000000000LL
#define ACK_TIMEOUT	19	/* 4.096 us << 19 = 2.1 s, 7 tries */
#define MAX_ATOMICS	4

static struct ibv_context *rdma_open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *ctx = NULL;
	int i;

	for (i = 0; list && list[i] && !ctx; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			ctx = ibv_open_device(list[i]);
	if (list)
		ibv_free_device_list(list);
	return ctx;
}

static bool rdma_check_odp(struct ibv_context *ctx, bool atomics)
{
	uint32_t need = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_RECV |
			IBV_ODP_SUPPORT_WRITE | IBV_ODP_SUPPORT_READ;
	struct ibv_device_attr_ex attr;
	uint32_t have;

	if (atomics)
		need |= IBV_ODP_SUPPORT_ATOMIC;
	if (!tap_check(!ibv_query_device_ex(ctx, NULL, &attr), "query device"))
		return false;
	have = attr.odp_caps.per_transport_caps.rc_odp_caps;
	return tap_check(attr.odp_caps.general_caps & IBV_ODP_SUPPORT,
			 "the device has no on-demand paging") &&
	       tap_check((have & need) == need,
			 "on-demand paging of RC: needed %#x, found %#x", need, have);
}

/* An address that can be routed: an IPv4-mapped one where there is a choice. */
static bool rdma_find_gid(struct rdma_pair *pair)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	union ibv_gid gid;
	int i;

	for (i = 0; i < pair->port.gid_tbl_len; i++) {
		if (ibv_query_gid(pair->ctx, PORT, i, &gid))
			break;
		if (i && memcmp(gid.raw, mapped, sizeof(mapped)))
			continue;
		pair->gid = gid;
		pair->gid_index = i;
	}
	return tap_check(i, "the port has no GID");
}

static bool rdma_create_qps(struct rdma_pair *pair)
{
	int i;

	for (i = 0; i < 2; i++) {
		pair->cq[i] = ibv_create_cq(pair->ctx, 2 * RDMA_PAIR_DEPTH, NULL,
					    i ? NULL : pair->channel, 0);
		if (!tap_check(pair->cq[i], "create CQ: %s", strerror(errno)))
			return false;
	}
	if (!rdma_qp_open_shared(pair))
		return false;
	for (i = 0; i < 2; i++) {
		pair->qp[i] = rdma_qp_create(pair, i);
		if (!tap_check(pair->qp[i], "create QP: %s", strerror(errno)))
			return false;
	}
	return true;
}

static int rdma_to_init(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = PORT,
		.qkey = RDMA_QP_QKEY,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE |
			IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
	};

	return ibv_modify_qp(qp, &attr, rdma_qp_masks(qp)->init);
}

static struct ibv_ah_attr rdma_address(const struct rdma_pair *pair)
{
	struct ibv_ah_attr ah = { .dlid = pair->port.lid, .port_num = PORT };

	if (pair->spec.grh ||
	    pair->port.link_layer == IBV_LINK_LAYER_ETHERNET) {
		ah.is_global = 1;
		ah.grh.dgid = pair->gid;
		ah.grh.sgid_index = pair->gid_index;
		ah.grh.hop_limit = 64;
	}
	return ah;
}

static int rdma_to_rtr(struct rdma_pair *pair, struct ibv_qp *qp,
		       const struct ibv_qp *peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = pair->port.active_mtu,
		.dest_qp_num = peer->qp_num,
		.max_dest_rd_atomic = MAX_ATOMICS,
		.min_rnr_timer = 12,
		.ah_attr = rdma_address(pair),
	};

	return ibv_modify_qp(qp, &attr, rdma_qp_masks(qp)->rtr);
}

static int rdma_to_rts(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = ACK_TIMEOUT,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = MAX_ATOMICS,
	};

	return ibv_modify_qp(qp, &attr, rdma_qp_masks(qp)->rts);
}

static bool rdma_connect(struct rdma_pair *pair)
{
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = rdma_to_init(pair->qp[i]);
	for (i = 0; i < 2 && !ret; i++)
		ret = rdma_to_rtr(pair, pair->qp[i], pair->qp[!i]);
	for (i = 0; i < 2 && !ret; i++)
		ret = rdma_to_rts(pair->qp[i]);
	return tap_check(!ret, "connect QPs: %s", strerror(ret));
}

bool rdma_pair_reconnect(struct rdma_pair *pair)
{
	struct ibv_qp_attr reset = { .qp_state = IBV_QPS_RESET };
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = ibv_modify_qp(pair->qp[i], &reset, IBV_QP_STATE);
	for (i = 0; i < 2; i++)
		while (ibv_poll_cq(pair->cq[i], 1, &pair->wc) > 0)
			;
	return tap_check(!ret, "reset QPs: %s", strerror(ret)) &&
	       rdma_connect(pair);
}

/* Datagrams name their destination in each request. */
static bool rdma_create_ah(struct rdma_pair *pair)
{
	struct ibv_ah_attr attr = rdma_address(pair);

	if (pair->spec.type != IBV_QPT_UD)
		return true;
	pair->ah = ibv_create_ah(pair->pd, &attr);
	return tap_check(pair->ah, "create AH: %s", strerror(errno));
}

bool rdma_pair_open_as(struct rdma_pair *pair, const char *device,
		       const struct rdma_pair_spec *spec)
{
	memset(pair, 0, sizeof(*pair));
	pair->spec = *spec;
	if (!pair->spec.type)
		pair->spec.type = IBV_QPT_RC;
	pair->ctx = rdma_open_device(device);
	if (!tap_check(pair->ctx, "RDMA device %s: cannot open", device))
		return false;
	if (!tap_check(!ibv_query_port(pair->ctx, PORT, &pair->port),
		       "query port"))
		goto err;
	pair->pd = ibv_alloc_pd(pair->ctx);
	if (!tap_check(pair->pd, "allocate PD: %s", strerror(errno)))
		goto err;
	pair->channel = ibv_create_comp_channel(pair->ctx);
	if (!tap_check(pair->channel, "completion channel: %s", strerror(errno)))
		goto err;
	if (rdma_find_gid(pair) && rdma_create_qps(pair) &&
	    rdma_connect(pair) && rdma_create_ah(pair))
		return true;
err:
	rdma_pair_close(pair);
	pair->ctx = NULL;
	return false;
}

bool rdma_pair_open(struct rdma_pair *pair, const char *device, bool atomics)
{
	const struct rdma_pair_spec spec = { .type = IBV_QPT_RC };

	if (!rdma_pair_open_as(pair, device, &spec))
		return false;
	if (rdma_check_odp(pair->ctx, atomics))
		return true;
	rdma_pair_close(pair);
	pair->ctx = NULL;
	return false;
}

void rdma_pair_close(struct rdma_pair *pair)
{
	int i;

	if (pair->ah)
		ibv_destroy_ah(pair->ah);
	for (i = 0; i < 2; i++)
		if (pair->qp[i])
			ibv_destroy_qp(pair->qp[i]);
	rdma_qp_close_shared(pair);
	for (i = 0; i < 2; i++)
		if (pair->cq[i])
			ibv_destroy_cq(pair->cq[i]);
	if (pair->channel)
		ibv_destroy_comp_channel(pair->channel);
	if (pair->pd)
		ibv_dealloc_pd(pair->pd);
	ibv_close_device(pair->ctx);
}

/* The next completion of @cq must be there in time and have status @expected. */
static bool rdma_wait_status(struct ibv_cq *cq, struct ibv_wc *wc,
			     enum ibv_wc_status expected, const char *what)
{
	long long end = test_clock_ns() + TIMEOUT_S * NS_PER_S;
	int n;

	do {
		n = ibv_poll_cq(cq, 1, wc);
	} while (!n && test_clock_ns() < end);
	return tap_equal(n, 1, "%s: completions within %d s", what, TIMEOUT_S) &&
	       tap_check(wc->status == expected,
			 "%s: completion status: expected %s, found %s (%d)",
			 what, ibv_wc_status_str(expected),
			 ibv_wc_status_str(wc->status), wc->status);
}

bool rdma_pair_wait(struct rdma_pair *pair, int end, enum ibv_wc_status expected,
		    const char *what)
{
	return rdma_wait_status(pair->cq[end], &pair->wc, expected, what);
}

static bool rdma_post(struct rdma_pair *pair, struct ibv_send_wr *wrs,
		      unsigned int count, const char *what)
{
	struct ibv_send_wr *bad;
	unsigned int i;
	int ret;

	for (i = 0; i < count; i++) {
		rdma_qp_address(pair, &wrs[i]);
		wrs[i].send_flags |= IBV_SEND_SIGNALED;
		wrs[i].next = i + 1 < count ? &wrs[i + 1] : NULL;
	}
	ret = ibv_post_send(pair->qp[0], wrs, &bad);
	return tap_check(!ret, "%s: post: %s", what, strerror(ret));
}

bool rdma_pair_requests(struct rdma_pair *pair, struct ibv_send_wr *wrs,
			unsigned int count, const char *what)
{
	unsigned int i;

	if (!rdma_post(pair, wrs, count, what))
		return false;
	for (i = 0; i < count; i++)
		if (!rdma_pair_wait(pair, 0, IBV_WC_SUCCESS, what))
			return false;
	return true;
}

bool rdma_pair_request(struct rdma_pair *pair, struct ibv_send_wr *wr,
		       const char *what)
{
	return rdma_pair_requests(pair, wr, 1, what);
}

bool rdma_pair_request_fails(struct rdma_pair *pair, struct ibv_send_wr *wr,
			     enum ibv_wc_status expected, const char *what)
{
	return rdma_post(pair, wr, 1, what) &&
	       rdma_pair_wait(pair, 0, expected, what);
}

bool rdma_pair_post_recvs(struct rdma_pair *pair, struct ibv_sge *sges,
			  unsigned int count)
{
	struct ibv_recv_wr wr = { .sg_list = sges, .num_sge = count }, *bad;
	int ret = pair->srq ? ibv_post_srq_recv(pair->srq, &wr, &bad) :
			      ibv_post_recv(pair->qp[1], &wr, &bad);

	return tap_check(!ret, "post receive: %s", strerror(ret));
}

bool rdma_pair_post_recv(struct rdma_pair *pair, struct ibv_sge *sge)
{
	return rdma_pair_post_recvs(pair, sge, 1);
}

bool rdma_pair_wait_recv(struct rdma_pair *pair, uint32_t bytes,
			 const char *what)
{
	return rdma_pair_wait(pair, 1, IBV_WC_SUCCESS, what) &&
	       tap_equal(pair->wc.opcode, IBV_WC_RECV, "%s: opcode", what) &&
	       tap_equal(pair->wc.byte_len, bytes, "%s: bytes received", what);
}
