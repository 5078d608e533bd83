/*
 * writes.c - what clients write: what is refused before the host is asked, and
 * what becomes of what it accepts.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITE(operation, rest)                                                 \
  "{'type':'write','writeId':1,'operation':'" operation "'," rest "}"
#define SAVE(rest) WRITE("save", "'instanceType':'Card','instanceId':1," rest)
#define CREATE(rest)                                                           \
  WRITE("create", "'instanceType':'Card','parentType':'Board','parentId':1,"   \
                  "'relationName':'cards','data':{" rest "}")
#define DELETE WRITE("delete", "'instanceType':'Card','instanceId':1")

static covey_model_id team, person, stamp;

/* A team, with a string for an id, lists persons that do not know it. */
static void declare_more(boards *b) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = boards_handlers(b);
  covey_field fields[] = {boards_field("members", COVEY_FIELD_MANY, 0)};
  covey_field name[] = {
      boards_field("name", COVEY_FIELD_STRING, COVEY_FIELD_WRITABLE)};
  covey_field stamped[] = {
      boards_field("text", COVEY_FIELD_STRING, COVEY_FIELD_WRITABLE),
      boards_field("at", COVEY_FIELD_STRING,
                   COVEY_FIELD_WRITABLE | COVEY_FIELD_OPTIONAL)};
  fields[0].model = "Person";
  team = boards_declare(b, "Team", COVEY_ID_STRING, 0, fields, 1, NULL);
  person = boards_declare(b, "Person", COVEY_ID_STRING, COVEY_WRITE_CREATE,
                          name, 1, NULL);
  boards_show(b, "teams/<id>/", team, 0);
  fields[0].model = "Stamp";
  covey_model_id sheet =
      boards_declare(b, "Sheet", COVEY_ID_INTEGER, 0, fields, 1, NULL);
  stamp = boards_declare(b, "Stamp", COVEY_ID_INTEGER, COVEY_WRITE_CREATE,
                         stamped, 2, NULL);
  boards_show(b, "sheets/<int:id>/", sheet, 0);
  boards_put(b, sheet, "{'id':1,'members':[]}");
  context.model = b->board;
  handlers.on_list = NULL;
  handlers.on_write = NULL;
  CHECK_IS(covey_context_register(b->h.server, "fixed/<id>/", NULL, &context,
                                  &handlers, NULL, NULL),
           COVEY_OK);
}

static bool open_boards(boards *b) {
  boards_prepare(b);
  b->declare = declare_more;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  boards_put(b, b->card, "{'id':1,'board':1,'text':'a'}");
  boards_put(b, b->card, "{'id':2,'board':2,'text':'b'}");
  boards_put(b, person, "{'id':'p','name':'P'}");
  boards_put(b, team, "{'id':'t','members':['p']}");
  return true;
}

/* A client of our own that has read its snapshot. */
static void enter(boards *b, client *c, const char *target) {
  CHECK(boards_enter(b, c, target, "+ada") != 0);
  CHECK(skips_snapshot(c));
}

static bool open_at(boards *b, client *c, const char *target) {
  if (!open_boards(b))
    return false;
  enter(b, c, target);
  return true;
}

static void close_with(boards *b, client *c) {
  client_drop(c, false);
  boards_close(b);
}

/* ------------------------------------------------------------ accepted -- */

static const covey_write *seen;
static covey_write copied;
static char copied_id[16], copied_parent_id[16], copied_relation[16];

static void keep_and_accept(boards *self, covey_consumer_id consumer,
                            covey_call_id call, const covey_write *write) {
  (void)consumer;
  copied = *write;
  snprintf(copied_id, sizeof copied_id, "%s", write->id);
  snprintf(copied_parent_id, sizeof copied_parent_id, "%s", write->parent_id);
  snprintf(copied_relation, sizeof copied_relation, "%s", write->relation);
  seen = &copied;
  CHECK_IS(covey_write_accept(self->h.server, call, NULL, NULL, 0, NULL),
           COVEY_OK);
}

