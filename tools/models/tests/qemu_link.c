// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole link, from QEMU's config and memory accesses to the device and
 * from the device's DMA and interrupts to QEMU's memory, without a guest.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci/pci_fabric.h"
#include "pci/pci_cfg.h"
#include "pci/pci_vu.h"
#include "tests/fake_edu.h"
#include "tests/fake_host.h"
#include "tests/fake_qemu.h"

#define SLOT_A		3u
#define SLOT_B		4u
#define BAR0_A		0xfe000000u
#define BAR0_B		0xfe100000u
#define BAR1_A		0x4000000000ull
#define BAR1_B		0x5000000000ull
#define BAR1_SIZE	(1ull << 30)
#define RAM		0x100000u	/* an address in guest memory */

struct env {
	struct loop *loop;
	struct pci_fabric *fabric;
	struct fake_edu *a, *b;
	struct pci_vu *vu_a, *vu_b;
	struct fake_qemu *q;
	char dir[64], sock_a[96], sock_b[96], arg_a[256], arg_b[256];
};

static struct pci_vu *serve(struct env *e, struct fake_edu *edu, char *sock,
			    char *arg, unsigned int slot)
{
	assert_true(pci_cfg_setup(&edu->dev));
	assert_true(pci_fabric_add(e->fabric, &edu->dev));
	snprintf(sock, 96, "%s/%s.sock", e->dir, edu->dev.name);
	snprintf(arg, 256, "{\"driver\":\"vfio-user-pci\",\"rombar\":0,"
		 "\"addr\":\"%x.0\",\"socket\":{\"type\":\"unix\","
		 "\"path\":\"%s\"}}", slot, sock);
	return pci_vu_create(&edu->dev, sock, NULL, NULL);
}

static int setup(void **state)
{
	struct env *e = calloc(1, sizeof(*e));
	const char *devices[] = { "-device", NULL, "-device", NULL, NULL };

	*state = e;
	strcpy(e->dir, "/tmp/qemu-link.XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	e->loop = loop_create();
	e->fabric = pci_fabric_create();
	e->a = fake_edu_new("a", e->loop, EDU_MSI, BAR1_SIZE);
	e->b = fake_edu_new("b", e->loop, EDU_MSIX, BAR1_SIZE);
	e->vu_a = serve(e, e->a, e->sock_a, e->arg_a, SLOT_A);
	e->vu_b = serve(e, e->b, e->sock_b, e->arg_b, SLOT_B);
	devices[1] = e->arg_a;
	devices[3] = e->arg_b;
	e->q = fake_qemu_start(e->loop, devices);
	return 0;
}

static int teardown(void **state)
{
	struct env *e = *state;

	if (e->q)
		fake_qemu_stop(e->q);
	pci_vu_destroy(e->vu_a);
	pci_vu_destroy(e->vu_b);
	pci_fabric_remove(&e->a->dev);
	pci_fabric_remove(&e->b->dev);
	e->a->dev.ops->destroy(&e->a->dev);
	e->b->dev.ops->destroy(&e->b->dev);
	pci_fabric_destroy(e->fabric);
	loop_destroy(e->loop);
	rmdir(e->dir);
	free(e);
	return 0;
}

static void cfg_write(struct env *e, unsigned int slot, unsigned int off,
		      unsigned int size, uint32_t val)
{
	fake_qemu_cfg_write(e->q, slot, off, size, val);
}

static void enable(struct env *e, unsigned int slot, uint32_t bar0,
		   uint64_t bar1)
{
	cfg_write(e, slot, PCI_BASE_ADDRESS_0, 4, bar0);
	cfg_write(e, slot, PCI_BASE_ADDRESS_1, 4, (uint32_t)bar1);
	cfg_write(e, slot, PCI_BASE_ADDRESS_2, 4, (uint32_t)(bar1 >> 32));
	cfg_write(e, slot, PCI_COMMAND, 2,
		  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static struct env *start(void **state)
{
	struct env *e = *state;

	if (!e->q)
		skip();
	enable(e, SLOT_A, BAR0_A, BAR1_A);
	enable(e, SLOT_B, BAR0_B, BAR1_B);
	return e;
}

static uint64_t run_dma(struct env *e, uint32_t bar0, uint32_t cmd,
			uint64_t addr, uint32_t len)
{
	uint64_t end = loop_now_ns() + 10000000000ull, status;

	fake_qemu_write(e->q, bar0 + EDU_DMA_ADDR, 8, addr);
	fake_qemu_write(e->q, bar0 + EDU_DMA_LEN, 8, len);
	fake_qemu_write(e->q, bar0 + EDU_DMA_CMD, 8, cmd);
	do {
		status = fake_qemu_read(e->q, bar0 + EDU_DMA_STATUS, 8);
	} while (status == 1 && loop_now_ns() < end);
	return status;
}

/* QEMU forwards an interrupt when its main loop comes to it. */
static uint64_t await_memory(struct env *e, uint64_t addr, uint64_t want)
{
	uint64_t end = loop_now_ns() + 5000000000ull, val;

	do {
		val = fake_qemu_read(e->q, addr, 4);
	} while (val != want && loop_now_ns() < end);
	return val;
}

static void test_config_space(void **state)
{
	struct env *e = start(state);

	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_A, 0, 4), 0x00ed1b36);
	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_A, PCI_CLASS_REVISION,
					    4), 0xff000002);
	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_A, PCI_BASE_ADDRESS_1,
					    4), 0xc);
	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_A, 0x50, 1),
			 PCI_CAP_ID_MSI);
	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_B, 0x50, 1),
			 PCI_CAP_ID_MSIX);
}

