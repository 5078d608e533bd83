/*
 * endings.c - how a consumer ends: cause, code, and whether it was clean.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last ending, and that exactly this one was counted. */
static void check_ending(host *h, covey_ending_cause cause, int code,
                         int is_clean) {
  covey_statistics s = COVEY_STATISTICS_INIT;
  AWAIT(h, atomic_load(&h->disconnects) == 1);
  CHECK_IS(h->ending.cause, cause);
  CHECK_IS(h->ending.code, code);
  if (is_clean >= 0)
    CHECK_IS(h->ending.is_clean, is_clean);
  CHECK_IS(covey_server_get_statistics(h->server, &s), COVEY_OK);
  CHECK_IS(s.struct_size, sizeof s);
  CHECK_IS(s.consumers, 0);
  CHECK_IS(s.groups, 0);
  CHECK_IS(s.outbox_bytes, 0);
  CHECK_IS(s.connections_accepted, 1);
  const uint64_t endings[] = {
      0,
      s.endings_peer,
      s.endings_host,
      s.endings_refused,
      s.endings_undecided,
      s.endings_slow,
      s.endings_silent,
      s.endings_too_large,
      s.endings_bad_text,
      s.endings_bad_kind,
      s.endings_lost,
      s.endings_stopped,
      s.endings_expired,
      s.endings_too_fast,
      s.endings_shed,
  };
  for (int i = COVEY_ENDING_PEER; i <= COVEY_ENDING_SHED; i++)
    CHECK_IS(endings[i], i == cause ? 1 : 0);
}

/* A host with one client. */
static covey_consumer_id open_with(host *h, client *c,
                                   const covey_server_options *options) {
  host_prepare(h);
  if (!host_make(h, options, NULL) || !host_listen(h))
    exit(1);
  covey_consumer_id consumer = host_connect(h, c);
  CHECK_IS(covey_group_add(h->server, consumer, "g"), COVEY_OK);
  return consumer;
}

static void close_with(host *h, client *c) {
  client_drop(c, false);
  host_close(h);
}

static void a_peer_may_close_with_code_and_reason(void) {
  host h;
  client c;
  open_with(&h, &c, NULL);
  CHECK(client_send_close(&c, 4001, "enough"));
  CHECK_IS(client_receives_close(&c), 4001);
  CHECK(client_receives_end(&c));
  check_ending(&h, COVEY_ENDING_PEER, 4001, 1);
  CHECK_TEXT(h.ending.reason, "enough");
  CHECK_IS(h.ending.reason_bytes, 6);
  close_with(&h, &c);
}

static void a_peer_may_close_without_a_code(void) {
  host h;
  client c;
  open_with(&h, &c, NULL);
  CHECK(client_send(&c, FRAME_CLOSE, true, "", 0));
  CHECK(client_receives_end(&c));
  check_ending(&h, COVEY_ENDING_PEER, 1005, 1);
  CHECK_TEXT(h.ending.reason, "");
  close_with(&h, &c);
}

static void a_host_may_close_with_code_and_reason(void) {
  host h;
  client c;
  covey_consumer_id consumer = open_with(&h, &c, NULL);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, "last", 4),
           COVEY_OK);
  CHECK_IS(
      covey_consumer_close(h.server, consumer, 4002, "r\xc3\xa9sum\xc3\xa9"),
      COVEY_OK);
  CHECK(client_receives_text(&c, "last"));
  CHECK_IS(client_is_closed(&c), 4002);
  check_ending(&h, COVEY_ENDING_HOST, 4002, 1);
  CHECK_TEXT(h.ending.reason, "r\xc3\xa9sum\xc3\xa9");
  close_with(&h, &c);
}

static void a_peer_need_not_answer_a_close(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.close_timeout_ms = 150 + (uint32_t)check_ms(50);
  covey_consumer_id consumer = open_with(&h, &c, &options);
  CHECK_IS(covey_consumer_close(h.server, consumer, 4003, NULL), COVEY_OK);
  CHECK_IS(client_receives_close(&c), 4003);
  CHECK(client_receives_end(&c));
  check_ending(&h, COVEY_ENDING_HOST, 4003, 0);
  close_with(&h, &c);
}

static void a_connection_may_break(void) {
  host h;
  client c;
  open_with(&h, &c, NULL);
  client_drop(&c, true);
  check_ending(&h, COVEY_ENDING_LOST, 1006, 0);
  close_with(&h, &c);
}

