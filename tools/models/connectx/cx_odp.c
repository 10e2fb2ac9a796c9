// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page faults: events to the driver, PAGE_FAULT_RESUME back.
 *
 * Memory scheme (ConnectX-7): the event names the leaf key, the address and
 * the number of pages; one kind for all transports.  Transport scheme: the
 * event names the WQE or the RDMA operation, and the driver finds out itself.
 *
 * One event per access and fault, any number of accesses at a time, resumes in
 * any order.  A token names the event; a token that is not known (its queue
 * pair is gone, or it was resumed already) is ignored and counted.
 *
 * A resume with error is final, also for a leaf that was reached through a
 * KSM whose entry the driver has replaced meanwhile: nothing that is public
 * says that the hardware looks again.  A driver which wants that resumes
 * without an error; the device holds no translation of its own across a fault
 * and walks again from the key of the access.
 *
 * Drivers that forget a child key before they replace the entry which leads to
 * it (mlx5 up to 7.3) do not get far with this under implicit paging.
 * odp-rewalks=N is a work-around for running them: an error about a leaf below
 * a KSM then makes the device walk again, at most N times per access with
 * growing pauses.  Both are counted (odp.error_below_ksm, odp.rewalks).
 *
 * Source: drivers/infiniband/hw/mlx5/odp.c (events, resume, both schemes),
 * include/linux/mlx5/device.h (struct mlx5_eqe_page_fault), mlx5_ifc.h
 * (page_fault_resume_in).
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_caps.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_inject.h"
#include "connectx/cx_odp.h"

TRACE_CATEGORY(odp, "hca.odp");

#define SUB_TYPE_WQE		0
#define SUB_TYPE_RDMA		1
#define SUB_TYPE_MEMORY		2

#define MEM_FLAG_LAST		0x80
#define MEM_PAGES_MAX		0xfffffu	/* 20 bits */
#define TOKEN_MASK_TRANSPORT	0xffffffu
#define REWALK_DELAY_NS		CX_MS

static void fault_free(struct cx_obj *obj)
{
	free(obj);
}

static void fault_unlink(struct cx *cx, struct cx_fault *fault)
{
	struct cx_fault **p = &cx->faults;

	while (*p && *p != fault)
		p = &(*p)->next;
	if (*p)
		*p = fault->next;
}

static void fault_release(struct cx *cx, struct cx_fault *fault)
{
	loop_timer_cancel(cx->pci.loop, &fault->timer);
	fault_unlink(cx, fault);
	cx_bury(cx, &fault->obj);
}

void cx_odp_done(struct cx *cx, struct cx_fault **fault)
{
	if (*fault)
		fault_release(cx, *fault);
	*fault = NULL;
}

void cx_odp_reset(struct cx *cx)
{
	while (cx->faults)
		fault_release(cx, cx->faults);
}

unsigned int cx_odp_pending(const struct cx *cx)
{
	unsigned int n = 0;

	for (struct cx_fault *f = cx->faults; f; f = f->next)
		n += f->state == CX_FAULT_PENDING;
	return n;
}

static void fault_timer(struct loop_timer *timer)
{
	struct cx_fault *fault = pci_container_of(timer, struct cx_fault,
						  timer);

	fault->state = fault->verdict;
	fault->resume(fault->qp);
}

static uint32_t fault_pages(const struct cx_run *run)
{
	uint64_t first = run->fault_va >> 12;
	uint64_t last = (run->fault_va + run->fault_len - 1) >> 12;
	uint64_t pages = run->fault_len ? last - first + 1 : 1;

	return pages > MEM_PAGES_MAX ? MEM_PAGES_MAX : pages;
}

static uint8_t encode_memory(struct cx *cx, const struct cx_fault *fault,
			     const struct cx_run *run, uint8_t *data)
{
	uint32_t pages = fault_pages(run);

	data[0] = MEM_FLAG_LAST;
	cx_put_be16(data + 6, fault->token >> 32);
	cx_put_be32(data + 8, (uint32_t)fault->token);
	cx_put_be32(data + 12, pages << 12);
	cx_put_be32(data + 16, run->fault_key);
	/*
	 * Whole pages: the driver clips what lies below the start of the
	 * region, and would take one page too many from an unaligned start.
	 */
	cx_put_be64(data + 20, run->fault_va & ~(uint64_t)0xfff);
	cx->stat.fault_pages += pages;
	return SUB_TYPE_MEMORY;
}

static uint16_t clamp16(uint32_t v)
{
	return v > UINT16_MAX ? UINT16_MAX : v;
}

static uint8_t encode_transport(const struct cx_fault *fault,
				const struct cx_fault_info *info, uint8_t *data)
{
	uint32_t type = (uint32_t)info->kind << 24;

	cx_put_be32(data, info->committed);
	cx_put_be16(data + 10, clamp16(info->packet_len));
	if (info->rdma) {
		cx_put_be32(data + 4, info->rkey);
		cx_put_be32(data + 12, info->op_len);
		cx_put_be64(data + 16, info->va);
		cx_put_be32(data + 24, type | (uint32_t)fault->token);
		return SUB_TYPE_RDMA;
	}
	cx_put_be16(data + 6, info->wqe_index);
	cx_put_be32(data + 12, (uint32_t)fault->token);
	cx_put_be32(data + 24, type | (info->qpn & 0xffffff));
	return SUB_TYPE_WQE;
}

