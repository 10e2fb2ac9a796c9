// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svmrun_die.h"
#include "svmrun_run.h"

static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH,
};
static volatile pid_t child;

/* What a terminal sends, the program gets as well. */
static void svmrun_forward(int sig, siginfo_t *info, void *context)
{
	int err = errno;

	(void)context;
	if (info->si_code <= 0 && child > 0)
		kill(child, sig);
	errno = err;
}

/* Those that somebody wants to be ignored (nohup) stay so. */
static void svmrun_take_signals(void)
{
	struct sigaction old, act = {
		.sa_sigaction = svmrun_forward,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};
	size_t i;

	for (i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++) {
		sigaction(forwarded[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(forwarded[i], &act, NULL);
	}
}

static void svmrun_set_preload(void)
{
	char self[PATH_MAX], lib[PATH_MAX + 16], *old = getenv("LD_PRELOAD");
	char *preload;
	ssize_t n;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		svmrun_die("/proc/self/exe: %s", strerror(errno));
	self[n] = '\0';
	snprintf(lib, sizeof(lib), "%s/libsvmrun.so", dirname(self));
	if (access(lib, R_OK))
		svmrun_die("%s: %s", lib, strerror(errno));
	if (asprintf(&preload, "%s%s%s", lib, old ? ":" : "",
		     old ? old : "") < 0)
		svmrun_die("out of memory");
	setenv("LD_PRELOAD", preload, 1);
	free(preload);
}

/* The signals of the fork are those of before: nothing may get lost meanwhile. */
static pid_t svmrun_start(char **argv)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid < 0)
		svmrun_die("fork: %s", strerror(errno));
	if (pid) {
		child = pid;
		svmrun_take_signals();
		sigprocmask(SIG_SETMASK, &old, NULL);
		return pid;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	svmrun_set_preload();
	execvp(argv[0], argv);
	fprintf(stderr, "svmrun: error: %s: %s\n", argv[0], strerror(errno));
	_exit(SVMRUN_NO_EXEC);
}

int svmrun_run(char **argv)
{
	pid_t pid = svmrun_start(argv);
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			svmrun_die("waitpid: %s", strerror(errno));
	}
	child = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}
