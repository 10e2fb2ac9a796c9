// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts: eventfds that the client gives per index and vector.
 *
 * Source: <linux/vfio.h>, VFIO_DEVICE_SET_IRQS.  INTx is level-triggered and
 * masks itself when sent; the client unmasks it after the guest has served it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/trace.h"
#include "vfio-user/vu_priv.h"

TRACE_CATEGORY(irq, "vu.irq");

void vu_irq_init(struct vu_server *server)
{
	unsigned int index, vec;

	for (index = 0; index < VU_NUM_IRQS; index++)
		for (vec = 0; vec < VU_MAX_VECTORS; vec++)
			server->irqs[index][vec].fd = -1;
}

static void release_vector(struct vu_vector *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
	v->masked = false;
}

void vu_irq_release(struct vu_server *server)
{
	unsigned int index, vec;

	for (index = 0; index < VU_NUM_IRQS; index++)
		for (vec = 0; vec < VU_MAX_VECTORS; vec++)
			release_vector(&server->irqs[index][vec]);
}

static unsigned int vector_count(struct vu_server *server, uint32_t index)
{
	unsigned int num;

	if (index >= VU_NUM_IRQS)
		return 0;
	num = server->ops->irq_count(server->ctx, (enum vu_irq_index)index);
	return num < VU_MAX_VECTORS ? num : VU_MAX_VECTORS;
}

static uint32_t irq_flags(uint32_t index)
{
	switch (index) {
	case VU_IRQ_INTX:
		return VU_IRQ_F_EVENTFD | VU_IRQ_F_MASKABLE |
		       VU_IRQ_F_AUTOMASKED;
	case VU_IRQ_MSIX:
		/* vectors may be added while others are in use */
		return VU_IRQ_F_EVENTFD;
	default:
		return VU_IRQ_F_EVENTFD | VU_IRQ_F_NORESIZE;
	}
}

int vu_cmd_irq_info(struct vu_server *server, struct vu_msg *msg,
		    struct vu_reply *reply)
{
	struct vu_irq_info info;

	memcpy(&info, msg->data, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VU_NUM_IRQS)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.count = vector_count(server, info.index);
	info.flags = info.count ? irq_flags(info.index) : 0;
	memcpy(vu_reply_alloc(reply, sizeof(info)), &info, sizeof(info));
	return 0;
}

/* ---- SET_IRQS ---- */

static bool is_one_bit(uint32_t val)
{
	return val && !(val & (val - 1));
}

static int check_set(struct vu_server *server, const struct vu_irq_set *set,
		     const struct vu_msg *msg)
{
	unsigned int num = vector_count(server, set->index);
	uint32_t data = set->flags & VU_IRQ_DATA;
	size_t len = msg->len - sizeof(*set);

	if (set->argsz < sizeof(*set) || set->index >= VU_NUM_IRQS ||
	    !is_one_bit(data) || !is_one_bit(set->flags & VU_IRQ_ACTION) ||
	    (set->flags & ~(VU_IRQ_DATA | VU_IRQ_ACTION)))
		return -EINVAL;
	if (set->start > num || set->count > num - set->start)
		return -EINVAL;
	if (data == VU_IRQ_DATA_BOOL && len < set->count)
		return -EINVAL;
	if (data != VU_IRQ_DATA_EVENTFD)
		return msg->num_fds ? -EINVAL : 0;
	/* no file at all: the vectors lose theirs */
	return msg->num_fds && msg->num_fds != set->count ? -EINVAL : 0;
}

static void assign_fds(struct vu_server *server, const struct vu_irq_set *set,
		       struct vu_msg *msg)
{
	uint32_t i;

	for (i = 0; i < set->count; i++) {
		struct vu_vector *v = &server->irqs[set->index][set->start + i];

		release_vector(v);
		if (i >= msg->num_fds)
			continue;
		v->fd = msg->fds[i];
		msg->fds[i] = -1;
	}
}

static bool selected(const struct vu_irq_set *set, const struct vu_msg *msg,
		     uint32_t i)
{
	return (set->flags & VU_IRQ_DATA_NONE) ||
	       msg->data[sizeof(*set) + i];
}

static void signal_vectors(struct vu_server *server,
			   const struct vu_irq_set *set,
			   const struct vu_msg *msg)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		if (selected(set, msg, i))
			vu_irq_trigger(server, (enum vu_irq_index)set->index,
				       set->start + i);
}

static int set_trigger(struct vu_server *server, const struct vu_irq_set *set,
		       struct vu_msg *msg)
{
	unsigned int vec;

	if (set->flags & VU_IRQ_DATA_EVENTFD) {
		assign_fds(server, set, msg);
		return 0;
	}
	if (set->count || !(set->flags & VU_IRQ_DATA_NONE)) {
		signal_vectors(server, set, msg);
		return 0;
	}
	for (vec = 0; vec < VU_MAX_VECTORS; vec++)
		release_vector(&server->irqs[set->index][vec]);
	return 0;
}

/* Unmasking by eventfd is what KVM can do; the client copes without. */
static int set_mask(struct vu_server *server, const struct vu_irq_set *set,
		    const struct vu_msg *msg)
{
	uint32_t i;

	if (set->index != VU_IRQ_INTX || (set->flags & VU_IRQ_DATA_EVENTFD))
		return -EOPNOTSUPP;
	for (i = 0; i < set->count; i++)
		if (selected(set, msg, i))
			server->irqs[set->index][set->start + i].masked =
				set->flags & VU_IRQ_MASK;
	return 0;
}

int vu_cmd_set_irqs(struct vu_server *server, struct vu_msg *msg,
		    struct vu_reply *reply)
{
	struct vu_irq_set set;
	int rc;

	(void)reply;
	memcpy(&set, msg->data, sizeof(set));
	trace(irq, "%s: set-irqs index %u start %u count %u flags 0x%x, %u files",
	      server->name, set.index, set.start, set.count, set.flags,
	      msg->num_fds);
	rc = check_set(server, &set, msg);
	if (rc)
		return rc;
	if (set.flags & VU_IRQ_TRIGGER)
		rc = set_trigger(server, &set, msg);
	else
		rc = set_mask(server, &set, msg);
	if (!rc)
		server->ops->irq_changed(server->ctx,
					 (enum vu_irq_index)set.index,
					 !set.count);
	return rc;
}

bool vu_irq_trigger(struct vu_server *server, enum vu_irq_index index,
		    unsigned int vec)
{
	const uint64_t one = 1;
	struct vu_vector *v;

	if (vec >= VU_MAX_VECTORS)
		return false;
	v = &server->irqs[index][vec];
	if (v->fd < 0 || v->masked)
		return false;
	v->masked = index == VU_IRQ_INTX;
	/* a full counter (EAGAIN) is an interrupt that waits already */
	return write(v->fd, &one, sizeof(one)) == sizeof(one) ||
	       errno == EAGAIN;
}
