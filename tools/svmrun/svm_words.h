/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments of options, for svmrun, which checks them, and for the library. */
#ifndef SVM_WORDS_H
#define SVM_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "svm_config.h"

/* NULL is the default, what is no such word the _UNKNOWN value. */
enum svm_when svm_words_when(const char *word);
enum svm_spread svm_words_spread(const char *word);
enum svm_touch svm_words_touch(const char *word);

/* A number with K, M or G behind it.  False: is none. */
bool svm_words_size(const char *word, size_t *size);

/* Is @number in @list, as in "0,3,5-8"?  -1: @list is no such thing. */
int svm_words_listed(const char *list, unsigned long number);

/* Nodes in @list, separated by commas; -1: too many, or a name is too long. */
int svm_words_nodes(const char *list, char names[SVM_GPUS_MAX][SVM_NODE_MAX]);

#endif
