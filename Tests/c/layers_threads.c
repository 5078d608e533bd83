/*
 * layers_threads.c - threads that send to groups and addresses of two servers
 * on one layer, each driven by a thread of its own. Made for ThreadSanitizer.
 * On Covey's own driver everything arrives, once, and in the order of each
 * thread.
 */
#include "layered.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { SENDERS = 4, SENDINGS = 500 };

struct sender {
  layered *from;
  const char *address; /* NULL: to the group */
  int number;
  pthread_t thread;
};

static void *send_all(void *argument) {
  const struct sender *self = argument;
  covey_server *server = self->from->h.server;
  char json[64];
  for (int i = 0; i < SENDINGS; i++) {
    int size = snprintf(json, sizeof json,
                        "{\"type\":\"note\",\"n\":\"%d %d\"}", self->number, i);
    if (self->address == NULL)
      CHECK_IS(covey_group_send(server, "g", json, (size_t)size, NULL),
               COVEY_OK);
    else
      CHECK_IS(
          covey_address_send(server, self->address, json, (size_t)size, NULL),
          COVEY_OK);
  }
  return NULL;
}

/* Reads what so many senders send; each in its order. */
static void read_all(client *c, int senders) {
  int next[SENDERS] = {0};
  for (int i = 0; i < senders * SENDINGS; i++) {
    frame frame;
    char text[64] = "";
    int sender = -1, number = -1;
    if (!CHECK(client_receive(c, &frame)))
      return;
    memcpy(text, frame.data, frame.size < 63 ? frame.size : 63);
    CHECK_IS(
        sscanf(text, "{\"type\":\"note\",\"n\":\"%d %d\"}", &sender, &number),
        2);
    if (!CHECK(sender >= 0 && sender < SENDERS))
      return;
    CHECK_IS(number, next[sender]);
    next[sender]++;
  }
}

static void get_address(void *argument) {
  struct sender *self = argument;
  const char *value = NULL;
  static char address[256];
  CHECK_IS(covey_consumer_get_address(self->from->h.server,
                                      atomic_load(&self->from->h.consumer),
                                      &value, NULL),
           COVEY_OK);
  snprintf(address, sizeof address, "%s", value);
  self->address = address;
}

static void each_thread_keeps_its_order_on_the_bus(void) {
  pair both;
  client clients[2];
  struct sender senders[SENDERS];
  if (!pair_open(&both, "redis", "", true))
    return;
  pair_client(&both, &both.a, &clients[0], "g");
  pair_client(&both, &both.b, &clients[1], "g");
  pair_settle(&both.a, "g", clients, 2);
  pair_settle(&both.b, "g", clients, 2);
  for (int i = 0; i < SENDERS; i++) {
    senders[i] = (struct sender){i % 2 == 0 ? &both.a : &both.b, NULL, i, 0};
    CHECK_IS(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]),
             0);
  }
  read_all(&clients[0], SENDERS);
  read_all(&clients[1], SENDERS);
  for (int i = 0; i < SENDERS; i++)
    CHECK_IS(pthread_join(senders[i].thread, NULL), 0);

  /* And to one consumer, of another server and of its own. */
  struct sender asked = {&both.b, NULL, 0, 0};
  CHECK_IS(host_on_loop(&both.b.h, get_address, &asked), COVEY_OK);
  for (int i = 0; i < SENDERS; i++) {
    senders[i].address = asked.address;
    CHECK_IS(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]),
             0);
  }
  read_all(&clients[1], SENDERS);
  for (int i = 0; i < SENDERS; i++)
    CHECK_IS(pthread_join(senders[i].thread, NULL), 0);
  client_drop(&clients[0], false);
  client_drop(&clients[1], false);
  pair_close(&both);
}

/* Sends until the server says that it stops. */
static void *send_to_the_end(void *argument) {
  const struct sender *self = argument;
  covey_status status = COVEY_OK;
  while (status == COVEY_OK || status == COVEY_E_FULL)
    status = covey_group_send(self->from->h.server, "g", "{\"type\":\"note\"}",
                              15, NULL);
  CHECK_IS(status, COVEY_E_STOPPED);
  return NULL;
}

static void a_server_may_stop_while_threads_send(void) {
  for (int i = 0; i < LAYERED_DRIVERS; i++) {
    pair both;
    struct sender senders[SENDERS];
    check_note(layered_drivers[i]);
    if (!pair_open(&both, layered_drivers[i], "", true))
      return;
    for (int j = 0; j < SENDERS; j++) {
      senders[j] = (struct sender){j % 2 == 0 ? &both.a : &both.b, NULL, j, 0};
      CHECK_IS(pthread_create(&senders[j].thread, NULL, send_to_the_end,
                              &senders[j]),
               0);
    }
    layered_command("CLIENT KILL TYPE normal");
    CHECK_IS(covey_server_stop(both.a.h.server, 0), COVEY_OK);
    CHECK_IS(covey_server_stop(both.b.h.server, 0), COVEY_OK);
    for (int j = 0; j < SENDERS; j++)
      CHECK_IS(pthread_join(senders[j].thread, NULL), 0);
    pair_close(&both);
  }
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(each_thread_keeps_its_order_on_the_bus),
      TEST(a_server_may_stop_while_threads_send),
  };
  return CHECK_MAIN(argc, argv, tests);
}
