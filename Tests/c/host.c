#include "host.h"

#include "certificates.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void accept_everybody(host *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static void echo(host *self, covey_consumer_id consumer, covey_kind kind,
                 const void *data, size_t size) {
  CHECK_IS(covey_consumer_send(self->server, consumer, kind, data, size),
           COVEY_OK);
}

static void send_event(host *self, covey_consumer_id consumer, const char *type,
                       const void *json, size_t size) {
  CHECK_TEXT(type, "note");
  CHECK_IS(covey_consumer_send(self->server, consumer, COVEY_TEXT, json, size),
           COVEY_OK);
}

void host_on_connect(covey_server *server, covey_consumer_id consumer,
                     void *user) {
  host *self = user;
  CHECK(server == self->server);
  CHECK(consumer != 0);
  atomic_store(&self->consumer, consumer);
  self->on_connect(self, consumer);
  atomic_fetch_add(&self->connects, 1);
  sem_post(&self->stirred);
}

static void receiving(covey_server *server, covey_consumer_id consumer,
                      covey_kind kind, const void *data, size_t size,
                      void *user) {
  host *self = user;
  CHECK(server == self->server);
  CHECK(data != NULL);
  self->on_message(self, consumer, kind, data, size);
  atomic_fetch_add(&self->messages, 1);
  sem_post(&self->stirred);
}

static void noting(covey_server *server, covey_consumer_id consumer,
                   const char *type, const void *json, size_t size,
                   void *user) {
  host *self = user;
  CHECK(server == self->server);
  self->on_event(self, consumer, type, json, size);
  atomic_fetch_add(&self->events, 1);
  sem_post(&self->stirred);
}

void host_on_disconnect(covey_server *server, covey_consumer_id consumer,
                        const covey_ending *ending, void *user) {
  host *self = user;
  CHECK(server == self->server);
  CHECK_IS(ending->struct_size, sizeof *ending);
  CHECK_IS(ending->reserved, 0);
  CHECK_IS(ending->reserved2, 0);
  if (CHECK(ending->reason != NULL && ending->reason_bytes <= 123)) {
    CHECK_IS(ending->reason[ending->reason_bytes], '\0');
    memcpy(self->ending_reason, ending->reason, ending->reason_bytes + 1);
  }
  self->ending = *ending;
  self->ending.reason = self->ending_reason;
  if (self->on_disconnect != NULL)
    self->on_disconnect(self, consumer);
  atomic_fetch_add(&self->disconnects, 1);
  sem_post(&self->stirred);
}

void host_prepare(host *self) {
  memset(self, 0, sizeof *self);
  self->on_connect = accept_everybody;
  self->on_message = echo;
  self->on_event = send_event;
  CHECK_IS(sem_init(&self->stirred, 0, 0), 0);
}

static bool went_well(covey_status status, const covey_error *error,
                      const char *what) {
  if (status == COVEY_OK)
    return true;
  printf("%s: %s: %s\n", what, covey_status_text(status), error->message);
  return CHECK_IS(status, COVEY_OK);
}

bool host_make(host *self, const covey_server_options *server_options,
               const covey_channel_options *channel_options) {
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_model thing = COVEY_MODEL_INIT;
  covey_error error = COVEY_ERROR_INIT;
  thing.name = "Thing";
  handlers.on_connect = host_on_connect;
  handlers.on_text = receiving;
  handlers.on_binary = receiving;
  handlers.on_disconnect = host_on_disconnect;
  handlers.user = self;
  return went_well(covey_server_new(server_options, &self->server, &error),
                   &error, "covey_server_new") &&
         went_well(covey_channel_register(self->server, "ws/<str:room>/",
                                          channel_options, &handlers,
                                          &self->channel, &error),
                   &error, "covey_channel_register") &&
         went_well(
             covey_model_register(self->server, &thing, &self->model, &error),
             &error, "covey_model_register") &&
         CHECK_IS(covey_event_register(self->server, self->channel, "note",
                                       noting, self, NULL),
                  COVEY_OK);
}

