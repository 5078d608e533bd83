/*
 * misuse_models.c - models that cannot be: structs of every size, names, types
 * and flags out of range.
 */
#include "boards.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static covey_server *new_server(void) {
  covey_server *server = NULL;
  if (!CHECK_IS(covey_server_new(NULL, &server, NULL), COVEY_OK))
    exit(1);
  return server;
}

static covey_model named(const char *name) {
  covey_model model = COVEY_MODEL_INIT;
  model.name = name;
  return model;
}

/* A registration that fails: says why, gives no id, and destroys `user`. */
static covey_status declare(covey_server *server, covey_model *model) {
  covey_model_id id = 77;
  covey_error error = COVEY_ERROR_INIT;
  atomic_int destroyed = 0;
  model->user = &destroyed;
  model->destroy = count_destroy;
  covey_status status = covey_model_register(server, model, &id, &error);
  CHECK_IS(error.status, status);
  CHECK(error.message[0] != '\0');
  CHECK_IS(id, 77);
  CHECK_IS(atomic_load(&destroyed), 1);
  return status;
}

/* A model with one field. */
static covey_status declare_field(const covey_field *field) {
  covey_server *server = new_server();
  covey_model model = named("M");
  covey_model_id id = 77;
  covey_error error = COVEY_ERROR_INIT;
  model.fields = field;
  model.field_count = 1;
  covey_status status = covey_model_register(server, &model, &id, &error);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  CHECK((status == COVEY_OK) == (id != 77));
  CHECK_IS(covey_server_free(server), COVEY_OK);
  return status;
}

/* ------------------------------------------------------------- structs -- */

