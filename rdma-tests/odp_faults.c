// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What hardware does wrong, by the models' hand, and what the drivers make of
 * it.  What is late, lost or twice moves the right bytes, once; what fails has
 * the right status, changes nothing and leaves the pages where they were, and
 * after a reset of the queue pairs the same regions work.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault_inject.h"
#include "rdma_stage.h"
#include "test_models.h"

#define LEN	(64UL << 10)
#define FIRST	(TEST_PAGE + 24)	/* what a fault befalls */
#define SECOND	(9 * TEST_PAGE + 72)	/* what follows */
#define BYTES	20001UL
#define EVENTS	"odp.events"
#define ADD	1000

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

struct faults_case {
	struct fault_inject fault;
	int times;			/* of the fault; -1: some */
	enum ibv_wr_opcode opcode;
	enum gpu_place near, far;
	enum rdma_region region;
	bool mapped;			/* the HCA has the pages before */
	int repeats;			/* page faults more than without */
	enum ibv_wc_status near_status, far_status;
};

/* ---- one request, as far as its shadow */
static void make_request(struct rdma_stage *st, const struct faults_case *c,
			 size_t off, struct ibv_send_wr *wr, struct ibv_sge *sge)
{
	bool atomic = c->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD;

	*sge = rdma_end_sge(&st->near, off, atomic ? 8 : BYTES);
	*wr = (struct ibv_send_wr){
		.opcode = c->opcode, .sg_list = sge, .num_sge = 1, .wr_id = off,
	};
	rdma_end_target(&st->far, off, wr);
	if (atomic) {
		wr->wr.atomic.remote_addr = (uintptr_t)st->far.buf.mem.addr + off;
		wr->wr.atomic.rkey = st->far.buf.mr->rkey;
		wr->wr.atomic.compare_add = ADD;
	}
}

static void shadow_request(struct rdma_stage *st, const struct faults_case *c,
			   size_t off)
{
	uint64_t old;

	switch (c->opcode) {
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		memcpy(&old, st->far.shadow + off, 8);
		rdma_stage_put(st, &st->near, off, &old, 8);
		old += ADD;
		memcpy(st->far.shadow + off, &old, 8);
		break;
	case IBV_WR_RDMA_READ:
		rdma_stage_copy(st, &st->near, off, &st->far, off, BYTES);
		break;
	default:
		rdma_stage_copy(st, &st->far, off, &st->near, off, BYTES);
	}
}

static bool post_receive(struct rdma_stage *st, const struct faults_case *c,
			 size_t off)
{
	struct ibv_sge to = rdma_end_sge(&st->far, off, BYTES);

	return c->opcode != IBV_WR_SEND || rdma_pair_post_recv(&st->pair, &to);
}

static bool request(struct rdma_stage *st, const struct faults_case *c,
		    size_t off, const char *what)
{
	struct ibv_send_wr wr;
	struct ibv_sge sge;

	make_request(st, c, off, &wr, &sge);
	shadow_request(st, c, off);
	return post_receive(st, c, off) &&
	       rdma_pair_request(&st->pair, &wr, what) &&
	       tap_equal(st->pair.wc.wr_id, off, "%s: which request", what) &&
	       (c->opcode != IBV_WR_SEND ||
		rdma_pair_wait_recv(&st->pair, BYTES, what));
}

static bool request_fails(struct rdma_stage *st, const struct faults_case *c,
			  size_t off)
{
	struct ibv_send_wr wr;
	struct ibv_sge sge;

	make_request(st, c, off, &wr, &sge);
	return post_receive(st, c, off) &&
	       rdma_pair_request_fails(&st->pair, &wr, c->near_status,
				       "request with the fault") &&
	       (c->opcode != IBV_WR_SEND ||
		rdma_pair_wait(&st->pair, 1, c->far_status,
			       "receive with the fault"));
}

