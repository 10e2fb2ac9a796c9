// SPDX-License-Identifier: GPL-2.0-or-later
/* Config space: header, BARs, capabilities, write masks, reset. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "pci/pci_bar.h"
#include "pci/pci_cfg.h"
#include "tests/fake_edu.h"
#include "tests/fake_host.h"

#define D0	0u
#define D3HOT	3u
#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PM	0x40u
#define MSIX	0x50u
#define PCIE	0x70u
#define AER	0x100u
#define RAM	(256u << 20)

static struct fake_host *host;
static struct pci_dev *dev;
static struct fake_edu *edu;

static int setup(void **state)
{
	(void)state;
	host = fake_host_new();
	edu = fake_edu_new("edu", fake_loop(host), EDU_MSIX, RAM);
	dev = &edu->dev;
	fake_host_add_dev(host, dev);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(host);
	return 0;
}

static void test_identity(void **state)
{
	(void)state;
	assert_int_equal(fake_cfg_read(dev, PCI_VENDOR_ID, 4), 0x00ed1b36);
	assert_int_equal(fake_cfg_read(dev, PCI_SUBSYSTEM_VENDOR_ID, 4),
			 0x11001af4);
	assert_int_equal(fake_cfg_read(dev, PCI_CLASS_REVISION, 4),
			 0xff000002);
	assert_int_equal(fake_cfg_read(dev, PCI_STATUS, 2),
			 PCI_STATUS_CAP_LIST);
}

static void test_identity_is_read_only(void **state)
{
	(void)state;
	fake_cfg_write(dev, PCI_VENDOR_ID, 4, 0xffffffff);
	fake_cfg_write(dev, PCI_HEADER_TYPE, 1, 0xff);
	fake_cfg_write(dev, PCIE, 4, 0xffffffff);
	assert_int_equal(fake_cfg_read(dev, PCI_VENDOR_ID, 4), 0x00ed1b36);
	assert_int_equal(fake_cfg_read(dev, PCI_HEADER_TYPE, 1), 0);
	assert_int_equal(fake_cfg_read(dev, PCIE, 4), 0x00020010);
}

static void test_access_beyond_the_end(void **state)
{
	uint8_t buf[8] = { 0 };

	(void)state;
	assert_int_equal(pci_cfg_read(dev, 4092, buf, 8), -EINVAL);
	assert_int_equal(pci_cfg_read(dev, 4096, buf, 1), -EINVAL);
	assert_int_equal(pci_cfg_write(dev, UINT64_MAX, buf, 2), -EINVAL);
	assert_int_equal(pci_cfg_read(dev, 4095, buf, 1), 0);
}

static void test_sizing(void **state)
{
	(void)state;
	fake_cfg_write(dev, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	fake_cfg_write(dev, PCI_BASE_ADDRESS_1, 4, 0xffffffff);
	fake_cfg_write(dev, PCI_BASE_ADDRESS_2, 4, 0xffffffff);
	fake_cfg_write(dev, PCI_BASE_ADDRESS_3, 4, 0xffffffff);
	assert_int_equal(fake_cfg_read(dev, PCI_BASE_ADDRESS_0, 4),
			 0xffffc000);
	assert_int_equal(fake_cfg_read(dev, PCI_BASE_ADDRESS_1, 4),
			 0xf000000c);
	assert_int_equal(fake_cfg_read(dev, PCI_BASE_ADDRESS_2, 4),
			 0xffffffff);
	assert_int_equal(fake_cfg_read(dev, PCI_BASE_ADDRESS_3, 4), 0);
}

/* Every capability in order, with its length, and then the end. */
static void test_capability_list(void **state)
{
	static const uint8_t ids[] = { PCI_CAP_ID_PM, PCI_CAP_ID_MSIX,
				       PCI_CAP_ID_EXP };
	unsigned int i, pos = fake_cfg_read(dev, PCI_CAPABILITY_LIST, 1);

	(void)state;
	for (i = 0; i < sizeof(ids); i++) {
		assert_int_equal(fake_cfg_read(dev, pos, 1), ids[i]);
		pos = fake_cfg_read(dev, pos + 1, 1);
	}
	assert_int_equal(pos, 0);
}

static void test_extended_capability_list(void **state)
{
	static const uint16_t ids[] = { PCI_EXT_CAP_ID_ERR, PCI_EXT_CAP_ID_ACS,
					PCI_EXT_CAP_ID_ATS };
	unsigned int i, pos = 0x100;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint32_t header = fake_cfg_read(dev, pos, 4);

		assert_int_equal(header & 0xffff, ids[i]);
		pos = header >> 20;
	}
	assert_int_equal(pos, 0);
}

