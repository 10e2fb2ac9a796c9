// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "doctor_dmem.h"
#include "doctor_fs.h"

#define DRI	"/sys/kernel/debug/dri/"

/* The directory is named by the device, on older kernels by number. */
static FILE *doctor_dmem_open(const char *pci)
{
	struct dirent **names;
	FILE *f;
	int i, nr;

	f = doctor_fs_open(DRI "%s/dmem", pci);
	if (f || errno == EACCES)
		return f;
	nr = doctor_fs_list(&names, "/sys/bus/pci/devices/%s/drm", pci);
	for (i = 0; i < nr && !f; i++)
		if (!strncmp(names[i]->d_name, "card", 4))
			f = doctor_fs_open(DRI "%s/dmem", names[i]->d_name + 4);
	doctor_fs_list_free(names, nr);
	if (!f)
		errno = ENOENT;
	return f;
}

int doctor_dmem_read(struct svm_dmem *dmem, const char *pci)
{
	FILE *f;

	memset(dmem, 0, sizeof(*dmem));
	f = doctor_dmem_open(pci);
	if (!f)
		return -errno;
	svm_dmem_read(dmem, f);
	fclose(f);
	return 0;
}
