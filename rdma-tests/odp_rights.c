// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to GPU memory that must fail, by the rights of the region or of the
 * page: they change nothing, move nothing, and leave the neighbours alone.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN		(64UL << 10)
#define PAGES		(LEN / TEST_PAGE)
#define VICTIM		(5 * TEST_PAGE)
#define ALL_RIGHTS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
			 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true,
};

enum victim_is { VICTIM_NORMAL, VICTIM_READ_ONLY, VICTIM_GONE };

struct rights {
	int access;
	enum victim_is victim;
	bool mapped;		/* the HCA had the page before */
	bool write_ok, read_ok;
	/*
	 * Not so without peer-to-peer: to bring the page to RAM the driver asks
	 * for the right to write, as the region has it, whatever the request is.
	 */
	bool read_needs_p2p;
};

struct stage {
	int gpu;
	struct rdma_pair pair;	/* of the region; a new one replaces a broken one */
	struct rdma_buffer region, other;
};

/* The pair that failed is of no use any more, so each request has its own. */
static bool stage_open(struct stage *st, int access)
{
	st->gpu = svm_gpu_open(opts.gpu);
	return tap_check(st->gpu >= 0, "%s: %s", opts.gpu, strerror(-st->gpu)) &&
	       rdma_buffer_alloc(&st->region, LEN, false, 1) &&
	       test_buffer_to_gpu(st->gpu, &st->region.mem, 0, LEN) &&
	       rdma_buffer_alloc(&st->other, LEN, false, 2) &&
	       rdma_pair_open(&st->pair, opts.device, false) &&
	       rdma_buffer_register_access(&st->region, &st->pair, access) &&
	       rdma_buffer_register(&st->other, &st->pair);
}

static void stage_disconnect(struct stage *st)
{
	if (st->region.mr)
		ibv_dereg_mr(st->region.mr);
	if (st->other.mr)
		ibv_dereg_mr(st->other.mr);
	st->region.mr = NULL;
	st->other.mr = NULL;
	if (st->pair.ctx)
		rdma_pair_close(&st->pair);
	memset(&st->pair, 0, sizeof(st->pair));
}

static void stage_close(struct stage *st)
{
	stage_disconnect(st);
	rdma_buffer_close(&st->other);
	rdma_buffer_close(&st->region);
	if (st->gpu >= 0)
		close(st->gpu);
}

static bool stage_reconnect(struct stage *st, int access)
{
	stage_disconnect(st);
	return rdma_pair_open(&st->pair, opts.device, false) &&
	       rdma_buffer_register_access(&st->region, &st->pair, access) &&
	       rdma_buffer_register(&st->other, &st->pair);
}

static void change_victim(struct stage *st, enum victim_is what)
{
	uint8_t *p = st->region.mem.addr + VICTIM;

	if (what == VICTIM_READ_ONLY)
		tap_equal(mprotect(p, TEST_PAGE, PROT_READ), 0, "mprotect");
	if (what == VICTIM_GONE)
		tap_equal(munmap(p, TEST_PAGE), 0, "munmap");
}

static bool request(struct stage *st, enum ibv_wr_opcode opcode, size_t off,
		    bool ok, const char *what)
{
	const struct rdma_transfer t = {
		opcode, &st->other, &st->region, off, off, TEST_PAGE,
	};

	return ok ? rdma_transfer(&st->pair, &t, what) :
		    rdma_transfer_fails(&st->pair, &t, IBV_WC_REM_ACCESS_ERR, what);
}

/* Only a page that the HCA gets can come to RAM. */
static void expect_place(const struct stage *st, size_t off, bool ok,
			 const char *what)
{
	test_buffer_expect_device(&st->region.mem, off, TEST_PAGE,
				  ok && opts.fallback ? 0 : 1, what);
}

static void expect_neighbours(struct stage *st)
{
	const struct test_buffer *mem = &st->region.mem;
	size_t below = VICTIM - TEST_PAGE, above = VICTIM + TEST_PAGE;

	if (!stage_reconnect(st, ALL_RIGHTS) ||
	    !request(st, IBV_WR_RDMA_WRITE, below, true, "page below") ||
	    !request(st, IBV_WR_RDMA_WRITE, above, true, "page above"))
		return;
	expect_place(st, below, true, "page below");
	expect_place(st, above, true, "page above");
	test_buffer_expect(mem, 0, below, 1, "memory below");
	test_buffer_expect(mem, below, TEST_PAGE, 2, "page below");
	test_buffer_expect(mem, above, TEST_PAGE, 2, "page above");
	above += TEST_PAGE;
	test_buffer_expect(mem, above, LEN - above, 1, "memory above");
}

static void rights_play(struct stage *st, const struct rights *r)
{
	bool read_ok = r->read_ok && !(opts.fallback && r->read_needs_p2p);

	if (r->mapped && !request(st, IBV_WR_RDMA_READ, VICTIM, true, "before"))
		return;
	change_victim(st, r->victim);
	test_buffer_fill(&st->other.mem, 0, LEN, 2);
	if (!request(st, IBV_WR_RDMA_WRITE, VICTIM, r->write_ok, "write") ||
	    (!r->write_ok && !stage_reconnect(st, r->access)))
		return;
	if (!request(st, IBV_WR_RDMA_READ, VICTIM, read_ok, "read"))
		return;
	if (r->victim != VICTIM_GONE)
		expect_place(st, VICTIM, r->write_ok || read_ok,
			     "after the requests");
	if (read_ok)		/* what was there, or was written just now */
		test_buffer_expect(&st->other.mem, VICTIM, TEST_PAGE,
				   r->write_ok ? 2 : 1, "what was read");
	test_buffer_fill(&st->other.mem, 0, LEN, 2);
	expect_neighbours(st);
	if (r->victim != VICTIM_GONE)
		test_buffer_expect(&st->region.mem, VICTIM, TEST_PAGE,
				   r->write_ok ? 2 : 1, "the page itself");
}

static void run_rights(const void *arg)
{
	const struct rights *r = arg;
	struct stage st = { .gpu = -1 };

	if (test_p2p_set(true) && stage_open(&st, r->access))
		rights_play(&st, r);
	stage_close(&st);
}

#define RIGHTS(name, ...) \
	{ "odp_rights-" name, run_rights, &(const struct rights){ __VA_ARGS__ } }
#define NO_WRITE (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ)
#define NO_READ (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)

static const struct tap_case cases[] = {
	RIGHTS("all", ALL_RIGHTS, .write_ok = true, .read_ok = true),
	RIGHTS("no-remote-write", NO_WRITE, .read_ok = true),
	RIGHTS("no-remote-read", NO_READ, .write_ok = true),
	RIGHTS("read-only-page", ALL_RIGHTS, .victim = VICTIM_READ_ONLY, .read_ok = true,
	       .read_needs_p2p = true),
	RIGHTS("mapped-read-only-page", ALL_RIGHTS, .victim = VICTIM_READ_ONLY,
	       .mapped = true, .read_ok = true),
	RIGHTS("unmapped-page", ALL_RIGHTS, .victim = VICTIM_GONE),
	RIGHTS("mapped-unmapped-page", ALL_RIGHTS, .victim = VICTIM_GONE, .mapped = true),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "RDMA to GPU memory without the right to it.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
