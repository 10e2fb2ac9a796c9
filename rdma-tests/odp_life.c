// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drivers, devices and processes that come and go while a NIC reads and writes
 * GPU memory.  Those who survive see right data, and in the end nothing is left
 * behind: no page of device memory, no exported page, no window in use.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "life_device.h"
#include "life_leak.h"
#include "life_traffic.h"
#include "svm_gpu.h"
#include "test_buffer.h"
#include "test_dmem.h"
#include "test_klog.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"
#include "test_pci.h"

#define MORE		3	/* rounds of traffic after an event */
#define PM_TEST		"/sys/power/pm_test"
#define POWER_STATE	"/sys/power/state"
#define RESIDENT	(2 * TEST_HUGE)
#define HCA_LOST	"handling bad device here"
#define HCA_ILL		"device's health compromised"

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 1, .seed = 1,
};

struct life_test {
	char gpu[TEST_PCI_NAME], hca[TEST_PCI_NAME];
	struct life_traffic one, two;
};

struct life_case {
	bool (*event)(struct life_test *t, const char *arg);
	const char *arg;
	bool two;		/* processes */
};

/* ---- the devices */

static bool life_bind_gpu(struct life_test *t)
{
	return test_pci_bind("nouveau", t->gpu) &&
	       tap_check(!access(opts.gpu, F_OK), "%s is not back", opts.gpu);
}

static bool life_bind_hca(struct life_test *t)
{
	return test_pci_bind("mlx5_core", t->hca) && life_wait_port(opts.device);
}

/* ---- events; the processes are running */

static bool life_stop_both(struct life_test *t)
{
	bool ok = life_traffic_stop(&t->one);

	return (!t->two.pid || life_traffic_stop(&t->two)) && ok;
}

static bool life_kill(struct life_test *t, const char *arg)
{
	(void)arg;
	life_traffic_kill(&t->one);
	return life_traffic_progress_p2p(&t->two, MORE) &&
	       life_traffic_stop(&t->two);
}

static bool life_progress_both(struct life_test *t)
{
	return life_traffic_progress(&t->one, MORE) &&
	       (!t->two.pid || life_traffic_progress(&t->two, MORE));
}

static bool life_unbind_gpu(struct life_test *t, const char *arg)
{
	(void)arg;
	return test_pci_unbind("nouveau", t->gpu) && life_progress_both(t) &&
	       life_stop_both(t) && life_bind_gpu(t);
}

static bool life_remove_gpu(struct life_test *t, const char *arg)
{
	(void)arg;
	return test_pci_remove(t->gpu) && life_progress_both(t) &&
	       life_stop_both(t) && test_pci_rescan() &&
	       tap_check(!access(opts.gpu, F_OK), "%s is not back", opts.gpu);
}

static void life_expect_errors(struct life_test *t)
{
	t->one.shared->errors_ok = true;
	if (t->two.pid)
		t->two.shared->errors_ok = true;
}

static bool life_unbind_hca(struct life_test *t, const char *arg)
{
	(void)arg;
	life_expect_errors(t);
	return test_pci_unbind("mlx5_core", t->hca) && life_stop_both(t) &&
	       life_bind_hca(t);
}

static bool life_unbind_hca_gpu(struct life_test *t, const char *arg)
{
	(void)arg;
	life_expect_errors(t);
	return test_pci_unbind("mlx5_core", t->hca) &&
	       test_pci_unbind("nouveau", t->gpu) && life_stop_both(t) &&
	       life_bind_gpu(t) && life_bind_hca(t);
}

static bool life_unbind_gpu_hca(struct life_test *t, const char *arg)
{
	(void)arg;
	life_expect_errors(t);
	return test_pci_unbind("nouveau", t->gpu) &&
	       test_pci_unbind("mlx5_core", t->hca) && life_stop_both(t) &&
	       life_bind_hca(t) && life_bind_gpu(t);
}

