// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers, interrupt tree, timer, tables, VBIOS and control commands. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fake_time.h"
#include "tests/gp100_env.h"

static void test_identity(void **state)
{
	struct genv *e = *state;

	assert_int_equal(genv_rd(e, 0), 0x130000a1);
	genv_wr(e, 0, 0);
	assert_int_equal(genv_rd(e, 0), 0x130000a1);
	assert_int_equal(genv_rd(e, 4), 0);
	assert_int_equal(genv_rd(e, 0x90020c), 64);
	assert_int_equal(genv_rd(e, 0x2008), 64);
	assert_int_equal(fake_cfg_read(e->dev, 0, 4), 0x15f810de);
	assert_int_equal(fake_cfg_read(e->dev, 8, 4), 0x030200a1);
	assert_int_equal(genv_rd(e, 0x88000), 0x15f810de);
}

static void test_tables_do_not_overlap(void **state)
{
	struct genv *e = *state;
	const struct gp100_reg_slot *s = e->g->regs.slots;
	size_t i;

	assert_true(e->g->regs.count > 100);
	for (i = 0; i < e->g->regs.count; i++) {
		assert_int_equal(s[i].offset & 3, 0);
		assert_true(s[i].offset < GP100_BAR0_SIZE);
		assert_false(s[i].offset >= 0x700000 && s[i].offset < 0x800000);
		assert_false(s[i].offset >= 0x300000 && s[i].offset < 0x400000);
		if (i)
			assert_true(s[i].offset > s[i - 1].offset);
	}
}

static void test_unknown_register(void **state)
{
	struct genv *e = *state;

	assert_int_equal(genv_rd(e, 0xabc00), 0);
	genv_wr(e, 0xabc00, 5);
	assert_int_equal(genv_rd(e, 0xabc00), 0);
	assert_int_equal(e->g->stats.unknown_regs, 3);
}

static void test_access_widths(void **state)
{
	struct genv *e = *state;

	genv_wr(e, 0x6013d4, 0x11223344);
	assert_int_equal(fake_bar_read(e->dev, 0, 0x6013d5, 1), 0x33);
	fake_bar_write(e->dev, 0, 0x6013d6, 2, 0xabcd);
	assert_int_equal(genv_rd(e, 0x6013d4), 0xabcd3344);
	fake_bar_write64(e->dev, 0, 0x100cc8, 0x0123456789abcdef);
	assert_int_equal(genv_rd(e, 0x100ccc), 0x01234567);
	assert_int_equal(fake_bar_read64(e->dev, 0, 0x100cc8),
			 0x0123456789abcdef);
	assert_int_equal(e->g->stats.unknown_regs, 0);
}

static void test_pramin(void **state)
{
	struct genv *e = *state;

	genv_wr(e, 0x1700, 0x12);
	genv_wr(e, 0x700010, 0x1234);
	genv_wr(e, 0x7ffffc, 0x5678);
	assert_int_equal(*(uint32_t *)genv_ptr(e, 0x120010), 0x1234);
	assert_int_equal(*(uint32_t *)genv_ptr(e, 0x21fffc), 0x5678);
	genv_wr(e, 0x1700, GENV_VRAM >> 16);
	assert_int_equal(genv_rd(e, 0x700000), ~0u);
	genv_wr(e, 0x700000, 1);
	assert_int_equal(e->g->stats.guest_errors, 2);
}

static void test_flushes_are_done(void **state)
{
	struct genv *e = *state;

	genv_wr(e, 0x70000, 1);
	assert_int_equal(genv_rd(e, 0x70000), 0);
	genv_wr(e, 0x70010, 1);
	assert_int_equal(genv_rd(e, 0x70010), 0);
	assert_int_equal(genv_rd(e, 0x100c80) & 0xff8000, 0xff8000);
}

