/*
 * calls.h - one well-formed call of every function that takes a server, so
 * that a test can say "each of them, from the wrong thread".
 */
#ifndef CALLS_H
#define CALLS_H

#include "covey.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct call {
  const char *name;
  char thread;             /* as the header says: any, loop, setup */
  bool is_of_consumer;     /* takes a consumer's id */
  covey_status once_ended; /* when server and consumer have come to their end */
  covey_status (*make)(covey_server *server, covey_consumer_id consumer);
} call;

enum { ANY = 'a', LOOP = 'l', SETUP = 's' };

/** All but covey_server_free, in the order of the headers. */
extern const call calls[];
extern const size_t calls_count;

/** The channel that an event handler is registered on, and the model that
 * instances are of. */
extern covey_channel_id calls_channel;
extern covey_model_id calls_model;

/** How many of the calls above were handed a `destroy`, and how often one was
 * called. Equal once the servers are freed. */
int calls_destroys_due(void);
int calls_destroys_done(void);

/** Getter number `which` of those that answer a text, in the order of the
 * header, with names that host.h's tests use. */
enum { CALLS_GETTERS = 15 };
covey_status calls_get(size_t which, covey_server *server,
                       covey_consumer_id consumer, const char **value_out,
                       size_t *size_out);

#endif
