// SPDX-License-Identifier: GPL-2.0-or-later
/* A function that is off the bus: nothing of it answers, nothing leaves it. */
#include <errno.h>
#include <string.h>

#include "pci/pci_cfg.h"
#include "pci/pci_off.h"
#include "tests/fake_host.h"

static void test_reads_are_all_ones(void **state)
{
	struct fake_pair *e = *state;
	uint8_t buf[8] = { 0 }, ones[8];

	memset(ones, 0xff, sizeof(ones));
	assert_false(pci_off_read(&e->b->dev, buf, sizeof(buf)));
	assert_false(pci_off_write(&e->b->dev));
	pci_off_set(&e->b->dev, true);
	assert_true(pci_off_read(&e->b->dev, buf, sizeof(buf)));
	assert_memory_equal(buf, ones, sizeof(buf));
	assert_true(pci_off_write(&e->b->dev));
	assert_int_equal(e->b->dev.stat_off_bus, 2);
}

/* The switch still routes to the port behind which nobody is. */
static void test_peers_get_no_answer(void **state)
{
	struct fake_pair *e = *state;
	uint64_t addr = pci_cfg_bar_addr(&e->b->dev, 0), val = 5;

	assert_int_equal(pci_dma_write(&e->a->dev, addr, &val, 8), 0);
	pci_off_set(&e->b->dev, true);
	assert_true(pci_addr_is_peer(&e->a->dev, addr, NULL));
	assert_int_equal(pci_dma_write(&e->a->dev, addr, &val, 8), -EFAULT);
	assert_int_equal(pci_dma_read(&e->a->dev, addr, &val, 8), -EFAULT);
	assert_int_equal(e->b->dev.stat_off_bus, 2);
	pci_off_set(&e->b->dev, false);
	assert_int_equal(pci_dma_write(&e->a->dev, addr, &val, 8), 0);
}

static void test_no_dma(void **state)
{
	struct fake_pair *e = *state;
	uint64_t iova = fake_alloc(e->h, 8, 8), val = 7, old;

	pci_off_set(&e->a->dev, true);
	assert_int_equal(pci_dma_write(&e->a->dev, iova, &val, 8), -EIO);
	assert_int_equal(pci_dma_read(&e->a->dev, iova, &val, 8), -EIO);
	assert_int_equal(pci_dma_fetchadd64(&e->a->dev, iova, 1, &old), -EIO);
	assert_int_equal(pci_dma_write_release(&e->a->dev, iova, &val, 8), -EIO);
	assert_int_equal(*(uint64_t *)fake_mem(e->h, iova, 8), 0);
	pci_off_set(&e->a->dev, false);
	assert_int_equal(pci_dma_write(&e->a->dev, iova, &val, 8), 0);
	assert_int_equal(*(uint64_t *)fake_mem(e->h, iova, 8), 7);
}

static void test_no_interrupts(void **state)
{
	struct fake_pair *e = *state;
	unsigned int before = fake_irqs(&e->a->dev, 0);

	pci_off_set(&e->a->dev, true);
	pci_irq_raise(&e->a->dev, 0);
	assert_int_equal(fake_irqs(&e->a->dev, 0), before);
	pci_off_set(&e->a->dev, false);
	pci_irq_raise(&e->a->dev, 0);
	assert_int_equal(fake_irqs(&e->a->dev, 0), before + 1);
}

static void test_power_cycle_brings_it_back(void **state)
{
	struct fake_pair *e = *state;

	pci_off_set(&e->a->dev, true);
	pci_dev_power_cycle(&e->a->dev);
	assert_false(pci_off_write(&e->a->dev));
}

static void test_returns_fresh(void **state)
{
	struct fake_pair *e = *state;
	unsigned int resets = e->a->dev.reset_count;

	pci_off_set(&e->a->dev, true);
	pci_off_return(&e->a->dev);
	assert_false(pci_off_write(&e->a->dev));
	assert_int_equal(e->a->dev.reset_count, resets + 1);
	assert_false(pci_cfg_bus_master(&e->a->dev));
}

#define T(test) cmocka_unit_test_setup_teardown(test, fake_pair_setup, \
							 fake_pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_reads_are_all_ones),
		T(test_peers_get_no_answer),
		T(test_no_dma),
		T(test_no_interrupts),
		T(test_power_cycle_brings_it_back),
		T(test_returns_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
