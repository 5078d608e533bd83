/*
 * program.c - a program built against the first header, to be run with the
 * library of today: it knows smaller structs and fewer functions.
 */
#include "../check.h"
#include "../client.h"
#include "covey.h"

#include <string.h>

typedef struct chat {
  covey_server *server;
  uint16_t port;
  client clients[2];
  int joined, left, events;
  covey_statistics seen;
} chat;

static void on_connect(covey_server *server, covey_consumer_id consumer,
                       void *user) {
  chat *self = user;
  const char *room = NULL;
  CHECK_IS(covey_consumer_get_param(server, consumer, "room", &room, NULL),
           COVEY_OK);
  CHECK_IS(covey_group_add(server, consumer, room), COVEY_OK);
  CHECK_IS(covey_consumer_accept(server, consumer, NULL), COVEY_OK);
  self->joined++;
}

static void on_text(covey_server *server, covey_consumer_id consumer,
                    covey_kind kind, const void *data, size_t size,
                    void *user) {
  static const char event[] = "{\"type\":\"said\"}";
  (void)consumer;
  (void)user;
  CHECK_IS(kind, COVEY_TEXT);
  CHECK_IS(covey_group_broadcast(server, "lobby", COVEY_TEXT, data, size, 0),
           COVEY_OK);
  CHECK_IS(covey_group_send(server, "lobby", event, sizeof event - 1, NULL),
           COVEY_OK);
}

static void on_said(covey_server *server, covey_consumer_id consumer,
                    const char *type, const void *json, size_t size,
                    void *user) {
  (void)server;
  (void)consumer;
  (void)json;
  (void)size;
  CHECK_TEXT(type, "said");
  ((chat *)user)->events++;
}

static void on_disconnect(covey_server *server, covey_consumer_id consumer,
                          const covey_ending *ending, void *user) {
  (void)server;
  (void)consumer;
  CHECK_IS(ending->struct_size >= sizeof *ending, true);
  CHECK_IS(ending->cause, COVEY_ENDING_STOPPED);
  ((chat *)user)->left++;
}

static void service(void *context) {
  covey_server_service(((chat *)context)->server, 1);
}

static bool open_chat(chat *self) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_channel_options places = COVEY_CHANNEL_OPTIONS_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_listen_options address = COVEY_LISTEN_OPTIONS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  covey_channel_id channel;

  options.connections_max = 10;
  options.flush_timeout_ms = 1000;
  handlers.on_connect = on_connect;
  handlers.on_text = on_text;
  handlers.on_disconnect = on_disconnect;
  handlers.user = self;
  if (!CHECK_IS(covey_server_new(&options, &self->server, &error), COVEY_OK))
    return false;
  return CHECK_IS(covey_channel_register(self->server, "chat/<str:room>/",
                                         &places, &handlers, &channel, &error),
                  COVEY_OK) &&
         CHECK_IS(covey_event_register(self->server, channel, "said", on_said,
                                       self, NULL),
                  COVEY_OK) &&
         CHECK_IS(
             covey_server_listen(self->server, &address, &self->port, &error),
             COVEY_OK);
}

static void a_program_built_against_the_first_header_serves_as_it_did(void) {
  chat self = {0};
  covey_statistics seen = COVEY_STATISTICS_INIT;
  unsigned char after[64];

  if (!open_chat(&self))
    return;
  for (int i = 0; i < 2; i++) {
    self.clients[i] = client_make(service, &self);
    CHECK(client_connect(&self.clients[i], self.port, 0));
    CHECK_IS(client_upgrade(&self.clients[i], "/chat/lobby/", NULL), 101);
  }
  CHECK(client_send_text(&self.clients[0], "hello"));
  for (int i = 0; i < 2; i++)
    CHECK(client_receives_text(&self.clients[i], "hello"));
  for (int i = 0; i < 100 && self.events < 2; i++)
    service(&self);
  CHECK_IS(self.events, 2);

  /* What lies behind the smaller struct is not touched. */
  struct {
    covey_statistics statistics;
    unsigned char after[sizeof after];
  } guarded;
  memset(&guarded, 0x5a, sizeof guarded);
  memset(after, 0x5a, sizeof after);
  guarded.statistics = seen;
  CHECK_IS(covey_server_get_statistics(self.server, &guarded.statistics),
           COVEY_OK);
  CHECK_IS(guarded.statistics.consumers, 2);
  CHECK_IS(guarded.statistics.events_handled, 2);
  CHECK_IS(memcmp(guarded.after, after, sizeof after), 0);

  CHECK_IS(covey_server_stop(self.server, 0), COVEY_OK);
  for (int i = 0; i < 2; i++)
    CHECK_IS(client_receives_close(&self.clients[i]), 1001);
  CHECK_IS(covey_server_free(self.server), COVEY_OK);
  CHECK_IS(self.joined, 2);
  CHECK_IS(self.left, 2);
}

static const check_test tests[] = {
    TEST(a_program_built_against_the_first_header_serves_as_it_did),
};

int main(int argc, char **argv) { return CHECK_MAIN(argc, argv, tests); }
