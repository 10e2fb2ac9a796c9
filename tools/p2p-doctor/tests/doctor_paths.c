// SPDX-License-Identifier: GPL-2.0-or-later
/* The way between two functions, as drivers/pci/p2pdma.c judges it. */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
#define PORT0	"pci0000:00/0000:00:01.0"
#define PORT1	"pci0000:00/0000:00:02.0"
#define OTHER	"pci0000:80/0000:80:01.0"
#define REDIRECT	(PCI_ACS_RR | PCI_ACS_CR)
#define OLD_CPU	"GenuineIntel", 6

static int setup(void **state)
{
	fixture_setup(state);
	fixture_kernel();
	return 0;
}

/* What the only pair of the machine is told to be. */
static void expect(enum doctor_verdict verdict, enum doctor_map map, int distance)
{
	struct doctor *d = fixture_examine();
	const struct doctor_pair *pair = fixture_pair(d);

	assert_string_equal(doctor_verdict_name(pair->verdict),
			    doctor_verdict_name(verdict));
	assert_string_equal(doctor_map_name(pair->path.map),
			    doctor_map_name(map));
	assert_int_equal(pair->path.distance, distance);
	doctor_free(d);
}

static void expect_reason(const char *key, bool blocks, const char *in_text,
			  const char *in_fix)
{
	struct doctor *d = fixture_examine();
	const struct doctor_reason *r = fixture_reason(fixture_pair(d), key);

	assert_non_null(r);
	assert_int_equal(r->blocks, blocks);
	assert_non_null(strstr(r->text, in_text));
	assert_non_null(strstr(r->fix, in_fix));
	doctor_free(d);
}

static void two_ports(const char *a, const char *b)
{
	char path[64];

	fixture_bridge(a, ROOT_PORT, NO_ACS);
	if (strcmp(a, b))
		fixture_bridge(b, ROOT_PORT, NO_ACS);
	snprintf(path, sizeof(path), "%s/0000:01:00.0", a);
	fixture_gpu(path, NO_ACS);
	snprintf(path, sizeof(path), "%s/0000:02:00.0", b);
	fixture_hca(path, NO_ACS, "mlx5_0");
}

static void host_bridge_device(const char *path, uint16_t device, int type)
{
	const struct fixture_dev dev = {
		path, 0x8086, device,
		type == ROOT_PORT ? 0x060400 : 0x060000, NULL, NO_ACS, type,
	};

	fixture_pci(&dev);
}

static void test_switch(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	fixture_switch(NO_ACS);
	expect(VERDICT_DIRECT, MAP_BUS_ADDRESS, 4);
}

static void test_switch_with_acs_off(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	fixture_switch(PCI_ACS_SV | PCI_ACS_TB | PCI_ACS_UF | PCI_ACS_DT);
	expect(VERDICT_DIRECT, MAP_BUS_ADDRESS, 4);
}

static void test_acs_on_zen(void **state)
{
	(void)state;
	fixture_cpu("AuthenticAMD", 0x17);
	fixture_switch(REDIRECT);
	expect(VERDICT_HOST_BRIDGE, MAP_HOST_BRIDGE, 4);
	expect_reason("acs-redirect", false, "0000:02:00.0;0000:02:01.0",
		      "pci=disable_acs_redir=0000:02:00.0;0000:02:01.0");
}

static void test_acs_elsewhere(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	fixture_switch(REDIRECT);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("acs-redirect", true, "0000:02:00.0",
		      "pci=disable_acs_redir=");
	expect_reason("host-bridge-not-listed", true, "1b36:000c", "");
}

/* Each of the three bits is enough. */
static void test_acs_bits(void **state)
{
	static const int bits[] = { PCI_ACS_RR, PCI_ACS_CR, PCI_ACS_EC };
	size_t i;

	for (i = 0; i < 3; i++) {
		fixture_cpu("AuthenticAMD", 0x19);
		fixture_switch(bits[i]);
		expect(VERDICT_HOST_BRIDGE, MAP_HOST_BRIDGE, 4);
		fixture_teardown(state);
		setup(state);
	}
}

