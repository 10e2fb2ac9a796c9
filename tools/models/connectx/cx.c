// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ConnectX-7: creation, BAR 0, reset, DMA wrappers.
 *
 * BAR 0 is one 64-bit prefetchable BAR of UAR pages of 4 KiB.  Pages 0 and 1
 * hold the initialization segment, page 2 the MSI-X table, page 3 the PBA.
 *
 * Source: drivers/net/ethernet/mellanox/mlx5/core/main.c (PCI ids, BAR use),
 * include/linux/mlx5/device.h (initialization segment), pci.ids.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "core/model.h"
#include "core/trace.h"
#include "connectx/cx.h"
#include "connectx/cx_caps.h"
#include "connectx/cx_cmd.h"
#include "connectx/cx_cq.h"
#include "connectx/cx_ethsq.h"
#include "connectx/cx_init_seg.h"
#include "connectx/cx_inject.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_odp.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_rx.h"
#include "connectx/cx_uar.h"
#include "connectx/cx_vport.h"

TRACE_CATEGORY(dev, "hca.dev");
TRACE_CATEGORY(guest, "hca.guest");

#define CX_MSIX_TABLE	0x2000
#define CX_MSIX_PBA	0x3000

void cx_guest_error(struct cx *cx, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	cx->stat.guest_errors++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trace(guest, "%s: %s", cx->pci.name, text);
}

static int cx_dma_result(struct cx *cx, uint32_t gen, uint64_t addr, int ret)
{
	if (gen != cx->gen)
		return -ECANCELED;
	if (ret && ret != -ECANCELED) {
		cx->stat.dma_errors++;
		trace(dev, "%s: DMA at %#llx: %d", cx->pci.name,
		      (unsigned long long)addr, ret);
	}
	return ret;
}

int cx_dma_read(struct cx *cx, uint64_t addr, void *buf, size_t len)
{
	uint32_t gen = cx->gen;

	return cx_dma_result(cx, gen, addr,
			     pci_dma_read(&cx->pci, addr, buf, len));
}

int cx_dma_write(struct cx *cx, uint64_t addr, const void *buf, size_t len)
{
	uint32_t gen = cx->gen;

	return cx_dma_result(cx, gen, addr,
			     pci_dma_write(&cx->pci, addr, buf, len));
}

int cx_dma_release(struct cx *cx, uint64_t addr, const void *buf, size_t len)
{
	uint32_t gen = cx->gen;

	return cx_dma_result(cx, gen, addr,
			     pci_dma_write_release(&cx->pci, addr, buf, len));
}

static uint64_t cx_bar_read(struct pci_dev *dev, uint64_t off,
			    unsigned int size)
{
	struct cx *cx = cx_of(dev);

	if (off < CX_MSIX_TABLE)
		return cx_init_seg_read(cx, off, size);
	return 0;		/* UAR pages are write-only */
}

static void cx_bar_write(struct pci_dev *dev, uint64_t off, unsigned int size,
			 uint64_t val)
{
	struct cx *cx = cx_of(dev);

	if (off < CX_MSIX_TABLE)
		cx_init_seg_write(cx, off, size, val);
	else if (off >= CX_FIRST_UAR * 4096)
		cx_uar_write(cx, off, size, val);
}

static const struct pci_bar_ops cx_bar_ops = {
	.read = cx_bar_read,
	.write = cx_bar_write,
};

static void cx_reap(struct loop_work *work)
{
	struct cx *cx = pci_container_of(work, struct cx, reap_work);

	while (cx->graveyard) {
		struct cx_obj *obj = cx->graveyard;

		cx->graveyard = obj->next_dead;
		obj->free(obj);
	}
}

void cx_bury(struct cx *cx, struct cx_obj *obj)
{
	obj->next_dead = cx->graveyard;
	cx->graveyard = obj;
	loop_work_queue(cx->pci.loop, &cx->reap_work);
}

static struct cx_tbl *const *cx_tables(struct cx *cx, size_t *n)
{
	static struct cx_tbl *t[18];
	struct cx_tbl *all[] = {
		&cx->eqs, &cx->cqs, &cx->srqs, &cx->qps, &cx->mkeys, &cx->pds,
		&cx->uars, &cx->xrcds, &cx->tds, &cx->qcounters, &cx->mcgs,
		&cx->ethsqs, &cx->ethrqs, &cx->tises, &cx->tirs, &cx->rqts,
		&cx->fts, &cx->fgs,
	};

	_Static_assert(sizeof(t) == sizeof(all), "same tables");
	memcpy(t, all, sizeof(t));
	*n = sizeof(t) / sizeof(t[0]);
	return t;
}

