/*
 * misuse_tasks.c - tasks and timers run as often as they should, and their
 * `destroy` is called exactly once: also when the mailbox is full, or the end
 * comes first.
 */
#include "host.h"

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

static void more_timers_than_65536_are_refused(void) {
  struct task task = {0, 0};
  covey_timer_id first = 0, last = 0;
  covey_status status = COVEY_OK;
  host h;
  if (!host_open(&h))
    return;
  for (int count = 0; count < 65536 && status == COVEY_OK; count++) {
    status = covey_timer_start(h.server, 60000, 0, run_task, &task,
                               destroy_task, count == 0 ? &first : &last);
  }
  CHECK_IS(status, COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 60000, 0, run_task, &task, destroy_task,
                             NULL),
           COVEY_E_FULL);
  CHECK_TASK(task, 0, 1);
  CHECK_IS(covey_timer_stop(h.server, last), COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 60000, 0, run_task, &task, destroy_task,
                             NULL),
           COVEY_OK);
  host_close(&h);
  CHECK_TASK(task, 0, 65538);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_tasks_is_called_after_it_ran),
      TEST(a_tasks_is_called_in_place_of_it),
      TEST(what_is_left_in_the_mailbox_is_destroyed),
      TEST(a_timers_is_called_once_it_is_over),
      TEST(a_timer_may_stop_itself),
      TEST(a_full_mailbox_destroys_what_it_does_not_take),
      TEST(a_mailbox_is_full_by_its_bytes_too),
      TEST(more_timers_than_65536_are_refused),
  };
  return CHECK_MAIN(argc, argv, tests);
}
