/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the device models by the lab's control port, as labctl does. */
#ifndef TEST_MODELS_H
#define TEST_MODELS_H

#include <stdbool.h>

/*
 * Counter @name of model @dev, or -errno: -ENODEV without models (real
 * hardware); -ENOENT no such counter, which fails the running case.
 */
long long test_models_counter(const char *dev, const char *name);

/* A request that has no answer but success.  Else a failure of the case. */
bool test_models_tell(const char *request);

#endif
