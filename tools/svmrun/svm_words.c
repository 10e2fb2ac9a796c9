// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "svm_words.h"

/* Position of @word among @n words, @n if it is not there. */
static int svm_words_find(const char *word, const char *const *words, int n)
{
	int i;

	if (!word)
		return 0;
	for (i = 0; i < n && strcmp(word, words[i]); i++)
		;
	return i;
}

enum svm_when svm_words_when(const char *word)
{
	static const char *const words[SVM_WHEN_UNKNOWN] = {
		[SVM_WHEN_AUTO] = "auto",
		[SVM_WHEN_RTR] = "rtr",
		[SVM_WHEN_REGISTER] = "register",
		[SVM_WHEN_CALL] = "call",
	};

	return svm_words_find(word, words, SVM_WHEN_UNKNOWN);
}

enum svm_spread svm_words_spread(const char *word)
{
	static const char *const words[SVM_SPREAD_UNKNOWN] = {
		[SVM_SPREAD_TURN] = "turn",
		[SVM_SPREAD_SIZE] = "size",
	};

	return svm_words_find(word, words, SVM_SPREAD_UNKNOWN);
}

enum svm_touch svm_words_touch(const char *word)
{
	static const char *const words[SVM_TOUCH_UNKNOWN] = {
		[SVM_TOUCH_NONE] = "none",
		[SVM_TOUCH_ONCE] = "once",
		[SVM_TOUCH_INFINITE] = "infinite",
	};

	return svm_words_find(word, words, SVM_TOUCH_UNKNOWN);
}

bool svm_words_size(const char *word, size_t *size)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;

	if (!word || !isdigit((unsigned char)*word))
		return false;
	*size = strtoull(word, &end, 0);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (!unit)
		return !*end;
	*size <<= 10 * (unit - units + 1);
	return !end[1];
}

int svm_words_listed(const char *list, unsigned long number)
{
	unsigned long first, last;
	int found = 0;
	char *end;

	for (;; list = end + 1) {
		if (!isdigit((unsigned char)*list))
			return -1;
		first = last = strtoul(list, &end, 10);
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return -1;
			last = strtoul(end + 1, &end, 10);
		}
		if (first <= number && number <= last)
			found = 1;
		if (!*end)
			return found;
		if (*end != ',')
			return -1;
	}
}

int svm_words_nodes(const char *list, char names[SVM_GPUS_MAX][SVM_NODE_MAX])
{
	int n = 0;
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (n == SVM_GPUS_MAX || len >= SVM_NODE_MAX)
			return -1;
		memcpy(names[n], list, len);
		names[n++][len] = '\0';
		if (!list[len])
			return n;
	}
}
