// SPDX-License-Identifier: GPL-2.0
/*
 * This is a module to test hmm_range_fault() and hmm_dma_map_pfn() on behalf of a
 * device that only wants to do DMA: the part that on-demand paging of an RDMA
 * NIC plays. It lends itself any PCI functions. They do no DMA, the CPU does in
 * their place what they would do with the DMA addresses.
 *
 * An open file is one region of the process's memory, registered for one of the
 * functions. Its pages are mapped when they are used, and unmapped when the mmu
 * notifier says so. Together with test_hmm, whose memory can be in a PCI BAR,
 * see tools/testing/selftests/mm/hmm-tests.c.
 */
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/hmm.h>
#include <linux/hmm-dma.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-p2pdma.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "test_hmm_uapi.h"

#define IMPORT_MAX_DEVICES	8
#define IMPORT_MAX_PAGES	(SZ_64M >> PAGE_SHIFT)

/* They only differ in what the tests expect, which they read in sysfs */
static char *reachable[IMPORT_MAX_DEVICES];
static unsigned int nr_reachable;
module_param_array(reachable, charp, &nr_reachable, 0444);
MODULE_PARM_DESC(reachable,
		 "PCI functions (0000:01:00.0) to import for, which reach the memory of test_hmm");

static char *unreachable[IMPORT_MAX_DEVICES];
static unsigned int nr_unreachable;
module_param_array(unreachable, charp, &nr_unreachable, 0444);
MODULE_PARM_DESC(unreachable,
		 "PCI functions to import for, which don't reach the memory of test_hmm");

/* Entry of what would be the page table of the device */
struct import_pte {
	dma_addr_t		addr;
	u32			flags;		/* HMM_IMPORT_*, 0: not mapped */
};

struct import {
	struct list_head	node;		/* by import_lock */

	struct mutex		lock;		/* one ioctl at a time */
	struct pci_dev		*pdev;		/* NULL: none, or it is gone */
	struct hmm_dma_map	map;
	unsigned long		start;
	unsigned long		npages;
	u64			faults;

	struct mutex		update;		/* taken by the mmu notifier */
	struct mmu_interval_notifier notifier;
	struct import_pte	*ptes;
	u64			invalidations;
};

static DEFINE_MUTEX(import_lock);
static LIST_HEAD(imports);
static struct pci_dev *import_devices[2 * IMPORT_MAX_DEVICES];

/* ---- mapping */

static bool import_unmap_page(struct import *imp, unsigned long i)
{
	/* The device first, then its mapping */
	imp->ptes[i] = (struct import_pte) {};
	return hmm_dma_unmap_pfn(&imp->pdev->dev, &imp->map, i);
}

static bool import_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct import *imp = container_of(mni, struct import, notifier);
	unsigned long i, first, last;

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&imp->update);
	else if (!mutex_trylock(&imp->update))
		return false;

	mmu_interval_set_seq(mni, cur_seq);
	first = (max(range->start, imp->start) - imp->start) >> PAGE_SHIFT;
	last = min((range->end - imp->start + PAGE_SIZE - 1) >> PAGE_SHIFT,
		   imp->npages);
	for (i = first; i < last; i++)
		imp->invalidations += import_unmap_page(imp, i);

	mutex_unlock(&imp->update);
	return true;
}

static const struct mmu_interval_notifier_ops import_ops = {
	.invalidate = import_invalidate,
};

static u32 import_flags(unsigned long pfn)
{
	u32 flags = HMM_IMPORT_MAPPED;

	if (pfn & HMM_PFN_DEVICE_PRIVATE)
		flags |= HMM_IMPORT_DEVICE_PRIVATE;
	if (pfn & HMM_PFN_WRITE)
		flags |= HMM_IMPORT_WRITE;
	if (pfn & HMM_PFN_P2PDMA_BUS)
		flags |= HMM_IMPORT_BUS_ADDR;
	if (pfn & HMM_PFN_P2PDMA)
		flags |= HMM_IMPORT_HOST_BRIDGE;
	return flags | hmm_pfn_to_map_order(pfn) << HMM_IMPORT_ORDER_SHIFT;
}

static int import_map_page(struct import *imp, unsigned long i,
			   struct hmm_dma_map_state *state)
{
	struct import_pte *pte = &imp->ptes[i];
	int ret;

	if (!(imp->map.pfn_list[i] & HMM_PFN_VALID))
		return 0;

	ret = hmm_dma_map_pfn(&imp->pdev->dev, &imp->map, i, state, &pte->addr);
	if (ret)
		return ret;

	pte->flags = import_flags(imp->map.pfn_list[i]);
	return 0;
}

