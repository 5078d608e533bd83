/* Fan-out with Covey while some members read nothing, for the benchmark: what a
 * member sends goes to everybody, and of who is too slow the oldest messages
 * are dropped.
 *
 *   still [--host 127.0.0.1] [--port 0]
 *
 * A message "fill" is answered, to its sender alone, with FILL_BYTES: who reads
 * nothing and sends it often enough is full. */
#define _GNU_SOURCE
#include <covey.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  OUTBOX_BYTES = 256 * 1024, /* as load_still.c takes it to be */
  FILL_BYTES = 32 * 1024,
};

static void check(covey_status status, const char *what,
                  const covey_error *error) {
  if (status == COVEY_OK)
    return;
  fprintf(stderr, "still: %s: %s\n", what,
          error ? error->message : covey_status_text(status));
  exit(1);
}

static void on_text(covey_server *server, covey_consumer_id consumer,
                    covey_kind kind, const void *data, size_t size,
                    void *user) {
  static char filling[FILL_BYTES];
  (void)user;
  if (size == 4 && memcmp(data, "fill", 4) == 0)
    covey_consumer_send(server, consumer, COVEY_BINARY, filling,
                        sizeof filling);
  else
    covey_group_broadcast(server, "everybody", kind, data, size, 0);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"host", required_argument, NULL, 'h'},
      {"port", required_argument, NULL, 'p'},
      {0}};
  static const char *const groups[] = {"everybody", NULL};
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
  covey_error error = COVEY_ERROR_INIT;
  covey_server_options bounds = COVEY_SERVER_OPTIONS_INIT;
  bounds.outbox_bytes_max = OUTBOX_BYTES;
  bounds.silence_timeout_ms = COVEY_OFF;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  channel.flags = COVEY_CHANNEL_PUBLIC;
  channel.groups = groups;
  channel.slow_policy = COVEY_SLOW_DROP_OLDEST;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.on_text = on_text;
  check(covey_server_new(&bounds, &server, &error), "server", &error);
  check(covey_channel_register(server, "<path:any>", &channel, &handlers, NULL,
                               &error),
        "channel", &error);
  uint16_t port;
  check(covey_server_listen(server, &listen, &port, &error), "listen", &error);
  printf("listening on %s:%u\n", listen.address, port);
  fflush(stdout);
  check(covey_server_run(server), "run", NULL);
  return covey_server_free(server) == COVEY_OK ? 0 : 1;
}
