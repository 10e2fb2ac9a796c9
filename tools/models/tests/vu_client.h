/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vfio-user client that says exactly what a test wants it to say, and the
 * teaching device served by the real server in the same loop.
 */
#ifndef TESTS_VU_CLIENT_H
#define TESTS_VU_CLIENT_H

#include "pci/pci_vu.h"
#include "tests/fake_edu.h"
#include "tests/fake_host.h"
#include "vfio-user/vu_proto.h"

#define VU_TEST_RAM	(1u << 20)	/* BAR1 of the device */

struct vu_answer {
	struct vu_header hdr;
	uint8_t data[VU_MAX_MSG];
	size_t len;
};

struct vu_env {
	struct loop *loop;
	struct fake_edu *edu;
	struct pci_vu *vu;
	int fd;				/* the connection; -1 after a close */
	uint16_t next_id;
	char dir[64], path[96];
	struct vu_answer answer;	/* the last one */
};

/* cmocka fixtures: served, connected and past VERSION; MSI-X by default */
int vu_setup(void **state);
int vu_setup_msi(void **state);
int vu_setup_intx(void **state);
int vu_setup_raw(void **state);		/* connected only */
int vu_teardown(void **state);

int vu_connect(struct vu_env *e);	/* another connection */
/* Runs the loop until nothing happens any more. */
void vu_settle(struct vu_env *e);

/* ---- raw ---- */
void vu_send_bytes(struct vu_env *e, const void *buf, size_t len);
void vu_send_fds(struct vu_env *e, const void *buf, size_t len,
		 const int *fds, unsigned int num);
/* Receives a message into e->answer; false if the server closed. */
bool vu_receive(struct vu_env *e);
/* Nothing to receive and not closed. */
bool vu_silent(struct vu_env *e);
/* The server has closed the connection. */
bool vu_closed(struct vu_env *e);

/* ---- requests: 0 or the errno of the answer, which is in e->answer ---- */
void vu_post(struct vu_env *e, uint16_t cmd, uint32_t flags, const void *buf,
	     size_t len);
int vu_request(struct vu_env *e, uint16_t cmd, const void *buf, size_t len);
int vu_request_fds(struct vu_env *e, uint16_t cmd, const void *buf,
		   size_t len, const int *fds, unsigned int num);
int vu_version(struct vu_env *e, const char *json);
int vu_read(struct vu_env *e, unsigned int region, uint64_t off, void *buf,
	    uint32_t len);
int vu_write(struct vu_env *e, unsigned int region, uint64_t off,
	     const void *buf, uint32_t len);
/* Registers of the device; fail the test if refused. */
uint64_t vu_reg(struct vu_env *e, uint64_t off);
void vu_set_reg(struct vu_env *e, uint64_t off, uint64_t val);
void vu_set_cfg(struct vu_env *e, uint64_t off, uint32_t val, uint32_t size);
int vu_map(struct vu_env *e, uint64_t addr, uint64_t size, int fd,
	   uint64_t offset, uint32_t flags);
int vu_unmap(struct vu_env *e, uint64_t addr, uint64_t size);
int vu_set_irqs(struct vu_env *e, uint32_t flags, uint32_t index,
		uint32_t start, uint32_t count, const int *fds,
		unsigned int num);

/* A file of guest memory of @size bytes, also mapped at *@mem. */
int vu_memfd(size_t size, uint8_t **mem);
/* Starts a DMA of the device without waiting for it. */
void vu_start_dma(struct vu_env *e, uint32_t cmd, uint64_t addr, uint64_t len);
/* Memory and bus master on. */
void vu_enable(struct vu_env *e);

#endif
