/*
 * slow.c - clients that read too slowly: their state is dropped and caught up
 * with, everything else has an end.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 4000 };

static bool open_with(boards *b) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.context_state_bytes_max = 32 * 1024;
  options.context_messages_bytes_max = 64 * 1024;
  options.close_timeout_ms = 100;
  boards_prepare(b);
  if (!boards_make(b, &options) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  return true;
}

/* A client that has little room, and has read its snapshot. */
static covey_consumer_id enter_slowly(boards *b, client *c, const char *first) {
  *c = client_make(host_turn, &b->h);
  CHECK(client_connect(c, b->h.port, 4096));
  CHECK_IS(client_upgrade(c, "/boards/1/", NULL), 101);
  CHECK(says(c, first));
  CHECK(skips_snapshot(c));
  return atomic_load(&b->h.consumer);
}

/* Puts a card of much text; `mark` is how it begins. */
static void put_much(boards *b, int id, int mark) {
  char json[TEXT + 64];
  snprintf(json, sizeof json, "{'id':%d,'board':1,'text':'%04d%0*d'}", id, mark,
           TEXT, 0);
  boards_put(b, b->card, json);
  CHECK_IS(covey_server_service(b->h.server, 0), COVEY_OK);
}

/* Changes cards until a client has fallen behind; answers the last mark. */
static int change_until_behind(boards *b) {
  int mark = 0;
  while (boards_statistics(b).falls_behind == 0 && mark < 5000) {
    mark++;
    put_much(b, mark % 8 + 1, mark);
  }
  CHECK(boards_statistics(b).falls_behind > 0);
  for (int id = 1; id <= 8; id++)
    put_much(b, id, 9000 + id);
  boards_delete(b, b->card, "8");
  return mark;
}

/* Reads until the text of each card is the last one. */
static void check_converged(client *c) {
  frame next;
  bool seen[9] = {false};
  char key[16];
  int left = 7;
  while (left > 0 && CHECK(client_receive(c, &next)))
    for (int id = 1; id < 8; id++) {
      snprintf(key, sizeof key, "\"900%d", id);
      if (!seen[id] && memmem(next.data, next.size, key, strlen(key)) != NULL) {
        seen[id] = true;
        left--;
      }
    }
}

static void check_slow_reader(const char *first) {
  boards b;
  client c;
  if (!open_with(&b))
    return;
  covey_consumer_id consumer = enter_slowly(&b, &c, first);
  change_until_behind(&b);
  CHECK(boards_statistics(&b).outbox_bytes < 256 * 1024);
  check_converged(&c);
  boards_put(&b, b.card, "{'id':50,'board':1,'text':'last'}");
  frame next;
  do {
    if (!CHECK(client_receive(&c, &next)))
      break;
  } while (memmem(next.data, next.size, "\"last\"", 6) == NULL);
  CHECK_IS(atomic_load(&b.h.disconnects), 0);
  CHECK(hears_nothing(&b, &c, consumer));
  client_drop(&c, false);
  boards_close(&b);
}

static void an_old_client_that_is_slow_converges(void) {
  check_slow_reader("{'token':'ada','lastUpdate':null}");
}

static void a_client_of_our_own_that_is_slow_converges(void) {
  check_slow_reader("{'token':'ada','lastUpdate':null,'covey':1}");
}

static void who_falls_behind_is_caught_up_with(void) {
  boards b;
  client c;
  if (!open_with(&b))
    return;
  enter_slowly(&b, &c, "{'token':'ada','covey':1}");
  change_until_behind(&b);
  check_converged(&c);
  covey_statistics statistics = boards_statistics(&b);
  CHECK(statistics.falls_behind >= 1);
  CHECK(statistics.catch_ups >= 1);
  client_drop(&c, false);
  boards_close(&b);
}

static void other_messages_have_an_end(void) {
  static char data[16 * 1024];
  boards b;
  client c;
  covey_status status = COVEY_OK;
  int sent = 0;
  if (!open_with(&b))
    return;
  covey_consumer_id consumer =
      enter_slowly(&b, &c, "{'token':'ada','lastUpdate':null}");
  while (status == COVEY_OK && sent++ < 5000) {
    status = covey_consumer_send(b.h.server, consumer, COVEY_BINARY, data,
                                 sizeof data);
    CHECK_IS(covey_server_service(b.h.server, 0), COVEY_OK);
  }
  CHECK_IS(status, COVEY_E_GONE);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_SLOW);
  CHECK_IS(client_receives_close(&c), 1006);
  client_drop(&c, false);
  boards_close(&b);
}

static void a_slow_client_does_not_hold_up_the_others(void) {
  boards b;
  client slow, fast;
  if (!open_with(&b))
    return;
  enter_slowly(&b, &slow, "{'token':'ada','lastUpdate':null}");
  CHECK(boards_enter(&b, &fast, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&fast));
  for (int mark = 1; boards_statistics(&b).falls_behind == 0 && mark < 5000;
       mark++) {
    frame next;
    put_much(&b, 1, mark);
    if (!CHECK(client_receive(&fast, &next) && next.size > TEXT))
      break;
  }
  CHECK_IS(boards_statistics(&b).falls_behind, 1);
  client_drop(&slow, false);
  client_drop(&fast, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_old_client_that_is_slow_converges),
      TEST(a_client_of_our_own_that_is_slow_converges),
      TEST(who_falls_behind_is_caught_up_with),
      TEST(other_messages_have_an_end),
      TEST(a_slow_client_does_not_hold_up_the_others),
  };
  return CHECK_MAIN(argc, argv, tests);
}