bool host_listen_with(host *self, const covey_listen_options *options) {
  covey_error error = COVEY_ERROR_INIT;
  return went_well(
      covey_server_listen(self->server, options, &self->port, &error), &error,
      "covey_server_listen");
}

bool host_listen(host *self) {
  covey_listen_options options = COVEY_LISTEN_OPTIONS_INIT;
  certificates files;
  if (!client_is_secure())
    return host_listen_with(self, NULL) && CHECK(self->port != 0);
  if (!certificates_make(&files))
    return false;
  options.certificate_file = files.certificate;
  options.key_file = files.key;
  bool is_listening = host_listen_with(self, &options);
  certificates_remove(&files); /* they were read */
  return is_listening && CHECK(self->port != 0);
}

bool host_open(host *self) {
  host_prepare(self);
  return host_make(self, NULL, NULL) && host_listen(self);
}

void host_close(host *self) {
  CHECK_IS(covey_server_free(self->server), COVEY_OK);
  self->server = NULL;
  sem_destroy(&self->stirred);
}

void host_turn(void *context) {
  host *self = context;
  if (self->is_driven_elsewhere) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20 * 1000000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_sec++;
      until.tv_nsec -= 1000000000;
    }
    (void)sem_timedwait(&self->stirred, &until);
    return;
  }
  covey_status status = covey_server_service(self->server, 20);
  CHECK(status == COVEY_OK || status == COVEY_E_STOPPED);
}

client host_client(host *self) {
  client made = client_make(self->is_driven_elsewhere ? NULL : host_turn, self);
  CHECK(client_connect(&made, self->port, 0));
  return made;
}

void host_turns_away(host *self) {
  client made = client_make(self->is_driven_elsewhere ? NULL : host_turn, self);
  /* With TLS nobody shakes hands with it. */
  CHECK(!client_connect(&made, self->port, 0) ||
        client_upgrade(&made, "/ws/lobby/", NULL) == 0);
  client_drop(&made, false);
}

covey_consumer_id host_connect(host *self, client *client_out) {
  int connects = atomic_load(&self->connects);
  *client_out = host_client(self);
  if (!CHECK_IS(client_upgrade(client_out, "/ws/lobby/", NULL), 101))
    return 0;
  AWAIT(self, atomic_load(&self->connects) > connects);
  return atomic_load(&self->consumer);
}

void host_disconnect(host *self, client *client) {
  int disconnects = atomic_load(&self->disconnects);
  client_drop(client, false);
  AWAIT(self, atomic_load(&self->disconnects) > disconnects);
}

size_t host_count(host *self, const char *group) {
  size_t count = 0;
  CHECK_IS(covey_group_count(self->server, group, &count), COVEY_OK);
  return count;
}

struct visit {
  void (*function)(void *);
  void *argument;
  sem_t done;
};

static void run_visit(covey_server *server, void *user) {
  struct visit *visit = user;
  (void)server;
  visit->function(visit->argument);
}

static void end_visit(void *user) {
  struct visit *visit = user;
  sem_post(&visit->done);
}

covey_status host_on_loop(host *self, void (*function)(void *),
                          void *argument) {
  struct visit visit = {function, argument, {{0}}};
  CHECK_IS(sem_init(&visit.done, 0, 0), 0);
  covey_status status =
      covey_server_post(self->server, run_visit, &visit, end_visit);
  while (status == COVEY_OK && sem_wait(&visit.done) != 0)
    continue;
  sem_destroy(&visit.done);
  return status;
}

void count_destroy(void *user) {
  atomic_int *count = user;
  atomic_fetch_add(count, 1);
}

void no_task(covey_server *server, void *user) {
  (void)server;
  (void)user;
}

void no_destroy(void *user) { (void)user; }
