/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State of one ConnectX-7 (15b3:1021) with a port of InfiniBand or Ethernet.
 *
 * Rules that every file here follows:
 *
 * - Objects refer to each other by number, never by pointer: the guest may
 *   destroy them in any order, and a number that no longer exists is an error
 *   of the one who uses it.
 * - Everything from guest memory is read by copy (cx_dma_read()) and checked.
 * - A reset happens in message context, so also while a work function of this
 *   device waits inside cx_dma_*().  It moves all objects to a graveyard that
 *   is freed from a later work function: pointers on the stack stay valid,
 *   and cx_dma_*() tells -ECANCELED, upon which everybody returns.
 */
#ifndef CONNECTX_CX_H
#define CONNECTX_CX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include "core/loop.h"
#include "pci/pci_dev.h"
#include "wire/ib_wire.h"

#define CX_MS			1000000ull	/* in nanoseconds */
#define CX_WAKEUP_NS		(300 * 1000ull)	/* work per wake-up */

#define CX_BAR_LOG_MIB		5		/* UAR BAR: 32 MiB */
#define CX_BAR_SIZE		(1ull << (20 + CX_BAR_LOG_MIB))
#define CX_NUM_VECTORS		32

/* Limits that the capability page announces. */
#define CX_LOG_MAX_QP		14
#define CX_LOG_MAX_CQ		14
#define CX_LOG_MAX_SRQ		14
#define CX_LOG_MAX_MKEY		20
#define CX_LOG_MAX_PD		14
#define CX_LOG_MAX_XRCD		10
#define CX_LOG_MAX_TD		10
#define CX_MAX_EQS		60
#define CX_LOG_MAX_QP_SZ	15
#define CX_LOG_MAX_SRQ_SZ	15
#define CX_LOG_MAX_CQ_SZ	22
#define CX_LOG_MAX_EQ_SZ	20
#define CX_MAX_WQE_SQ		1024
#define CX_MAX_WQE_RQ		512
#define CX_MAX_SGE		(CX_MAX_WQE_SQ / 16)
#define CX_MAX_INDIRECTION	4
#define CX_GIDS			8
#define CX_LOG_MAX_MSG		30
#define CX_MAX_RDMA_READS	16
#define CX_FIRST_UAR		8	/* pages 0..3 hold the init segment */
#define CX_ROCE_ADDRS		16
#define CX_LOG_MAX_ETHQ		8	/* Ethernet queues of a kind */
#define CX_LOG_MAX_TIR		8
#define CX_LOG_MAX_RQT_SIZE	8
#define CX_LOG_MAX_FT_SIZE	16
#define CX_LOG_MAX_FLOW_TABLES	8
#define CX_MAX_FT_LEVELS	128	/* Linux needs more than 64 */
#define CX_LOG_MAX_LIST		7	/* addresses or VLANs of a vport list */

/* Memory that the guest can make this process allocate, per device. */
#define CX_XLT_BUDGET		(1ull << 30)	/* translation tables */
#define CX_PAS_BUDGET		(256ull << 20)	/* queue page lists */

struct cx;
struct cx_qp;
struct cx_fault;

/* ---- numbered objects ---- */
struct cx_obj {
	struct cx_obj *next_dead;
	void (*free)(struct cx_obj *obj);
	struct cx *cx;
	uint32_t num;
};

struct cx_tbl {
	struct cx_obj **slot;		/* grows as needed */
	uint32_t room, next, first, last, used;
};

/* ---- a guest buffer that is a list of pages ---- */
struct cx_buf {
	uint64_t *page;
	uint32_t pages;
	uint8_t shift;
	uint64_t offset;		/* of byte 0 in the first page */
	uint64_t size;
};

struct cx_eq {
	struct cx_obj obj;
	struct cx_buf buf;
	uint8_t log_size, vector;
	uint64_t mask[4];		/* [0] holds event types 0..63 */
	uint32_t pi, ci;
	bool armed, overflow;
	struct loop_timer interrupt;
	uint8_t eqc[64];
};

