/* Fan-out while every tenth member reads nothing: what a delivery to the others
 * costs, and how much memory the server keeps for those who do not read. */
#include <stdio.h>

#include "scenarios.h"

enum {
  FILL_ROUNDS = 200, /* 32 KiB each: more than their sockets hold */
  OUTBOX_BYTES = 256 * 1024,
};

static int still_count;
static double resident_before;

/* The first of all sends, the last ones stand still: of them nothing is asked,
 * so that a burst waits for the others alone. */
static void connect_still(void) {
  still_count = option.connections / 10;
  int reading = option.connections - still_count;
  on_message = answer_check;
  connect_until(reading, "/bench");
  fanout_first();
  settle(0.2);
  resident_before = server_resident_bytes();
  connect_until(option.connections, "/bench");
  for (int i = reading; i < option.connections; i++)
    client_ignore(&clients[i]);
  client_count = reading; /* nobody asks the others for anything */
  for (int round = 0; round < FILL_ROUNDS; round++) {
    for (int i = reading; i < option.connections; i++) {
      client_queue(&clients[i], "fill", 4);
      client_send_queued(&clients[i]);
    }
    fanout_first(); /* once it has come, the server has seen these */
  }
  settle(0.2);
}

static void print_memory(void) {
  double grown = server_resident_bytes() - resident_before;
  printf("\"still\":%d,\"outbox_bytes\":%d,\"resident_bytes\":%.1f,",
         still_count, OUTBOX_BYTES, grown / still_count);
}

const struct scenario still = {.name = "still",
                               .measure = measure_messages,
                               .connect = connect_still,
                               .first = fanout_first,
                               .phase = fanout_phase,
                               .more = print_memory,
                               .request = payload_write,
                               .answer = payload_write};
