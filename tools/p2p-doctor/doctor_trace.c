// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor_fs.h"
#include "doctor_trace.h"

#define TRACING		"/sys/kernel/tracing/"

static long long trace_value(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoll(at + strlen(key), NULL, 0) : 0;
}

void doctor_trace_line(struct doctor_trace_counts *c, const char *line)
{
	long long err;

	if (strstr(line, " [LOST ")) {	/* the buffer of a CPU was full */
		c->lost += trace_value(line, " [LOST ");
	} else if (strstr(line, " mlx5_odp_fault: ")) {
		c->faults++;
	} else if (strstr(line, " mlx5_odp_map: ")) {
		c->fallbacks += trace_value(line, " fallback=");
	} else if (strstr(line, " mlx5_odp_populate: ")) {
		c->p2p_pages += trace_value(line, " p2p=");
	} else if (strstr(line, " hmm_dma_migrate: ")) {
		c->migrations++;
	} else if (strstr(line, " hmm_dma_export: ")) {
		err = trace_value(line, " err=");
		if (err) {
			c->refused += trace_value(line, " npages=");
			c->refused_err = -err;
		} else {
			c->exported += trace_value(line, " npages=");
		}
	}
}

static int trace_write(const struct doctor_trace *trace, const char *file,
		       const char *text)
{
	char path[DOCTOR_PATH];
	int fd, ret = 0;

	doctor_fs_path(path, TRACING "instances/%s/%s", trace->instance, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int trace_open_pipe(struct doctor_trace *trace)
{
	char path[DOCTOR_PATH];

	doctor_fs_path(path, TRACING "instances/%s/trace_pipe",
		       trace->instance);
	trace->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return trace->pipe < 0 ? -errno : 0;
}

int doctor_trace_open(struct doctor_trace *trace)
{
	char path[DOCTOR_PATH];
	int ret;

	memset(trace, 0, sizeof(*trace));
	trace->pipe = -1;
	if (doctor_fs_is_copy())
		return -ENOENT;
	snprintf(trace->instance, sizeof(trace->instance), "p2p-doctor-%d",
		 (int)getpid());
	doctor_fs_path(path, TRACING "instances/%s", trace->instance);
	if (mkdir(path, 0700)) {
		ret = -errno;
		trace->instance[0] = '\0';
		return ret;
	}
	ret = trace_write(trace, "events/hmm/enable", "1");
	/* without mlx5 there are those of HMM */
	trace_write(trace, "events/mlx5_odp/enable", "1");
	if (!ret)
		ret = trace_open_pipe(trace);
	if (ret)
		doctor_trace_close(trace);
	return ret;
}

/* Lines longer than the buffer are counted by their beginning. */
static void trace_char(struct doctor_trace *trace, char c)
{
	if (c != '\n') {
		if (trace->len < sizeof(trace->line) - 1)
			trace->line[trace->len++] = c;
		return;
	}
	trace->line[trace->len] = '\0';
	trace->len = 0;
	doctor_trace_line(&trace->counts, trace->line);
}

void doctor_trace_poll(struct doctor_trace *trace)
{
	char buf[4096];
	ssize_t i, n;

	if (trace->pipe < 0)
		return;
	while ((n = read(trace->pipe, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++)
			trace_char(trace, buf[i]);
}

void doctor_trace_close(struct doctor_trace *trace)
{
	char path[DOCTOR_PATH];

	if (trace->pipe >= 0)
		close(trace->pipe);
	trace->pipe = -1;
	if (!trace->instance[0])
		return;
	trace_write(trace, "events/enable", "0");
	doctor_fs_path(path, TRACING "instances/%s", trace->instance);
	rmdir(path);
	trace->instance[0] = '\0';
}
