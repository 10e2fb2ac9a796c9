// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ethernet frames: Ethernet II with at most one VLAN tag, IPv4 and IPv6
 * without extension headers, TCP, UDP.
 *
 * Source: IEEE 802.3 and 802.1Q (headers), RFC 791, 8200, 9293, 768 (fields),
 * RFC 1071 (checksum); fte_match_set_lyr_2_4 in mlx5_ifc.h, and core/lib/
 * fs_ttc.c and core/en_fs.c for what of it the driver matches.
 */
#include "connectx/cx_frame.h"
#include "connectx/cx_ifc.h"

#define TYPE_VLAN	0x8100
#define TYPE_IPV4	0x0800
#define TYPE_IPV6	0x86dd
#define IPV6_HEADER	40u
#define TCP_HEADER	20u
#define UDP_HEADER	8u

#define TCP_FIN_PSH	0x09
#define TCP_CWR		0x80

static void parse_l4(struct cx_frame *f, uint32_t at)
{
	uint32_t need = f->proto == IP_TCP ? TCP_HEADER :
			f->proto == IP_UDP ? UDP_HEADER : 0;

	if (need && !f->fragment && at + need <= f->len)
		f->l4 = at;
}

static void parse_ipv4(struct cx_frame *f, uint32_t at)
{
	const uint8_t *ip = f->data + at;
	uint32_t header;

	if (at + 20 > f->len || ip[0] >> 4 != 4)
		return;
	header = (ip[0] & 15) * 4;
	if (header < 20 || at + header > f->len)
		return;
	f->ip_version = 4;
	f->l3 = at;
	f->proto = ip[9];
	f->fragment = cx_be16(ip + 6) & 0x3fff;
	parse_l4(f, at + header);
}

static void parse_ipv6(struct cx_frame *f, uint32_t at)
{
	if (at + IPV6_HEADER > f->len || f->data[at] >> 4 != 6)
		return;
	f->ip_version = 6;
	f->l3 = at;
	f->proto = f->data[at + 6];
	parse_l4(f, at + IPV6_HEADER);
}

void cx_frame_parse(struct cx_frame *f, uint8_t *data, uint32_t len)
{
	uint32_t at = CX_ETH_HEADER;

	*f = (struct cx_frame){ .data = data, .len = len };
	if (len < CX_ETH_HEADER)
		return;
	f->ethertype = cx_be16(data + 12);
	if (f->ethertype == TYPE_VLAN && len >= at + 4) {
		f->vlan = true;
		f->tci = cx_be16(data + 14);
		f->ethertype = cx_be16(data + 16);
		at += 4;
	}
	if (f->ethertype == TYPE_IPV4)
		parse_ipv4(f, at);
	else if (f->ethertype == TYPE_IPV6)
		parse_ipv6(f, at);
}

