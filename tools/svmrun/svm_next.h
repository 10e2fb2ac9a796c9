/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that those of the library stand before. */
#ifndef SVM_NEXT_H
#define SVM_NEXT_H

#define SVM_EXPORT __attribute__((visibility("default")))

/*
 * Function @name of @version (NULL: whichever comes next), behind ours.  Programs
 * load libibverbs with dlopen() as well (UCX does), which RTLD_NEXT does not see.
 * Ends the program if there is none, for then nobody can have called ours.
 */
void *svm_next(const char *name, const char *version);

#define SVM_NEXT(fn, version)						\
	({								\
		static __typeof__(fn) *next;				\
		if (!next)						\
			next = (__typeof__(fn) *)svm_next(#fn, version);	\
		next;							\
	})

#endif
