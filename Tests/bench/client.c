#define _GNU_SOURCE
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
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
  CONNECTING_AT_ONCE = 64, /* below the listen backlog of every server */
};

struct options option = {.scenario = "fanout",
                         .host = "127.0.0.1",
                         .core = -1,
                         .connections = 100,
                         .in_flight = 1,
                         .size = 64,
                         .seconds = 0.4,
                         .patience = 20};

struct client *clients;
int client_count;
uint64_t asked, landed, wrong, lost;
char first_fault[160];
void (*on_message)(struct client *c, const unsigned char *payload, size_t size);
void (*on_received)(struct client *c);

static int epoll_fd, client_capacity, upgraded_count;
static unsigned char scratch[SCRATCH_BYTES + 1];

void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* -------------------------------------------------------------- clocks -- */

static double now(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) < 0)
    die("clock_gettime");
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double wall(void) { return now(CLOCK_MONOTONIC); }
double own_cpu(void) { return now(CLOCK_PROCESS_CPUTIME_ID); }

double process_cpu(pid_t pid) {
  clockid_t clock;
  errno = clock_getcpuclockid(pid, &clock);
  if (errno)
    die("CPU clock of a server");
  return now(clock);
}

double server_cpu(void) { return process_cpu(option.pid); }

/* ------------------------------------------------------------- buffers -- */

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

/* ------------------------------------------------------------ messages -- */

static void fault(struct client *c, const char *what) {
  if (!*first_fault)
    snprintf(first_fault, sizeof first_fault,
             "client %u after %llu messages: %s", c->number,
             (unsigned long long)c->received, what);
}

void client_wrong(struct client *c, const char *what) {
  fault(c, what);
  wrong++;
}

void client_landed(struct client *c) {
  if (c->received == c->asked) {
    client_wrong(c, "a message too many");
  } else {
    c->received++;
    landed++;
  }
}

static void client_close(struct client *c) {
  SSL_free(c->tls);
  c->tls = NULL;
  close(c->fd);
  c->fd = -1;
}

static void client_end(struct client *c, const char *why) {
  fault(c, why);
  lost++;
  client_close(c);
}

/* ----------------------------------------------------------------- TLS -- */

/* Any certificate will do: it is not the server's identity that is measured. */
static void tls_begin(struct client *c) {
  static SSL_CTX *context;
  if (!context)
    context = SSL_CTX_new(TLS_client_method());
  c->tls = SSL_new(context);
  SSL_set_mode(c->tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                           SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!SSL_set_fd(c->tls, c->fd) || SSL_connect(c->tls) != 1)
    die("TLS handshake");
}

/* As the system's: -1 and errno, EAGAIN when it has to wait. */
static ssize_t tls_result(struct client *c, int result) {
  if (result > 0)
    return result;
  int error = SSL_get_error(c->tls, result);
  if (error == SSL_ERROR_ZERO_RETURN)
    return 0;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
    errno = EAGAIN;
  else if (error != SSL_ERROR_SYSCALL)
    errno = EPROTO;
  return -1;
}

static ssize_t wire_send(struct client *c, const void *bytes, size_t size) {
  if (!c->tls)
    return send(c->fd, bytes, size, MSG_NOSIGNAL);
  return tls_result(c, SSL_write(c->tls, bytes, (int)size));
}

static ssize_t wire_receive(struct client *c, void *bytes, size_t size) {
  if (!c->tls)
    return recv(c->fd, bytes, size, 0);
  return tls_result(c, SSL_read(c->tls, bytes, (int)size));
}

/* Returns the bytes of the frame at the front, or 0 if it is incomplete. */
static size_t frame_take(struct client *c, const unsigned char *bytes,
                         size_t size) {
  if (size < 2)
    return 0;
  size_t header = 2, payload = bytes[1] & 0x7f;
  int opcode = bytes[0] & 0x0f;
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
  if (!(bytes[0] & 0x80) || (bytes[0] & 0x70) || (bytes[1] & 0x80))
    client_wrong(c, "a frame that is fragmented, compressed or masked");
  else if (opcode == 1)
    on_message(c, bytes + header, payload);
  else if (opcode == 8)
    client_wrong(c, "the server closed it");
  else if (opcode == 2)
    client_wrong(c, "a binary message");
  return header + payload;
}

