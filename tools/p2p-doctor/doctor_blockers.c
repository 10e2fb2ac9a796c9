// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "doctor_blockers.h"

/* An option that is off is said once, by the part that needs it. */
static void doctor_blockers_option(const struct doctor *d,
				   struct doctor_pair *pair,
				   enum doctor_option option, const char *key)
{
	struct doctor_reason *r;

	if (d->kernel.options[option] != DOCTOR_NO)
		return;
	r = doctor_pair_reason(pair, key, true, "the kernel has no %s: %s",
			       doctor_option_name(option),
			       doctor_option_use(option));
	doctor_reason_fix(r, "build the kernel with %s=y",
			  doctor_option_name(option));
}

void doctor_blockers_kernel(const struct doctor *d, struct doctor_pair *pair)
{
	const struct doctor_kernel *k = &d->kernel;
	struct doctor_reason *r;
	char parts[64];

	snprintf(parts, sizeof(parts), "%s%s%s",
		 k->mm == DOCTOR_NO ? " mm" : "",
		 k->nouveau == DOCTOR_NO ? " nouveau" : "",
		 k->mlx5 == DOCTOR_NO ? " mlx5" : "");
	if (parts[0]) {
		/* mlx5 without its counters works: only mm and nouveau matter */
		r = doctor_pair_reason(pair, "no-series",
				       k->mm == DOCTOR_NO ||
				       k->nouveau == DOCTOR_NO,
				       "kernel %s lacks the series in:%s",
				       k->release, parts);
		doctor_reason_fix(r, "build Linux with the patches of \"make series\", see Documentation/series.rst");
	}
	doctor_blockers_option(d, pair, OPTION_PCI_P2PDMA, "no-p2pdma");
	doctor_blockers_option(d, pair, OPTION_DEVICE_PRIVATE,
			       "no-device-private");
	doctor_blockers_option(d, pair, OPTION_ODP, "no-odp-config");
}

static void doctor_blockers_gpu_driver(const struct doctor_pci *dev,
				       struct doctor_pair *pair)
{
	struct doctor_reason *r;

	if (dev->vendor != DOCTOR_VENDOR_NVIDIA) {
		doctor_pair_reason(pair, "gpu-vendor", true,
				   "GPU %s (%04x:%04x, driver %s): of all drivers only nouveau lends GPU memory to other devices",
				   dev->name, dev->vendor, dev->device,
				   dev->driver[0] ? dev->driver : "none");
		return;
	}
	r = doctor_pair_reason(pair, "gpu-driver", true,
			       "GPU %s is driven by %s, not by nouveau", dev->name,
			       dev->driver[0] ? dev->driver : "no driver");
	if (dev->driver[0])
		doctor_reason_fix(r, "unload or blacklist %s, then: modprobe nouveau",
				  dev->driver);
	else
		doctor_reason_fix(r, "modprobe nouveau");
}

/* nouveau has SVM for one family: earlier ones can't fault, later ones do it elsewhere. */
static void doctor_blockers_gpu_family(const struct doctor_gpu *gpu,
				       const struct doctor_pci *dev,
				       struct doctor_pair *pair)
{
	struct doctor_reason *r;

	if (gpu->family || !gpu->dmem_err)
		return;
	r = doctor_pair_reason(pair, "gpu-family", true,
			       "GPU %s (%04x:%04x) is no Pascal, the only family that nouveau has SVM for",
			       dev->name, dev->vendor, dev->device);
	doctor_reason_fix(r, "use a GP100 or GP10x");
}

static void doctor_blockers_gpu_p2p(const struct doctor *d,
				    const struct doctor_gpu *gpu,
				    struct doctor_pair *pair)
{
	struct doctor_reason *r;

