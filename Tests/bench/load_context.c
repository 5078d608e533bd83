/* The scenarios of context channels. The server is contexts.c.
 *
 * call         Every client follows the board, calls an action in-flight times
 *              with one send(), and waits for its own answers only.
 * delta        Every client follows the board; one more has a field changed,
 *              and once all have been told, again.
 * delta-bytes  The same bytes are broadcast to so many members of a group.
 * join         A client follows the board; then one after the other joins, from
 *              its token on until it has all of the board.
 * join-bytes   So many bytes (--size) are broadcast to one client, then to the
 *              next. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios.h"

#define TOKEN "{\"token\":\"x\",\"lastUpdate\":null}"
#define END "\"_operation\":\"end_initial_state\""

enum {
  CARD = 1000000,
  CHANGES_FIRST = 100000001, /* nine digits, like the one that is there */
  STAMP_BYTES = 17,          /* seconds with six decimals */
  JOINS_PER_BATCH = 50,
};

/* What the first to join was told, byte for byte; and what of it a client that
 * joins has been told by now. */
static unsigned char *board;
static size_t board_bytes, board_capacity, joined_bytes;
static bool is_board_whole;

/* ------------------------------------------------------------- joining -- */

static void board_append(const unsigned char *bytes, size_t size) {
  if (board_bytes + size > board_capacity) {
    board_capacity = (board_bytes + size) * 2;
    board = realloc(board, board_capacity);
    if (!board)
      die("realloc");
  }
  memcpy(board + board_bytes, bytes, size);
  board_bytes += size;
}

/* The first is only looked at for its end, all others byte for byte: nothing
 * changes while they join. */
static void board_check(struct client *c, const unsigned char *bytes,
                        size_t size) {
  if (!is_board_whole) {
    board_append(bytes, size);
    joined_bytes = board_bytes;
    is_board_whole = memmem(bytes, size, END, sizeof END - 1) != NULL;
  } else if (size > board_bytes - joined_bytes ||
             memcmp(board + joined_bytes, bytes, size)) {
    client_wrong(c, "a frame of the board that is wrong or too many");
    return;
  } else {
    joined_bytes += size;
  }
  if (is_board_whole && joined_bytes == board_bytes)
    client_landed(c);
}

/* Has one client ask, and waits until it has everything. */
static bool ask(struct client *c, const char *text) {
  joined_bytes = 0;
  c->asked++;
  asked++;
  client_queue(c, text, strlen(text));
  client_send_queued(c);
  return wait_until_landed();
}

void join_all(int count) {
  on_message = board_check;
  connect_until(count, "/board/1/");
  for (int i = 0; i < count; i++) {
    if (!ask(&clients[i], TOKEN))
      exit(reconcile());
    clients[i].asked = clients[i].received = 0;
  }
  asked = landed = 0;
}

/* Clients come in batches; only from the first frame on is measured. */
static int measure_joins(void) {
  bool is_board = scenario == &join;
  const char *path = is_board ? "/board/1/" : "/own/", *text = TOKEN;
  char number[sizeof TOKEN];
  uint64_t joins = 0;
  double cpu = 0, began = wall();
  bool fine = true, is_warm = false;
  if (!is_board) { /* as long as a token */
    snprintf(number, sizeof number, "%0*d", (int)sizeof number - 1,
             option.size);
    text = number;
    for (int i = 0; i < option.size; i++)
      board_append(&(unsigned char){(unsigned char)('a' + i % 26)}, 1);
    is_board_whole = true;
  }
  on_message = board_check;
  connect_until(1, path);
  fine = ask(&clients[0], text);
  while (fine && (!joins || wall() - began < option.seconds)) {
    connect_until(1 + JOINS_PER_BATCH, path);
    settle(0.02);
    double before = server_cpu();
    for (int i = 1; fine && i < client_count; i++)
      fine = ask(&clients[i], text);
    settle(0.002);
    if (is_warm) {
      cpu += server_cpu() - before;
      joins += JOINS_PER_BATCH;
    } else {
      began = wall();
    }
    is_warm = true;
    if (fine) {
      disconnect_until(1);
      settle(0.05);
    }
  }
  printf("{\"scenario\":\"%s\",\"joins\":%llu,\"bytes\":%zu,", option.scenario,
         (unsigned long long)joins, board_bytes);
  if (joins)
    printf("\"cpu_us\":%.4f,", cpu * 1e6 / (double)joins);
  return reconcile();
}