static void client_watch(struct client *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll_fd, operation, c->fd, &event) < 0)
    die("epoll_ctl");
}

void client_queue(struct client *c, const void *payload, size_t size) {
  static unsigned char frame[14 + SIZE_MAX_BYTES];
  static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
  const unsigned char *from = payload;
  size_t header = 2;
  frame[0] = 0x81;
  frame[1] = 0x80 | (unsigned char)(size < 126 ? size : 126);
  if (size >= 126) {
    frame[2] = (unsigned char)(size >> 8);
    frame[3] = (unsigned char)size;
    header = 4;
  }
  memcpy(frame + header, key, 4);
  header += 4;
  for (size_t i = 0; i < size; i++)
    frame[header + i] = from[i] ^ key[i & 3];
  buffer_append(&c->out, frame, header + size);
}

void client_send_queued(struct client *c) {
  if (c->is_stuck || c->fd < 0)
    return;
  ssize_t sent = wire_send(c, c->out.bytes, c->out.size);
  if (sent < 0 && errno != EAGAIN) {
    client_end(c, strerror(errno));
    return;
  }
  buffer_drop(&c->out, sent < 0 ? 0 : (size_t)sent);
  c->is_stuck = c->out.size != 0;
  if (c->is_stuck)
    client_watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void client_unstick(struct client *c) {
  c->is_stuck = false;
  client_watch(c, EPOLL_CTL_MOD, EPOLLIN);
  if (c->out.size)
    client_send_queued(c);
}

/* --------------------------------------------------------- connections -- */

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

/* Takes what there is, as far as one read gives it; false: nothing more. */
static bool client_read(struct client *c) {
  ssize_t received = wire_receive(c, scratch, SCRATCH_BYTES);
  if (received <= 0) {
    if (!received || errno != EAGAIN)
      client_end(c, received ? strerror(errno) : "end of stream");
    return false;
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
  if (on_received)
    on_received(c);
  return true;
}

static void client_receive(struct client *c) {
  /* What TLS has decrypted already the system does not tell of. */
  while (client_read(c) && c->tls)
    continue;
}

bool turn(int timeout_ms) {
  struct epoll_event events[EVENTS_PER_TURN];
  int count = epoll_wait(epoll_fd, events, EVENTS_PER_TURN, timeout_ms);
  for (int i = 0; i < count; i++) {
    struct client *c = events[i].data.ptr;
    if (events[i].events & EPOLLOUT)
      client_unstick(c);
    if (c->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT))
      client_receive(c);
  }
  return count > 0;
}

static void client_connect(struct client *c, const char *path) {
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
  if (option.is_tls)
    tls_begin(c);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  client_watch(c, EPOLL_CTL_ADD, EPOLLIN);
  char request[256];
  int size = snprintf(request, sizeof request,
                      "GET %s HTTP/1.1\r\nHost: %s:%d\r\n"
                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n\r\n",
                      path, option.host, option.port);
  if (wire_send(c, request, (size_t)size) != size)
    die("send of the upgrade request");
}

void clients_prepare(int count) {
  client_capacity = count;
  clients = calloc((size_t)count, sizeof *clients);
  epoll_fd = epoll_create1(0);
  if (!clients || epoll_fd < 0)
    die("setup");
}

void connect_until(int count, const char *path) {
  double last = wall();
  if (count > client_capacity)
    abort();
  while (upgraded_count < count) {
    while (client_count < count &&
           client_count - upgraded_count < CONNECTING_AT_ONCE) {
      clients[client_count].number = (uint32_t)client_count;
      client_connect(&clients[client_count++], path);
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

void client_ignore(struct client *c) {
  int bytes = 4096;
  setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  client_watch(c, EPOLL_CTL_DEL, 0);
}

void disconnect_until(int count) {
  while (client_count > count) {
    struct client *c = &clients[--client_count];
    if (c->fd >= 0)
      client_close(c);
    free(c->in.bytes);
    free(c->out.bytes);
    *c = (struct client){0};
    upgraded_count--;
  }
}

/* ---------------------------------------------------------- reckonings -- */

void settle(double seconds) {
  double until = wall() + seconds;
  while (wall() < until)
    turn(1);
}

bool wait_until_landed(void) {
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

int reconcile(void) {
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
