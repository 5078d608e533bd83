/*
 * connect.c - from the request to the decision: accept, reject, later, never.
 */
#include "host.h"

#include <stdio.h>

static void leave_undecided(host *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

/* A host that decides later. */
static bool open_undecided(host *h, const covey_server_options *options) {
  host_prepare(h);
  h->on_connect = leave_undecided;
  return host_make(h, options, NULL) && host_listen(h);
}

/* ------------------------------------------------------------- at once -- */

static void reject_with_409(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_reject(self->server, consumer, 409, 4409), COVEY_OK);
}

static void reject_by_default(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_reject(self->server, consumer, 0, 0), COVEY_OK);
}

static void check_refusal(void (*on_connect)(host *, covey_consumer_id),
                          int expected) {
  host h;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  host_prepare(&h);
  h.on_connect = on_connect;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  client c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), expected);
  CHECK(client_receives_end(&c));
  CHECK_IS(atomic_load(&h.connects), 1);
  CHECK_IS(atomic_load(&h.disconnects), 0);
  CHECK_IS(covey_consumer_send(h.server, atomic_load(&h.consumer), COVEY_TEXT,
                               "x", 1),
           COVEY_E_GONE);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.connections_accepted, 0);
  CHECK_IS(statistics.consumers, 0);
  client_drop(&c, false);
  host_close(&h);
}

static void a_refusal_has_the_status_of_the_host(void) {
  check_refusal(reject_with_409, 409);
}

static void a_refusal_without_a_status_is_403(void) {
  check_refusal(reject_by_default, 403);
}

static void an_unknown_path_is_404_and_a_plain_get_426(void) {
  host h;
  if (!host_open(&h))
    return;
  client c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/nowhere", NULL), 404);
  client_drop(&c, false);
  c = host_client(&h);
  CHECK_IS(client_get(&c, "/ws/lobby/"), 426);
  client_drop(&c, false);
  CHECK_IS(atomic_load(&h.connects), 0);
  host_close(&h);
}

static void without_on_connect_only_a_public_channel_lets_in(void) {
  host h;
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_channel_register(h.server, "closed/", NULL, NULL, NULL, NULL),
           COVEY_OK);
  options.flags = COVEY_CHANNEL_PUBLIC;
  CHECK_IS(
      covey_channel_register(h.server, "open/", &options, NULL, NULL, NULL),
      COVEY_OK);
  if (!host_listen(&h))
    return;
  client c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/closed/", NULL), 403);
  client_drop(&c, false);
  c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/open/", NULL), 101);
  client_drop(&c, false);
  host_close(&h);
}

/* -------------------------------------------------------- subprotocols -- */

