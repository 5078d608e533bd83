/*
 * connect.c - from the request to the decision: accept, reject, later, never;
 * and what the request said.
 */
#include "calls.h"
#include "host.h"

#include <stdio.h>
#include <string.h>

static void leave_undecided(host *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

/* A host that decides later. */
static bool open_undecided(host *h, const covey_server_options *options) {
  host_prepare(h);
  h->on_connect = leave_undecided;
  return host_make(h, options, NULL) && host_listen(h);
}

/* ---------------------------------------------------------------- at once --
 */

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

/* ------------------------------------------------------------ subprotocols */

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

/* ------------------------------------------------------------------ later --
 */

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

/* ---------------------------------------------------------------- getters --
 */

static const char target[] = "/ws/r%C3%A4um%201/?a=1&a=2&b=%20x%26&empty=";
static const char headers[] = "X-Tenant: acme\r\n"
                              "User-Agent: by hand\r\n"
                              "Cookie: theme=dark; sid=abc123; last=1\r\n"
                              "Origin: http://localhost\r\n"
                              "Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n";

static void check_value(host *self, covey_consumer_id consumer, size_t which,
                        const char *expected) {
  const char *value = NULL;
  size_t size = 0;
  CHECK_IS(calls_get(which, self->server, consumer, &value, &size), COVEY_OK);
  CHECK_TEXT(value, expected);
  CHECK_IS(size, strlen(expected));
}

static void check_query(host *self, covey_consumer_id consumer) {
  covey_server *server = self->server;
  const char *value = NULL;
  size_t size = 0;
  CHECK_IS(covey_consumer_get_query(server, consumer, "a", 1, &value, NULL),
           COVEY_OK);
  CHECK_TEXT(value, "2");
  CHECK_IS(covey_consumer_get_query(server, consumer, "a", 2, &value, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_get_query(server, consumer, "b", 0, &value, NULL),
           COVEY_OK);
  CHECK_TEXT(value, " x&");
  CHECK_IS(
      covey_consumer_get_query(server, consumer, "empty", 0, &value, &size),
      COVEY_OK);
  CHECK_TEXT(value, "");
  CHECK_IS(size, 0);
  CHECK_IS(covey_consumer_get_query(server, consumer, "no", 0, &value, NULL),
           COVEY_E_NOT_FOUND);
}

static void check_what_lasts(host *self, covey_consumer_id consumer) {
  covey_channel_id channel = 0;
  const char *value = NULL;
  check_value(self, consumer, 0, "/ws/r\xc3\xa4um 1/");
  check_value(self, consumer, 1, "r\xc3\xa4um 1");
  check_value(self, consumer, 2, "1");
  check_value(self, consumer, 5, "http://localhost");
  check_value(self, consumer, 6, "chat.v1");
  check_value(self, consumer, 8, "127.0.0.1");
  check_query(self, consumer);
  CHECK_IS(covey_consumer_get_param(self->server, consumer, "no", &value, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_get_channel(self->server, consumer, &channel),
           COVEY_OK);
  CHECK(channel == self->channel);
}

static void check_request(host *self, covey_consumer_id consumer) {
  const char *value = NULL;
  check_what_lasts(self, consumer);
  check_value(self, consumer, 3, "acme");
  check_value(self, consumer, 4, "abc123");
  CHECK_IS(covey_consumer_get_header(self->server, consumer, "USER-agent",
                                     &value, NULL),
           COVEY_OK);
  CHECK_TEXT(value, "by hand");
  CHECK_IS(
      covey_consumer_get_header(self->server, consumer, "x-none", &value, NULL),
      COVEY_E_NOT_FOUND);
  CHECK_IS(
      covey_consumer_get_cookie(self->server, consumer, "theme", &value, NULL),
      COVEY_OK);
  CHECK_TEXT(value, "dark");
  CHECK_IS(covey_consumer_get_cookie(self->server, consumer, "SID", NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_get_user(self->server, consumer, NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_accept(self->server, consumer, "chat.v2"), COVEY_OK);
}

/* Upgrades with everything a request can say. */
static covey_consumer_id connect_in_full(host *h, client *c) {
  int connects = atomic_load(&h->connects);
  *c = host_client(h);
  CHECK_IS(client_upgrade(c, target, headers), 101);
  AWAIT(h, atomic_load(&h->connects) > connects);
  return atomic_load(&h->consumer);
}

static void a_request_can_be_asked_for_all_it_said(void) {
  host h;
  client c;
  host_prepare(&h);
  h.on_connect = check_request;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  covey_consumer_id consumer = connect_in_full(&h, &c);
  check_what_lasts(&h, consumer);
  check_value(&h, consumer, 7, "chat.v2");
  client_drop(&c, false);
  host_close(&h);
}

static void headers_are_kept_when_asked_for(void) {
  static const char *const kept[] = {"X-Tenant", "cookie", "x-none", NULL};
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  host h;
  client c;
  options.kept_headers = kept;
  host_prepare(&h);
  if (!host_make(&h, NULL, &options) || !host_listen(&h))
    return;
  covey_consumer_id consumer = connect_in_full(&h, &c);
  check_value(&h, consumer, 3, "acme");
  check_value(&h, consumer, 4, "abc123");
  CHECK_IS(
      covey_consumer_get_header(h.server, consumer, "user-agent", NULL, NULL),
      COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_get_header(h.server, consumer, "x-none", NULL, NULL),
           COVEY_E_NOT_FOUND);
  client_drop(&c, false);
  host_close(&h);
}

static void headers_are_forgotten_otherwise(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = connect_in_full(&h, &c);
  CHECK_IS(calls_get(3, h.server, consumer, NULL, NULL), COVEY_E_NOT_FOUND);
  CHECK_IS(calls_get(4, h.server, consumer, NULL, NULL), COVEY_E_NOT_FOUND);
  client_drop(&c, false);
  host_close(&h);
}

static void common_headers_last_until_the_decision(void) {
  host h;
  client c;
  const char *value = NULL;
  if (!open_undecided(&h, NULL))
    return;
  covey_consumer_id consumer = connect_in_full(&h, &c);
  CHECK_IS(
      covey_consumer_get_header(h.server, consumer, "user-agent", &value, NULL),
      COVEY_OK);
  CHECK_TEXT(value, "by hand");
  check_value(&h, consumer, 4, "abc123");
  CHECK_IS(covey_consumer_accept(h.server, consumer, NULL), COVEY_OK);
  CHECK_IS(
      covey_consumer_get_header(h.server, consumer, "user-agent", NULL, NULL),
      COVEY_E_NOT_FOUND);
  client_drop(&c, false);
  host_close(&h);
}

static void check_at_the_end(host *self, covey_consumer_id consumer) {
  check_what_lasts(self, consumer);
  check_value(self, consumer, 9, "ada");
  CHECK_IS(covey_consumer_send(self->server, consumer, COVEY_TEXT, "x", 1),
           COVEY_E_GONE);
  CHECK_IS(covey_group_add(self->server, consumer, "g"), COVEY_E_GONE);
  CHECK_IS(host_count(self, "h"), 0);
}

static void name_the_user(void *argument) {
  const struct decision *decision = argument;
  CHECK_IS(covey_consumer_set_user(decision->server, decision->consumer, "ada"),
           COVEY_OK);
}

static void getters_still_answer_inside_on_disconnect(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.on_disconnect = check_at_the_end;
  struct decision decision = {h.server, connect_in_full(&h, &c), 0};
  CHECK_IS(covey_group_add(h.server, decision.consumer, "h"), COVEY_OK);
  check_elsewhere(name_the_user, &decision);
  AWAIT(&h, calls_get(9, h.server, decision.consumer, NULL, NULL) == COVEY_OK);
  host_disconnect(&h, &c);
  CHECK_IS(calls_get(0, h.server, decision.consumer, NULL, NULL), COVEY_E_GONE);
  host_close(&h);
}

static void an_address_reaches_one_consumer_alone(void) {
  static const char event[] = "{\"type\":\"note\"}";
  host h;
  client first, second;
  const char *value = NULL;
  char address[512] = "";
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &first);
  CHECK(host_connect(&h, &second) != 0);
  CHECK_IS(covey_consumer_get_address(h.server, consumer, &value, NULL),
           COVEY_OK);
  snprintf(address, sizeof address, "%s", value == NULL ? "" : value);
  CHECK_IS(covey_group_send(h.server, address, event, sizeof event - 1, NULL),
           COVEY_OK);
  CHECK(client_receives_text(&first, event));
  CHECK_IS(covey_group_broadcast(h.server, address, COVEY_TEXT, "x", 1, 0),
           COVEY_OK);
  CHECK(client_receives_text(&first, "x"));
  CHECK(client_send_text(&second, "nothing else"));
  CHECK(client_receives_text(&second, "nothing else"));
  CHECK_IS(atomic_load(&h.events), 1);
  client_drop(&first, false);
  client_drop(&second, false);
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
      TEST(a_request_can_be_asked_for_all_it_said),
      TEST(headers_are_kept_when_asked_for),
      TEST(headers_are_forgotten_otherwise),
      TEST(common_headers_last_until_the_decision),
      TEST(getters_still_answer_inside_on_disconnect),
      TEST(an_address_reaches_one_consumer_alone),
  };
  return CHECK_MAIN(argc, argv, tests);
}
