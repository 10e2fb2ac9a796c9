/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which memory regions are moved, and which are made on-demand paged for it. */
#ifndef SVM_POLICY_H
#define SVM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <infiniband/verbs.h>

/*
 * Access flags to register [@addr, @addr + @len) with: @access, and
 * IBV_ACCESS_ON_DEMAND if --force-odp is given and nothing is against it.
 */
unsigned int svm_policy_access(struct ibv_pd *pd, void *addr, size_t len,
			       unsigned int access);

/* Is a registered region one that svmrun looks after?  Notes why not. */
bool svm_policy_take(size_t len, unsigned int access);

/* Is region @number of @len bytes one of those that the user has chosen? */
bool svm_policy_wanted(unsigned int number, size_t len);

/* A queue pair of @type is going to be used. */
void svm_policy_queue_pair(enum ibv_qp_type type);

#endif
