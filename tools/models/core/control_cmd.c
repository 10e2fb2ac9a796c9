// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands of the control socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/control.h"
#include "core/trace.h"
#include "pci/pci_cfg.h"
#include "pci/pci_off.h"

#define MAX_WORDS	64

struct request {
	struct machine *machine;
	int argc;
	char *argv[MAX_WORDS + 1];
	FILE *out;			/* of the result */
};

struct command {
	const char *name, *help;
	int (*fn)(struct request *req);
};

static void print_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

/* ---- counters ---- */

static void print_counters(const struct machine_slot *slot, FILE *out)
{
	const struct pci_dev *dev = slot->dev;
	bool first = true;

	fputc('{', out);
	stats_print(out, pci_dev_stats, dev, &first);
	pci_vu_print_stats(slot->vu, out, &first);
	stats_print(out, dev->stats, dev->stats_base, &first);
	fputc('}', out);
}

static void reset_counters(struct machine_slot *slot)
{
	stats_reset(pci_dev_stats, slot->dev);
	pci_vu_reset_stats(slot->vu);
	stats_reset(slot->dev->stats, slot->dev->stats_base);
}

static int cmd_counters(struct request *req)
{
	struct machine_slot *slot;

	if (req->argc == 2) {
		slot = machine_find(req->machine, req->argv[1]);
		if (!slot)
			return -ENODEV;
		print_counters(slot, req->out);
		return 0;
	}
	fputc('{', req->out);
	for (slot = req->machine->slots; slot; slot = slot->next) {
		print_string(req->out, slot->dev->name);
		fputc(':', req->out);
		print_counters(slot, req->out);
		fputs(slot->next ? "," : "", req->out);
	}
	fputc('}', req->out);
	return 0;
}

static int cmd_counters_reset(struct request *req)
{
	struct machine_slot *slot;

	if (req->argc == 2) {
		slot = machine_find(req->machine, req->argv[1]);
		if (!slot)
			return -ENODEV;
		reset_counters(slot);
	} else {
		for (slot = req->machine->slots; slot; slot = slot->next)
			reset_counters(slot);
	}
	fputs("null", req->out);
	return 0;
}

/* ---- the rest ---- */

static int cmd_devices(struct request *req)
{
	const struct machine_slot *slot = req->machine->slots;

	fputc('[', req->out);
	for (; slot; slot = slot->next) {
		fputs("{\"name\":", req->out);
		print_string(req->out, slot->dev->name);
		fputs(",\"model\":", req->out);
		print_string(req->out, slot->model->name);
		fprintf(req->out, ",\"id\":\"%04x:%04x\",\"connected\":%s}%s",
			slot->dev->ids.vendor, slot->dev->ids.device,
			pci_vu_connected(slot->vu) ? "true" : "false",
			slot->next ? "," : "");
	}
	fputc(']', req->out);
	return 0;
}

static int cmd_trace(struct request *req)
{
	if (req->argc != 2 || !trace_enable(req->argv[1]))
		return -EINVAL;
	fputs("null", req->out);
	return 0;
}

static int cmd_quit(struct request *req)
{
	loop_stop(req->machine->loop);
	fputs("null", req->out);
	return 0;
}

static int cmd_help(struct request *req);

/* Of each device, whatever its kind: "DEV bus off". */
static int device_bus(struct request *req, struct machine_slot *slot)
{
	const char *state = req->argc == 3 ? req->argv[2] : "";

	if (!strcmp(state, "off"))
		pci_off_set(slot->dev, true);
	else if (!strcmp(state, "on"))
		pci_off_set(slot->dev, false);
	else if (!strcmp(state, "reset"))
		pci_off_return(slot->dev);
	else
		return -EINVAL;
	fputs("true", req->out);
	return 0;
}

static const struct command commands[] = {
	{ "help", "this list", cmd_help },
	{ "devices", "name, model and state of all devices", cmd_devices },
	{ "counters", "[DEV]: counters of one or all devices", cmd_counters },
	{ "counters-reset", "[DEV]: clear them", cmd_counters_reset },
	{ "trace", "LIST: switch trace categories on", cmd_trace },
	{ "quit", "end this process", cmd_quit },
	{ }
};

static int cmd_help(struct request *req)
{
	const struct machine_slot *slot = req->machine->slots;
	const struct command *cmd;
	char line[256];

	fputc('[', req->out);
	for (cmd = commands; cmd->name; cmd++) {
		snprintf(line, sizeof(line), "%s %s", cmd->name, cmd->help);
		fputs(cmd == commands ? "" : ",", req->out);
		print_string(req->out, line);
	}
	for (; slot; slot = slot->next) {
		const char *const *help = slot->dev->ops->control_help;

		fprintf(req->out, ",\"%s bus off|on|reset             %s\"",
			slot->dev->name,
			"take the device off the bus, and back, or back and reset");
		for (; help && *help; help++) {
			snprintf(line, sizeof(line), "%s %s", slot->dev->name,
				 *help);
			fputc(',', req->out);
			print_string(req->out, line);
		}
	}
	fputc(']', req->out);
	return 0;
}

static int run(struct request *req)
{
	const struct command *cmd;
	struct machine_slot *slot;

	if (!req->argc)
		return -EINVAL;
	for (cmd = commands; cmd->name; cmd++)
		if (!strcmp(cmd->name, req->argv[0]))
			return cmd->fn(req);
	slot = machine_find(req->machine, req->argv[0]);
	if (!slot)
		return -ENOSYS;
	if (req->argc < 2)
		return -EINVAL;
	if (!strcmp(req->argv[1], "bus"))
		return device_bus(req, slot);
	if (!slot->dev->ops->control)
		return -ENOSYS;
	return slot->dev->ops->control(slot->dev, req->argc - 1,
				       req->argv + 1, req->out);
}

static bool split(struct request *req, char *line)
{
	char *save, *word = strtok_r(line, " \t\r\n", &save);

	for (; word; word = strtok_r(NULL, " \t\r\n", &save)) {
		if (req->argc == MAX_WORDS)
			return false;
		req->argv[req->argc++] = word;
	}
	return true;
}

static void print_error(FILE *out, int rc)
{
	const char *text = rc == -ENOSYS ? "unknown command or device (see help)" :
			   strerror(-rc);

	fputs("{\"ok\":false,\"error\":", out);
	print_string(out, text);
	fprintf(out, ",\"errno\":%d}\n", -rc);
}

void control_execute(struct machine *machine, char *line, FILE *out)
{
	struct request req = { .machine = machine };
	char *result = NULL;
	size_t size = 0;
	int rc;

	req.out = open_memstream(&result, &size);
	if (!req.out) {
		print_error(out, -ENOMEM);
		return;
	}
	rc = split(&req, line) ? run(&req) : -E2BIG;
	fclose(req.out);
	if (rc)
		print_error(out, rc);
	else
		fprintf(out, "{\"ok\":true,\"result\":%s}\n",
			size ? result : "null");
	free(result);
}