static void a_connection_may_end_without_a_close_frame(void) {
  host h;
  client c;
  open_with(&h, &c, NULL);
  client_drop(&c, false);
  check_ending(&h, COVEY_ENDING_LOST, 1006, 0);
  CHECK_TEXT(h.ending.reason, "");
  close_with(&h, &c);
}

static void too_large_a_message_is_closed_with_1009(void) {
  host h;
  client c;
  char *data = calloc(1, 4001);
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.message_bytes_max = 4000;
  open_with(&h, &c, &options);
  CHECK(client_send(&c, FRAME_BINARY, true, data, 4000));
  frame next;
  CHECK(client_receive(&c, &next) && next.size == 4000);
  CHECK(client_send(&c, FRAME_BINARY, true, data, 4001));
  CHECK_IS(client_is_closed(&c), 1009);
  check_ending(&h, COVEY_ENDING_TOO_LARGE, 1009, -1);
  CHECK_IS(atomic_load(&h.messages), 1);
  close_with(&h, &c);
  free(data);
}

static void bad_text_is_closed_with_1007(void) {
  host h;
  client c;
  open_with(&h, &c, NULL);
  CHECK(client_send(&c, FRAME_TEXT, true, "a\xff", 2));
  CHECK_IS(client_is_closed(&c), 1007);
  check_ending(&h, COVEY_ENDING_BAD_TEXT, 1007, -1);
  CHECK_IS(atomic_load(&h.messages), 0);
  close_with(&h, &c);
}

static void ended(covey_server *server, covey_consumer_id consumer,
                  const covey_ending *ending, void *user) {
  (void)server, (void)consumer;
  CHECK_IS(ending->cause, COVEY_ENDING_BAD_KIND);
  CHECK_IS(ending->code, 1003);
  count_destroy(user);
}

static void a_kind_nobody_takes_is_closed_with_1003(void) {
  host h;
  atomic_int endings = 0;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  handlers.on_disconnect = ended;
  handlers.user = &endings;
  options.flags = COVEY_CHANNEL_PUBLIC;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_channel_register(h.server, "mute/", &options, &handlers, NULL,
                                  NULL),
           COVEY_OK);
  CHECK(host_listen(&h));
  for (int opcode = FRAME_TEXT; opcode <= FRAME_BINARY; opcode++) {
    client c = host_client(&h);
    CHECK_IS(client_upgrade(&c, "/mute/", NULL), 101);
    CHECK(client_send(&c, opcode, true, "x", 1));
    CHECK_IS(client_is_closed(&c), 1003);
    AWAIT(&h, atomic_load(&endings) == opcode);
    client_drop(&c, false);
  }
  host_close(&h);
}

static void a_slow_reader_is_closed(void) {
  host h;
  client c;
  static char data[32 * 1024];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.outbox_bytes_max = 256 * 1024;
  options.close_timeout_ms = 100;
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  c = client_make(host_turn, &h);
  CHECK(client_connect(&c, h.port, 4096));
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101);
  AWAIT(&h, atomic_load(&h.connects) == 1);
  covey_consumer_id consumer = atomic_load(&h.consumer);
  covey_status status = COVEY_OK;
  int sent = 0;
  while (status == COVEY_OK && sent < 2000) {
    status = covey_consumer_send(h.server, consumer, COVEY_BINARY, data,
                                 sizeof data);
    sent++;
    CHECK_IS(covey_server_service(h.server, 0), COVEY_OK);
  }
  CHECK_IS(status, COVEY_E_GONE);
  check_ending(&h, COVEY_ENDING_SLOW, 1013, 0);
  CHECK_TEXT(h.ending_reason, "too slow");
  close_with(&h, &c);
}

static void send_more_than_fits(covey_server *server, void *user) {
  static char data[60 * 1024];
  const covey_consumer_id *consumer = user;
  CHECK_IS(
      covey_consumer_send(server, *consumer, COVEY_BINARY, data, sizeof data),
      COVEY_OK);
  (void)covey_consumer_send(server, *consumer, COVEY_BINARY, data, sizeof data);
  CHECK_IS(covey_consumer_send(server, *consumer, COVEY_TEXT, "x", 1),
           COVEY_E_GONE);
}

static void one_who_is_sent_too_much_at_once_is_closed(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.outbox_bytes_max = 64 * 1024;
  options.close_timeout_ms = 100;
  covey_consumer_id consumer = open_with(&h, &c, &options);
  CHECK_IS(covey_server_post(h.server, send_more_than_fits, &consumer, NULL),
           COVEY_OK);
  check_ending(&h, COVEY_ENDING_SLOW, 1013, -1);
  close_with(&h, &c);
}

