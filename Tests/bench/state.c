/* The store of Covey by itself, for the benchmark: in one process, whose CPU
 * time or memory is the figure. Prints one line of JSON.
 *
 *   state texts                   a thousand cards, one a line
 *   state put [--seconds 0.4]     puts them again and again, one field changed
 *                                 each time, in transactions of all of them;
 *                                 nobody follows
 *   state memory [--cards 100000] [--lists]
 *                                 what the resident memory grows by, with cards
 *                                 alone or in the lists of a board
 *   state scope [--cards 1000] [--seconds 0.4]
 *                                 one client follows a board; deletes, moves
 *                                 and creates cards, one a turn of the loop */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cards.h"

enum {
  CHANGES_FIRST = 100000000, /* nine digits */
  OPERATIONS_PER_BATCH = 16, /* of one kind, between two looks at the clock */
  WARM_UP_BATCHES = 8,
  JOIN_SECONDS_MAX = 60,
  STORE_BYTES_MAX = 0x7fffffff,
};

static struct {
  unsigned cards;
  double seconds;
  bool in_lists;
} option = {.cards = 1000, .seconds = 0.4};

static covey_server *server;
static struct models models;

static void die(const char *what) {
  fprintf(stderr, "state: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) < 0)
    die("clock_gettime");
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void) { return now(CLOCK_PROCESS_CPUTIME_ID); }

static void service(int32_t timeout_ms) {
  check(covey_server_service(server, timeout_ms), "service", NULL);
}

static void server_make(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  options.store_bytes_max = STORE_BYTES_MAX;
  options.outbox_bytes_max = STORE_BYTES_MAX; /* a whole board waits there */
  options.context_state_bytes_max = STORE_BYTES_MAX;
  check(covey_server_new(&options, &server, &error), "server", &error);
}

/* ------------------------------------------------------ put and memory -- */

static char texts[PUTS_PER_TRANSACTION][CARD_BYTES + 1];

/* Changes the same field of all texts. */
static void texts_write(unsigned first, unsigned changes) {
  for (unsigned i = 0; i < PUTS_PER_TRANSACTION; i++)
    card_write(texts[i], CARD_FIRST + first + i, LIST_FIRST, changes);
}

static void texts_put(unsigned count) {
  covey_transaction *transaction = NULL;
  covey_error error = COVEY_ERROR_INIT;
  check(covey_transaction_begin(server, &transaction), "begin", NULL);
  for (unsigned i = 0; i < count; i++)
    check(covey_transaction_put(transaction, models.card, texts[i], CARD_BYTES,
                                0, &error),
          "put", &error);
  check(covey_transaction_commit(transaction, &error), "commit", &error);
  service(0);
}

static void texts_print(void) {
  texts_write(0, CHANGES_FIRST);
  for (unsigned i = 0; i < PUTS_PER_TRANSACTION; i++)
    puts(texts[i]);
}

static void store_check(unsigned cards, unsigned changes) {
  char expected[CARD_BYTES + 1], id[16];
  const char *json = NULL;
  size_t size = 0, count = 0;
  check(covey_store_count(server, models.card, &count), "count", NULL);
  snprintf(id, sizeof id, "%d", CARD_FIRST);
  check(covey_store_get(server, models.card, id, &json, &size), "get", NULL);
  card_write(expected, CARD_FIRST, LIST_FIRST, changes);
  if (count != cards || size != CARD_BYTES || memcmp(json, expected, size)) {
    fprintf(stderr, "state: %zu cards, the first %s\n", count, json);
    exit(3);
  }
}

static void measure_put(void) {
  unsigned changes = CHANGES_FIRST;
  unsigned long long puts = 0;
  double took = 0;
  cards_declare(server, &models);
  for (int warm = 3; took < option.seconds; warm--) {
    texts_write(0, ++changes);
    double before = cpu();
    texts_put(PUTS_PER_TRANSACTION);
    if (warm <= 0) {
      took += cpu() - before;
      puts += PUTS_PER_TRANSACTION;
    }
  }
  store_check(PUTS_PER_TRANSACTION, changes);
  printf("{\"puts\":%llu,\"bytes\":%d,\"cpu_us\":%.4f}\n", puts, CARD_BYTES,
         took * 1e6 / (double)puts);
}

static double resident_bytes(void) {
  char line[256];
  double kilobytes = -1;
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  if (!file)
    die("smaps_rollup");
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Rss: %lf", &kilobytes) == 1)
      break;
  fclose(file);
  return kilobytes * 1024;
}

static void measure_memory(void) {
  if (option.in_lists)
    boards_declare(server, &models);
  else
    cards_declare(server, &models);
  texts_write(0, CHANGES_FIRST);
  service(0);
  double before = resident_bytes();
  if (option.in_lists)
    board_put(server, &models, option.cards);
  for (unsigned put = 0; !option.in_lists && put < option.cards;) {
    unsigned count = option.cards - put;
    if (count > PUTS_PER_TRANSACTION)
      count = PUTS_PER_TRANSACTION;
    texts_write(put, CHANGES_FIRST);
    texts_put(count);
    put += count;
  }
  service(0);
  double grown = resident_bytes() - before;
  store_check(option.cards, CHANGES_FIRST);
  printf("{\"cards\":%u,\"bytes\":%d,\"resident_bytes\":%.1f,\"times\":%.4f}\n",
         option.cards, CARD_BYTES, grown / option.cards,
         grown / option.cards / CARD_BYTES);
}

/* --------------------------------------------------- a client, in here -- */

/* What came since the last look; the client reads only between measurements. */
static struct {
  int fd;
  char *bytes;
  size_t size, capacity;
} follower;

static void follower_read(void) {
  for (;;) {
    if (follower.capacity - follower.size < 65536) {
      follower.capacity = follower.capacity * 2 + 131072;
      follower.bytes = realloc(follower.bytes, follower.capacity);
      if (!follower.bytes)
        die("realloc");
    }
    ssize_t received = recv(follower.fd, follower.bytes + follower.size,
                            follower.capacity - follower.size, 0);
    if (received < 0 && errno == EAGAIN)
      return;
    if (received <= 0)
      die("the follower's connection ended");
    follower.size += (size_t)received;
  }
}

/* Waits until this text has come; then everything so far is forgotten. */
static void follower_wait(const char *text) {
  double until = now(CLOCK_MONOTONIC) + JOIN_SECONDS_MAX;
  size_t looked = 0, length = strlen(text);
  for (;;) {
    follower_read();
    size_t from = looked > length ? looked - length : 0;
    if (memmem(follower.bytes + from, follower.size - from, text, length))
      break;
    looked = follower.size;
    if (now(CLOCK_MONOTONIC) > until) {
      fprintf(stderr, "state: the follower was not sent %s\n", text);
      exit(3);
    }
    service(1);
  }
  follower.size = 0;
}

static void follower_send(const void *bytes, size_t size) {
  if (send(follower.fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
    die("send");
}

static void follower_join(uint16_t port) {
  static const char request[] =
      "GET /board/1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n\r\n";
  static const char token[] = "{\"token\":\"x\",\"lastUpdate\":null}";
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  follower.fd = socket(AF_INET, SOCK_STREAM, 0);
  if (follower.fd < 0 ||
      connect(follower.fd, (struct sockaddr *)&address, sizeof address) < 0 ||
      fcntl(follower.fd, F_SETFL, O_NONBLOCK) < 0)
    die("connect");
  follower_send(request, sizeof request - 1);
  follower_wait("\r\n\r\n");
  /* Masked with zeros. */
  unsigned char frame[6 + sizeof token - 1] = {0x81, 0x80 | (sizeof token - 1)};
  memcpy(frame + 6, token, sizeof token - 1);
  follower_send(frame, sizeof frame);
  follower_wait("\"end_initial_state\"");
}

/* ----------------------------------------------------- a board changes -- */

/* By place: which list, which id; whether it is part of the batch. */
static unsigned *list_of, *card_id;
static bool *is_picked;
static unsigned next_id, random_state = 1;

static unsigned random_below(unsigned limit) {
  random_state = random_state * 1664525 + 1013904223;
  return (unsigned)((unsigned long long)random_state * limit >> 32);
}

/* Any card that is not part of the batch yet, and not in this list. */
static unsigned pick(unsigned other_than) {
  unsigned place;
  do
    place = random_below(option.cards);
  while (is_picked[place] || list_of[place] == other_than);
  is_picked[place] = true;
  return place;
}

static void card_put(unsigned id, unsigned list) {
  char text[CARD_BYTES + 1];
  covey_error error = COVEY_ERROR_INIT;
  card_write(text, id, list, CHANGES_FIRST);
  check(covey_store_put(server, models.card, text, CARD_BYTES, 0, &error),
        "put", &error);
  service(0);
}

static void card_delete(unsigned id) {
  char text[16];
  covey_error error = COVEY_ERROR_INIT;
  snprintf(text, sizeof text, "%u", id);
  check(covey_store_delete(server, models.card, text, &error), "delete",
        &error);
  service(0);
}

/* The end of the row of this card that says so, at or after a place; NULL:
 * there is none. */
static const char *told_of(const char *from, unsigned id,
                           const char *operation) {
  const char *all = follower.bytes + follower.size;
  char text[32];
  size_t length = (size_t)snprintf(text, sizeof text, "{\"id\":%u,", id);
  while ((from = memmem(from, (size_t)(all - from), text, length))) {
    const char *end = memchr(from, '}', (size_t)(all - from));
    if (!end)
      return NULL;
    if (memmem(from, (size_t)(end - from), operation, strlen(operation)))
      return end;
    from = end;
  }
  return NULL;
}

/* The follower must have been told of every one of them, in their order. */
static void follower_check(const unsigned *ids, const char *operation) {
  follower_read();
  const char *from = follower.bytes;
  for (int i = 0; i < OPERATIONS_PER_BATCH; i++) {
    from = told_of(from, ids[i], operation);
    if (!from) {
      fprintf(stderr, "state: the follower was not told: %s of %u\n", operation,
              ids[i]);
      exit(3);
    }
  }
  follower.size = 0;
}

struct times {
  double deleting, moving, creating;
  unsigned long long count;
};

/* Deletes some cards, moves others into the gaps, and creates new ones where
 * those came from: so no list ever has more than it began with. */
static void batch(struct times *times) {
  unsigned gone[OPERATIONS_PER_BATCH], moved[OPERATIONS_PER_BATCH];
  unsigned gaps[OPERATIONS_PER_BATCH], ids[OPERATIONS_PER_BATCH];
  for (int i = 0; i < OPERATIONS_PER_BATCH; i++) {
    gone[i] = pick(0);
    moved[i] = pick(list_of[gone[i]]);
  }
  for (int i = 0; i < OPERATIONS_PER_BATCH; i++)
    is_picked[gone[i]] = is_picked[moved[i]] = false;
  for (int i = 0; i < OPERATIONS_PER_BATCH; i++)
    ids[i] = card_id[gone[i]];
  double began = cpu();
  for (int i = 0; i < OPERATIONS_PER_BATCH; i++)
    card_delete(ids[i]);
  times->deleting += cpu() - began;
  follower_check(ids, "\"_operation\":\"delete\"");

  for (int i = 0; i < OPERATIONS_PER_BATCH; i++) {
    gaps[i] = list_of[moved[i]];
    list_of[moved[i]] = list_of[gone[i]];
    ids[i] = card_id[moved[i]];
  }
  began = cpu();
  for (int i = 0; i < OPERATIONS_PER_BATCH; i++)
    card_put(ids[i], list_of[moved[i]]);
  times->moving += cpu() - began;
  follower_check(ids, "\"_operation\":\"update\",\"_deleted\"");

  for (int i = 0; i < OPERATIONS_PER_BATCH; i++) {
    list_of[gone[i]] = gaps[i];
    ids[i] = card_id[gone[i]] = next_id++;
  }
  began = cpu();
  for (int i = 0; i < OPERATIONS_PER_BATCH; i++)
    card_put(ids[i], gaps[i]);
  times->creating += cpu() - began;
  follower_check(ids, "\"_operation\":\"create\"");
  times->count += OPERATIONS_PER_BATCH;
}

static void on_authorize(covey_server *its_server, covey_consumer_id consumer,
                         void *user) {
  (void)user;
  check(covey_consumer_authorize(its_server, consumer), "authorize", NULL);
}

static void board_serve(void) {
  covey_error error = COVEY_ERROR_INIT;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = COVEY_CONTEXT_HANDLERS_INIT;
  uint16_t port = 0;
  boards_declare(server, &models);
  channel.flags = COVEY_CHANNEL_PUBLIC;
  context.model = models.board;
  handlers.on_authorize = on_authorize;
  check(covey_context_register(server, "board/<int:board>/", &channel, &context,
                               &handlers, NULL, &error),
        "board", &error);
  board_put(server, &models, option.cards);
  check(covey_server_listen(server, NULL, &port, &error), "listen", &error);
  follower_join(port);
}

static void measure_scope(void) {
  struct times times = {0};
  list_of = calloc(option.cards, sizeof *list_of);
  card_id = calloc(option.cards, sizeof *card_id);
  is_picked = calloc(option.cards, sizeof *is_picked);
  if (!list_of || !card_id || !is_picked)
    die("calloc");
  for (unsigned i = 0; i < option.cards; i++) {
    list_of[i] = LIST_FIRST + i / CARDS_PER_LIST;
    card_id[i] = CARD_FIRST + i;
  }
  next_id = CARD_FIRST + option.cards;
  board_serve();
  for (int i = 0; i < WARM_UP_BATCHES; i++)
    batch(&times);
  times = (struct times){0};
  while (times.deleting + times.moving + times.creating < option.seconds)
    batch(&times);
  double each = 1e6 / (double)times.count;
  printf("{\"cards\":%u,\"rounds\":%llu,\"delete_us\":%.4f,\"move_us\":%.4f,"
         "\"create_us\":%.4f,\"cpu_us\":%.4f}\n",
         option.cards, times.count, times.deleting * each, times.moving * each,
         times.creating * each,
         (times.deleting + times.moving + times.creating) * each);
}

int main(int argc, char **argv) {
  static const struct option known[] = {{"cards", 1, NULL, 'c'},
                                        {"seconds", 1, NULL, 't'},
                                        {"lists", 0, NULL, 'l'},
                                        {0}};
  static const struct {
    const char *name;
    void (*run)(void);
  } commands[] = {{"texts", texts_print},
                  {"put", measure_put},
                  {"memory", measure_memory},
                  {"scope", measure_scope}};
  int letter;
  while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
    if (letter == 'c')
      option.cards = (unsigned)atoi(optarg);
    else if (letter == 't')
      option.seconds = atof(optarg);
    else if (letter == 'l')
      option.in_lists = true;
    else
      return 2;
  }
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (optind < argc && !strcmp(argv[optind], commands[i].name)) {
      server_make();
      commands[i].run();
      return covey_server_free(server) == COVEY_OK ? 0 : 1;
    }
  }
  fprintf(stderr, "state: see the comment at the top of state.c\n");
  return 2;
}
