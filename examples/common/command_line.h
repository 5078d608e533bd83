/* The flags that every example takes, so that its file shows its own idea. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stddef.h>
#include <stdint.h>

/* A flag of one example alone. */
typedef struct own_flag {
  const char *name;  /* such as "state" */
  const char *help;  /* its line of the usage */
  int takes_value;   /* 0: it stands for itself */
  const char *value; /* what it said, "" if it takes none; NULL: not there */
} own_flag;

enum { OWN_FLAGS_MAX = 8 };

/* What the command line said. Fill in the defaults, then parse. */
typedef struct command_line {
  const char *host;           /* --host */
  uint16_t port;              /* --port; 0: the system chooses */
  uint64_t message_bytes_max; /* --max-message; 0: the library's default */
  int is_watched;             /* --watch */
  const char *path;           /* --unix; in place of host and port; or NULL */
  const char *certificate;    /* --cert and --key; both or none */
  const char *key;
  int shares_port;   /* --reuse-port */
  const char *proxy; /* --proxy; who is believed about clients; or NULL */
  const char
      *layer; /* --layer; URL of what processes share groups by; or NULL */

  uint32_t drain_ms; /* --drain; 0: SIGTERM ends it at once */

  own_flag *own; /* ends with one that has no name; NULL: there are none */
} command_line;

#define COMMAND_LINE_DEFAULTS                                                  \
  { "127.0.0.1", 8000, 0, 0, NULL, NULL, NULL, 0, NULL, NULL, 5000, NULL }

/* Returns when all is well. Otherwise it ends the program: with status 0 after
 * --help, with status 2 and the usage on standard error after a bad flag. To be
 * called before a thread is made, for it calls hold_signals. */
void command_line_parse(command_line *line, int argc, char **argv);

#endif
