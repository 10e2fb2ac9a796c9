/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ethernet frames: where their headers are, checksums, segmentation.
 */
#ifndef CONNECTX_CX_FRAME_H
#define CONNECTX_CX_FRAME_H

#include "connectx/cx.h"

#define CX_ETH_HEADER	14u
#define CX_FRAME_MIN	CX_ETH_HEADER
#define CX_FRAME_MAX	65536u	/* with segmentation, before it */

#define IP_TCP		6
#define IP_UDP		17

struct cx_frame {
	uint8_t *data;
	uint32_t len;
	/* by cx_frame_parse() */
	uint16_t ethertype, tci;
	bool vlan, fragment;
	uint8_t ip_version, proto;	/* 0: not IP */
	uint32_t l3, l4;		/* offsets; l4 0: none or not whole */
};

/* Headers that are cut short count as absent. */
void cx_frame_parse(struct cx_frame *f, uint8_t *data, uint32_t len);

/* One's complement sum of 16-bit big-endian words, folded. */
uint16_t cx_frame_sum(const uint8_t *p, uint32_t len, uint32_t start);

/* Where the IP packet ends, by its header; padding may follow. */
uint32_t cx_frame_ip_end(const struct cx_frame *f);

/* Fill in (sending) or check (receiving) what the frame has. */
void cx_frame_put_l3_sum(struct cx_frame *f);
void cx_frame_put_l4_sum(struct cx_frame *f);
bool cx_frame_l3_ok(const struct cx_frame *f);
bool cx_frame_l4_ok(const struct cx_frame *f);

/*
 * Segment @n of a large TCP frame whose headers are @header bytes long, with
 * @mss bytes of payload in each.  Returns its length, 0 if there is none.
 */
uint32_t cx_frame_segment(const struct cx_frame *f, uint32_t header,
			  uint32_t mss, uint32_t n, uint8_t *out);

/* The match parameters (fte_match_param) of the frame; the rest is zero. */
void cx_frame_match(const struct cx_frame *f, uint8_t *param);

#endif
