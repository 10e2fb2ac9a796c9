// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "doctor_fs.h"
#include "doctor_kernel.h"

#define PARAMETERS	"/sys/module/nouveau/parameters/"

/* A function that is there with the option, for kernels without a readable file. */
static const struct option {
	const char *name, *use, *symbol;
} options[DOCTOR_NR_OPTIONS] = {
	[OPTION_DEVICE_PRIVATE] = { "CONFIG_DEVICE_PRIVATE",
		"memory that only the GPU can address", NULL },
	[OPTION_PCI_P2PDMA] = { "CONFIG_PCI_P2PDMA",
		"DMA from one device to another", "pcim_p2pdma_init" },
	[OPTION_HMM_MIRROR] = { "CONFIG_HMM_MIRROR",
		"devices that share page tables of a process",
		"hmm_range_fault" },
	[OPTION_NOUVEAU] = { "CONFIG_DRM_NOUVEAU", "the GPU",
		"nouveau_drm_device_new" },
	[OPTION_NOUVEAU_SVM] = { "CONFIG_DRM_NOUVEAU_SVM",
		"process memory on the GPU", "nouveau_svmm_init" },
	[OPTION_ODP] = { "CONFIG_INFINIBAND_ON_DEMAND_PAGING",
		"page faults of the HCA", "ib_umem_odp_map_dma_and_lock" },
	[OPTION_MLX5_IB] = { "CONFIG_MLX5_INFINIBAND", "the HCA",
		"mlx5_ib_reg_user_mr" },
};

static const struct part {
	size_t offset;
	const char *symbol;
} parts[] = {
	{ offsetof(struct doctor_kernel, mm), "device_private_entry_to_page" },
	{ offsetof(struct doctor_kernel, nouveau), "nouveau_dmem_p2p_init" },
	{ offsetof(struct doctor_kernel, mlx5), "__traceiter_mlx5_odp_populate" },
};

#define NR_PARTS	(sizeof(parts) / sizeof(parts[0]))

const char *doctor_option_name(enum doctor_option option)
{
	return options[option].name;
}

const char *doctor_option_use(enum doctor_option option)
{
	return options[option].use;
}

static void doctor_kernel_config_line(struct doctor_kernel *kernel,
				      const char *line)
{
	size_t i, len;

	for (i = 0; i < DOCTOR_NR_OPTIONS; i++) {
		len = strlen(options[i].name);
		if (!strncmp(line, options[i].name, len) && line[len] == '=')
			kernel->options[i] = DOCTOR_YES;
	}
}

/* Compressed or not.  What is not in it is off. */
static bool doctor_kernel_config_file(struct doctor_kernel *kernel,
				      const char *name)
{
	char path[DOCTOR_PATH], line[256];
	size_t i;
	gzFile f;

	doctor_fs_path(path, "%s", name);
	f = gzopen(path, "re");
	if (!f)
		return false;
	for (i = 0; i < DOCTOR_NR_OPTIONS; i++)
		kernel->options[i] = DOCTOR_NO;
	while (gzgets(f, line, sizeof(line)))
		doctor_kernel_config_line(kernel, line);
	gzclose(f);
	snprintf(kernel->config, sizeof(kernel->config), "%s", name);
	return true;
}

static void doctor_kernel_config(struct doctor_kernel *kernel)
{
	static const char * const files[] = {
		"/boot/config-%s", "/lib/modules/%s/config",
		"/usr/lib/modules/%s/config", "/lib/modules/%s/build/.config",
	};
	char name[DOCTOR_PATH];
	size_t i;

	if (doctor_kernel_config_file(kernel, "/proc/config.gz"))
		return;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), files[i], kernel->release);
		if (doctor_kernel_config_file(kernel, name))
			return;
	}
}