static void cx_init_eth_tables(struct cx *cx)
{
	cx_tbl_init(&cx->ethsqs, CX_FIRST_ETHSQ,
		    CX_FIRST_ETHSQ + (1u << CX_LOG_MAX_ETHQ) - 1);
	cx_tbl_init(&cx->ethrqs, 1, (1u << CX_LOG_MAX_ETHQ) - 1);
	cx_tbl_init(&cx->tises, 1, (1u << CX_LOG_MAX_TIR) - 1);
	cx_tbl_init(&cx->tirs, 1, (1u << CX_LOG_MAX_TIR) - 1);
	cx_tbl_init(&cx->rqts, 1, (1u << CX_LOG_MAX_TIR) - 1);
	cx_tbl_init(&cx->fts, 1, (1u << CX_LOG_MAX_FLOW_TABLES) - 1);
	cx_tbl_init(&cx->fgs, 1, (16u << CX_LOG_MAX_FLOW_TABLES) - 1);
}

static void cx_init_tables(struct cx *cx)
{
	cx_tbl_init(&cx->eqs, 1, CX_MAX_EQS);
	cx_tbl_init(&cx->cqs, 1, (1u << CX_LOG_MAX_CQ) - 1);
	cx_tbl_init(&cx->srqs, 1, (1u << CX_LOG_MAX_SRQ) - 1);
	cx_tbl_init(&cx->qps, 64, (1u << CX_LOG_MAX_QP) - 1);
	cx_tbl_init(&cx->mkeys, 1, (1u << CX_LOG_MAX_MKEY) - 1);
	cx_tbl_init(&cx->pds, 1, (1u << CX_LOG_MAX_PD) - 1);
	cx_tbl_init(&cx->uars, CX_FIRST_UAR, CX_BAR_SIZE / 4096 - 1);
	cx_tbl_init(&cx->xrcds, 1, (1u << CX_LOG_MAX_XRCD) - 1);
	cx_tbl_init(&cx->tds, 1, (1u << CX_LOG_MAX_TD) - 1);
	cx_tbl_init(&cx->qcounters, 1, 255);
	cx_tbl_init(&cx->mcgs, 1, 1023);
	cx_init_eth_tables(cx);
}

/* Back to power-on; the parameters and counters stay. */
void cx_reset(struct cx *cx)
{
	struct cx_tbl *const *tbl;
	size_t n;

	cx->gen++;
	trace(dev, "%s: reset %u", cx->pci.name, cx->gen);
	loop_work_cancel(cx->pci.loop, &cx->cmd.work);
	loop_work_cancel(cx->pci.loop, &cx->rx_work);
	loop_work_cancel(cx->pci.loop, &cx->cq_arm_work);
	cx_qp_quiesce_all(cx);
	cx_ethsq_quiesce_all(cx);
	cx_odp_reset(cx);
	tbl = cx_tables(cx, &n);
	for (size_t i = 0; i < n; i++)
		cx_tbl_bury(cx, tbl[i]);
	ib_wire_flush(&cx->port);
	cx_cmd_reset(cx);
	cx_caps_reset(cx);
	cx->qp0 = 0;
	cx->qp1 = 0;
	cx->null_mkey = 0;
	cx->root_ft = 0;
	memset(cx->roce, 0, sizeof(cx->roce));
	cx_vport_reset(cx);
	cx_inject_reset(cx);
}

static void cx_pci_reset(struct pci_dev *dev)
{
	cx_reset(cx_of(dev));
}

static void cx_destroy(struct pci_dev *dev)
{
	struct cx *cx = cx_of(dev);
	struct cx_tbl *const *tbl;
	size_t n;

	cx_reset(cx);
	ib_wire_detach(&cx->port);
	loop_work_cancel(dev->loop, &cx->reap_work);
	cx_reap(&cx->reap_work);
	tbl = cx_tables(cx, &n);
	for (size_t i = 0; i < n; i++)
		cx_tbl_destroy(tbl[i]);
	cx_caps_free(cx);
	free(cx);
}

static const struct pci_dev_ops cx_pci_ops = {
	.reset = cx_pci_reset,
	.control = cx_control,
	.control_help = cx_control_help,
	.destroy = cx_destroy,
};

static const struct ib_port_ops cx_port_ops = {
	.rx_notify = cx_rx_notify,
};