/* QEMU emulates sizing; what it tells the server must decode alike. */
static void test_bar_sizing(void **state)
{
	struct env *e = start(state);

	cfg_write(e, SLOT_A, PCI_COMMAND, 2, 0);
	cfg_write(e, SLOT_A, PCI_BASE_ADDRESS_1, 4, 0xffffffff);
	cfg_write(e, SLOT_A, PCI_BASE_ADDRESS_2, 4, 0xffffffff);
	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_A, PCI_BASE_ADDRESS_1,
					    4), 0xc000000c);
	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_A, PCI_BASE_ADDRESS_2,
					    4), 0xffffffff);
	assert_int_equal(pci_cfg_bar_addr(&e->a->dev, 1), 0xffffffffc0000000);
	enable(e, SLOT_A, BAR0_A, BAR1_A);
	assert_int_equal(pci_cfg_bar_addr(&e->a->dev, 0), BAR0_A);
	assert_int_equal(pci_cfg_bar_addr(&e->a->dev, 1), BAR1_A);
	assert_true(pci_addr_is_peer(&e->b->dev, BAR1_A, NULL));
}

static void test_registers(void **state)
{
	struct env *e = start(state);

	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_ID, 4),
			 EDU_ID_VALUE);
	fake_qemu_write(e->q, BAR0_A + EDU_SCRATCH, 8, 0x1122334455667788);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_SCRATCH, 8),
			 0x1122334455667788);
}

static void test_large_bar(void **state)
{
	struct env *e = start(state);
	uint64_t val = 0x8877665544332211;

	fake_qemu_write(e->q, BAR1_A + BAR1_SIZE - 8, 8, val);
	assert_int_equal(fake_qemu_read(e->q, BAR1_A + BAR1_SIZE - 8, 8), val);
	assert_memory_equal(e->a->ram + BAR1_SIZE - 8, &val, 8);
}

static void test_dma_from_guest_memory(void **state)
{
	struct env *e = start(state);

	fake_qemu_write(e->q, RAM, 8, 0xa5a5a5a5deadbeef);
	assert_int_equal(run_dma(e, BAR0_A, EDU_DMA_READ, RAM, 8), 0x100);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_BUF, 8),
			 0xa5a5a5a5deadbeef);
	assert_int_equal(e->a->dev.stat_dma_read, 8);
	assert_int_equal(e->a->dev.stat_dma_msg, 0);
}

