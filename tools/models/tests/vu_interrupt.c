// SPDX-License-Identifier: GPL-2.0-or-later
/* GET_IRQ_INFO, SET_IRQS and the way of an interrupt to the eventfd. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/vu_client.h"

#define T(name)		cmocka_unit_test_setup_teardown(name, vu_setup, \
							vu_teardown)
#define T_MSI(name)	cmocka_unit_test_setup_teardown(name, vu_setup_msi, \
							vu_teardown)
#define T_INTX(name)	cmocka_unit_test_setup_teardown(name, vu_setup_intx, \
							vu_teardown)
#define EVENTFD		(VU_IRQ_DATA_EVENTFD | VU_IRQ_TRIGGER)
#define OFF		(VU_IRQ_DATA_NONE | VU_IRQ_TRIGGER)

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Interrupts since the last call. */
static uint64_t taken(int fd)
{
	uint64_t num;

	return read(fd, &num, sizeof(num)) == sizeof(num) ? num : 0;
}

static void msix_on(struct vu_env *e)
{
	vu_set_cfg(e, 0x50 + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
}

static void raise_vector(struct vu_env *e, unsigned int vec)
{
	vu_set_reg(e, EDU_IRQ, vec);
}

static struct vu_irq_info info_of(struct vu_env *e, uint32_t index)
{
	struct vu_irq_info info = { .argsz = sizeof(info), .index = index };

	assert_int_equal(vu_request(e, VU_GET_IRQ_INFO, &info, sizeof(info)),
			 0);
	memcpy(&info, e->answer.data, sizeof(info));
	return info;
}

static void test_info_of_msix_device(void **state)
{
	struct vu_irq_info bad = { .argsz = sizeof(bad), .index = 5 };

	assert_int_equal(info_of(*state, VU_IRQ_INTX).count, 0);
	assert_int_equal(info_of(*state, VU_IRQ_MSI).count, 0);
	assert_int_equal(info_of(*state, VU_IRQ_MSIX).count, EDU_VECTORS);
	assert_int_equal(info_of(*state, VU_IRQ_MSIX).flags, VU_IRQ_F_EVENTFD);
	assert_int_equal(info_of(*state, VU_IRQ_REQ).count, 0);
	assert_int_equal(vu_request(*state, VU_GET_IRQ_INFO, &bad,
				    sizeof(bad)), EINVAL);
}

static void test_info_of_msi_device(void **state)
{
	assert_int_equal(info_of(*state, VU_IRQ_INTX).count, 1);
	assert_int_equal(info_of(*state, VU_IRQ_INTX).flags,
			 VU_IRQ_F_EVENTFD | VU_IRQ_F_MASKABLE |
			 VU_IRQ_F_AUTOMASKED);
	assert_int_equal(info_of(*state, VU_IRQ_MSI).count, EDU_VECTORS);
	assert_int_equal(info_of(*state, VU_IRQ_MSIX).count, 0);
}

static void test_vectors_are_separate(void **state)
{
	struct vu_env *e = *state;
	int fds[2] = { new_eventfd(), new_eventfd() };

	msix_on(e);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 2, 2, fds, 2), 0);
	raise_vector(e, 2);
	raise_vector(e, 3);
	raise_vector(e, 3);
	assert_int_equal(taken(fds[0]), 1);
	assert_int_equal(taken(fds[1]), 2);
	assert_int_equal(e->edu->dev.stat_irq, 3);
	close(fds[0]);
	close(fds[1]);
}

static void test_vector_without_file_waits(void **state)
{
	struct vu_env *e = *state;
	int fd = new_eventfd();

	msix_on(e);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 4, 1, NULL, 0),
			 0);
	raise_vector(e, 4);
	raise_vector(e, 4);
	assert_int_equal(e->edu->dev.stat_irq, 0);
	assert_int_equal(vu_reg(e, EDU_MSIX_PBA), 1u << 4);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 4, 1, &fd, 1), 0);
	assert_int_equal(taken(fd), 1);
	assert_int_equal(vu_reg(e, EDU_MSIX_PBA), 0);
	close(fd);
}

