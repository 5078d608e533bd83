#include "client.h"

#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool client_is_secure(void) {
  const char *wanted = getenv("COVEY_TEST_TLS");
  return wanted != NULL && strcmp(wanted, "1") == 0;
}

/* What all clients connect with when the tests run over TLS. */
static SSL_CTX *usual_identity;

__attribute__((constructor)) static void make_usual_identity(void) {
  if (client_is_secure())
    usual_identity = SSL_CTX_new(TLS_client_method());
}

__attribute__((destructor)) static void free_usual_identity(void) {
  SSL_CTX_free(usual_identity);
}

client client_make(void (*turn)(void *), void *context) {
  client self;
  memset(&self, 0, sizeof self);
  self.fd = -1;
  self.turn = turn;
  self.context = context;
  self.identity = usual_identity;
  return self;
}

bool client_connect(client *self, uint16_t port, int receive_buffer) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return client_reach(self, &address, sizeof address, receive_buffer) &&
         client_secure(self);
}

bool client_connect_path(client *self, const char *path) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path)
    return false;
  strcpy(address.sun_path, path);
  return client_reach(self, &address, sizeof address, 0) && client_secure(self);
}

bool client_reach(client *self, const void *address, size_t size,
                  int receive_buffer) {
  const struct sockaddr *place = address;
  int yes = 1;
  self->have = self->taken = 0;
  self->at_end = false;
  self->fd = socket(place->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (self->fd < 0)
    return false;
  if (receive_buffer > 0)
    (void)setsockopt(self->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                     sizeof receive_buffer);
  if (place->sa_family != AF_UNIX)
    (void)setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(self->fd, place, (socklen_t)size) == 0)
    return true;
  client_drop(self, false);
  return false;
}

/* Waits until the socket is ready for `events`. */
static bool wait_for(client *self, short events) {
  int64_t deadline = check_now() + check_ms(CLIENT_PATIENCE_MS);
  for (;;) {
    struct pollfd watched = {self->fd, events, 0};
    int64_t left = deadline - check_now();
    if (left < 0)
      return false;
    int ready = poll(&watched, 1, self->turn == NULL ? (int)left : 0);
    if (ready > 0)
      return true;
    if (ready < 0 && errno != EINTR)
      return false;
    if (self->turn != NULL)
      self->turn(self->context);
  }
}

/* Waits for what TLS wants after a call on it that did not go well; false when
 * that was not for want of anything. */
static bool wait_for_tls(client *self, int outcome) {
  switch (SSL_get_error(self->tls, outcome)) {
  case SSL_ERROR_WANT_READ:
    return wait_for(self, POLLIN);
  case SSL_ERROR_WANT_WRITE:
    return wait_for(self, POLLOUT);
  default:
    return false;
  }
}

static void no_blocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

