/*
 * memory.c - what is queued to all and half received from all has a bound.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY = 1 << 20, CLIENTS = 8, PIECE = 16 * 1024 };

static covey_statistics statistics_of(host *h) {
  covey_statistics s = COVEY_STATISTICS_INIT;
  CHECK_IS(covey_server_get_statistics(h->server, &s), COVEY_OK);
  return s;
}

static client connect_slowly(host *h) {
  client c = client_make(host_turn, h);
  int before = atomic_load(&h->connects);
  CHECK(client_connect(&c, h->port, 4096));
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101);
  AWAIT(h, atomic_load(&h->connects) == before + 1);
  return c;
}

static bool open_with(host *h, uint64_t memory) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.memory_bytes_max = memory;
  options.outbox_bytes_max = MEMORY;
  options.close_timeout_ms = 200;
  host_prepare(h);
  return host_make(h, &options, NULL) && host_listen(h);
}

static void readers_that_stand_still_are_closed_when_memory_is_full(void) {
  static char data[PIECE];
  host h;
  client slow[CLIENTS], late;
  covey_consumer_id ids[CLIENTS];
  if (!open_with(&h, MEMORY))
    return;
  for (int i = 0; i < CLIENTS; i++) {
    slow[i] = connect_slowly(&h);
    ids[i] = atomic_load(&h.consumer);
  }
  bool was_refused = false;
  for (int round = 0;
       statistics_of(&h).limits_memory == 0 && round < 4000 * CLIENTS;
       round++) {
    (void)covey_consumer_send(h.server, ids[round % CLIENTS], COVEY_BINARY,
                              data, sizeof data);
    CHECK_IS(covey_server_service(h.server, 0), COVEY_OK);
    covey_statistics s = statistics_of(&h);
    CHECK(s.memory_bytes >= s.outbox_bytes);
    CHECK(s.memory_bytes < MEMORY + MEMORY / 8 + 2 * sizeof data);
    if (!was_refused && s.memory_bytes >= MEMORY / 4 * 3) {
      late = host_client(&h);
      CHECK_IS(client_upgrade(&late, "/ws/lobby/", NULL), 503);
      client_drop(&late, false);
      was_refused = true;
    }
  }
  CHECK(was_refused);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_SHED);
  CHECK_IS(h.ending.code, 1013);
  CHECK_TEXT(h.ending_reason, "out of memory");
  CHECK(statistics_of(&h).memory_bytes < MEMORY);
  CHECK(statistics_of(&h).limits_memory >= 1);
  CHECK_IS(statistics_of(&h).endings_shed, 1);
  for (int i = 0; i < CLIENTS; i++)
    client_drop(&slow[i], false);
  AWAIT(&h, atomic_load(&h.disconnects) == CLIENTS);
  CHECK_IS(statistics_of(&h).memory_bytes, 0);
  CHECK(host_connect(&h, &late) != 0);
  client_drop(&late, false);
  host_close(&h);
}

static void half_a_message_is_memory_too(void) {
  static char data[PIECE];
  host h;
  client c[CLIENTS];
  if (!open_with(&h, MEMORY))
    return;
  for (int i = 0; i < CLIENTS; i++)
    c[i] = connect_slowly(&h);
  uint64_t most = 0;
  for (int round = 0; round < 20 * CLIENTS; round++) {
    client *one = &c[round % CLIENTS];
    int opcode = round < CLIENTS ? FRAME_BINARY : FRAME_CONTINUATION;
    if (!one->at_end)
      (void)client_send(one, opcode, false, data, sizeof data);
    host_turn(&h);
    uint64_t now = statistics_of(&h).memory_bytes;
    most = now > most ? now : most;
    if (statistics_of(&h).limits_memory > 0)
      break;
  }
  CHECK(most >= MEMORY / 4 * 3 && most < MEMORY + 2 * sizeof data);
  CHECK(statistics_of(&h).limits_memory > 0);
  AWAIT(&h, statistics_of(&h).memory_bytes < MEMORY);
  for (int i = 0; i < CLIENTS; i++)
    client_drop(&c[i], false);
  AWAIT(&h, atomic_load(&h.disconnects) == CLIENTS);
  CHECK(statistics_of(&h).endings_shed >= 1);
  CHECK_IS(statistics_of(&h).memory_bytes, 0);
  host_close(&h);
}

static void without_a_bound_it_is_counted_only(void) {
  static char data[PIECE];
  host h;
  if (!open_with(&h, 0))
    return;
  client c = connect_slowly(&h);
  covey_consumer_id consumer = atomic_load(&h.consumer);
  for (int i = 0; i < 400 && statistics_of(&h).memory_bytes < PIECE; i++) {
    (void)covey_consumer_send(h.server, consumer, COVEY_BINARY, data,
                              sizeof data);
    CHECK_IS(covey_server_service(h.server, 0), COVEY_OK);
  }
  covey_statistics s = statistics_of(&h);
  CHECK(s.memory_bytes >= PIECE && s.memory_bytes == s.outbox_bytes);
  CHECK_IS(s.limits_memory, 0);
  client_drop(&c, false);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(statistics_of(&h).memory_bytes, 0);
  host_close(&h);
}

/* State goes before anybody does, and is caught up with. */
static void state_that_can_be_got_again_goes_first(void) {
  boards b;
  client c;
  char json[16 * 1024 + 64];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.memory_bytes_max = MEMORY;
  options.context_state_bytes_max = 4 * MEMORY;
  boards_prepare(&b);
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  c = client_make(host_turn, &b.h);
  CHECK(client_connect(&c, b.h.port, 4096));
  CHECK_IS(client_upgrade(&c, "/boards/1/", NULL), 101);
  CHECK(says(&c, "{'token':'ada','covey':1}"));
  CHECK(skips_snapshot(&c));
  int mark = 0;
  while (boards_statistics(&b).limits_memory == 0 && mark < 5000) {
    snprintf(json, sizeof json, "{'id':1,'board':1,'text':'%08d%0*d'}", ++mark,
             16 * 1024 - 32, 0);
    boards_put(&b, b.card, json);
    CHECK_IS(covey_server_service(b.h.server, 0), COVEY_OK);
  }
  CHECK_IS(boards_statistics(&b).limits_memory, 1);
  CHECK_IS(boards_statistics(&b).falls_behind, 1);
  CHECK_IS(boards_statistics(&b).endings_shed, 0);
  CHECK(boards_statistics(&b).memory_bytes < MEMORY);
  char last[16];
  snprintf(last, sizeof last, "\"%08d", mark);
  frame next;
  do {
    if (!CHECK(client_receive(&c, &next)))
      break;
  } while (memmem(next.data, next.size, last, strlen(last)) == NULL);
  CHECK_IS(atomic_load(&b.h.disconnects), 0);
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(readers_that_stand_still_are_closed_when_memory_is_full),
      TEST(half_a_message_is_memory_too),
      TEST(without_a_bound_it_is_counted_only),
      TEST(state_that_can_be_got_again_goes_first),
  };
  return CHECK_MAIN(argc, argv, tests);
}
