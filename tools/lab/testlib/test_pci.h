/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions that come and go, by sysfs. */
#ifndef TEST_PCI_H
#define TEST_PCI_H

#include <stdbool.h>

#define TEST_PCI_NAME	32

/* Address of the first function bound to @driver.  A failure unless there is. */
bool test_pci_find(const char *driver, char name[TEST_PCI_NAME]);

/* Each waits until it is done; failures are those of the running case. */
bool test_pci_unbind(const char *driver, const char *name);
bool test_pci_bind(const char *driver, const char *name);
bool test_pci_remove(const char *name);
bool test_pci_rescan(void);

/* Writes a word to a file of sysfs or the like. */
bool test_sysfs_write(const char *path, const char *text);

#endif
