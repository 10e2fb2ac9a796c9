// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor_fs.h"

static const char *doctor_fs_root;

void doctor_fs_set_root(const char *root)
{
	doctor_fs_root = root;
}

bool doctor_fs_is_copy(void)
{
	return doctor_fs_root;
}

static void doctor_fs_vpath(char path[DOCTOR_PATH], const char *fmt, va_list ap)
{
	int n = snprintf(path, DOCTOR_PATH, "%s",
			 doctor_fs_root ? doctor_fs_root : "");

	if (n < DOCTOR_PATH)
		vsnprintf(path + n, DOCTOR_PATH - n, fmt, ap);
}

#define doctor_fs_path_of(path, fmt)			\
	do {						\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		doctor_fs_vpath(path, fmt, ap);		\
		va_end(ap);				\
	} while (0)

void doctor_fs_path(char path[DOCTOR_PATH], const char *fmt, ...)
{
	doctor_fs_path_of(path, fmt);
}

bool doctor_fs_exists(const char *fmt, ...)
{
	char path[DOCTOR_PATH];

	doctor_fs_path_of(path, fmt);
	return !access(path, F_OK);
}

FILE *doctor_fs_open(const char *fmt, ...)
{
	char path[DOCTOR_PATH];

	doctor_fs_path_of(path, fmt);
	return fopen(path, "re");
}

/* Files of sysfs may return less than asked for before their end. */
static ssize_t doctor_fs_read_path(const char *path, void *buf, size_t size,
				   off_t *file_size)
{
	ssize_t n = 0, len = 0;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((size_t)len < size) {
		n = read(fd, (char *)buf + len, size - len);
		if (n <= 0)
			break;
		len += n;
	}
	if (!len && n < 0)
		len = -errno;
	if (file_size)
		*file_size = fstat(fd, &st) ? 0 : st.st_size;
	close(fd);
	return len;
}

ssize_t doctor_fs_read(void *buf, size_t size, off_t *file_size,
		       const char *fmt, ...)
{
	char path[DOCTOR_PATH];

	doctor_fs_path_of(path, fmt);
	return doctor_fs_read_path(path, buf, size, file_size);
}

static bool doctor_fs_read_line(char *line, size_t size, const char *path)
{
	ssize_t n = doctor_fs_read_path(path, line, size - 1, NULL);

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return n > 0;
}

bool doctor_fs_line(char *line, size_t size, const char *fmt, ...)
{
	char path[DOCTOR_PATH];

	doctor_fs_path_of(path, fmt);
	return doctor_fs_read_line(line, size, path);
}

bool doctor_fs_number(unsigned long long *value, const char *fmt, ...)
{
	char path[DOCTOR_PATH], line[64], *end;

	doctor_fs_path_of(path, fmt);
	if (!doctor_fs_read_line(line, sizeof(line), path))
		return false;
	*value = strtoull(line, &end, 0);
	return end != line;
}

static bool doctor_fs_read_link(char *target, size_t size, const char *path)
{
	ssize_t n = readlink(path, target, size - 1);

	target[n > 0 ? n : 0] = '\0';
	return n > 0;
}

bool doctor_fs_link(char *target, size_t size, const char *fmt, ...)
{
	char path[DOCTOR_PATH];

	doctor_fs_path_of(path, fmt);
	return doctor_fs_read_link(target, size, path);
}

bool doctor_fs_link_name(char *name, size_t size, const char *fmt, ...)
{
	char path[DOCTOR_PATH], target[DOCTOR_PATH];
	const char *last;

	doctor_fs_path_of(path, fmt);
	if (!doctor_fs_read_link(target, sizeof(target), path)) {
		name[0] = '\0';
		return false;
	}
	last = strrchr(target, '/');
	snprintf(name, size, "%s", last ? last + 1 : target);
	return true;
}

static int doctor_fs_no_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int doctor_fs_list(struct dirent ***names, const char *fmt, ...)
{
	char path[DOCTOR_PATH];
	int n;

	doctor_fs_path_of(path, fmt);
	n = scandir(path, names, doctor_fs_no_dots, alphasort);
	if (n < 0) {
		*names = NULL;
		n = 0;
	}
	return n;
}

void doctor_fs_list_free(struct dirent **names, int nr)
{
	while (nr--)
		free(names[nr]);
	free(names);
}
