/*
 * letting_in.c - how a client of a context channel is let in, or is not.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

/* Two boards; the first has two cards. */
static void put_boards(boards *b) {
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  boards_put(b, b->card, "{'id':1,'board':1,'text':'a'}");
  boards_put(b, b->card, "{'id':2,'board':1,'text':'b','who':'ada'}");
}

/* ---------------------------------------------------------- letting in -- */

static void a_token_lets_in(void) {
  boards b;
  client c;
  if (!boards_open(&b))
    return;
  put_boards(&b);
  c = boards_visit(&b, "/boards/1/");
  AWAIT(&b.h, atomic_load(&b.h.connects) == 1);
  CHECK_IS(atomic_load(&b.authentications), 0);
  CHECK(says(&c, "{'token':'ada','lastUpdate':null}"));
  CHECK(hears(&c, LET_IN));
  CHECK_TEXT(b.text, "ada");
  CHECK_IS(atomic_load(&b.authentications), 1);
  CHECK_IS(atomic_load(&b.authorizations), 1);
  CHECK_IS(atomic_load(&b.opens), 1);
  CHECK_IS(atomic_load(&b.last_update), 0);
  const char *user = NULL;
  CHECK_IS(covey_consumer_get_user(b.h.server, atomic_load(&b.h.consumer),
                                   &user, NULL),
           COVEY_OK);
  CHECK_TEXT(user, "ada");
  client_drop(&c, false);
  boards_close(&b);
}

/* Says a first frame, and is refused with this answer and close 1000. */
static void check_refusal(boards *b, const char *target, const char *first,
                          const char *answer) {
  int disconnects = atomic_load(&b->h.disconnects);
  client c = boards_visit(b, target);
  CHECK(says(&c, first));
  CHECK(hears(&c, answer));
  CHECK_IS(client_is_closed(&c), 1000);
  AWAIT(&b->h, atomic_load(&b->h.disconnects) == disconnects + 1);
  CHECK_IS(b->h.ending.cause, COVEY_ENDING_REFUSED);
  CHECK_IS(b->h.ending.code, 1000);
  client_drop(&c, false);
}

static void a_missing_token_is_400(void) {
  static const char *const firsts[] = {"{}", "{'token':null,'lastUpdate':null}",
                                       "{'lastUpdate':1.5}", "{'token':7}",
                                       "{'type':'hello'}"};
  boards b;
  if (!boards_open(&b))
    return;
  for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
    check_note(firsts[i]);
    check_refusal(&b, "/boards/1/", firsts[i],
                  KEPT_OUT("400", "error/missing-token"));
  }
  CHECK_IS(atomic_load(&b.authentications), 0);
  boards_close(&b);
}

static void a_bad_token_is_401(void) {
  boards b;
  if (!boards_open(&b))
    return;
  check_refusal(&b, "/boards/1/", "{'token':'bad','lastUpdate':null}",
                KEPT_OUT("401", "error/unauthorized"));
  CHECK_IS(atomic_load(&b.authorizations), 0);
  boards_close(&b);
}

struct refusal {
  uint16_t code;
  const char *error;
  const char *answer;
};

static const struct refusal refusals[] = {
    {0, NULL, KEPT_OUT("403", "error/forbidden")},
    {401, NULL, KEPT_OUT("401", "error/unauthorized")},
    {403, NULL, KEPT_OUT("403", "error/forbidden")},
    {404, NULL, KEPT_OUT("404", "error/not-found")},
    {400, NULL, KEPT_OUT("400", "error/refused")},
    {599, NULL, KEPT_OUT("599", "error/refused")},
    {418, "error/teapot", KEPT_OUT("418", "error/teapot")},
    {0, "", KEPT_OUT("403", "")},
};
enum { REFUSALS = sizeof refusals / sizeof refusals[0] };

static size_t refusal;

static void refuse(boards *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_deny(self->h.server, consumer, refusals[refusal].code,
                               refusals[refusal].error),
           COVEY_OK);
}