static void nulls_are_invalid(void) {
  covey_server *server = new_server();
  covey_model model = named("M");
  atomic_int destroyed = 0;
  covey_error error = COVEY_ERROR_INIT;
  CHECK_IS(covey_model_register(server, NULL, NULL, &error), COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  model.user = &destroyed;
  model.destroy = count_destroy;
  CHECK_IS(covey_model_register(NULL, &model, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(atomic_load(&destroyed), 1);
  model.name = NULL;
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(atomic_load(&destroyed), 2);
  model.name = "M";
  model.field_count = 1;
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(atomic_load(&destroyed), 3);
  model.field_count = 0;
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
  CHECK_IS(atomic_load(&destroyed), 4);
}

static void a_model_has_the_size_it_says(void) {
  static const uint32_t bad[] = {0, 1, 3, 1 << 20, UINT32_MAX};
  struct {
    covey_model known;
    uint64_t more[3];
  } newer = {COVEY_MODEL_INIT, {0}};
  covey_server *server = new_server();
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    covey_model model = named("M");
    model.struct_size = bad[i];
    CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
  }
  covey_model older = named("Older");
  memset(&older.id_kind, 0xff, sizeof older - offsetof(covey_model, id_kind));
  older.struct_size = offsetof(covey_model, id_kind);
  CHECK_IS(covey_model_register(server, &older, NULL, NULL), COVEY_OK);
  newer.known.struct_size = sizeof newer;
  newer.known.name = "Newer";
  CHECK_IS(covey_model_register(server, &newer.known, NULL, NULL), COVEY_OK);
  newer.known.name = "Newest";
  newer.more[2] = 1;
  CHECK_IS(covey_model_register(server, &newer.known, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void fields_have_the_size_the_model_says(void) {
  static const uint32_t bad[] = {1, 4, 15, 1 << 20, UINT32_MAX};
  struct {
    covey_field known;
    uint64_t more;
  } newer[2];
  covey_server *server = new_server();
  covey_model model = named("M");
  covey_field field = boards_field("x", COVEY_FIELD_STRING, 0);
  model.fields = &field;
  model.field_count = 1;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    model.field_size = bad[i];
    CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
  }
  model.field_size = 0;
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_OK);
  memset(newer, 0, sizeof newer);
  newer[0].known = boards_field("a", COVEY_FIELD_STRING, 0);
  newer[1].known = boards_field("b", COVEY_FIELD_STRING, 0);
  model.name = "Newer";
  model.fields = &newer[0].known;
  model.field_count = 2;
  model.field_size = sizeof newer[0];
  covey_model_id id = 0;
  CHECK_IS(covey_model_register(server, &model, &id, NULL), COVEY_OK);
  model.name = "Newest";
  newer[1].more = 1;
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_store_put(server, id, "{\"id\":1,\"a\":\"x\",\"b\":\"y\"}", 24,
                           0, NULL),
           COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void what_is_passed_in_is_copied(void) {
  static const char put[] = "{\"id\":1,\"field\":\"a\",\"shaped\":[2]}";
  char name[] = "Copied", field_name[] = "field", choice[] = "\"a\"";
  char shaped_name[] = "shaped", shape[] = "[\"integer\"]";
  const char *choices[] = {choice, NULL};
  covey_server *server = new_server();
  covey_model model = named(name);
  covey_field fields[] = {boards_field(field_name, COVEY_FIELD_CHOICE, 0),
                          boards_field(shaped_name, COVEY_FIELD_JSON, 0)};
  covey_model_id id = 0;
  const char *json = NULL;
  fields[0].choices = choices;
  fields[1].shape = shape;
  model.fields = fields;
  model.field_count = 2;
  CHECK_IS(covey_model_register(server, &model, &id, NULL), COVEY_OK);
  memset(name, '#', sizeof name - 1);
  memset(field_name, '#', sizeof field_name - 1);
  memset(choice, '#', sizeof choice - 1);
  memset(shaped_name, '#', sizeof shaped_name - 1);
  memset(shape, '#', sizeof shape - 1);
  memset(fields, 0xff, sizeof fields);
  choices[0] = NULL;
  CHECK_IS(covey_store_put(server, id, put, sizeof put - 1, 0, NULL), COVEY_OK);
  CHECK_IS(covey_store_get(server, id, "1", &json, NULL), COVEY_OK);
  CHECK_TEXT(json, put);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* --------------------------------------------------------------- names -- */

static void a_name_that_cannot_be_is_invalid(void) {
  char longest[257];
  const char *const models[] = {"", "_x", "\xff", longest};
  const char *const fields[] = {"", "_x", "\xff", longest, "id", NULL};
  memset(longest, 'n', 256);
  longest[256] = '\0';
  covey_server *server = new_server();
  for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
    covey_model model = named(models[i]);
    CHECK_IS(declare(server, &model), COVEY_E_INVALID);
  }
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    covey_field field = boards_field(fields[i], COVEY_FIELD_STRING, 0);
    CHECK_IS(declare_field(&field), COVEY_E_INVALID);
  }
  covey_model model = named(longest + 1);
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_OK);
  covey_field field = boards_field(longest + 1, COVEY_FIELD_STRING, 0);
  CHECK_IS(declare_field(&field), COVEY_OK);
  field.name = "a \xc3\xa9\".$";
  CHECK_IS(declare_field(&field), COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_name_is_declared_once(void) {
  covey_server *server = new_server();
  covey_model model = named("M"), other = named("m");
  covey_field twice[] = {boards_field("x", COVEY_FIELD_STRING, 0),
                         boards_field("x", COVEY_FIELD_NUMBER, 0)};
  CHECK_IS(covey_model_register(server, &other, NULL, NULL), COVEY_OK);
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_OK);
  CHECK_IS(declare(server, &model), COVEY_E_EXISTS);
  covey_model third = named("third");
  third.fields = twice;
  third.field_count = 2;
  CHECK_IS(declare(server, &third), COVEY_E_INVALID);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* ------------------------------------------------------------- numbers -- */

static void types_kinds_and_flags_are_those_of_the_header(void) {
  static const covey_field_type types[] = {0, 12, -1, INT32_MAX, INT32_MIN};
  static const uint32_t flags[] = {8, UINT32_C(1) << 31, UINT32_MAX};
  static const covey_id_kind kinds[] = {3, -1, INT32_MAX, INT32_MIN};
  covey_server *server = new_server();
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    covey_field field = boards_field("x", types[i], 0);
    CHECK_IS(declare_field(&field), COVEY_E_INVALID);
  }
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    covey_field field = boards_field("x", COVEY_FIELD_STRING, flags[i]);
    covey_model model = named("M");
    CHECK_IS(declare_field(&field), COVEY_E_INVALID);
    model.writable = flags[i];
    CHECK_IS(declare(server, &model), COVEY_E_INVALID);
  }
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    covey_model model = named("M");
    model.id_kind = kinds[i];
    CHECK_IS(declare(server, &model), COVEY_E_INVALID);
  }
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void choices_are_literals(void) {
  static const char *const bad[] = {"",    "open", "{}",  "[]",       "null",
                                    "\"a", "01",   "1 2", "\"\xff\"", "'a'"};
  covey_field field = boards_field("x", COVEY_FIELD_CHOICE, 0);
  CHECK_IS(declare_field(&field), COVEY_E_INVALID);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const char *const choices[] = {"\"good\"", bad[i], NULL};
    check_note(bad[i]);
    field.choices = choices;
    CHECK_IS(declare_field(&field), COVEY_E_INVALID);
  }
  check_note(NULL);
  const char *const none[] = {NULL};
  field.choices = none;
  CHECK_IS(declare_field(&field), COVEY_E_INVALID);
}

static void a_relation_names_a_model(void) {
  covey_field one = boards_field("x", COVEY_FIELD_ONE, 0),
              many = boards_field("x", COVEY_FIELD_MANY, 0);
  CHECK_IS(declare_field(&one), COVEY_E_INVALID);
  CHECK_IS(declare_field(&many), COVEY_E_INVALID);
  one.model = many.model = "\xff";
  CHECK_IS(declare_field(&one), COVEY_E_INVALID);
  CHECK_IS(declare_field(&many), COVEY_E_INVALID);
  one.model = many.model = "M";
  CHECK_IS(declare_field(&one), COVEY_OK);
  CHECK_IS(declare_field(&many), COVEY_OK);
  many.inverse_field = "\xff";
  CHECK_IS(declare_field(&many), COVEY_E_INVALID);
}

static void a_shape_is_json_that_describes_json(void) {
  static const char *const bad[] = {"",
                                    " ",
                                    "string",
                                    "\"text\"",
                                    "\"String\"",
                                    "\"\"",
                                    "null",
                                    "true",
                                    "3",
                                    "[]",
                                    "[\"string\",\"string\"]",
                                    "[\"string\"",
                                    "[null]",
                                    "{\"x\":1}",
                                    "{\"x\":\"text\"}",
                                    "{\"x\":\"null\",\"x\":\"null\"}",
                                    "{\"x\":\"null\",\"x?\":\"null\"}",
                                    "{\"x\":\"null\",\"\\u0078\":\"null\"}",
                                    "{x:\"null\"}",
                                    "{\"*\":\"null\",\"x\":\"null\"}",
                                    "{\"x\":\"null\",\"|\":[\"null\"]}",
                                    "{\"*\":[]}",
                                    "{\"*\":null}",
                                    "{\"|\":\"string\"}",
                                    "{\"|\":[]}",
                                    "{\"|\":{\"x\":\"null\"}}",
                                    "{\"|\":[\"string\",null]}",
                                    "{\"=\":3}",
                                    "{\"=\":[]}",
                                    "{\"=\":[[]]}",
                                    "{\"=\":[1,{}]}",
                                    "\"string\" \"string\"",
                                    "[\"string\"],",
                                    "\"\xff\""};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    covey_field field = boards_field("x", COVEY_FIELD_JSON, 0);
    field.shape = bad[i];
    check_note(bad[i]);
    CHECK_IS(declare_field(&field), COVEY_E_INVALID);
  }
}

