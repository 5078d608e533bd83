/*
 * misuse_places.c - the right call on the wrong thread, inside a handler, too
 * late, or after the end.
 */
#include "calls.h"
#include "host.h"

#include <string.h>

/* -------------------------------------------------------- wrong thread -- */

struct place {
  covey_server *server;
  covey_consumer_id consumer;
  char thread; /* only calls of this tag */
  covey_status expected;
};

static void make_calls(void *argument) {
  const struct place *place = argument;
  for (size_t i = 0; i < calls_count; i++) {
    if (calls[i].thread != place->thread)
      continue;
    check_note(calls[i].name);
    CHECK_IS(calls[i].make(place->server, place->consumer), place->expected);
    CHECK_IS(calls_destroys_done(), calls_destroys_due());
  }
  check_note(NULL);
}

static void loop_functions_are_refused_on_another_thread(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  struct place place = {h.server, host_connect(&h, &c), LOOP,
                        COVEY_E_WRONG_THREAD};
  check_elsewhere(make_calls, &place);
  client_drop(&c, false);
  host_close(&h);
}

static void setup_functions_are_refused_on_another_thread(void) {
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  calls_channel = h.channel;
  struct place place = {h.server, 0, SETUP, COVEY_E_WRONG_THREAD};
  check_elsewhere(make_calls, &place);
  place.thread = LOOP;
  check_elsewhere(make_calls, &place);
  host_close(&h);
}

static void setup_functions_are_refused_after_listen(void) {
  host h;
  if (!host_open(&h))
    return;
  calls_channel = h.channel;
  struct place place = {h.server, 0, SETUP, COVEY_E_BUSY};
  make_calls(&place);
  host_close(&h);
  CHECK_IS(calls_destroys_done(), calls_destroys_due());
}

static void service_once(void *argument) {
  CHECK_IS(covey_server_service(argument, 0), COVEY_OK);
}

static void the_loop_goes_to_the_thread_that_serviced_last(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  struct place place = {h.server, host_connect(&h, &c), LOOP,
                        COVEY_E_WRONG_THREAD};
  check_elsewhere(service_once, h.server);
  make_calls(&place);
  CHECK_IS(covey_server_service(h.server, 0), COVEY_OK);
  CHECK_IS(host_count(&h, "g"), 0);
  client_drop(&c, false);
  host_close(&h);
}

static void the_loop_of_a_started_server_is_its_own(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.is_driven_elsewhere = true;
  CHECK_IS(covey_server_start(h.server), COVEY_OK);
  struct place place = {h.server, host_connect(&h, &c), LOOP,
                        COVEY_E_WRONG_THREAD};
  make_calls(&place);
  client_drop(&c, false);
  host_close(&h);
}

static void stop_and_service(void *argument) {
  covey_server *server = argument;
  CHECK_IS(covey_server_stop(server, 0), COVEY_OK);
  while (covey_server_service(server, 100) == COVEY_OK)
    continue;
}

static void a_server_is_freed_on_any_thread(void) {
  host h;
  if (!host_open(&h))
    return;
  check_elsewhere(stop_and_service, h.server);
  host_close(&h);
}

/* -------------------------------------------------- while it is driven -- */

static void a_server_is_driven_by_one_at_a_time(void) {
  host h;
  if (!host_open(&h))
    return;
  h.is_driven_elsewhere = true;
  CHECK_IS(covey_server_wait(h.server, 0), COVEY_E_INVALID);
  CHECK_IS(covey_server_start(h.server), COVEY_OK);
  CHECK_IS(covey_server_start(h.server), COVEY_E_BUSY);
  CHECK_IS(covey_server_run(h.server), COVEY_E_BUSY);
  CHECK_IS(covey_server_service(h.server, 0), COVEY_E_BUSY);
  CHECK_IS(covey_server_wait(h.server, 0), COVEY_E_TIMED_OUT);
  CHECK_IS(covey_server_wait(h.server, 20), COVEY_E_TIMED_OUT);
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  CHECK_IS(covey_server_wait(h.server, 10000), COVEY_OK);
  CHECK_IS(covey_server_wait(h.server, 0), COVEY_OK);
  CHECK_IS(covey_server_wait(h.server, -1), COVEY_OK);
  host_close(&h);
}

