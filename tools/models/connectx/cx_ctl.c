// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control commands and counters: what tests ask the device from outside.
 *
 * Source: none (own interface).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "connectx/cx.h"
#include "connectx/cx_caps.h"
#include "connectx/cx_inject.h"
#include "connectx/cx_mem.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_odp.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_vport.h"

#define STAT(member, name) STAT_DESC(struct cx, stat.member, name)

const struct stat_desc cx_stat_descs[] = {
	STAT(commands, "cmd.total"),
	STAT(unknown_commands, "cmd.unknown"),
	STAT(command_errors, "cmd.errors"),
	STAT(delivery_errors, "cmd.delivery_errors"),
	STAT(umrs, "umr.total"),
	STAT(umr_errors, "umr.errors"),
	STAT(mtt_present, "umr.mtt_present"),
	STAT(mtt_peer, "umr.mtt_peer"),
	STAT(fault_events, "odp.events"),
	STAT(fault_pages, "odp.pages"),
	STAT(resume_ok, "odp.resume_ok"),
	STAT(resume_error, "odp.resume_error"),
	STAT(resume_unknown, "odp.resume_unknown"),
	STAT(fault_ksm_leaf, "odp.error_below_ksm"),
	STAT(fault_rewalks, "odp.rewalks"),
	STAT(tx_send, "rdma.send_tx_bytes"),
	STAT(rx_send, "rdma.send_rx_bytes"),
	STAT(tx_write, "rdma.write_tx_bytes"),
	STAT(rx_write, "rdma.write_rx_bytes"),
	STAT(tx_read_resp, "rdma.read_bytes"),
	STAT(atomics, "rdma.atomics"),
	STAT(data_peer_read, "rdma.peer_read_bytes"),
	STAT(data_peer_write, "rdma.peer_write_bytes"),
	STAT(wqes, "queue.wqes"),
	STAT(cqes, "queue.cqes"),
	STAT(error_cqes, "queue.error_cqes"),
	STAT(cq_overflows, "queue.cq_overflows"),
	STAT(eqes, "queue.eqes"),
	STAT(eq_overflows, "queue.eq_overflows"),
	STAT(rnr_naks, "rc.rnr_naks"),
	STAT(rnr_retries, "rc.rnr_retries"),
	STAT(retries, "rc.retries"),
	STAT(not_ready, "rc.not_ready"),
	STAT(nak_seq, "rc.nak_sequence"),
	STAT(pkt_dup, "rc.duplicates"),
	STAT(pkt_drop, "rc.dropped"),
	STAT(dma_errors, "error.dma"),
	STAT(guest_errors, "error.guest"),
	STAT(unknown_regs, "error.unknown_register"),
	STAT(unknown_bar, "error.unknown_doorbell"),
	STAT(eth_tx, "eth.tx_frames"),
	STAT(eth_tx_bytes, "eth.tx_bytes"),
	STAT(eth_rx, "eth.rx_frames"),
	STAT(eth_rx_bytes, "eth.rx_bytes"),
	STAT(eth_no_rule, "eth.rx_no_rule"),
	STAT(eth_no_buffer, "eth.rx_no_buffer"),
	STAT(eth_tx_errors, "eth.tx_errors"),
	STAT(roce_no_gid, "eth.roce_no_source"),
	STAT(cqes_dropped, "inject.cqes_dropped"),
	STAT(cqes_doubled, "inject.cqes_doubled"),
	STAT(cqes_delayed, "inject.cqes_delayed"),
	STAT(resumes_delayed, "inject.resumes_delayed"),
	STAT(resumes_failed, "inject.resumes_failed"),
	STAT(resumes_ignored, "inject.resumes_ignored"),
	STAT(faults_repeated, "inject.faults_repeated"),
	STAT(xlt_forgotten, "inject.translations_forgotten"),
	STAT(health_stopped, "inject.health_stopped"),
	{ }
};

