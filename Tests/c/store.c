/*
 * store.c - what is put, merged, deleted and read.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static covey_model_id odd;

/* A model of everything that may be missing, and a list without an inverse. */
static void declare_odd(boards *b) {
  covey_field fields[] = {
      boards_field("text", COVEY_FIELD_STRING, COVEY_FIELD_NULLABLE),
      boards_field("data", COVEY_FIELD_JSON, 0),
      boards_field("cards", COVEY_FIELD_MANY, 0),
      boards_field("best", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE),
  };
  fields[2].model = fields[3].model = "Card";
  odd = boards_declare(b, "Odd", COVEY_ID_STRING, 0, fields, 4, NULL);
  boards_show(b, "odd/<id>/", odd, 0);
}

static bool open_with(boards *b, const covey_server_options *options) {
  boards_prepare(b);
  b->declare = declare_odd;
  return boards_make(b, options) && host_listen(&b->h);
}

/* What a put answers; ' stands for ". */
static covey_status put(boards *b, covey_model_id model, const char *json,
                        uint32_t flags) {
  char text[512];
  covey_error error = COVEY_ERROR_INIT;
  snprintf(text, sizeof text, "%s", json);
  for (char *byte = text; *byte != '\0'; byte++)
    if (*byte == '\'')
      *byte = '"';
  covey_status status =
      covey_store_put(b->h.server, model, text, strlen(text), flags, &error);
  CHECK_IS(error.status, status);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  return status;
}

static size_t count(boards *b, covey_model_id model) {
  size_t count = SIZE_MAX;
  CHECK_IS(covey_store_count(b->h.server, model, &count), COVEY_OK);
  return count;
}

/* ---------------------------------------------------------------- puts -- */

static void an_instance_is_kept_as_it_was_put(void) {
  boards b;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, odd,
             " { 'best' : 7,'data': { 'b' : 1.50, 'a':[ 1e3 ,'\\u00e9' ] },"
             "'id' :'x','cards' : [ 3, 1 ,3 ] , 'text':'a\\u0062\\n' } ");
  CHECK(boards_has(&b, odd, "x",
                   "{'id':'x','text':'a\\u0062\\n','data':{'b':1.50,"
                   "'a':[1e3,'\\u00e9']},'cards':[3,1],'best':7}"));
  boards_close(&b);
}

static void a_put_replaces_all_and_a_merge_what_it_names(void) {
  boards b;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, odd, "{'id':'x','text':'a','data':1,'cards':[1],'best':2}");
  boards_merge(&b, odd, "{'id':'x','text':'b'}");
  CHECK(boards_has(&b, odd, "x",
                   "{'id':'x','text':'b','data':1,'cards':[1],'best':2}"));
  boards_merge(&b, odd, "{'best':null,'id':'x','cards':[2,3]}");
  CHECK(boards_has(&b, odd, "x",
                   "{'id':'x','text':'b','data':1,'cards':[2,3],'best':null}"));
  boards_put(&b, odd, "{'id':'x','cards':[4]}");
  CHECK(
      boards_has(&b, odd, "x",
                 "{'id':'x','text':null,'data':null,'cards':[4],'best':null}"));
  boards_merge(&b, odd, "{'id':'x'}");
  CHECK(
      boards_has(&b, odd, "x",
                 "{'id':'x','text':null,'data':null,'cards':[4],'best':null}"));
  CHECK_IS(count(&b, odd), 1);
  boards_close(&b);
}

