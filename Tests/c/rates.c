/*
 * rates.c - what one consumer may send, and how fast one address may connect.
 */
#include "boards.h"

#include <string.h>

static covey_statistics statistics_of(host *h) {
  covey_statistics s = COVEY_STATISTICS_INIT;
  CHECK_IS(covey_server_get_statistics(h->server, &s), COVEY_OK);
  return s;
}

static bool open_with(host *h, const covey_server_options *server,
                      const covey_channel_options *channel) {
  host_prepare(h);
  return host_make(h, server, channel) && host_listen(h);
}

static void a_burst_is_heard_and_one_more_message_is_1008(void) {
  host h;
  client c;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  channel.messages_rate = 1;
  channel.messages_burst = 5;
  if (!open_with(&h, NULL, &channel))
    return;
  CHECK(host_connect(&h, &c) != 0);
  /* All at once, or one more is allowed while the answers are waited for. */
  for (int i = 0; i < 6; i++)
    CHECK(client_send_text(&c, "m"));
  for (int i = 0; i < 5; i++)
    CHECK(client_receives_text(&c, "m"));
  CHECK_IS(client_is_closed(&c), 1008);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_TOO_FAST);
  CHECK_IS(h.ending.code, 1008);
  CHECK_TEXT(h.ending_reason, "too many messages");
  CHECK_IS(atomic_load(&h.messages), 5);
  CHECK_IS(statistics_of(&h).endings_too_fast, 1);
  CHECK_IS(statistics_of(&h).limits_message_rate, 1);
  client_drop(&c, false);
  host_close(&h);
}

static void without_a_burst_it_is_twice_the_rate(void) {
  host h;
  client c;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  channel.messages_rate = 2;
  if (!open_with(&h, NULL, &channel))
    return;
  CHECK(host_connect(&h, &c) != 0);
  for (int i = 0; i < 4; i++)
    CHECK(client_send_text(&c, "m"));
  for (int i = 0; i < 4; i++)
    CHECK(client_receives_text(&c, "m"));
  client_drop(&c, false);
  host_close(&h);
}

static void a_message_that_is_not_too_large_is_never_too_much_at_once(void) {
  static char data[4096];
  host h;
  client c;
  covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  server.message_bytes_max = sizeof data;
  channel.bytes_rate = 1;
  channel.bytes_burst = 1;
  memset(data, 'x', sizeof data);
  if (!open_with(&h, &server, &channel))
    return;
  CHECK(host_connect(&h, &c) != 0);
  frame got;
  CHECK(client_send(&c, FRAME_BINARY, true, data, sizeof data));
  CHECK(client_receive(&c, &got) && got.size == sizeof data);
  CHECK(client_send(&c, FRAME_BINARY, true, data, 100));
  CHECK_IS(client_is_closed(&c), 1008);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_TOO_FAST);
  CHECK_TEXT(h.ending_reason, "too many bytes");
  CHECK_IS(statistics_of(&h).limits_byte_rate, 1);
  client_drop(&c, false);
  host_close(&h);
}

static void fragments_are_charged_before_their_message_is_whole(void) {
  static char data[1024];
  host h;
  client c;
  covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  server.message_bytes_max = 100 * 1024;
  channel.bytes_rate = 1;
  if (!open_with(&h, &server, &channel))
    return;
  CHECK(host_connect(&h, &c) != 0);
  /* As much as one message may be, in pieces, and then a bit of another. */
  for (int i = 0; i < 100; i++)
    CHECK(client_send(&c, i == 0 ? FRAME_BINARY : FRAME_CONTINUATION, i == 99,
                      data, sizeof data));
  frame got;
  CHECK(client_receive(&c, &got) && got.size == 100 * 1024);
  CHECK(client_send(&c, FRAME_BINARY, false, data, 100));
  CHECK_IS(client_is_closed(&c), 1008);
  client_drop(&c, false);
  host_close(&h);
}

/* ------------------------------------------------------------ contexts -- */

static void calls_and_writes_past_the_rate_are_answered_with_429(void) {
  boards b;
  client c;
  boards_prepare(&b);
  if (!boards_make(&b, NULL))
    return;
  covey_context_handlers handlers = boards_handlers(&b);
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_channel_id limited = 0;
  context.model = b.board;
  context.parameter = "id";
  channel.messages_rate = 1;
  channel.messages_burst = 1; /* the token, and a second later one more */
  CHECK_IS(covey_context_register(b.h.server, "limited/<int:id>/", &channel,
                                  &context, &handlers, &limited, NULL),
           COVEY_OK);
  boards_act(&b, limited, "echo", NULL, COVEY_ACTION_UNCHECKED, NULL, 0);
  if (!host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/limited/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  /* Till there is one more, and no matter how much later; then all at once. */
  int64_t end = check_now() + 1200;
  while (check_now() < end)
    host_turn(&b.h);
  CHECK(says(&c, "{'callId':1,'action':'echo','params':[]}"));
  CHECK(says(&c, "{'callId':2,'action':'echo','params':[]}"));
  CHECK(says(&c, "{'type':'write','writeId':3,'operation':'save',"
                 "'instanceType':'Board','instanceId':1,'data':{}}"));
  CHECK(hears(&c, RESULT("1", "[]")));
  CHECK(hears_start(&c, ACTION_ERROR("2", "429")));
  CHECK(hears_start(&c, WRITE_ERROR("3", "429")));
  CHECK_IS(atomic_load(&b.actions), 1);
  CHECK_IS(atomic_load(&b.writes), 0);
  CHECK(boards_statistics(&b).limits_message_rate == 2);
  /* Of two at once one is too fast, however long it took so far. */
  CHECK(says(&c, "{'token':'ada'}") && says(&c, "{'token':'ada'}"));
  CHECK_IS(client_receives_close(&c), 1006);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_TOO_FAST);
  client_drop(&c, false);
  boards_close(&b);
}

/* ----------------------------------------------------------- addresses -- */

static void an_address_that_connects_too_fast_is_dropped(void) {
  host h;
  client c[4];
  covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
  server.connects_per_address_rate = 1;
  server.connects_per_address_burst = 3;
  if (!open_with(&h, &server, NULL))
    return;
  /* All come before the server looks, and shake hands only then. */
  for (int i = 0; i < 4; i++) {
    c[i] = client_make(host_turn, &h);
    SSL_CTX *identity = c[i].identity;
    c[i].identity = NULL;
    CHECK(client_connect(&c[i], h.port, 0));
    c[i].identity = identity;
  }
  CHECK(client_receives_end(&c[3]));
  for (int i = 0; i < 3; i++)
    CHECK(client_secure(&c[i]) &&
          client_upgrade(&c[i], "/ws/lobby/", NULL) == 101);
  CHECK_IS(statistics_of(&h).connections_dropped, 1);
  CHECK_IS(statistics_of(&h).limits_address_rate, 1);
  CHECK_IS(statistics_of(&h).limits_address, 0);
  for (int i = 0; i < 4; i++)
    client_drop(&c[i], false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_burst_is_heard_and_one_more_message_is_1008),
      TEST(without_a_burst_it_is_twice_the_rate),
      TEST(a_message_that_is_not_too_large_is_never_too_much_at_once),
      TEST(fragments_are_charged_before_their_message_is_whole),
      TEST(calls_and_writes_past_the_rate_are_answered_with_429),
      TEST(an_address_that_connects_too_fast_is_dropped),
  };
  return CHECK_MAIN(argc, argv, tests);
}
