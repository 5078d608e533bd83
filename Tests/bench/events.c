/* Event fan-out with Covey, for the benchmark: every message becomes an event
 * to the group, and a C handler answers for each member.
 *
 *   events [--host 127.0.0.1] [--port 0] [--layer URL] [--timed]
 *
 * --layer  The group is on a layer; "listening" is said once that is connected.
 * --timed  An event takes along when it was sent, and a member is sent how many
 *          nanoseconds it took until its handler ran.
 *
 * Who connects to /speaker sends, and is no member. The payload goes into a
 * JSON string as it is: the load generator sends nothing that would need
 * escaping. */
#define _GNU_SOURCE
#include <covey.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENT_HEAD "{\"type\":\"bench\",\"data\":\""
#define EVENT_TAIL "\"}"

enum {
  HEAD_BYTES = sizeof EVENT_HEAD - 1,
  TAIL_BYTES = sizeof EVENT_TAIL - 1,
  PAYLOAD_BYTES_MAX = 65536,
  STAMP_DIGITS = 16, /* hexadecimal */
};

static bool is_timed;
static covey_listen_options listen_on = COVEY_LISTEN_OPTIONS_INIT;
static uint16_t port;

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
  const char *path;
  size_t size;
  check(covey_consumer_get_path(server, consumer, &path, &size), "path", NULL);
  if (size != 8 || memcmp(path, "/speaker", size) != 0)
    check(covey_group_add(server, consumer, "everybody"), "group", NULL);
}

/* The same for all processes of this machine. */
static uint64_t nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
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
  if (is_timed && size > STAMP_DIGITS) {
    char stamp[STAMP_DIGITS + 1];
    snprintf(stamp, sizeof stamp, "%016" PRIx64, nanoseconds());
    memcpy(event + HEAD_BYTES, stamp, STAMP_DIGITS);
  }
  covey_error error = COVEY_ERROR_INIT;
  check(covey_group_send(server, "everybody", event,
                         HEAD_BYTES + size + TAIL_BYTES, &error),
        "event", &error);
}

static void on_bench(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)type, (void)user;
  if (is_timed) {
    char stamp[STAMP_DIGITS + 1] = "", took[24];
    memcpy(stamp, (const char *)json + HEAD_BYTES, STAMP_DIGITS);
    uint64_t sent = strtoull(stamp, NULL, 16);
    int digits = snprintf(took, sizeof took, "%" PRIu64, nanoseconds() - sent);
    covey_consumer_send(server, consumer, COVEY_TEXT, took, (size_t)digits);
    return;
  }
  covey_consumer_send(server, consumer, COVEY_TEXT,
                      (const char *)json + HEAD_BYTES,
                      size - HEAD_BYTES - TAIL_BYTES);
}

static void say_listening(void) {
  printf("listening on %s:%u\n", listen_on.address, port);
  fflush(stdout);
}

static void on_layer_state(covey_server *server, int connected,
                           const char *reason, void *user) {
  (void)server, (void)user;
  if (connected)
    say_listening();
  else
    fprintf(stderr, "events: layer: %s\n", reason);
}

static void on_layer_gap(covey_server *server, const covey_layer_gap *gap,
                         void *user) {
  (void)server, (void)user;
  fprintf(stderr, "events: layer: gap of kind %d\n", gap->kind);
}

static void set_layer(covey_server *server, const char *url) {
  covey_error error = COVEY_ERROR_INIT;
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  options.on_layer_state = on_layer_state;
  options.on_layer_gap = on_layer_gap;
  check(covey_server_set_layer(server, url, &options, &error), "layer", &error);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"host", required_argument, NULL, 'h'},
      {"port", required_argument, NULL, 'p'},
      {"layer", required_argument, NULL, 'l'},
      {"timed", no_argument, NULL, 't'},
      {0}};
  const char *layer = NULL;
  listen_on.address = "127.0.0.1";
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'h')
      listen_on.address = optarg;
    else if (option == 'p')
      listen_on.port = (uint16_t)atoi(optarg);
    else if (option == 'l')
      layer = optarg;
    else if (option == 't')
      is_timed = true;
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
  if (layer)
    set_layer(server, layer);
  check(covey_server_listen(server, &listen_on, &port, &error), "listen",
        &error);
  if (!layer)
    say_listening();
  check(covey_server_run(server), "run", NULL);
  return covey_server_free(server) == COVEY_OK ? 0 : 1;
}
