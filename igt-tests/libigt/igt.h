/* SPDX-License-Identifier: MIT */
/*
 * What the tests use of IGT, for the library that Debian ships without headers
 * (package intel-gpu-tools, libigt.so.0).  Inside an IGT source tree its own
 * igt.h is found instead.
 *
 * Source: the exported symbols of that library and IGT's documentation of its
 * core: blocks that run once, left by a jump when something fails.
 */
#ifndef IGT_H
#define IGT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum igt_log_level { IGT_LOG_DEBUG, IGT_LOG_INFO, IGT_LOG_WARN, IGT_LOG_CRITICAL };

struct option;

extern const char *__igt_test_description;
extern jmp_buf igt_subtest_jmpbuf;
extern jmp_buf igt_dynamic_jmpbuf;

int igt_subtest_init_parse_opts(int *argc, char **argv, const char *short_opts,
				const struct option *long_opts, const char *help,
				int (*handler)(int opt, int index, void *data),
				void *data);
bool __igt_fixture(void);
void __igt_fixture_complete(void);
bool __igt_run_subtest(const char *name, const char *file, const int line);
bool __igt_enter_dynamic_container(void);
bool __igt_run_dynamic_subtest(const char *name);
void igt_describe_f(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void igt_success(void);
void igt_skip(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void igt_exit(void) __attribute__((noreturn));
void __igt_fail_assert(const char *domain, const char *file, const int line,
		       const char *func, const char *assertion,
		       const char *fmt, ...)
	__attribute__((noreturn, format(printf, 6, 7)));
void __igt_skip_check(const char *file, const int line, const char *func,
		      const char *check, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 5, 6)));
void igt_log(const char *domain, enum igt_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define IGT_TEST_DESCRIPTION(text) const char *__igt_test_description = text

/* int igt_main() { ... } */
#define igt_main() \
	main(int argc, char **argv); \
	static void igt_lab_main(void); \
	int main(int argc, char **argv) \
	{ \
		igt_subtest_init_parse_opts(&argc, argv, NULL, NULL, NULL, NULL, \
					    NULL); \
		igt_lab_main(); \
		igt_exit(); \
	} \
	static void igt_lab_main(void)

/* A block that runs at most once; what goes wrong in it jumps back to its head. */
#define igt_lab_block(enter, jmpbuf, leave) \
	for (; (enter) && !sigsetjmp(jmpbuf, 1); leave)

#define igt_fixture() \
	for (volatile bool igt_lab_once = true; \
	     igt_lab_once && __igt_fixture() && !sigsetjmp(igt_subtest_jmpbuf, 1); \
	     igt_lab_once = false, __igt_fixture_complete())
#define igt_subtest(name) \
	igt_lab_block(__igt_run_subtest(name, __FILE__, __LINE__), \
		      igt_subtest_jmpbuf, igt_success())
#define igt_subtest_with_dynamic(name) \
	igt_lab_block(__igt_run_subtest(name, __FILE__, __LINE__) && \
		      __igt_enter_dynamic_container(), \
		      igt_subtest_jmpbuf, igt_success())
#define igt_dynamic(name) \
	igt_lab_block(__igt_run_dynamic_subtest(name), igt_dynamic_jmpbuf, \
		      igt_success())

#define igt_describe(text)	igt_describe_f("%s", text)
#define igt_info(...)		igt_log(NULL, IGT_LOG_INFO, __VA_ARGS__)
#define igt_assert_f(cond, ...) do { \
	if (!(cond)) \
		__igt_fail_assert(NULL, __FILE__, __LINE__, __func__, #cond, \
				  __VA_ARGS__); \
} while (0)
#define igt_require_f(cond, ...) do { \
	if (!(cond)) \
		__igt_skip_check(__FILE__, __LINE__, __func__, #cond, \
				 __VA_ARGS__); \
} while (0)

#endif