static void what_is_wrong_with_a_shape_is_named(void) {
  covey_server *server = new_server();
  covey_field field = boards_field("x", COVEY_FIELD_JSON, 0);
  covey_model model = named("M");
  covey_error error = COVEY_ERROR_INIT;
  field.shape = "{\"a\":[\"strng\"]}";
  model.fields = &field;
  model.field_count = 1;
  CHECK_IS(covey_model_register(server, &model, NULL, &error), COVEY_E_INVALID);
  CHECK(strstr(error.message, "strng") != NULL);
  CHECK(strstr(error.message, "shape") != NULL);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_shape_may_be_as_deep_as_json(void) {
  static char deep[2 * 2000 + 16];
  for (int depth = 60; depth <= 2000; depth += 1940) {
    covey_field field = boards_field("x", COVEY_FIELD_JSON, 0);
    memset(deep, '[', (size_t)depth);
    strcpy(deep + depth, "\"null\"");
    memset(deep + depth + 6, ']', (size_t)depth);
    deep[2 * depth + 6] = '\0';
    field.shape = deep;
    covey_status status = declare_field(&field);
    CHECK(depth == 60
              ? status == COVEY_OK
              : status == COVEY_E_INVALID || status == COVEY_E_TOO_LARGE);
  }
}

static void a_shape_of_what_is_no_json_is_not_read(void) {
  static const char *const choices[] = {"1", NULL};
  for (covey_field_type type = 1; type <= COVEY_FIELD_MANY; type++) {
    covey_field field = boards_field("x", type, 0);
    field.choices = choices;
    field.model = "M";
    field.shape = "no shape";
    CHECK_IS(declare_field(&field),
             type == COVEY_FIELD_JSON ? COVEY_E_INVALID : COVEY_OK);
  }
}

/* A field as programs know it that were made before shapes were. */
static void a_shape_past_the_size_of_a_field_is_not_read(void) {
  struct {
    char known[offsetof(covey_field, shape)];
  } older[2];
  covey_server *server = new_server();
  covey_model model = named("M");
  covey_field field = boards_field("a", COVEY_FIELD_JSON, 0);
  memcpy(older[0].known, &field, sizeof older[0]);
  field.name = "b";
  memcpy(older[1].known, &field, sizeof older[1]);
  model.fields = (const void *)older;
  model.field_count = 2;
  model.field_size = sizeof older[0];
  covey_model_id id = 0;
  CHECK_IS(covey_model_register(server, &model, &id, NULL), COVEY_OK);
  CHECK_IS(
      covey_store_put(server, id, "{\"id\":1,\"a\":[1],\"b\":{}}", 23, 0, NULL),
      COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void an_owner_is_an_integer_or_a_string(void) {
  covey_server *server = new_server();
  for (covey_field_type type = 1; type <= COVEY_FIELD_JSON; type++) {
    char name[16];
    covey_field field = boards_field("who", type, 0);
    snprintf(name, sizeof name, "M%d", type);
    covey_model model = named(name);
    model.fields = &field;
    model.field_count = 1;
    model.owner_field = "who";
    CHECK_IS(covey_model_register(server, &model, NULL, NULL),
             type == COVEY_FIELD_INTEGER || type == COVEY_FIELD_STRING
                 ? COVEY_OK
                 : COVEY_E_INVALID);
    model.owner_field = "id";
    CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
    model.owner_field = "";
    CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
  }
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_model_has_at_most_128_fields(void) {
  covey_server *server = new_server();
  static covey_field fields[129];
  static char names[129][8];
  for (int i = 0; i < 129; i++) {
    snprintf(names[i], sizeof names[i], "f%d", i);
    fields[i] =
        boards_field(names[i], COVEY_FIELD_STRING, COVEY_FIELD_NULLABLE);
  }
  covey_model model = named("M");
  covey_model_id id = 0;
  model.fields = fields;
  static const size_t bad[] = {129, SIZE_MAX, SIZE_MAX / 2, INT32_MAX};
  for (size_t i = 0; i < 4; i++) {
    model.field_count = bad[i];
    CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_INVALID);
  }
  model.field_count = 128;
  CHECK_IS(covey_model_register(server, &model, &id, NULL), COVEY_OK);
  CHECK_IS(
      covey_store_put(server, id, "{\"id\":1,\"f127\":\"x\"}", 19, 0, NULL),
      COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void there_are_at_most_1024_models(void) {
  covey_server *server = new_server();
  char name[16];
  for (int i = 0; i < 1024; i++) {
    snprintf(name, sizeof name, "M%d", i);
    covey_model model = named(name);
    CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_OK);
  }
  covey_model model = named("More");
  CHECK_IS(declare(server, &model), COVEY_E_FULL);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(nulls_are_invalid),
      TEST(a_model_has_the_size_it_says),
      TEST(fields_have_the_size_the_model_says),
      TEST(what_is_passed_in_is_copied),
      TEST(a_name_that_cannot_be_is_invalid),
      TEST(a_name_is_declared_once),
      TEST(types_kinds_and_flags_are_those_of_the_header),
      TEST(choices_are_literals),
      TEST(a_relation_names_a_model),
      TEST(a_shape_is_json_that_describes_json),
      TEST(what_is_wrong_with_a_shape_is_named),
      TEST(a_shape_may_be_as_deep_as_json),
      TEST(a_shape_of_what_is_no_json_is_not_read),
      TEST(a_shape_past_the_size_of_a_field_is_not_read),
      TEST(an_owner_is_an_integer_or_a_string),
      TEST(a_model_has_at_most_128_fields),
      TEST(there_are_at_most_1024_models),
  };
  return CHECK_MAIN(argc, argv, tests);
}