struct cx_cq {
	struct cx_obj obj;
	struct cx_buf buf;
	uint8_t log_size;
	uint16_t cqe_bytes;
	uint32_t pi, ci;		/* ci: as last read from the record */
	uint64_t dbr;
	uint32_t eqn;
	bool overrun_ignore, error;
	bool armed, solicited_only, fire;
	uint32_t arm_ci;
	uint8_t cqc[64];
};

enum cx_srq_kind { CX_SRQ_RMP, CX_SRQ_XRC };

struct cx_srq {
	struct cx_obj obj;
	enum cx_srq_kind kind;
	struct cx_buf buf;
	uint8_t log_size, log_stride;
	bool cyclic;
	uint64_t dbr;
	uint32_t pd, cqn, user_index, xrcd;
	uint16_t head, taken, lwm;	/* head: next WQE to hand out */
	uint8_t ctx[256];
};

enum cx_mkey_mode {
	CX_MKEY_PA = 0, CX_MKEY_MTT = 1, CX_MKEY_KLM = 2, CX_MKEY_KSM = 3,
};

#define CX_ACC_LOCAL_READ	0x01
#define CX_ACC_LOCAL_WRITE	0x02
#define CX_ACC_REMOTE_READ	0x04
#define CX_ACC_REMOTE_WRITE	0x08
#define CX_ACC_ATOMIC		0x10
#define CX_ACC_LOCAL		(CX_ACC_LOCAL_READ | CX_ACC_LOCAL_WRITE)
#define CX_ACC_WRITES \
	(CX_ACC_LOCAL_WRITE | CX_ACC_REMOTE_WRITE | CX_ACC_ATOMIC)

#define CX_XLT_CHUNK		4096u	/* bytes of translations per piece */

struct cx_mkey {
	struct cx_obj obj;
	uint8_t variant, mode, access, log_page;
	bool free, umr_en, length64;
	uint32_t pd, qpn;
	uint64_t start, len;
	uint32_t xlt_octowords;
	uint8_t **chunk;		/* NULL: all zero */
	uint32_t chunks;		/* room in @chunk */
	uint8_t mkc[64];
};

/* ---- transport ---- */
enum cx_qp_state {
	CX_QPS_RST, CX_QPS_INIT, CX_QPS_RTR, CX_QPS_RTS, CX_QPS_SQER,
	CX_QPS_SQD, CX_QPS_ERR,
};

enum cx_qp_st {
	CX_ST_RC = 0, CX_ST_UC = 1, CX_ST_UD = 2, CX_ST_XRC = 3,
	CX_ST_QP0 = 7, CX_ST_QP1 = 8, CX_ST_REG_UMR = 12,
};

struct cx_sge {
	uint32_t key, len;
	uint64_t va;		/* in_wqe: offset into the WQE's inline data */
	bool in_wqe;
};

/* Syndromes of an error CQE. */
enum cx_syndrome {
	CX_SYN_NONE = 0x00,
	CX_SYN_LOCAL_LENGTH = 0x01,
	CX_SYN_LOCAL_QP_OP = 0x02,
	CX_SYN_LOCAL_PROT = 0x04,
	CX_SYN_FLUSH = 0x05,
	CX_SYN_MW_BIND = 0x06,
	CX_SYN_BAD_RESP = 0x10,
	CX_SYN_LOCAL_ACCESS = 0x11,
	CX_SYN_REMOTE_INV_REQ = 0x12,
	CX_SYN_REMOTE_ACCESS = 0x13,
	CX_SYN_REMOTE_OP = 0x14,
	CX_SYN_RETRY_EXC = 0x15,
	CX_SYN_RNR_EXC = 0x16,
};

