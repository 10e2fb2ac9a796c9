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

/*
 * Has the models carry out @command, as in "hca0 inject delay-umr 100".
 * Returns 0 or -errno: -ENODEV without models; -EINVAL if they refuse, which
 * fails the running case.
 */
int test_models_command(const char *command);

#endif