static void a_started_server_is_stopped_by_free(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.is_driven_elsewhere = true;
  CHECK_IS(covey_server_start(h.server), COVEY_OK);
  CHECK(host_connect(&h, &c) != 0);
  CHECK(client_send_close(&c, 1000, NULL));
  CHECK(client_receives_end(&c));
  client_drop(&c, false);
  host_close(&h);
  CHECK_IS(atomic_load(&h.disconnects), 1);
}

/* ---------------------------------------------------- inside a handler -- */

static atomic_int visits;

static void try_what_is_busy(covey_server *server) {
  CHECK_IS(covey_server_run(server), COVEY_E_BUSY);
  CHECK_IS(covey_server_service(server, 0), COVEY_E_BUSY);
  CHECK_IS(covey_server_start(server), COVEY_E_BUSY);
  CHECK_IS(covey_server_free(server), COVEY_E_BUSY);
  CHECK_IS(covey_server_listen(server, NULL, NULL, NULL), COVEY_E_BUSY);
  atomic_fetch_add(&visits, 1);
}

static void busy_task(covey_server *server, void *user) {
  (void)user;
  try_what_is_busy(server);
}

static void busy_connect(host *self, covey_consumer_id consumer) {
  try_what_is_busy(self->server);
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static void busy_message(host *self, covey_consumer_id consumer,
                         covey_kind kind, const void *data, size_t size) {
  try_what_is_busy(self->server);
  CHECK_IS(covey_consumer_send(self->server, consumer, kind, data, size),
           COVEY_OK);
}

static void busy_event(host *self, covey_consumer_id consumer, const char *type,
                       const void *json, size_t size) {
  (void)consumer, (void)type, (void)json, (void)size;
  try_what_is_busy(self->server);
}

static void busy_disconnect(host *self, covey_consumer_id consumer) {
  (void)consumer;
  try_what_is_busy(self->server);
}

static void busy_log(covey_server *server, covey_log_level level,
                     const char *message, void *user) {
  (void)user;
  CHECK(level >= COVEY_LOG_ERROR && level <= COVEY_LOG_DEBUG);
  CHECK(message != NULL && strchr(message, '\n') == NULL);
  /* A line may be said while the server is made and before it is known. */
  if (server != NULL)
    CHECK_IS(covey_server_service(server, 0), COVEY_E_BUSY);
}

static void nothing_drives_or_frees_a_server_inside_a_handler(void) {
  static const char event[] = "{\"type\":\"note\"}";
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.on_log = busy_log;
  host_prepare(&h);
  h.on_connect = busy_connect;
  h.on_message = busy_message;
  h.on_event = busy_event;
  h.on_disconnect = busy_disconnect;
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(atomic_load(&visits), 1);
  CHECK(client_send_text(&c, "x"));
  CHECK(client_receives_text(&c, "x"));
  CHECK_IS(atomic_load(&visits), 2);
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_group_send(h.server, "g", event, sizeof event - 1, NULL),
           COVEY_OK);
  AWAIT(&h, atomic_load(&visits) == 3);
  CHECK_IS(covey_group_send(h.server, "g", "{\"type\":\"no\"}", 13, NULL),
           COVEY_OK); /* logged */
  CHECK_IS(covey_server_post(h.server, busy_task, NULL, NULL), COVEY_OK);
  AWAIT(&h, atomic_load(&visits) == 4);
  CHECK_IS(covey_timer_start(h.server, 1, 0, busy_task, NULL, NULL, NULL),
           COVEY_OK);
  AWAIT(&h, atomic_load(&visits) == 5);
  host_disconnect(&h, &c);
  CHECK_IS(atomic_load(&visits), 6);
  host_close(&h);
}

static void wait_for_itself(covey_server *server, void *user) {
  CHECK_IS(covey_server_wait(server, 0), COVEY_E_BUSY);
  CHECK_IS(covey_server_wait(server, -1), COVEY_E_BUSY);
  count_destroy(user);
}

static void a_loop_does_not_wait_for_itself(void) {
  host h;
  atomic_int done = 0;
  if (!host_open(&h))
    return;
  h.is_driven_elsewhere = true;
  CHECK_IS(covey_server_start(h.server), COVEY_OK);
  CHECK_IS(covey_server_post(h.server, wait_for_itself, &done, NULL), COVEY_OK);
  AWAIT(&h, atomic_load(&done) == 1);
  host_close(&h);
}