static void test_deassigned_vector(void **state)
{
	struct vu_env *e = *state;
	int fd = new_eventfd();

	msix_on(e);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 0, 1, &fd, 1), 0);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 0, 1, NULL, 0),
			 0);
	raise_vector(e, 0);
	assert_int_equal(taken(fd), 0);
	close(fd);
}

static void test_all_off(void **state)
{
	struct vu_env *e = *state;
	int fds[2] = { new_eventfd(), new_eventfd() };

	msix_on(e);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 0, 2, fds, 2), 0);
	assert_int_equal(vu_set_irqs(e, OFF, VU_IRQ_MSIX, 0, 0, NULL, 0), 0);
	raise_vector(e, 0);
	raise_vector(e, 1);
	assert_int_equal(taken(fds[0]), 0);
	assert_int_equal(taken(fds[1]), 0);
	close(fds[0]);
	close(fds[1]);
}

/* The VMM gives other eventfds by taking all away first. */
static void test_pending_survives_reassignment(void **state)
{
	struct vu_env *e = *state;
	int fd = new_eventfd();

	msix_on(e);
	raise_vector(e, 1);
	assert_int_equal(vu_set_irqs(e, OFF, VU_IRQ_MSIX, 0, 0, NULL, 0), 0);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 1, 1, &fd, 1), 0);
	assert_int_equal(taken(fd), 1);
	close(fd);
}

static void test_pending_ends_with_msix(void **state)
{
	struct vu_env *e = *state;
	int fd = new_eventfd();

	msix_on(e);
	raise_vector(e, 1);
	vu_set_cfg(e, 0x50 + PCI_MSIX_FLAGS, 0, 2);
	assert_int_equal(vu_set_irqs(e, OFF, VU_IRQ_MSIX, 0, 0, NULL, 0), 0);
	msix_on(e);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 1, 1, &fd, 1), 0);
	assert_int_equal(taken(fd), 0);
	close(fd);
}

static void test_vector_beyond_the_device(void **state)
{
	struct vu_env *e = *state;

	msix_on(e);
	raise_vector(e, 63);
	raise_vector(e, 64);
	raise_vector(e, UINT32_MAX);
	assert_int_equal(e->edu->dev.stat_irq, 0);
}

static void test_bad_ranges(void **state)
{
	struct vu_env *e = *state;
	int fd = new_eventfd();

	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, EDU_VECTORS, 1,
				     &fd, 1), EINVAL);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 1, UINT32_MAX,
				     &fd, 1), EINVAL);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, UINT32_MAX, 2,
				     &fd, 1), EINVAL);
	assert_int_equal(vu_set_irqs(e, EVENTFD, 5, 0, 1, &fd, 1), EINVAL);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSI, 0, 1, &fd, 1),
			 EINVAL);
	close(fd);
}

static void test_bad_flags(void **state)
{
	struct vu_env *e = *state;
	const uint32_t flags[] = { 0, VU_IRQ_TRIGGER, VU_IRQ_DATA_EVENTFD,
		VU_IRQ_DATA_NONE | VU_IRQ_DATA_BOOL | VU_IRQ_TRIGGER,
		VU_IRQ_DATA_NONE | VU_IRQ_MASK | VU_IRQ_UNMASK,
		OFF | 0x40 };
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_int_equal(vu_set_irqs(e, flags[i], VU_IRQ_MSIX, 0, 1,
					     NULL, 0), EINVAL);
}

static void test_wrong_number_of_files(void **state)
{
	struct vu_env *e = *state;
	int fds[2] = { new_eventfd(), new_eventfd() };

	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 0, 3, fds, 2),
			 EINVAL);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 0, 1, fds, 2),
			 EINVAL);
	assert_int_equal(vu_set_irqs(e, OFF, VU_IRQ_MSIX, 0, 1, fds, 1),
			 EINVAL);
	close(fds[0]);
	close(fds[1]);
}

