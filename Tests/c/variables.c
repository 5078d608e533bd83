/*
 * variables.c - runtime variables and grants of a consumer, and the functions
 * of all consumers on a context channel.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE(name, value)                                                  \
  "{'type':'runtimeVar','var':'" name "','runtimeVar':'" name                  \
  "','value':" value "}"

static void declare_action(boards *b) {
  boards_act(b, b->one, "edit", "editor", 0, NULL, 0);
}

/* A client of board 1 that has read its snapshot. */
static covey_consumer_id open_with(boards *b, client *c) {
  boards_prepare(b);
  b->declare = declare_action;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    exit(1);
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  covey_consumer_id consumer = boards_enter(b, c, "/boards/1/", "ada");
  CHECK(skips_snapshot(c));
  return consumer;
}

static void close_with(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

static covey_status set(boards *b, covey_consumer_id consumer, const char *name,
                        const char *json) {
  return covey_variable_set(b->h.server, consumer, name, json, strlen(json));
}

static void check_value(boards *b, covey_consumer_id consumer, const char *name,
                        const char *expected) {
  const char *json = NULL;
  size_t size = 0;
  CHECK_IS(covey_variable_get(b->h.server, consumer, name, &json, &size),
           COVEY_OK);
  CHECK_TEXT(json, expected);
  CHECK_IS(size, strlen(expected));
}

/* ----------------------------------------------------------- variables -- */

static void a_variable_is_mirrored(void) {
  boards b;
  client c;
  covey_consumer_id consumer = open_with(&b, &c);
  CHECK_IS(covey_variable_get(b.h.server, consumer, "n", NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(set(&b, consumer, "n", "7"), COVEY_OK);
  CHECK(hears(&c, VARIABLE("n", "7")));
  check_value(&b, consumer, "n", "7");
  CHECK_IS(set(&b, consumer, "n", "7"), COVEY_OK);
  CHECK(hears_nothing(&b, &c, consumer));
  CHECK_IS(set(&b, consumer, "n", "null"), COVEY_OK);
  CHECK(hears(&c, VARIABLE("n", "null")));
  CHECK_IS(set(&b, consumer, "\"\xc3\xa9\n", "{\"a\":[1,2]}"), COVEY_OK);
  CHECK(hears(&c, VARIABLE("\\'\xc3\xa9\\u000a", "{'a':[1,2]}")));
  check_value(&b, consumer, "n", "null");
  CHECK_IS(covey_variable_get(b.h.server, consumer, "n", NULL, NULL), COVEY_OK);
  close_with(&b, &c);
}

static void set_early(boards *self, covey_consumer_id consumer) {
  CHECK_IS(set(self, consumer, "early", "1"), COVEY_OK);
  CHECK_IS(set(self, consumer, "early", "2"), COVEY_OK);
  CHECK_IS(covey_consumer_authorize(self->h.server, consumer), COVEY_OK);
}

static void what_is_set_before_it_is_in_is_told_then(void) {
  boards b;
  client c, d;
  open_with(&b, &c);
  b.on_authorize = set_early;
  CHECK(boards_enter(&b, &d, "/boards/1/", "ada") != 0);
  CHECK(hears(&d, VARIABLE("early", "2")));
  CHECK(hears(&d, ANCHORS("1")));
  client_drop(&d, false);
  close_with(&b, &c);
}

static void a_variable_has_a_name_and_a_value(void) {
  static const char *const bad[] = {"",    "x",   "{",       "01",
                                    "1 2", "'a'", "\"\xff\""};
  boards b;
  client c;
  char name[257], deep[132];
  covey_consumer_id consumer = open_with(&b, &c);
  covey_server *server = b.h.server;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    CHECK_IS(set(&b, consumer, "n", bad[i]), COVEY_E_INVALID);
  }
  check_note(NULL);
  memset(name, 'n', 256);
  name[256] = '\0';
  CHECK_IS(set(&b, consumer, name, "1"), COVEY_E_INVALID);
  CHECK_IS(set(&b, consumer, name + 1, "1"), COVEY_OK);
  CHECK(client_receive(&c, &(frame){0}));
  CHECK_IS(set(&b, consumer, "", "1"), COVEY_E_INVALID);
  CHECK_IS(set(&b, consumer, "\xff", "1"), COVEY_E_INVALID);
  CHECK_IS(set(&b, consumer, NULL, "1"), COVEY_E_INVALID);
  CHECK_IS(covey_variable_set(server, consumer, "n", NULL, 1), COVEY_E_INVALID);
  CHECK_IS(covey_variable_set(server, consumer, "n", NULL, 0), COVEY_E_INVALID);
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", SIZE_MAX),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", 1 << 20),
           COVEY_E_TOO_LARGE);
  memset(deep, '[', 65);
  memset(deep + 65, ']', 65);
  CHECK_IS(covey_variable_set(server, consumer, "n", deep, 130),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_variable_get(server, consumer, NULL, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_variable_get(server, consumer, "", NULL, NULL),
           COVEY_E_INVALID);
  CHECK(hears_nothing(&b, &c, consumer));
  close_with(&b, &c);
}

static void a_consumer_has_256_variables(void) {
  boards b;
  client c;
  char name[16];
  covey_consumer_id consumer = open_with(&b, &c);
  for (int i = 0; i < 256; i++) {
    snprintf(name, sizeof name, "n%d", i);
    CHECK_IS(set(&b, consumer, name, "1"), COVEY_OK);
    CHECK(client_receive(&c, &(frame){0}));
  }
  CHECK_IS(set(&b, consumer, "more", "1"), COVEY_E_FULL);
  CHECK_IS(set(&b, consumer, "n7", "2"), COVEY_OK);
  CHECK(hears(&c, VARIABLE("n7", "2")));
  close_with(&b, &c);
}

/* ------------------------------------------------- declared variables -- */

struct typed {
  const char *name;
  const char *good[5];
  const char *bad[6];
};

static const struct typed typed[] = {
    {"boolean", {"true", "false"}, {"0", "null", "'x'"}},
    {"integer", {"0", "-7"}, {"1.5", "'1'", "null", "1e3"}},
    {"number", {"0", "1.5"}, {"'1'", "null"}},
    {"string", {"''", "'a'"}, {"1", "null", "['a']"}},
    {"datetime",
     {"'2026-11-21T09:30:00Z'", " '2026-11-21T09:30:00Z'\n"},
     {"'2026-11-21'", "null"}},
    {"date", {"'2026-11-21'"}, {"'2023-02-29'", "1", "null"}},
    {"decimal", {"'-12.50'"}, {"12.5", "null"}},
    {"json", {"null", "1", "{'a':[null]}"}, {NULL}},
    {"choice", {"'open'", "3", " 3 ", "\t'open'\r\n"}, {"'Open'", "4", "null"}},
    {"shaped", {"[]", "[1,2]"}, {"null", "['a']", "1", "{}"}},
    {"nullable", {"null", "[]", "[1]"}, {"['a']", "1"}},
    {"optional", {"null", "[]", "[1]"}, {"['a']", "1"}},
    {"open", {"null", "1"}, {"'a'", "[]"}},
};
enum { TYPED = sizeof typed / sizeof typed[0] };

static void show_typed(boards *b) {
  static const char *const choices[] = {"\"open\"", "3", NULL};
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = boards_handlers(b);
  covey_field fields[TYPED];
  for (int i = 0; i < (int)TYPED; i++)
    fields[i] = boards_field(
        typed[i].name, i < COVEY_FIELD_CHOICE ? i + 1 : COVEY_FIELD_JSON, 0);
  fields[8].choices = choices;
  fields[9].shape = fields[10].shape = fields[11].shape = "[\"integer\"]";
  fields[10].flags = COVEY_FIELD_NULLABLE;
  fields[11].flags = COVEY_FIELD_OPTIONAL;
  fields[12].shape = "{\"|\":[\"integer\",\"null\"]}";
  context.model = b->board;
  context.variables = fields;
  context.variable_count = TYPED;
  handlers.on_list = NULL;
  CHECK_IS(covey_context_register(b->h.server, "typed/<int:id>/", NULL,
                                  &context, &handlers, NULL, NULL),
           COVEY_OK);
}

/* A client of a channel that declares variables. */
static covey_consumer_id open_typed(boards *b, client *c) {
  boards_prepare(b);
  b->declare = show_typed;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    exit(1);
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  covey_consumer_id consumer = boards_enter(b, c, "/typed/1/", "ada");
  CHECK(skips_snapshot(c));
  return consumer;
}

/* The same with ' for ". */
static covey_status set_quoted(boards *b, covey_consumer_id consumer,
                               const char *name, const char *value) {
  char json[64];
  snprintf(json, sizeof json, "%s", value);
  for (char *byte = json; *byte != '\0'; byte++)
    if (*byte == '\'')
      *byte = '"';
  return set(b, consumer, name, json);
}

static void a_declared_variable_takes_what_is_of_its_type(void) {
  boards b;
  client c;
  char expected[128];
  covey_consumer_id consumer = open_typed(&b, &c);
  for (size_t i = 0; i < TYPED; i++) {
    const char *name = typed[i].name;
    check_note(name);
    for (const char *const *good = typed[i].good; *good != NULL; good++) {
      CHECK_IS(set_quoted(&b, consumer, name, *good), COVEY_OK);
      snprintf(expected, sizeof expected,
               "{'type':'runtimeVar','var':'%s','runtimeVar':'%s','value':%s}",
               name, name, *good);
      CHECK(hears(&c, expected));
    }
    for (const char *const *bad = typed[i].bad; *bad != NULL; bad++)
      CHECK_IS(set_quoted(&b, consumer, name, *bad), COVEY_E_INVALID);
  }
  check_note(NULL);
  CHECK(hears_nothing(&b, &c, consumer));
  check_value(&b, consumer, "integer", "-7");
  check_value(&b, consumer, "shaped", "[1,2]");
  close_with(&b, &c);
}

static void a_variable_that_is_not_declared_is_free(void) {
  boards b;
  client c, d;
  covey_consumer_id consumer = open_typed(&b, &c);
  CHECK_IS(set(&b, consumer, "Integer", "\"x\""), COVEY_OK);
  CHECK(hears(&c, VARIABLE("Integer", "'x'")));
  CHECK_IS(set(&b, consumer, "other", "[1.5]"), COVEY_OK);
  CHECK(hears(&c, VARIABLE("other", "[1.5]")));
  covey_consumer_id elsewhere = boards_enter(&b, &d, "/boards/1/", "ada");
  CHECK(skips_snapshot(&d));
  CHECK_IS(set(&b, elsewhere, "integer", "\"x\""), COVEY_OK);
  CHECK(hears(&d, VARIABLE("integer", "'x'")));
  client_drop(&d, false);
  close_with(&b, &c);
}

static void set_wrong_early(boards *self, covey_consumer_id consumer) {
  CHECK_IS(set(self, consumer, "integer", "1.5"), COVEY_E_INVALID);
  CHECK_IS(set(self, consumer, "number", "1.5"), COVEY_OK);
  CHECK_IS(covey_consumer_authorize(self->h.server, consumer), COVEY_OK);
}

static void a_declared_variable_is_checked_before_it_is_told(void) {
  boards b;
  client c, d;
  open_typed(&b, &c);
  b.on_authorize = set_wrong_early;
  CHECK(boards_enter(&b, &d, "/typed/1/", "ada") != 0);
  CHECK(hears(&d, VARIABLE("number", "1.5")));
  CHECK(hears(&d, ANCHORS("1")));
  client_drop(&d, false);
  close_with(&b, &c);
}

/* Nothing is set before a program sets it: a declaration is no value. */
static void a_declared_variable_has_no_value_at_first(void) {
  boards b;
  client c;
  covey_consumer_id consumer = open_typed(&b, &c);
  CHECK_IS(covey_variable_get(b.h.server, consumer, "integer", NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(set(&b, consumer, "integer", "1.5"), COVEY_E_INVALID);
  CHECK_IS(covey_variable_get(b.h.server, consumer, "integer", NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK(hears_nothing(&b, &c, consumer));
  close_with(&b, &c);
}

/* -------------------------------------------------- from other threads -- */

struct errand {
  covey_server *server;
  covey_consumer_id consumer;
};

static atomic_int warnings;

static void count_warnings(covey_server *server, covey_log_level level,
                           const char *message, void *user) {
  (void)server, (void)user;
  if (level == COVEY_LOG_WARNING && strstr(message, "integer") != NULL)
    atomic_fetch_add(&warnings, 1);
}

static void set_wrong_elsewhere(void *argument) {
  const struct errand *errand = argument;
  covey_server *server = errand->server;
  covey_consumer_id consumer = errand->consumer;
  CHECK_IS(covey_variable_set(server, consumer, "integer", "1", 1), COVEY_OK);
  CHECK_IS(covey_variable_set(server, consumer, "integer", "1.5", 3), COVEY_OK);
  CHECK_IS(covey_variable_set(server, consumer, "integer", "x", 1),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_TEXT, "done", 4),
           COVEY_OK);
}

static void a_wrong_type_of_another_thread_is_logged_and_not_sent(void) {
  boards b;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.on_log = count_warnings;
  boards_prepare(&b);
  b.declare = show_typed;
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  struct errand errand = {b.h.server, boards_enter(&b, &c, "/typed/1/", "ada")};
  CHECK(skips_snapshot(&c));
  check_elsewhere(set_wrong_elsewhere, &errand);
  CHECK(hears(&c, VARIABLE("integer", "1")));
  CHECK(hears(&c, "done"));
  check_value(&b, errand.consumer, "integer", "1");
  CHECK_IS(atomic_load(&warnings), 1);
  close_with(&b, &c);
}

static void steer_elsewhere(void *argument) {
  const struct errand *errand = argument;
  covey_server *server = errand->server;
  covey_consumer_id consumer = errand->consumer;
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", 1), COVEY_OK);
  CHECK_IS(covey_variable_set(server, consumer, "n", "2", 1), COVEY_OK);
  CHECK_IS(covey_variable_set(server, consumer, "n", "x", 1), COVEY_E_INVALID);
  CHECK_IS(covey_variable_get(server, consumer, "n", NULL, NULL),
           COVEY_E_WRONG_THREAD);
  CHECK_IS(covey_grant_add(server, consumer, "editor"), COVEY_OK);
  CHECK_IS(covey_grant_add(server, consumer, ""), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_TEXT, "done", 4),
           COVEY_OK);
}

static void another_thread_may_steer(void) {
  boards b;
  client c;
  struct errand errand = {NULL, open_with(&b, &c)};
  errand.server = b.h.server;
  check_elsewhere(steer_elsewhere, &errand);
  CHECK(hears(&c, VARIABLE("n", "1")));
  CHECK(hears(&c, VARIABLE("n", "2")));
  CHECK(hears(&c, "done"));
  CHECK(says(&c, "{'callId':1,'action':'edit','params':[]}"));
  CHECK(hears(&c, RESULT("1", "[]")));
  close_with(&b, &c);
}

/* -------------------------------------------------------------- grants -- */

static void a_grant_is_a_name_and_256_are_enough(void) {
  boards b;
  client c;
  char name[257];
  covey_consumer_id consumer = open_with(&b, &c);
  covey_server *server = b.h.server;
  memset(name, 'g', 256);
  name[256] = '\0';
  CHECK_IS(covey_grant_add(server, consumer, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_grant_add(server, consumer, ""), COVEY_E_INVALID);
  CHECK_IS(covey_grant_add(server, consumer, name), COVEY_E_INVALID);
  CHECK_IS(covey_grant_add(server, consumer, "\xff"), COVEY_E_INVALID);
  CHECK_IS(covey_grant_discard(server, consumer, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_grant_discard(server, consumer, ""), COVEY_E_INVALID);
  CHECK_IS(covey_grant_discard(server, consumer, "never had"), COVEY_OK);
  CHECK_IS(covey_grant_add(server, consumer, name + 1), COVEY_OK);
  for (int i = 1; i < 256; i++) {
    snprintf(name, sizeof name, "g%d", i);
    CHECK_IS(covey_grant_add(server, consumer, name), COVEY_OK);
  }
  CHECK_IS(covey_grant_add(server, consumer, "more"), COVEY_E_FULL);
  CHECK_IS(covey_grant_add(server, consumer, "g1"), COVEY_OK);
  CHECK_IS(covey_grant_discard(server, consumer, "g1"), COVEY_OK);
  CHECK_IS(covey_grant_add(server, consumer, "more"), COVEY_OK);
  close_with(&b, &c);
}

/* ------------------------------------------------- as of all consumers -- */

static void note(covey_server *server, covey_consumer_id consumer,
                 const char *type, const void *json, size_t size, void *user) {
  (void)type, (void)user;
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_TEXT, json, size),
           COVEY_OK);
}

static void declare_event(boards *b) {
  CHECK_IS(covey_event_register(b->h.server, b->one, "note", note, b, NULL),
           COVEY_OK);
}

static void a_consumer_of_a_context_channel_is_a_consumer(void) {
  static const char event[] = "{\"type\":\"note\"}";
  boards b;
  client c;
  const char *value = NULL;
  covey_channel_id channel = 0;
  boards_prepare(&b);
  b.declare = declare_event;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  covey_consumer_id consumer = boards_enter(&b, &c, "/boards/1/", "ada");
  CHECK(skips_snapshot(&c));
  covey_server *server = b.h.server;
  CHECK_IS(covey_group_add(server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_group_send(server, "g", event, sizeof event - 1, NULL),
           COVEY_OK);
  CHECK(hears(&c, "{'type':'note'}"));
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, "all", 3, 0),
           COVEY_OK);
  CHECK(hears(&c, "all"));
  CHECK_IS(covey_consumer_get_param(server, consumer, "id", &value, NULL),
           COVEY_OK);
  CHECK_TEXT(value, "1");
  CHECK_IS(covey_consumer_get_channel(server, consumer, &channel), COVEY_OK);
  CHECK(channel == b.one);
  CHECK_IS(covey_consumer_accept(server, consumer, NULL), COVEY_E_EXISTS);
  host_disconnect(&b.h, &c);
  CHECK_IS(host_count(&b.h, "g"), 0);
  boards_close(&b);
}

static void who_is_no_client_of_a_context_channel_is_invalid(void) {
  boards b;
  client c, plain;
  open_with(&b, &c);
  covey_server *server = b.h.server;
  covey_consumer_id consumer = host_connect(&b.h, &plain);
  CHECK_IS(covey_consumer_authenticate(server, consumer, "x"), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_authorize(server, consumer), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_deny(server, consumer, 0, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_grant_add(server, consumer, "g"), COVEY_E_INVALID);
  CHECK_IS(covey_grant_discard(server, consumer, "g"), COVEY_E_INVALID);
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", 1), COVEY_E_INVALID);
  CHECK_IS(covey_variable_get(server, consumer, "n", NULL, NULL),
           COVEY_E_INVALID);
  CHECK(client_send_text(&plain, "still here"));
  CHECK(client_receives_text(&plain, "still here"));
  client_drop(&plain, false);
  close_with(&b, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_variable_is_mirrored),
      TEST(what_is_set_before_it_is_in_is_told_then),
      TEST(a_variable_has_a_name_and_a_value),
      TEST(a_consumer_has_256_variables),
      TEST(a_declared_variable_takes_what_is_of_its_type),
      TEST(a_variable_that_is_not_declared_is_free),
      TEST(a_declared_variable_is_checked_before_it_is_told),
      TEST(a_declared_variable_has_no_value_at_first),
      TEST(a_wrong_type_of_another_thread_is_logged_and_not_sent),
      TEST(another_thread_may_steer),
      TEST(a_grant_is_a_name_and_256_are_enough),
      TEST(a_consumer_of_a_context_channel_is_a_consumer),
      TEST(who_is_no_client_of_a_context_channel_is_invalid),
  };
  return CHECK_MAIN(argc, argv, tests);
}
