// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "test_pci.h"

bool test_sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return tap_check(false, "%s: %s", path, strerror(errno));
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = errno;
	close(fd);
	return tap_check(!err, "write '%s' to %s: %s", text, path, strerror(err));
}

bool test_pci_find(const char *driver, char name[TEST_PCI_NAME])
{
	char pattern[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/drivers/%s/0000:*",
		 driver);
	if (glob(pattern, 0, NULL, &found))
		return tap_check(false, "no device is bound to %s", driver);
	snprintf(name, TEST_PCI_NAME, "%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	return true;
}

static bool test_pci_driver(const char *driver, const char *what,
			    const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/%s", driver, what);
	return test_sysfs_write(path, name);
}

bool test_pci_unbind(const char *driver, const char *name)
{
	return test_pci_driver(driver, "unbind", name);
}

bool test_pci_bind(const char *driver, const char *name)
{
	return test_pci_driver(driver, "bind", name);
}

bool test_pci_remove(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", name);
	return test_sysfs_write(path, "1");
}

bool test_pci_rescan(void)
{
	return test_sysfs_write("/sys/bus/pci/rescan", "1");
}
