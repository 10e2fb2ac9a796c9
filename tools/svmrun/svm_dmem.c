// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "svm_dmem.h"

static void svm_dmem_line(struct svm_dmem *d, const char *line)
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

void svm_dmem_read(struct svm_dmem *dmem, FILE *file)
{
	char line[256];

	memset(dmem, 0, sizeof(*dmem));
	while (fgets(line, sizeof(line), file))
		svm_dmem_line(dmem, line);
}
