/*
 * embed: the echo server inside a poll() loop that belongs to the host program.
 * Covey starts no thread and takes over no loop; it is one descriptor of many.
 */
#include <covey.h>
#include <poll.h>
#include <stdlib.h>

#include "command_line.h"
#include "serving.h"

static void send_back(covey_server *server, covey_consumer_id consumer,
                      covey_kind kind, const void *data, size_t size,
                      void *user) {
  (void)user;
  covey_consumer_send(server, consumer, kind, data, size);
}

/* The host's loop. It ends when the server has stopped. */
static void run_loop(covey_server *server) {
  /* The host's own descriptors would stand here as well. */
  struct pollfd watched[] = {{.fd = -1, .events = POLLIN}};
  covey_status status = covey_server_get_fd(server, &watched[0].fd);

  while (status == COVEY_OK) {
    int32_t timeout_ms = 0; /* asked for anew each time; -1 is for ever */
    status = covey_server_get_timeout(server, &timeout_ms);
    if (status == COVEY_OK) {
      /* Readable, timed out or interrupted: a service that finds nothing to do
       * returns at once. */
      poll(watched, sizeof watched / sizeof watched[0], timeout_ms);
      status = covey_server_service(server, 0);
    }
  }
  must(status == COVEY_E_STOPPED ? COVEY_OK : status, NULL);
}

int main(int argc, char **argv) {
  command_line line = COMMAND_LINE_DEFAULTS;
  line.message_bytes_max = 16 << 20;
  command_line_parse(&line, argc, argv);

  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.message_bytes_max = line.message_bytes_max;
  options.outbox_bytes_max = 16 * line.message_bytes_max + (1 << 20);
  options.flush_timeout_ms = 3000;
  serve_watching(&options, &line);

  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_server_new(&options, &server, &error), &error);

  const char *const every_origin[] = {"*", NULL};
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  channel.flags = COVEY_CHANNEL_PUBLIC;
  channel.origins = every_origin;

  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.on_text = send_back;
  handlers.on_binary = send_back;

  must(covey_channel_register(server, "", &channel, &handlers, NULL, &error),
       &error);
  must(covey_channel_register(server, "<path:path>", &channel, &handlers, NULL,
                              &error),
       &error);

  begin_serving(server, &line);
  run_loop(server);
  end_serving(server);
  return EXIT_SUCCESS;
}
