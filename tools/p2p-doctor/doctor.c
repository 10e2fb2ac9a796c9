// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "doctor.h"

static bool doctor_judge_pairs(struct doctor *d)
{
	int gpu, hca;

	d->pairs = calloc(d->gpus.nr * d->hcas.nr + 1, sizeof(*d->pairs));
	if (!d->pairs)
		return false;
	for (gpu = 0; gpu < d->gpus.nr; gpu++)
		for (hca = 0; hca < d->hcas.nr; hca++)
			doctor_judge(d, gpu, hca, &d->pairs[d->nr_pairs++]);
	return true;
}

struct doctor *doctor_examine(void)
{
	struct doctor *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	doctor_kernel_read(&d->kernel);
	doctor_cpu_read(&d->cpu);
	doctor_pci_scan(&d->pci);
	doctor_iommu_read(&d->iommus);
	doctor_gpu_scan(&d->gpus, &d->pci);
	doctor_hca_scan(&d->hcas, &d->pci);
	if (doctor_judge_pairs(d))
		return d;
	doctor_free(d);
	return NULL;
}

void doctor_free(struct doctor *doctor)
{
	doctor_pci_free(&doctor->pci);
	free(doctor->pairs);
	free(doctor);
}

bool doctor_any_reachable(const struct doctor *doctor)
{
	int i;

	for (i = 0; i < doctor->nr_pairs; i++)
		if (doctor_pair_reachable(&doctor->pairs[i]))
			return true;
	return false;
}
