/*
 * misuse_clients.c - clients of context channels that are answered wrongly, at
 * the wrong time, or not at all; and those that say what nobody should.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void leave_token_open(boards *self, covey_consumer_id consumer,
                             const char *token, size_t size) {
  (void)self, (void)consumer, (void)token, (void)size;
}

static void leave_it_open(boards *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static void leave_action_open(boards *self, covey_consumer_id consumer,
                              covey_call_id call, const char *parameters,
                              size_t size) {
  (void)self, (void)consumer, (void)call, (void)parameters, (void)size;
}

static void declare_action(boards *b) {
  boards_act(b, b->one, "act", NULL, COVEY_ACTION_UNCHECKED, NULL, 0);
}

static bool open_boards(boards *b) {
  boards_prepare(b);
  b->declare = declare_action;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  return true;
}

/* A client that waits to be authenticated. */
static covey_consumer_id knock(boards *b, client *c) {
  int authentications = atomic_load(&b->authentications);
  b->on_authenticate = leave_token_open;
  *c = boards_visit(b, "/boards/1/");
  CHECK(says(c, "{'token':'ada'}"));
  AWAIT(&b->h, atomic_load(&b->authentications) == authentications + 1);
  return atomic_load(&b->h.consumer);
}

/* ------------------------------------------------------------- answers -- */

static void an_answer_must_be_one(void) {
  static const uint16_t codes[] = {1, 200, 399, 600, 1000, 65535};
  boards b;
  client c;
  char longest[257];
  if (!open_boards(&b))
    return;
  covey_server *server = b.h.server;
  covey_consumer_id consumer = knock(&b, &c);
  memset(longest, 'n', 256);
  longest[256] = '\0';
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    CHECK_IS(covey_consumer_deny(server, consumer, codes[i], NULL),
             COVEY_E_INVALID);
  CHECK_IS(covey_consumer_deny(server, consumer, 0, "\xff"), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_deny(server, consumer, 0, longest),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_consumer_authenticate(server, consumer, "\xff"),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_authenticate(server, consumer, longest),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_consumer_authenticate(server, consumer, longest + 1),
           COVEY_OK);
  CHECK(hears(&c, LET_IN));
  client_drop(&c, false);
  boards_close(&b);
}

static void nothing_is_answered_that_was_not_asked(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  covey_server *server = b.h.server;
  c = boards_visit(&b, "/boards/1/");
  AWAIT(&b.h, atomic_load(&b.h.connects) == 1);
  covey_consumer_id consumer = atomic_load(&b.h.consumer);
  for (int is_in = 0; is_in < 2; is_in++) {
    CHECK_IS(covey_consumer_authenticate(server, consumer, "eve"),
             COVEY_E_EXISTS);
    CHECK_IS(covey_consumer_authorize(server, consumer), COVEY_E_EXISTS);
    CHECK_IS(covey_consumer_deny(server, consumer, 0, NULL), COVEY_E_EXISTS);
    if (is_in)
      break;
    CHECK(says(&c, "{'token':'ada'}"));
    CHECK(hears(&c, LET_IN));
    CHECK(hears(&c, ANCHORS("1")));
  }
  CHECK(skips_snapshot(&c));
  CHECK(hears_nothing(&b, &c, consumer));
  client_drop(&c, false);
  boards_close(&b);
}

static void answer_early(host *self, covey_consumer_id consumer) {
  covey_server *server = self->server;
  CHECK_IS(covey_consumer_authenticate(server, consumer, "eve"),
           COVEY_E_EXISTS);
  CHECK_IS(covey_consumer_authorize(server, consumer), COVEY_E_EXISTS);
  CHECK_IS(covey_consumer_deny(server, consumer, 0, NULL), COVEY_E_EXISTS);
  CHECK_IS(covey_consumer_accept(server, consumer, NULL), COVEY_OK);
}

static void inside_on_connect_nothing_was_asked_yet(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  b.h.on_connect = answer_early;
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  client_drop(&c, false);
  boards_close(&b);
}

