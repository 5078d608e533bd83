/*
 * models.c - what can be declared, and what a field of each type takes.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A server that knows nothing yet. */
static covey_server *new_server(void) {
  covey_server *server = NULL;
  if (!CHECK_IS(covey_server_new(NULL, &server, NULL), COVEY_OK))
    exit(1);
  return server;
}

static covey_status declare(covey_server *server, const char *name,
                            covey_id_kind id_kind, const covey_field *fields,
                            size_t count, covey_model_id *model_out) {
  covey_model model = COVEY_MODEL_INIT;
  covey_error error = COVEY_ERROR_INIT;
  model.name = name;
  model.id_kind = id_kind;
  model.fields = fields;
  model.field_count = count;
  covey_status status = covey_model_register(server, &model, model_out, &error);
  CHECK_IS(error.status, status);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  return status;
}

static covey_status put(covey_server *server, covey_model_id model,
                        const char *json, uint32_t flags) {
  char text[1024];
  covey_error error = COVEY_ERROR_INIT;
  snprintf(text, sizeof text, "%s", json);
  for (char *byte = text; *byte != '\0'; byte++)
    if (*byte == '\'')
      *byte = '"';
  covey_status status =
      covey_store_put(server, model, text, strlen(text), flags, &error);
  CHECK_IS(error.status, status);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  return status;
}

/* -------------------------------------------------------------- values -- */

struct values {
  covey_field_type type;
  const char *good[12];
  const char *bad[16];
};

static const struct values all_values[] = {
    {COVEY_FIELD_BOOLEAN,
     {"true", "false"},
     {"0", "1", "'true'", "null", "[]", "{}"}},
    {COVEY_FIELD_INTEGER,
     {"0", "-1", "9223372036854775808",
      "-123456789012345678901234567890123456789"},
     {"1.0", "1e3", "1E3", "'1'", "true", "null", "[1]", "01", "+1", "-"}},
    {COVEY_FIELD_NUMBER,
     {"0", "-0", "1.50", "1e3", "-1.5E-300", "1e400",
      "123456789012345678901234567890"},
     {"'1'", "true", "null", "NaN", "Infinity", ".5", "1.", "0x1", "[1]"}},
    {COVEY_FIELD_STRING,
     {"''", "'a'", "'\\u0000'", "'\\n\\'\\\\'", "'\xf0\x9f\x98\x80'",
      "'\\ud83d\\ude00'"},
     {"1", "null", "true", "['a']", "{}", "'\xff'", "'\n'", "'\\x'"}},
    {COVEY_FIELD_DATETIME,
     {"'2026-11-21T09:30:00Z'", "'2026-11-21T09:30:00.25Z'",
      "'2026-11-21T09:30:00.123456789+05:30'", "'2026-11-21T09:30:00-00:00'",
      "'2026-11-21T09:30:00'", "'2024-02-29T23:59:59Z'"},
     {"'2026-11-21'", "'2026-13-01T00:00:00Z'", "'2026-02-29T00:00:00Z'",
      "'2026-11-21T24:00:00Z'", "'2026-11-21T09:60:00Z'", "1795000000", "''",
      "'2026-11-21T09:30:00X'", "'2026-11-21T09:30:00.Z'", "null",
      "'26-11-21T09:30:00Z'", "'2026-11-21T09:30:00Z '", "'now'"}},
    {COVEY_FIELD_DATE,
     {"'2026-11-21'", "'2024-02-29'", "'0001-01-01'", "'9999-12-31'"},
     {"'2026-11-21T00:00:00'", "'2026-1-1'", "'2023-02-29'", "'2026-00-10'",
      "'2026-11-31'", "20261121", "''", "null", "'2026/11/21'",
      "'+026-11-21'"}},
    {COVEY_FIELD_DECIMAL,
     {"'-12.50'", "'0'", "'123456789012345678901234567890.000001'", "'00.10'"},
     {"12.5", "'1e3'", "'+1'", "'.5'", "'1.'", "''", "'-'", "'1,5'", "null",
      "'NaN'", "' 1'", "'1.2.3'"}},
    {COVEY_FIELD_JSON,
     {"null", "1", "'x'", "[]", "{'a':[null,{'b':1}]}", "true"},
     {"nul", "[1,]", "{a:1}", "undefined"}},
};
enum { TYPES = sizeof all_values / sizeof all_values[0] };

