/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kind of device offers to the process that hosts it.  main.c holds
 * the table of all kinds; nothing else knows more than this.
 */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct pci_dev;

/* key=value words of a "device" line of the topology */
struct model_params;

/*
 * Each returns @def when @key is absent, and takes note that @key is known.
 * A malformed value is reported when the device is created.  Sizes take
 * K, M and G suffixes.
 */
uint64_t model_param_size(struct model_params *p, const char *key,
			  uint64_t def);
uint64_t model_param_u64(struct model_params *p, const char *key, uint64_t def);
const char *model_param_str(struct model_params *p, const char *key,
			    const char *def);

struct model {
	const char *name;		/* "gp100" */
	const char *const *params_help;	/* "key=default  meaning", NULL-ended */
	/*
	 * Allocates the device, fills the public part of its pci_dev, adds
	 * capabilities.  Returns NULL after a trace_warn() on bad parameters
	 * or lack of memory.
	 */
	struct pci_dev *(*create)(const char *name, struct loop *loop,
				  struct model_params *params);
};

extern const struct model gp100_model;
extern const struct model connectx_model;

#endif