/* With requests for each page, they replace what HMM has reported before */
static void import_set_requests(struct import *imp, unsigned long first,
				unsigned long nr, const u8 *requests)
{
	unsigned long i, *pfns = &imp->map.pfn_list[first];

	for (i = 0; i < nr; i++) {
		pfns[i] &= HMM_PFN_DMA_MAPPED | HMM_PFN_P2PDMA |
			   HMM_PFN_P2PDMA_BUS;
		if (requests[i] & HMM_IMPORT_READ_FAULT)
			pfns[i] |= HMM_PFN_REQ_FAULT;
		if (requests[i] & HMM_IMPORT_WRITE_FAULT)
			pfns[i] |= HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
	}
}

/* Returns -EAGAIN to be called again, as the range has changed */
static int import_fault_once(struct import *imp, unsigned long first,
			     unsigned long nr, u32 flags, const u8 *requests)
{
	struct hmm_dma_map_state state = { .end = first + nr };
	struct hmm_range range = {
		.notifier = &imp->notifier,
		.start = imp->start + (first << PAGE_SHIFT),
		.end = imp->start + ((first + nr) << PAGE_SHIFT),
		.hmm_pfns = &imp->map.pfn_list[first],
		.dma_dev = &imp->pdev->dev,
	};
	unsigned long i, timeout;
	int ret;

	timeout = msecs_to_jiffies(HMM_RANGE_DEFAULT_TIMEOUT);
	if (flags & HMM_IMPORT_READ_FAULT)
		range.default_flags |= HMM_PFN_REQ_FAULT;
	if (flags & HMM_IMPORT_WRITE_FAULT)
		range.default_flags |= HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
	if (requests) {
		range.pfn_flags_mask = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
		import_set_requests(imp, first, nr, requests);
	}

	ret = hmm_range_fault_unlocked_timeout(&range, timeout);
	if (ret)
		return ret;

	mutex_lock(&imp->update);
	if (mmu_interval_read_retry(range.notifier, range.notifier_seq))
		ret = -EAGAIN;
	for (i = first; !ret && i < first + nr; i++)
		ret = import_map_page(imp, i, &state);
	mutex_unlock(&imp->update);
	return ret;
}

static int import_fault(struct import *imp, unsigned long first,
			unsigned long nr, u32 flags, const u8 *requests)
{
	struct mm_struct *mm = imp->notifier.mm;
	int ret;

	if (!mmget_not_zero(mm))
		return -EFAULT;

	imp->faults++;
	do {
		ret = import_fault_once(imp, first, nr, flags, requests);
		if (ret == -EAGAIN && fatal_signal_pending(current))
			ret = -EINTR;
	} while (ret == -EAGAIN);

	mmput(mm);
	return ret;
}

/* ---- what the device would do */

/* The way of a DMA address through the fabric, the host bridge and the IOMMU */
static phys_addr_t import_phys(struct import *imp, const struct import_pte *pte)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&imp->pdev->dev);
	struct pci_bus_region region = {
		.start = pte->addr,
		.end = pte->addr + PAGE_SIZE - 1,
	};
	struct resource res = { .flags = IORESOURCE_MEM };

	if (pte->flags & HMM_IMPORT_BUS_ADDR) {
		pcibios_bus_to_resource(imp->pdev->bus, &res, &region);
		return res.start;
	}
	if (domain && domain->type != IOMMU_DOMAIN_IDENTITY)
		return iommu_iova_to_phys(domain, pte->addr);
	return pte->addr;
}

static bool import_pte_allows(const struct import_pte *pte, bool write)
{
	return pte->flags && (!write || pte->flags & HMM_IMPORT_WRITE);
}

/*
 * Mapping what is at the address for the CPU may sleep, and must not be done
 * under the lock which the notifier takes. So look if it is still the same then.
 * Returns -EAGAIN if it isn't there.
 */
static int import_copy_page(struct import *imp, unsigned long i, void *buf,
			    bool write)
{
	struct import_pte pte;
	int ret = -EAGAIN;
	bool is_bar;
	void *va;

	mutex_lock(&imp->update);
	pte = imp->ptes[i];
	mutex_unlock(&imp->update);
	if (!import_pte_allows(&pte, write))
		return -EAGAIN;

	is_bar = pte.flags & (HMM_IMPORT_BUS_ADDR | HMM_IMPORT_HOST_BRIDGE);
	va = memremap(import_phys(imp, &pte), PAGE_SIZE,
		      is_bar ? MEMREMAP_WC : MEMREMAP_WB);
	if (!va)
		return -ENXIO;

	mutex_lock(&imp->update);
	if (imp->ptes[i].addr == pte.addr && imp->ptes[i].flags == pte.flags) {
		if (write)
			memcpy(va, buf, PAGE_SIZE);
		else
			memcpy(buf, va, PAGE_SIZE);
		ret = 0;
	}
	mutex_unlock(&imp->update);

	memunmap(va);
	return ret;
}

