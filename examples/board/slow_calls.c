/*
 * Calls that are answered later, by a thread that is not the loop's. They wait
 * in a list, the next one to answer first.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "board.h"

typedef struct slow_call {
  struct slow_call *next;
  covey_call_id id;
  unsigned ms;
  struct timespec due;
} slow_call;

struct slow_calls {
  covey_server *server;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  slow_call *first;
  int is_ending;
};

static int is_before(const struct timespec *one, const struct timespec *other) {
  return one->tv_sec != other->tv_sec ? one->tv_sec < other->tv_sec
                                      : one->tv_nsec < other->tv_nsec;
}

static struct timespec in_ms(unsigned ms) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  time.tv_sec += ms / 1000;
  time.tv_nsec += (long)(ms % 1000) * 1000000;
  if (time.tv_nsec >= 1000000000) {
    time.tv_sec++;
    time.tv_nsec -= 1000000000;
  }
  return time;
}

/* Uses up the call. */
static void answer(covey_server *server, slow_call *call) {
  char text[64];
  int size = snprintf(text, sizeof text, "\"after %u ms\"", call->ms);
  report("slow answer",
         covey_call_return(server, call->id, text, (size_t)size));
  free(call);
}

/* The next call that is due, out of the list; NULL: it is time to end. */
static slow_call *wait_for_next(slow_calls *calls) {
  slow_call *next = NULL;
  pthread_mutex_lock(&calls->mutex);
  while (!calls->is_ending && next == NULL) {
    struct timespec now = in_ms(0);
    if (calls->first == NULL) {
      pthread_cond_wait(&calls->changed, &calls->mutex);
    } else if (is_before(&now, &calls->first->due)) {
      struct timespec due = calls->first->due; /* the first may be another */
      pthread_cond_timedwait(&calls->changed, &calls->mutex, &due);
    } else {
      next = calls->first;
      calls->first = next->next;
    }
  }
  pthread_mutex_unlock(&calls->mutex);
  return next;
}

static void *run(void *user) {
  slow_calls *calls = user;
  slow_call *call = NULL;
  while ((call = wait_for_next(calls)) != NULL) {
    answer(calls->server, call); /* no lock is held: it may wait for the loop */
  }
  return NULL;
}

static void must_thread(int problem) {
  if (problem != 0) {
    fprintf(stderr, "thread: %s\n", strerror(problem));
    exit(EXIT_FAILURE);
  }
}

slow_calls *slow_calls_begin(covey_server *server) {
  slow_calls *calls = must_have(calloc(1, sizeof *calls));
  calls->server = server;
  pthread_condattr_t attributes;
  must_thread(pthread_condattr_init(&attributes));
  must_thread(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
  must_thread(pthread_cond_init(&calls->changed, &attributes));
  must_thread(pthread_condattr_destroy(&attributes));
  must_thread(pthread_mutex_init(&calls->mutex, NULL));
  must_thread(pthread_create(&calls->thread, NULL, run, calls));
  return calls;
}

int slow_calls_add(slow_calls *calls, covey_call_id id, unsigned ms) {
  slow_call *call = calloc(1, sizeof *call);
  if (call == NULL) {
    return -1;
  }
  call->id = id;
  call->ms = ms;
  call->due = in_ms(ms);
  pthread_mutex_lock(&calls->mutex);
  slow_call **place = &calls->first;
  while (*place != NULL && !is_before(&call->due, &(*place)->due)) {
    place = &(*place)->next;
  }
  call->next = *place;
  *place = call;
  pthread_cond_signal(&calls->changed);
  pthread_mutex_unlock(&calls->mutex);
  return 0;
}

void slow_calls_end(slow_calls *calls) {
  if (calls == NULL) {
    return;
  }
  pthread_mutex_lock(&calls->mutex);
  calls->is_ending = 1;
  pthread_cond_signal(&calls->changed);
  pthread_mutex_unlock(&calls->mutex);
  pthread_join(calls->thread, NULL);
  while (calls->first != NULL) {
    slow_call *call = calls->first;
    calls->first = call->next;
    free(call);
  }
  pthread_cond_destroy(&calls->changed);
  pthread_mutex_destroy(&calls->mutex);
  free(calls);
}
