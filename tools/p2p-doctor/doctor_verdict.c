// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "doctor_blockers.h"

#define NAMES_SIZE	512

const char *doctor_verdict_name(enum doctor_verdict verdict)
{
	static const char * const names[] = {
		"fallback", "direct", "host-bridge", "unknown",
	};

	return names[verdict];
}

const char *doctor_verdict_text(enum doctor_verdict verdict)
{
	static const char * const texts[] = {
		"will fall back", "direct", "through host bridge",
		"unknown (run as root)",
	};

	return texts[verdict];
}

struct doctor_reason *doctor_pair_reason(struct doctor_pair *pair,
					 const char *key, bool blocks,
					 const char *fmt, ...)
{
	struct doctor_reason *r;
	va_list ap;

	/* There are fewer kinds than this, and each comes once. */
	r = &pair->reasons[pair->nr_reasons < DOCTOR_MAX_REASONS ?
			   pair->nr_reasons++ : DOCTOR_MAX_REASONS - 1];
	r->key = key;
	r->blocks = blocks;
	r->fix[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	return r;
}

void doctor_reason_fix(struct doctor_reason *reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason->fix, sizeof(reason->fix), fmt, ap);
	va_end(ap);
}

/* As pci=disable_acs_redir= takes them. */
static void doctor_judge_names(const struct doctor *d, const int *devs, int nr,
			       char names[NAMES_SIZE])
{
	size_t len = 0;
	int i;

	names[0] = '\0';
	for (i = 0; i < nr && len < NAMES_SIZE; i++)
		len += snprintf(names + len, NAMES_SIZE - len, "%s%s",
				i ? ";" : "", d->pci.devs[devs[i]].name);
}

static void doctor_judge_acs(const struct doctor *d, struct doctor_pair *pair)
{
	const struct doctor_path *path = &pair->path;
	struct doctor_reason *r;
	char names[NAMES_SIZE];

	if (path->nr_redirects) {
		doctor_judge_names(d, path->redirects, path->nr_redirects,
				   names);
		r = doctor_pair_reason(pair, "acs-redirect", !path->host_allows,
				       "ACS sends peer-to-peer requests up to the host bridge: %s",
				       names);
		doctor_reason_fix(r, "boot with pci=disable_acs_redir=%s (weakens the isolation of IOMMU groups)",
				  names);
	} else if (path->nr_unreadable) {
		doctor_judge_names(d, path->unreadable, path->nr_unreadable,
				   names);
		r = doctor_pair_reason(pair, "acs-unreadable", false,
				       "whether ACS redirects requests cannot be read: %s",
				       names);
		doctor_reason_fix(r, "run as root");
	}
}

/* Linux goes by what it sees, and so does the verdict. */
static void doctor_judge_hidden(const struct doctor *d, struct doctor_pair *pair)
{
	struct doctor_reason *r;
	char names[NAMES_SIZE];

	if (!pair->path.nr_hidden)
		return;
	doctor_judge_names(d, pair->path.hidden, pair->path.nr_hidden, names);
	r = doctor_pair_reason(pair, "acs-hidden", false,
			       "Linux takes it that there is no ACS, as it does not see the extended configuration space of %s",
			       names);
	doctor_reason_fix(r, "build the kernel with CONFIG_PCI_MMCONFIG=y, if the firmware has a table MCFG");
}

static void doctor_judge_host_same_only(struct doctor_pair *pair)
{
	const struct doctor_pci *root = pair->path.host.root;
	struct doctor_reason *r;

	r = doctor_pair_reason(pair, "host-bridge-same-only", true,
			       "host bridge %s (%04x:%04x) forwards between its own ports only, and these are two host bridges",
			       root->host, root->vendor, root->device);
	doctor_reason_fix(r, "move one of the cards to a slot of the other one's CPU socket, best below the same PCIe switch");
}

static void doctor_judge_host_unknown(const struct doctor *d,
				      struct doctor_pair *pair)
{
	const struct doctor_pci *root = pair->path.host.root;
	struct doctor_reason *r;

	if (root)
		r = doctor_pair_reason(pair, "host-bridge-not-listed", true,
				       "Linux does not know that the host bridge (%04x:%04x at %s, CPU \"%s\") forwards peer-to-peer requests",
				       root->vendor, root->device, root->name,
				       d->cpu.model);
	else
		r = doctor_pair_reason(pair, "host-bridge-not-listed", true,
				       "the host bridge has no device by which Linux would know it (CPU \"%s\")",
				       d->cpu.model);
	if (pair->path.common < 0)
		doctor_reason_fix(r, "move both cards below one PCIe switch, or to an AMD Zen or a listed Intel Xeon host");
}

/* Why the way through the host bridge is closed, if it is needed. */
static void doctor_judge_host(const struct doctor *d, struct doctor_pair *pair)
{
	if (pair->path.map != MAP_NOT_SUPPORTED)
		return;
	if (pair->path.host.why == HOST_SAME_ONLY)
		doctor_judge_host_same_only(pair);
	else
		doctor_judge_host_unknown(d, pair);
}

static void doctor_judge_path(const struct doctor *d, struct doctor_pair *pair)
{
	const struct doctor_hca *hca = &d->hcas.hcas[pair->hca];

	pair->has_path = hca->pci >= 0;
	if (!pair->has_path)
		return;
	doctor_path_find(&d->pci, &d->cpu, d->gpus.gpus[pair->gpu].pci, hca->pci,
			 &pair->path);
	doctor_judge_acs(d, pair);
	doctor_judge_hidden(d, pair);
	doctor_judge_host(d, pair);
}

static enum doctor_verdict doctor_judge_verdict(const struct doctor_pair *pair)
{
	int i;

	for (i = 0; i < pair->nr_reasons; i++)
		if (pair->reasons[i].blocks)
			return VERDICT_FALLBACK;
	if (pair->path.map != pair->path.map_worst)
		return VERDICT_UNKNOWN;
	return pair->path.map == MAP_BUS_ADDRESS ? VERDICT_DIRECT :
						   VERDICT_HOST_BRIDGE;
}

void doctor_judge(const struct doctor *doctor, int gpu, int hca,
		  struct doctor_pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->gpu = gpu;
	pair->hca = hca;
	doctor_judge_path(doctor, pair);
	doctor_blockers_kernel(doctor, pair);
	doctor_blockers_gpu(doctor, pair);
	doctor_blockers_hca(doctor, pair);
	pair->verdict = doctor_judge_verdict(pair);
}

bool doctor_pair_reachable(const struct doctor_pair *pair)
{
	return pair->verdict == VERDICT_DIRECT ||
	       pair->verdict == VERDICT_HOST_BRIDGE ||
	       (pair->verdict == VERDICT_UNKNOWN &&
		pair->path.map_worst != MAP_NOT_SUPPORTED);
}
