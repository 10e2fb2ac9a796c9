// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * svmrun: start a program with libsvmrun.so preloaded, wait for it, and say
 * what became of its memory regions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_gpu.h"

/* like env(1) and nohup(1) */
#define SVMRUN_FAILED	125
#define SVMRUN_NO_EXEC	127

struct svmrun {
	const char *gpu;
	const char *report;	/* the user's file, or NULL */
	char tmp[32];		/* ours otherwise */
	bool stay;
	bool checksum;
};

static const char usage[] =
"Usage: svmrun [OPTION]... -- PROGRAM [ARG]...\n"
"Runs an RDMA program with its on-demand-paging memory regions moved to GPU\n"
"memory (nouveau SVM) when its queue pairs become ready to receive, and reports\n"
"where the pages of each region were then and at the end.\n"
"\n"
"  --gpu NODE        render node of the GPU (default: /dev/dri/renderD128)\n"
"  --checksum        read the regions at the end and report a checksum\n"
"                    (FNV-1a, 64 bit); this brings them back to RAM\n"
"  --verbose         say what happens as it happens\n"
"  --report FILE     append one JSON line per region to FILE instead of\n"
"                    printing a table\n"
"  --stay            leave the regions in RAM (for the other end of a test)\n"
"  --fill SEED       overwrite the regions with a pattern before they move\n"
"  --dump PREFIX     write the content at the end to PREFIX.<region>\n"
"  --at-end COMMAND  run COMMAND before the CPU reads a region at its end, with\n"
"                    the region's number in $SVMRUN_REGION and its GPU pages in\n"
"                    the file $SVMRUN_PAGES (lines: page index, device pfn)\n"
"  --help\n"
"\n"
"The exit status is PROGRAM's; 125 if svmrun itself failed or PROGRAM succeeded\n"
"but registered no memory with IBV_ACCESS_ON_DEMAND (e.g. perftest without\n"
"--odp); 127 if PROGRAM cannot be run.\n";

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("svmrun: error: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(SVMRUN_FAILED);
}

static void parse(struct svmrun *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "gpu", required_argument, NULL, 'g' },
		{ "checksum", no_argument, NULL, 'c' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "report", required_argument, NULL, 'r' },
		{ "stay", no_argument, NULL, 's' },
		{ "fill", required_argument, NULL, 'f' },
		{ "dump", required_argument, NULL, 'd' },
		{ "at-end", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'g': run->gpu = optarg; break;
		case 'r': run->report = optarg; break;
		case 's': run->stay = true; setenv(SVM_ENV_STAY, "1", 1); break;
		case 'c': run->checksum = true; setenv(SVM_ENV_CHECKSUM, "1", 1); break;
		case 'v': setenv(SVM_ENV_VERBOSE, "1", 1); break;
		case 'f': setenv(SVM_ENV_FILL, optarg, 1); break;
		case 'd': setenv(SVM_ENV_DUMP, optarg, 1); break;
		case 'e': setenv(SVM_ENV_AT_END, optarg, 1); break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(SVMRUN_FAILED);
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		exit(SVMRUN_FAILED);
	}
}

/* Before the program runs for minutes: is there a GPU that can do it? */
static void check_gpu(const struct svmrun *run)
{
	int status, ret;
	pid_t pid;

	pid = fork();	/* SVM_INIT reserves address space: not in ours */
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		ret = svm_gpu_open(run->gpu);
		_exit(ret < 0 ? -ret : 0);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		die("%s: cannot be tested", run->gpu);
	ret = WEXITSTATUS(status);
	if (ret == ENODEV)
		die("%s is not a nouveau GPU; give one with --gpu", run->gpu);
	if (ret == ENOSYS || ret == EINVAL)
		die("%s: nouveau has no SVM here; it needs a Pascal GPU and a kernel with CONFIG_DRM_NOUVEAU_SVM",
		    run->gpu);
	if (ret)
		die("%s: %s; is nouveau loaded? other GPUs can be given with --gpu",
		    run->gpu, strerror(ret));
}

static void set_preload(void)
{
	char self[PATH_MAX], lib[PATH_MAX + 16], *old = getenv("LD_PRELOAD");
	char *preload;
	ssize_t n;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		die("/proc/self/exe: %s", strerror(errno));
	self[n] = '\0';
	snprintf(lib, sizeof(lib), "%s/libsvmrun.so", dirname(self));
	if (access(lib, R_OK))
		die("%s: %s", lib, strerror(errno));
	if (asprintf(&preload, "%s%s%s", lib, old ? ":" : "",
		     old ? old : "") < 0)
		die("out of memory");
	setenv("LD_PRELOAD", preload, 1);
	free(preload);
}

static int run_program(char **argv)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		set_preload();
		execvp(argv[0], argv);
		fprintf(stderr, "svmrun: error: %s: %s\n", argv[0],
			strerror(errno));
		_exit(SVMRUN_NO_EXEC);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void print_region(const char *line, bool checksum)
{
	unsigned int region;
	size_t pages;
	long start, end;
	char sum[17] = "-";

	if (sscanf(line, "{\"region\":%u,\"pages\":%zu,\"gpu_pages_start\":%ld,\"gpu_pages_end\":%ld",
		   &region, &pages, &start, &end) != 4)
		return;
	if (checksum) {
		line = strstr(line, "\"checksum\":\"");
		if (line)
			sscanf(line + 12, "%16[0-9a-f]", sum);
	}
	fprintf(stderr, "svmrun: %6u  %8zu  %8ld  %8ld  %s\n", region, pages,
		start, end, checksum ? sum : "");
}

/* Number of regions in the report; prints them if nobody else wants it. */
static unsigned int read_report(const struct svmrun *run, const char *path,
				long from)
{
	unsigned int n = 0;
	char line[512];
	FILE *in;

	in = fopen(path, "r");
	if (!in)
		return 0;
	fseek(in, from, SEEK_SET);
	while (fgets(line, sizeof(line), in)) {
		if (!n++ && !run->report)
			fprintf(stderr, "svmrun: region     pages  GPU/start   GPU/end%s\n",
				run->checksum ? "  checksum" : "");
		if (!run->report)
			print_region(line, run->checksum);
	}
	fclose(in);
	return n;
}

static long report_size(const char *path)
{
	FILE *f = fopen(path, "a");
	long n;

	if (!f)
		die("%s: %s", path, strerror(errno));
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	struct svmrun run = {
		.gpu = "/dev/dri/renderD128",
		.tmp = "/tmp/svmrun.report.XXXXXX",
	};
	const char *path;
	long from;
	int ret, fd;

	parse(&run, argc, argv);
	if (!run.stay)
		check_gpu(&run);
	path = run.report;
	if (!path) {
		fd = mkstemp(run.tmp);
		if (fd < 0)
			die("/tmp: %s", strerror(errno));
		close(fd);
		path = run.tmp;
	}
	from = report_size(path);
	setenv(SVM_ENV_GPU, run.gpu, 1);
	setenv(SVM_ENV_REPORT, path, 1);

	ret = run_program(argv + optind);
	if (!read_report(&run, path, from) && ret != SVMRUN_NO_EXEC) {
		fprintf(stderr, "svmrun: %s registered no memory with IBV_ACCESS_ON_DEMAND, nothing was moved\n",
			argv[optind]);
		ret = ret ? ret : SVMRUN_FAILED;
	}
	if (!run.report)
		unlink(path);
	return ret;
}
