#define _POSIX_C_SOURCE 200809L /* sigaction */

#include "serving.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A signal handler is given no pointer of ours. */
static _Atomic(covey_server *) stoppable;

/* Draining takes a lock, which a signal handler may not: a thread does it. */
static struct {
  covey_server *server;
  uint32_t window_ms; /* 0: there is no thread */
  pthread_t thread;
  sem_t asked;
  atomic_int requests;
} drainer;

static void stop(int signal_number) {
  (void)signal_number;
  if (drainer.window_ms > 0 && atomic_fetch_add(&drainer.requests, 1) == 0) {
    sem_post(&drainer.asked);
  } else {
    covey_server_stop(atomic_load(&stoppable), 0); /* refuses NULL */
  }
}

static void *drain(void *unused) {
  (void)unused;
  while (sem_wait(&drainer.asked) != 0) {
    continue; /* a signal came */
  }
  /* Is it over already, then this is refused. */
  covey_server_drain(drainer.server, drainer.window_ms);
  return NULL;
}

static void begin_draining(covey_server *server, uint32_t window_ms) {
  drainer.server = server;
  sem_init(&drainer.asked, 0, 0);
  if (window_ms > 0 &&
      pthread_create(&drainer.thread, NULL, drain, NULL) == 0) {
    drainer.window_ms = window_ms;
  }
}

static void end_draining(void) {
  if (drainer.window_ms > 0) {
    sem_post(&drainer.asked);
    pthread_join(drainer.thread, NULL);
  }
}

void must(covey_status status, const covey_error *error) {
  if (status != COVEY_OK) {
    int has_message = error != NULL && error->message[0] != '\0';
    fprintf(stderr, "%s\n",
            has_message ? error->message : covey_status_text(status));
    exit(EXIT_FAILURE);
  }
}

void begin_serving(covey_server *server, const command_line *line) {
  covey_listen_options options = COVEY_LISTEN_OPTIONS_INIT;
  options.address = line->host;
  options.port = line->port;
  covey_error error = COVEY_ERROR_INIT;
  uint16_t port = 0;
  must(covey_server_listen(server, &options, &port, &error), &error);

  begin_draining(server, line->drain_ms);
  struct sigaction action = {0};
  action.sa_handler = stop;
  sigemptyset(&action.sa_mask);
  atomic_store(&stoppable, server);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  int is_ipv6 = strchr(line->host, ':') != NULL;
  printf(is_ipv6 ? "listening on [%s]:%u\n" : "listening on %s:%u\n",
         line->host, (unsigned)port);
  fflush(stdout); /* a pipe would keep it */
}

void end_serving(covey_server *server) {
  atomic_store(&stoppable, NULL);
  end_draining();
  must(covey_server_free(server), NULL);
}
