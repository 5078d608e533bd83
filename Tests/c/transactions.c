/*
 * transactions.c - changes that are made together, or not at all.
 */
#include "boards.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static covey_transaction *begin(boards *b) {
  covey_transaction *transaction = NULL;
  if (!CHECK_IS(covey_transaction_begin(b->h.server, &transaction), COVEY_OK))
    exit(1);
  CHECK(transaction != NULL);
  return transaction;
}

/* What a put answers; ' stands for ". */
static covey_status add(covey_transaction *transaction, covey_model_id model,
                        const char *json, uint32_t flags) {
  char text[256];
  covey_error error = COVEY_ERROR_INIT;
  snprintf(text, sizeof text, "%s", json);
  for (char *byte = text; *byte != '\0'; byte++)
    if (*byte == '\'')
      *byte = '"';
  covey_status status = covey_transaction_put(transaction, model, text,
                                              strlen(text), flags, &error);
  CHECK_IS(error.status, status);
  return status;
}

static void add_all(boards *b, covey_transaction *transaction) {
  CHECK_IS(add(transaction, b->board, "{'id':1,'title':'uno'}", 0), COVEY_OK);
  CHECK_IS(add(transaction, b->card, "{'id':1,'board':1,'text':'a'}", 0),
           COVEY_OK);
  CHECK_IS(add(transaction, b->card, "{'id':1,'text':'b'}", COVEY_PUT_MERGE),
           COVEY_OK);
  CHECK_IS(add(transaction, b->card, "{'id':2,'board':1,'text':'c'}", 0),
           COVEY_OK);
  CHECK_IS(covey_transaction_delete(transaction, b->card, "2", NULL), COVEY_OK);
  CHECK_IS(covey_transaction_delete(transaction, b->card, "99", NULL),
           COVEY_OK);
}

/* -------------------------------------------------------------- commit -- */

struct told {
  int count;
  uint64_t versions[8];
};

static void on_change(covey_server *server, covey_model_id model,
                      const char *id, const char *json, size_t size,
                      uint64_t version, void *user) {
  struct told *told = user;
  (void)server, (void)model, (void)id, (void)json, (void)size;
  if (told->count < 8)
    told->versions[told->count] = version;
  told->count++;
}

static void a_commit_makes_all_with_one_version(void) {
  boards b;
  client c;
  struct told told = {0, {0}};
  if (!boards_open(&b))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/boards/1/", "+ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK_IS(covey_store_set_on_change(b.h.server, on_change, &told, NULL),
           COVEY_OK);
  covey_transaction *transaction = begin(&b);
  add_all(&b, transaction);
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[]}"));
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
  CHECK(
      boards_has(&b, b.card, "1", "{'id':1,'board':1,'text':'b','who':null}"));
  CHECK(boards_has(&b, b.card, "2", NULL));
  CHECK(hears(
      &c, ROWS(OWN_CREATED("Card", "'id':1,'board':1,'text':'b','who':null"),
               OWN_UPDATED("Board", "'id':1,'title':'uno','cards':[1]"))));
  for (int i = 1; i < told.count && i < 8; i++)
    CHECK(told.versions[i] == told.versions[0]);
  CHECK(told.count >= 2);
  client_drop(&c, false);
  boards_close(&b);
}

static void a_commit_makes_all_or_nothing(void) {
  boards b;
  covey_error error = COVEY_ERROR_INIT;
  if (!boards_open(&b))
    return;
  covey_transaction *transaction = begin(&b);
  add_all(&b, transaction);
  CHECK_IS(add(transaction, b.card, "{'id':5,'text':'x'}", COVEY_PUT_MERGE),
           COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, &error), COVEY_E_INVALID);
  CHECK(strstr(error.message, "board") != NULL);
  CHECK_IS(boards_statistics(&b).instances, 0);
  boards_close(&b);
}

static void a_merge_sees_what_came_before_it(void) {
  boards b;
  if (!boards_open(&b))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  covey_transaction *transaction = begin(&b);
  CHECK_IS(covey_transaction_delete(transaction, b.board, "1", NULL), COVEY_OK);
  CHECK_IS(add(transaction, b.board, "{'id':1}", COVEY_PUT_MERGE), COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_E_INVALID);
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[]}"));
  transaction = begin(&b);
  CHECK_IS(add(transaction, b.board, "{'id':2,'title':'two'}", 0), COVEY_OK);
  CHECK_IS(add(transaction, b.board, "{'id':2}", COVEY_PUT_MERGE), COVEY_OK);
  CHECK_IS(covey_transaction_delete(transaction, b.board, "1", NULL), COVEY_OK);
  CHECK_IS(
      add(transaction, b.board, "{'id':1,'title':'anew'}", COVEY_PUT_MERGE),
      COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'anew','cards':[]}"));
  CHECK(boards_has(&b, b.board, "2", "{'id':2,'title':'two','cards':[]}"));
  boards_close(&b);
}