static void doctor_kernel_symbol(struct doctor_kernel *kernel, const char *name)
{
	size_t i;

	for (i = 0; i < DOCTOR_NR_OPTIONS; i++)
		if (options[i].symbol && !strcmp(options[i].symbol, name))
			kernel->options[i] = DOCTOR_YES;
	for (i = 0; i < NR_PARTS; i++)
		if (!strcmp(parts[i].symbol, name))
			*(enum doctor_answer *)((char *)kernel +
						parts[i].offset) = DOCTOR_YES;
}

/* Missing means no, where it would be there. */
static void doctor_kernel_settle(enum doctor_answer *answer, bool certain)
{
	if (certain && *answer == DOCTOR_UNKNOWN)
		*answer = DOCTOR_NO;
}

/*
 * Names of functions can be read without root, their addresses cannot.  A name
 * that is missing says something only about what is never a module, or loaded.
 */
static void doctor_kernel_symbols(struct doctor_kernel *kernel)
{
	char line[512], name[256];
	bool any = false;
	FILE *f;

	f = doctor_fs_open("/proc/kallsyms");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %255s", name) != 1)
			continue;
		any = true;
		doctor_kernel_symbol(kernel, name);
	}
	fclose(f);
	doctor_kernel_settle(&kernel->mm, any);
	doctor_kernel_settle(&kernel->mlx5, any && kernel->mlx5_ib_loaded);
	doctor_kernel_settle(&kernel->options[OPTION_PCI_P2PDMA], any);
	doctor_kernel_settle(&kernel->options[OPTION_HMM_MIRROR], any);
	doctor_kernel_settle(&kernel->options[OPTION_NOUVEAU_SVM],
			     any && kernel->nouveau_loaded);
	doctor_kernel_settle(&kernel->options[OPTION_ODP],
			     any && kernel->mlx5_ib_loaded);
}

static void doctor_kernel_nouveau(struct doctor_kernel *kernel)
{
	unsigned long long windows = 0;
	char line[16];

	if (!kernel->nouveau_loaded)
		return;
	if (doctor_fs_line(line, sizeof(line), PARAMETERS "svm_p2p")) {
		kernel->nouveau = DOCTOR_YES;
		kernel->svm_p2p = line[0] == 'Y' ? DOCTOR_YES : DOCTOR_NO;
	} else {
		kernel->nouveau = DOCTOR_NO;
	}
	doctor_fs_number(&windows, PARAMETERS "svm_p2p_windows");
	kernel->svm_p2p_windows = windows;
}

/* nouveau with SVM needs device-private memory, and so does the series. */
static void doctor_kernel_infer(struct doctor_kernel *kernel)
{
	enum doctor_answer *options = kernel->options;

	if (options[OPTION_DEVICE_PRIVATE] == DOCTOR_UNKNOWN &&
	    (options[OPTION_NOUVEAU_SVM] == DOCTOR_YES ||
	     kernel->mm == DOCTOR_YES))
		options[OPTION_DEVICE_PRIVATE] = DOCTOR_YES;
	if (kernel->nouveau_loaded)
		options[OPTION_NOUVEAU] = DOCTOR_YES;
	if (kernel->mlx5_ib_loaded)
		options[OPTION_MLX5_IB] = DOCTOR_YES;
}

void doctor_kernel_read(struct doctor_kernel *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	doctor_fs_line(kernel->release, sizeof(kernel->release),
		       "/proc/sys/kernel/osrelease");
	doctor_fs_line(kernel->cmdline, sizeof(kernel->cmdline),
		       "/proc/cmdline");
	kernel->nouveau_loaded = doctor_fs_exists("/sys/module/nouveau");
	kernel->mlx5_ib_loaded = doctor_fs_exists("/sys/module/mlx5_ib");
	kernel->debugfs = doctor_fs_exists("/sys/kernel/debug/dri");
	kernel->tracefs = doctor_fs_exists("/sys/kernel/tracing/events");
	doctor_kernel_config(kernel);
	doctor_kernel_symbols(kernel);
	doctor_kernel_nouveau(kernel);
	doctor_kernel_infer(kernel);
}
