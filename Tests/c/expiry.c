/*
 * expiry.c - consumers that may stay for a while only, users who may stay no
 * longer, and those who are asked about again.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

static bool open_boards(boards *b) {
  boards_prepare(b);
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  return true;
}

static covey_consumer_id enter(boards *b, client *c, const char *token) {
  covey_consumer_id consumer = boards_enter(b, c, "/boards/1/", token);
  CHECK(skips_snapshot(c));
  return consumer;
}

/* -------------------------------------------------------------- expiry -- */

static void a_consumer_is_closed_when_its_time_has_come(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  int64_t start = check_now();
  CHECK_IS(covey_consumer_set_expiry(h.server, consumer, 1), COVEY_OK);
  CHECK_IS(client_is_closed(&c), 4401);
  CHECK(check_now() - start >= 990);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_EXPIRED);
  CHECK_IS(h.ending.code, 4401);
  CHECK_TEXT(h.ending_reason, "expired");
  CHECK_IS(covey_consumer_set_expiry(h.server, consumer, 1), COVEY_E_GONE);
  client_drop(&c, false);
  host_close(&h);
}

static void what_is_said_again_replaces_what_was_said(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.close_code_expired = 4999;
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_set_expiry(h.server, consumer, 1), COVEY_OK);
  CHECK_IS(covey_consumer_set_expiry(h.server, consumer, COVEY_OFF), COVEY_OK);
  int64_t end = check_now() + 1200;
  while (check_now() < end)
    host_turn(&h);
  CHECK(client_send_text(&c, "still here"));
  CHECK(client_receives_text(&c, "still here"));
  CHECK_IS(covey_consumer_set_expiry(h.server, consumer, 4000000000u),
           COVEY_OK);
  CHECK_IS(covey_consumer_set_expiry(h.server, consumer, 0), COVEY_OK);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, "x", 1),
           COVEY_E_GONE);
  CHECK_IS(client_is_closed(&c), 4999);
  client_drop(&c, false);
  host_close(&h);
}

static void clients_of_contexts_end_as_their_kind_expects(void) {
  boards b;
  client old, own;
  if (!open_boards(&b))
    return;
  covey_consumer_id first = enter(&b, &old, "ada");
  covey_consumer_id second = enter(&b, &own, "+ada");
  CHECK_IS(covey_consumer_set_expiry(b.h.server, first, 0), COVEY_OK);
  CHECK_IS(client_receives_close(&old), 1006);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_EXPIRED);
  CHECK_IS(b.h.ending.code, 4401);
  CHECK_IS(covey_consumer_set_expiry(b.h.server, second, 0), COVEY_OK);
  CHECK_IS(client_is_closed(&own), 4401);
  client_drop(&old, false);
  client_drop(&own, false);
  boards_close(&b);
}

typedef struct asking {
  host *h;
  covey_consumer_id consumer;
} asking;

static void expire_elsewhere(void *argument) {
  asking *a = argument;
  CHECK_IS(covey_consumer_set_expiry(a->h->server, a->consumer, 0), COVEY_OK);
}

static void another_thread_may_say_it(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  asking a = {&h, host_connect(&h, &c)};
  check_elsewhere(expire_elsewhere, &a);
  CHECK_IS(client_is_closed(&c), 4401);
  client_drop(&c, false);
  host_close(&h);
}

/* --------------------------------------------------------------- users -- */

