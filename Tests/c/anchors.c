/*
 * anchors.c - the list of anchors of a consumer, edited while it looks on.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

#define ROW_1 "'id':1,'title':'one','cards':[1]"
#define ROW_3 "'id':3,'title':'three','cards':[]"
#define ROW_4 "'id':4,'title':'four','cards':[]"
#define CARD "'id':1,'board':1,'text':'a','who':null"

static bool open_with(boards *b, const covey_server_options *options) {
  boards_prepare(b);
  if (!boards_make(b, options) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  boards_put(b, b->board, "{'id':3,'title':'three'}");
  boards_put(b, b->board, "{'id':4,'title':'four'}");
  boards_put(b, b->card, "{'id':1,'board':1,'text':'a'}");
  return true;
}

/* A client of a list of the boards 1 and 2 that has read its snapshot. */
static covey_consumer_id enter(boards *b, client *c, const char *token) {
  covey_consumer_id consumer = boards_enter(b, c, "/boards/", token);
  CHECK(skips_snapshot(c));
  return consumer;
}

static bool open_list(boards *b, client *c, const char *token,
                      covey_consumer_id *consumer_out) {
  if (!open_with(b, NULL))
    return false;
  *consumer_out = enter(b, c, token);
  return true;
}

static void close_list(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

/* --------------------------------------------------------------- edits -- */

static void an_anchor_is_appended(void) {
  boards b;
  client c;
  covey_consumer_id consumer;
  if (!open_list(&b, &c, "ada", &consumer))
    return;
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "3"), COVEY_OK);
  CHECK(hears(&c, ROWS(FORGOTTEN("Board", "'id':3"))));
  CHECK(hears(&c, ROWS(ANCHOR("Board", ROW_3))));
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "1"), COVEY_OK);
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "99"), COVEY_OK);
  CHECK(hears_nothing(&b, &c, consumer));
  boards_merge(&b, b.board, "{'id':3,'title':'drei'}");
  CHECK(hears(&c, ROWS(UPDATED("Board", "'id':3,'title':'drei'"))));
  close_list(&b, &c);
}

static void an_anchor_is_put_first(void) {
  boards b;
  client c;
  covey_consumer_id consumer;
  if (!open_list(&b, &c, "ada", &consumer))
    return;
  CHECK_IS(covey_anchor_prepend(b.h.server, consumer, "4"), COVEY_OK);
  CHECK(hears(&c, "{'type':'prependAnchor','anchorId':4,'prependAnchor':4}"));
  CHECK(hears(&c, ROWS(ANCHOR("Board", ROW_4))));
  CHECK_IS(covey_anchor_prepend(b.h.server, consumer, "2"), COVEY_OK);
  CHECK_IS(covey_anchor_prepend(b.h.server, consumer, "99"), COVEY_OK);
  CHECK(hears_nothing(&b, &c, consumer));
  close_list(&b, &c);
}

static void an_anchor_is_removed_and_comes_back(void) {
  boards b;
  client c;
  covey_consumer_id consumer;
  size_t count = 7;
  if (!open_list(&b, &c, "+ada", &consumer))
    return;
  CHECK_IS(covey_anchor_remove(b.h.server, consumer, "1"), COVEY_OK);
  frame next;
  CHECK(client_receive(&c, &next) &&
        memmem(next.data, next.size, "\"delete\"", 8) != NULL);
  CHECK(hears(&c, END_OF_SNAPSHOT));
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "1", &count), COVEY_OK);
  CHECK_IS(count, 0);
  CHECK_IS(covey_anchor_remove(b.h.server, consumer, "1"), COVEY_OK);
  CHECK_IS(covey_anchor_remove(b.h.server, consumer, "99"), COVEY_OK);
  boards_merge(&b, b.card, "{'id':1,'text':'unseen'}");
  boards_merge(&b, b.card, "{'id':1,'text':'a'}");
  CHECK(hears_nothing(&b, &c, consumer));
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "1"), COVEY_OK);
  CHECK(hears(&c, ROWS(OWN_FIRST("Board", ROW_1), OWN_FIRST("Card", CARD))));
  CHECK(hears(&c, END_OF_SNAPSHOT));
  close_list(&b, &c);
}

