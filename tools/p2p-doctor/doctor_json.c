// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor_acs.h"
#include "doctor_json.h"
#include "doctor_json_out.h"

static void put_answer(struct json_out *out, const char *name,
		       enum doctor_answer answer)
{
	if (answer == DOCTOR_UNKNOWN)
		json_null(out, name);
	else
		json_bool(out, name, answer == DOCTOR_YES);
}

static void put_text(struct json_out *out, const char *name, const char *text)
{
	json_string(out, name, text && text[0] ? text : NULL);
}

static void put_kernel(struct json_out *out, const struct doctor_kernel *k)
{
	int i;

	json_begin(out, "kernel", '{');
	put_text(out, "release", k->release);
	put_text(out, "config_file", k->config);
	json_begin(out, "config", '{');
	for (i = 0; i < DOCTOR_NR_OPTIONS; i++)
		put_answer(out, doctor_option_name(i), k->options[i]);
	json_end(out, '}');
	json_begin(out, "series", '{');
	put_answer(out, "mm", k->mm);
	put_answer(out, "nouveau", k->nouveau);
	put_answer(out, "mlx5", k->mlx5);
	json_end(out, '}');
	put_answer(out, "svm_p2p", k->svm_p2p);
	json_number(out, "svm_p2p_windows", k->svm_p2p_windows);
	json_end(out, '}');
}

static void put_host(struct json_out *out, const struct doctor *d)
{
	int i;

	json_begin(out, "cpu", '{');
	put_text(out, "vendor", d->cpu.vendor);
	json_number(out, "family", d->cpu.family);
	put_text(out, "model", d->cpu.model);
	json_bool(out, "amd_zen", doctor_cpu_is_zen(&d->cpu));
	json_end(out, '}');
	json_begin(out, "iommus", '[');
	for (i = 0; i < d->iommus.nr; i++)
		json_string(out, NULL, d->iommus.names[i]);
	json_end(out, ']');
}

static void put_pci(struct json_out *out, const struct doctor_pci *dev)
{
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", dev->vendor, dev->device);
	json_string(out, "pci", dev->name);
	json_string(out, "id", id);
	put_text(out, "driver", dev->driver);
	put_text(out, "link_speed", dev->speed);
	json_number(out, "link_width", dev->width);
	put_text(out, "max_link_speed", dev->max_speed);
	json_number(out, "max_link_width", dev->max_width);
	json_string(out, "iommu", doctor_iommu_mode(dev));
	put_text(out, "iommu_type", dev->iommu_type);
	json_string(out, "ats", doctor_iommu_ats(dev));
	json_number(out, "numa_node", dev->numa);
}

static void put_dmem(struct json_out *out, const struct doctor_gpu *gpu)
{
	const struct svm_dmem *m = &gpu->dmem;

	if (gpu->dmem_err) {
		json_null(out, "dmem");
		return;
	}
	json_begin(out, "dmem", '{');
	json_bool(out, "p2p", m->p2p);
	json_number(out, "windows_max", m->windows_max);
	json_number(out, "windows_used", m->mapped);
	json_number(out, "windows_idle", m->idle);
	json_number(out, "exported_pages", m->exported);
	json_number(out, "exports", m->exports);
	json_number(out, "export_failures", m->export_failures);
	json_number(out, "migrated_to_vram", m->migrated_to_vram);
	json_number(out, "migrated_to_ram", m->migrated_to_ram);
	json_end(out, '}');
}

