/*
 * misuse_ids.c - ids of what is no more, or never was.
 */
#include "calls.h"
#include "host.h"

#include <stdio.h>

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

struct stale {
  covey_server *server;
  covey_consumer_id ids[6];
  bool is_elsewhere;
};

static void call_with_stale_ids(void *argument) {
  const struct stale *stale = argument;
  for (size_t i = 0; i < calls_count; i++) {
    if (!calls[i].is_of_consumer ||
        (stale->is_elsewhere && calls[i].thread != ANY))
      continue;
    check_note(calls[i].name);
    for (size_t j = 0; j < 6; j++)
      CHECK_IS(calls[i].make(stale->server, stale->ids[j]), COVEY_E_GONE);
    CHECK_IS(calls_destroys_done(), calls_destroys_due());
  }
  check_note(NULL);
}

static void check_stale_ids(bool is_elsewhere) {
  host h, other;
  client ended, living, foreign;
  if (!host_open(&h) || !host_open(&other))
    return;
  covey_consumer_id past = host_connect(&h, &ended);
  covey_consumer_id alive = host_connect(&h, &living);
  covey_consumer_id abroad = host_connect(&other, &foreign);
  host_disconnect(&h, &ended);
  CHECK(past != alive && past != abroad && alive != abroad);
  struct stale stale = {
      h.server,
      {0, UINT64_MAX, past, abroad, 0x1234, UINT64_C(1) << 63},
      is_elsewhere};
  if (is_elsewhere)
    check_elsewhere(call_with_stale_ids, &stale);
  else
    call_with_stale_ids(&stale);

  /* Nobody else was hit. */
  CHECK(client_send_text(&living, "still here"));
  CHECK(client_receives_text(&living, "still here"));
  CHECK(client_send_text(&foreign, "here too"));
  CHECK(client_receives_text(&foreign, "here too"));
  client_drop(&living, false);
  client_drop(&foreign, false);
  host_close(&h);
  host_close(&other);
}

static void a_stale_id_is_gone(void) { check_stale_ids(false); }

static void a_stale_id_is_gone_from_another_thread(void) {
  check_stale_ids(true);
}

static void a_stale_id_can_be_left_out_of_a_broadcast(void) {
  host h;
  client c;
  const covey_consumer_id ids[] = {0, UINT64_MAX, 0x1234};
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_OK);
  for (size_t i = 0; i < 3; i++) {
    CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, "x", 1, ids[i]),
             COVEY_OK);
    CHECK(client_receives_text(&c, "x"));
  }
  client_drop(&c, false);
  host_close(&h);
}

static void an_event_to_the_address_of_nobody_is_fine(void) {
  static const char event[] = "{\"type\":\"note\"}";
  host h;
  client c;
  char address[512] = "";
  const char *value = NULL;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  if (CHECK_IS(covey_consumer_get_address(h.server, consumer, &value, NULL),
               COVEY_OK))
    snprintf(address, sizeof address, "%s", value);
  host_disconnect(&h, &c);
  CHECK_IS(covey_group_send(h.server, address, event, sizeof event - 1, NULL),
           COVEY_OK);
  CHECK_IS(covey_group_broadcast(h.server, address, COVEY_TEXT, "x", 1, 0),
           COVEY_OK);
  host_turn(&h);
  CHECK_IS(atomic_load(&h.events), 0);
  host_close(&h);
}

static void a_timer_that_is_over_is_gone(void) {
  host h;
  atomic_int destroyed = 0;
  covey_timer_id once = 0, stopped = 0;
  const covey_timer_id never[] = {0, UINT64_MAX, 0x123456789abcdef};
  if (!host_open(&h))
    return;
  CHECK_IS(covey_timer_start(h.server, 1, 0, no_task, &destroyed, count_destroy,
                             &once),
           COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 60000, 0, no_task, NULL, NULL, &stopped),
           COVEY_OK);
  CHECK(once != 0 && stopped != 0 && once != stopped);
  AWAIT(&h, atomic_load(&destroyed) == 1);
  CHECK_IS(covey_timer_stop(h.server, once), COVEY_E_GONE);
  CHECK_IS(covey_timer_stop(h.server, stopped), COVEY_OK);
  CHECK_IS(covey_timer_stop(h.server, stopped), COVEY_E_GONE);
  for (size_t i = 0; i < 3; i++)
    CHECK_IS(covey_timer_stop(h.server, never[i]), COVEY_E_GONE);
  host_close(&h);
}

static void an_unknown_channel_is_invalid(void) {
  host h;
  const covey_channel_id unknown[] = {0, UINT64_MAX, 0x123456789abcdef};
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t i = 0; i < 3; i++)
    CHECK_IS(
        covey_event_register(h.server, unknown[i], "e", on_event, NULL, NULL),
        COVEY_E_INVALID);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_stale_id_is_gone),
      TEST(a_stale_id_is_gone_from_another_thread),
      TEST(a_stale_id_can_be_left_out_of_a_broadcast),
      TEST(an_event_to_the_address_of_nobody_is_fine),
      TEST(a_timer_that_is_over_is_gone),
      TEST(an_unknown_channel_is_invalid),
  };
  return CHECK_MAIN(argc, argv, tests);
}
