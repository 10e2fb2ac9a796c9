// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life_device.h"
#include "soak_ops.h"
#include "svm_gpu.h"
#include "tap.h"
#include "test_models.h"
#include "test_p2p.h"

/* ---- requests of the HCA */

static bool soak_transfer(struct soak *s, enum ibv_wr_opcode opcode)
{
	struct soak_range near = soak_range_bytes(&s->state, SIZE_MAX);
	struct soak_range far = soak_range_bytes(&s->state, near.len);

	near.len = far.len;
	return soak_copy(&s->pair, opcode, &near, &far);
}

static bool op_write(struct soak *s)
{
	return soak_transfer(s, IBV_WR_RDMA_WRITE);
}

static bool op_read(struct soak *s)
{
	return soak_transfer(s, IBV_WR_RDMA_READ);
}

static bool op_send(struct soak *s)
{
	struct soak_range from = soak_range_bytes(&s->state, SIZE_MAX);
	struct soak_range to = soak_range_bytes(&s->state, from.len);

	from.len = to.len;
	return soak_send(&s->pair, &from, &to);
}

static bool op_add(struct soak *s)
{
	struct soak_range result = soak_range_pages(&s->state);
	struct soak_range target = soak_range_pages(&s->state);

	result.len = 8;
	target.off += 8 * (soak_random(&s->state) % (TEST_PAGE / 8));
	target.len = 8;
	return soak_add(&s->pair, &result, &target, soak_random(&s->state));
}

static bool op_advise(struct soak *s)
{
	static const enum ibv_advise_mr_advice advices[] = {
		IBV_ADVISE_MR_ADVICE_PREFETCH, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
		IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT,
	};
	struct soak_range r = soak_range_pages(&s->state);
	struct ibv_sge sge = {
		.addr = (uintptr_t)r.area->buf.mem.addr + r.off, .length = r.len,
		.lkey = r.area->buf.mr->lkey,
	};
	int ret = ibv_advise_mr(s->pair.pd, advices[soak_random(&s->state) % 3],
				soak_random(&s->state) % 2 ?
				IBV_ADVISE_MR_FLAG_FLUSH : 0, &sge, 1);

	/* Pages may be taken away as fast as they are brought */
	return tap_check(!ret || ret == EBUSY || ret == EAGAIN,
			 "ibv_advise_mr: %s", strerror(ret));
}

static bool op_rereg(struct soak *s)
{
	struct soak_area *a = soak_range_pages(&s->state).area;

	if (!tap_equal(ibv_dereg_mr(a->buf.mr), 0, "ibv_dereg_mr"))
		return false;
	a->buf.mr = NULL;
	return soak_area_register(a, &s->pair);
}

/* ---- what the CPU does */

static void *range_addr(const struct soak_range *r)
{
	return r->area->buf.mem.addr + r->off;
}

static bool op_fill(struct soak *s)
{
	struct soak_range r = soak_range_bytes(&s->state, SIZE_MAX);

	soak_fill(&r, &s->state);
	return true;
}

static bool op_compare(struct soak *s)
{
	struct soak_range r = soak_range_bytes(&s->state, SIZE_MAX);

	return soak_compare(&r, "compare");
}

/* The driver need not move all of it, but must not fail. */
static bool op_to_gpu(struct soak *s)
{
	struct soak_range r = soak_range_pages(&s->state);

	return tap_equal(svm_gpu_migrate(s->gpu, range_addr(&r), r.len), 0,
			 "SVM_BIND");
}

static bool op_dontneed(struct soak *s)
{
	struct soak_range r = soak_range_pages(&s->state);

	memset(r.area->shadow + r.off, 0, r.len);
	return tap_equal(madvise(range_addr(&r), r.len, MADV_DONTNEED), 0,
			 "MADV_DONTNEED");
}

static bool op_protect(struct soak *s)
{
	struct soak_range r = soak_range_pages(&s->state);
	int prot = soak_random(&s->state) % 2 ? PROT_READ : PROT_NONE;

	return tap_equal(mprotect(range_addr(&r), r.len, prot), 0, "mprotect") &&
	       tap_equal(mprotect(range_addr(&r), r.len, PROT_READ | PROT_WRITE), 0,
			 "mprotect back");
}

