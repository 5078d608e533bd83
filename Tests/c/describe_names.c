/*
 * describe_names.c - what things are called in TypeScript clients, and what
 * they are imported from.
 */
#include "workshop.h"

#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------- names -- */

static void models_that_would_be_called_the_same_are_refused(void) {
  static const char *const clashes[][2] = {{"Task", "app.Task"},
                                           {"a.x_y", "a.XY"},
                                           {"a.Task", "a.TaskSerializer"},
                                           {"a.b.X", "a.c.X"},
                                           {"a-b.X", "a_b.X"}};
  for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++) {
    workshop w;
    workshop_open(&w);
    workshop_declare(&w, clashes[i][0], 0, NULL, 0);
    CHECK_IS(workshop_generate(&w, COVEY_TYPESCRIPT_CHECK), 1);
    workshop_declare(&w, clashes[i][1], 0, NULL, 0);
    workshop_fails(&w, COVEY_TYPESCRIPT_CHECK, COVEY_E_INVALID, clashes[i][0],
                   clashes[i][1]);
    workshop_fails(&w, 0, COVEY_E_INVALID, clashes[i][0], clashes[i][1]);
    CHECK_TEXT(w.said, "");
    CHECK_IS(workshop_count(&w), 0);
    workshop_close(&w);
  }
}

static void channels_that_would_be_called_the_same_are_refused(void) {
  workshop w;
  workshop_open(&w);
  covey_model_id a = workshop_declare(&w, "a.X", 0, NULL, 0),
                 b = workshop_declare(&w, "b.Y", 0, NULL, 0);
  workshop_show(&w, "first/", a, "ListChannel");
  workshop_show(&w, "list/", b, NULL); /* of another app: in another file */
  CHECK_IS(workshop_generate(&w, COVEY_TYPESCRIPT_CHECK), 4);
  workshop_show(&w, "list/all/", a, "ListChannel");
  workshop_fails(&w, 0, COVEY_E_INVALID, "first/", "list/all/");
  CHECK_TEXT(w.said, "");
  CHECK_IS(workshop_count(&w), 0);
  workshop_close(&w);
}

static void actions_that_would_be_called_the_same_are_refused(void) {
  static const char *const clashes[][2] = {{"create_task", "createTask"},
                                           {"do-it", "do it"},
                                           {"Do", "do"},
                                           {"\xc3\xa9", "\xc3\xa8"}};
  for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++) {
    workshop w;
    workshop_open(&w);
    covey_model_id model = workshop_declare(&w, "a.X", 0, NULL, 0);
    covey_channel_id one = workshop_show(&w, "one/", model, NULL),
                     other = workshop_show(&w, "other/", model, NULL);
    workshop_act(&w, one, clashes[i][0], NULL, 0);
    workshop_act(&w, other, clashes[i][1], NULL, 0);
    CHECK_IS(workshop_generate(&w, COVEY_TYPESCRIPT_CHECK), 2);
    workshop_act(&w, one, clashes[i][1], NULL, 0);
    workshop_fails(&w, 0, COVEY_E_INVALID, clashes[i][0], clashes[i][1]);
    CHECK_IS(workshop_count(&w), 0);
    workshop_close(&w);
  }
}

/* ------------------------------------------------------------ contents -- */

static void check_file_has(const workshop *w, const char *name,
                           const char *part) {
  const char *text = workshop_text(w, name);
  if (!CHECK(text != NULL && strstr(text, part) != NULL))
    printf("not there: %s\nin: %s\n", part, text == NULL ? "no file" : text);
}

static void check_file_has_not(const workshop *w, const char *name,
                               const char *part) {
  const char *text = workshop_text(w, name);
  CHECK(text != NULL && strstr(text, part) == NULL);
}

static void module_and_url_are_those_of_the_options(void) {
  static const char *const names[] = {"a/a.interfaces.d.ts", "a/a.channels.ts"};
  workshop w;
  workshop_open(&w);
  workshop_show(&w, "x/", workshop_declare(&w, "a.X", 0, NULL, 0), NULL);
  CHECK_IS(workshop_generate(&w, 0), 2);
  check_file_has(&w, names[0], "from '@rxdjango/react';");
  check_file_has(&w, names[1], "from '@rxdjango/react';");
  check_file_has(&w, names[1], "\"ws://localhost:8000/\"");
  covey_typescript_options options = workshop_options(&w, 0);
  size_t changed = 0;
  options.module = "../my/client";
  options.url = "wss://example.org/\"x\"/";
  CHECK_IS(covey_server_generate_typescript(w.server, &options, &changed, NULL),
           COVEY_OK);
  CHECK_IS(changed, 2);
  check_file_has(&w, names[0], "from '../my/client';");
  check_file_has(&w, names[1], "from '../my/client';");
  check_file_has(&w, names[1], "\"wss://example.org/\\\"x\\\"/\"");
  check_file_has_not(&w, names[1], "localhost");
  workshop_close(&w);
}

