// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region is moved whole page by whole page: a page that it shares with
 * something else stays where it is, because whoever touches the other thing
 * by CPU would pull it back.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_digest.h"
#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"
#include "svm_region.h"

struct svm_region {
	const void *mr;
	unsigned char *addr;	/* first whole page */
	size_t pages;
	long gpu_start, gpu_end;
	bool moved;
	unsigned int number;
	struct svm_region *next;
};

static struct svm_region *regions;
static unsigned int region_count;
static size_t page_size;
static int gpu_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void svm_message(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static void svm_message(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("svmrun: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void svm_region_add(const void *mr, void *addr, size_t len)
{
	uintptr_t start, end;
	struct svm_region *r;

	page_size = sysconf(_SC_PAGESIZE);
	start = ((uintptr_t)addr + page_size - 1) & -page_size;
	end = ((uintptr_t)addr + len) & -page_size;
	r = calloc(1, sizeof(*r));
	if (!r)
		return;
	r->mr = mr;
	r->addr = (unsigned char *)start;
	r->pages = end > start ? (end - start) / page_size : 0;
	pthread_mutex_lock(&lock);
	r->number = region_count++;
	r->next = regions;
	regions = r;
	pthread_mutex_unlock(&lock);
	if (svm_config()->verbose)
		svm_message("region %u: %p, %zu bytes, %zu whole pages",
			    r->number, addr, len, r->pages);
}

static bool svm_region_open_gpu(void)
{
	if (gpu_fd < 0)
		gpu_fd = svm_gpu_open(svm_config()->gpu);
	if (gpu_fd >= 0)
		return true;
	svm_message("%s: %s; regions stay in RAM", svm_config()->gpu,
		    strerror(-gpu_fd));
	return false;
}

static void svm_region_move(struct svm_region *r)
{
	size_t len = r->pages * page_size;
	int ret;

	r->moved = true;
	if (svm_config()->fill)
		svm_pattern_fill(r->addr, len, svm_config()->fill_seed);
	if (!svm_config()->stay && r->pages && svm_region_open_gpu()) {
		ret = svm_gpu_migrate(gpu_fd, r->addr, len);
		if (ret)
			svm_message("region %u: migration to the GPU: %s",
				    r->number, strerror(-ret));
	}
	r->gpu_start = svm_pagemap_count_device(r->addr, r->pages);
	if (svm_config()->verbose)
		svm_message("region %u: %ld of %zu pages are on the GPU",
			    r->number, r->gpu_start, r->pages);
}

void svm_region_move_all(void)
{
	struct svm_region *r;

	pthread_mutex_lock(&lock);
	for (r = regions; r; r = r->next) {
		if (!r->moved)
			svm_region_move(r);
	}
	pthread_mutex_unlock(&lock);
}

/* File of "PAGE-INDEX PFN" lines for the command of --at-end. */
static int svm_region_write_pages(const struct svm_region *r, const char *path)
{
	struct svm_page *pages;
	FILE *out;
	size_t i;
	int ret;

	pages = calloc(r->pages + 1, sizeof(*pages));
	out = fopen(path, "w");
	if (!pages || !out) {
		free(pages);
		if (out)
			fclose(out);
		return -1;
	}
	ret = svm_pagemap_read(r->addr, r->pages, pages);
	for (i = 0; !ret && i < r->pages; i++) {
		if (pages[i].device)
			fprintf(out, "%zu %" PRIx64 "\n", i, pages[i].pfn);
	}
	free(pages);
	fclose(out);
	return ret;
}

static void svm_region_at_end(const struct svm_region *r)
{
	char path[] = "/tmp/svmrun.pages.XXXXXX", number[16];
	int fd = mkstemp(path);

	if (fd < 0) {
		svm_message("cannot make a temporary file in /tmp");
		return;
	}
	close(fd);
	snprintf(number, sizeof(number), "%u", r->number);
	setenv("SVMRUN_PAGES", path, 1);
	setenv("SVMRUN_REGION", number, 1);
	if (svm_region_write_pages(r, path) || system(svm_config()->at_end))
		svm_message("region %u: '%s' failed", r->number,
			    svm_config()->at_end);
	unlink(path);
}

static void svm_region_dump(const struct svm_region *r)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s.%u", svm_config()->dump, r->number);
	out = fopen(path, "w");
	if (!out || fwrite(r->addr, page_size, r->pages, out) != r->pages)
		svm_message("%s: cannot write the content", path);
	if (out)
		fclose(out);
}

static void svm_region_report(const struct svm_region *r)
{
	FILE *out;

	if (!svm_config()->report)
		return;
	out = fopen(svm_config()->report, "a");
	if (!out)
		return;
	fprintf(out, "{\"region\":%u,\"pages\":%zu,\"gpu_pages_start\":%ld,"
		"\"gpu_pages_end\":%ld", r->number, r->pages, r->gpu_start,
		r->gpu_end);
	if (svm_config()->checksum)
		fprintf(out, ",\"checksum\":\"%016" PRIx64 "\"",
			svm_digest(SVM_DIGEST_INIT, r->addr,
				   r->pages * page_size));
	fputs("}\n", out);
	fclose(out);
}

/* The order matters: everything that reads by CPU pulls pages to RAM. */
static void svm_region_end(struct svm_region *r)
{
	r->gpu_end = svm_pagemap_count_device(r->addr, r->pages);
	if (svm_config()->at_end)
		svm_region_at_end(r);
	svm_region_report(r);
	if (svm_config()->dump)
		svm_region_dump(r);
}

void svm_region_finish(const void *mr)
{
	struct svm_region **pos, *r;

	pthread_mutex_lock(&lock);
	for (pos = &regions; (r = *pos); pos = &r->next) {
		if (r->mr != mr)
			continue;
		*pos = r->next;
		svm_region_end(r);
		free(r);
		break;
	}
	pthread_mutex_unlock(&lock);
}

void svm_region_finish_all(void)
{
	struct svm_region *r;

	pthread_mutex_lock(&lock);
	while ((r = regions)) {
		regions = r->next;
		svm_region_end(r);
		free(r);
	}
	pthread_mutex_unlock(&lock);
}
