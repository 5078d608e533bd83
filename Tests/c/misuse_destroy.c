/*
 * misuse_destroy.c - every `destroy` is called exactly once, whatever happens.
 */
#include "host.h"

#include <string.h>

#define CHECK_DESTROYED(destroyed, times)                                      \
  CHECK_IS(atomic_load(&(destroyed)), (times))

static void the_servers_own_is_called_when_it_is_freed(void) {
  atomic_int destroyed = 0;
  covey_server *server = NULL;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.user = &destroyed;
  options.destroy = count_destroy;
  if (!CHECK_IS(covey_server_new(&options, &server, NULL), COVEY_OK))
    return;
  CHECK_DESTROYED(destroyed, 0);
  CHECK_IS(covey_server_free(server), COVEY_OK);
  CHECK_DESTROYED(destroyed, 1);
}

static void the_servers_own_is_called_when_none_is_made(void) {
  atomic_int destroyed = 0;
  covey_server *server = NULL;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.user = &destroyed;
  options.destroy = count_destroy;
  CHECK_IS(covey_server_new(&options, NULL, NULL), COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 1);
  options.json_depth_max = 1025;
  CHECK_IS(covey_server_new(&options, &server, NULL), COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 2);
}

struct attempt {
  covey_server *server;
  const char *pattern;
  const covey_channel_options *options;
  covey_status expected;
};

static void try_channel(void *argument) {
  const struct attempt *attempt = argument;
  atomic_int destroyed = 0;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.user = &destroyed;
  handlers.destroy = count_destroy;
  CHECK_IS(covey_channel_register(attempt->server, attempt->pattern,
                                  attempt->options, &handlers, NULL, NULL),
           attempt->expected);
  CHECK_DESTROYED(destroyed, 1);
}

static void a_channels_is_called_when_it_is_not_registered(void) {
  covey_channel_options bad = COVEY_CHANNEL_OPTIONS_INIT;
  host h;
  bad.flags = UINT32_MAX;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  struct attempt attempts[] = {
      {NULL, "a/", NULL, COVEY_E_INVALID},
      {h.server, NULL, NULL, COVEY_E_INVALID},
      {h.server, "<", NULL, COVEY_E_INVALID},
      {h.server, "\xff", NULL, COVEY_E_INVALID},
      {h.server, "a/", &bad, COVEY_E_INVALID},
      {h.server, "ws/<other>/", NULL, COVEY_E_EXISTS},
  };
  struct attempt late = {h.server, "a/", NULL, COVEY_E_BUSY};
  struct attempt elsewhere = {h.server, "a/", NULL, COVEY_E_WRONG_THREAD};
  for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
    try_channel(&attempts[i]);
  check_elsewhere(try_channel, &elsewhere);
  CHECK(host_listen(&h));
  try_channel(&late);
  host_close(&h);
}

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

static void what_was_registered_is_destroyed_with_the_server(void) {
  atomic_int channel = 0, event = 0;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_channel_id id = 0;
  host h;
  handlers.user = &channel;
  handlers.destroy = count_destroy;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_channel_register(h.server, "a/", NULL, &handlers, &id, NULL),
           COVEY_OK);
  CHECK_IS(
      covey_event_register(h.server, id, "e", on_event, &event, count_destroy),
      COVEY_OK);
  CHECK(host_listen(&h));
  host_turn(&h);
  CHECK_DESTROYED(channel, 0);
  CHECK_DESTROYED(event, 0);
  host_close(&h);
  CHECK_DESTROYED(channel, 1);
  CHECK_DESTROYED(event, 1);
}

