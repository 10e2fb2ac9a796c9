/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * On-demand paging, from the page fault of the device to its resume
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mlx5_odp

#if !defined(_MLX5_ODP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MLX5_ODP_TRACE_H

#include <linux/tracepoint.h>

/* An event of the device. Without key if a WQE has to be looked at first */
TRACE_EVENT(mlx5_odp_fault,
	    TP_PROTO(u64 token, u8 type, u32 key, u64 va, u32 bytes),
	    TP_ARGS(token, type, key, va, bytes),
	    TP_STRUCT__entry(__field(u64, token)
			     __field(u64, va)
			     __field(u32, key)
			     __field(u32, bytes)
			     __field(u8, type)
	    ),
	    TP_fast_assign(__entry->token = token;
			   __entry->va = va;
			   __entry->key = key;
			   __entry->bytes = bytes;
			   __entry->type = type;
	    ),
	    TP_printk("token=0x%llx type=%u key=0x%x va=0x%llx bytes=%u",
		      __entry->token, __entry->type, __entry->key, __entry->va,
		      __entry->bytes)
);

/* A range was looked up, or why it could not */
TRACE_EVENT(mlx5_odp_map,
	    TP_PROTO(u32 key, u64 va, u64 bytes, int pages, bool fallback),
	    TP_ARGS(key, va, bytes, pages, fallback),
	    TP_STRUCT__entry(__field(u64, va)
			     __field(u64, bytes)
			     __field(u32, key)
			     __field(int, pages)
			     __field(bool, fallback)
	    ),
	    TP_fast_assign(__entry->va = va;
			   __entry->bytes = bytes;
			   __entry->key = key;
			   __entry->pages = pages;
			   __entry->fallback = fallback;
	    ),
	    TP_printk("key=0x%x va=0x%llx bytes=%llu pages=%d fallback=%u",
		      __entry->key, __entry->va, __entry->bytes, __entry->pages,
		      __entry->fallback)
);

/* MTT entries for the device, of which p2p are new and lead to another device */
TRACE_EVENT(mlx5_odp_populate,
	    TP_PROTO(u32 key, u64 first, u64 entries, u64 p2p, int err),
	    TP_ARGS(key, first, entries, p2p, err),
	    TP_STRUCT__entry(__field(u64, first)
			     __field(u64, entries)
			     __field(u64, p2p)
			     __field(u32, key)
			     __field(int, err)
	    ),
	    TP_fast_assign(__entry->first = first;
			   __entry->entries = entries;
			   __entry->p2p = p2p;
			   __entry->key = key;
			   __entry->err = err;
	    ),
	    TP_printk("key=0x%x first=%llu entries=%llu p2p=%llu err=%d",
		      __entry->key, __entry->first, __entry->entries, __entry->p2p,
		      __entry->err)
);

TRACE_EVENT(mlx5_odp_resume,
	    TP_PROTO(u64 token, bool error, int err),
	    TP_ARGS(token, error, err),
	    TP_STRUCT__entry(__field(u64, token)
			     __field(bool, error)
			     __field(int, err)
	    ),
	    TP_fast_assign(__entry->token = token;
			   __entry->error = error;
			   __entry->err = err;
	    ),
	    TP_printk("token=0x%llx error=%u err=%d", __entry->token,
		      __entry->error, __entry->err)
);

#endif /* _MLX5_ODP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE odp_trace

/* This part must be outside protection */
#include <trace/define_trace.h>
