/* SPDX-License-Identifier: MIT */
/*
 * The GPU as the tests of nouveau_svm use it: one client of this process with a
 * copy engine channel, and memory (the pad) between which and the memory under
 * test the GPU copies.
 */
#ifndef NS_STAGE_H
#define NS_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svm_channel.h"
#include "test_buffer.h"

#define NS_PAD_LEN	(2 * TEST_HUGE)

struct ns_stage {
	int gpu;
	struct svm_channel ch;
	struct test_buffer pad;		/* the GPU has it mapped */
	bool dead;			/* the channel is */
};

/* Render node of the nth GPU that nouveau drives, or NULL. */
const char *ns_stage_node(unsigned int n);

/* All failures are those of the running case. */
bool ns_stage_open(struct ns_stage *s, const char *node);
void ns_stage_close(struct ns_stage *s);

/*
 * The stage on the first GPU, opened when it is first asked for, and again when
 * a case has left a dead channel behind; or NULL.
 */
struct ns_stage *ns_stage(void);
/* Closes it, lest it be in the way. */
void ns_stage_drop(void);

/* Fills @len bytes as a test_buffer of @seed is from byte @pos on. */
void ns_fill(void *p, size_t len, uint64_t seed, size_t pos);
/* Compares with that. */
bool ns_expect(const void *p, size_t len, uint64_t seed, size_t pos,
	       const char *what);
bool ns_expect_zero(const void *p, size_t len, const char *what);

/* The GPU reads memory, which must be as above; or writes that to it. */
bool ns_gpu_read(struct ns_stage *s, const void *p, size_t len, uint64_t seed,
		 size_t pos, const char *what);
bool ns_gpu_read_zero(struct ns_stage *s, const void *p, size_t len,
		      const char *what);
bool ns_gpu_write(struct ns_stage *s, void *p, size_t len, uint64_t seed,
		  size_t pos, const char *what);

/*
 * The access must end the channel that does it, which is one of its own; other
 * channels of the client are not affected.
 */
bool ns_gpu_read_killed(struct ns_stage *s, const void *p, const char *what);
bool ns_gpu_write_killed(struct ns_stage *s, void *p, const char *what);

/* SVM_BIND of whole pages; -errno or the number of pages that have moved. */
long ns_bind(int gpu, const void *p, size_t len);
/* As many as can: others use them meanwhile.  A failure only when it is refused. */
void ns_bind_some(int gpu, const void *p, size_t len);
/* @moved pages must move, @pages of the range be on the GPU afterwards. */
bool ns_bind_expect(int gpu, const void *p, size_t len, long moved, long pages,
		    const char *what);
/* All pages must be on the GPU afterwards, or none. */
bool ns_to_gpu(struct ns_stage *s, const void *p, size_t len);
bool ns_expect_pages(const void *p, size_t len, long pages, const char *what);

#endif
