// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "svm_config.h"
#include "svm_words.h"

static struct svm_config config;

static void svm_config_policy(void)
{
	config.when = svm_words_when(getenv(SVM_ENV_WHEN));
	config.spread = svm_words_spread(getenv(SVM_ENV_SPREAD));
	config.touch = svm_words_touch(getenv(SVM_ENV_TOUCH));
	config.match = getenv(SVM_ENV_MATCH);
	if (!svm_words_size(getenv(SVM_ENV_MIN_SIZE), &config.min_size))
		config.min_size = 0;
	config.force_odp = getenv(SVM_ENV_FORCE_ODP);
}

__attribute__((constructor(101))) static void svm_config_read(void)
{
	const char *fill = getenv(SVM_ENV_FILL);

	config.gpus = getenv(SVM_ENV_GPU);
	config.report = getenv(SVM_ENV_REPORT);
	config.notes = getenv(SVM_ENV_NOTES);
	config.dump = getenv(SVM_ENV_DUMP);
	config.at_end = getenv(SVM_ENV_AT_END);
	config.stay = getenv(SVM_ENV_STAY);
	config.checksum = getenv(SVM_ENV_CHECKSUM);
	config.verbose = getenv(SVM_ENV_VERBOSE);
	config.fill = fill;
	config.fill_seed = fill ? strtoull(fill, NULL, 0) : 0;
	svm_config_policy();
	if (getenv(SVM_ENV_NO_FOLLOW))
		unsetenv("LD_PRELOAD");
}

const struct svm_config *svm_config(void)
{
	return &config;
}
