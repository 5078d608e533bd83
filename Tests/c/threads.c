/*
 * threads.c - eight threads that send, close, join, post and start timers with
 * ids that live and ids that do not, while clients come and die. Made for
 * ThreadSanitizer. A number of operations, not a time, ends it; afterwards
 * everything that was counted must reconcile.
 */
#include "host.h"

#include <pthread.h>
#include <string.h>

enum {
  WORKERS = 8,
  OPERATIONS = 2000, /* of each worker */
  VISITORS = 3,
  VISITS = 60, /* of each visitor */
  IDS = 32
};

typedef struct crowd {
  host h;
  _Atomic covey_consumer_id ids[IDS];
  _Atomic covey_timer_id timers[IDS];
  atomic_uint connected;
  atomic_int full;      /* COVEY_E_FULL, whoever got it */
  atomic_int lent;      /* calls with a destroy */
  atomic_int destroyed; /* destroys */
  atomic_int posted;    /* posts that were taken */
  atomic_int ran;       /* of these, that ran */
  atomic_bool may_be_stopped;
} crowd;

typedef struct worker {
  crowd *crowd;
  uint32_t seed;
} worker;

static uint32_t roll(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

/* --------------------------------------------------------- on the loop -- */

static void publish(host *self, covey_consumer_id consumer) {
  crowd *crowd = self->more;
  unsigned number = atomic_fetch_add(&crowd->connected, 1);
  atomic_store(&crowd->ids[number % IDS], consumer);
  if (number % 4 != 0) /* the others are decided on by the workers */
    CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static void answer(host *self, covey_consumer_id consumer, covey_kind kind,
                   const void *data, size_t size) {
  covey_status status =
      covey_consumer_send(self->server, consumer, kind, data, size);
  CHECK(status == COVEY_OK || status == COVEY_E_GONE);
}

static void note(host *self, covey_consumer_id consumer, const char *type,
                 const void *json, size_t size) {
  (void)type;
  answer(self, consumer, COVEY_TEXT, json, size);
}

static void ran(covey_server *server, void *user) {
  crowd *crowd = user;
  CHECK(server == crowd->h.server);
  atomic_fetch_add(&crowd->ran, 1);
}

static void ticked(covey_server *server, void *user) {
  crowd *crowd = user;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  CHECK(server == crowd->h.server);
  CHECK_IS(covey_server_get_statistics(server, &statistics), COVEY_OK);
}

static void destroyed(void *user) {
  crowd *crowd = user;
  atomic_fetch_add(&crowd->destroyed, 1);
}

/* ------------------------------------------------------------- workers -- */

/* A status that is none of those named, and not COVEY_E_FULL, is a failure. */
static covey_status expect(crowd *crowd, covey_status status, covey_status a,
                           covey_status b) {
  bool is_end = status == COVEY_E_STOPPED || status == COVEY_E_GONE;
  if (status == COVEY_E_FULL)
    atomic_fetch_add(&crowd->full, 1);
  else if (!(is_end && atomic_load(&crowd->may_be_stopped)))
    CHECK(status == COVEY_OK || status == a || status == b);
  return status;
}

static void post(crowd *crowd) {
  atomic_fetch_add(&crowd->lent, 1);
  covey_status status =
      covey_server_post(crowd->h.server, ran, crowd, destroyed);
  if (expect(crowd, status, COVEY_OK, COVEY_OK) == COVEY_OK)
    atomic_fetch_add(&crowd->posted, 1);
}

static void start_timer(crowd *crowd, uint32_t dice) {
  covey_timer_id timer = 0;
  atomic_fetch_add(&crowd->lent, 1);
  covey_status status =
      covey_timer_start(crowd->h.server, dice % 20, dice % 3 == 0 ? 5 : 0,
                        ticked, crowd, destroyed, &timer);
  if (expect(crowd, status, COVEY_OK, COVEY_OK) != COVEY_OK)
    return;
  CHECK(timer != 0);
  covey_timer_id before = atomic_exchange(&crowd->timers[dice % IDS], timer);
  expect(crowd, covey_timer_stop(crowd->h.server, before), COVEY_E_GONE,
         COVEY_OK);
}

static void operate(crowd *crowd, uint32_t dice) {
  static const char event[] = "{\"type\":\"note\"}";
  covey_server *server = crowd->h.server;
  covey_consumer_id id = atomic_load(&crowd->ids[dice / 64 % IDS]);
  char group[] = "group_0";
  const char *value = NULL;
  group[6] = (char)('0' + dice / 32 % 4);
  switch (dice % 32) {
  case 0:
    expect(crowd, covey_consumer_close(server, id, 4000, "by a worker"),
           COVEY_E_GONE, COVEY_OK);
    break;
  case 1:
    expect(crowd, covey_consumer_accept(server, id, NULL), COVEY_E_GONE,
           COVEY_E_EXISTS);
    break;
  case 2:
    expect(crowd, covey_consumer_reject(server, id, 0, 0), COVEY_E_GONE,
           COVEY_E_EXISTS);
    break;
  case 3:
    expect(crowd, covey_consumer_set_user(server, id, group), COVEY_E_GONE,
           COVEY_OK);
    break;
  case 4:
    expect(crowd,
           covey_timer_stop(server, atomic_load(&crowd->timers[dice % IDS])),
           COVEY_E_GONE, COVEY_OK);
    break;
  case 5:
    CHECK_IS(covey_consumer_get_path(server, id, &value, NULL),
             COVEY_E_WRONG_THREAD);
    break;
  case 6:
  case 7:
    start_timer(crowd, dice / 128);
    break;
  case 8:
  case 9:
  case 10:
    post(crowd);
    break;
  case 11:
  case 12:
  case 13:
  case 14:
  case 15:
    expect(crowd, covey_group_add(server, id, group), COVEY_E_GONE, COVEY_OK);
    break;
  case 16:
  case 17:
  case 18:
    expect(crowd, covey_group_discard(server, id, group), COVEY_E_GONE,
           COVEY_OK);
    break;
  case 19:
  case 20:
  case 21:
    expect(crowd,
           covey_group_send(server, group, event, sizeof event - 1, NULL),
           COVEY_OK, COVEY_OK);
    break;
  case 22:
  case 23:
  case 24:
  case 25:
    expect(crowd,
           covey_group_broadcast(server, group, COVEY_TEXT, "to all", 6, id),
           COVEY_OK, COVEY_OK);
    break;
  default:
    expect(crowd, covey_consumer_send(server, id, COVEY_BINARY, "to one", 6),
           COVEY_E_GONE, COVEY_OK);
  }
}

static void *work(void *argument) {
  worker *self = argument;
  for (int i = 0; i < OPERATIONS; i++)
    operate(self->crowd, roll(&self->seed));
  return NULL;
}

/* ------------------------------------------------------------ visitors -- */

static void visit(crowd *crowd, client *c, uint32_t dice) {
  static const unsigned char half[] = {0x81, 0x85, 1, 2, 3, 4, 'h'};
  *c = client_make(NULL, NULL);
  int status = 0;
  if (client_connect(c, crowd->h.port, 0))
    status = client_upgrade(c, "/ws/lobby/", NULL);
  if (status != 101) {
    CHECK(atomic_load(&crowd->may_be_stopped));
    return;
  }
  for (uint32_t i = 0; i < dice / 8 % 4; i++)
    (void)client_send_text(c, "hello");
  frame next;
  if (dice / 32 % 2 == 0 && dice / 8 % 4 > 0)
    (void)client_receive(c, &next);
  switch (dice % 4) {
  case 0:
    if (client_send_close(c, 1000, "done"))
      (void)client_receives_end(c);
    break;
  case 1:
    (void)client_send_bytes(c, half, sizeof half);
    break;
  default:
    break;
  }
}

static void *come_and_go(void *argument) {
  worker *self = argument;
  for (int i = 0; i < VISITS; i++) {
    client c;
    uint32_t dice = roll(&self->seed);
    visit(self->crowd, &c, dice);
    client_drop(&c, dice / 64 % 2 == 0);
  }
  return NULL;
}

/* --------------------------------------------------------- reconciling -- */

static void reconcile(void *argument) {
  crowd *crowd = argument;
  covey_statistics s = COVEY_STATISTICS_INIT;
  CHECK_IS(covey_server_get_statistics(crowd->h.server, &s), COVEY_OK);
  uint64_t ended = s.endings_peer + s.endings_host + s.endings_refused +
                   s.endings_undecided + s.endings_slow + s.endings_silent +
                   s.endings_too_large + s.endings_bad_text +
                   s.endings_bad_kind + s.endings_lost + s.endings_stopped;
  CHECK_IS(s.connections_accepted, s.consumers + ended);
  CHECK_IS(s.connections_accepted, atomic_load(&crowd->h.connects));
  CHECK_IS(ended, atomic_load(&crowd->h.disconnects));
  /* What undecided clients said is counted, and may never be handed on. */
  CHECK(s.messages_in >= (uint64_t)atomic_load(&crowd->h.messages));
  CHECK_IS(s.events_handled, atomic_load(&crowd->h.events));
  CHECK_IS(s.drops_mailbox_full, atomic_load(&crowd->full));
  CHECK_IS(s.endings_silent + s.endings_bad_text + s.endings_bad_kind, 0);
}

static bool open_crowd(crowd *crowd, const covey_server_options *options) {
  memset(crowd, 0, sizeof *crowd);
  host_prepare(&crowd->h);
  crowd->h.more = crowd;
  crowd->h.on_connect = publish;
  crowd->h.on_message = answer;
  crowd->h.on_event = note;
  crowd->h.is_driven_elsewhere = true;
  return host_make(&crowd->h, options, NULL) && host_listen(&crowd->h) &&
         CHECK_IS(covey_server_start(crowd->h.server), COVEY_OK);
}

static void begin_all(crowd *crowd, worker *workers, pthread_t *threads) {
  for (int i = 0; i < WORKERS + VISITORS; i++) {
    workers[i] = (worker){crowd, (uint32_t)i * 2654435761u + 1};
    CHECK_IS(pthread_create(&threads[i], NULL, i < WORKERS ? work : come_and_go,
                            &workers[i]),
             0);
  }
}

static void join_all(pthread_t *threads) {
  for (int i = 0; i < WORKERS + VISITORS; i++)
    CHECK_IS(pthread_join(threads[i], NULL), 0);
}

static void end_crowd(crowd *crowd) {
  CHECK_IS(covey_server_wait(crowd->h.server, check_ms(10000)), COVEY_OK);
  host_close(&crowd->h);
  CHECK_IS(atomic_load(&crowd->destroyed), atomic_load(&crowd->lent));
  CHECK_IS(atomic_load(&crowd->h.disconnects), atomic_load(&crowd->h.connects));
}

static void check_crowd(const covey_server_options *options) {
  crowd crowd;
  worker workers[WORKERS + VISITORS];
  pthread_t threads[WORKERS + VISITORS];
  if (!open_crowd(&crowd, options))
    return;
  begin_all(&crowd, workers, threads);
  join_all(threads);
  AWAIT(&crowd.h, atomic_load(&crowd.ran) == atomic_load(&crowd.posted));
  CHECK_IS(host_on_loop(&crowd.h, reconcile, &crowd), COVEY_OK);
  CHECK_IS(covey_server_stop(crowd.h.server, 0), COVEY_OK);
  end_crowd(&crowd);
}

static void a_crowd_reconciles(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.connect_timeout_ms = 20; /* once the workers are done */
  check_crowd(&options);
}

static void a_crowd_reconciles_with_a_small_mailbox(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.mailbox_entries_max = 64;
  options.connect_timeout_ms = 20;
  options.outbox_bytes_max = 4096;
  check_crowd(&options);
}

static void *stop_from_aside(void *argument) {
  CHECK_IS(covey_server_stop(argument, 1012), COVEY_OK);
  CHECK_IS(covey_server_wait(argument, check_ms(20000)), COVEY_OK);
  return NULL;
}

static void a_crowd_may_be_stopped_in_the_middle(void) {
  crowd crowd;
  worker workers[WORKERS + VISITORS];
  pthread_t threads[WORKERS + VISITORS], stops[4];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.connect_timeout_ms = 20;
  options.flush_timeout_ms = 200;
  if (!open_crowd(&crowd, &options))
    return;
  atomic_store(&crowd.may_be_stopped, true);
  begin_all(&crowd, workers, threads);
  AWAIT(&crowd.h, atomic_load(&crowd.h.connects) >= 20);
  for (int i = 0; i < 4; i++)
    CHECK_IS(pthread_create(&stops[i], NULL, stop_from_aside, crowd.h.server),
             0);
  join_all(threads);
  for (int i = 0; i < 4; i++)
    CHECK_IS(pthread_join(stops[i], NULL), 0);
  end_crowd(&crowd);
}

struct fight {
  covey_server *server;
  atomic_int services, refusals;
};

static void *fight_for_the_loop(void *argument) {
  struct fight *fight = argument;
  for (int i = 0; i < OPERATIONS; i++) {
    covey_status status = covey_server_service(fight->server, 0);
    CHECK(status == COVEY_OK || status == COVEY_E_BUSY);
    atomic_fetch_add(status == COVEY_OK ? &fight->services : &fight->refusals,
                     1);
    if (i % 16 == 0)
      CHECK_IS(covey_group_broadcast(fight->server, "g", COVEY_TEXT, "x", 1, 0),
               COVEY_OK);
  }
  return NULL;
}

static void threads_may_fight_for_the_loop(void) {
  host h;
  client c;
  pthread_t threads[4];
  if (!host_open(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  struct fight fight = {h.server, 0, 0};
  for (int i = 0; i < 4; i++)
    CHECK_IS(pthread_create(&threads[i], NULL, fight_for_the_loop, &fight), 0);
  for (int i = 0; i < 4; i++)
    CHECK_IS(pthread_join(threads[i], NULL), 0);
  CHECK(atomic_load(&fight.services) > 0);
  CHECK_IS(atomic_load(&fight.services) + atomic_load(&fight.refusals),
           4 * OPERATIONS);
  CHECK(client_send_text(&c, "still here"));
  CHECK(client_receives_text(&c, "still here"));
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_crowd_reconciles),
      TEST(a_crowd_reconciles_with_a_small_mailbox),
      TEST(a_crowd_may_be_stopped_in_the_middle),
      TEST(threads_may_fight_for_the_loop),
  };
  return CHECK_MAIN(argc, argv, tests);
}
