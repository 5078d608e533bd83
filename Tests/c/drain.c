/*
 * drain.c - how clients of context channels are seen off, so that they come
 * back or stay away as they should.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool open_with(boards *b, const covey_server_options *options) {
  boards_prepare(b);
  if (!boards_make(b, options) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  return true;
}

static covey_consumer_id enter(boards *b, client *c, const char *token) {
  covey_consumer_id consumer = boards_enter(b, c, "/boards/1/", token);
  CHECK(skips_snapshot(c));
  return consumer;
}

/* Services until the server has stopped. */
static void serve_to_the_end(boards *b) {
  while (covey_server_service(b->h.server, 100) == COVEY_OK)
    continue;
  CHECK_IS(covey_server_service(b->h.server, 0), COVEY_E_STOPPED);
}

/* --------------------------------------------------------------- close -- */

static void an_old_client_is_dropped_instead_of_closed(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  covey_consumer_id consumer = enter(&b, &c, "ada");
  CHECK_IS(covey_consumer_send(b.h.server, consumer, COVEY_TEXT, "last", 4),
           COVEY_OK);
  CHECK_IS(covey_consumer_close(b.h.server, consumer, 4001, "enough"),
           COVEY_OK);
  CHECK_IS(covey_consumer_send(b.h.server, consumer, COVEY_TEXT, "x", 1),
           COVEY_E_GONE);
  CHECK(hears(&c, "last"));
  CHECK_IS(client_receives_close(&c), 1006);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_HOST);
  CHECK_IS(b.h.ending.code, 4001);
  CHECK_IS(b.h.ending.is_clean, 0);
  client_drop(&c, false);
  boards_close(&b);
}

static void a_client_of_our_own_is_closed(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  covey_consumer_id consumer = enter(&b, &c, "+ada");
  CHECK_IS(covey_consumer_close(b.h.server, consumer, 4001, "enough"),
           COVEY_OK);
  CHECK_IS(client_is_closed(&c), 4001);
  AWAIT(&b.h, atomic_load(&b.h.disconnects) == 1);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_HOST);
  CHECK_IS(b.h.ending.is_clean, 1);
  client_drop(&c, false);
  boards_close(&b);
}

static void who_is_not_in_yet_is_closed_as_anybody(void) {
  boards b;
  if (!open_with(&b, NULL))
    return;
  client c = boards_visit(&b, "/boards/1/");
  AWAIT(&b.h, atomic_load(&b.h.connects) == 1);
  CHECK_IS(
      covey_consumer_close(b.h.server, atomic_load(&b.h.consumer), 0, NULL),
      COVEY_OK);
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  boards_close(&b);
}

static void stopping_drops_old_clients_and_closes_our_own(void) {
  boards b;
  client old, own;
  if (!open_with(&b, NULL))
    return;
  CHECK(enter(&b, &old, "ada") != 0 && enter(&b, &own, "+ada") != 0);
  CHECK_IS(covey_server_stop(b.h.server, 0), COVEY_OK);
  CHECK_IS(client_receives_close(&old), 1006);
  CHECK_IS(client_is_closed(&own), 1001);
  serve_to_the_end(&b);
  CHECK_IS(atomic_load(&b.h.disconnects), 2);
  client_drop(&old, false);
  client_drop(&own, false);
  boards_close(&b);
}

/* --------------------------------------------------------------- drain -- */

static void everybody_is_seen_off_as_their_kind_expects(void) {
  boards b;
  client old, own, waiting, plain;
  if (!open_with(&b, NULL))
    return;
  CHECK(enter(&b, &old, "ada") != 0 && enter(&b, &own, "+ada") != 0);
  CHECK(host_connect(&b.h, &plain) != 0);
  waiting = boards_visit(&b, "/boards/1/");
  AWAIT(&b.h, atomic_load(&b.h.connects) == 4);
  CHECK_IS(covey_server_drain(b.h.server, 0), COVEY_OK);
  CHECK(hears(&own, "{'type':'drain','delay_ms':N}"));
  CHECK_IS(client_is_closed(&own), 1012);
  CHECK_IS(client_receives_close(&old), 1006);
  CHECK_IS(client_is_closed(&waiting), 1012);
  CHECK_IS(client_is_closed(&plain), 1012);
  serve_to_the_end(&b);
  CHECK_IS(atomic_load(&b.h.disconnects), 4);
  CHECK_IS(b.h.ending.cause, COVEY_ENDING_STOPPED);
  CHECK_IS(boards_statistics(&b).endings_stopped, 4);
  client_drop(&old, false);
  client_drop(&own, false);
  client_drop(&waiting, false);
  client_drop(&plain, false);
  boards_close(&b);
}