static void old_clients_are_told_of_a_removal_leaf_first(void) {
  boards b;
  client c;
  covey_consumer_id consumer;
  if (!open_list(&b, &c, "ada", &consumer))
    return;
  CHECK_IS(covey_anchor_remove(b.h.server, consumer, "1"), COVEY_OK);
  CHECK(hears(
      &c,
      "[" STUB("Card",
               "1") ","
                    "{'id':1,'_instance_type':'Card','_tstamp':0,"
                    "'_operation':'delete','_deleted':true}," STUB(
                        "Card",
                        "1") ",{'id':1,'_instance_type':'Board','_tstamp':0,"
                             "'_operation':'delete','_deleted':true}," STUB(
                                 "Board", "1") "]"));
  CHECK(hears_nothing(&b, &c, consumer));
  close_list(&b, &c);
}

static void all_anchors_are_removed(void) {
  boards b;
  client c;
  covey_consumer_id consumer;
  size_t count = 7;
  if (!open_list(&b, &c, "+ada", &consumer))
    return;
  CHECK_IS(covey_anchor_clear(b.h.server, consumer), COVEY_OK);
  CHECK(skips_snapshot(&c));
  CHECK_IS(covey_anchor_clear(b.h.server, consumer), COVEY_OK);
  boards_merge(&b, b.board, "{'id':1,'title':'unseen'}");
  CHECK(hears_nothing(&b, &c, consumer));
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "2", &count), COVEY_OK);
  CHECK_IS(count, 0);
  close_list(&b, &c);
}

static void all_anchors_are_replaced(void) {
  static const char *const ids[] = {"3", "2", "99", "3"};
  boards b;
  client c;
  covey_consumer_id consumer;
  if (!open_list(&b, &c, "+ada", &consumer))
    return;
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, ids, 4), COVEY_OK);
  CHECK(hears(&c, "[{'id':1,'_instance_type':'Card','_tstamp':0,"
                  "'_operation':'delete','_deleted':true,'_version':V},"
                  "{'id':1,'_instance_type':'Board','_tstamp':0,"
                  "'_operation':'delete','_deleted':true,'_version':V}]"));
  CHECK(hears(&c, ANCHORS("3,2")));
  CHECK(hears(&c, ROWS(OWN_FIRST("Board", ROW_3))));
  CHECK(hears(&c, END_OF_SNAPSHOT));
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, ids, 2), COVEY_OK);
  CHECK(hears_nothing(&b, &c, consumer));
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, NULL, 0), COVEY_OK);
  CHECK(skips_snapshot(&c));
  CHECK(hears_nothing(&b, &c, consumer));
  close_list(&b, &c);
}

static void old_clients_are_told_of_an_empty_list(void) {
  boards b;
  client c;
  covey_consumer_id consumer;
  if (!open_list(&b, &c, "ada", &consumer))
    return;
  CHECK_IS(covey_anchor_remove(b.h.server, consumer, "1"), COVEY_OK);
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, NULL, 0), COVEY_OK);
  frame next;
  for (int i = 0; i < 2; i++)
    CHECK(client_receive(&c, &next) && next.data[0] == '[');
  CHECK(hears(&c, ANCHORS("0")));
  CHECK(hears(&c, NO_ANCHOR("Board")));
  CHECK(hears_nothing(&b, &c, consumer));
  close_list(&b, &c);
}

static void an_anchor_that_is_deleted_leaves_for_good(void) {
  boards b;
  client c;
  covey_consumer_id consumer;
  if (!open_list(&b, &c, "+ada", &consumer))
    return;
  boards_delete(&b, b.board, "2");
  CHECK(hears(&c, ROWS(OWN_DELETED("Board", "'id':2"))));
  boards_put(&b, b.board, "{'id':2,'title':'again'}");
  CHECK(hears_nothing(&b, &c, consumer));
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "2"), COVEY_OK);
  CHECK(hears(&c, ROWS(OWN_FIRST("Board", "'id':2,'title':'again',"
                                          "'cards':[]"))));
  close_list(&b, &c);
}

