/* What every example does around its own idea. */
#ifndef SERVING_H
#define SERVING_H

#include <covey.h>

#include "command_line.h"

/* Ends the program with status 1 unless the call it is given was fine. The
 * error may be NULL; then the status alone is said. */
void must(covey_status status, const covey_error *error);

/* Has SIGINT, SIGTERM and SIGHUP wait for begin_serving. To be called before a
 * thread is made, or that one would end the process. */
void hold_signals(void);

/* Has the server's warnings and errors printed on standard error. After
 * --watch: has it answer those who watch it, to everybody. Where strangers come
 * by, they belong on a listener of their own. */
void serve_watching(covey_server_options *options, const command_line *line);

/* After --layer: puts the server's groups onto it, and says on standard error
 * how that is. Listens where the command line says, and prints "listening on
 * HOST:PORT", or "listening on PATH". From now on SIGTERM has the server see
 * its clients off within the time of --drain, and end as soon as nobody is
 * left; a second one, and SIGINT at any time, stop it at once. SIGHUP has it
 * read its certificates anew; without any, the terminal is gone, and it stops.
 */
void begin_serving(covey_server *server, const command_line *line);

/* After the loop has ended: frees the server, which signals do not reach any
 * more. */
void end_serving(covey_server *server);

#endif
