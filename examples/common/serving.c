#define _POSIX_C_SOURCE 200809L /* sigwait */

#include "serving.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static covey_server *serving;
static uint32_t drain_ms;
static int has_certificate;
static pthread_t listener_to_signals;

static void signals_of_interest(sigset_t *set_out) {
  sigemptyset(set_out);
  sigaddset(set_out, SIGINT);
  sigaddset(set_out, SIGTERM);
  sigaddset(set_out, SIGHUP);
}

void hold_signals(void) {
  sigset_t signals;
  signals_of_interest(&signals);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

/* On the loop's thread. A certificate that is bad leaves the last one. */
static void reload(covey_server *server, void *user) {
  (void)user;
  covey_error error = COVEY_ERROR_INIT;
  if (covey_server_reload_certificates(server, &error) != COVEY_OK) {
    fprintf(stderr, "%s\n", error.message);
  }
}

/* A thread may do what a signal handler may not. It is ended by end_serving. */
static void *listen_to_signals(void *unused) {
  (void)unused;
  sigset_t signals;
  signals_of_interest(&signals);
  int is_told = 0; /* by SIGTERM */
  for (int number = 0; sigwait(&signals, &number) == 0;) {
    int state = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (number == SIGHUP && has_certificate) {
      covey_server_post(serving, reload, NULL, NULL);
    } else if (is_told || number != SIGTERM || drain_ms == 0 ||
               covey_server_drain(serving, drain_ms) != COVEY_OK) {
      covey_server_stop(serving, 0);
    } else {
      is_told = 1;
    }
    pthread_setcancelstate(state, NULL);
  }
  return NULL;
}

void must(covey_status status, const covey_error *error) {
  if (status != COVEY_OK) {
    int has_message = error != NULL && error->message[0] != '\0';
    fprintf(stderr, "%s\n",
            has_message ? error->message : covey_status_text(status));
    exit(EXIT_FAILURE);
  }
}

/* What the callbacks of the layer are told they say themselves, each time. */
static void on_log(covey_server *server, const covey_log_record *record,
                   void *user) {
  (void)server, (void)user;
  int is_said = strcmp(record->event, "layer.disconnected") == 0 ||
                strcmp(record->event, "layer.gap") == 0;
  if (record->level <= COVEY_LOG_WARNING && !is_said) {
    fprintf(stderr, "%s\n", record->message);
  }
}

void serve_watching(covey_server_options *options, const command_line *line) {
  options->on_log_record = on_log;
  if (line->is_watched) {
    options->health_path = "/health";
    options->ready_path = "/ready";
    options->metrics_path = "/metrics";
    options->report_path = "/report";
  }
}

static void on_layer_state(covey_server *server, int connected,
                           const char *reason, void *user) {
  (void)server, (void)user;
  if (connected) {
    fprintf(stderr, "the layer is connected\n");
  } else {
    fprintf(stderr, "the layer is not connected: %s\n", reason);
  }
}

static void on_layer_gap(covey_server *server, const covey_layer_gap *gap,
                         void *user) {
  static const char *const kinds[] = {"", "missed", "unsent", "unknown",
                                      "full"};
  (void)server, (void)user;
  const char *kind = gap->kind >= 1 && gap->kind <= COVEY_LAYER_GAP_FULL
                         ? kinds[gap->kind]
                         : "?";
  char count[40] = ""; /* of all these groups together */
  if (gap->count != 0) {
    snprintf(count, sizeof count, ", %" PRIu64 " in all", gap->count);
  }
  for (size_t index = 0; index < gap->group_count; index++) {
    fprintf(stderr, "the layer has a gap in group %s: %s%s\n",
            gap->groups[index], kind, count);
  }
}

static void put_onto_layer(covey_server *server, const char *url) {
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  options.on_layer_state = on_layer_state;
  options.on_layer_gap = on_layer_gap;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_server_set_layer(server, url, &options, &error), &error);
}

void begin_serving(covey_server *server, const command_line *line) {
  if (line->layer != NULL) {
    put_onto_layer(server, line->layer);
  }
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

  serving = server;
  drain_ms = line->drain_ms;
  has_certificate = line->certificate != NULL;
  if (pthread_create(&listener_to_signals, NULL, listen_to_signals, NULL)) {
    must(COVEY_E_SYSTEM, NULL);
  }

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
  pthread_cancel(listener_to_signals);
  pthread_join(listener_to_signals, NULL);
  must(covey_server_free(server), NULL);
}
