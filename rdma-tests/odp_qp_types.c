// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Other kinds of queue pairs than RC, and shared receive queues.  What of them
 * may be on-demand paged is what the device says in its capabilities; the rest
 * is tested with pinned memory, which brings pages of the GPU back to RAM.
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "rdma_stage.h"

#define LEN	(64UL << 10)
#define NEAR	(TEST_PAGE + 24)
#define FAR	(3 * TEST_PAGE - 100)
#define LONG	40001UL
#define SHORT	3001UL		/* in one datagram */
#define GRH	40UL
#define BTH	0x1b		/* next headers */
#define UDP	17
#define IMM	0x600df00d
#define ATOMIC_ADD 777

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true,
};

/* Which of the capabilities, and what of it the case needs, or must not have. */
struct need {
	size_t transport;	/* offset in struct ibv_odp_caps */
	uint32_t have, lack;
};

#define RC_CAPS	offsetof(struct ibv_odp_caps, per_transport_caps.rc_odp_caps)
#define UC_CAPS	offsetof(struct ibv_odp_caps, per_transport_caps.uc_odp_caps)
#define UD_CAPS	offsetof(struct ibv_odp_caps, per_transport_caps.ud_odp_caps)
#define XRC_CAPS offsetof(struct ibv_device_attr_ex, xrc_odp_caps)

struct types_case {
	struct rdma_pair_spec pair;
	enum ibv_wr_opcode opcode;
	enum gpu_place near, far;
	enum rdma_region near_region, far_region;
	struct need need;
};

static bool check_need(struct rdma_stage *st, const struct need *n)
{
	struct ibv_device_attr_ex attr;
	const uint8_t *caps = (const uint8_t *)&attr.odp_caps;
	uint32_t found;

	if (!tap_check(!ibv_query_device_ex(st->pair.ctx, NULL, &attr),
		       "query device"))
		return false;
	if (n->transport == XRC_CAPS)
		caps = (const uint8_t *)&attr;
	memcpy(&found, caps + n->transport, sizeof(found));
	return tap_check((found & n->have) == n->have && !(found & n->lack),
			 "on-demand paging of it: expected %#x and nothing of %#x, found %#x",
			 n->have, n->lack, found);
}

static bool is_datagram(const struct types_case *c)
{
	return c->pair.type == IBV_QPT_UD;
}

static size_t message_len(const struct types_case *c)
{
	return is_datagram(c) ? SHORT : LONG;
}

static bool takes_receive(enum ibv_wr_opcode op)
{
	return op == IBV_WR_SEND || op == IBV_WR_SEND_WITH_IMM ||
	       op == IBV_WR_RDMA_WRITE_WITH_IMM;
}

static bool has_imm(enum ibv_wr_opcode op)
{
	return op == IBV_WR_SEND_WITH_IMM || op == IBV_WR_RDMA_WRITE_WITH_IMM;
}

/* A datagram's receive begins with room for a GRH, used or not. */
static bool post_receive(struct rdma_stage *st, const struct types_case *c)
{
	size_t head = is_datagram(c) ? GRH : 0;
	struct ibv_sge sge = rdma_end_sge(&st->far, FAR - head,
					  head + message_len(c));

	return rdma_pair_post_recvs(&st->pair, &sge, 1);
}

static bool is_ethernet(const struct rdma_stage *st)
{
	return st->pair.port.link_layer == IBV_LINK_LAYER_ETHERNET;
}

/* RoCE always has one. */
static bool has_grh(const struct rdma_stage *st, const struct types_case *c)
{
	return c->pair.grh || is_ethernet(st);
}

static bool expect_receive(struct rdma_stage *st, const struct types_case *c)
{
	size_t head = is_datagram(c) ? GRH : 0;
	const struct ibv_wc *wc = &st->pair.wc;

	return rdma_pair_wait(&st->pair, 1, IBV_WC_SUCCESS, "receive") &&
	       tap_equal(wc->byte_len, head + message_len(c), "bytes received") &&
	       (!has_imm(c->opcode) ||
		tap_equal(ntohl(wc->imm_data), IMM, "immediate data")) &&
	       (!is_datagram(c) ||
		(tap_equal(wc->src_qp, st->pair.qp[0]->qp_num, "sender") &&
		 tap_equal(wc->wc_flags & IBV_WC_GRH,
			   has_grh(st, c) ? IBV_WC_GRH : 0, "there is a GRH")));
}

/*
 * Version 6, next header and both addresses; the hop limit is what the address
 * handle says.  RoCE v2 is UDP.
 */
