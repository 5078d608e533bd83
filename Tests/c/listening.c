/*
 * listening.c - where a server listens: shared ports, sockets that somebody
 * else opened, listeners for operators, and what excludes what.
 */
#include "host.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static bool open_at(host *h, const covey_server_options *options,
                    const covey_listen_options *where) {
  host_prepare(h);
  return host_make(h, options, NULL) && host_listen_with(h, where);
}

static client plain(host *h) {
  client made = client_make(host_turn, h);
  made.identity = NULL;
  return made;
}

static int ask(host *h, const char *target) {
  client c = plain(h);
  int status =
      CHECK(client_connect(&c, h->port, 0)) ? client_get(&c, target) : 0;
  client_drop(&c, false);
  return status;
}

static int enters(host *h, client *c) {
  *c = plain(h);
  return client_connect(c, h->port, 0) ? client_upgrade(c, "/ws/lobby/", NULL)
                                       : 0;
}

/* A socket that listens, on a port or a path. */
static int listening_socket(const char *path) {
  struct sockaddr_in address;
  struct sockaddr_un local;
  memset(&address, 0, sizeof address);
  memset(&local, 0, sizeof local);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  local.sun_family = AF_UNIX;
  if (path != NULL)
    strcpy(local.sun_path, path);
  int fd = socket(path == NULL ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
  CHECK(path == NULL
            ? bind(fd, (struct sockaddr *)&address, sizeof address) == 0
            : bind(fd, (struct sockaddr *)&local, sizeof local) == 0);
  CHECK(listen(fd, 8) == 0);
  return fd;
}

/* ---------------------------------------------------------- shared ports -- */

static void servers_share_a_port_when_all_of_them_say_so(void) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host first, second;
  client c;
  where.flags = COVEY_LISTEN_REUSE_PORT;
  if (!open_at(&first, NULL, &where))
    return;
  where.port = first.port;
  if (!open_at(&second, NULL, &where))
    return;
  CHECK_IS(second.port, first.port);
  where.flags = 0;
  CHECK_IS(covey_server_listen(second.server, &where, NULL, NULL),
           COVEY_E_SYSTEM);
  host_close(&first);
  for (int i = 0; i < 20; i++) {
    CHECK_IS(enters(&second, &c), 101);
    client_drop(&c, false);
  }
  host_close(&second);
}

static void a_server_that_ends_leaves_a_shared_port_to_the_others(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host first, second;
  client stays, waits, c;
  options.flush_timeout_ms = 60000;
  options.close_timeout_ms = 60000;
  where.flags = COVEY_LISTEN_REUSE_PORT;
  if (!open_at(&first, &options, &where))
    return;
  CHECK_IS(enters(&first, &stays), 101);
  waits = plain(&first);
  CHECK(client_connect(&waits, first.port, 0)); /* not accepted yet */
  CHECK_IS(covey_server_stop(first.server, 1012), COVEY_OK);
  CHECK_IS(client_receives_close(&stays), 1012);
  /* Whoever had come is answered, and not cut off. */
  CHECK_IS(client_upgrade(&waits, "/ws/lobby/", NULL), 503);
  client_drop(&waits, false);
  where.port = first.port;
  if (!open_at(&second, NULL, &where))
    return;
  for (int i = 0; i < 50; i++) {
    CHECK_IS(enters(&second, &c), 101);
    client_drop(&c, false);
  }
  client_drop(&stays, false);
  host_close(&first);
  host_close(&second);
}

/* ------------------------------------------------------------ descriptors --
 */

static void a_socket_that_listens_is_taken_over(void) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  host h;
  client c;
  int fd = listening_socket(NULL);
  where.descriptor = fd;
  CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
  if (!open_at(&h, NULL, &where))
    return;
  CHECK_IS(h.port, ntohs(address.sin_port));
  CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  CHECK_IS(enters(&h, &c), 101);
  client_drop(&c, false);
  host_close(&h);
  CHECK_IS(fcntl(fd, F_GETFD), -1); /* it was the server's */
}

static void a_unix_socket_that_is_taken_over_stays_a_file(void) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  char folder[] = "/tmp/covey-test-XXXXXX", path[64];
  host h;
  if (!CHECK(mkdtemp(folder) != NULL))
    return;
  (void)snprintf(path, sizeof path, "%s/socket", folder);
  where.descriptor = listening_socket(path);
  if (!open_at(&h, NULL, &where))
    return;
  CHECK_IS(h.port, 0);
  client c = plain(&h);
  CHECK(client_connect_path(&c, path));
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101);
  client_drop(&c, false);
  host_close(&h);
  CHECK_IS(unlink(path), 0);
  CHECK_IS(rmdir(folder), 0);
}

