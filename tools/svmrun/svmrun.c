// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * svmrun: start a program with libsvmrun.so preloaded, wait for it, and say
 * what became of its memory regions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_notes.h"
#include "svm_words.h"
#include "svmrun_check.h"
#include "svmrun_die.h"
#include "svmrun_report.h"
#include "svmrun_run.h"

#define DEFAULT_GPU "/dev/dri/renderD128"

struct svmrun {
	char *gpus;		/* nodes, separated by commas */
	const char *report;	/* the user's file, or NULL */
	char tmp[32];		/* ours otherwise */
	char notes_path[32];
	struct svm_notes *notes;
	long from;		/* where this run's part of the report begins */
	bool stay;
	bool checksum;
	bool verbose;
	bool follow;
};

static const char usage[] =
"Usage: svmrun [OPTION]... -- PROGRAM [ARG]...\n"
"Runs an RDMA program with its on-demand-paging memory regions moved to GPU\n"
"memory (nouveau SVM) before the network can use them, and reports where the\n"
"pages of each region were then and at the end.\n"
"\n"
"Where to:\n"
"  --gpu NODE[,NODE] render nodes of the GPUs; may be repeated\n"
"                    (default: " DEFAULT_GPU ")\n"
"  --spread HOW      turn: each region to the next GPU (default); size: to the\n"
"                    one that has got the fewest bytes\n"
"  --stay            leave the regions in RAM (for the other end of a test)\n"
"What and when:\n"
"  --when WHEN       auto: when a queue pair becomes ready to receive, and from\n"
"                    then on at registration (default); rtr: only the first;\n"
"                    register: at registration; call: when the program calls\n"
"                    svmrun_move() (svmrun.h)\n"
"  --match LIST      only these regions, by number, as in 0,2-4\n"
"  --min-size SIZE   only regions of this size or more (K, M, G)\n"
"  --force-odp       register pinned regions as on-demand paged where device and\n"
"                    memory allow it; --min-size holds for this, too\n"
"  --no-follow       not the programs that PROGRAM starts\n"
"What the GPU does:\n"
"  --gpu-touch HOW   once: its copy engine reads and rewrites each region that has\n"
"                    moved; infinite: and reads on until the end; none (default)\n"
"What to report:\n"
"  --checksum        read the regions at the end and report a checksum\n"
"                    (FNV-1a, 64 bit); this brings them back to RAM\n"
"  --verbose         say what happens as it happens\n"
"  --report FILE     append one JSON line per region to FILE instead of\n"
"                    printing a table\n"
"For tests:\n"
"  --fill SEED       overwrite the regions with a pattern before they move\n"
"  --dump PREFIX     write the content at the end to PREFIX.<region>; %p in\n"
"                    PREFIX is the process\n"
"  --at-end COMMAND  run COMMAND before the CPU reads a region at its end, with\n"
"                    the region's number in $SVMRUN_REGION and its GPU pages in\n"
"                    the file $SVMRUN_PAGES (lines: page index, device pfn)\n"
"  --help\n"
"\n"
"The exit status is PROGRAM's, 128+N after signal N; 125 if svmrun itself failed\n"
"or PROGRAM succeeded but registered no memory with IBV_ACCESS_ON_DEMAND (e.g.\n"
"perftest without --odp); 127 if PROGRAM cannot be run.\n";

static void add_gpu(struct svmrun *run, const char *node)
{
	char *old = run->gpus;

	if (asprintf(&run->gpus, "%s%s%s", old ? old : "", old ? "," : "",
		     node) < 0)
		svmrun_die("out of memory");
	free(old);
}

static void check_word(const char *option, const char *word, bool good,
		       const char *env)
{
	if (!good)
		svmrun_die("%s %s: no such value; see svmrun --help", option, word);
	setenv(env, word, 1);
}

static void bad_usage(void)
{
	fputs(usage, stderr);
	exit(SVMRUN_FAILED);
}

