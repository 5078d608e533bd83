#define _POSIX_C_SOURCE 200809L /* sigaction */

#include "serving.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A signal handler is given no pointer of ours. */
static _Atomic(covey_server *) stoppable;

static void stop(int signal_number) {
  (void)signal_number;
  covey_server_stop(atomic_load(&stoppable), 0); /* refuses NULL */
}

void must(covey_status status, const covey_error *error) {
  if (status != COVEY_OK) {
    int has_message = error != NULL && error->message[0] != '\0';
    fprintf(stderr, "%s\n",
            has_message ? error->message : covey_status_text(status));
    exit(EXIT_FAILURE);
  }
}

void serve_watching(covey_server_options *options, const command_line *line) {
  if (line->is_watched) {
    options->health_path = "/health";
    options->ready_path = "/ready";
    options->metrics_path = "/metrics";
    options->report_path = "/report";
  }
}

/* On the loop's thread. A certificate that is bad leaves the last one. */
static void reload(covey_server *server, void *user) {
  (void)user;
  covey_error error = COVEY_ERROR_INIT;
  if (covey_server_reload_certificates(server, &error) != COVEY_OK) {
    fprintf(stderr, "%s\n", error.message);
  }
}

/* A signal handler may not do what has to be done. */
static void *await_hangups(void *server) {
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  for (int number = 0; sigwait(&hangup, &number) == 0;) {
    covey_server_post(server, reload, NULL, NULL);
  }
  return NULL;
}

static pthread_t hangups;
static int awaits_hangups;

void begin_serving(covey_server *server, const command_line *line) {
  const char *const proxies[] = {line->proxy, NULL};
  covey_listen_options options = COVEY_LISTEN_OPTIONS_INIT;
  options.path = line->path;
  if (line->path == NULL) {
    options.address = line->host;
    options.port = line->port;
  }
  options.certificate_file = line->certificate;
  options.key_file = line->key;
  options.trusted_proxies = proxies;
  options.flags = line->shares_port ? COVEY_LISTEN_REUSE_PORT : 0;
  covey_error error = COVEY_ERROR_INIT;
  uint16_t port = 0;
  must(covey_server_listen(server, &options, &port, &error), &error);

  struct sigaction action = {0};
  action.sa_handler = stop;
  sigemptyset(&action.sa_mask);
  atomic_store(&stoppable, server);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  awaits_hangups = line->certificate != NULL &&
                   pthread_create(&hangups, NULL, await_hangups, server) == 0;

  if (line->path != NULL) {
    printf("listening on %s\n", line->path);
    fflush(stdout);
    return;
  }
  int is_ipv6 = strchr(line->host, ':') != NULL;
  printf(is_ipv6 ? "listening on [%s]:%u\n" : "listening on %s:%u\n",
         line->host, (unsigned)port);
  fflush(stdout); /* a pipe would keep it */
}

void end_serving(covey_server *server) {
  atomic_store(&stoppable, NULL);
  if (awaits_hangups) {
    pthread_cancel(hangups);
    pthread_join(hangups, NULL);
  }
  must(covey_server_free(server), NULL);
}
