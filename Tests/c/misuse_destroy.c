/*
 * misuse_destroy.c - every `destroy` is called exactly once, whatever happens.
 */
#include "host.h"

#include <string.h>

#define CHECK_DESTROYED(destroyed, times)                                      \
  CHECK_IS(atomic_load(&(destroyed)), (times))

static void the_servers_own_is_called_when_it_is_freed(void) {
  atomic_int destroyed = 0;
  covey_server *server = NULL;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.user = &destroyed;
  options.destroy = count_destroy;
  if (!CHECK_IS(covey_server_new(&options, &server, NULL), COVEY_OK))
    return;
  CHECK_DESTROYED(destroyed, 0);
  CHECK_IS(covey_server_free(server), COVEY_OK);
  CHECK_DESTROYED(destroyed, 1);
}

static void the_servers_own_is_called_when_none_is_made(void) {
  atomic_int destroyed = 0;
  covey_server *server = NULL;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.user = &destroyed;
  options.destroy = count_destroy;
  CHECK_IS(covey_server_new(&options, NULL, NULL), COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 1);
  options.json_depth_max = 1025;
  CHECK_IS(covey_server_new(&options, &server, NULL), COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 2);
}

struct attempt {
  covey_server *server;
  const char *pattern;
  const covey_channel_options *options;
  covey_status expected;
};

static void try_channel(void *argument) {
  const struct attempt *attempt = argument;
  atomic_int destroyed = 0;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.user = &destroyed;
  handlers.destroy = count_destroy;
  CHECK_IS(covey_channel_register(attempt->server, attempt->pattern,
                                  attempt->options, &handlers, NULL, NULL),
           attempt->expected);
  CHECK_DESTROYED(destroyed, 1);
}

static void a_channels_is_called_when_it_is_not_registered(void) {
  covey_channel_options bad = COVEY_CHANNEL_OPTIONS_INIT;
  host h;
  bad.flags = UINT32_MAX;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  struct attempt attempts[] = {
      {NULL, "a/", NULL, COVEY_E_INVALID},
      {h.server, NULL, NULL, COVEY_E_INVALID},
      {h.server, "<", NULL, COVEY_E_INVALID},
      {h.server, "\xff", NULL, COVEY_E_INVALID},
      {h.server, "a/", &bad, COVEY_E_INVALID},
      {h.server, "ws/<other>/", NULL, COVEY_E_EXISTS},
  };
  struct attempt late = {h.server, "a/", NULL, COVEY_E_BUSY};
  struct attempt elsewhere = {h.server, "a/", NULL, COVEY_E_WRONG_THREAD};
  for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
    try_channel(&attempts[i]);
  check_elsewhere(try_channel, &elsewhere);
  CHECK(host_listen(&h));
  try_channel(&late);
  host_close(&h);
}

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

static void what_was_registered_is_destroyed_with_the_server(void) {
  atomic_int channel = 0, event = 0;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_channel_id id = 0;
  host h;
  handlers.user = &channel;
  handlers.destroy = count_destroy;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_channel_register(h.server, "a/", NULL, &handlers, &id, NULL),
           COVEY_OK);
  CHECK_IS(
      covey_event_register(h.server, id, "e", on_event, &event, count_destroy),
      COVEY_OK);
  CHECK(host_listen(&h));
  host_turn(&h);
  CHECK_DESTROYED(channel, 0);
  CHECK_DESTROYED(event, 0);
  host_close(&h);
  CHECK_DESTROYED(channel, 1);
  CHECK_DESTROYED(event, 1);
}

