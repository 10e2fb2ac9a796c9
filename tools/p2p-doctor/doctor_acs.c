// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "doctor_acs.h"

#define ACS_REDIRECT	(PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC)

enum doctor_answer doctor_acs_redirects(const struct doctor_pci *dev)
{
	if (dev->acs.present != DOCTOR_YES)
		return dev->acs.present;
	return dev->acs.ctrl & ACS_REDIRECT ? DOCTOR_YES : DOCTOR_NO;
}

void doctor_acs_text(const struct doctor_pci *dev, char text[DOCTOR_ACS_TEXT])
{
	static const struct {
		uint16_t bit;
		const char *name;
	} bits[] = {
		{ PCI_ACS_SV, "SrcValid" }, { PCI_ACS_TB, "TransBlk" },
		{ PCI_ACS_RR, "ReqRedir" }, { PCI_ACS_CR, "CmpltRedir" },
		{ PCI_ACS_UF, "UpstreamFwd" }, { PCI_ACS_EC, "EgressCtrl" },
		{ PCI_ACS_DT, "DirectTrans" },
	};
	size_t i, len = 0;

	if (dev->acs.present != DOCTOR_YES) {
		snprintf(text, DOCTOR_ACS_TEXT, "%s",
			 dev->ext_hidden ? "hidden" :
			 dev->acs.present == DOCTOR_NO ? "none" : "unknown");
		return;
	}
	snprintf(text, DOCTOR_ACS_TEXT, "all off");
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (dev->acs.ctrl & bits[i].bit && len < DOCTOR_ACS_TEXT)
			len += snprintf(text + len, DOCTOR_ACS_TEXT - len, "%s%s+",
					len ? " " : "", bits[i].name);
}