static void who_is_not_authorized_is_told_why(void) {
  boards b;
  boards_prepare(&b);
  b.on_authorize = refuse;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  for (refusal = 0; refusal < REFUSALS; refusal++)
    check_refusal(&b, "/boards/1/", "{'token':'ada'}",
                  refusals[refusal].answer);
  CHECK_IS(atomic_load(&b.opens), 0);
  boards_close(&b);
}

static void on_list_may_refuse_too(void) {
  boards b;
  client c;
  boards_prepare(&b);
  b.on_list = refuse;
  refusal = 3;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  c = boards_visit(&b, "/boards/");
  CHECK(says(&c, "{'token':'ada'}"));
  CHECK(hears(&c, LET_IN));
  CHECK(hears(&c, refusals[refusal].answer));
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  boards_close(&b);
}

/* Channels with fewer handlers, next to the others. */
static void register_others(boards *b) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = boards_handlers(b);
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  context.model = b->board;
  handlers.on_list = NULL;
  handlers.on_authorize = NULL;
  CHECK_IS(covey_context_register(b->h.server, "shut/<id>/", NULL, &context,
                                  &handlers, NULL, NULL),
           COVEY_OK);
  handlers.on_authorize = boards_handlers(b).on_authorize;
  handlers.on_authenticate = NULL;
  CHECK_IS(covey_context_register(b->h.server, "nameless/<id>/", NULL, &context,
                                  &handlers, NULL, NULL),
           COVEY_OK);
  options.flags = COVEY_CHANNEL_PUBLIC;
  CHECK_IS(covey_context_register(b->h.server, "public/<id>/", &options,
                                  &context, NULL, NULL, NULL),
           COVEY_OK);
  handlers = boards_handlers(b);
  handlers.on_list = NULL;
  handlers.on_connect = NULL;
  CHECK_IS(covey_context_register(b->h.server, "optional/<id>/", &options,
                                  &context, &handlers, NULL, NULL),
           COVEY_OK);
}

static bool open_with_others(boards *b) {
  boards_prepare(b);
  b->declare = register_others;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    return false;
  put_boards(b);
  return true;
}

static void without_on_authorize_everybody_is_refused(void) {
  boards b;
  if (!open_with_others(&b))
    return;
  check_refusal(&b, "/shut/1/", "{'token':'ada'}",
                KEPT_OUT("403", "error/forbidden"));
  CHECK_IS(atomic_load(&b.authentications), 1);
  boards_close(&b);
}

static void without_on_authenticate_nobody_is_known(void) {
  boards b;
  if (!open_with_others(&b))
    return;
  check_refusal(&b, "/nameless/1/", "{'token':'ada'}",
                KEPT_OUT("401", "error/unauthorized"));
  boards_close(&b);
}

static void a_public_channel_lets_in_who_has_no_token(void) {
  static const char *const targets[] = {"/public/1/", "/optional/1/"};
  boards b;
  if (!open_with_others(&b))
    return;
  for (size_t i = 0; i < 2; i++) {
    client c = boards_visit(&b, targets[i]);
    CHECK(says(&c, "{'token':null,'lastUpdate':null}"));
    CHECK(hears(&c, LET_IN));
    CHECK(hears(&c, ANCHORS("1")));
    client_drop(&c, false);
  }
  CHECK_IS(atomic_load(&b.authentications), 0);
  CHECK_IS(atomic_load(&b.authorizations), 1);
  boards_close(&b);
}

static void a_public_channel_may_ask_who_it_is_all_the_same(void) {
  boards b;
  if (!open_with_others(&b))
    return;
  check_refusal(&b, "/optional/1/", "{'token':'bad'}",
                KEPT_OUT("401", "error/unauthorized"));
  client c = boards_visit(&b, "/optional/1/");
  CHECK(says(&c, "{'token':'ada'}"));
  CHECK(hears(&c, LET_IN));
  CHECK_IS(atomic_load(&b.authentications), 2);
  client_drop(&c, false);
  boards_close(&b);
}

