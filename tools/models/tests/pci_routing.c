// SPDX-License-Identifier: GPL-2.0-or-later
/* The fabric: which BAR answers, and transfers over borders. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "pci/pci_cfg.h"
#include "tests/fake_host.h"

#define D0	0u
#define D3HOT	3u
#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define SIZE	0x10000u

static struct fake_host *host;
static struct fake_peer *a, *b, *c;

static int setup(void **state)
{
	(void)state;
	host = fake_host_new();
	a = fake_host_add_peer(host, SIZE);
	b = fake_host_add_peer(host, SIZE);
	c = fake_host_add_peer(host, SIZE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(host);
	return 0;
}

static void move(struct fake_peer *peer, uint64_t addr)
{
	fake_cfg_write(&peer->dev, PCI_BASE_ADDRESS_0, 4, (uint32_t)addr);
	fake_cfg_write(&peer->dev, PCI_BASE_ADDRESS_1, 4,
		       (uint32_t)(addr >> 32));
}

static bool answers(struct fake_peer *peer, uint64_t addr)
{
	const char *owner;

	return pci_addr_is_peer(&a->dev, addr, &owner) &&
	       owner == peer->dev.name;
}

static void test_borders_of_a_bar(void **state)
{
	(void)state;
	move(b, 0x700000000000);
	assert_false(answers(b, 0x700000000000 - 1));
	assert_true(answers(b, 0x700000000000));
	assert_true(answers(b, 0x700000000000 + SIZE - 1));
	assert_false(answers(b, 0x700000000000 + SIZE));
}

static void test_moved_bar(void **state)
{
	uint64_t old = fake_bar_addr(&b->dev, 0);

	(void)state;
	move(b, 0x90000000);
	assert_false(answers(b, old));
	assert_true(answers(b, 0x90000000));
}

static void test_halves_are_written_apart(void **state)
{
	(void)state;
	move(b, 0x100020000);
	fake_cfg_write(&b->dev, PCI_BASE_ADDRESS_1, 4, 0x55);
	assert_true(answers(b, 0x5500020000));
	fake_cfg_write(&b->dev, PCI_BASE_ADDRESS_0, 4, 0x30000);
	assert_true(answers(b, 0x5500030000));
	assert_false(answers(b, 0x5500020000));
}

static void test_sizing_with_decode_off(void **state)
{
	uint64_t addr = fake_bar_addr(&b->dev, 0);

	(void)state;
	fake_cfg_write(&b->dev, PCI_COMMAND, 2, 0);
	assert_false(answers(b, addr));
	fake_cfg_write(&b->dev, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	assert_false(answers(b, 0xffff0000 | (addr & ~0xffffffffull)));
	move(b, addr);
	assert_false(answers(b, addr));
	fake_cfg_write(&b->dev, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(answers(b, addr));
}

static void test_address_zero_is_no_address(void **state)
{
	(void)state;
	move(b, 0);
	assert_false(answers(b, 0));
	assert_false(answers(b, 0x100));
}

static void test_last_addresses(void **state)
{
	(void)state;
	move(b, 0xffffffffffff0000);
	assert_true(answers(b, UINT64_MAX));
}

static void test_asleep_means_no_answer(void **state)
{
	struct fake_peer *p = calloc(1, sizeof(*p));

	(void)state;
	*p = *b;
	p->ram = calloc(1, SIZE);
	memset(&p->dev, 0, sizeof(p->dev));
	p->dev.ids.vendor = 1;
	p->dev.ops = b->dev.ops;
	p->dev.bars[0] = b->dev.bars[0];
	p->dev.bars[0].ops = &p->bar_ops;
	pci_cap_pm(&p->dev, 0x40);
	fake_host_add_dev(host, &p->dev);
	assert_true(answers(p, fake_bar_addr(&p->dev, 0)));
	fake_cfg_write(&p->dev, 0x40 + PCI_PM_CTRL, 2, D3HOT);
	assert_false(answers(p, fake_bar_addr(&p->dev, 0)));
	fake_cfg_write(&p->dev, 0x40 + PCI_PM_CTRL, 2, D0);
	assert_true(answers(p, fake_bar_addr(&p->dev, 0)));
}

static void test_transfer_over_two_bars(void **state)
{
	uint8_t buf[64];

	(void)state;
	move(b, 0x80000000);
	move(c, 0x80000000 + SIZE);
	memset(buf, 0x5c, sizeof(buf));
	assert_int_equal(pci_dma_write(&a->dev, 0x80000000 + SIZE - 24, buf,
				       64), 0);
	assert_int_equal(b->ram[SIZE - 25], 0);
	assert_int_equal(b->ram[SIZE - 24], 0x5c);
	assert_int_equal(b->ram[SIZE - 1], 0x5c);
	assert_int_equal(c->ram[39], 0x5c);
	assert_int_equal(c->ram[40], 0);
	assert_int_equal(b->block_writes, 1);
	assert_int_equal(c->block_writes, 1);
	assert_int_equal(a->dev.stat_peer_write, 64);
}

static void test_transfer_from_memory_into_a_bar(void **state)
{
	uint64_t end = FAKE_MEM_IOVA + FAKE_MEM_SIZE;
	uint8_t *mem = fake_mem(host, end - 4096, 4096);
	uint8_t buf[256];

	(void)state;
	move(b, end);
	memset(mem + 4096 - 100, 1, 100);
	memset(b->ram, 2, 156);
	assert_int_equal(pci_dma_read(&a->dev, end - 100, buf, 256), 0);
	assert_int_equal(buf[99], 1);
	assert_int_equal(buf[100], 2);
	assert_int_equal(buf[255], 2);
	assert_int_equal(a->dev.stat_dma_read, 100);
	assert_int_equal(a->dev.stat_peer_read, 156);
}

/* From where nobody answers into a BAR: the error comes first. */
static void test_transfer_from_a_hole_into_a_bar(void **state)
{
	uint8_t buf[64];

	(void)state;
	move(b, 0x80000000);
	memset(buf, 1, sizeof(buf));
	assert_int_equal(pci_dma_write(&a->dev, 0x80000000 - 32, buf, 64),
			 -EFAULT);
	assert_int_equal(b->ram[0], 0);
}