/* A send WQE, decoded. */
struct cx_wqe {
	uint8_t opcode, opmod, bbs;	/* bbs: 64-byte blocks */
	bool signaled, solicited, fence, inline_data;
	uint16_t index;			/* of its first block */
	uint32_t imm;
	uint32_t srqn;			/* XRC */
	uint64_t raddr, swap_add, compare;
	uint32_t rkey;
	struct {
		uint32_t dqpn, qkey, lid;	/* lid: UDP source port on RoCE */
		uint8_t sl, grh, tclass, hop_limit, sgid_index;
		uint32_t flow_label;
		uint8_t rgid[16], rmac[ETH_MAC];
	} av;
	uint32_t len;			/* of the payload */
	unsigned int sges;
	struct cx_sge sge[CX_MAX_SGE];
	unsigned int inline_len;
	uint16_t raw_len;
	uint8_t raw[CX_MAX_WQE_SQ];
	uint8_t inline_buf[CX_MAX_WQE_SQ];
};

/* A receive WQE in use by a message. */
struct cx_recv {
	bool valid, from_srq;
	uint16_t index;
	uint32_t srqn;
	uint32_t cqn, user_index, pd;
	unsigned int sges;
	uint64_t room;
	struct cx_sge sge[CX_MAX_WQE_RQ / 16];
};

#define CX_INFLIGHT		32	/* WQEs per send queue, power of two */
#define CX_WINDOW_SMALL		64	/* PSNs not acknowledged, ... */
#define CX_WINDOW_LARGE		16	/* ... of long messages */

struct cx_inflight {
	uint32_t psn, psns;
	bool barrier;		/* starts when all before it is complete */
	bool delayed;		/* injected: delay-umr has been at it */
	uint8_t syndrome;	/* fails then */
	struct cx_wqe wqe;
};

/* Why a queue waits. */
enum cx_wait {
	CX_WAIT_NONE, CX_WAIT_FAULT, CX_WAIT_RNR, CX_WAIT_PEER, CX_WAIT_UMR,
};

struct cx_sq {
	struct loop_work work;
	struct loop_timer timer;	/* end of a wait, or ACK timeout */
	bool timer_is_wait;
	bool rung;			/* else there may be no record to read */
	uint16_t ci, fetched, pi;	/* in blocks */
	struct cx_inflight *ring;	/* CX_INFLIGHT entries, made on demand */
	unsigned int head, count;	/* of the ring */
	uint32_t una, nxt, top;		/* PSNs: unacked, to send, next new */
	enum cx_wait wait;
	struct ib_pkt *filling;		/* gather in progress, ... */
	uint32_t filled;		/* ... so far */
	struct cx_fault *gather_fault;
	struct ib_pkt *resp;		/* response being scattered */
	uint32_t resp_done;
	struct cx_fault *resp_fault;
	uint8_t retries, rnr_retries;
	uint64_t progress_ns;		/* of the last acknowledgement */
};

struct cx_atomic_done {
	bool valid;
	uint32_t psn;
	uint64_t old;
};

struct cx_rq {
	uint16_t ci;
	struct cx_recv cur;		/* SEND in progress */
	uint32_t epsn;
	bool nak_sent, in_message, told_to_wait;
	uint8_t cur_op;
	struct ib_pkt *held;		/* waits for a page fault */
	struct ib_pkt *reply;		/* READ response being gathered */
	uint32_t done;			/* bytes of held/reply moved */
	struct cx_fault *fault;
	struct loop_work work;		/* resumes @held */
	struct cx_atomic_done atomics[CX_MAX_RDMA_READS];
	unsigned int next_atomic;
};

struct cx_qp {
	struct cx_obj obj;
	bool dead;			/* destroyed, or from before a reset */
	uint8_t state, st;
	uint8_t qpc[256];
	/* decoded from qpc by cx_qp_decode() */
	uint32_t pd, cqn_snd, cqn_rcv, user_index, remote_qpn, srqn, xrcd;
	uint32_t qkey, deth_sqpn;
	uint16_t dlid;
	uint8_t sl, mtu_log, access, retry_count, rnr_retry, min_rnr;
	uint8_t ack_timeout, max_reads;
	uint8_t sgid_index, hop_limit, tclass;	/* RoCE, from here on */
	uint16_t udp_sport;
	uint32_t flow_label;
	uint8_t rgid[16], rmac[ETH_MAC];
	bool has_rq, has_srq, has_sq;
	uint8_t log_sq, log_rq, log_rq_stride;
	uint64_t dbr;
	struct cx_buf buf;
	uint64_t sq_offset;
	struct cx_sq sq;
	struct cx_rq rq;
	struct loop_timer flush_timer;
	uint64_t flush_delay;
	bool last_wqe_sent;
};

