/*
 * chat: rooms in which everybody hears everybody, as in the tutorial of Django
 * Channels. A client sends {"message":"hi"}; everybody in its room gets the
 * same. Each message travels as an event, so that each member could be answered
 * differently.
 */
#define _POSIX_C_SOURCE 200809L /* strdup */

#include <covey.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"
#include "serving.h"

/* The Makefile says where the pages are; this is right from the top folder. */
#ifndef CHAT_WEB
#define CHAT_WEB "examples/chat/web"
#endif

/* Sends a JSON object, which it uses up, to one client. */
static void send_json(covey_server *server, covey_consumer_id consumer,
                      json_t *object) {
  char *text = json_dumps(object, JSON_COMPACT);
  if (text != NULL) {
    covey_consumer_send(server, consumer, COVEY_TEXT, text, strlen(text));
  }
  free(text);
  json_decref(object);
}

/* Someone opens /ws/chat/<room>/: a member of the group "chat_<room>". */
static void on_connect(covey_server *server, covey_consumer_id consumer,
                       void *user) {
  (void)user;
  const char *room = "";
  size_t room_bytes = 0;
  char group[256]; /* a group's name has 255 bytes at most */
  covey_consumer_get_param(server, consumer, "room", &room, &room_bytes);
  int group_bytes = snprintf(group, sizeof group, "chat_%s", room);

  /* A name that is cut, or holds a NUL, would be another room's. */
  if (group_bytes >= (int)sizeof group || strlen(room) != room_bytes ||
      covey_group_add(server, consumer, group) != COVEY_OK) {
    covey_consumer_reject(server, consumer, 400, 0);
    return;
  }
  covey_consumer_set_data(server, consumer, strdup(group), free);
  covey_consumer_accept(server, consumer, NULL);
}

/* An event for everybody in the sender's room. */
static covey_status send_to_room(covey_server *server, covey_consumer_id sender,
                                 json_t *message, covey_error *error) {
  void *group = NULL;
  covey_consumer_get_data(server, sender, &group);
  json_t *event =
      json_pack("{s:s, s:O}", "type", "chat.message", "message", message);
  char *text = json_dumps(event, JSON_COMPACT);
  covey_status status = covey_group_send(
      server, group, text, text == NULL ? 0 : strlen(text), error);
  free(text);
  json_decref(event);
  return status;
}

/* A client says something. What is no message is answered, not punished. */
static void on_message(covey_server *server, covey_consumer_id consumer,
                       covey_kind kind, const void *data, size_t size,
                       void *user) {
  (void)user;
  json_t *received =
      kind == COVEY_TEXT ? json_loadb(data, size, JSON_ALLOW_NUL, NULL) : NULL;
  json_t *message = json_object_get(received, "message"); /* NULL is taken */
  const char *problem = "expected an object with a string \"message\"";
  covey_error error = COVEY_ERROR_INIT;
  if (json_is_string(message)) {
    covey_status status = send_to_room(server, consumer, message, &error);
    problem = status == COVEY_OK ? NULL : error.message;
  }
  if (problem != NULL) {
    send_json(server, consumer, json_pack("{s:s}", "error", problem));
  }
  json_decref(received);
}

/* The event has reached a member: this runs once for each of them. */
static void on_chat_message(covey_server *server, covey_consumer_id consumer,
                            const char *type, const void *json, size_t size,
                            void *user) {
  (void)type, (void)user;
  json_t *event = json_loadb(json, size, JSON_ALLOW_NUL, NULL);
  json_t *message = json_object_get(event, "message");
  send_json(server, consumer, json_pack("{s:O}", "message", message));
  json_decref(event);
}

int main(int argc, char **argv) {
  command_line line = COMMAND_LINE_DEFAULTS;
  command_line_parse(&line, argc, argv);

  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.message_bytes_max = line.message_bytes_max; /* 0 is the default */
  options.outbox_bytes_max = 16 * line.message_bytes_max + (1 << 20);
  options.flush_timeout_ms = 3000; /* who does not answer, at the end */
  serve_watching(&options, &line);

  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_server_new(&options, &server, &error), &error);

  /* Without a list of origins, pages of other sites are refused. */
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  handlers.on_connect = on_connect;
  handlers.on_text = on_message;
  handlers.on_binary = on_message;
  covey_channel_id chat = 0;
  must(covey_channel_register(server, "ws/chat/<str:room>/", NULL, &handlers,
                              &chat, &error),
       &error);
  must(covey_event_register(server, chat, "chat.message", on_chat_message, NULL,
                            NULL),
       NULL);

  must(covey_file_register(server, "", CHAT_WEB "/index.html", &error), &error);
  must(covey_file_register(server, "chat/<str:room>/", CHAT_WEB "/room.html",
                           &error),
       &error);
  must(covey_directory_register(server, "/static/", CHAT_WEB "/static", &error),
       &error);

  begin_serving(server, &line);
  must(covey_server_run(server), NULL);
  end_serving(server);
  return EXIT_SUCCESS;
}
