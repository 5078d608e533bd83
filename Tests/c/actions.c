/*
 * actions.c - what clients call, with which parameters, and who may.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void declare_actions(boards *b) {
  const covey_field rename[] = {
      boards_field("title", COVEY_FIELD_STRING, 0),
      boards_field("times", COVEY_FIELD_INTEGER, COVEY_FIELD_OPTIONAL),
      boards_field("why", COVEY_FIELD_STRING,
                   COVEY_FIELD_NULLABLE | COVEY_FIELD_OPTIONAL),
  };
  boards_act(b, b->one, "rename", NULL, 0, rename, 3);
  boards_act(b, b->one, "raw", NULL, COVEY_ACTION_UNCHECKED, NULL, 0);
  boards_act(b, b->one, "nothing", NULL, 0, NULL, 0);
  boards_act(b, b->one, "edit", "editor", 0, NULL, 0);
  boards_act(b, b->one, "anybody", NULL, COVEY_ACTION_ANONYMOUS, NULL, 0);
  boards_act(b, b->many, "elsewhere", NULL, 0, NULL, 0);
}

/* A client of board 1 that has read its snapshot. */
static covey_consumer_id open_with(boards *b, client *c, const char *token,
                                   const covey_server_options *options) {
  boards_prepare(b);
  b->declare = declare_actions;
  if (!boards_make(b, options) || !host_listen(&b->h))
    exit(1);
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  covey_consumer_id consumer = boards_enter(b, c, "/boards/1/", token);
  CHECK(skips_snapshot(c));
  return consumer;
}