static void know_by_request(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_set_user(self->server, consumer, "by cookie"),
           COVEY_OK);
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static void who_on_connect_knows_needs_no_token(void) {
  boards b;
  client c;
  if (!boards_open(&b))
    return;
  put_boards(&b);
  b.h.on_connect = know_by_request;
  c = boards_visit(&b, "/boards/2/");
  CHECK(says(&c, "{'token':null,'lastUpdate':null}"));
  CHECK(hears(&c, LET_IN));
  CHECK_IS(atomic_load(&b.authentications), 0);
  CHECK_IS(atomic_load(&b.authorizations), 1);
  client_drop(&c, false);
  boards_close(&b);
}

static void leave_it_open(boards *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static void leave_token_open(boards *self, covey_consumer_id consumer,
                             const char *token, size_t size) {
  (void)self, (void)consumer, (void)token, (void)size;
}

static void list_later(boards *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static void who_is_never_told_its_anchors_is_given_up(void) {
  boards b;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.authentication_timeout_ms = 700 + (uint32_t)check_ms(300);
  boards_prepare(&b);
  b.on_list = list_later;
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  client c = boards_visit(&b, "/boards/");
  CHECK(says(&c, "{'token':'ada'}"));
  CHECK(hears(&c, LET_IN));
  CHECK(hears(&c, KEPT_OUT("500", "error/load-failed")));
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  boards_close(&b);
}

static void refuse_with_status(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_reject(self->server, consumer, 451, 0), COVEY_OK);
}

static void on_connect_may_refuse_with_a_status(void) {
  boards b;
  if (!boards_open(&b))
    return;
  b.h.on_connect = refuse_with_status;
  client c = host_client(&b.h);
  CHECK_IS(client_upgrade(&c, "/boards/1/", NULL), 451);
  client_drop(&c, false);
  boards_close(&b);
}

static void decide_later(host *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static void what_is_said_before_the_decision_waits(void) {
  boards b;
  if (!boards_open(&b))
    return;
  put_boards(&b);
  b.h.on_connect = decide_later;
  client c = boards_visit(&b, "/boards/1/");
  CHECK(says(&c, "{'token':'ada'}"));
  AWAIT(&b.h, boards_statistics(&b).messages_in == 1);
  CHECK_IS(atomic_load(&b.authentications), 0);
  CHECK_IS(covey_consumer_accept(b.h.server, atomic_load(&b.h.consumer), NULL),
           COVEY_OK);
  CHECK(hears(&c, LET_IN));
  CHECK(hears(&c, ANCHORS("1")));
  client_drop(&c, false);
  boards_close(&b);
}

struct answer {
  covey_server *server;
  covey_consumer_id consumer;
};

static void authenticate_elsewhere(void *argument) {
  const struct answer *answer = argument;
  CHECK_IS(
      covey_consumer_authenticate(answer->server, answer->consumer, "grace"),
      COVEY_OK);
}

static void authorize_elsewhere(void *argument) {
  const struct answer *answer = argument;
  CHECK_IS(covey_consumer_authorize(answer->server, answer->consumer),
           COVEY_OK);
}

static void deny_elsewhere(void *argument) {
  const struct answer *answer = argument;
  CHECK_IS(covey_consumer_deny(answer->server, answer->consumer, 403, "later"),
           COVEY_OK);
}

static void answers_may_come_later_from_another_thread(void) {
  boards b;
  boards_prepare(&b);
  b.on_authenticate = leave_token_open;
  b.on_authorize = leave_it_open;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  put_boards(&b);
  for (int is_denied = 0; is_denied < 2; is_denied++) {
    client c = boards_visit(&b, "/boards/1/");
    CHECK(says(&c, "{'token':'secret'}"));
    AWAIT(&b.h, atomic_load(&b.authentications) == is_denied + 1);
    struct answer answer = {b.h.server, atomic_load(&b.h.consumer)};
    CHECK_IS(covey_consumer_authorize(answer.server, answer.consumer),
             COVEY_E_EXISTS);
    check_elsewhere(authenticate_elsewhere, &answer);
    AWAIT(&b.h, atomic_load(&b.authorizations) == is_denied + 1);
    CHECK_IS(
        covey_consumer_authenticate(answer.server, answer.consumer, "other"),
        COVEY_E_EXISTS);
    check_elsewhere(is_denied ? deny_elsewhere : authorize_elsewhere, &answer);
    CHECK(hears(&c, is_denied ? KEPT_OUT("403", "later") : LET_IN));
    client_drop(&c, false);
  }
  boards_close(&b);
}

static void who_is_not_let_in_in_time_is_closed(void) {
  boards b;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.authentication_timeout_ms = (uint32_t)check_ms(200);
  boards_prepare(&b);
  b.on_authenticate = leave_token_open;
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  for (int has_said = 0; has_said < 2; has_said++) {
    client c = boards_visit(&b, "/boards/1/");
    if (has_said)
      CHECK(says(&c, "{'token':'ada'}"));
    CHECK_IS(client_is_closed(&c), 4408);
    AWAIT(&b.h, atomic_load(&b.h.disconnects) == has_said + 1);
    CHECK_IS(b.h.ending.cause, COVEY_ENDING_UNDECIDED);
    client_drop(&c, false);
  }
  boards_close(&b);
}

static void what_is_no_message_is_counted_and_ignored(void) {
  boards b;
  client c;
  if (!boards_open(&b))
    return;
  put_boards(&b);
  c = boards_visit(&b, "/boards/1/");
  CHECK(says(&c, "no json"));
  CHECK(says(&c, "[]"));
  CHECK(says(&c, "{'token':'ada'}"));
  CHECK(hears(&c, LET_IN));
  CHECK(hears(&c, ANCHORS("1")));
  CHECK(skips_snapshot(&c));
  CHECK(says(&c, "{'token':'other'}")); /* no news, and no nonsense */
  CHECK(says(&c, "{'type':'hello'}"));
  CHECK(says(&c, "{"));
  AWAIT(&b.h, boards_statistics(&b).frames_ignored == 4);
  CHECK_IS(atomic_load(&b.authentications), 1);
  CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  client_drop(&c, false);
  boards_close(&b);
}

static void a_binary_frame_ends_its_sender(void) {
  boards b;
  client c;
  if (!boards_open(&b))
    return;
  put_boards(&b);
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(client_send(&c, FRAME_BINARY, true, "x", 1));
  CHECK_IS(client_receives_close(&c), 1006);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_BAD_KIND);
  client_drop(&c, false);
  boards_close(&b);
}

static void frames_before_the_answer_wait_but_not_many(void) {
  boards b;
  boards_prepare(&b);
  b.on_authenticate = leave_token_open;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  put_boards(&b);
  for (int count = 16; count <= 17; count++) {
    client c = boards_visit(&b, "/boards/1/");
    CHECK(says(&c, "{'token':'ada'}"));
    for (int i = 0; i < count; i++)
      CHECK(says(&c, "{'callId':1,'action':'none','params':[]}"));
    if (count > 16) {
      CHECK(client_is_closed(&c) > 0);
    } else {
      AWAIT(&b.h, boards_statistics(&b).messages_in == 17);
      CHECK_IS(covey_consumer_authenticate(b.h.server,
                                           atomic_load(&b.h.consumer), "ada"),
               COVEY_OK);
      CHECK(hears(&c, LET_IN));
      AWAIT(&b.h, boards_statistics(&b).calls == 16);
    }
    client_drop(&c, false);
  }
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_token_lets_in),
      TEST(a_missing_token_is_400),
      TEST(a_bad_token_is_401),
      TEST(who_is_not_authorized_is_told_why),
      TEST(on_list_may_refuse_too),
      TEST(without_on_authorize_everybody_is_refused),
      TEST(without_on_authenticate_nobody_is_known),
      TEST(a_public_channel_lets_in_who_has_no_token),
      TEST(a_public_channel_may_ask_who_it_is_all_the_same),
      TEST(who_on_connect_knows_needs_no_token),
      TEST(who_is_never_told_its_anchors_is_given_up),
      TEST(on_connect_may_refuse_with_a_status),
      TEST(what_is_said_before_the_decision_waits),
      TEST(answers_may_come_later_from_another_thread),
      TEST(who_is_not_let_in_in_time_is_closed),
      TEST(what_is_no_message_is_counted_and_ignored),
      TEST(a_binary_frame_ends_its_sender),
      TEST(frames_before_the_answer_wait_but_not_many),
  };
  return CHECK_MAIN(argc, argv, tests);
}
