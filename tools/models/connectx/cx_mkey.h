/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_MKEY_H
#define CONNECTX_CX_MKEY_H

#include "connectx/cx_cmd.h"

struct cx_mkey *cx_mkey_get(const struct cx *cx, uint32_t key);
static inline uint32_t cx_mkey_key(const struct cx_mkey *mkey)
{
	return mkey->obj.num << 8 | mkey->variant;
}

/* Copies what @mkey->mkc says into the decoded members. */
void cx_mkey_decode(struct cx_mkey *mkey);

/* Invalidate by SEND_INV: the key is dead until a UMR revives it. */
bool cx_mkey_invalidate(struct cx *cx, uint32_t key, uint32_t pd);

int cx_cmd_create_mkey(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_mkey(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_mkey(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_special_contexts(struct cx *cx, struct cx_cmd *cmd);

#endif