static void a_required_field_must_be_named(void) {
  boards b;
  covey_error error = COVEY_ERROR_INIT;
  if (!open_with(&b, NULL))
    return;
  CHECK_IS(put(&b, b.card, "{'id':1,'board':1}", 0), COVEY_E_INVALID);
  CHECK_IS(put(&b, b.card, "{'id':1,'text':'a'}", COVEY_PUT_MERGE),
           COVEY_E_INVALID);
  CHECK_IS(put(&b, odd, "{'id':'x'}", 0), COVEY_E_INVALID);
  CHECK_IS(covey_store_put(b.h.server, b.card, "{\"id\":1,\"board\":1}", 18,
                           COVEY_PUT_MERGE, &error),
           COVEY_E_INVALID);
  CHECK(strstr(error.message, "text") != NULL);
  CHECK(boards_has(&b, b.card, "1", NULL));
  boards_merge(&b, b.card, "{'id':1,'board':1,'text':'a'}");
  CHECK(
      boards_has(&b, b.card, "1", "{'id':1,'board':1,'text':'a','who':null}"));
  CHECK_IS(put(&b, b.card, "{'id':1,'board':1}", 0), COVEY_E_INVALID);
  boards_merge(&b, b.card, "{'id':1,'board':2}");
  CHECK(
      boards_has(&b, b.card, "1", "{'id':1,'board':2,'text':'a','who':null}"));
  boards_close(&b);
}

static void what_is_no_such_object_is_invalid(void) {
  static const char *const bad[] = {
      "",
      "x",
      "[]",
      "null",
      "'id'",
      "{}",
      "{'board':1,'text':'a'}",
      "{'id':1,'board':1,'text':'a'",
      "{'id':1,'board':1,'text':'a',}",
      "{'id':1,'board':1,'text':'a'}{}",
      "{'id':1,'id':1,'board':1,'text':'a'}",
      "{'id':1,'board':1,'text':'a','text':'a'}",
      "{'id':1,'board':1,'text':'a','none':1}",
      "{'id':1,'board':1,'text':'a','_tstamp':1}",
      "{'id':1,'board':1,'text':'a','':1}",
      "{'id':1,'board':1,'text':7}",
      "{'id':1,'board':1,'text':'\xff'}",
      "{'id':1,'board':1,'t\\u0065xt':'a','text':'a'}",
      "{'ID':1,'board':1,'text':'a'}",
  };
  boards b;
  if (!open_with(&b, NULL))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    CHECK_IS(put(&b, b.card, bad[i], 0), COVEY_E_INVALID);
    CHECK_IS(put(&b, b.card, bad[i], COVEY_PUT_MERGE), COVEY_E_INVALID);
  }
  check_note(NULL);
  CHECK_IS(put(&b, b.card, "{'i\\u0064':1,'board':1,'t\\u0065xt':'a'}", 0),
           COVEY_OK);
  CHECK_IS(count(&b, b.card), 1);
  boards_close(&b);
}

static void too_deep_or_too_large_is_too_large(void) {
  boards b;
  char *json = malloc(4096);
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.json_depth_max = 4;
  options.message_bytes_max = 1000;
  if (!open_with(&b, &options))
    return;
  boards_merge(&b, odd, "{'id':'x','cards':[],'data':[[[]]]}");
  CHECK_IS(put(&b, odd, "{'id':'x','cards':[],'data':[[[[]]]]}", 0),
           COVEY_E_TOO_LARGE);
  for (int size = 1000; size <= 1001; size++) {
    snprintf(json, 4096, "{\"id\":\"y\",\"cards\":[],\"text\":\"%0*d\"}",
             size - 31, 0);
    CHECK_IS(strlen(json), size);
    CHECK_IS(covey_store_put(b.h.server, odd, json, (size_t)size, 0, NULL),
             size > 1000 ? COVEY_E_TOO_LARGE : COVEY_OK);
  }
  CHECK_IS(covey_store_put(b.h.server, odd, json, SIZE_MAX, 0, NULL),
           COVEY_E_TOO_LARGE);
  free(json);
  boards_close(&b);
}

static void a_full_store_takes_nothing_more(void) {
  boards b;
  char json[128];
  covey_status status = COVEY_OK;
  int taken = 0;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.store_bytes_max = 8192;
  if (!open_with(&b, &options))
    return;
  while (status == COVEY_OK && taken < 1000) {
    snprintf(json, sizeof json, "{'id':%d,'board':1,'text':'%050d'}", ++taken,
             0);
    status = put(&b, b.card, json, 0);
  }
  CHECK_IS(status, COVEY_E_FULL);
  CHECK_IS(count(&b, b.card), taken - 1);
  CHECK(boards_statistics(&b).store_bytes <= 8192);
  CHECK_IS(put(&b, b.card, json, 0), COVEY_E_FULL);
  boards_put(&b, b.card, "{'id':1,'board':1,'text':'less'}");
  boards_delete(&b, b.card, "2");
  boards_delete(&b, b.card, "3");
  CHECK_IS(put(&b, b.card, json, 0), COVEY_OK);
  CHECK_IS(boards_statistics(&b).instances, count(&b, b.card));
  boards_close(&b);
}

