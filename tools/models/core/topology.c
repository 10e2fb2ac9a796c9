// SPDX-License-Identifier: GPL-2.0-or-later
/* Reader of the machine description. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/topology.h"
#include "core/trace.h"

#define BLANKS	" \t\r\n"
/* A name becomes part of a socket's path. */
#define NAME_MAX_LEN	31

static bool name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t len = strlen(name);

	return len && len <= NAME_MAX_LEN && strspn(name, allowed) == len;
}

static bool add_words(struct topology_device *dev, char **save)
{
	char *word;

	while ((word = strtok_r(NULL, BLANKS, save))) {
		if (!strncmp(word, "at=", 3))
			continue;
		if (!model_params_add(&dev->params, word))
			return false;
	}
	return true;
}

/* What follows the word "device". */
static struct topology_device *parse_device(char **save)
{
	const char *name = strtok_r(NULL, BLANKS, save);
	const char *model = strtok_r(NULL, BLANKS, save);
	struct topology_device *dev;

	if (!name || !model || !name_ok(name)) {
		trace_warn("a device line reads 'device NAME MODEL key=value...'");
		return NULL;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return NULL;
	dev->name = strdup(name);
	dev->model = strdup(model);
	dev->params.device = dev->name;
	if (dev->name && dev->model && add_words(dev, save))
		return dev;
	topology_free(dev);
	return NULL;
}

static bool append(struct topology_device **list, struct topology_device *dev)
{
	for (; *list; list = &(*list)->next) {
		if (strcmp((*list)->name, dev->name))
			continue;
		trace_warn("two devices are called %s", dev->name);
		return false;
	}
	*list = dev;
	return true;
}

/* Not a model, but a device that QEMU has itself */
static bool of_vmm(const struct topology_device *dev)
{
	return !strcmp(dev->model, "ivshmem");
}

static bool parse_line(struct topology_device **list, char *line)
{
	struct topology_device *dev;
	char *save, *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, BLANKS, &save);
	if (!word || strcmp(word, "device"))
		return true;
	dev = parse_device(&save);
	if (!dev)
		return false;
	if (of_vmm(dev)) {
		topology_free(dev);
		return true;
	}
	if (append(list, dev))
		return true;
	topology_free(dev);
	return false;
}

static bool parse_file(FILE *file, const char *path,
		       struct topology_device **list)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	bool ok = true;

	while (ok && getline(&line, &size, file) >= 0) {
		number++;
		ok = parse_line(list, line);
		if (!ok)
			trace_warn("%s:%u: see above", path, number);
	}
	free(line);
	return ok;
}

struct topology_device *topology_load(const char *path)
{
	struct topology_device *list = NULL;
	FILE *file = fopen(path, "r");
	bool ok;

	if (!file) {
		trace_warn("cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	ok = parse_file(file, path, &list);
	fclose(file);
	if (ok && !list)
		trace_warn("%s: no device line", path);
	if (ok)
		return list;
	topology_free(list);
	return NULL;
}

void topology_free(struct topology_device *devices)
{
	struct topology_device *next;

	for (; devices; devices = next) {
		next = devices->next;
		model_params_free(&devices->params);
		free(devices->name);
		free(devices->model);
		free(devices);
	}
}
