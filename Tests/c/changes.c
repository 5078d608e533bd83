/*
 * changes.c - who keeps the store elsewhere is told of every change, in order;
 * and changes that other threads make.
 */
#include "boards.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TOLD_MAX = 64 };

/* What on_change was told. */
struct told {
  boards *b;
  int count, destroyed;
  char text[TOLD_MAX][128]; /* "Card 1 {...}" or "Card 1 -" */
  uint64_t versions[TOLD_MAX];
};

static void on_change(covey_server *server, covey_model_id model,
                      const char *id, const char *json, size_t size,
                      uint64_t version, void *user) {
  struct told *told = user;
  CHECK(server == told->b->h.server);
  CHECK(json == NULL ? size == 0 : strlen(json) == size);
  const char *now = NULL;
  covey_status status = covey_store_get(server, model, id, &now, NULL);
  CHECK(status == COVEY_OK || status == COVEY_E_NOT_FOUND);
  if (told->count < TOLD_MAX) {
    snprintf(told->text[told->count], sizeof told->text[0], "%s %s %s",
             model == told->b->board ? "Board" : "Card", id,
             json == NULL ? "-" : json);
    told->versions[told->count] = version;
  }
  told->count++;
}

static void on_destroy(void *user) {
  struct told *told = user;
  told->destroyed++;
}

static bool open_told(boards *b, struct told *told) {
  memset(told, 0, sizeof *told);
  told->b = b;
  if (!boards_open(b))
    return false;
  CHECK_IS(covey_store_set_on_change(b->h.server, on_change, told, on_destroy),
           COVEY_OK);
  return true;
}

/* Drives the loop, and checks that exactly these were told. */
static void check_told(struct told *told, const char *const *expected,
                       int count) {
  AWAIT(&told->b->h, told->count >= count);
  host_turn(&told->b->h);
  CHECK_IS(told->count, count);
  for (int i = 0; i < count && i < TOLD_MAX; i++) {
    char text[128];
    snprintf(text, sizeof text, "%s", expected[i]);
    for (char *byte = text; *byte != '\0'; byte++)
      if (*byte == '\'')
        *byte = '"';
    CHECK_TEXT(told->text[i], text);
    if (i > 0)
      CHECK(told->versions[i] >= told->versions[i - 1]);
  }
}