static void an_events_is_called_when_it_is_not_registered(void) {
  atomic_int destroyed = 0;
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  covey_server *server = h.server;
  CHECK_IS(covey_event_register(NULL, h.channel, "e", on_event, &destroyed,
                                count_destroy),
           COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 1);
  CHECK_IS(
      covey_event_register(server, 0, "e", on_event, &destroyed, count_destroy),
      COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 2);
  CHECK_IS(covey_event_register(server, h.channel, NULL, on_event, &destroyed,
                                count_destroy),
           COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 3);
  CHECK_IS(covey_event_register(server, h.channel, "e", NULL, &destroyed,
                                count_destroy),
           COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 4);
  CHECK_IS(covey_event_register(server, h.channel, "note", on_event, &destroyed,
                                count_destroy),
           COVEY_E_EXISTS);
  CHECK_DESTROYED(destroyed, 5);
  CHECK(host_listen(&h));
  CHECK_IS(covey_event_register(server, h.channel, "e", on_event, &destroyed,
                                count_destroy),
           COVEY_E_BUSY);
  CHECK_DESTROYED(destroyed, 6);
  host_close(&h);
  CHECK_DESTROYED(destroyed, 6);
}

struct task {
  atomic_int runs, destroys;
};

static void run_task(covey_server *server, void *user) {
  struct task *task = user;
  (void)server;
  atomic_fetch_add(&task->runs, 1);
}

static void destroy_task(void *user) {
  struct task *task = user;
  atomic_fetch_add(&task->destroys, 1);
}

#define CHECK_TASK(task, run_times, destroy_times)                             \
  do {                                                                         \
    CHECK_IS(atomic_load(&(task).runs), (run_times));                          \
    CHECK_IS(atomic_load(&(task).destroys), (destroy_times));                  \
  } while (0)

static void run_task_first(covey_server *server, void *user) {
  CHECK_TASK(*(struct task *)user, 0, 0);
  run_task(server, user);
}

static void a_tasks_is_called_after_it_ran(void) {
  struct task task = {0, 0};
  host h;
  if (!host_open(&h))
    return;
  CHECK_IS(covey_server_post(h.server, run_task_first, &task, destroy_task),
           COVEY_OK);
  CHECK_TASK(task, 0, 0); /* never before the call returned */
  AWAIT(&h, atomic_load(&task.runs) == 1);
  CHECK_TASK(task, 1, 1);
  host_close(&h);
  CHECK_TASK(task, 1, 1);
}

static void a_tasks_is_called_in_place_of_it(void) {
  struct task refused = {0, 0}, never_run = {0, 0}, late = {0, 0};
  host h;
  if (!host_open(&h))
    return;
  CHECK_IS(covey_server_post(NULL, run_task, &refused, destroy_task),
           COVEY_E_INVALID);
  CHECK_TASK(refused, 0, 1);
  CHECK_IS(covey_server_post(h.server, NULL, &refused, destroy_task),
           COVEY_E_INVALID);
  CHECK_TASK(refused, 0, 2);
  CHECK_IS(covey_server_post(h.server, run_task, &never_run, destroy_task),
           COVEY_OK);
  host_close(&h);
  CHECK_TASK(never_run, 0, 1);

  if (!host_open(&h))
    return;
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  while (covey_server_service(h.server, 100) == COVEY_OK)
    continue;
  CHECK_IS(covey_server_post(h.server, run_task, &late, destroy_task),
           COVEY_E_STOPPED);
  CHECK_TASK(late, 0, 1);
  CHECK_IS(
      covey_timer_start(h.server, 0, 0, run_task, &late, destroy_task, NULL),
      COVEY_E_STOPPED);
  CHECK_TASK(late, 0, 2);
  host_close(&h);
}

struct post {
  covey_server *server;
  struct task *task;
};

static void post_elsewhere(void *argument) {
  const struct post *post = argument;
  CHECK_IS(covey_server_post(post->server, run_task, post->task, destroy_task),
           COVEY_OK);
  CHECK_IS(covey_timer_start(post->server, 60000, 0, run_task, post->task,
                             destroy_task, NULL),
           COVEY_OK);
}

