/*
 * layers_lost.c - what is said while the bus is away, and when it comes back:
 * never nothing, and members here notice none of it.
 */
#include "layered.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char event[] = "{\"type\":\"note\"}";

/* A port where nobody listens, as long as the descriptor is open. */
static int hold_a_port(uint16_t *port_out) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK_IS(bind(fd, (struct sockaddr *)&address, size), 0);
  CHECK_IS(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  *port_out = ntohs(address.sin_port);
  return fd;
}

static void nobody_is_there(const char *driver) {
  layered away;
  client c;
  char url[128];
  uint16_t port = 0;
  int held = hold_a_port(&port);
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  covey_statistics s = COVEY_STATISTICS_INIT;
  options.queue_entries_max = 3;
  snprintf(url, sizeof url, "%s://:secret@127.0.0.1:%d", driver, port);
  memset(&away, 0, sizeof away);
  host_prepare(&away.h);
  if (!layered_make(&away, url, NULL, &options) || !host_listen(&away.h))
    return;
  host *h = &away.h;
  covey_consumer_id consumer = host_connect(h, &c);
  CHECK_IS(covey_group_add(h->server, consumer, "g"), COVEY_OK);
  AWAIT(h, atomic_load(&away.state_count) > 0);
  CHECK_TEXT(away.states, "-");
  CHECK(strstr(away.reason, "refused") != NULL);
  CHECK(strstr(away.reason, "secret") == NULL);

  /* Three wait. Two are too many, which is told once, in the next turn. */
  for (int i = 0; i < 5; i++)
    CHECK_IS(covey_group_send(h->server, i < 4 ? "g" : "other", event,
                              sizeof event - 1, NULL),
             COVEY_OK);
  for (int i = 0; i < 4; i++)
    CHECK(client_receives_text(&c, event));
  AWAIT(h, atomic_load(&away.gaps[COVEY_LAYER_GAP_UNSENT]) > 0);
  CHECK_IS(atomic_load(&away.gaps[COVEY_LAYER_GAP_UNSENT]), 1);
  CHECK_IS(atomic_load(&away.lost[COVEY_LAYER_GAP_UNSENT]), 2);
  CHECK_TEXT(away.groups[COVEY_LAYER_GAP_UNSENT], "g,other");

  /* An address elsewhere waits in the same queue. */
  static const char elsewhere[] =
      "specific.covey0000000000000001!0000000000000001";
  CHECK_IS(
      covey_address_send(h->server, elsewhere, event, sizeof event - 1, NULL),
      COVEY_OK);
  AWAIT(h, atomic_load(&away.gaps[COVEY_LAYER_GAP_UNSENT]) > 1);
  /* Covey's own driver counts for the process that it is in. */
  CHECK(strncmp(elsewhere, away.groups[COVEY_LAYER_GAP_UNSENT], 30) == 0);

  CHECK_IS(covey_server_get_statistics(h->server, &s), COVEY_OK);
  CHECK_IS(s.layer_connected, 0);
  CHECK_IS(s.layer_connections, 0);
  CHECK_IS(s.layer_published, 0);
  CHECK_IS(s.layer_unsent, 3);
  CHECK_IS(s.layer_missed + s.layer_unknown + s.layer_full, 0);
  CHECK_IS(s.events_handled, 4);
  CHECK_TEXT(away.states, "-"); /* not again for the same reason */
  client_drop(&c, false);
  host_close(h);
  close(held);
}

static void members_here_are_served_while_the_bus_is_away(void) {
  for (int i = 0; i < LAYERED_DRIVERS; i++) {
    check_note(layered_drivers[i]);
    nobody_is_there(layered_drivers[i]);
  }
}

