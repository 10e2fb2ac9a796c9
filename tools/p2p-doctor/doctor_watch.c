// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor_json_out.h"
#include "doctor_sample.h"
#include "doctor_watch.h"

#define CLEAR	"\033[H\033[2J"

static volatile sig_atomic_t watch_stopped;

static void watch_stop(int signal)
{
	(void)signal;
	watch_stopped = 1;
}

/* The instance of tracefs has to go, whatever ends us. */
static void watch_catch(void)
{
	const struct sigaction action = { .sa_handler = watch_stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
}

static void watch_sleep(double seconds)
{
	const struct timespec t = {
		.tv_sec = seconds, .tv_nsec = (seconds - (time_t)seconds) * 1e9,
	};

	nanosleep(&t, NULL);
}

static const char *watch_error(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "run as root";
	case -ENOENT:
		return "not there";
	default:
		return strerror(-err);
	}
}

static void watch_gpus(const struct doctor *d, const struct doctor_sample *old,
		       const struct doctor_sample *now)
{
	const struct svm_dmem *a, *b;
	int i;

	printf("%-14s %8s %6s %6s %8s %8s %8s %8s\n", "GPU", "windows", "idle",
	       "max", "exported", "refused", "to VRAM", "to RAM");
	for (i = 0; i < d->gpus.nr; i++) {
		a = &old->dmem[i];
		b = &now->dmem[i];
		printf("%-14s ", d->pci.devs[d->gpus.gpus[i].pci].name);
		if (now->dmem_err[i])
			printf("(debugfs file dmem: %s)\n",
			       watch_error(now->dmem_err[i]));
		else
			printf("%8lld %6lld %6lld %+8lld %+8lld %+8lld %+8lld\n",
			       b->mapped, b->idle, b->windows_max,
			       b->exports - a->exports,
			       b->export_failures - a->export_failures,
			       b->migrated_to_vram - a->migrated_to_vram,
			       b->migrated_to_ram - a->migrated_to_ram);
	}
}

static void watch_trace(const struct doctor_sample *old,
			const struct doctor_sample *now)
{
	struct doctor_trace_counts t;

	if (now->trace_err) {
		printf("all processes  (tracepoints of the series: %s)\n",
		       watch_error(now->trace_err));
		return;
	}
	doctor_sample_trace(old, now, &t);
	printf("all processes  faults %+lld, P2P pages %+lld, look-ups that fell back %+lld, migrations for a device %+lld, pages refused %+lld",
	       t.faults, t.p2p_pages, t.fallbacks, t.migrations, t.refused);
	if (t.refused)
		printf(" (%s)", strerror(t.refused_err));
	if (t.lost)
		printf("; %lld events were too many to count: shorten the interval",
		       t.lost);
	putchar('\n');
}

/* A number and what has come to it. */
static void watch_cell(long long total, long long more)
{
	char text[48];

	snprintf(text, sizeof(text), "%lld (%+lld)", total, more);
	printf(" %14s", text);
}

static void watch_process(const struct doctor_sample *old,
			  const struct doctor_stat *now)
{
	struct doctor_stat diff;

	doctor_sample_stat(old, now, &diff);
	printf("%-8lld %-16s %-8s %7lld", now->pid,
	       now->comm[0] ? now->comm : "-", now->device, now->regions);
	watch_cell(now->faults, diff.faults);
	watch_cell(now->p2p_pages, diff.p2p_pages);
	watch_cell(now->p2p_fallbacks, diff.p2p_fallbacks);
	watch_cell(now->invalidations, diff.invalidations);
	putchar('\n');
}

static void watch_processes(const struct doctor_sample *old,
			    const struct doctor_sample *now)
{
	int i;

	printf("%-8s %-16s %-8s %7s %14s %14s %14s %14s\n", "PID", "process",
	       "HCA", "regions", "faults", "P2P pages", "fallbacks",
	       "invalidations");
	if (now->stats_err)
		printf("(rdma statistic: %s)\n",
		       now->stats_err == -ENOENT ?
		       "no tool \"rdma\"; install iproute2" :
		       strerror(-now->stats_err));
	for (i = 0; i < now->stats.nr; i++)
		watch_process(old, &now->stats.stats[i]);
}

static void watch_text(const struct doctor *d, const struct doctor_sample *old,
		       const struct doctor_sample *now)
{
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	printf("--- changes in %.1f s\n", now->time - old->time);
	watch_gpus(d, old, now);
	watch_trace(old, now);
	watch_processes(old, now);
}

