/*
 * node URL [ANSWER_TIMEOUT_MS]: a server of Covey with a layer, which does what
 * its clients say. Each client is a consumer. It sends lines in one message,
 *
 *   join       the name of a group
 *   leave      the name of a group
 *   send       the name of a group, then the event
 *   broadcast  the name of a group, then the message
 *   address    nothing: the answer is the client's own
 *   addressed  an address, then the event
 *
 * and is answered with binary "ok" or what was wrong. Events that reach it, and
 * broadcasts, come as text. What the server says comes on standard output, its
 * parts separated by tabs:
 *
 *   listening  port
 *   state      1 or 0, reason
 *   gap        kind, count, groups
 *   log        event, message
 */
#define _POSIX_C_SOURCE 200809L /* sigaction */

#include <covey.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static covey_server *serving;

static void must(covey_status status, const covey_error *error) {
  if (status != COVEY_OK) {
    fprintf(stderr, "%s\n",
            error == NULL ? covey_status_text(status) : error->message);
    exit(EXIT_FAILURE);
  }
}

static void on_log_record(covey_server *server, const covey_log_record *record,
                          void *user) {
  (void)server, (void)user;
  printf("log\t%s\t%s\n", record->event, record->message);
  fflush(stdout);
}

static void on_gap(covey_server *server, const covey_layer_gap *gap,
                   void *user) {
  (void)server, (void)user;
  printf("gap\t%d\t%llu", (int)gap->kind, (unsigned long long)gap->count);
  for (size_t i = 0; i < gap->group_count; i++) {
    printf("\t%s", gap->groups[i]);
  }
  putchar('\n');
  fflush(stdout);
}

static void on_state(covey_server *server, int connected, const char *reason,
                     void *user) {
  (void)server, (void)user;
  printf("state\t%d\t%s\n", connected, reason);
  fflush(stdout);
}

static void answer(covey_server *server, covey_consumer_id consumer,
                   const char *text) {
  covey_consumer_send(server, consumer, COVEY_BINARY, text, strlen(text));
}

/* The rest of a text after its first line, which it ends. */
static char *cut(char *text) {
  char *end = strchr(text, '\n');
  if (end == NULL) {
    return text + strlen(text);
  }
  *end = '\0';
  return end + 1;
}

static void on_text(covey_server *server, covey_consumer_id consumer,
                    covey_kind kind, const void *data, size_t size,
                    void *user) {
  (void)kind, (void)user;
  char *verb = calloc(1, size + 1);
  if (verb == NULL) {
    abort();
  }
  memcpy(verb, data, size);
  char *name = cut(verb);
  char *body = cut(name);
  size_t body_bytes = size - (size_t)(body - verb);

  covey_error error = COVEY_ERROR_INIT;
  covey_status status = COVEY_E_INVALID;
  const char *own = NULL;
  if (strcmp(verb, "join") == 0) {
    status = covey_group_add(server, consumer, name);
  } else if (strcmp(verb, "leave") == 0) {
    status = covey_group_discard(server, consumer, name);
  } else if (strcmp(verb, "send") == 0) {
    status = covey_group_send(server, name, body, body_bytes, &error);
  } else if (strcmp(verb, "broadcast") == 0) {
    status =
        covey_group_broadcast(server, name, COVEY_TEXT, body, body_bytes, 0);
  } else if (strcmp(verb, "addressed") == 0) {
    status = covey_address_send(server, name, body, body_bytes, &error);
  } else if (strcmp(verb, "address") == 0) {
    status = covey_consumer_get_address(server, consumer, &own, NULL);
  }
  if (status == COVEY_OK) {
    answer(server, consumer, own == NULL ? "ok" : own);
  } else {
    answer(server, consumer,
           error.message[0] == '\0' ? covey_status_text(status)
                                    : error.message);
  }
  free(verb);
}

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)type, (void)user;
  covey_consumer_send(server, consumer, COVEY_TEXT, json, size);
}

static void on_signal(int number) {
  (void)number;
  covey_server_stop(serving, 0);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: node URL [ANSWER_TIMEOUT_MS]\n");
    return 2;
  }
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.on_log_record = on_log_record;
  options.metrics_path = "/metrics";
  options.outbox_bytes_max = UINT64_C(64) << 20;
  covey_error error = COVEY_ERROR_INIT;
  covey_server *server = NULL;
  must(covey_server_new(&options, &server, &error), &error);

  covey_channel_options open = COVEY_CHANNEL_OPTIONS_INIT;
  open.flags = COVEY_CHANNEL_PUBLIC;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.on_text = on_text;
  covey_channel_id channel = 0;
  must(covey_channel_register(server, "ws", &open, &handlers, &channel, &error),
       &error);
  must(covey_event_register(server, channel, "chat.message", on_event, NULL,
                            NULL),
       NULL);

  covey_layer_options layer = COVEY_LAYER_OPTIONS_INIT;
  layer.on_layer_gap = on_gap;
  layer.on_layer_state = on_state;
  layer.retry_ms_max = 200;
  layer.answer_timeout_ms = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
  must(covey_server_set_layer(server, argv[1], &layer, &error), &error);

  covey_listen_options listen = COVEY_LISTEN_OPTIONS_INIT;
  uint16_t port = 0;
  must(covey_server_listen(server, &listen, &port, &error), &error);
  printf("listening\t%u\n", (unsigned)port);
  fflush(stdout);

  serving = server;
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, NULL);
  must(covey_server_run(server), NULL);
  must(covey_server_free(server), NULL);
  return EXIT_SUCCESS;
}
