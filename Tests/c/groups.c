/*
 * groups.c - who gets what is sent to a group, and in which order.
 */
#include "host.h"

static const char event[] = "{\"type\":\"note\"}";

static covey_status send_note(covey_server *server, const char *group) {
  return covey_group_send(server, group, event, sizeof event - 1, NULL);
}

/* A host with some clients, all in "g". */
struct room {
  host h;
  client clients[3];
  covey_consumer_id ids[3];
};

static bool open_room(struct room *room) {
  if (!host_open(&room->h))
    return false;
  for (int i = 0; i < 3; i++) {
    room->ids[i] = host_connect(&room->h, &room->clients[i]);
    CHECK_IS(covey_group_add(room->h.server, room->ids[i], "g"), COVEY_OK);
  }
  return CHECK_IS(host_count(&room->h, "g"), 3);
}

static void close_room(struct room *room) {
  for (int i = 0; i < 3; i++)
    client_drop(&room->clients[i], false);
  host_close(&room->h);
}

/* Nothing more came: what is asked for now comes next. */
static void check_silence(client *c) {
  CHECK(client_send_text(c, "mark"));
  CHECK(client_receives_text(c, "mark"));
}

static void a_broadcast_reaches_all_but_one(void) {
  struct room room;
  if (!open_room(&room))
    return;
  CHECK_IS(covey_group_broadcast(room.h.server, "g", COVEY_TEXT, "all", 3,
                                 room.ids[1]),
           COVEY_OK);
  CHECK(client_receives_text(&room.clients[0], "all"));
  CHECK(client_receives_text(&room.clients[2], "all"));
  for (int i = 0; i < 3; i++)
    check_silence(&room.clients[i]);
  close_room(&room);
}

static void a_member_joins_once(void) {
  struct room room;
  if (!open_room(&room))
    return;
  CHECK_IS(covey_group_add(room.h.server, room.ids[0], "g"), COVEY_OK);
  CHECK_IS(host_count(&room.h, "g"), 3);
  CHECK_IS(covey_group_broadcast(room.h.server, "g", COVEY_TEXT, "once", 4, 0),
           COVEY_OK);
  CHECK(client_receives_text(&room.clients[0], "once"));
  check_silence(&room.clients[0]);
  close_room(&room);
}

static void who_was_discarded_gets_nothing(void) {
  struct room room;
  if (!open_room(&room))
    return;
  covey_server *server = room.h.server;
  CHECK_IS(covey_group_discard(server, room.ids[0], "g"), COVEY_OK);
  CHECK_IS(covey_group_discard(server, room.ids[0], "g"), COVEY_OK);
  CHECK_IS(covey_group_discard(server, room.ids[0], "never"), COVEY_OK);
  CHECK_IS(host_count(&room.h, "g"), 2);
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, "x", 1, 0), COVEY_OK);
  check_silence(&room.clients[0]);
  CHECK(client_receives_text(&room.clients[1], "x"));
  close_room(&room);
}

static void who_ends_leaves_its_groups(void) {
  struct room room;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  if (!open_room(&room))
    return;
  host_disconnect(&room.h, &room.clients[0]);
  CHECK_IS(host_count(&room.h, "g"), 2);
  CHECK_IS(covey_consumer_close(room.h.server, room.ids[1], 0, NULL), COVEY_OK);
  CHECK_IS(host_count(&room.h, "g"), 1);
  host_disconnect(&room.h, &room.clients[1]);
  host_disconnect(&room.h, &room.clients[2]);
  CHECK_IS(host_count(&room.h, "g"), 0);
  CHECK_IS(covey_server_get_statistics(room.h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.groups, 0);
  close_room(&room);
}

static void messages_and_events_keep_their_order(void) {
  struct room room;
  if (!open_room(&room))
    return;
  covey_server *server = room.h.server;
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, "1", 1, 0), COVEY_OK);
  CHECK_IS(covey_consumer_send(server, room.ids[0], COVEY_TEXT, "2", 1),
           COVEY_OK);
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, "3", 1, 0), COVEY_OK);
  CHECK(client_receives_text(&room.clients[0], "1"));
  CHECK(client_receives_text(&room.clients[0], "2"));
  CHECK(client_receives_text(&room.clients[0], "3"));
  CHECK_IS(send_note(server, "g"), COVEY_OK);
  CHECK(client_receives_text(&room.clients[0], event));
  for (int i = 1; i < 3; i++) {
    CHECK(client_receives_text(&room.clients[i], "1"));
    CHECK(client_receives_text(&room.clients[i], "3"));
    CHECK(client_receives_text(&room.clients[i], event));
  }
  CHECK_IS(atomic_load(&room.h.events), 3);
  close_room(&room);
}

static void send_and_look(host *self, covey_consumer_id consumer,
                          covey_kind kind, const void *data, size_t size) {
  (void)consumer, (void)kind, (void)data, (void)size;
  CHECK_IS(send_note(self->server, "g"), COVEY_OK);
  CHECK_IS(atomic_load(&self->events), 0);
}

