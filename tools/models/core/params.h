/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key=value words of one device line, and which keys the model asked for.
 */
#ifndef CORE_PARAMS_H
#define CORE_PARAMS_H

#include "core/model.h"

#define MODEL_PARAMS_MAX	32

struct model_param {
	char *key, *value;
	bool used;
};

struct model_params {
	const char *device;		/* for messages */
	struct model_param list[MODEL_PARAMS_MAX];
	unsigned int num;
	const char *known[MODEL_PARAMS_MAX];
	unsigned int num_known;
	bool bad;			/* a malformed value was reported */
};

/* Adds a "key=value" word.  False after a warning. */
bool model_params_add(struct model_params *p, const char *word);

/* After create(): false, after a warning, for malformed values and for keys
 * that the model did not ask for. */
bool model_params_check(const struct model_params *p);

void model_params_free(struct model_params *p);

/* A number with an optional K, M or G suffix; 0x and decimal. */
bool model_parse_size(const char *text, uint64_t *value);

#endif
