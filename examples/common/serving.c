#define _POSIX_C_SOURCE 200809L /* sigaction */

#include "serving.h"

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

void begin_serving(covey_server *server, const command_line *line) {
  covey_listen_options options = COVEY_LISTEN_OPTIONS_INIT;
  options.address = line->host;
  options.port = line->port;
  covey_error error = COVEY_ERROR_INIT;
  uint16_t port = 0;
  must(covey_server_listen(server, &options, &port, &error), &error);

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
  must(covey_server_free(server), NULL);
}