static bool fault_send(struct cx *cx, struct cx_fault *fault)
{
	const struct cx_run *run = &fault->run;
	const struct cx_fault_info *info = &fault->info;
	uint8_t data[CX_EQE_DATA] = { 0 };
	uint8_t sub = fault->mem_scheme ?
		      encode_memory(cx, fault, run, data) :
		      encode_transport(fault, info, data);

	trace(odp, "%s: fault token %#llx qp %#x kind %u key %#x va %#llx len %#llx%s",
	      cx->pci.name, (unsigned long long)fault->token, info->qpn,
	      info->kind, run->fault_key, (unsigned long long)run->fault_va,
	      (unsigned long long)run->fault_len,
	      run->below_ksm ? " below a KSM" : "");
	cx->stat.fault_events++;
	return cx_eq_event(cx, CX_EVENT_PAGE_FAULT, sub, data);
}

static uint64_t next_token(struct cx *cx, bool mem_scheme)
{
	cx->fault_serial++;
	if (mem_scheme)
		return (uint64_t)(cx->gen & 0xffff) << 32 | cx->fault_serial;
	return cx->fault_serial & TOKEN_MASK_TRANSPORT;
}

struct cx_fault *cx_odp_raise(struct cx *cx, struct cx_qp *qp,
			      struct cx_fault *prev,
			      const struct cx_run *run,
			      const struct cx_fault_info *info,
			      void (*resume)(struct cx_qp *qp))
{
	struct cx_fault *fault = calloc(1, sizeof(*fault));
	unsigned int rewalks = prev ? prev->rewalks : 0;
	uint32_t gen = cx->gen;

	if (prev)
		fault_release(cx, prev);
	if (!fault)
		return NULL;
	fault->obj.free = fault_free;
	fault->obj.cx = cx;
	fault->mem_scheme = cx_caps_mem_fault(cx);
	fault->below_ksm = run->below_ksm;
	fault->rewalks = rewalks;
	fault->qp = qp;
	fault->resume = resume;
	fault->timer.fn = fault_timer;
	fault->since_ns = loop_now_ns();
	fault->run = *run;
	fault->info = *info;
	fault->token = next_token(cx, fault->mem_scheme);
	fault->next = cx->faults;
	cx->faults = fault;
	if (fault_send(cx, fault))
		return fault;
	if (gen == cx->gen)
		fault_release(cx, fault);
	return NULL;
}

static struct cx_fault *fault_by_token(struct cx *cx, uint64_t token)
{
	for (struct cx_fault *f = cx->faults; f; f = f->next)
		if (f->token == token && !f->resumed)
			return f;
	return NULL;
}

/* An error about a leaf below a KSM: is another walk allowed? */
static bool fault_rewalk(struct cx *cx, struct cx_fault *fault)
{
	if (!fault->mem_scheme || !fault->below_ksm)
		return false;
	cx->stat.fault_ksm_leaf++;
	if (fault->rewalks >= cx->par.odp_rewalks)
		return false;
	fault->rewalks++;
	cx->stat.fault_rewalks++;
	return true;
}

/*
 * Injected: as if the page had gone again by the time the device looks, which
 * is another event, with another token.  Without an EQ it is an error.  True
 * also if a reset took the fault away meanwhile.
 */
static bool fault_repeat(struct cx *cx, struct cx_fault *fault)
{
	uint32_t gen = cx->gen;

	fault->token = next_token(cx, fault->mem_scheme);
	return fault_send(cx, fault) || gen != cx->gen;
}

static void fault_resumed(struct cx *cx, struct cx_fault *fault, bool error)
{
	uint64_t delay = cx->inject.delay_resume_ns;

	trace(odp, "%s: resume token %#llx error %u after %llu us",
	      cx->pci.name, (unsigned long long)fault->token, error,
	      (unsigned long long)(loop_now_ns() - fault->since_ns) / 1000);
	if (!error)
		cx->stat.resume_ok++;
	else
		cx->stat.resume_error++;
	fault->resumed = true;
	fault->verdict = error ? CX_FAULT_FAILED : CX_FAULT_DONE;
	if (error && fault_rewalk(cx, fault)) {
		fault->verdict = CX_FAULT_DONE;
		delay += REWALK_DELAY_NS << (fault->rewalks - 1);
	}
	cx->stat.resumes_delayed += cx->inject.delay_resume_ns != 0;
	if (delay)
		loop_timer_arm(cx->pci.loop, &fault->timer, delay);
	else
		fault_timer(&fault->timer);
}

int cx_cmd_page_fault_resume(struct cx *cx, struct cx_cmd *cmd)
{
	const void *info = CX_ADDR(page_fault_resume_in, cmd->in,
				   page_fault_info);
	struct cx_fault *fault;
	uint64_t token;
	bool error;

	if (cx_caps_mem_fault(cx)) {
		token = (uint64_t)CX_GET(mem_page_fault_info, info,
					 fault_token_47_32) << 32 |
			CX_GET(mem_page_fault_info, info, fault_token_31_0);
		error = CX_GET(mem_page_fault_info, info, error);
	} else {
		token = CX_GET(trans_page_fault_info, info, fault_token);
		error = CX_GET(trans_page_fault_info, info, error);
	}
	fault = fault_by_token(cx, token);
	if (!fault) {
		cx->stat.resume_unknown++;
		return CX_ST_OK;
	}
	switch (cx_inject_resume(cx)) {
	case CX_RESUME_IGNORE:
		return CX_ST_OK;
	case CX_RESUME_REPEAT:
		if (fault_repeat(cx, fault))
			return CX_ST_OK;
		/* fall through */
	case CX_RESUME_FAIL:
		error = true;
		break;
	default:
		break;
	}
	fault_resumed(cx, fault, error);
	return CX_ST_OK;
}
