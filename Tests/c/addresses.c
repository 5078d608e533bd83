/*
 * addresses.c - events for one consumer, by its address, without any layer.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>

static const char event[] = "{\"type\":\"note\"}";

static covey_status send_note(covey_server *server, const char *address) {
  covey_error error = COVEY_ERROR_INIT;
  covey_status status =
      covey_address_send(server, address, event, sizeof event - 1, &error);
  CHECK_IS(error.status, status);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  return status;
}

struct errand {
  covey_server *server;
  const char *address;
  covey_status status;
};

static void send_from_here(void *argument) {
  struct errand *errand = argument;
  errand->status = send_note(errand->server, errand->address);
}

static covey_status send_elsewhere(covey_server *server, const char *address) {
  struct errand errand = {server, address, COVEY_OK};
  check_elsewhere(send_from_here, &errand);
  return errand.status;
}

static void an_event_reaches_the_one_it_is_for(void) {
  host h;
  client clients[2];
  const char *value = NULL;
  char address[256];
  if (!host_open(&h))
    return;
  host_connect(&h, &clients[0]);
  covey_consumer_id second = host_connect(&h, &clients[1]);
  CHECK_IS(covey_consumer_get_address(h.server, second, &value, NULL),
           COVEY_OK);
  snprintf(address, sizeof address, "%s", value);
  CHECK_IS(send_note(h.server, address), COVEY_OK);
  CHECK(client_receives_text(&clients[1], event));
  CHECK_IS(send_elsewhere(h.server, address), COVEY_OK);
  CHECK(client_receives_text(&clients[1], event));
  CHECK(client_send_text(&clients[0], "nothing came before"));
  CHECK(client_receives_text(&clients[0], "nothing came before"));
  client_drop(&clients[0], false);
  client_drop(&clients[1], false);
  host_close(&h);
}

static void one_who_is_gone_is_gone(void) {
  host h;
  client c;
  char address[256];
  const char *value = NULL;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_get_address(h.server, consumer, &value, NULL),
           COVEY_OK);
  snprintf(address, sizeof address, "%s", value);
  host_disconnect(&h, &c);
  CHECK_IS(send_note(h.server, address), COVEY_E_GONE);
  CHECK_IS(send_elsewhere(h.server, address), COVEY_E_GONE);
  host_close(&h);
}

static void nobody_elsewhere_is_found_without_a_layer(void) {
  static const char *const others[] = {
      "specific.covey0000000000000001!0000000000000001",
      "specific.7d8a40bc!19b3", "thumbnails", "g",
      "no name of channels: \xc3\xa4"};
  host h;
  covey_error error = COVEY_ERROR_INIT;
  if (!host_open(&h))
    return;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    check_note(others[i]);
    CHECK_IS(send_note(h.server, others[i]), COVEY_E_NOT_FOUND);
    CHECK_IS(send_elsewhere(h.server, others[i]), COVEY_E_NOT_FOUND);
  }
  CHECK_IS(
      covey_address_send(h.server, others[2], event, sizeof event - 1, &error),
      COVEY_E_NOT_FOUND);
  CHECK(strstr(error.message, "thumbnails") != NULL);
  CHECK(strstr(error.message, "no layer") != NULL);
  host_close(&h);
}

static void an_address_has_1_to_255_bytes_of_text(void) {
  host h;
  char name[257];
  if (!host_open(&h))
    return;
  memset(name, 'n', 256);
  name[256] = '\0';
  CHECK_IS(send_note(h.server, NULL), COVEY_E_INVALID);
  CHECK_IS(send_note(h.server, ""), COVEY_E_INVALID);
  CHECK_IS(send_note(h.server, "\xff"), COVEY_E_INVALID);
  CHECK_IS(send_note(h.server, name), COVEY_E_INVALID);
  name[255] = '\0';
  CHECK_IS(send_note(h.server, name), COVEY_E_NOT_FOUND);
  host_close(&h);
}

static void what_is_no_event_is_refused(void) {
  static const char *const bad[] = {
      "", "{}", "[]", "{", "{\"type\":1}", "{\"type\":\"\"}", "\xff"};
  host h;
  client c;
  const char *address = NULL;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_get_address(h.server, consumer, &address, NULL),
           COVEY_OK);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    CHECK_IS(
        covey_address_send(h.server, address, bad[i], strlen(bad[i]), NULL),
        COVEY_E_INVALID);
  }
  CHECK_IS(covey_address_send(h.server, address, NULL, 9, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_address_send(h.server, address, event, SIZE_MAX, NULL),
           COVEY_E_TOO_LARGE);
  CHECK(client_send_text(&c, "nothing came before"));
  CHECK(client_receives_text(&c, "nothing came before"));
  client_drop(&c, false);
  host_close(&h);
}

static void who_has_no_layer_counts_nothing_of_one(void) {
  host h;
  client c;
  covey_statistics s = COVEY_STATISTICS_INIT;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_group_send(h.server, "g", event, sizeof event - 1, NULL),
           COVEY_OK);
  CHECK(client_receives_text(&c, event));
  CHECK_IS(covey_server_get_statistics(h.server, &s), COVEY_OK);
  CHECK_IS(s.layer_connected + s.layer_connections + s.layer_published +
               s.layer_received + s.layer_repaired + s.layer_duplicates +
               s.layer_foreign + s.layer_errors + s.layer_missed +
               s.layer_unsent + s.layer_unknown + s.layer_full,
           0);
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_event_reaches_the_one_it_is_for),
      TEST(one_who_is_gone_is_gone),
      TEST(nobody_elsewhere_is_found_without_a_layer),
      TEST(an_address_has_1_to_255_bytes_of_text),
      TEST(what_is_no_event_is_refused),
      TEST(who_has_no_layer_counts_nothing_of_one),
  };
  return CHECK_MAIN(argc, argv, tests);
}
