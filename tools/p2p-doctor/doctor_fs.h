/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of /sys and /proc, below another root if --sysroot says so.  Paths are
 * formats, and begin with a slash.
 */
#ifndef DOCTOR_FS_H
#define DOCTOR_FS_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define DOCTOR_PATH	512

#define doctor_fs_format(n)	__attribute__((format(printf, n, n + 1)))

/* NULL: the machine's own files. */
void doctor_fs_set_root(const char *root);
/* Are these the files of another machine?  Then no device may be asked. */
bool doctor_fs_is_copy(void);

void doctor_fs_path(char path[DOCTOR_PATH], const char *fmt, ...)
	doctor_fs_format(2);
bool doctor_fs_exists(const char *fmt, ...) doctor_fs_format(1);
FILE *doctor_fs_open(const char *fmt, ...) doctor_fs_format(1);

/* Up to @size bytes; how many, or -errno.  @file_size: what stat says, or NULL. */
ssize_t doctor_fs_read(void *buf, size_t size, off_t *file_size,
		       const char *fmt, ...) doctor_fs_format(4);

/* First line without its end.  False, and an empty line, if there is none. */
bool doctor_fs_line(char *line, size_t size, const char *fmt, ...)
	doctor_fs_format(3);

/* First number, in any base that strtoull() knows. */
bool doctor_fs_number(unsigned long long *value, const char *fmt, ...)
	doctor_fs_format(2);

/* Target of a link.  False, and an empty string, if there is none. */
bool doctor_fs_link(char *target, size_t size, const char *fmt, ...)
	doctor_fs_format(3);

/* Last component of the target of a link, likewise. */
bool doctor_fs_link_name(char *name, size_t size, const char *fmt, ...)
	doctor_fs_format(3);

/* Names in a directory, sorted; their number.  For doctor_fs_list_free(). */
int doctor_fs_list(struct dirent ***names, const char *fmt, ...)
	doctor_fs_format(2);
void doctor_fs_list_free(struct dirent **names, int nr);

#endif
