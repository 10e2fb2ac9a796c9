/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Device-private memory and devices of others that want to do DMA to it
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hmm

#if !defined(_TRACE_HMM_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_HMM_H

#include <linux/device.h>
#include <linux/tracepoint.h>

TRACE_EVENT(hmm_dma_export,
	    TP_PROTO(struct device *dma_dev, unsigned long addr,
		     unsigned long npages, int err),
	    TP_ARGS(dma_dev, addr, npages, err),
	    TP_STRUCT__entry(__string(dma_dev, dev_name(dma_dev))
			     __field(unsigned long, addr)
			     __field(unsigned long, npages)
			     __field(int, err)
	    ),
	    TP_fast_assign(__assign_str(dma_dev);
			   __entry->addr = addr;
			   __entry->npages = npages;
			   __entry->err = err;
	    ),
	    TP_printk("%s addr=0x%lx npages=%lu err=%d", __get_str(dma_dev),
		      __entry->addr, __entry->npages, __entry->err)
);

TRACE_EVENT(hmm_dma_migrate,
	    TP_PROTO(struct device *dma_dev, unsigned long addr),
	    TP_ARGS(dma_dev, addr),
	    TP_STRUCT__entry(__string(dma_dev, dev_name(dma_dev))
			     __field(unsigned long, addr)
	    ),
	    TP_fast_assign(__assign_str(dma_dev);
			   __entry->addr = addr;
	    ),
	    TP_printk("%s addr=0x%lx", __get_str(dma_dev), __entry->addr)
);

#endif /* _TRACE_HMM_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
