/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults on demand-paged memory.
 */
#ifndef CONNECTX_CX_ODP_H
#define CONNECTX_CX_ODP_H

#include "connectx/cx_cmd.h"
#include "connectx/cx_xlt.h"

/* What the transport scheme wants to know beyond the address. */
enum cx_fault_kind {
	CX_FAULT_REQ_GATHER = 1,	/* types of the event, in this order */
	CX_FAULT_RESP = 2,
	CX_FAULT_REQ_SCATTER = 3,
	CX_FAULT_SRQ = 0,
};

struct cx_fault_info {
	enum cx_fault_kind kind;
	bool rdma;			/* CX_FAULT_RESP by an rkey */
	uint32_t qpn;			/* or SRQ number */
	uint16_t wqe_index;
	uint32_t committed;		/* bytes of the message moved so far */
	uint32_t packet_len;
	uint32_t rkey, op_len;		/* rdma */
	uint64_t va;
};

/* How a fault ended, as its owner finds it. */
enum cx_fault_state { CX_FAULT_PENDING, CX_FAULT_DONE, CX_FAULT_FAILED };

struct cx_fault {
	struct cx_obj obj;
	struct cx_fault *next;
	uint64_t token;
	enum cx_fault_state state, verdict;
	bool mem_scheme, below_ksm, resumed;
	unsigned int rewalks;		/* of the access, not of this event */
	struct loop_timer timer;
	void (*resume)(struct cx_qp *qp);
	struct cx_qp *qp;
	uint64_t since_ns;
	struct cx_run run;		/* what the event was made of */
	struct cx_fault_info info;
};

/*
 * Raises a fault event, or raises another one for an access that faults again
 * (@prev, finished; it is released).  resume(qp) runs in work context once the
 * state is no longer pending.  NULL: nobody could be told, or reset.
 */
struct cx_fault *cx_odp_raise(struct cx *cx, struct cx_qp *qp,
			      struct cx_fault *prev,
			      const struct cx_run *run,
			      const struct cx_fault_info *info,
			      void (*resume)(struct cx_qp *qp));
/* The access went through, or is given up. */
void cx_odp_done(struct cx *cx, struct cx_fault **fault);
void cx_odp_reset(struct cx *cx);
unsigned int cx_odp_pending(const struct cx *cx);

int cx_cmd_page_fault_resume(struct cx *cx, struct cx_cmd *cmd);

#endif