static bool life_freeze(struct life_test *t, const char *arg)
{
	(void)arg;
	return test_sysfs_write(PM_TEST, "freezer") &
	       test_sysfs_write(POWER_STATE, "mem") &
	       test_sysfs_write(PM_TEST, "none") &&
	       life_traffic_progress_p2p(&t->one, MORE) &&
	       life_traffic_stop(&t->one);
}

/* Memory on the GPU that no other device uses, in pages of either size. */
static bool life_resident_open(int gpu, struct test_buffer buf[2])
{
	int huge;

	for (huge = 0; huge < 2; huge++) {
		if (!tap_equal(test_buffer_alloc(&buf[huge], RESIDENT, huge), 0,
			       "allocate"))
			return false;
		test_buffer_fill(&buf[huge], 0, RESIDENT, huge + 1);
		if (!test_buffer_to_gpu(gpu, &buf[huge], 0, RESIDENT))
			return false;
	}
	return true;
}

/* @stays: nobody had a reason to move it off the GPU. */
static bool life_resident_expect(struct test_buffer buf[2], bool stays)
{
	const char *const what = "memory of a GPU that has slept";
	bool ok = true;
	int huge;

	for (huge = 0; huge < 2; huge++) {
		if (stays)
			ok &= test_buffer_expect_device(&buf[huge], 0, RESIDENT,
							RESIDENT / TEST_PAGE, what);
		ok &= test_buffer_expect(&buf[huge], 0, RESIDENT, huge + 1, what);
		test_buffer_free(&buf[huge]);
	}
	return ok;
}

/* Real: the machine is off but for its memory until QEMU is told to wake it. */
static bool life_suspend(void)
{
	return test_sysfs_write(PM_TEST, "none") &&
	       test_sysfs_write(POWER_STATE, "mem");
}

static bool life_traffic_again(struct life_test *t)
{
	return life_wait_port(opts.device) && life_wait_node() &&
	       life_traffic_start(&t->one) &&
	       life_traffic_progress_p2p(&t->one, MORE) &&
	       life_traffic_stop(&t->one);
}

/*
 * mlx5 takes its queue pairs and regions down, so the process goes on without.
 * Its memory is right, though, and whoever comes next finds everything usable.
 * The other memory in chunks with exported pages leaves the GPU with them.
 */
static bool life_sleep(struct life_test *t, const char *idle)
{
	struct test_buffer resident[2] = { };
	int gpu = svm_gpu_open(opts.gpu);
	bool ok;

	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		return false;
	if (!idle)
		life_expect_errors(t);
	else if (!life_stop_both(t) || !test_dmem_expect_empty("before"))
		return false;
	ok = life_resident_open(gpu, resident) && life_suspend() &&
	     (idle || life_stop_both(t)) &&
	     life_resident_expect(resident, idle) && life_traffic_again(t);
	close(gpu);
	return ok;
}

/* ---- faults of the HCA, which the models can have */

/* mlx5 notices, waits a minute for the device, and sets it up anew. */
static bool life_hca_off(struct life_test *t, const char *arg)
{
	int lost = test_klog_count(HCA_LOST);
	bool ok;

	(void)arg;
	life_expect_errors(t);
	if (test_models_command("hca0 bus off"))
		return false;
	ok = test_klog_wait(HCA_LOST, lost) && life_wait_no_node();
	return !test_models_command("hca0 bus reset") && ok && life_stop_both(t) &&
	       life_traffic_again(t);
}

/* A health counter that stands still is told; the traffic goes on. */
static bool life_hca_ill(struct life_test *t, const char *arg)
{
	int ill = test_klog_count(HCA_ILL);
	bool ok;

	(void)arg;
	if (test_models_command("hca0 inject stop-health 1"))
		return false;
	ok = test_klog_wait(HCA_ILL, ill);
	return !test_models_command("hca0 inject stop-health 0") && ok &&
	       life_traffic_progress_p2p(&t->one, MORE) && life_stop_both(t);
}

/* ---- cases */

