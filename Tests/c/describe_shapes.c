/*
 * describe_shapes.c - what is inside of JSON, checked where clients say it: in
 * writes, and in parameters of actions.
 *
 * Texts are written with ' for ", so that they can be read.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shape {
  const char *text;
  const char *good[8];
  const char *bad[12];
};

static const struct shape shapes[] = {
    {"\"boolean\"", {"true", "false"}, {"0", "'true'", "null", "[]"}},
    {"\"integer\"",
     {"0", "-1", "123456789012345678901234567890"},
     {"1.0", "1e3", "'1'", "null", "[1]"}},
    {"\"number\"", {"0", "1.5e300", "-0.1"}, {"'1'", "null", "true", "{}"}},
    {"\"string\"", {"''", "'\\u00e9'", "'null'"}, {"1", "null", "['a']"}},
    {"\"datetime\"",
     {"'2026-11-21T09:30:00Z'", "'2026-11-21T09:30:00.25+05:30'"},
     {"'2026-11-21'", "'now'", "''", "null", "1795000000"}},
    {"\"date\"",
     {"'2026-11-21'", "'2024-02-29'"},
     {"'2023-02-29'", "'2026-11-21T09:30:00'", "''", "null", "20261121"}},
    {"\"decimal\"", {"'-12.50'", "'0'"}, {"12.5", "'1e3'", "''", "null"}},
    {"[\"string\"]",
     {"[]", "['a']", "[ 'a' , 'b' ]"},
     {"'a'", "[1]", "['a',1]", "[null]", "[['a']]", "{}", "null"}},
    {"[[\"date\"]]",
     {"[]", "[[]]", "[['2026-11-21'],[]]"},
     {"['2026-11-21']", "[['x']]", "[[],1]"}},
    {"{\"*\":\"number\"}",
     {"{}", "{'a':1}", "{'':1,'x y':2.5,'*':3}"},
     {"[]", "{'a':'1'}", "{'a':1,'b':null}", "1", "null"}},
    {"{\"x\":\"number\",\"y?\":\"string\"}",
     {"{'x':1}", "{'x':1,'y':'a'}", "{'y':'a','x':1}", "{'\\u0078':1}",
      "{ 'x' : 1 }"},
     {"{}", "{'y':'a'}", "{'x':'1'}", "{'x':1,'y':2}", "{'x':1,'y':null}",
      "{'x':1,'z':1}", "{'x':1,'x':2}", "{'x':1,'\\u0078':2}", "{'X':1}",
      "{'x':1,'y?':'a'}", "[1]"}},
    {"{}", {"{}"}, {"{'a':1}", "[]", "null", "''"}},
    {"{\"a\":\"json\",\"b\":\"null\"}",
     {"{'a':null,'b':null}", "{'a':{'c':[1]},'b':null}"},
     {"{'a':1}", "{'a':1,'b':1}", "{'b':null}"}},
    {"{\"|\":[\"string\",[\"integer\"]]}",
     {"'a'", "[1,2]", "[]"},
     {"1", "[1,'a']", "null", "{}"}},
    {"{\"=\":[\"open\",3,true,-1.5]}",
     {"'open'", "3", "true", "-1.5", "'\\u006fpen'"},
     {"'Open'", "'3'", "4", "false", "null", "['open']"}},
    {"{\"list\":[{\"at\":{\"|\":[\"date\",\"null\"]},\"n?\":{\"*\":"
     "[\"integer\"]}}]}",
     {"{'list':[]}", "{'list':[{'at':null}]}",
      "{'list':[{'at':'2026-11-21','n':{'a':[1]}},{'at':null,'n':{}}]}"},
     {"{'list':[{}]}", "{'list':[{'at':'x'}]}",
      "{'list':[{'at':null,'n':{'a':[1.5]}}]}",
      "{'list':[{'at':null},{'at':null,'m':1}]}", "{'list':{}}"}},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static char shape_names[SHAPES][8]; /* of models and of actions */
static covey_model_id models[SHAPES];

static covey_field shaped(const char *text, uint32_t flags) {
  covey_field field = boards_field("x", COVEY_FIELD_JSON, flags);
  field.shape = text;
  return field;
}