static void what_is_left_in_the_mailbox_is_destroyed(void) {
  struct task task = {0, 0};
  host h;
  if (!host_open(&h))
    return;
  struct post post = {h.server, &task};
  check_elsewhere(post_elsewhere, &post);
  CHECK_TASK(task, 0, 0);
  host_close(&h);
  CHECK_TASK(task, 0, 2);
}

static void stop_the_timer(covey_server *server, void *user) {
  covey_timer_id *timer = user;
  CHECK_IS(covey_timer_stop(server, *timer), COVEY_OK);
}

static void a_timers_is_called_once_it_is_over(void) {
  struct task once = {0, 0}, again = {0, 0}, left = {0, 0}, bad = {0, 0};
  covey_timer_id timer = 0;
  host h;
  if (!host_open(&h))
    return;
  CHECK_IS(
      covey_timer_start(h.server, 1, 0, run_task, &once, destroy_task, NULL),
      COVEY_OK);
  CHECK_IS(
      covey_timer_start(h.server, 1, 1, run_task, &again, destroy_task, &timer),
      COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 60000, 0, run_task, &left, destroy_task,
                             NULL),
           COVEY_OK);
  CHECK_IS(covey_timer_start(NULL, 1, 1, run_task, &bad, destroy_task, NULL),
           COVEY_E_INVALID);
  CHECK_TASK(bad, 0, 1);
  CHECK_IS(covey_timer_start(h.server, 1, 1, NULL, &bad, destroy_task, NULL),
           COVEY_E_INVALID);
  CHECK_TASK(bad, 0, 2);
  AWAIT(&h, atomic_load(&once.runs) == 1 && atomic_load(&again.runs) >= 3);
  CHECK_TASK(once, 1, 1);
  CHECK_IS(atomic_load(&again.destroys), 0);
  int runs = atomic_load(&again.runs);
  CHECK_IS(covey_timer_stop(h.server, timer), COVEY_OK);
  AWAIT(&h, atomic_load(&again.destroys) == 1);
  host_turn(&h);
  CHECK_TASK(again, runs, 1);
  CHECK_TASK(left, 0, 0);
  host_close(&h);
  CHECK_TASK(left, 0, 1);
  CHECK_TASK(again, runs, 1);
}

struct self_stopping {
  covey_timer_id timer;
  struct task task;
};

static void stop_itself(covey_server *server, void *user) {
  struct self_stopping *self = user;
  run_task(server, &self->task);
  stop_the_timer(server, &self->timer);
}

static void destroy_itself(void *user) {
  struct self_stopping *self = user;
  destroy_task(&self->task);
}

static void a_timer_may_stop_itself(void) {
  struct self_stopping self = {0, {0, 0}};
  host h;
  if (!host_open(&h))
    return;
  CHECK_IS(covey_timer_start(h.server, 1, 1, stop_itself, &self, destroy_itself,
                             &self.timer),
           COVEY_OK);
  AWAIT(&h, atomic_load(&self.task.destroys) == 1);
  host_turn(&h);
  CHECK_TASK(self.task, 1, 1);
  CHECK_IS(covey_timer_stop(h.server, self.timer), COVEY_E_GONE);
  host_close(&h);
  CHECK_TASK(self.task, 1, 1);
}

static void data_is_destroyed_when_other_data_is_set(void) {
  atomic_int first = 0, second = 0;
  void *data = &first;
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_get_data(h.server, consumer, &data), COVEY_OK);
  CHECK(data == NULL);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &first, count_destroy),
           COVEY_OK);
  CHECK_IS(covey_consumer_get_data(h.server, consumer, &data), COVEY_OK);
  CHECK(data == &first);
  CHECK_DESTROYED(first, 0);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &second, count_destroy),
           COVEY_OK);
  CHECK_DESTROYED(first, 1);
  CHECK_IS(covey_consumer_get_data(h.server, consumer, &data), COVEY_OK);
  CHECK(data == &second);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, NULL, NULL), COVEY_OK);
  CHECK_DESTROYED(second, 1);
  host_disconnect(&h, &c);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &first, count_destroy),
           COVEY_E_GONE);
  CHECK_DESTROYED(first, 2);
  host_close(&h);
  CHECK_DESTROYED(first, 2);
  CHECK_DESTROYED(second, 1);
}

