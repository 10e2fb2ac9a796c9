// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source: Documentation/filesystems/proc.rst (maps); mm/migrate_device.c, which
 * leaves alone what has a file behind it, and hugetlbfs.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "svm_memory.h"

struct svm_memory_map {
	uintptr_t start, end;
	char perms[8];
	unsigned long inode;
	char path[256];
};

static const char *svm_memory_judge(const struct svm_memory_map *m)
{
	if (strstr(m->path, "hugepage") || strstr(m->path, "/SYSV"))
		return "it is in hugetlbfs or System V shared memory";
	if (m->perms[3] == 's')
		return "it is shared memory";
	if (m->inode)
		return "it is a mapping of a file";
	return NULL;
}

static bool svm_memory_parse(const char *line, struct svm_memory_map *m)
{
	m->path[0] = '\0';
	return sscanf(line, "%lx-%lx %7s %*s %*s %lu %255[^\n]", &m->start,
		      &m->end, m->perms, &m->inode, m->path) >= 4;
}

const char *svm_memory_obstacle(const void *addr, size_t len)
{
	uintptr_t start = (uintptr_t)addr, end = start + len;
	const char *why = NULL;
	struct svm_memory_map m;
	char line[512];
	FILE *maps;

	maps = fopen("/proc/self/maps", "re");
	if (!maps)
		return NULL;
	while (!why && fgets(line, sizeof(line), maps)) {
		if (svm_memory_parse(line, &m) && m.start < end && m.end > start)
			why = svm_memory_judge(&m);
	}
	fclose(maps);
	return why;
}

/* Without MS_INVALIDATE and MS_SYNC this does nothing but look. */
bool svm_memory_mapped(void *addr, size_t len)
{
	return !msync(addr, len, MS_ASYNC);
}
