/*
 * loads.c - anchors that the store does not hold are asked for, once.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

static bool open_with(boards *b, const covey_server_options *options) {
  boards_prepare(b);
  b->has_loader = true;
  return boards_make(b, options) && host_listen(&b->h);
}

/* A client that waits for board 7, once it was asked for. */
static covey_consumer_id wait_for_seven(boards *b, client *c,
                                        const char *token) {
  covey_consumer_id consumer = boards_enter(b, c, "/boards/7/", token);
  AWAIT(&b->h, atomic_load(&b->loads) == 1);
  CHECK_TEXT(b->text, "7");
  return consumer;
}

/* Adds to a transaction; ' stands for ". */
static void add(covey_transaction *transaction, covey_model_id model,
                const char *json) {
  char text[128];
  snprintf(text, sizeof text, "%s", json);
  for (char *byte = text; *byte != '\0'; byte++)
    if (*byte == '\'')
      *byte = '"';
  CHECK_IS(
      covey_transaction_put(transaction, model, text, strlen(text), 0, NULL),
      COVEY_OK);
}

/* Board 7 and its card. */
static covey_transaction *begin_seven(boards *b) {
  covey_transaction *transaction = NULL;
  CHECK_IS(covey_load_begin(b->h.server, atomic_load(&b->load), &transaction),
           COVEY_OK);
  add(transaction, b->card, "{'id':1,'board':7,'text':'a'}");
  add(transaction, b->board, "{'id':7,'title':'seven'}");
  return transaction;
}

static void answer(void *argument) {
  CHECK_IS(covey_transaction_commit(begin_seven(argument), NULL), COVEY_OK);
}

#define SEVEN                                                                  \
  ROWS(ANCHOR("Board", "'id':7,'title':'seven','cards':[1]"),                  \
       FIRST("Card", "'id':1,'board':7,'text':'a','who':null"))