struct edit {
  covey_server *server;
  covey_consumer_id consumer;
};

static void edit_elsewhere(void *argument) {
  static const char *const ids[] = {"1", "2"};
  const struct edit *edit = argument;
  covey_server *server = edit->server;
  CHECK_IS(covey_anchor_replace(server, edit->consumer, ids, 2), COVEY_OK);
  CHECK_IS(covey_anchor_clear(server, edit->consumer), COVEY_OK);
  CHECK_IS(covey_anchor_append(server, edit->consumer, "3"), COVEY_OK);
  CHECK_IS(covey_anchor_prepend(server, edit->consumer, "4"), COVEY_OK);
  CHECK_IS(covey_anchor_remove(server, edit->consumer, "3"), COVEY_OK);
}

static void list_later(boards *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static void another_thread_edits_in_its_order(void) {
  boards b;
  client c;
  size_t counts[5] = {7, 7, 7, 7, 7};
  if (!open_with(&b, NULL))
    return;
  b.on_list = list_later;
  struct edit edit = {b.h.server, boards_enter(&b, &c, "/boards/", "ada")};
  CHECK(hears_nothing(&b, &c, edit.consumer));
  check_elsewhere(edit_elsewhere, &edit);
  CHECK(hears(&c, ANCHORS("1,2")));
  AWAIT(&b.h,
        covey_anchor_count(b.h.server, b.board, "4", &counts[4]) == COVEY_OK &&
            counts[4] == 1);
  for (int id = 1; id < 4; id++) {
    char text[2] = {(char)('0' + id), '\0'};
    CHECK_IS(covey_anchor_count(b.h.server, b.board, text, &counts[id]),
             COVEY_OK);
    CHECK_IS(counts[id], 0);
  }
  close_list(&b, &c);
}

/* -------------------------------------------------------------- errors -- */

static void an_anchor_must_be_an_id_of_the_model(void) {
  static const char *const bad[] = {
      "",   "one", "1.0", "01",   "+1",
      " 1", "1 ",  "1e3", "\xff", "9223372036854775808"};
  boards b;
  client c;
  covey_consumer_id consumer;
  if (!open_list(&b, &c, "ada", &consumer))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const char *const ids[] = {"1", bad[i]};
    covey_server *server = b.h.server;
    size_t count = 7;
    check_note(bad[i]);
    CHECK_IS(covey_anchor_append(server, consumer, bad[i]), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_prepend(server, consumer, bad[i]), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_remove(server, consumer, bad[i]), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_replace(server, consumer, ids, 2), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_count(server, b.board, bad[i], &count),
             COVEY_E_INVALID);
    CHECK_IS(count, 7);
  }
  check_note(NULL);
  CHECK(hears_nothing(&b, &c, consumer));
  close_list(&b, &c);
}

static void only_a_list_has_anchors_to_edit(void) {
  static const char *const ids[] = {"1"};
  boards b;
  client plain, single;
  if (!open_with(&b, NULL))
    return;
  const covey_consumer_id consumers[] = {
      host_connect(&b.h, &plain),
      boards_enter(&b, &single, "/boards/1/", "ada")};
  for (size_t i = 0; i < 2; i++) {
    covey_server *server = b.h.server;
    CHECK_IS(covey_anchor_append(server, consumers[i], "1"), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_prepend(server, consumers[i], "1"), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_remove(server, consumers[i], "1"), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_clear(server, consumers[i]), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_replace(server, consumers[i], ids, 1),
             COVEY_E_INVALID);
  }
  client_drop(&plain, false);
  close_list(&b, &single);
}

