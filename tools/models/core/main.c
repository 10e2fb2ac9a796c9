// SPDX-License-Identifier: GPL-2.0-or-later
/* p2p-models: the device models of a topology, for a VMM to connect to. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/control.h"
#include "core/machine.h"
#include "core/trace.h"

static const struct model *const models[] = {
#ifdef HAVE_MODEL_GP100
	&gp100_model,
#endif
#ifdef HAVE_MODEL_CONNECTX
	&connectx_model,
#endif
	NULL
};

struct options {
	const char *topology, *socket_dir, *trace, *trace_file;
	bool exit_on_disconnect;
};

struct process {
	struct machine machine;
	struct topology_device *devices;
	struct control *control;
	struct loop_fd signals;
	char ready[4096];
	bool is_ready;
};

enum { OPT_TOPOLOGY = 1, OPT_SOCKET_DIR, OPT_TRACE, OPT_TRACE_FILE, OPT_EXIT,
       OPT_HELP };

static const struct option long_options[] = {
	{ "topology", required_argument, NULL, OPT_TOPOLOGY },
	{ "socket-dir", required_argument, NULL, OPT_SOCKET_DIR },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "trace-file", required_argument, NULL, OPT_TRACE_FILE },
	{ "exit-on-disconnect", no_argument, NULL, OPT_EXIT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ }
};

static void print_help(void)
{
	const struct model *const *m;
	const char *const *line;

	puts("Usage: p2p-models --topology FILE --socket-dir DIR [OPTION...]\n"
	     "Serves the devices of a topology to QEMU (vfio-user-pci).\n"
	     "  --topology FILE       lines 'device NAME MODEL key=value...'\n"
	     "  --socket-dir DIR      makes DIR/NAME.sock per device, DIR/control.sock,\n"
	     "                        and DIR/ready when all of them listen\n"
	     "  --trace LIST          trace categories, separated by commas, or all\n"
	     "  --trace-file FILE     trace and warnings go there\n"
	     "  --exit-on-disconnect  end when the last VMM is gone\n"
	     "Models and their parameters:");
	for (m = models; *m; m++) {
		printf("  %s\n", (*m)->name);
		for (line = (*m)->params_help; line && *line; line++)
			printf("    %s\n", *line);
	}
}

/* 0: go on, 1: help was wanted, -1: bad */
static int parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_TOPOLOGY:
			o->topology = optarg;
			break;
		case OPT_SOCKET_DIR:
			o->socket_dir = optarg;
			break;
		case OPT_TRACE:
			o->trace = optarg;
			break;
		case OPT_TRACE_FILE:
			o->trace_file = optarg;
			break;
		case OPT_EXIT:
			o->exit_on_disconnect = true;
			break;
		case OPT_HELP:
			return 1;
		default:
			return -1;
		}
	}
	if (optind == argc && o->topology && o->socket_dir)
		return 0;
	fputs("p2p-models: --topology and --socket-dir are needed\n", stderr);
	return -1;
}

static bool set_up_trace(const struct options *o)
{
	FILE *file;

	if (o->trace && !trace_enable(o->trace))
		return false;
	if (!o->trace_file)
		return true;
	file = fopen(o->trace_file, "we");
	if (!file) {
		trace_warn("cannot write %s: %s", o->trace_file,
			   strerror(errno));
		return false;
	}
	setvbuf(file, NULL, _IOLBF, 0);
	trace_set_output(file);
	return true;
}

static void on_signal(struct loop_fd *lfd, short revents)
{
	struct process *p = pci_container_of(lfd, struct process, signals);
	struct signalfd_siginfo info;

	(void)revents;
	if (read(lfd->fd, &info, sizeof(info)) == sizeof(info))
		loop_stop(p->machine.loop);
}

static bool watch_signals(struct process *p)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->signals = (struct loop_fd) {
		.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
		.events = POLLIN, .fn = on_signal,
	};
	if (p->signals.fd < 0)
		return false;
	loop_fd_add(p->machine.loop, &p->signals);
	return true;
}

static bool announce(struct process *p, const struct options *o)
{
	int fd;

	snprintf(p->ready, sizeof(p->ready), "%s/ready", o->socket_dir);
	fd = open(p->ready, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		trace_warn("cannot write %s: %s", p->ready, strerror(errno));
		return false;
	}
	close(fd);
	p->is_ready = true;
	return true;
}

static bool start(struct process *p, const struct options *o)
{
	char path[4096];

	if (mkdir(o->socket_dir, 0777) && errno != EEXIST) {
		trace_warn("cannot make %s: %s", o->socket_dir,
			   strerror(errno));
		return false;
	}
	p->devices = topology_load(o->topology);
	if (!p->devices)
		return false;
	p->machine.exit_on_disconnect = o->exit_on_disconnect;
	if (!machine_build(&p->machine, models, p->devices, o->socket_dir))
		return false;
	snprintf(path, sizeof(path), "%s/control.sock", o->socket_dir);
	p->control = control_create(&p->machine, path);
	return p->control && watch_signals(p) && announce(p, o);
}

static void finish(struct process *p)
{
	if (p->is_ready)
		unlink(p->ready);
	control_destroy(p->control);
	machine_destroy(&p->machine);
	topology_free(p->devices);
}

int main(int argc, char **argv)
{
	struct options options = { .topology = NULL };
	struct process process = { .is_ready = false };
	int rc = parse_options(&options, argc, argv);
	bool ok;

	if (rc > 0) {
		print_help();
		return 0;
	}
	if (rc < 0 || !set_up_trace(&options)) {
		fputs("Try 'p2p-models --help'.\n", stderr);
		return 2;
	}
	ok = start(&process, &options);
	if (ok)
		loop_run(process.machine.loop);
	finish(&process);
	return ok ? 0 : 1;
}
