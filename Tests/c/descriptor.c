/*
 * descriptor.c - a server that is driven by its descriptor and its timeout
 * alone: it is woken by whatever happens, late for nothing, and does not spin.
 */
#include "host.h"

#include <poll.h>

/* Waits for the descriptor; answers whether it became readable. */
static bool is_readable(host *h, int timeout_ms) {
  struct pollfd watched = {-1, POLLIN, 0};
  CHECK_IS(covey_server_get_fd(h->server, &watched.fd), COVEY_OK);
  return poll(&watched, 1, timeout_ms) == 1;
}

/* Services until the server wants to wait. */
static int32_t settle(host *h) {
  int32_t timeout = 0;
  for (int i = 0; i < 100 && timeout == 0; i++) {
    CHECK_IS(covey_server_service(h->server, 0), COVEY_OK);
    CHECK_IS(covey_server_get_timeout(h->server, &timeout), COVEY_OK);
  }
  CHECK(timeout != 0);
  return timeout;
}

static void post_nothing(void *argument) {
  CHECK_IS(covey_server_post(argument, no_task, NULL, NULL), COVEY_OK);
}

static void send_nothing(void *argument) {
  CHECK_IS(covey_group_broadcast(argument, "g", COVEY_TEXT, "x", 1, 0),
           COVEY_OK);
}

static void stop_it(void *argument) {
  CHECK_IS(covey_server_stop(argument, 0), COVEY_OK);
}

static void a_call_from_another_thread_wakes_the_descriptor(void) {
  void (*const calls[])(void *) = {post_nothing, send_nothing, stop_it};
  host h;
  if (!host_open(&h))
    return;
  for (size_t i = 0; i < 3; i++) {
    settle(&h);
    while (is_readable(&h, 0))
      settle(&h);
    check_elsewhere(calls[i], h.server);
    CHECK(is_readable(&h, check_ms(5000)));
  }
  host_close(&h);
}

static void a_client_wakes_the_descriptor(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  settle(&h);
  c = client_make(NULL, NULL);
  c.identity = NULL; /* who would shake hands? */
  CHECK(client_connect(&c, h.port, 0));
  CHECK(is_readable(&h, check_ms(5000)));
  client_drop(&c, false);
  host_close(&h);
}

/* One turn of a host that only knows the descriptor and the timeout. */
static void turn_by_descriptor(host *h) {
  int32_t timeout = 0;
  CHECK_IS(covey_server_get_timeout(h->server, &timeout), COVEY_OK);
  (void)is_readable(h, timeout);
  CHECK_IS(covey_server_service(h->server, 0), COVEY_OK);
}

struct timer {
  covey_server *server;
  atomic_int *destroyed;
};

static void start_timer(void *argument) {
  const struct timer *timer = argument;
  CHECK_IS(covey_timer_start(timer->server, 40, 0, no_task, timer->destroyed,
                             count_destroy, NULL),
           COVEY_OK);
}

static void start_timer_on_the_loop(covey_server *server, void *user) {
  (void)server;
  start_timer(user);
}

static void post_start_timer(void *argument) {
  const struct timer *timer = argument;
  CHECK_IS(
      covey_server_post(timer->server, start_timer_on_the_loop, argument, NULL),
      COVEY_OK);
}

static void check_timer_of(void (*start)(void *), bool is_elsewhere) {
  host h;
  atomic_int destroyed = 0;
  if (!host_open(&h))
    return;
  struct timer timer = {h.server, &destroyed};
  settle(&h);
  while (is_readable(&h, 0))
    settle(&h);
  int64_t begin = check_now();
  if (is_elsewhere)
    check_elsewhere(start, &timer);
  else
    start(&timer);
  while (atomic_load(&destroyed) == 0)
    turn_by_descriptor(&h);
  CHECK(check_now() - begin >= 39);
  CHECK(check_now() - begin < check_ms(1000));
  host_close(&h);
}

static void a_timer_of_the_loops_thread_is_not_late(void) {
  check_timer_of(start_timer, false);
}

static void a_timer_of_another_thread_is_not_late(void) {
  check_timer_of(start_timer, true);
}