static void steer_early(host *self, covey_consumer_id consumer) {
  covey_server *server = self->server;
  CHECK_IS(covey_grant_add(server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_grant_discard(server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", 1), COVEY_OK);
  CHECK_IS(covey_variable_get(server, consumer, "n", NULL, NULL), COVEY_OK);
  CHECK_IS(covey_anchor_append(server, consumer, "1"), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_accept(server, consumer, NULL), COVEY_OK);
}

/* Its channel shows one anchor, which is not edited. */
static void inside_on_connect_a_consumer_may_be_steered(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  b.h.on_connect = steer_early;
  c = boards_visit(&b, "/boards/1/");
  client_drop(&c, false);
  boards_close(&b);
}

static void answer_twice(boards *self, covey_consumer_id consumer,
                         const char *token, size_t size) {
  covey_server *server = self->h.server;
  (void)size;
  CHECK_IS(covey_consumer_authenticate(server, consumer, token), COVEY_OK);
  CHECK_IS(covey_consumer_authenticate(server, consumer, "eve"),
           COVEY_E_EXISTS);
}

static void deny_twice(boards *self, covey_consumer_id consumer) {
  covey_server *server = self->h.server;
  CHECK_IS(covey_consumer_deny(server, consumer, 0, NULL), COVEY_OK);
  CHECK_IS(covey_consumer_deny(server, consumer, 0, NULL), COVEY_E_GONE);
  CHECK_IS(covey_consumer_authorize(server, consumer), COVEY_E_GONE);
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", 1), COVEY_E_GONE);
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_TEXT, "x", 1),
           COVEY_E_GONE);
}

static void an_answer_is_given_once(void) {
  boards b;
  client c;
  const char *user = NULL;
  if (!open_boards(&b))
    return;
  b.on_authenticate = answer_twice;
  covey_consumer_id consumer = boards_enter(&b, &c, "/boards/1/", "ada");
  CHECK_IS(covey_consumer_get_user(b.h.server, consumer, &user, NULL),
           COVEY_OK);
  CHECK_TEXT(user, "ada");
  client_drop(&c, false);
  b.on_authorize = deny_twice;
  c = boards_visit(&b, "/boards/1/");
  CHECK(says(&c, "{'token':'ada'}"));
  CHECK(hears(&c, KEPT_OUT("403", "error/forbidden")));
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  boards_close(&b);
}

static void a_client_that_left_is_gone_for_who_answers_later(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  covey_consumer_id consumer = knock(&b, &c);
  host_disconnect(&b.h, &c);
  CHECK_IS(covey_consumer_authenticate(b.h.server, consumer, "ada"),
           COVEY_E_GONE);
  CHECK_IS(covey_consumer_authorize(b.h.server, consumer), COVEY_E_GONE);
  CHECK_IS(covey_consumer_deny(b.h.server, consumer, 0, NULL), COVEY_E_GONE);
  boards_close(&b);
}

static void calls_of_nothing_are_gone(void) {
  boards b, other;
  client c;
  if (!open_boards(&b) || !open_boards(&other))
    return;
  other.on_action = leave_action_open;
  CHECK(boards_enter(&other, &c, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK(says(&c, "{'callId':1,'action':'act','params':[]}"));
  AWAIT(&other.h, atomic_load(&other.actions) == 1);
  const covey_call_id none[] = {0,
                                1,
                                0x1234,
                                UINT64_MAX,
                                UINT64_C(1) << 63,
                                atomic_load(&other.h.consumer),
                                atomic_load(&other.call)};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    covey_server *server = b.h.server;
    CHECK_IS(covey_call_return(server, none[i], "1", 1), COVEY_E_GONE);
    CHECK_IS(covey_call_fail(server, none[i], 1, NULL), COVEY_E_GONE);
    CHECK_IS(covey_call_drop(server, none[i]), COVEY_E_GONE);
    CHECK_IS(covey_write_accept(server, none[i], NULL, NULL, 0, NULL),
             COVEY_E_GONE);
  }
  CHECK_IS(covey_call_return(other.h.server, atomic_load(&other.call), "1", 1),
           COVEY_OK);
  CHECK(hears(&c, RESULT("1", "1")));
  client_drop(&c, false);
  boards_close(&b);
  boards_close(&other);
}

/* ------------------------------------------------ ends inside handlers -- */

static void close_it(boards *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_close(self->h.server, consumer, 4000, NULL),
           COVEY_OK);
}

static void close_in_authenticate(boards *self, covey_consumer_id consumer,
                                  const char *token, size_t size) {
  (void)token, (void)size;
  close_it(self, consumer);
}

static void close_in_open(boards *self, covey_consumer_id consumer,
                          uint64_t last_update) {
  (void)last_update;
  close_it(self, consumer);
}

static void close_in_action(boards *self, covey_consumer_id consumer,
                            covey_call_id call, const char *parameters,
                            size_t size) {
  (void)parameters, (void)size;
  close_it(self, consumer);
  CHECK_IS(covey_call_return(self->h.server, call, NULL, 0), COVEY_E_GONE);
}

static void close_in_write(boards *self, covey_consumer_id consumer,
                           covey_call_id call, const covey_write *write) {
  CHECK_IS(write->operation, COVEY_WRITE_SAVE);
  close_it(self, consumer);
  CHECK_IS(covey_write_accept(self->h.server, call, NULL, NULL, 0, NULL),
           COVEY_E_GONE);
}

static void a_consumer_may_be_closed_inside_every_handler(void) {
  for (int which = 0; which < 6; which++) {
    boards b;
    if (!open_boards(&b))
      return;
    if (which == 0)
      b.on_authenticate = close_in_authenticate;
    if (which == 1)
      b.on_authorize = close_it;
    if (which == 2)
      b.on_open = close_in_open;
    b.on_list = close_it;
    b.on_action = close_in_action;
    b.on_write = close_in_write;
    client c = boards_visit(&b, which == 3 ? "/boards/" : "/boards/1/");
    CHECK(says(&c, "{'token':'ada'}"));
    if (which > 3)
      CHECK(skips_snapshot(&c));
    if (which == 4)
      CHECK(says(&c, "{'callId':1,'action':'act','params':[]}"));
    if (which == 5)
      CHECK(says(&c, "{'type':'write','writeId':1,'operation':'save',"
                     "'instanceType':'Board','instanceId':1,"
                     "'data':{'title':'x'}}"));
    CHECK_IS(client_is_closed(&c), which < 2 ? 4000 : 1006);
    AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
    CHECK_IS(b.h.ending.cause, COVEY_ENDING_HOST);
    client_drop(&c, false);
    boards_close(&b);
  }
}

static void a_server_may_be_freed_with_everything_open(void) {
  boards b;
  client c[4];
  boards_prepare(&b);
  b.declare = declare_action;
  b.has_loader = true;
  b.on_action = leave_action_open;
  b.on_list = leave_it_open;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c[0], "/boards/1/", "ada") != 0);
  CHECK(says(&c[0], "{'callId':1,'action':'act','params':[]}"));
  CHECK(boards_enter(&b, &c[1], "/boards/9/", "ada") != 0);
  CHECK(boards_enter(&b, &c[2], "/boards/", "+ada") != 0);
  knock(&b, &c[3]);
  AWAIT(&b.h, atomic_load(&b.loads) == 1 && atomic_load(&b.actions) == 1);
  boards_merge(&b, b.board, "{'id':1,'title':'unsent'}");
  boards_close(&b);
  CHECK_IS(atomic_load(&b.h.disconnects), 4);
  for (int i = 0; i < 4; i++)
    client_drop(&c[i], false);
}

