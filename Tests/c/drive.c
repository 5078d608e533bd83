/*
 * drive.c - the same conversation with a server that is driven in each of the
 * four ways; and how a server is stopped, and how many there may be.
 */
#include "host.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ----------------------------------------------------------- four ways -- */

static void *run_it(void *argument) {
  host *self = argument;
  CHECK_IS(covey_server_run(self->server), COVEY_OK);
  CHECK_IS(covey_server_run(self->server), COVEY_E_STOPPED);
  return NULL;
}

static void *service_it(void *argument) {
  host *self = argument;
  covey_status status = COVEY_OK;
  while (status == COVEY_OK)
    status = covey_server_service(self->server, 1000);
  CHECK_IS(status, COVEY_E_STOPPED);
  return NULL;
}

static void *service_it_without_a_limit(void *argument) {
  host *self = argument;
  covey_status status = COVEY_OK;
  while (status == COVEY_OK)
    status = covey_server_service(self->server, -1);
  CHECK_IS(status, COVEY_E_STOPPED);
  return NULL;
}

static void *poll_it(void *argument) {
  host *self = argument;
  covey_status status = covey_server_service(self->server, 0);
  while (status == COVEY_OK) {
    struct pollfd watched = {-1, POLLIN, 0};
    int32_t timeout = 0;
    status = covey_server_get_fd(self->server, &watched.fd);
    if (status == COVEY_OK)
      status = covey_server_get_timeout(self->server, &timeout);
    if (status != COVEY_OK)
      break;
    CHECK(watched.fd >= 0 && timeout >= -1);
    CHECK(poll(&watched, 1, timeout) >= 0);
    status = covey_server_service(self->server, 0);
  }
  CHECK_IS(status, COVEY_E_STOPPED);
  return NULL;
}

/* NULL: a thread of the server's own. */
typedef void *(*way)(void *);

static const way ways[] = {run_it, service_it, service_it_without_a_limit,
                           poll_it, NULL};
enum { WAYS = sizeof ways / sizeof ways[0] };

struct drive {
  host h;
  way way;
  pthread_t thread;
};

static void begin(struct drive *self, way way) {
  self->way = way;
  self->h.is_driven_elsewhere = true;
  if (way == NULL)
    CHECK_IS(covey_server_start(self->h.server), COVEY_OK);
  else
    CHECK_IS(pthread_create(&self->thread, NULL, way, &self->h), 0);
}

/* Waits until the server has stopped, and frees it. */
static void end(struct drive *self) {
  if (self->way == NULL)
    CHECK_IS(covey_server_wait(self->h.server, check_ms(10000)), COVEY_OK);
  else
    CHECK_IS(pthread_join(self->thread, NULL), 0);
  host_close(&self->h);
}

/* ---------------------------------------------------- the conversation -- */

struct talk {
  host *h;
  covey_consumer_id consumer;
  atomic_int destroyed;
};

static void say_hello(covey_server *server, void *user) {
  const struct talk *talk = user;
  size_t count = 0;
  CHECK_IS(covey_group_count(server, "room_lobby", &count), COVEY_OK);
  CHECK_IS(count, 2);
  CHECK_IS(covey_consumer_send(server, talk->consumer, COVEY_TEXT, "hello", 5),
           COVEY_OK);
}

static void destroy_talk(void *user) {
  struct talk *talk = user;
  atomic_fetch_add(&talk->destroyed, 1);
  sem_post(&talk->h->stirred);
}

static void talk_with(host *h) {
  static const char event[] = "{\"type\":\"note\",\"n\":1}";
  covey_server *server = h->server;
  client a, b;
  struct talk talk = {h, 0, 0};
  covey_timer_id timer = 0;

  talk.consumer = host_connect(h, &a);
  covey_consumer_id other = host_connect(h, &b);
  CHECK(client_send_text(&a, "echo me"));
  CHECK(client_receives_text(&a, "echo me"));

  /* From this thread, which does not drive: an event to a group, */
  CHECK_IS(
      covey_group_send(server, "room_lobby", event, sizeof event - 1, NULL),
      COVEY_OK);
  CHECK(client_receives_text(&a, event));
  CHECK(client_receives_text(&b, event));

  /* a message to all but one, in the order of sending, */
  CHECK_IS(
      covey_group_broadcast(server, "room_lobby", COVEY_TEXT, "all", 3, other),
      COVEY_OK);
  CHECK_IS(covey_consumer_send(server, talk.consumer, COVEY_TEXT, "one", 3),
           COVEY_OK);
  CHECK(client_receives_text(&a, "all"));
  CHECK(client_receives_text(&a, "one"));

  /* a timer, a timer that is stopped, and a task, */
  CHECK_IS(
      covey_timer_start(server, 5, 0, say_hello, &talk, destroy_talk, NULL),
      COVEY_OK);
  CHECK(client_receives_text(&a, "hello"));
  CHECK_IS(covey_timer_start(server, 60000, 0, say_hello, &talk, destroy_talk,
                             &timer),
           COVEY_OK);
  CHECK_IS(covey_timer_stop(server, timer), COVEY_OK);
  CHECK_IS(covey_server_post(server, say_hello, &talk, destroy_talk), COVEY_OK);
  CHECK(client_receives_text(&a, "hello"));
  AWAIT(h, atomic_load(&talk.destroyed) == 3);

  /* and a close. */
  CHECK_IS(covey_group_discard(server, other, "room_lobby"), COVEY_OK);
  CHECK_IS(covey_consumer_close(server, other, 4001, "bye"), COVEY_OK);
  CHECK_IS(client_is_closed(&b), 4001);
  AWAIT(h, atomic_load(&h->disconnects) == 1);
  CHECK_IS(h->ending.code, 4001);
  CHECK_TEXT(h->ending.reason, "bye");

  CHECK_IS(covey_server_stop(server, 1012), COVEY_OK);
  CHECK_IS(client_is_closed(&a), 1012);
  client_drop(&a, false);
  client_drop(&b, false);
}