static int import_access(struct import *imp, unsigned long first,
			 unsigned long nr, void __user *uptr, bool write)
{
	u32 flags = write ? HMM_IMPORT_WRITE_FAULT : HMM_IMPORT_READ_FAULT;
	void *buf = (void *)__get_free_page(GFP_KERNEL);
	unsigned long i;
	int ret = 0;

	if (!buf)
		return -ENOMEM;

	for (i = 0; !ret && i < nr; i++, uptr += PAGE_SIZE) {
		if (write && copy_from_user(buf, uptr, PAGE_SIZE))
			ret = -EFAULT;
		while (!ret) {
			ret = import_copy_page(imp, first + i, buf, write);
			if (ret != -EAGAIN)
				break;
			/* The page fault of the device */
			ret = import_fault(imp, first + i, 1, flags, NULL);
		}
		if (!ret && !write && copy_to_user(uptr, buf, PAGE_SIZE))
			ret = -EFAULT;
	}

	free_page((unsigned long)buf);
	return ret;
}

/* ---- registration */

/* Also when the device or the process is gone */
static void import_unregister(struct import *imp)
{
	unsigned long i;

	if (!imp->pdev)
		return;

	mmu_interval_notifier_remove(&imp->notifier);
	for (i = 0; i < imp->npages; i++)
		import_unmap_page(imp, i);
	hmm_dma_map_free(&imp->pdev->dev, &imp->map);
	memset(&imp->map, 0, sizeof(imp->map));
	kvfree(imp->ptes);
	imp->ptes = NULL;
	imp->npages = 0;
	imp->pdev = NULL;
}

static struct pci_dev *import_find_device(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(import_devices); i++)
		if (import_devices[i] && !strcmp(pci_name(import_devices[i]), name))
			return import_devices[i];
	return NULL;
}

static int import_do_register(struct import *imp, struct pci_dev *pdev,
			      unsigned long start, unsigned long npages)
{
	int ret;

	imp->ptes = kvcalloc(npages, sizeof(*imp->ptes), GFP_KERNEL);
	if (!imp->ptes)
		return -ENOMEM;

	ret = hmm_dma_map_alloc(&pdev->dev, &imp->map, npages, PAGE_SIZE);
	if (ret)
		goto err_free_ptes;

	imp->start = start;
	imp->npages = npages;
	imp->pdev = pdev;
	ret = mmu_interval_notifier_insert(&imp->notifier, current->mm, start,
					   npages << PAGE_SHIFT, &import_ops);
	if (ret)
		goto err_free_map;
	return 0;

err_free_map:
	imp->pdev = NULL;
	imp->npages = 0;
	hmm_dma_map_free(&pdev->dev, &imp->map);
	memset(&imp->map, 0, sizeof(imp->map));
err_free_ptes:
	kvfree(imp->ptes);
	imp->ptes = NULL;
	return ret;
}

/* The lock of the devices first, since removal has to wait for the other one */
static int import_register(struct import *imp, const struct hmm_import_cmd *cmd)
{
	char name[sizeof(cmd->device) + 1] = {};
	struct pci_dev *pdev;
	int ret = -EBUSY;

	memcpy(name, cmd->device, sizeof(cmd->device));
	if (!cmd->npages || cmd->npages > IMPORT_MAX_PAGES)
		return -EINVAL;

	mutex_lock(&import_lock);
	mutex_lock(&imp->lock);
	pdev = import_find_device(name);
	if (!pdev)
		ret = -ENODEV;
	else if (!imp->pdev)
		ret = import_do_register(imp, pdev, cmd->addr, cmd->npages);
	mutex_unlock(&imp->lock);
	mutex_unlock(&import_lock);
	return ret;
}

/* ---- the file */

static int import_query(struct import *imp, unsigned long first,
			unsigned long nr, struct hmm_import_page __user *uptr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		struct hmm_import_page page;

		mutex_lock(&imp->update);
		page.dma_addr = imp->ptes[first + i].addr;
		page.flags = imp->ptes[first + i].flags;
		mutex_unlock(&imp->update);
		if (copy_to_user(&uptr[i], &page, sizeof(page)))
			return -EFAULT;
	}
	return 0;
}

static int import_fault_each(struct import *imp, unsigned long first,
			     unsigned long nr, const u8 __user *uptr)
{
	u8 *requests = vmemdup_user(uptr, nr);
	int ret;

	if (IS_ERR(requests))
		return PTR_ERR(requests);

	ret = import_fault(imp, first, nr, 0, requests);
	kvfree(requests);
	return ret;
}

static int import_do_cmd(struct import *imp, unsigned int command,
			 struct hmm_import_cmd *cmd)
{
	void __user *uptr = u64_to_user_ptr(cmd->ptr);
	unsigned long first;