static void wait_and_free(void *user) {
  host *self = user;
  CHECK_IS(covey_server_wait(self->server, check_ms(1000)), COVEY_E_BUSY);
  CHECK_IS(covey_server_free(self->server), COVEY_E_BUSY);
  atomic_fetch_add(&self->visits, 1);
}

static void a_destroy_neither_waits_for_nor_frees_its_server(void) {
  host h;
  if (!host_open(&h))
    return;
  h.is_driven_elsewhere = true;
  CHECK_IS(
      covey_timer_start(h.server, 60000, 0, no_task, &h, wait_and_free, NULL),
      COVEY_OK);
  CHECK_IS(covey_server_start(h.server), COVEY_OK);
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  CHECK_IS(covey_server_wait(h.server, check_ms(10000)), COVEY_OK);
  CHECK_IS(atomic_load(&h.visits), 1);
  host_close(&h);
}

static void busy_while_freed(host *self, covey_consumer_id consumer) {
  try_what_is_busy(self->server);
  CHECK_IS(covey_consumer_send(self->server, consumer, COVEY_TEXT, "x", 1),
           COVEY_E_GONE);
}

static void handlers_that_free_runs_are_handlers_too(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.on_disconnect = busy_while_freed;
  CHECK(host_connect(&h, &c) != 0);
  host_close(&h);
  CHECK_IS(atomic_load(&h.disconnects), 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_STOPPED);
  CHECK_IS(h.ending.code, 1001);
  client_drop(&c, false);
}

/* ---------------------------------------------------------- after stop -- */

static void after_the_end_nothing_is_left_to_do(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  calls_channel = h.channel;
  covey_consumer_id consumer = host_connect(&h, &c);
  host_disconnect(&h, &c);
  stop_and_service(h.server);
  for (int again = 0; again < 2; again++)
    for (size_t i = 0; i < calls_count; i++) {
      check_note(calls[i].name);
      CHECK_IS(calls[i].make(h.server, consumer), calls[i].once_ended);
      CHECK_IS(calls_destroys_done(), calls_destroys_due());
    }
  check_note(NULL);
  host_close(&h);
}

static void call_any(void *argument) {
  const struct place *place = argument;
  for (size_t i = 0; i < calls_count; i++) {
    if (calls[i].thread != ANY)
      continue;
    check_note(calls[i].name);
    /* The store is still there, but nobody to change it. */
    bool is_change = strncmp(calls[i].name, "covey_store_", 12) == 0;
    CHECK_IS(calls[i].make(place->server, place->consumer),
             is_change ? COVEY_E_STOPPED : calls[i].once_ended);
    CHECK_IS(calls_destroys_done(), calls_destroys_due());
  }
  check_note(NULL);
}

static void after_the_end_the_same_is_true_on_another_thread(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  host_disconnect(&h, &c);
  stop_and_service(h.server);
  struct place place = {h.server, consumer, ANY, COVEY_OK};
  check_elsewhere(call_any, &place);
  host_close(&h);
}

static void after_stop_no_events_are_taken_but_consumers_are_seen_off(void) {
  static const char event[] = "{\"type\":\"note\"}";
  host h;
  client c;
  if (!host_open(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  CHECK_IS(covey_server_stop(h.server, 1012), COVEY_OK);
  CHECK_IS(covey_server_stop(h.server, 1000), COVEY_OK); /* does nothing */
  CHECK_IS(covey_server_listen(h.server, NULL, NULL, NULL), COVEY_E_STOPPED);
  CHECK_IS(covey_group_send(h.server, "g", event, sizeof event - 1, NULL),
           COVEY_E_STOPPED);
  CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, "x", 1, 0),
           COVEY_E_STOPPED);
  CHECK_IS(client_is_closed(&c), 1012);
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  CHECK_IS(h.ending.cause, COVEY_ENDING_STOPPED);
  CHECK_IS(h.ending.code, 1012);
  CHECK_IS(h.ending.is_clean, 1);
  while (covey_server_service(h.server, 100) == COVEY_OK)
    continue;
  client_drop(&c, false);
  host_close(&h);
}

