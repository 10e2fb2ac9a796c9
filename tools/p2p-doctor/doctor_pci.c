// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_config.h"
#include "doctor_fs.h"
#include "doctor_pci.h"

#define SYS_PCI	"/sys/bus/pci/devices/%s/"

const char *doctor_answer_name(enum doctor_answer answer)
{
	static const char * const names[] = { "unknown", "no", "yes" };

	return names[answer];
}

/* Domain of 4 digits or more, then :BB:DD.F */
bool doctor_pci_is_name(const char *name, size_t len)
{
	size_t i, digits = 0;
	const char *tail;

	while (digits < len && isxdigit((unsigned char)name[digits]))
		digits++;
	if (digits < 4 || digits + 8 != len || len >= DOCTOR_PCI_NAME)
		return false;
	tail = name + digits;
	for (i = 0; i < 8; i++) {
		const char want = ":xx:xx.x"[i];

		if (want == 'x' ? !isxdigit((unsigned char)tail[i]) :
				  tail[i] != want)
			return false;
	}
	return true;
}

bool doctor_pci_in_path(const char *path, char name[DOCTOR_PCI_NAME])
{
	bool found = false;
	size_t len;

	for (; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (!doctor_pci_is_name(path, len))
			continue;
		snprintf(name, DOCTOR_PCI_NAME, "%.*s", (int)len, path);
		found = true;
	}
	return found;
}

/*
 * Goes down the path of a function.  Below another host bridge (as with Intel's
 * VMD) a hierarchy of its own begins, of which nothing above is a part.
 */
static void doctor_pci_place(struct doctor_pci *dev, const char *path,
			     char above[DOCTOR_PCI_NAME])
{
	size_t len;

	above[0] = '\0';
	for (; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len < DOCTOR_PCI_NAME && !strncmp(path, "pci", 3) &&
		    isxdigit((unsigned char)path[3])) {
			snprintf(dev->host, sizeof(dev->host), "%.*s", (int)len,
				 path);
			above[0] = '\0';
		} else if (doctor_pci_is_name(path, len) && path[len]) {
			snprintf(above, DOCTOR_PCI_NAME, "%.*s", (int)len, path);
		}
	}
}

int doctor_pci_find(const struct doctor_pci_list *list, const char *name)
{
	int i;

	for (i = 0; i < list->nr; i++)
		if (!strcmp(list->devs[i].name, name))
			return i;
	return -1;
}

static unsigned int doctor_pci_number(const char *name, const char *file)
{
	unsigned long long value = 0;

	doctor_fs_number(&value, SYS_PCI "%s", name, file);
	return value;
}

static void doctor_pci_link_state(struct doctor_pci *dev)
{
	doctor_fs_line(dev->speed, sizeof(dev->speed),
		       SYS_PCI "current_link_speed", dev->name);
	doctor_fs_line(dev->max_speed, sizeof(dev->max_speed),
		       SYS_PCI "max_link_speed", dev->name);
	dev->width = doctor_pci_number(dev->name, "current_link_width");
	dev->max_width = doctor_pci_number(dev->name, "max_link_width");
}

static void doctor_pci_iommu(struct doctor_pci *dev)
{
	doctor_fs_link_name(dev->iommu_group, sizeof(dev->iommu_group),
			    SYS_PCI "iommu_group", dev->name);
	doctor_fs_line(dev->iommu_type, sizeof(dev->iommu_type),
		       SYS_PCI "iommu_group/type", dev->name);
}

static void doctor_pci_read_config(struct doctor_pci *dev)
{
	struct doctor_config config;

	doctor_config_read(&config, dev->name);
	doctor_config_ext_cap(&config, PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP,
			      PCI_ACS_CTRL, &dev->acs);
	doctor_config_ext_cap(&config, PCI_EXT_CAP_ID_ATS, PCI_ATS_CAP,
			      PCI_ATS_CTRL, &dev->ats);
	dev->ext_hidden = doctor_config_ext_hidden(&config);
	switch (doctor_config_pcie_type(&config)) {
	case PCI_EXP_TYPE_ROOT_PORT:
		dev->root_port = true;
		break;
	case -1:	/* not readable: what has a link on the root bus is one */
		dev->root_port = dev->bridge && dev->up < 0 && dev->max_width;
		break;
	}
}

static void doctor_pci_read(struct doctor_pci *dev)
{
	unsigned long long value = 0;
	unsigned int class;

	dev->vendor = doctor_pci_number(dev->name, "vendor");
	dev->device = doctor_pci_number(dev->name, "device");
	class = doctor_pci_number(dev->name, "class");
	dev->base_class = class >> 16;
	dev->bridge = class >> 8 == 0x0604;
	dev->numa = doctor_fs_number(&value, SYS_PCI "numa_node", dev->name) ?
		    (int)value : -1;
	doctor_fs_link_name(dev->driver, sizeof(dev->driver), SYS_PCI "driver",
			    dev->name);
	doctor_pci_link_state(dev);
	doctor_pci_iommu(dev);
}

static void doctor_pci_name(struct doctor_pci *dev, const char *name)
{
	unsigned int slot, function;

	snprintf(dev->name, sizeof(dev->name), "%.23s", name);
	sscanf(strchr(name, ':'), ":%x:%x.%x", &dev->bus, &slot, &function);
	dev->devfn = slot << 3 | function;
}

/* Bridges are looked up when all functions are known. */
static void doctor_pci_connect(struct doctor_pci_list *list)
{
	char path[DOCTOR_PATH], above[DOCTOR_PCI_NAME];
	int i;

	for (i = 0; i < list->nr; i++) {
		struct doctor_pci *dev = &list->devs[i];

		doctor_fs_link(path, sizeof(path), "/sys/bus/pci/devices/%s",
			       dev->name);
		doctor_pci_place(dev, path, above);
		dev->up = doctor_pci_find(list, above);
		doctor_pci_read_config(dev);
	}
}

void doctor_pci_scan(struct doctor_pci_list *list)
{
	struct dirent **names;
	int i, nr;

	nr = doctor_fs_list(&names, "/sys/bus/pci/devices");
	list->devs = calloc(nr ? nr : 1, sizeof(*list->devs));
	list->nr = 0;
	for (i = 0; list->devs && i < nr; i++) {
		const char *name = names[i]->d_name;

		if (!doctor_pci_is_name(name, strlen(name)))
			continue;
		doctor_pci_name(&list->devs[list->nr], name);
		doctor_pci_read(&list->devs[list->nr++]);
	}
	doctor_fs_list_free(names, nr);
	doctor_pci_connect(list);
}

void doctor_pci_free(struct doctor_pci_list *list)
{
	free(list->devs);
	list->devs = NULL;
	list->nr = 0;
}

unsigned long long doctor_pci_bar_size(const struct doctor_pci *dev, int bar)
{
	unsigned long long start, end, size = 0;
	char line[128];
	FILE *f;

	f = doctor_fs_open(SYS_PCI "resource", dev->name);
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (bar--)
			continue;
		if (sscanf(line, "%llx %llx", &start, &end) == 2 && end > start)
			size = end - start + 1;
		break;
	}
	fclose(f);
	return size;
}
