// SPDX-License-Identifier: GPL-2.0-or-later
/* What the device is, access to its regions, reset. */
#include <errno.h>
#include <string.h>

#include "core/trace.h"
#include "vfio-user/vu_priv.h"

TRACE_CATEGORY(region, "vu.region");

int vu_cmd_get_info(struct vu_server *server, struct vu_msg *msg,
		    struct vu_reply *reply)
{
	struct vu_device_info info;

	(void)server;
	memcpy(&info, msg->data, sizeof(info));
	if (info.argsz < sizeof(info))
		return -EINVAL;
	info = (struct vu_device_info) {
		.argsz = sizeof(info),
		.flags = VU_DEVICE_F_RESET | VU_DEVICE_F_PCI,
		.num_regions = VU_NUM_REGIONS,
		.num_irqs = VU_NUM_IRQS,
	};
	memcpy(vu_reply_alloc(reply, sizeof(info)), &info, sizeof(info));
	return 0;
}

int vu_cmd_region_info(struct vu_server *server, struct vu_msg *msg,
		       struct vu_reply *reply)
{
	struct vu_region_info info;

	memcpy(&info, msg->data, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VU_NUM_REGIONS)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.cap_offset = 0;
	info.offset = 0;
	info.size = server->ops->region_size(server->ctx, info.index);
	info.flags = info.size ? VU_REGION_F_READ | VU_REGION_F_WRITE : 0;
	memcpy(vu_reply_alloc(reply, sizeof(info)), &info, sizeof(info));
	return 0;
}

static int check_access(struct vu_server *server, uint32_t region,
			uint64_t off, uint32_t count)
{
	uint64_t size;

	if (region >= VU_NUM_REGIONS || count > VU_MAX_XFER)
		return -EINVAL;
	size = server->ops->region_size(server->ctx, region);
	if (off > size || count > size - off)
		return -EINVAL;
	return 0;
}

int vu_cmd_region_read(struct vu_server *server, struct vu_msg *msg,
		       struct vu_reply *reply)
{
	struct vu_region_access access;
	uint8_t *out;
	int rc;

	memcpy(&access, msg->data, sizeof(access));
	rc = check_access(server, access.region, access.offset, access.count);
	if (rc)
		return rc;
	out = vu_reply_alloc(reply, sizeof(access) + access.count);
	if (!out)
		return -ENOMEM;
	memcpy(out, &access, sizeof(access));
	if (!access.count)
		return 0;
	return server->ops->region_read(server->ctx, access.region,
					access.offset, out + sizeof(access),
					access.count);
}

static int write_region(struct vu_server *server, uint32_t region,
			uint64_t off, const void *data, uint32_t count)
{
	int rc = check_access(server, region, off, count);

	if (rc || !count)
		return rc;
	trace(region, "%s: write region %u at 0x%llx, %u bytes", server->name,
	      region, (unsigned long long)off, count);
	return server->ops->region_write(server->ctx, region, off, data,
					 count);
}

int vu_cmd_region_write(struct vu_server *server, struct vu_msg *msg,
			struct vu_reply *reply)
{
	struct vu_region_access access;
	int rc;

	memcpy(&access, msg->data, sizeof(access));
	if (msg->len - sizeof(access) != access.count)
		return -EINVAL;
	rc = write_region(server, access.region, access.offset,
			  msg->data + sizeof(access), access.count);
	if (rc)
		return rc;
	memcpy(vu_reply_alloc(reply, sizeof(access)), &access, sizeof(access));
	return 0;
}

/* All entries are tried; the first error is the answer. */
int vu_cmd_write_multi(struct vu_server *server, struct vu_msg *msg,
		       struct vu_reply *reply)
{
	const uint8_t *pos = msg->data + sizeof(uint64_t);
	size_t room = (msg->len - sizeof(uint64_t)) /
		      sizeof(struct vu_write_one);
	uint64_t num, i;
	int rc = 0;

	memcpy(&num, msg->data, sizeof(num));
	if (num > room)
		return -EINVAL;
	for (i = 0; i < num; i++, pos += sizeof(struct vu_write_one)) {
		struct vu_write_one one;
		int err;

		memcpy(&one, pos, sizeof(one));
		err = one.count > sizeof(one.data) ? -EINVAL :
		      write_region(server, one.region, one.offset, one.data,
				   one.count);
		if (!rc)
			rc = err;
	}
	memcpy(vu_reply_alloc(reply, sizeof(num)), &num, sizeof(num));
	return rc;
}

int vu_cmd_reset(struct vu_server *server, struct vu_msg *msg,
		 struct vu_reply *reply)
{
	(void)msg;
	(void)reply;
	server->ops->reset(server->ctx);
	return 0;
}
