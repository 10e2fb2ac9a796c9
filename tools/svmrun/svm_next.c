// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "svm_next.h"

#define VERBS_LIBRARY "libibverbs.so.1"

static void *svm_next_in(void *lib, const char *name, const char *version)
{
	return version ? dlvsym(lib, name, version) : dlsym(lib, name);
}

void *svm_next(const char *name, const char *version)
{
	void *lib, *fn = svm_next_in(RTLD_NEXT, name, version);

	if (fn)
		return fn;
	lib = dlopen(VERBS_LIBRARY, RTLD_LAZY | RTLD_NOLOAD);
	if (lib)
		fn = svm_next_in(lib, name, version);
	if (fn)
		return fn;
	fprintf(stderr, "svmrun: error: there is no %s%s%s behind the library's own\n",
		name, version ? " of version " : "", version ? version : "");
	abort();
}