/* ----------------------------------------------------- hostile clients -- */

static void what_a_client_says_has_a_depth_and_a_size(void) {
  enum { SIZE = 1 << 20 };
  boards b;
  client c;
  char *text = malloc(SIZE + 1);
  if (!open_boards(&b))
    return;
  b.on_action = leave_action_open;
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  memset(text, '[', SIZE);
  CHECK(client_send(&c, FRAME_TEXT, true, text, SIZE));
  int used = snprintf(text, SIZE,
                      "{\"callId\":1,\"action\":\"act\","
                      "\"params\":");
  memset(text + used, '[', 64);
  memset(text + used + 64, ']', 64);
  text[used + 128] = '}';
  CHECK(client_send(&c, FRAME_TEXT, true, text, (size_t)used + 129));
  AWAIT(&b.h, boards_statistics(&b).frames_ignored == 2);
  memset(text, ' ', SIZE + 1);
  memcpy(text, "{\"callId\":2,\"action\":\"act\",\"params\":[", 37);
  memcpy(text + SIZE - 2, "]}", 2);
  CHECK(client_send(&c, FRAME_TEXT, true, text, SIZE));
  AWAIT(&b.h, atomic_load(&b.actions) == 1);
  CHECK(client_send(&c, FRAME_TEXT, true, text, SIZE + 1));
  CHECK_IS(client_receives_close(&c), 1006);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  free(text);
  client_drop(&c, false);
  boards_close(&b);
}

static void tokens_may_be_anything(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  CHECK(boards_enter(&b, &c, "/boards/1/", "") != 0);
  client_drop(&c, false);
  b.on_authenticate = leave_token_open;
  c = boards_visit(&b, "/boards/1/");
  CHECK(
      client_send_text(&c, "{\"token\":\"a\\u00e9\\n\\\"\",\"token\":\"b\"}"));
  AWAIT(&b.h, atomic_load(&b.authentications) == 2);
  CHECK_TEXT(b.text, "b");
  client_drop(&c, false);
  c = boards_visit(&b, "/boards/1/");
  CHECK(client_send_text(&c, "{\"token\":\"\\ud800\"}"));
  CHECK(hears(&c, KEPT_OUT("400", "error/missing-token")));
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_answer_must_be_one),
      TEST(nothing_is_answered_that_was_not_asked),
      TEST(inside_on_connect_nothing_was_asked_yet),
      TEST(inside_on_connect_a_consumer_may_be_steered),
      TEST(an_answer_is_given_once),
      TEST(a_client_that_left_is_gone_for_who_answers_later),
      TEST(calls_of_nothing_are_gone),
      TEST(a_consumer_may_be_closed_inside_every_handler),
      TEST(a_server_may_be_freed_with_everything_open),
      TEST(what_a_client_says_has_a_depth_and_a_size),
      TEST(tokens_may_be_anything),
  };
  return CHECK_MAIN(argc, argv, tests);
}
