// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "doctor_acs.h"
#include "doctor_text.h"

#define MIB	(1ULL << 20)

static const char *text_or(const char *text, const char *otherwise)
{
	return text[0] ? text : otherwise;
}

static void text_kernel(const struct doctor_kernel *k, FILE *out)
{
	int i;

	fprintf(out, "kernel %s\n", text_or(k->release, "(unknown release)"));
	for (i = 0; i < DOCTOR_NR_OPTIONS; i++)
		fprintf(out, "  %-36s %-8s %s\n", doctor_option_name(i),
			doctor_answer_name(k->options[i]), doctor_option_use(i));
	fprintf(out, "  options are from %s\n",
		text_or(k->config, "/proc/kallsyms, as no config file is readable"));
	fprintf(out, "  series: mm %s, nouveau %s, mlx5 %s\n",
		doctor_answer_name(k->mm), doctor_answer_name(k->nouveau),
		doctor_answer_name(k->mlx5));
	if (k->nouveau != DOCTOR_YES || !k->nouveau_loaded)
		return;
	fprintf(out, "  nouveau: svm_p2p %s, svm_p2p_windows %u%s\n",
		k->svm_p2p == DOCTOR_YES ? "on" : "off", k->svm_p2p_windows,
		k->svm_p2p_windows ? "" : " (half of BAR1)");
}

static void text_host(const struct doctor *d, FILE *out)
{
	int i;

	fprintf(out, "CPU %s (%s family 0x%x)%s\n",
		text_or(d->cpu.model, "unknown"),
		text_or(d->cpu.vendor, "vendor unknown,"), d->cpu.family,
		doctor_cpu_is_zen(&d->cpu) ?
		": Linux lets peers through its host bridges" : "");
	fprintf(out, "IOMMU");
	for (i = 0; i < d->iommus.nr; i++)
		fprintf(out, " %s", d->iommus.names[i]);
	fprintf(out, "%s\n", d->iommus.nr ? "" : " none");
}

static void text_pci(const struct doctor_pci *dev, FILE *out)
{
	fprintf(out, "  PCI %s %04x:%04x, driver %s, IOMMU %s, ATS %s",
		dev->name, dev->vendor, dev->device, text_or(dev->driver, "none"),
		doctor_iommu_mode(dev), doctor_iommu_ats(dev));
	if (dev->numa >= 0)
		fprintf(out, ", NUMA node %d", dev->numa);
	fputc('\n', out);
}

static void text_dmem(const struct doctor_gpu *gpu, FILE *out)
{
	const struct svm_dmem *m = &gpu->dmem;

	if (gpu->dmem_err) {
		fprintf(out, "  windows unknown (debugfs file dmem: %s)\n",
			gpu->dmem_err == -EACCES ? "run as root" :
			gpu->dmem_err == -ENOENT ? "there is none" :
			strerror(-gpu->dmem_err));
		return;
	}
	fprintf(out, "  windows of 2 MiB: %lld in use, %lld idle, at most %lld; %lld pages in them\n",
		m->mapped, m->idle, m->windows_max, m->exported);
	fprintf(out, "  so far: %lld pages to VRAM, %lld to RAM, %lld exported, %lld exports failed\n",
		m->migrated_to_vram, m->migrated_to_ram, m->exports,
		m->export_failures);
}

static void text_gpu(const struct doctor *d, const struct doctor_gpu *gpu,
		     FILE *out)
{
	const struct doctor_pci *dev = &d->pci.devs[gpu->pci];

	fprintf(out, "GPU %s%s%s %s\n", dev->name, gpu->family ? " " : "",
		gpu->family ? gpu->family : "", gpu->node);
	text_pci(dev, out);
	fprintf(out, "  %s of %llu MiB\n",
		dev->vendor == DOCTOR_VENDOR_NVIDIA ? "BAR1" : "largest BAR",
		gpu->aperture / MIB);
	if (!strcmp(dev->driver, "nouveau"))
		text_dmem(gpu, out);
}

static void text_transport(const char *name, uint32_t ops, FILE *out)
{
	char text[DOCTOR_ODP_TEXT];

	doctor_verbs_ops(ops, text);
	fprintf(out, "    %-4s %s\n", name, text);
}

static void text_odp(const struct doctor_odp *odp, FILE *out)
{
	if (odp->supported == DOCTOR_UNKNOWN) {
		fprintf(out, "  on-demand paging unknown (%s)\n", odp->why);
		return;
	}
	fprintf(out, "  on-demand paging %s, implicit %s\n",
		doctor_answer_name(odp->supported),
		doctor_answer_name(odp->implicit));
	if (odp->supported == DOCTOR_NO)
		return;
	text_transport("RC", odp->rc, out);
	text_transport("UC", odp->uc, out);
	text_transport("UD", odp->ud, out);
	text_transport("XRC", odp->xrc, out);
}

