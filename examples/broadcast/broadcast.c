/*
 * broadcast: what a client sends goes to everybody who is connected, itself
 * included. The library does it alone: there is no handler in this file.
 */
#include <covey.h>
#include <stdlib.h>

#include "command_line.h"
#include "serving.h"

int main(int argc, char **argv) {
  command_line line = COMMAND_LINE_DEFAULTS;
  line.message_bytes_max = 16 << 20;
  command_line_parse(&line, argc, argv);

  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.message_bytes_max = line.message_bytes_max;
  /* Who falls further behind than this is closed as slow. The bytes of a
   * message are kept once, however many clients have yet to get it. */
  options.outbox_bytes_max = 16 * line.message_bytes_max + (1 << 20);
  options.flush_timeout_ms = 3000; /* who does not answer, at the end */
  serve_watching(&options, &line);

  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_server_new(&options, &server, &error), &error);

  /* Everybody joins one group, and what they send goes to that group. */
  const char *const every_origin[] = {"*", NULL};
  const char *const groups[] = {"everybody", NULL};
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  channel.flags = COVEY_CHANNEL_PUBLIC | COVEY_CHANNEL_BROADCAST_RECEIVED;
  channel.origins = every_origin;
  channel.groups = groups;

  /* Any path: the root, and "<path:path>", which is all the others. */
  must(covey_channel_register(server, "", &channel, NULL, NULL, &error),
       &error);
  must(covey_channel_register(server, "<path:path>", &channel, NULL, NULL,
                              &error),
       &error);

  begin_serving(server, &line);
  must(covey_server_run(server), NULL);
  end_serving(server);
  return EXIT_SUCCESS;
}