const char *const cx_control_help[] = {
	"qps                          queue pairs and what they wait for",
	"mkeys                        memory keys",
	"mkey-read KEY VA LEN         memory as the HCA sees it, in hex",
	"mkey-xlt KEY VA              where it translates to",
	"inject drop-cqe N            lose the next N completions",
	"inject double-cqe N          write the next N completions twice",
	"inject delay-cqe MS          write completions late, in order (0: off)",
	"inject delay-resume MS       act late on page fault resumes (0: off)",
	"inject fail-resume N         take the next N resumes for errors",
	"inject ignore-resume N       lose the next N resumes",
	"inject repeat-fault N        at the next N resumes raise the fault again",
	"inject delay-umr MS          start late with each UMR (0: off)",
	"inject stop-health 0|1       the health counter stands still",
	"link up|down                 plug or unplug the cable (Ethernet)",
	"forget KEY VA LEN            drop translations; how many there were",
	"state                        address, scheme, number of objects",
	NULL
};

static bool parse_u64(const char *s, uint64_t *val)
{
	char *end;

	errno = 0;
	*val = strtoull(s, &end, 0);
	return !errno && *s && !*end;
}

static int ctl_qps(struct cx *cx, int argc, char **argv, FILE *out)
{
	static const char *const waits[] = { "", "fault", "rnr", "peer",
					     "umr" };
	const char *sep = "";

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	fputc('[', out);
	for (uint32_t n = cx->qps.first; n < cx->qps.room; n++) {
		struct cx_qp *qp = cx_qp_get(cx, n);

		if (!qp)
			continue;
		fprintf(out, "%s{\"qpn\":%u,\"st\":%u,\"state\":%u,\"remote\":%u,"
			"\"sq_ci\":%u,\"sq_pi\":%u,\"rq_ci\":%u,\"una\":%u,"
			"\"next\":%u,\"expected\":%u,\"wait\":\"%s\","
			"\"held\":%s}", sep, n, qp->st, qp->state,
			qp->remote_qpn, qp->sq.ci, qp->sq.pi, qp->rq.ci,
			qp->sq.una, qp->sq.nxt, qp->rq.epsn,
			waits[qp->sq.wait], qp->rq.held ? "true" : "false");
		sep = ",";
	}
	fputc(']', out);
	return 0;
}

static int ctl_mkeys(struct cx *cx, int argc, char **argv, FILE *out)
{
	const char *sep = "";

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	fputc('[', out);
	for (uint32_t n = cx->mkeys.first; n < cx->mkeys.room; n++) {
		struct cx_mkey *m = (void *)cx_tbl_get(&cx->mkeys, n);

		if (!m)
			continue;
		fprintf(out, "%s{\"key\":%u,\"mode\":%u,\"access\":%u,"
			"\"free\":%s,\"pd\":%u,\"start\":%" PRIu64
			",\"len\":%" PRIu64 ",\"log_page\":%u,\"octowords\":%u}",
			sep, cx_mkey_key(m), m->mode, m->access,
			m->free ? "true" : "false", m->pd, m->start, m->len,
			m->log_page, m->xlt_octowords);
		sep = ",";
	}
	fputc(']', out);
	return 0;
}

/* Whoever asks over the control socket may look at every key. */
static const struct cx_accessor observer = {
	.pd = CX_PD_ANY, .qpn = 0xffffff, .access = CX_ACC_LOCAL_READ,
};

#define MKEY_READ_MAX	(1u << 20)
#define FORGET_MAX	(16u << 20)

static int ctl_mkey_read(struct cx *cx, int argc, char **argv, FILE *out)
{
	struct cx_move move = { .who = &observer, .sges = 1 };
	uint64_t key, va, len;
	struct cx_sge sge;
	uint8_t *buf;
	int ret = -EFAULT;

	if (argc != 4 || !parse_u64(argv[1], &key) ||
	    !parse_u64(argv[2], &va) || !parse_u64(argv[3], &len) ||
	    len > MKEY_READ_MAX || key > UINT32_MAX)
		return -EINVAL;
	buf = malloc(len ? len : 1);
	if (!buf)
		return -ENOMEM;
	sge = (struct cx_sge){ .key = key, .va = va, .len = len };
	move.sge = &sge;
	if (cx_mem_move(cx, &move, buf, len, false) == CX_MEM_OK) {
		fputc('"', out);
		for (uint64_t i = 0; i < len; i++)
			fprintf(out, "%02x", buf[i]);
		fputc('"', out);
		ret = 0;
	}
	free(buf);
	return ret;
}

