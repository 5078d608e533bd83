/* The floor of the benchmark: what a WebSocket server costs when it is nothing
 * but epoll and send().
 *
 *   floor --mode echo|broadcast [--host 127.0.0.1] [--port 0]
 *
 * echo answers everything one recv() brought with one send(). broadcast frames
 * each message once and gives every client all messages of one epoll tick with
 * one send(). Left out on purpose: fragmented messages, UTF-8 checks, limits,
 * timeouts. It serves the load generator beside it, nobody else. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  SCRATCH_BYTES = 256 * 1024, /* one recv(), so also one echo answer */
  REQUEST_BYTES_MAX = 8 * 1024,
  OUT_BYTES_MAX = 64 * 1024 * 1024, /* a client this far behind is dropped */
  EVENTS_PER_TICK = 1024,
};

enum opcode { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct buffer {
  unsigned char *bytes;
  size_t size, capacity;
};

struct client {
  int fd;
  bool upgraded;
  size_t index;      /* in clients[] */
  struct buffer in;  /* an incomplete request or frame */
  struct buffer out; /* what the socket did not take */
};

static bool broadcasts;
static int epoll_fd;
static struct client **clients;
static size_t client_count, client_capacity;
static struct buffer batch; /* framed messages on their way out */
static unsigned char scratch[SCRATCH_BYTES];

static void die(const char *what) {
  perror(what);
  exit(1);
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

/* Drops what was used; an emptied buffer costs an idle client nothing. */
static void buffer_drop(struct buffer *b, size_t used) {
  b->size -= used;
  if (b->size) {
    memmove(b->bytes, b->bytes + used, b->size);
  } else {
    free(b->bytes);
    *b = (struct buffer){0};
  }
}

static void client_watch(struct client *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll_fd, operation, c->fd, &event) < 0)
    die("epoll_ctl");
}

static void client_free(struct client *c) {
  clients[c->index] = clients[--client_count];
  clients[c->index]->index = c->index;
  close(c->fd);
  free(c->in.bytes);
  free(c->out.bytes);
  free(c);
}

static bool client_send(struct client *c, const void *bytes, size_t size) {
  size_t sent = 0;
  if (!c->out.size) {
    ssize_t n = send(c->fd, bytes, size, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
      return false;
    sent = n < 0 ? 0 : (size_t)n;
    if (sent == size)
      return true;
    client_watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }
  buffer_append(&c->out, (const char *)bytes + sent, size - sent);
  return c->out.size <= OUT_BYTES_MAX;
}

static bool client_flush(struct client *c) {
  ssize_t sent = send(c->fd, c->out.bytes, c->out.size, MSG_NOSIGNAL);
  if (sent < 0)
    return errno == EAGAIN;
  buffer_drop(&c->out, (size_t)sent);
  if (!c->out.size)
    client_watch(c, EPOLL_CTL_MOD, EPOLLIN);
  return true;
}

static void unmask(unsigned char *bytes, size_t size, const void *key) {
  uint32_t narrow;
  memcpy(&narrow, key, 4);
  uint64_t wide = (uint64_t)narrow << 32 | narrow, word;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    memcpy(&word, bytes + i, 8);
    word ^= wide;
    memcpy(bytes + i, &word, 8);
  }
  for (; i < size; i++)
    bytes[i] ^= ((const unsigned char *)&narrow)[i & 3];
}

static size_t frame_header(unsigned char header[10], int opcode, size_t size) {
  header[0] = 0x80 | (unsigned char)opcode;
  if (size < 126) {
    header[1] = (unsigned char)size;
    return 2;
  }
  if (size <= UINT16_MAX) {
    header[1] = 126;
    header[2] = (unsigned char)(size >> 8);
    header[3] = (unsigned char)size;
    return 4;
  }
  header[1] = 127;
  for (int i = 0; i < 8; i++)
    header[2 + i] = (unsigned char)((uint64_t)size >> (56 - 8 * i));
  return 10;
}

static bool message_received(struct client *c, int opcode,
                             const unsigned char *payload, size_t size) {
  unsigned char header[10];
  switch (opcode) {
  case TEXT:
  case BINARY:
    buffer_append(&batch, header, frame_header(header, opcode, size));
    buffer_append(&batch, payload, size);
    return true;
  case PING:
    return size <= 125 &&
           client_send(c, header, frame_header(header, PONG, size)) &&
           client_send(c, payload, size);
  case PONG:
    return true;
  default:
    return false;
  }
}

/* Returns the bytes of the frame at the front, 0 if more of it must come
 * first, or -1 if the connection has to end. */
static ssize_t frame_take(struct client *c, unsigned char *bytes, size_t size) {
  if (size < 6)
    return 0;
  size_t header = 2, payload = bytes[1] & 0x7f;
  if (!(bytes[0] & 0x80) || !(bytes[1] & 0x80))
    return -1;
  if (payload == 126) {
    payload = (size_t)bytes[2] << 8 | bytes[3];
    header = 4;
  } else if (payload == 127) {
    if (size < 10)
      return 0;
    payload = 0;
    for (int i = 2; i < 10; i++)
      payload = payload << 8 | bytes[i];
    header = 10;
    if (payload > OUT_BYTES_MAX)
      return -1;
  }
  if (size < header + 4 + payload)
    return 0;
  unsigned char *start = bytes + header + 4;
  unmask(start, payload, bytes + header);
  if (!message_received(c, bytes[0] & 0x0f, start, payload))
    return -1;
  return (ssize_t)(header + 4 + payload);
}