static void check_write(uint32_t operation, covey_model_id model,
                        covey_model_id parent_model, const char *id,
                        const char *parent_id, const char *relation) {
  if (!CHECK(seen != NULL))
    return;
  CHECK_IS(seen->operation, operation);
  CHECK_IS(seen->model, model);
  CHECK_IS(seen->parent_model, parent_model);
  CHECK_TEXT(copied_id, id);
  CHECK_TEXT(copied_parent_id, parent_id);
  CHECK_TEXT(copied_relation, relation);
}

static void a_save_is_made_and_answered(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  b.on_write = keep_and_accept;
  CHECK(says(&c, SAVE("'data':{'text':'x','board':2,'no':1,'id':7}")));
  CHECK(hears(&c, WRITTEN("1", "1")));
  CHECK(hears(&c, ROWS(OWN_UPDATED("Card", "'id':1,'text':'x'"))));
  CHECK_TEXT(b.text, "{\"text\":\"x\"}");
  check_write(COVEY_WRITE_SAVE, b.card, 0, "1", "", "");
  CHECK(
      boards_has(&b, b.card, "1", "{'id':1,'board':1,'text':'x','who':null}"));
  close_with(&b, &c);
}

static void a_create_is_given_the_next_id(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  b.on_write = keep_and_accept;
  boards_put(&b, b.card, "{'id':41,'board':2,'text':'x'}");
  boards_delete(&b, b.card, "41");
  CHECK(says(&c, CREATE("'text':'new','board':2")));
  CHECK(hears(&c, WRITTEN("1", "42")));
  CHECK(hears(&c, ROWS(OWN_CREATED("Card", "'id':42,'board':1,'text':'new',"
                                           "'who':null"),
                       OWN_UPDATED("Board", "'id':1,'cards':[1,42]"))));
  check_write(COVEY_WRITE_CREATE, b.card, b.board, "", "1", "cards");
  CHECK_TEXT(b.text, "{\"text\":\"new\"}");
  close_with(&b, &c);
}

static void a_delete_is_made_and_answered(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  b.on_write = keep_and_accept;
  CHECK(says(&c, DELETE));
  CHECK(hears(&c, WRITTEN("1", "1")));
  CHECK(hears(&c, ROWS(OWN_UPDATED("Board", "'id':1,'cards':[]"),
                       OWN_DELETED("Card", "'id':1"))));
  check_write(COVEY_WRITE_DELETE, b.card, 0, "1", "", "");
  CHECK_TEXT(b.text, "{}");
  CHECK_IS(boards_statistics(&b).writes, 1);
  CHECK_IS(boards_statistics(&b).calls, 0);
  close_with(&b, &c);
}

static void rewrite(boards *self, covey_consumer_id consumer,
                    covey_call_id call, const covey_write *write) {
  static const char json[] = "{\"text\":\"mine\",\"board\":2}";
  (void)consumer;
  CHECK_IS(
      covey_write_accept(self->h.server, call,
                         write->operation == COVEY_WRITE_CREATE ? "77" : NULL,
                         json, sizeof json - 1, NULL),
      COVEY_OK);
}

static void a_host_may_write_something_else(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  b.on_write = rewrite;
  CHECK(says(&c, SAVE("'data':{'text':'x'}")));
  CHECK(hears(&c, WRITTEN("1", "1")));
  /* To another board: here it is gone. */
  CHECK(hears(&c, ROWS(OWN_UPDATED("Board", "'id':1,'cards':[]"),
                       OWN_DELETED("Card", "'id':1"))));
  CHECK(boards_has(&b, b.card, "1",
                   "{'id':1,'board':2,'text':'mine','who':null}"));
  close_with(&b, &c);
}

static void a_host_may_give_the_id(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  b.on_write = rewrite;
  CHECK(says(&c, CREATE("'text':'x'")));
  CHECK(hears(&c, WRITTEN("1", "77")));
  CHECK(hears(&c, ROWS(OWN_CREATED("Card", "'id':77,'board':1,'text':'mine',"
                                           "'who':null"),
                       OWN_UPDATED("Board", "'id':1,'cards':[1,77]"))));
  b.on_write = keep_and_accept;
  CHECK(says(&c, CREATE("'text':'x'")));
  CHECK(hears(&c, WRITTEN("1", "78")));
  close_with(&b, &c);
}

