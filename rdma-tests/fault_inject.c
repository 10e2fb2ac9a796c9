// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include "fault_inject.h"
#include "tap.h"
#include "test_models.h"

#define WAIT_MS	20000

static long long fault_inject_count(const struct fault_inject *f)
{
	return test_models_counter(f->device, f->counter) - f->before;
}

bool fault_inject_on(struct fault_inject *f)
{
	f->before = 0;
	f->before = fault_inject_count(f);
	return tap_check(f->before >= 0, "no models here") &&
	       tap_equal(test_models_command(f->on), 0, "%s", f->on);
}

bool fault_inject_off(struct fault_inject *f, int times)
{
	long long n = fault_inject_count(f);

	if (f->off && !tap_equal(test_models_command(f->off), 0, "%s", f->off))
		return false;
	return times < 0 ? tap_check(n > 0, "%s: expected some, found %lld",
				     f->counter, n) :
			   tap_equal(n, times, "%s", f->counter);
}

bool fault_inject_wait(const struct fault_inject *f, int times)
{
	int i;

	for (i = 0; i < WAIT_MS && fault_inject_count(f) < times; i += 10)
		usleep(10000);
	return tap_equal(fault_inject_count(f), times, "%s", f->counter);
}
