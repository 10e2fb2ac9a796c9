// SPDX-License-Identifier: GPL-2.0-or-later
/* What kernel, GPU and HCA have to be, on a way that is open. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "doctor_fs.h"
#include "fixture.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
#define GPU	"pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0"
#define HCA	"pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:01.0/0000:04:00.0"
#define DMEM	"sys/kernel/debug/dri/0000:03:00.0/dmem"

static int setup(void **state)
{
	fixture_setup(state);
	fixture_kernel();
	fixture_cpu("GenuineIntel", 6);
	fixture_switch(NO_ACS);
	return 0;
}

static void remove_file(const char *name)
{
	char path[DOCTOR_PATH];

	snprintf(path, sizeof(path), "%s/%s", fixture_root(), name);
	assert_return_code(remove(path), 0);
}

static void expect(enum doctor_verdict verdict, const char *key, bool blocks)
{
	struct doctor *d = fixture_examine();
	const struct doctor_pair *pair = fixture_pair(d);
	const struct doctor_reason *r = fixture_reason(pair, key);

	assert_string_equal(doctor_verdict_name(pair->verdict),
			    doctor_verdict_name(verdict));
	assert_non_null(r);
	assert_int_equal(r->blocks, blocks);
	assert_int_equal(doctor_any_reachable(d), verdict != VERDICT_FALLBACK);
	doctor_free(d);
}

static void test_all_is_well(void **state)
{
	struct doctor *d = fixture_examine();
	const struct doctor_pair *pair = fixture_pair(d);

	(void)state;
	assert_int_equal(pair->verdict, VERDICT_DIRECT);
	assert_int_equal(pair->nr_reasons, 0);
	assert_true(doctor_any_reachable(d));
	assert_string_equal(d->gpus.gpus[0].node, "/dev/dri/renderD128");
	assert_string_equal(d->gpus.gpus[0].family, "GP100");
	assert_int_equal(d->gpus.gpus[0].aperture, 256 << 20);
	assert_string_equal(d->hcas.hcas[0].link_layer, "InfiniBand");
	assert_int_equal(d->hcas.hcas[0].odp.supported, DOCTOR_UNKNOWN);
	doctor_free(d);
}

static void test_switched_off(void **state)
{
	(void)state;
	fixture_text("N\n", "sys/module/nouveau/parameters/svm_p2p");
	expect(VERDICT_FALLBACK, "svm-p2p-off", true);
}

static void test_nouveau_without_series(void **state)
{
	(void)state;
	remove_file("sys/module/nouveau/parameters/svm_p2p");
	expect(VERDICT_FALLBACK, "no-series", true);
}

static void test_core_without_series(void **state)
{
	(void)state;
	fixture_text("0 T hmm_range_fault\n0 T pcim_p2pdma_init\n"
		     "0 T nouveau_svmm_init [nouveau]\n"
		     "0 T ib_umem_odp_map_dma_and_lock [ib_core]\n",
		     "proc/kallsyms");
	expect(VERDICT_FALLBACK, "no-series", true);
}

/* Its part of the series is counters and tracepoints. */
static void test_mlx5_without_series(void **state)
{
	(void)state;
	fixture_text("0 T device_private_entry_to_page\n0 T hmm_range_fault\n"
		     "0 T pcim_p2pdma_init\n0 T nouveau_svmm_init [nouveau]\n"
		     "0 T ib_umem_odp_map_dma_and_lock [ib_core]\n",
		     "proc/kallsyms");
	expect(VERDICT_DIRECT, "no-series", false);
}

static void test_config_file(void **state)
{
	(void)state;
	fixture_text("# CONFIG_PCI_P2PDMA is not set\nCONFIG_DEVICE_PRIVATE=y\n"
		     "CONFIG_DRM_NOUVEAU_SVM=y\n"
		     "CONFIG_INFINIBAND_ON_DEMAND_PAGING=y\n",
		     "boot/config-7.3.4");
	remove_file("proc/kallsyms");
	expect(VERDICT_FALLBACK, "no-p2pdma", true);
}

