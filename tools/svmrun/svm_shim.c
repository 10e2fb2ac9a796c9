// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libsvmrun.so, preloaded into the program: takes part in the few libibverbs
 * calls that say which memory is registered, and when it is about to be used.
 *
 * Source: libibverbs' verbs.h (ibv_reg_mr and ibv_reg_mr_iova are macros over
 * exported functions) and libibverbs.map (symbol versions).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include <infiniband/verbs.h>
#undef ibv_reg_mr
#undef ibv_reg_mr_iova

#include "svm_next.h"
#include "svm_notes.h"
#include "svm_policy.h"
#include "svm_region.h"
#include "svmrun.h"

/* What was asked for, and by which of the functions. */
struct svm_shim_request {
	struct ibv_pd *pd;
	void *addr;
	size_t length;
	uint64_t iova;
	unsigned int access;
	struct ibv_mr *(*call)(const struct svm_shim_request *r,
			       unsigned int access);
};

static struct ibv_mr *svm_shim_look(const struct svm_shim_request *r)
{
	unsigned int access = svm_policy_access(r->pd, r->addr, r->length,
						r->access);
	struct ibv_mr *mr = r->call(r, access);

	if (!mr && access != r->access) {
		svm_note(SVM_NOTE_REFUSED);
		access = r->access;
		mr = r->call(r, access);
	}
	if (mr && svm_policy_take(r->length, access))
		svm_region_add(mr, r->addr, r->length, access != r->access);
	return mr;
}

/* ibv_reg_mr() of libibverbs calls ibv_reg_mr_iova2(), which is ours, too. */
static struct ibv_mr *svm_shim_register(const struct svm_shim_request *r)
{
	static __thread bool inside;
	struct ibv_mr *mr;

	if (inside)
		return r->call(r, r->access);
	inside = true;
	mr = svm_shim_look(r);
	inside = false;
	return mr;
}

static struct ibv_mr *svm_shim_reg_mr(const struct svm_shim_request *r,
				      unsigned int access)
{
	return SVM_NEXT(ibv_reg_mr, "IBVERBS_1.1")(r->pd, r->addr, r->length,
						  access);
}

static struct ibv_mr *svm_shim_reg_mr_iova(const struct svm_shim_request *r,
					   unsigned int access)
{
	return SVM_NEXT(ibv_reg_mr_iova, "IBVERBS_1.7")(r->pd, r->addr,
						       r->length, r->iova, access);
}

static struct ibv_mr *svm_shim_reg_mr_iova2(const struct svm_shim_request *r,
					    unsigned int access)
{
	return SVM_NEXT(ibv_reg_mr_iova2, "IBVERBS_1.8")(r->pd, r->addr,
							r->length, r->iova, access);
}

SVM_EXPORT struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr,
				     size_t length, int access)
{
	return svm_shim_register(&(struct svm_shim_request) {
		pd, addr, length, 0, access, svm_shim_reg_mr });
}

SVM_EXPORT struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd, void *addr,
					  size_t length, uint64_t iova, int access)
{
	return svm_shim_register(&(struct svm_shim_request) {
		pd, addr, length, iova, access, svm_shim_reg_mr_iova });
}

SVM_EXPORT struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr,
					   size_t length, uint64_t iova,
					   unsigned int access)
{
	return svm_shim_register(&(struct svm_shim_request) {
		pd, addr, length, iova, access, svm_shim_reg_mr_iova2 });
}

SVM_EXPORT struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset,
					    size_t length, uint64_t iova, int fd,
					    int access)
{
	struct ibv_mr *mr = SVM_NEXT(ibv_reg_dmabuf_mr, "IBVERBS_1.12")(
				pd, offset, length, iova, fd, access);

	if (mr)	/* UCX tries with an invalid file whether the device can do it */
		svm_note(SVM_NOTE_DMABUF);
	return mr;
}

/* With another piece of memory it is another region, with its old rights or new. */
SVM_EXPORT int ibv_rereg_mr(struct ibv_mr *mr, int flags, struct ibv_pd *pd,
			    void *addr, size_t length, int access)
{
	bool ours = false;
	int ret;

	if (flags & IBV_REREG_MR_CHANGE_TRANSLATION)
		ours = svm_region_finish(mr);
	ret = SVM_NEXT(ibv_rereg_mr, "IBVERBS_1.1")(mr, flags, pd, addr, length,
						   access);
	if (ret || !(flags & IBV_REREG_MR_CHANGE_TRANSLATION))
		return ret;
	if (flags & IBV_REREG_MR_CHANGE_ACCESS)
		ours = svm_policy_take(length, access);
	if (ours)
		svm_region_add(mr, addr, length, false);
	return 0;
}

SVM_EXPORT int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr,
			     int mask)
{
	if ((mask & IBV_QP_STATE) && attr->qp_state == IBV_QPS_RTR) {
		svm_policy_queue_pair(qp->qp_type);
		svm_region_queue_pair_ready();
	}
	return SVM_NEXT(ibv_modify_qp, "IBVERBS_1.1")(qp, attr, mask);
}

/* What the program has set errno to is not ours to change. */
SVM_EXPORT int ibv_dereg_mr(struct ibv_mr *mr)
{
	int err = errno;

	svm_region_finish(mr);
	errno = err;
	return SVM_NEXT(ibv_dereg_mr, "IBVERBS_1.1")(mr);
}

/* UCX's cache of registrations frees memory first, and deregisters some time later. */
SVM_EXPORT int munmap(void *addr, size_t length)
{
	int err = errno;

	svm_region_unmapped(addr, length);
	errno = err;
	return SVM_NEXT(munmap, NULL)(addr, length);
}

SVM_EXPORT int svmrun_move(void)
{
	return svm_region_move_all();
}

__attribute__((constructor)) static void svm_shim_start(void)
{
	svm_note(SVM_NOTE_LOADED);
}

__attribute__((destructor)) static void svm_shim_exit(void)
{
	svm_region_finish_all();
}