static void accept_second(host *self, covey_consumer_id consumer) {
  const char *value = NULL;
  size_t size = 0;
  CHECK_IS(covey_consumer_get_offered_subprotocol(self->server, consumer, 0,
                                                  &value, &size),
           COVEY_OK);
  CHECK_TEXT(value, "chat.v1");
  CHECK_IS(size, 7);
  CHECK_IS(covey_consumer_get_offered_subprotocol(self->server, consumer, 1,
                                                  &value, NULL),
           COVEY_OK);
  CHECK_TEXT(value, "chat.v2");
  CHECK_IS(covey_consumer_get_offered_subprotocol(self->server, consumer, 2,
                                                  &value, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_accept(self->server, consumer, "chat.v3"),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_accept(self->server, consumer, ""), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_accept(self->server, consumer, "chat.v"),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_accept(self->server, consumer, "chat.v2"), COVEY_OK);
}

static const char offer[] = "Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n";

static void a_subprotocol_is_chosen_among_those_offered(void) {
  host h;
  char chosen[64] = "";
  const char *value = NULL;
  host_prepare(&h);
  h.on_connect = accept_second;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  client c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", offer), 101);
  CHECK(client_answer(&c, "sec-websocket-protocol", chosen, sizeof chosen));
  CHECK_TEXT(chosen, "chat.v2");
  CHECK_IS(covey_consumer_get_subprotocol(h.server, atomic_load(&h.consumer),
                                          &value, NULL),
           COVEY_OK);
  CHECK_TEXT(value, "chat.v2");
  CHECK(client_send_text(&c, "hello"));
  CHECK(client_receives_text(&c, "hello"));
  client_drop(&c, false);
  host_close(&h);
}

/* Upgrades with an offer to a host that chooses none of it. */
static void check_no_subprotocol(host *h) {
  char chosen[64] = "";
  client c = host_client(h);
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", offer), 101);
  CHECK(!client_answer(&c, "sec-websocket-protocol", chosen, sizeof chosen));
  covey_consumer_id consumer = atomic_load(&h->consumer);
  covey_status status = covey_consumer_accept(h->server, consumer, NULL);
  CHECK(status == COVEY_OK || status == COVEY_E_EXISTS);
  CHECK_IS(covey_consumer_get_subprotocol(h->server, consumer, NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK(client_send_text(&c, "hello"));
  CHECK(client_receives_text(&c, "hello"));
  client_drop(&c, false);
}

static void none_of_the_subprotocols_need_be_chosen(void) {
  host h;
  if (!host_open(&h))
    return;
  check_no_subprotocol(&h);
  host_close(&h);
}

static void a_late_decision_chooses_no_subprotocol(void) {
  host h;
  if (!open_undecided(&h, NULL))
    return;
  client c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", offer), 101);
  CHECK_IS(covey_consumer_accept(h.server, atomic_load(&h.consumer), "chat.v1"),
           COVEY_E_INVALID);
  client_drop(&c, false);
  check_no_subprotocol(&h);
  host_close(&h);
}

static void accept_what_was_not_offered(host *self,
                                        covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_get_offered_subprotocol(self->server, consumer, 0,
                                                  NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_accept(self->server, consumer, "chat.v1"),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static void what_was_not_offered_cannot_be_chosen(void) {
  host h;
  client c;
  char chosen[64] = "";
  host_prepare(&h);
  h.on_connect = accept_what_was_not_offered;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  CHECK(!client_answer(&c, "sec-websocket-protocol", chosen, sizeof chosen));
  client_drop(&c, false);
  host_close(&h);
}

/* --------------------------------------------------------------- later -- */

struct decision {
  covey_server *server;
  covey_consumer_id consumer;
  uint16_t close_code;
};

static void accept_elsewhere(void *argument) {
  const struct decision *decision = argument;
  CHECK_IS(covey_consumer_accept(decision->server, decision->consumer, NULL),
           COVEY_OK);
}

static void reject_elsewhere(void *argument) {
  const struct decision *decision = argument;
  CHECK_IS(covey_consumer_reject(decision->server, decision->consumer, 0,
                                 decision->close_code),
           COVEY_OK);
}

static void what_an_undecided_client_says_waits_in_order(void) {
  host h;
  client c;
  frame next;
  if (!open_undecided(&h, NULL))
    return;
  struct decision decision = {h.server, host_connect(&h, &c), 0};
  CHECK(client_send_text(&c, "one"));
  CHECK(client_send_text(&c, "two"));
  CHECK(client_send_text(&c, "three"));
  CHECK(client_send(&c, FRAME_PING, true, "here?", 5));
  CHECK(client_receive(&c, &next) && next.opcode == FRAME_PONG);
  CHECK_IS(atomic_load(&h.messages), 0);
  check_elsewhere(accept_elsewhere, &decision);
  CHECK(client_send_text(&c, "four"));
  CHECK(client_receives_text(&c, "one"));
  CHECK(client_receives_text(&c, "two"));
  CHECK(client_receives_text(&c, "three"));
  CHECK(client_receives_text(&c, "four"));
  client_drop(&c, false);
  host_close(&h);
}

static void an_undecided_client_may_say_more_than_is_held(void) {
  host h;
  client c;
  char text[401];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.undecided_bytes_max = 1000;
  if (!open_undecided(&h, &options))
    return;
  struct decision decision = {h.server, host_connect(&h, &c), 0};
  for (int i = 0; i < 20; i++) {
    snprintf(text, sizeof text, "%0400d", i);
    CHECK(client_send_text(&c, text));
    host_turn(&h);
  }
  CHECK_IS(atomic_load(&h.messages), 0);
  check_elsewhere(accept_elsewhere, &decision);
  for (int i = 0; i < 20; i++) {
    snprintf(text, sizeof text, "%0400d", i);
    CHECK(client_receives_text(&c, text));
  }
  client_drop(&c, false);
  host_close(&h);
}

static void what_is_sent_to_an_undecided_client_waits_too(void) {
  host h;
  client c;
  frame next;
  if (!open_undecided(&h, NULL))
    return;
  struct decision decision = {h.server, host_connect(&h, &c), 0};
  CHECK_IS(covey_group_add(h.server, decision.consumer, "g"), COVEY_OK);
  CHECK_IS(
      covey_consumer_send(h.server, decision.consumer, COVEY_TEXT, "one", 3),
      COVEY_OK);
  CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, "two", 3, 0),
           COVEY_OK);
  CHECK(client_send(&c, FRAME_PING, true, "", 0));
  CHECK(client_receive(&c, &next) && next.opcode == FRAME_PONG);
  check_elsewhere(accept_elsewhere, &decision);
  CHECK(client_receives_text(&c, "one"));
  CHECK(client_receives_text(&c, "two"));
  client_drop(&c, false);
  host_close(&h);
}

static void check_late_refusal(uint16_t close_code, int expected) {
  host h;
  client c;
  if (!open_undecided(&h, NULL))
    return;
  struct decision decision = {h.server, host_connect(&h, &c), close_code};
  CHECK(client_send_text(&c, "never seen"));
  check_elsewhere(reject_elsewhere, &decision);
  CHECK_IS(client_is_closed(&c), expected);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_REFUSED);
  CHECK_IS(h.ending.code, expected);
  CHECK_IS(h.ending.is_clean, 1);
  CHECK_IS(atomic_load(&h.messages), 0);
  client_drop(&c, false);
  host_close(&h);
}

static void a_late_refusal_closes_with_4403(void) {
  check_late_refusal(0, 4403);
}

static void a_late_refusal_may_have_a_code_of_its_own(void) {
  check_late_refusal(4999, 4999);
}

static void nobody_stays_undecided_for_ever(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  options.connect_timeout_ms = 50;
  if (!open_undecided(&h, &options))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(client_is_closed(&c), 4408);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_UNDECIDED);
  CHECK_IS(h.ending.code, 4408);
  CHECK_IS(covey_consumer_accept(h.server, consumer, NULL), COVEY_E_GONE);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.endings_undecided, 1);
  client_drop(&c, false);
  host_close(&h);
}

