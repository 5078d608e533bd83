/*
 * crowd.c - thousands of clients of a chat and a board that come, go, lag,
 * flood and lie, until the time is over. What servers answer is read, or not,
 * and thrown away: whether they live on is for soak.py to see.
 *
 *   crowd CHAT_PORT BOARD_PORT CLIENTS SECONDS SEED
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOMS = 50, BATCH = 256, OUT_BYTES = 4096, TICK_MS = 10 };

enum kind { TALKER, GUEST, LAGGARD, FLOODER, LIAR, FOLLOWER, KINDS };
static const char *const names[KINDS] = {"talkers",  "guests", "laggards",
                                         "flooders", "liars",  "followers"};
/* Of a hundred. */
static const unsigned shares[KINDS] = {45, 15, 5, 3, 12, 20};

struct client {
  int fd; /* -1: none */
  enum kind kind;
  bool is_upgraded;
  int64_t next; /* when it does something again */
  int64_t end;  /* when it has had enough */
  unsigned said;
  char out[OUT_BYTES]; /* what the socket did not take */
  size_t out_size;
  char head[512];
  size_t head_size;
};

static struct client *clients;
static int client_count, poller;
static uint16_t ports[2];
static uint64_t state;
static uint64_t lives[KINDS], upgrades, refused, bytes_in, bytes_out, ends;

/* xorshift64*: the same seed is the same crowd, as far as time lets it. */
static uint64_t draw(uint64_t below) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (state * UINT64_C(0x2545F4914F6CDD1D) >> 11) % below;
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void leave(struct client *self, bool is_rude) {
  if (is_rude) {
    struct linger linger = {1, 0};
    setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  }
  close(self->fd);
  self->fd = -1;
  self->next = now_ms() + (int64_t)draw(500);
}

/* ------------------------------------------------------------- writing -- */

static void put(struct client *self, const void *bytes, size_t size) {
  if (self->fd < 0 || self->out_size + size > OUT_BYTES)
    return; /* it cannot get rid of what it said before */
  memcpy(self->out + self->out_size, bytes, size);
  self->out_size += size;
}

static void flush_out(struct client *self) {
  if (self->out_size == 0)
    return;
  ssize_t sent = send(self->fd, self->out, self->out_size, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)
      leave(self, false);
    return;
  }
  bytes_out += (uint64_t)sent;
  self->out_size -= (size_t)sent;
  memmove(self->out, self->out + sent, self->out_size);
}

static void frame(struct client *self, unsigned char first, const char *text) {
  unsigned char bytes[1024];
  size_t size = strlen(text), at = 2;
  if (size > 1000)
    size = 1000;
  bytes[0] = first;
  bytes[1] = (unsigned char)(0x80 | (size < 126 ? size : 126));
  if (size >= 126) {
    bytes[at++] = (unsigned char)(size >> 8);
    bytes[at++] = (unsigned char)size;
  }
  memset(bytes + at, 0, 4); /* a mask of zeros is a mask */
  memcpy(bytes + at + 4, text, size);
  put(self, bytes, at + 4 + size);
}

static void say(struct client *self, const char *text) {
  frame(self, 0x81, text);
}

/* ------------------------------------------------------------ behaving -- */

static void talk(struct client *self) {
  char text[600];
  int size = snprintf(text, sizeof text, "{\"message\":\"%u ", self->said);
  size_t more = draw(400);
  memset(text + size, 'x', more);
  strcpy(text + size + more, "\"}");
  say(self, text);
}

