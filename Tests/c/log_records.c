/*
 * log_records.c - log lines with their parts.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>

typedef struct heard {
  int lines, records;
  covey_log_level level;
  char line[256], event[64], message[256], fields[512];
} heard;

static void on_log(covey_server *server, covey_log_level level,
                   const char *message, void *user) {
  heard *self = user;
  CHECK(server != NULL && level != 0);
  self->lines++;
  snprintf(self->line, sizeof self->line, "%s", message);
}

static void on_log_record(covey_server *server, const covey_log_record *record,
                          void *user) {
  heard *self = user;
  CHECK(server != NULL);
  CHECK_IS(record->struct_size, sizeof *record);
  CHECK_IS(strlen(record->fields), record->fields_size);
  CHECK(strchr(record->message, '\n') == NULL);
  self->records++;
  self->level = record->level;
  snprintf(self->event, sizeof self->event, "%s", record->event);
  snprintf(self->message, sizeof self->message, "%s", record->message);
  snprintf(self->fields, sizeof self->fields, "%s", record->fields);
}

static bool open_with(host *h, heard *log, covey_on_log_fn line) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  memset(log, 0, sizeof *log);
  options.connections_max = 1;
  options.on_log = line;
  options.on_log_record = on_log_record;
  options.user = log;
  host_prepare(h);
  return host_make(h, &options, NULL) && host_listen(h);
}

static void connect_one_too_many(host *h) {
  client first, second;
  CHECK(host_connect(h, &first) != 0);
  second = host_client(h);
  CHECK_IS(client_upgrade(&second, "/ws/lobby/", NULL), 503);
  client_drop(&second, false);
  host_disconnect(h, &first);
}

static void a_line_comes_with_its_event_and_its_fields(void) {
  host h;
  heard log;
  if (!open_with(&h, &log, on_log))
    return;
  connect_one_too_many(&h);
  CHECK_IS(log.lines, 1);
  CHECK_IS(log.records, 1);
  CHECK_IS(log.level, COVEY_LOG_WARNING);
  CHECK_TEXT(log.event, "limit.connections");
  CHECK_TEXT(log.message,
             "connection refused: 1 consumers, the limit; 1 since this was "
             "last said");
  CHECK_TEXT(log.line, log.message);
  CHECK_TEXT(log.fields, "{\"peer\":\"127.0.0.1\",\"maximum\":1,\"count\":1}");
  host_close(&h);
}

static void lines_are_not_needed_for_records(void) {
  host h;
  heard log;
  if (!open_with(&h, &log, NULL))
    return;
  connect_one_too_many(&h);
  CHECK_IS(log.lines, 0);
  CHECK_IS(log.records, 1);
  host_close(&h);
}

static void what_clients_say_is_escaped(void) {
  host h;
  heard log;
  if (!open_with(&h, &log, on_log))
    return;
  client c;
  CHECK(host_connect(&h, &c) != 0);
  CHECK_IS(covey_group_add(h.server, atomic_load(&h.consumer), "g"), COVEY_OK);
  const char *event = "{\"type\":\"a\\\"b\\n\"}";
  CHECK_IS(covey_group_send(h.server, "g", event, strlen(event), NULL),
           COVEY_OK);
  AWAIT(&h, log.records > 0);
  CHECK_TEXT(log.event, "event.unhandled");
  CHECK_TEXT(log.fields,
             "{\"channel\":\"ws/<str:room>/\",\"type\":\"a\\\"b\\u000a\","
             "\"count\":1}");
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_line_comes_with_its_event_and_its_fields),
      TEST(lines_are_not_needed_for_records),
      TEST(what_clients_say_is_escaped),
  };
  return CHECK_MAIN(argc, argv, tests);
}