static void what_is_queued_goes_out_before_the_drop(void) {
  enum { SIZE = 100000 };
  boards b;
  client c;
  frame next;
  char *data = calloc(1, SIZE);
  if (!open_with(&b, NULL))
    return;
  covey_consumer_id consumer = enter(&b, &c, "ada");
  CHECK_IS(covey_consumer_send(b.h.server, consumer, COVEY_BINARY, data, SIZE),
           COVEY_OK);
  CHECK_IS(covey_variable_set(b.h.server, consumer, "last", "1", 1), COVEY_OK);
  CHECK_IS(covey_server_drain(b.h.server, 0), COVEY_OK);
  CHECK(client_receive(&c, &next) && next.size == SIZE);
  CHECK(hears(&c, "{'type':'runtimeVar','var':'last','runtimeVar':'last',"
                  "'value':1}"));
  CHECK_IS(client_receives_close(&c), 1006);
  serve_to_the_end(&b);
  free(data);
  client_drop(&c, false);
  boards_close(&b);
}

static void clients_leave_one_by_one_within_the_window(void) {
  enum { CLIENTS = 20 };
  boards b;
  client c[CLIENTS];
  int window = 500 + check_ms(500), groups = 0, before = 0;
  if (!open_with(&b, NULL))
    return;
  for (int i = 0; i < CLIENTS; i++)
    CHECK(enter(&b, &c[i], "ada") != 0);
  int64_t start = check_now();
  CHECK_IS(covey_server_drain(b.h.server, (uint32_t)window), COVEY_OK);
  CHECK_IS(atomic_load(&b.h.disconnects), 0);
  while (covey_server_service(b.h.server, 5) == COVEY_OK) {
    int now = atomic_load(&b.h.disconnects);
    groups += now > before;
    before = now;
  }
  CHECK(check_now() - start >= window / 2);
  CHECK_IS(atomic_load(&b.h.disconnects), CLIENTS);
  CHECK(groups > 3);
  for (int i = 0; i < CLIENTS; i++)
    client_drop(&c[i], false);
  boards_close(&b);
}

/* ------------------------------------------------------------ progress -- */

typedef struct progress {
  int calls, ends;
  uint64_t first, last, total;
  int64_t ended;
} progress;

static void on_drain(covey_server *server, uint64_t remaining, uint64_t total,
                     void *user) {
  progress *self = user;
  CHECK(server != NULL);
  if (self->calls++ == 0) {
    self->first = remaining;
  } else {
    CHECK(remaining <= self->last);
    CHECK_IS(total, self->total);
  }
  CHECK(remaining <= total);
  self->last = remaining;
  self->total = total;
  self->ends += remaining == 0;
  self->ended = check_now();
}

static bool open_watched(boards *b, progress *watched) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  memset(watched, 0, sizeof *watched);
  options.on_drain = on_drain;
  options.user = watched;
  return open_with(b, &options);
}

static void the_host_sees_how_far_it_has_come(void) {
  enum { CLIENTS = 10 };
  boards b;
  progress watched;
  client c[CLIENTS];
  int window = check_ms(500);
  if (!open_watched(&b, &watched))
    return;
  for (int i = 0; i < CLIENTS; i++)
    CHECK(enter(&b, &c[i], "ada") != 0);
  int64_t start = check_now();
  CHECK_IS(covey_server_drain(b.h.server, (uint32_t)window), COVEY_OK);
  serve_to_the_end(&b);
  CHECK_IS(watched.first, CLIENTS);
  CHECK_IS(watched.total, CLIENTS);
  CHECK_IS(watched.last, 0);
  CHECK_IS(watched.ends, 1);
  /* The beginning, the end, and between them at most one each 100 ms, give or
   * take what clocks round. */
  int64_t elapsed = watched.ended - start;
  CHECK(watched.calls >= 3 && watched.calls <= 3 + elapsed / 100);
  CHECK(elapsed < check_ms(4000));
  CHECK_IS(atomic_load(&b.h.disconnects), CLIENTS);
  for (int i = 0; i < CLIENTS; i++)
    client_drop(&c[i], false);
  boards_close(&b);
}

