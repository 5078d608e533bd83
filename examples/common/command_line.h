/* The flags that every example takes, so that its file shows its own idea. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stddef.h>
#include <stdint.h>

/* What the command line said. Fill in the defaults, then parse. */
typedef struct command_line {
  const char *host;           /* --host */
  uint16_t port;              /* --port; 0: the system chooses */
  uint64_t message_bytes_max; /* --max-message; 0: the library's default */

  /* A flag of one example alone, which takes a value; NULL: there is none. */
  const char *own_flag;  /* its name, such as "state" */
  const char *own_help;  /* its line of the usage */
  const char *own_value; /* what it said; NULL: it was not there */
} command_line;

#define COMMAND_LINE_DEFAULTS                                                  \
  { "127.0.0.1", 8000, 0, NULL, NULL, NULL }

/* Returns when all is well. Otherwise it ends the program: with status 0 after
 * --help, with status 2 and the usage on standard error after a bad flag. */
void command_line_parse(command_line *line, int argc, char **argv);

#endif
