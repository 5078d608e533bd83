/*
 * request.c - what a request said, and for how long it can be asked for.
 */
#include "calls.h"
#include "host.h"

#include <stdio.h>
#include <string.h>

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
  check_value(self, consumer, 11, "a=1&a=2&b=+x%26&empty=");
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

static void leave_undecided(host *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

/* A host that decides later. */
static bool open_undecided(host *h, const covey_server_options *options) {
  host_prepare(h);
  h->on_connect = leave_undecided;
  return host_make(h, options, NULL) && host_listen(h);
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

struct named {
  covey_server *server;
  covey_consumer_id consumer;
};

static void name_the_user(void *argument) {
  const struct named *named = argument;
  CHECK_IS(covey_consumer_set_user(named->server, named->consumer, "ada"),
           COVEY_OK);
}

static void getters_still_answer_inside_on_disconnect(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.on_disconnect = check_at_the_end;
  struct named named = {h.server, connect_in_full(&h, &c)};
  CHECK_IS(covey_group_add(h.server, named.consumer, "h"), COVEY_OK);
  check_elsewhere(name_the_user, &named);
  AWAIT(&h, calls_get(9, h.server, named.consumer, NULL, NULL) == COVEY_OK);
  host_disconnect(&h, &c);
  CHECK_IS(calls_get(0, h.server, named.consumer, NULL, NULL), COVEY_E_GONE);
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

/* libwebsockets would never get to the end of throwing such a body away. */
static void a_body_behind_another_request_holds_nobody_up(void) {
  static const char *const requests[] = {
      "GET /no HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /no HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
      "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
      "HEAD /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
      "GET /no HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
      "GET /no HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
      "GET /no HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /no HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nabcde\r\n0\r\n\r\n"};
  host h;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.health_path = "/health";
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
    client c = host_client(&h);
    CHECK(client_send_bytes(&c, requests[i], strlen(requests[i])));
    CHECK(client_receives_end(&c));
    client_drop(&c, false);
    c = host_client(&h);
    CHECK_IS(client_get(&c, "/health"), 200);
    client_drop(&c, false);
  }
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_body_behind_another_request_holds_nobody_up),
      TEST(a_request_can_be_asked_for_all_it_said),
      TEST(headers_are_kept_when_asked_for),
      TEST(headers_are_forgotten_otherwise),
      TEST(common_headers_last_until_the_decision),
      TEST(getters_still_answer_inside_on_disconnect),
      TEST(an_address_reaches_one_consumer_alone),
  };
  return CHECK_MAIN(argc, argv, tests);
}
