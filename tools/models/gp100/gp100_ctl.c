// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands of the control socket: what tests use as an oracle.  They look at
 * video memory by its own addresses, past BARs and page tables.
 *
 * A digest is FNV-1a with 64 bits (offset basis cbf29ce484222325, prime
 * 100000001b3), as in tools/svmrun/svm_digest.h.
 */
#include "gp100.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CTL_MAX_READ	4096u
#define CTL_MAX_DIGEST	(2u << 20)

#define FNV_BASIS	0xcbf29ce484222325ull
#define FNV_PRIME	0x00000100000001b3ull

static bool ctl_number(const char *word, uint64_t *val)
{
	char *end;

	errno = 0;
	*val = strtoull(word, &end, 0);
	return *word && *word != '-' && !*end && !errno;
}

/* Video memory for a command; range errors are the asker's, not the guest's. */
static const uint8_t *ctl_vram(struct gp100 *g, uint64_t addr, uint64_t len)
{
	if (addr > g->vram.size || len > g->vram.size - addr)
		return NULL;
	return g->vram.mem + addr;
}

static int ctl_vram_read(struct gp100 *g, int argc, char **argv, FILE *out)
{
	uint64_t addr, len, i;
	const uint8_t *p;

	if (argc != 3 || !ctl_number(argv[1], &addr) ||
	    !ctl_number(argv[2], &len) || len > CTL_MAX_READ)
		return -EINVAL;
	p = ctl_vram(g, addr, len);
	if (!p)
		return -ERANGE;
	fputc('"', out);
	for (i = 0; i < len; i++)
		fprintf(out, "%02x", p[i]);
	fputc('"', out);
	return 0;
}

static uint64_t ctl_fnv(uint64_t h, const uint8_t *p, uint64_t len)
{
	while (len--)
		h = (h ^ *p++) * FNV_PRIME;
	return h;
}

static int ctl_vram_digest(struct gp100 *g, int argc, char **argv, FILE *out)
{
	uint64_t addr, len;
	const uint8_t *p;

	if (argc != 3 || !ctl_number(argv[1], &addr) ||
	    !ctl_number(argv[2], &len) || len > CTL_MAX_DIGEST)
		return -EINVAL;
	p = ctl_vram(g, addr, len);
	if (!p)
		return -ERANGE;
	fprintf(out, "\"%016" PRIx64 "\"", ctl_fnv(FNV_BASIS, p, len));
	return 0;
}

static int ctl_vram_digest_list(struct gp100 *g, int argc, char **argv,
				FILE *out)
{
	uint64_t addr, len, h = FNV_BASIS;
	const uint8_t *p;
	int i;

	if (argc < 3 || !ctl_number(argv[1], &len) || !len ||
	    len > CTL_MAX_DIGEST || (uint64_t)(argc - 2) > CTL_MAX_DIGEST / len)
		return -EINVAL;
	for (i = 2; i < argc; i++) {
		if (!ctl_number(argv[i], &addr))
			return -EINVAL;
		p = ctl_vram(g, addr, len);
		if (!p)
			return -ERANGE;
		h = ctl_fnv(h, p, len);
	}
	fprintf(out, "\"%016" PRIx64 "\"", h);
	return 0;
}

/* ---- translations ---- */
static const char *ctl_aper(enum gp100_aper aper)
{
	static const char *const names[] = {
		[GP100_APER_VRAM] = "vram", [GP100_APER_PEER] = "peer",
		[GP100_APER_SYS_COH] = "sysmem",
		[GP100_APER_SYS_NCOH] = "sysmem-noncoherent",
	};

	return names[aper];
}

static int ctl_vmm(struct gp100 *g, const char *word, struct gp100_vmm *vmm)
{
	uint64_t inst;

	if (!strcmp(word, "bar1") || !strcmp(word, "bar3")) {
		*vmm = g->bar[word[3] == '1' ? GP100_BAR1 : GP100_BAR3].vmm;
		return vmm->valid ? 0 : -ENXIO;
	}
	if (!ctl_number(word, &inst))
		return -EINVAL;
	if (!ctl_vram(g, inst, GP100_PAGE_SIZE))
		return -ERANGE;
	gp100_vmm_load(g, inst, vmm);
	return 0;
}

/* What the tables say; the cache is not asked. */
static int ctl_translate(struct gp100 *g, int argc, char **argv, FILE *out)
{
	struct gp100_vmm vmm;
	struct gp100_xlat x;
	uint64_t va;
	int ret;

	if (argc != 3 || !ctl_number(argv[2], &va))
		return -EINVAL;
	ret = ctl_vmm(g, argv[1], &vmm);
	if (ret)
		return ret;
	ret = gp100_mmu_walk(g, &vmm, va, true, &x);
	if (ret) {
		fprintf(out, "{\"fault\":%d}", GP100_FAULT_REASON(ret));
		return 0;
	}
	fprintf(out, "{\"aperture\":\"%s\",\"addr\":%" PRIu64
		",\"page_size\":%" PRIu64 ",\"ro\":%s,\"sparse\":%s}",
		ctl_aper(x.aper), x.addr, (uint64_t)1 << x.shift,
		x.ro ? "true" : "false", x.sparse ? "true" : "false");
	return 0;
}

