/*
 * sessions.c - clients that were cut off and come back: what they are told.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a client remembers of its last connection. */
struct memory {
  char session[128];
  char last_update[64];
};

/* The text behind a key, up to one of `ends`. */
static bool find(const frame *frame, const char *key, const char *ends,
                 char *out, size_t room) {
  const char *at = memmem(frame->data, frame->size, key, strlen(key));
  if (at == NULL)
    return false;
  at += strlen(key);
  snprintf(out, room, "%.*s", (int)strcspn(at, ends), at);
  return true;
}

/* Reads what a client is told that is let in. */
static bool hears_session(client *c, struct memory *memory,
                          const char *resumed) {
  frame next;
  char found[16] = "";
  return CHECK(client_receive(c, &next)) &&
         CHECK(find(&next, "\"session\":\"", "\"", memory->session,
                    sizeof memory->session)) &&
         CHECK(find(&next, "\"resumed\":", "}", found, sizeof found)) &&
         CHECK_TEXT(found, resumed);
}

/* Reads a snapshot, up to its end. */
static bool hears_all(client *c, struct memory *memory) {
  return CHECK(
      remembers_snapshot(c, memory->last_update, sizeof memory->last_update));
}

static client visit(boards *b, const char *target, const char *token,
                    const struct memory *memory) {
  char first[512];
  int opens = atomic_load(&b->opens);
  client c = boards_visit(b, target);
  snprintf(first, sizeof first,
           "{'token':'%s','lastUpdate':%s,'covey':1,'session':'%s'}", token,
           memory->last_update[0] == '\0' ? "null" : memory->last_update,
           memory->session);
  CHECK(says(&c, first));
  AWAIT(&b->h, atomic_load(&b->opens) > opens);
  return c;
}

/* The first visit: whole. */
static client visit_first(boards *b, const char *target,
                          struct memory *memory) {
  memset(memory, 0, sizeof *memory);
  client c = visit(b, target, "ada", memory);
  hears_session(&c, memory, "false");
  hears_all(&c, memory);
  return c;
}

static bool open_with(boards *b, const covey_server_options *options) {
  boards_prepare(b);
  if (!boards_make(b, options) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  boards_put(b, b->board, "{'id':3,'title':'three'}");
  boards_put(b, b->card, "{'id':1,'board':1,'text':'a'}");
  boards_put(b, b->card, "{'id':2,'board':1,'text':'b'}");
  return true;
}

static void close_with(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

/* --------------------------------------------------------- our clients -- */

static void who_comes_back_is_told_what_changed(void) {
  boards b;
  client c;
  struct memory memory;
  if (!open_with(&b, NULL))
    return;
  c = visit_first(&b, "/boards/1/", &memory);
  host_disconnect(&b.h, &c);
  boards_merge(&b, b.card, "{'id':1,'text':'x'}");
  boards_delete(&b, b.card, "2");
  c = visit(&b, "/boards/1/", "ada", &memory);
  hears_session(&c, &memory, "true");
  frame next;
  CHECK(client_receive(&c, &next));
  CHECK(memmem(next.data, next.size, "\"text\":\"x\"", 10) != NULL);
  CHECK(memmem(next.data, next.size, "\"delete\"", 8) != NULL);
  CHECK(memmem(next.data, next.size, "initial", 7) == NULL);
  CHECK(hears(&c, END_OF_SNAPSHOT)); /* up to where it is complete now */
  CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  CHECK_IS(boards_statistics(&b).resumes, 1);
  CHECK_IS(boards_statistics(&b).snapshots, 1);
  boards_merge(&b, b.card, "{'id':1,'text':'y'}");
  CHECK(hears(&c, ROWS(OWN_UPDATED("Card", "'id':1,'text':'y'"))));
  close_with(&b, &c);
}

static void who_missed_nothing_is_told_nothing(void) {
  boards b;
  client c;
  struct memory memory;
  if (!open_with(&b, NULL))
    return;
  c = visit_first(&b, "/boards/1/", &memory);
  for (int i = 0; i < 2; i++) {
    host_disconnect(&b.h, &c);
    boards_put(&b, b.board,
               i == 0 ? "{'id':2,'title':'elsewhere'}"
                      : "{'id':2,'title':'again'}");
    c = visit(&b, "/boards/1/", "ada", &memory);
    hears_session(&c, &memory, "true");
    CHECK(hears(&c, END_OF_SNAPSHOT));
    CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  }
  close_with(&b, &c);
}

static void anchors_and_variables_are_kept(void) {
  boards b;
  client c;
  struct memory memory;
  size_t count = 0;
  if (!open_with(&b, NULL))
    return;
  c = visit_first(&b, "/boards/", &memory);
  covey_consumer_id consumer = atomic_load(&b.h.consumer);
  CHECK_IS(covey_variable_set(b.h.server, consumer, "v", "[1]", 3), COVEY_OK);
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "3"), COVEY_OK);
  CHECK_IS(covey_anchor_remove(b.h.server, consumer, "2"), COVEY_OK);
  CHECK(hears(&c, "{'type':'runtimeVar','var':'v','runtimeVar':'v',"
                  "'value':[1]}"));
  hears_all(&c, &memory);
  hears_all(&c, &memory);
  host_disconnect(&b.h, &c);
  boards_merge(&b, b.board, "{'id':3,'title':'drei'}");
  boards_merge(&b, b.board, "{'id':2,'title':'zwei'}");
  c = visit(&b, "/boards/", "ada", &memory);
  hears_session(&c, &memory, "true");
  CHECK(hears(&c, "{'type':'runtimeVar','var':'v','runtimeVar':'v',"
                  "'value':[1]}"));
  frame next;
  CHECK(client_receive(&c, &next));
  CHECK(memmem(next.data, next.size, "drei", 4) != NULL);
  CHECK(memmem(next.data, next.size, "zwei", 4) == NULL);
  CHECK_IS(atomic_load(&b.lists), 1);
  CHECK_IS(covey_anchor_count(b.h.server, b.board, "3", &count), COVEY_OK);
  CHECK_IS(count, 1);
  close_with(&b, &c);
}

