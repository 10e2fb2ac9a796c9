// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "test_p2p.h"

#define P2P_SWITCH "/sys/module/nouveau/parameters/svm_p2p"

bool test_p2p_set(bool on)
{
	int fd, err = 0;

	fd = open(P2P_SWITCH, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return tap_check(false, P2P_SWITCH ": %s", strerror(errno));
	if (write(fd, on ? "1" : "0", 1) != 1)
		err = errno;
	close(fd);
	return tap_check(!err, P2P_SWITCH ": %s", strerror(err));
}
