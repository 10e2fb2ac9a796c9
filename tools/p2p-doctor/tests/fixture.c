// SPDX-License-Identifier: GPL-2.0-or-later
#include <ftw.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor_fs.h"
#include "fixture.h"

#define EXPRESS_AT	0x40	/* where its capability is */
#define ACS_AT		0x148	/* behind another extended capability */
#define SYS_DEVICES	"sys/devices/%s/"

static char root[64];

const char *fixture_root(void)
{
	return root;
}

void fixture_new(void)
{
	snprintf(root, sizeof(root), "/tmp/p2p-doctor.XXXXXX");
	assert_non_null(mkdtemp(root));
	doctor_fs_set_root(root);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void fixture_free(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	doctor_fs_set_root(NULL);
}

int fixture_setup(void **state)
{
	(void)state;
	fixture_new();
	return 0;
}

int fixture_teardown(void **state)
{
	(void)state;
	fixture_free();
	return 0;
}

static void make_parents(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static void path_of(char path[DOCTOR_PATH], const char *fmt, va_list ap)
{
	int n = snprintf(path, DOCTOR_PATH, "%s/", root);

	vsnprintf(path + n, DOCTOR_PATH - n, fmt, ap);
	make_parents(path);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void __attribute__((format(printf, 3, 4)))
fixture_bytes(const void *bytes, size_t len, const char *fmt, ...)
{
	char path[DOCTOR_PATH];
	va_list ap;

	va_start(ap, fmt);
	path_of(path, fmt, ap);
	va_end(ap);
	write_file(path, bytes, len);
}

void fixture_text(const char *text, const char *fmt, ...)
{
	char path[DOCTOR_PATH];
	va_list ap;

	va_start(ap, fmt);
	path_of(path, fmt, ap);
	va_end(ap);
	write_file(path, text, strlen(text));
}

void fixture_link(const char *target, const char *fmt, ...)
{
	char path[DOCTOR_PATH];
	va_list ap;

	va_start(ap, fmt);
	path_of(path, fmt, ap);
	va_end(ap);
	assert_return_code(symlink(target, path), 0);
}

/* The name of a function is the last component of its path. */
static const char *fixture_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value;
	at[1] = value >> 8;
}

/* An extended capability of version 1, and where the next one is. */
static void put_ext(uint8_t *at, uint16_t id, unsigned int next)
{
	put16(at, id);
	put16(at + 2, 1 | next << 4);
}

static void fixture_config(const struct fixture_dev *dev)
{
	uint8_t config[4096] = { 0 };
	size_t len = sizeof(config);

	put16(config, dev->vendor);
	put16(config + 2, dev->device);
	put16(config + PCI_STATUS, PCI_STATUS_CAP_LIST);
	config[PCI_CAPABILITY_LIST] = EXPRESS_AT;
	config[EXPRESS_AT] = PCI_CAP_ID_EXP;
	put16(config + EXPRESS_AT + PCI_EXP_FLAGS, 2 | dev->type << 4);
	put_ext(config + 0x100, PCI_EXT_CAP_ID_ERR, dev->acs >= 0 ? ACS_AT : 0);
	if (dev->acs >= 0) {
		put_ext(config + ACS_AT, PCI_EXT_CAP_ID_ACS, 0);
		put16(config + ACS_AT + PCI_ACS_CAP, 0x5f);
		put16(config + ACS_AT + PCI_ACS_CTRL, dev->acs);
	}
	if (dev->acs == UNREADABLE)
		len = 64;
	if (dev->acs == CONVENTIONAL)
		config[EXPRESS_AT] = PCI_CAP_ID_PM;
	if (dev->acs == CONVENTIONAL || dev->acs == HIDDEN_256)
		len = 256;
	if (dev->acs == HIDDEN)
		memcpy(config + 256, config, 256);
	fixture_bytes(config, len, SYS_DEVICES "config", dev->path);
}

static void fixture_hex(uint32_t value, const char *file, const char *path)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%04x\n", value);
	fixture_text(text, SYS_DEVICES "%s", path, file);
}

void fixture_pci(const struct fixture_dev *dev)
{
	char target[DOCTOR_PATH];

	fixture_hex(dev->vendor, "vendor", dev->path);
	fixture_hex(dev->device, "device", dev->path);
	fixture_hex(dev->class, "class", dev->path);
	fixture_text("8.0 GT/s PCIe\n", SYS_DEVICES "current_link_speed",
		     dev->path);
	fixture_text("16.0 GT/s PCIe\n", SYS_DEVICES "max_link_speed",
		     dev->path);
	fixture_text("8\n", SYS_DEVICES "current_link_width", dev->path);
	fixture_text("16\n", SYS_DEVICES "max_link_width", dev->path);
	fixture_config(dev);
	snprintf(target, sizeof(target), "../../../devices/%s", dev->path);
	fixture_link(target, "sys/bus/pci/devices/%s", fixture_name(dev->path));
	if (!dev->driver)
		return;
	snprintf(target, sizeof(target), "../../bus/pci/drivers/%s",
		 dev->driver);
	fixture_link(target, SYS_DEVICES "driver", dev->path);
}

void fixture_bridge(const char *path, int type, int acs)
{
	const struct fixture_dev dev = {
		path, 0x1b36, 0x000c, 0x060400, "pcieport", acs, type,
	};

	fixture_pci(&dev);
}

void fixture_gpu(const char *path, int acs)
{
	const struct fixture_dev dev = {
		path, 0x10de, 0x15f8, 0x030200, "nouveau", acs, ENDPOINT,
	};

	fixture_pci(&dev);
	fixture_text("0x00000000fb000000 0x00000000fbffffff 0x0000000000040200\n"
		     "0x0000380000000000 0x000038000fffffff 0x000000000014220c\n",
		     SYS_DEVICES "resource", path);
	fixture_text("", SYS_DEVICES "drm/renderD128/dev", path);
}

void fixture_hca(const char *path, int acs, const char *ib)
{
	const struct fixture_dev dev = {
		path, 0x15b3, 0x1021, 0x020700, "mlx5_core", acs, ENDPOINT,
	};
	char target[DOCTOR_PATH];

	fixture_pci(&dev);
	if (!ib)
		return;
	fixture_text("InfiniBand\n", SYS_DEVICES "infiniband/%s/ports/1/link_layer",
		     path, ib);
	fixture_text("4: ACTIVE\n", SYS_DEVICES "infiniband/%s/ports/1/state",
		     path, ib);
	snprintf(target, sizeof(target), "../../devices/%s/infiniband/%s", path,
		 ib);
	fixture_link(target, "sys/class/infiniband/%s", ib);
}

void fixture_cpu(const char *vendor, unsigned int family)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "processor\t: 0\nvendor_id\t: %s\ncpu family\t: %u\n"
		 "model\t\t: 1\nmodel name\t: Some CPU\n\n"
		 "processor\t: 1\nvendor_id\t: Other\ncpu family\t: 99\n",
		 vendor, family);
	fixture_text(text, "proc/cpuinfo");
}

