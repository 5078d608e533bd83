/*
 * layers.c - two servers on one layer are in the same groups, by each of the
 * three drivers: nothing is lost, doubled or out of order while the bus is
 * there.
 */
#include "layered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Does it with both servers driven here, and with a thread for each. */
static void with_each_driver(void (*body)(pair *)) {
  pair both;
  for (int i = 0; i < LAYERED_DRIVERS * 2; i++) {
    check_note(layered_drivers[i / 2]);
    if (!pair_open(&both, layered_drivers[i / 2],
                   i / 2 == 1 ? "&capacity=1000" : "", i % 2 == 1))
      return;
    body(&both);
    pair_close(&both);
  }
}

static const char *note(int number) {
  static char text[64];
  snprintf(text, sizeof text, "{\"type\":\"note\",\"number\":%d}", number);
  return text;
}

static void send_note(layered *from, const char *group, int number) {
  const char *json = note(number);
  CHECK_IS(covey_group_send(from->h.server, group, json, strlen(json), NULL),
           COVEY_OK);
}

static void broadcast(layered *from, const char *group, const char *text) {
  CHECK_IS(covey_group_broadcast(from->h.server, group, COVEY_TEXT, text,
                                 strlen(text), 0),
           COVEY_OK);
}

/* A client at each, both in "g", which is settled both ways. */
static void open_clients(pair *both, client clients[2]) {
  pair_client(both, &both->a, &clients[0], "g");
  pair_client(both, &both->b, &clients[1], "g");
  pair_settle(&both->a, "g", clients, 2);
  pair_settle(&both->b, "g", clients, 2);
}

static void drop_clients(client clients[2]) {
  client_drop(&clients[0], false);
  client_drop(&clients[1], false);
}

/* ------------------------------------------------------ what is shared -- */

static void share_events(pair *both) {
  client clients[2];
  open_clients(both, clients);
  for (int i = 0; i < 50; i++)
    send_note(i % 2 == 0 ? &both->a : &both->b, "g", i);
  /* In order for each sender; the two of them meet anyhow. */
  for (int i = 0; i < 2; i++) {
    int next[2] = {0, 1};
    for (int j = 0; j < 50; j++) {
      frame frame;
      int number = -1;
      if (!CHECK(client_receive(&clients[i], &frame)))
        return;
      char text[64] = "";
      memcpy(text, frame.data, frame.size < 63 ? frame.size : 63);
      CHECK_IS(sscanf(text, "{\"type\":\"note\",\"number\":%d}", &number), 1);
      CHECK_IS(number, next[number & 1]);
      next[number & 1] += 2;
    }
  }
  broadcast(&both->a, "g", "no more than that");
  CHECK(client_receives_text(&clients[0], "no more than that"));
  CHECK(client_receives_text(&clients[1], "no more than that"));
  drop_clients(clients);
}

static void events_reach_each_member_once_and_in_order(void) {
  with_each_driver(share_events);
}

static void share_broadcasts(pair *both) {
  static const unsigned char bytes[] = {0, 1, 0xff, 0x80, 0};
  client clients[2];
  frame next;
  open_clients(both, clients);
  covey_server *server = both->a.h.server;
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_BINARY, bytes, sizeof bytes,
                                 atomic_load(&both->a.h.consumer)),
           COVEY_OK);
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, "", 0, 0), COVEY_OK);
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_BINARY, NULL, 0, 0),
           COVEY_OK);
  broadcast(&both->a, "g",
            "Gr\xc3\xbc\xc3\x9f"
            "e");
  if (CHECK(client_receive(&clients[1], &next))) {
    CHECK_IS(next.opcode, FRAME_BINARY);
    CHECK(next.size == sizeof bytes &&
          memcmp(next.data, bytes, sizeof bytes) == 0);
  }
  for (int i = 0; i < 2; i++) { /* the first was left out of the first one */
    CHECK(client_receives_text(&clients[i], ""));
    CHECK(client_receive(&clients[i], &next) && next.size == 0 &&
          next.opcode == FRAME_BINARY);
    CHECK(client_receives_text(&clients[i], "Gr\xc3\xbc\xc3\x9f"
                                            "e"));
  }
  drop_clients(clients);
}

static void broadcasts_of_any_bytes_reach_the_others(void) {
  with_each_driver(share_broadcasts);
}

