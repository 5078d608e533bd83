/* The load generator of the benchmark: many WebSocket clients in one process.
 *
 *   load --scenario fanout|echo|idle --port N --pid N [--host 127.0.0.1]
 *        [--core 1] [--connections 100] [--in-flight 1] [--size 64]
 *        [--seconds 0.4] [--patience 20]
 *
 * fanout  One client sends bursts of in-flight messages with one send(); the
 *         next burst follows when every client has all of this one.
 * echo    Every client does so on its own and waits for its own answers only.
 * idle    Opens connections beside 100 that are open already, then has one
 *         message delivered to all of them.
 *
 * The figure is the CPU time of the process --pid between two points at which
 * nothing is under way. Prints one line of JSON. Exit status 3: deliveries are
 * missing, wrong, out of order or too many; 2: usage; 1: anything else. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  SCRATCH_BYTES = 256 * 1024,
  EVENTS_PER_TURN = 256,
  SEQUENCE_DIGITS = 16,
  CONNECTING_AT_ONCE = 64, /* below the listen backlog of every server */
  IDLE_WARM_UP = 100,
  SIZE_MAX_BYTES = 65535,
};

struct buffer {
  unsigned char *bytes;
  size_t size, capacity;
};

/* Messages carry a number and must come in its order. For echo the upper half
 * is the client's own, so nobody's answer passes for another's. */
struct client {
  int fd;
  bool upgraded;
  uint32_t number;
  uint64_t asked;    /* messages that should have come by now */
  uint64_t received; /* messages that came and were right */
  struct buffer in;  /* an incomplete answer or frame */
  struct buffer out; /* what the socket did not take */
};

static struct {
  const char *scenario, *host;
  int port, core, connections, in_flight, size;
  pid_t pid;
  double seconds, patience;
} option = {.scenario = "fanout",
            .host = "127.0.0.1",
            .core = -1,
            .connections = 100,
            .in_flight = 1,
            .size = 64,
            .seconds = 0.4,
            .patience = 20};

static bool echoes;
static double echo_until; /* clients of echo send again before this time */
static int epoll_fd;
static struct client *clients;
static int client_count, upgraded_count;
static uint64_t asked, landed; /* deliveries, of all clients together */
static uint64_t wrong, lost;   /* bad messages, connections that ended */
static char first_fault[160];
static unsigned char scratch[SCRATCH_BYTES + 1];
static char filler[SIZE_MAX_BYTES + 64];

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) < 0)
    die("clock_gettime");
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double wall(void) { return now(CLOCK_MONOTONIC); }

/* User and system time of all threads, in nanosecond steps. */
static double server_cpu(void) {
  clockid_t clock;
  errno = clock_getcpuclockid(option.pid, &clock);
  if (errno)
    die("CPU clock of the server");
  return now(clock);
}

