#include "check.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int failures;
static const char *current = "";
static _Atomic(const char *) current_note;

static void say_where(const char *file, int line) {
  const char *slash = strrchr(file, '/');
  const char *note = atomic_load(&current_note);
  atomic_fetch_add(&failures, 1);
  printf("%s:%d: %s: ", slash == NULL ? file : slash + 1, line, current);
  if (note != NULL)
    printf("[%s] ", note);
}

bool check_that(bool is_true, const char *text, const char *file, int line) {
  if (is_true)
    return true;
  say_where(file, line);
  printf("not so: %s\n", text);
  fflush(stdout);
  return false;
}

bool check_is(int64_t actual, int64_t expected, const char *actual_text,
              const char *expected_text, const char *file, int line) {
  if (actual == expected)
    return true;
  say_where(file, line);
  printf("%s is %lld, expected %s, which is %lld\n", actual_text,
         (long long)actual, expected_text, (long long)expected);
  fflush(stdout);
  return false;
}

bool check_text(const char *actual, const char *expected, const char *text,
                const char *file, int line) {
  if (actual == NULL || expected == NULL ? actual == expected
                                         : strcmp(actual, expected) == 0)
    return true;
  say_where(file, line);
  printf("%s is \"%s\", expected \"%s\"\n", text,
         actual == NULL ? "(NULL)" : actual,
         expected == NULL ? "(NULL)" : expected);
  fflush(stdout);
  return false;
}

void check_note(const char *note) { atomic_store(&current_note, note); }

static int from_environment(const char *name, int otherwise) {
  const char *text = getenv(name);
  int value = text == NULL ? 0 : (int)strtol(text, NULL, 10);
  return value > 0 ? value : otherwise;
}

int check_ms(int milliseconds) {
  return milliseconds * from_environment("CHECK_FACTOR", 1);
}

int check_descriptors(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL)
    count++;
  if (folder != NULL)
    closedir(folder);
  return count;
}

int check_descriptors_left(int servers) {
  const char *each = getenv("CHECK_DESCRIPTORS_LEFT");
  return each == NULL ? 0 : servers * atoi(each);
}

int64_t check_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void run_here(const check_test *test) {
  current = test->name;
  atomic_store(&failures, 0);
  check_note(NULL);
  test->run();
}

static bool passes_here(const check_test *test) {
  run_here(test);
  return atomic_load(&failures) == 0;
}

static bool passes_alone(const check_test *test, int seconds) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    alarm((unsigned)seconds);
    run_here(test);
    fflush(NULL);
    exit(atomic_load(&failures) == 0 ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    printf("%s: no process could be made\n", test->name);
    return false;
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    printf("%s: still not done after %d s\n", test->name, seconds);
  else if (WIFSIGNALED(status))
    printf("%s: died of signal %d (%s)\n", test->name, WTERMSIG(status),
           strsignal(WTERMSIG(status)));
  else if (WEXITSTATUS(status) > 1)
    printf("%s: ended with exit status %d\n", test->name, WEXITSTATUS(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_wanted(const check_test *test, int argc, char **argv) {
  return argc <= 1 || strstr(test->name, argv[1]) != NULL;
}

int check_main(int argc, char **argv, const check_test *tests, size_t count) {
  bool in_one_process = getenv("CHECK_NO_FORK") != NULL;
  bool is_cold = getenv("CHECK_WARM_UP") != NULL && !in_one_process;
  int seconds = from_environment("CHECK_SECONDS", 60);
  int passed = 0, failed = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_wanted(&tests[i], argc, argv))
      continue;
    if (is_cold)
      run_here(&tests[i]); /* it is judged by the run that follows */
    is_cold = false;
    int64_t start = check_now();
    bool passes = in_one_process ? passes_here(&tests[i])
                                 : passes_alone(&tests[i], seconds);
    bool is_good = passes != tests[i].has_known_bug;
    if (passes && tests[i].has_known_bug)
      printf("%s passes: its bug is gone\n", tests[i].name);
    if (is_good)
      passed++;
    else
      failed++;
    if (!is_good || getenv("CHECK_VERBOSE") != NULL)
      printf("%s %s (%lld ms)\n", is_good ? "passed" : "FAILED", tests[i].name,
             (long long)(check_now() - start));
    fflush(stdout);
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

struct errand {
  void (*function)(void *);
  void *argument;
};

static void *run_errand(void *argument) {
  const struct errand *errand = argument;
  errand->function(errand->argument);
  return NULL;
}

void check_elsewhere(void (*function)(void *), void *argument) {
  struct errand errand = {function, argument};
  pthread_t thread;
  if (CHECK_IS(pthread_create(&thread, NULL, run_errand, &errand), 0))
    pthread_join(thread, NULL);
}