/* Away and back, and nobody but the reader looks in between. */
static bool op_mremap(struct soak *s)
{
	struct soak_range r = soak_range_pages(&s->state);
	void *home = range_addr(&r), *away, *back;

	away = mmap(NULL, r.len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!tap_check(away != MAP_FAILED, "mmap: %s", strerror(errno)))
		return false;
	back = mremap(home, r.len, r.len, MREMAP_MAYMOVE | MREMAP_FIXED, away);
	if (!tap_check(back == away, "mremap: %s", strerror(errno)))
		return false;
	back = mremap(away, r.len, r.len, MREMAP_MAYMOVE | MREMAP_FIXED, home);
	return tap_check(back == home, "mremap back: %s", strerror(errno));
}

/* The child sees what was there when it was made, and writes to its own. */
static bool op_fork(struct soak *s)
{
	struct soak_range r = soak_range_pages(&s->state);
	struct soak_range fill = soak_range_pages(&s->state);
	int status = 0;
	bool same;
	pid_t pid = fork();

	if (!pid) {
		same = !memcmp(range_addr(&r), r.area->shadow + r.off, r.len);
		memset(range_addr(&r), 0xee, r.len);
		_exit(same ? 0 : 1);
	}
	if (!tap_check(pid > 0, "fork: %s", strerror(errno)))
		return false;
	soak_fill(&fill, &s->state);
	return tap_equal(waitpid(pid, &status, 0), pid, "waitpid") &&
	       tap_equal(status, 0, "child: status (256: other content)");
}

/* ---- drivers and faults */

static bool op_p2p(struct soak *s)
{
	return test_p2p_set(soak_random(&s->state) % 3);
}

/* Only what a driver has to survive without an error. */
static bool op_inject(struct soak *s)
{
	static const char *const commands[] = {
		"hca0 inject repeat-fault 1", "hca0 inject delay-resume 3",
		"hca0 inject delay-resume 0", "hca0 inject delay-umr 3",
		"hca0 inject delay-umr 0", "hca0 inject delay-cqe 3",
		"hca0 inject delay-cqe 0", "gpu0 inject tlb-off 1",
		"gpu0 inject tlb-off 0",
	};
	size_t n = sizeof(commands) / sizeof(commands[0]);
	int ret = test_models_command(commands[soak_random(&s->state) % n]);

	return ret == -ENODEV || tap_equal(ret, 0, "labctl");
}

static bool op_forget(struct soak *s)
{
	struct soak_range r = soak_range_pages(&s->state);
	char command[128];
	int ret;

	snprintf(command, sizeof(command), "hca0 forget %#x %#lx %#zx",
		 r.area->buf.mr->lkey, (unsigned long)range_addr(&r), r.len);
	ret = test_models_command(command);
	return ret == -ENODEV || tap_equal(ret, 0, "%s", command);
}

bool soak_gpu_open(struct soak *s)
{
	s->gpu = svm_gpu_open(s->gpu_path);
	return tap_check(s->gpu >= 0, "%s: %s", s->gpu_path, strerror(-s->gpu));
}

static bool op_unbind_gpu(struct soak *s)
{
	close(s->gpu);
	s->gpu = -1;
	return test_pci_unbind("nouveau", s->gpu_name) &&
	       soak_compare_all("GPU unbound") &&
	       test_pci_bind("nouveau", s->gpu_name) && soak_gpu_open(s);
}

bool soak_hca_open(struct soak *s)
{
	return rdma_pair_open(&s->pair, s->device, true) &&
	       soak_areas_register(&s->pair);
}

void soak_hca_close(struct soak *s)
{
	soak_areas_deregister();
	if (s->pair.ctx)
		rdma_pair_close(&s->pair);
	memset(&s->pair, 0, sizeof(s->pair));
}

static bool op_unbind_hca(struct soak *s)
{
	soak_hca_close(s);
	return test_pci_unbind("mlx5_core", s->hca_name) &&
	       test_pci_bind("mlx5_core", s->hca_name) &&
	       life_wait_port(s->device) && soak_hca_open(s);
}

const struct soak_op soak_ops[SOAK_OPS] = {
	{ "write", 150, op_write },	{ "read", 150, op_read },
	{ "send", 80, op_send },	{ "add", 80, op_add },
	{ "advise", 40, op_advise },	{ "rereg", 15, op_rereg },
	{ "fill", 80, op_fill },	{ "compare", 80, op_compare },
	{ "to-gpu", 200, op_to_gpu },	{ "dontneed", 30, op_dontneed },
	{ "protect", 30, op_protect },	{ "mremap", 20, op_mremap },
	{ "fork", 15, op_fork },	{ "p2p", 8, op_p2p },
	{ "inject", 20, op_inject },	{ "forget", 20, op_forget },
	{ "unbind-gpu", 2, op_unbind_gpu }, { "unbind-hca", 2, op_unbind_hca },
};
