/*
 * contexts.c - what a client of a context channel is shown: its anchors, what
 * can be reached from them, and what changes.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

#define ONE "'id':1,'title':'one','cards':[1,2]"
#define TWO "'id':2,'title':'two','cards':[]"
#define CARD_1 "'id':1,'board':1,'text':'a','who':null"
#define CARD_2 "'id':2,'board':1,'text':'b','who':'ada'"

/* Two boards; the first has two cards. */
static bool open_boards(boards *b) {
  if (!boards_open(b))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  boards_put(b, b->card, "{'id':1,'board':1,'text':'a'}");
  boards_put(b, b->card, "{'id':2,'board':1,'text':'b','who':'ada'}");
  return true;
}

static covey_consumer_id enter_one(boards *b, client *c, const char *token) {
  covey_consumer_id consumer = boards_enter(b, c, "/boards/1/", token);
  CHECK(skips_snapshot(c));
  return consumer;
}

/* ----------------------------------------------------------- snapshots -- */

static void a_single_channel_shows_what_its_url_names(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("1")));
  CHECK(hears(&c, ROWS(ANCHOR("Board", ONE), FIRST("Card", CARD_1),
                       FIRST("Card", CARD_2))));
  CHECK(hears(&c, END_OF_SNAPSHOT));
  CHECK_IS(boards_statistics(&b).snapshots, 1);
  CHECK_IS(boards_statistics(&b).scopes, 1);
  client_drop(&c, false);
  boards_close(&b);
}

static void a_client_of_our_own_is_told_versions(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  CHECK(boards_enter(&b, &c, "/boards/1/", "+ada") != 0);
  CHECK(hears(&c, OWN_ANCHORS("1")));
  CHECK(hears(&c, ROWS(OWN_FIRST("Board", ONE), OWN_FIRST("Card", CARD_1),
                       OWN_FIRST("Card", CARD_2))));
  CHECK(hears(&c, END_OF_SNAPSHOT));
  client_drop(&c, false);
  boards_close(&b);
}

static void a_list_shows_its_anchors_one_after_the_other(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  CHECK(boards_enter(&b, &c, "/boards/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("1,2")));
  CHECK(hears(&c, NO_ANCHOR("Board")));
  CHECK(hears(&c, ROWS(ANCHOR("Board", ONE), FIRST("Card", CARD_1),
                       FIRST("Card", CARD_2))));
  CHECK(hears(&c, END_OF_ANCHOR));
  CHECK(hears(&c, ROWS(ANCHOR("Board", TWO))));
  CHECK(hears(&c, END_OF_SNAPSHOT));
  CHECK_IS(atomic_load(&b.lists), 1);
  client_drop(&c, false);
  boards_close(&b);
}

static void list_nothing(boards *self, covey_consumer_id consumer) {
  CHECK_IS(covey_anchor_replace(self->h.server, consumer, NULL, 0), COVEY_OK);
}

static void an_empty_list_is_shown_as_one(void) {
  boards b;
  client old, own;
  if (!open_boards(&b))
    return;
  b.on_list = list_nothing;
  CHECK(boards_enter(&b, &old, "/boards/", "ada") != 0);
  CHECK(hears(&old, ANCHORS("0")));
  CHECK(hears(&old, NO_ANCHOR("Board")));
  CHECK(hears(&old, END_OF_SNAPSHOT));
  CHECK(boards_enter(&b, &own, "/boards/", "+ada") != 0);
  CHECK(hears(&own, OWN_ANCHORS("")));
  CHECK(hears(&own, END_OF_SNAPSHOT));
  client_drop(&old, false);
  client_drop(&own, false);
  boards_close(&b);
}

static void list_with_strangers(boards *self, covey_consumer_id consumer) {
  static const char *const ids[] = {"2", "77", "2", "1", "-5", "1"};
  CHECK_IS(covey_anchor_replace(self->h.server, consumer, ids, 6), COVEY_OK);
}

static void a_list_leaves_out_what_is_not_there_or_is_there_twice(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  b.on_list = list_with_strangers;
  CHECK(boards_enter(&b, &c, "/boards/", "+ada") != 0);
  CHECK(hears(&c, OWN_ANCHORS("2,1")));
  client_drop(&c, false);
  boards_close(&b);
}

static void an_anchor_that_is_not_there_is_404_after_letting_in(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  CHECK(boards_enter(&b, &c, "/boards/99/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("99")));
  CHECK(hears(&c, KEPT_OUT("404", "error/not-found")));
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  boards_close(&b);
}

static void register_text_anchor(boards *b) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = boards_handlers(b);
  context.model = b->board;
  context.parameter = "which";
  CHECK_IS(covey_context_register(b->h.server, "of/<team>/<which>/", NULL,
                                  &context, &handlers, NULL, NULL),
           COVEY_OK);
}

static void the_parameter_that_is_named_is_the_anchor(void) {
  static const char *const bad[] = {"one", "1.0", "%201",
                                    "+1",  "1e0", "9223372036854775808"};
  boards b;
  client c;
  boards_prepare(&b);
  b.declare = register_text_anchor;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/of/7/1/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("1")));
  client_drop(&c, false);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char target[64];
    check_note(bad[i]);
    snprintf(target, sizeof target, "/of/1/%s/", bad[i]);
    c = host_client(&b.h);
    CHECK_IS(client_upgrade(&c, target, NULL), 404);
    client_drop(&c, false);
  }
  CHECK_IS(atomic_load(&b.lists), 0);
  boards_close(&b);
}

