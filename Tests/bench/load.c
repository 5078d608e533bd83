/* The load generator of the benchmark: many WebSocket clients in one process.
 *
 *   load --scenario NAME --port N --pid N [--host 127.0.0.1] [--core 1]
 *        [--connections 100] [--in-flight 1] [--size 64] [--seconds 0.4]
 *        [--patience 20] [--tls] [--sender-port N --sender-pid N --bus-pid N]
 *
 * fanout  One client sends bursts of in-flight messages with one send(); the
 *         next burst follows when every client has all of this one.
 * echo    Every client does so on its own and waits for its own answers only.
 * idle    Opens connections beside 100 that are open already, then has one
 *         message delivered to all of them.
 * call, delta, delta-bytes, join, join-bytes  See load_context.c.
 * chat, call-text, call-json  See load_json.c.
 * relay, relay-time  See load_relay.c; they have --sender-port, ...
 * still   See load_still.c.
 *
 * The figure is the CPU time of the process --pid between two points at which
 * nothing is under way. Prints one line of JSON. Exit status 3: deliveries are
 * missing, wrong, out of order or too many; 2: usage; 1: anything else. */
#define _GNU_SOURCE
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios.h"

enum {
  SEQUENCE_DIGITS = 16,
  IDLE_WARM_UP = 100,
};

const struct scenario *scenario;
static double echo_until; /* clients of echo send again before this time */
static char filler[SIZE_MAX_BYTES + 64];

double server_resident_bytes(void) {
  char path[64], line[256];
  double kilobytes = -1;
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)option.pid);
  FILE *file = fopen(path, "r");
  if (!file)
    die(path);
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Rss: %lf", &kilobytes) == 1)
      break;
  fclose(file);
  return kilobytes * 1024;
}

/* ------------------------------------------------------------ messages -- */

/* Messages carry a number and must come in its order. Where each client gets
 * its own answers the upper half is the client's, so nobody's answer passes for
 * another's. */
static uint64_t sequence(const struct client *c, uint64_t message) {
  bool is_own = scenario->phase == echo_phase;
  return is_own ? (uint64_t)c->number << 32 | message : message;
}

/* Hexadecimal digits, then letters that differ from message to message. The
 * text is JSON-safe, so that an event can carry it. */
size_t payload_write(char *to, uint64_t number) {
  size_t size = (size_t)option.size;
  for (int i = SEQUENCE_DIGITS; i-- > 0; number >>= 4)
    to[i] = "0123456789abcdef"[number & 15];
  memcpy(to + SEQUENCE_DIGITS, filler + (to[SEQUENCE_DIGITS - 1] & 15),
         size - SEQUENCE_DIGITS);
  return size;
}

/* Some JSON libraries put a space after each colon and comma, others do not. No
 * text that is sent has one. */
static size_t spaces_drop(char *to, const unsigned char *from, size_t size) {
  char *next = to;
  for (size_t i = 0; i < size; i++)
    if (from[i] != ' ')
      *next++ = (char)from[i];
  return (size_t)(next - to);
}

void answer_check(struct client *c, const unsigned char *payload, size_t size) {
  static char dense[SIZE_MAX_BYTES];
  static char expected[SIZE_MAX_BYTES];
  static uint64_t expected_number = UINT64_MAX;
  static size_t expected_size;
  uint64_t number = sequence(c, c->received);
  if (number != expected_number)
    expected_size = scenario->answer(expected, expected_number = number);
  if (scenario->is_json && size <= sizeof dense) {
    size = spaces_drop(dense, payload, size);
    payload = (const unsigned char *)dense;
  }
  if (size != expected_size || memcmp(payload, expected, size))
    client_wrong(c, "a message that is wrong or out of order");
  else
    client_landed(c);
}

