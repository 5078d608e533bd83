/*
 * describe.c - what a server says that it offers: models, channels, variables,
 * actions and what they answer.
 *
 * Texts are written with ' for ", so that they can be read.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A server that offers nothing yet. */
static covey_server *new_server(void) {
  covey_server *server = NULL;
  if (!CHECK_IS(covey_server_new(NULL, &server, NULL), COVEY_OK))
    exit(1);
  return server;
}

/* What a server says, with ' for "; until the next call. */
static const char *described(covey_server *server) {
  static char text[16 * 1024];
  covey_error error = COVEY_ERROR_INIT;
  const char *json = NULL;
  size_t size = 0;
  if (!CHECK_IS(covey_server_describe(server, &json, &size, &error),
                COVEY_OK)) {
    printf("%s\n", error.message);
    return "";
  }
  CHECK_IS(strlen(json), size);
  CHECK(size < sizeof text);
  snprintf(text, sizeof text, "%s", json);
  for (char *byte = text; *byte != '\0'; byte++)
    if (*byte == '"')
      *byte = '\'';
  return text;
}

static void check_has(covey_server *server, const char *part) {
  const char *text = described(server);
  if (!CHECK(strstr(text, part) != NULL))
    printf("not there: %s\nin: %s\n", part, text);
}

static covey_model_id declare(covey_server *server, const char *name,
                              const covey_field *fields, size_t count) {
  covey_model model = COVEY_MODEL_INIT;
  covey_model_id id = 0;
  model.name = name;
  model.fields = fields;
  model.field_count = count;
  CHECK_IS(covey_model_register(server, &model, &id, NULL), COVEY_OK);
  return id;
}

/* ------------------------------------------------------------ the whole -- */

