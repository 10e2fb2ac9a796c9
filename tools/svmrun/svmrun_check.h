/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the program runs for minutes: can this work at all? */
#ifndef SVMRUN_CHECK_H
#define SVMRUN_CHECK_H

/* Ends svmrun unless every GPU in @list (separated by commas) can be used. */
void svmrun_check_gpus(const char *list);

/* Why nothing can be preloaded into @program, in words; NULL: it can, or who knows. */
const char *svmrun_check_program(const char *program);

#endif