static void what_does_not_listen_is_refused_and_stays_the_hosts(void) {
  host h;
  int pair[2], bound = socket(AF_INET, SOCK_STREAM, 0);
  int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  int file = open("/dev/null", O_RDONLY);
  if (!host_open(&h) || !CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0))
    return;
  const int bad[] = {bound, datagrams, file, pair[0], 9999};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
    covey_error error = COVEY_ERROR_INIT;
    char name[32];
    where.descriptor = bad[i];
    (void)snprintf(name, sizeof name, "descriptor %d", bad[i]);
    CHECK_IS(covey_server_listen(h.server, &where, NULL, &error),
             COVEY_E_SYSTEM);
    CHECK(strstr(error.message, name) != NULL);
    CHECK(bad[i] == 9999 || close(bad[i]) == 0);
  }
  close(pair[1]);
  host_close(&h);
}

static void a_socket_that_others_shut_down_does_not_spin(void) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host h;
  client c;
  int fd = listening_socket(NULL);
  where.descriptor = dup(fd);
  if (!open_at(&h, NULL, &where))
    return;
  CHECK(shutdown(fd, SHUT_RDWR) == 0);
  CHECK(host_listen_with(&h, NULL));
  CHECK_IS(enters(&h, &c), 101);
  clock_t before = clock();
  int64_t end = check_now() + 500;
  while (check_now() < end)
    CHECK_IS(covey_server_service(h.server, 50), COVEY_OK);
  CHECK(clock() - before < CLOCKS_PER_SEC / 4);
  client_drop(&c, false);
  close(fd);
  host_close(&h);
}

static void drain(void *argument) {
  CHECK_IS(covey_server_drain(argument, 30000), COVEY_OK);
}

static void one_that_drains_lets_go_from_any_thread(void) {
  for (int is_elsewhere = 0; is_elsewhere < 2; is_elsewhere++) {
    covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
    host h;
    client stays, c;
    int fd = listening_socket(NULL);
    where.descriptor = fd;
    if (!open_at(&h, NULL, &where))
      return;
    CHECK_IS(enters(&h, &stays), 101);
    if (is_elsewhere)
      check_elsewhere(drain, h.server);
    else
      drain(h.server);
    AWAIT(&h, fcntl(fd, F_GETFD) == -1);
    c = plain(&h);
    CHECK(!client_connect(&c, h.port, 0));
    CHECK(client_send_text(&stays, "still here"));
    CHECK(client_receives_text(&stays, "still here"));
    client_drop(&stays, false);
    host_close(&h);
  }
}

static void sockets_that_are_handed_over_are_let_go_too(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host first, second;
  client stays, c;
  int fd = listening_socket(NULL);
  options.flush_timeout_ms = 60000;
  options.close_timeout_ms = 60000;
  where.descriptor = dup(fd);
  if (!open_at(&first, &options, &where))
    return;
  CHECK_IS(enters(&first, &stays), 101);
  CHECK_IS(covey_server_stop(first.server, 1012), COVEY_OK);
  CHECK_IS(client_receives_close(&stays), 1012);
  CHECK_IS(fcntl(where.descriptor, F_GETFD), -1);
  where.descriptor = fd;
  if (!open_at(&second, NULL, &where))
    return;
  CHECK_IS(enters(&second, &c), 101);
  client_drop(&c, false);
  client_drop(&stays, false);
  host_close(&first);
  host_close(&second);
}

/* -------------------------------------------------------------- operators --
 */

static void a_listener_for_operators_answers_nothing_else(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host h;
  client c;
  options.health_path = "/healthz";
  host_prepare(&h);
  if (!host_make(&h, &options, NULL))
    return;
  CHECK_IS(covey_file_register(h.server, "page", "/etc/hostname", NULL),
           COVEY_OK);
  CHECK(host_listen_with(&h, NULL));
  uint16_t clients = h.port;
  where.flags = COVEY_LISTEN_OPERATORS;
  CHECK(host_listen_with(&h, &where));
  uint16_t operators = h.port;
  CHECK_IS(ask(&h, "/healthz"), 200);
  CHECK_IS(ask(&h, "/page"), 404);
  CHECK_IS(ask(&h, "/ws/lobby/"), 404);
  CHECK_IS(ask(&h, "/"), 404);
  CHECK_IS(enters(&h, &c), 404);
  client_drop(&c, false);
  CHECK_IS(atomic_load(&h.connects), 0);
  h.port = clients;
  CHECK_IS(ask(&h, "/healthz"), 200);
  CHECK_IS(ask(&h, "/page"), 200);
  CHECK_IS(ask(&h, "/ws/lobby/"), 426);
  CHECK_IS(enters(&h, &c), 101);
  client_drop(&c, false);
  CHECK(operators != clients);
  host_close(&h);
}