static void test_config_gz(void **state)
{
	static const char text[] = "CONFIG_PCI_P2PDMA=y\n"
		"CONFIG_DEVICE_PRIVATE=y\nCONFIG_DRM_NOUVEAU_SVM=y\n";
	char path[DOCTOR_PATH];
	gzFile f;

	(void)state;
	doctor_fs_path(path, "/proc/config.gz");
	f = gzopen(path, "w");
	assert_int_equal(gzwrite(f, text, sizeof(text) - 1), sizeof(text) - 1);
	gzclose(f);
	/* what kallsyms says is not in doubt because of a file */
	remove_file("proc/kallsyms");
	expect(VERDICT_FALLBACK, "no-odp-config", true);
}

static void test_nothing_readable(void **state)
{
	struct doctor *d;

	(void)state;
	remove_file("proc/kallsyms");
	d = fixture_examine();
	assert_int_equal(d->kernel.options[OPTION_PCI_P2PDMA], DOCTOR_UNKNOWN);
	assert_int_equal(d->kernel.options[OPTION_NOUVEAU], DOCTOR_YES);
	assert_int_equal(d->kernel.mm, DOCTOR_UNKNOWN);
	assert_int_equal(fixture_pair(d)->verdict, VERDICT_DIRECT);
	doctor_free(d);
}

static void change_gpu(uint16_t vendor, uint16_t device, const char *driver)
{
	const struct fixture_dev dev = {
		GPU, vendor, device, 0x030000, driver, NO_ACS, ENDPOINT,
	};

	remove_file("sys/bus/pci/devices/0000:03:00.0");
	remove_file("sys/devices/" GPU "/driver");
	fixture_pci(&dev);
}

static void test_gpu_without_driver(void **state)
{
	(void)state;
	change_gpu(0x10de, 0x15f8, NULL);
	expect(VERDICT_FALLBACK, "gpu-driver", true);
}

static void test_gpu_with_other_driver(void **state)
{
	(void)state;
	change_gpu(0x10de, 0x15f8, "nvidia");
	expect(VERDICT_FALLBACK, "gpu-driver", true);
}

static void test_gpu_of_others(void **state)
{
	(void)state;
	change_gpu(0x1002, 0x740f, "amdgpu");
	expect(VERDICT_FALLBACK, "gpu-vendor", true);
}

static void test_gpu_of_another_family(void **state)
{
	(void)state;
	change_gpu(0x10de, 0x1db4, "nouveau");
	expect(VERDICT_FALLBACK, "gpu-family", true);
}

static void dmem(int p2p, int mapped)
{
	char text[512];

	snprintf(text, sizeof(text), "p2p %d\nmigrated_to_vram 10\n"
		 "migrated_to_ram 4\nexports 3\nexport_failures 2\n"
		 "windows_created 9\nwindows_reaped 1\nwindows_max 64\n"
		 "chunk 7f8e0 512 10000000 0 8 60 0 3\n"
		 "chunk 7fae0 512 10000000 0 8 %d 1 5\n", p2p, mapped - 60);
	fixture_text(text, DMEM);
}

static void test_dmem(void **state)
{
	struct doctor *d;

	(void)state;
	dmem(1, 61);
	d = fixture_examine();
	assert_int_equal(d->gpus.gpus[0].dmem_err, 0);
	assert_int_equal(d->gpus.gpus[0].dmem.mapped, 61);
	assert_int_equal(d->gpus.gpus[0].dmem.idle, 1);
	assert_int_equal(d->gpus.gpus[0].dmem.exported, 8);
	assert_int_equal(d->gpus.gpus[0].dmem.allocated, 16);
	assert_int_equal(d->gpus.gpus[0].dmem.migrated_to_ram, 4);
	assert_int_equal(fixture_pair(d)->nr_reasons, 0);
	doctor_free(d);
}

static void test_windows_in_use(void **state)
{
	(void)state;
	dmem(1, 64);
	expect(VERDICT_DIRECT, "bar1-full", false);
}

static void test_no_bar1(void **state)
{
	(void)state;
	dmem(0, 60);
	expect(VERDICT_FALLBACK, "gpu-no-bar1", true);
}

static void test_hca_without_driver(void **state)
{
	(void)state;
	remove_file("sys/class/infiniband/mlx5_0");
	expect(VERDICT_FALLBACK, "hca-driver", true);
}

static void test_hca_port_down(void **state)
{
	(void)state;
	fixture_text("1: DOWN\n", "sys/devices/" HCA "/infiniband/mlx5_0/ports/1/state");
	expect(VERDICT_DIRECT, "hca-port-down", false);
}

