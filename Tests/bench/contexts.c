/* Context channels with Covey, for the benchmark.
 *
 *   contexts [--host 127.0.0.1] [--port 0] [--cards 1]
 *
 * /board/1/        a board with so many cards, and the action add(a, b)
 * /members/        everybody here is in one group
 * /trigger/delta/  a number: becomes a field of the first card
 * /trigger/bytes/  a number: what the followers of the board are told of such a
 *                  change is broadcast to the group
 * /own/            a number: so many bytes are broadcast to the sender alone
 *
 * It serves load_context.c, nobody else. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cards.h"

enum { OWN_BYTES_MAX = 1000000, NUMBER_DIGITS_MAX = 40 };

static struct models models;

/* ----------------------------------------------------------- the board -- */

static void on_authenticate(covey_server *server, covey_consumer_id consumer,
                            const char *token, size_t size, void *user) {
  (void)size, (void)user;
  check(covey_consumer_authenticate(server, consumer, token), "authenticate",
        NULL);
}

static void on_authorize(covey_server *server, covey_consumer_id consumer,
                         void *user) {
  (void)user;
  check(covey_consumer_authorize(server, consumer), "authorize", NULL);
}

static const char *digits_read(const char *digits, unsigned long *number) {
  for (*number = 0; *digits >= '0' && *digits <= '9'; digits++)
    *number = *number * 10 + (unsigned long)(*digits - '0');
  return digits;
}

/* The parameters were checked: an array of two integers, here without signs.
 * Little is done with them, since what it costs is not the library's. */
static void on_add(covey_server *server, covey_consumer_id consumer,
                   covey_call_id call, const char *parameters, size_t size,
                   void *user) {
  char sum[NUMBER_DIGITS_MAX];
  char *first = sum + sizeof sum;
  unsigned long a, b;
  (void)consumer, (void)size, (void)user;
  digits_read(digits_read(parameters + 1, &a) + 1, &b);
  a += b;
  do
    *--first = (char)('0' + a % 10);
  while (a /= 10);
  size_t digits = (size_t)(sum + sizeof sum - first);
  check(covey_call_return(server, call, first, digits), "result", NULL);
}

static void board_register(covey_server *server) {
  static const covey_field parameters[] = {
      {.name = "a", .type = COVEY_FIELD_INTEGER},
      {.name = "b", .type = COVEY_FIELD_INTEGER}};
  covey_error error = COVEY_ERROR_INIT;
  covey_channel_id channel = 0;
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = COVEY_CONTEXT_HANDLERS_INIT;
  covey_action add = COVEY_ACTION_INIT;
  boards_declare(server, &models);
  context.model = models.board;
  handlers.on_authenticate = on_authenticate;
  handlers.on_authorize = on_authorize;
  check(covey_context_register(server, "board/<int:board>/", NULL, &context,
                               &handlers, &channel, &error),
        "board", &error);
  add.name = "add";
  add.result_type = COVEY_FIELD_INTEGER;
  add.parameters = parameters;
  add.parameter_count = 2;
  check(
      covey_action_register(server, channel, &add, on_add, NULL, NULL, &error),
      "action", &error);
}

/* ------------------------------------------------------ plain channels -- */

static unsigned long number_in(const void *data, size_t size) {
  char text[NUMBER_DIGITS_MAX + 1] = "";
  if (size <= NUMBER_DIGITS_MAX)
    memcpy(text, data, size);
  return strtoul(text, NULL, 10);
}

static void on_member(covey_server *server, covey_consumer_id consumer,
                      void *user) {
  (void)user;
  check(covey_group_add(server, consumer, "everybody"), "group", NULL);
  check(covey_consumer_accept(server, consumer, NULL), "accept", NULL);
}

static void on_trigger_delta(covey_server *server, covey_consumer_id consumer,
                             covey_kind kind, const void *data, size_t size,
                             void *user) {
  char card[CARD_BYTES + 1];
  covey_error error = COVEY_ERROR_INIT;
  (void)consumer, (void)kind, (void)user;
  card_write(card, CARD_FIRST, LIST_FIRST, (unsigned)number_in(data, size));
  check(covey_store_put(server, models.card, card, CARD_BYTES, 0, &error),
        "put", &error);
}

