// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "test_klog.h"
#include "test_oops.h"
#include "test_pci.h"

#define OOPS	"Oops:"
#define PAUSE_US	20000
#define PATIENCE	6000	/* pauses, 2 minutes */

static bool test_oops_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

bool test_oops_none(void (*fn)(void *arg), void *arg, const char *what)
{
	int before = test_klog_count(OOPS), status = 0, i;
	bool ended = false;
	pid_t pid;

	test_sysfs_write("/proc/sys/kernel/panic_on_oops", "0");
	pid = fork();
	if (!pid) {
		fn(arg);
		_exit(tap_failed());
	}
	if (!tap_check(pid > 0, "fork"))
		return false;
	for (i = 0; i < PATIENCE && !ended; i++) {
		ended = test_oops_ended(pid, &status);
		if (test_klog_count(OOPS) > before)
			return tap_check(false, "%s: the kernel has oopsed", what);
		if (!ended)
			usleep(PAUSE_US);
	}
	return tap_check(ended, "%s: the process is stuck", what) &&
	       tap_equal(status, 0, "%s: wait status", what);
}
