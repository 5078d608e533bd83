/* Event fan-out with Covey, for the benchmark: every message becomes an event
 * to the group, and a C handler answers for each member.
 *
 *   events [--host 127.0.0.1] [--port 0]
 *
 * The payload goes into a JSON string as it is: the load generator sends
 * nothing that would need escaping. */
#define _GNU_SOURCE
#include <covey.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_HEAD "{\"type\":\"bench\",\"data\":\""
#define EVENT_TAIL "\"}"

enum {
  HEAD_BYTES = sizeof EVENT_HEAD - 1,
  TAIL_BYTES = sizeof EVENT_TAIL - 1,
  PAYLOAD_BYTES_MAX = 65536,
};

static void check(covey_status status, const char *what,
                  const covey_error *error) {
  if (status == COVEY_OK)
    return;
  fprintf(stderr, "events: %s: %s\n", what,
          error ? error->message : covey_status_text(status));
  exit(1);
}

static void on_connect(covey_server *server, covey_consumer_id consumer,
                       void *user) {
  (void)user;
  check(covey_consumer_accept(server, consumer, NULL), "accept", NULL);
  check(covey_group_add(server, consumer, "everybody"), "group", NULL);
}

static void on_text(covey_server *server, covey_consumer_id consumer,
                    covey_kind kind, const void *data, size_t size,
                    void *user) {
  static char event[HEAD_BYTES + PAYLOAD_BYTES_MAX + TAIL_BYTES] = EVENT_HEAD;
  (void)kind, (void)user;
  if (size > PAYLOAD_BYTES_MAX) {
    covey_consumer_close(server, consumer, 1009, NULL);
    return;
  }
  memcpy(event + HEAD_BYTES, data, size);
  memcpy(event + HEAD_BYTES + size, EVENT_TAIL, TAIL_BYTES);
  covey_error error = COVEY_ERROR_INIT;
  check(covey_group_send(server, "everybody", event,
                         HEAD_BYTES + size + TAIL_BYTES, &error),
        "event", &error);
}

static void on_bench(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)type, (void)user;
  covey_consumer_send(server, consumer, COVEY_TEXT,
                      (const char *)json + HEAD_BYTES,
                      size - HEAD_BYTES - TAIL_BYTES);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"host", required_argument, NULL, 'h'},
      {"port", required_argument, NULL, 'p'},
      {0}};
  covey_listen_options listen = COVEY_LISTEN_OPTIONS_INIT;
  listen.address = "127.0.0.1";
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'h')
      listen.address = optarg;
    else if (option == 'p')
      listen.port = (uint16_t)atoi(optarg);
    else
      return 2;
  }
  covey_server *server;
  covey_channel_id channel;
  covey_error error = COVEY_ERROR_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.on_connect = on_connect;
  handlers.on_text = on_text;
  check(covey_server_new(NULL, &server, &error), "server", &error);
  check(covey_channel_register(server, "<path:any>", NULL, &handlers, &channel,
                               &error),
        "channel", &error);
  check(covey_event_register(server, channel, "bench", on_bench, NULL, NULL),
        "handler", NULL);
  uint16_t port;
  check(covey_server_listen(server, &listen, &port, &error), "listen", &error);
  printf("listening on %s:%u\n", listen.address, port);
  fflush(stdout);
  check(covey_server_run(server), "run", NULL);
  return covey_server_free(server) == COVEY_OK ? 0 : 1;
}
