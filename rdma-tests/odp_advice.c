// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ibv_advise_mr(): advice that must be refused changes nothing, and what an
 * advice covers: several regions in one call, parts of pages, holes, and no
 * page that NO_FAULT would have to move.  (What each advice maps: odp_prefetch.)
 */
#include <errno.h>
#include <sys/mman.h>

#include "rdma_stage.h"
#include "rdma_stat.h"
#include "test_models.h"
#include "test_p2p.h"

#define LEN	(64UL << 10)
#define PAGES	(LEN / TEST_PAGE)
#define HOLE	5

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

#define PREFETCH IBV_ADVISE_MR_ADVICE_PREFETCH
#define PREFETCH_WRITE IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE
#define NO_FAULT IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT
#define FLUSH	IBV_ADVISE_MR_FLAG_FLUSH

/* What is not as it should be. */
enum flaw {
	FLAW_NONE, FLAW_ADVICE, FLAW_FLAGS, FLAW_KEY, FLAW_OLD_KEY, FLAW_PD,
	FLAW_PINNED, FLAW_READ_ONLY, FLAW_BELOW, FLAW_ABOVE, FLAW_SECOND,
};

struct refusal {
	enum flaw flaw;
	unsigned int advice, flags;
	int expected;
	enum rdma_region region;
	bool maps;		/* the entry before the one with the flaw */
};

static long long mapped_now(void)
{
	return test_models_counter("hca0", "umr.mtt_present");
}

static bool expect_mapped(long long before, long long expected, const char *what)
{
	return before == -ENODEV || tap_equal(mapped_now() - before, expected,
					      "%s: translations written", what);
}

/* Another region of the same memory, without the right to write. */
static bool make_read_only(struct rdma_stage *st, struct rdma_buffer *other)
{
	other->mem = st->far.buf.mem;
	return rdma_buffer_register_access(other, &st->pair,
					   IBV_ACCESS_REMOTE_READ);
}

static bool make_pinned(struct rdma_stage *st, struct rdma_buffer *other)
{
	return rdma_buffer_alloc(other, LEN, false, 3) &&
	       rdma_buffer_register_pinned(other, &st->pair);
}

static bool spoil(struct rdma_stage *st, struct rdma_buffer *other,
		  enum flaw flaw, struct ibv_sge *sge)
{
	switch (flaw) {
	case FLAW_KEY:
		sge->lkey = 0x7fffff00;
		return true;
	case FLAW_OLD_KEY:
		sge->lkey ^= 1;
		return true;
	case FLAW_PINNED:
		if (!make_pinned(st, other))
			return false;
		*sge = (struct ibv_sge){ (uintptr_t)other->mem.addr, LEN,
					 other->mr->lkey };
		return true;
	case FLAW_READ_ONLY:
		if (!make_read_only(st, other))
			return false;
		sge->lkey = other->mr->lkey;
		return true;
	case FLAW_BELOW:
		sge->addr -= TEST_PAGE;
		return true;
	case FLAW_ABOVE:
		sge->length += 1;
		return true;
	case FLAW_SECOND:
		sge[1] = sge[0];
		sge[1].lkey = 0x7fffff00;
		return true;
	default:
		return true;
	}
}

static void refuse(struct rdma_stage *st, const struct refusal *r)
{
	struct ibv_sge sge[2] = { rdma_end_sge(&st->far, 0, LEN) };
	struct rdma_buffer other = { };
	struct ibv_pd *pd = ibv_alloc_pd(st->pair.ctx);
	unsigned int count = r->flaw == FLAW_SECOND ? 2 : 1;
	long long before;
	int ret;

	if (!tap_check(pd, "protection domain") ||
	    !spoil(st, &other, r->flaw, sge))
		goto out;
	before = mapped_now();
	ret = ibv_advise_mr(r->flaw == FLAW_PD ? pd : st->pair.pd, r->advice,
			    r->flags, sge, count);
	tap_equal(ret, r->expected, "ibv_advise_mr");
	expect_mapped(before, r->maps ? PAGES : 0, "advice that is refused");
	rdma_stage_expect(st);
out:
	if (other.mr)
		ibv_dereg_mr(other.mr);
	if (r->flaw == FLAW_PINNED)
		test_buffer_free(&other.mem);
	if (pd)
		ibv_dealloc_pd(pd);
}