static void test_dma_to_guest_memory(void **state)
{
	struct env *e = start(state);

	memset(e->a->buf, 0x3c, EDU_BUF_SIZE);
	assert_int_equal(run_dma(e, BAR0_A, EDU_DMA_WRITE, RAM, 65536), 0x100);
	assert_int_equal(fake_qemu_read(e->q, RAM + 65528, 8),
			 0x3c3c3c3c3c3c3c3c);
	assert_int_equal(fake_qemu_read(e->q, RAM + 65536, 8), 0);
	assert_int_equal(e->a->dev.stat_dma_msg, 0);
}

/* MSI and MSI-X are writes to memory: let them go where they can be seen. */
static void test_msi(void **state)
{
	struct env *e = start(state);

	cfg_write(e, SLOT_A, 0x50 + PCI_MSI_ADDRESS_LO, 4, RAM);
	cfg_write(e, SLOT_A, 0x50 + PCI_MSI_ADDRESS_HI, 4, 0);
	cfg_write(e, SLOT_A, 0x50 + PCI_MSI_DATA_64, 2, 0x4100);
	cfg_write(e, SLOT_A, 0x50 + PCI_MSI_FLAGS, 2,
		  PCI_MSI_FLAGS_ENABLE | 3 << 4);
	fake_qemu_write(e->q, BAR0_A + EDU_IRQ, 4, 5);
	fake_qemu_read(e->q, BAR0_A + EDU_ID, 4);
	assert_int_equal(e->a->dev.stat_irq, 1);
	assert_int_equal(await_memory(e, RAM, 0x4105), 0x4105);
}

static void program_msix(struct env *e, unsigned int vec, uint32_t mask)
{
	uint64_t entry = BAR0_B + EDU_MSIX_TABLE + 16 * vec;

	fake_qemu_write(e->q, entry + PCI_MSIX_ENTRY_LOWER_ADDR, 4,
			RAM + 4 * vec);
	fake_qemu_write(e->q, entry + PCI_MSIX_ENTRY_UPPER_ADDR, 4, 0);
	fake_qemu_write(e->q, entry + PCI_MSIX_ENTRY_DATA, 4, 0x600 + vec);
	fake_qemu_write(e->q, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, mask);
}

static void test_msix(void **state)
{
	struct env *e = start(state);

	cfg_write(e, SLOT_B, 0x50 + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	program_msix(e, 3, 0);
	fake_qemu_write(e->q, BAR0_B + EDU_IRQ, 4, 3);
	fake_qemu_read(e->q, BAR0_B + EDU_ID, 4);
	assert_int_equal(e->b->dev.stat_irq, 1);
	assert_int_equal(await_memory(e, RAM + 12, 0x603), 0x603);
}

/* An interrupt of a masked vector is not lost: it comes when unmasked. */
static void test_msix_masked(void **state)
{
	struct env *e = start(state);

	cfg_write(e, SLOT_B, 0x50 + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	program_msix(e, 2, PCI_MSIX_ENTRY_CTRL_MASKBIT);
	fake_qemu_write(e->q, BAR0_B + EDU_IRQ, 4, 2);
	fake_qemu_read(e->q, BAR0_B + EDU_ID, 4);
	assert_int_equal(fake_qemu_read(e->q, RAM + 8, 4), 0);
	program_msix(e, 2, 0);
	fake_qemu_read(e->q, BAR0_B + EDU_ID, 4);
	assert_int_equal(await_memory(e, RAM + 8, 0x602), 0x602);
}

static void test_peer_dma(void **state)
{
	struct env *e = start(state);

	memset(e->a->buf, 0x96, EDU_BUF_SIZE);
	assert_int_equal(run_dma(e, BAR0_A, EDU_DMA_WRITE, BAR1_B + 0x10000,
				 65536), 0x100);
	assert_int_equal(e->b->block_writes, 1);
	assert_int_equal(fake_qemu_read(e->q, BAR1_B + 0x1fff8, 8),
			 0x9696969696969696);
	assert_int_equal(fake_qemu_read(e->q, BAR1_B + 0x20000, 8), 0);
	assert_int_equal(e->a->dev.stat_peer_write, 65536);
	assert_int_equal(e->a->dev.stat_dma_msg, 0);
}

/* The flash at the top of 4 GiB: no file, so by message. */
static void test_dma_message(void **state)
{
	struct env *e = start(state);
	uint64_t rom = fake_qemu_read(e->q, 0xfffffff0, 8);

	assert_int_equal(run_dma(e, BAR0_A, EDU_DMA_READ, 0xfffffff0, 8),
			 0x100);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_BUF, 8), rom);
	assert_int_equal(e->a->dev.stat_dma_msg, 1);
}