static double server_resident_bytes(void) {
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

static void buffer_append(struct buffer *b, const void *bytes, size_t size) {
  if (b->size + size > b->capacity) {
    b->capacity = (b->size + size) * 2;
    b->bytes = realloc(b->bytes, b->capacity);
    if (!b->bytes)
      die("realloc");
  }
  if (size)
    memcpy(b->bytes + b->size, bytes, size);
  b->size += size;
}

static void buffer_drop(struct buffer *b, size_t used) {
  b->size -= used;
  memmove(b->bytes, b->bytes + used, b->size);
}

static void fault(struct client *c, const char *what) {
  if (!*first_fault)
    snprintf(first_fault, sizeof first_fault,
             "client %u after %llu messages: %s", c->number,
             (unsigned long long)c->received, what);
}

static void client_end(struct client *c, const char *why) {
  fault(c, why);
  lost++;
  close(c->fd);
  c->fd = -1;
}

/* ------------------------------------------------------------- messages -- */

static uint64_t sequence(const struct client *c, uint64_t message) {
  return echoes ? (uint64_t)c->number << 32 | message : message;
}

/* Hexadecimal digits, then letters that differ from message to message. The
 * text is JSON-safe, so that an event can carry it. */
static void payload_write(char *to, uint64_t number, size_t size) {
  for (int i = SEQUENCE_DIGITS; i-- > 0; number >>= 4)
    to[i] = "0123456789abcdef"[number & 15];
  memcpy(to + SEQUENCE_DIGITS, filler + (to[SEQUENCE_DIGITS - 1] & 15),
         size - SEQUENCE_DIGITS);
}

static void message_received(struct client *c, int opcode, const void *payload,
                             size_t size) {
  static char expected[SIZE_MAX_BYTES];
  static uint64_t expected_number = UINT64_MAX;
  if (opcode != 1) {
    if (opcode == 8)
      fault(c, "the server closed it");
    wrong += opcode == 8 || opcode == 2;
    return;
  }
  uint64_t number = sequence(c, c->received);
  if (number != expected_number)
    payload_write(expected, expected_number = number, (size_t)option.size);
  if (size != (size_t)option.size || memcmp(payload, expected, size)) {
    fault(c, "a message that is wrong or out of order");
    wrong++;
  } else if (c->received == c->asked) {
    fault(c, "a message too many");
    wrong++;
  } else {
    c->received++;
    landed++;
  }
}

/* Returns the bytes of the frame at the front, or 0 if it is incomplete. */
static size_t frame_take(struct client *c, const unsigned char *bytes,
                         size_t size) {
  if (size < 2)
    return 0;
  size_t header = 2, payload = bytes[1] & 0x7f;
  if (payload == 126) {
    if (size < 4)
      return 0;
    payload = (size_t)bytes[2] << 8 | bytes[3];
    header = 4;
  } else if (payload == 127) {
    if (size < 10)
      return 0;
    payload = 0;
    for (int i = 2; i < 10; i++)
      payload = payload << 8 | bytes[i];
    header = 10;
  }
  if (payload > size - header)
    return 0;
  if (!(bytes[0] & 0x80) || (bytes[0] & 0x70) || (bytes[1] & 0x80)) {
    fault(c, "a frame that is fragmented, compressed or masked");
    wrong++;
  } else {
    message_received(c, bytes[0] & 0x0f, bytes + header, payload);
  }
  return header + payload;
}

static void client_watch(struct client *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll_fd, operation, c->fd, &event) < 0)
    die("epoll_ctl");
}