static void close_with(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

/* ------------------------------------------------------------- answers -- */

static void many_who_wait_share_one_load(void) {
  boards b;
  client c[3];
  if (!open_with(&b, NULL))
    return;
  wait_for_seven(&b, &c[0], "ada");
  for (int i = 1; i < 3; i++)
    CHECK(boards_enter(&b, &c[i], "/boards/7/", "grace") != 0);
  CHECK(boards_has(&b, b.board, "7", NULL));
  answer(&b);
  for (int i = 0; i < 3; i++) {
    CHECK(hears(&c[i], ANCHORS("7")));
    CHECK(hears(&c[i], SEVEN));
    CHECK(hears(&c[i], END_OF_SNAPSHOT));
    client_drop(&c[i], false);
  }
  CHECK_IS(atomic_load(&b.loads), 1);
  CHECK_IS(boards_statistics(&b).loads_failed, 0);
  boards_close(&b);
}

static void answer_at_once(boards *self, covey_load_id load, const char *id) {
  CHECK_TEXT(id, "7");
  atomic_store(&self->load, load);
  answer(self);
}

static void a_load_may_be_answered_inside_its_handler(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  b.on_load = answer_at_once;
  CHECK(boards_enter(&b, &c, "/boards/7/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("7")));
  CHECK(hears(&c, SEVEN));
  close_with(&b, &c);
}

static void a_load_may_be_answered_from_another_thread(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  wait_for_seven(&b, &c, "ada");
  check_elsewhere(answer, &b);
  CHECK(hears(&c, ANCHORS("7")));
  CHECK(hears(&c, SEVEN));
  close_with(&b, &c);
}

static void what_is_there_is_not_loaded(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':7,'title':'here'}");
  CHECK(boards_enter(&b, &c, "/boards/7/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK_IS(atomic_load(&b.loads), 0);
  close_with(&b, &c);
}

/* How a load can come to nothing. */
static void find_nothing(void *argument) {
  boards *b = argument;
  covey_transaction *transaction = NULL;
  CHECK_IS(covey_load_begin(b->h.server, atomic_load(&b->load), &transaction),
           COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
}

static void say_not_found(void *argument) {
  boards *b = argument;
  CHECK_IS(
      covey_load_fail(b->h.server, atomic_load(&b->load), COVEY_E_NOT_FOUND),
      COVEY_OK);
}

static void say_failed(void *argument) {
  boards *b = argument;
  CHECK_IS(covey_load_fail(b->h.server, atomic_load(&b->load), COVEY_E_SYSTEM),
           COVEY_OK);
}

static void abort_it(void *argument) {
  CHECK_IS(covey_transaction_abort(begin_seven(argument)), COVEY_OK);
}

static void commit_what_cannot_be(void *argument) {
  boards *b = argument;
  covey_transaction *transaction = begin_seven(b);
  CHECK_IS(covey_transaction_put(transaction, b->card, "{\"id\":9}", 8,
                                 COVEY_PUT_MERGE, NULL),
           COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_E_INVALID);
}

static void commit_it_elsewhere(void *argument) {
  boards *b = argument;
  covey_transaction *transaction = begin_seven(b);
  CHECK_IS(covey_transaction_put(transaction, b->card, "{\"id\":9}", 8,
                                 COVEY_PUT_MERGE, NULL),
           COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
}

struct failure {
  void (*fail)(void *boards);
  bool is_elsewhere;
  bool is_found_out; /* 404, else 500 */
};

static void a_load_may_come_to_nothing(void) {
  static const struct failure failures[] = {
      {find_nothing, false, true},
      {find_nothing, true, true},
      {say_not_found, false, true},
      {say_not_found, true, true},
      {say_failed, false, false},
      {say_failed, true, false},
      {abort_it, false, false},
      {abort_it, true, false},
      {commit_what_cannot_be, false, false},
      {commit_it_elsewhere, true, false}};
  for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
    boards b;
    client c;
    if (!open_with(&b, NULL))
      return;
    wait_for_seven(&b, &c, "ada");
    if (failures[i].is_elsewhere)
      check_elsewhere(failures[i].fail, &b);
    else
      failures[i].fail(&b);
    if (failures[i].is_found_out) {
      CHECK(hears(&c, ANCHORS("7")));
      CHECK(hears(&c, KEPT_OUT("404", "error/not-found")));
    } else {
      CHECK(hears(&c, KEPT_OUT("500", "error/load-failed")));
    }
    CHECK_IS(client_is_closed(&c), 1000);
    CHECK_IS(boards_statistics(&b).loads_failed, !failures[i].is_found_out);
    CHECK_IS(boards_statistics(&b).instances, 0);
    close_with(&b, &c);
  }
}

static void a_load_is_answered_once(void) {
  boards b;
  client c;
  covey_transaction *first = NULL, *second = NULL;
  if (!open_with(&b, NULL))
    return;
  wait_for_seven(&b, &c, "ada");
  first = begin_seven(&b);
  second = begin_seven(&b);
  add(second, b.card, "{'id':2,'board':7,'text':'b'}");
  CHECK_IS(covey_transaction_commit(first, NULL), COVEY_OK);
  CHECK_IS(covey_transaction_commit(second, NULL), COVEY_E_GONE);
  CHECK_IS(covey_load_begin(b.h.server, atomic_load(&b.load), &second),
           COVEY_E_GONE);
  CHECK_IS(covey_load_fail(b.h.server, atomic_load(&b.load), COVEY_E_SYSTEM),
           COVEY_E_GONE);
  CHECK(hears(&c, ANCHORS("7")));
  CHECK(hears(&c, SEVEN));
  close_with(&b, &c);
}

static void an_unanswered_load_has_failed_in_time(void) {
  boards b;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.authentication_timeout_ms = 700 + (uint32_t)check_ms(300);
  if (!open_with(&b, &options))
    return;
  wait_for_seven(&b, &c, "ada");
  covey_transaction *transaction = begin_seven(&b);
  CHECK(hears(&c, KEPT_OUT("500", "error/load-failed")));
  CHECK_IS(client_is_closed(&c), 1000);
  AWAIT(&b.h, boards_statistics(&b).loads_failed == 1);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_E_GONE);
  CHECK(boards_has(&b, b.board, "7", NULL));
  client_drop(&c, false);

  /* Who comes now asks anew. */
  covey_load_id former = atomic_load(&b.load);
  CHECK(boards_enter(&b, &c, "/boards/7/", "ada") != 0);
  AWAIT(&b.h, atomic_load(&b.loads) == 2);
  CHECK(atomic_load(&b.load) != former);
  close_with(&b, &c);
}

static void who_waits_may_go_away(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  wait_for_seven(&b, &c, "ada");
  host_disconnect(&b.h, &c);
  answer(&b);
  CHECK(boards_has(&b, b.board, "7", "{'id':7,'title':'seven','cards':[1]}"));
  boards_close(&b);
}

/* --------------------------------------------------------------- lists -- */

static void load_odd_ones(boards *self, covey_load_id load, const char *id) {
  covey_transaction *transaction = NULL;
  char json[64];
  if ((id[0] - '0') % 2 == 0) {
    CHECK_IS(covey_load_fail(self->h.server, load, COVEY_E_NOT_FOUND),
             COVEY_OK);
    return;
  }
  snprintf(json, sizeof json, "{'id':%s,'title':'t'}", id);
  CHECK_IS(covey_load_begin(self->h.server, load, &transaction), COVEY_OK);
  add(transaction, self->board, json);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
}

static void a_list_leaves_out_what_is_not_found(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  b.on_load = load_odd_ones;
  covey_consumer_id consumer = boards_enter(&b, &c, "/boards/", "+ada");
  CHECK(hears(&c, OWN_ANCHORS("1")));
  CHECK(skips_snapshot(&c));
  CHECK_IS(atomic_load(&b.loads), 2);
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "4"), COVEY_OK);
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "5"), COVEY_OK);
  CHECK(hears(&c, ROWS(OWN_FIRST("Board", "'id':5,'title':'t','cards':[]"))));
  CHECK_IS(atomic_load(&b.loads), 4);
  close_with(&b, &c);
}

static void edits_wait_for_loads_in_their_order(void) {
  static const char *const ids[] = {"1"};
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_put(&b, b.board, "{'id':2,'title':'two'}");
  covey_consumer_id consumer = boards_enter(&b, &c, "/boards/", "+ada");
  CHECK(skips_snapshot(&c));
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "7"), COVEY_OK);
  CHECK_IS(covey_anchor_remove(b.h.server, consumer, "7"), COVEY_OK);
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, ids, 1), COVEY_OK);
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "2"), COVEY_OK);
  CHECK(hears_nothing(&b, &c, consumer));
  answer(&b);
  size_t counts[3] = {9, 9, 9};
  AWAIT(&b.h,
        covey_anchor_count(b.h.server, b.board, "2", &counts[1]) == COVEY_OK &&
            counts[1] == 1);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "1", &counts[0]), COVEY_OK);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "7", &counts[2]), COVEY_OK);
  CHECK_IS(counts[0], 1);
  CHECK_IS(counts[2], 0);
  close_with(&b, &c);
}

