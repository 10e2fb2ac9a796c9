// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor_json_out.h"

static void json_text(struct json_out *out, const char *text)
{
	const unsigned char *p;

	fputc('"', out->f);
	for (p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out->f, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			fprintf(out->f, "\\u%04x", *p);
		else
			fputc(*p, out->f);
	}
	fputc('"', out->f);
}

static void json_break(struct json_out *out)
{
	unsigned int i;

	if (out->one_line)
		return;
	fputc('\n', out->f);
	for (i = 0; i < out->depth; i++)
		fputs("  ", out->f);
}

static void json_name(struct json_out *out, const char *name)
{
	if (out->more)
		fputc(',', out->f);
	if (out->depth)
		json_break(out);
	if (name) {
		json_text(out, name);
		fputs(out->one_line ? ":" : ": ", out->f);
	}
	out->more = true;
}

void json_begin(struct json_out *out, const char *name, char bracket)
{
	json_name(out, name);
	fputc(bracket, out->f);
	out->depth++;
	out->more = false;
}

void json_end(struct json_out *out, char bracket)
{
	out->depth--;
	if (out->more)
		json_break(out);
	fputc(bracket, out->f);
	out->more = true;
}

void json_string(struct json_out *out, const char *name, const char *text)
{
	json_name(out, name);
	if (text)
		json_text(out, text);
	else
		fputs("null", out->f);
}

void json_number(struct json_out *out, const char *name, long long value)
{
	json_name(out, name);
	fprintf(out->f, "%lld", value);
}

void json_bool(struct json_out *out, const char *name, bool value)
{
	json_name(out, name);
	fputs(value ? "true" : "false", out->f);
}

void json_null(struct json_out *out, const char *name)
{
	json_string(out, name, NULL);
}

void json_finish(struct json_out *out)
{
	fputc('\n', out->f);
	out->more = false;
}