static void test_bool_data_too_short(void **state)
{
	assert_int_equal(vu_set_irqs(*state, VU_IRQ_DATA_BOOL | VU_IRQ_TRIGGER,
				     VU_IRQ_MSIX, 0, 1, NULL, 0), EINVAL);
}

static void test_trigger_by_the_client(void **state)
{
	struct vu_env *e = *state;
	struct { struct vu_irq_set set; uint8_t sel[2]; } m = {
		{ sizeof(m.set), VU_IRQ_DATA_BOOL | VU_IRQ_TRIGGER,
		  VU_IRQ_MSIX, 0, 2 }, { 0, 1 }
	};
	int fds[2] = { new_eventfd(), new_eventfd() };

	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSIX, 0, 2, fds, 2), 0);
	assert_int_equal(vu_request(e, VU_SET_IRQS, &m, 22), 0);
	assert_int_equal(taken(fds[0]), 0);
	assert_int_equal(taken(fds[1]), 1);
	close(fds[0]);
	close(fds[1]);
}

static void test_msix_cannot_be_masked(void **state)
{
	assert_int_equal(vu_set_irqs(*state, VU_IRQ_DATA_NONE | VU_IRQ_MASK,
				     VU_IRQ_MSIX, 0, 1, NULL, 0), EOPNOTSUPP);
}

static void test_msi_folds_vectors(void **state)
{
	struct vu_env *e = *state;
	int fds[4], i;

	for (i = 0; i < 4; i++)
		fds[i] = new_eventfd();
	vu_set_cfg(e, 0x50 + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE | 2 << 4, 2);
	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_MSI, 0, 4, fds, 4), 0);
	raise_vector(e, 1);
	raise_vector(e, 7);
	assert_int_equal(taken(fds[0]), 0);
	assert_int_equal(taken(fds[1]), 1);
	assert_int_equal(taken(fds[2]), 0);
	assert_int_equal(taken(fds[3]), 1);
	for (i = 0; i < 4; i++)
		close(fds[i]);
}

static void test_intx_masks_itself(void **state)
{
	struct vu_env *e = *state;
	int fd = new_eventfd();

	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_INTX, 0, 1, &fd, 1), 0);
	raise_vector(e, 0);
	assert_int_equal(taken(fd), 1);
	raise_vector(e, 0);
	assert_int_equal(taken(fd), 0);
	assert_int_equal(vu_set_irqs(e, VU_IRQ_DATA_NONE | VU_IRQ_UNMASK,
				     VU_IRQ_INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(taken(fd), 1);
	close(fd);
}

static void test_intx_disabled_by_the_guest(void **state)
{
	struct vu_env *e = *state;
	int fd = new_eventfd();

	assert_int_equal(vu_set_irqs(e, EVENTFD, VU_IRQ_INTX, 0, 1, &fd, 1), 0);
	vu_set_cfg(e, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
	raise_vector(e, 0);
	assert_int_equal(taken(fd), 0);
	close(fd);
}

static void test_unmask_by_eventfd_is_refused(void **state)
{
	int fd = new_eventfd();

	assert_int_equal(vu_set_irqs(*state, VU_IRQ_DATA_EVENTFD |
				     VU_IRQ_UNMASK, VU_IRQ_INTX, 0, 1, &fd, 1),
			 EOPNOTSUPP);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_info_of_msix_device),
		T_MSI(test_info_of_msi_device),
		T(test_vectors_are_separate),
		T(test_vector_without_file_waits),
		T(test_deassigned_vector),
		T(test_all_off),
		T(test_pending_survives_reassignment),
		T(test_pending_ends_with_msix),
		T(test_vector_beyond_the_device),
		T(test_bad_ranges),
		T(test_bad_flags),
		T(test_wrong_number_of_files),
		T(test_bool_data_too_short),
		T(test_trigger_by_the_client),
		T(test_msix_cannot_be_masked),
		T_MSI(test_msi_folds_vectors),
		T_INTX(test_intx_masks_itself),
		T_INTX(test_intx_disabled_by_the_guest),
		T_INTX(test_unmask_by_eventfd_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