static void what_cannot_be_added_leaves_the_rest(void) {
  static const char *const bad[] = {"",
                                    "{",
                                    "[]",
                                    "{'id':1}",
                                    "{'id':'x','title':'a'}",
                                    "{'id':1,'title':'a','no':1}"};
  boards b;
  covey_error error = COVEY_ERROR_INIT;
  if (!boards_open(&b))
    return;
  covey_transaction *transaction = begin(&b);
  CHECK_IS(add(transaction, b.board, "{'id':1,'title':'one'}", 0), COVEY_OK);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    CHECK_IS(add(transaction, b.board, bad[i], 0), COVEY_E_INVALID);
  }
  check_note(NULL);
  CHECK_IS(add(transaction, 0, "{'id':1,'title':'a'}", 0), COVEY_E_INVALID);
  CHECK_IS(add(transaction, 99, "{'id':1,'title':'a'}", 0), COVEY_E_INVALID);
  CHECK_IS(add(transaction, b.board, "{'id':1,'title':'a'}", 2),
           COVEY_E_INVALID);
  CHECK_IS(covey_transaction_put(transaction, b.board, NULL, 1, 0, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_transaction_put(transaction, b.board, "{}", SIZE_MAX, 0, NULL),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_transaction_delete(transaction, b.board, "x", &error),
           COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  CHECK_IS(covey_transaction_delete(transaction, b.board, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_transaction_delete(transaction, 0, "1", NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[]}"));
  boards_close(&b);
}

static void an_aborted_or_empty_one_changes_nothing(void) {
  boards b;
  struct told told = {0, {0}};
  if (!boards_open(&b))
    return;
  CHECK_IS(covey_store_set_on_change(b.h.server, on_change, &told, NULL),
           COVEY_OK);
  covey_transaction *transaction = begin(&b), *empty = begin(&b);
  add_all(&b, transaction);
  CHECK_IS(covey_transaction_abort(transaction), COVEY_OK);
  CHECK_IS(covey_transaction_commit(empty, NULL), COVEY_OK);
  host_turn(&b.h);
  CHECK_IS(boards_statistics(&b).instances, 0);
  CHECK_IS(told.count, 0);
  boards_close(&b);
}

static void nulls_are_invalid(void) {
  boards b;
  covey_error error = COVEY_ERROR_INIT;
  if (!boards_open(&b))
    return;
  CHECK_IS(covey_transaction_begin(b.h.server, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_transaction_begin(NULL, &(covey_transaction *){NULL}),
           COVEY_E_INVALID);
  CHECK_IS(covey_transaction_put(NULL, b.board, "{}", 2, 0, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_transaction_delete(NULL, b.board, "1", NULL), COVEY_E_INVALID);
  CHECK_IS(covey_transaction_commit(NULL, &error), COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  CHECK_IS(covey_transaction_abort(NULL), COVEY_E_INVALID);
  boards_close(&b);
}

static void a_transaction_has_a_size(void) {
  boards b;
  covey_status status = COVEY_OK;
  int added = 0;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.mailbox_bytes_max = 4096;
  boards_prepare(&b);
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  covey_transaction *transaction = begin(&b);
  while (status == COVEY_OK && added++ < 1000)
    status = covey_transaction_delete(transaction, b.board, "1", NULL);
  CHECK_IS(status, COVEY_E_FULL);
  CHECK(added > 4);
  CHECK_IS(add(transaction, b.board, "{'id':1,'title':'one'}", 0),
           COVEY_E_FULL);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
  boards_close(&b);
}

static void a_full_store_takes_none_of_it(void) {
  boards b;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.store_bytes_max = 2048;
  boards_prepare(&b);
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  covey_transaction *transaction = begin(&b);
  for (int i = 1; i <= 60; i++) {
    char json[64];
    snprintf(json, sizeof json, "{'id':%d,'title':'%030d'}", i, 0);
    CHECK_IS(add(transaction, b.board, json, 0), COVEY_OK);
  }
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_E_FULL);
  CHECK_IS(boards_statistics(&b).instances, 0);
  boards_close(&b);
}

static void it_may_begin_before_the_server_listens(void) {
  boards b;
  boards_prepare(&b);
  if (!boards_make(&b, NULL))
    return;
  covey_transaction *transaction = begin(&b);
  add_all(&b, transaction);
  CHECK(host_listen(&b.h));
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
  CHECK_IS(boards_statistics(&b).instances, 2);
  boards_close(&b);
}

static void once_stopped_nothing_is_committed(void) {
  boards b;
  if (!boards_open(&b))
    return;
  covey_transaction *first = begin(&b), *second = begin(&b);
  add_all(&b, first);
  add_all(&b, second);
  CHECK_IS(covey_server_stop(b.h.server, 0), COVEY_OK);
  while (covey_server_service(b.h.server, 100) == COVEY_OK)
    continue;
  CHECK_IS(covey_transaction_commit(first, NULL), COVEY_E_STOPPED);
  CHECK_IS(covey_transaction_abort(second), COVEY_OK);
  boards_close(&b);
}

/* ------------------------------------------------------- other threads -- */

static void commit_elsewhere(void *argument) {
  boards *b = argument;
  covey_transaction *transaction = begin(b);
  add_all(b, transaction);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
}

static void another_thread_may_commit(void) {
  boards b;
  if (!boards_open(&b))
    return;
  check_elsewhere(commit_elsewhere, &b);
  CHECK_IS(boards_statistics(&b).instances, 0);
  AWAIT(&b.h, boards_statistics(&b).instances == 2);
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'uno','cards':[1]}"));
  boards_close(&b);
}

struct handed {
  boards *b;
  covey_transaction *transaction;
};

static void commit_what_was_handed(void *argument) {
  struct handed *handed = argument;
  CHECK_IS(
      add(handed->transaction, handed->b->board, "{'id':2,'title':'two'}", 0),
      COVEY_OK);
  CHECK_IS(covey_transaction_commit(handed->transaction, NULL), COVEY_OK);
}

static void a_transaction_may_go_from_thread_to_thread(void) {
  boards b;
  if (!boards_open(&b))
    return;
  struct handed handed = {&b, begin(&b)};
  CHECK_IS(add(handed.transaction, b.board, "{'id':1,'title':'one'}", 0),
           COVEY_OK);
  check_elsewhere(commit_what_was_handed, &handed);
  AWAIT(&b.h, boards_statistics(&b).instances == 2);
  boards_close(&b);
}

static void *commit_pairs(void *argument) {
  boards *b = argument;
  for (int i = 0; i < 100; i++) {
    covey_transaction *transaction = begin(b);
    char json[64];
    for (int id = 1; id <= 2; id++) {
      snprintf(json, sizeof json, "{'id':%d,'board':1,'text':'%d'}", id, i);
      CHECK_IS(add(transaction, b->card, json, 0), COVEY_OK);
    }
    CHECK_IS(i % 3 == 0 ? covey_transaction_abort(transaction)
                        : covey_transaction_commit(transaction, NULL),
             COVEY_OK);
  }
  return NULL;
}

/* A card's text, as far as a getter gives it. */
static void text_of(boards *b, const char *id, char text[32]) {
  const char *json = NULL;
  text[0] = '\0';
  if (covey_store_get(b->h.server, b->card, id, &json, NULL) == COVEY_OK)
    (void)sscanf(json, "{\"id\":%*d,\"board\":1,\"text\":\"%31[0-9]", text);
}

static void what_is_committed_together_is_seen_together(void) {
  enum { THREADS = 4 };
  boards b;
  pthread_t threads[THREADS];
  char first[32], second[32] = "";
  if (!boards_open(&b))
    return;
  for (int i = 0; i < THREADS; i++)
    CHECK_IS(pthread_create(&threads[i], NULL, commit_pairs, &b), 0);
  for (int i = 0; i < THREADS; i++)
    CHECK_IS(pthread_join(threads[i], NULL), 0);
  do {
    host_turn(&b.h);
    text_of(&b, "1", first);
    text_of(&b, "2", second);
  } while (CHECK_TEXT(first, second) && strcmp(first, "98") != 0);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_commit_makes_all_with_one_version),
      TEST(a_commit_makes_all_or_nothing),
      TEST(a_merge_sees_what_came_before_it),
      TEST(what_cannot_be_added_leaves_the_rest),
      TEST(an_aborted_or_empty_one_changes_nothing),
      TEST(nulls_are_invalid),
      TEST(a_transaction_has_a_size),
      TEST(a_full_store_takes_none_of_it),
      TEST(it_may_begin_before_the_server_listens),
      TEST(once_stopped_nothing_is_committed),
      TEST(another_thread_may_commit),
      TEST(a_transaction_may_go_from_thread_to_thread),
      TEST(what_is_committed_together_is_seen_together),
  };
  return CHECK_MAIN(argc, argv, tests);
}