/* Sends the next messages of this client with one send(). */
static void send_burst(struct client *c, uint64_t first, int count) {
  static char text[SIZE_MAX_BYTES];
  for (int i = 0; i < count; i++) {
    size_t size = scenario->request(text, sequence(c, first + (uint64_t)i));
    client_queue(c, text, size);
  }
  client_send_queued(c);
}

/* -------------------------------------------------------------- phases -- */

static void echo_ask(struct client *c) {
  send_burst(c, c->asked, option.in_flight);
  c->asked += (uint64_t)option.in_flight;
  asked += (uint64_t)option.in_flight;
}

static void echo_received(struct client *c) {
  if (c->asked && c->received == c->asked && wall() < echo_until)
    echo_ask(c);
}

bool echo_phase(double seconds) {
  echo_until = wall() + seconds;
  on_message = answer_check;
  on_received = echo_received;
  for (int i = 0; i < client_count; i++)
    echo_ask(&clients[i]);
  return wait_until_landed();
}

static bool fanout_burst(int count) {
  struct client *sender = &clients[0];
  uint64_t first = sender->asked;
  for (int i = 0; i < client_count; i++)
    clients[i].asked += (uint64_t)count;
  asked += (uint64_t)count * (uint64_t)client_count;
  send_burst(sender, first, count);
  return wait_until_landed();
}

bool fanout_first(void) { return fanout_burst(1); }

bool fanout_phase(double seconds) {
  double until = wall() + seconds;
  while (fanout_burst(option.in_flight))
    if (wall() >= until)
      return true;
  return false;
}

static void connect_all(void) {
  on_message = answer_check;
  connect_until(option.connections, "/bench");
}

/* To the clients of the server that is measured. */
static uint64_t deliveries_now(void) {
  return landed - (scenario->is_relayed ? clients[0].received : 0);
}

int measure_messages(void) {
  scenario->connect();
  settle(0.05);
  /* The first message alone: for a slow server it is warm-up enough. */
  double warm_until = wall() + option.seconds / 3;
  bool fine = !scenario->first || scenario->first();
  if (fine && wall() < warm_until)
    fine = scenario->phase(warm_until - wall());
  settle(0.01);
  uint64_t before = deliveries_now();
  double cpu = server_cpu(), own = own_cpu();
  double began = wall();
  fine = fine && scenario->phase(option.seconds);
  double took = wall() - began;
  own = own_cpu() - own;
  settle(0.002);
  cpu = server_cpu() - cpu;
  uint64_t deliveries = deliveries_now() - before;
  printf("{\"scenario\":\"%s\",\"connections\":%d,\"in_flight\":%d,"
         "\"size\":%d,\"deliveries\":%llu,",
         option.scenario, option.connections, option.in_flight, option.size,
         (unsigned long long)deliveries);
  if (deliveries)
    printf("\"cpu_us\":%.4f,\"wall_us\":%.4f,\"generator_us\":%.4f,",
           cpu * 1e6 / (double)deliveries, took * 1e6 / (double)deliveries,
           own * 1e6 / (double)deliveries);
  if (scenario->more)
    scenario->more();
  return reconcile();
}

static int measure_idle(void) {
  on_message = answer_check;
  connect_until(IDLE_WARM_UP, "/bench");
  fanout_burst(1);
  settle(0.3);
  double cpu = server_cpu(), resident = server_resident_bytes();
  connect_until(IDLE_WARM_UP + option.connections, "/bench");
  settle(0.02);
  cpu = server_cpu() - cpu;
  settle(0.3);
  resident = server_resident_bytes() - resident;
  /* The newcomers are behind by what was sent before they came. */
  for (int i = IDLE_WARM_UP; i < client_count; i++)
    clients[i].asked = clients[i].received = clients[0].received;
  fanout_burst(1);
  printf("{\"scenario\":\"idle\",\"connections\":%d,\"resident_bytes\":%.1f,"
         "\"connect_us\":%.4f,",
         option.connections, resident / option.connections,
         cpu * 1e6 / option.connections);
  return reconcile();
}

/* ---------------------------------------------------------------- main -- */

