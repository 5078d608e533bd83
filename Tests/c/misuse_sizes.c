/*
 * misuse_sizes.c - sizes, indexes and names at a limit and past it.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

/* One readable byte; reading the next one crashes. */
static const char *last_byte(void) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, page * 2, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!CHECK(pages != MAP_FAILED))
    _exit(1);
  pages[page - 1] = 'x';
  CHECK_IS(mprotect(pages + page, page, PROT_NONE), 0);
  return pages + page - 1;
}

static bool is_refusal(covey_status status) {
  return status == COVEY_E_TOO_LARGE || status == COVEY_E_INVALID;
}

struct huge {
  covey_server *server;
  covey_consumer_id consumer;
  const char *data;
};

static void send_huge(void *argument) {
  const struct huge *huge = argument;
  covey_server *server = huge->server;
  const size_t sizes[] = {SIZE_MAX,     SIZE_MAX - 1,    SIZE_MAX / 2 + 1,
                          SIZE_MAX / 2, (size_t)1 << 40, (size_t)UINT32_MAX + 2,
                          UINT32_MAX,   INT32_MAX,       (size_t)1024 * 1025};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (covey_kind kind = COVEY_TEXT; kind <= COVEY_BINARY; kind++) {
      covey_error error = COVEY_ERROR_INIT;
      CHECK(is_refusal(covey_consumer_send(server, huge->consumer, kind,
                                           huge->data, sizes[i])));
      CHECK(is_refusal(
          covey_consumer_send(server, huge->consumer, kind, NULL, sizes[i])));
      CHECK(is_refusal(
          covey_group_broadcast(server, "g", kind, huge->data, sizes[i], 0)));
      CHECK(is_refusal(
          covey_group_send(server, "g", huge->data, sizes[i], &error)));
      CHECK(is_refusal(error.status));
      CHECK(error.message[0] != '\0');
    }
}

static void a_huge_size_is_refused_without_reading(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  struct huge huge = {h.server, consumer, last_byte()};
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_OK);
  send_huge(&huge);
  check_elsewhere(send_huge, &huge);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, huge.data, 1),
           COVEY_OK);
  CHECK(client_receives_text(&c, "x"));
  client_drop(&c, false);
  host_close(&h);
}

static void a_huge_index_finds_nothing(void) {
  host h;
  client c;
  const size_t indexes[] = {1, 1000, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX};
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
    CHECK_IS(covey_consumer_get_query(h.server, consumer, "a", indexes[i], NULL,
                                      NULL),
             COVEY_E_NOT_FOUND);
    CHECK_IS(covey_consumer_get_offered_subprotocol(h.server, consumer,
                                                    indexes[i], NULL, NULL),
             COVEY_E_NOT_FOUND);
  }
  client_drop(&c, false);
  host_close(&h);
}

static void a_list_is_written_as_far_as_there_is_room(void) {
  host h;
  client c[3];
  covey_consumer_id ids[3], listed[5] = {1, 2, 3, 4, 5};
  size_t count = 0;
  if (!host_open(&h))
    return;
  for (int i = 0; i < 3; i++) {
    ids[i] = host_connect(&h, &c[i]);
    CHECK_IS(covey_group_add(h.server, ids[i], "g"), COVEY_OK);
  }
  CHECK_IS(covey_group_list(h.server, "g", listed, 2, &count), COVEY_OK);
  CHECK_IS(count, 3);
  CHECK_IS(listed[2], 3);
  CHECK_IS(covey_group_list(h.server, "g", listed, 5, &count), COVEY_OK);
  CHECK_IS(count, 3);
  for (int i = 0; i < 3; i++)
    CHECK(ids[i] == listed[0] || ids[i] == listed[1] || ids[i] == listed[2]);
  CHECK_IS(listed[3], 4);
  covey_status huge = covey_group_list(h.server, "g", listed, SIZE_MAX, &count);
  CHECK(huge == COVEY_OK || huge == COVEY_E_INVALID);
  CHECK_IS(listed[3], 4);
  for (int i = 0; i < 3; i++)
    client_drop(&c[i], false);
  host_close(&h);
}