static void every_consumer_of_a_user_is_ended_and_nobody_else(void) {
  host h;
  client c[3];
  covey_consumer_id ids[3];
  const char *const users[] = {"ada", "ada", "bob"};
  if (!host_open(&h))
    return;
  for (int i = 0; i < 3; i++) {
    ids[i] = host_connect(&h, &c[i]);
    CHECK_IS(covey_consumer_set_user(h.server, ids[i], users[i]), COVEY_OK);
  }
  CHECK_IS(covey_user_disconnect(h.server, "eve", 0, NULL), COVEY_OK);
  CHECK_IS(covey_user_disconnect(h.server, "ada", 0, "bye"), COVEY_OK);
  CHECK_IS(client_is_closed(&c[0]), 1008);
  CHECK_IS(client_is_closed(&c[1]), 1008);
  AWAIT(&h, atomic_load(&h.disconnects) == 2);
  CHECK_IS(h.ending.cause, COVEY_ENDING_HOST);
  CHECK_TEXT(h.ending.reason, "bye");
  CHECK(client_send_text(&c[2], "still here"));
  CHECK(client_receives_text(&c[2], "still here"));
  CHECK_IS(covey_user_disconnect(h.server, "bob", 4000, NULL), COVEY_OK);
  CHECK_IS(client_is_closed(&c[2]), 4000);
  for (int i = 0; i < 3; i++)
    client_drop(&c[i], false);
  host_close(&h);
}