/* ---- Ethernet ---- */
struct cx_roce_entry {
	bool valid;
	uint8_t l3;			/* enum roce_l3 */
	uint8_t gid[16], mac[ETH_MAC];
};

enum cx_vport_list { CX_LIST_UC, CX_LIST_MC, CX_LIST_VLAN, CX_LISTS };

/* What the driver said about the port; cx_vport.c. */
struct cx_vport {
	uint8_t ctx[256];		/* nic_vport_context */
	uint8_t list[CX_LISTS][8 << CX_LOG_MAX_LIST];
	uint16_t listed[CX_LISTS];
	uint16_t mtu;			/* of the port: register PMTU */
	bool admin_up;			/* register PAOS */
	bool unplugged;			/* control command link */
};

enum cx_ethq_state { CX_ETHQ_RST, CX_ETHQ_RDY, CX_ETHQ_ERR = 3 };

struct cx_ethsq {
	struct cx_obj obj;
	bool dead;
	uint8_t state, log_size;
	uint32_t pd, cqn, user_index, uar;
	uint64_t dbr;
	struct cx_buf buf;
	uint16_t ci;			/* in blocks */
	struct loop_work work;
};

struct cx_ethrq {
	struct cx_obj obj;
	uint8_t state, log_size, log_stride;
	bool keep_vlan;
	uint32_t pd, cqn, user_index;
	uint64_t dbr;
	struct cx_buf buf;
	uint16_t ci;
};

/* ---- the device ---- */
struct cx_stats {
	uint64_t commands, unknown_commands, command_errors, delivery_errors;
	uint64_t umrs, mtt_present, mtt_peer, umr_errors;
	uint64_t fault_events, fault_pages, resume_ok, resume_error;
	uint64_t resume_unknown, fault_rewalks, fault_ksm_leaf;
	uint64_t tx_send, tx_write, rx_read, rx_send, rx_write, tx_read_resp;
	uint64_t atomics, data_peer_read, data_peer_write;
	uint64_t wqes, cqes, error_cqes, cq_overflows, eqes, eq_overflows;
	uint64_t rnr_naks, rnr_retries, retries, not_ready, nak_seq;
	uint64_t pkt_dup, pkt_drop, dma_errors, guest_errors;
	uint64_t unknown_regs, unknown_bar;
	uint64_t eth_tx, eth_tx_bytes, eth_rx, eth_rx_bytes;
	uint64_t eth_no_rule, eth_no_buffer, eth_tx_errors, roce_no_gid;
	uint64_t cqes_dropped, cqes_doubled, cqes_delayed;
	uint64_t resumes_delayed, resumes_failed, resumes_ignored;
	uint64_t faults_repeated, xlt_forgotten, health_stopped;
};

struct cx_held_cqe;

/* What is to go wrong, see cx_inject.c; gone after a reset. */
struct cx_inject {
	uint32_t drop_cqes, double_cqes;
	uint32_t fail_resumes, ignore_resumes, repeat_faults;
	uint64_t delay_cqe_ns, delay_resume_ns, delay_umr_ns;
	uint64_t health_since;		/* its counter stands still, or 0 */
	struct cx_held_cqe *held, **held_end;
	uint32_t held_count;
	struct loop_timer held_timer;
};

struct cx_cmdif {
	uint64_t addr;
	uint32_t addr_h;
	uint32_t pending;		/* slots rung, not yet executed */
	struct loop_work work;
	uint8_t nic_state;
	uint16_t issi;
};

#define CX_CAP_TYPES	0x40
struct cx_caps {
	uint8_t *cur[CX_CAP_TYPES], *max[CX_CAP_TYPES];
};

struct cx_params {
	uint64_t guid, mac;
	uint16_t lid;
	bool ethernet;
	bool odp_transport;
	unsigned int odp_rewalks;
	uint64_t irq_delay_ns;
};