static void who_offers_nothing_says_so(void) {
  covey_server *server = new_server();
  CHECK_TEXT(described(server), "{'version':1,'models':[],'channels':[]}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void everything_is_described_in_the_order_of_its_registration(void) {
  boards b;
  boards_prepare(&b);
  if (!boards_make(&b, NULL))
    return;
  CHECK_TEXT(
      described(b.h.server),
      "{'version':1,'models':["
      "{'name':'Thing','id':'integer','fields':[]},"
      "{'name':'Board','id':'integer','writable':['save'],'fields':["
      "{'name':'title','type':'string','writable':true},"
      "{'name':'cards','type':'many','model':'Card','inverse':'board'}]},"
      "{'name':'Card','id':'integer','writable':['save','create','delete'],"
      "'fields':[{'name':'board','type':'integer'},"
      "{'name':'text','type':'string','writable':true},"
      "{'name':'who','type':'string','nullable':true,'writable':true}]}],"
      "'channels':["
      "{'pattern':'ws/<str:room>/','parameters':[{'name':'room','type':'str'}],"
      "'events':['note']},"
      "{'pattern':'boards/<int:id>/','parameters':[{'name':'id','type':'int'}],"
      "'context':{'name':'BoardsByIdChannel','model':'Board',"
      "'parameter':'id'}},"
      "{'pattern':'boards/','context':{'name':'BoardsChannel','model':'Board',"
      "'many':true}}]}");
  boards_close(&b);
}

static void declare_action(boards *b) {
  boards_act(b, b->one, "do", NULL, 0, NULL, 0);
}

static void the_same_is_said_every_time(void) {
  boards b;
  client c;
  char first[8 * 1024];
  boards_prepare(&b);
  b.declare = declare_action;
  if (!boards_make(&b, NULL))
    return;
  snprintf(first, sizeof first, "%s", described(b.h.server));
  CHECK_TEXT(described(b.h.server), first);
  CHECK(host_listen(&b.h));
  CHECK_TEXT(described(b.h.server), first);
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK_TEXT(described(b.h.server), first);
  client_drop(&c, false);
  CHECK_IS(covey_server_stop(b.h.server, 0), COVEY_OK);
  while (covey_server_service(b.h.server, 100) == COVEY_OK)
    continue;
  CHECK_TEXT(described(b.h.server), first);
  boards_close(&b);
}

static void two_servers_that_offer_the_same_say_the_same(void) {
  boards a, b;
  char first[8 * 1024];
  if (!boards_open(&a) || !boards_open(&b))
    return;
  snprintf(first, sizeof first, "%s", described(a.h.server));
  CHECK_TEXT(described(b.h.server), first);
  boards_close(&a);
  boards_close(&b);
}

static void a_text_stays_until_the_loop_is_driven(void) {
  covey_server *server = new_server();
  const char *before = NULL, *after = NULL;
  CHECK_IS(covey_server_describe(server, &before, NULL, NULL), COVEY_OK);
  declare(server, "M", NULL, 0);
  CHECK_IS(covey_server_describe(server, &after, NULL, NULL), COVEY_OK);
  CHECK_TEXT(before, "{\"version\":1,\"models\":[],\"channels\":[]}");
  CHECK_TEXT(after, "{\"version\":1,\"models\":[{\"name\":\"M\",\"id\":"
                    "\"integer\",\"fields\":[]}],\"channels\":[]}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* -------------------------------------------------------------- models -- */

static void a_field_says_what_it_holds(void) {
  static const char *const types[] = {
      "boolean", "integer", "number", "string", "datetime", "date",
      "decimal", "json",    "choice", "one",    "many"};
  static const char *const choices[] = {"\"open\"", "3", "true", "-1.50", NULL};
  covey_server *server = new_server();
  covey_field fields[11];
  char expected[64];
  for (int i = 0; i < 11; i++) {
    fields[i] = boards_field(types[i], i + 1, 0);
    fields[i].model = "M";
  }
  fields[8].choices = choices;
  declare(server, "M", fields, 11);
  for (int i = 0; i < 8; i++) {
    snprintf(expected, sizeof expected, "{'name':'%s','type':'%s'}", types[i],
             types[i]);
    check_has(server, expected);
  }
  check_has(server, "{'name':'choice','type':'choice','choices':"
                    "['open',3,true,-1.50]}");
  check_has(server, "{'name':'one','type':'one','model':'M'}");
  check_has(server, "{'name':'many','type':'many','model':'M'}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_field_says_what_may_be_done_with_it(void) {
  static const char *const expected[] = {
      "{'name':'f0','type':'date'}",
      "{'name':'f1','type':'date','nullable':true}",
      "{'name':'f2','type':'date','writable':true}",
      "{'name':'f3','type':'date','nullable':true,'writable':true}",
      "{'name':'f4','type':'date','optional':true}",
      "{'name':'f5','type':'date','nullable':true,'optional':true}",
      "{'name':'f6','type':'date','writable':true,'optional':true}",
      ("{'name':'f7','type':'date','nullable':true,'writable':true,"
       "'optional':true}")};
  static const char *const names[] = {"f0", "f1", "f2", "f3",
                                      "f4", "f5", "f6", "f7"};
  covey_server *server = new_server();
  covey_field fields[8];
  for (uint32_t flags = 0; flags < 8; flags++)
    fields[flags] = boards_field(names[flags], COVEY_FIELD_DATE, flags);
  declare(server, "M", fields, 8);
  for (int i = 0; i < 8; i++)
    check_has(server, expected[i]);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_model_says_who_may_write_it_and_whose_it_is(void) {
  covey_server *server = new_server();
  covey_model model = COVEY_MODEL_INIT;
  covey_field fields[] = {boards_field("who", COVEY_FIELD_STRING, 0)};
  model.name = "a.\"M\"/\xc3\xa9";
  model.id_kind = COVEY_ID_STRING;
  model.writable = COVEY_WRITE_DELETE | COVEY_WRITE_SAVE;
  model.fields = fields;
  model.field_count = 1;
  model.owner_field = "who";
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_OK);
  check_has(server, "{'name':'a.\\'M\\'/\xc3\xa9','id':'string','writable':"
                    "['save','delete'],'owner':'who','fields':["
                    "{'name':'who','type':'string'}]}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_shape_is_described_as_it_was_said(void) {
  static const char *const shapes[][2] = {
      {"\"string\"", "'string'"},
      {"[\"integer\"]", "['integer']"},
      {" { \"*\" :\t[ \"date\" ]\n} ", "{'*':['date']}"},
      {"{}", "{}"},
      {"{\"b\":\"null\",\"a?\":{\"\":\"json\"}}",
       "{'b':'null','a?':{'':'json'}}"},
      {"{\"|\":[\"string\",[\"number\"],\"null\"]}",
       "{'|':['string',['number'],'null']}"},
      {"{\"=\":[\"open\",3,-1.50,true,null]}",
       "{'=':['open',3,-1.50,true,null]}"},
  };
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    covey_server *server = new_server();
    covey_field field = boards_field("x", COVEY_FIELD_JSON, 0);
    char expected[128];
    field.shape = shapes[i][0];
    declare(server, "M", &field, 1);
    snprintf(expected, sizeof expected, "{'name':'x','type':'json','shape':%s}",
             shapes[i][1]);
    check_has(server, expected);
    CHECK_IS(covey_server_free(server), COVEY_OK);
  }
}

static void a_model_that_is_missing_is_named(void) {
  covey_server *server = new_server();
  covey_field field = boards_field("b", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE);
  covey_error error = COVEY_ERROR_INIT;
  covey_typescript_options options = COVEY_TYPESCRIPT_OPTIONS_INIT;
  const char *json = NULL;
  size_t size = 77;
  field.model = "Later";
  declare(server, "A", &field, 1);
  CHECK_IS(covey_server_describe(server, &json, &size, &error),
           COVEY_E_INVALID);
  CHECK(strstr(error.message, "A.b") != NULL);
  CHECK(strstr(error.message, "Later") != NULL);
  CHECK(json == NULL && size == 77);
  options.folder = "missing";
  options.flags = COVEY_TYPESCRIPT_CHECK | COVEY_TYPESCRIPT_RXDJANGO;
  CHECK_IS(covey_server_generate_typescript(server, &options, &size, &error),
           COVEY_E_INVALID);
  CHECK(strstr(error.message, "Later") != NULL);
  CHECK_IS(size, 77);
  declare(server, "Later", NULL, 0);
  check_has(server,
            "{'name':'b','type':'one','model':'Later','nullable':true}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void describing_does_not_end_the_setup(void) {
  covey_server *server = new_server();
  CHECK_TEXT(described(server), "{'version':1,'models':[],'channels':[]}");
  declare(server, "M", NULL, 0);
  check_has(server, "'models':[{'name':'M','id':'integer','fields':[]}]");
  CHECK_IS(covey_channel_register(server, "late/", NULL, NULL, NULL, NULL),
           COVEY_OK);
  check_has(server, "'channels':[{'pattern':'late/'}]");
  declare(server, "N", NULL, 0);
  CHECK_IS(covey_server_listen(server, NULL, NULL, NULL), COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* ------------------------------------------------------------ channels -- */

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

static void a_channel_says_its_parameters_and_events(void) {
  static const char *const events[] = {"b", "a.x", "c\"", "a"};
  covey_server *server = new_server();
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  covey_channel_id channel = 0;
  options.flags = COVEY_CHANNEL_PUBLIC;
  CHECK_IS(covey_channel_register(server,
                                  "x/<int:a>/<uuid:b>/<slug:c>-<d>/<path:e>",
                                  &options, NULL, &channel, NULL),
           COVEY_OK);
  for (size_t i = 0; i < 4; i++)
    CHECK_IS(
        covey_event_register(server, channel, events[i], on_event, NULL, NULL),
        COVEY_OK);
  check_has(server, "{'pattern':'x/<int:a>/<uuid:b>/<slug:c>-<d>/<path:e>',"
                    "'parameters':[{'name':'a','type':'int'},"
                    "{'name':'b','type':'uuid'},{'name':'c','type':'slug'},"
                    "{'name':'d','type':'str'},{'name':'e','type':'path'}],"
                    "'events':['a','a.x','b','c\\''],'public':true}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void show(covey_server *server, const char *pattern,
                 const covey_context_options *context,
                 covey_channel_id *channel_out) {
  covey_error error = COVEY_ERROR_INIT;
  if (!CHECK_IS(covey_context_register(server, pattern, NULL, context, NULL,
                                       channel_out, &error),
                COVEY_OK))
    printf("%s: %s\n", pattern, error.message);
}

static void a_context_without_a_name_has_that_of_its_pattern(void) {
  static const char *const names[][2] = {
      {"boards/", "BoardsChannel"},
      {"ws/boards/", "BoardsChannel"},
      {"ws/ws/boards/", "BoardsChannel"},
      {"boards/ws/", "BoardsWsChannel"},
      {"boards/<int:id>/", "BoardsByIdChannel"},
      {"my-boards/of_mine/<board_id>", "MyBoardsOfMineByBoardIdChannel"},
      {"boards/<int:a>/cards/<slug:b>/", "BoardsByACardsByBChannel"},
      {"<slug:team>/", "ByTeamChannel"},
      {"2d/", "_2dChannel"},
      {"myBoards/", "MyBoardsChannel"},
      {"", "Channel"},
      {"\xc3\xa9t\xc3\xa9/", "TChannel"},
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    covey_server *server = new_server();
    covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
    char expected[64];
    context.model = declare(server, "M", NULL, 0);
    context.flags = COVEY_CONTEXT_MANY;
    check_note(names[i][0]);
    show(server, names[i][0], &context, NULL);
    snprintf(expected, sizeof expected, "'context':{'name':'%s','model':'M'",
             names[i][1]);
    check_has(server, expected);
    CHECK_IS(covey_server_free(server), COVEY_OK);
  }
}

static void a_context_says_its_name_and_variables(void) {
  covey_server *server = new_server();
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_field variables[] = {
      boards_field("viewers", COVEY_FIELD_INTEGER, 0),
      boards_field("tags", COVEY_FIELD_JSON, COVEY_FIELD_NULLABLE),
  };
  char name[] = "Board2Channel", parameter[] = "at";
  variables[1].shape = "[\"string\"]";
  context.model = declare(server, "M", NULL, 0);
  context.name = name;
  context.parameter = parameter;
  context.variables = variables;
  context.variable_count = 2;
  show(server, "x/<int:id>/<int:at>/", &context, NULL);
  memset(name, '#', sizeof name - 1);
  memset(parameter, '#', sizeof parameter - 1);
  memset(variables, 0xff, sizeof variables);
  check_has(server,
            "'context':{'name':'Board2Channel','model':'M','parameter':'at',"
            "'variables':[{'name':'viewers','type':'integer'},"
            "{'name':'tags','type':'json','shape':['string'],"
            "'nullable':true}]}}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* ------------------------------------------------------------- actions -- */

static void on_action(covey_server *server, covey_consumer_id consumer,
                      covey_call_id call, const char *parameters, size_t size,
                      void *user) {
  (void)server, (void)consumer, (void)call, (void)parameters, (void)size;
  (void)user;
}

/* A server with one context channel. */
static covey_server *new_with_channel(covey_channel_id *channel_out) {
  covey_server *server = new_server();
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  context.model = declare(server, "M", NULL, 0);
  context.flags = COVEY_CONTEXT_MANY;
  show(server, "m/", &context, channel_out);
  return server;
}

static void act(covey_server *server, covey_channel_id channel,
                const covey_action *action) {
  covey_error error = COVEY_ERROR_INIT;
  if (!CHECK_IS(covey_action_register(server, channel, action, on_action, NULL,
                                      NULL, &error),
                COVEY_OK))
    printf("%s: %s\n", action->name, error.message);
}

static void an_action_says_who_may_call_it_and_how(void) {
  covey_channel_id channel = 0;
  covey_server *server = new_with_channel(&channel);
  covey_field parameters[] = {
      boards_field("title", COVEY_FIELD_STRING, 0),
      boards_field("done", COVEY_FIELD_BOOLEAN, COVEY_FIELD_OPTIONAL),
  };
  covey_action action = COVEY_ACTION_INIT;
  action.name = "create";
  action.grant = "editor";
  action.flags = COVEY_ACTION_ANONYMOUS;
  action.parameters = parameters;
  action.parameter_count = 2;
  act(server, channel, &action);
  action = (covey_action)COVEY_ACTION_INIT;
  action.name = "any";
  action.flags = COVEY_ACTION_UNCHECKED;
  act(server, channel, &action);
  check_has(server,
            "'actions':[{'name':'create','grant':'editor','anonymous':true,"
            "'parameters':[{'name':'title','type':'string'},"
            "{'name':'done','type':'boolean','optional':true}]},"
            "{'name':'any','unchecked':true}]");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* What is said of an action that answers with this. */
static void check_result(covey_field_type type, const covey_field *result,
                         const char *expected) {
  covey_channel_id channel = 0;
  covey_server *server = new_with_channel(&channel);
  covey_action action = COVEY_ACTION_INIT;
  char text[256];
  action.name = "a";
  action.result_type = type;
  action.result = result;
  act(server, channel, &action);
  snprintf(
      text, sizeof text, "'actions':[{'name':'a'%s%s}]",
      expected == NULL ? "" : ",'result':", expected == NULL ? "" : expected);
  check_has(server, text);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void an_action_says_what_it_answers(void) {
  static const char *const choices[] = {"1", "\"x\"", NULL};
  covey_field plain = boards_field(NULL, COVEY_FIELD_DATE, 0),
              nullable =
                  boards_field(NULL, COVEY_FIELD_INTEGER, COVEY_FIELD_NULLABLE),
              shaped = boards_field(NULL, COVEY_FIELD_JSON, 0),
              chosen = boards_field(NULL, COVEY_FIELD_CHOICE, 0),
              named = boards_field("_id\xff", COVEY_FIELD_STRING, 0);
  shaped.shape = "{\"ids\":[\"integer\"]}";
  chosen.choices = choices;
  check_result(0, NULL, NULL);
  check_result(COVEY_FIELD_BOOLEAN, NULL, "{'type':'boolean'}");
  check_result(COVEY_FIELD_DECIMAL, NULL, "{'type':'decimal'}");
  check_result(COVEY_FIELD_JSON, NULL, "{'type':'json'}");
  check_result(0, &plain, "{'type':'date'}");
  check_result(0, &nullable, "{'type':'integer','nullable':true}");
  check_result(0, &shaped, "{'type':'json','shape':{'ids':['integer']}}");
  check_result(0, &chosen, "{'type':'choice','choices':[1,'x']}");
  check_result(0, &named, "{'type':'string'}");
  check_result(COVEY_FIELD_BOOLEAN, &plain, "{'type':'date'}");
}

/* The header says that of the flags of a result NULLABLE alone counts. */
static void other_flags_of_a_result_do_not_count(void) {
  covey_field result = boards_field(
      NULL, COVEY_FIELD_DATE, COVEY_FIELD_WRITABLE | COVEY_FIELD_OPTIONAL);
  check_result(0, &result, "{'type':'date'}");
}

static void answer_seven(covey_server *server, covey_consumer_id consumer,
                         covey_call_id call, const char *parameters,
                         size_t size, void *user) {
  (void)consumer, (void)parameters, (void)size, (void)user;
  CHECK_IS(covey_call_return(server, call, "7", 1), COVEY_OK);
}

static void declare_shaped(boards *b) {
  covey_action action = COVEY_ACTION_INIT;
  covey_field result = boards_field(NULL, COVEY_FIELD_JSON, 0);
  char shape[] = "[\"string\"]";
  action.name = "shaped";
  result.shape = shape;
  action.result = &result;
  CHECK_IS(covey_action_register(b->h.server, b->one, &action, answer_seven,
                                 NULL, NULL, NULL),
           COVEY_OK);
  memset(shape, '#', sizeof shape - 1);
  memset(&result, 0xff, sizeof result);
}

static void a_result_is_told_and_not_checked(void) {
  boards b;
  client c;
  boards_prepare(&b);
  b.declare = declare_shaped;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  check_has(b.h.server, "{'name':'shaped','result':{'type':'json','shape':"
                        "['string']}}");
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK(says(&c, "{'callId':1,'action':'shaped','params':[]}"));
  CHECK(hears(&c, RESULT("1", "7")));
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(who_offers_nothing_says_so),
      TEST(everything_is_described_in_the_order_of_its_registration),
      TEST(the_same_is_said_every_time),
      TEST(two_servers_that_offer_the_same_say_the_same),
      TEST(a_text_stays_until_the_loop_is_driven),
      TEST(a_field_says_what_it_holds),
      TEST(a_field_says_what_may_be_done_with_it),
      TEST(a_model_says_who_may_write_it_and_whose_it_is),
      TEST(a_shape_is_described_as_it_was_said),
      TEST(a_model_that_is_missing_is_named),
      TEST(describing_does_not_end_the_setup),
      TEST(a_channel_says_its_parameters_and_events),
      TEST(a_context_without_a_name_has_that_of_its_pattern),
      TEST(a_context_says_its_name_and_variables),
      TEST(an_action_says_who_may_call_it_and_how),
      TEST(an_action_says_what_it_answers),
      TEST(other_flags_of_a_result_do_not_count),
      TEST(a_result_is_told_and_not_checked),
  };
  return CHECK_MAIN(argc, argv, tests);
}