static void lie(struct client *self) {
  static const char *const texts[] = {"{",
                                      "[[[[[[[[",
                                      "nonsense",
                                      "{\"message\":1e999}",
                                      "{\"message\":\"\\ud800\"}",
                                      ""};
  unsigned char bytes[64];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)draw(256);
  switch (draw(8)) {
  case 0: /* anything */
    put(self, bytes, sizeof bytes);
    break;
  case 1: /* bits and opcodes that are none */
    frame(self, (unsigned char)(0x80 | draw(128)), "what");
    break;
  case 2: /* a message that is announced, and never comes */
    bytes[0] = 0x82;
    bytes[1] = 0xff;
    put(self, bytes, 14);
    break;
  case 3: /* no UTF-8 */
    frame(self, 0x81, "\xc0\xaf");
    break;
  case 4: /* a continuation of nothing */
    frame(self, 0x80, "more");
    break;
  case 5: /* a control frame in parts */
    frame(self, 0x09, "ping");
    break;
  case 6: /* half a frame */
    put(self, "\x81", 1);
    break;
  default:
    say(self, texts[draw(sizeof texts / sizeof texts[0])]);
  }
}

static void follow(struct client *self) {
  char text[256];
  unsigned id = self->said;
  switch (self->said == 0 ? 0 : 1 + draw(4)) {
  case 0:
    say(self, "{\"token\":\"alice-token\"}");
    break;
  case 1:
    snprintf(text, sizeof text,
             "{\"type\":\"action\",\"callId\":%u,\"action\":\"rename\","
             "\"params\":[\"Project %u\"]}",
             id, (unsigned)draw(100));
    say(self, text);
    break;
  case 2:
    snprintf(text, sizeof text,
             "{\"type\":\"write\",\"writeId\":%u,\"operation\":\"save\","
             "\"instanceType\":\"board.Task\",\"instanceId\":%u,"
             "\"data\":{\"done\":%s,\"title\":\"Task %u\"}}",
             id, 1 + (unsigned)draw(3), draw(2) ? "true" : "false",
             (unsigned)draw(1000));
    say(self, text);
    break;
  case 3:
    snprintf(text, sizeof text,
             "{\"type\":\"action\",\"callId\":%u,\"action\":\"%s\","
             "\"params\":[%u,2]}",
             id, draw(2) ? "add" : "no_such", id);
    say(self, text);
    break;
  default:
    lie(self);
  }
}

static void act(struct client *self, int64_t now) {
  self->next = now + 20 + (int64_t)draw(400);
  switch (self->kind) {
  case TALKER:
    talk(self);
    break;
  case FLOODER:
    for (int i = 0; i < 8; i++)
      talk(self);
    self->next = now + TICK_MS;
    break;
  case LIAR:
    lie(self);
    break;
  case FOLLOWER:
    follow(self);
    break;
  case GUEST:
  case LAGGARD: /* it waits */
  case KINDS:
    break;
  }
  self->said++;
  if (now < self->end)
    return;
  flush_out(self);
  if (self->fd < 0)
    return;
  switch (draw(3)) {
  case 0:
    leave(self, true);
    break;
  case 1:
    leave(self, false);
    break;
  default: /* as it should be; the server closes the connection */
    frame(self, 0x88, "\x03\xe8");
    self->end = now + 2000;
    self->kind = GUEST;
    shutdown(self->fd, SHUT_WR);
  }
}

/* ------------------------------------------------------------- connecting --
 */

static void request(struct client *self) {
  char text[512];
  bool is_board = self->kind == FOLLOWER;
  const char *key = "dGhlIHNhbXBsZSBub25jZQ==";
  if (self->kind == LIAR && draw(4) == 0) {
    static const char *const odd[] = {"short", "dGhlIHNhbXBsZSBub25jZQ=!", ""};
    key = odd[draw(3)];
  }
  int size = snprintf(
      text, sizeof text,
      "GET /ws/%s/%u/ HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: %s\r\n\r\n",
      is_board ? "projects" : "chat",
      (unsigned)(is_board ? 1 + draw(3) : draw(ROOMS)), ports[is_board], key);
  if (self->kind == LIAR && draw(8) == 0)
    size = (int)draw((uint64_t)size); /* half a request */
  put(self, text, (size_t)size);
}

