/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver for unit tests of the ConnectX model: it talks to the device as
 * mlx5 does, through the command queue, doorbells and queues in guest memory.
 */
#ifndef TESTS_CX_ENV_H
#define TESTS_CX_ENV_H

#include "tests/fake_host.h"
#include "connectx/cx.h"
#include "connectx/cx_cmd.h"
#include "connectx/cx_ifc.h"

/* What delivery of a command returned, beside the command's own status. */
#define HCA_DELIVERY(status)	(0x100 | (status))
#define HCA_NO_ANSWER		0x200

struct hca {
	struct fake_host *h;
	struct pci_dev *dev;
	struct cx *cx;
	uint64_t cmdq, in_box, out_box;	/* boxes: chains of mailboxes */
	uint8_t token;
	uint32_t uar, pd, eqn, pf_eqn, pa_key;
	uint32_t eq_ci, pf_ci;
	uint64_t eq_buf, pf_buf;
};

struct tcq {
	struct hca *hca;
	uint32_t num, ci, log;
	uint64_t buf, dbr;
};

struct tqp {
	struct hca *hca;
	uint32_t num, st;
	struct tcq *scq, *rcq;
	uint64_t buf, dbr, rq, sq;
	uint32_t log_sq, log_rq;
	uint16_t pi, rq_pi;
};

struct tmr {
	struct hca *hca;
	uint32_t key;
	uint64_t va, iova, len;		/* memory and how the HCA calls it */
	uint8_t *mem;
};

/* One HCA that is up: UAR, PD, async EQ, page fault EQ, physical key. */
struct hca *hca_new(struct fake_host *h, const char *params);
void hca_free(struct hca *hca);
/* Same without any command: only the command queue is set up. */
struct hca *hca_new_raw(struct fake_host *h, const char *params);

/* Runs a command; its status, HCA_DELIVERY(x) or HCA_NO_ANSWER. */
int hca_cmd(struct hca *hca, const void *in, uint32_t in_len, void *out,
	    uint32_t out_len);
/* Writes the entry and the mailboxes only; @ent is the entry's memory. */
uint8_t *hca_cmd_prepare(struct hca *hca, const void *in, uint32_t in_len,
			 uint32_t out_len);
int hca_cmd_ring(struct hca *hca, uint8_t *ent);
/* Sees every command that is prepared. */
struct hca_hook {
	void (*start)(const char *params, bool up);	/* raw, then by hca_new() */
	void (*cmd)(const void *in, uint32_t in_len, uint32_t out_len);
};

extern const struct hca_hook *hca_hook;

uint32_t hca_create_eq(struct hca *hca, uint64_t mask, unsigned int log,
		       unsigned int vector, uint64_t *buf);
/* The next unseen entry of an EQ, or NULL; consumes it. */
const uint8_t *hca_eqe(struct hca *hca, uint64_t buf, uint32_t *ci,
		       unsigned int log);
const uint8_t *hca_async_event(struct hca *hca);
const uint8_t *hca_page_fault(struct hca *hca);
int hca_resume(struct hca *hca, const uint8_t *eqe, bool error);

void tcq_create(struct tcq *cq, struct hca *hca, unsigned int log);
/* The next completion (64 bytes), or NULL; does not update the record. */
const uint8_t *tcq_poll(struct tcq *cq);
/* That one must have this opcode and, if it is an error, this syndrome. */
void tcq_expect(struct tcq *cq, unsigned int opcode, unsigned int syndrome);
void tcq_ack(struct tcq *cq);
void tcq_arm(struct tcq *cq, bool solicited);

/* @version 0 or 2, @l3 0 for IPv4 and 1 for IPv6, as in SET_ROCE_ADDRESS. */
void hca_roce_address(struct hca *hca, unsigned int index, uint32_t version,
		      uint32_t l3, const uint8_t gid[16]);

void tqp_create(struct tqp *qp, struct hca *hca, uint32_t st,
		struct tcq *scq, struct tcq *rcq, uint32_t rmpn);
int tqp_modify(struct tqp *qp, uint16_t opcode, const void *qpc);
/* To RTS; @peer NULL for datagrams. */
void tqp_connect(struct tqp *qp, const struct tqp *peer);
void tqp_destroy(struct tqp *qp);

struct tsge {
	uint32_t key, len;
	uint64_t va;
};

/* Writes a WQE of @ds 16-byte units at the producer index. */
void tqp_put(struct tqp *qp, const void *wqe, unsigned int ds);
void tqp_ring(struct tqp *qp);
/* Builds and posts; raddr/rkey 0 for SEND. */
void tqp_post(struct tqp *qp, uint8_t opcode, uint64_t raddr, uint32_t rkey,
	      uint32_t imm, const struct tsge *sge, unsigned int sges);
void tqp_post_atomic(struct tqp *qp, uint8_t opcode, uint64_t raddr,
		     uint32_t rkey, uint64_t swap_add, uint64_t compare,
		     const struct tsge *sge);
void tqp_post_ud(struct tqp *qp, uint16_t dlid, uint32_t dqpn, uint32_t qkey,
		 const struct tsge *sge);
void tqp_post_umr(struct tqp *qp, const uint8_t ctrl[48],
		  const uint8_t mkc[64], uint32_t key, const void *tail,
		  unsigned int tail_len);
void tqp_recv(struct tqp *qp, const struct tsge *sge, unsigned int sges);

#define ACC_ALL	0x1f
/* Memory of @len bytes with a key; @present: with translations. */
void tmr_create(struct tmr *mr, struct hca *hca, uint32_t len, uint8_t access,
		bool present);
/* Sets MTT entries [first, first + n) to the memory, or to nothing. */
void tmr_map(struct tmr *mr, uint32_t first, uint32_t n, unsigned int bits);
struct tsge tmr_sge(const struct tmr *mr, uint64_t off, uint32_t len);

uint64_t hca_counter(struct hca *hca, const char *name);

/* Fields of a completion. */
static inline unsigned int cqe_opcode(const uint8_t *c) { return c[63] >> 4; }
static inline unsigned int cqe_syndrome(const uint8_t *c) { return c[55]; }
static inline uint32_t cqe_len(const uint8_t *c) { return cx_be32(c + 0x2c); }
static inline uint32_t cqe_imm(const uint8_t *c) { return cx_be32(c + 0x24); }

#endif
