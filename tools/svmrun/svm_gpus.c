// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_gpu.h"
#include "svm_gpus.h"
#include "svm_message.h"
#include "svm_words.h"

static struct {
	int fd;		/* 0: not tried, -1: cannot be used */
	size_t bytes;	/* of the regions that went there */
} gpus[SVM_GPUS_MAX];
static char names[SVM_GPUS_MAX][SVM_NODE_MAX];
static int count, turn;

static bool svm_gpus_usable(int gpu)
{
	int fd;

	if (!gpus[gpu].fd) {
		fd = svm_gpu_open(names[gpu]);
		if (fd < 0)
			svm_message("%s: %s; regions meant for it stay in RAM",
				    names[gpu], strerror(-fd));
		gpus[gpu].fd = fd < 0 ? -1 : fd;
	}
	return gpus[gpu].fd > 0;
}

static int svm_gpus_choose(void)
{
	int i, best = 0;

	if (svm_config()->spread == SVM_SPREAD_TURN)
		return turn++ % count;
	for (i = 1; i < count; i++) {
		if (gpus[i].bytes < gpus[best].bytes)
			best = i;
	}
	return best;
}

int svm_gpus_pick(size_t len)
{
	int gpu;

	if (!count)
		count = svm_words_nodes(svm_config()->gpus, names);
	gpu = svm_gpus_choose();
	gpus[gpu].bytes += len;
	return svm_gpus_usable(gpu) ? gpu : -1;
}

int svm_gpus_fd(int gpu)
{
	return gpus[gpu].fd;
}

const char *svm_gpus_name(int gpu)
{
	return gpu < 0 ? "" : names[gpu];
}

void svm_gpus_forget(void)
{
	int i;

	for (i = 0; i < SVM_GPUS_MAX; i++) {
		if (gpus[i].fd > 0)
			close(gpus[i].fd);
		gpus[i].fd = 0;
		gpus[i].bytes = 0;
	}
	turn = 0;
}