void fixture_kernel(void)
{
	fixture_text("7.3.4\n", "proc/sys/kernel/osrelease");
	fixture_text("0000000000000000 T device_private_entry_to_page\n"
		     "0000000000000000 T pcim_p2pdma_init\n"
		     "0000000000000000 T hmm_range_fault\n"
		     "0000000000000000 T nouveau_dmem_p2p_init\t[nouveau]\n"
		     "0000000000000000 T nouveau_svmm_init\t[nouveau]\n"
		     "0000000000000000 T ib_umem_odp_map_dma_and_lock\t[ib_core]\n"
		     "0000000000000000 T __traceiter_mlx5_odp_populate\t[mlx5_ib]\n",
		     "proc/kallsyms");
	fixture_text("Y\n", "sys/module/nouveau/parameters/svm_p2p");
	fixture_text("0\n", "sys/module/nouveau/parameters/svm_p2p_windows");
	fixture_text("live\n", "sys/module/mlx5_ib/initstate");
}

void fixture_switch(int acs_port)
{
	fixture_bridge("pci0000:00/0000:00:01.0", ROOT_PORT, NO_ACS);
	fixture_bridge("pci0000:00/0000:00:01.0/0000:01:00.0", UPSTREAM, NO_ACS);
	fixture_bridge("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0",
		       DOWNSTREAM, acs_port);
	fixture_bridge("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:01.0",
		       DOWNSTREAM, acs_port);
	fixture_gpu("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0",
		    NO_ACS);
	fixture_hca("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:01.0/0000:04:00.0",
		    NO_ACS, "mlx5_0");
}

struct doctor *fixture_examine(void)
{
	struct doctor *d = doctor_examine();

	assert_non_null(d);
	return d;
}

const struct doctor_pair *fixture_pair(const struct doctor *d)
{
	assert_int_equal(d->nr_pairs, 1);
	return &d->pairs[0];
}

const struct doctor_reason *fixture_reason(const struct doctor_pair *pair,
					   const char *key)
{
	int i;

	for (i = 0; i < pair->nr_reasons; i++)
		if (!strcmp(pair->reasons[i].key, key))
			return &pair->reasons[i];
	return NULL;
}
