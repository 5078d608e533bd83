/*
 * answers.c - how calls of clients are answered: once, in order, from wherever.
 */
#include "boards.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL(id) "{'callId':" id ",'action':'act','params':[]}"

static void leave_it_open(boards *self, covey_consumer_id consumer,
                          covey_call_id call, const char *parameters,
                          size_t size) {
  (void)self, (void)consumer, (void)call, (void)parameters, (void)size;
}

static void declare_action(boards *b) {
  boards_act(b, b->one, "act", NULL, 0, NULL, 0);
  boards_act(b, b->many, "act", NULL, 0, NULL, 0);
}

/* A client of `target` that has read its snapshot, and whose calls wait. */
static covey_consumer_id open_at(boards *b, client *c, const char *target,
                                 const covey_server_options *options) {
  boards_prepare(b);
  b->declare = declare_action;
  b->on_action = leave_it_open;
  if (!boards_make(b, options) || !host_listen(&b->h))
    exit(1);
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  boards_put(b, b->board, "{'id':3,'title':'three'}");
  covey_consumer_id consumer = boards_enter(b, c, target, "ada");
  CHECK(skips_snapshot(c));
  return consumer;
}

/* The same at board 1, with one call. */
static covey_call_id open_call(boards *b, client *c) {
  open_at(b, c, "/boards/1/", NULL);
  CHECK(says(c, CALL("1")));
  AWAIT(&b->h, atomic_load(&b->actions) == 1);
  return atomic_load(&b->call);
}

static void close_with(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

/* Says the next call, and answers which it is. */
static covey_call_id call_again(boards *b, client *c, const char *call) {
  int actions = atomic_load(&b->actions);
  CHECK(says(c, call));
  AWAIT(&b->h, atomic_load(&b->actions) == actions + 1);
  return atomic_load(&b->call);
}

static void a_result_may_be_any_json(void) {
  static const char *const results[] = {"null",
                                        "true",
                                        "0",
                                        "-1.5e300",
                                        "''",
                                        "'\\u0000'",
                                        "[]",
                                        "{}",
                                        "{'a':[1, 2]}",
                                        "123456789012345678901234567890",
                                        " 7 "};
  boards b;
  client c;
  char answer[128], json[64];
  covey_call_id call = open_call(&b, &c);
  CHECK_IS(covey_call_return(b.h.server, call, NULL, 0), COVEY_OK);
  CHECK(hears(&c, RESULT("1", "null")));
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
    check_note(results[i]);
    snprintf(json, sizeof json, "%s", results[i]);
    for (char *byte = json; *byte != '\0'; byte++)
      if (*byte == '\'')
        *byte = '"';
    call = call_again(&b, &c, CALL("2"));
    CHECK_IS(covey_call_return(b.h.server, call, json, strlen(json)), COVEY_OK);
    snprintf(answer, sizeof answer,
             "{'type':'actionResponse','callId':2,'result':%s}", results[i]);
    CHECK(hears(&c, answer));
  }
  close_with(&b, &c);
}

static void what_is_no_json_leaves_the_call_open(void) {
  static const char *const bad[] = {"",    "x",      "{",        "[1,]",
                                    "01",  "'a'",    "\"\xff\"", "nul",
                                    "1 2", "\"\n\"", "NaN"};
  boards b;
  client c;
  covey_call_id call = open_call(&b, &c);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    CHECK_IS(covey_call_return(b.h.server, call, bad[i], strlen(bad[i])),
             COVEY_E_INVALID);
  }
  CHECK_IS(covey_call_return(b.h.server, call, NULL, 1), COVEY_E_INVALID);
  CHECK_IS(covey_call_return(b.h.server, call, "1", 0), COVEY_E_INVALID);
  CHECK_IS(covey_call_fail(b.h.server, call, 1, "\xff"), COVEY_E_INVALID);
  CHECK_IS(covey_call_return(b.h.server, call, "1", 1), COVEY_OK);
  CHECK(hears(&c, RESULT("1", "1")));
  close_with(&b, &c);
}

static void a_result_has_a_size_and_a_depth(void) {
  enum { MANY = 2 << 20 };
  boards b;
  client c;
  char deep[132], *large = malloc(MANY);
  covey_call_id call = open_call(&b, &c);
  memset(large, 'x', MANY);
  large[0] = large[MANY - 1] = '"';
  CHECK_IS(covey_call_return(b.h.server, call, large, MANY), COVEY_E_TOO_LARGE);
  CHECK_IS(covey_call_return(b.h.server, call, large, SIZE_MAX),
           COVEY_E_TOO_LARGE);
  memset(deep, '[', 65);
  memset(deep + 65, ']', 65);
  CHECK_IS(covey_call_return(b.h.server, call, deep, 130), COVEY_E_TOO_LARGE);
  CHECK_IS(covey_call_return(b.h.server, call, deep + 1, 128), COVEY_OK);
  frame next;
  CHECK(client_receive(&c, &next) &&
        memmem(next.data, next.size, deep + 1, 128) != NULL);
  free(large);
  close_with(&b, &c);
}