/* A million bytes and a little less, as an event and as a message. */
static void share_large_messages(pair *both) {
  client clients[2];
  frame next;
  size_t size = 1 << 20;
  char *text = malloc(size + 1);
  open_clients(both, clients);
  for (int i = 0; i < 3; i++) {
    size_t bytes = size - (size_t)i;
    memset(text, 'x', bytes);
    int head = sprintf(text, "{\"type\":\"note\",\"n\":%d,\"text\":\"", i);
    text[head] = 'x';
    memcpy(text + bytes - 2, "\"}", 2);
    covey_server *server = both->a.h.server;
    CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, text, bytes, 0),
             COVEY_OK);
    CHECK_IS(covey_group_send(server, "g", text, bytes, NULL), COVEY_OK);
    for (int j = 0; j < 2; j++)
      for (int k = 0; k < 2; k++)
        CHECK(client_receive(&clients[j], &next) && next.size == bytes &&
              memcmp(next.data, text, bytes) == 0);
  }
  free(text);
  drop_clients(clients);
}

static void messages_of_a_mebibyte_reach_the_others(void) {
  with_each_driver(share_large_messages);
}

/* ----------------------------------------------------------- addresses -- */

struct question {
  host *h;
  covey_consumer_id consumer;
  char address[256];
};

static void get_address(void *argument) {
  struct question *question = argument;
  const char *value = NULL;
  CHECK_IS(covey_consumer_get_address(question->h->server, question->consumer,
                                      &value, NULL),
           COVEY_OK);
  snprintf(question->address, sizeof question->address, "%s", value);
}

static void ask_for_address(const pair *both, struct question *question) {
  if (both->has_threads)
    CHECK_IS(host_on_loop(question->h, get_address, question), COVEY_OK);
  else
    get_address(question);
}

static covey_status send_to(layered *from, const char *address, int number) {
  const char *json = note(number);
  return covey_address_send(from->h.server, address, json, strlen(json), NULL);
}

struct errand {
  layered *from;
  const char *address;
};

static void send_seven(void *argument) {
  const struct errand *errand = argument;
  CHECK_IS(send_to(errand->from, errand->address, 7), COVEY_OK);
}

static void reach_an_address(pair *both) {
  client clients[2];
  open_clients(both, clients);
  struct question asked = {&both->b.h, atomic_load(&both->b.h.consumer), ""};
  ask_for_address(both, &asked);
  struct errand elsewhere = {&both->a, asked.address};
  struct errand here = {&both->b, asked.address};
  check_elsewhere(send_seven, &elsewhere); /* by any thread */
  CHECK(client_receives_text(&clients[1], note(7)));
  check_elsewhere(send_seven, &here);
  CHECK(client_receives_text(&clients[1], note(7)));
  CHECK_IS(send_to(&both->a, asked.address, 1), COVEY_OK);
  CHECK(client_receives_text(&clients[1], note(1)));
  /* A group of that name is the same. */
  send_note(&both->a, asked.address, 2);
  CHECK(client_receives_text(&clients[1], note(2)));

  /* The one who is gone is missed by its own server alone. */
  host_disconnect(&both->b.h, &clients[1]);
  CHECK_IS(send_to(&both->b, asked.address, 3), COVEY_E_GONE);
  CHECK_IS(send_to(&both->a, asked.address, 4), COVEY_OK);
  broadcast(&both->b, "g", "nobody else got any of it");
  CHECK(client_receives_text(&clients[0], "nobody else got any of it"));
  client_drop(&clients[0], false);
}

static void an_address_is_reached_from_elsewhere(void) {
  with_each_driver(reach_an_address);
}

/* ------------------------------------------------------------- channels -- */

static void what_a_channel_receives_goes_to_its_groups_everywhere(void) {
  static const char *const groups[] = {"room_{name}", NULL};
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  options.flags = COVEY_CHANNEL_PUBLIC | COVEY_CHANNEL_BROADCAST_RECEIVED;
  options.groups = groups;
  for (int driver = 0; driver < LAYERED_DRIVERS; driver++) {
    char url[256];
    pair both;
    client clients[2];
    frame next;
    memset(&both, 0, sizeof both);
    check_note(layered_drivers[driver]);
    layered_url(url, sizeof url, layered_drivers[driver], "", "");
    layered *one[] = {&both.a, &both.b};
    for (int i = 0; i < 2; i++) {
      host_prepare(&one[i]->h);
      if (!layered_make(one[i], url, NULL, NULL))
        return;
      CHECK_IS(covey_channel_register(one[i]->h.server, "b/<name>/", &options,
                                      NULL, NULL, NULL),
               COVEY_OK);
      CHECK(host_listen(&one[i]->h));
      clients[i] = host_client(&one[i]->h);
      CHECK_IS(client_upgrade(&clients[i], "/b/one/", NULL), 101);
      clients[i].turn = pair_turn;
      clients[i].context = &both;
    }
    pair_settle(&both.a, "room_one", clients, 2);
    pair_settle(&both.b, "room_one", clients, 2);
    CHECK(client_send_text(&clients[0], "to all"));
    CHECK(client_receives_text(&clients[0], "to all"));
    CHECK(client_receives_text(&clients[1], "to all"));
    CHECK(client_send(&clients[1], FRAME_BINARY, true, "\xff", 1));
    for (int i = 0; i < 2; i++)
      CHECK(client_receive(&clients[i], &next) && next.size == 1 &&
            next.opcode == FRAME_BINARY);
    drop_clients(clients);
    pair_close(&both);
  }
}