static void watch_json_gpus(struct json_out *out, const struct doctor *d,
			    const struct doctor_sample *old,
			    const struct doctor_sample *now)
{
	const struct svm_dmem *a, *b;
	int i;

	json_begin(out, "gpus", '[');
	for (i = 0; i < d->gpus.nr; i++) {
		a = &old->dmem[i];
		b = &now->dmem[i];
		if (now->dmem_err[i])
			continue;
		json_begin(out, NULL, '{');
		json_string(out, "pci", d->pci.devs[d->gpus.gpus[i].pci].name);
		json_number(out, "windows_used", b->mapped);
		json_number(out, "windows_idle", b->idle);
		json_number(out, "windows_max", b->windows_max);
		json_number(out, "exports", b->exports - a->exports);
		json_number(out, "export_failures",
			    b->export_failures - a->export_failures);
		json_number(out, "migrated_to_vram",
			    b->migrated_to_vram - a->migrated_to_vram);
		json_number(out, "migrated_to_ram",
			    b->migrated_to_ram - a->migrated_to_ram);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void watch_json_trace(struct json_out *out,
			     const struct doctor_sample *old,
			     const struct doctor_sample *now)
{
	struct doctor_trace_counts t;

	if (now->trace_err) {
		json_null(out, "all");
		return;
	}
	doctor_sample_trace(old, now, &t);
	json_begin(out, "all", '{');
	json_number(out, "faults", t.faults);
	json_number(out, "p2p_pages", t.p2p_pages);
	json_number(out, "fallbacks", t.fallbacks);
	json_number(out, "exported_pages", t.exported);
	json_number(out, "refused_pages", t.refused);
	json_number(out, "migrations", t.migrations);
	json_number(out, "lost_events", t.lost);
	json_end(out, '}');
}

static void watch_json_processes(struct json_out *out,
				 const struct doctor_sample *old,
				 const struct doctor_sample *now)
{
	const struct doctor_stat *total;
	struct doctor_stat s;
	int i;

	json_begin(out, "processes", '[');
	for (i = 0; i < now->stats.nr; i++) {
		total = &now->stats.stats[i];
		doctor_sample_stat(old, total, &s);
		json_begin(out, NULL, '{');
		json_number(out, "pid", s.pid);
		json_string(out, "comm", s.comm[0] ? s.comm : NULL);
		json_string(out, "hca", s.device);
		json_number(out, "regions", s.regions);
		json_number(out, "faults", s.faults);
		json_number(out, "p2p_pages", s.p2p_pages);
		json_number(out, "fallbacks", s.p2p_fallbacks);
		json_number(out, "invalidations", s.invalidations);
		json_number(out, "prefetched", s.prefetched);
		json_number(out, "faults_total", total->faults);
		json_number(out, "p2p_pages_total", total->p2p_pages);
		json_number(out, "fallbacks_total", total->p2p_fallbacks);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void watch_json(const struct doctor *d, const struct doctor_sample *old,
		       const struct doctor_sample *now)
{
	struct json_out out = { .f = stdout, .one_line = true };

	json_begin(&out, NULL, '{');
	json_number(&out, "milliseconds", (now->time - old->time) * 1000);
	watch_json_gpus(&out, d, old, now);
	watch_json_trace(&out, old, now);
	watch_json_processes(&out, old, now);
	json_end(&out, '}');
	json_finish(&out);
}

static void watch_loop(const struct doctor *d,
		       const struct doctor_watch_options *o,
		       struct doctor_trace *trace, int trace_err)
{
	struct doctor_sample samples[2];
	unsigned int n;

	doctor_sample_take(&samples[0], d, trace, trace_err);
	for (n = 0; !watch_stopped && (!o->count || n < o->count); n++) {
		struct doctor_sample *old = &samples[n % 2];
		struct doctor_sample *now = &samples[(n + 1) % 2];

		watch_sleep(o->seconds);
		doctor_sample_take(now, d, trace, trace_err);
		if (o->json)
			watch_json(d, old, now);
		else
			watch_text(d, old, now);
		if (fflush(stdout))
			watch_stopped = 1;
		doctor_sample_free(old);
	}
	doctor_sample_free(&samples[n % 2]);
}

int doctor_watch(const struct doctor *doctor,
		 const struct doctor_watch_options *options)
{
	struct doctor_trace trace;
	int trace_err;

	if (!doctor->gpus.nr && !doctor->hcas.nr) {
		fputs("p2p-doctor: there is neither GPU nor HCA to watch\n",
		      stderr);
		return -ENODEV;
	}
	watch_catch();
	trace_err = doctor_trace_open(&trace);
	watch_loop(doctor, options, &trace, trace_err);
	doctor_trace_close(&trace);
	return 0;
}
