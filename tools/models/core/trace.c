// SPDX-License-Identifier: GPL-2.0-or-later
/* Trace categories and their output. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/loop.h"
#include "core/trace.h"

static struct trace_category *categories;
static FILE *trace_out;
static uint64_t trace_start_ns;

void trace_register(struct trace_category *cat)
{
	struct trace_category **pos = &categories;

	/* sorted, so that lists of names read well */
	while (*pos && strcmp((*pos)->name, cat->name) < 0)
		pos = &(*pos)->next;
	cat->next = *pos;
	*pos = cat;
	if (!trace_start_ns)
		trace_start_ns = loop_now_ns();
}

static void print_line(const char *what, const char *fmt, va_list args)
{
	FILE *out = trace_out ? trace_out : stderr;
	uint64_t us = (loop_now_ns() - trace_start_ns) / 1000;

	fprintf(out, "%6" PRIu64 ".%06" PRIu64 " %s: ", us / 1000000,
		us % 1000000, what);
	vfprintf(out, fmt, args);
	fputc('\n', out);
}

void trace_print(const struct trace_category *cat, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(cat->name, fmt, args);
	va_end(args);
}

void trace_warn(const char *fmt, ...)
{
	va_list args;

	if (!trace_start_ns)
		trace_start_ns = loop_now_ns();
	va_start(args, fmt);
	print_line("warning", fmt, args);
	va_end(args);
	fflush(trace_out ? trace_out : stderr);
}

static bool item_matches(const char *item, size_t len, const char *name)
{
	if (len == 3 && !memcmp(item, "all", 3))
		return true;
	return !strncmp(item, name, len) &&
	       (name[len] == '\0' || name[len] == '.');
}

static bool enable_item(const char *item, size_t len)
{
	struct trace_category *cat;
	bool found = false;

	for (cat = categories; cat; cat = cat->next) {
		if (!item_matches(item, len, cat->name))
			continue;
		cat->on = true;
		found = true;
	}
	return found;
}

static void list_categories(const char *item, size_t len)
{
	const struct trace_category *cat;
	const char *last = "";

	fprintf(stderr, "unknown trace category '%.*s'; known: all", (int)len,
		item);
	for (cat = categories; cat; cat = cat->next) {
		if (strcmp(cat->name, last))
			fprintf(stderr, ", %s", cat->name);
		last = cat->name;
	}
	fputc('\n', stderr);
}

bool trace_enable(const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		if (len && !enable_item(list, len)) {
			list_categories(list, len);
			return false;
		}
		list += len;
		list += *list == ',';
	}
	return true;
}

void trace_set_output(FILE *out)
{
	trace_out = out;
}
