/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What will happen when an HCA touches the memory of a GPU, why, and what to do. */
#ifndef DOCTOR_VERDICT_H
#define DOCTOR_VERDICT_H

#include "doctor_path.h"

struct doctor;

enum doctor_verdict {
	VERDICT_FALLBACK,	/* pages migrate to RAM first */
	VERDICT_DIRECT,		/* by bus address, below one bridge */
	VERDICT_HOST_BRIDGE,	/* peer-to-peer through the host bridge */
	VERDICT_UNKNOWN,	/* depends on what could not be read */
};

#define DOCTOR_MAX_REASONS	16

struct doctor_reason {
	const char *key;	/* stable, see Documentation/p2p-doctor.rst */
	bool blocks;		/* without this one it would work */
	char text[640];
	char fix[640];		/* or empty */
};

struct doctor_pair {
	int gpu, hca;
	enum doctor_verdict verdict;
	bool has_path;		/* false: the HCA is no PCI function */
	struct doctor_path path;
	struct doctor_reason reasons[DOCTOR_MAX_REASONS];
	int nr_reasons;
};

void doctor_judge(const struct doctor *doctor, int gpu, int hca,
		  struct doctor_pair *pair);

const char *doctor_verdict_name(enum doctor_verdict verdict);	/* a key */
const char *doctor_verdict_text(enum doctor_verdict verdict);	/* for people */

/* Peer-to-peer, however it is with what could not be read? */
bool doctor_pair_reachable(const struct doctor_pair *pair);

/* Notes a reason, and returns it. */
struct doctor_reason *doctor_pair_reason(struct doctor_pair *pair,
					 const char *key, bool blocks,
					 const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What to do about it. */
void doctor_reason_fix(struct doctor_reason *reason, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
