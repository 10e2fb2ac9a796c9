// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_fs.h"
#include "doctor_json.h"
#include "doctor_report.h"
#include "doctor_text.h"

#define KLOG	"nouveau|mlx5|infiniband|p2pdma|peer-to-peer|DMAR|AMD-Vi|iommu|ACS redirect"

static void report_section(FILE *out, const char *name)
{
	fprintf(out, "\n==== %s\n", name);
	fprintf(stderr, "p2p-doctor: %s\n", name);
}

/* Lines that match, or all of them for a pattern of NULL. */
static int report_lines(FILE *out, FILE *in, const char *pattern)
{
	char line[4096];
	regex_t regex;
	int n = 0;

	if (pattern && regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB |
						REG_ICASE))
		return 0;
	while (fgets(line, sizeof(line), in)) {
		if (pattern && regexec(&regex, line, 0, NULL, 0))
			continue;
		fputs(line, out);
		n++;
	}
	if (pattern)
		regfree(&regex);
	return n;
}

static void report_file(FILE *out, const char *path)
{
	FILE *in = doctor_fs_open("%s", path);

	fprintf(out, "-- %s\n", path);
	if (!in) {
		fprintf(out, "(%s)\n", strerror(errno));
		return;
	}
	report_lines(out, in, NULL);
	fclose(in);
}

/* Nothing is run for the files of another machine. */
static void report_command(FILE *out, const char *command, const char *pattern)
{
	char shell[256];
	FILE *in;
	int n;

	report_section(out, command);
	if (doctor_fs_is_copy()) {
		fputs("(not run: --sysroot)\n", out);
		return;
	}
	snprintf(shell, sizeof(shell), "%s 2>&1", command);
	fflush(out);
	in = popen(shell, "re");
	if (!in) {
		fprintf(out, "(%s)\n", strerror(errno));
		return;
	}
	n = report_lines(out, in, pattern);
	if (pclose(in))
		fprintf(out, "(failed%s)\n", pattern ? "; root may be needed" : "");
	else if (!n)
		fputs("(nothing)\n", out);
}

static void report_parameters(FILE *out, const char *module)
{
	struct dirent **names;
	char value[256];
	int i, nr;

	fprintf(out, "-- %s%s\n", module,
		doctor_fs_exists("/sys/module/%s", module) ? "" :
		" (not loaded)");
	nr = doctor_fs_list(&names, "/sys/module/%s/parameters", module);
	for (i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;

		doctor_fs_line(value, sizeof(value),
			       "/sys/module/%s/parameters/%s", module, name);
		fprintf(out, "%s=%s\n", name, value);
	}
	doctor_fs_list_free(names, nr);
}

static void report_modules(FILE *out)
{
	static const char * const modules[] = {
		"nouveau", "nvidia", "mlx5_core", "mlx5_ib", "ib_core",
		"ib_uverbs",
	};
	size_t i;

	report_section(out, "module parameters");
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		report_parameters(out, modules[i]);
}

static void report_dmem(FILE *out, const struct doctor *d)
{
	char path[DOCTOR_PATH];
	int i;

	report_section(out, "debugfs dmem");
	for (i = 0; i < d->gpus.nr; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%s/dmem",
			 d->pci.devs[d->gpus.gpus[i].pci].name);
		report_file(out, path);
	}
}

static void report_write(FILE *out, const struct doctor *d)
{
	fprintf(out, "p2p-doctor report.  It has addresses of network devices and the\n"
		"kernel's command line in it: look through it before you publish it.\n");
	report_section(out, "p2p-doctor");
	doctor_text(d, out);
	report_section(out, "p2p-doctor --json");
	doctor_json(d, out);
	report_section(out, "kernel command line and version");
	report_file(out, "/proc/cmdline");
	report_file(out, "/proc/version");
	report_modules(out);
	report_dmem(out, d);
	report_command(out, "rdma statistic show mr", NULL);
	report_command(out, "rdma resource show mr", NULL);
	report_command(out, "rdma link show", NULL);
	report_command(out, "lspci -nnvvv", NULL);
	report_command(out, "lspci -t", NULL);
	report_command(out, "dmesg", KLOG);
}

int doctor_report(const struct doctor *doctor, const char *file)
{
	FILE *out = fopen(file, "we");
	int ret = 0;

	if (out) {
		report_write(out, doctor);
		ret = ferror(out) ? -EIO : 0;
		if (fclose(out))
			ret = -errno;
	} else {
		ret = -errno;
	}
	if (ret)
		fprintf(stderr, "p2p-doctor: error: %s: %s; name another file with --report=FILE\n",
			file, strerror(-ret));
	else
		printf("%s\n", file);
	return ret;
}