/* Does not wait for a completion, which need not come. */
static bool post_only(struct rdma_stage *st, const struct faults_case *c)
{
	struct ibv_send_wr wr, *bad;
	struct ibv_sge sge;

	make_request(st, c, FIRST, &wr, &sge);
	wr.send_flags = IBV_SEND_SIGNALED;
	return post_receive(st, c, FIRST) &&
	       tap_equal(ibv_post_send(st->pair.qp[0], &wr, &bad), 0, "post");
}

static bool no_completion(struct rdma_stage *st, int end, const char *what)
{
	return tap_equal(ibv_poll_cq(st->pair.cq[end], 1, &st->pair.wc), 0,
			 "%s: completions", what);
}

/*
 * All pages are mapped before: the first completion must be that of a request,
 * not one that the driver waits for while it maps them.
 */
static bool map_all(struct rdma_stage *st, struct faults_case *c)
{
	return request(st, c, FIRST, "request before") &&
	       request(st, c, SECOND, "request before");
}

/* ---- faults that cost time only */
static void play_late(struct rdma_stage *st, struct faults_case *c)
{
	long long events = test_models_counter("hca0", EVENTS);

	if (!fault_inject_on(&c->fault) ||
	    !request(st, c, FIRST, "request with the fault") ||
	    !fault_inject_off(&c->fault, c->times))
		return;
	events = test_models_counter("hca0", EVENTS) - events;
	/* An implicit region first faults on having no child there. */
	if (c->repeats)
		tap_equal(events, 1 + c->repeats + (c->region == REGION_IMPLICIT),
			  EVENTS);
	if (request(st, c, SECOND, "request after it"))
		rdma_stage_expect(st);
}

/* The same completion again: the request was carried out once. */
static void play_double(struct rdma_stage *st, struct faults_case *c)
{
	if (!map_all(st, c) || !fault_inject_on(&c->fault) ||
	    !request(st, c, FIRST, "request with the fault") ||
	    !rdma_pair_wait(&st->pair, 0, IBV_WC_SUCCESS, "second completion") ||
	    !tap_equal(st->pair.wc.wr_id, FIRST, "second completion: of") ||
	    !no_completion(st, 0, "behind it") ||
	    !fault_inject_off(&c->fault, 1))
		return;
	if (request(st, c, SECOND, "request after it") &&
	    no_completion(st, 0, "in the end"))
		rdma_stage_expect(st);
}

/* A completion is lost; the next one shows that its request was carried out. */
static void play_drop(struct rdma_stage *st, struct faults_case *c)
{
	if (!map_all(st, c))
		return;
	shadow_request(st, c, FIRST);
	if (!fault_inject_on(&c->fault) || !post_only(st, c) ||
	    !fault_inject_wait(&c->fault, 1) ||
	    !request(st, c, SECOND, "request after it") ||
	    !no_completion(st, 0, "in the end") || !fault_inject_off(&c->fault, 1))
		return;
	rdma_stage_expect(st);
}

/* The HCA loses what it was told about pages, and asks for them again. */
static void play_forget(struct rdma_stage *st, struct faults_case *c)
{
	const struct rdma_end *e = c->near ? &st->near : &st->far;
	uint32_t key = c->near ? e->buf.mr->lkey : e->buf.mr->rkey;
	long long events;
	char on[100];

	snprintf(on, sizeof(on), "hca0 forget %u %lu %lu", key,
		 (uintptr_t)e->buf.mem.addr + FIRST, BYTES);
	c->fault.on = on;
	if (!request(st, c, FIRST, "request before") || !fault_inject_on(&c->fault) ||
	    !fault_inject_off(&c->fault, (FIRST + BYTES - 1) / TEST_PAGE -
					 FIRST / TEST_PAGE + 1))
		return;
	events = test_models_counter("hca0", EVENTS);
	if (!request(st, c, FIRST, "request after it"))
		return;
	events = test_models_counter("hca0", EVENTS) - events;
	tap_check(events > 0, "page faults: expected some, found %lld", events);
	rdma_stage_expect(st);
}

