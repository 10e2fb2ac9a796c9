/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What svmrun tells its library in the program it started: environment
 * variables, read once.
 */
#ifndef SVM_CONFIG_H
#define SVM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define SVM_ENV_GPU		"SVMRUN_GPU"
#define SVM_ENV_REPORT		"SVMRUN_REPORT"
#define SVM_ENV_STAY		"SVMRUN_STAY"
#define SVM_ENV_FILL		"SVMRUN_FILL"
#define SVM_ENV_CHECKSUM	"SVMRUN_CHECKSUM"
#define SVM_ENV_VERBOSE		"SVMRUN_VERBOSE"
#define SVM_ENV_DUMP		"SVMRUN_DUMP"
#define SVM_ENV_AT_END		"SVMRUN_AT_END"

struct svm_config {
	const char *gpu;	/* device node */
	const char *report;	/* file to append region reports to */
	const char *dump;	/* prefix of content files, or NULL */
	const char *at_end;	/* command before the CPU reads, or NULL */
	bool stay;		/* leave the regions in RAM */
	bool fill;		/* overwrite with the pattern of fill_seed */
	bool checksum;
	bool verbose;
	uint64_t fill_seed;
};

/* The library's configuration. */
const struct svm_config *svm_config(void);

#endif
