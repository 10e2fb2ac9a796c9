// SPDX-License-Identifier: GPL-2.0-or-later
/* VERSION: the first message of a connection. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio-user/vu_priv.h"

/* The least a client must take in one DMA message to be of use. */
#define MIN_XFER	8

/*
 * A number in the client's JSON.  The names are unique in it, wherever they
 * are nested, so that no parser is needed.
 */
static uint64_t json_number(const char *json, const char *name, uint64_t def)
{
	char quoted[64];
	const char *pos;

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	pos = strstr(json, quoted);
	if (!pos)
		return def;
	pos += strlen(quoted);
	pos += strspn(pos, " \t\r\n:");
	return *pos >= '0' && *pos <= '9' ? strtoull(pos, NULL, 10) : def;
}

/* The text is optional; if it is there it has to be an object and to end. */
static bool json_ok(const char *json, size_t len)
{
	return !len || (json[0] == '{' && !json[len - 1]);
}

static void read_capabilities(struct vu_server *server, const char *json,
			      size_t len)
{
	uint64_t xfer = VU_MAX_XFER;

	if (len)
		xfer = json_number(json, "max_data_xfer_size", xfer);
	server->max_xfer = xfer < VU_MAX_XFER ? (size_t)xfer : VU_MAX_XFER;
	if (server->max_xfer < MIN_XFER)
		server->max_xfer = MIN_XFER;
}

static int offer(struct vu_reply *reply)
{
	char json[256];
	uint8_t *out;
	int len = snprintf(json, sizeof(json),
			   "{\"capabilities\":{\"max_msg_fds\":%u,"
			   "\"max_data_xfer_size\":%u,\"pgsizes\":4096,"
			   "\"max_dma_maps\":%u,\"write_multiple\":true}}",
			   VU_MAX_FDS, VU_MAX_XFER, VU_MAX_DMA_MAPS) + 1;

	/* version 0.0, which is what calloc() says */
	out = vu_reply_alloc(reply, sizeof(struct vu_version) + (size_t)len);
	if (!out)
		return -ENOMEM;
	memcpy(out + sizeof(struct vu_version), json, (size_t)len);
	return 0;
}

int vu_cmd_version(struct vu_server *server, struct vu_msg *msg,
		   struct vu_reply *reply)
{
	const char *json = (char *)msg->data + sizeof(struct vu_version);
	size_t len = msg->len - sizeof(struct vu_version);
	struct vu_version version;
	int rc;

	memcpy(&version, msg->data, sizeof(version));
	if (version.major)
		return -EPROTONOSUPPORT;
	if (!json_ok(json, len))
		return -EINVAL;
	read_capabilities(server, json, len);
	rc = offer(reply);
	if (rc)
		return rc;
	server->negotiated = true;
	server->ops->connected(server->ctx, true);
	return 0;
}
