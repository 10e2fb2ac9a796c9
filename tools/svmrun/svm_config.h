/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What svmrun tells its library in the program it started: environment
 * variables, read once.
 */
#ifndef SVM_CONFIG_H
#define SVM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SVM_ENV_GPU		"SVMRUN_GPU"
#define SVM_ENV_SPREAD		"SVMRUN_SPREAD"
#define SVM_ENV_REPORT		"SVMRUN_REPORT"
#define SVM_ENV_NOTES		"SVMRUN_NOTES"
#define SVM_ENV_STAY		"SVMRUN_STAY"
#define SVM_ENV_FILL		"SVMRUN_FILL"
#define SVM_ENV_CHECKSUM	"SVMRUN_CHECKSUM"
#define SVM_ENV_VERBOSE		"SVMRUN_VERBOSE"
#define SVM_ENV_DUMP		"SVMRUN_DUMP"
#define SVM_ENV_AT_END		"SVMRUN_AT_END"
#define SVM_ENV_WHEN		"SVMRUN_WHEN"
#define SVM_ENV_MATCH		"SVMRUN_MATCH"
#define SVM_ENV_MIN_SIZE	"SVMRUN_MIN_SIZE"
#define SVM_ENV_FORCE_ODP	"SVMRUN_FORCE_ODP"
#define SVM_ENV_TOUCH		"SVMRUN_TOUCH"
#define SVM_ENV_NO_FOLLOW	"SVMRUN_NO_FOLLOW"

#define SVM_GPUS_MAX	16
#define SVM_NODE_MAX	256	/* characters of a device node */

enum svm_when {
	SVM_WHEN_AUTO,		/* RTR; at registration once that has been */
	SVM_WHEN_RTR,
	SVM_WHEN_REGISTER,
	SVM_WHEN_CALL,		/* svmrun_move() only */
	SVM_WHEN_UNKNOWN
};

enum svm_spread {
	SVM_SPREAD_TURN,	/* each region to the next GPU */
	SVM_SPREAD_SIZE,	/* to the one with the fewest bytes */
	SVM_SPREAD_UNKNOWN
};

enum svm_touch {
	SVM_TOUCH_NONE,
	SVM_TOUCH_ONCE,
	SVM_TOUCH_INFINITE,
	SVM_TOUCH_UNKNOWN
};

struct svm_config {
	const char *gpus;	/* device nodes, separated by commas */
	const char *report;	/* file to append region reports to */
	const char *notes;	/* file of svm_notes.h, or NULL */
	const char *dump;	/* prefix of content files, or NULL */
	const char *at_end;	/* command before the CPU reads, or NULL */
	const char *match;	/* numbers of regions, or NULL: all */
	enum svm_when when;
	enum svm_spread spread;
	enum svm_touch touch;
	size_t min_size;
	bool force_odp;
	bool stay;		/* leave the regions in RAM */
	bool fill;		/* overwrite with the pattern of fill_seed */
	bool checksum;
	bool verbose;
	uint64_t fill_seed;
};

/* The library's configuration. */
const struct svm_config *svm_config(void);

#endif