/* ---- faults that requests do not survive */
static void play_error(struct rdma_stage *st, struct faults_case *c)
{
	bool ok;

	if (c->mapped && !request(st, c, FIRST, "request before"))
		return;
	if (!fault_inject_on(&c->fault))
		return;
	ok = request_fails(st, c, FIRST);
	if (!fault_inject_off(&c->fault, c->times) || !ok)
		return;
	if (rdma_pair_reconnect(&st->pair) &&
	    request(st, c, SECOND, "request after it"))
		rdma_stage_expect(st);
}

/* The HCA never goes on: nothing happens, until the queue pair is reset. */
static void play_stuck(struct rdma_stage *st, struct faults_case *c)
{
	if (!fault_inject_on(&c->fault) || !post_only(st, c) ||
	    !fault_inject_wait(&c->fault, 1))
		return;
	usleep(300000);		/* longer than the requester waits to ask again */
	if (!no_completion(st, 0, "requester") ||
	    !no_completion(st, 1, "responder") || !fault_inject_off(&c->fault, 1))
		return;
	if (rdma_pair_reconnect(&st->pair) &&
	    request(st, c, SECOND, "request after it"))
		rdma_stage_expect(st);
}

struct faults_test {
	void (*play)(struct rdma_stage *st, struct faults_case *c);
	struct faults_case c;
};

static void run_faults(const void *arg)
{
	const struct faults_test *t = arg;
	struct faults_case c = t->c;
	const struct rdma_stage_spec spec = {
		.near = c.near, .far = c.far, .region = c.region, .len = LEN,
	};
	struct rdma_stage st;

	if (rdma_stage_open(&st, &opts, &spec))
		t->play(&st, &c);
	rdma_stage_close(&st);
}

#define CASE(name, fn, command, undo, dev, count, ...) \
	{ "odp_faults-" name, run_faults, &(const struct faults_test){ fn, { \
		.fault = { .on = command, .off = undo, .device = dev, \
			   .counter = count }, __VA_ARGS__ } } }
#define WRITE	.opcode = IBV_WR_RDMA_WRITE
#define READ	.opcode = IBV_WR_RDMA_READ
#define SEND	.opcode = IBV_WR_SEND
#define FAA	.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD
#define TO_GPU	.far = PLACE_GPU
#define OWN_GPU	.near = PLACE_GPU
#define MIXED	.near = PLACE_MIXED, .far = PLACE_MIXED
#define IMPLICIT .region = REGION_IMPLICIT

#define DELAY_CQE(name, ...) \
	CASE("delay-cqe-" name, play_late, "hca0 inject delay-cqe 50", \
	     "hca0 inject delay-cqe 0", "hca0", "inject.cqes_delayed", \
	     .times = -1, __VA_ARGS__)
#define DELAY_RESUME(name, ...) \
	CASE("delay-resume-" name, play_late, "hca0 inject delay-resume 50", \
	     "hca0 inject delay-resume 0", "hca0", "inject.resumes_delayed", \
	     .times = -1, __VA_ARGS__)
#define REPEAT(name, ...) \
	CASE("repeat-fault-" name, play_late, "hca0 inject repeat-fault 3", NULL, \
	     "hca0", "inject.faults_repeated", .times = 3, .repeats = 3, \
	     __VA_ARGS__)
#define ONCE(name, fn, command, count, ...) \
	CASE(name, fn, "hca0 inject " command " 1", NULL, "hca0", count, __VA_ARGS__)
#define DOUBLE(name, ...) \
	ONCE("double-cqe-" name, play_double, "double-cqe", \
	     "inject.cqes_doubled", __VA_ARGS__)
#define DROP(name, ...) \
	ONCE("drop-cqe-" name, play_drop, "drop-cqe", "inject.cqes_dropped", \
	     __VA_ARGS__)
