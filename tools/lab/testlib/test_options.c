// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_options.h"

static const struct option test_longopts[] = {
	{ "gpu", required_argument, NULL, 'g' },
	{ "device", required_argument, NULL, 'd' },
	{ "size", required_argument, NULL, 's' },
	{ "rounds", required_argument, NULL, 'r' },
	{ "minutes", required_argument, NULL, 'm' },
	{ "fallback", no_argument, NULL, 'f' },
	{ "seed", required_argument, NULL, 'S' },
	{ "only", required_argument, NULL, 'o' },
	{ "list", no_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void test_usage(const struct test_options *defaults, const char *name,
		       const char *what)
{
	printf("Usage: %s [OPTION]...\n%s\nOutput: TAP.  Runs in the lab's guest.\n\n",
	       name, what);
	if (defaults->gpu)
		printf("  --gpu PATH     render node (default: %s)\n", defaults->gpu);
	if (defaults->device)
		printf("  --device NAME  RDMA device (default: %s)\n",
		       defaults->device);
	if (defaults->size_mib)
		printf("  --size MIB     memory per process and kind of page (default: %u)\n",
		       defaults->size_mib);
	if (defaults->rounds)
		printf("  --rounds N     default: %u\n", defaults->rounds);
	if (defaults->minutes)
		printf("  --minutes N    no longer than that (default: %u)\n",
		       defaults->minutes);
	if (defaults->has_fallback)
		printf("  --fallback     the NIC does not reach the GPU: expect migration\n");
	if (defaults->seed)
		printf("  --seed N       of what is random (default: %u)\n",
		       defaults->seed);
	printf("  --only CASE    run only this case, or those that match a pattern\n"
	       "  --list         print the names of the cases\n");
}

static unsigned int test_number(const char *text, const char *name)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (end == text || *end || !n || n > INT_MAX) {
		fprintf(stderr, "%s: '%s' is not a positive number\n", name, text);
		exit(2);
	}
	return n;
}

static void test_no_option(bool has, const char *option, const char *name)
{
	if (has)
		return;
	fprintf(stderr, "%s: no option --%s here; see --help\n", name, option);
	exit(2);
}

void test_options_parse(struct test_options *opts, int argc, char **argv,
			const char *what, const struct tap_case *cases,
			size_t count)
{
	const struct test_options defaults = *opts;
	size_t i;
	int c;

	while ((c = getopt_long(argc, argv, "h", test_longopts, NULL)) != -1) {
		switch (c) {
		case 'g':
			test_no_option(defaults.gpu, "gpu", argv[0]);
			opts->gpu = optarg;
			break;
		case 'd':
			test_no_option(defaults.device, "device", argv[0]);
			opts->device = optarg;
			break;
		case 's':
			test_no_option(defaults.size_mib, "size", argv[0]);
			opts->size_mib = test_number(optarg, argv[0]);
			break;
		case 'r':
			test_no_option(defaults.rounds, "rounds", argv[0]);
			opts->rounds = test_number(optarg, argv[0]);
			break;
		case 'm':
			test_no_option(defaults.minutes, "minutes", argv[0]);
			opts->minutes = test_number(optarg, argv[0]);
			break;
		case 'f':
			test_no_option(defaults.has_fallback, "fallback", argv[0]);
			opts->fallback = true;
			break;
		case 'S':
			test_no_option(defaults.seed, "seed", argv[0]);
			opts->seed = test_number(optarg, argv[0]);
			break;
		case 'o':
			opts->only = optarg;
			break;
		case 'l':
			for (i = 0; i < count; i++)
				puts(cases[i].name);
			exit(0);
		case 'h':
			test_usage(&defaults, argv[0], what);
			exit(0);
		default:
			exit(2);
		}
	}
}
