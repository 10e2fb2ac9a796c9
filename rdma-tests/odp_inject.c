// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory allocations fail while the NIC's page faults on GPU memory are served: by
 * migrating it with peer-to-peer off, else by making it reachable.  That needs
 * memory for a window only, so there may be one, which other memory has got.
 * Whatever the outcome of the request is, it must be true: after a success the
 * data is there, after an error every page holds what it did or what it should.
 * Only allocations below ib_umem_odp_map_dma_and_lock() fail.
 */
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"
#include "svm_pattern.h"

#include "rdma_buffer.h"
#include "test_dmem.h"
#include "test_fail.h"
#include "test_options.h"
#include "test_p2p.h"
#include "test_pci.h"

#define FUNCTION	"ib_umem_odp_map_dma_and_lock"
#define PERCENT		2
#define PERCENT_FEW	25	/* a window or a folio needs few allocations */
#define WINDOWS		"/sys/module/nouveau/parameters/svm_p2p_windows"
#define LEN_4K		(8 * TEST_PAGE)
#define LEN_2M		(2 * TEST_HUGE)
#define SEED_OLD	1
#define SEED_NEW	2

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 24,
};

struct inject {
	const char *what;	/* directory of FAULTS */
	bool huge;
	bool p2p;
};

static bool inject_switch(const struct inject *in, bool on)
{
	if (!on)
		return test_fail_percent(in->what, 0);
	return test_fail_percent(in->what, in->p2p || in->huge ? PERCENT_FEW : PERCENT);
}

/* Returns the status of the completion, or -1 when the case has failed. */
static int inject_transfer(struct rdma_pair *pair, const struct rdma_buffer *src,
			   const struct rdma_buffer *dst)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, src, dst, 0, 0, dst->mem.len,
	};
	struct ibv_send_wr wr, *bad;
	struct ibv_sge sge;
	struct ibv_wc wc;
	int n, tries = 60000;

	rdma_transfer_wr(&t, &wr, &sge);
	wr.send_flags = IBV_SEND_SIGNALED;
	if (!tap_equal(ibv_post_send(pair->qp[0], &wr, &bad), 0, "post"))
		return -1;
	while (!(n = ibv_poll_cq(pair->cq[0], 1, &wc)) && tries--)
		usleep(1000);
	return tap_equal(n, 1, "completions") ? (int)wc.status : -1;
}

static bool inject_page_is(const uint8_t *page, size_t pos, uint64_t seed)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < TEST_PAGE; i += 8) {
		memcpy(&word, page + i, 8);
		if (word != svm_pattern_word(seed, (pos + i) / 8))
			return false;
	}
	return true;
}

static void inject_expect(const struct test_buffer *mem, int status)
{
	size_t off, bad = 0;

	for (off = 0; off < mem->len; off += TEST_PAGE)
		if (!inject_page_is(mem->addr + off, off, SEED_NEW) &&
		    (status == IBV_WC_SUCCESS ||
		     !inject_page_is(mem->addr + off, off, SEED_OLD)))
			bad++;
	tap_equal(bad, 0, "pages wrong after status %s",
		  ibv_wc_status_str(status));
}

/* Pages of the other size are in another chunk: the only window goes there. */
static bool inject_take_window(const struct inject *in, struct rdma_pair *pair,
			       const struct rdma_buffer *src, int gpu)
{
	struct rdma_buffer other = { };
	size_t len = in->huge ? TEST_PAGE : TEST_HUGE;
	struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, src, &other, 0, 0, TEST_PAGE,
	};
	struct svm_dmem dmem;
	struct ibv_send_wr wr;
	struct ibv_sge sge;
	bool ok;

	ok = rdma_buffer_open(&other, pair, len, !in->huge, SEED_OLD) &&
	     test_buffer_to_gpu(gpu, &other.mem, 0, len);
	if (ok) {
		rdma_transfer_wr(&t, &wr, &sge);
		ok = rdma_pair_request(pair, &wr, "other memory") &&
		     test_dmem_get(&dmem) &&
		     tap_check(dmem.mapped == 1 && !dmem.idle,
			       "%lld windows in use, %lld idle", dmem.mapped,
			       dmem.idle);
	}
	rdma_buffer_close(&other);
	return ok;
}

static size_t inject_len(const struct inject *in)
{
	if (in->huge)
		return in->p2p ? TEST_HUGE : LEN_2M;
	return LEN_4K;
}

static void inject_round(const struct inject *in, int gpu, unsigned int *good)
{
	size_t len = inject_len(in);
	struct rdma_buffer src = { }, dst = { };
	struct rdma_pair pair;
	int status = -1;

	if (!rdma_pair_open(&pair, opts.device, false))
		return;
	if (rdma_buffer_open(&src, &pair, len, in->huge, SEED_NEW) &&
	    (!in->p2p || inject_take_window(in, &pair, &src, gpu)) &&
	    rdma_buffer_open(&dst, &pair, len, in->huge, SEED_OLD) &&
	    test_buffer_to_gpu(gpu, &dst.mem, 0, len) &&
	    inject_switch(in, true)) {
		status = inject_transfer(&pair, &src, &dst);
		inject_switch(in, false);
	}
	if (status >= 0) {
		inject_expect(&dst.mem, status);
		*good += status == IBV_WC_SUCCESS;
	}
	rdma_buffer_close(&dst);
	rdma_buffer_close(&src);
	rdma_pair_close(&pair);
}

static void run_inject(const void *arg)
{
	const struct inject *in = arg;
	struct svm_dmem before, after;
	unsigned int i, good = 0;
	int gpu;

	if (!test_fail_exists(in->what))
		return;
	if (!test_p2p_set(in->p2p) || !test_fail_prepare(in->what, FUNCTION) ||
	    !test_sysfs_write(WINDOWS, in->p2p ? "1" : "0") ||
	    !test_dmem_get(&before))
		return;
	gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		return;
	for (i = 0; i < opts.rounds && !tap_failed(); i++)
		inject_round(in, gpu, &good);
	close(gpu);
	test_p2p_set(true);
	test_sysfs_write(WINDOWS, "0");
	if (!test_dmem_expect_empty("in the end") || !test_dmem_get(&after))
		return;
	tap_note("%lld windows made, %lld failures to export",
		 after.windows_created - before.windows_created,
		 after.export_failures - before.export_failures);
	if (in->p2p)	/* the hook has been in trouble, and has managed without */
		tap_check(after.export_failures > before.export_failures &&
			  after.windows_created - before.windows_created > i,
			  "no window was tried for, or none failed");
	tap_check(test_fail_count(in->what) > 0, "no allocation has failed");
	tap_check(good > 0, "no request succeeded");
	tap_note("%ld allocations failed, %u of %u requests succeeded",
		 test_fail_count(in->what), good, i);
}

#define INJECT(name, ...) \
	{ "odp_inject-" name, run_inject, &(const struct inject){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	INJECT("slab-4k", "failslab", false, false),
	INJECT("slab-2m", "failslab", true, false),
	INJECT("page-4k", "fail_page_alloc", false, false),
	INJECT("page-2m", "fail_page_alloc", true, false),
	INJECT("slab-window-4k", "failslab", false, true),
	INJECT("slab-window-2m", "failslab", true, true),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "RDMA into GPU memory while allocations of its page faults fail.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