static void at_most_1024_edits_wait_for_a_load(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_put(&b, b.board, "{'id':2,'title':'two'}");
  covey_consumer_id consumer = boards_enter(&b, &c, "/boards/", "+ada");
  CHECK(skips_snapshot(&c));
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "7"), COVEY_OK);
  for (int i = 1; i < 1024; i++)
    CHECK_IS(covey_anchor_remove(b.h.server, consumer, "1"), COVEY_OK);
  CHECK_IS(covey_anchor_clear(b.h.server, consumer), COVEY_E_FULL);
  host_turn(&b.h);
  answer(&b);
  CHECK_IS(covey_anchor_clear(b.h.server, consumer), COVEY_OK);
  close_with(&b, &c);
}

/* ------------------------------------------------------ what is loaded -- */

static void count_change(covey_server *server, covey_model_id model,
                         const char *id, const char *json, size_t size,
                         uint64_t version, void *user) {
  (void)server, (void)model, (void)id, (void)json, (void)size, (void)version;
  count_destroy(user);
}

static void what_was_loaded_goes_once_nobody_follows_it(void) {
  boards b;
  client c;
  atomic_int changes = 0;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.unfollowed_timeout_ms = 60;
  if (!open_with(&b, &options))
    return;
  CHECK_IS(covey_store_set_on_change(b.h.server, count_change, &changes, NULL),
           COVEY_OK);
  boards_put(&b, b.board, "{'id':3,'title':'three'}");
  wait_for_seven(&b, &c, "ada");
  covey_transaction *transaction = begin_seven(&b);
  add(transaction, b.card, "{'id':2,'board':7,'text':'kept'}");
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
  CHECK(skips_snapshot(&c));
  boards_put(&b, b.card, "{'id':2,'board':7,'text':'kept'}");
  CHECK_IS(boards_statistics(&b).instances, 4);
  host_disconnect(&b.h, &c);
  AWAIT(&b.h, boards_statistics(&b).instances == 2);
  CHECK(boards_has(&b, b.board, "7", NULL));
  CHECK(boards_has(&b, b.board, "3", "{'id':3,'title':'three','cards':[]}"));
  CHECK(boards_has(&b, b.card, "2",
                   "{'id':2,'board':7,'text':'kept','who':null}"));
  CHECK_IS(atomic_load(&changes), 1);
  AWAIT(&b.h, boards_statistics(&b).scopes == 0);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(many_who_wait_share_one_load),
      TEST(a_load_may_be_answered_inside_its_handler),
      TEST(a_load_may_be_answered_from_another_thread),
      TEST(what_is_there_is_not_loaded),
      TEST(a_load_may_come_to_nothing),
      TEST(a_load_is_answered_once),
      TEST(an_unanswered_load_has_failed_in_time),
      TEST(who_waits_may_go_away),
      TEST(a_list_leaves_out_what_is_not_found),
      TEST(edits_wait_for_loads_in_their_order),
      TEST(at_most_1024_edits_wait_for_a_load),
      TEST(what_was_loaded_goes_once_nobody_follows_it),
  };
  return CHECK_MAIN(argc, argv, tests);
}
