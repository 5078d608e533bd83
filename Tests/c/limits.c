/*
 * limits.c - connections past a limit, requests past a size, and a system that
 * has nothing left to give.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static bool open_with(host *h, const covey_server_options *options) {
  host_prepare(h);
  return host_make(h, options, NULL) && host_listen(h);
}

/* --------------------------------------------------------- connections -- */

static void one_connection_too_many_is_503(void) {
  host h;
  client first, second;
  char after[16] = "";
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.connections_max = 1;
  if (!open_with(&h, &options))
    return;
  CHECK(host_connect(&h, &first) != 0);
  second = host_client(&h);
  CHECK_IS(client_upgrade(&second, "/ws/lobby/", NULL), 503);
  CHECK(client_answer(&second, "retry-after", after, sizeof after));
  client_drop(&second, false);
  host_disconnect(&h, &first);
  CHECK(host_connect(&h, &first) != 0);
  client_drop(&first, false);
  host_close(&h);
}

static void one_connection_too_many_of_an_address_is_dropped(void) {
  host h;
  client first;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.connections_per_address_max = 1;
  if (!open_with(&h, &options))
    return;
  CHECK(host_connect(&h, &first) != 0);
  host_turns_away(&h);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.connections_dropped, 1);
  host_disconnect(&h, &first);
  CHECK(host_connect(&h, &first) != 0);
  client_drop(&first, false);
  host_close(&h);
}

static void half_a_request_is_dropped_in_time(void) {
  host h;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.handshake_timeout_ms = 1500 + (uint32_t)check_ms(500);
  if (!open_with(&h, &options))
    return;
  client c = host_client(&h);
  int64_t start = check_now();
  CHECK(client_send_bytes(&c, "GET /ws/lobby/ HTTP/1.1\r\nHo", 27));
  CHECK(client_receives_end(&c));
  CHECK(check_now() - start < check_ms(4000));
  client_drop(&c, false);
  host_close(&h);
}

/* ------------------------------------------------------------- on_limit -- */

typedef struct limited {
  int calls;
  covey_limit_reached last;
  char peer[64];
} limited;

static void on_limit(covey_server *server, const covey_limit_reached *reached,
                     void *user) {
  limited *self = user;
  CHECK(server != NULL);
  CHECK_IS(reached->struct_size, sizeof *reached);
  self->calls++;
  self->last = *reached;
  snprintf(self->peer, sizeof self->peer, "%s", reached->peer);
}

static covey_server_options watched_by(limited *told) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  memset(told, 0, sizeof *told);
  options.on_limit = on_limit;
  options.user = told;
  return options;
}

static void check_told(const limited *told, covey_limit limit, int maximum,
                       int count, covey_consumer_id consumer) {
  CHECK_IS(told->last.limit, limit);
  CHECK_IS(told->last.maximum, maximum);
  CHECK_IS(told->last.count, count);
  CHECK_IS(told->last.consumer, consumer);
}

static void the_host_is_told_of_connections_past_their_limit(void) {
  host h;
  limited told;
  client first, late;
  covey_server_options options = watched_by(&told);
  options.connections_max = 1;
  if (!open_with(&h, &options))
    return;
  CHECK(host_connect(&h, &first) != 0);
  for (int i = 1; i <= 3; i++) {
    late = host_client(&h);
    CHECK_IS(client_upgrade(&late, "/ws/lobby/", NULL), 503);
    client_drop(&late, false);
    AWAIT(&h, told.calls == i);
    check_told(&told, COVEY_LIMIT_CONNECTIONS, 1, i, 0);
    CHECK_TEXT(told.peer, "127.0.0.1");
  }
  client_drop(&first, false);
  host_close(&h);
}

static void the_host_is_told_of_an_address_past_its_limit(void) {
  host h;
  limited told;
  client first;
  covey_server_options options = watched_by(&told);
  options.connections_per_address_max = 1;
  if (!open_with(&h, &options))
    return;
  CHECK(host_connect(&h, &first) != 0);
  host_turns_away(&h);
  AWAIT(&h, told.calls == 1);
  check_told(&told, COVEY_LIMIT_ADDRESS, 1, 1, 0);
  CHECK_TEXT(told.peer, "127.0.0.1");
  client_drop(&first, false);
  host_close(&h);
}

static void the_host_is_told_once_a_turn_of_all(void) {
  host h;
  limited told;
  client c;
  covey_server_options options = watched_by(&told);
  options.groups_per_consumer_max = 1;
  if (!open_with(&h, &options))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, "a"), COVEY_OK);
  for (int i = 0; i < 5; i++)
    CHECK_IS(covey_group_add(h.server, consumer, "b"), COVEY_E_FULL);
  int32_t timeout = -1;
  CHECK_IS(covey_server_get_timeout(h.server, &timeout), COVEY_OK);
  CHECK_IS(timeout, 0);
  CHECK_IS(covey_server_service(h.server, 0), COVEY_OK);
  CHECK_IS(told.calls, 1);
  check_told(&told, COVEY_LIMIT_GROUPS, 1, 5, consumer);
  CHECK_TEXT(told.peer, "127.0.0.1");
  client_drop(&c, false);
  host_close(&h);
}