static void has_its_data_still(host *self, covey_consumer_id consumer) {
  void *data = NULL;
  CHECK_IS(covey_consumer_get_data(self->server, consumer, &data), COVEY_OK);
  CHECK(data == self->more);
  CHECK_DESTROYED(*(atomic_int *)self->more, 0);
}

static void data_is_destroyed_after_on_disconnect(void) {
  atomic_int destroyed = 0;
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.more = &destroyed;
  h.on_disconnect = has_its_data_still;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(
      covey_consumer_set_data(h.server, consumer, &destroyed, count_destroy),
      COVEY_OK);
  host_disconnect(&h, &c);
  CHECK_DESTROYED(destroyed, 1);
  host_close(&h);
  CHECK_DESTROYED(destroyed, 1);
}

static void data_is_destroyed_when_the_server_is_freed(void) {
  atomic_int destroyed = 0;
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.more = &destroyed;
  h.on_disconnect = has_its_data_still;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(
      covey_consumer_set_data(h.server, consumer, &destroyed, count_destroy),
      COVEY_OK);
  host_close(&h);
  CHECK_IS(atomic_load(&h.disconnects), 1);
  CHECK_DESTROYED(destroyed, 1);
  client_drop(&c, false);
}

static void set_data_and_refuse(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_set_data(self->server, consumer, self->more,
                                   count_destroy),
           COVEY_OK);
  CHECK_IS(covey_consumer_reject(self->server, consumer, 401, 0), COVEY_OK);
  CHECK_DESTROYED(*(atomic_int *)self->more, 0);
}

static void data_of_one_that_was_refused_is_destroyed(void) {
  atomic_int destroyed = 0;
  host h;
  host_prepare(&h);
  h.more = &destroyed;
  h.on_connect = set_data_and_refuse;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  client c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 401);
  AWAIT(&h, atomic_load(&destroyed) == 1);
  client_drop(&c, false);
  host_close(&h);
  CHECK_DESTROYED(destroyed, 1);
  CHECK_IS(atomic_load(&h.disconnects), 0);
}

struct meddler {
  covey_server *server;
  atomic_int lent, destroyed, visits;
};

static void destroy_of_meddler(void *user) {
  struct meddler *self = user;
  atomic_fetch_add(&self->destroyed, 1);
}

/* A destroy function that calls the server itself. */
static void meddle(void *user) {
  struct meddler *self = user;
  covey_server *server = self->server;
  atomic_fetch_add(&self->visits, 1);
  atomic_fetch_add(&self->lent, 2);
  (void)covey_server_post(server, no_task, self, destroy_of_meddler);
  (void)covey_timer_start(server, 0, 0, no_task, self, destroy_of_meddler,
                          NULL);
  (void)covey_group_broadcast(server, "g", COVEY_TEXT, "x", 1, 0);
  (void)covey_consumer_send(server, 1, COVEY_TEXT, "x", 1);
  CHECK(covey_server_service(server, 0) != COVEY_OK);
}