static void an_error_has_a_code_and_a_message(void) {
  static char message[4098];
  boards b;
  client c;
  covey_call_id call = open_call(&b, &c);
  CHECK_IS(covey_call_fail(b.h.server, call, 409, "taken: \"\xc3\xa9\"\n"),
           COVEY_OK);
  CHECK(hears(&c, ACTION_ERROR("1", "409") "taken: \\'\xc3\xa9\\'\\u000a'}}"));
  call = call_again(&b, &c, CALL("2"));
  CHECK_IS(covey_call_fail(b.h.server, call, INT32_MIN, NULL), COVEY_OK);
  CHECK(hears(&c, ACTION_ERROR("2", "-2147483648") "'}}"));
  call = call_again(&b, &c, CALL("3"));
  memset(message, 'm', 4095);
  memcpy(message + 4095, "\xc3\xa9", 3);
  CHECK_IS(covey_call_fail(b.h.server, call, 0, message), COVEY_OK);
  frame next; /* cut at a character */
  CHECK(client_receive(&c, &next) && next.size < 4095 + 100 &&
        memmem(next.data, next.size, message, 4095) != NULL &&
        memmem(next.data, next.size, "m\"}}", 4) != NULL);
  CHECK_IS(boards_statistics(&b).calls_failed, 3);
  CHECK_IS(atomic_load(&b.h.disconnects), 0);
  close_with(&b, &c);
}

static void a_call_that_is_dropped_is_500(void) {
  boards b;
  client c;
  covey_call_id call = open_call(&b, &c);
  CHECK_IS(covey_call_drop(b.h.server, call), COVEY_OK);
  CHECK(hears_start(&c, ACTION_ERROR("1", "500")));
  CHECK_IS(covey_call_drop(b.h.server, call), COVEY_E_GONE);
  close_with(&b, &c);
}

static void a_call_is_answered_once(void) {
  boards b;
  client c;
  covey_call_id call = open_call(&b, &c);
  covey_server *server = b.h.server;
  CHECK_IS(covey_call_return(server, call, "1", 1), COVEY_OK);
  CHECK_IS(covey_call_return(server, call, "2", 1), COVEY_E_GONE);
  CHECK_IS(covey_call_fail(server, call, 1, NULL), COVEY_E_GONE);
  CHECK_IS(covey_call_drop(server, call), COVEY_E_GONE);
  CHECK_IS(covey_write_accept(server, call, NULL, NULL, 0, NULL), COVEY_E_GONE);
  CHECK(hears(&c, RESULT("1", "1")));
  CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  close_with(&b, &c);
}

static void a_call_whose_client_is_gone_is_gone(void) {
  boards b;
  client c;
  covey_call_id call = open_call(&b, &c);
  host_disconnect(&b.h, &c);
  CHECK_IS(covey_call_return(b.h.server, call, "1", 1), COVEY_E_GONE);
  CHECK_IS(boards_statistics(&b).calls_open, 0);
  boards_close(&b);
}

static void ids_of_calls_are_echoed_digit_for_digit(void) {
  static const char *const ids[] = {"1795247640458000001",
                                    "9007199254740993",
                                    "123456789012345678901234567890123456789",
                                    "-1",
                                    "1.50",
                                    "1E2",
                                    "'a\\u0062'",
                                    "null"};
  boards b;
  client c;
  char call[128], answer[128];
  open_at(&b, &c, "/boards/1/", NULL);
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
    snprintf(call, sizeof call, "{'callId':%s,'action':'act','params':[]}",
             ids[i]);
    snprintf(answer, sizeof answer,
             "{'type':'actionResponse','callId':%s,'result':%zu}", ids[i], i);
    covey_call_id id = call_again(&b, &c, call);
    char digit = (char)('0' + i);
    CHECK_IS(covey_call_return(b.h.server, id, &digit, 1), COVEY_OK);
    CHECK(hears(&c, answer));
  }
  close_with(&b, &c);
}

static void an_id_that_is_open_twice_is_answered_twice(void) {
  boards b;
  client c;
  covey_call_id first = open_call(&b, &c),
                second = call_again(&b, &c, CALL("1"));
  CHECK(first != second);
  CHECK_IS(covey_call_return(b.h.server, second, "2", 1), COVEY_OK);
  CHECK_IS(covey_call_return(b.h.server, first, "1", 1), COVEY_OK);
  CHECK(hears(&c, RESULT("1", "2")));
  CHECK(hears(&c, RESULT("1", "1")));
  close_with(&b, &c);
}

/* ----------------------------------------------------------- the order -- */

static void do_everything(boards *self, covey_consumer_id consumer,
                          covey_call_id call, const char *parameters,
                          size_t size) {
  covey_server *server = self->h.server;
  (void)parameters, (void)size;
  boards_merge(self, self->board, "{'id':1,'title':'uno'}");
  CHECK_IS(covey_variable_set(server, consumer, "v", "1", 1), COVEY_OK);
  CHECK_IS(covey_anchor_append(server, consumer, "3"), COVEY_OK);
  CHECK_IS(covey_call_return(server, call, "true", 4), COVEY_OK);
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_TEXT, "sent", 4),
           COVEY_OK);
  boards_merge(self, self->board, "{'id':2,'title':'duo'}");
}