static void test_top_table(void **state)
{
	struct genv *e = *state;
	unsigned int i, n = 0;
	uint32_t word;

	for (i = 0; i < 64; i++) {
		word = genv_rd(e, 0x22700 + i * 4);
		if ((word & 3) == 3)
			n++;
	}
	assert_int_equal(n, 3);
	/* GR on runlist 0; CE0: runlist 1, interrupt 5, reset 6, fault 0x15 */
	assert_int_equal(genv_rd(e, 0x22704) >> 21 & 15, 0);
	assert_int_equal(genv_rd(e, 0x2270c) >> 3 & 0x7f, 0x15);
	word = genv_rd(e, 0x22710);
	assert_int_equal(word >> 21 & 15, 1);
	assert_int_equal(word >> 15 & 31, 5);
	assert_int_equal(word >> 9 & 31, 6);
	assert_int_equal(genv_rd(e, 0x22714), 0x13 << 2 | 3);
}

/* ---- interrupts ---- */
static void test_interrupt_masking(void **state)
{
	struct genv *e = *state;

	fake_irqs_clear(e->dev);
	genv_wr(e, 0x2140, ~0u);
	gp100_fifo_set_nonstall(e->g);
	assert_int_equal(genv_rd(e, 0x100), 1 << 8);	/* masked: pending */
	assert_int_equal(fake_irqs(e->dev, 0), 0);
	genv_wr(e, 0x160, 1 << 8);
	assert_int_equal(fake_irqs(e->dev, 0), 1);
	genv_wr(e, 0x160, 1 << 8);			/* no edge */
	gp100_fifo_set_nonstall(e->g);
	assert_int_equal(fake_irqs(e->dev, 0), 1);
	/* as the handler: mask all, rearm, enable again */
	genv_wr(e, 0x180, ~0u);
	genv_wr(e, 0x88704, 0);
	genv_wr(e, 0x160, 1 << 8);
	assert_int_equal(fake_irqs(e->dev, 0), 2);
	genv_wr(e, 0x180, ~0u);
	genv_wr(e, 0x2100, ~0u);
	genv_wr(e, 0x160, 1 << 8);
	assert_int_equal(fake_irqs(e->dev, 0), 2);
	assert_int_equal(genv_rd(e, 0x100), 0);
	assert_int_equal(genv_rd(e, 0x104), 0);
	assert_int_equal(e->g->stats.unknown_regs, 0);
}

static void test_timer_runs_and_can_be_set(void **state)
{
	struct genv *e = *state;
	uint64_t a, b;

	genv_wr(e, 0x9410, 0x12345678);
	genv_wr(e, 0x9400, 0x10);
	a = gp100_timer_now(e->g);
	assert_int_equal(a >> 32, 0x12345678);
	assert_true((uint32_t)a < 1000000000);
	assert_int_equal(genv_rd(e, 0x9410), 0x12345678);
	fake_time_pass(2000000);
	b = gp100_timer_now(e->g);
	assert_true(b - a > 1900000);
}

static void test_alarm(void **state)
{
	struct genv *e = *state;

	genv_wr(e, 0x160, 1 << 20);
	fake_irqs_clear(e->dev);
	genv_wr(e, 0x9420, genv_rd(e, 0x9400) + 3000000);
	genv_wr(e, 0x9140, 1);
	assert_int_equal(genv_rd(e, 0x9100), 0);
	fake_run_ms(e->h, 20);
	assert_int_equal(genv_rd(e, 0x9100), 1);
	assert_int_equal(fake_irqs(e->dev, 0), 1);
	assert_int_equal(genv_rd(e, 0x100), 1 << 20);
	genv_wr(e, 0x9140, 0);
	genv_wr(e, 0x9100, 1);
	assert_int_equal(genv_rd(e, 0x100), 0);
	/* one that just went by fires at once */
	genv_wr(e, 0x9420, genv_rd(e, 0x9400) - 1000);
	genv_wr(e, 0x9140, 1);
	fake_run_ms(e->h, 5);
	assert_int_equal(fake_irqs(e->dev, 0), 2);
}