static void client_flush(struct client *c) {
  ssize_t sent = send(c->fd, c->out.bytes, c->out.size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    client_end(c, strerror(errno));
    return;
  }
  bool was_stuck = sent < 0;
  buffer_drop(&c->out, was_stuck ? 0 : (size_t)sent);
  client_watch(c, EPOLL_CTL_MOD, c->out.size ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Sends the next messages of this client with one send(). */
static void client_send_burst(struct client *c, uint64_t first, int count) {
  static unsigned char frame[14 + SIZE_MAX_BYTES];
  static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
  size_t size = (size_t)option.size, header = 2;
  frame[0] = 0x81;
  frame[1] = 0x80 | (unsigned char)(size < 126 ? size : 126);
  if (size >= 126) {
    frame[2] = (unsigned char)(size >> 8);
    frame[3] = (unsigned char)size;
    header = 4;
  }
  memcpy(frame + header, key, 4);
  unsigned char *payload = frame + header + 4;
  bool was_empty = !c->out.size;
  for (int i = 0; i < count; i++) {
    payload_write((char *)payload, sequence(c, first + (uint64_t)i), size);
    for (size_t j = 0; j < size; j++)
      payload[j] ^= key[j & 3];
    buffer_append(&c->out, frame, header + 4 + size);
  }
  if (!was_empty)
    return;
  ssize_t sent = send(c->fd, c->out.bytes, c->out.size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    client_end(c, strerror(errno));
    return;
  }
  buffer_drop(&c->out, sent < 0 ? 0 : (size_t)sent);
  if (c->out.size)
    client_watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void echo_ask(struct client *c) {
  client_send_burst(c, c->asked, option.in_flight);
  c->asked += (uint64_t)option.in_flight;
  asked += (uint64_t)option.in_flight;
}

/* ---------------------------------------------------------- connections -- */

static size_t upgrade_take(struct client *c, unsigned char *bytes,
                           size_t size) {
  char *end = memmem(bytes, size, "\r\n\r\n", 4);
  if (!end)
    return 0;
  /* What RFC 6455 computes for the key that client_connect sends. */
  if (memcmp(bytes, "HTTP/1.1 101", 12) ||
      !memmem(bytes, size, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)) {
    bytes[strcspn((char *)bytes, "\r\n")] = 0;
    fprintf(stderr, "load: not upgraded: %s\n", (char *)bytes);
    exit(1);
  }
  c->upgraded = true;
  upgraded_count++;
  return (size_t)(end + 4 - (char *)bytes);
}

static void client_receive(struct client *c) {
  ssize_t received = recv(c->fd, scratch, SCRATCH_BYTES, 0);
  if (received <= 0) {
    if (!received || errno != EAGAIN)
      client_end(c, received ? strerror(errno) : "end of stream");
    return;
  }
  unsigned char *bytes = scratch;
  size_t size = (size_t)received, used = 0, taken;
  bool kept = c->in.size != 0;
  if (kept) {
    buffer_append(&c->in, scratch, size);
    bytes = c->in.bytes;
    size = c->in.size;
  }
  do {
    taken = c->upgraded ? frame_take(c, bytes + used, size - used)
                        : upgrade_take(c, bytes + used, size - used);
    used += taken;
  } while (taken);
  if (kept)
    buffer_drop(&c->in, used);
  else if (used < size)
    buffer_append(&c->in, bytes + used, size - used);
  if (echoes && c->asked && c->received == c->asked && wall() < echo_until)
    echo_ask(c);
}

/* Handles what there is; false if nothing came within the time. */
static bool turn(int timeout_ms) {
  struct epoll_event events[EVENTS_PER_TURN];
  int count = epoll_wait(epoll_fd, events, EVENTS_PER_TURN, timeout_ms);
  for (int i = 0; i < count; i++) {
    struct client *c = events[i].data.ptr;
    if (events[i].events & EPOLLOUT)
      client_flush(c);
    if (c->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT))
      client_receive(c);
  }
  return count > 0;
}

static void client_connect(struct client *c) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)option.port)};
  int on = 1;
  /* Leaves by reset: 5000 clients a run would fill the table of TIME_WAIT. */
  struct linger at_once = {.l_onoff = 1};
  inet_pton(AF_INET, option.host, &address.sin_addr);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0)
    die("socket");
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0)
    die("connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  client_watch(c, EPOLL_CTL_ADD, EPOLLIN);
  char request[256];
  int size = snprintf(request, sizeof request,
                      "GET /bench HTTP/1.1\r\nHost: %s:%d\r\n"
                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n\r\n",
                      option.host, option.port);
  if (send(c->fd, request, (size_t)size, MSG_NOSIGNAL) != size)
    die("send of the upgrade request");
}

static void connect_until(int count) {
  double last = wall();
  while (upgraded_count < count) {
    while (client_count < count &&
           client_count - upgraded_count < CONNECTING_AT_ONCE) {
      clients[client_count].number = (uint32_t)client_count;
      client_connect(&clients[client_count++]);
    }
    int before = upgraded_count;
    turn(100);
    if (upgraded_count > before)
      last = wall();
    if (lost || wall() - last > option.patience) {
      fprintf(stderr, "load: %d of %d connected; %s\n", upgraded_count, count,
              *first_fault ? first_fault : "no answer");
      exit(3);
    }
  }
}

/* --------------------------------------------------------------- phases -- */

/* Lets whatever the server still does after its last answer end. */
static void settle(double seconds) {
  double until = wall() + seconds;
  while (wall() < until)
    turn(1);
}