static void put_gpus(struct json_out *out, const struct doctor *d)
{
	const struct doctor_gpu *gpu;
	int i;

	json_begin(out, "gpus", '[');
	for (i = 0; i < d->gpus.nr; i++) {
		gpu = &d->gpus.gpus[i];
		json_begin(out, NULL, '{');
		put_pci(out, &d->pci.devs[gpu->pci]);
		put_text(out, "family", gpu->family);
		put_text(out, "node", gpu->node);
		json_number(out, "aperture_bytes", gpu->aperture);
		put_dmem(out, gpu);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void put_ops(struct json_out *out, const char *name, uint32_t ops)
{
	char text[DOCTOR_ODP_TEXT];

	doctor_verbs_ops(ops, text);
	json_string(out, name, text);
}

static void put_odp(struct json_out *out, const struct doctor_odp *odp)
{
	if (odp->supported == DOCTOR_UNKNOWN) {
		json_null(out, "odp");
		return;
	}
	json_begin(out, "odp", '{');
	put_answer(out, "supported", odp->supported);
	put_answer(out, "implicit", odp->implicit);
	put_ops(out, "rc", odp->rc);
	put_ops(out, "uc", odp->uc);
	put_ops(out, "ud", odp->ud);
	put_ops(out, "xrc", odp->xrc);
	json_end(out, '}');
}

static void put_hcas(struct json_out *out, const struct doctor *d)
{
	const struct doctor_hca *hca;
	int i;

	json_begin(out, "hcas", '[');
	for (i = 0; i < d->hcas.nr; i++) {
		hca = &d->hcas.hcas[i];
		json_begin(out, NULL, '{');
		put_text(out, "name", hca->name);
		if (hca->pci >= 0)
			put_pci(out, &d->pci.devs[hca->pci]);
		else
			json_null(out, "pci");
		put_text(out, "link_layer", hca->link_layer);
		put_text(out, "state", hca->state);
		put_text(out, "rate", hca->rate);
		put_text(out, "firmware", hca->firmware);
		put_odp(out, &hca->odp);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void put_node(struct json_out *out, const struct doctor_pci *dev)
{
	char acs[DOCTOR_ACS_TEXT];

	doctor_acs_text(dev, acs);
	json_begin(out, NULL, '{');
	json_string(out, "pci", dev->name);
	json_string(out, "acs", acs);
	put_answer(out, "acs_redirects", doctor_acs_redirects(dev));
	put_text(out, "link_speed", dev->speed);
	json_number(out, "link_width", dev->width);
	json_end(out, '}');
}

/* From the GPU up, and down to the HCA. */
static void put_path(struct json_out *out, const struct doctor *d,
		     const struct doctor_path *path)
{
	const struct doctor_pci *devs = d->pci.devs;
	int i;

	json_string(out, "topology", doctor_map_name(path->map));
	json_string(out, "topology_worst", doctor_map_name(path->map_worst));
	json_number(out, "distance", path->distance);
	put_text(out, "common_bridge",
		 path->common >= 0 ? devs[path->common].name : NULL);
	json_bool(out, "host_bridge_allowed", path->host_allows);
	json_begin(out, "path", '[');
	for (i = 0; i < path->a.nr; i++)
		put_node(out, &devs[path->a.nodes[i]]);
	if (path->common >= 0)
		put_node(out, &devs[path->common]);
	for (i = path->b.nr - 1; i >= 0; i--)
		put_node(out, &devs[path->b.nodes[i]]);
	json_end(out, ']');
}

static void put_reasons(struct json_out *out, const struct doctor_pair *pair)
{
	int i;

	json_begin(out, "reasons", '[');
	for (i = 0; i < pair->nr_reasons; i++) {
		json_begin(out, NULL, '{');
		json_string(out, "key", pair->reasons[i].key);
		json_bool(out, "blocks", pair->reasons[i].blocks);
		json_string(out, "text", pair->reasons[i].text);
		put_text(out, "fix", pair->reasons[i].fix);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void put_pair(struct json_out *out, const struct doctor *d,
		     const struct doctor_pair *pair)
{
	const struct doctor_hca *hca = &d->hcas.hcas[pair->hca];

	json_begin(out, NULL, '{');
	json_string(out, "gpu", d->pci.devs[d->gpus.gpus[pair->gpu].pci].name);
	put_text(out, "hca", hca->name);
	put_text(out, "hca_pci",
		 hca->pci >= 0 ? d->pci.devs[hca->pci].name : NULL);
	json_string(out, "verdict", doctor_verdict_name(pair->verdict));
	if (pair->has_path)
		put_path(out, d, &pair->path);
	put_reasons(out, pair);
	json_end(out, '}');
}

void doctor_json(const struct doctor *doctor, FILE *f)
{
	struct json_out out = { .f = f };
	int i;

	json_begin(&out, NULL, '{');
	json_number(&out, "version", DOCTOR_JSON_VERSION);
	put_kernel(&out, &doctor->kernel);
	put_host(&out, doctor);
	put_gpus(&out, doctor);
	put_hcas(&out, doctor);
	json_begin(&out, "pairs", '[');
	for (i = 0; i < doctor->nr_pairs; i++)
		put_pair(&out, doctor, &doctor->pairs[i]);
	json_end(&out, ']');
	json_end(&out, '}');
	json_finish(&out);
}
