/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What svmrun says when the program has ended. */
#ifndef SVMRUN_REPORT_H
#define SVMRUN_REPORT_H

#include <stdbool.h>

#include "svm_notes.h"

/* The regions in file @path from byte @from on, as a table. */
void svmrun_report_table(const char *path, long from, bool checksum);

/* Why regions of @program are missing from the report, or why there are none. */
void svmrun_report_reasons(const char *program, const struct svm_notes *notes,
			   bool verbose);

#endif
