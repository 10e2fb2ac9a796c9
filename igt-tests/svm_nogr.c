// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A GPU whose graphics engine could not be set up as the firmware is missing:
 * copies and SVM work, and user space that asks about graphics gets an answer.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <drm/nouveau_drm.h>

#include "svm_gpu.h"

#include "svm_channel.h"
#include "test_buffer.h"
#include "test_oops.h"
#include "test_options.h"
#include "test_pci.h"

#define FIRMWARE	"/usr/lib/firmware/nvidia/gp100"
#define LEN		TEST_HUGE

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

static void ask_units(void *arg)
{
	struct drm_nouveau_getparam p = {
		.param = NOUVEAU_GETPARAM_GRAPH_UNITS, .value = ~0ULL,
	};
	int *gpu = arg;

	if (tap_check(!ioctl(*gpu, DRM_IOCTL_NOUVEAU_GETPARAM, &p),
		      "GETPARAM: %s", strerror(errno)))
		tap_equal(p.value, 0, "graphics units");
}

static void ask_zcull(void *arg)
{
	struct drm_nouveau_get_zcull_info info = { };
	int *gpu = arg;
	int ret = ioctl(*gpu, DRM_IOCTL_NOUVEAU_GET_ZCULL_INFO, &info);

	tap_equal(ret ? errno : 0, ENOTTY, "errno of GET_ZCULL_INFO");
}

/* No channels for user space, hence no page faults that need it to be ended. */
static void ask_channel(void *arg)
{
	struct svm_channel ch;
	int *gpu = arg;

	tap_equal(svm_channel_open(&ch, *gpu), -ENODEV, "channel");
}

static void there_and_back(void *arg)
{
	struct test_buffer buf;
	int *gpu = arg, ret;

	ret = test_buffer_alloc(&buf, LEN, true);
	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return;
	test_buffer_fill(&buf, 0, LEN, 1);
	if (test_buffer_to_gpu(*gpu, &buf, 0, LEN))
		test_buffer_expect(&buf, 0, LEN, 1, "what was on the GPU");
	test_buffer_free(&buf);
}

static void without_firmware(void (*fn)(void *arg))
{
	int gpu = svm_gpu_open(opts.gpu);

	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		return;
	/* SVM is for the process that has asked for it. */
	if (fn == there_and_back)
		fn(&gpu);
	else
		test_oops_none(fn, &gpu, "question about graphics");
	close(gpu);
}

static void run_case(const void *arg)
{
	char name[TEST_PCI_NAME];

	if (!test_pci_find("nouveau", name) ||
	    !tap_check(!mount("none", FIRMWARE, "tmpfs", 0, NULL),
		       "mount on " FIRMWARE ": %s", strerror(errno)))
		return;
	if (test_pci_unbind("nouveau", name) && test_pci_bind("nouveau", name))
		without_firmware(*(void (*const *)(void *))arg);
	umount(FIRMWARE);
	/* An ioctl that has oopsed never ends, and unbind would wait for it. */
	if (!tap_failed() && test_pci_unbind("nouveau", name))
		test_pci_bind("nouveau", name);
}

static void (*const units_fn)(void *) = ask_units;
static void (*const zcull_fn)(void *) = ask_zcull;
static void (*const channel_fn)(void *) = ask_channel;
static void (*const migrate_fn)(void *) = there_and_back;

static const struct tap_case cases[] = {
	{ "svm_nogr-graph-units", run_case, &units_fn },
	{ "svm_nogr-zcull-info", run_case, &zcull_fn },
	{ "svm_nogr-channel", run_case, &channel_fn },
	{ "svm_nogr-there-and-back", run_case, &migrate_fn },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "A GPU without its graphics engine.", cases, count);
	return tap_run(cases, count, opts.only);
}