/* ---------------------------------------------------------------- options --
 */

static void options_that_exclude_each_other_are_named(void) {
  static const char *const words[] = {
      "flags is 16",      "exclude each other", "exclude each other",
      "descriptor is -1", "REUSE_PORT",         "backlog",
      "reserved"};
  host h;
  if (!host_open(&h))
    return;
  for (int i = 0; i < 7; i++) {
    covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
    covey_error error = COVEY_ERROR_INIT;
    uint16_t port = 7;
    if (i == 0)
      where.flags = 16;
    if (i == 1)
      where.descriptor = 3, where.port = 1;
    if (i == 2)
      where.descriptor = 3, where.address = "::1";
    if (i == 3)
      where.descriptor = -1;
    if (i == 4)
      where.descriptor = 3, where.flags = COVEY_LISTEN_REUSE_PORT;
    if (i == 5)
      where.descriptor = 3, where.backlog = 1;
    if (i == 6)
      where.reserved = 1;
    CHECK_IS(covey_server_listen(h.server, &where, &port, &error),
             COVEY_E_INVALID);
    if (!CHECK(strstr(error.message, words[i]) != NULL))
      printf("it says: %s\n", error.message);
    CHECK_IS(port, 7);
  }
  host_close(&h);
}

static void a_backlog_is_as_long_as_it_may_be(void) {
  static const uint32_t backlogs[] = {1, 4096, UINT32_MAX};
  for (size_t i = 0; i < 3; i++) {
    covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
    host h;
    client c;
    where.backlog = backlogs[i];
    if (!open_at(&h, NULL, &where))
      return;
    CHECK_IS(enters(&h, &c), 101);
    client_drop(&c, false);
    host_close(&h);
  }
}

static void a_crowd_that_has_waited_is_served(void) {
  enum { CROWD = 300 };
  host h;
  client crowd[CROWD];
  if (!open_at(&h, NULL, NULL))
    return;
  for (int i = 0; i < CROWD; i++) {
    crowd[i] = plain(&h);
    CHECK(client_connect(&crowd[i], h.port, 0));
  }
  for (int i = 0; i < CROWD; i++)
    CHECK_IS(client_upgrade(&crowd[i], "/ws/lobby/", NULL), 101);
  for (int i = 0; i < CROWD; i++)
    client_drop(&crowd[i], i % 2 == 0);
  AWAIT(&h, atomic_load(&h.disconnects) == CROWD);
  host_close(&h);
}

static void a_server_ends_with_a_crowd_at_its_door(void) {
  host h;
  client crowd[100];
  if (!open_at(&h, NULL, NULL))
    return;
  for (int i = 0; i < 100; i++) {
    crowd[i] = plain(&h);
    CHECK(client_connect(&crowd[i], h.port, 0));
  }
  host_close(&h);
  for (int i = 0; i < 100; i++)
    client_drop(&crowd[i], false);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(servers_share_a_port_when_all_of_them_say_so),
      TEST(a_server_that_ends_leaves_a_shared_port_to_the_others),
      TEST(a_socket_that_listens_is_taken_over),
      TEST(a_unix_socket_that_is_taken_over_stays_a_file),
      TEST(what_does_not_listen_is_refused_and_stays_the_hosts),
      TEST(sockets_that_are_handed_over_are_let_go_too),
      TEST(one_that_drains_lets_go_from_any_thread),
      TEST(a_socket_that_others_shut_down_does_not_spin),
      TEST(a_listener_for_operators_answers_nothing_else),
      TEST(options_that_exclude_each_other_are_named),
      TEST(a_backlog_is_as_long_as_it_may_be),
      TEST(a_crowd_that_has_waited_is_served),
      TEST(a_server_ends_with_a_crowd_at_its_door),
  };
  return CHECK_MAIN(argc, argv, tests);
}
