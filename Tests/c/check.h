/*
 * check.h - a test harness as small as it gets.
 *
 * A test is a function without arguments whose name is a sentence. Each runs
 * in a process of its own, so that one that dies fails alone and leaves the
 * others untouched. The last line of a program is "N passed, N failed".
 *
 *   PROGRAM           every test
 *   PROGRAM WORD      only those with WORD in their names
 *   CHECK_NO_FORK=1   all in this process, for a debugger
 *   CHECK_WARM_UP=1   the first test in this process, too, before all others:
 *                     they inherit what valgrind translated for it
 *   CHECK_SECONDS=N   longest time of one test; 60
 *   CHECK_FACTOR=N    stretches what the tests wait for; 1 (valgrind: more)
 *   CHECK_DESCRIPTORS_LEFT=N   a bug of the libwebsockets in use; 0
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Fails the running test when the condition is false, and goes on. */
#define CHECK(condition)                                                       \
  check_that((condition) ? true : false, #condition, __FILE__, __LINE__)

/** The same for two integers, which are shown when they differ. */
#define CHECK_IS(actual, expected)                                             \
  check_is((int64_t)(actual), (int64_t)(expected), #actual, #expected,         \
           __FILE__, __LINE__)

/** The same for two strings; NULL is equal to NULL only. */
#define CHECK_TEXT(actual, expected)                                           \
  check_text((actual), (expected), #actual, __FILE__, __LINE__)

bool check_that(bool is_true, const char *text, const char *file, int line);
bool check_is(int64_t actual, int64_t expected, const char *actual_text,
              const char *expected_text, const char *file, int line);
bool check_text(const char *actual, const char *expected, const char *text,
                const char *file, int line);

/** Words shown with each failure from now on, for loops; NULL: none. Must
 * outlive their use. */
void check_note(const char *note);

/** Milliseconds, times CHECK_FACTOR. */
int check_ms(int milliseconds);

/** Milliseconds of a clock that only goes forward. */
int64_t check_now(void);

/** How many descriptors this process has open. */
int check_descriptors(void);

/** How many of them so many servers leave open that are gone: none, unless
 * CHECK_DESCRIPTORS_LEFT says how many each does. */
int check_descriptors_left(int servers);

typedef struct check_test {
  const char *name;
  void (*run)(void);
  bool has_known_bug;
} check_test;

#define TEST(name)                                                             \
  { #name, name, false }

/** A test that fails because of a bug of the library that is known. It counts
 * as passed while it does, and as failed once the bug is gone: make it a TEST
 * then. */
#define KNOWN_BUG(name)                                                        \
  { #name, name, true }

/** Runs the tests; answers what main shall answer. */
int check_main(int argc, char **argv, const check_test *tests, size_t count);

#define CHECK_MAIN(argc, argv, tests)                                          \
  check_main(argc, argv, tests, sizeof(tests) / sizeof((tests)[0]))

/** Runs a function on another thread and waits for it. */
void check_elsewhere(void (*function)(void *argument), void *argument);

#endif
