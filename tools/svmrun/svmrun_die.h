/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SVMRUN_DIE_H
#define SVMRUN_DIE_H

/* like env(1) and nohup(1) */
#define SVMRUN_FAILED	125
#define SVMRUN_NO_EXEC	127

__attribute__((format(printf, 1, 2), noreturn))
void svmrun_die(const char *fmt, ...);

#endif
