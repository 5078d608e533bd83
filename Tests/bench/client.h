/* WebSocket clients, many in one process: sockets, frames, and the count of
 * what came. What a message must be is for the scenario to say. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
  SIZE_MAX_BYTES = 65535, /* of a message that a client sends */
  JSON_BYTES_MAX = 128,   /* of those, what is around a payload */
};

struct buffer {
  unsigned char *bytes;
  size_t size, capacity;
};

struct client {
  int fd;
  void *tls; /* SSL, with --tls */
  bool upgraded;
  bool is_stuck; /* the socket did not take all; it waits until it can */
  uint32_t number;
  uint64_t asked;    /* messages that should have come by now */
  uint64_t received; /* messages that came and were right */
  struct buffer in;  /* an incomplete answer or frame */
  struct buffer out; /* what the socket did not take */
};

/* What the command line said. */
struct options {
  const char *scenario, *host;
  int port, core, connections, in_flight, size;
  bool is_tls;
  pid_t pid;
  int sender_port; /* of the relay scenarios, see load_relay.c */
  pid_t sender_pid, bus_pid;
  double seconds, patience;
};
extern struct options option;

extern struct client *clients;
extern int client_count;
extern uint64_t asked, landed; /* deliveries, of all clients together */
extern uint64_t wrong, lost;   /* bad messages, connections that ended */
extern char first_fault[160];

/* The scenario's: a text message came; what one recv() brought was taken. */
extern void (*on_message)(struct client *c, const unsigned char *payload,
                          size_t size);
extern void (*on_received)(struct client *c);

/* Makes room for so many clients. */
void clients_prepare(int count);

/* Opens connections to this path until so many clients are there. */
void connect_until(int count, const char *path);

/* Puts a text message behind what waits; sends all that waits. */
void client_queue(struct client *c, const void *payload, size_t size);
void client_send_queued(struct client *c);

/* Reads nothing of this client's any more, and has the system hold little. */
void client_ignore(struct client *c);

/* Ends the latest clients on purpose, until so many are left. */
void disconnect_until(int count);

/* A message that is not what it should be. */
void client_wrong(struct client *c, const char *what);

/* One more of the messages that were asked for. */
void client_landed(struct client *c);

/* Handles what there is; false if nothing came within the time. */
bool turn(int timeout_ms);

/* Lets whatever the server still does after its last answer end. */
void settle(double seconds);

/* Waits for all that was asked; false once a delivery is known to be missing.
 */
bool wait_until_landed(void);

/* Says what is missing as the end of the line of JSON; the exit status. */
int reconcile(void);

/* User and system time of all threads of the server, of another process, and of
 * this one. */
double server_cpu(void);
double process_cpu(pid_t pid);
double own_cpu(void);
double wall(void);

void die(const char *what);

#endif