static void test_msix_capability(void **state)
{
	(void)state;
	assert_int_equal(fake_cfg_read(dev, MSIX + PCI_MSIX_FLAGS, 2),
			 PCI_MSIX_FLAGS_ENABLE | (EDU_VECTORS - 1));
	assert_int_equal(fake_cfg_read(dev, MSIX + PCI_MSIX_TABLE, 4),
			 EDU_MSIX_TABLE);
	assert_int_equal(fake_cfg_read(dev, MSIX + PCI_MSIX_PBA, 4),
			 EDU_MSIX_PBA);
}

static void test_link(void **state)
{
	(void)state;
	assert_int_equal(fake_cfg_read(dev, PCIE + PCI_EXP_LNKSTA, 2), 0x103);
	assert_int_equal(fake_cfg_read(dev, PCIE + PCI_EXP_LNKCAP, 4) & 0x3ff,
			 0x103);
	assert_int_equal(fake_cfg_read(dev, PCIE + PCI_EXP_LNKCAP2, 4), 0xe);
}

static void test_write_one_to_clear(void **state)
{
	(void)state;
	pci_cfg_set32(dev, AER + PCI_ERR_UNCOR_STATUS, PCI_ERR_UNC_UNSUP |
		      PCI_ERR_UNC_COMP_TIME);
	fake_cfg_write(dev, AER + PCI_ERR_UNCOR_STATUS, 4, 0);
	assert_int_equal(fake_cfg_read(dev, AER + PCI_ERR_UNCOR_STATUS, 4),
			 PCI_ERR_UNC_UNSUP | PCI_ERR_UNC_COMP_TIME);
	fake_cfg_write(dev, AER + PCI_ERR_UNCOR_STATUS, 4, PCI_ERR_UNC_UNSUP);
	assert_int_equal(fake_cfg_read(dev, AER + PCI_ERR_UNCOR_STATUS, 4),
			 PCI_ERR_UNC_COMP_TIME);
}

static void test_command_register(void **state)
{
	(void)state;
	fake_cfg_write(dev, PCI_COMMAND, 2, 0xffff);
	assert_int_equal(fake_cfg_read(dev, PCI_COMMAND, 2),
			 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
			 PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
			 PCI_COMMAND_INTX_DISABLE);
}