static void leave_it_open(boards *self, covey_consumer_id consumer,
                          covey_call_id call, const covey_write *write) {
  (void)self, (void)consumer, (void)call, (void)write;
}

/* Says a write that is left open, and answers which call it is. */
static covey_call_id open_write(boards *b, client *c, const char *write) {
  int writes = atomic_load(&b->writes);
  b->on_write = leave_it_open;
  CHECK(says(c, write));
  AWAIT(&b->h, atomic_load(&b->writes) == writes + 1);
  return atomic_load(&b->call);
}

static void a_string_id_must_be_given(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/teams/t/"))
    return;
  covey_call_id call = open_write(
      &b, &c,
      WRITE("create", "'instanceType':'Person','parentType':'Team',"
                      "'parentId':'t','relationName':'members','data':{"
                      "'name':'Q'}"));
  covey_error error = COVEY_ERROR_INIT;
  CHECK_IS(covey_write_accept(b.h.server, call, NULL, NULL, 0, &error),
           COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  CHECK_IS(covey_write_accept(b.h.server, call, "", NULL, 0, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_write_accept(b.h.server, call, "q", NULL, 0, NULL), COVEY_OK);
  CHECK(hears(&c, WRITTEN("1", "'q'")));
  CHECK(hears(&c, ROWS(OWN_CREATED("Person", "'id':'q','name':'Q'"),
                       OWN_UPDATED("Team", "'id':'t','members':['p','q']"))));
  close_with(&b, &c);
}

static void a_create_may_leave_to_the_host_what_is_optional(void) {
  static const char json[] = "{\"text\":\"x\",\"at\":\"now\"}";
  boards b;
  client c;
  covey_error error = COVEY_ERROR_INIT;
  if (!open_at(&b, &c, "/sheets/1/"))
    return;
  covey_call_id call =
      open_write(&b, &c,
                 WRITE("create", "'instanceType':'Stamp','parentType':'Sheet',"
                                 "'parentId':1,'relationName':'members',"
                                 "'data':{'text':'x'}"));
  CHECK_TEXT(b.text, "{\"text\":\"x\"}");
  CHECK_IS(covey_write_accept(b.h.server, call, NULL, NULL, 0, &error),
           COVEY_E_INVALID);
  CHECK(strstr(error.message, "at") != NULL);
  CHECK_IS(
      covey_write_accept(b.h.server, call, NULL, json, sizeof json - 1, NULL),
      COVEY_OK);
  CHECK(hears(&c, WRITTEN("1", "1")));
  CHECK(boards_has(&b, stamp, "1", "{'id':1,'text':'x','at':'now'}"));
  close_with(&b, &c);
}

static void another_thread_accepts(void *argument) {
  boards *b = argument;
  CHECK_IS(covey_write_accept(b->h.server, atomic_load(&b->call), NULL, NULL, 0,
                              NULL),
           COVEY_OK);
  CHECK_IS(covey_write_accept(b->h.server, atomic_load(&b->call), NULL, NULL, 0,
                              NULL),
           COVEY_E_GONE);
}

static void a_write_may_be_accepted_on_another_thread(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  open_write(&b, &c, DELETE);
  check_elsewhere(another_thread_accepts, &b);
  CHECK(hears(&c, WRITTEN("1", "1")));
  CHECK(boards_has(&b, b.card, "1", NULL));
  close_with(&b, &c);
}

static void a_write_may_be_refused_or_dropped(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  covey_call_id call = open_write(&b, &c, DELETE);
  CHECK_IS(covey_call_return(b.h.server, call, NULL, 0), COVEY_E_INVALID);
  CHECK_IS(covey_call_fail(b.h.server, call, 403, "no"), COVEY_OK);
  CHECK(hears(&c, WRITE_ERROR("1", "403") "no'}}"));
  call = open_write(&b, &c, DELETE);
  CHECK_IS(covey_call_drop(b.h.server, call), COVEY_OK);
  CHECK(hears_start(&c, WRITE_ERROR("1", "500")));
  CHECK_IS(boards_statistics(&b).calls_failed, 2);
  close_with(&b, &c);
}

static void what_cannot_be_accepted_waits_on(void) {
  static const char *const objects[] = {
      "",           "[]",           "7",          "{\"no\":1}",
      "{\"id\":1}", "{\"text\":7}", "{\"text\":", "{\"text\":null}"};
  boards b;
  client c;
  covey_error error = COVEY_ERROR_INIT;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  covey_server *server = b.h.server;
  covey_call_id call = open_write(&b, &c, SAVE("'data':{}"));
  for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
    check_note(objects[i]);
    CHECK_IS(covey_write_accept(server, call, NULL, objects[i],
                                strlen(objects[i]), &error),
             COVEY_E_INVALID);
    CHECK_IS(error.status, COVEY_E_INVALID);
  }
  check_note(NULL);
  CHECK_IS(covey_write_accept(server, call, "1", NULL, 0, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_write_accept(server, call, NULL, NULL, 1, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_write_accept(server, call, NULL, "{}", SIZE_MAX, NULL),
           COVEY_E_TOO_LARGE);
  CHECK_IS(covey_write_accept(server, call, NULL, "{}", 2, &error), COVEY_OK);
  CHECK(hears(&c, WRITTEN("1", "1")));
  call = open_write(&b, &c, CREATE("'text':'x'"));
  CHECK_IS(covey_write_accept(server, call, "one", NULL, 0, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_write_accept(server, call, "7", NULL, 0, NULL), COVEY_OK);
  close_with(&b, &c);
}

static void what_is_gone_meanwhile_is_404_and_what_is_taken_409(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  covey_call_id save = open_write(&b, &c, SAVE("'data':{'text':'x'}")),
                create = open_write(&b, &c, CREATE("'text':'x'"));
  boards_delete(&b, b.card, "1");
  CHECK(client_receive(&c, &(frame){0}));
  CHECK_IS(covey_write_accept(b.h.server, save, NULL, NULL, 0, NULL), COVEY_OK);
  CHECK(hears_start(&c, WRITE_ERROR("1", "404")));
  CHECK_IS(covey_write_accept(b.h.server, create, "2", NULL, 0, NULL),
           COVEY_OK);
  CHECK(hears_start(&c, WRITE_ERROR("1", "409")));
  close_with(&b, &c);
}

static void a_create_whose_parent_is_gone_meanwhile_is_404(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  covey_call_id create = open_write(&b, &c, CREATE("'text':'x'"));
  boards_delete(&b, b.board, "1");
  CHECK(client_receive(&c, &(frame){0}));
  if (!CHECK_IS(covey_write_accept(b.h.server, create, NULL, NULL, 0, NULL),
                COVEY_OK))
    return;
  CHECK(hears_start(&c, WRITE_ERROR("1", "404")));
  close_with(&b, &c);
}

static void a_save_of_nothing_is_answered_and_told_to_nobody(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  CHECK(says(&c, SAVE("'data':{'text':'a'}")));
  CHECK(hears(&c, WRITTEN("1", "1")));
  CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  close_with(&b, &c);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_save_is_made_and_answered),
      TEST(a_create_is_given_the_next_id),
      TEST(a_delete_is_made_and_answered),
      TEST(a_host_may_write_something_else),
      TEST(a_host_may_give_the_id),
      TEST(a_string_id_must_be_given),
      TEST(a_create_may_leave_to_the_host_what_is_optional),
      TEST(a_write_may_be_accepted_on_another_thread),
      TEST(a_write_may_be_refused_or_dropped),
      TEST(what_cannot_be_accepted_waits_on),
      TEST(what_is_gone_meanwhile_is_404_and_what_is_taken_409),
      TEST(a_create_whose_parent_is_gone_meanwhile_is_404),
      TEST(a_save_of_nothing_is_answered_and_told_to_nobody),
  };
  return CHECK_MAIN(argc, argv, tests);
}
