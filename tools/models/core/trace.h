/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace messages by category, instead of printf.  A category is a static
 * object in the file that uses it and is switched on by name or prefix on the
 * command line: --trace=gpu.mmu,hca (prefix "hca" means every "hca.*").
 *
 *	TRACE_CATEGORY(mmu, "gpu.mmu");
 *	...
 *	trace(mmu, "walk va %" PRIx64 ": no PDE at level %d", va, level);
 *
 * Output goes to stderr (or --trace-file), one line each, with a time stamp in
 * microseconds and the category.  Costs one load and a branch when off.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include <stdbool.h>
#include <stdio.h>

struct trace_category {
	const char *name;
	bool on;
	struct trace_category *next;
};

void trace_register(struct trace_category *cat);

#define TRACE_CATEGORY(id, cat_name)					\
	static struct trace_category trace_cat_##id = { .name = cat_name };\
	__attribute__((constructor)) static void trace_reg_##id(void)	\
	{								\
		trace_register(&trace_cat_##id);			\
	}								\
	_Static_assert(sizeof(cat_name) > 1, "category needs a name")

#define trace(id, ...)							\
	do {								\
		if (__builtin_expect(trace_cat_##id.on, 0))		\
			trace_print(&trace_cat_##id, __VA_ARGS__);	\
	} while (0)

void trace_print(const struct trace_category *cat, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Always printed: what the user must know (once per cause, not per event). */
void trace_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Enable the comma-separated categories or prefixes ("all" too).
 * Returns false, after a message that lists the names, if one is unknown. */
bool trace_enable(const char *list);
void trace_set_output(FILE *out);

#endif
