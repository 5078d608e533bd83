/*
 * host.h - a host program for tests: one server, one channel "ws/<str:room>/"
 * that accepts everybody and echoes, and a count of everything that happened.
 *
 * A test sets the handlers it wants to be different, opens the host, and either
 * drives it by waiting (host_turn, AWAIT) or hands it to a thread and sets
 * `is_driven_elsewhere`.
 */
#ifndef HOST_H
#define HOST_H

#include "check.h"
#include "client.h"
#include "covey.h"

#include <semaphore.h>
#include <stdatomic.h>

typedef struct host host;
struct host {
  covey_server *server;
  covey_channel_id channel;
  covey_model_id model; /* "Thing", without fields */
  uint16_t port;
  bool is_driven_elsewhere;

  /* In place of: accept, echo, send the event's JSON, nothing. */
  void (*on_connect)(host *self, covey_consumer_id consumer);
  void (*on_message)(host *self, covey_consumer_id consumer, covey_kind kind,
                     const void *data, size_t size);
  void (*on_event)(host *self, covey_consumer_id consumer, const char *type,
                   const void *json, size_t size);
  void (*on_disconnect)(host *self, covey_consumer_id consumer);
  void *more; /* the test's own */

  /* What was seen. */
  _Atomic covey_consumer_id consumer; /* the last that wanted to connect */
  atomic_int connects, messages, events, disconnects;
  atomic_int visits;   /* the test's own */
  covey_ending ending; /* the last, its reason in ending_reason */
  char ending_reason[128];
  sem_t stirred; /* posted by each handler */
};

/** Empty, with the handlers that accept and echo. */
void host_prepare(host *self);

/** Makes the server and registers the channel and the event "note". NULLs take
 * the defaults. */
bool host_make(host *self, const covey_server_options *server_options,
               const covey_channel_options *channel_options);

/** Its handlers, for channels of a test's own, whose `user` begins with a host.
 */
void host_on_connect(covey_server *server, covey_consumer_id consumer,
                     void *user);
void host_on_disconnect(covey_server *server, covey_consumer_id consumer,
                        const covey_ending *ending, void *user);

/** Listens on 127.0.0.1; with COVEY_TEST_TLS=1 in the environment, with TLS. */
bool host_listen(host *self);

/** Listens as the options say, whatever the environment. */
bool host_listen_with(host *self, const covey_listen_options *options);

/** host_prepare, host_make with defaults, and host_listen. */
bool host_open(host *self);

/** Frees the server. */
void host_close(host *self);

/** Drives the server a little, or waits a little while somebody else does. */
void host_turn(void *self);

/** A client that takes turns with the host, connected to /ws/lobby/. */
client host_client(host *self);

/** One more client is dropped as it comes, without an answer. */
void host_turns_away(host *self);

/** Such a client, upgraded; answers its consumer; 0 when that failed. */
covey_consumer_id host_connect(host *self, client *client_out);

/** Ends a client and awaits its on_disconnect. */
void host_disconnect(host *self, client *client);

/** How many members a group has; on the loop's thread. */
size_t host_count(host *self, const char *group);

/** Runs a function on the loop of a host that is driven elsewhere, and waits
 * until it has returned. COVEY_E_FULL when the mailbox is full; then nothing
 * was run. */
covey_status host_on_loop(host *self, void (*function)(void *), void *argument);

/** Waits for a condition, which must become true in time. */
#define AWAIT(host, condition)                                                 \
  do {                                                                         \
    int64_t await_end = check_now() + check_ms(CLIENT_PATIENCE_MS);            \
    while (!(condition) && check_now() < await_end)                            \
      host_turn(host);                                                         \
    check_that((condition) ? true : false, #condition, __FILE__, __LINE__);    \
  } while (0)

/** A destroy function for `user` that points to an atomic_int, which counts. */
void count_destroy(void *user);

/** A task, and a destroy function, that do nothing. */
void no_task(covey_server *server, void *user);
void no_destroy(void *user);

#endif