static void close_with(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

/* ---------------------------------------------------------- parameters -- */

struct example {
  const char *params; /* as the client says them */
  const char *handed; /* as the handler is handed them; NULL: 400 */
};

static void check_examples(boards *b, client *c, const char *action,
                           const struct example *examples, size_t count) {
  char call[256], answer[256];
  for (size_t i = 0; i < count; i++) {
    int actions = atomic_load(&b->actions);
    check_note(examples[i].params);
    snprintf(call, sizeof call, "{'callId':%zu,'action':'%s','params':%s}", i,
             action, examples[i].params);
    CHECK(says(c, call));
    if (examples[i].handed == NULL) {
      snprintf(answer, sizeof answer,
               "{'type':'actionResponse','callId':%zu,'error':{'code':400,"
               "'message':'",
               i);
      CHECK(hears_start(c, answer));
      CHECK_IS(atomic_load(&b->actions), actions);
    } else {
      snprintf(answer, sizeof answer,
               "{'type':'actionResponse','callId':%zu,'result':%s}", i,
               examples[i].handed);
      CHECK(hears(c, answer));
      CHECK_IS(atomic_load(&b->actions), actions + 1);
    }
  }
  check_note(NULL);
}

static void parameters_are_positional_and_checked(void) {
  static const struct example examples[] = {
      {"['x',2,'y']", "['x',2,'y']"},
      {"['x',2]", "['x',2,null]"},
      {"['x']", "['x',null,null]"},
      {"['x',null,null]", "['x',null,null]"},
      {"['\\u00e9\\n',123456789012345678901234567890,'']",
       "['\\u00e9\\n',123456789012345678901234567890,'']"},
      {"[]", NULL},
      {"[null]", NULL},
      {"[7]", NULL},
      {"['x','2']", NULL},
      {"['x',2.0]", NULL},
      {"['x',2e3]", NULL},
      {"['x',2,3]", NULL},
      {"['x',2,'y',null]", NULL},
      {"[['x']]", NULL},
  };
  boards b;
  client c;
  open_with(&b, &c, "ada", NULL);
  check_examples(&b, &c, "rename", examples,
                 sizeof examples / sizeof examples[0]);
  close_with(&b, &c);
}

static void our_own_clients_may_give_parameters_by_name(void) {
  static const struct example examples[] = {
      {"{'times':2,'title':'x'}", "['x',2,null]"},
      {"{'title':'x'}", "['x',null,null]"},
      {"{'why':null,'title':'x'}", "['x',null,null]"},
      {"['x',2]", "['x',2,null]"},
      {"{}", NULL},
      {"{'times':2}", NULL},
      {"{'title':'x','other':1}", NULL},
      {"{'title':'x','title':'y'}", NULL},
      {"{'title':7}", NULL},
  };
  boards b;
  client c;
  open_with(&b, &c, "+ada", NULL);
  check_examples(&b, &c, "rename", examples,
                 sizeof examples / sizeof examples[0]);
  close_with(&b, &c);
}

static void unchecked_parameters_are_handed_on_as_they_came(void) {
  static const struct example examples[] = {
      {"[ 1 , {'a':[null]} ]", "[ 1 , {'a':[null]} ]"},
      {"[]", "[]"},
      {"{ 'b' : 1.50 }", "{ 'b' : 1.50 }"},
  };
  boards b;
  client c;
  open_with(&b, &c, "+ada", NULL);
  check_examples(&b, &c, "raw", examples, 3);
  close_with(&b, &c);
}

#define PARAMETER(type)                                                        \
  { #type, type, 0, NULL, NULL, NULL, NULL }

static void declare_types(boards *b) {
  static const char *const choices[] = {"\"open\"", "3", "true", NULL};
  covey_field fields[] = {
      PARAMETER(COVEY_FIELD_BOOLEAN),  PARAMETER(COVEY_FIELD_INTEGER),
      PARAMETER(COVEY_FIELD_NUMBER),   PARAMETER(COVEY_FIELD_STRING),
      PARAMETER(COVEY_FIELD_DATETIME), PARAMETER(COVEY_FIELD_DATE),
      PARAMETER(COVEY_FIELD_DECIMAL),  PARAMETER(COVEY_FIELD_JSON),
      PARAMETER(COVEY_FIELD_CHOICE),
  };
  fields[8].choices = choices;
  boards_act(b, b->one, "typed", NULL, 0, fields, 9);
}

static void parameters_may_be_of_every_type_that_is_no_relation(void) {
  static const struct example examples[] = {
      {"[true,-7,1.5e3,'','2026-11-21T09:30:00.25Z','2026-11-21','-12.50',null,"
       "'open']",
       "[true,-7,1.5e3,'','2026-11-21T09:30:00.25Z','2026-11-21','-12.50',null,"
       "'open']"},
      {"[false,0,0,'x','2026-11-21T09:30:00','2024-02-29','1',{'a':[]},3]",
       "[false,0,0,'x','2026-11-21T09:30:00','2024-02-29','1',{'a':[]},3]"},
      {"[0,0,0,'','2026-11-21T09:30:00','2024-02-29','1',1,3]", NULL},
      {"[true,'0',0,'','2026-11-21T09:30:00','2024-02-29','1',1,3]", NULL},
      {"[true,0,'0','','2026-11-21T09:30:00','2024-02-29','1',1,3]", NULL},
      {"[true,0,0,null,'2026-11-21T09:30:00','2024-02-29','1',1,3]", NULL},
      {"[true,0,0,'','2026-11-21','2024-02-29','1',1,3]", NULL},
      {"[true,0,0,'','2026-11-21T09:30:00','2023-02-29','1',1,3]", NULL},
      {"[true,0,0,'','2026-11-21T09:30:00','2024-02-29',1,1,3]", NULL},
      {"[true,0,0,'','2026-11-21T09:30:00','2024-02-29','1',1,4]", NULL},
  };
  boards b;
  client c;
  boards_prepare(&b);
  b.declare = declare_types;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  check_examples(&b, &c, "typed", examples,
                 sizeof examples / sizeof examples[0]);
  close_with(&b, &c);
}

/* ------------------------------------------------------------ refusals -- */

static void a_call_that_is_none_is_400(void) {
  static const char *const calls[] = {
      "{'callId':1,'action':'nothing'}",
      "{'callId':1,'params':[]}",
      "{'callId':1}",
      "{'callId':1,'action':7,'params':[]}",
      "{'callId':1,'action':null,'params':[]}",
      "{'callId':1,'action':'nothing','params':null}",
      "{'callId':1,'action':'nothing','params':'x'}",
      "{'callId':1,'action':'raw','params':{}}", /* not of RxDjango's clients */
  };
  boards b;
  client c;
  open_with(&b, &c, "ada", NULL);
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    check_note(calls[i]);
    CHECK(says(&c, calls[i]));
    CHECK(hears_start(&c, ACTION_ERROR("1", "400")));
  }
  CHECK(says(&c, "{'action':'nothing','params':[]}"));
  CHECK(says(&c, "{'callId':2,'action':'nothing','params':[]}"));
  CHECK(hears(&c, RESULT("2", "[]")));
  CHECK_IS(boards_statistics(&b).frames_ignored, 1);
  CHECK_IS(boards_statistics(&b).calls_failed, sizeof calls / sizeof calls[0]);
  close_with(&b, &c);
}

static void an_unknown_action_is_404(void) {
  static const char *const names[] = {"none", "", "Rename", "elsewhere", "_x"};
  boards b;
  client c;
  char call[128];
  open_with(&b, &c, "ada", NULL);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    snprintf(call, sizeof call, "{'callId':1,'action':'%s','params':[]}",
             names[i]);
    CHECK(says(&c, call));
    CHECK(hears_start(&c, ACTION_ERROR("1", "404")));
  }
  CHECK(says(&c, "{'callId':2,'action':'n\\u006fthing','params':[]}"));
  CHECK(hears(&c, RESULT("2", "[]")));
  close_with(&b, &c);
}

static void know_nobody(boards *self, covey_consumer_id consumer,
                        const char *token, size_t size) {
  (void)token, (void)size;
  CHECK_IS(covey_consumer_authenticate(self->h.server, consumer, NULL),
           COVEY_OK);
}

