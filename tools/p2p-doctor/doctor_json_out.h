/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing JSON: a name of NULL inside of arrays, or for the outermost value. */
#ifndef DOCTOR_JSON_OUT_H
#define DOCTOR_JSON_OUT_H

#include <stdbool.h>
#include <stdio.h>

struct json_out {
	FILE *f;
	unsigned int depth;
	bool more;	/* there is a value before in this object or array */
	bool one_line;
};

void json_begin(struct json_out *out, const char *name, char bracket);
void json_end(struct json_out *out, char bracket);
/* A @text of NULL is null. */
void json_string(struct json_out *out, const char *name, const char *text);
void json_number(struct json_out *out, const char *name, long long value);
void json_bool(struct json_out *out, const char *name, bool value);
void json_null(struct json_out *out, const char *name);
/* After the outermost value. */
void json_finish(struct json_out *out);

#endif
