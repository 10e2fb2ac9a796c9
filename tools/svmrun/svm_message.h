/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the library on standard error. */
#ifndef SVM_MESSAGE_H
#define SVM_MESSAGE_H

void svm_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