static void events_are_handled_after_the_handler_that_sent_them(void) {
  struct room room;
  if (!open_room(&room))
    return;
  room.h.on_message = send_and_look;
  CHECK(client_send_text(&room.clients[0], "go"));
  for (int i = 0; i < 3; i++)
    CHECK(client_receives_text(&room.clients[i], event));
  close_room(&room);
}

static void send_later(void *argument) {
  CHECK_IS(send_note(argument, "later"), COVEY_OK);
}

static void an_event_goes_to_the_members_of_when_it_is_processed(void) {
  struct room room;
  if (!open_room(&room))
    return;
  covey_server *server = room.h.server;
  check_elsewhere(send_later, server); /* waits in the mailbox */
  CHECK_IS(covey_group_add(server, room.ids[0], "later"), COVEY_OK);
  CHECK(client_receives_text(&room.clients[0], event));
  CHECK_IS(send_note(server, "later"), COVEY_OK); /* takes effect at once */
  CHECK_IS(covey_group_add(server, room.ids[1], "later"), COVEY_OK);
  CHECK(client_receives_text(&room.clients[0], event));
  check_silence(&room.clients[1]);
  close_room(&room);
}

/* Whoever is first sends the others away. */
static void send_away(host *self, covey_consumer_id consumer, const char *type,
                      const void *json, size_t size) {
  const struct room *room = self->more;
  (void)type;
  for (int i = 0; i < 3; i++)
    if (room->ids[i] != consumer)
      CHECK_IS(covey_consumer_close(self->server, room->ids[i], 4000, NULL),
               COVEY_OK);
  CHECK_IS(covey_consumer_send(self->server, consumer, COVEY_TEXT, json, size),
           COVEY_OK);
}

static void a_member_that_leaves_before_its_turn_is_skipped(void) {
  struct room room;
  if (!open_room(&room))
    return;
  room.h.more = &room;
  room.h.on_event = send_away;
  CHECK_IS(send_note(room.h.server, "g"), COVEY_OK);
  AWAIT(&room.h, atomic_load(&room.h.events) > 0);
  host_turn(&room.h);
  CHECK_IS(atomic_load(&room.h.events), 1);
  CHECK_IS(host_count(&room.h, "g"), 1);
  close_room(&room);
}

struct order {
  host *h;
  atomic_int events;
};

static void look_at_events(covey_server *server, void *user) {
  struct order *order = user;
  (void)server;
  atomic_store(&order->events, atomic_load(&order->h->events));
  sem_post(&order->h->stirred);
}

static void send_then_post(void *argument) {
  struct order *order = argument;
  CHECK_IS(send_note(order->h->server, "g"), COVEY_OK);
  CHECK_IS(covey_server_post(order->h->server, look_at_events, order, NULL),
           COVEY_OK);
}

static void a_task_runs_after_what_was_queued_before_it(void) {
  struct room room;
  if (!open_room(&room))
    return;
  struct order order = {&room.h, -1};
  send_then_post(&order);
  AWAIT(&room.h, atomic_load(&order.events) >= 0);
  CHECK_IS(atomic_load(&order.events), 3);
  check_elsewhere(send_then_post, &order);
  AWAIT(&room.h, atomic_load(&order.events) > 3);
  CHECK_IS(atomic_load(&order.events), 6);
  close_room(&room);
}

static void what_is_received_can_go_to_the_groups_as_it_is(void) {
  static const char *const groups[] = {"room_{name}", NULL};
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  host h;
  client clients[2];
  frame next;
  options.flags = COVEY_CHANNEL_PUBLIC | COVEY_CHANNEL_BROADCAST_RECEIVED;
  options.groups = groups;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(
      covey_channel_register(h.server, "b/<name>/", &options, NULL, NULL, NULL),
      COVEY_OK);
  CHECK(host_listen(&h));
  for (int i = 0; i < 2; i++) {
    clients[i] = host_client(&h);
    CHECK_IS(client_upgrade(&clients[i], "/b/one/", NULL), 101);
  }
  AWAIT(&h, host_count(&h, "room_one") == 2);
  CHECK(client_send_text(&clients[0], "to all"));
  CHECK(client_receives_text(&clients[0], "to all"));
  CHECK(client_receives_text(&clients[1], "to all"));
  CHECK(client_send(&clients[1], FRAME_BINARY, true, "\xff", 1));
  if (CHECK(client_receive(&clients[0], &next))) {
    CHECK_IS(next.opcode, FRAME_BINARY);
    CHECK(next.size == 1 && next.data[0] == 0xff);
  }
  client_drop(&clients[0], false);
  client_drop(&clients[1], false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_broadcast_reaches_all_but_one),
      TEST(a_member_joins_once),
      TEST(who_was_discarded_gets_nothing),
      TEST(who_ends_leaves_its_groups),
      TEST(messages_and_events_keep_their_order),
      TEST(events_are_handled_after_the_handler_that_sent_them),
      TEST(an_event_goes_to_the_members_of_when_it_is_processed),
      TEST(a_member_that_leaves_before_its_turn_is_skipped),
      TEST(a_task_runs_after_what_was_queued_before_it),
      TEST(what_is_received_can_go_to_the_groups_as_it_is),
  };
  return CHECK_MAIN(argc, argv, tests);
}