static bool life_start(struct life_test *t, bool two)
{
	return test_p2p_set(true) && test_pci_find("nouveau", t->gpu) &&
	       test_pci_find("mlx5_core", t->hca) &&
	       life_traffic_start(&t->one) &&
	       (!two || life_traffic_start(&t->two));
}

/* There must have been something that could be left behind. */
static bool life_in_use(void)
{
	struct svm_dmem d;

	return test_dmem_get(&d) &&
	       tap_check(d.exported > 0, "no page is exported");
}

static bool life_round(const struct life_case *c)
{
	const struct life_traffic traffic = {
		.rebind = true, .gpu = opts.gpu, .device = opts.device,
	};
	struct life_test t = { .one = traffic, .two = traffic };
	bool ok;

	ok = life_start(&t, c->two) && life_in_use() && c->event(&t, c->arg);
	life_traffic_kill(&t.one);
	life_traffic_kill(&t.two);
	return ok && test_dmem_expect_empty("in the end");
}

static void run_event(const void *arg)
{
	unsigned int i;

	for (i = 0; i < opts.rounds && life_round(arg); i++)
		;
	tap_equal(i, opts.rounds, "rounds");
}

/* What is done to the model of the HCA. */
static void run_fault(const void *arg)
{
	if (test_models_counter("hca0", "pci.off_bus_accesses") == -ENODEV)
		tap_skip("needs the model of the HCA, which can fail");
	else
		run_event(arg);
}

/* Each event @rounds times, in an order that the seed tells. */
static void run_random(const void *arg)
{
	static const struct life_case events[] = {
		{ life_kill, NULL, true },
		{ life_unbind_gpu, NULL, true },
		{ life_unbind_hca, NULL, true },
	};
	static const char *const names[] = { "kill", "GPU unbind", "HCA unbind" };
	unsigned int left[] = { opts.rounds, opts.rounds, opts.rounds };
	unsigned int done = 0, total = 3 * opts.rounds, e;
	struct life_leak half, end;
	bool ok = true;

	(void)arg;
	srandom(opts.seed);
	while (ok && done < total) {
		if (done == total / 2 && !life_leak_take(&half))
			break;
		do
			e = random() % 3;
		while (!left[e]);
		left[e]--;
		ok = life_round(&events[e]);
		done++;
		if (!ok || done % 30 == 0)
			tap_note("seed %u: event %u of %u, %s", opts.seed, done,
				 total, names[e]);
	}
	if (tap_equal(done, total, "events") && life_leak_take(&end))
		life_leak_compare(&half, &end, total - total / 2);
}

#define CASE(name, run, ...) \
	{ "odp_life-" name, run, &(const struct life_case){ __VA_ARGS__ } }
#define LIFE(name, ...)	CASE(name, run_event, __VA_ARGS__)

static const struct tap_case cases[] = {
	LIFE("kill", life_kill, NULL, true),
	LIFE("gpu-unbind", life_unbind_gpu, NULL, false),
	LIFE("gpu-remove", life_remove_gpu, NULL, false),
	LIFE("hca-unbind", life_unbind_hca, NULL, false),
	LIFE("hca-then-gpu-unbind", life_unbind_hca_gpu, NULL, false),
	LIFE("gpu-then-hca-unbind", life_unbind_gpu_hca, NULL, false),
	CASE("hca-off-the-bus", run_fault, life_hca_off, NULL, false),
	CASE("hca-health-stops", run_fault, life_hca_ill, NULL, false),
	LIFE("suspend-freezer", life_freeze, NULL, false),
	{ "odp_life-random", run_random, NULL },
	/* Only by name: the root file system has to survive that. */
	LIFE("sleep-traffic", life_sleep, NULL, false),
	LIFE("sleep-idle", life_sleep, "idle", false),
};

#define BY_NAME	2	/* the last ones */

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Drivers, devices and processes come and go under traffic.",
			   cases, count);
	return tap_run(cases, opts.only ? count : count - BY_NAME, opts.only);
}
