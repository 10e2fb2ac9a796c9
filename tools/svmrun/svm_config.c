// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "svm_config.h"

static struct svm_config config;

__attribute__((constructor)) static void svm_config_read(void)
{
	const char *fill = getenv(SVM_ENV_FILL);

	config.gpu = getenv(SVM_ENV_GPU);
	config.report = getenv(SVM_ENV_REPORT);
	config.dump = getenv(SVM_ENV_DUMP);
	config.at_end = getenv(SVM_ENV_AT_END);
	config.stay = getenv(SVM_ENV_STAY);
	config.checksum = getenv(SVM_ENV_CHECKSUM);
	config.verbose = getenv(SVM_ENV_VERBOSE);
	config.fill = fill;
	config.fill_seed = fill ? strtoull(fill, NULL, 0) : 0;
	/* Programs that the program starts shall run as they are. */
	unsetenv("LD_PRELOAD");
}

const struct svm_config *svm_config(void)
{
	return &config;
}
