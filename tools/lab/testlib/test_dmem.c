// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "test_dmem.h"

#define DMEM_FILES	"/sys/kernel/debug/dri/*/dmem"
#define EMPTY_TRIES	200
#define EMPTY_PAUSE_US	50000

static void test_dmem_line(struct test_dmem *d, const char *line)
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
	long long value, allocated, mapped, idle, exported;
	char name[32];
	size_t i;

	if (sscanf(line, "chunk %*s %*s %*s %*s %lld %lld %lld %lld", &allocated,
		   &mapped, &idle, &exported) == 4) {
		d->chunks++;
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

int test_dmem_read(struct test_dmem *dmem)
{
	char line[256];
	glob_t files;
	FILE *f;

	memset(dmem, 0, sizeof(*dmem));
	if (glob(DMEM_FILES, 0, NULL, &files))
		return -ENOENT;
	f = fopen(files.gl_pathv[0], "re");
	globfree(&files);
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		test_dmem_line(dmem, line);
	fclose(f);
	return 0;
}

bool test_dmem_get(struct test_dmem *dmem)
{
	int ret = test_dmem_read(dmem);

	return tap_check(!ret, DMEM_FILES ": %s", strerror(-ret));
}

bool test_dmem_expect_empty(const char *what)
{
	struct test_dmem d;
	int i;

	for (i = 0; i < EMPTY_TRIES; i++) {
		if (!test_dmem_get(&d))
			return false;
		if (!d.allocated && !d.exported)
			return true;
		usleep(EMPTY_PAUSE_US);
	}
	tap_equal(d.allocated, 0, "%s: allocated pages and folios", what);
	tap_equal(d.exported, 0, "%s: exported pages", what);
	return false;
}