/* ---- state ---- */
static int ctl_channels(struct gp100 *g, int argc, char **argv, FILE *out)
{
	const struct gp100_chan *ch = g->fifo.chans;
	const char *sep = "";
	uint32_t i;

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	fputc('[', out);
	for (i = 0; i < g->fifo.num_chans; i++, ch++) {
		if (!ch->bound)
			continue;
		fprintf(out, "%s{\"id\":%u,\"inst\":%" PRIu64
			",\"runlist\":%u,\"enabled\":%s,\"listed\":%s"
			",\"gp_get\":%u,\"replayable\":%s,\"parked\":\"%s\"}",
			sep, ch->id, ch->inst, ch->runlist,
			ch->enabled ? "true" : "false",
			ch->listed ? "true" : "false",
			ch->loaded ? ch->gp_get : 0,
			ch->loaded && ch->vmm.replay ? "true" : "false",
			gp100_park_name(ch->park));
		sep = ",";
	}
	fputc(']', out);
	return 0;
}

static int ctl_state(struct gp100 *g, int argc, char **argv, FILE *out)
{
	(void)argv;
	if (argc != 1)
		return -EINVAL;
	fprintf(out, "{\"vram\":%" PRIu64 ",\"bar1\":{\"size\":%" PRIu64
		",\"bind\":%u},\"bar3\":{\"size\":%" PRIu64 ",\"bind\":%u}",
		g->vram.size, g->pci.bars[1].size, g->bar[GP100_BAR1].bind,
		g->pci.bars[3].size, g->bar[GP100_BAR3].bind);
	fprintf(out, ",\"fault_buffer\":{\"enabled\":%s,\"get\":%u,\"put\":%u}",
		g->fault.lo & 1 ? "true" : "false", g->fault.get,
		g->fault.put);
	fprintf(out, ",\"fatal_units\":%u,\"acquiring\":%u,\"intr\":%u"
		",\"generation\":%u}", g->fault.unit_mask, g->fifo.acquiring,
		g->pmc.asserted[0], g->generation);
	return 0;
}

/* ---- things that go wrong ---- */
static void ctl_inject_hang(struct gp100 *g, uint64_t val)
{
	g->fifo.hang = val;
	if (!val)
		gp100_fifo_kick_all(g);
}

static void ctl_inject_tlb_off(struct gp100 *g, uint64_t val)
{
	g->tlb.off = val;
}

static void ctl_inject_bar1_fail(struct gp100 *g, uint64_t val)
{
	g->inject.bar1_fail = val;
}

static void ctl_inject_ce_fault(struct gp100 *g, uint64_t val)
{
	g->inject.ce_fault = val;
}

static void ctl_inject_fault_atomic(struct gp100 *g, uint64_t val)
{
	g->inject.fault_atomic = val;
}

/* As the driver's cancel, for every parked channel at once. */
static void ctl_inject_fault_cancel(struct gp100 *g, uint64_t val)
{
	if (val)
		gp100_fault_cancel(g, false, false, 0, 0);
}

static int ctl_inject(struct gp100 *g, int argc, char **argv, FILE *out)
{
	static const struct {
		const char *name;
		void (*fn)(struct gp100 *g, uint64_t val);
	} hooks[] = {
		{ "bar1-fail", ctl_inject_bar1_fail },
		{ "ce-fault", ctl_inject_ce_fault },
		{ "fault-atomic", ctl_inject_fault_atomic },
		{ "fault-cancel", ctl_inject_fault_cancel },
		{ "hang", ctl_inject_hang },
		{ "tlb-off", ctl_inject_tlb_off },
	};
	uint64_t val = 1;
	size_t i;

	if (argc < 2 || argc > 3 || (argc == 3 && !ctl_number(argv[2], &val)))
		return -EINVAL;
	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (strcmp(argv[1], hooks[i].name))
			continue;
		hooks[i].fn(g, val);
		fputs("true", out);
		return 0;
	}
	return -EINVAL;
}

/* ---- dispatch ---- */
const char *const gp100_ctl_help[] = {
	"vram-read ADDR LEN               hex of at most 4096 bytes",
	"vram-digest ADDR LEN             FNV-1a/64 of at most 2 MiB",
	"vram-digest-list LEN ADDR...     the same over pieces, as one stream",
	"translate INST|bar1|bar3 VA      what the page tables say",
	"channels                         all bound channels",
	"state                            BARs, faults, interrupts",
	"inject bar1-fail N               the next N block accesses to BAR1 fail",
	"inject ce-fault N                the next N virtual CE accesses fault",
	"inject fault-atomic N            before the next N replayable faults, one",
	"                                 of an atomic access to the page before",
	"inject fault-cancel              cancel all waiting faults",
	"inject hang 0|1                  no channel runs",
	"inject tlb-off 0|1               walk the page tables every time",
	NULL
};

int gp100_ctl(struct pci_dev *dev, int argc, char **argv, FILE *out)
{
	static const struct {
		const char *name;
		int (*fn)(struct gp100 *g, int argc, char **argv, FILE *out);
	} cmds[] = {
		{ "vram-read", ctl_vram_read },
		{ "vram-digest", ctl_vram_digest },
		{ "vram-digest-list", ctl_vram_digest_list },
		{ "translate", ctl_translate },
		{ "channels", ctl_channels },
		{ "state", ctl_state },
		{ "inject", ctl_inject },
	};
	size_t i;

	for (i = 0; argc && i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (!strcmp(argv[0], cmds[i].name))
			return cmds[i].fn(gp100_of(dev), argc, argv, out);
	return -ENOSYS;
}