static void test_reset(void **state)
{
	struct genv *e = *state;

	genv_wr(e, 0x160, ~0u);
	genv_wr(e, 0x2140, ~0u);
	genv_wr(e, 0x1704, 0x80000100);
	*(uint32_t *)genv_ptr(e, 0x5000) = 0x600d;
	gp100_fifo_set_nonstall(e->g);
	fake_reset(e->dev);
	assert_int_equal(genv_rd(e, 0x100), 0);
	assert_int_equal(genv_rd(e, 0x140), 0);
	assert_int_equal(genv_rd(e, 0x2140), 0);
	assert_int_equal(genv_rd(e, 0x1704), 0);
	assert_int_equal(genv_rd(e, 0), 0x130000a1);
	assert_int_equal(*(uint32_t *)genv_ptr(e, 0x5000), 0);
}

/* ---- VBIOS, firmware ---- */
static uint8_t rom8(struct genv *e, uint32_t off)
{
	return (uint8_t)fake_bar_read(e->dev, 0, 0x300000 + off, 1);
}

static uint32_t rom16(struct genv *e, uint32_t off)
{
	return rom8(e, off) | (uint32_t)rom8(e, off + 1) << 8;
}

static void test_vbios(void **state)
{
	struct genv *e = *state;
	uint32_t i, at, pcir = rom16(e, 0x18);
	char ids[5] = { 0 };
	uint8_t sum = 0;

	assert_int_equal(rom16(e, 0), 0xaa55);
	for (i = 0; i < rom8(e, 2) * 512u; i++)
		sum = (uint8_t)(sum + rom8(e, i));
	assert_int_equal(sum, 0);
	assert_int_equal(rom16(e, pcir), 'P' | 'C' << 8);
	assert_int_equal(rom16(e, pcir + 4), 0x10de);
	assert_int_equal(rom16(e, pcir + 6), 0x15f8);
	assert_int_equal(rom8(e, pcir + 0x15), 0x80);
	assert_int_equal(rom16(e, 0x202), 'B' | 'I' << 8);
	assert_int_equal(rom8(e, 0x20a), 4);
	for (i = 0; i < 4; i++) {
		at = 0x200 + rom8(e, 0x208) + i * rom8(e, 0x209);
		ids[i] = (char)rom8(e, at);
		assert_true(rom16(e, at + 4) + rom16(e, at + 2) < 8192);
	}
	assert_string_equal(ids, "iIpP");
	/* the memory table that 'P' points to: version, header length */
	at = 0x200 + 12 + 3 * 6;
	at = rom16(e, rom16(e, at + 4) + 4);
	assert_int_equal(rom8(e, at), 0x11);
	assert_int_equal(rom8(e, at + 1), 0x15);
	assert_int_equal(rom16(e, 0x3000), 0);		/* behind the image */
}

static void test_firmware_files(void **state)
{
	char dir[] = "/tmp/gp100-fw.XXXXXX", cmd[64], path[64];
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(gp100_fw_write(dir), 0);
	snprintf(path, sizeof(path), "%s/gr/fecs_sig.bin", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 76);
	snprintf(path, sizeof(path), "%s/acr/ucode_load.bin", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0x500);
	snprintf(path, sizeof(path), "%s/acr/bl.bin/x", dir);
	assert_int_equal(gp100_fw_write(path), -ENOTDIR);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	assert_int_equal(system(cmd), 0);
}

/* ---- parameters and commands ---- */
static void test_bad_parameters(void **state)
{
	static const char *const bad[] = {
		"vram=1M", "vram=65M bar1=3M", "bar3=1K", "channels=33",
		"channels=8192", "vram=17G", "vram=67108865",
	};
	struct genv *e = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(fake_host_try_add(e->h, &gp100_model, bad[i]));
}

static void check_ctl(struct genv *e, const char *line, const char *want)
{
	char *answer;

	assert_int_equal(fake_control(e->dev, line, &answer), 0);
	assert_string_equal(answer, want);
	free(answer);
}

