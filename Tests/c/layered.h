/*
 * layered.h - two hosts on one layer, over the redis-server that run.sh starts.
 *
 * Each test has a prefix of its own there. Both hosts are driven by the test,
 * or each by a thread.
 */
#ifndef LAYERED_H
#define LAYERED_H

#include "host.h"

/** Covey's own driver, and the two of Django. */
enum { LAYERED_DRIVERS = 3 };
extern const char *const layered_drivers[LAYERED_DRIVERS];

typedef struct layered {
  host h; /* the first: a host's handlers get both */

  /* What the layer said. Written by the thread that drives it. */
  char states[64];  /* '+' connected, '-' not */
  char reason[256]; /* of the last '-' */
  atomic_int state_count;
  atomic_int gaps[8];  /* by kind */
  atomic_int lost[8];  /* their counts */
  char groups[8][256]; /* of the last gap of a kind, with commas */
} layered;

typedef struct pair {
  layered a, b;
  bool has_threads;
} pair;

/** The URL of the redis-server with a prefix of this test's; `credentials` as
 * in "user:secret@", `more` as in "&log=0", both may be "". */
void layered_url(char *url_out, size_t room, const char *driver,
                 const char *credentials, const char *more);

/** Makes a host with a layer, which does not listen yet. NULLs take the
 * defaults; handlers and user of the layer are set here. */
bool layered_make(layered *self, const char *url,
                  const covey_server_options *server_options,
                  const covey_layer_options *layer_options);

/** Both listen, are driven, and are connected to the bus. */
bool pair_open(pair *self, const char *driver, const char *more,
               bool has_threads);
void pair_close(pair *self);

/** Drives both a little, or waits a little while threads do. */
void pair_turn(void *self);

/** A client of one of them, in a group; answers its consumer. */
covey_consumer_id pair_client(pair *self, layered *which, client *client_out,
                              const char *group);

/** Whatever is broadcast to the group by `from` reaches a client of the other
 * one: from now on, everything does. The group's clients must be these. */
void pair_settle(layered *from, const char *group, client *clients,
                 size_t count);

/** Sends a command to the redis-server; it must not fail. */
void layered_command(const char *line);

#define AWAIT_PAIR(pair, condition)                                            \
  do {                                                                         \
    int64_t await_end = check_now() + check_ms(CLIENT_PATIENCE_MS);            \
    while (!(condition) && check_now() < await_end)                            \
      pair_turn(pair);                                                         \
    check_that((condition) ? true : false, #condition, __FILE__, __LINE__);    \
  } while (0)

#endif