static void direct_effects_precede_the_answer_and_changes_follow_it(void) {
  boards b;
  client c;
  open_at(&b, &c, "/boards/", NULL);
  b.on_action = do_everything;
  CHECK(says(&c, CALL("1")));
  CHECK(hears(&c, "{'type':'runtimeVar','var':'v','runtimeVar':'v',"
                  "'value':1}"));
  frame next; /* what was changed before the list was, and the list */
  for (int i = 0; i < 3; i++)
    CHECK(client_receive(&c, &next) && next.data[0] == '[');
  CHECK(hears(&c, RESULT("1", "true")));
  CHECK(hears(&c, "sent"));
  CHECK(hears(&c, ROWS(UPDATED("Board", "'id':2,'title':'duo'"))));
  close_with(&b, &c);
}

static void change_and_return(boards *self, covey_consumer_id consumer,
                              covey_call_id call, const char *parameters,
                              size_t size) {
  (void)consumer, (void)parameters, (void)size;
  boards_merge(self, self->board, "{'id':1,'title':'uno'}");
  CHECK_IS(covey_call_return(self->h.server, call, NULL, 0), COVEY_OK);
}

static void an_answer_precedes_what_the_call_changed(void) {
  boards b;
  client c;
  open_at(&b, &c, "/boards/1/", NULL);
  b.on_action = change_and_return;
  CHECK(says(&c, CALL("1")));
  CHECK(hears(&c, RESULT("1", "null")));
  CHECK(hears(&c, ROWS(UPDATED("Board", "'id':1,'title':'uno'"))));
  close_with(&b, &c);
}

/* ------------------------------------------------------- other threads -- */

struct errand {
  covey_server *server;
  covey_call_id call;
  atomic_int answered;
};

static void return_elsewhere(void *argument) {
  struct errand *errand = argument;
  CHECK_IS(covey_call_return(errand->server, errand->call, "x", 1),
           COVEY_E_INVALID);
  CHECK_IS(covey_call_return(errand->server, errand->call, "'", SIZE_MAX),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_call_return(errand->server, errand->call, "\"far\"", 5),
           COVEY_OK);
  CHECK_IS(covey_call_fail(errand->server, errand->call, 1, NULL),
           COVEY_E_GONE);
  CHECK_IS(covey_call_drop(errand->server, 0), COVEY_E_GONE);
}

static void another_thread_may_answer(void) {
  boards b;
  client c;
  struct errand errand = {NULL, open_call(&b, &c), 0};
  errand.server = b.h.server;
  check_elsewhere(return_elsewhere, &errand);
  CHECK(hears(&c, RESULT("1", "'far'")));
  CHECK_IS(covey_call_return(b.h.server, errand.call, "1", 1), COVEY_E_GONE);
  close_with(&b, &c);
}

static void *race(void *argument) {
  struct errand *errand = argument;
  covey_status status = covey_call_return(errand->server, errand->call, "1", 1);
  CHECK(status == COVEY_OK || status == COVEY_E_GONE);
  atomic_fetch_add(&errand->answered, status == COVEY_OK);
  return NULL;
}

static void of_many_threads_one_answers(void) {
  enum { RACERS = 8, ROUNDS = 50 };
  boards b;
  client c;
  pthread_t threads[RACERS];
  open_at(&b, &c, "/boards/1/", NULL);
  for (int round = 0; round < ROUNDS; round++) {
    struct errand errand = {b.h.server, call_again(&b, &c, CALL("1")), 0};
    for (int i = 0; i < RACERS; i++)
      CHECK_IS(pthread_create(&threads[i], NULL, race, &errand), 0);
    for (int i = 0; i < RACERS; i++)
      CHECK_IS(pthread_join(threads[i], NULL), 0);
    CHECK_IS(atomic_load(&errand.answered), 1);
    CHECK(hears(&c, RESULT("1", "1")));
  }
  CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  close_with(&b, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_result_may_be_any_json),
      TEST(what_is_no_json_leaves_the_call_open),
      TEST(a_result_has_a_size_and_a_depth),
      TEST(an_error_has_a_code_and_a_message),
      TEST(a_call_that_is_dropped_is_500),
      TEST(a_call_is_answered_once),
      TEST(a_call_whose_client_is_gone_is_gone),
      TEST(ids_of_calls_are_echoed_digit_for_digit),
      TEST(an_id_that_is_open_twice_is_answered_twice),
      TEST(direct_effects_precede_the_answer_and_changes_follow_it),
      TEST(an_answer_precedes_what_the_call_changed),
      TEST(another_thread_may_answer),
      TEST(of_many_threads_one_answers),
  };
  return CHECK_MAIN(argc, argv, tests);
}