static void text_hca(const struct doctor *d, const struct doctor_hca *hca,
		     FILE *out)
{
	fprintf(out, "HCA %s\n", text_or(hca->name, "without RDMA device"));
	if (hca->pci >= 0)
		text_pci(&d->pci.devs[hca->pci], out);
	else
		fprintf(out, "  in software, no PCI device\n");
	if (!hca->name[0])
		return;
	fprintf(out, "  port 1: %s, %s, %s; firmware %s\n",
		text_or(hca->link_layer, "?"), text_or(hca->state, "?"),
		text_or(hca->rate, "?"), text_or(hca->firmware, "unknown"));
	text_odp(&hca->odp, out);
}

static void text_node(const struct doctor_pci *dev, const char *what, FILE *out)
{
	char acs[DOCTOR_ACS_TEXT];

	doctor_acs_text(dev, acs);
	fprintf(out, "  %-14s %-11s", dev->name, what);
	if (dev->width)
		fprintf(out, " %s x%u (of %s x%u),",
			text_or(dev->speed, "?"), dev->width,
			text_or(dev->max_speed, "?"), dev->max_width);
	fprintf(out, " ACS %s%s\n", acs,
		dev->acs.present == DOCTOR_UNKNOWN ? " (run as root)" : "");
}

static const char *text_role(const struct doctor_pci *dev, const char *end,
			     bool is_end)
{
	return is_end ? end : dev->root_port ? "root port" : "bridge";
}

static void text_path(const struct doctor *d, const struct doctor_path *p,
		      FILE *out)
{
	const struct doctor_pci *devs = d->pci.devs;
	int i;

	for (i = 0; i < p->a.nr; i++)
		text_node(&devs[p->a.nodes[i]],
			  text_role(&devs[p->a.nodes[i]], "GPU", !i), out);
	if (p->common >= 0)
		text_node(&devs[p->common], "common", out);
	else if (!strcmp(devs[p->a.nodes[0]].host, devs[p->b.nodes[0]].host))
		fprintf(out, "  %-14s host bridge\n", devs[p->a.nodes[0]].host);
	else
		fprintf(out, "  %s, %s: two host bridges\n",
			devs[p->a.nodes[0]].host, devs[p->b.nodes[0]].host);
	for (i = p->b.nr - 1; i >= 0; i--)
		text_node(&devs[p->b.nodes[i]],
			  text_role(&devs[p->b.nodes[i]], "HCA", !i), out);
}

static void text_pair(const struct doctor *d, const struct doctor_pair *pair,
		      FILE *out)
{
	const struct doctor_hca *hca = &d->hcas.hcas[pair->hca];
	const struct doctor_reason *r;
	int i;

	fprintf(out, "\nGPU %s, HCA %s: %s\n",
		d->pci.devs[d->gpus.gpus[pair->gpu].pci].name,
		hca->name[0] ? hca->name : d->pci.devs[hca->pci].name,
		doctor_verdict_text(pair->verdict));
	for (i = 0; i < pair->nr_reasons; i++) {
		r = &pair->reasons[i];
		fprintf(out, "  %s: %s\n", r->blocks ? "because" : "note",
			r->text);
		if (r->fix[0])
			fprintf(out, "    to change that: %s\n", r->fix);
	}
	if (!pair->has_path)
		return;
	fprintf(out, "  the way, distance %d:\n", pair->path.distance);
	text_path(d, &pair->path, out);
}

void doctor_text(const struct doctor *doctor, FILE *out)
{
	int i;

	text_kernel(&doctor->kernel, out);
	text_host(doctor, out);
	for (i = 0; i < doctor->gpus.nr; i++)
		text_gpu(doctor, &doctor->gpus.gpus[i], out);
	for (i = 0; i < doctor->hcas.nr; i++)
		text_hca(doctor, &doctor->hcas.hcas[i], out);
	if (!doctor->gpus.nr)
		fprintf(out, "no GPU: there is no PCI function of class 03 (display)\n");
	if (!doctor->hcas.nr)
		fprintf(out, "no HCA: nothing in /sys/class/infiniband, and no PCI network function of vendor 15b3\n");
	for (i = 0; i < doctor->nr_pairs; i++)
		text_pair(doctor, &doctor->pairs[i], out);
	if (!doctor->nr_pairs)
		fprintf(out, "\nno pair of GPU and HCA to judge\n");
}