static void cx_init_pci(struct cx *cx, const char *name)
{
	struct pci_dev *dev = &cx->pci;

	dev->name = name;
	dev->ids = (struct pci_ids){
		.vendor = 0x15b3, .device = 0x1021,
		.subsys_vendor = 0x15b3, .subsys = 0x0041,
		.class_code = cx->par.ethernet ? 0x020000 : 0x020700,
	};
	dev->bars[0] = (struct pci_bar){
		.size = CX_BAR_SIZE, .is_64bit = true, .prefetchable = true,
		.ops = &cx_bar_ops,
	};
	dev->ops = &cx_pci_ops;
	dev->stats = cx_stat_descs;
	dev->stats_base = cx;
	pci_cap_pm(dev, 0x40);
	pci_cap_pcie(dev, 0x60, 4, 16);
	pci_cap_msix(dev, 0x9c, CX_NUM_VECTORS, 0, CX_MSIX_TABLE, CX_MSIX_PBA);
	pci_ext_cap_aer(dev);
	pci_ext_cap_acs(dev);
}

static bool cx_parse_odp(struct cx *cx, const char *scheme)
{
	if (strcmp(scheme, "memory") && strcmp(scheme, "transport")) {
		trace_warn("%s: odp=%s: neither memory nor transport",
			   cx->pci.name, scheme);
		return false;
	}
	cx->par.odp_transport = !strcmp(scheme, "transport");
	return true;
}

/* The usual MAC address of a GUID: without the two bytes in its middle. */
static bool cx_parse_link(struct cx *cx, struct model_params *params)
{
	const char *link = model_param_str(params, "link", "ib");
	uint64_t mac = (cx->par.guid >> 40) << 24 | (cx->par.guid & 0xffffff);

	cx->par.ethernet = !strcmp(link, "eth");
	cx->par.mac = model_param_u64(params, "mac", mac);
	if (!cx->par.ethernet && strcmp(link, "ib")) {
		trace_warn("%s: link=%s: neither ib nor eth", cx->pci.name,
			   link);
		return false;
	}
	if (cx->par.mac >> 48 || cx->par.mac >> 40 & 1) {
		trace_warn("%s: mac= is not a unicast address", cx->pci.name);
		return false;
	}
	return true;
}

static bool cx_parse(struct cx *cx, struct model_params *params)
{
	static uint64_t next_guid = 0x0002c90300a00001;
	uint64_t lid;

	cx->par.guid = model_param_u64(params, "guid", 0);
	if (!cx->par.guid)
		cx->par.guid = next_guid++;
	lid = model_param_u64(params, "lid", 0);
	cx->par.odp_rewalks = model_param_u64(params, "odp-rewalks", 0) & 15;
	cx->par.irq_delay_ns = model_param_u64(params, "irq-delay", 0) * 1000;
	if (lid > 0xbfff) {
		trace_warn("%s: lid= is not a unicast LID", cx->pci.name);
		return false;
	}
	cx->par.lid = lid;
	return cx_parse_link(cx, params) &&
	       cx_parse_odp(cx, model_param_str(params, "odp", "memory"));
}

static bool cx_attach(struct cx *cx)
{
	int err;

	cx->port = (struct ib_port){
		.ops = &cx_port_ops, .guid = cx->par.guid,
		.lid = cx->par.ethernet ? 0 : cx->par.lid,
		.ethernet = cx->par.ethernet,
	};
	cx_vport_reset(cx);
	err = ib_wire_attach(&cx->port);
	if (err && cx->par.ethernet)
		trace_warn("%s: the MAC address is taken", cx->pci.name);
	else if (err)
		trace_warn("%s: lid %u is taken", cx->pci.name, cx->par.lid);
	return !err;
}

static struct pci_dev *cx_create(const char *name, struct loop *loop,
				 struct model_params *params)
{
	struct cx *cx = calloc(1, sizeof(*cx));

	if (!cx)
		return NULL;
	cx->pci.name = name;
	cx->pci.loop = loop;
	if (!cx_parse(cx, params) || !cx_caps_init(cx) || !cx_attach(cx)) {
		cx_caps_free(cx);
		free(cx);
		return NULL;
	}
	cx_init_pci(cx, name);
	cx_init_tables(cx);
	cx_inject_init(cx);
	cx->reap_work.fn = cx_reap;
	cx->cmd.work.fn = cx_cmd_work;
	cx->rx_work.fn = cx_rx_work;
	cx->cq_arm_work.fn = cx_cq_arm_work;
	snprintf(cx->node_desc, sizeof(cx->node_desc), "%s connectx model",
		 name);
	cx_reset(cx);
	return &cx->pci;
}

static const char *const cx_params_help[] = {
	"guid=auto        port and node GUID",
	"lid=auto         LID of the port",
	"link=ib          link layer of the port: ib or eth",
	"mac=of guid      MAC address, for eth",
	"odp=memory       page fault scheme: memory or transport",
	"odp-rewalks=0    retries after an error resume below a KSM (cx_odp.c)",
	"irq-delay=0      microseconds from an event to its interrupt",
	NULL
};

const struct model connectx_model = {
	.name = "connectx",
	.params_help = cx_params_help,
	.create = cx_create,
};
