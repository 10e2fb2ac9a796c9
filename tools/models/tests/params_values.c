// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of device lines, topology files and trace lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/topology.h"
#include "core/trace.h"
#include "tests/fake_host.h"

TRACE_CATEGORY(one, "test.one");
TRACE_CATEGORY(two, "test.two");
TRACE_CATEGORY(prefix, "testing");

static char *warnings;
static size_t warnings_len;
static FILE *warnings_file;

static int capture(void **state)
{
	(void)state;
	warnings_file = open_memstream(&warnings, &warnings_len);
	trace_set_output(warnings_file);
	return 0;
}

static int release(void **state)
{
	(void)state;
	trace_set_output(NULL);
	fclose(warnings_file);
	free(warnings);
	return 0;
}

static bool warned(const char *text)
{
	fflush(warnings_file);
	return strstr(warnings, text);
}

/* ---- values ---- */

static void test_sizes(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(model_parse_size("4096", &v) && v == 4096);
	assert_true(model_parse_size("0x10", &v) && v == 16);
	assert_true(model_parse_size("3K", &v) && v == 3072);
	assert_true(model_parse_size("256M", &v) && v == 256u << 20);
	assert_true(model_parse_size("2G", &v) && v == 2ull << 30);
}

static void test_bad_sizes(void **state)
{
	static const char *const bad[] = { "", "M", "1X", "1MB", "-1", " 1",
		"+1", "1 M", "99999999999999999999", "0x8000000000000000K" };
	unsigned int i;
	uint64_t v;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(model_parse_size(bad[i], &v));
}

static void test_defaults_and_values(void **state)
{
	struct model_params p = { .device = "dev" };

	(void)state;
	assert_true(model_params_add(&p, "vram=1G"));
	assert_true(model_params_add(&p, "guid=0x0002c90300000001"));
	assert_true(model_params_add(&p, "name=a=b"));
	assert_int_equal(model_param_size(&p, "vram", 5), 1u << 30);
	assert_int_equal(model_param_size(&p, "bar1", 5), 5);
	assert_int_equal(model_param_u64(&p, "guid", 0), 0x0002c90300000001);
	assert_string_equal(model_param_str(&p, "name", ""), "a=b");
	assert_true(model_params_check(&p));
	model_params_free(&p);
}

static void test_unknown_key(void **state)
{
	struct model_params p = { .device = "dev" };

	(void)state;
	assert_true(model_params_add(&p, "vrma=1G"));
	model_param_size(&p, "vram", 5);
	model_param_size(&p, "bar1", 5);
	assert_false(model_params_check(&p));
	assert_true(warned("dev: unknown parameter 'vrma'; known: vram, bar1"));
	model_params_free(&p);
}

static void test_malformed_value(void **state)
{
	struct model_params p = { .device = "dev" };

	(void)state;
	assert_true(model_params_add(&p, "vram=lots"));
	assert_int_equal(model_param_size(&p, "vram", 5), 5);
	assert_false(model_params_check(&p));
	assert_true(warned("vram=lots is not a size"));
	model_params_free(&p);
}

static void test_words_that_are_none(void **state)
{
	struct model_params p = { .device = "dev" };

	(void)state;
	assert_false(model_params_add(&p, "vram"));
	assert_false(model_params_add(&p, "=1"));
	assert_int_equal(p.num, 0);
}

/* ---- topology ---- */

static struct topology_device *load(const char *text)
{
	char path[] = "/tmp/topology.XXXXXX";
	int fd = mkstemp(path);
	struct topology_device *devices;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	devices = topology_load(path);
	unlink(path);
	return devices;
}

static void test_topology(void **state)
{
	struct topology_device *d = load("# two devices\n"
		"machine q35 mem=2G\n\n"
		"device gpu0 gp100 at=sw0.0 vram=1G # big\n"
		"\tdevice hca0 connectx at=sw0.1\n");

	(void)state;
	assert_non_null(d);
	assert_string_equal(d->name, "gpu0");
	assert_string_equal(d->model, "gp100");
	assert_int_equal(d->params.num, 1);
	assert_string_equal(d->params.list[0].key, "vram");
	assert_string_equal(d->next->name, "hca0");
	assert_int_equal(d->next->params.num, 0);
	assert_null(d->next->next);
	topology_free(d);
}

static void test_topology_without_device(void **state)
{
	(void)state;
	assert_null(load("machine q35\n"));
	assert_true(warned("no device line"));
}

static void test_topology_with_incomplete_device(void **state)
{
	(void)state;
	assert_null(load("device gpu0\n"));
	assert_true(warned(":1: see above"));
}

static void test_topology_with_bad_name(void **state)
{
	(void)state;
	assert_null(load("device ../x gp100\n"));
}

static void test_topology_with_same_name_twice(void **state)
{
	(void)state;
	assert_null(load("device a x\ndevice a y\n"));
	assert_true(warned("two devices are called a"));
}

static void test_topology_missing(void **state)
{
	(void)state;
	assert_null(topology_load("/nonexistent/topology"));
	assert_true(warned("cannot read /nonexistent/topology"));
}

/* ---- trace ---- */

static void all_off(void)
{
	trace_cat_one.on = trace_cat_two.on = trace_cat_prefix.on = false;
}

static void test_trace_by_name(void **state)
{
	(void)state;
	all_off();
	assert_true(trace_enable("test.one"));
	trace(one, "number %d", 7);
	trace(two, "not this");
	assert_true(warned("test.one: number 7"));
	assert_false(warned("not this"));
	all_off();
}

static void test_trace_by_prefix(void **state)
{
	(void)state;
	all_off();
	assert_true(trace_enable("test"));
	assert_true(trace_cat_one.on && trace_cat_two.on);
	assert_false(trace_cat_prefix.on);
	all_off();
}

static void test_trace_list(void **state)
{
	(void)state;
	all_off();
	assert_true(trace_enable("test.two,testing"));
	assert_true(trace_cat_two.on && trace_cat_prefix.on);
	assert_false(trace_cat_one.on);
	assert_false(trace_enable("test.one,tes"));
	all_off();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, capture, release)
	const struct CMUnitTest tests[] = {
		T(test_sizes),
		T(test_bad_sizes),
		T(test_defaults_and_values),
		T(test_unknown_key),
		T(test_malformed_value),
		T(test_words_that_are_none),
		T(test_topology),
		T(test_topology_without_device),
		T(test_topology_with_incomplete_device),
		T(test_topology_with_bad_name),
		T(test_topology_with_same_name_twice),
		T(test_topology_missing),
		T(test_trace_by_name),
		T(test_trace_by_prefix),
		T(test_trace_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
