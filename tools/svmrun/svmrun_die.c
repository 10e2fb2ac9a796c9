// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "svmrun_die.h"

void svmrun_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("svmrun: error: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(SVMRUN_FAILED);
}
