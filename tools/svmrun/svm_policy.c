// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --force-odp registers pinned memory as on-demand paged.  Nobody can tell at
 * registration what the region will be used for, so the device must be able to
 * do everything that a reliable connection does with such memory.  Datagram
 * receive buffers are the case that remains: no device takes page faults there,
 * so a program that has such queue pairs is warned.
 *
 * Source: ibv_query_device_ex(3), ibv_reg_mr(3); drivers/infiniband/hw/mlx5/odp.c
 * (what mlx5 announces).
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_memory.h"
#include "svm_message.h"
#include "svm_notes.h"
#include "svm_policy.h"
#include "svm_words.h"

#define SVM_POLICY_RC (IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_RECV |	\
		       IBV_ODP_SUPPORT_WRITE | IBV_ODP_SUPPORT_READ)

static atomic_uint forced;

/*
 * ibv_query_device_ex() without its way out for old providers: that needs a
 * function of libibverbs, which shells and other children may not have loaded.
 */
static int svm_policy_query(struct ibv_context *context,
			    struct ibv_device_attr_ex *attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, query_device_ex);

	memset(attr, 0, sizeof(*attr));
	return vctx ? vctx->query_device_ex(context, NULL, attr, sizeof(*attr)) :
		      ENOSYS;
}

/* What speaks against on-demand paging in the device; NULL: nothing. */
static const char *svm_policy_device(struct ibv_pd *pd, unsigned int access)
{
	uint32_t need = SVM_POLICY_RC;
	struct ibv_device_attr_ex attr;

	if (svm_policy_query(pd->context, &attr) ||
	    !(attr.odp_caps.general_caps & IBV_ODP_SUPPORT))
		return "the device has no on-demand paging";
	if (access & IBV_ACCESS_REMOTE_ATOMIC)
		need |= IBV_ODP_SUPPORT_ATOMIC;
	if (need & ~attr.odp_caps.per_transport_caps.rc_odp_caps)
		return "the device has on-demand paging only for some operations";
	return NULL;
}

static const char *svm_policy_obstacle(struct ibv_pd *pd, void *addr, size_t len,
				       unsigned int access)
{
	const char *why;

	if (access & IBV_ACCESS_MW_BIND)
		return "memory windows shall be bound to it";
	why = svm_memory_obstacle(addr, len);
	return why ? why : svm_policy_device(pd, access);
}

unsigned int svm_policy_access(struct ibv_pd *pd, void *addr, size_t len,
			       unsigned int access)
{
	const char *why;

	if (!svm_config()->force_odp || (access & IBV_ACCESS_ON_DEMAND) ||
	    len < svm_config()->min_size ||
	    len < (size_t)sysconf(_SC_PAGESIZE))
		return access;
	why = svm_policy_obstacle(pd, addr, len, access);
	if (!why) {
		forced++;
		return access | IBV_ACCESS_ON_DEMAND;
	}
	svm_note(SVM_NOTE_REFUSED);
	svm_message("%p, %zu bytes, stays pinned: %s", addr, len, why);
	return access;
}

bool svm_policy_take(size_t len, unsigned int access)
{
	if (!(access & IBV_ACCESS_ON_DEMAND)) {
		svm_note(SVM_NOTE_PINNED);
		svm_note_max(SVM_NOTE_PINNED_MAX, len);
		return false;
	}
	if (len == SIZE_MAX) {
		svm_note(SVM_NOTE_IMPLICIT);
		return false;
	}
	return true;
}

bool svm_policy_wanted(unsigned int number, size_t len)
{
	const char *match = svm_config()->match;

	return len >= svm_config()->min_size &&
	       (!match || svm_words_listed(match, number) > 0);
}

void svm_policy_queue_pair(enum ibv_qp_type type)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (!forced || (type != IBV_QPT_UD && type != IBV_QPT_UC) ||
	    atomic_flag_test_and_set(&said))
		return;
	svm_message("the program uses %s queue pairs, which cannot receive into the regions that --force-odp has changed; leave these buffers out with --min-size or --match",
		    type == IBV_QPT_UD ? "datagram" : "unreliable");
}
