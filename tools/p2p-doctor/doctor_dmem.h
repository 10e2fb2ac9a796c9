/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nouveau's file dmem in debugfs, whose format is described in the kernel's
 * drivers/gpu/drm/nouveau/nouveau_dmem.c.
 */
#ifndef DOCTOR_DMEM_H
#define DOCTOR_DMEM_H

struct doctor_dmem {
	long long p2p, migrated_to_vram, migrated_to_ram, exports,
		  export_failures, windows_created, windows_reaped, windows_max;
	/* sums over the chunks: */
	long long chunks, pages, allocated, mapped, idle, exported;
};

/* Of the GPU at a PCI address.  0, or -errno: -ENOENT, -EACCES without root. */
int doctor_dmem_read(struct doctor_dmem *dmem, const char *pci);

#endif