static void test_control(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, true);
	char line[80];

	memcpy(genv_ptr(e, 0x1000), "\x01\x02\xff\x7f\0\0\0", 8);
	check_ctl(e, "vram-read 0x1000 4", "\"0102ff7f\"");
	check_ctl(e, "vram-digest 0x2000 8", "\"a8c7f832281a39c5\"");
	check_ctl(e, "vram-digest 0x1000 0", "\"cbf29ce484222325\"");
	check_ctl(e, "vram-digest-list 8 0x2000", "\"a8c7f832281a39c5\"");
	gspace_map(e, &s, 0x7000, 12, 0x345000, PTE_RO);
	snprintf(line, sizeof(line), "translate 0x%x 0x7010",
		 (unsigned int)s.inst);
	check_ctl(e, line, "{\"aperture\":\"vram\",\"addr\":3428368,"
		  "\"page_size\":4096,\"ro\":true,\"sparse\":false}");
	snprintf(line, sizeof(line), "translate 0x%x 0x8000",
		 (unsigned int)s.inst);
	check_ctl(e, line, "{\"fault\":2}");
	check_ctl(e, "channels", "[]");
}

static void test_digest_depends_on_order(void **state)
{
	struct genv *e = *state;
	char *a, *b, *c;

	memset(genv_ptr(e, 0x1000), 1, 4096);
	memset(genv_ptr(e, 0x2000), 2, 4096);
	fake_control(e->dev, "vram-digest 0x1000 8192", &a);
	fake_control(e->dev, "vram-digest-list 4096 0x1000 0x2000", &b);
	fake_control(e->dev, "vram-digest-list 4096 0x2000 0x1000", &c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	free(a);
	free(b);
	free(c);
}

static void test_control_refuses(void **state)
{
	static const struct {
		const char *line;
		int err;
	} bad[] = {
		{ "nonsense", -ENOSYS },
		{ "vram-read", -EINVAL },
		{ "vram-read 0 4097", -EINVAL },
		{ "vram-read -1 4", -EINVAL },
		{ "vram-read 0x4000000 1", -ERANGE },
		{ "vram-read 0xffffffffffffffff 16", -ERANGE },
		{ "vram-digest 0 2097153", -EINVAL },
		{ "vram-digest-list 0 0", -EINVAL },
		{ "vram-digest-list 2097152 0 0", -EINVAL },
		{ "translate bar1 0", -ENXIO },
		{ "translate 0x4000000 0", -ERANGE },
		{ "translate 0", -EINVAL },
		{ "inject", -EINVAL },
		{ "inject nothing", -EINVAL },
	};
	struct genv *e = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(fake_control(e->dev, bad[i].line, NULL),
				 bad[i].err);
	assert_int_equal(e->g->stats.guest_errors, 0);
}

static void test_inject_tlb_off(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	check_ctl(e, "inject tlb-off 1", "true");
	gspace_map(e, &s, 0x7000, 12, 0x345000, 0);
	gspace_xlat(e, &s, 0x7000, false, &x);
	gspace_unmap(e, &s, 0x7000, 12);
	assert_int_equal(gspace_xlat(e, &s, 0x7000, false, &x),
			 GP100_FAULT_PTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, genv_setup, genv_teardown)
		TEST(test_identity),
		TEST(test_tables_do_not_overlap),
		TEST(test_unknown_register),
		TEST(test_access_widths),
		TEST(test_pramin),
		TEST(test_flushes_are_done),
		TEST(test_top_table),
		TEST(test_interrupt_masking),
		TEST(test_timer_runs_and_can_be_set),
		TEST(test_alarm),
		TEST(test_reset),
		TEST(test_vbios),
		TEST(test_firmware_files),
		TEST(test_bad_parameters),
		TEST(test_control),
		TEST(test_digest_depends_on_order),
		TEST(test_control_refuses),
		TEST(test_inject_tlb_off),
	};

	return cmocka_run_group_tests_name("gp100_reg", tests, NULL, NULL);
}