/* ----------------------------------------------------------- deletions -- */

static void a_deletion_says_whether_there_was_one(void) {
  boards b;
  covey_error error = COVEY_ERROR_INIT;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_delete(&b, b.board, "1");
  CHECK(boards_has(&b, b.board, "1", NULL));
  CHECK_IS(covey_store_delete(b.h.server, b.board, "1", &error),
           COVEY_E_NOT_FOUND);
  CHECK(error.message[0] != '\0');
  CHECK_IS(covey_store_delete(b.h.server, b.board, "x", NULL), COVEY_E_INVALID);
  CHECK_IS(boards_statistics(&b).instances, 0);
  AWAIT(&b.h, boards_statistics(&b).store_bytes == 0);
  boards_close(&b);
}

/* --------------------------------------------------------------- lists -- */

static void children_decide_whose_list_they_are_in(void) {
  boards b;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.card, "{'id':1,'board':1,'text':'early'}");
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_put(&b, b.board, "{'id':2,'title':'two'}");
  boards_put(&b, b.card, "{'id':2,'board':1,'text':'b'}");
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[1,2]}"));
  boards_merge(&b, b.card, "{'id':1,'board':2}");
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[2]}"));
  CHECK(boards_has(&b, b.board, "2", "{'id':2,'title':'two','cards':[1]}"));
  boards_delete(&b, b.card, "2");
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[]}"));
  boards_delete(&b, b.board, "2");
  CHECK(boards_has(&b, b.card, "1",
                   "{'id':1,'board':2,'text':'early','who':null}"));
  boards_put(&b, b.board, "{'id':2,'title':'again'}");
  CHECK(boards_has(&b, b.board, "2", "{'id':2,'title':'again','cards':[1]}"));
  boards_close(&b);
}

static void a_list_that_is_put_only_orders_children(void) {
  boards b;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_put(&b, b.board, "{'id':2,'title':'two'}");
  for (int id = 1; id <= 3; id++) {
    char json[64];
    snprintf(json, sizeof json, "{'id':%d,'board':1,'text':'x'}", id);
    boards_put(&b, b.card, json);
  }
  boards_merge(&b, b.board, "{'id':1,'cards':[3,1,2]}");
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[3,1,2]}"));
  boards_merge(&b, b.board, "{'id':2,'cards':[1]}"); /* not its own */
  CHECK(boards_has(&b, b.board, "2", "{'id':2,'title':'two','cards':[]}"));
  boards_put(&b, b.board, "{'id':1,'title':'uno'}"); /* says nothing of it */
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'uno','cards':[3,1,2]}"));
  boards_merge(&b, b.board, "{'id':1,'cards':[2]}"); /* takes nobody out */
  CHECK(boards_has(&b, b.board, "1", "{'id':1,'title':'uno','cards':[2,3,1]}"));
  boards_close(&b);
}

static void a_list_may_name_children_that_come_later(void) {
  boards b;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one','cards':[3,2,1]}");
  for (int id = 1; id <= 3; id++) {
    char json[64];
    snprintf(json, sizeof json, "{'id':%d,'board':1,'text':'x'}", id);
    boards_put(&b, b.card, json);
  }
  boards_put(&b, b.card, "{'id':4,'board':1,'text':'x'}");
  CHECK(
      boards_has(&b, b.board, "1", "{'id':1,'title':'one','cards':[3,2,1,4]}"));
  boards_close(&b);
}