/* --------------------------------------------------------------- groups -- */

enum { MANY = 200 };

static const char *many(int number) {
  static char name[32];
  snprintf(name, sizeof name, "many_%d", number);
  return name;
}

static void join_and_leave(pair *both) {
  client listening;
  covey_server *server = both->b.h.server;
  covey_consumer_id consumer = pair_client(both, &both->b, &listening, NULL);
  for (int i = 0; i < MANY; i++)
    CHECK_IS(covey_group_add(server, consumer, many(i)), COVEY_OK);
  pair_settle(&both->a, many(MANY - 1), &listening, 1);
  for (int i = 0; i < MANY; i++)
    broadcast(&both->a, many(i), many(i));
  for (int i = 0; i < MANY; i++)
    if (!CHECK(client_receives_text(&listening, many(i))))
      break;

  for (int i = 0; i < MANY; i += 2)
    CHECK_IS(covey_group_discard(server, consumer, many(i)), COVEY_OK);
  /* From another thread, it has left when what was asked after is done. */
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_TEXT, "left", 4),
           COVEY_OK);
  CHECK(client_receives_text(&listening, "left"));
  for (int i = 0; i < MANY; i++)
    broadcast(&both->a, many(i), many(i));
  for (int i = 1; i < MANY; i += 2)
    if (!CHECK(client_receives_text(&listening, many(i))))
      break;

  /* And back again. */
  for (int i = 0; i < MANY; i += 2)
    CHECK_IS(covey_group_add(server, consumer, many(i)), COVEY_OK);
  pair_settle(&both->a, many(MANY - 2), &listening, 1);
  for (int i = 0; i < MANY; i++)
    broadcast(&both->a, many(i), many(i));
  for (int i = 0; i < MANY; i++)
    if (!CHECK(client_receives_text(&listening, many(i))))
      break;
  client_drop(&listening, false);
}

static void many_groups_are_joined_and_left(void) {
  with_each_driver(join_and_leave);
}

/* -------------------------------------------------------------- the end -- */

static void stop_with_a_queue(pair *both) {
  client listening;
  covey_status status = COVEY_OK;
  pair_client(both, &both->b, &listening, "g");
  pair_settle(&both->a, "g", &listening, 1);
  for (int i = 0; i < 100; i++)
    send_note(&both->a, "g", i);
  CHECK_IS(covey_server_stop(both->a.h.server, 0), COVEY_OK);
  if (!both->has_threads)
    for (int i = 0; i < 1000 && status != COVEY_E_STOPPED; i++)
      status = covey_server_service(both->a.h.server, 10);
  for (int i = 0; i < 100; i++)
    if (!CHECK(client_receives_text(&listening, note(i))))
      break;
  client_drop(&listening, false);
}

static void what_was_sent_before_the_stop_arrives(void) {
  with_each_driver(stop_with_a_queue);
}

static void a_server_may_be_freed_with_a_queue(void) {
  for (int i = 0; i < LAYERED_DRIVERS; i++) {
    pair both;
    check_note(layered_drivers[i]);
    if (!pair_open(&both, layered_drivers[i], "", false))
      return;
    for (int j = 0; j < 100; j++)
      send_note(&both.a, "g", j);
    pair_close(&both);
  }
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(events_reach_each_member_once_and_in_order),
      TEST(broadcasts_of_any_bytes_reach_the_others),
      TEST(messages_of_a_mebibyte_reach_the_others),
      TEST(an_address_is_reached_from_elsewhere),
      TEST(what_a_channel_receives_goes_to_its_groups_everywhere),
      TEST(many_groups_are_joined_and_left),
      TEST(what_was_sent_before_the_stop_arrives),
      TEST(a_server_may_be_freed_with_a_queue),
  };
  return CHECK_MAIN(argc, argv, tests);
}