static void a_destroy_may_call_the_server(void) {
  struct meddler self;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  host h;
  client c, left;
  memset(&self, 0, sizeof self);
  handlers.user = &self;
  handlers.destroy = meddle;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  self.server = h.server;
  CHECK_IS(covey_channel_register(h.server, "m/", NULL, &handlers, NULL, NULL),
           COVEY_OK);
  CHECK(host_listen(&h));
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &self, meddle),
           COVEY_OK);
  host_disconnect(&h, &c);
  CHECK_IS(atomic_load(&self.visits), 1);
  CHECK_IS(covey_server_post(h.server, no_task, &self, meddle), COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 0, 0, no_task, &self, meddle, NULL),
           COVEY_OK);
  AWAIT(&h, atomic_load(&self.visits) == 3);
  AWAIT(&h, atomic_load(&self.destroyed) == atomic_load(&self.lent));

  /* And while it is freed. */
  consumer = host_connect(&h, &left);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &self, meddle),
           COVEY_OK);
  CHECK_IS(covey_server_post(h.server, no_task, &self, meddle), COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 60000, 0, no_task, &self, meddle, NULL),
           COVEY_OK);
  host_close(&h);
  CHECK_IS(atomic_load(&self.visits), 7);
  CHECK_IS(atomic_load(&self.destroyed), atomic_load(&self.lent));
  client_drop(&left, false);
}

static void post_until_full(void *argument) {
  const struct post *post = argument;
  int full = 0;
  for (int i = 0; i < 100; i++) {
    covey_status status =
        covey_server_post(post->server, run_task, post->task, destroy_task);
    CHECK(status == COVEY_OK || status == COVEY_E_FULL);
    full += status == COVEY_E_FULL;
  }
  CHECK(full > 0 && full < 100);
  CHECK_IS(atomic_load(&post->task->destroys), full);
}

static void a_full_mailbox_destroys_what_it_does_not_take(void) {
  struct task task = {0, 0}, left = {0, 0};
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  host h;
  options.mailbox_entries_max = 10;
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  struct post post = {h.server, &task};
  check_elsewhere(post_until_full, &post);
  int full = atomic_load(&task.destroys);
  CHECK_IS(100 - full, 10);
  AWAIT(&h, atomic_load(&task.destroys) == 100);
  CHECK_TASK(task, 100 - full, 100);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.drops_mailbox_full, full);
  post.task = &left;
  check_elsewhere(post_until_full, &post);
  host_close(&h);
  CHECK_TASK(left, 0, 100);
}

static void broadcast_until_full(void *argument) {
  static const char data[600] = "";
  CHECK_IS(covey_group_broadcast(argument, "g", COVEY_BINARY, data, 600, 0),
           COVEY_OK);
  CHECK_IS(covey_group_broadcast(argument, "g", COVEY_BINARY, data, 600, 0),
           COVEY_E_FULL);
  CHECK_IS(covey_group_send(argument, "g", "{\"type\":\"a\"}", 12, NULL),
           COVEY_OK);
}

static void a_mailbox_is_full_by_its_bytes_too(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  host h;
  options.mailbox_bytes_max = 1024;
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  check_elsewhere(broadcast_until_full, h.server);
  host_turn(&h);
  check_elsewhere(broadcast_until_full, h.server);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(the_servers_own_is_called_when_it_is_freed),
      TEST(the_servers_own_is_called_when_none_is_made),
      TEST(a_channels_is_called_when_it_is_not_registered),
      TEST(what_was_registered_is_destroyed_with_the_server),
      TEST(an_events_is_called_when_it_is_not_registered),
      TEST(a_tasks_is_called_after_it_ran),
      TEST(a_tasks_is_called_in_place_of_it),
      TEST(what_is_left_in_the_mailbox_is_destroyed),
      TEST(a_timers_is_called_once_it_is_over),
      TEST(a_timer_may_stop_itself),
      TEST(data_is_destroyed_when_other_data_is_set),
      TEST(data_is_destroyed_after_on_disconnect),
      TEST(data_is_destroyed_when_the_server_is_freed),
      TEST(data_of_one_that_was_refused_is_destroyed),
      TEST(a_destroy_may_call_the_server),
      TEST(a_full_mailbox_destroys_what_it_does_not_take),
      TEST(a_mailbox_is_full_by_its_bytes_too),
  };
  return CHECK_MAIN(argc, argv, tests);
}
