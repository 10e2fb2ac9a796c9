// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a complete message to its handler and back with an answer.  What every
 * handler may rely on (length, files, order) is checked here by a table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace.h"
#include "vfio-user/vu_priv.h"

TRACE_CATEGORY(msg, "vu.msg");

struct vu_command {
	const char *name;
	int (*fn)(struct vu_server *s, struct vu_msg *m, struct vu_reply *r);
	size_t min_len;
	unsigned int max_fds;
};

static const struct vu_command commands[] = {
	[VU_VERSION] = { "version", vu_cmd_version,
		sizeof(struct vu_version), 0 },
	[VU_DMA_MAP] = { "dma-map", vu_cmd_dma_map,
		sizeof(struct vu_dma_map_msg), 1 },
	[VU_DMA_UNMAP] = { "dma-unmap", vu_cmd_dma_unmap,
		sizeof(struct vu_dma_unmap_msg), 0 },
	[VU_GET_INFO] = { "get-info", vu_cmd_get_info,
		sizeof(struct vu_device_info), 0 },
	[VU_GET_REGION_INFO] = { "get-region-info", vu_cmd_region_info,
		sizeof(struct vu_region_info), 0 },
	[VU_GET_IRQ_INFO] = { "get-irq-info", vu_cmd_irq_info,
		sizeof(struct vu_irq_info), 0 },
	[VU_SET_IRQS] = { "set-irqs", vu_cmd_set_irqs,
		sizeof(struct vu_irq_set), VU_MAX_FDS },
	[VU_REGION_READ] = { "region-read", vu_cmd_region_read,
		sizeof(struct vu_region_access), 0 },
	[VU_REGION_WRITE] = { "region-write", vu_cmd_region_write,
		sizeof(struct vu_region_access), 0 },
	[VU_DEVICE_RESET] = { "reset", vu_cmd_reset, 0, 0 },
	[VU_REGION_WRITE_MULTI] = { "region-write-multi", vu_cmd_write_multi,
		sizeof(uint64_t), 0 },
};

void *vu_reply_alloc(struct vu_reply *reply, size_t len)
{
	if (len <= sizeof(reply->small)) {
		reply->data = reply->small;
		memset(reply->small, 0, len);
	} else {
		reply->data = calloc(1, len);
	}
	reply->len = reply->data ? len : 0;
	return reply->data;
}

static const struct vu_command *find_command(uint16_t cmd)
{
	if (cmd >= sizeof(commands) / sizeof(commands[0]) ||
	    !commands[cmd].fn)
		return NULL;
	return &commands[cmd];
}

static int run_command(struct vu_server *server, struct vu_msg *msg,
		       struct vu_reply *reply)
{
	const struct vu_command *cmd = find_command(msg->hdr.cmd);

	if (!cmd)
		return -ENOSYS;
	if (msg->len < cmd->min_len || msg->num_fds > cmd->max_fds)
		return -EINVAL;
	if (server->negotiated != (msg->hdr.cmd != VU_VERSION))
		return -EPROTO;
	return cmd->fn(server, msg, reply);
}

static void note_error(struct vu_server *server, const struct vu_msg *msg,
		       int rc)
{
	const struct vu_command *cmd = find_command(msg->hdr.cmd);

	server->stat_errors++;
	trace(msg, "%s: command %u (%s) refused: %s", server->name,
	      msg->hdr.cmd, cmd ? cmd->name : "unknown", strerror(-rc));
	/* nobody else hears of a posted write that failed */
	if ((msg->hdr.flags & VU_F_NO_REPLY) && !server->warned_posted) {
		server->warned_posted = true;
		trace_warn("%s: a posted write was refused: %s", server->name,
			   strerror(-rc));
	}
}

static void send_reply(struct vu_server *server, const struct vu_msg *msg,
		       int rc, const struct vu_reply *reply)
{
	struct vu_header hdr = {
		.id = msg->hdr.id,
		.cmd = msg->hdr.cmd,
		.flags = VU_F_REPLY | (rc ? VU_F_ERROR : 0),
		.error = (uint32_t)-rc,
	};

	vu_msg_send(server, &hdr, reply->data, rc ? 0 : reply->len, NULL, 0);
}

void vu_dispatch(struct vu_server *server, struct vu_msg *msg)
{
	struct vu_reply reply = { .data = NULL };
	int rc;

	server->stat_msgs++;
	if ((msg->hdr.flags & VU_F_TYPE) == VU_F_REPLY) {
		vu_req_reply(server, msg);
		return;
	}
	if (msg->hdr.flags & VU_F_TYPE)
		rc = -EINVAL;
	else
		rc = run_command(server, msg, &reply);
	if (rc)
		note_error(server, msg, rc);
	if (!(msg->hdr.flags & VU_F_NO_REPLY))
		send_reply(server, msg, rc, &reply);
	if (reply.data != reply.small)
		free(reply.data);
}