static void a_field_takes_what_is_of_its_type(void) {
  covey_server *server = new_server();
  covey_model_id models[TYPES];
  char json[256];
  for (size_t i = 0; i < TYPES; i++) {
    covey_field field = boards_field("x", all_values[i].type, 0);
    snprintf(json, sizeof json, "M%zu", i);
    CHECK_IS(declare(server, json, 0, &field, 1, &models[i]), COVEY_OK);
  }
  for (size_t i = 0; i < TYPES; i++) {
    for (const char *const *value = all_values[i].good; *value != NULL;
         value++) {
      check_note(*value);
      snprintf(json, sizeof json, "{'id':1,'x':%s}", *value);
      CHECK_IS(put(server, models[i], json, 0), COVEY_OK);
    }
    for (const char *const *value = all_values[i].bad; *value != NULL;
         value++) {
      check_note(*value);
      snprintf(json, sizeof json, "{'id':1,'x':%s}", *value);
      CHECK_IS(put(server, models[i], json, 0), COVEY_E_INVALID);
      CHECK_IS(put(server, models[i], json, COVEY_PUT_MERGE), COVEY_E_INVALID);
    }
  }
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_choice_is_one_of_its_literals(void) {
  static const char *const choices[] = {"\"open\"", "3", "true", "-1.5", NULL};
  static const char *const good[] = {"'open'", "3", "true", "-1.5",
                                     "'\\u006fpen'"};
  static const char *const bad[] = {"'Open'", "'3'", "false",
                                    "null",   "4",   "['open']"};
  covey_server *server = new_server();
  covey_model_id model = 0;
  covey_field field = boards_field("x", COVEY_FIELD_CHOICE, 0);
  char json[64];
  field.choices = choices;
  CHECK_IS(declare(server, "M", 0, &field, 1, &model), COVEY_OK);
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    check_note(good[i]);
    snprintf(json, sizeof json, "{'id':1,'x':%s}", good[i]);
    CHECK_IS(put(server, model, json, 0), COVEY_OK);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    snprintf(json, sizeof json, "{'id':1,'x':%s}", bad[i]);
    CHECK_IS(put(server, model, json, 0), COVEY_E_INVALID);
  }
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void only_what_is_nullable_may_be_null(void) {
  for (size_t i = 0; i < TYPES; i++) {
    covey_server *server = new_server();
    covey_model_id model = 0;
    covey_field field =
        boards_field("x", all_values[i].type, COVEY_FIELD_NULLABLE);
    CHECK_IS(declare(server, "M", 0, &field, 1, &model), COVEY_OK);
    CHECK_IS(put(server, model, "{'id':1,'x':null}", 0), COVEY_OK);
    CHECK_IS(put(server, model, "{'id':1}", 0), COVEY_OK);
    CHECK_IS(covey_server_free(server), COVEY_OK);
  }
}

static void relations_hold_ids_of_their_model(void) {
  static const char *const good[] = {
      "'one':1,'text':'a','many':[],'texts':[]",
      "'one':-7,'text':'\\u0061','many':[1,2,1,3],'texts':['a','\\u0061','']",
      "'one':null,'text':null,'many':[9223372036854775807],'texts':['1']"};
  static const char *const bad[] = {"'one':'1'",
                                    "'one':1.0",
                                    "'one':[1]",
                                    "'text':1",
                                    "'text':''",
                                    "'many':1",
                                    "'many':null",
                                    "'many':['1']",
                                    "'many':{}",
                                    "'many':[1.5]",
                                    "'texts':[1]",
                                    "'texts':[null]",
                                    "'one':9223372036854775808",
                                    "'text':'a\\u0000b'"};
  covey_server *server = new_server();
  covey_model_id model = 0;
  covey_field fields[] = {
      boards_field("one", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE),
      boards_field("text", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE),
      boards_field("many", COVEY_FIELD_MANY, 0),
      boards_field("texts", COVEY_FIELD_MANY, 0)};
  char json[256];
  fields[0].model = fields[2].model = "M";
  fields[1].model = fields[3].model = "T";
  CHECK_IS(declare(server, "M", 0, fields, 4, &model), COVEY_OK);
  CHECK_IS(declare(server, "T", COVEY_ID_STRING, NULL, 0, NULL), COVEY_OK);
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    check_note(good[i]);
    snprintf(json, sizeof json, "{'id':1,%s}", good[i]);
    CHECK_IS(put(server, model, json, 0),
             strstr(good[i], ",''") == NULL ? COVEY_OK : COVEY_E_INVALID);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    snprintf(json, sizeof json, "{'id':1,%s}", bad[i]);
    CHECK_IS(put(server, model, json, COVEY_PUT_MERGE), COVEY_E_INVALID);
  }
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* ----------------------------------------------------------------- ids -- */

static void an_integer_id_is_canonical_and_of_64_bits(void) {
  static const char *const good[] = {"0", "-1", "9223372036854775807",
                                     "-9223372036854775808"};
  static const char *const bad[] = {"'1'",
                                    "1.0",
                                    "1e0",
                                    "01",
                                    "null",
                                    "true",
                                    "[1]",
                                    "9223372036854775808",
                                    "-9223372036854775809"};
  covey_server *server = new_server();
  covey_model_id model = 0;
  char json[64];
  size_t count = 0;
  CHECK_IS(declare(server, "M", COVEY_ID_INTEGER, NULL, 0, &model), COVEY_OK);
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    const char *found = NULL;
    snprintf(json, sizeof json, "{'id':%s}", good[i]);
    CHECK_IS(put(server, model, json, 0), COVEY_OK);
    CHECK_IS(covey_store_get(server, model, good[i], &found, NULL), COVEY_OK);
    snprintf(json, sizeof json, "{\"id\":%s}", good[i]);
    CHECK_TEXT(found, json);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    snprintf(json, sizeof json, "{'id':%s}", bad[i]);
    CHECK_IS(put(server, model, json, 0), COVEY_E_INVALID);
    CHECK_IS(covey_store_get(server, model, bad[i], NULL, NULL),
             COVEY_E_INVALID);
  }
  CHECK_IS(covey_store_count(server, model, &count), COVEY_OK);
  CHECK_IS(count, 4);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_string_id_has_1_to_255_bytes_and_no_nul(void) {
  covey_server *server = new_server();
  covey_model_id model = 0;
  char id[257], json[512];
  const char *found = NULL;
  CHECK_IS(declare(server, "M", COVEY_ID_STRING, NULL, 0, &model), COVEY_OK);
  for (int size = 254; size <= 256; size++) {
    covey_status expected = size > 255 ? COVEY_E_INVALID : COVEY_OK;
    memset(id, 'i', sizeof id);
    id[size] = '\0';
    snprintf(json, sizeof json, "{'id':'%s'}", id);
    CHECK_IS(put(server, model, json, 0), expected);
    CHECK_IS(covey_store_get(server, model, id, NULL, NULL), expected);
  }
  CHECK_IS(put(server, model, "{'id':''}", 0), COVEY_E_INVALID);
  CHECK_IS(covey_store_get(server, model, "", NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(put(server, model, "{'id':'a\\u0000'}", 0), COVEY_E_INVALID);
  CHECK_IS(put(server, model, "{'id':1}", 0), COVEY_E_INVALID);
  CHECK_IS(put(server, model, "{'id':'\\u00e9/'}", 0), COVEY_OK);
  CHECK_IS(covey_store_get(server, model, "\xc3\xa9/", &found, NULL), COVEY_OK);
  CHECK_TEXT(found, "{\"id\":\"\xc3\xa9/\"}");
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* --------------------------------------------------------------- whole -- */

static void models_may_refer_to_each_other_in_circles(void) {
  covey_server *server = new_server();
  covey_model_id model = 0;
  covey_field to_b = boards_field("b", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE),
              to_a = boards_field("a", COVEY_FIELD_ONE, 0);
  to_b.model = "B";
  to_a.model = "A";
  CHECK_IS(declare(server, "A", 0, &to_b, 1, &model), COVEY_OK);
  CHECK_IS(declare(server, "B", 0, &to_a, 1, NULL), COVEY_OK);
  CHECK_IS(put(server, model, "{'id':1,'b':1}", 0), COVEY_OK);
  CHECK_IS(declare(server, "C", 0, NULL, 0, NULL), COVEY_E_BUSY);
  CHECK_IS(covey_server_listen(server, NULL, NULL, NULL), COVEY_OK);
  CHECK_IS(declare(server, "C", 0, NULL, 0, NULL), COVEY_E_BUSY);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void a_model_that_is_missing_may_still_be_declared(void) {
  covey_server *server = new_server();
  covey_model_id model = 0;
  covey_error error = COVEY_ERROR_INIT;
  size_t count = 7;
  covey_field field = boards_field("b", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE);
  field.model = "Later";
  CHECK_IS(declare(server, "A", 0, &field, 1, &model), COVEY_OK);
  CHECK_IS(covey_server_listen(server, NULL, NULL, &error), COVEY_E_INVALID);
  CHECK(strstr(error.message, "Later") != NULL);
  CHECK_IS(put(server, model, "{'id':1}", 0), COVEY_E_INVALID);
  CHECK_IS(covey_store_count(server, model, &count), COVEY_E_INVALID);
  CHECK_IS(count, 7);
  CHECK_IS(declare(server, "Later", 0, NULL, 0, NULL), COVEY_OK);
  CHECK_IS(put(server, model, "{'id':1}", 0), COVEY_OK);
  CHECK_IS(covey_server_listen(server, NULL, NULL, NULL), COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void an_inverse_field_must_fit(void) {
  for (int i = 0; i < 4; i++) {
    covey_server *server = new_server();
    covey_field list = boards_field("children", COVEY_FIELD_MANY, 0),
                back = boards_field("parent",
                                    i == 0   ? COVEY_FIELD_STRING
                                    : i == 1 ? COVEY_FIELD_NUMBER
                                             : COVEY_FIELD_INTEGER,
                                    0);
    list.model = "Child";
    list.inverse_field = i == 2 ? "mother" : "parent";
    CHECK_IS(declare(server, "Parent", 0, &list, 1, NULL), COVEY_OK);
    CHECK_IS(declare(server, "Child", 0, &back, 1, NULL), COVEY_OK);
    CHECK_IS(covey_server_listen(server, NULL, NULL, NULL),
             i < 3 ? COVEY_E_INVALID : COVEY_OK);
    CHECK_IS(covey_server_free(server), COVEY_OK);
  }
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_field_takes_what_is_of_its_type),
      TEST(a_choice_is_one_of_its_literals),
      TEST(only_what_is_nullable_may_be_null),
      TEST(relations_hold_ids_of_their_model),
      TEST(an_integer_id_is_canonical_and_of_64_bits),
      TEST(a_string_id_has_1_to_255_bytes_and_no_nul),
      TEST(models_may_refer_to_each_other_in_circles),
      TEST(a_model_that_is_missing_may_still_be_declared),
      TEST(an_inverse_field_must_fit),
  };
  return CHECK_MAIN(argc, argv, tests);
}
