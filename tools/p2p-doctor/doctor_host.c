// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_fs.h"
#include "doctor_host.h"

#define ZEN_FAMILY	0x17
#define INTEL		0x8086
#define GOOGLE		0x1ae0
#define ANY_DEVICE	-1

struct host_bridge {
	uint16_t vendor;
	int first, last;	/* device IDs, or ANY_DEVICE */
	bool same_only;
};

/* By the first device of a host bridge, which need not be a bridge itself. */
static const struct host_bridge host_bridges[] = {
	/* Xeon E5 (Sandy Bridge), Xeon E5 and E7 v3 */
	{ INTEL, 0x3c00, 0x3c01, true },
	{ INTEL, 0x2f00, 0x2f01, true },
	/* Xeon Scalable (Skylake) and later: ports, VT-d, accelerators */
	{ INTEL, 0x2020, 0x2020, false },
	{ INTEL, 0x2030, 0x2033, false },
	{ INTEL, 0x09a2, 0x09a2, false },
	{ INTEL, 0x0b25, 0x0b25, false },
	{ INTEL, 0x0cfe, 0x0cfe, false },
	{ INTEL, 0x11fb, 0x11fb, false },
	{ INTEL, 0x1212, 0x1212, false },
	{ INTEL, 0x1216, 0x1216, false },
	{ INTEL, 0x4940, 0x4940, false },
	{ INTEL, 0x4942, 0x4942, false },
	{ INTEL, 0x4944, 0x4944, false },
	{ INTEL, 0x4946, 0x4946, false },
	{ INTEL, 0x4948, 0x4948, false },
	{ GOOGLE, ANY_DEVICE, ANY_DEVICE, false },
	/* CPUs of NVIDIA */
	{ DOCTOR_VENDOR_NVIDIA, 0x2f95, 0x2f98, false },
};

static bool doctor_cpu_value(const char *line, const char *key, char *value,
			     size_t size)
{
	const char *colon = strchr(line, ':');
	size_t len = strlen(key);

	if (!colon || strncmp(line, key, len) ||
	    (line[len] != '\t' && line[len] != ' ' && line[len] != ':'))
		return false;
	colon += strspn(colon, ": ");
	snprintf(value, size, "%.*s", (int)strcspn(colon, "\n"), colon);
	return true;
}

/* The first processor counts, as for Linux. */
void doctor_cpu_read(struct doctor_cpu *cpu)
{
	char line[512], number[16];
	FILE *f;

	memset(cpu, 0, sizeof(*cpu));
	f = doctor_fs_open("/proc/cpuinfo");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f) && line[0] != '\n') {
		doctor_cpu_value(line, "vendor_id", cpu->vendor,
				 sizeof(cpu->vendor));
		doctor_cpu_value(line, "model name", cpu->model,
				 sizeof(cpu->model));
		if (doctor_cpu_value(line, "cpu family", number, sizeof(number)))
			cpu->family = strtoul(number, NULL, 10);
	}
	fclose(f);
}

bool doctor_cpu_is_zen(const struct doctor_cpu *cpu)
{
	return !strcmp(cpu->vendor, "AuthenticAMD") && cpu->family >= ZEN_FAMILY;
}

static bool doctor_host_on_root_bus(const struct doctor_pci *dev,
				    const char *host)
{
	const char *bus = strrchr(host, ':');

	return !strcmp(dev->host, host) && dev->up < 0 && bus &&
	       dev->bus == strtoul(bus + 1, NULL, 16);
}

/* A host bridge is known by its first device, at 00.0 or a root port. */
static const struct doctor_pci *
doctor_host_root(const struct doctor_pci_list *list, const char *host)
{
	const struct doctor_pci *first = NULL;
	int i;

	for (i = 0; i < list->nr; i++) {
		const struct doctor_pci *dev = &list->devs[i];

		if (doctor_host_on_root_bus(dev, host) &&
		    (!first || dev->devfn < first->devfn))
			first = dev;
	}
	return first && (!first->devfn || first->root_port) ? first : NULL;
}

static const struct host_bridge *doctor_host_find(const struct doctor_pci *root)
{
	size_t i;

	for (i = 0; i < sizeof(host_bridges) / sizeof(host_bridges[0]); i++) {
		const struct host_bridge *h = &host_bridges[i];

		if (h->vendor == root->vendor &&
		    (h->first == ANY_DEVICE || (root->device >= h->first &&
						root->device <= h->last)))
			return h;
	}
	return NULL;
}

static enum doctor_host_why doctor_host_check(const struct doctor_pci *root,
					      bool same)
{
	const struct host_bridge *h = root ? doctor_host_find(root) : NULL;

	if (!root)
		return HOST_NO_DEVICE;
	if (!h)
		return HOST_NOT_LISTED;
	return h->same_only && !same ? HOST_SAME_ONLY : HOST_LISTED;
}

bool doctor_host_allows(const struct doctor_pci_list *list,
			const struct doctor_cpu *cpu, const struct doctor_pci *a,
			const struct doctor_pci *b,
			struct doctor_host_answer *answer)
{
	bool same = !strcmp(a->host, b->host);

	answer->root = NULL;
	answer->why = HOST_CPU;
	if (doctor_cpu_is_zen(cpu))
		return true;
	answer->root = doctor_host_root(list, a->host);
	answer->why = doctor_host_check(answer->root, same);
	if (answer->why == HOST_LISTED && !same) {
		answer->root = doctor_host_root(list, b->host);
		answer->why = doctor_host_check(answer->root, same);
	}
	return answer->why == HOST_LISTED;
}