static void bytes_that_wait_are_bounded_too(void) {
  layered away;
  char url[128], text[30000];
  uint16_t port = 0;
  int held = hold_a_port(&port);
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  options.queue_bytes_max = 65536;
  snprintf(url, sizeof url, "redis://127.0.0.1:%d", port);
  memset(text, 'x', sizeof text);
  memset(&away, 0, sizeof away);
  host_prepare(&away.h);
  if (!layered_make(&away, url, NULL, &options) || !host_listen(&away.h))
    return;
  for (int i = 0; i < 5; i++)
    CHECK_IS(covey_group_broadcast(away.h.server, "g", COVEY_BINARY, text,
                                   sizeof text, 0),
             COVEY_OK);
  AWAIT(&away.h, atomic_load(&away.gaps[COVEY_LAYER_GAP_UNSENT]) > 0);
  CHECK_IS(atomic_load(&away.lost[COVEY_LAYER_GAP_UNSENT]), 3);
  host_close(&away.h);
  close(held);
}

static void a_layer_without_handlers_is_as_bounded(void) {
  host h;
  char url[128];
  uint16_t port = 0;
  int held = hold_a_port(&port);
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  covey_statistics s = COVEY_STATISTICS_INIT;
  options.queue_entries_max = 1;
  snprintf(url, sizeof url, "redis://127.0.0.1:%d", port);
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_server_set_layer(h.server, url, &options, NULL), COVEY_OK);
  CHECK(host_listen(&h));
  for (int i = 0; i < 10; i++)
    CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, "x", 1, 0),
             COVEY_OK);
  for (int i = 0; i < 3; i++)
    host_turn(&h);
  CHECK_IS(covey_server_get_statistics(h.server, &s), COVEY_OK);
  CHECK_IS(s.layer_unsent, 9);
  host_close(&h);
  close(held);
}

static void a_wrong_password_is_told_and_not_quoted(void) {
  for (int i = 0; i < LAYERED_DRIVERS; i++) {
    layered wrong;
    char url[256];
    covey_statistics s = COVEY_STATISTICS_INIT;
    check_note(layered_drivers[i]);
    layered_url(url, sizeof url, layered_drivers[i], "user:hunter2@", "");
    memset(&wrong, 0, sizeof wrong);
    host_prepare(&wrong.h);
    if (!layered_make(&wrong, url, NULL, NULL) || !host_listen(&wrong.h))
      return;
    AWAIT(&wrong.h, atomic_load(&wrong.state_count) > 0);
    CHECK_TEXT(wrong.states, "-");
    CHECK(wrong.reason[0] != '\0');
    CHECK(strstr(wrong.reason, "hunter2") == NULL);
    CHECK_IS(covey_server_get_statistics(wrong.h.server, &s), COVEY_OK);
    CHECK_IS(s.layer_connected, 0);
    host_close(&wrong.h);
  }
}

/* ------------------------------------------------------- a lost connection */

static void lose_the_connection(pair *both, bool is_numbered) {
  client clients[2];
  covey_statistics s = COVEY_STATISTICS_INIT;
  pair_client(both, &both->a, &clients[0], "g");
  pair_client(both, &both->b, &clients[1], "g");
  pair_settle(&both->a, "g", clients, 2);
  CHECK_TEXT(both->b.states, "+");
  layered_command("CLIENT KILL TYPE normal");
  layered_command("CLIENT KILL TYPE pubsub");
  AWAIT_PAIR(both, atomic_load(&both->a.state_count) >= 3 &&
                       atomic_load(&both->b.state_count) >= 3);
  CHECK_TEXT(both->a.states, "+-+");
  CHECK_TEXT(both->b.states, "+-+");
  CHECK(both->b.reason[0] != '\0');
  /* What may have been missed is told, unless it is known that nothing was.
   */
  if (is_numbered) {
    pair_settle(&both->a, "g", clients, 2);
    CHECK_IS(atomic_load(&both->b.gaps[COVEY_LAYER_GAP_MISSED]), 0);
  } else {
    AWAIT_PAIR(both, atomic_load(&both->b.gaps[COVEY_LAYER_GAP_MISSED]) > 0);
    CHECK_IS(atomic_load(&both->b.gaps[COVEY_LAYER_GAP_MISSED]), 1);
    CHECK_TEXT(both->b.groups[COVEY_LAYER_GAP_MISSED], "g");
    pair_settle(&both->a, "g", clients, 2);
  }
  CHECK_IS(covey_server_get_statistics(both->b.h.server, &s), COVEY_OK);
  CHECK_IS(s.layer_connected, 1);
  CHECK_IS(s.layer_connections, 2);
  CHECK_IS(s.layer_missed, is_numbered ? 0 : 1);
  CHECK(s.layer_received > 0);
  CHECK_IS(covey_server_get_statistics(both->a.h.server, &s), COVEY_OK);
  CHECK(s.layer_published > 0);
  client_drop(&clients[0], false);
  client_drop(&clients[1], false);
}