static void without_anybody_a_drain_is_told_once(void) {
  boards b;
  progress watched;
  if (!open_watched(&b, &watched))
    return;
  CHECK_IS(covey_server_drain(b.h.server, 0), COVEY_OK);
  serve_to_the_end(&b);
  CHECK_IS(watched.calls, 1);
  CHECK_IS(watched.total, 0);
  boards_close(&b);
}

static void a_stop_ends_a_drain_at_once(void) {
  boards b;
  progress watched;
  client c;
  if (!open_watched(&b, &watched))
    return;
  CHECK(enter(&b, &c, "+ada") != 0);
  int64_t start = check_now();
  CHECK_IS(covey_server_drain(b.h.server, UINT32_MAX), COVEY_OK);
  CHECK_IS(covey_server_service(b.h.server, 0), COVEY_OK);
  CHECK_IS(covey_server_stop(b.h.server, 0), COVEY_OK);
  CHECK(hears(&c, "{'type':'drain','delay_ms':N}"));
  CHECK_IS(client_is_closed(&c), 1001);
  serve_to_the_end(&b);
  CHECK(check_now() - start < check_ms(4000));
  CHECK_IS(watched.total, 1);
  CHECK_IS(watched.ends, 1);
  client_drop(&c, false);
  boards_close(&b);
}

static void who_comes_while_it_drains_is_503(void) {
  boards b;
  client c, late;
  if (!open_with(&b, NULL))
    return;
  covey_consumer_id consumer = enter(&b, &c, "ada");
  CHECK_IS(covey_server_drain(b.h.server, UINT32_MAX), COVEY_OK);
  late = host_client(&b.h);
  CHECK_IS(client_upgrade(&late, "/boards/1/", NULL), 503);
  client_drop(&late, false);
  late = host_client(&b.h);
  CHECK_IS(client_upgrade(&late, "/ws/lobby/", NULL), 503);
  client_drop(&late, false);

  /* Who is there goes on. */
  boards_merge(&b, b.board, "{'id':1,'title':'still'}");
  CHECK(hears(&c, ROWS(UPDATED("Board", "'id':1,'title':'still'"))));
  (void)consumer;
  client_drop(&c, false);
  boards_close(&b);
}

static void drain_elsewhere(void *argument) {
  CHECK_IS(covey_server_drain(argument, 0), COVEY_OK);
}

static void another_thread_may_drain(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  CHECK(enter(&b, &c, "+ada") != 0);
  check_elsewhere(drain_elsewhere, b.h.server);
  CHECK(hears(&c, "{'type':'drain','delay_ms':N}"));
  CHECK_IS(client_is_closed(&c), 1012);
  serve_to_the_end(&b);
  client_drop(&c, false);
  boards_close(&b);
}

static void drained_once_or_stopped_there_is_nothing_to_drain(void) {
  boards b;
  if (!open_with(&b, NULL))
    return;
  CHECK_IS(covey_server_drain(NULL, 0), COVEY_E_INVALID);
  CHECK_IS(covey_server_drain(b.h.server, UINT32_MAX), COVEY_OK);
  CHECK_IS(covey_server_drain(b.h.server, 5), COVEY_OK); /* does nothing */
  CHECK_IS(covey_server_stop(b.h.server, 0), COVEY_OK);
  CHECK_IS(covey_server_drain(b.h.server, 0), COVEY_E_STOPPED);
  serve_to_the_end(&b);
  CHECK_IS(covey_server_drain(b.h.server, 0), COVEY_E_STOPPED);
  boards_close(&b);
}

/* ------------------------------------------------------------ messages -- */