static void the_host_is_told_of_a_message_that_is_too_large(void) {
  host h;
  limited told;
  client c;
  covey_server_options options = watched_by(&told);
  options.message_bytes_max = 4;
  if (!open_with(&h, &options))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK(client_send_text(&c, "four"));
  CHECK(client_receives_text(&c, "four"));
  CHECK_IS(told.calls, 0);
  CHECK(client_send_text(&c, "fives"));
  CHECK_IS(client_receives_close(&c), 1009);
  CHECK_IS(told.calls, 1);
  check_told(&told, COVEY_LIMIT_MESSAGE, 4, 1, consumer);
  client_drop(&c, false);
  host_close(&h);
}

static void fill_mailbox(void *argument) {
  int taken = 0;
  while (covey_group_broadcast(argument, "g", COVEY_TEXT, "x", 1, 0) ==
         COVEY_OK)
    taken++;
  CHECK_IS(taken, 7);
}

static void the_host_is_told_of_a_mailbox_that_is_full(void) {
  host h;
  limited told;
  covey_server_options options = watched_by(&told);
  options.mailbox_entries_max = 7;
  if (!open_with(&h, &options))
    return;
  check_elsewhere(fill_mailbox, h.server);
  AWAIT(&h, told.calls == 1);
  check_told(&told, COVEY_LIMIT_MAILBOX, 7, 1, 0);
  CHECK_TEXT(told.peer, "");
  host_close(&h);
}

/* ------------------------------------------------------------ requests -- */

static void a_path_past_its_limit_is_400(void) {
  host h;
  char path[128];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.path_bytes_max = 64;
  if (!open_with(&h, &options))
    return;
  for (int room = 64 - 5; room <= 64 - 4; room++) { /* "/ws/" and "/" */
    client c = host_client(&h);
    snprintf(path, sizeof path, "/ws/%0*d/", room, 0);
    CHECK_IS(client_upgrade(&c, path, NULL), strlen(path) > 64 ? 400 : 101);
    client_drop(&c, false);
  }
  host_close(&h);
}

static void headers_past_their_limit_are_dropped(void) {
  host h;
  static char header[4096];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.header_bytes_max = 2048;
  if (!open_with(&h, &options))
    return;
  client c = host_client(&h);
  snprintf(header, sizeof header, "X-Long: %03900d\r\n", 0);
  CHECK(client_upgrade(&c, "/ws/lobby/", header) != 101);
  CHECK(client_receives_end(&c));
  client_drop(&c, false);
  CHECK_IS(atomic_load(&h.connects), 0);
  CHECK(host_connect(&h, &c) != 0);
  client_drop(&c, false);
  host_close(&h);
}

/* --------------------------------------------------------- descriptors -- */

static void limit_descriptors(rlim_t count) {
  struct rlimit limit;
  CHECK_IS(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
  CHECK_IS(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Whether a server can be made, listen and be driven; nothing else may happen
 * than that it cannot. */
static bool lives_with(rlim_t descriptors) {
  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  atomic_int destroyed = 0;
  options.user = &destroyed;
  options.destroy = count_destroy;
  limit_descriptors(descriptors);
  covey_status status = covey_server_new(&options, &server, &error);
  bool is_listening = false;
  if (status == COVEY_OK) {
    CHECK_IS(atomic_load(&destroyed), 0);
    covey_status listening = covey_server_listen(server, NULL, NULL, &error);
    is_listening = listening == COVEY_OK;
    CHECK(is_listening || listening == COVEY_E_SYSTEM);
    CHECK(is_listening || error.message[0] != '\0');
    CHECK_IS(covey_server_service(server, 0), COVEY_OK);
    CHECK_IS(covey_server_free(server), COVEY_OK);
  } else {
    CHECK_IS(status, COVEY_E_SYSTEM);
    CHECK(error.message[0] != '\0');
  }
  CHECK_IS(atomic_load(&destroyed), 1);
  limit_descriptors(1024);
  return is_listening;
}

static void without_descriptors_no_server_is_made(void) {
  /* libuv keeps a pipe for the process, and aborts when its first loop cannot
   * make it: that is not ours to test. */
  CHECK(lives_with(1024));
  int before = check_descriptors();
  rlim_t enough = 3;
  while (enough < 300 && !lives_with(enough))
    enough++;
  CHECK(enough > 3 && enough < 300);
  CHECK_IS(check_descriptors(), before + check_descriptors_left(1));
}

static void without_descriptors_clients_wait_and_nothing_spins(void) {
  host h;
  client first, second;
  if (!host_open(&h))
    return;
  CHECK(host_connect(&h, &first) != 0);
  second = host_client(&h);
  limit_descriptors(3);
  for (int i = 0; i < 5; i++)
    host_turn(&h);
  CHECK(client_send_text(&first, "still here"));
  CHECK(client_receives_text(&first, "still here"));
  limit_descriptors(1024);
  client_drop(&second, false);
  CHECK(host_connect(&h, &second) != 0);
  client_drop(&first, false);
  client_drop(&second, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(one_connection_too_many_is_503),
      TEST(one_connection_too_many_of_an_address_is_dropped),
      TEST(half_a_request_is_dropped_in_time),
      TEST(the_host_is_told_of_connections_past_their_limit),
      TEST(the_host_is_told_of_an_address_past_its_limit),
      TEST(the_host_is_told_once_a_turn_of_all),
      TEST(the_host_is_told_of_a_message_that_is_too_large),
      TEST(the_host_is_told_of_a_mailbox_that_is_full),
      TEST(a_path_past_its_limit_is_400),
      TEST(headers_past_their_limit_are_dropped),
      TEST(without_descriptors_no_server_is_made),
      TEST(without_descriptors_clients_wait_and_nothing_spins),
  };
  return CHECK_MAIN(argc, argv, tests);
}