struct cx {
	struct pci_dev pci;
	struct cx_params par;
	uint32_t gen;			/* counts resets */
	struct cx_obj *graveyard;
	struct loop_work reap_work;
	struct cx_cmdif cmd;
	struct cx_caps caps;
	struct cx_tbl eqs, cqs, srqs, qps, mkeys;
	struct cx_tbl pds, uars, xrcds, tds, qcounters, mcgs;
	struct cx_tbl ethsqs, ethrqs, tises, tirs, rqts, fts, fgs;
	uint32_t root_ft;		/* 0: none */
	uint32_t ftes;			/* rules in all flow tables */
	struct cx_vport vport;
	struct cx_roce_entry roce[CX_ROCE_ADDRS];
	uint32_t null_mkey;
	uint32_t qp0, qp1;
	uint64_t xlt_bytes, pas_bytes;
	struct cx_fault *faults;
	uint32_t fault_serial;
	struct ib_port port;
	struct loop_work rx_work, cq_arm_work;
	char node_desc[64];
	struct cx_inject inject;
	struct cx_stats stat;
	uint8_t warned_ops[0x10000 / 8];	/* opcodes already reported */
	uint8_t warned_regs[0x10000 / 8];	/* access registers, too */
	bool warned_bar;
	uint32_t uar_high;		/* first half of a split doorbell */
};

#define cx_of(pdev) pci_container_of(pdev, struct cx, pci)

/* ---- DMA: as pci_dma_*(), and -ECANCELED after a reset ---- */
int cx_dma_read(struct cx *cx, uint64_t addr, void *buf, size_t len);
int cx_dma_write(struct cx *cx, uint64_t addr, const void *buf, size_t len);
int cx_dma_release(struct cx *cx, uint64_t addr, const void *buf, size_t len);

/* Counts what a guest did wrong; the reason goes to the trace. */
void cx_guest_error(struct cx *cx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- cx_obj.c ---- */
void cx_tbl_init(struct cx_tbl *tbl, uint32_t first, uint32_t last);
/* 0, or a command status if full; sets obj->num. */
int cx_tbl_add(struct cx_tbl *tbl, struct cx_obj *obj);
struct cx_obj *cx_tbl_get(const struct cx_tbl *tbl, uint32_t num);
void cx_tbl_remove(struct cx_tbl *tbl, struct cx_obj *obj);
/* Moves every object to the graveyard. */
void cx_tbl_bury(struct cx *cx, struct cx_tbl *tbl);
void cx_tbl_destroy(struct cx_tbl *tbl);
/* Frees @obj from a later work function. */
void cx_bury(struct cx *cx, struct cx_obj *obj);
/* Objects that are nothing but a number. */
int cx_num_alloc(struct cx_tbl *tbl, uint32_t *num);
bool cx_num_free(struct cx *cx, struct cx_tbl *tbl, uint32_t num);

/* ---- cx_buf.c ---- */
/*
 * @pas: big-endian page addresses, @avail bytes of them; pages of
 * 2^(12 + @log_page), of which the first @page_offset 64ths are not ours.
 * Returns a command status.
 */
int cx_buf_init(struct cx *cx, struct cx_buf *buf, const void *pas,
		size_t avail, unsigned int log_page, unsigned int page_offset,
		uint64_t size);
void cx_buf_free(struct cx *cx, struct cx_buf *buf);
int cx_buf_read(struct cx *cx, const struct cx_buf *buf, uint64_t off,
		void *dst, size_t len);
int cx_buf_write(struct cx *cx, const struct cx_buf *buf, uint64_t off,
		 const void *src, size_t len);
/* @len must not cross a 64-byte block */
int cx_buf_release(struct cx *cx, const struct cx_buf *buf, uint64_t off,
		   const void *src, size_t len);

/* ---- cx.c ---- */
void cx_reset(struct cx *cx);

/* ---- cx_ctl.c ---- */
int cx_control(struct pci_dev *dev, int argc, char **argv, FILE *out);
extern const char *const cx_control_help[];
extern const struct stat_desc cx_stat_descs[];

#endif
