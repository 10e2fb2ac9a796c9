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

int test_dmem_read(struct svm_dmem *dmem)
{
	glob_t files;
	FILE *f;

	memset(dmem, 0, sizeof(*dmem));
	if (glob(DMEM_FILES, 0, NULL, &files))
		return -ENOENT;
	f = fopen(files.gl_pathv[0], "re");
	globfree(&files);
	if (!f)
		return -errno;
	svm_dmem_read(dmem, f);
	fclose(f);
	return 0;
}

bool test_dmem_get(struct svm_dmem *dmem)
{
	int ret = test_dmem_read(dmem);

	return tap_check(!ret, DMEM_FILES ": %s", strerror(-ret));
}

bool test_dmem_expect_empty(const char *what)
{
	struct svm_dmem d;
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
