#include "layered.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const layered_drivers[LAYERED_DRIVERS] = {"redis", "redis+django",
                                                      "redis+django-pubsub"};

static const char *redis_port(void) {
  const char *port = getenv("COVEY_TEST_REDIS");
  CHECK(port != NULL); /* run.sh starts one */
  return port == NULL ? "1" : port;
}

void layered_url(char *url_out, size_t room, const char *driver,
                 const char *credentials, const char *more) {
  static int count;
  snprintf(url_out, room, "%s://%s127.0.0.1:%s/0?prefix=t%d.%d%s", driver,
           credentials, redis_port(), (int)getpid(), ++count, more);
}

static void gap(covey_server *server, const covey_layer_gap *gap, void *user) {
  layered *self = user;
  CHECK(server == self->h.server);
  CHECK_IS(gap->struct_size, sizeof *gap);
  if (!CHECK(gap->kind >= 1 && gap->kind < 8))
    return;
  char *names = self->groups[gap->kind];
  names[0] = '\0';
  CHECK(gap->group_count > 0);
  for (size_t i = 0; i < gap->group_count; i++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof self->groups[0] - used, "%s%s",
             i > 0 ? "," : "", gap->groups[i]);
  }
  atomic_fetch_add(&self->lost[gap->kind], (int)gap->count);
  atomic_fetch_add(&self->gaps[gap->kind], 1);
  sem_post(&self->h.stirred);
}

static void state(covey_server *server, int connected, const char *reason,
                  void *user) {
  layered *self = user;
  int count = atomic_load(&self->state_count);
  CHECK(server == self->h.server);
  CHECK((connected == 1) == (reason[0] == '\0'));
  CHECK(strchr(reason, '\n') == NULL);
  if (count < (int)sizeof self->states - 1)
    self->states[count] = connected ? '+' : '-';
  if (!connected)
    snprintf(self->reason, sizeof self->reason, "%s", reason);
  atomic_store(&self->state_count, count + 1);
  sem_post(&self->h.stirred);
}

bool layered_make(layered *self, const char *url,
                  const covey_server_options *server_options,
                  const covey_layer_options *layer_options) {
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  if (layer_options != NULL)
    options = *layer_options;
  options.on_layer_gap = gap;
  options.on_layer_state = state;
  options.user = self;
  if (!host_make(&self->h, server_options, NULL))
    return false;
  if (covey_server_set_layer(self->h.server, url, &options, &error) == COVEY_OK)
    return true;
  printf("covey_server_set_layer: %s\n", error.message);
  return CHECK(false);
}

static bool is_connected(const layered *self) {
  int count = atomic_load(&self->state_count);
  return count > 0 && self->states[count - 1] == '+';
}

bool pair_open(pair *self, const char *driver, const char *more,
               bool has_threads) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  char url[256];
  options.groups_per_consumer_max = 1024;
  options.outbox_bytes_max = 4 << 20;
  layered_url(url, sizeof url, driver, "", more);
  memset(self, 0, sizeof *self);
  self->has_threads = has_threads;
  layered *both[] = {&self->a, &self->b};
  for (int i = 0; i < 2; i++) {
    layered *one = both[i];
    host_prepare(&one->h);
    one->h.is_driven_elsewhere = has_threads;
    if (!layered_make(one, url, &options, NULL) || !host_listen(&one->h))
      return false;
    if (has_threads)
      CHECK_IS(covey_server_start(one->h.server), COVEY_OK);
  }
  AWAIT_PAIR(self, is_connected(&self->a) && is_connected(&self->b));
  return is_connected(&self->a) && is_connected(&self->b);
}

void pair_close(pair *self) {
  layered *both[] = {&self->a, &self->b};
  for (int i = 0; i < 2; i++) {
    if (self->has_threads) {
      CHECK_IS(covey_server_stop(both[i]->h.server, 0), COVEY_OK);
      CHECK_IS(covey_server_wait(both[i]->h.server, check_ms(10000)), COVEY_OK);
    }
    host_close(&both[i]->h);
  }
}

static void serve_a_little(covey_server *server) {
  covey_status status = covey_server_service(server, 2);
  CHECK(status == COVEY_OK || status == COVEY_E_STOPPED);
}

void pair_turn(void *context) {
  pair *self = context;
  if (self->has_threads) {
    host_turn(&self->b.h);
  } else {
    serve_a_little(self->a.h.server);
    serve_a_little(self->b.h.server);
  }
}

covey_consumer_id pair_client(pair *self, layered *which, client *client_out,
                              const char *group) {
  covey_consumer_id consumer = host_connect(&which->h, client_out);
  if (!self->has_threads) {
    client_out->turn = pair_turn;
    client_out->context = self;
  }
  if (group != NULL)
    CHECK_IS(covey_group_add(which->h.server, consumer, group), COVEY_OK);
  return consumer;
}

static void probe(covey_server *server, void *user) {
  CHECK_IS(covey_group_broadcast(server, user, COVEY_TEXT, "probe", 5, 0),
           COVEY_OK);
}

static bool hears(client *c, const char *text) {
  frame next;
  return CHECK(client_receive(c, &next)) && next.size == strlen(text) &&
         memcmp(next.data, text, next.size) == 0;
}

void pair_settle(layered *from, const char *group, client *clients,
                 size_t count) {
  covey_timer_id timer = 0;
  CHECK_IS(covey_timer_start(from->h.server, 0, 20, probe, strdup(group), free,
                             &timer),
           COVEY_OK);
  for (size_t i = 0; i < count; i++)
    CHECK(hears(&clients[i], "probe"));
  CHECK_IS(covey_timer_stop(from->h.server, timer), COVEY_OK);
  CHECK_IS(
      covey_group_broadcast(from->h.server, group, COVEY_TEXT, "begin", 5, 0),
      COVEY_OK);
  for (size_t i = 0; i < count; i++) {
    int64_t end = check_now() + check_ms(CLIENT_PATIENCE_MS);
    while (check_now() < end && !hears(&clients[i], "begin"))
      continue;
  }
}

void layered_command(const char *line) {
  struct sockaddr_in address;
  char answer[64] = "";
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)atoi(redis_port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_IS(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  CHECK_IS(send(fd, line, strlen(line), 0), strlen(line));
  CHECK_IS(send(fd, "\r\n", 2, 0), 2);
  CHECK(recv(fd, answer, sizeof answer - 1, 0) > 0);
  CHECK(answer[0] != '-');
  close(fd);
}