static void edit_too_early(boards *self, covey_consumer_id consumer) {
  static const char *const ids[] = {"1"};
  covey_server *server = self->h.server;
  CHECK_IS(covey_anchor_append(server, consumer, "1"), COVEY_E_BUSY);
  CHECK_IS(covey_anchor_clear(server, consumer), COVEY_E_BUSY);
  CHECK_IS(covey_anchor_replace(server, consumer, ids, 1), COVEY_E_BUSY);
}

static void edit_in_on_authorize(boards *self, covey_consumer_id consumer) {
  edit_too_early(self, consumer);
  CHECK_IS(covey_consumer_authorize(self->h.server, consumer), COVEY_OK);
}

static void edit_in_on_open(boards *self, covey_consumer_id consumer,
                            uint64_t last_update) {
  (void)last_update;
  edit_too_early(self, consumer);
}

static void before_on_list_there_is_no_list(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  b.on_authorize = edit_in_on_authorize;
  b.on_open = edit_in_on_open;
  CHECK(enter(&b, &c, "ada") != 0);
  close_list(&b, &c);
}

static void edit_in_on_list(boards *self, covey_consumer_id consumer) {
  static const char *const ids[] = {"1"};
  covey_server *server = self->h.server;
  CHECK_IS(covey_anchor_replace(server, consumer, ids, 1), COVEY_OK);
  CHECK_IS(covey_anchor_append(server, consumer, "2"), COVEY_OK);
  CHECK_IS(covey_anchor_prepend(server, consumer, "3"), COVEY_OK);
  CHECK_IS(covey_anchor_remove(server, consumer, "1"), COVEY_OK);
}

static void once_answered_on_list_may_edit_more(void) {
  boards b;
  client c;
  size_t count = 7;
  if (!open_with(&b, NULL))
    return;
  b.on_list = edit_in_on_list;
  CHECK(boards_enter(&b, &c, "/boards/", "+ada") != 0);
  CHECK(hears(&c, OWN_ANCHORS("1")));
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "3", &count), COVEY_OK);
  CHECK_IS(count, 1);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "1", &count), COVEY_OK);
  CHECK_IS(count, 0);
  close_list(&b, &c);
}

static void more_anchors_than_allowed_are_too_large(void) {
  static const char *const ids[] = {"1", "2", "3", "4"};
  boards b;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.anchors_per_consumer_max = 3;
  if (!open_with(&b, &options))
    return;
  covey_consumer_id consumer = enter(&b, &c, "+ada");
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, ids, 4),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, NULL, SIZE_MAX),
           COVEY_E_TOO_LARGE);
  CHECK(hears_nothing(&b, &c, consumer));
  close_list(&b, &c);
}

static void one_anchor_more_than_allowed_is_too_large(void) {
  boards b;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.anchors_per_consumer_max = 2;
  if (!open_with(&b, &options))
    return;
  covey_consumer_id consumer = enter(&b, &c, "+ada");
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "2"), COVEY_OK);
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "4"), COVEY_E_TOO_LARGE);
  CHECK_IS(covey_anchor_prepend(b.h.server, consumer, "4"), COVEY_E_TOO_LARGE);
  CHECK(hears_nothing(&b, &c, consumer));
  close_list(&b, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_anchor_is_appended),
      TEST(an_anchor_is_put_first),
      TEST(an_anchor_is_removed_and_comes_back),
      TEST(old_clients_are_told_of_a_removal_leaf_first),
      TEST(all_anchors_are_removed),
      TEST(all_anchors_are_replaced),
      TEST(old_clients_are_told_of_an_empty_list),
      TEST(an_anchor_that_is_deleted_leaves_for_good),
      TEST(another_thread_edits_in_its_order),
      TEST(an_anchor_must_be_an_id_of_the_model),
      TEST(only_a_list_has_anchors_to_edit),
      TEST(before_on_list_there_is_no_list),
      TEST(once_answered_on_list_may_edit_more),
      TEST(more_anchors_than_allowed_are_too_large),
      TEST(one_anchor_more_than_allowed_is_too_large),
  };
  return CHECK_MAIN(argc, argv, tests);
}