static void list_one(boards *self, covey_consumer_id consumer) {
  static const char *const ids[] = {"2", "1"};
  covey_server *server = self->h.server;
  CHECK_IS(covey_anchor_append(server, consumer, "2"), COVEY_E_INVALID);
  CHECK_IS(covey_anchor_clear(server, consumer), COVEY_E_INVALID);
  CHECK_IS(covey_anchor_replace(server, consumer, ids, 2), COVEY_E_INVALID);
  CHECK_IS(covey_anchor_replace(server, consumer, NULL, 0), COVEY_E_INVALID);
  CHECK_IS(covey_anchor_replace(server, consumer, ids, 1), COVEY_OK);
  CHECK_IS(covey_anchor_replace(server, consumer, ids, 1), COVEY_E_EXISTS);
}

static void register_listed_one(boards *b) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = boards_handlers(b);
  context.model = b->board;
  CHECK_IS(covey_context_register(b->h.server, "mine/", NULL, &context,
                                  &handlers, NULL, NULL),
           COVEY_OK);
}

static void on_list_may_say_which_one_a_single_channel_shows(void) {
  static const char *const ids[] = {"1"};
  boards b;
  client c;
  boards_prepare(&b);
  b.declare = register_listed_one;
  b.on_list = list_one;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':2,'title':'two'}");
  covey_consumer_id consumer = boards_enter(&b, &c, "/mine/", "ada");
  CHECK(hears(&c, ANCHORS("2")));
  CHECK(hears(&c, ROWS(ANCHOR("Board", TWO))));
  CHECK(hears(&c, END_OF_SNAPSHOT));
  CHECK_IS(covey_anchor_replace(b.h.server, consumer, ids, 1), COVEY_E_EXISTS);
  client_drop(&c, false);
  boards_close(&b);
}

static void greet(boards *self, covey_consumer_id consumer,
                  uint64_t last_update) {
  (void)last_update;
  CHECK_IS(covey_variable_set(self->h.server, consumer, "unread", "[ 7 ]", 5),
           COVEY_OK);
  CHECK_IS(
      covey_consumer_send(self->h.server, consumer, COVEY_TEXT, "hello", 5),
      COVEY_OK);
}

static void what_on_open_sends_precedes_the_anchors(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  b.on_open = greet;
  CHECK(boards_enter(&b, &c, "/boards/2/", "ada") != 0);
  CHECK(hears(&c, "{'type':'runtimeVar','var':'unread','runtimeVar':'unread',"
                  "'value':[ 7 ]}"));
  CHECK(hears(&c, "hello"));
  CHECK(hears(&c, ANCHORS("2")));
  client_drop(&c, false);
  boards_close(&b);
}

