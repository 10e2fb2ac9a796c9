/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to memory regions: by HCA, CPU, GPU driver and injected faults. */
#ifndef SOAK_OPS_H
#define SOAK_OPS_H

#include "soak_area.h"
#include "test_pci.h"

#define SOAK_OPS	18

struct soak {
	const char *gpu_path, *device;
	int gpu;
	struct rdma_pair pair;
	char gpu_name[TEST_PCI_NAME], hca_name[TEST_PCI_NAME];
	uint64_t state;		/* of the random numbers of this operation */
};

/* Does the same to memory and shadow.  A failure of the running case or true. */
struct soak_op {
	const char *name;
	unsigned int weight;	/* how often */
	bool (*run)(struct soak *s);
};

extern const struct soak_op soak_ops[SOAK_OPS];
#define SOAK_UNBIND_GPU	(SOAK_OPS - 2)

bool soak_gpu_open(struct soak *s);
/* Pair and regions. */
bool soak_hca_open(struct soak *s);
void soak_hca_close(struct soak *s);

#endif