/* --------------------------------------------------------------- calls -- */

/* The ids of calls are as long as those of RxDjango's clients. */
static size_t call_write(char *to, uint64_t number) {
  return (size_t)sprintf(
      to, "{\"callId\":%llu,\"action\":\"add\",\"params\":[%u,%u]}",
      1795247640000000000 + (unsigned long long)number,
      10000 + (unsigned)(number & 0xffff), 20000 + (unsigned)(number >> 32));
}

static size_t result_write(char *to, uint64_t number) {
  return (size_t)sprintf(
      to, "{\"type\":\"actionResponse\",\"callId\":%llu,\"result\":%u}",
      1795247640000000000 + (unsigned long long)number,
      30000 + (unsigned)(number & 0xffff) + (unsigned)(number >> 32));
}

static void call_connect(void) { join_all(option.connections); }

/* -------------------------------------------------------------- deltas -- */

static uint64_t change; /* how often the field was changed */
static char stamp[STAMP_BYTES + 1];

static void delta_check(struct client *c, const unsigned char *payload,
                        size_t size) {
  static char head[128];
  static size_t head_bytes;
  static uint64_t head_change;
  static const char tail[] = ",\"_operation\":\"update\",\"_deleted\":false}]";
  if (head_change != change) { /* the first to be told of this one */
    head_change = change;
    head_bytes = (size_t)snprintf(
        head, sizeof head,
        "[{\"id\":%d,\"changes\":%09llu,\"_instance_type\":\"bench.Card\","
        "\"_tstamp\":",
        CARD, (unsigned long long)(CHANGES_FIRST + change));
    const char *next = (const char *)payload + head_bytes;
    if (size > head_bytes + STAMP_BYTES) {
      if (memcmp(next, stamp, STAMP_BYTES) <= 0)
        client_wrong(c, "a time that is not after the last");
      memcpy(stamp, next, STAMP_BYTES);
    }
  }
  if (size != head_bytes + STAMP_BYTES + sizeof tail - 1 ||
      memcmp(payload, head, head_bytes) ||
      memcmp(payload + head_bytes, stamp, STAMP_BYTES) ||
      memcmp(payload + head_bytes + STAMP_BYTES, tail, sizeof tail - 1))
    client_wrong(c, "a delta that is wrong or out of order");
  else
    client_landed(c);
}

/* The last client triggers, and gets nothing. */
static bool delta_burst(void) {
  char text[32];
  struct client *trigger = &clients[option.connections];
  change++;
  for (int i = 0; i < option.connections; i++)
    clients[i].asked++;
  asked += (uint64_t)option.connections;
  int size = snprintf(text, sizeof text, "%llu",
                      (unsigned long long)(CHANGES_FIRST + change));
  client_queue(trigger, text, (size_t)size);
  client_send_queued(trigger);
  return wait_until_landed();
}

static bool delta_phase(double seconds) {
  double until = wall() + seconds;
  while (delta_burst())
    if (wall() >= until)
      return true;
  return false;
}

static void delta_connect(void) {
  join_all(option.connections);
  on_message = delta_check;
  connect_until(option.connections + 1, "/trigger/delta/");
}

static void delta_bytes_connect(void) {
  on_message = delta_check;
  connect_until(option.connections, "/members/");
  connect_until(option.connections + 1, "/trigger/bytes/");
}

/* ----------------------------------------------------------- scenarios -- */

const struct scenario call = {.name = "call",
                              .measure = measure_messages,
                              .connect = call_connect,
                              .phase = echo_phase,
                              .request = call_write,
                              .answer = result_write};

const struct scenario delta = {.name = "delta",
                               .measure = measure_messages,
                               .connect = delta_connect,
                               .phase = delta_phase};

const struct scenario delta_bytes = {.name = "delta-bytes",
                                     .measure = measure_messages,
                                     .connect = delta_bytes_connect,
                                     .phase = delta_phase};

const struct scenario join = {.name = "join", .measure = measure_joins};

const struct scenario join_bytes = {.name = "join-bytes",
                                    .measure = measure_joins};
