// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source: Documentation/filesystems/proc.rst (meminfo), admin-guide/sysctl/vm.rst
 * (drop_caches), ABI/testing/sysfs-kernel-slab (shrink) of the kernel.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "life_leak.h"
#include "tap.h"
#include "test_pci.h"

/*
 * How much the counters move without a leak: all memory by some MiB, as caches
 * shrink when they like, that of the kernel by partly used slabs.  Beyond that an event may leave less than a page behind.
 */
#define USED_SLACK_KB	(16 << 10)
#define KERNEL_SLACK_KB	(2 << 10)
#define EVENT_KB	4
#define SETTLE_US	200000

static long leak_meminfo(const char *name)
{
	char line[128], key[64];
	long value, found = -1;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && found < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %ld", key, &value) == 2 &&
		    !strcmp(key, name))
			found = value;
	if (f)
		fclose(f);
	tap_check(found >= 0, "/proc/meminfo has no %s", name);
	return found;
}

/* Free pages on the lists of the CPUs, up to some huge ones. */
static long leak_cpu_lists_kb(void)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	long pages, sum = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &pages) == 1)
			sum += pages;
	tap_check(f, "cannot read /proc/zoneinfo");
	if (f)
		fclose(f);
	return sum * (getpagesize() >> 10);
}

static long leak_references(const char *module)
{
	char path[64];
	long count = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	f = fopen(path, "re");
	if (f && fscanf(f, "%ld", &count) != 1)
		count = -1;
	if (f)
		fclose(f);
	tap_check(count >= 0, "%s: cannot read", path);
	return count;
}

/* Empty slabs go, and what KASAN keeps in quarantine. */
static void leak_shrink_slabs(void)
{
	glob_t caches;
	size_t i;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches))
		return;
	for (i = 0; i < caches.gl_pathc && !tap_failed(); i++)
		test_sysfs_write(caches.gl_pathv[i], "1");
	globfree(&caches);
}

bool life_leak_take(struct life_leak *leak)
{
	usleep(SETTLE_US);
	if (!test_sysfs_write("/proc/sys/vm/drop_caches", "3"))
		return false;
	leak_shrink_slabs();
	usleep(SETTLE_US);
	leak->used_kb = leak_meminfo("MemTotal") - leak_meminfo("MemFree") -
			leak_cpu_lists_kb() - leak_meminfo("Cached") -
			leak_meminfo("Buffers");
	leak->kernel_kb = leak_meminfo("SUnreclaim") + leak_meminfo("VmallocUsed") +
			  leak_meminfo("Percpu") + leak_meminfo("PageTables") +
			  leak_meminfo("KernelStack");
	leak->nouveau = leak_references("nouveau");
	leak->mlx5_ib = leak_references("mlx5_ib");
	return !tap_failed();
}

bool life_leak_compare(const struct life_leak *from, const struct life_leak *to,
		       unsigned int events)
{
	const long used = to->used_kb - from->used_kb;
	const long kernel = to->kernel_kb - from->kernel_kb;
	const long growth = (long)events * EVENT_KB;
	bool ok;

	tap_note("after %u more events: %ld KiB more in use, %ld KiB of the kernel",
		 events, used, kernel);
	ok = tap_check(used <= USED_SLACK_KB + growth,
		       "%ld KiB in use are left behind, %ld may be", used,
		       USED_SLACK_KB + growth);
	ok &= tap_check(kernel <= KERNEL_SLACK_KB + growth,
			"%ld KiB of the kernel are left behind, %ld may be",
			kernel, KERNEL_SLACK_KB + growth);
	ok &= tap_equal(to->nouveau, from->nouveau, "references of nouveau");
	return tap_equal(to->mlx5_ib, from->mlx5_ib, "references of mlx5_ib") && ok;
}
