// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The port takes one request a line and gives one line of JSON for each; one
 * process at a time may have it open, arranged by the lock file of labctl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "tap.h"
#include "test_models.h"

#define MODELS_PORT	"/dev/virtio-ports/lab.models"
#define MODELS_LOCK	"/run/labctl.lock"

/* One request, one line of answer without the newline.  0 or -errno. */
static int test_models_exchange(int fd, const char *request, char *answer,
				size_t size)
{
	size_t n = strlen(request), have = 0;
	ssize_t got;

	if (write(fd, request, n) != (ssize_t)n)
		return -EIO;
	while (have < size - 1) {
		got = read(fd, answer + have, size - 1 - have);
		if (got <= 0)
			return -EIO;
		have += got;
		if (answer[have - 1] != '\n')
			continue;
		answer[have - 1] = '\0';
		return 0;
	}
	return -EMSGSIZE;
}

static int test_models_ask(const char *request, char *answer, size_t size)
{
	int lock, fd, ret = -ENODEV;

	lock = open(MODELS_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return -errno;
	flock(lock, LOCK_EX);
	fd = open(MODELS_PORT, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		ret = test_models_exchange(fd, request, answer, size);
		close(fd);
	}
	close(lock);
	return ret;
}

long long test_models_counter(const char *dev, const char *name)
{
	char text[128], *answer, *at;
	long long value = -ENOENT;
	const size_t size = 65536;
	int ret;

	answer = malloc(size);
	if (!answer)
		return -ENOMEM;
	snprintf(text, sizeof(text), "counters %s\n", dev);
	ret = test_models_ask(text, answer, size);
	if (ret) {
		free(answer);
		return ret;
	}
	snprintf(text, sizeof(text), "\"%s\":", name);
	at = strstr(answer, text);
	if (at)
		value = strtoll(at + strlen(text), NULL, 10);
	free(answer);
	tap_check(value >= 0, "the model of %s has no counter %s", dev, name);
	return value;
}

bool test_models_tell(const char *request)
{
	char text[128], answer[256];
	int ret;

	snprintf(text, sizeof(text), "%s\n", request);
	ret = test_models_ask(text, answer, sizeof(answer));
	return tap_check(!ret && strstr(answer, "\"ok\":true"),
			 "the models refuse '%s': %s", request,
			 ret ? strerror(-ret) : answer);
}