static void a_user_without_a_name_or_with_too_much_of_one_is_refused(void) {
  host h;
  char name[257], reason[125];
  memset(name, 'n', 256);
  memset(reason, 'r', 124);
  name[256] = reason[124] = '\0';
  if (!host_open(&h))
    return;
  CHECK_IS(covey_user_disconnect(h.server, NULL, 0, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_user_disconnect(h.server, "", 0, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_user_disconnect(h.server, "\xff", 0, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_user_disconnect(h.server, name, 0, NULL), COVEY_E_TOO_LARGE);
  CHECK_IS(covey_user_disconnect(h.server, name + 1, 0, NULL), COVEY_OK);
  CHECK_IS(covey_user_disconnect(h.server, "a", 0, reason), COVEY_E_TOO_LARGE);
  CHECK_IS(covey_user_disconnect(h.server, "a", 0, reason + 1), COVEY_OK);
  CHECK_IS(covey_user_disconnect(h.server, "a", 0, "\xff"), COVEY_E_INVALID);
  CHECK_IS(covey_user_disconnect(h.server, "a", 1005, NULL), COVEY_E_INVALID);
  host_close(&h);
}

/* Comes back with its session; whether it was resumed. */
static bool resumes(boards *b, const char *session) {
  char text[256];
  frame next;
  client c = boards_visit(b, "/boards/1/");
  snprintf(text, sizeof text,
           "{\"token\":\"ada\",\"covey\":1,\"session\":\"%s\","
           "\"lastUpdate\":9999999999.0}",
           session);
  CHECK(client_send(&c, FRAME_TEXT, true, text, strlen(text)));
  CHECK(client_receive(&c, &next));
  /* It says a session of its own, and that is the old one or it is not. */
  bool is_same = memmem(next.data, next.size, session, strlen(session)) != NULL;
  client_drop(&c, false);
  return is_same;
}

/* Lets a client in and has it drop; its session is what is answered. */
static covey_consumer_id enter_and_learn_session(boards *b, client *c,
                                                 char session_out[33]) {
  frame next;
  *c = boards_visit(b, "/boards/1/");
  CHECK(says(c, "{'token':'ada','covey':1}"));
  CHECK(client_receive(c, &next));
  const char *found = memmem(next.data, next.size, "\"session\":\"", 11);
  if (CHECK(found != NULL))
    memcpy(session_out, found + 11, 32);
  session_out[32] = '\0';
  CHECK(skips_snapshot(c));
  return atomic_load(&b->h.consumer);
}

static void sessions_that_wait_for_a_user_are_forgotten(void) {
  boards b;
  client c;
  char session[33];
  if (!open_boards(&b))
    return;
  enter_and_learn_session(&b, &c, session);
  client_drop(&c, false);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK(resumes(&b, session));
  CHECK_IS(covey_user_disconnect(b.h.server, "ada", 0, NULL), COVEY_OK);
  CHECK(!resumes(&b, session));
  boards_close(&b);
}

static void a_session_does_not_outlive_the_time_of_its_consumer(void) {
  boards b;
  client c;
  char session[33];
  if (!open_boards(&b))
    return;
  covey_consumer_id consumer = enter_and_learn_session(&b, &c, session);
  CHECK_IS(covey_consumer_set_expiry(b.h.server, consumer, 1), COVEY_OK);
  client_drop(&c, false);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  int64_t end = check_now() + 1200;
  while (check_now() < end)
    host_turn(&b.h);
  CHECK(!resumes(&b, session));
  consumer = enter_and_learn_session(&b, &c, session);
  CHECK_IS(covey_consumer_set_expiry(b.h.server, consumer, 0), COVEY_OK);
  CHECK_IS(client_is_closed(&c), 4401);
  CHECK(!resumes(&b, session));
  client_drop(&c, false);
  boards_close(&b);
}

/* -------------------------------------------------------- asking again -- */

static void leave_open(boards *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static void who_is_asked_about_again_goes_on_until_it_is_denied(void) {
  boards b;
  client old, own, plain;
  if (!open_boards(&b))
    return;
  covey_consumer_id first = enter(&b, &old, "ada");
  covey_consumer_id second = enter(&b, &own, "+ada");
  covey_server *server = b.h.server;
  /* The handler lets them stay. */
  CHECK_IS(covey_consumer_reauthorize(server, first), COVEY_OK);
  AWAIT(&b.h, atomic_load(&b.authorizations) == 3);
  CHECK_IS(covey_consumer_authorize(server, first), COVEY_E_EXISTS);
  b.on_authorize = leave_open;
  CHECK_IS(covey_consumer_reauthorize(server, first), COVEY_OK);
  CHECK_IS(covey_consumer_reauthorize(server, second), COVEY_OK);
  CHECK_IS(covey_consumer_reauthorize(server, second), COVEY_E_BUSY);
  AWAIT(&b.h, atomic_load(&b.authorizations) == 5);
  boards_merge(&b, b.board, "{'id':1,'title':'two'}");
  frame next;
  CHECK(client_receive(&old, &next) && client_receive(&own, &next));
  CHECK_IS(covey_consumer_authorize(server, second), COVEY_OK);
  CHECK_IS(covey_consumer_deny(server, second, 0, NULL), COVEY_E_EXISTS);
  CHECK_IS(covey_consumer_deny(server, first, 0, NULL), COVEY_OK);
  CHECK_IS(client_receives_close(&old), 1006);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_REFUSED);
  CHECK_IS(covey_consumer_reauthorize(server, second), COVEY_OK);
  CHECK_IS(covey_consumer_deny(server, second, 403, "error/gone"), COVEY_OK);
  CHECK(hears(&own, KEPT_OUT("403", "error/gone")));
  CHECK_IS(client_is_closed(&own), 1000);
  CHECK_IS(covey_consumer_reauthorize(server, second), COVEY_E_GONE);
  covey_consumer_id third = host_connect(&b.h, &plain);
  CHECK_IS(covey_consumer_reauthorize(server, third), COVEY_E_INVALID);
  client_drop(&plain, false);
  client_drop(&old, false);
  client_drop(&own, false);
  boards_close(&b);
}

static void who_is_not_answered_for_in_time_is_ended(void) {
  boards b;
  client own;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.authentication_timeout_ms = 700 + (uint32_t)check_ms(300);
  boards_prepare(&b);
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  covey_consumer_id consumer = enter(&b, &own, "+ada");
  b.on_authorize = leave_open;
  CHECK_IS(covey_consumer_reauthorize(b.h.server, consumer), COVEY_OK);
  CHECK_IS(client_is_closed(&own), 4408);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_UNDECIDED);
  client_drop(&own, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_consumer_is_closed_when_its_time_has_come),
      TEST(what_is_said_again_replaces_what_was_said),
      TEST(clients_of_contexts_end_as_their_kind_expects),
      TEST(another_thread_may_say_it),
      TEST(every_consumer_of_a_user_is_ended_and_nobody_else),
      TEST(a_user_without_a_name_or_with_too_much_of_one_is_refused),
      TEST(sessions_that_wait_for_a_user_are_forgotten),
      TEST(a_session_does_not_outlive_the_time_of_its_consumer),
      TEST(who_is_asked_about_again_goes_on_until_it_is_denied),
      TEST(who_is_not_answered_for_in_time_is_ended),
  };
  return CHECK_MAIN(argc, argv, tests);
}