static void a_large_snapshot_comes_in_pieces(void) {
  boards b;
  client c;
  frame next;
  char json[64];
  int pieces = 0;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.snapshot_piece_bytes = 256;
  boards_prepare(&b);
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  for (int i = 1; i <= 50; i++) {
    snprintf(json, sizeof json, "{'id':%d,'board':1,'text':'x'}", i);
    boards_put(&b, b.card, json);
  }
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("1")));
  while (client_receive(&c, &next) && next.size != 0 && next.data[0] == '[' &&
         memmem(next.data, next.size, "end_initial_state", 17) == NULL) {
    CHECK(memmem(next.data, next.size, "\"_tstamp\":0,", 12) != NULL);
    CHECK(next.size < 1024);
    pieces++;
  }
  CHECK(pieces > 10 && pieces <= 51);
  client_drop(&c, false);
  boards_close(&b);
}

/* ------------------------------------------------------------- changes -- */

static void puts_and_deletions_reach_who_follows(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  CHECK(enter_one(&b, &c, "+ada") != 0);
  boards_merge(&b, b.card, "{'id':1,'text':'x'}");
  CHECK(hears(&c, ROWS(OWN_UPDATED("Card", "'id':1,'text':'x'"))));
  boards_put(&b, b.card, "{'id':2,'board':1,'text':'y'}");
  CHECK(hears(&c, ROWS(OWN_UPDATED("Card", "'id':2,'text':'y','who':null"))));
  boards_put(&b, b.card, "{'id':3,'board':1,'text':'c'}");
  CHECK(hears(&c, ROWS(OWN_CREATED("Card", "'id':3,'board':1,'text':'c',"
                                           "'who':null"),
                       OWN_UPDATED("Board", "'id':1,'cards':[1,2,3]"))));
  boards_delete(&b, b.card, "2");
  CHECK(hears(&c, ROWS(OWN_UPDATED("Board", "'id':1,'cards':[1,3]"),
                       OWN_DELETED("Card", "'id':2"))));
  CHECK_IS(boards_statistics(&b).deltas, 4);
  client_drop(&c, false);
  boards_close(&b);
}

static void deletions_come_with_what_old_clients_need(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  CHECK(enter_one(&b, &c, "ada") != 0);
  boards_put(&b, b.card, "{'id':3,'board':1,'text':'c'}");
  CHECK(hears(&c, ROWS(CREATED("Card", "'id':3,'board':1,'text':'c',"
                                       "'who':null"),
                       UPDATED("Board", "'id':1,'cards':[1,2,3]"))));
  boards_delete(&b, b.card, "2");
  CHECK(hears(&c, ROWS(STUB("Card", "2"), DELETED("Card", "'id':2"),
                       STUB("Card", "2"),
                       UPDATED("Board", "'id':1,'cards':[1,3]"))));
  client_drop(&c, false);
  boards_close(&b);
}

static void a_put_that_changes_nothing_sends_nothing(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  covey_consumer_id consumer = enter_one(&b, &c, "ada");
  boards_put(&b, b.card, "{'text':'a','who':null,'board':1,'id':1}");
  boards_put(&b, b.board, "{'id':1,'title':'one','cards':[1,2]}");
  boards_merge(&b, b.board, "{'id':1}");
  boards_put(&b, b.board, "{'id':2,'title':'elsewhere'}");
  CHECK(hears_nothing(&b, &c, consumer));
  CHECK_IS(boards_statistics(&b).deltas, 0);
  client_drop(&c, false);
  boards_close(&b);
}

static void change_much(covey_server *server, void *user) {
  boards *b = user;
  CHECK(server == b->h.server);
  boards_merge(b, b->card, "{'id':1,'text':'1'}");
  boards_merge(b, b->card, "{'id':1,'text':'2'}");
  boards_merge(b, b->card, "{'id':2,'text':'3'}");
  boards_merge(b, b->board, "{'id':1,'title':'uno'}");
}

