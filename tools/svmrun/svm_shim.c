// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libsvmrun.so, preloaded into the program: takes part in the few libibverbs
 * calls that say which memory is registered, and when it is about to be used.
 *
 * When to move: programs fill their buffers after registering them (perftest
 * does), and what the CPU touches comes back to RAM.  The transition of a
 * queue pair to RTR is the last call before data can arrive, so that is it.
 *
 * Source: libibverbs' verbs.h (ibv_reg_mr is a macro over two exported
 * functions) and libibverbs.map (symbol versions).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <infiniband/verbs.h>
#undef ibv_reg_mr

#include "svm_region.h"

#define SVM_EXPORT __attribute__((visibility("default")))

/* The function that ours stands before; a program without it cannot call us. */
#define SVM_NEXT(fn, version)						\
	({								\
		static __typeof__(fn) *next;				\
		if (!next)						\
			next = (__typeof__(fn) *)dlvsym(RTLD_NEXT, #fn,	\
							version);	\
		if (!next)						\
			abort();					\
		next;							\
	})

static void svm_shim_registered(struct ibv_mr *mr, void *addr, size_t length,
				unsigned int access)
{
	/* SIZE_MAX: the whole address space (implicit ODP), nothing to move */
	if (mr && (access & IBV_ACCESS_ON_DEMAND) && length != SIZE_MAX)
		svm_region_add(mr, addr, length);
}

SVM_EXPORT struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr,
				     size_t length, int access)
{
	struct ibv_mr *mr = SVM_NEXT(ibv_reg_mr, "IBVERBS_1.1")(pd, addr,
							       length, access);

	svm_shim_registered(mr, addr, length, access);
	return mr;
}

SVM_EXPORT struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr,
					   size_t length, uint64_t iova,
					   unsigned int access)
{
	struct ibv_mr *mr = SVM_NEXT(ibv_reg_mr_iova2, "IBVERBS_1.8")(
				pd, addr, length, iova, access);

	svm_shim_registered(mr, addr, length, access);
	return mr;
}

SVM_EXPORT int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr,
			     int mask)
{
	if ((mask & IBV_QP_STATE) && attr->qp_state == IBV_QPS_RTR)
		svm_region_move_all();
	return SVM_NEXT(ibv_modify_qp, "IBVERBS_1.1")(qp, attr, mask);
}

SVM_EXPORT int ibv_dereg_mr(struct ibv_mr *mr)
{
	svm_region_finish(mr);
	return SVM_NEXT(ibv_dereg_mr, "IBVERBS_1.1")(mr);
}

/*
 * A page-aligned buffer shares its last page, and through the allocator's
 * bookkeeping the one behind it, with whatever comes next on the heap.  Round
 * such buffers up and leave a page free.
 */
static size_t svm_shim_round(size_t alignment, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (alignment < page || size > SIZE_MAX - 2 * page)
		return size;
	return ((size + page - 1) & -page) + page;
}

SVM_EXPORT void *memalign(size_t alignment, size_t size)
{
	return SVM_NEXT(memalign, "GLIBC_2.2.5")(alignment,
					svm_shim_round(alignment, size));
}

SVM_EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	return SVM_NEXT(posix_memalign, "GLIBC_2.2.5")(out, alignment,
					svm_shim_round(alignment, size));
}

SVM_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return SVM_NEXT(aligned_alloc, "GLIBC_2.16")(alignment,
					svm_shim_round(alignment, size));
}

__attribute__((destructor)) static void svm_shim_exit(void)
{
	svm_region_finish_all();
}