static void what_a_relation_names_is_shown_once_it_is_there(void) {
  boards b;
  client c;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, odd, "{'id':'x','cards':[1,2],'best':2}");
  CHECK(boards_enter(&b, &c, "/odd/x/", "+ada") != 0);
  CHECK(hears(&c, OWN_ANCHORS("'x'")));
  CHECK(hears(&c, ROWS(OWN_FIRST("Odd", "'id':'x','text':null,'data':null,"
                                        "'cards':[],'best':null"))));
  CHECK(skips_snapshot(&c));
  boards_put(&b, b.card, "{'id':2,'board':0,'text':'b'}");
  CHECK(hears(
      &c, ROWS(OWN_CREATED("Card", "'id':2,'board':0,'text':'b','who':null"),
               OWN_UPDATED("Odd", "'id':'x','cards':[2],'best':2"))));
  boards_delete(&b, b.card, "2");
  CHECK(hears(&c, ROWS(OWN_UPDATED("Odd", "'id':'x','cards':[],'best':null"),
                       OWN_DELETED("Card", "'id':2"))));
  CHECK(boards_has(&b, odd, "x",
                   "{'id':'x','text':null,'data':null,"
                   "'cards':[1,2],'best':2}"));
  client_drop(&c, false);
  boards_close(&b);
}

/* --------------------------------------------------------------- reads -- */

static void all_ids_of_a_model_are_listed(void) {
  static const char *const names[] = {"a", "\xc3\xa9", "b"};
  boards b;
  const char *const *ids = NULL;
  size_t number = 7;
  if (!open_with(&b, NULL))
    return;
  CHECK_IS(covey_store_list(b.h.server, odd, &ids, &number), COVEY_OK);
  CHECK_IS(number, 0);
  CHECK(ids != NULL && ids[0] == NULL);
  for (size_t i = 0; i < 3; i++) {
    char json[64];
    snprintf(json, sizeof json, "{'id':'%s','cards':[5]}", names[i]);
    boards_put(&b, odd, json);
  }
  CHECK_IS(covey_store_list(b.h.server, odd, &ids, &number), COVEY_OK);
  CHECK_IS(number, 3);
  for (size_t i = 0; i < 3; i++) {
    int found = 0;
    for (size_t j = 0; j < number; j++)
      found += strcmp(ids[j], names[i]) == 0;
    CHECK_IS(found, 1);
  }
  CHECK(ids[3] == NULL);
  CHECK_IS(count(&b, b.card), 0); /* 5 is named, but not there */
  CHECK_IS(covey_store_list(b.h.server, b.card, &ids, &number), COVEY_OK);
  CHECK_IS(number, 0);
  boards_close(&b);
}

static void what_is_read_lasts_until_the_loop_is_driven(void) {
  boards b;
  const char *first = NULL, *second = NULL;
  size_t size = 0;
  if (!open_with(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK_IS(covey_store_get(b.h.server, b.board, "1", &first, &size), COVEY_OK);
  CHECK_IS(size, strlen(first));
  boards_merge(&b, b.board, "{'id':1,'title':'two'}");
  CHECK_IS(covey_store_get(b.h.server, b.board, "1", &second, NULL), COVEY_OK);
  CHECK_IS(covey_store_get(b.h.server, b.board, "1", NULL, NULL), COVEY_OK);
  boards_delete(&b, b.board, "1");
  CHECK_TEXT(first, "{\"id\":1,\"title\":\"one\",\"cards\":[]}");
  CHECK_TEXT(second, "{\"id\":1,\"title\":\"two\",\"cards\":[]}");
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_instance_is_kept_as_it_was_put),
      TEST(a_put_replaces_all_and_a_merge_what_it_names),
      TEST(a_required_field_must_be_named),
      TEST(what_is_no_such_object_is_invalid),
      TEST(too_deep_or_too_large_is_too_large),
      TEST(a_full_store_takes_nothing_more),
      TEST(a_deletion_says_whether_there_was_one),
      TEST(children_decide_whose_list_they_are_in),
      TEST(a_list_that_is_put_only_orders_children),
      TEST(a_list_may_name_children_that_come_later),
      TEST(what_a_relation_names_is_shown_once_it_is_there),
      TEST(all_ids_of_a_model_are_listed),
      TEST(what_is_read_lasts_until_the_loop_is_driven),
  };
  return CHECK_MAIN(argc, argv, tests);
}
