// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_config.h"
#include "svm_notes.h"

struct svm_notes *svm_notes_map(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *p = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (!ftruncate(fd, sizeof(struct svm_notes)))
		p = mmap(NULL, sizeof(struct svm_notes), PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static struct svm_notes *svm_notes_own(void)
{
	static struct svm_notes none, *notes;

	if (!notes && svm_config()->notes)
		notes = svm_notes_map(svm_config()->notes);
	if (!notes)
		notes = &none;
	return notes;
}

void svm_note(enum svm_note what)
{
	atomic_fetch_add(&svm_notes_own()->value[what], 1);
}

void svm_note_max(enum svm_note what, unsigned long value)
{
	_Atomic unsigned long *max = &svm_notes_own()->value[what];
	unsigned long old = *max;

	while (value > old && !atomic_compare_exchange_weak(max, &old, value))
		;
}