static void an_events_is_called_when_it_is_not_registered(void) {
  atomic_int destroyed = 0;
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  covey_server *server = h.server;
  CHECK_IS(covey_event_register(NULL, h.channel, "e", on_event, &destroyed,
                                count_destroy),
           COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 1);
  CHECK_IS(
      covey_event_register(server, 0, "e", on_event, &destroyed, count_destroy),
      COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 2);
  CHECK_IS(covey_event_register(server, h.channel, NULL, on_event, &destroyed,
                                count_destroy),
           COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 3);
  CHECK_IS(covey_event_register(server, h.channel, "e", NULL, &destroyed,
                                count_destroy),
           COVEY_E_INVALID);
  CHECK_DESTROYED(destroyed, 4);
  CHECK_IS(covey_event_register(server, h.channel, "note", on_event, &destroyed,
                                count_destroy),
           COVEY_E_EXISTS);
  CHECK_DESTROYED(destroyed, 5);
  CHECK(host_listen(&h));
  CHECK_IS(covey_event_register(server, h.channel, "e", on_event, &destroyed,
                                count_destroy),
           COVEY_E_BUSY);
  CHECK_DESTROYED(destroyed, 6);
  host_close(&h);
  CHECK_DESTROYED(destroyed, 6);
}

static void data_is_destroyed_when_other_data_is_set(void) {
  atomic_int first = 0, second = 0;
  void *data = &first;
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_get_data(h.server, consumer, &data), COVEY_OK);
  CHECK(data == NULL);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &first, count_destroy),
           COVEY_OK);
  CHECK_IS(covey_consumer_get_data(h.server, consumer, &data), COVEY_OK);
  CHECK(data == &first);
  CHECK_DESTROYED(first, 0);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &second, count_destroy),
           COVEY_OK);
  CHECK_DESTROYED(first, 1);
  CHECK_IS(covey_consumer_get_data(h.server, consumer, &data), COVEY_OK);
  CHECK(data == &second);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, NULL, NULL), COVEY_OK);
  CHECK_DESTROYED(second, 1);
  host_disconnect(&h, &c);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &first, count_destroy),
           COVEY_E_GONE);
  CHECK_DESTROYED(first, 2);
  host_close(&h);
  CHECK_DESTROYED(first, 2);
  CHECK_DESTROYED(second, 1);
}

static void has_its_data_still(host *self, covey_consumer_id consumer) {
  void *data = NULL;
  CHECK_IS(covey_consumer_get_data(self->server, consumer, &data), COVEY_OK);
  CHECK(data == self->more);
  CHECK_DESTROYED(*(atomic_int *)self->more, 0);
}

static void data_is_destroyed_after_on_disconnect(void) {
  atomic_int destroyed = 0;
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.more = &destroyed;
  h.on_disconnect = has_its_data_still;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(
      covey_consumer_set_data(h.server, consumer, &destroyed, count_destroy),
      COVEY_OK);
  host_disconnect(&h, &c);
  CHECK_DESTROYED(destroyed, 1);
  host_close(&h);
  CHECK_DESTROYED(destroyed, 1);
}

static void data_is_destroyed_when_the_server_is_freed(void) {
  atomic_int destroyed = 0;
  host h;
  client c;
  if (!host_open(&h))
    return;
  h.more = &destroyed;
  h.on_disconnect = has_its_data_still;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(
      covey_consumer_set_data(h.server, consumer, &destroyed, count_destroy),
      COVEY_OK);
  host_close(&h);
  CHECK_IS(atomic_load(&h.disconnects), 1);
  CHECK_DESTROYED(destroyed, 1);
  client_drop(&c, false);
}

static void set_data_and_refuse(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_set_data(self->server, consumer, self->more,
                                   count_destroy),
           COVEY_OK);
  CHECK_IS(covey_consumer_reject(self->server, consumer, 401, 0), COVEY_OK);
  CHECK_DESTROYED(*(atomic_int *)self->more, 0);
}

static void data_of_one_that_was_refused_is_destroyed(void) {
  atomic_int destroyed = 0;
  host h;
  host_prepare(&h);
  h.more = &destroyed;
  h.on_connect = set_data_and_refuse;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  client c = host_client(&h);
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 401);
  AWAIT(&h, atomic_load(&destroyed) == 1);
  client_drop(&c, false);
  host_close(&h);
  CHECK_DESTROYED(destroyed, 1);
  CHECK_IS(atomic_load(&h.disconnects), 0);
}

struct meddler {
  covey_server *server;
  atomic_int lent, destroyed, visits;
};

static void destroy_of_meddler(void *user) {
  struct meddler *self = user;
  atomic_fetch_add(&self->destroyed, 1);
}

