/*
 * outboxes.c - clients of plain channels that read too slowly: what is dropped,
 * and what the host hears of it.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTBOX = 64 * 1024, TEXT = 1000 };

typedef struct slow_host {
  host h; /* first: what host_... takes */
  covey_channel_id slow;
  int highs, lows, drops; /* events, and messages that were dropped */
  uint64_t dropped, bytes;
} slow_host;

static void on_outbox(covey_server *server, covey_consumer_id consumer,
                      covey_outbox_event event, uint64_t bytes,
                      uint64_t dropped, void *user) {
  slow_host *self = user;
  CHECK(server == self->h.server);
  CHECK_IS(consumer, atomic_load(&self->h.consumer));
  CHECK_IS(dropped > 0, event == COVEY_OUTBOX_DROPPED);
  self->bytes = bytes;
  if (event == COVEY_OUTBOX_HIGH)
    self->highs++;
  else if (event == COVEY_OUTBOX_LOW)
    self->lows++;
  else {
    CHECK_IS(event, COVEY_OUTBOX_DROPPED);
    self->drops++;
    self->dropped += dropped;
  }
}

static bool open_with(slow_host *s, covey_slow_policy policy, uint64_t high,
                      uint64_t low) {
  covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  memset(s, 0, sizeof *s);
  host_prepare(&s->h);
  server.outbox_bytes_max = OUTBOX;
  server.close_timeout_ms = 100;
  channel.slow_policy = policy;
  channel.outbox_high_bytes = high;
  channel.outbox_low_bytes = low;
  handlers.on_connect = host_on_connect;
  handlers.on_disconnect = host_on_disconnect;
  handlers.on_outbox = on_outbox;
  handlers.user = s;
  return host_make(&s->h, &server, NULL) &&
         CHECK_IS(covey_channel_register(s->h.server, "slow/", &channel,
                                         &handlers, &s->slow, NULL),
                  COVEY_OK) &&
         host_listen(&s->h);
}

static covey_statistics statistics_of(slow_host *s) {
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  CHECK_IS(covey_server_get_statistics(s->h.server, &statistics), COVEY_OK);
  return statistics;
}

/* A client with little room, which reads nothing until it is asked to. */
static covey_consumer_id connect_slowly(slow_host *s, client *c) {
  *c = client_make(host_turn, &s->h);
  CHECK(client_connect(c, s->h.port, 4096));
  CHECK_IS(client_upgrade(c, "/slow/", NULL), 101);
  AWAIT(&s->h, atomic_load(&s->h.connects) == 1);
  return atomic_load(&s->h.consumer);
}

/* Sends message number `number`, in a turn of its own. */
static covey_status send_number(slow_host *s, covey_consumer_id consumer,
                                int number) {
  char text[TEXT + 1];
  snprintf(text, sizeof text, "%08d%0*d", number, TEXT - 8, 0);
  covey_status status =
      covey_consumer_send(s->h.server, consumer, COVEY_TEXT, text, TEXT);
  CHECK_IS(covey_server_service(s->h.server, 0), COVEY_OK);
  return status;
}

/* Sends until something was dropped, and then some; answers how many. */
static int send_until_dropped(slow_host *s, covey_consumer_id consumer) {
  int number = 0;
  while (statistics_of(s).drops_slow < 50 && number < 100000)
    CHECK_IS(send_number(s, consumer, number++), COVEY_OK);
  CHECK_IS(statistics_of(s).drops_slow, 50);
  CHECK(statistics_of(s).outbox_bytes <= OUTBOX);
  CHECK_IS(statistics_of(s).endings_slow, 0);
  return number;
}

/* Reads so many whole messages in rising order; answers the last, or -1. */
static int read_rising(client *c, int count) {
  int last = -1;
  frame next;
  for (int i = 0; i < count; i++) {
    char digits[9] = "";
    if (!CHECK(client_receive(c, &next)) || !CHECK_IS(next.size, TEXT))
      return -1;
    memcpy(digits, next.data, 8);
    CHECK(atoi(digits) > last);
    last = atoi(digits);
  }
  return last;
}

static void the_oldest_messages_are_dropped_and_the_newest_comes(void) {
  slow_host s;
  client c;
  if (!open_with(&s, COVEY_SLOW_DROP_OLDEST, 0, 0))
    return;
  covey_consumer_id consumer = connect_slowly(&s, &c);
  int sent = send_until_dropped(&s, consumer);
  CHECK_IS(read_rising(&c, sent - 50), sent - 1);
  CHECK_IS(s.dropped, 50);
  CHECK_IS(s.drops, 50); /* each was sent in a turn of its own */
  CHECK_IS(s.highs + s.lows, 0);
  CHECK(s.bytes > OUTBOX - 2 * TEXT && s.bytes <= OUTBOX);
  CHECK_IS(send_number(&s, consumer, sent), COVEY_OK);
  CHECK_IS(read_rising(&c, 1), sent);
  CHECK_IS(atomic_load(&s.h.disconnects), 0);
  CHECK(statistics_of(&s).limits_outbox == 50);
  client_drop(&c, false);
  host_close(&s.h);
}