static const struct rdma_stage_spec stage_gpu = {
	.near = PLACE_RAM, .far = PLACE_GPU, .len = LEN,
};

static void run_refusal(const void *arg)
{
	const struct refusal *r = arg;
	struct rdma_stage_spec spec = stage_gpu;
	struct rdma_stage st;

	spec.region = r->region;
	if (rdma_stage_open(&st, &opts, &spec))
		refuse(&st, r);
	rdma_stage_close(&st);
}

/*
 * Reads a part of the responder's memory, must the HCA ask for it first?  To
 * behind what the advice covers: that may be read-only to the HCA now.
 */
static bool read_part(struct rdma_stage *st, size_t off, size_t len, bool faults)
{
	struct ibv_sge sge = rdma_end_sge(&st->near, LEN + off, len);
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_RDMA_READ, .sg_list = &sge, .num_sge = 1,
	};
	long long before = test_models_counter("hca0", "odp.events"), events;

	rdma_end_target(&st->far, off, &wr);
	rdma_stage_copy(st, &st->near, LEN + off, &st->far, off, len);
	if (!rdma_pair_request(&st->pair, &wr, "read"))
		return false;
	events = test_models_counter("hca0", "odp.events") - before;
	return tap_check(before < 0 || !events == !faults,
			 "read at %#zx: expected %s, found %lld page faults", off,
			 faults ? "some" : "no", events);
}

/* Four parts of two regions, one byte to pages, in one call. */
static void run_several(const void *arg)
{
	const struct rdma_stage_spec spec = {
		.near = PLACE_RAM, .far = PLACE_GPU, .len = 2 * LEN,
	};
	struct rdma_stage st;
	struct ibv_sge sges[4];
	long long before;

	if (rdma_stage_open(&st, &opts, &spec)) {
		sges[0] = rdma_end_sge(&st.far, 0, TEST_PAGE);
		sges[1] = rdma_end_sge(&st.far, 3 * TEST_PAGE - 1, 2);
		sges[2] = rdma_end_sge(&st.near, TEST_PAGE / 2, 3 * TEST_PAGE);
		sges[3] = rdma_end_sge(&st.far, LEN - 1, 1);
		before = rdma_stat_sum(opts.device, "page_prefetch");
		tap_equal(ibv_advise_mr(st.pair.pd, *(const int *)arg, FLUSH, sges,
					4), 0, "ibv_advise_mr");
		tap_equal(rdma_stat_sum(opts.device, "page_prefetch") - before,
			  1 + 2 + 4 + 1, "page_prefetch of rdma statistic");
		if (read_part(&st, 0, TEST_PAGE, false) &&
		    read_part(&st, 2 * TEST_PAGE, 2 * TEST_PAGE, false) &&
		    read_part(&st, LEN - TEST_PAGE, TEST_PAGE, false) &&
		    read_part(&st, TEST_PAGE, TEST_PAGE, true) &&
		    read_part(&st, 8 * TEST_PAGE, TEST_PAGE, true))
			rdma_stage_expect(&st);
	}
	rdma_stage_close(&st);
}

/* The whole of a region with a page unmapped in the middle of it. */
static void run_hole(const void *arg)
{
	struct rdma_stage st;
	struct ibv_sge sge;

	if (rdma_stage_open(&st, &opts, &stage_gpu)) {
		sge = rdma_end_sge(&st.far, 0, LEN);
		munmap(st.far.buf.mem.addr + HOLE * TEST_PAGE, TEST_PAGE);
		tap_equal(ibv_advise_mr(st.pair.pd, *(const int *)arg, FLUSH, &sge,
					1),
			  *(const int *)arg == NO_FAULT ? 0 : EFAULT,
			  "ibv_advise_mr across a hole");
		test_buffer_expect_device(&st.far.buf.mem, 0, LEN, PAGES - 1,
					  "after advice");
		test_buffer_expect(&st.far.buf.mem, 0, HOLE * TEST_PAGE, 2, "below");
		test_buffer_expect(&st.far.buf.mem, (HOLE + 1) * TEST_PAGE,
				   LEN - (HOLE + 1) * TEST_PAGE, 2, "above");
	}
	rdma_stage_close(&st);
}