static void a_message_past_the_outbox_is_too_large(void) {
  host h;
  client c;
  static char data[2001], event[2001];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.outbox_bytes_max = 2000;
  memset(data, 'x', sizeof data);
  memset(event, ' ', sizeof event);
  memcpy(event, "{\"type\":\"note\"}", 15);
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, data, 2001),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, data, 2001, 0),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_group_send(h.server, "g", event, 2001, NULL),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, data, 1900),
           COVEY_OK);
  frame next;
  if (CHECK(client_receive(&c, &next)))
    CHECK_IS(next.size, 1900);
  client_drop(&c, false);
  host_close(&h);
}

static void a_name_of_255_bytes_is_taken_and_one_of_256_is_not(void) {
  host h;
  client c;
  char name[257], event[300];
  size_t count = 0;
  memset(name, 'n', 256);
  name[256] = '\0';
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  covey_server *server = h.server;
  int size = snprintf(event, sizeof event, "{\"type\":\"%s\"}", name);
  CHECK_IS(covey_group_send(server, "g", event, (size_t)size, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_add(server, consumer, name), COVEY_E_INVALID);
  CHECK_IS(covey_group_discard(server, consumer, name), COVEY_E_INVALID);
  CHECK_IS(covey_group_send(server, name, "{\"type\":\"a\"}", 12, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_broadcast(server, name, COVEY_TEXT, "x", 1, 0),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_count(server, name, &count), COVEY_E_INVALID);
  CHECK_IS(covey_group_list(server, name, NULL, 0, &count), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_set_user(server, consumer, name), COVEY_E_TOO_LARGE);

  name[255] = '\0';
  size = snprintf(event, sizeof event, "{\"type\":\"%s\"}", name);
  CHECK_IS(covey_group_send(server, "g", event, (size_t)size, NULL), COVEY_OK);
  CHECK_IS(covey_group_add(server, consumer, name), COVEY_OK);
  CHECK_IS(covey_group_count(server, name, &count), COVEY_OK);
  CHECK_IS(count, 1);
  CHECK_IS(covey_group_discard(server, consumer, name), COVEY_OK);
  CHECK_IS(covey_consumer_set_user(server, consumer, name), COVEY_OK);

  name[124] = '\0';
  CHECK_IS(covey_consumer_close(server, consumer, 0, name), COVEY_E_TOO_LARGE);
  name[123] = '\0';
  CHECK_IS(covey_consumer_close(server, consumer, 0, name), COVEY_OK);
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  host_close(&h);
}

static void a_type_of_255_bytes_is_taken_and_one_of_256_is_not(void) {
  host h;
  char type[257];
  memset(type, 't', 256);
  type[256] = '\0';
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(
      covey_event_register(h.server, h.channel, type, on_event, NULL, NULL),
      COVEY_E_INVALID);
  type[255] = '\0';
  CHECK_IS(
      covey_event_register(h.server, h.channel, type, on_event, NULL, NULL),
      COVEY_OK);
  CHECK_IS(covey_event_register(h.server, h.channel, "", on_event, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(
      covey_event_register(h.server, h.channel, type, on_event, NULL, NULL),
      COVEY_E_EXISTS);
  host_close(&h);
}

static void an_empty_group_name_or_an_address_is_invalid(void) {
  host h;
  client c;
  char address[512] = "";
  const char *value = NULL;
  size_t count = 0;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, ""), COVEY_E_INVALID);
  CHECK_IS(covey_group_discard(h.server, consumer, ""), COVEY_E_INVALID);
  CHECK_IS(covey_group_send(h.server, "", "{\"type\":\"a\"}", 12, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_broadcast(h.server, "", COVEY_TEXT, "x", 1, 0),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_count(h.server, "", &count), COVEY_E_INVALID);
  if (CHECK_IS(covey_consumer_get_address(h.server, consumer, &value, NULL),
               COVEY_OK))
    snprintf(address, sizeof address, "%s", value);
  CHECK_IS(covey_group_add(h.server, consumer, address), COVEY_E_INVALID);
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_huge_size_is_refused_without_reading),
      TEST(a_huge_index_finds_nothing),
      TEST(a_list_is_written_as_far_as_there_is_room),
      TEST(a_message_past_the_outbox_is_too_large),
      TEST(a_name_of_255_bytes_is_taken_and_one_of_256_is_not),
      TEST(a_type_of_255_bytes_is_taken_and_one_of_256_is_not),
      TEST(an_empty_group_name_or_an_address_is_invalid),
  };
  return CHECK_MAIN(argc, argv, tests);
}