	if (d->kernel.svm_p2p == DOCTOR_NO) {
		r = doctor_pair_reason(pair, "svm-p2p-off", true,
				       "nouveau's peer-to-peer access is switched off (svm_p2p)");
		doctor_reason_fix(r, "echo 1 >/sys/module/nouveau/parameters/svm_p2p, or modprobe nouveau svm_p2p=1");
	}
	if (!gpu->dmem_err && !gpu->dmem.p2p)
		doctor_pair_reason(pair, "gpu-no-bar1", true,
				   "nouveau could not make BAR1 available to other devices; see dmesg");
}

static void doctor_blockers_gpu_windows(const struct doctor_gpu *gpu,
					struct doctor_pair *pair)
{
	const struct svm_dmem *dmem = &gpu->dmem;
	struct doctor_reason *r;

	if (gpu->dmem_err || !dmem->windows_max ||
	    dmem->mapped < dmem->windows_max)
		return;
	r = doctor_pair_reason(pair, "bar1-full", false,
			       "all %lld windows of BAR1 are in use: other GPU memory migrates to RAM when the HCA touches it",
			       dmem->windows_max);
	doctor_reason_fix(r, "let nouveau use more of BAR1 (svm_p2p_windows, now %lld), enable Resizable BAR in the firmware, or register less memory",
			  dmem->windows_max);
}

void doctor_blockers_gpu(const struct doctor *d, struct doctor_pair *pair)
{
	const struct doctor_gpu *gpu = &d->gpus.gpus[pair->gpu];
	const struct doctor_pci *dev = &d->pci.devs[gpu->pci];

	if (strcmp(dev->driver, "nouveau")) {
		doctor_blockers_gpu_driver(dev, pair);
		return;
	}
	doctor_blockers_option(d, pair, OPTION_NOUVEAU_SVM, "no-nouveau-svm");
	doctor_blockers_gpu_family(gpu, dev, pair);
	doctor_blockers_gpu_p2p(d, gpu, pair);
	doctor_blockers_gpu_windows(gpu, pair);
}

static void doctor_blockers_hca_driver(const struct doctor_pci *dev,
				       struct doctor_pair *pair)
{
	struct doctor_reason *r;

	r = doctor_pair_reason(pair, "hca-driver", true,
			       "HCA %s (driver %s) has no RDMA device", dev->name,
			       dev->driver[0] ? dev->driver : "none");
	doctor_reason_fix(r, "modprobe mlx5_ib");
}

static void doctor_blockers_hca_odp(const struct doctor_hca *hca,
				    struct doctor_pair *pair)
{
	struct doctor_reason *r;

	if (hca->odp.supported == DOCTOR_UNKNOWN)
		return;
	if (hca->odp.supported == DOCTOR_NO) {
		r = doctor_pair_reason(pair, "hca-no-odp", true,
				       "%s has no on-demand paging: its memory regions are pinned, in RAM",
				       hca->name);
		doctor_reason_fix(r, "use a ConnectX-5 or newer with its mlx5 driver, with ODP enabled in the firmware");
	} else if (!hca->odp.rc) {
		doctor_pair_reason(pair, "hca-odp-no-rc", false,
				   "%s has on-demand paging for no operation of RC queue pairs",
				   hca->name);
	}
}

void doctor_blockers_hca(const struct doctor *d, struct doctor_pair *pair)
{
	const struct doctor_hca *hca = &d->hcas.hcas[pair->hca];

	if (hca->pci < 0) {
		doctor_pair_reason(pair, "hca-software", true,
				   "%s is no PCI device: the CPU does its copies, in RAM",
				   hca->name);
		return;
	}
	if (!hca->name[0]) {
		doctor_blockers_hca_driver(&d->pci.devs[hca->pci], pair);
		return;
	}
	doctor_blockers_hca_odp(hca, pair);
	if (hca->state[0] && !strstr(hca->state, "ACTIVE"))
		doctor_pair_reason(pair, "hca-port-down", false,
				   "port 1 of %s is not active (%s)", hca->name,
				   hca->state);
}
