/* The scenarios of the load generator. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "client.h"

struct scenario {
  const char *name;
  int (*measure)(void); /* prints the line of JSON; the exit status */

  /* Of those that are measured by measure_messages. */
  void (*connect)(void);         /* all that is not measured */
  bool (*first)(void);           /* one message; NULL: phase is enough */
  bool (*phase)(double seconds); /* ends with nothing under way */
  void (*more)(void);            /* prints more of the line; NULL: nothing */

  /* Of those that compare every byte with what is next in order. */
  size_t (*request)(char *to, uint64_t number);
  size_t (*answer)(char *to, uint64_t number);
  bool is_json;    /* spaces in what comes are not compared */
  bool is_relayed; /* the first client is another server's */
};

/* load.c */
extern const struct scenario *scenario;
int measure_messages(void);
size_t payload_write(char *to, uint64_t number);
void answer_check(struct client *c, const unsigned char *payload, size_t size);
bool echo_phase(double seconds);
bool fanout_first(void);
bool fanout_phase(double seconds);
double server_resident_bytes(void);

/* load_context.c */
extern const struct scenario delta, delta_bytes, call, join, join_bytes;
void join_all(int count);

/* load_relay.c */
extern const struct scenario relay, relay_time;

/* load_still.c */
extern const struct scenario still;

/* load_json.c */
extern const struct scenario chat, call_text, call_json;

#endif
