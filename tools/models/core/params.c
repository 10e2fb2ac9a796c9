// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of a device line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "core/trace.h"

bool model_params_add(struct model_params *p, const char *word)
{
	const char *eq = strchr(word, '=');
	struct model_param *param = &p->list[p->num];

	if (!eq || eq == word) {
		trace_warn("%s: '%s' is not key=value", p->device, word);
		return false;
	}
	if (p->num == MODEL_PARAMS_MAX) {
		trace_warn("%s: more than %d parameters", p->device,
			   MODEL_PARAMS_MAX);
		return false;
	}
	param->key = strndup(word, (size_t)(eq - word));
	param->value = strdup(eq + 1);
	if (!param->key || !param->value) {
		free(param->key);
		free(param->value);
		return false;
	}
	param->used = false;
	p->num++;
	return true;
}

void model_params_free(struct model_params *p)
{
	while (p->num) {
		p->num--;
		free(p->list[p->num].key);
		free(p->list[p->num].value);
	}
}

static void note_known(struct model_params *p, const char *key)
{
	unsigned int i;

	for (i = 0; i < p->num_known; i++)
		if (!strcmp(p->known[i], key))
			return;
	if (p->num_known < MODEL_PARAMS_MAX)
		p->known[p->num_known++] = key;
}

/* The value given last wins. */
const char *model_param_str(struct model_params *p, const char *key,
			    const char *def)
{
	const char *value = def;
	unsigned int i;

	note_known(p, key);
	for (i = 0; i < p->num; i++) {
		if (strcmp(p->list[i].key, key))
			continue;
		p->list[i].used = true;
		value = p->list[i].value;
	}
	return value;
}

static bool parse_number(const char *text, char **end, uint64_t *value)
{
	errno = 0;
	*value = strtoull(text, end, 0);
	return *end != text && !errno && *text != '-' && *text != '+' &&
	       *text != ' ';
}

bool model_parse_size(const char *text, uint64_t *value)
{
	static const char suffixes[] = "KMG";
	const char *suffix;
	unsigned int shift;
	char *end;

	if (!parse_number(text, &end, value))
		return false;
	if (!*end)
		return true;
	suffix = strchr(suffixes, *end);
	if (!suffix || end[1])
		return false;
	shift = 10 * (unsigned int)(suffix - suffixes + 1);
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

uint64_t model_param_size(struct model_params *p, const char *key, uint64_t def)
{
	const char *text = model_param_str(p, key, NULL);
	uint64_t value;

	if (!text)
		return def;
	if (model_parse_size(text, &value))
		return value;
	trace_warn("%s: %s=%s is not a size (a number with K, M or G)",
		   p->device, key, text);
	p->bad = true;
	return def;
}

uint64_t model_param_u64(struct model_params *p, const char *key, uint64_t def)
{
	const char *text = model_param_str(p, key, NULL);
	uint64_t value;
	char *end;

	if (!text)
		return def;
	if (parse_number(text, &end, &value) && !*end)
		return value;
	trace_warn("%s: %s=%s is not a number", p->device, key, text);
	p->bad = true;
	return def;
}

static void list_known(const struct model_params *p, char *buf, size_t size)
{
	unsigned int i;
	size_t len = 0;

	buf[0] = '\0';
	for (i = 0; i < p->num_known && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
					i ? ", " : "", p->known[i]);
}

bool model_params_check(const struct model_params *p)
{
	char known[512];
	unsigned int i;

	for (i = 0; i < p->num; i++) {
		if (p->list[i].used)
			continue;
		list_known(p, known, sizeof(known));
		trace_warn("%s: unknown parameter '%s'; known: %s", p->device,
			   p->list[i].key, known[0] ? known : "none");
		return false;
	}
	return !p->bad;
}