/* A sub-function of an HCA: an auxiliary device, which does DMA as its parent. */
static void test_hca_auxiliary(void **state)
{
	struct doctor *d;

	(void)state;
	fixture_link("../../devices/" HCA "/mlx5_core.sf.2/infiniband/mlx5_1",
		     "sys/class/infiniband/mlx5_1");
	d = fixture_examine();
	assert_int_equal(d->nr_pairs, 2);
	assert_string_equal(d->hcas.hcas[1].name, "mlx5_1");
	assert_int_equal(d->hcas.hcas[1].pci, d->hcas.hcas[0].pci);
	assert_int_equal(d->pairs[1].verdict, VERDICT_DIRECT);
	doctor_free(d);
}

static void test_hca_in_software(void **state)
{
	struct doctor *d;

	(void)state;
	fixture_link("../../devices/virtual/infiniband/rxe0",
		     "sys/class/infiniband/rxe0");
	d = fixture_examine();
	assert_int_equal(d->nr_pairs, 2);
	assert_int_equal(d->pairs[1].verdict, VERDICT_FALLBACK);
	assert_false(d->pairs[1].has_path);
	assert_non_null(fixture_reason(&d->pairs[1], "hca-software"));
	doctor_free(d);
}

/* What verbs say can't be made of files. */
static void test_hca_without_odp(void **state)
{
	struct doctor *d = fixture_examine();
	struct doctor_pair pair;

	(void)state;
	d->hcas.hcas[0].odp.supported = DOCTOR_NO;
	doctor_judge(d, 0, 0, &pair);
	assert_int_equal(pair.verdict, VERDICT_FALLBACK);
	assert_non_null(fixture_reason(&pair, "hca-no-odp"));
	d->hcas.hcas[0].odp.supported = DOCTOR_YES;
	doctor_judge(d, 0, 0, &pair);
	assert_int_equal(pair.verdict, VERDICT_DIRECT);
	assert_non_null(fixture_reason(&pair, "hca-odp-no-rc"));
	doctor_free(d);
}

static void test_iommu(void **state)
{
	struct doctor *d;
	const struct doctor_pci *dev;

	(void)state;
	fixture_text("", "sys/class/iommu/dmar0/x");
	fixture_text("DMA-FQ\n", "sys/kernel/iommu_groups/7/type");
	fixture_link("../../../../../../kernel/iommu_groups/7",
		     "sys/devices/" GPU "/iommu_group");
	d = fixture_examine();
	dev = &d->pci.devs[d->gpus.gpus[0].pci];
	assert_int_equal(d->iommus.nr, 1);
	assert_string_equal(dev->iommu_group, "7");
	assert_string_equal(doctor_iommu_mode(dev), "translates");
	dev = &d->pci.devs[d->hcas.hcas[0].pci];
	assert_string_equal(doctor_iommu_mode(dev), "none");
	doctor_free(d);
}

/* Neither result would reach the GPU for sure, or both would. */
static void test_unknown_and_reachable(void **state)
{
	struct doctor *d;

	(void)state;
	fixture_teardown(state);
	fixture_new();
	fixture_kernel();
	fixture_cpu("GenuineIntel", 6);
	fixture_switch(UNREADABLE);
	d = fixture_examine();
	assert_int_equal(fixture_pair(d)->verdict, VERDICT_UNKNOWN);
	assert_false(doctor_any_reachable(d));
	doctor_free(d);
	fixture_cpu("AuthenticAMD", 0x17);
	d = fixture_examine();
	assert_int_equal(fixture_pair(d)->verdict, VERDICT_UNKNOWN);
	assert_true(doctor_any_reachable(d));
	doctor_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_is_well), T(test_switched_off),
		T(test_nouveau_without_series), T(test_core_without_series),
		T(test_mlx5_without_series), T(test_config_file),
		T(test_config_gz), T(test_nothing_readable),
		T(test_gpu_without_driver), T(test_gpu_with_other_driver),
		T(test_gpu_of_others), T(test_gpu_of_another_family),
		T(test_dmem), T(test_windows_in_use), T(test_no_bar1),
		T(test_hca_without_driver), T(test_hca_port_down),
		T(test_hca_auxiliary), T(test_hca_in_software),
		T(test_hca_without_odp), T(test_iommu),
		T(test_unknown_and_reachable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