static void who_has_no_user_may_call_what_anybody_may(void) {
  boards b;
  client c, d;
  open_with(&b, &c, "ada", NULL);
  b.on_authenticate = know_nobody;
  covey_consumer_id consumer = boards_enter(&b, &d, "/boards/1/", "x");
  CHECK(skips_snapshot(&d));
  CHECK(says(&d, "{'callId':1,'action':'nothing','params':[]}"));
  CHECK(hears_start(&d, ACTION_ERROR("1", "403")));
  CHECK(says(&d, "{'callId':2,'action':'anybody','params':[]}"));
  CHECK(hears(&d, RESULT("2", "[]")));
  CHECK_IS(covey_consumer_set_user(b.h.server, consumer, "x"), COVEY_OK);
  CHECK(says(&d, "{'callId':3,'action':'nothing','params':[]}"));
  CHECK(hears(&d, RESULT("3", "[]")));
  client_drop(&d, false);
  close_with(&b, &c);
}

static void an_action_may_take_a_grant(void) {
  static const char call[] = "{'callId':1,'action':'edit','params':[]}";
  boards b;
  client c;
  covey_consumer_id consumer = open_with(&b, &c, "ada", NULL);
  covey_server *server = b.h.server;
  CHECK(says(&c, call));
  CHECK(hears_start(&c, ACTION_ERROR("1", "403")));
  CHECK_IS(covey_grant_add(server, consumer, "edito"), COVEY_OK);
  CHECK_IS(covey_grant_add(server, consumer, "Editor"), COVEY_OK);
  CHECK(says(&c, call));
  CHECK(hears_start(&c, ACTION_ERROR("1", "403")));
  CHECK_IS(covey_grant_add(server, consumer, "editor"), COVEY_OK);
  CHECK_IS(covey_grant_add(server, consumer, "editor"), COVEY_OK);
  CHECK(says(&c, call));
  CHECK(hears(&c, RESULT("1", "[]")));
  CHECK_IS(covey_grant_discard(server, consumer, "editor"), COVEY_OK);
  CHECK_IS(covey_grant_discard(server, consumer, "editor"), COVEY_OK);
  CHECK(says(&c, call));
  CHECK(hears_start(&c, ACTION_ERROR("1", "403")));
  close_with(&b, &c);
}

static void leave_it_open(boards *self, covey_consumer_id consumer,
                          covey_call_id call, const char *parameters,
                          size_t size) {
  (void)self, (void)consumer, (void)call, (void)parameters, (void)size;
}

static void too_many_open_calls_are_429(void) {
  boards b;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.calls_per_consumer_max = 2;
  open_with(&b, &c, "ada", &options);
  b.on_action = leave_it_open;
  CHECK(says(&c, "{'callId':1,'action':'nothing','params':[]}"));
  CHECK(says(&c, "{'callId':2,'action':'nothing','params':[]}"));
  CHECK(says(&c, "{'callId':3,'action':'nothing','params':[]}"));
  CHECK(hears_start(&c, ACTION_ERROR("3", "429")));
  CHECK_IS(atomic_load(&b.actions), 2);
  CHECK_IS(boards_statistics(&b).calls_open, 2);
  CHECK_IS(covey_call_return(b.h.server, atomic_load(&b.call), NULL, 0),
           COVEY_OK);
  CHECK(hears(&c, RESULT("2", "null")));
  CHECK(says(&c, "{'callId':4,'action':'nothing','params':[]}"));
  AWAIT(&b.h, atomic_load(&b.actions) == 3);
  close_with(&b, &c);
}

static void an_unanswered_call_is_504(void) {
  boards b;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.call_timeout_ms = 40;
  open_with(&b, &c, "ada", &options);
  b.on_action = leave_it_open;
  CHECK(says(&c, "{'callId':1,'action':'nothing','params':[]}"));
  CHECK(hears_start(&c, ACTION_ERROR("1", "504")));
  CHECK_IS(covey_call_return(b.h.server, atomic_load(&b.call), NULL, 0),
           COVEY_E_GONE);
  covey_statistics statistics = boards_statistics(&b);
  CHECK_IS(statistics.calls, 1);
  CHECK_IS(statistics.calls_timed_out, 1);
  CHECK_IS(statistics.calls_open, 0);
  close_with(&b, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(parameters_are_positional_and_checked),
      TEST(our_own_clients_may_give_parameters_by_name),
      TEST(unchecked_parameters_are_handed_on_as_they_came),
      TEST(parameters_may_be_of_every_type_that_is_no_relation),
      TEST(a_call_that_is_none_is_400),
      TEST(an_unknown_action_is_404),
      TEST(who_has_no_user_may_call_what_anybody_may),
      TEST(an_action_may_take_a_grant),
      TEST(too_many_open_calls_are_429),
      TEST(an_unanswered_call_is_504),
  };
  return CHECK_MAIN(argc, argv, tests);
}