/* The common bridge and the ends count, too. */
static void acs_at(int gpu, int hca, int common, int above)
{
	fixture_bridge(PORT0, ROOT_PORT, above);
	fixture_bridge(PORT0 "/0000:01:00.0", UPSTREAM, common);
	fixture_bridge(PORT0 "/0000:01:00.0/0000:02:00.0", DOWNSTREAM, NO_ACS);
	fixture_bridge(PORT0 "/0000:01:00.0/0000:02:01.0", DOWNSTREAM, NO_ACS);
	fixture_gpu(PORT0 "/0000:01:00.0/0000:02:00.0/0000:03:00.0", gpu);
	fixture_hca(PORT0 "/0000:01:00.0/0000:02:01.0/0000:04:00.0", hca,
		    "mlx5_0");
	fixture_cpu(OLD_CPU);
}

static void test_acs_of_gpu(void **state)
{
	(void)state;
	acs_at(REDIRECT, NO_ACS, NO_ACS, NO_ACS);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("acs-redirect", true, "0000:03:00.0", "");
}

static void test_acs_of_hca(void **state)
{
	(void)state;
	acs_at(NO_ACS, REDIRECT, NO_ACS, NO_ACS);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("acs-redirect", true, "0000:04:00.0", "");
}

static void test_acs_of_common(void **state)
{
	(void)state;
	acs_at(NO_ACS, NO_ACS, REDIRECT, NO_ACS);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("acs-redirect", true, "0000:01:00.0", "");
}

static void test_acs_above_common(void **state)
{
	(void)state;
	acs_at(NO_ACS, NO_ACS, NO_ACS, REDIRECT);
	expect(VERDICT_DIRECT, MAP_BUS_ADDRESS, 4);
}

static void test_acs_unreadable(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	fixture_switch(UNREADABLE);
	expect(VERDICT_UNKNOWN, MAP_BUS_ADDRESS, 4);
	expect_reason("acs-unreadable", false, "0000:02:00.0;0000:02:01.0",
		      "run as root");
}

static void test_acs_of_conventional_pci(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	fixture_switch(CONVENTIONAL);
	expect(VERDICT_DIRECT, MAP_BUS_ADDRESS, 4);
}

/* A kernel that does not see ACS does not care. */
static void test_acs_hidden(void **state)
{
	static const int ways[] = { HIDDEN, HIDDEN_256 };
	size_t i;

	for (i = 0; i < 2; i++) {
		fixture_cpu(OLD_CPU);
		fixture_switch(ways[i]);
		expect(VERDICT_DIRECT, MAP_BUS_ADDRESS, 4);
		expect_reason("acs-hidden", false, "0000:02:00.0;0000:02:01.0",
			      "MMCONFIG");
		fixture_teardown(state);
		setup(state);
	}
}

static void test_root_ports_on_zen(void **state)
{
	(void)state;
	fixture_cpu("AuthenticAMD", 0x17);
	two_ports(PORT0, PORT1);
	expect(VERDICT_HOST_BRIDGE, MAP_HOST_BRIDGE, 4);
}

static void test_one_root_port(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	two_ports(PORT0, PORT0);
	expect(VERDICT_DIRECT, MAP_BUS_ADDRESS, 2);
}

static void test_amd_before_zen(void **state)
{
	(void)state;
	fixture_cpu("AuthenticAMD", 0x16);
	two_ports(PORT0, PORT1);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("host-bridge-not-listed", true, "1b36:000c",
		      "one PCIe switch");
}

/* Their own vendor, although it is the same core. */
static void test_hygon(void **state)
{
	(void)state;
	fixture_cpu("HygonGenuine", 0x18);
	two_ports(PORT0, PORT1);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
}

static void test_listed_host_bridge(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.0", 0x2020, ENDPOINT);
	two_ports(PORT0, PORT1);
	expect(VERDICT_HOST_BRIDGE, MAP_HOST_BRIDGE, 4);
}

static void test_listed_root_port(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.1", 0x2033, ROOT_PORT);
	two_ports(PORT0, PORT1);
	expect(VERDICT_HOST_BRIDGE, MAP_HOST_BRIDGE, 4);
}

/* Neither at 00.0 nor a root port: not what a host bridge is known by. */
static void test_listed_but_elsewhere(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.1", 0x2033, ENDPOINT);
	two_ports(PORT0, PORT1);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("host-bridge-not-listed", true, "no device by which", "");
}

/* Only the first device of the bus counts. */
static void test_listed_but_second(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.0", 0x1237, ENDPOINT);
	host_bridge_device("pci0000:00/0000:00:00.1", 0x2033, ROOT_PORT);
	two_ports(PORT0, PORT1);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("host-bridge-not-listed", true, "8086:1237", "");
}

