/*
 * threads_state.c - eight threads that put, commit, let in, edit lists, answer
 * calls and loads, with ids that live and ids that do not, while clients come,
 * call, write and die. Made for ThreadSanitizer. A number of operations, not a
 * time, ends it; afterwards everything that was counted must reconcile.
 */
#include "boards.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
  WORKERS = 8,
  OPERATIONS = 1500, /* of each worker, or until the visitors are gone */
  VISITORS = 3,
  VISITS = 40, /* of each visitor */
  IDS = 32
};

typedef struct crowd {
  boards b;
  _Atomic covey_consumer_id ids[IDS]; /* that wait for something, or did */
  _Atomic covey_call_id calls[IDS];
  _Atomic covey_load_id loads[IDS];
  atomic_uint noted;
  atomic_int visitors;  /* that have not come for the last time */
  atomic_int full;      /* COVEY_E_FULL, whoever got it */
  atomic_int answered;  /* calls that were answered */
  atomic_int committed; /* changes that were told */
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

static crowd *crowd_of(boards *b) { return (crowd *)b; }

static unsigned note(boards *b, _Atomic uint64_t ids[IDS], uint64_t id) {
  unsigned number = atomic_fetch_add(&crowd_of(b)->noted, 1);
  atomic_store(&ids[number % IDS], id);
  return number;
}

/* Every other answer is left to the workers. */
static void authenticate(boards *b, covey_consumer_id consumer,
                         const char *token, size_t size) {
  (void)size;
  if (note(b, crowd_of(b)->ids, consumer) % 2 == 0)
    CHECK_IS(covey_consumer_authenticate(b->h.server, consumer, token),
             COVEY_OK);
}

static void authorize(boards *b, covey_consumer_id consumer) {
  if (note(b, crowd_of(b)->ids, consumer) % 2 == 0)
    CHECK_IS(covey_consumer_authorize(b->h.server, consumer), COVEY_OK);
}

static void list(boards *b, covey_consumer_id consumer) {
  static const char *const ids[] = {"1", "2", "9"};
  if (note(b, crowd_of(b)->ids, consumer) % 2 == 0)
    CHECK_IS(covey_anchor_replace(b->h.server, consumer, ids, 3), COVEY_OK);
}

static void load(boards *b, covey_load_id load, const char *id) {
  (void)id;
  note(b, crowd_of(b)->loads, load);
}

static void act(boards *b, covey_consumer_id consumer, covey_call_id call,
                const char *parameters, size_t size) {
  (void)consumer;
  if (note(b, crowd_of(b)->calls, call) % 2 != 0)
    return;
  CHECK_IS(covey_call_return(b->h.server, call, parameters, size), COVEY_OK);
  atomic_fetch_add(&crowd_of(b)->answered, 1);
}

static void write(boards *b, covey_consumer_id consumer, covey_call_id call,
                  const covey_write *write) {
  (void)consumer, (void)write;
  note(b, crowd_of(b)->calls, call);
}

static void on_change(covey_server *server, covey_model_id model,
                      const char *id, const char *json, size_t size,
                      uint64_t version, void *user) {
  crowd *crowd = user;
  (void)id;
  CHECK(server == crowd->b.h.server);
  CHECK(model != 0 && version != 0);
  CHECK(json == NULL ? size == 0 : strlen(json) == size);
  atomic_fetch_add(&crowd->committed, 1);
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

static int card_json(char *json, size_t room, uint32_t dice) {
  return snprintf(json, room,
                  "{\"id\":%u,\"board\":%u,\"text\":\"%u\",\"who\":null}",
                  dice % 20 + 1, dice / 32 % 3 + 1, dice);
}

static void commit(crowd *crowd, covey_transaction *transaction,
                   uint32_t dice) {
  char json[96];
  for (uint32_t i = 0; i < 3; i++) {
    int size = card_json(json, sizeof json, dice + i);
    expect(crowd,
           covey_transaction_put(transaction, crowd->b.card, json, (size_t)size,
                                 0, NULL),
           COVEY_OK, COVEY_OK);
  }
  expect(crowd,
         covey_transaction_delete(transaction, crowd->b.card, "20", NULL),
         COVEY_OK, COVEY_OK);
  if (dice % 3 == 0)
    CHECK_IS(covey_transaction_abort(transaction), COVEY_OK);
  else
    expect(crowd, covey_transaction_commit(transaction, NULL), COVEY_E_GONE,
           COVEY_OK);
}

static void change(crowd *crowd, uint32_t dice) {
  covey_server *server = crowd->b.h.server;
  covey_transaction *transaction = NULL;
  char json[96];
  int size = card_json(json, sizeof json, dice);
  switch (dice % 4) {
  case 0:
    expect(crowd, covey_store_delete(server, crowd->b.card, "7", NULL),
           COVEY_OK, COVEY_OK);
    break;
  case 1:
    CHECK_IS(covey_transaction_begin(server, &transaction), COVEY_OK);
    commit(crowd, transaction, dice);
    break;
  default:
    expect(crowd,
           covey_store_put(server, crowd->b.card, json, (size_t)size,
                           dice % 4 == 2 ? 0 : COVEY_PUT_MERGE, NULL),
           COVEY_OK, COVEY_OK);
  }
}

static void answer_load(crowd *crowd, uint32_t dice) {
  covey_server *server = crowd->b.h.server;
  covey_load_id load = atomic_load(&crowd->loads[dice % IDS]);
  covey_transaction *transaction = NULL;
  if (dice % 3 == 0)
    expect(crowd, covey_load_fail(server, load, COVEY_E_NOT_FOUND),
           COVEY_E_GONE, COVEY_OK);
  else if (expect(crowd, covey_load_begin(server, load, &transaction),
                  COVEY_E_GONE, COVEY_OK) == COVEY_OK)
    commit(crowd, transaction, dice);
}

static void answer_call(crowd *crowd, uint32_t dice) {
  covey_server *server = crowd->b.h.server;
  covey_call_id call = atomic_load(&crowd->calls[dice % IDS]);
  covey_status status =
      dice % 3 == 0   ? covey_call_fail(server, call, 409, "by a worker")
      : dice % 3 == 1 ? covey_call_drop(server, call)
                      : covey_write_accept(server, call, NULL, NULL, 0, NULL);
  if (expect(crowd, status, COVEY_E_GONE, COVEY_OK) == COVEY_OK)
    atomic_fetch_add(&crowd->answered, 1);
}

static void edit(crowd *crowd, covey_consumer_id id, uint32_t dice) {
  static const char *const ids[] = {"3", "1"};
  static const char *const one[] = {"1", "2", "3", "8"};
  covey_server *server = crowd->b.h.server;
  const char *anchor = one[dice / 8 % 4];
  expect(crowd,
         dice % 5 == 0   ? covey_anchor_append(server, id, anchor)
         : dice % 5 == 1 ? covey_anchor_prepend(server, id, anchor)
         : dice % 5 == 2 ? covey_anchor_remove(server, id, anchor)
         : dice % 5 == 3 ? covey_anchor_clear(server, id)
                         : covey_anchor_replace(server, id, ids, 2),
         COVEY_E_GONE, COVEY_OK);
}

static void operate(crowd *crowd, uint32_t dice) {
  covey_server *server = crowd->b.h.server;
  uint32_t rest = dice / 16;
  covey_consumer_id id = atomic_load(&crowd->ids[rest % IDS]);
  char value[16];
  size_t count = 0;
  int size = snprintf(value, sizeof value, "%u", rest % 5);
  switch (dice % 16) {
  case 0:
  case 1:
    expect(crowd, covey_consumer_authenticate(server, id, "by a worker"),
           COVEY_E_GONE, COVEY_OK);
    break;
  case 2:
  case 3:
    expect(crowd, covey_consumer_authorize(server, id), COVEY_E_GONE, COVEY_OK);
    break;
  case 4:
    expect(crowd,
           rest % 8 == 0 ? covey_consumer_deny(server, id, 0, NULL)
                         : covey_grant_add(server, id, value),
           COVEY_E_GONE, COVEY_OK);
    break;
  case 5:
    expect(crowd, covey_variable_set(server, id, "v", value, (size_t)size),
           COVEY_E_GONE, COVEY_OK);
    break;
  case 6:
    CHECK_IS(covey_store_count(server, crowd->b.card, &count),
             COVEY_E_WRONG_THREAD);
    CHECK_IS(covey_variable_get(server, id, "v", NULL, NULL),
             COVEY_E_WRONG_THREAD);
    break;
  case 7:
    expect(crowd, covey_system_send(server, "system", value), COVEY_OK,
           COVEY_OK);
    break;
  case 8:
  case 9:
    edit(crowd, id, rest);
    break;
  case 10:
    answer_load(crowd, rest);
    break;
  case 11:
  case 12:
    answer_call(crowd, rest);
    break;
  default:
    change(crowd, rest);
  }
}

static void *work(void *argument) {
  worker *self = argument;
  for (int i = 0; i < OPERATIONS || atomic_load(&self->crowd->visitors) > 0;
       i++)
    operate(self->crowd, roll(&self->seed));
  return NULL;
}

/* ------------------------------------------------------------ visitors -- */

/* Whether something came that was not read. */
static bool has_more(const client *c) {
  struct pollfd watched = {c->fd, POLLIN, 0};
  return c->have > c->taken || poll(&watched, 1, 1) > 0;
}

static void visit(crowd *crowd, client *c, uint32_t dice) {
  static const char *const targets[] = {"/boards/1/", "/boards/2/", "/boards/",
                                        "/boards/8/"};
  frame next;
  *c = client_make(NULL, NULL);
  if (!CHECK(client_connect(c, crowd->b.h.port, 0)) ||
      !CHECK_IS(client_upgrade(c, targets[dice % 4], NULL), 101))
    return;
  (void)says(c, dice / 4 % 2 == 0 ? "{'token':'ada','lastUpdate':null}"
                                  : "{'token':'ada','covey':1}");
  for (uint32_t i = 0; i < dice / 8 % 4; i++)
    (void)says(c, "{'callId':1,'action':'act','params':[]}");
  (void)says(c, "{'type':'write','writeId':2,'operation':'create',"
                "'instanceType':'Card','parentType':'Board','parentId':1,"
                "'relationName':'cards','data':{'text':'x'}}");
  for (uint32_t i = 0; i < dice / 32 % 8 && has_more(c); i++)
    if (!client_receive(c, &next))
      break;
}

static void *come_and_go(void *argument) {
  worker *self = argument;
  for (int i = 0; i < VISITS; i++) {
    client c;
    uint32_t dice = roll(&self->seed);
    visit(self->crowd, &c, dice);
    client_drop(&c, dice / 256 % 2 == 0);
  }
  atomic_fetch_sub(&self->crowd->visitors, 1);
  return NULL;
}

/* --------------------------------------------------------- reconciling -- */

static void reconcile(void *argument) {
  crowd *crowd = argument;
  boards *b = &crowd->b;
  size_t boards_count = 0, cards_count = 0, listed = 0;
  const char *const *ids = NULL;
  covey_statistics s = boards_statistics(b);
  CHECK_IS(covey_store_count(b->h.server, b->board, &boards_count), COVEY_OK);
  CHECK_IS(covey_store_count(b->h.server, b->card, &cards_count), COVEY_OK);
  CHECK_IS(covey_store_list(b->h.server, b->card, &ids, &listed), COVEY_OK);
  CHECK_IS(s.instances, boards_count + cards_count);
  CHECK_IS(listed, cards_count);
  CHECK_IS(s.drops_mailbox_full, atomic_load(&crowd->full));
  CHECK_IS(s.connections_accepted, atomic_load(&b->h.connects));
  CHECK_IS(s.calls_open, 0); /* nobody is left to wait */
  CHECK_IS(s.consumers, 0);
  for (size_t i = 0; i < listed; i++)
    CHECK_IS(covey_store_get(b->h.server, b->card, ids[i], NULL, NULL),
             COVEY_OK);
}

static void declare_action(boards *b) {
  boards_act(b, b->one, "act", NULL, 0, NULL, 0);
  boards_act(b, b->many, "act", NULL, 0, NULL, 0);
}

static bool open_crowd(crowd *crowd, const covey_server_options *options) {
  boards *b = &crowd->b;
  memset(crowd, 0, sizeof *crowd);
  boards_prepare(b);
  b->declare = declare_action;
  b->has_loader = true;
  b->on_authenticate = authenticate;
  b->on_authorize = authorize;
  b->on_list = list;
  b->on_load = load;
  b->on_action = act;
  b->on_write = write;
  b->h.is_driven_elsewhere = true;
  if (!boards_make(b, options))
    return false;
  for (int id = 1; id <= 3; id++) {
    char json[32];
    snprintf(json, sizeof json, "{'id':%d,'title':'t'}", id);
    boards_put(b, b->board, json);
  }
  CHECK_IS(covey_store_set_on_change(b->h.server, on_change, crowd, NULL),
           COVEY_OK);
  return host_listen(&b->h) &&
         CHECK_IS(covey_server_start(b->h.server), COVEY_OK);
}

static void check_crowd(const covey_server_options *options) {
  crowd crowd;
  worker workers[WORKERS + VISITORS];
  pthread_t threads[WORKERS + VISITORS];
  covey_status status;
  if (!open_crowd(&crowd, options))
    return;
  atomic_store(&crowd.visitors, VISITORS);
  for (int i = 0; i < WORKERS + VISITORS; i++) {
    workers[i] = (worker){&crowd, (uint32_t)i * 2654435761u + 1};
    CHECK_IS(pthread_create(&threads[i], NULL, i < WORKERS ? work : come_and_go,
                            &workers[i]),
             0);
  }
  for (int i = 0; i < WORKERS + VISITORS; i++)
    CHECK_IS(pthread_join(threads[i], NULL), 0);
  AWAIT(&crowd.b.h, atomic_load(&crowd.b.h.disconnects) ==
                        atomic_load(&crowd.b.h.connects));
  /* What the workers left in the mailbox may still fill it. */
  while ((status = host_on_loop(&crowd.b.h, reconcile, &crowd)) == COVEY_E_FULL)
    atomic_fetch_add(&crowd.full, 1);
  CHECK_IS(status, COVEY_OK);
  CHECK(atomic_load(&crowd.committed) > 0);
  /* Whether calls were answered in time says the machine. */
  boards_close(&crowd.b);
}

/* Short deadlines, for nobody answers those whom the workers missed. */
static covey_server_options short_deadlines(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.authentication_timeout_ms = 100;
  options.call_timeout_ms = 50;
  options.unfollowed_timeout_ms = 20;
  options.session_timeout_ms = 20;
  options.mailbox_entries_max = 1024; /* so that clients have their turn, too */
  return options;
}

static void a_crowd_reconciles(void) {
  covey_server_options options = short_deadlines();
  check_crowd(&options);
}

static void a_crowd_reconciles_with_little_room(void) {
  covey_server_options options = short_deadlines();
  options.mailbox_entries_max = 64;
  options.context_state_bytes_max = 2048;
  options.snapshot_piece_bytes = 256;
  options.log_changes_max = 16;
  options.calls_per_consumer_max = 2;
  check_crowd(&options);
}

static void a_crowd_may_be_drained_in_the_middle(void) {
  crowd crowd;
  worker workers[WORKERS];
  pthread_t threads[WORKERS];
  client c[4];
  covey_server_options options = short_deadlines();
  if (!open_crowd(&crowd, &options))
    return;
  atomic_store(&crowd.may_be_stopped, true);
  for (int i = 0; i < 4; i++) {
    c[i] = boards_visit(&crowd.b, i % 2 == 0 ? "/boards/1/" : "/boards/");
    CHECK(says(&c[i], i < 2 ? "{'token':'ada'}" : "{'token':'a','covey':1}"));
  }
  atomic_store(&crowd.visitors, 1);
  for (int i = 0; i < WORKERS; i++) {
    workers[i] = (worker){&crowd, (uint32_t)i * 2654435761u + 7};
    CHECK_IS(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
  }
  AWAIT(&crowd.b.h, atomic_load(&crowd.committed) > 100);
  while (covey_server_drain(crowd.b.h.server, 50) == COVEY_E_FULL)
    host_turn(&crowd.b.h);
  for (int i = 0; i < 4; i++) {
    CHECK(client_is_closed(&c[i]) > 0);
    client_drop(&c[i], false);
  }
  CHECK_IS(covey_server_wait(crowd.b.h.server, check_ms(10000)), COVEY_OK);
  atomic_store(&crowd.visitors, 0);
  for (int i = 0; i < WORKERS; i++)
    CHECK_IS(pthread_join(threads[i], NULL), 0);
  CHECK_IS(atomic_load(&crowd.b.h.disconnects), 4);
  boards_close(&crowd.b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_crowd_reconciles),
      TEST(a_crowd_reconciles_with_little_room),
      TEST(a_crowd_may_be_drained_in_the_middle),
  };
  return CHECK_MAIN(argc, argv, tests);
}