static const struct option options[] = {
	{ "gpu", required_argument, NULL, 'g' },
	{ "spread", required_argument, NULL, 'p' },
	{ "stay", no_argument, NULL, 's' },
	{ "when", required_argument, NULL, 'w' },
	{ "match", required_argument, NULL, 'm' },
	{ "min-size", required_argument, NULL, 'z' },
	{ "force-odp", no_argument, NULL, 'o' },
	{ "no-follow", no_argument, NULL, 'n' },
	{ "gpu-touch", required_argument, NULL, 't' },
	{ "checksum", no_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "report", required_argument, NULL, 'r' },
	{ "fill", required_argument, NULL, 'f' },
	{ "dump", required_argument, NULL, 'd' },
	{ "at-end", required_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

/* Options with a value that can be wrong. */
static void parse_value(int c)
{
	size_t size;

	switch (c) {
	case 'p':
		check_word("--spread", optarg, svm_words_spread(optarg) !=
			   SVM_SPREAD_UNKNOWN, SVM_ENV_SPREAD);
		break;
	case 'w':
		check_word("--when", optarg, svm_words_when(optarg) !=
			   SVM_WHEN_UNKNOWN, SVM_ENV_WHEN);
		break;
	case 't':
		check_word("--gpu-touch", optarg, svm_words_touch(optarg) !=
			   SVM_TOUCH_UNKNOWN, SVM_ENV_TOUCH);
		break;
	case 'm':
		check_word("--match", optarg, svm_words_listed(optarg, 0) >= 0,
			   SVM_ENV_MATCH);
		break;
	case 'z':
		check_word("--min-size", optarg, svm_words_size(optarg, &size),
			   SVM_ENV_MIN_SIZE);
		break;
	default:
		bad_usage();
	}
}

static void parse(struct svmrun *run, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'g': add_gpu(run, optarg); break;
		case 'r': run->report = optarg; break;
		case 's': run->stay = true; setenv(SVM_ENV_STAY, "1", 1); break;
		case 'o': setenv(SVM_ENV_FORCE_ODP, "1", 1); break;
		case 'n': run->follow = false; setenv(SVM_ENV_NO_FOLLOW, "1", 1); break;
		case 'c': run->checksum = true; setenv(SVM_ENV_CHECKSUM, "1", 1); break;
		case 'v': run->verbose = true; setenv(SVM_ENV_VERBOSE, "1", 1); break;
		case 'f': setenv(SVM_ENV_FILL, optarg, 1); break;
		case 'd': setenv(SVM_ENV_DUMP, optarg, 1); break;
		case 'e': setenv(SVM_ENV_AT_END, optarg, 1); break;
		case 'h': fputs(usage, stdout); exit(0);
		default: parse_value(c);
		}
	}
	if (optind == argc)
		bad_usage();
	if (!run->gpus)
		add_gpu(run, DEFAULT_GPU);
}

/* A program that starts others may pass the library on, whatever it is itself. */
static void check_program(const struct svmrun *run, const char *program)
{
	const char *why = svmrun_check_program(program);

	if (!why)
		return;
	if (run->follow)
		fprintf(stderr, "svmrun: %s: %s; only programs that it starts can be helped\n",
			program, why);
	else
		svmrun_die("%s: %s", program, why);
}

static void make_file(char *name)
{
	int fd = mkstemp(name);

	if (fd < 0)
		svmrun_die("/tmp: %s", strerror(errno));
	close(fd);
}

static long report_size(const char *path)
{
	FILE *f = fopen(path, "a");
	long n;

	if (!f)
		svmrun_die("%s: %s", path, strerror(errno));
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	fclose(f);
	return n;
}

static const char *report_path(const struct svmrun *run)
{
	return run->report ? run->report : run->tmp;
}

static void prepare(struct svmrun *run)
{
	if (!run->report)
		make_file(run->tmp);
	run->from = report_size(report_path(run));
	make_file(run->notes_path);
	run->notes = svm_notes_map(run->notes_path);
	if (!run->notes)
		svmrun_die("%s: %s", run->notes_path, strerror(errno));
	setenv(SVM_ENV_GPU, run->gpus, 1);
	setenv(SVM_ENV_REPORT, report_path(run), 1);
	setenv(SVM_ENV_NOTES, run->notes_path, 1);
}

/* Says what there is to say; the exit status. */
static int conclude(const struct svmrun *run, const char *program, int status)
{
	unlink(run->notes_path);
	if (!run->report) {
		svmrun_report_table(run->tmp, run->from, run->checksum);
		unlink(run->tmp);
	}
	if (status == SVMRUN_NO_EXEC && !run->notes->value[SVM_NOTE_LOADED])
		return status;
	svmrun_report_reasons(program, run->notes, run->verbose);
	if (!status && !run->notes->value[SVM_NOTE_REGION])
		return SVMRUN_FAILED;
	return status;
}

int main(int argc, char **argv)
{
	struct svmrun run = {
		.tmp = "/tmp/svmrun.report.XXXXXX",
		.notes_path = "/tmp/svmrun.notes.XXXXXX",
		.follow = true,
	};

	parse(&run, argc, argv);
	check_program(&run, argv[optind]);
	if (!run.stay)
		svmrun_check_gpus(run.gpus);
	prepare(&run);
	return conclude(&run, argv[optind], svmrun_run(argv + optind));
}