static int ctl_mkey_xlt(struct cx *cx, int argc, char **argv, FILE *out)
{
	const char *owner = NULL;
	struct cx_run run;
	uint64_t key, va;

	if (argc != 3 || !parse_u64(argv[1], &key) ||
	    !parse_u64(argv[2], &va) || key > UINT32_MAX)
		return -EINVAL;
	switch (cx_xlt_run(cx, &observer, key, va, 1, &run)) {
	case CX_XLT_OK:
		pci_addr_is_peer(&cx->pci, run.addr, &owner);
		fprintf(out, "{\"addr\":%" PRIu64 ",\"peer\":\"%s\"}",
			run.addr, owner ? owner : "");
		return 0;
	case CX_XLT_FAULT:
		fprintf(out, "{\"fault\":{\"key\":%u,\"va\":%" PRIu64 "}}",
			run.fault_key, run.fault_va);
		return 0;
	default:
		return -EACCES;
	}
}

static int ctl_inject(struct cx *cx, int argc, char **argv, FILE *out)
{
	uint64_t n;
	int ret;

	if (argc != 3 || !parse_u64(argv[2], &n))
		return -EINVAL;
	ret = cx_inject_set(cx, argv[1], n);
	if (!ret)
		fputs("true", out);
	return ret;
}

static int ctl_forget(struct cx *cx, int argc, char **argv, FILE *out)
{
	uint64_t key, va, len, n;

	if (argc != 4 || !parse_u64(argv[1], &key) ||
	    !parse_u64(argv[2], &va) || !parse_u64(argv[3], &len) ||
	    key > UINT32_MAX || !len || len > FORGET_MAX || va + len < va)
		return -EINVAL;
	if (!cx_xlt_forget(cx, &observer, key, va, len, &n))
		return -EACCES;
	cx->stat.xlt_forgotten += n;
	fprintf(out, "%" PRIu64, n);
	return 0;
}

static int ctl_link(struct cx *cx, int argc, char **argv, FILE *out)
{
	bool up;

	if (argc != 2 || !cx->par.ethernet)
		return -EINVAL;
	up = !strcmp(argv[1], "up");
	if (!up && strcmp(argv[1], "down"))
		return -EINVAL;
	cx_vport_set_plug(cx, up);
	fputs("true", out);
	return 0;
}

static int ctl_state(struct cx *cx, int argc, char **argv, FILE *out)
{
	(void)argv;
	if (argc != 1)
		return -EINVAL;
	fprintf(out, "{\"lid\":%u,\"guid\":\"%016" PRIx64 "\",\"resets\":%u,"
		"\"mem_scheme\":%s,\"eqs\":%u,\"cqs\":%u,\"qps\":%u,"
		"\"srqs\":%u,\"mkeys\":%u,\"pds\":%u,\"faults\":%u,"
		"\"xlt_bytes\":%" PRIu64 ",\"wire_rx\":%" PRIu64
		",\"wire_tx\":%" PRIu64 ",\"wire_dropped\":%" PRIu64 "}",
		cx->port.lid, cx->port.guid, cx->gen,
		cx_caps_mem_fault(cx) ? "true" : "false", cx->eqs.used,
		cx->cqs.used, cx->qps.used, cx->srqs.used, cx->mkeys.used,
		cx->pds.used, cx_odp_pending(cx), cx->xlt_bytes,
		cx->port.stat_rx, cx->port.stat_tx, cx->port.stat_dropped);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct cx *cx, int argc, char **argv, FILE *out);
} ctl_commands[] = {
	{ "qps", ctl_qps },
	{ "mkeys", ctl_mkeys },
	{ "mkey-read", ctl_mkey_read },
	{ "mkey-xlt", ctl_mkey_xlt },
	{ "inject", ctl_inject },
	{ "link", ctl_link },
	{ "forget", ctl_forget },
	{ "state", ctl_state },
};

int cx_control(struct pci_dev *dev, int argc, char **argv, FILE *out)
{
	for (size_t i = 0; i < sizeof(ctl_commands) / sizeof(ctl_commands[0]);
	     i++)
		if (argc > 0 && !strcmp(argv[0], ctl_commands[i].name))
			return ctl_commands[i].fn(cx_of(dev), argc, argv, out);
	return -ENOSYS;
}
