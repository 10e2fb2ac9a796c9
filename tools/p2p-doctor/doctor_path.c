// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "doctor_acs.h"
#include "doctor_path.h"

const char *doctor_map_name(enum doctor_map map)
{
	static const char * const names[] = {
		"not-supported", "host-bridge", "bus-address",
	};

	return names[map];
}

static void doctor_branch_climb(const struct doctor_pci_list *list, int dev,
				struct doctor_branch *branch)
{
	branch->nr = 0;
	for (; dev >= 0 && branch->nr < DOCTOR_MAX_DEPTH; dev = list->devs[dev].up)
		branch->nodes[branch->nr++] = dev;
}

static int doctor_branch_index(const struct doctor_branch *branch, int dev)
{
	int i;

	for (i = 0; i < branch->nr; i++)
		if (branch->nodes[i] == dev)
			return i;
	return -1;
}

/* The first one that is on both ways up.  Cuts the branches there. */
static void doctor_path_join(struct doctor_path *path)
{
	int i, k;

	path->common = -1;
	path->distance = path->a.nr + path->b.nr;
	for (i = 0; i < path->a.nr; i++) {
		k = doctor_branch_index(&path->b, path->a.nodes[i]);
		if (k < 0)
			continue;
		path->common = path->a.nodes[i];
		path->distance = i + k;
		path->a.nr = i;
		path->b.nr = k;
		return;
	}
}

static void doctor_path_check_acs(const struct doctor_pci_list *list, int dev,
				  struct doctor_path *path)
{
	if (list->devs[dev].ext_hidden)
		path->hidden[path->nr_hidden++] = dev;
	switch (doctor_acs_redirects(&list->devs[dev])) {
	case DOCTOR_YES:
		path->redirects[path->nr_redirects++] = dev;
		break;
	case DOCTOR_UNKNOWN:
		path->unreadable[path->nr_unreadable++] = dev;
		break;
	case DOCTOR_NO:
		break;
	}
}

/*
 * Everything on the way counts, with both ends.  Where the way leads through the
 * host bridge anyway it makes no difference.
 */
static void doctor_path_collect_acs(const struct doctor_pci_list *list,
				    struct doctor_path *path)
{
	int i;

	if (path->common < 0)
		return;
	for (i = 0; i < path->a.nr; i++)
		doctor_path_check_acs(list, path->a.nodes[i], path);
	doctor_path_check_acs(list, path->common, path);
	for (i = 0; i < path->b.nr; i++)
		doctor_path_check_acs(list, path->b.nodes[i], path);
}

void doctor_path_find(const struct doctor_pci_list *list,
		      const struct doctor_cpu *cpu, int a, int b,
		      struct doctor_path *path)
{
	enum doctor_map through_host;

	memset(path, 0, sizeof(*path));
	doctor_branch_climb(list, a, &path->a);
	doctor_branch_climb(list, b, &path->b);
	doctor_path_join(path);
	doctor_path_collect_acs(list, path);
	path->host_allows = doctor_host_allows(list, cpu, &list->devs[a],
					       &list->devs[b], &path->host);
	through_host = path->host_allows ? MAP_HOST_BRIDGE : MAP_NOT_SUPPORTED;
	path->map = path->common < 0 || path->nr_redirects ? through_host :
							     MAP_BUS_ADDRESS;
	path->map_worst = path->nr_unreadable ? through_host : path->map;
}