static void come(struct client *self, int64_t now) {
  unsigned lot = (unsigned)draw(100);
  self->kind = TALKER;
  while (lot >= shares[self->kind]) {
    lot -= shares[self->kind];
    self->kind++;
  }
  lives[self->kind]++;
  self->is_upgraded = false;
  self->said = 0;
  self->out_size = self->head_size = 0;
  self->next = now + (int64_t)draw(100);
  self->end = now + (self->kind == GUEST ? (int64_t)draw(200)
                                         : 100 + (int64_t)draw(15000));
  self->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (self->fd < 0)
    return;
  if (self->kind == LAGGARD) {
    int small = 4096;
    setsockopt(self->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  }
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port =
                                    htons(ports[self->kind == FOLLOWER]),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = self}};
  if ((connect(self->fd, (struct sockaddr *)&address, sizeof address) < 0 &&
       errno != EINPROGRESS) ||
      epoll_ctl(poller, EPOLL_CTL_ADD, self->fd, &event) < 0) {
    leave(self, false);
    return;
  }
  request(self);
}

static void hear(struct client *self) {
  static char bytes[1 << 16];
  if (self->fd < 0)
    return;
  if (self->kind == LAGGARD && self->is_upgraded) {
    /* It does not listen, and need not be told again. */
    epoll_ctl(poller, EPOLL_CTL_DEL, self->fd, NULL);
    return;
  }
  ssize_t size = recv(self->fd, bytes, sizeof bytes, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (size <= 0) {
    ends++;
    leave(self, false);
    return;
  }
  bytes_in += (uint64_t)size;
  if (self->is_upgraded)
    return;
  size_t room = sizeof self->head - 1 - self->head_size;
  size_t taken = (size_t)size < room ? (size_t)size : room;
  memcpy(self->head + self->head_size, bytes, taken);
  self->head_size += taken;
  self->head[self->head_size] = '\0';
  if (strstr(self->head, "\r\n\r\n") == NULL)
    return;
  if (strncmp(self->head, "HTTP/1.1 101", 12) == 0) {
    self->is_upgraded = true;
    upgrades++;
  } else {
    refused++;
    leave(self, false);
  }
}

static void turn(int64_t now) {
  struct epoll_event events[BATCH];
  int count = epoll_wait(poller, events, BATCH, TICK_MS);
  for (int i = 0; i < count; i++)
    hear(events[i].data.ptr);
  for (int i = 0; i < client_count; i++) {
    struct client *self = &clients[i];
    if (self->fd < 0 && now >= self->next)
      come(self, now);
    if (self->fd >= 0 && self->is_upgraded && now >= self->next)
      act(self, now);
    if (self->fd >= 0 && !self->is_upgraded && now >= self->end)
      leave(self, draw(2));
    if (self->fd >= 0)
      flush_out(self);
  }
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: crowd CHAT_PORT BOARD_PORT CLIENTS SECONDS SEED\n");
    return 2;
  }
  ports[0] = (uint16_t)atoi(argv[1]);
  ports[1] = (uint16_t)atoi(argv[2]);
  client_count = atoi(argv[3]);
  state = strtoull(argv[5], NULL, 10) | 1;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  clients = calloc((size_t)client_count, sizeof *clients);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (clients == NULL || poller < 0)
    return 1;
  int64_t begun = now_ms(), end = begun + atoi(argv[4]) * INT64_C(1000);
  for (int i = 0; i < client_count; i++) {
    clients[i].fd = -1;
    clients[i].next = begun + (int64_t)draw(2000); /* not all at once */
  }
  for (int64_t now = begun; now < end; now = now_ms())
    turn(now);
  for (int i = 0; i < client_count; i++)
    if (clients[i].fd >= 0)
      close(clients[i].fd);
  printf("{\"upgrades\":%llu,\"refused\":%llu,\"ended_by_server\":%llu,"
         "\"bytes_in\":%llu,\"bytes_out\":%llu",
         (unsigned long long)upgrades, (unsigned long long)refused,
         (unsigned long long)ends, (unsigned long long)bytes_in,
         (unsigned long long)bytes_out);
  for (int i = 0; i < KINDS; i++)
    printf(",\"%s\":%llu", names[i], (unsigned long long)lives[i]);
  printf("}\n");
  return upgrades > 0 ? 0 : 1;
}
