/*
 * whence.c - answers each message with where the client came from, as the
 * server sees it: "PEER SCHEME HOST".
 */
#include <covey.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"
#include "serving.h"

static const char *word(covey_status status, const char *text) {
  return status == COVEY_OK && *text != '\0' ? text : "-";
}

static void answer(covey_server *server, covey_consumer_id consumer,
                   covey_kind kind, const void *data, size_t size, void *user) {
  char text[512];
  const char *value = NULL;
  size_t used = 0;
  (void)kind, (void)data, (void)size, (void)user;
  covey_status status = covey_consumer_get_peer(server, consumer, &value, NULL);
  used += (size_t)snprintf(text, sizeof text, "%.100s", word(status, value));
  status = covey_consumer_get_scheme(server, consumer, &value, NULL);
  used += (size_t)snprintf(text + used, sizeof text - used, " %.100s",
                           word(status, value));
  status = covey_consumer_get_host(server, consumer, &value, NULL);
  used += (size_t)snprintf(text + used, sizeof text - used, " %.100s",
                           word(status, value));
  covey_consumer_send(server, consumer, COVEY_TEXT, text, used);
}

int main(int argc, char **argv) {
  command_line line = COMMAND_LINE_DEFAULTS;
  covey_server *server = NULL;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  command_line_parse(&line, argc, argv);
  must(covey_server_new(NULL, &server, NULL), NULL);
  channel.flags = COVEY_CHANNEL_PUBLIC;
  handlers.on_text = answer;
  must(covey_channel_register(server, "ws/whence/", &channel, &handlers, NULL,
                              NULL),
       NULL);
  begin_serving(server, &line);
  must(covey_server_run(server), NULL);
  end_serving(server);
  return EXIT_SUCCESS;
}