static const struct scenario fanout = {.name = "fanout",
                                       .measure = measure_messages,
                                       .connect = connect_all,
                                       .first = fanout_first,
                                       .phase = fanout_phase,
                                       .request = payload_write,
                                       .answer = payload_write};

static const struct scenario echo = {.name = "echo",
                                     .measure = measure_messages,
                                     .connect = connect_all,
                                     .phase = echo_phase,
                                     .request = payload_write,
                                     .answer = payload_write};

static const struct scenario idle = {.name = "idle",
                                     .measure = measure_idle,
                                     .request = payload_write,
                                     .answer = payload_write};

static const struct scenario *scenario_named(const char *name) {
  static const struct scenario *const all[] = {
      &fanout,      &echo,  &idle,       &call,      &delta,
      &delta_bytes, &join,  &join_bytes, &chat,      &call_text,
      &call_json,   &still, &relay,      &relay_time};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!strcmp(all[i]->name, name))
      return all[i];
  return NULL;
}

static bool parse_options(int argc, char **argv) {
  static const struct option known[] = {{"scenario", 1, NULL, 's'},
                                        {"host", 1, NULL, 'h'},
                                        {"port", 1, NULL, 'p'},
                                        {"pid", 1, NULL, 'P'},
                                        {"core", 1, NULL, 'c'},
                                        {"connections", 1, NULL, 'n'},
                                        {"in-flight", 1, NULL, 'k'},
                                        {"size", 1, NULL, 'b'},
                                        {"seconds", 1, NULL, 't'},
                                        {"patience", 1, NULL, 'w'},
                                        {"tls", 0, NULL, 'T'},
                                        {"sender-port", 1, NULL, 'S'},
                                        {"sender-pid", 1, NULL, 'I'},
                                        {"bus-pid", 1, NULL, 'B'},
                                        {0}};
  int letter;
  while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
    switch (letter) {
    case 's':
      option.scenario = optarg;
      break;
    case 'h':
      option.host = optarg;
      break;
    case 'p':
      option.port = atoi(optarg);
      break;
    case 'P':
      option.pid = atoi(optarg);
      break;
    case 'c':
      option.core = atoi(optarg);
      break;
    case 'n':
      option.connections = atoi(optarg);
      break;
    case 'k':
      option.in_flight = atoi(optarg);
      break;
    case 'b':
      option.size = atoi(optarg);
      break;
    case 't':
      option.seconds = atof(optarg);
      break;
    case 'T':
      option.is_tls = true;
      break;
    case 'S':
      option.sender_port = atoi(optarg);
      break;
    case 'I':
      option.sender_pid = atoi(optarg);
      break;
    case 'B':
      option.bus_pid = atoi(optarg);
      break;
    case 'w':
      option.patience = atof(optarg);
      break;
    default:
      return false;
    }
  }
  scenario = scenario_named(option.scenario);
  bool is_sent = scenario && scenario->request;
  int size_max = SIZE_MAX_BYTES;
  if (scenario && scenario->is_json)
    size_max -= JSON_BYTES_MAX;
  if (scenario && scenario->is_relayed &&
      (option.sender_port <= 0 || option.sender_pid <= 0 ||
       option.bus_pid <= 0))
    return false;
  return scenario && option.port > 0 && option.pid > 0 &&
         option.connections > 0 && option.in_flight > 0 &&
         option.size >= SEQUENCE_DIGITS &&
         (!is_sent || option.size <= size_max);
}

int main(int argc, char **argv) {
  if (!parse_options(argc, argv)) {
    fprintf(stderr, "load: see the comment at the top of load.c\n");
    return 2;
  }
  if (option.core >= 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(option.core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) < 0)
      die("sched_setaffinity");
  }
  for (size_t i = 0; i < sizeof filler; i++)
    filler[i] = (char)('a' + i % 26);
  clients_prepare(option.connections + IDLE_WARM_UP);
  return scenario->measure();
}
