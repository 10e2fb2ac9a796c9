/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CORE_UNIX_SOCKET_H
#define CORE_UNIX_SOCKET_H

/* A non-blocking listening socket at @path, which is replaced; -1 and errno. */
int unix_socket_listen(const char *path, int backlog);

#endif