/* Pages that nobody is let into: NO_FAULT leaves them there and maps nothing. */
static void run_unreachable(const void *arg)
{
	struct rdma_stage_spec spec = stage_gpu;
	struct rdma_stage st;
	struct ibv_sge sge;
	long long before;

	spec.far = PLACE_MIXED;
	spec.region = *(const enum rdma_region *)arg;
	if (rdma_stage_open(&st, &opts, &spec) && test_p2p_set(false)) {
		sge = rdma_end_sge(&st.far, 0, LEN);
		before = mapped_now();
		tap_equal(ibv_advise_mr(st.pair.pd, NO_FAULT, FLUSH, &sge, 1), 0,
			  "ibv_advise_mr");
		expect_mapped(before, PAGES / 2, "those in RAM");
		rdma_stage_expect(&st);
	}
	test_p2p_set(true);
	rdma_stage_close(&st);
}

#define REFUSED(name, ...) \
	{ "odp_advice-" name, run_refusal, &(const struct refusal){ __VA_ARGS__ } }
#define BOTH(name, which, what, err) \
	REFUSED(name, which, what, FLUSH, err, REGION_EXPLICIT, false), \
	REFUSED(name "-later", which, what, 0, err, REGION_EXPLICIT, false)
#define FN(name, fn, type, value) \
	{ "odp_advice-" name, fn, &(const type){ value } }

static const struct tap_case cases[] = {
	BOTH("no-such-advice", FLAW_ADVICE, 17, EOPNOTSUPP),
	REFUSED("no-such-flag", FLAW_FLAGS, PREFETCH, 0x80, EINVAL,
		REGION_EXPLICIT, false),
	BOTH("no-such-key", FLAW_KEY, PREFETCH, ENOENT),
	BOTH("old-key", FLAW_OLD_KEY, PREFETCH_WRITE, ENOENT),
	BOTH("other-pd", FLAW_PD, NO_FAULT, EPERM),
	REFUSED("implicit-other-pd", FLAW_PD, PREFETCH, FLUSH, EPERM,
		REGION_IMPLICIT, false),
	BOTH("pinned-region", FLAW_PINNED, PREFETCH, ENOENT),
	BOTH("write-to-read-only", FLAW_READ_ONLY, PREFETCH_WRITE, EPERM),
	REFUSED("below-region", FLAW_BELOW, PREFETCH, FLUSH, EFAULT,
		REGION_EXPLICIT, false),
	REFUSED("above-region", FLAW_ABOVE, PREFETCH_WRITE, FLUSH, EFAULT,
		REGION_EXPLICIT, false),
	REFUSED("second-entry", FLAW_SECOND, PREFETCH, FLUSH, ENOENT,
		REGION_EXPLICIT, true),
	REFUSED("second-entry-later", FLAW_SECOND, PREFETCH, 0, ENOENT,
		REGION_EXPLICIT, false),
	FN("several-read", run_several, int, PREFETCH),
	FN("several-write", run_several, int, PREFETCH_WRITE),
	FN("several-no-fault", run_several, int, NO_FAULT),
	FN("hole-read", run_hole, int, PREFETCH),
	FN("hole-write", run_hole, int, PREFETCH_WRITE),
	FN("hole-no-fault", run_hole, int, NO_FAULT),
	FN("no-fault-unreachable", run_unreachable, enum rdma_region,
	   REGION_EXPLICIT),
	FN("implicit-no-fault-unreachable", run_unreachable, enum rdma_region,
	   REGION_IMPLICIT),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "ibv_advise_mr(): refusals, and what it covers.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