static void test_bar_in_front_of_memory(void **state)
{
	uint64_t val = 0x77, iova = fake_alloc(host, SIZE, SIZE);

	(void)state;
	move(b, iova);
	assert_int_equal(pci_dma_write(&a->dev, iova, &val, 8), 0);
	assert_int_equal(b->ram[0], 0x77);
	assert_int_equal(*(uint8_t *)fake_mem(host, iova, 1), 0);
}

static int refuse(struct pci_dev *dev, uint64_t off, const void *buf,
		  size_t len)
{
	(void)dev;
	(void)off;
	(void)buf;
	(void)len;
	return -EFAULT;
}

static void test_peer_refuses(void **state)
{
	uint8_t buf[64] = { 0 };

	(void)state;
	b->bar_ops.write_block = refuse;
	assert_int_equal(pci_dma_write(&a->dev, fake_bar_addr(&b->dev, 0), buf,
				       64), -EFAULT);
	assert_int_equal(a->dev.stat_peer_write, 0);
	assert_int_equal(a->dev.stat_dma_error, 1);
}

static void test_single_access_is_not_a_block(void **state)
{
	uint64_t val = 1;

	(void)state;
	assert_int_equal(pci_dma_write(&a->dev, fake_bar_addr(&b->dev, 0) + 8,
				       &val, 8), 0);
	assert_int_equal(b->single_writes, 1);
	assert_int_equal(b->block_writes, 0);
}

static void test_flr_stops_answering(void **state)
{
	uint64_t addr = fake_bar_addr(&b->dev, 0);

	(void)state;
	pci_dev_reset(&b->dev);
	assert_false(answers(b, addr));
	fake_cfg_write(&b->dev, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(answers(b, addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_borders_of_a_bar),
		T(test_moved_bar),
		T(test_halves_are_written_apart),
		T(test_sizing_with_decode_off),
		T(test_address_zero_is_no_address),
		T(test_last_addresses),
		T(test_asleep_means_no_answer),
		T(test_transfer_over_two_bars),
		T(test_transfer_from_memory_into_a_bar),
		T(test_transfer_from_a_hole_into_a_bar),
		T(test_bar_in_front_of_memory),
		T(test_peer_refuses),
		T(test_single_access_is_not_a_block),
		T(test_flr_stops_answering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
