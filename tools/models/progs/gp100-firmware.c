// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the firmware files that nouveau wants for a GP100. */
#include <stdio.h>
#include <string.h>

#include "gp100/gp100.h"

static const char usage[] =
	"Usage: gp100-firmware DIR\n"
	"Writes acr/*.bin and gr/*.bin to DIR, which is made if it is missing\n"
	"(the guest's /lib/firmware/nvidia/gp100).  They hold headers and zeros.\n";

int main(int argc, char **argv)
{
	int ret;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 2) {
		fputs(usage, stderr);
		return 2;
	}
	ret = gp100_fw_write(argv[1]);
	if (ret) {
		fprintf(stderr, "gp100-firmware: %s: %s\n", argv[1],
			strerror(-ret));
		return 1;
	}
	return 0;
}
