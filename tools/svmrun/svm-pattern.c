// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * svm-pattern: compare a piece of a file with a piece of the pattern that
 * svmrun --fill writes; prints the digests that svmrun and the GPU model use.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "svm_digest.h"
#include "svm_pattern.h"

static const char usage[] =
"Usage: svm-pattern check FILE OFFSET LENGTH SEED POSITION\n"
"       svm-pattern pages FILE\n"
"check: is FILE[OFFSET, +LENGTH) the pattern of SEED from byte POSITION on?\n"
"       Offsets are multiples of 8.  Prints the number of bytes compared, or the\n"
"       first difference; the exit status is 1 if there is one.\n"
"pages: prints the FNV-1a 64 digest of each 4096-byte page, one a line.\n";

static int pattern_check(const char *path, char **arg)
{
	uint64_t off = strtoull(arg[0], NULL, 0);
	uint64_t len = strtoull(arg[1], NULL, 0);
	uint64_t seed = strtoull(arg[2], NULL, 0);
	uint64_t pos = strtoull(arg[3], NULL, 0);
	uint64_t i, word, want;
	FILE *in;

	in = fopen(path, "r");
	if (!in || fseek(in, off, SEEK_SET)) {
		fprintf(stderr, "svm-pattern: %s: %s\n", path, strerror(errno));
		return 2;
	}
	for (i = 0; i < len; i += 8) {
		want = svm_pattern_word(seed, (pos + i) / 8);
		if (fread(&word, 8, 1, in) != 1) {
			printf("%s ends at %" PRIu64 "\n", path, off + i);
			return 1;
		}
		if (word != want) {
			printf("%s at %" PRIu64 ": expected %016" PRIx64 ", found %016" PRIx64 "\n",
			       path, off + i, want, word);
			return 1;
		}
	}
	fclose(in);
	printf("%" PRIu64 "\n", len);
	return 0;
}

static int pattern_pages(const char *path)
{
	char page[4096];
	FILE *in;

	in = fopen(path, "r");
	if (!in) {
		fprintf(stderr, "svm-pattern: %s: %s\n", path, strerror(errno));
		return 2;
	}
	while (fread(page, sizeof(page), 1, in) == 1)
		printf("%016" PRIx64 "\n",
		       svm_digest(SVM_DIGEST_INIT, page, sizeof(page)));
	fclose(in);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "check"))
		return pattern_check(argv[2], argv + 3);
	if (argc == 3 && !strcmp(argv[1], "pages"))
		return pattern_pages(argv[2]);
	fputs(usage, argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
	return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
}