static void messages_of_the_system_reach_who_is_in(void) {
  boards b;
  client old, own, waiting, plain;
  if (!open_with(&b, NULL))
    return;
  covey_consumer_id first = enter(&b, &old, "ada");
  CHECK(first != 0 && enter(&b, &own, "+ada") != 0);
  covey_consumer_id other = host_connect(&b.h, &plain);
  waiting = boards_visit(&b, "/boards/1/");
  AWAIT(&b.h, atomic_load(&b.h.connects) == 4);
  CHECK_IS(covey_system_send(b.h.server, "maintenance", "at \"noon\"\n"),
           COVEY_OK);
  CHECK(hears(&old, "{'type':'maintenance','source':'maintenance',"
                    "'message':'at \\'noon\\'\\u000a'}"));
  CHECK(hears(&own, "{'type':'maintenance','source':'maintenance',"
                    "'message':'at \\'noon\\'\\u000a'}"));
  CHECK_IS(covey_consumer_send(b.h.server, other, COVEY_TEXT, ".", 1),
           COVEY_OK);
  CHECK(hears(&plain, "."));
  CHECK(says(&waiting, "{'token':'ada'}"));
  CHECK(hears(&waiting, LET_IN));
  client_drop(&old, false);
  client_drop(&own, false);
  client_drop(&waiting, false);
  client_drop(&plain, false);
  boards_close(&b);
}

static void tell_elsewhere(void *argument) {
  CHECK_IS(covey_system_send(argument, "system", ""), COVEY_OK);
  CHECK_IS(covey_system_send(argument, "system", NULL), COVEY_E_INVALID);
  CHECK_IS(covey_system_send(argument, "system", "\xff"), COVEY_E_INVALID);
}

static void another_thread_may_tell_everybody(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  CHECK(enter(&b, &c, "ada") != 0);
  check_elsewhere(tell_elsewhere, b.h.server);
  CHECK(hears(&c, "{'type':'system','source':'system','message':''}"));
  client_drop(&c, false);
  boards_close(&b);
}

static void a_message_of_the_system_is_bounded_text(void) {
  enum { SIZE = 1 << 20 };
  boards b;
  if (!open_with(&b, NULL))
    return;
  char *message = malloc(SIZE + 1);
  memset(message, 'm', SIZE);
  message[SIZE] = '\0';
  CHECK_IS(covey_system_send(b.h.server, "system", message), COVEY_E_TOO_LARGE);
  CHECK_IS(covey_system_send(b.h.server, message, "x"), COVEY_E_TOO_LARGE);
  CHECK_IS(covey_system_send(b.h.server, NULL, "x"), COVEY_E_INVALID);
  CHECK_IS(covey_system_send(b.h.server, "system", NULL), COVEY_E_INVALID);
  CHECK_IS(covey_system_send(b.h.server, "\xff", "x"), COVEY_E_INVALID);
  CHECK_IS(covey_system_send(NULL, "system", "x"), COVEY_E_INVALID);
  free(message);
  CHECK_IS(covey_server_stop(b.h.server, 0), COVEY_OK);
  CHECK_IS(covey_system_send(b.h.server, "system", "x"), COVEY_E_STOPPED);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_old_client_is_dropped_instead_of_closed),
      TEST(a_client_of_our_own_is_closed),
      TEST(who_is_not_in_yet_is_closed_as_anybody),
      TEST(stopping_drops_old_clients_and_closes_our_own),
      TEST(everybody_is_seen_off_as_their_kind_expects),
      TEST(what_is_queued_goes_out_before_the_drop),
      TEST(clients_leave_one_by_one_within_the_window),
      TEST(the_host_sees_how_far_it_has_come),
      TEST(without_anybody_a_drain_is_told_once),
      TEST(a_stop_ends_a_drain_at_once),
      TEST(who_comes_while_it_drains_is_503),
      TEST(another_thread_may_drain),
      TEST(drained_once_or_stopped_there_is_nothing_to_drain),
      TEST(messages_of_the_system_reach_who_is_in),
      TEST(another_thread_may_tell_everybody),
      TEST(a_message_of_the_system_is_bounded_text),
  };
  return CHECK_MAIN(argc, argv, tests);
}
