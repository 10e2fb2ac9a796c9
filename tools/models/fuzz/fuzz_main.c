// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a fuzz target without libFuzzer, once for each file that is named, or that
 * is in a directory that is named.  What the sanitizers find ends it; the last
 * line with "#" says in which file.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

#define INPUT_ROOM	(1u << 20)

static unsigned int inputs;

static void run_file(const char *path)
{
	uint8_t *data;
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		perror(path);
		exit(2);
	}
	data = malloc(INPUT_ROOM);
	len = fread(data, 1, INPUT_ROOM, f);
	fclose(f);
	data = realloc(data, len ? len : 1);	/* so that ASan sees its end */
	fprintf(stderr, "# %s\n", path);
	LLVMFuzzerTestOneInput(data, len);
	free(data);
	inputs++;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void run_dir(const char *dir)
{
	struct dirent **list;
	int i, n = scandir(dir, &list, visible, alphasort);
	char path[1024];

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		run_file(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	struct stat st;
	int i;

	name = name ? name + 1 : argv[0];
	for (i = 1; i < argc; i++) {
		if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			run_dir(argv[i]);
		else
			run_file(argv[i]);
	}
	printf("%s %s: %u inputs\n", inputs ? "PASS" : "FAIL", name, inputs);
	return !inputs;
}
