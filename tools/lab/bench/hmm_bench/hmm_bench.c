// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what hmm_range_fault() costs somebody who has never heard of DMA to
 * device-private memory: a range of the caller's memory, dma_dev == NULL.
 *
 * Write "START NPAGES DEFAULT_FLAGS REPEATS" to debugfs hmm_bench, read the
 * time stamp counter's differences, one a line. Under QEMU's -icount this
 * counter counts instructions. Compiles against kernels with and without the
 * series: nothing here is from it.
 */
#include <linux/debugfs.h>
#include <linux/hmm.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <asm/msr.h>

#define HMM_BENCH_MAX	1024

static DEFINE_MUTEX(hmm_bench_lock);
static u64 hmm_bench_counts[HMM_BENCH_MAX];
static unsigned int hmm_bench_nr;
static struct dentry *hmm_bench_file;

static bool hmm_bench_invalidate(struct mmu_interval_notifier *mni,
				 const struct mmu_notifier_range *range,
				 unsigned long seq)
{
	mmu_interval_set_seq(mni, seq);
	return true;
}

static const struct mmu_interval_notifier_ops hmm_bench_ops = {
	.invalidate = hmm_bench_invalidate,
};

/* One call. Everything that isn't hmm_range_fault() is outside of the count. */
static int hmm_bench_once(struct hmm_range *range, u64 *count)
{
	struct mm_struct *mm = range->notifier->mm;
	u64 start;
	int ret;

	memset(range->hmm_pfns, 0,
	       (range->end - range->start) >> PAGE_SHIFT << 3);
	range->notifier_seq = mmu_interval_read_begin(range->notifier);
	mmap_read_lock(mm);
	start = rdtsc();
	ret = hmm_range_fault(range);
	*count = rdtsc() - start;
	mmap_read_unlock(mm);
	return ret;
}

static int hmm_bench_run(unsigned long start, unsigned long npages,
			 unsigned long flags, unsigned int repeats)
{
	struct mmu_interval_notifier notifier;
	struct hmm_range range = {
		.notifier = &notifier,
		.start = start,
		.end = start + (npages << PAGE_SHIFT),
		.default_flags = flags,
	};
	unsigned int i;
	int ret;

	range.hmm_pfns = kvcalloc(npages, sizeof(*range.hmm_pfns), GFP_KERNEL);
	if (!range.hmm_pfns)
		return -ENOMEM;

	ret = mmu_interval_notifier_insert(&notifier, current->mm, start,
					   npages << PAGE_SHIFT, &hmm_bench_ops);
	if (ret)
		goto out_free;

	for (i = 0; i < repeats && !ret; i++)
		ret = hmm_bench_once(&range, &hmm_bench_counts[i]);
	hmm_bench_nr = i;

	/* The pages have to have been there: nothing else is to be counted */
	for (i = 0; i < npages && flags && !ret; i++)
		if (!(range.hmm_pfns[i] & HMM_PFN_VALID))
			ret = -ENODATA;

	mmu_interval_notifier_remove(&notifier);
out_free:
	kvfree(range.hmm_pfns);
	return ret;
}

static ssize_t hmm_bench_write(struct file *file, const char __user *buf,
			       size_t len, loff_t *ppos)
{
	unsigned long start, npages, flags;
	unsigned int repeats;
	char line[128] = {};
	int ret;

	if (len >= sizeof(line) || copy_from_user(line, buf, len))
		return -EFAULT;
	if (sscanf(line, "%lx %lu %lx %u", &start, &npages, &flags,
		   &repeats) != 4)
		return -EINVAL;
	if (!npages || npages > SZ_1M || !repeats || repeats > HMM_BENCH_MAX ||
	    offset_in_page(start))
		return -EINVAL;

	mutex_lock(&hmm_bench_lock);
	ret = hmm_bench_run(start, npages, flags, repeats);
	mutex_unlock(&hmm_bench_lock);
	return ret ? ret : len;
}

static int hmm_bench_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	mutex_lock(&hmm_bench_lock);
	for (i = 0; i < hmm_bench_nr; i++)
		seq_printf(m, "%llu\n", hmm_bench_counts[i]);
	mutex_unlock(&hmm_bench_lock);
	return 0;
}

static int hmm_bench_open(struct inode *inode, struct file *file)
{
	return single_open(file, hmm_bench_show, NULL);
}

static const struct file_operations hmm_bench_fops = {
	.owner = THIS_MODULE,
	.open = hmm_bench_open,
	.read = seq_read,
	.write = hmm_bench_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init hmm_bench_init(void)
{
	hmm_bench_file = debugfs_create_file("hmm_bench", 0600, NULL, NULL,
					     &hmm_bench_fops);
	return PTR_ERR_OR_ZERO(hmm_bench_file);
}
module_init(hmm_bench_init);

static void __exit hmm_bench_exit(void)
{
	debugfs_remove(hmm_bench_file);
}
module_exit(hmm_bench_exit);

MODULE_DESCRIPTION("Instruction counts of hmm_range_fault()");
MODULE_LICENSE("GPL");