	if (!imp->pdev)
		return -ENODEV;
	first = (cmd->addr - imp->start) >> PAGE_SHIFT;
	if (cmd->addr < imp->start || first > imp->npages ||
	    cmd->npages > imp->npages - first)
		return -EINVAL;

	switch (command) {
	case HMM_IMPORT_FAULT:
		return import_fault(imp, first, cmd->npages, cmd->flags, NULL);
	case HMM_IMPORT_FAULT_EACH:
		return import_fault_each(imp, first, cmd->npages, uptr);
	case HMM_IMPORT_QUERY:
		return import_query(imp, first, cmd->npages, uptr);
	case HMM_IMPORT_LOAD:
		return import_access(imp, first, cmd->npages, uptr, false);
	case HMM_IMPORT_STORE:
		return import_access(imp, first, cmd->npages, uptr, true);
	}
	return -ENOTTY;
}

static long import_fops_ioctl(struct file *filp, unsigned int command,
			      unsigned long arg)
{
	struct import *imp = filp->private_data;
	void __user *uarg = (void __user *)arg;
	struct hmm_import_cmd cmd;
	int ret;

	if (copy_from_user(&cmd, uarg, sizeof(cmd)))
		return -EFAULT;
	if (!PAGE_ALIGNED(cmd.addr))
		return -EINVAL;
	if (command == HMM_IMPORT_REGISTER)
		return import_register(imp, &cmd);

	mutex_lock(&imp->lock);
	ret = import_do_cmd(imp, command, &cmd);
	cmd.faults = imp->faults;
	cmd.invalidations = READ_ONCE(imp->invalidations);
	mutex_unlock(&imp->lock);

	if (copy_to_user(uarg, &cmd, sizeof(cmd)))
		return -EFAULT;
	return ret;
}

static int import_fops_open(struct inode *inode, struct file *filp)
{
	struct import *imp = kzalloc_obj(*imp);

	if (!imp)
		return -ENOMEM;

	mutex_init(&imp->lock);
	mutex_init(&imp->update);
	filp->private_data = imp;
	mutex_lock(&import_lock);
	list_add(&imp->node, &imports);
	mutex_unlock(&import_lock);
	return 0;
}

static int import_fops_release(struct inode *inode, struct file *filp)
{
	struct import *imp = filp->private_data;

	mutex_lock(&import_lock);
	list_del(&imp->node);
	import_unregister(imp);
	mutex_unlock(&import_lock);
	kfree(imp);
	return 0;
}

static const struct file_operations import_fops = {
	.owner		= THIS_MODULE,
	.open		= import_fops_open,
	.release	= import_fops_release,
	.unlocked_ioctl	= import_fops_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice import_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "hmm_import",
	.fops	= &import_fops,
};

/* ---- the functions */

/* Each name has its place, the ones of unreachable functions in the upper half */
static struct pci_dev **import_place(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_reachable; i++)
		if (!strcmp(reachable[i], name))
			return &import_devices[i];
	for (i = 0; i < nr_unreachable; i++)
		if (!strcmp(unreachable[i], name))
			return &import_devices[IMPORT_MAX_DEVICES + i];
	return NULL;
}

static int import_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pci_dev **place = import_place(pci_name(pdev));
	int ret;

	if (!place)
		return -ENODEV;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	pci_set_master(pdev);

	mutex_lock(&import_lock);
	*place = pdev;
	mutex_unlock(&import_lock);
	return 0;
}

static void import_remove(struct pci_dev *pdev)
{
	struct pci_dev **place = import_place(pci_name(pdev));
	struct import *imp;

	mutex_lock(&import_lock);
	*place = NULL;
	list_for_each_entry(imp, &imports, node) {
		mutex_lock(&imp->lock);
		if (imp->pdev == pdev)
			import_unregister(imp);
		mutex_unlock(&imp->lock);
	}
	mutex_unlock(&import_lock);
}

/* Not for autoloading: which functions these are, is up to the parameters */
static const struct pci_device_id import_ids[] = {
	{ PCI_DEVICE(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver import_driver = {
	.name		= "hmm_import",
	.id_table	= import_ids,
	.probe		= import_probe,
	.remove		= import_remove,
};

static int __init import_init(void)
{
	int ret;

	ret = pci_register_driver(&import_driver);
	if (ret)
		return ret;

	ret = misc_register(&import_misc);
	if (ret)
		pci_unregister_driver(&import_driver);
	return ret;
}

static void __exit import_exit(void)
{
	misc_deregister(&import_misc);
	pci_unregister_driver(&import_driver);
}

module_init(import_init);
module_exit(import_exit);
MODULE_DESCRIPTION("Test module for DMA to memory that HMM reports");
MODULE_LICENSE("GPL");
