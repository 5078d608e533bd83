/* The scenarios of two servers on a layer. --port and --pid are of the server
 * that is measured, which has --connections members; who sends is connected to
 * the one at --sender-port. Both are the same program: events.c with --layer,
 * or that of a peer.
 *
 * relay: fan-out as in load.c. The CPU time is that of a delivery to the
 * members of the server that is measured; the sender is a member of the other
 * one. In the line are also the CPU times of that one, and of the bus, for a
 * message.
 *
 * relay-time: one message after the other to one member. The servers run with
 * --timed, and tell it how long each took: from the call that sent the event
 * until the handler ran in the other process. */
#include <stdio.h>
#include <stdlib.h>

#include "scenarios.h"

enum {
  TIMES_MAX = 100000,
  TIMES_WARM_UP = 200,
};

static double sender_cpu, bus_cpu;
static uint64_t messages;

static double times[TIMES_MAX];
static int time_count;

static void connect_sender(const char *path) {
  int members_port = option.port;
  option.port = option.sender_port;
  connect_until(1, path);
  option.port = members_port;
}

/* ------------------------------------------------------------- fan-out -- */

static void relay_connect(void) {
  on_message = answer_check;
  connect_sender("/bench");
  connect_until(option.connections + 1, "/bench");
  settle(0.3); /* until the bus knows who is in the group */
}

/* What is left is of the last phase, which is the one that is measured. */
static bool relay_phase(double seconds) {
  uint64_t sent = clients[0].asked;
  sender_cpu = -process_cpu(option.sender_pid);
  bus_cpu = -process_cpu(option.bus_pid);
  bool fine = fanout_phase(seconds);
  settle(0.002); /* what the bus still has to answer */
  sender_cpu += process_cpu(option.sender_pid);
  bus_cpu += process_cpu(option.bus_pid);
  messages = clients[0].asked - sent;
  return fine;
}

static void relay_more(void) {
  if (messages)
    printf("\"sender_us\":%.4f,\"bus_us\":%.4f,",
           sender_cpu * 1e6 / (double)messages,
           bus_cpu * 1e6 / (double)messages);
}

/* ---------------------------------------------------------------- time -- */

static void time_take(struct client *c, const unsigned char *payload,
                      size_t size) {
  char digits[32];
  int length = snprintf(digits, sizeof digits, "%.*s", (int)size, payload);
  if (length <= 0 || length >= (int)sizeof digits || atof(digits) <= 0)
    client_wrong(c, "no time");
  else if (time_count < TIMES_MAX)
    times[time_count++] = atof(digits) / 1000;
  client_landed(c);
}

static bool time_one(void) {
  static char text[SIZE_MAX_BYTES];
  client_queue(&clients[0], text, payload_write(text, asked));
  clients[1].asked++;
  asked++;
  client_send_queued(&clients[0]);
  return wait_until_landed();
}

static int compare_times(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static int measure_time(void) {
  on_message = time_take;
  connect_sender("/speaker");
  connect_until(2, "/bench");
  settle(0.3);
  bool fine = true;
  for (int i = 0; fine && i < TIMES_WARM_UP; i++)
    fine = time_one();
  time_count = 0;
  double until = wall() + option.seconds;
  while (fine && time_count < TIMES_MAX && wall() < until)
    fine = time_one();
  qsort(times, (size_t)time_count, sizeof *times, compare_times);
  printf("{\"scenario\":\"relay-time\",\"count\":%d,", time_count);
  if (time_count)
    printf("\"median_us\":%.3f,\"p99_us\":%.3f,", times[time_count / 2],
           times[time_count / 100 * 99]);
  return reconcile();
}

const struct scenario relay = {.name = "relay",
                               .measure = measure_messages,
                               .connect = relay_connect,
                               .first = fanout_first,
                               .phase = relay_phase,
                               .more = relay_more,
                               .request = payload_write,
                               .answer = payload_write,
                               .is_relayed = true};

const struct scenario relay_time = {.name = "relay-time",
                                    .measure = measure_time,
                                    .request = payload_write,
                                    .is_relayed = true};
