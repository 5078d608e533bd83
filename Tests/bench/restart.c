/* Clients that stay: each connects again as soon as its connection ends, and
 * after a pause when it is not let in. Between the line "connected" and the end
 * of the time the processes behind the port may be replaced.
 *
 *   restart --port N --connections N --seconds N
 *
 * Prints one line of JSON: how many connections were made anew, at which rate
 * at most (in any half second) and on average between the first and the last of
 * them, how long somebody was away at most, and how many were at the end. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUCKETS = 20000, BUCKET_MS = 100, PAUSE_MS = 50, AT_ONCE = 128 };

struct client {
  int fd;
  bool upgraded;
  int64_t away_since, next;
  char head[512];
  size_t size;
};

static struct client *clients;
static int count = 5000, port, seconds = 60, poller, connected, on_the_way;
static int64_t begun, longest_away;
static unsigned buckets[BUCKETS];
static bool is_counting;
static uint64_t again, refused;

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void end(struct client *c, int64_t pause) {
  int64_t now = now_ms();
  if (c->upgraded) {
    connected--;
    c->away_since = now;
  } else {
    on_the_way--;
    refused++;
  }
  close(c->fd);
  c->fd = -1;
  c->upgraded = false;
  c->next = now + pause;
}

static void begin(struct client *c) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct linger at_once = {.l_onoff = 1};
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                              .data = {.ptr = c}};
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  c->size = 0;
  on_the_way++;
  if (c->fd < 0) {
    perror("restart: socket");
    exit(1);
  }
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  if ((connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 &&
       errno != EINPROGRESS) ||
      epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) < 0)
    end(c, PAUSE_MS);
}

static void request(struct client *c) {
  static const char text[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                             "Sec-WebSocket-Version: 13\r\n\r\n";
  if (send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL) != sizeof text - 1)
    end(c, PAUSE_MS);
}

static void arrive(struct client *c) {
  int64_t now = now_ms();
  on_the_way--;
  connected++;
  c->upgraded = true;
  if (!is_counting)
    return;
  again++;
  if (now - c->away_since > longest_away)
    longest_away = now - c->away_since;
  int64_t bucket = (now - begun) / BUCKET_MS;
  if (bucket < BUCKETS)
    buckets[bucket]++;
}

static void take(struct client *c, uint32_t events) {
  if (events & EPOLLOUT && !c->upgraded && c->size == 0 &&
      !(events & (EPOLLERR | EPOLLHUP))) {
    c->size = 1; /* asked */
    request(c);
  }
  while (c->fd >= 0) {
    char bytes[512];
    ssize_t size = recv(c->fd, bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (size <= 0) {
      end(c, c->upgraded ? 0 : PAUSE_MS);
    } else if (!c->upgraded) {
      if (memcmp(bytes, "HTTP/1.1 101", 12) == 0)
        arrive(c);
      else
        end(c, PAUSE_MS);
    } else if ((bytes[0] & 0x0f) == 8) {
      end(c, 0); /* the server closes it: there is another one */
    }
  }
}

static void turn(void) {
  struct epoll_event events[256];
  int found = epoll_wait(poller, events, 256, 5);
  for (int i = 0; i < found; i++)
    take(events[i].data.ptr, events[i].events);
  int64_t now = now_ms();
  for (int i = 0; i < count && on_the_way < AT_ONCE; i++)
    if (clients[i].fd < 0 && clients[i].next <= now)
      begin(&clients[i]);
}

/* Half a second is the shortest over which a rate is one. */
static void report(void) {
  int first = -1, last = -1;
  unsigned most = 0, sum = 0;
  for (int i = 0; i < BUCKETS; i++) {
    if (buckets[i] == 0)
      continue;
    first = first < 0 ? i : first;
    last = i;
  }
  for (int i = 0; i + 5 <= BUCKETS; i++) {
    sum = 0;
    for (int j = 0; j < 5; j++)
      sum += buckets[i + j];
    most = sum > most ? sum : most;
  }
  double span = (last - first + 1) * BUCKET_MS / 1000.0;
  printf("{\"again\":%llu,\"refused\":%llu,\"rate_max\":%.1f,"
         "\"rate_mean\":%.1f,\"away_ms_max\":%lld,\"connected\":%d,"
         "\"seconds\":%.1f}\n",
         (unsigned long long)again, (unsigned long long)refused, most * 2.0,
         (double)again / span, (long long)longest_away, connected, span);
}

int main(int argc, char **argv) {
  static const struct option known[] = {{"port", 1, NULL, 'p'},
                                        {"connections", 1, NULL, 'n'},
                                        {"seconds", 1, NULL, 't'},
                                        {0}};
  int letter;
  while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
    int *to = letter == 'p'   ? &port
              : letter == 'n' ? &count
              : letter == 't' ? &seconds
                              : NULL;
    if (to == NULL)
      return 2;
    *to = atoi(optarg);
  }
  clients = calloc((size_t)count, sizeof *clients);
  poller = epoll_create1(0);
  if (clients == NULL || poller < 0)
    return 1;
  for (int i = 0; i < count; i++)
    clients[i].fd = -1;
  int64_t until = now_ms() + 30000;
  while (connected < count && now_ms() < until)
    turn();
  if (connected < count) {
    fprintf(stderr, "restart: %d of %d connected\n", connected, count);
    return 3;
  }
  printf("connected\n");
  fflush(stdout);
  is_counting = true;
  refused = 0;
  begun = now_ms();
  while (now_ms() < begun + seconds * INT64_C(1000))
    turn();
  report();
  return 0;
}
