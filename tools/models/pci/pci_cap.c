// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capabilities and extended capabilities.
 *
 * Source: PCI Power Management 1.2, PCI 3.0 chapter 6.8 (MSI, MSI-X), PCI
 * Express Base Specification chapter 7; names from <linux/pci_regs.h>.
 */
#include <linux/pci_regs.h>

#include "pci/pci_cfg.h"

/* Room for the largest extended capability used here (AER). */
#define EXT_CAP_ROOM	0x50
/* Device Capabilities: largest payload, bits 0 to 2 */
#define DEVCAP_PAYLOAD_256B	1

static void add_cap(struct pci_dev *dev, uint8_t id, uint8_t offset)
{
	unsigned int link = dev->cap_tail ? dev->cap_tail + 1u :
					    PCI_CAPABILITY_LIST;

	dev->cfg[link] = offset;
	dev->cfg[offset] = id;
	dev->cap_tail = offset;
}

void pci_cap_pm(struct pci_dev *dev, uint8_t offset)
{
	add_cap(dev, PCI_CAP_ID_PM, offset);
	dev->pm_cap = offset;
	pci_cfg_set16(dev, offset + PCI_PM_PMC, 3);	/* version 1.2 */
	pci_cfg_set16(dev, offset + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
	pci_cfg_wmask16(dev, offset + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
}

static unsigned int log2_floor(unsigned int n)
{
	unsigned int log = 0;

	while (n >>= 1)
		log++;
	return log;
}

void pci_cap_msi(struct pci_dev *dev, uint8_t offset, unsigned int vectors)
{
	uint16_t flags = (uint16_t)(PCI_MSI_FLAGS_64BIT |
				    log2_floor(vectors) << 1);

	add_cap(dev, PCI_CAP_ID_MSI, offset);
	dev->msi_cap = offset;
	if (!dev->num_vectors)
		dev->num_vectors = 1u << log2_floor(vectors);
	pci_cfg_set16(dev, offset + PCI_MSI_FLAGS, flags);
	pci_cfg_wmask16(dev, offset + PCI_MSI_FLAGS,
			PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	pci_cfg_wmask32(dev, offset + PCI_MSI_ADDRESS_LO, ~3u);
	pci_cfg_wmask32(dev, offset + PCI_MSI_ADDRESS_HI, ~0u);
	pci_cfg_wmask16(dev, offset + PCI_MSI_DATA_64, 0xffff);
}

void pci_cap_msix(struct pci_dev *dev, uint8_t offset, unsigned int vectors,
		  unsigned int bar, uint32_t table, uint32_t pba)
{
	if (vectors > PCI_MAX_VECTORS)
		vectors = PCI_MAX_VECTORS;
	add_cap(dev, PCI_CAP_ID_MSIX, offset);
	dev->msix_cap = offset;
	dev->num_vectors = vectors;
	pci_cfg_set16(dev, offset + PCI_MSIX_FLAGS, (uint16_t)(vectors - 1));
	pci_cfg_wmask16(dev, offset + PCI_MSIX_FLAGS,
			PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	pci_cfg_set32(dev, offset + PCI_MSIX_TABLE, table | bar);
	pci_cfg_set32(dev, offset + PCI_MSIX_PBA, pba | bar);
}

static void set_link(struct pci_dev *dev, uint8_t offset, unsigned int speed,
		     unsigned int width)
{
	uint16_t status = (uint16_t)(speed | width << 4);

	pci_cfg_set32(dev, offset + PCI_EXP_LNKCAP, status);
	pci_cfg_set16(dev, offset + PCI_EXP_LNKSTA, status);
	pci_cfg_wmask16(dev, offset + PCI_EXP_LNKCTL,
			PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC |
			PCI_EXP_LNKCTL_ES);
	pci_cfg_set32(dev, offset + PCI_EXP_LNKCAP2, ((1u << speed) - 1) << 1);
	pci_cfg_set16(dev, offset + PCI_EXP_LNKCTL2, (uint16_t)speed);
	pci_cfg_wmask16(dev, offset + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS);
}

void pci_cap_pcie(struct pci_dev *dev, uint8_t offset, unsigned int speed,
		  unsigned int width)
{
	add_cap(dev, PCI_CAP_ID_EXP, offset);
	dev->pcie_cap = offset;
	pci_cfg_set16(dev, offset + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT);
	pci_cfg_set32(dev, offset + PCI_EXP_DEVCAP, DEVCAP_PAYLOAD_256B |
		      PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_RBER |
		      PCI_EXP_DEVCAP_FLR);
	pci_cfg_set16(dev, offset + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_RELAX_EN |
		      PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ_512B);
	pci_cfg_wmask16(dev, offset + PCI_EXP_DEVCTL,
			(uint16_t)~PCI_EXP_DEVCTL_BCR_FLR);
	pci_cfg_w1c16(dev, offset + PCI_EXP_DEVSTA, PCI_EXP_DEVSTA_CED |
		      PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED |
		      PCI_EXP_DEVSTA_URD);
	pci_cfg_set32(dev, offset + PCI_EXP_DEVCAP2,
		      PCI_EXP_DEVCAP2_COMP_TMOUT_DIS);
	pci_cfg_wmask16(dev, offset + PCI_EXP_DEVCTL2,
			PCI_EXP_DEVCTL2_COMP_TMOUT_DIS |
			PCI_EXP_DEVCTL2_ATOMIC_REQ);
	set_link(dev, offset, speed, width);
}

static unsigned int add_ext_cap(struct pci_dev *dev, uint32_t id,
				uint32_t version)
{
	unsigned int offset = PCI_CFG_SPACE_SIZE;

	if (dev->ext_cap_tail) {
		offset = dev->ext_cap_tail + EXT_CAP_ROOM;
		pci_cfg_set32(dev, dev->ext_cap_tail,
			      pci_cfg_get32(dev, dev->ext_cap_tail) |
			      offset << 20);
	}
	pci_cfg_set32(dev, offset, id | version << 16);
	dev->ext_cap_tail = (uint16_t)offset;
	return offset;
}

void pci_ext_cap_aer(struct pci_dev *dev)
{
	unsigned int offset = add_ext_cap(dev, PCI_EXT_CAP_ID_ERR, 2);
	const uint32_t uncor = PCI_ERR_UNC_DLP | PCI_ERR_UNC_POISON_TLP |
		PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT |
		PCI_ERR_UNC_UNX_COMP | PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_UNSUP;
	const uint32_t cor = PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP |
		PCI_ERR_COR_BAD_DLLP | PCI_ERR_COR_ADV_NFAT;

	pci_cfg_w1c32(dev, offset + PCI_ERR_UNCOR_STATUS, uncor);
	pci_cfg_wmask32(dev, offset + PCI_ERR_UNCOR_MASK, uncor);
	pci_cfg_wmask32(dev, offset + PCI_ERR_UNCOR_SEVER, uncor);
	pci_cfg_set32(dev, offset + PCI_ERR_UNCOR_SEVER,
		      PCI_ERR_UNC_DLP | PCI_ERR_UNC_MALF_TLP);
	pci_cfg_w1c32(dev, offset + PCI_ERR_COR_STATUS, cor);
	pci_cfg_wmask32(dev, offset + PCI_ERR_COR_MASK, cor);
	pci_cfg_set32(dev, offset + PCI_ERR_COR_MASK, PCI_ERR_COR_ADV_NFAT);
}

void pci_ext_cap_ats(struct pci_dev *dev)
{
	unsigned int offset = add_ext_cap(dev, PCI_EXT_CAP_ID_ATS, 1);

	pci_cfg_set16(dev, offset + PCI_ATS_CAP, PCI_ATS_CAP_PAGE_ALIGNED);
	pci_cfg_wmask16(dev, offset + PCI_ATS_CTRL,
			PCI_ATS_CTRL_ENABLE | 0x1f);
}

/* An endpoint function has no port to redirect: only what applies to it. */
void pci_ext_cap_acs(struct pci_dev *dev)
{
	unsigned int offset = add_ext_cap(dev, PCI_EXT_CAP_ID_ACS, 1);
	const uint16_t bits = PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_DT;

	pci_cfg_set16(dev, offset + PCI_ACS_CAP, bits);
	pci_cfg_wmask16(dev, offset + PCI_ACS_CTRL, bits);
}
