/*
 * echo: what a client sends comes back to it, text as text and bytes as bytes.
 */
#include <covey.h>
#include <stdlib.h>

#include "command_line.h"
#include "serving.h"

static void send_back(covey_server *server, covey_consumer_id consumer,
                      covey_kind kind, const void *data, size_t size,
                      void *user) {
  (void)user;
  /* It fails only when the client has gone, and then nobody minds. */
  covey_consumer_send(server, consumer, kind, data, size);
}

int main(int argc, char **argv) {
  command_line line = COMMAND_LINE_DEFAULTS;
  line.message_bytes_max = 16 << 20;
  command_line_parse(&line, argc, argv);

  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.message_bytes_max = line.message_bytes_max;
  /* A client may have sixteen of the largest in flight, and many small ones. */
  options.outbox_bytes_max = 16 * line.message_bytes_max + (1 << 20);
  options.flush_timeout_ms = 3000; /* who does not answer, at the end */
  serve_watching(&options, &line);

  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_server_new(&options, &server, &error), &error);

  const char *const every_origin[] = {"*", NULL};
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  channel.flags = COVEY_CHANNEL_PUBLIC; /* so there is no on_connect */
  channel.origins = every_origin;

  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.on_text = send_back;
  handlers.on_binary = send_back;

  /* Any path: the root, and "<path:path>", which is all the others. */
  must(covey_channel_register(server, "", &channel, &handlers, NULL, &error),
       &error);
  must(covey_channel_register(server, "<path:path>", &channel, &handlers, NULL,
                              &error),
       &error);

  begin_serving(server, &line);
  must(covey_server_run(server), NULL);
  end_serving(server);
  return EXIT_SUCCESS;
}