static void the_newest_messages_are_dropped_and_the_oldest_come(void) {
  slow_host s;
  client c;
  if (!open_with(&s, COVEY_SLOW_DROP_NEWEST, 0, 0))
    return;
  covey_consumer_id consumer = connect_slowly(&s, &c);
  int sent = send_until_dropped(&s, consumer);
  CHECK_IS(read_rising(&c, sent - 50), sent - 51);
  CHECK_IS(s.dropped, 50);
  client_drop(&c, false);
  host_close(&s.h);
}

static void drops_of_one_turn_are_told_together(void) {
  static char data[TEXT];
  slow_host s;
  client c;
  if (!open_with(&s, COVEY_SLOW_DROP_NEWEST, 0, 0))
    return;
  covey_consumer_id consumer = connect_slowly(&s, &c);
  send_until_dropped(&s, consumer);
  int drops = s.drops;
  for (int i = 0; i < 10; i++)
    CHECK_IS(covey_consumer_send(s.h.server, consumer, COVEY_BINARY, data,
                                 sizeof data),
             COVEY_OK);
  CHECK_IS(covey_server_service(s.h.server, 0), COVEY_OK);
  CHECK_IS(s.drops, drops + 1);
  CHECK_IS(s.dropped, 60);
  client_drop(&c, false);
  host_close(&s.h);
}

static void without_a_policy_it_is_closed(void) {
  slow_host s;
  client c;
  if (!open_with(&s, COVEY_SLOW_CLOSE, 0, 0))
    return;
  covey_consumer_id consumer = connect_slowly(&s, &c);
  int number = 0;
  while (send_number(&s, consumer, number++) == COVEY_OK && number < 100000)
    continue;
  AWAIT(&s.h, atomic_load(&s.h.disconnects) == 1);
  CHECK_IS(s.h.ending.cause, COVEY_ENDING_SLOW);
  CHECK_IS(s.highs + s.lows + s.drops, 0);
  CHECK_IS(statistics_of(&s).limits_outbox, 1);
  CHECK_IS(statistics_of(&s).drops_slow, 0);
  client_drop(&c, false);
  host_close(&s.h);
}

static void a_mark_is_told_once_until_the_other_was_passed(void) {
  slow_host s;
  client c;
  if (!open_with(&s, COVEY_SLOW_DROP_OLDEST, 32 * 1024, 0))
    return;
  covey_consumer_id consumer = connect_slowly(&s, &c);
  for (int round = 1; round <= 2; round++) {
    int number = 0;
    while (s.highs < round && number < 100000)
      send_number(&s, consumer, number++);
    CHECK(s.bytes > 32 * 1024 && s.bytes < 32 * 1024 + 2 * TEXT);
    for (int i = 0; i < 5; i++)
      send_number(&s, consumer, number++);
    CHECK_IS(s.highs, round);
    CHECK_IS(s.lows, round - 1);
    CHECK_IS(read_rising(&c, number), number - 1);
    AWAIT(&s.h, s.lows == round);
    CHECK(s.bytes <= 16 * 1024);
    CHECK_IS(s.drops, 0);
  }
  client_drop(&c, false);
  host_close(&s.h);
}

static void a_handler_may_send_more_when_there_is_room(void) {
  slow_host s;
  client c;
  if (!open_with(&s, COVEY_SLOW_CLOSE, 8 * 1024, 1024))
    return;
  covey_consumer_id consumer = connect_slowly(&s, &c);
  int number = 0, sent = 0;
  /* Far more than an outbox holds, and nobody is closed. */
  while (s.lows < 3 && number < 100000) {
    while (s.highs == s.lows && number < 100000)
      CHECK_IS(send_number(&s, consumer, number++), COVEY_OK);
    CHECK_IS(read_rising(&c, number - sent), number - 1);
    sent = number;
    AWAIT(&s.h, s.highs == s.lows);
  }
  CHECK(sent > 3 * OUTBOX / TEXT);
  CHECK_IS(atomic_load(&s.h.disconnects), 0);
  client_drop(&c, false);
  host_close(&s.h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(the_oldest_messages_are_dropped_and_the_newest_comes),
      TEST(the_newest_messages_are_dropped_and_the_oldest_come),
      TEST(drops_of_one_turn_are_told_together),
      TEST(without_a_policy_it_is_closed),
      TEST(a_mark_is_told_once_until_the_other_was_passed),
      TEST(a_handler_may_send_more_when_there_is_room),
  };
  return CHECK_MAIN(argc, argv, tests);
}