static void expect_global(const struct rdma_stage *st, const uint8_t *grh)
{
	const union ibv_gid *gid = &st->pair.gid;

	tap_equal(grh[0] >> 4, 6, "GRH: version");
	tap_check(grh[6] == BTH || (is_ethernet(st) && grh[6] == UDP),
		  "GRH: next header %d", grh[6]);
	tap_equal(grh[7], 64, "GRH: hop limit");
	tap_check(!memcmp(grh + 8, gid, 16), "GRH: source GID");
	tap_check(!memcmp(grh + 24, gid, 16), "GRH: destination GID");
}

/* RoCE v2 from an IPv4 address: that header is in the last 20 bytes. */
static void expect_ipv4(const struct rdma_stage *st, const uint8_t *ip)
{
	const uint8_t *addr = &st->pair.gid.raw[12];

	tap_equal(ip[0], 0x45, "IPv4: version and length");
	tap_equal(ip[8], 64, "IPv4: time to live");
	tap_equal(ip[9], UDP, "IPv4: protocol");
	tap_check(!memcmp(ip + 12, addr, 4), "IPv4: source");
	tap_check(!memcmp(ip + 16, addr, 4), "IPv4: destination");
}

/* Without one the 40 bytes are the HCA's to do with as it likes. */
static void expect_grh(struct rdma_stage *st, const struct types_case *c)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *grh = st->far.buf.mem.addr + FAR - GRH;

	if (!is_datagram(c))
		return;
	if (has_grh(st, c) && !memcmp(&st->pair.gid, mapped, sizeof(mapped)))
		expect_ipv4(st, grh + 20);
	else if (has_grh(st, c))
		expect_global(st, grh);
	memcpy(st->far.shadow + FAR - GRH, grh, GRH);
}

static void shadow_request(struct rdma_stage *st, const struct types_case *c,
			   struct ibv_send_wr *wr)
{
	uint64_t old, new;

	switch (c->opcode) {
	case IBV_WR_RDMA_READ:
		rdma_stage_copy(st, &st->near, NEAR, &st->far, FAR, LONG);
		break;
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		memcpy(&old, st->far.shadow + TEST_PAGE, 8);
		new = old + ATOMIC_ADD;
		rdma_stage_put(st, &st->near, NEAR, &old, 8);
		rdma_stage_modify(st, &st->far, TEST_PAGE, &new, 8);
		wr->sg_list->length = 8;
		break;
	default:
		rdma_stage_copy(st, &st->far, FAR, &st->near, NEAR,
				message_len(c));
	}
}

static void fill_target(struct rdma_stage *st, const struct types_case *c,
			struct ibv_send_wr *wr)
{
	if (is_datagram(c))
		return;
	rdma_end_target(&st->far, FAR, wr);
	if (c->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		wr->wr.atomic.remote_addr =
			(uintptr_t)st->far.buf.mem.addr + TEST_PAGE;
		wr->wr.atomic.rkey = st->far.buf.mr->rkey;
		wr->wr.atomic.compare_add = ATOMIC_ADD;
	}
}

static void types_play(struct rdma_stage *st, const struct types_case *c)
{
	struct ibv_sge sge = rdma_end_sge(&st->near, NEAR, message_len(c));
	struct ibv_send_wr wr = {
		.opcode = c->opcode, .sg_list = &sge, .num_sge = 1,
		.imm_data = htonl(IMM),
	};

	shadow_request(st, c, &wr);
	fill_target(st, c, &wr);
	if ((takes_receive(c->opcode) && !post_receive(st, c)) ||
	    !rdma_pair_request(&st->pair, &wr, "request") ||
	    (takes_receive(c->opcode) && !expect_receive(st, c)))
		return;
	/* UC: the requester is done when the request is on the wire. */
	if (c->opcode == IBV_WR_RDMA_WRITE && c->pair.type == IBV_QPT_UC &&
	    !tap_check(rdma_end_arrives(&st->far, FAR, LONG), "the data arrive"))
		return;
	rdma_stage_expect_places(st);
	expect_grh(st, c);
	rdma_stage_expect_content(st);
}

static void run_types(const void *arg)
{
	const struct types_case *c = arg;
	const struct rdma_stage_spec spec = {
		.pair = c->pair, .near = c->near, .far = c->far, .len = LEN,
		.region = c->near_region, .far_region = c->far_region,
	};
	struct rdma_stage st;

	if (rdma_stage_open(&st, &opts, &spec) && check_need(&st, &c->need))
		types_play(&st, c);
	rdma_stage_close(&st);
}

#define TYPE(name, ...) \
	{ "odp_qp_types-" name, run_types, &(const struct types_case){ __VA_ARGS__ } }

/* No on-demand paging at all: all memory is pinned. */
#define UC(name, op, near_place, far_place) \
	TYPE("uc-" name, .pair = { .type = IBV_QPT_UC }, .opcode = IBV_WR_ ## op, \
	     .near = near_place, .far = far_place, .near_region = REGION_PINNED, \
	     .far_region = REGION_PINNED, .need = { UC_CAPS, 0, ~0u })