static void a_lost_connection_is_made_anew_and_told_in_order(void) {
  for (int i = 0; i < LAYERED_DRIVERS; i++) {
    pair both;
    check_note(layered_drivers[i]);
    if (!pair_open(&both, layered_drivers[i], "", false))
      return;
    lose_the_connection(&both, i == 0);
    pair_close(&both);
  }
}

/* Both lose the connection, and A publishes so much before B comes back. */
static void publish_while_b_is_away(pair *both, int count) {
  covey_statistics s = COVEY_STATISTICS_INIT;
  covey_server *server = both->a.h.server;
  char text[16];
  layered_command("CLIENT KILL TYPE normal");
  layered_command("CLIENT KILL TYPE pubsub");
  CHECK_IS(covey_server_get_statistics(server, &s), COVEY_OK);
  uint64_t wanted = s.layer_published + (uint64_t)count;
  for (int i = 0; i < count; i++) {
    snprintf(text, sizeof text, "%d", i);
    CHECK_IS(
        covey_group_broadcast(server, "g", COVEY_TEXT, text, strlen(text), 0),
        COVEY_OK);
  }
  AWAIT(&both->a.h, covey_server_get_statistics(server, &s) == COVEY_OK &&
                        s.layer_published >= wanted);
}

static void what_the_log_has_comes_later(void) {
  pair both;
  client clients[2];
  covey_statistics s = COVEY_STATISTICS_INIT;
  char text[16];
  if (!pair_open(&both, "redis", "", false))
    return;
  pair_client(&both, &both.a, &clients[0], "g");
  pair_client(&both, &both.b, &clients[1], "g");
  pair_settle(&both.a, "g", clients, 2);
  publish_while_b_is_away(&both, 100);
  for (int i = 0; i < 100; i++) {
    snprintf(text, sizeof text, "%d", i);
    CHECK(client_receives_text(&clients[0], text));
    CHECK(client_receives_text(&clients[1], text));
  }
  for (int kind = 0; kind < 8; kind++)
    CHECK_IS(atomic_load(&both.a.gaps[kind]) + atomic_load(&both.b.gaps[kind]),
             0);
  CHECK_IS(covey_server_get_statistics(both.b.h.server, &s), COVEY_OK);
  CHECK_IS(s.layer_repaired, 100);
  CHECK_IS(s.layer_missed, 0);
  client_drop(&clients[0], false);
  client_drop(&clients[1], false);
  pair_close(&both);
}

static void what_the_log_has_no_more_is_told(void) {
  static const char *const logs[] = {"&log=0", "&log=3"};
  for (int i = 0; i < 2; i++) {
    pair both;
    client c;
    covey_statistics s = COVEY_STATISTICS_INIT;
    check_note(logs[i]);
    if (!pair_open(&both, "redis", logs[i], false))
      return;
    pair_client(&both, &both.b, &c, "g");
    pair_settle(&both.a, "g", &c, 1);
    publish_while_b_is_away(&both, 5);
    AWAIT_PAIR(&both, atomic_load(&both.b.gaps[COVEY_LAYER_GAP_MISSED]) > 0);
    CHECK_IS(atomic_load(&both.b.gaps[COVEY_LAYER_GAP_MISSED]), 1);
    CHECK_TEXT(both.b.groups[COVEY_LAYER_GAP_MISSED], "g");
    if (i == 1) { /* and what it has does come */
      CHECK(client_receives_text(&c, "2"));
      CHECK(client_receives_text(&c, "3"));
      CHECK(client_receives_text(&c, "4"));
    }
    CHECK_IS(covey_server_get_statistics(both.b.h.server, &s), COVEY_OK);
    CHECK_IS(s.layer_missed, 1);
    CHECK_IS(s.layer_repaired, i == 0 ? 0 : 3);
    client_drop(&c, false);
    pair_close(&both);
  }
}