static ssize_t upgrade_take(struct client *c, unsigned char *bytes,
                            size_t size) {
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char *end = memmem(bytes, size, "\r\n\r\n", 4);
  if (!end)
    return size < REQUEST_BYTES_MAX ? 0 : -1;
  size_t request_bytes = (size_t)(end + 4 - bytes);
  if (request_bytes > REQUEST_BYTES_MAX)
    return -1;
  char request[REQUEST_BYTES_MAX + 1], key[64 + sizeof guid], accept[32];
  memcpy(request, bytes, request_bytes);
  request[request_bytes] = 0;
  char *field = strcasestr(request, "\r\nSec-WebSocket-Key:");
  if (!field || sscanf(field + 20, " %63s", key) != 1)
    return -1;
  unsigned char digest[SHA_DIGEST_LENGTH];
  strcat(key, guid);
  SHA1((unsigned char *)key, strlen(key), digest);
  EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
  char answer[256];
  int answer_bytes = snprintf(answer, sizeof answer,
                              "HTTP/1.1 101 Switching Protocols\r\n"
                              "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: %s\r\n\r\n",
                              accept);
  if (!client_send(c, answer, (size_t)answer_bytes))
    return -1;
  c->upgraded = true;
  return (ssize_t)request_bytes;
}

static bool client_receive(struct client *c) {
  ssize_t received = recv(c->fd, scratch, sizeof scratch, 0);
  if (received <= 0)
    return received < 0 && errno == EAGAIN;
  unsigned char *bytes = scratch;
  size_t size = (size_t)received, used = 0;
  bool kept = c->in.size != 0;
  if (kept) {
    buffer_append(&c->in, scratch, size);
    bytes = c->in.bytes;
    size = c->in.size;
  }
  ssize_t taken;
  do {
    taken = c->upgraded ? frame_take(c, bytes + used, size - used)
                        : upgrade_take(c, bytes + used, size - used);
    if (taken < 0) {
      batch.size = broadcasts ? batch.size : 0;
      return false;
    }
    used += (size_t)taken;
  } while (taken);
  if (kept)
    buffer_drop(&c->in, used);
  else if (used < size)
    buffer_append(&c->in, bytes + used, size - used);
  if (broadcasts || !batch.size)
    return true;
  bool sent = client_send(c, batch.bytes, batch.size);
  batch.size = 0;
  return sent;
}

static void broadcast_batch(void) {
  for (size_t i = client_count; i-- > 0;) {
    struct client *c = clients[i];
    if (c->upgraded && !client_send(c, batch.bytes, batch.size))
      client_free(c);
  }
  batch.size = 0;
}

static void accept_all(int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (client_count == client_capacity) {
      client_capacity = client_capacity * 2 + 64;
      clients = realloc(clients, client_capacity * sizeof *clients);
    }
    struct client *c = calloc(1, sizeof *c);
    if (!clients || !c)
      die("out of memory");
    c->fd = fd;
    c->index = client_count;
    clients[client_count++] = c;
    client_watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static int listen_on(const char *host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port)};
  socklen_t size = sizeof address;
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
      bind(fd, (struct sockaddr *)&address, size) < 0 ||
      listen(fd, SOMAXCONN) < 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) < 0)
    die("listen");
  printf("listening on %s:%d\n", host, ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void serve(int listener) {
  struct epoll_event events[EVENTS_PER_TICK];
  epoll_fd = epoll_create1(0);
  struct epoll_event accepting = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &accepting);
  for (;;) {
    int count = epoll_wait(epoll_fd, events, EVENTS_PER_TICK, -1);
    for (int i = 0; i < count; i++) {
      struct client *c = events[i].data.ptr;
      if (!c)
        accept_all(listener);
      else if (((events[i].events & EPOLLOUT) && !client_flush(c)) ||
               ((events[i].events & ~(uint32_t)EPOLLOUT) && !client_receive(c)))
        client_free(c);
    }
    if (batch.size)
      broadcast_batch();
  }
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"host", required_argument, NULL, 'h'},
      {"port", required_argument, NULL, 'p'},
      {"mode", required_argument, NULL, 'm'},
      {0}};
  const char *host = "127.0.0.1", *mode = "";
  int option, port = 0;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'h')
      host = optarg;
    else if (option == 'p')
      port = atoi(optarg);
    else if (option == 'm')
      mode = optarg;
    else
      return 2;
  }
  broadcasts = !strcmp(mode, "broadcast");
  if (!broadcasts && strcmp(mode, "echo")) {
    fprintf(stderr, "floor: --mode echo or --mode broadcast\n");
    return 2;
  }
  serve(listen_on(host, port));
}