static void test_same_host_bridge_only(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.0", 0x2f00, ENDPOINT);
	two_ports(PORT0, PORT1);
	expect(VERDICT_HOST_BRIDGE, MAP_HOST_BRIDGE, 4);
}

static void test_two_host_bridges_same_only(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.0", 0x2f00, ENDPOINT);
	host_bridge_device("pci0000:80/0000:80:00.0", 0x2f01, ENDPOINT);
	two_ports(PORT0, OTHER);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("host-bridge-same-only", true, "8086:2f00", "move");
}

static void test_two_listed_host_bridges(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.0", 0x09a2, ENDPOINT);
	host_bridge_device("pci0000:80/0000:80:00.0", 0x2030, ENDPOINT);
	two_ports(PORT0, OTHER);
	expect(VERDICT_HOST_BRIDGE, MAP_HOST_BRIDGE, 4);
}

static void test_one_of_two_listed(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	host_bridge_device("pci0000:00/0000:00:00.0", 0x09a2, ENDPOINT);
	host_bridge_device("pci0000:80/0000:80:00.0", 0x1237, ENDPOINT);
	two_ports(PORT0, OTHER);
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
	expect_reason("host-bridge-not-listed", true, "8086:1237", "");
}

/* The borders of the list. */
static void test_list(void **state)
{
	static const struct {
		uint16_t device;
		bool listed;
	} ids[] = {
		{ 0x3c00, true }, { 0x3c01, true }, { 0x3c02, false },
		{ 0x2f01, true }, { 0x2f02, false }, { 0x202f, false },
		{ 0x2030, true }, { 0x2033, true }, { 0x2034, false },
		{ 0x0b25, true }, { 0x0cfe, true }, { 0x11fb, true },
		{ 0x1212, true }, { 0x1216, true }, { 0x4940, true },
		{ 0x4941, false }, { 0x4942, true }, { 0x4944, true },
		{ 0x4946, true }, { 0x4948, true }, { 0x494a, false },
	};
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		fixture_cpu(OLD_CPU);
		host_bridge_device("pci0000:00/0000:00:00.0", ids[i].device,
				   ENDPOINT);
		two_ports(PORT0, PORT1);
		expect(ids[i].listed ? VERDICT_HOST_BRIDGE : VERDICT_FALLBACK,
		       ids[i].listed ? MAP_HOST_BRIDGE : MAP_NOT_SUPPORTED, 4);
		fixture_teardown(state);
		setup(state);
	}
}

/* Two functions of one card: up to the bridge and down again. */
static void test_functions_of_a_card(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	fixture_bridge(PORT0, ROOT_PORT, NO_ACS);
	fixture_gpu(PORT0 "/0000:01:00.0", NO_ACS);
	fixture_hca(PORT0 "/0000:01:00.1", NO_ACS, "mlx5_0");
	expect(VERDICT_DIRECT, MAP_BUS_ADDRESS, 2);
}

/* Behind VMD is a hierarchy of its own, although the path leads through it. */
static void test_domain_behind_a_function(void **state)
{
	(void)state;
	fixture_cpu(OLD_CPU);
	fixture_bridge(PORT0, ROOT_PORT, NO_ACS);
	fixture_gpu(PORT0 "/0000:01:00.0", NO_ACS);
	fixture_bridge(PORT0 "/pci10000:00/10000:00:01.0", ROOT_PORT, NO_ACS);
	fixture_hca(PORT0 "/pci10000:00/10000:00:01.0/10000:01:00.0", NO_ACS,
		    "mlx5_0");
	expect(VERDICT_FALLBACK, MAP_NOT_SUPPORTED, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_switch), T(test_switch_with_acs_off), T(test_acs_on_zen),
		T(test_acs_elsewhere), T(test_acs_bits), T(test_acs_of_gpu),
		T(test_acs_of_hca), T(test_acs_of_common),
		T(test_acs_above_common), T(test_acs_unreadable),
		T(test_acs_of_conventional_pci), T(test_acs_hidden),
		T(test_root_ports_on_zen),
		T(test_one_root_port), T(test_amd_before_zen), T(test_hygon),
		T(test_listed_host_bridge), T(test_listed_root_port),
		T(test_listed_but_elsewhere), T(test_listed_but_second),
		T(test_same_host_bridge_only), T(test_two_host_bridges_same_only),
		T(test_two_listed_host_bridges), T(test_one_of_two_listed),
		T(test_list), T(test_functions_of_a_card),
		T(test_domain_behind_a_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