/* --------------------------------------------------------------- the end */

static void a_stop_does_not_wait_for_ever_for_a_silent_bus(void) {
  for (int i = 0; i < LAYERED_DRIVERS; i++) {
    layered one;
    char url[256];
    covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
    covey_status status = COVEY_OK;
    options.flush_timeout_ms = 300;
    check_note(layered_drivers[i]);
    layered_url(url, sizeof url, layered_drivers[i], "", "");
    memset(&one, 0, sizeof one);
    host_prepare(&one.h);
    if (!layered_make(&one, url, &options, NULL) || !host_listen(&one.h))
      return;
    AWAIT(&one.h, atomic_load(&one.state_count) > 0);
    CHECK_TEXT(one.states, "+");
    layered_command("CLIENT PAUSE 60000 WRITE");
    CHECK_IS(covey_group_send(one.h.server, "g", event, sizeof event - 1, NULL),
             COVEY_OK);
    CHECK_IS(covey_server_stop(one.h.server, 0), COVEY_OK);
    int64_t start = check_now();
    while (status == COVEY_OK && check_now() < start + check_ms(10000))
      status = covey_server_service(one.h.server, 20);
    CHECK_IS(status, COVEY_E_STOPPED);
    CHECK(check_now() >= start + 290); /* it did wait */
    layered_command("CLIENT UNPAUSE");
    host_close(&one.h);
  }
}

/* ------------------------------------------------------------ capacities */

static void a_full_mailbox_is_told_to_who_filled_it(void) {
  pair both;
  client c;
  covey_statistics s = COVEY_STATISTICS_INIT;
  if (!pair_open(&both, "redis+django", "&capacity=5", false))
    return;
  covey_server *server = both.a.h.server;
  pair_client(&both, &both.b, &c, "g");
  pair_settle(&both.a, "g", &c, 1);
  /* Nobody empties it; what B asked for already takes one or two more. */
  for (int i = 0; i < 50; i++)
    CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, "x", 1, 0),
             COVEY_OK);
  AWAIT(&both.a.h, covey_server_get_statistics(server, &s) == COVEY_OK &&
                       s.layer_full > 40);
  CHECK(s.layer_full < 50);
  CHECK(atomic_load(&both.a.gaps[COVEY_LAYER_GAP_FULL]) > 0);
  CHECK_TEXT(both.a.groups[COVEY_LAYER_GAP_FULL], "g");
  CHECK_IS(atomic_load(&both.a.lost[COVEY_LAYER_GAP_FULL]), s.layer_full);
  for (uint64_t i = s.layer_full; i < 50; i++)
    CHECK(client_receives_text(&c, "x"));
  client_drop(&c, false);
  pair_close(&both);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(members_here_are_served_while_the_bus_is_away),
      TEST(bytes_that_wait_are_bounded_too),
      TEST(a_layer_without_handlers_is_as_bounded),
      TEST(a_wrong_password_is_told_and_not_quoted),
      TEST(a_lost_connection_is_made_anew_and_told_in_order),
      TEST(what_the_log_has_comes_later),
      TEST(what_the_log_has_no_more_is_told),
      TEST(a_stop_does_not_wait_for_ever_for_a_silent_bus),
      TEST(a_full_mailbox_is_told_to_who_filled_it),
  };
  return CHECK_MAIN(argc, argv, tests);
}
