// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_dmem.h"
#include "doctor_fs.h"

#define DRI	"/sys/kernel/debug/dri/"

static void doctor_dmem_line(struct doctor_dmem *d, const char *line)
{
	const struct {
		const char *name;
		long long *value;
	} keys[] = {
		{ "p2p", &d->p2p },
		{ "migrated_to_vram", &d->migrated_to_vram },
		{ "migrated_to_ram", &d->migrated_to_ram },
		{ "exports", &d->exports },
		{ "export_failures", &d->export_failures },
		{ "windows_created", &d->windows_created },
		{ "windows_reaped", &d->windows_reaped },
		{ "windows_max", &d->windows_max },
	};
	long long value, pages, allocated, mapped, idle, exported;
	char name[32];
	size_t i;

	if (sscanf(line, "chunk %*s %lld %*s %*s %lld %lld %lld %lld", &pages,
		   &allocated, &mapped, &idle, &exported) == 5) {
		d->chunks++;
		d->pages += pages;
		d->allocated += allocated;
		d->mapped += mapped;
		d->idle += idle;
		d->exported += exported;
		return;
	}
	if (sscanf(line, "%31s %lld", name, &value) != 2)
		return;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			*keys[i].value = value;
}

/* The directory is named by the device, on older kernels by number. */
static FILE *doctor_dmem_open(const char *pci)
{
	struct dirent **names;
	FILE *f;
	int i, nr;

	f = doctor_fs_open(DRI "%s/dmem", pci);
	if (f || errno == EACCES)
		return f;
	nr = doctor_fs_list(&names, "/sys/bus/pci/devices/%s/drm", pci);
	for (i = 0; i < nr && !f; i++)
		if (!strncmp(names[i]->d_name, "card", 4))
			f = doctor_fs_open(DRI "%s/dmem", names[i]->d_name + 4);
	doctor_fs_list_free(names, nr);
	if (!f)
		errno = ENOENT;
	return f;
}

int doctor_dmem_read(struct doctor_dmem *dmem, const char *pci)
{
	char line[256];
	FILE *f;

	memset(dmem, 0, sizeof(*dmem));
	f = doctor_dmem_open(pci);
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		doctor_dmem_line(dmem, line);
	fclose(f);
	return 0;
}
