/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: a line of words per request, a line of JSON per answer,
 *	{"ok":true,"result":...} or {"ok":false,"error":"...","errno":N}
 * Requests of a connection are answered in order; they run in work context.
 */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include "core/machine.h"

struct control;

/* NULL after a warning. */
struct control *control_create(struct machine *machine, const char *path);
void control_destroy(struct control *control);

/* control_cmd.c: runs one request and writes its whole answer. */
void control_execute(struct machine *machine, char *line, FILE *out);

#endif