static void changes_are_told_in_their_order(void) {
  static const char *const expected[] = {
      "Board 1 {'id':1,'title':'one','cards':[]}",
      "Card 1 {'id':1,'board':0,'text':'a','who':null}",
      "Card 1 {'id':1,'board':0,'text':'b','who':null}", "Card 1 -",
      "Board 1 -"};
  boards b;
  struct told told;
  struct timespec now;
  if (!open_told(&b, &told))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_put(&b, b.board, "{'title':'one','id':1}"); /* no change */
  boards_put(&b, b.card, "{'id':1,'board':0,'text':'a'}");
  boards_merge(&b, b.card, "{'id':1,'text':'a'}"); /* nor this */
  boards_merge(&b, b.card, "{'id':1,'text':'b'}");
  boards_delete(&b, b.card, "1");
  boards_delete(&b, b.board, "1");
  check_told(&told, expected, 5);
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t microseconds =
      (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
  CHECK(told.versions[0] > microseconds - 60000000);
  CHECK(told.versions[4] <= microseconds + 1000);
  for (int i = 1; i < 5; i++)
    CHECK(told.versions[i - 1] < told.versions[i]);
  boards_close(&b);
  CHECK_IS(told.destroyed, 1);
}

/* Whether one of two that were told, in either order, is this. */
static bool is_told(const struct told *told, int first, const char *text) {
  return strcmp(told->text[first], text) == 0 ||
         strcmp(told->text[first + 1], text) == 0;
}

static void a_list_that_a_child_edits_is_told_with_the_child(void) {
  boards b;
  struct told told;
  if (!open_told(&b, &told))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_put(&b, b.card, "{'id':1,'board':1,'text':'a'}");
  boards_merge(&b, b.card, "{'id':1,'board':2}");
  AWAIT(&b.h, told.count == 5);
  CHECK(is_told(&told, 1,
                "Card 1 {\"id\":1,\"board\":1,\"text\":\"a\","
                "\"who\":null}"));
  CHECK(is_told(&told, 1,
                "Board 1 {\"id\":1,\"title\":\"one\","
                "\"cards\":[1]}"));
  CHECK(is_told(&told, 3,
                "Card 1 {\"id\":1,\"board\":2,\"text\":\"a\","
                "\"who\":null}"));
  CHECK(is_told(&told, 3,
                "Board 1 {\"id\":1,\"title\":\"one\","
                "\"cards\":[]}"));
  CHECK(told.versions[1] == told.versions[2]);
  CHECK(told.versions[3] == told.versions[4]);
  boards_close(&b);
}

static void change_within(covey_server *server, void *user) {
  struct told *told = user;
  (void)server;
  boards_put(told->b, told->b->board, "{'id':1,'title':'one'}");
  boards_put(told->b, told->b->board, "{'id':1,'title':'two'}");
  CHECK_IS(told->count, 0);
}

static void it_is_told_once_the_handler_has_returned(void) {
  static const char *const expected[] = {
      "Board 1 {'id':1,'title':'one','cards':[]}",
      "Board 1 {'id':1,'title':'two','cards':[]}"};
  boards b;
  struct told told;
  if (!open_told(&b, &told))
    return;
  CHECK_IS(covey_server_post(b.h.server, change_within, &told, NULL), COVEY_OK);
  check_told(&told, expected, 2);
  boards_close(&b);
}

static void another_may_be_told_or_nobody(void) {
  boards b;
  struct told told, other;
  if (!open_told(&b, &told))
    return;
  memset(&other, 0, sizeof other);
  other.b = &b;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  AWAIT(&b.h, told.count == 1);
  CHECK_IS(covey_store_set_on_change(b.h.server, on_change, &other, on_destroy),
           COVEY_OK);
  CHECK_IS(told.destroyed, 1);
  boards_put(&b, b.board, "{'id':1,'title':'two'}");
  AWAIT(&b.h, other.count == 1);
  CHECK_IS(covey_store_set_on_change(b.h.server, NULL, &told, on_destroy),
           COVEY_OK);
  CHECK_IS(other.destroyed, 1);
  boards_put(&b, b.board, "{'id':1,'title':'three'}");
  host_turn(&b.h);
  CHECK_IS(told.count, 1);
  CHECK_IS(other.count, 1);
  boards_close(&b);
  CHECK_IS(told.destroyed, 2);
  CHECK_IS(other.destroyed, 1);
}

static void writes_of_clients_are_told_too(void) {
  static const char *const expected[] = {
      "Board 1 {'id':1,'title':'one','cards':[]}",
      "Board 1 {'id':1,'title':'uno','cards':[]}"};
  boards b;
  client c;
  struct told told;
  if (!open_told(&b, &told))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK(says(&c, "{'type':'write','writeId':1,'operation':'save',"
                 "'instanceType':'Board','instanceId':1,"
                 "'data':{'title':'uno'}}"));
  check_told(&told, expected, 2);
  client_drop(&c, false);
  boards_close(&b);
}

static void change_from_on_change(covey_server *server, covey_model_id model,
                                  const char *id, const char *json, size_t size,
                                  uint64_t version, void *user) {
  struct told *told = user;
  if (told->count == 0)
    boards_put(told->b, told->b->board, "{'id':2,'title':'echo'}");
  on_change(server, model, id, json, size, version, user);
}

static void who_is_told_may_change_more(void) {
  static const char *const expected[] = {
      "Board 1 {'id':1,'title':'one','cards':[]}",
      "Board 2 {'id':2,'title':'echo','cards':[]}"};
  boards b;
  struct told told;
  if (!open_told(&b, &told))
    return;
  CHECK_IS(
      covey_store_set_on_change(b.h.server, change_from_on_change, &told, NULL),
      COVEY_OK);
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  check_told(&told, expected, 2);
  boards_close(&b);
}

/* ------------------------------------------------------- other threads -- */

static void change_elsewhere(void *argument) {
  boards *b = argument;
  covey_server *server = b->h.server;
  covey_error error = COVEY_ERROR_INIT;
  const char *json = NULL;
  const char *const *ids = NULL;
  size_t count = 0;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_merge(b, b->board, "{'id':1,'title':'two'}");
  boards_delete(b, b->board, "1");
  boards_put(b, b->board, "{'id':1,'title':'three'}");
  boards_delete(b, b->board, "99"); /* nobody knows yet that there is none */
  CHECK_IS(covey_store_put(server, b->board, "{\"id\":1}", 8, 0, &error),
           COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  CHECK_IS(covey_store_delete(server, b->board, "x", NULL), COVEY_E_INVALID);
  CHECK_IS(covey_store_get(server, b->board, "1", &json, NULL),
           COVEY_E_WRONG_THREAD);
  CHECK_IS(covey_store_count(server, b->board, &count), COVEY_E_WRONG_THREAD);
  CHECK_IS(covey_store_list(server, b->board, &ids, &count),
           COVEY_E_WRONG_THREAD);
  CHECK_IS(covey_store_set_on_change(server, NULL, NULL, NULL),
           COVEY_E_WRONG_THREAD);
  CHECK_IS(covey_anchor_count(server, b->board, "1", &count),
           COVEY_E_WRONG_THREAD);
}

static void changes_of_another_thread_are_made_in_its_order(void) {
  static const char *const expected[] = {
      "Board 1 {'id':1,'title':'one','cards':[]}",
      "Board 1 {'id':1,'title':'two','cards':[]}", "Board 1 -",
      "Board 1 {'id':1,'title':'three','cards':[]}"};
  boards b;
  struct told told;
  if (!open_told(&b, &told))
    return;
  check_elsewhere(change_elsewhere, &b);
  CHECK(boards_has(&b, b.board, "1", NULL)); /* not made yet */
  check_told(&told, expected, 4);
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'three','cards':[]}"));
  CHECK_IS(boards_statistics(&b).drops_store, 0);
  boards_close(&b);
}

static void merge_elsewhere(void *argument) {
  boards *b = argument;
  boards_merge(b, b->board, "{'id':5}"); /* lacks a title */
  boards_put(b, b->board, "{'id':6,'title':'six'}");
}

static void what_cannot_be_made_later_is_counted(void) {
  boards b;
  if (!boards_open(&b))
    return;
  check_elsewhere(merge_elsewhere, &b);
  AWAIT(&b.h, boards_statistics(&b).drops_store == 1);
  CHECK(boards_has(&b, b.board, "5", NULL));
  CHECK(boards_has(&b, b.board, "6", "{'id':6,'title':'six','cards':[]}"));
  boards_close(&b);
}

static void put_until_full(void *argument) {
  boards *b = argument;
  static const char json[] = "{\"id\":1,\"title\":\"x\"}";
  covey_status status = COVEY_OK;
  int taken = 0;
  while (status == COVEY_OK && taken++ < 1000)
    status =
        covey_store_put(b->h.server, b->board, json, sizeof json - 1, 0, NULL);
  CHECK_IS(status, COVEY_E_FULL);
  CHECK_IS(taken, 11);
  CHECK_IS(covey_store_delete(b->h.server, b->board, "1", NULL), COVEY_E_FULL);
}

static void a_full_mailbox_takes_no_changes(void) {
  boards b;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.mailbox_entries_max = 10;
  boards_prepare(&b);
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  check_elsewhere(put_until_full, &b);
  AWAIT(&b.h, boards_statistics(&b).instances == 1);
  CHECK_IS(boards_statistics(&b).drops_mailbox_full, 2);
  boards_close(&b);
}

static void *count_up(void *argument) {
  boards *b = argument;
  for (int i = 1; i <= 200; i++) {
    char json[64];
    int size = snprintf(json, sizeof json,
                        "{\"id\":%d,\"board\":1,\"text\":\"%d\"}", i, i);
    CHECK_IS(covey_store_put(b->h.server, b->card, json, (size_t)size, 0, NULL),
             COVEY_OK);
  }
  return NULL;
}

static void versions_only_go_up(void) {
  enum { THREADS = 4 };
  boards b;
  client c;
  pthread_t threads[THREADS];
  if (!boards_open(&b))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/boards/1/", "+ada") != 0);
  CHECK(skips_snapshot(&c));
  for (int i = 0; i < THREADS; i++)
    CHECK_IS(pthread_create(&threads[i], NULL, count_up, &b), 0);
  uint64_t former = 0;
  frame next;
  do {
    static const char key[] = "\"_tstamp\":";
    if (!CHECK(client_receive(&c, &next)))
      break;
    const char *at = memmem(next.data, next.size, key, sizeof key - 1);
    uint64_t version =
        at == NULL ? 0 : (uint64_t)(strtod(at + sizeof key - 1, NULL) * 1e6);
    if (version != 0)
      CHECK(version > former);
    former = version == 0 ? former : version;
  } while (memmem(next.data, next.size, "199,200]", 8) == NULL);
  for (int i = 0; i < THREADS; i++)
    CHECK_IS(pthread_join(threads[i], NULL), 0);
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(changes_are_told_in_their_order),
      TEST(a_list_that_a_child_edits_is_told_with_the_child),
      TEST(it_is_told_once_the_handler_has_returned),
      TEST(another_may_be_told_or_nobody),
      TEST(writes_of_clients_are_told_too),
      TEST(who_is_told_may_change_more),
      TEST(changes_of_another_thread_are_made_in_its_order),
      TEST(what_cannot_be_made_later_is_counted),
      TEST(a_full_mailbox_takes_no_changes),
      TEST(versions_only_go_up),
  };
  return CHECK_MAIN(argc, argv, tests);
}