static void a_silent_connection_is_dropped(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.ping_interval_ms = (uint32_t)check_ms(30);
  options.silence_timeout_ms = (uint32_t)check_ms(150);
  open_with(&h, &c, &options);
  frame next;
  CHECK(client_receive(&c, &next) && next.opcode == FRAME_PING);
  CHECK_IS(client_receives_close(&c), 1006);
  check_ending(&h, COVEY_ENDING_SILENT, 1006, 0);
  close_with(&h, &c);
}

static void a_pong_breaks_the_silence(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.ping_interval_ms = 30;
  options.silence_timeout_ms = 2000;
  open_with(&h, &c, &options);
  for (int i = 0; i < 5; i++) {
    frame next;
    if (CHECK(client_receive(&c, &next) && next.opcode == FRAME_PING))
      CHECK(client_send(&c, FRAME_PONG, true, next.data, next.size));
  }
  CHECK_IS(atomic_load(&h.disconnects), 0);
  close_with(&h, &c);
}

static void stop_closes_with_its_code(void) {
  host h;
  client c;
  covey_consumer_id consumer = open_with(&h, &c, NULL);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, "last", 4),
           COVEY_OK);
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  CHECK(client_receives_text(&c, "last"));
  CHECK_IS(client_is_closed(&c), 1001);
  check_ending(&h, COVEY_ENDING_STOPPED, 1001, 1);
  while (covey_server_service(h.server, 100) == COVEY_OK)
    continue;
  close_with(&h, &c);
}

static void stop_does_not_wait_for_ever(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.flush_timeout_ms = 100;
  open_with(&h, &c, &options);
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  int64_t start = check_now();
  while (covey_server_service(h.server, 100) == COVEY_OK)
    continue;
  CHECK(check_now() - start < check_ms(3000));
  check_ending(&h, COVEY_ENDING_STOPPED, 1001, 0);
  close_with(&h, &c);
}

static void messages_and_bytes_are_counted(void) {
  host h;
  client c;
  covey_statistics s = COVEY_STATISTICS_INIT;
  covey_consumer_id consumer = open_with(&h, &c, NULL);
  CHECK(client_send_text(&c, "hello"));
  CHECK(client_receives_text(&c, "hello"));
  CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, "abc", 3, 0),
           COVEY_OK);
  CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, "abc", 3, consumer),
           COVEY_OK);
  CHECK(client_receives_text(&c, "abc"));
  CHECK_IS(covey_group_send(h.server, "g", "{\"type\":\"note\"}", 15, NULL),
           COVEY_OK);
  CHECK(client_receives_text(&c, "{\"type\":\"note\"}"));
  CHECK_IS(covey_group_send(h.server, "g", "{\"type\":\"no\"}", 13, NULL),
           COVEY_OK);
  host_turn(&h);
  CHECK_IS(covey_server_get_statistics(h.server, &s), COVEY_OK);
  CHECK_IS(s.consumers, 1);
  CHECK_IS(s.groups, 1);
  CHECK_IS(s.messages_in, 1);
  CHECK_IS(s.bytes_in, 5);
  CHECK_IS(s.messages_out, 3);
  CHECK_IS(s.bytes_out, 5 + 3 + 15);
  CHECK_IS(s.events_handled, 1);
  CHECK_IS(s.events_unhandled, 1);
  CHECK_IS(s.outbox_bytes, 0);
  close_with(&h, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_peer_may_close_with_code_and_reason),
      TEST(a_peer_may_close_without_a_code),
      TEST(a_host_may_close_with_code_and_reason),
      TEST(a_peer_need_not_answer_a_close),
      TEST(a_connection_may_break),
      TEST(a_connection_may_end_without_a_close_frame),
      TEST(too_large_a_message_is_closed_with_1009),
      TEST(bad_text_is_closed_with_1007),
      TEST(a_kind_nobody_takes_is_closed_with_1003),
      TEST(a_slow_reader_is_closed),
      TEST(one_who_is_sent_too_much_at_once_is_closed),
      TEST(a_silent_connection_is_dropped),
      TEST(a_pong_breaks_the_silence),
      TEST(stop_closes_with_its_code),
      TEST(stop_does_not_wait_for_ever),
      TEST(messages_and_bytes_are_counted),
  };
  return CHECK_MAIN(argc, argv, tests);
}