/* False once a delivery is known to be missing. */
static bool wait_until_landed(void) {
  uint64_t before = landed;
  double last = wall();
  while (landed < asked && !wrong && !lost) {
    turn(100);
    if (landed != before) {
      before = landed;
      last = wall();
    } else if (wall() - last > option.patience) {
      return false;
    }
  }
  return landed == asked;
}

static bool fanout_burst(int count) {
  struct client *sender = &clients[0];
  uint64_t first = sender->asked;
  for (int i = 0; i < client_count; i++)
    clients[i].asked += (uint64_t)count;
  asked += (uint64_t)count * (uint64_t)client_count;
  client_send_burst(sender, first, count);
  return wait_until_landed();
}

static bool phase(double seconds) {
  double until = wall() + seconds;
  if (echoes) {
    echo_until = until;
    for (int i = 0; i < client_count; i++)
      echo_ask(&clients[i]);
    return wait_until_landed();
  }
  while (fanout_burst(option.in_flight))
    if (wall() >= until)
      return true;
  return false;
}

/* Says what is missing, and fails the run for it. */
static int reconcile(void) {
  uint64_t missing = 0;
  int short_clients = 0;
  settle(0.02); /* for a message too many */
  for (int i = 0; i < client_count; i++) {
    missing += clients[i].asked - clients[i].received;
    short_clients += clients[i].asked != clients[i].received;
  }
  printf("\"asked\":%llu,\"missing\":%llu,\"short_clients\":%d,\"wrong\":%llu,"
         "\"lost\":%llu,\"fault\":\"%s\"}\n",
         (unsigned long long)asked, (unsigned long long)missing, short_clients,
         (unsigned long long)wrong, (unsigned long long)lost, first_fault);
  return missing || wrong || lost ? 3 : 0;
}

static int measure_messages(void) {
  connect_until(option.connections);
  settle(0.05);
  /* The first message alone: for a slow server it is warm-up enough. */
  double warm_until = wall() + option.seconds / 3;
  bool fine = echoes || fanout_burst(1);
  if (fine && wall() < warm_until)
    fine = phase(warm_until - wall());
  settle(0.01);
  uint64_t landed_before = landed;
  double cpu = server_cpu(), own = now(CLOCK_PROCESS_CPUTIME_ID);
  double began = wall();
  fine = fine && phase(option.seconds);
  double took = wall() - began;
  own = now(CLOCK_PROCESS_CPUTIME_ID) - own;
  settle(0.002);
  cpu = server_cpu() - cpu;
  uint64_t deliveries = landed - landed_before;
  printf("{\"scenario\":\"%s\",\"connections\":%d,\"in_flight\":%d,"
         "\"size\":%d,\"deliveries\":%llu,",
         option.scenario, option.connections, option.in_flight, option.size,
         (unsigned long long)deliveries);
  if (deliveries)
    printf("\"cpu_us\":%.4f,\"wall_us\":%.4f,\"generator_us\":%.4f,",
           cpu * 1e6 / (double)deliveries, took * 1e6 / (double)deliveries,
           own * 1e6 / (double)deliveries);
  return reconcile();
}

static int measure_idle(void) {
  connect_until(IDLE_WARM_UP);
  fanout_burst(1);
  settle(0.3);
  double cpu = server_cpu(), resident = server_resident_bytes();
  connect_until(IDLE_WARM_UP + option.connections);
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
    case 'w':
      option.patience = atof(optarg);
      break;
    default:
      return false;
    }
  }
  return option.port > 0 && option.pid > 0 && option.connections > 0 &&
         option.in_flight > 0 && option.size >= SEQUENCE_DIGITS &&
         option.size <= SIZE_MAX_BYTES;
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
  bool idle = !strcmp(option.scenario, "idle");
  echoes = !strcmp(option.scenario, "echo");
  clients = calloc((size_t)option.connections + IDLE_WARM_UP, sizeof *clients);
  epoll_fd = epoll_create1(0);
  if (!clients || epoll_fd < 0)
    die("setup");
  return idle ? measure_idle() : measure_messages();
}