/* a.X lists b.Y, and b.Z lists a.W; clients may do this with b.Y and a.W. */
static void open_apps(workshop *w, uint32_t writable) {
  covey_field ys = boards_field("ys", COVEY_FIELD_MANY, 0),
              ws = boards_field("ws", COVEY_FIELD_MANY, 0);
  workshop_open(w);
  ys.model = "b.Y";
  ws.model = "a.W";
  covey_model_id x = workshop_declare(w, "a.X", 0, &ys, 1);
  workshop_declare(w, "b.Y", writable, NULL, 0);
  covey_model_id z = workshop_declare(w, "b.Z", 0, &ws, 1);
  workshop_declare(w, "a.W", writable, NULL, 0);
  workshop_show(w, "xs/", x, NULL);
  workshop_show(w, "zs/", z, NULL);
}

static void two_apps_import_each_others_types(void) {
  workshop w;
  open_apps(&w, 0);
  CHECK_IS(workshop_generate(&w, 0), 4);
  check_file_has(&w, "a/a.interfaces.d.ts",
                 "import { YType } from '../b/b.interfaces.d';\n");
  check_file_has(&w, "a/a.interfaces.d.ts", "  ys: YType[];\n");
  check_file_has_not(&w, "a/a.interfaces.d.ts", "from './");
  check_file_has(&w, "b/b.interfaces.d.ts",
                 "import { WType } from '../a/a.interfaces.d';\n");
  check_file_has(&w, "b/b.interfaces.d.ts", "  ws: WType[];\n");
  check_file_has(&w, "a/a.channels.ts",
                 "import { XType } from './a.interfaces.d';\n");
  check_file_has(&w, "a/a.channels.ts", "\"ys\": \"b.Y\"");
  check_file_has(&w, "b/b.channels.ts",
                 "import { ZType } from './b.interfaces.d';\n");
  check_file_has(&w, "b/b.channels.ts", "\"ws\": \"a.W\"");
  workshop_close(&w);
}

static void what_may_be_written_is_imported_with_its_helpers(void) {
  workshop w;
  open_apps(&w, COVEY_WRITE_SAVE | COVEY_WRITE_CREATE);
  CHECK_IS(workshop_generate(&w, 0), 4);
  check_file_has(&w, "a/a.channels.ts",
                 "import { ContextChannel, Creatable, Saveable } from "
                 "'@rxdjango/react';\n"
                 "import { XType } from './a.interfaces.d';\n"
                 "import { YType } from '../b/b.interfaces.d';\n");
  check_file_has(&w, "a/a.channels.ts",
                 "export type YState = Saveable<YType, YPayload>;\n");
  check_file_has(&w, "a/a.channels.ts", "\"b.Y\": [\"save\", \"create\"],\n");
  check_file_has(&w, "b/b.channels.ts",
                 "import { WType } from '../a/a.interfaces.d';\n"
                 "import { ZType } from './b.interfaces.d';\n");
  check_file_has(&w, "b/b.channels.ts",
                 "export class ZsChannel extends ContextChannel<ZState[],");
  check_file_has_not(&w, "b/b.channels.ts", "Deleteable");
  workshop_close(&w);
}

static void a_model_that_leads_to_itself_keeps_an_id(void) {
  workshop w;
  covey_field fields[] = {
      boards_field("after", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE),
      boards_field("parts", COVEY_FIELD_MANY, 0)};
  workshop_open(&w);
  fields[0].model = fields[1].model = "a.X";
  workshop_show(&w, "x/", workshop_declare(&w, "a.X", 0, fields, 2), NULL);
  CHECK_IS(workshop_generate(&w, 0), 2);
  check_file_has(&w, "a/a.interfaces.d.ts",
                 "  after: number | null;\n  parts: number[];\n");
  workshop_close(&w);
}

static void shapes_are_types(void) {
  static const char *const shapes[][2] = {
      {"[\"integer\"]", "number[]"},
      {"[{\"|\":[\"string\",\"null\"]}]", "(string | null)[]"},
      {"{\"*\":\"date\"}", "{ [key: string]: string }"},
      {"{\"a\":\"boolean\",\"b c?\":\"json\"}",
       "{ a: boolean; \"b c\"?: any }"},
      {"{\"=\":[\"open\",3,null]}", "\"open\" | 3 | null"},
      {"{}", "{}"},
  };
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    workshop w;
    covey_field field = boards_field("x", COVEY_FIELD_JSON, 0);
    char line[128];
    workshop_open(&w);
    field.shape = shapes[i][0];
    workshop_declare(&w, "a.X", 0, &field, 1);
    CHECK_IS(workshop_generate(&w, 0), 1);
    snprintf(line, sizeof line, "  x: %s;\n", shapes[i][1]);
    check_file_has(&w, "a/a.interfaces.d.ts", line);
    workshop_close(&w);
  }
}

/* ------------------------------------------------ names that are taken -- */

