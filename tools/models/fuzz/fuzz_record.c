// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Seeds for fuzz_cx_cmd: linked to a unit test of the HCA, this writes the commands
 * of each test to a file of its own in the directory $FUZZ_RECORD.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cx_env.h"

#define MAX_SEED	3500u	/* more would be slow, and is more of the same */

static FILE *file;
static unsigned int files;
static size_t written;

/* A file for each HCA; what hca_new() does is left out. */
static void start(const char *params, bool up)
{
	int how = up ? 0x10 : 0;
	char path[512];

	params = params ? params : "";
	if (strstr(params, "link=eth"))
		how |= 2;
	else if (strstr(params, "odp=transport"))
		how |= 1;
	if (file)
		fclose(file);
	files += !up;
	snprintf(path, sizeof(path), "%s/%s-%u", getenv("FUZZ_RECORD"),
		 program_invocation_short_name, files);
	file = fopen(path, "wb");
	written = 0;
	if (file)
		fputc(how, file);
}

static void put16(uint32_t val)
{
	fputc((int)(val & 0xff), file);
	fputc((int)(val >> 8 & 0xff), file);
}

static void command(const void *in, uint32_t in_len, uint32_t out_len)
{
	if (!file || written + in_len > MAX_SEED)
		return;
	fputc(0, file);
	put16(in_len);
	put16(out_len);
	put16(in_len);
	fwrite(in, 1, in_len, file);
	fflush(file);
	written += in_len;
}

static const struct hca_hook record = { .start = start, .cmd = command };

static void __attribute__((constructor)) enable(void)
{
	if (getenv("FUZZ_RECORD"))
		hca_hook = &record;
}