/* QEMU refuses what no device of its own answers. */
static void test_dma_to_nowhere(void **state)
{
	struct env *e = start(state);

	assert_int_equal(run_dma(e, BAR0_A, EDU_DMA_READ, 0x6000000000, 8),
			 0x100 | EIO);
	assert_int_equal(e->a->dev.stat_dma_msg, 1);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_ID, 4),
			 EDU_ID_VALUE);
}

static void test_dma_without_bus_master(void **state)
{
	struct env *e = start(state);

	cfg_write(e, SLOT_A, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(run_dma(e, BAR0_A, EDU_DMA_READ, RAM, 8),
			 0x100 | EPERM);
}

static void test_flr(void **state)
{
	struct env *e = start(state);
	unsigned int resets = e->a->resets;

	fake_qemu_write(e->q, BAR0_A + EDU_SCRATCH, 8, 77);
	cfg_write(e, SLOT_A, 0x70 + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	/* a read orders after posted writes */
	fake_qemu_cfg_read(e->q, SLOT_A, 0, 4);
	assert_int_equal(e->a->resets, resets + 1);
	assert_int_equal(fake_qemu_cfg_read(e->q, SLOT_A, PCI_COMMAND, 2), 0);
	enable(e, SLOT_A, BAR0_A, BAR1_A);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_SCRATCH, 8), 0);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_ID, 4),
			 EDU_ID_VALUE);
}

static bool nobody_connected(void *arg)
{
	return !pci_vu_connected(arg);
}

static void test_vmm_exits_and_another_comes(void **state)
{
	struct env *e = start(state);
	const char *devices[] = { "-device", e->arg_a, "-device", e->arg_b,
				  NULL };
	uint64_t end = loop_now_ns() + 10000000000ull;

	fake_qemu_write(e->q, BAR0_A + EDU_SCRATCH, 8, 77);
	fake_qemu_stop(e->q);
	e->q = NULL;
	while (!nobody_connected(e->vu_a) && loop_now_ns() < end)
		loop_run_once(e->loop, 100);
	assert_false(pci_vu_connected(e->vu_a));
	assert_false(pci_addr_is_peer(&e->b->dev, BAR1_A, NULL));
	e->q = fake_qemu_start(e->loop, devices);
	enable(e, SLOT_A, BAR0_A, BAR1_A);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_SCRATCH, 8), 0);
	assert_int_equal(fake_qemu_read(e->q, BAR0_A + EDU_ID, 4),
			 EDU_ID_VALUE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_config_space),
		T(test_bar_sizing),
		T(test_registers),
		T(test_large_bar),
		T(test_dma_from_guest_memory),
		T(test_dma_to_guest_memory),
		T(test_msi),
		T(test_msix),
		T(test_msix_masked),
		T(test_peer_dma),
		T(test_dma_message),
		T(test_dma_to_nowhere),
		T(test_dma_without_bus_master),
		T(test_flr),
		T(test_vmm_exits_and_another_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
