/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nouveau's switch for peer-to-peer access to SVM memory. */
#ifndef TEST_P2P_H
#define TEST_P2P_H

#include <stdbool.h>

/* A failure of the running case when the switch cannot be set. */
bool test_p2p_set(bool on);

#endif