#define FORGET(name, ...) \
	CASE("forget-" name, play_forget, NULL, NULL, "hca0", \
	     "inject.translations_forgotten", __VA_ARGS__)
#define STUCK(name, ...) \
	ONCE("ignore-resume-" name, play_stuck, "ignore-resume", \
	     "inject.resumes_ignored", __VA_ARGS__)
/* The requester sees @status; a receive, if there is one, a protection error. */
#define ERROR(name, status, on, off, dev, count, n, ...) \
	CASE(name, play_error, on, off, dev, count, .times = n, \
	     .near_status = IBV_WC_ ## status ## _ERR, \
	     .far_status = IBV_WC_LOC_PROT_ERR, __VA_ARGS__)
#define FAIL_RESUME(name, status, ...) \
	ERROR("fail-resume-" name, status, "hca0 inject fail-resume 1", NULL, \
	      "hca0", "inject.resumes_failed", 1, __VA_ARGS__)
#define BAR1_FAIL(name, status, ...) \
	ERROR("bar1-fail-" name, status, "gpu0 inject bar1-fail 1", NULL, \
	      "gpu0", "inject.bar1_failed", 1, __VA_ARGS__)
/* The pages are mapped before: nobody but the HCA is to touch the GPU now. */
#define GPU_OFF(name, status, ...) \
	ERROR("gpu-off-bus-" name, status, "gpu0 bus off", "gpu0 bus on", \
	      "gpu0", "pci.off_bus_accesses", -1, .mapped = true, __VA_ARGS__)
/* Each access but atomics; @REM: how writes and reads of a peer's memory fail. */
#define EACH(FAULT, REM) \
	FAULT("write", REM, WRITE, TO_GPU), FAULT("read", REM, READ, TO_GPU), \
	FAULT("send", REM_OP, SEND, TO_GPU), FAULT("gather", LOC_PROT, WRITE, OWN_GPU), \
	FAULT("scatter", LOC_PROT, READ, OWN_GPU)

static const struct tap_case cases[] = {
	DELAY_CQE("write", WRITE, TO_GPU), DELAY_CQE("send", SEND, MIXED),
	DELAY_RESUME("write", WRITE, TO_GPU), DELAY_RESUME("read", READ, OWN_GPU),
	DELAY_RESUME("send", SEND, MIXED),
	REPEAT("write", WRITE, TO_GPU), REPEAT("read", READ, TO_GPU),
	REPEAT("send", SEND, TO_GPU), REPEAT("faa", FAA, TO_GPU),
	REPEAT("gather", WRITE, OWN_GPU), REPEAT("scatter", READ, OWN_GPU),
	REPEAT("implicit", WRITE, TO_GPU, IMPLICIT),
	DOUBLE("write", WRITE, TO_GPU), DOUBLE("read", READ, OWN_GPU),
	DOUBLE("faa", FAA, TO_GPU), DROP("faa", FAA, TO_GPU),
	DROP("write", WRITE, TO_GPU), DROP("read", READ, OWN_GPU),
	FORGET("write", WRITE, TO_GPU), FORGET("read", READ, TO_GPU),
	FORGET("send", SEND, TO_GPU), FORGET("gather", WRITE, OWN_GPU),
	FORGET("ram", WRITE, .far = PLACE_RAM), FORGET("implicit", WRITE, TO_GPU, IMPLICIT),
	STUCK("write", WRITE, TO_GPU), STUCK("read", READ, OWN_GPU),
	EACH(FAIL_RESUME, REM_ACCESS), FAIL_RESUME("faa", REM_ACCESS, FAA, TO_GPU),
	EACH(BAR1_FAIL, REM_OP), EACH(GPU_OFF, REM_OP), GPU_OFF("faa", REM_OP, FAA, TO_GPU),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Faults of the hardware, injected by its models.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