static bool open_room(host *h) {
  static const char *const groups[] = {"room_{room}", NULL};
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  options.groups = groups;
  host_prepare(h);
  return host_make(h, NULL, &options) && host_listen(h);
}

static void converse(way way) {
  struct drive drive;
  if (!open_room(&drive.h))
    return;
  begin(&drive, way);
  talk_with(&drive.h);
  end(&drive);
  CHECK_IS(atomic_load(&drive.h.disconnects), 2);
  CHECK_IS(drive.h.ending.cause, COVEY_ENDING_STOPPED);
}

static void it_runs_on_a_thread_of_the_host(void) { converse(run_it); }
static void it_is_serviced_in_a_loop(void) { converse(service_it); }

static void it_is_serviced_without_a_limit(void) {
  converse(service_it_without_a_limit);
}

static void it_is_polled(void) { converse(poll_it); }
static void it_runs_on_a_thread_of_its_own(void) { converse(NULL); }

static void *converse_with(void *argument) {
  struct drive *drive = argument;
  talk_with(&drive->h);
  return NULL;
}

static void several_servers_live_in_one_process(void) {
  struct drive drives[WAYS];
  pthread_t talks[WAYS];
  for (int i = 0; i < WAYS; i++)
    if (!open_room(&drives[i].h))
      return;
  for (int i = 0; i < WAYS; i++)
    begin(&drives[i], ways[i]);
  for (int i = 0; i < WAYS; i++)
    CHECK_IS(pthread_create(&talks[i], NULL, converse_with, &drives[i]), 0);
  for (int i = 0; i < WAYS; i++)
    CHECK_IS(pthread_join(talks[i], NULL), 0);
  for (int i = 0; i < WAYS; i++)
    end(&drives[i]);
}

/* ---------------------------------------------------------------- stop -- */

static void stop_in_a_moment(covey_server *server, void *user) {
  (void)user;
  CHECK_IS(covey_server_stop(server, 0), COVEY_OK);
}

static void stop_it(void *argument) {
  CHECK_IS(covey_server_stop(argument, 0), COVEY_OK);
}

static void stop_when_told(host *self, covey_consumer_id consumer,
                           covey_kind kind, const void *data, size_t size) {
  (void)consumer, (void)kind, (void)data, (void)size;
  CHECK_IS(covey_server_stop(self->server, 0), COVEY_OK);
}

static void a_handler_may_stop_it(void) {
  for (int i = 0; i < WAYS; i++) {
    struct drive drive;
    client c;
    if (!host_open(&drive.h))
      return;
    drive.h.on_message = stop_when_told;
    begin(&drive, ways[i]);
    CHECK(host_connect(&drive.h, &c) != 0);
    CHECK(client_send_text(&c, "stop"));
    CHECK_IS(client_is_closed(&c), 1001);
    client_drop(&c, false);
    end(&drive);
  }
}

static void a_timer_may_stop_it(void) {
  for (int i = 0; i < WAYS; i++) {
    struct drive drive;
    if (!host_open(&drive.h))
      return;
    CHECK_IS(covey_timer_start(drive.h.server, 5, 0, stop_in_a_moment, NULL,
                               NULL, NULL),
             COVEY_OK);
    begin(&drive, ways[i]);
    end(&drive);
  }
}

static void another_thread_may_stop_it(void) {
  for (int i = 0; i < WAYS; i++) {
    struct drive drive;
    if (!host_open(&drive.h))
      return;
    begin(&drive, ways[i]);
    check_elsewhere(stop_it, drive.h.server);
    end(&drive);
  }
}

static covey_server *volatile to_stop;

static void stop_on_signal(int number) {
  (void)number;
  (void)covey_server_stop(to_stop, 0);
}

