// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "svmrun_report.h"

/* Text behind "KEY": in a line of the report. */
static const char *svmrun_field(const char *line, const char *key)
{
	const char *p = strstr(line, key);

	return p ? p + strlen(key) : "";
}

static void svmrun_report_line(const char *line, bool checksum)
{
	char sum[17] = "-", program[17] = "", gpu[32] = "-", at_end[24];
	unsigned int region;
	long start, end;
	size_t pages;
	int pid = 0;

	if (sscanf(line, "{\"region\":%u,\"pages\":%zu,\"gpu_pages_start\":%ld,\"gpu_pages_end\":%ld",
		   &region, &pages, &start, &end) != 4)
		return;
	sscanf(svmrun_field(line, "\"checksum\":\""), "%16[0-9a-f]", sum);
	sscanf(svmrun_field(line, "\"process\":"), "%d", &pid);
	sscanf(svmrun_field(line, "\"program\":\""), "%16[^\"]", program);
	sscanf(svmrun_field(line, "\"gpu\":\"/dev/dri/"), "%31[^\"]", gpu);
	snprintf(at_end, sizeof(at_end), "%ld", end);
	if (!strncmp(svmrun_field(line, "\"mapped\":"), "false", 5))
		strcpy(at_end, "unmapped");
	fprintf(stderr, "svmrun: %6u  %8zu  %8ld  %8s  %-10s  %7d %s%s%s\n",
		region, pages, start, at_end, gpu, pid, program,
		checksum ? "  " : "", checksum ? sum : "");
}

void svmrun_report_table(const char *path, long from, bool checksum)
{
	unsigned int n = 0;
	char line[1024];
	FILE *in;

	in = fopen(path, "r");
	if (!in)
		return;
	fseek(in, from, SEEK_SET);
	while (fgets(line, sizeof(line), in)) {
		if (!n++)
			fprintf(stderr, "svmrun: region     pages  GPU/start   GPU/end  GPU         process%s\n",
				checksum ? "  checksum" : "");
		svmrun_report_line(line, checksum);
	}
	fclose(in);
}

static void svmrun_report_none(const char *program, const struct svm_notes *notes)
{
	const unsigned long pinned = notes->value[SVM_NOTE_PINNED];

	fprintf(stderr, "svmrun: %s registered no memory with IBV_ACCESS_ON_DEMAND, nothing was moved\n",
		program);
	if (!notes->value[SVM_NOTE_LOADED])
		fprintf(stderr, "svmrun: the library was not loaded into it: is it setuid, or started by something that drops LD_PRELOAD?\n");
	else if (pinned)
		fprintf(stderr, "svmrun: it registered %lu pinned regions, the largest of %lu bytes; perftest has --odp, UCX UCX_REG_NONBLOCK_MEM_TYPES=host, libfabric FI_VERBS_USE_ODP=1, svmrun --force-odp\n",
			pinned, notes->value[SVM_NOTE_PINNED_MAX]);
	else if (!notes->value[SVM_NOTE_IMPLICIT] && !notes->value[SVM_NOTE_DMABUF])
		fprintf(stderr, "svmrun: it registered no memory at all; what is linked statically with libibverbs or uses its own ioctls cannot be seen\n");
}

static void svmrun_report_other(const struct svm_notes *notes)
{
	if (notes->value[SVM_NOTE_IMPLICIT])
		fprintf(stderr, "svmrun: %lu implicit regions (the whole address space): which memory is used in them cannot be seen, so none was moved\n",
			notes->value[SVM_NOTE_IMPLICIT]);
	if (notes->value[SVM_NOTE_DMABUF])
		fprintf(stderr, "svmrun: %lu regions of dma-bufs: their exporter says where they are, so none was moved\n",
			notes->value[SVM_NOTE_DMABUF]);
}

static void svmrun_report_lost(const struct svm_notes *notes)
{
	unsigned long lost = notes->value[SVM_NOTE_REGION] -
			     notes->value[SVM_NOTE_REPORTED];

	if (lost)
		fprintf(stderr, "svmrun: of %lu regions there is no report: their process was killed, called _exit() or exec(), or still runs\n",
			lost);
}

void svmrun_report_reasons(const char *program, const struct svm_notes *notes,
			   bool verbose)
{
	if (!notes->value[SVM_NOTE_REGION])
		svmrun_report_none(program, notes);
	svmrun_report_other(notes);
	svmrun_report_lost(notes);
	if (!verbose)
		return;
	fprintf(stderr, "svmrun: processes %lu, regions on demand %lu (forced %lu, left out %lu), pinned %lu (refused %lu), implicit %lu, dma-buf %lu\n",
		notes->value[SVM_NOTE_LOADED], notes->value[SVM_NOTE_REGION],
		notes->value[SVM_NOTE_FORCED], notes->value[SVM_NOTE_LEFT_OUT],
		notes->value[SVM_NOTE_PINNED], notes->value[SVM_NOTE_REFUSED],
		notes->value[SVM_NOTE_IMPLICIT], notes->value[SVM_NOTE_DMABUF]);
}