/* Only what is sent, unless the receive queue is shared. */
#define UD(name, op, near_place, use_grh) \
	TYPE("ud-" name, .pair = { .type = IBV_QPT_UD, .grh = use_grh }, \
	     .opcode = IBV_WR_ ## op, .near = near_place, \
	     .far_region = REGION_PINNED, \
	     .need = { UD_CAPS, IBV_ODP_SUPPORT_SEND, IBV_ODP_SUPPORT_RECV })
#define UD_SRQ(name, near_place, far_place, use_grh) \
	TYPE("ud-srq-" name, .pair = { .type = IBV_QPT_UD, .srq = true, \
				       .grh = use_grh }, \
	     .opcode = IBV_WR_SEND, .near = near_place, .far = far_place, \
	     .need = { UD_CAPS, IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_SRQ_RECV, 0 })

#define RC_SRQ(name, op, near_place, far_place, how) \
	TYPE("rc-srq-" name, .pair = { .type = IBV_QPT_RC, .srq = true }, \
	     .opcode = IBV_WR_ ## op, .near = near_place, .far = far_place, \
	     .near_region = how, .far_region = how, \
	     .need = { RC_CAPS, IBV_ODP_SUPPORT_SRQ_RECV, 0 })

#define XRC(name, op, near_place, far_place, cap) \
	TYPE("xrc-" name, .pair = { .type = IBV_QPT_XRC_SEND }, \
	     .opcode = IBV_WR_ ## op, .near = near_place, .far = far_place, \
	     .need = { XRC_CAPS, cap, 0 })

static const struct tap_case cases[] = {
	UC("send-pinned", SEND, PLACE_GPU, PLACE_GPU),
	UC("send-imm-pinned", SEND_WITH_IMM, PLACE_MIXED, PLACE_RAM),
	UC("write-pinned", RDMA_WRITE, PLACE_RAM, PLACE_MIXED),
	UC("write-imm-pinned", RDMA_WRITE_WITH_IMM, PLACE_GPU, PLACE_GPU),
	UD("send-from-ram", SEND, PLACE_RAM, false),
	UD("send-from-gpu", SEND, PLACE_GPU, false),
	UD("send-from-mixed", SEND, PLACE_MIXED, true),
	UD("send-imm-from-gpu", SEND_WITH_IMM, PLACE_GPU, true),
	UD_SRQ("receive-gpu", PLACE_RAM, PLACE_GPU, false),
	UD_SRQ("receive-gpu-grh", PLACE_RAM, PLACE_GPU, true),
	UD_SRQ("receive-mixed-grh", PLACE_MIXED, PLACE_MIXED, true),
	RC_SRQ("send-to-gpu", SEND, PLACE_RAM, PLACE_GPU, REGION_EXPLICIT),
	RC_SRQ("send-to-mixed", SEND, PLACE_MIXED, PLACE_MIXED, REGION_EXPLICIT),
	RC_SRQ("send-imm-to-gpu", SEND_WITH_IMM, PLACE_GPU, PLACE_GPU,
	       REGION_EXPLICIT),
	RC_SRQ("write-imm-to-gpu", RDMA_WRITE_WITH_IMM, PLACE_RAM, PLACE_GPU,
	       REGION_EXPLICIT),
	RC_SRQ("implicit-send-to-mixed", SEND, PLACE_RAM, PLACE_MIXED,
	       REGION_IMPLICIT),
	XRC("send-to-gpu", SEND, PLACE_RAM, PLACE_GPU, IBV_ODP_SUPPORT_SRQ_RECV),
	XRC("send-from-gpu", SEND, PLACE_GPU, PLACE_RAM, IBV_ODP_SUPPORT_SEND),
	XRC("send-imm-mixed", SEND_WITH_IMM, PLACE_MIXED, PLACE_MIXED,
	    IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_SRQ_RECV),
	XRC("write-to-gpu", RDMA_WRITE, PLACE_RAM, PLACE_GPU,
	    IBV_ODP_SUPPORT_WRITE),
	XRC("write-imm-mixed", RDMA_WRITE_WITH_IMM, PLACE_MIXED, PLACE_MIXED,
	    IBV_ODP_SUPPORT_WRITE),
	XRC("read-from-gpu", RDMA_READ, PLACE_RAM, PLACE_GPU,
	    IBV_ODP_SUPPORT_READ),
	XRC("read-to-gpu", RDMA_READ, PLACE_GPU, PLACE_RAM, IBV_ODP_SUPPORT_READ),
	XRC("faa-on-gpu", ATOMIC_FETCH_AND_ADD, PLACE_RAM, PLACE_GPU,
	    IBV_ODP_SUPPORT_ATOMIC),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "UC, UD, XRC and shared receive queues.", cases, count);
	return tap_run(cases, count, opts.only);
}