/* ---- checksums ---- */
uint16_t cx_frame_sum(const uint8_t *p, uint32_t len, uint32_t start)
{
	uint64_t sum = start;

	for (uint32_t i = 0; i + 1 < len; i += 2)
		sum += cx_be16(p + i);
	if (len & 1)
		sum += (uint32_t)p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t ipv4_header(const struct cx_frame *f)
{
	return (f->data[f->l3] & 15) * 4;
}

uint32_t cx_frame_ip_end(const struct cx_frame *f)
{
	const uint8_t *ip = f->data + f->l3;
	uint32_t len = f->ip_version == 4 ? cx_be16(ip + 2) :
					    cx_be16(ip + 4) + IPV6_HEADER;

	return len <= f->len - f->l3 ? f->l3 + len : f->len;
}

static uint32_t l4_len(const struct cx_frame *f)
{
	uint32_t end = cx_frame_ip_end(f);

	return end > f->l4 ? end - f->l4 : 0;
}

static uint16_t l4_sum(const struct cx_frame *f)
{
	uint32_t addrs = f->ip_version == 4 ? 12 : 8;
	uint32_t len = l4_len(f);
	uint32_t sum = cx_frame_sum(f->data + f->l3 + addrs,
				    f->ip_version == 4 ? 8 : 32,
				    f->proto + len);

	return cx_frame_sum(f->data + f->l4, len, sum);
}

static uint8_t *l4_field(const struct cx_frame *f)
{
	return f->data + f->l4 + (f->proto == IP_TCP ? 16 : 6);
}

void cx_frame_put_l3_sum(struct cx_frame *f)
{
	uint8_t *ip = f->data + f->l3;

	if (f->ip_version != 4)
		return;
	cx_put_be16(ip + 10, 0);
	cx_put_be16(ip + 10, ~cx_frame_sum(ip, ipv4_header(f), 0));
}

void cx_frame_put_l4_sum(struct cx_frame *f)
{
	uint16_t sum;

	if (!f->l4)
		return;
	cx_put_be16(l4_field(f), 0);
	sum = ~l4_sum(f);
	if (!sum && f->proto == IP_UDP)
		sum = 0xffff;	/* 0 says that there is none */
	cx_put_be16(l4_field(f), sum);
}

bool cx_frame_l3_ok(const struct cx_frame *f)
{
	if (f->ip_version == 6)
		return true;
	return f->ip_version == 4 &&
	       cx_frame_sum(f->data + f->l3, ipv4_header(f), 0) == 0xffff;
}

bool cx_frame_l4_ok(const struct cx_frame *f)
{
	if (!f->l4)
		return false;
	if (f->proto == IP_UDP && f->ip_version == 4 &&
	    !cx_be16(l4_field(f)))
		return true;
	return l4_sum(f) == 0xffff;
}

/* ---- segmentation ---- */
static void segment_ip(const struct cx_frame *f, uint8_t *out, uint32_t n,
		       uint32_t len)
{
	uint8_t *ip = out + f->l3;

	if (f->ip_version == 4) {
		cx_put_be16(ip + 2, len - f->l3);
		cx_put_be16(ip + 4, cx_be16(ip + 4) + n);
	} else {
		cx_put_be16(ip + 4, len - f->l3 - IPV6_HEADER);
	}
}

uint32_t cx_frame_segment(const struct cx_frame *f, uint32_t header,
			  uint32_t mss, uint32_t n, uint8_t *out)
{
	uint64_t skip = (uint64_t)n * mss;
	uint8_t *tcp = out + f->l4;
	uint32_t len;

	if (!mss || !f->l4 || f->proto != IP_TCP || header > f->len ||
	    header < f->l4 + TCP_HEADER || skip >= f->len - header)
		return 0;
	len = f->len - header - skip < mss ? f->len - header - skip : mss;
	memcpy(out, f->data, header);
	memcpy(out + header, f->data + header + skip, len);
	segment_ip(f, out, n, header + len);
	cx_put_be32(tcp + 4, cx_be32(tcp + 4) + skip);
	if (skip + len < f->len - header)
		tcp[13] &= ~TCP_FIN_PSH;
	if (n)
		tcp[13] &= ~TCP_CWR;
	return header + len;
}

/* ---- steering ---- */
#define L24(field, val) CX_SET(fte_match_set_lyr_2_4, param, field, val)

static void match_ip(const struct cx_frame *f, uint8_t *param)
{
	uint8_t *src = CX_ADDR(fte_match_set_lyr_2_4, param,
			       src_ipv4_src_ipv6);
	uint8_t *dst = CX_ADDR(fte_match_set_lyr_2_4, param,
			       dst_ipv4_dst_ipv6);
	const uint8_t *ip = f->data + f->l3;

	L24(ip_version, f->ip_version);
	L24(ip_protocol, f->proto);
	L24(frag, f->fragment);
	if (f->ip_version == 4) {
		memcpy(src + 12, ip + 12, 4);
		memcpy(dst + 12, ip + 16, 4);
		L24(ttl_hoplimit, ip[8]);
		L24(ip_dscp, ip[1] >> 2);
		L24(ip_ecn, ip[1] & 3);
	} else {
		memcpy(src, ip + 8, 16);
		memcpy(dst, ip + 24, 16);
		L24(ttl_hoplimit, ip[7]);
	}
}

static void match_l4(const struct cx_frame *f, uint8_t *param)
{
	const uint8_t *l4 = f->data + f->l4;

	if (f->proto == IP_TCP) {
		L24(tcp_sport, cx_be16(l4));
		L24(tcp_dport, cx_be16(l4 + 2));
		L24(tcp_flags, cx_be16(l4 + 12) & 0x1ff);
		L24(l4_type, 1);
	} else {
		L24(udp_sport, cx_be16(l4));
		L24(udp_dport, cx_be16(l4 + 2));
		L24(l4_type, 2);
	}
}

void cx_frame_match(const struct cx_frame *f, uint8_t *param)
{
	memset(param, 0, CX_BYTES(fte_match_param));
	L24(dmac_47_16, cx_be32(f->data));
	L24(dmac_15_0, cx_be16(f->data + 4));
	L24(smac_47_16, cx_be32(f->data + 6));
	L24(smac_15_0, cx_be16(f->data + 10));
	L24(ethertype, f->ethertype);
	if (f->vlan) {
		L24(cvlan_tag, 1);
		L24(first_prio, f->tci >> 13);
		L24(first_cfi, f->tci >> 12 & 1);
		L24(first_vid, f->tci & 0xfff);
	}
	if (f->l3)
		match_ip(f, param);
	if (f->l4)
		match_l4(f, param);
}