static void fail(boards *self, covey_consumer_id consumer, covey_call_id call,
                 const covey_write *write) {
  (void)consumer, (void)write;
  CHECK_IS(covey_call_fail(self->h.server, call, 418, NULL), COVEY_OK);
}

/* Answers that a write was asked for, with an error: nothing is written. */
static bool open_with(boards *b, void (*declare)(boards *)) {
  boards_prepare(b);
  b->declare = declare;
  b->on_write = fail;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  return true;
}

static void close_with(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

static void enter(boards *b, client *c, const char *target) {
  CHECK(boards_enter(b, c, target, "+ada") != 0);
  CHECK(skips_snapshot(c));
}

/* A model, and a channel that shows it at its name. */
static covey_model_id declare_shown(boards *b, const char *name,
                                    const covey_field *fields, size_t count) {
  char pattern[32];
  covey_model_id model = boards_declare(b, name, COVEY_ID_INTEGER,
                                        COVEY_WRITE_SAVE, fields, count, NULL);
  snprintf(pattern, sizeof pattern, "%s/<int:id>/", name);
  boards_show(b, pattern, model, 0);
  return model;
}

/* -------------------------------------------------------------- writes -- */

static void declare_models(boards *b) {
  for (size_t i = 0; i < SHAPES; i++) {
    covey_field field =
        shaped(shapes[i].text, COVEY_FIELD_WRITABLE | COVEY_FIELD_NULLABLE);
    snprintf(shape_names[i], sizeof shape_names[i], "s%zu", i);
    models[i] = declare_shown(b, shape_names[i], &field, 1);
  }
}

/* Whether a client that saves this is answered with this code; 418: the host
 * was asked. */
static bool is_answered(client *c, const char *model, const char *data,
                        int code) {
  char write[512], answer[128];
  check_note(data);
  snprintf(write, sizeof write,
           "{'type':'write','writeId':1,'operation':'save','instanceType':'%s',"
           "'instanceId':1,'data':{%s}}",
           model, data);
  snprintf(answer, sizeof answer,
           "{'type':'writeResponse','writeId':1,'success':false,'error':"
           "{'code':%d,'message':'",
           code);
  bool is_so = says(c, write) && hears_start(c, answer);
  check_note(NULL);
  return is_so;
}

static void check_writes(boards *b, size_t which) {
  const struct shape *shape = &shapes[which];
  client c;
  char text[256];
  snprintf(text, sizeof text, "/%s/1/", shape_names[which]);
  enter(b, &c, text);
  for (const char *const *good = shape->good; *good != NULL; good++) {
    snprintf(text, sizeof text, "'x':%s", *good);
    CHECK(is_answered(&c, shape_names[which], text, 418));
  }
  int writes = atomic_load(&b->writes);
  for (const char *const *bad = shape->bad; *bad != NULL; bad++) {
    snprintf(text, sizeof text, "'x':%s", *bad);
    CHECK(is_answered(&c, shape_names[which], text,
                      strcmp(*bad, "null") == 0 ? 418 : 400));
    writes += strcmp(*bad, "null") == 0;
  }
  CHECK_IS(atomic_load(&b->writes), writes);
  client_drop(&c, false);
}

static void a_write_has_the_shape_of_its_field(void) {
  boards b;
  if (!open_with(&b, declare_models))
    return;
  for (size_t i = 0; i < SHAPES; i++) {
    boards_put(&b, models[i], "{'id':1,'x':null}");
    check_writes(&b, i);
  }
  boards_close(&b);
}

static void what_is_put_has_the_shape_of_its_field(void) {
  boards b;
  char json[256];
  if (!open_with(&b, declare_models))
    return;
  for (size_t i = 0; i < SHAPES; i++) {
    for (const char *const *good = shapes[i].good; *good != NULL; good++) {
      snprintf(json, sizeof json, "{'id':1,'x':%s}", *good);
      boards_put(&b, models[i], json);
    }
  }
  CHECK_IS(covey_store_put(b.h.server, models[7], "{\"id\":1,\"x\":[1]}", 16, 0,
                           NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_store_put(b.h.server, models[7], "{\"id\":1,\"x\":[1]}", 16,
                           COVEY_PUT_MERGE, NULL),
           COVEY_E_INVALID);
  boards_close(&b);
}

static covey_model_id nullables;

static void declare_nullables(boards *b) {
  covey_field fields[] = {
      shaped("[\"string\"]", COVEY_FIELD_WRITABLE),
      shaped("[\"string\"]", COVEY_FIELD_WRITABLE | COVEY_FIELD_NULLABLE),
      shaped("[\"string\"]", COVEY_FIELD_WRITABLE | COVEY_FIELD_OPTIONAL),
      boards_field("any", COVEY_FIELD_JSON, COVEY_FIELD_WRITABLE),
  };
  fields[0].name = "plain";
  fields[1].name = "nullable";
  fields[2].name = "optional";
  nullables = declare_shown(b, "nullables", fields, 4);
}

static void a_field_with_a_shape_is_null_only_where_it_is_nullable(void) {
  boards b;
  client c;
  if (!open_with(&b, declare_nullables))
    return;
  boards_put(&b, nullables, "{'id':1,'plain':[],'optional':[]}");
  CHECK(boards_has(&b, nullables, "1",
                   "{'id':1,'plain':[],'nullable':null,'optional':[],"
                   "'any':null}"));
  CHECK_IS(covey_store_put(b.h.server, nullables, "{\"id\":2}", 8, 0, NULL),
           COVEY_E_INVALID);
  enter(&b, &c, "/nullables/1/");
  CHECK(is_answered(&c, "nullables", "'plain':null", 400));
  CHECK(is_answered(&c, "nullables", "'nullable':null", 418));
  CHECK(is_answered(&c, "nullables", "'optional':null", 400));
  CHECK(is_answered(&c, "nullables", "'any':null", 418));
  CHECK(is_answered(&c, "nullables", "'any':{'a':[1]}", 418));
  CHECK(is_answered(&c, "nullables", "'nullable':[null]", 400));
  CHECK(is_answered(&c, "nullables", "'plain':['a'],'nullable':['b']", 418));
  close_with(&b, &c);
}

/* Fields that are not nullable, but of a shape that null has. */
static void declare_nulls(boards *b) {
  covey_field fields[] = {
      shaped("{\"|\":[\"string\",\"null\"]}", COVEY_FIELD_WRITABLE),
      shaped("{\"=\":[\"open\",null]}", COVEY_FIELD_WRITABLE),
      shaped("\"json\"", COVEY_FIELD_WRITABLE),
  };
  fields[0].name = "union";
  fields[1].name = "literals";
  fields[2].name = "json";
  nullables = declare_shown(b, "nulls", fields, 3);
}

static void a_field_may_be_null_when_its_shape_says_so(void) {
  boards b;
  client c;
  if (!open_with(&b, declare_nulls))
    return;
  boards_put(&b, nullables, "{'id':1,'union':'','literals':'open','json':1}");
  enter(&b, &c, "/nulls/1/");
  CHECK(is_answered(&c, "nulls", "'union':1", 400));
  CHECK(is_answered(&c, "nulls", "'union':null", 418));
  CHECK(is_answered(&c, "nulls", "'literals':null", 418));
  CHECK(is_answered(&c, "nulls", "'json':null", 418));
  boards_put(&b, nullables, "{'id':1,'union':null,'literals':null,'json':1}");
  close_with(&b, &c);
}

/* ---------------------------------------------------------- parameters -- */

static void declare_actions(boards *b) {
  for (size_t i = 0; i < SHAPES; i++) {
    covey_field field = shaped(shapes[i].text, 0);
    snprintf(shape_names[i], sizeof shape_names[i], "s%zu", i);
    boards_act(b, b->one, shape_names[i], NULL, 0, &field, 1);
  }
}

/* Whether an action answers with its parameters; NULL: with 400. */
static bool is_handed(boards *b, client *c, const char *action,
                      const char *params, const char *handed) {
  char call[512], answer[512];
  int actions = atomic_load(&b->actions);
  check_note(params);
  snprintf(call, sizeof call, "{'callId':1,'action':'%s','params':%s}", action,
           params);
  snprintf(answer, sizeof answer,
           "{'type':'actionResponse','callId':1,'result':%s}",
           handed == NULL ? "" : handed);
  bool is_so = says(c, call) &&
               (handed == NULL ? hears_start(c, ACTION_ERROR("1", "400"))
                               : hears(c, answer));
  check_note(NULL);
  return is_so && atomic_load(&b->actions) == actions + (handed != NULL);
}

static void check_parameters(boards *b, client *c, size_t which) {
  char params[256];
  for (const char *const *good = shapes[which].good; *good != NULL; good++) {
    snprintf(params, sizeof params, "[%s]", *good);
    CHECK(is_handed(b, c, shape_names[which], params, params));
  }
  for (const char *const *bad = shapes[which].bad; *bad != NULL; bad++) {
    snprintf(params, sizeof params, "[%s]", *bad);
    CHECK(is_handed(b, c, shape_names[which], params, NULL));
  }
}

static void a_parameter_has_its_shape(void) {
  boards b;
  client c;
  if (!open_with(&b, declare_actions))
    return;
  enter(&b, &c, "/boards/1/");
  for (size_t i = 0; i < SHAPES; i++)
    check_parameters(&b, &c, i);
  CHECK(is_handed(&b, &c, "s7", "{'x':['a']}", "[['a']]"));
  CHECK(is_handed(&b, &c, "s7", "{'x':[1]}", NULL));
  close_with(&b, &c);
}

static void what_is_wrong_with_a_parameter_is_named(void) {
  boards b;
  client c;
  frame next;
  if (!open_with(&b, declare_actions))
    return;
  enter(&b, &c, "/boards/1/");
  CHECK(says(&c, "{'callId':1,'action':'s7','params':[[1]]}"));
  if (CHECK(client_receive(&c, &next)))
    CHECK(memmem(next.data, next.size, "\\\"x\\\"", 5) != NULL);
  close_with(&b, &c);
}

static void declare_null_actions(boards *b) {
  static const char list[] = "[\"string\"]",
                    open[] = "{\"|\":[\"string\",\"null\"]}";
  covey_field plain = shaped(list, 0),
              nullable = shaped(list, COVEY_FIELD_NULLABLE),
              optional = shaped(list, COVEY_FIELD_OPTIONAL),
              any = shaped(open, 0),
              both = shaped(open, COVEY_FIELD_OPTIONAL | COVEY_FIELD_NULLABLE);
  boards_act(b, b->one, "plain", NULL, 0, &plain, 1);
  boards_act(b, b->one, "nullable", NULL, 0, &nullable, 1);
  boards_act(b, b->one, "optional", NULL, 0, &optional, 1);
  boards_act(b, b->one, "any", NULL, 0, &any, 1);
  boards_act(b, b->one, "both", NULL, 0, &both, 1);
}

static void a_parameter_is_null_or_missing_where_it_may_be(void) {
  boards b;
  client c;
  if (!open_with(&b, declare_null_actions))
    return;
  enter(&b, &c, "/boards/1/");
  CHECK(is_handed(&b, &c, "plain", "[null]", NULL));
  CHECK(is_handed(&b, &c, "plain", "[]", NULL));
  CHECK(is_handed(&b, &c, "nullable", "[null]", "[null]"));
  CHECK(is_handed(&b, &c, "nullable", "[[null]]", NULL));
  CHECK(is_handed(&b, &c, "nullable", "[]", NULL));
  CHECK(is_handed(&b, &c, "optional", "[null]", "[null]"));
  CHECK(is_handed(&b, &c, "optional", "[]", "[null]"));
  CHECK(is_handed(&b, &c, "optional", "{}", "[null]"));
  CHECK(is_handed(&b, &c, "optional", "[1]", NULL));
  CHECK(is_handed(&b, &c, "any", "[null]", "[null]"));
  CHECK(is_handed(&b, &c, "any", "['a']", "['a']"));
  CHECK(is_handed(&b, &c, "any", "[]", NULL));
  CHECK(is_handed(&b, &c, "both", "[]", "[null]"));
  CHECK(is_handed(&b, &c, "both", "[null]", "[null]"));
  close_with(&b, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_write_has_the_shape_of_its_field),
      TEST(what_is_put_has_the_shape_of_its_field),
      TEST(a_field_with_a_shape_is_null_only_where_it_is_nullable),
      TEST(a_field_may_be_null_when_its_shape_says_so),
      TEST(a_parameter_has_its_shape),
      TEST(what_is_wrong_with_a_parameter_is_named),
      TEST(a_parameter_is_null_or_missing_where_it_may_be),
  };
  return CHECK_MAIN(argc, argv, tests);
}