static void a_signal_handler_may_stop_it(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = stop_on_signal;
  action.sa_flags = SA_RESTART;
  CHECK_IS(sigaction(SIGUSR1, &action, NULL), 0);
  for (int i = 0; i < WAYS; i++) {
    struct drive drive;
    client c;
    if (!host_open(&drive.h))
      return;
    to_stop = drive.h.server;
    begin(&drive, ways[i]);
    CHECK(host_connect(&drive.h, &c) != 0);
    if (i % 2 == 0 && ways[i] != NULL)
      CHECK_IS(pthread_kill(drive.thread, SIGUSR1), 0);
    else
      CHECK_IS(raise(SIGUSR1), 0);
    CHECK_IS(client_is_closed(&c), 1001);
    client_drop(&c, false);
    end(&drive);
  }
}

static void while_it_stops_newcomers_get_503(void) {
  host h;
  client first, second;
  if (!host_open(&h))
    return;
  CHECK(host_connect(&h, &first) != 0);
  second = host_client(&h);
  host_turn(&h);
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  CHECK_IS(client_upgrade(&second, "/ws/lobby/", NULL), 503);
  CHECK_IS(client_is_closed(&first), 1001);
  client_drop(&first, false);
  client_drop(&second, false);
  while (covey_server_service(h.server, 100) == COVEY_OK)
    continue;
  host_close(&h);
}

static void its_health_can_be_asked_for(void) {
  host h;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.health_path = "/health";
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  c = host_client(&h);
  CHECK_IS(client_get(&c, "/health"), 200);
  client_drop(&c, false);
  host_close(&h);
}

static void files_and_directories_are_served(void) {
  char folder[] = "/tmp/covey_drive_XXXXXX", path[64];
  host h;
  client c;
  if (!CHECK(mkdtemp(folder) != NULL))
    return;
  snprintf(path, sizeof path, "%s/index.html", folder);
  FILE *file = fopen(path, "w");
  if (!CHECK(file != NULL && fputs("<p>hi</p>", file) >= 0))
    return;
  fclose(file);
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_directory_register(h.server, "/static/", folder, NULL),
           COVEY_OK);
  CHECK_IS(covey_file_register(h.server, "page/<str:any>/", path, NULL),
           COVEY_OK);
  CHECK(host_listen(&h));
  const char *const there[] = {"/static/", "/static/index.html", "/page/1/"};
  for (size_t i = 0; i < 3; i++) {
    c = host_client(&h);
    CHECK_IS(client_get(&c, there[i]), 200);
    client_drop(&c, false);
  }
  c = host_client(&h);
  CHECK_IS(client_get(&c, "/static/none"), 404);
  client_drop(&c, false);
  host_close(&h);
  unlink(path);
  rmdir(folder);
}

/* --------------------------------------------------------------- leaks -- */

/* Kilobytes of memory in use. */
static long resident(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL)
    return 0;
  if (fscanf(file, "%*d %ld", &pages) != 1)
    pages = 0;
  fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Does something again and again, and then nothing more is in use. */
static void check_no_leak(void (*once)(void), int warm_up, int times) {
  for (int i = 0; i < warm_up; i++)
    once();
  int descriptors = check_descriptors();
  long kilobytes = resident();
  for (int i = 0; i < times; i++)
    once();
  CHECK_IS(check_descriptors(), descriptors + check_descriptors_left(times));
  /* A sanitizer or valgrind keeps what was freed, and counts for itself. */
  long grown = resident() - kilobytes;
  if (getenv("CHECK_FACTOR") == NULL && !CHECK(grown < 1024))
    printf("%ld kilobytes more after %d times\n", grown, times);
}

static void make_listen_and_free(void) {
  host h;
  if (host_open(&h))
    host_close(&h);
}

static void make_connect_and_free(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  client_drop(&c, false);
  host_close(&h);
}

static void start_and_free(void) {
  host h;
  if (!host_open(&h))
    return;
  CHECK_IS(covey_server_start(h.server), COVEY_OK);
  host_close(&h);
}

static void two_hundred_servers_leave_nothing_behind(void) {
  check_no_leak(make_listen_and_free, 50, 150);
}

static void servers_with_clients_leave_nothing_behind(void) {
  check_no_leak(make_connect_and_free, 50, 100);
}

static void servers_with_threads_leave_nothing_behind(void) {
  check_no_leak(start_and_free, 50, 100);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(it_runs_on_a_thread_of_the_host),
      TEST(it_is_serviced_in_a_loop),
      TEST(it_is_serviced_without_a_limit),
      TEST(it_is_polled),
      TEST(it_runs_on_a_thread_of_its_own),
      TEST(several_servers_live_in_one_process),
      TEST(a_handler_may_stop_it),
      TEST(a_timer_may_stop_it),
      TEST(another_thread_may_stop_it),
      TEST(a_signal_handler_may_stop_it),
      TEST(while_it_stops_newcomers_get_503),
      TEST(its_health_can_be_asked_for),
      TEST(files_and_directories_are_served),
      TEST(two_hundred_servers_leave_nothing_behind),
      TEST(servers_with_clients_leave_nothing_behind),
      TEST(servers_with_threads_leave_nothing_behind),
  };
  return CHECK_MAIN(argc, argv, tests);
}