static void a_timer_of_a_handler_is_not_late(void) {
  check_timer_of(post_start_timer, false);
}

static void a_timer_of_a_handler_from_elsewhere_is_not_late(void) {
  check_timer_of(post_start_timer, true);
}

static void leave_undecided(host *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static void turn_until_disconnected(host *h) {
  int64_t begin = check_now();
  while (atomic_load(&h->disconnects) == 0 &&
         check_now() - begin < check_ms(1000))
    turn_by_descriptor(h);
  CHECK(check_now() - begin < check_ms(1000));
  CHECK_IS(atomic_load(&h->disconnects), 1);
}

static void deadlines_are_not_late_by_the_descriptor(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.connect_timeout_ms = 40;
  options.close_timeout_ms = 40;
  host_prepare(&h);
  h.on_connect = leave_undecided;
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  turn_until_disconnected(&h);
  CHECK_IS(h.ending.cause, COVEY_ENDING_UNDECIDED);
  client_drop(&c, false);
  host_close(&h);
}

static void listening_runs_no_handler(void) {
  host h;
  client c;
  atomic_int destroyed = 0;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL) || !host_listen_with(&h, NULL))
    return;
  c = client_make(NULL, NULL);
  c.identity = NULL; /* nobody shakes hands before the server is driven */
  CHECK(client_connect(&c, h.port, 0));
  static const char request[] =
      "GET /ws/lobby/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  CHECK(client_send_bytes(&c, request, sizeof request - 1));
  CHECK_IS(covey_server_post(h.server, no_task, &destroyed, count_destroy),
           COVEY_OK);
  for (int i = 0; i < 3; i++)
    CHECK(host_listen(&h));
  CHECK_IS(atomic_load(&destroyed), 0);
  CHECK_IS(atomic_load(&h.connects), 0);
  AWAIT(&h, atomic_load(&h.connects) == 1 && atomic_load(&destroyed) == 1);
  client_drop(&c, false);
  host_close(&h);
}

static void what_the_loops_thread_sends_leaves_in_the_next_turn(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  settle(&h);
  c.turn = NULL; /* nothing but the next turn gets it out */
  int64_t start = check_now();
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, "out", 3),
           COVEY_OK);
  turn_by_descriptor(&h);
  CHECK(client_receives_text(&c, "out"));
  CHECK(check_now() - start < check_ms(1000));
  client_drop(&c, false);
  host_close(&h);
}

static void an_idle_server_does_not_spin(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  settle(&h);
  int turns = 0;
  for (int64_t until = check_now() + 300; check_now() < until; turns++) {
    int32_t timeout = 0;
    CHECK_IS(covey_server_get_timeout(h.server, &timeout), COVEY_OK);
    (void)is_readable(&h, timeout < 0 || timeout > 300 ? 300 : timeout);
    CHECK_IS(covey_server_service(h.server, 0), COVEY_OK);
  }
  CHECK(turns < 30);
  client_drop(&c, false);
  host_close(&h);
}

static void service_waits_no_longer_than_it_is_told(void) {
  host h;
  if (!host_open(&h))
    return;
  settle(&h);
  int64_t start = check_now();
  CHECK_IS(covey_server_service(h.server, 50), COVEY_OK);
  CHECK(check_now() - start < check_ms(1000));
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_call_from_another_thread_wakes_the_descriptor),
      TEST(a_client_wakes_the_descriptor),
      TEST(a_timer_of_the_loops_thread_is_not_late),
      TEST(a_timer_of_another_thread_is_not_late),
      TEST(a_timer_of_a_handler_is_not_late),
      TEST(a_timer_of_a_handler_from_elsewhere_is_not_late),
      TEST(deadlines_are_not_late_by_the_descriptor),
      TEST(listening_runs_no_handler),
      TEST(what_the_loops_thread_sends_leaves_in_the_next_turn),
      TEST(an_idle_server_does_not_spin),
      TEST(service_waits_no_longer_than_it_is_told),
  };
  return CHECK_MAIN(argc, argv, tests);
}