bool client_secure(client *self) {
  if (self->identity == NULL)
    return true;
  no_blocking(self->fd);
  (void)signal(SIGPIPE, SIG_IGN);
  self->tls = SSL_new(self->identity);
  SSL_set_mode(self->tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (self->session != NULL)
    CHECK(SSL_set_session(self->tls, self->session) == 1);
  if (self->server_name != NULL)
    CHECK(SSL_set_tlsext_host_name(self->tls, self->server_name) == 1);
  if (SSL_set_fd(self->tls, self->fd) == 1)
    for (;;) {
      ERR_clear_error();
      int outcome = SSL_connect(self->tls);
      if (outcome == 1)
        return true;
      if (!wait_for_tls(self, outcome))
        break;
    }
  /* What is left unread would make a reset of the end, and then nobody reads
   * why it came. */
  char rest[4096];
  while (recv(self->fd, rest, sizeof rest, MSG_DONTWAIT) > 0)
    ;
  client_drop(self, false);
  return false;
}

/* As recv(2) and send(2); -1 with EAGAIN when it has to be tried again. */
static ssize_t receive(client *self, void *bytes, size_t size) {
  if (self->tls == NULL)
    return recv(self->fd, bytes, size, MSG_DONTWAIT);
  ERR_clear_error();
  int got = SSL_read(self->tls, bytes, size > 1 << 30 ? 1 << 30 : (int)size);
  if (got > 0)
    return got;
  int error = SSL_get_error(self->tls, got);
  errno = EAGAIN;
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

static ssize_t transmit(client *self, const void *bytes, size_t size) {
  if (self->tls == NULL)
    return send(self->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  ERR_clear_error();
  int sent = SSL_write(self->tls, bytes, size > 1 << 30 ? 1 << 30 : (int)size);
  if (sent > 0)
    return sent;
  int error = SSL_get_error(self->tls, sent);
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN
                                                                        : EPIPE;
  return -1;
}

/* Receives some more. */
static bool fill(client *self) {
  if (self->fd < 0 || self->at_end)
    return false;
  if ((self->tls == NULL || SSL_pending(self->tls) == 0) &&
      !wait_for(self, POLLIN))
    return false;
  if (self->room - self->have < 65536) {
    size_t room = (self->have + 65536) * 2;
    unsigned char *larger = realloc(self->buffer, room);
    if (larger == NULL)
      return false;
    self->buffer = larger;
    self->room = room;
  }
  ssize_t got =
      receive(self, self->buffer + self->have, self->room - self->have);
  if (got > 0)
    self->have += (size_t)got;
  else if (got == 0 || (errno != EAGAIN && errno != EINTR))
    self->at_end = true;
  return !self->at_end;
}

static void take(client *self, size_t size) {
  memmove(self->buffer, self->buffer + size, self->have - size);
  self->have -= size;
}

bool client_send_bytes(client *self, const void *data, size_t size) {
  const char *bytes = data;
  while (size > 0) {
    if (self->fd < 0 || !wait_for(self, POLLOUT))
      return false;
    ssize_t sent = transmit(self, bytes, size);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return false;
    if (sent > 0) {
      bytes += sent;
      size -= (size_t)sent;
    }
  }
  return true;
}

/* Sends a request and reads the head of its answer. */
static int ask(client *self, const char *request) {
  return client_send_bytes(self, request, strlen(request))
             ? client_reads_answer(self)
             : 0;
}

int client_reads_answer(client *self) {
  size_t end = 0;
  self->head[0] = '\0';
  while (end == 0) {
    for (size_t i = 3; i < self->have && end == 0; i++)
      if (memcmp(self->buffer + i - 3, "\r\n\r\n", 4) == 0)
        end = i + 1;
    if (end == 0 && (self->have > 65536 || !fill(self)))
      return 0;
  }
  if (end >= sizeof self->head)
    return 0;
  memcpy(self->head, self->buffer, end);
  self->head[end] = '\0';
  take(self, end);
  int status = 0;
  return sscanf(self->head, "HTTP/1.%*d %d", &status) == 1 ? status : 0;
}

int client_upgrade(client *self, const char *target, const char *headers) {
  static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
  static const char expected[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
  char request[8192], accepted[64];
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: %s\r\n%s\r\n",
                        target, key, headers == NULL ? "" : headers);
  if (length < 0 || (size_t)length >= sizeof request)
    return 0;
  int status = ask(self, request);
  if (status == 101) {
    if (!client_answer(self, "sec-websocket-accept", accepted, sizeof accepted))
      accepted[0] = '\0';
    CHECK_TEXT(accepted, expected);
  }
  return status;
}

int client_get(client *self, const char *target) {
  return client_ask(self, "GET", target);
}

int client_ask(client *self, const char *method, const char *target) {
  char request[4096];
  int length =
      snprintf(request, sizeof request,
               "%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, target);
  if (length < 0 || (size_t)length >= sizeof request)
    return 0;
  return ask(self, request);
}

const char *client_body(client *self) {
  char length[32];
  if (!client_answer(self, "content-length", length, sizeof length))
    return NULL;
  size_t size = strtoul(length, NULL, 10);
  while (self->have < size || self->room <= size)
    if (!fill(self) && self->have < size)
      return NULL;
  self->taken = size;
  self->buffer[size] = '\0';
  return (const char *)self->buffer;
}

bool client_answer(const client *self, const char *name, char *value_out,
                   size_t room) {
  size_t length = strlen(name);
  const char *line = strstr(self->head, "\r\n");
  for (; line != NULL; line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':')
      continue;
    const char *value = line + 3 + length;
    while (*value == ' ')
      value++;
    size_t size = strcspn(value, "\r");
    if (size >= room)
      return false;
    memcpy(value_out, value, size);
    value_out[size] = '\0';
    return true;
  }
  return false;
}

bool client_send(client *self, int opcode, bool is_final, const void *data,
                 size_t size) {
  static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
  const unsigned char *bytes = data;
  unsigned char *whole = malloc(size + 14);
  size_t used = 0;
  if (whole == NULL)
    return false;
  whole[used++] = (unsigned char)((is_final ? 0x80 : 0) | opcode);
  if (size < 126) {
    whole[used++] = (unsigned char)(0x80 | size);
  } else if (size < 65536) {
    whole[used++] = 0x80 | 126;
    whole[used++] = (unsigned char)(size >> 8);
    whole[used++] = (unsigned char)size;
  } else {
    whole[used++] = 0x80 | 127;
    for (int shift = 56; shift >= 0; shift -= 8)
      whole[used++] = (unsigned char)((uint64_t)size >> shift);
  }
  memcpy(whole + used, mask, 4);
  used += 4;
  for (size_t i = 0; i < size; i++)
    whole[used++] = bytes[i] ^ mask[i & 3];
  bool is_sent = client_send_bytes(self, whole, used);
  free(whole);
  return is_sent;
}

bool client_send_text(client *self, const char *text) {
  return client_send(self, FRAME_TEXT, true, text, strlen(text));
}

bool client_send_close(client *self, uint16_t code, const char *reason) {
  unsigned char body[125];
  size_t size = reason == NULL ? 0 : strlen(reason);
  if (size > sizeof body - 2)
    return false;
  body[0] = (unsigned char)(code >> 8);
  body[1] = (unsigned char)code;
  if (size > 0)
    memcpy(body + 2, reason, size);
  return client_send(self, FRAME_CLOSE, true, body, size + 2);
}

/* Bytes of the frame at the front of the buffer; 0: not there yet. */
static size_t parse(const client *self, frame *frame_out) {
  const unsigned char *bytes = self->buffer;
  size_t used = 2;
  if (self->have < 2)
    return 0;
  uint64_t size = bytes[1] & 127;
  size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (self->have < used + more)
    return 0;
  if (more > 0)
    size = 0;
  for (; more > 0; more--)
    size = size << 8 | bytes[used++];
  if (self->have - used < size)
    return 0;
  frame_out->opcode = bytes[0] & 15;
  frame_out->is_final = (bytes[0] & 128) != 0;
  frame_out->data = bytes + used;
  frame_out->size = (size_t)size;
  return used + (size_t)size;
}

bool client_receive(client *self, frame *frame_out) {
  if (self->taken > 0)
    take(self, self->taken);
  for (;;) {
    self->taken = parse(self, frame_out);
    if (self->taken > 0) {
      CHECK((self->buffer[1] & 128) == 0); /* a server does not mask */
      return true;
    }
    if (!fill(self))
      return false;
  }
}

bool client_receives_text(client *self, const char *text) {
  frame next;
  if (!client_receive(self, &next)) {
    printf("no frame came, expected the text \"%.60s\"\n", text);
    return false;
  }
  if (next.opcode == FRAME_TEXT && next.is_final && next.size == strlen(text) &&
      memcmp(next.data, text, next.size) == 0)
    return true;
  printf("a frame of kind %d came, \"%.*s\", expected the text \"%.60s\"\n",
         next.opcode, next.size > 60 ? 60 : (int)next.size,
         (const char *)next.data, text);
  return false;
}

int client_receives_close(client *self) {
  frame next;
  while (client_receive(self, &next))
    if (next.opcode == FRAME_CLOSE)
      return next.size < 2 ? 1005 : next.data[0] << 8 | next.data[1];
  return self->at_end ? 1006 : -1;
}

bool client_reads(client *self, void *bytes_out, size_t size) {
  while (self->have < size)
    if (!fill(self))
      return false;
  memcpy(bytes_out, self->buffer, size);
  take(self, size);
  return true;
}

bool client_receives_end(client *self) {
  while (fill(self))
    self->have = self->taken = 0;
  return self->at_end;
}

int client_is_closed(client *self) {
  int code = client_receives_close(self);
  if (code < 1000 || code == 1006)
    return code;
  if (code == 1005)
    (void)client_send(self, FRAME_CLOSE, true, "", 0);
  else
    (void)client_send_close(self, (uint16_t)code, NULL);
  return client_receives_end(self) ? code : -1;
}

void client_drop(client *self, bool is_reset) {
  if (self->fd >= 0) {
    struct linger at_once = {1, 0};
    if (is_reset)
      (void)setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &at_once,
                       sizeof at_once);
    close(self->fd);
  }
  SSL_free(self->tls);
  self->tls = NULL;
  free(self->buffer);
  self->buffer = NULL;
  self->fd = -1;
  self->have = self->taken = self->room = 0;
}