static void all_of_one_turn_is_one_array(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  covey_consumer_id consumer = enter_one(&b, &c, "ada");
  CHECK_IS(covey_server_post(b.h.server, change_much, &b, NULL), COVEY_OK);
  CHECK(hears(&c, ROWS(UPDATED("Card", "'id':1,'text':'2'"),
                       UPDATED("Card", "'id':2,'text':'3'"),
                       UPDATED("Board", "'id':1,'title':'uno'"))));
  CHECK(hears_nothing(&b, &c, consumer));
  CHECK_IS(boards_statistics(&b).deltas, 1);
  client_drop(&c, false);
  boards_close(&b);
}

static void who_follows_the_same_is_told_the_same(void) {
  boards b;
  client c[3];
  size_t count = 0;
  if (!open_boards(&b))
    return;
  for (int i = 0; i < 3; i++)
    CHECK(enter_one(&b, &c[i], "ada") != 0);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "1", &count), COVEY_OK);
  CHECK_IS(count, 3);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "2", &count), COVEY_OK);
  CHECK_IS(count, 0);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "99", &count), COVEY_OK);
  CHECK_IS(count, 0);
  boards_merge(&b, b.card, "{'id':1,'text':'x'}");
  for (int i = 0; i < 3; i++)
    CHECK(hears(&c[i], ROWS(UPDATED("Card", "'id':1,'text':'x'"))));
  CHECK_IS(boards_statistics(&b).deltas, 1);
  host_disconnect(&b.h, &c[0]);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "1", &count), COVEY_OK);
  CHECK_IS(count, 2);
  client_drop(&c[1], false);
  client_drop(&c[2], false);
  boards_close(&b);
}

static void a_child_that_moves_leaves_one_and_enters_another(void) {
  boards b;
  client one, two;
  if (!open_boards(&b))
    return;
  CHECK(enter_one(&b, &one, "+ada") != 0);
  CHECK(boards_enter(&b, &two, "/boards/2/", "+ada") != 0);
  CHECK(skips_snapshot(&two));
  boards_merge(&b, b.card, "{'id':2,'board':2}");
  CHECK(hears(&one, ROWS(OWN_UPDATED("Board", "'id':1,'cards':[1]"),
                         OWN_DELETED("Card", "'id':2"))));
  CHECK(hears(&two, ROWS(OWN_CREATED("Card", "'id':2,'board':2,'text':'b',"
                                             "'who':'ada'"),
                         OWN_UPDATED("Board", "'id':2,'cards':[2]"))));
  client_drop(&one, false);
  client_drop(&two, false);
  boards_close(&b);
}

static void an_anchor_may_be_deleted_and_come_back(void) {
  boards b;
  client c;
  if (!open_boards(&b))
    return;
  covey_consumer_id consumer = boards_enter(&b, &c, "/boards/2/", "+ada");
  CHECK(skips_snapshot(&c));
  boards_delete(&b, b.board, "2");
  CHECK(hears(&c, ROWS(OWN_DELETED("Board", "'id':2"))));
  CHECK(hears_nothing(&b, &c, consumer));
  boards_put(&b, b.board, "{'id':2,'title':'again'}");
  CHECK(hears(&c, ROWS(OWN_CREATED("Board", "'id':2,'title':'again',"
                                            "'cards':[]"))));
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_single_channel_shows_what_its_url_names),
      TEST(a_client_of_our_own_is_told_versions),
      TEST(a_list_shows_its_anchors_one_after_the_other),
      TEST(an_empty_list_is_shown_as_one),
      TEST(a_list_leaves_out_what_is_not_there_or_is_there_twice),
      TEST(an_anchor_that_is_not_there_is_404_after_letting_in),
      TEST(the_parameter_that_is_named_is_the_anchor),
      TEST(on_list_may_say_which_one_a_single_channel_shows),
      TEST(what_on_open_sends_precedes_the_anchors),
      TEST(a_large_snapshot_comes_in_pieces),
      TEST(puts_and_deletions_reach_who_follows),
      TEST(deletions_come_with_what_old_clients_need),
      TEST(a_put_that_changes_nothing_sends_nothing),
      TEST(all_of_one_turn_is_one_array),
      TEST(who_follows_the_same_is_told_the_same),
      TEST(a_child_that_moves_leaves_one_and_enters_another),
      TEST(an_anchor_may_be_deleted_and_come_back),
  };
  return CHECK_MAIN(argc, argv, tests);
}