/* Whether a file is not generated with this in it, which is no TypeScript. */
static bool is_spared(workshop *w, const char *name, const char *part) {
  covey_typescript_options options = workshop_options(w, 0);
  covey_status status =
      covey_server_generate_typescript(w->server, &options, NULL, NULL);
  if (status == COVEY_E_INVALID)
    return true;
  const char *text = workshop_text(w, name);
  if (status == COVEY_OK && text != NULL && strstr(text, part) == NULL)
    return true;
  printf("%s in: %s\n", part, text == NULL ? "no file" : text);
  return false;
}

/* An interface of that name is in this file, too. */
static void types_of_two_apps_may_have_one_name(void) {
  workshop w;
  covey_field field = boards_field("others", COVEY_FIELD_MANY, 0);
  workshop_open(&w);
  field.model = "b.X";
  workshop_declare(&w, "a.X", 0, &field, 1);
  workshop_declare(&w, "b.X", 0, NULL, 0);
  CHECK(is_spared(&w, "a/a.interfaces.d.ts",
                  "import { XType } from '../b/b.interfaces.d'"));
  workshop_close(&w);
}

static void a_type_is_not_called_as_what_it_extends(void) {
  workshop w;
  workshop_open(&w);
  workshop_declare(&w, "a.Instance", 0, NULL, 0);
  CHECK(is_spared(&w, "a/a.interfaces.d.ts", "interface InstanceType "));
  workshop_close(&w);
}

static void a_channel_is_called_as_nothing_else_is(void) {
  static const char *const taken[] = {"ContextChannel", "Saveable", "XType",
                                      "XState",         "XPayload", "class"};
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
    workshop w;
    char part[64];
    workshop_open(&w);
    workshop_show(&w, "x/",
                  workshop_declare(&w, "a.X", COVEY_WRITE_SAVE, NULL, 0),
                  taken[i]);
    snprintf(part, sizeof part, "class %s ", taken[i]);
    CHECK(is_spared(&w, "a/a.channels.ts", part));
    workshop_close(&w);
  }
}

static void parameters_of_a_url_have_names_of_their_own(void) {
  static const char *const clashes[][2] = {
      {"x/<token>/", "constructor(token: string, token: string)"},
      {"x/<class>/<class_>/", "(class_: string, class_: string,"}};
  for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++) {
    workshop w;
    workshop_open(&w);
    workshop_show(&w, clashes[i][0], workshop_declare(&w, "a.X", 0, NULL, 0),
                  NULL);
    CHECK(is_spared(&w, "a/a.channels.ts", clashes[i][1]));
    workshop_close(&w);
  }
}

static void parameters_of_an_action_have_names_of_their_own(void) {
  workshop w;
  covey_field fields[] = {boards_field("a-b", COVEY_FIELD_STRING, 0),
                          boards_field("aB", COVEY_FIELD_STRING, 0)};
  workshop_open(&w);
  covey_model_id model = workshop_declare(&w, "a.X", 0, NULL, 0);
  workshop_act(&w, workshop_show(&w, "x/", model, NULL), "do", fields, 2);
  CHECK(is_spared(&w, "a/a.channels.ts", "(aB: string, aB: string)"));
  workshop_close(&w);
}

/* SubTaskType is used, and TaskType, which is a part of it, is not. */
static void what_is_imported_is_used(void) {
  workshop w;
  covey_field field = boards_field("task", COVEY_FIELD_ONE, 0);
  workshop_open(&w);
  field.model = "a.Task";
  covey_model_id sub = workshop_declare(&w, "a.SubTask", 0, &field, 1);
  workshop_declare(&w, "a.Task", 0, NULL, 0);
  workshop_show(&w, "subs/", sub, NULL);
  CHECK_IS(workshop_generate(&w, 0), 2);
  check_file_has(&w, "a/a.channels.ts",
                 "import { SubTaskType } from './a.interfaces.d';\n");
  workshop_close(&w);
}

static void a_module_is_quoted(void) {
  workshop w;
  workshop_open(&w);
  workshop_declare(&w, "a.X", 0, NULL, 0);
  covey_typescript_options options = workshop_options(&w, 0);
  options.module = "it's";
  CHECK_IS(covey_server_generate_typescript(w.server, &options, NULL, NULL),
           COVEY_OK);
  check_file_has_not(&w, "a/a.interfaces.d.ts", "'it's'");
  workshop_close(&w);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(models_that_would_be_called_the_same_are_refused),
      TEST(channels_that_would_be_called_the_same_are_refused),
      TEST(actions_that_would_be_called_the_same_are_refused),
      TEST(module_and_url_are_those_of_the_options),
      TEST(two_apps_import_each_others_types),
      TEST(what_may_be_written_is_imported_with_its_helpers),
      TEST(a_model_that_leads_to_itself_keeps_an_id),
      TEST(shapes_are_types),
      TEST(types_of_two_apps_may_have_one_name),
      TEST(a_type_is_not_called_as_what_it_extends),
      TEST(a_channel_is_called_as_nothing_else_is),
      TEST(parameters_of_a_url_have_names_of_their_own),
      TEST(parameters_of_an_action_have_names_of_their_own),
      TEST(what_is_imported_is_used),
      TEST(a_module_is_quoted),
  };
  return CHECK_MAIN(argc, argv, tests);
}
