// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The library is opened when it is needed: the doctor also runs where it is not
 * installed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <string.h>

#include "doctor_fs.h"
#include "doctor_verbs.h"

struct verbs_lib {
	void *handle;
	struct ibv_device **(*get_list)(int *nr);
	void (*free_list)(struct ibv_device **list);
	const char *(*name)(struct ibv_device *device);
	struct ibv_context *(*open)(struct ibv_device *device);
	int (*close)(struct ibv_context *context);
};

static bool verbs_lib_open(struct verbs_lib *lib)
{
	lib->handle = dlopen("libibverbs.so.1", RTLD_NOW);
	if (!lib->handle)
		return false;
	lib->get_list = dlsym(lib->handle, "ibv_get_device_list");
	lib->free_list = dlsym(lib->handle, "ibv_free_device_list");
	lib->name = dlsym(lib->handle, "ibv_get_device_name");
	lib->open = dlsym(lib->handle, "ibv_open_device");
	lib->close = dlsym(lib->handle, "ibv_close_device");
	return lib->get_list && lib->free_list && lib->name && lib->open &&
	       lib->close;
}

static struct ibv_context *verbs_lib_open_device(const struct verbs_lib *lib,
						 const char *device)
{
	struct ibv_context *context = NULL;
	struct ibv_device **list;
	int i, nr = 0;

	list = lib->get_list(&nr);
	if (!list)
		return NULL;
	errno = ENODEV;
	for (i = 0; i < nr; i++)
		if (!strcmp(lib->name(list[i]), device))
			context = lib->open(list[i]);
	lib->free_list(list);
	return context;
}

/* The inline function of this name has a fall back that would have to be linked. */
static int verbs_query(struct ibv_context *context,
		       struct ibv_device_attr_ex *attr)
{
	struct verbs_context *vctx =
		verbs_get_ctx_op(context, query_device_ex);

	memset(attr, 0, sizeof(*attr));
	if (!vctx)
		return EOPNOTSUPP;
	return vctx->query_device_ex(context, NULL, attr, sizeof(*attr));
}

static enum doctor_answer verbs_answer(uint64_t bits)
{
	return bits ? DOCTOR_YES : DOCTOR_NO;
}

static void verbs_fill(struct doctor_odp *odp,
		       const struct ibv_device_attr_ex *attr)
{
	const struct ibv_odp_caps *caps = &attr->odp_caps;

	odp->supported = verbs_answer(caps->general_caps & IBV_ODP_SUPPORT);
	odp->implicit = verbs_answer(caps->general_caps &
				     IBV_ODP_SUPPORT_IMPLICIT);
	odp->rc = caps->per_transport_caps.rc_odp_caps;
	odp->uc = caps->per_transport_caps.uc_odp_caps;
	odp->ud = caps->per_transport_caps.ud_odp_caps;
	odp->xrc = attr->xrc_odp_caps;
}

void doctor_verbs_odp(struct doctor_odp *odp, const char *device)
{
	struct ibv_device_attr_ex attr;
	struct ibv_context *context;
	struct verbs_lib lib;
	int err;

	memset(odp, 0, sizeof(*odp));
	if (doctor_fs_is_copy()) {
		snprintf(odp->why, sizeof(odp->why), "not asked: --sysroot");
		return;
	}
	if (!verbs_lib_open(&lib)) {
		snprintf(odp->why, sizeof(odp->why),
			 "libibverbs.so.1 is not installed");
		return;
	}
	context = verbs_lib_open_device(&lib, device);
	if (!context) {
		snprintf(odp->why, sizeof(odp->why),
			 "device cannot be opened: %s", strerror(errno));
		return;
	}
	err = verbs_query(context, &attr);
	if (err)
		snprintf(odp->why, sizeof(odp->why), "query: %s", strerror(err));
	else
		verbs_fill(odp, &attr);
	lib.close(context);
}

void doctor_verbs_ops(uint32_t ops, char text[DOCTOR_ODP_TEXT])
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{ IBV_ODP_SUPPORT_SEND, "send" },
		{ IBV_ODP_SUPPORT_RECV, "recv" },
		{ IBV_ODP_SUPPORT_WRITE, "write" },
		{ IBV_ODP_SUPPORT_READ, "read" },
		{ IBV_ODP_SUPPORT_ATOMIC, "atomic" },
		{ IBV_ODP_SUPPORT_SRQ_RECV, "srq-recv" },
	};
	size_t i, len = 0;

	snprintf(text, DOCTOR_ODP_TEXT, "none");
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (ops & bits[i].bit && len < DOCTOR_ODP_TEXT)
			len += snprintf(text + len, DOCTOR_ODP_TEXT - len, "%s%s",
					len ? " " : "", bits[i].name);
}