/* Comes back so, and is sent everything. */
static void check_anew(boards *b, const char *target, const char *token,
                       const struct memory *memory, bool is_new_session) {
  struct memory mine = *memory;
  client c = visit(b, target, token, &mine);
  hears_session(&c, &mine, "false");
  CHECK((strcmp(mine.session, memory->session) != 0) == is_new_session);
  hears_all(&c, &mine);
  host_disconnect(&b->h, &c);
}

static void a_session_is_of_one_user_and_one_channel(void) {
  boards b;
  client c;
  struct memory memory, odd;
  if (!open_with(&b, NULL))
    return;
  c = visit_first(&b, "/boards/1/", &memory);
  host_disconnect(&b.h, &c);
  check_anew(&b, "/boards/1/", "grace", &memory, true);
  check_anew(&b, "/boards/", "ada", &memory, true);
  odd = memory;
  snprintf(odd.session, sizeof odd.session, "no such session");
  check_anew(&b, "/boards/1/", "ada", &odd, true);
  CHECK_IS(boards_statistics(&b).resumes, 0);
  c = visit(&b, "/boards/1/", "ada", &memory);
  hears_session(&c, &memory, "true");
  close_with(&b, &c);
}

static void a_point_in_time_that_is_none_begins_anew(void) {
  static const char *const times[] = {
      "null", "-1", "9e15", "9999999999.5", "'1'", "0", "1.5", "true", "1e400"};
  boards b;
  client c;
  struct memory memory;
  if (!open_with(&b, NULL))
    return;
  c = visit_first(&b, "/boards/1/", &memory);
  host_disconnect(&b.h, &c);
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    check_note(times[i]);
    snprintf(memory.last_update, sizeof memory.last_update, "%s", times[i]);
    check_anew(&b, "/boards/1/", "ada", &memory, false);
  }
  boards_close(&b);
}

static void another_url_shows_another_anchor(void) {
  boards b;
  client c;
  struct memory memory;
  if (!open_with(&b, NULL))
    return;
  c = visit_first(&b, "/boards/1/", &memory);
  host_disconnect(&b.h, &c);
  c = visit(&b, "/boards/2/", "ada", &memory);
  hears_session(&c, &memory, "false");
  CHECK(hears(&c, OWN_ANCHORS("2")));
  close_with(&b, &c);
}

static void a_session_does_not_last_for_ever(void) {
  boards b;
  client c;
  struct memory memory;
  atomic_int over = 0;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.session_timeout_ms = 30;
  if (!open_with(&b, &options))
    return;
  c = visit_first(&b, "/boards/1/", &memory);
  host_disconnect(&b.h, &c);
  CHECK_IS(
      covey_timer_start(b.h.server, 60, 0, no_task, &over, count_destroy, NULL),
      COVEY_OK);
  AWAIT(&b.h, atomic_load(&over) == 1);
  check_anew(&b, "/boards/1/", "ada", &memory, true);
  boards_close(&b);
}