static void an_undecided_client_may_close(void) {
  host h;
  client c;
  if (!open_undecided(&h, NULL))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK(client_send_text(&c, "never seen"));
  CHECK(client_send_close(&c, 4001, "changed my mind"));
  CHECK_IS(client_receives_close(&c), 4001);
  CHECK(client_receives_end(&c));
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_PEER);
  CHECK_IS(h.ending.code, 4001);
  CHECK_IS(atomic_load(&h.messages), 0);
  CHECK_IS(covey_consumer_accept(h.server, consumer, NULL), COVEY_E_GONE);
  client_drop(&c, false);
  host_close(&h);
}

static void an_undecided_client_may_leave(void) {
  host h;
  client c;
  if (!open_undecided(&h, NULL))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  host_disconnect(&h, &c);
  CHECK_IS(h.ending.cause, COVEY_ENDING_LOST);
  CHECK_IS(covey_consumer_accept(h.server, consumer, NULL), COVEY_E_GONE);
  CHECK_IS(covey_consumer_reject(h.server, consumer, 0, 0), COVEY_E_GONE);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_refusal_has_the_status_of_the_host),
      TEST(a_refusal_without_a_status_is_403),
      TEST(an_unknown_path_is_404_and_a_plain_get_426),
      TEST(without_on_connect_only_a_public_channel_lets_in),
      TEST(a_subprotocol_is_chosen_among_those_offered),
      TEST(none_of_the_subprotocols_need_be_chosen),
      TEST(a_late_decision_chooses_no_subprotocol),
      TEST(what_was_not_offered_cannot_be_chosen),
      TEST(what_an_undecided_client_says_waits_in_order),
      TEST(an_undecided_client_may_say_more_than_is_held),
      TEST(what_is_sent_to_an_undecided_client_waits_too),
      TEST(a_late_refusal_closes_with_4403),
      TEST(a_late_refusal_may_have_a_code_of_its_own),
      TEST(nobody_stays_undecided_for_ever),
      TEST(an_undecided_client_may_close),
      TEST(an_undecided_client_may_leave),
  };
  return CHECK_MAIN(argc, argv, tests);
}