static void test_flr(void **state)
{
	uint64_t bar0 = fake_bar_addr(dev, 0), bar1 = fake_bar_addr(dev, 1);

	(void)state;
	fake_bar_write64(dev, 0, EDU_SCRATCH, 9);
	fake_cfg_write(dev, PCI_INTERRUPT_LINE, 1, 11);
	fake_cfg_write(dev, AER + PCI_ERR_COR_MASK, 4, 0);
	fake_cfg_write(dev, PCIE + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	assert_int_equal(edu->resets, 1);
	assert_int_equal(edu->scratch, 0);
	assert_int_equal(fake_cfg_read(dev, PCI_COMMAND, 2), 0);
	assert_int_equal(fake_cfg_read(dev, PCIE + PCI_EXP_DEVCTL, 2), 0x2810);
	assert_int_equal(fake_cfg_read(dev, AER + PCI_ERR_COR_MASK, 4),
			 PCI_ERR_COR_ADV_NFAT);
	/* what the VMM keeps a copy of */
	assert_int_equal(fake_bar_addr(dev, 0), bar0);
	assert_int_equal(fake_bar_addr(dev, 1), bar1);
	assert_int_equal(fake_cfg_read(dev, PCI_INTERRUPT_LINE, 1), 11);
	assert_true(fake_cfg_read(dev, MSIX + PCI_MSIX_FLAGS, 2) &
		    PCI_MSIX_FLAGS_ENABLE);
}

static void test_flr_by_a_byte(void **state)
{
	(void)state;
	fake_cfg_write(dev, PCIE + PCI_EXP_DEVCTL, 1, 0x80);
	assert_int_equal(edu->resets, 0);
	fake_cfg_write(dev, PCIE + PCI_EXP_DEVCTL + 1, 1, 0x80);
	assert_int_equal(edu->resets, 1);
}

static void test_flr_inside_a_wider_write(void **state)
{
	(void)state;
	fake_cfg_write(dev, PCIE + PCI_EXP_DEVCTL, 4, 0x00008000);
	assert_int_equal(edu->resets, 1);
	fake_cfg_write(dev, PCIE + PCI_EXP_DEVCTL, 4, 0x80000000);
	assert_int_equal(edu->resets, 1);
}

static void test_power_state(void **state)
{
	uint64_t val, iova = fake_alloc(host, 8, 8);

	(void)state;
	fake_cfg_write(dev, PM + PCI_PM_CTRL, 2, D3HOT);
	assert_int_equal(fake_cfg_read(dev, PM + PCI_PM_CTRL, 2),
			 PCI_PM_CTRL_NO_SOFT_RESET | D3HOT);
	assert_int_equal(pci_dma_read(dev, iova, &val, 8), -EPERM);
	fake_cfg_write(dev, PM + PCI_PM_CTRL, 2, D0);
	assert_int_equal(pci_dma_read(dev, iova, &val, 8), 0);
	assert_int_equal(edu->resets, 0);
}

static void test_power_cycle_forgets_all(void **state)
{
	(void)state;
	pci_dev_power_cycle(dev);
	assert_int_equal(fake_bar_addr(dev, 1), 0);
	assert_int_equal(fake_cfg_read(dev, PCI_BASE_ADDRESS_1, 4), 0xc);
	assert_int_equal(fake_cfg_read(dev, MSIX + PCI_MSIX_FLAGS, 2),
			 EDU_VECTORS - 1);
	assert_int_equal(edu->resets, 1);
}

static void test_wide_access_without_block_functions(void **state)
{
	uint8_t in[24], out[24];

	(void)state;
	memset(in, 0xcd, sizeof(in));
	assert_int_equal(pci_bar_write(dev, 0, EDU_BUF, in, 24), 0);
	assert_int_equal(edu->reg_writes, 3);
	assert_int_equal(pci_bar_read(dev, 0, EDU_BUF, out, 24), 0);
	assert_memory_equal(in, out, 24);
	assert_int_equal(edu->reg_reads, 3);
}

static void test_bar_range(void **state)
{
	uint8_t buf[16] = { 0 };

	(void)state;
	assert_int_equal(pci_bar_write(dev, 0, EDU_REGS_SIZE - 8, buf, 16),
			 -EINVAL);
	assert_int_equal(pci_bar_write(dev, 6, 0, buf, 1), -EINVAL);
	assert_int_equal(pci_bar_read(dev, 2, 0, buf, 1), -EINVAL);
	assert_int_equal(edu->reg_writes, 0);
}

static void test_pending_bits(void **state)
{
	(void)state;
	dev->irq_pending = 1ull << 2 | 1ull << 9 | 1ull << 40;
	assert_int_equal(fake_bar_read64(dev, 0, EDU_MSIX_PBA),
			 dev->irq_pending);
	assert_int_equal(fake_bar_read(dev, 0, EDU_MSIX_PBA + 1, 1), 2);
	assert_int_equal(fake_bar_read32(dev, 0, EDU_MSIX_PBA + 4), 1u << 8);
	assert_int_equal(fake_bar_read32(dev, 0, EDU_MSIX_PBA + 8), 0);
	assert_int_equal(edu->reg_reads, 1);
}

static bool setup_refuses(struct pci_bar bar)
{
	struct pci_dev bad = { .name = "bad" };

	bar.ops = dev->bars[0].ops;
	bad.bars[0] = bar;
	return !pci_cfg_setup(&bad);
}

static void test_impossible_bars(void **state)
{
	(void)state;
	assert_true(setup_refuses((struct pci_bar) { .size = 3000 }));
	assert_true(setup_refuses((struct pci_bar) { .size = 8 }));
	assert_true(setup_refuses((struct pci_bar) { .size = 1ull << 32 }));
	assert_false(setup_refuses((struct pci_bar) { .size = 1ull << 32,
						      .is_64bit = true }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_identity),
		T(test_identity_is_read_only),
		T(test_access_beyond_the_end),
		T(test_sizing),
		T(test_capability_list),
		T(test_extended_capability_list),
		T(test_msix_capability),
		T(test_link),
		T(test_write_one_to_clear),
		T(test_command_register),
		T(test_flr),
		T(test_flr_by_a_byte),
		T(test_flr_inside_a_wider_write),
		T(test_power_state),
		T(test_power_cycle_forgets_all),
		T(test_wide_access_without_block_functions),
		T(test_bar_range),
		T(test_pending_bits),
		T(test_impossible_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