static void who_comes_back_early_takes_the_place_of_the_old_connection(void) {
  boards b;
  client old, new;
  struct memory memory;
  if (!open_with(&b, NULL))
    return;
  old = visit_first(&b, "/boards/1/", &memory);
  new = visit(&b, "/boards/1/", "ada", &memory);
  hears_session(&new, &memory, "true");
  CHECK(hears(&new, END_OF_SNAPSHOT));
  CHECK_IS(client_receives_close(&old), 1006);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_LOST);
  boards_merge(&b, b.card, "{'id':1,'text':'x'}");
  CHECK(hears(&new, ROWS(OWN_UPDATED("Card", "'id':1,'text':'x'"))));
  client_drop(&old, false);
  close_with(&b, &new);
}

static void a_short_log_means_all_of_it(void) {
  boards b;
  client c;
  struct memory memory;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.log_changes_max = 2;
  if (!open_with(&b, &options))
    return;
  c = visit_first(&b, "/boards/1/", &memory);
  host_disconnect(&b.h, &c);
  for (int i = 0; i < 3; i++) {
    char json[32];
    snprintf(json, sizeof json, "{'id':1,'text':'%d'}", i);
    boards_merge(&b, b.card, json);
    host_turn(&b.h);
  }
  check_anew(&b, "/boards/1/", "ada", &memory, false);
  boards_close(&b);
}

/* -------------------------------------------------- RxDjango's clients -- */

/* Comes back as such a client does, and is let in. */
static client come_back(boards *b, const char *target, const char *token,
                        const struct memory *memory) {
  char first[256];
  client c = boards_visit(b, target);
  snprintf(first, sizeof first, "{'token':'%s','lastUpdate':%s}", token,
           memory->last_update);
  CHECK(says(&c, first));
  CHECK(hears(&c, LET_IN));
  return c;
}

/* A first visit, and a change while the client is away. */
static bool open_away(boards *b, const char *target, struct memory *memory) {
  client c;
  if (!open_with(b, NULL))
    return false;
  boards_enter(b, &c, target, "ada");
  hears_all(&c, memory);
  host_disconnect(&b->h, &c);
  boards_merge(b, b->card, "{'id':1,'text':'x'}");
  return true;
}

static void old_clients_resume_on_a_single_channel(void) {
  boards b;
  client c;
  struct memory memory;
  frame next;
  if (!open_away(&b, "/boards/1/", &memory))
    return;
  c = come_back(&b, "/boards/1/", "ada", &memory);
  CHECK(hears(&c, ANCHORS("1")));
  CHECK(client_receive(&c, &next));
  CHECK(memmem(next.data, next.size, "\"text\":\"x\"", 10) != NULL);
  CHECK(memmem(next.data, next.size, "\"text\":\"b\"", 10) == NULL);
  CHECK(hears(&c, END_OF_SNAPSHOT));
  CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  CHECK_IS(boards_statistics(&b).resumes, 1);
  uint64_t microseconds =
      (uint64_t)(strtod(memory.last_update, NULL) * 1e6 + 0.5);
  CHECK_IS(atomic_load(&b.last_update), microseconds);
  close_with(&b, &c);
}

static void old_clients_are_sent_all_of_a_list(void) {
  boards b;
  client c;
  struct memory memory;
  if (!open_away(&b, "/boards/", &memory))
    return;
  c = come_back(&b, "/boards/", "ada", &memory);
  hears_all(&c, &memory);
  CHECK_IS(boards_statistics(&b).resumes, 0);
  CHECK_IS(boards_statistics(&b).snapshots, 2);
  close_with(&b, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(who_comes_back_is_told_what_changed),
      TEST(who_missed_nothing_is_told_nothing),
      TEST(anchors_and_variables_are_kept),
      TEST(a_session_is_of_one_user_and_one_channel),
      TEST(a_point_in_time_that_is_none_begins_anew),
      TEST(another_url_shows_another_anchor),
      TEST(a_session_does_not_last_for_ever),
      TEST(who_comes_back_early_takes_the_place_of_the_old_connection),
      TEST(a_short_log_means_all_of_it),
      TEST(old_clients_resume_on_a_single_channel),
      TEST(old_clients_are_sent_all_of_a_list),
  };
  return CHECK_MAIN(argc, argv, tests);
}