static void a_server_may_be_stopped_before_it_was_ever_driven(void) {
  covey_server *server = NULL;
  if (!CHECK_IS(covey_server_new(NULL, &server, NULL), COVEY_OK))
    return;
  CHECK_IS(covey_server_stop(server, 0), COVEY_OK);
  CHECK_IS(covey_server_listen(server, NULL, NULL, NULL), COVEY_E_STOPPED);
  covey_status status = covey_server_run(server);
  CHECK(status == COVEY_OK || status == COVEY_E_STOPPED);
  CHECK_IS(covey_server_run(server), COVEY_E_STOPPED);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_server_may_be_freed_before_it_ever_listened(void) {
  covey_server *server = NULL;
  if (CHECK_IS(covey_server_new(NULL, &server, NULL), COVEY_OK))
    CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_server_may_be_driven_before_it_listens(void) {
  host h;
  client c;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_server_service(h.server, 0), COVEY_OK);
  CHECK_IS(covey_channel_register(h.server, "late/", NULL, NULL, NULL, NULL),
           COVEY_OK);
  CHECK(host_listen(&h));
  CHECK(host_connect(&h, &c) != 0);
  client_drop(&c, false);
  host_close(&h);
}

/* ------------------------------------------------------------ too late -- */

static void decide_twice(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_E_EXISTS);
  CHECK_IS(covey_consumer_reject(self->server, consumer, 0, 0), COVEY_E_EXISTS);
}

static void a_consumer_is_decided_on_once(void) {
  host h;
  client c;
  host_prepare(&h);
  h.on_connect = decide_twice;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_accept(h.server, consumer, NULL), COVEY_E_EXISTS);
  CHECK_IS(covey_consumer_reject(h.server, consumer, 0, 0), COVEY_E_EXISTS);
  client_drop(&c, false);
  host_close(&h);
}

static void a_closing_consumer_is_gone_for_whatever_sends(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_consumer_close(h.server, consumer, 0, NULL), COVEY_OK);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, "x", 1),
           COVEY_E_GONE);
  CHECK_IS(covey_consumer_close(h.server, consumer, 0, NULL), COVEY_E_GONE);
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_E_GONE);
  CHECK_IS(host_count(&h, "g"), 0);
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  host_close(&h);
}

static void add_past_the_limit(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
  CHECK_IS(covey_group_add(self->server, consumer, "a"), COVEY_OK);
  CHECK_IS(covey_group_add(self->server, consumer, "b"), COVEY_OK);
  CHECK_IS(covey_group_add(self->server, consumer, "b"), COVEY_OK);
  CHECK_IS(covey_group_add(self->server, consumer, "c"), COVEY_E_FULL);
  CHECK_IS(covey_group_discard(self->server, consumer, "c"), COVEY_OK);
  CHECK_IS(covey_group_discard(self->server, consumer, "a"), COVEY_OK);
  CHECK_IS(covey_group_add(self->server, consumer, "c"), COVEY_OK);
}

static void groups_of_a_consumer_are_bounded(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.groups_per_consumer_max = 2;
  host_prepare(&h);
  h.on_connect = add_past_the_limit;
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  CHECK_IS(host_count(&h, "a"), 0);
  CHECK_IS(host_count(&h, "b"), 1);
  CHECK_IS(host_count(&h, "c"), 1);
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(loop_functions_are_refused_on_another_thread),
      TEST(setup_functions_are_refused_on_another_thread),
      TEST(setup_functions_are_refused_after_listen),
      TEST(the_loop_goes_to_the_thread_that_serviced_last),
      TEST(the_loop_of_a_started_server_is_its_own),
      TEST(a_server_is_freed_on_any_thread),
      TEST(a_server_is_driven_by_one_at_a_time),
      TEST(a_started_server_is_stopped_by_free),
      TEST(nothing_drives_or_frees_a_server_inside_a_handler),
      TEST(a_loop_does_not_wait_for_itself),
      TEST(a_destroy_neither_waits_for_nor_frees_its_server),
      TEST(handlers_that_free_runs_are_handlers_too),
      TEST(after_the_end_nothing_is_left_to_do),
      TEST(after_the_end_the_same_is_true_on_another_thread),
      TEST(after_stop_no_events_are_taken_but_consumers_are_seen_off),
      TEST(a_server_may_be_stopped_before_it_was_ever_driven),
      TEST(a_server_may_be_freed_before_it_ever_listened),
      TEST(a_server_may_be_driven_before_it_listens),
      TEST(a_consumer_is_decided_on_once),
      TEST(a_closing_consumer_is_gone_for_whatever_sends),
      TEST(groups_of_a_consumer_are_bounded),
  };
  return CHECK_MAIN(argc, argv, tests);
}