static void on_trigger_bytes(covey_server *server, covey_consumer_id consumer,
                             covey_kind kind, const void *data, size_t size,
                             void *user) {
  char delta[256];
  struct timespec now;
  (void)consumer, (void)kind, (void)user;
  if (clock_gettime(CLOCK_REALTIME, &now) < 0)
    exit(1);
  int bytes = snprintf(
      delta, sizeof delta,
      "[{\"id\":%d,\"changes\":%09lu,\"_instance_type\":\"bench.Card\","
      "\"_tstamp\":%lld.%06ld,\"_operation\":\"update\",\"_deleted\":false}]",
      CARD_FIRST, number_in(data, size), (long long)now.tv_sec,
      now.tv_nsec / 1000);
  check(covey_group_broadcast(server, "everybody", COVEY_TEXT, delta,
                              (size_t)bytes, 0),
        "broadcast", NULL);
}

static void own_group(char group[NUMBER_DIGITS_MAX],
                      covey_consumer_id consumer) {
  snprintf(group, NUMBER_DIGITS_MAX, "own-%llu", (unsigned long long)consumer);
}

static void on_own(covey_server *server, covey_consumer_id consumer,
                   void *user) {
  char group[NUMBER_DIGITS_MAX];
  (void)user;
  own_group(group, consumer);
  check(covey_group_add(server, consumer, group), "group", NULL);
  check(covey_consumer_accept(server, consumer, NULL), "accept", NULL);
}

static void on_own_text(covey_server *server, covey_consumer_id consumer,
                        covey_kind kind, const void *data, size_t size,
                        void *user) {
  static char letters[OWN_BYTES_MAX];
  char group[NUMBER_DIGITS_MAX];
  unsigned long bytes = number_in(data, size);
  (void)kind, (void)user;
  if (!*letters)
    for (size_t i = 0; i < sizeof letters; i++)
      letters[i] = (char)('a' + i % 26);
  own_group(group, consumer);
  check(covey_group_broadcast(server, group, COVEY_TEXT, letters, bytes, 0),
        "broadcast", NULL);
}

static void plain_register(covey_server *server, const char *pattern,
                           covey_on_connect_fn on_connect,
                           covey_on_message_fn on_text) {
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  options.flags = COVEY_CHANNEL_PUBLIC;
  handlers.on_connect = on_connect;
  handlers.on_text = on_text;
  check(covey_channel_register(server, pattern, &options, &handlers, NULL,
                               &error),
        pattern, &error);
}

int main(int argc, char **argv) {
  static const struct option known[] = {{"host", 1, NULL, 'h'},
                                        {"port", 1, NULL, 'p'},
                                        {"cards", 1, NULL, 'c'},
                                        {0}};
  covey_listen_options listen = COVEY_LISTEN_OPTIONS_INIT;
  unsigned cards = 1;
  int letter;
  listen.address = "127.0.0.1";
  while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
    if (letter == 'h')
      listen.address = optarg;
    else if (letter == 'p')
      listen.port = (uint16_t)atoi(optarg);
    else if (letter == 'c')
      cards = (unsigned)atoi(optarg);
    else
      return 2;
  }
  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  uint16_t port = 0;
  check(covey_server_new(NULL, &server, &error), "server", &error);
  board_register(server);
  plain_register(server, "members/", on_member, NULL);
  plain_register(server, "trigger/delta/", NULL, on_trigger_delta);
  plain_register(server, "trigger/bytes/", NULL, on_trigger_bytes);
  plain_register(server, "own/", on_own, on_own_text);
  board_put(server, &models, cards);
  check(covey_server_listen(server, &listen, &port, &error), "listen", &error);
  printf("listening on %s:%u\n", listen.address, port);
  fflush(stdout);
  check(covey_server_run(server), "run", NULL);
  return covey_server_free(server) == COVEY_OK ? 0 : 1;
}
