// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration space, of machines that are well and of those that are not. */
#include <linux/pci_regs.h>
#include <string.h>

#include "doctor_acs.h"
#include "doctor_config.h"
#include "fixture.h"

static struct doctor_config config;

static void put32(unsigned int offset, uint32_t value)
{
	memcpy(config.bytes + offset, &value, 4);
}

static int setup(void **state)
{
	(void)state;
	memset(&config, 0, sizeof(config));
	config.len = config.size = DOCTOR_CONFIG_SIZE;
	return 0;
}

static struct doctor_cap acs(void)
{
	struct doctor_cap cap;

	doctor_config_ext_cap(&config, PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP,
			      PCI_ACS_CTRL, &cap);
	return cap;
}

static void test_first_in_chain(void **state)
{
	(void)state;
	put32(0x100, 0x0001000d);
	put32(0x104, 0x001d005f);
	assert_int_equal(acs().present, DOCTOR_YES);
	assert_int_equal(acs().caps, 0x5f);
	assert_int_equal(acs().ctrl, 0x1d);
}

static void test_last_in_chain(void **state)
{
	(void)state;
	put32(0x100, 0x14820001);
	put32(0x148, 0xff810003);
	put32(0xff8, 0x0001000d);
	put32(0xffc, 0x00040000);
	assert_int_equal(acs().present, DOCTOR_YES);
	assert_int_equal(acs().ctrl, 4);
}

static void test_no_chain(void **state)
{
	(void)state;
	assert_int_equal(acs().present, DOCTOR_NO);
	put32(0x100, UINT32_MAX);
	assert_int_equal(acs().present, DOCTOR_NO);
}

static void test_chain_that_loops(void **state)
{
	(void)state;
	put32(0x100, 0x14820001);
	put32(0x148, 0x10010003);
	assert_int_equal(acs().present, DOCTOR_NO);
	put32(0x148, 0x14810003);
	assert_int_equal(acs().present, DOCTOR_NO);
}

/* Back into the first 256 bytes, where no extended capability is. */
static void test_chain_that_leaves(void **state)
{
	(void)state;
	put32(0x100, 0x04020001);
	put32(0x40, 0x0001000d);
	assert_int_equal(acs().present, DOCTOR_NO);
}

/* A register that would be behind the end. */
static void test_capability_at_the_end(void **state)
{
	(void)state;
	put32(0x100, 0xffc20001);
	put32(0xffc, 0x0001000d);
	assert_int_equal(acs().present, DOCTOR_YES);
	assert_int_equal(acs().ctrl, 0);
}

static void test_without_root(void **state)
{
	(void)state;
	config.len = 64;
	assert_int_equal(acs().present, DOCTOR_UNKNOWN);
	assert_int_equal(doctor_config_pcie_type(&config), -1);
	config.size = 256;	/* conventional PCI: no ACS, root or not */
	assert_int_equal(acs().present, DOCTOR_NO);
}

static void test_no_file(void **state)
{
	(void)state;
	config.len = config.size = 0;
	assert_int_equal(acs().present, DOCTOR_UNKNOWN);
}

static void test_pcie_type(void **state)
{
	(void)state;
	assert_int_equal(doctor_config_pcie_type(&config), -2);
	config.bytes[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	config.bytes[PCI_CAPABILITY_LIST] = 0x40;
	config.bytes[0x40] = PCI_CAP_ID_PM;
	config.bytes[0x41] = 0xf8;
	config.bytes[0xf8] = PCI_CAP_ID_EXP;
	config.bytes[0xfa] = 0x42;
	assert_int_equal(doctor_config_pcie_type(&config),
			 PCI_EXP_TYPE_ROOT_PORT);
	config.bytes[0xf8] = PCI_CAP_ID_MSI;
	config.bytes[0xf9] = 0x40;	/* loops */
	assert_int_equal(doctor_config_pcie_type(&config), -2);
}

static void test_text(void **state)
{
	struct doctor_pci dev = { .acs = { DOCTOR_YES, 0x7f, 0x7f } };
	char text[DOCTOR_ACS_TEXT];

	(void)state;
	doctor_acs_text(&dev, text);
	assert_string_equal(text, "SrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl+ DirectTrans+");
	dev.acs.ctrl = PCI_ACS_RR;
	doctor_acs_text(&dev, text);
	assert_string_equal(text, "ReqRedir+");
	dev.acs.ctrl = 0;
	doctor_acs_text(&dev, text);
	assert_string_equal(text, "all off");
	dev.acs.present = DOCTOR_NO;
	doctor_acs_text(&dev, text);
	assert_string_equal(text, "none");
	dev.acs.present = DOCTOR_UNKNOWN;
	doctor_acs_text(&dev, text);
	assert_string_equal(text, "unknown");
}

static void test_names(void **state)
{
	char name[DOCTOR_PCI_NAME];

	(void)state;
	assert_true(doctor_pci_is_name("0000:01:00.0", 12));
	assert_true(doctor_pci_is_name("10000:e1:1f.7", 13));
	assert_false(doctor_pci_is_name("000:01:00.0", 11));
	assert_false(doctor_pci_is_name("0000:01:00-0", 12));
	assert_false(doctor_pci_is_name("0000:01:00.", 11));
	assert_false(doctor_pci_is_name("", 0));
	assert_true(doctor_pci_in_path("../../devices/pci0000:00/0000:00:01.0/"
				       "0000:01:00.1/mlx5_core.sf.2/infiniband/mlx5_1",
				       name));
	assert_string_equal(name, "0000:01:00.1");
	assert_false(doctor_pci_in_path("../../devices/virtual/infiniband/rxe0",
					name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_first_in_chain, setup),
		cmocka_unit_test_setup(test_last_in_chain, setup),
		cmocka_unit_test_setup(test_no_chain, setup),
		cmocka_unit_test_setup(test_chain_that_loops, setup),
		cmocka_unit_test_setup(test_chain_that_leaves, setup),
		cmocka_unit_test_setup(test_capability_at_the_end, setup),
		cmocka_unit_test_setup(test_without_root, setup),
		cmocka_unit_test_setup(test_no_file, setup),
		cmocka_unit_test_setup(test_pcie_type, setup),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
