// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_digest.h"
#include "svm_end.h"
#include "svm_memory.h"
#include "svm_message.h"
#include "svm_notes.h"
#include "svm_pagemap.h"

static size_t svm_end_bytes(const struct svm_end *e)
{
	return e->pages * sysconf(_SC_PAGESIZE);
}

/* File of "PAGE-INDEX PFN" lines for the command of --at-end. */
static int svm_end_write_pages(const struct svm_end *e, const char *path)
{
	struct svm_page *pages;
	FILE *out;
	size_t i;
	int ret;

	pages = calloc(e->pages + 1, sizeof(*pages));
	out = fopen(path, "w");
	if (!pages || !out) {
		free(pages);
		if (out)
			fclose(out);
		return -1;
	}
	ret = svm_pagemap_read(e->addr, e->pages, pages);
	for (i = 0; !ret && i < e->pages; i++) {
		if (pages[i].device)
			fprintf(out, "%zu %" PRIx64 "\n", i, pages[i].pfn);
	}
	free(pages);
	fclose(out);
	return ret;
}

/* What the command starts is none of the programs that svmrun looks at. */
static int svm_end_run(void)
{
	char *command;
	int ret;

	if (asprintf(&command, "unset LD_PRELOAD; %s", svm_config()->at_end) < 0)
		return -1;
	ret = system(command);
	free(command);
	return ret;
}

static void svm_end_command(const struct svm_end *e)
{
	char path[] = "/tmp/svmrun.pages.XXXXXX", number[16];
	int fd = mkstemp(path);

	if (fd < 0) {
		svm_message("cannot make a temporary file in /tmp");
		return;
	}
	close(fd);
	snprintf(number, sizeof(number), "%u", e->number);
	setenv("SVMRUN_PAGES", path, 1);
	setenv("SVMRUN_REGION", number, 1);
	if (svm_end_write_pages(e, path) || svm_end_run())
		svm_message("region %u: '%s' failed", e->number,
			    svm_config()->at_end);
	unlink(path);
}

/* PREFIX.REGION; a %p in the prefix is the process. */
static void svm_end_dump_path(const struct svm_end *e, char *path, size_t len)
{
	const char *prefix = svm_config()->dump, *p = strstr(prefix, "%p");

	if (p)
		snprintf(path, len, "%.*s%d%s.%u", (int)(p - prefix), prefix,
			 getpid(), p + 2, e->number);
	else
		snprintf(path, len, "%s.%u", prefix, e->number);
}

static void svm_end_dump(const struct svm_end *e)
{
	char path[4096];
	FILE *out;

	svm_end_dump_path(e, path, sizeof(path));
	out = fopen(path, "w");
	if (!out || fwrite(e->addr, 1, svm_end_bytes(e), out) != svm_end_bytes(e))
		svm_message("%s: cannot write the content", path);
	if (out)
		fclose(out);
}

/* A line at once: other processes append to the file, too. */
static void svm_end_write(const struct svm_end *e)
{
	char sum[40] = "";
	FILE *out;

	if (!svm_config()->report)
		return;
	if (svm_config()->checksum && !e->unmapped)
		snprintf(sum, sizeof(sum), ",\"checksum\":\"%016" PRIx64 "\"",
			 svm_digest(SVM_DIGEST_INIT, e->addr, svm_end_bytes(e)));
	out = fopen(svm_config()->report, "ae");
	if (!out)
		return;
	fprintf(out, "{\"region\":%u,\"pages\":%zu,\"gpu_pages_start\":%ld,"
		"\"gpu_pages_end\":%ld%s,\"process\":%d,\"program\":\"%s\","
		"\"gpu\":\"%s\",\"forced\":%s,\"mapped\":%s,\"touched\":%llu}\n",
		e->number, e->pages, e->gpu_start, e->gpu_end, sum, getpid(),
		program_invocation_short_name, e->gpu,
		e->forced ? "true" : "false", e->unmapped ? "false" : "true",
		e->touched);
	fclose(out);
}

void svm_end_look(struct svm_end *e)
{
	e->unmapped = !svm_memory_mapped(e->addr, svm_end_bytes(e));
	e->gpu_end = svm_pagemap_count_device(e->addr, e->pages);
}

/* The order matters: everything that reads by CPU pulls pages to RAM. */
void svm_end_report(const struct svm_end *e)
{
	if (e->unmapped)
		svm_message("region %u was unmapped before its end: its pages are gone",
			    e->number);
	if (svm_config()->at_end)
		svm_end_command(e);
	svm_end_write(e);
	if (svm_config()->dump && !e->unmapped)
		svm_end_dump(e);
	svm_note(SVM_NOTE_REPORTED);
}