/* A destroy function that calls the server itself. */
static void meddle(void *user) {
  struct meddler *self = user;
  covey_server *server = self->server;
  atomic_fetch_add(&self->visits, 1);
  atomic_fetch_add(&self->lent, 2);
  (void)covey_server_post(server, no_task, self, destroy_of_meddler);
  (void)covey_timer_start(server, 0, 0, no_task, self, destroy_of_meddler,
                          NULL);
  (void)covey_group_broadcast(server, "g", COVEY_TEXT, "x", 1, 0);
  (void)covey_consumer_send(server, 1, COVEY_TEXT, "x", 1);
  CHECK(covey_server_service(server, 0) != COVEY_OK);
}

static void a_destroy_may_call_the_server(void) {
  struct meddler self;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  host h;
  client c, left;
  memset(&self, 0, sizeof self);
  handlers.user = &self;
  handlers.destroy = meddle;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  self.server = h.server;
  CHECK_IS(covey_channel_register(h.server, "m/", NULL, &handlers, NULL, NULL),
           COVEY_OK);
  CHECK(host_listen(&h));
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &self, meddle),
           COVEY_OK);
  host_disconnect(&h, &c);
  CHECK_IS(atomic_load(&self.visits), 1);
  CHECK_IS(covey_server_post(h.server, no_task, &self, meddle), COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 0, 0, no_task, &self, meddle, NULL),
           COVEY_OK);
  AWAIT(&h, atomic_load(&self.visits) == 3);
  AWAIT(&h, atomic_load(&self.destroyed) == atomic_load(&self.lent));

  /* And while it is freed. */
  consumer = host_connect(&h, &left);
  CHECK_IS(covey_consumer_set_data(h.server, consumer, &self, meddle),
           COVEY_OK);
  CHECK_IS(covey_server_post(h.server, no_task, &self, meddle), COVEY_OK);
  CHECK_IS(covey_timer_start(h.server, 60000, 0, no_task, &self, meddle, NULL),
           COVEY_OK);
  host_close(&h);
  CHECK_IS(atomic_load(&self.visits), 7);
  CHECK_IS(atomic_load(&self.destroyed), atomic_load(&self.lent));
  client_drop(&left, false);
}

static void no_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

/* A destroy function of what only ends with its server: that is still there. */
static void meddle_at_the_end(void *user) {
  struct meddler *self = user;
  size_t count = 1;
  atomic_fetch_add(&self->visits, 1);
  CHECK_IS(covey_group_count(self->server, "g", &count), COVEY_OK);
  CHECK_IS(count, 0);
  CHECK_IS(covey_server_stop(self->server, 0), COVEY_OK);
  CHECK_IS(covey_server_post(self->server, no_task, NULL, NULL),
           COVEY_E_STOPPED);
  CHECK_IS(covey_server_free(self->server), COVEY_E_BUSY);
}

static void what_ends_with_the_server_may_call_it(void) {
  struct meddler self = {NULL, 0, 0, 0};
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_channel_id channel = 0;
  options.user = handlers.user = &self;
  options.destroy = handlers.destroy = meddle_at_the_end;
  CHECK_IS(covey_server_new(&options, &self.server, NULL), COVEY_OK);
  CHECK_IS(covey_channel_register(self.server, "m/", NULL, &handlers, &channel,
                                  NULL),
           COVEY_OK);
  CHECK_IS(covey_event_register(self.server, channel, "t", no_event, &self,
                                meddle_at_the_end),
           COVEY_OK);
  CHECK_IS(covey_server_free(self.server), COVEY_OK);
  CHECK_IS(atomic_load(&self.visits), 3);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(the_servers_own_is_called_when_it_is_freed),
      TEST(the_servers_own_is_called_when_none_is_made),
      TEST(a_channels_is_called_when_it_is_not_registered),
      TEST(what_was_registered_is_destroyed_with_the_server),
      TEST(an_events_is_called_when_it_is_not_registered),
      TEST(data_is_destroyed_when_other_data_is_set),
      TEST(data_is_destroyed_after_on_disconnect),
      TEST(data_is_destroyed_when_the_server_is_freed),
      TEST(data_of_one_that_was_refused_is_destroyed),
      TEST(a_destroy_may_call_the_server),
      TEST(what_ends_with_the_server_may_call_it),
  };
  return CHECK_MAIN(argc, argv, tests);
}
