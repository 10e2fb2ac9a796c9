// SPDX-License-Identifier: GPL-2.0-or-later
/* p2p-doctor: will an HCA reach the memory of a GPU, and if not, why? */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "doctor.h"
#include "doctor_fs.h"
#include "doctor_json.h"
#include "doctor_report.h"
#include "doctor_text.h"
#include "doctor_watch.h"

#define EXIT_REACHABLE	0
#define EXIT_FALLBACK	1
#define EXIT_USAGE	2

static const char usage[] =
"Usage: p2p-doctor [OPTION]...\n"
"Says for each pair of GPU and HCA whether the HCA reaches memory of processes\n"
"that is on the GPU, peer-to-peer, or makes it migrate to RAM; why, and what to\n"
"change.\n"
"\n"
"  --json             the same for programs\n"
"  --watch[=SECONDS]  faults, peer-to-peer pages, fallbacks, windows and\n"
"                     migrations as they happen, every 2 seconds or as said;\n"
"                     with --json one object a line\n"
"  --count N          end --watch after N times\n"
"  --report[=FILE]    everything that a bug report should have, in one file\n"
"                     (default: p2p-doctor-report.txt)\n"
"  --sysroot DIR      look at DIR/sys and DIR/proc instead of this machine's\n"
"  --help\n"
"\n"
"Root sees more: ACS of bridges, windows of BAR1.\n"
"\n"
"Exit status: 0 if at least one HCA reaches a GPU, 1 if none does or there is no\n"
"pair, 2 if the command line is wrong or something failed.  With --watch and\n"
"--report: 0, or 2.\n";

struct options {
	bool json, watch;
	const char *report;
	struct doctor_watch_options watching;
};

static _Noreturn void die_usage(void)
{
	fputs("p2p-doctor: see p2p-doctor --help\n", stderr);
	exit(EXIT_USAGE);
}

static void set_root(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) || !S_ISDIR(st.st_mode)) {
		fprintf(stderr, "p2p-doctor: error: --sysroot %s: no such directory\n",
			dir);
		exit(EXIT_USAGE);
	}
	doctor_fs_set_root(dir);
}

static double positive(const char *option, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0) || value > 1e6) {
		fprintf(stderr, "p2p-doctor: error: %s %s: a positive number, please\n",
			option, text);
		exit(EXIT_USAGE);
	}
	return value;
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "watch", optional_argument, NULL, 'w' },
		{ "count", required_argument, NULL, 'c' },
		{ "report", optional_argument, NULL, 'r' },
		{ "sysroot", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'j': o->json = true; break;
		case 'w':
			o->watch = true;
			if (optarg)
				o->watching.seconds = positive("--watch", optarg);
			break;
		case 'c':
			o->watching.count = ceil(positive("--count", optarg));
			break;
		case 'r':
			o->report = optarg ? optarg : "p2p-doctor-report.txt";
			break;
		case 's': set_root(optarg); break;
		case 'h': fputs(usage, stdout); exit(EXIT_REACHABLE);
		default: die_usage();
		}
	}
	/* getopt has only "--watch=5" for what may be left out */
	if (o->watch && !o->report && optind + 1 == argc)
		o->watching.seconds = positive("--watch", argv[optind++]);
	else if (o->report && optind + 1 == argc)
		o->report = argv[optind++];
	if (optind != argc || (o->watch && o->report))
		die_usage();
}

int main(int argc, char **argv)
{
	struct options o = { .watching.seconds = 2 };
	struct doctor *doctor;
	int status;

	parse(&o, argc, argv);
	doctor = doctor_examine();
	if (!doctor) {
		fputs("p2p-doctor: error: out of memory\n", stderr);
		return EXIT_USAGE;
	}
	status = doctor_any_reachable(doctor) ? EXIT_REACHABLE : EXIT_FALLBACK;
	o.watching.json = o.json;
	if (o.watch)
		status = doctor_watch(doctor, &o.watching) ? EXIT_USAGE : 0;
	else if (o.report)
		status = doctor_report(doctor, o.report) ? EXIT_USAGE : 0;
	else if (o.json)
		doctor_json(doctor, stdout);
	else
		doctor_text(doctor, stdout);
	doctor_free(doctor);
	return status;
}
