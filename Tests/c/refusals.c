/*
 * refusals.c - writes that are refused before the host is asked, and in which
 * order they are looked at.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

#define WRITE(rest) "{'type':'write','writeId':1," rest "}"
#define SAVE(rest) WRITE("'operation':'save'," rest)
#define CREATE(rest) WRITE("'operation':'create'," rest)
#define DELETE(rest) WRITE("'operation':'delete'," rest)
#define CARD "'instanceType':'Card'"
#define TASK "'instanceType':'Task'"
#define BELOW "'parentType':'Board','parentId':1,'relationName':'cards'"

static covey_model_id task;

/* Boards have tasks as well, each of which names what it is done after, and for
 * which team; a team can be reached from nowhere. */
static void declare_more(boards *b) {
  static const char *const states[] = {"\"open\"", "\"done\"", NULL};
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = boards_handlers(b);
  covey_field plan[] = {boards_field("tasks", COVEY_FIELD_MANY, 0)};
  covey_field fields[] = {
      boards_field("plan", COVEY_FIELD_INTEGER, 0),
      boards_field("state", COVEY_FIELD_CHOICE, COVEY_FIELD_WRITABLE),
      boards_field("after", COVEY_FIELD_ONE,
                   COVEY_FIELD_WRITABLE | COVEY_FIELD_NULLABLE),
      boards_field("secret", COVEY_FIELD_STRING, COVEY_FIELD_NULLABLE),
      boards_field("due", COVEY_FIELD_DATE,
                   COVEY_FIELD_WRITABLE | COVEY_FIELD_NULLABLE),
  };
  plan[0].model = "Task";
  plan[0].inverse_field = "plan";
  fields[1].choices = states;
  fields[2].model = "Task";
  context.model = boards_declare(b, "Plan", COVEY_ID_INTEGER, 0, plan, 1, NULL);
  task = boards_declare(b, "Task", COVEY_ID_INTEGER,
                        COVEY_WRITE_SAVE | COVEY_WRITE_CREATE, fields, 5, NULL);
  boards_show(b, "plans/<int:id>/", context.model, 0);
  handlers.on_list = NULL;
  handlers.on_write = NULL;
  CHECK_IS(covey_context_register(b->h.server, "fixed/<int:id>/", NULL,
                                  &context, &handlers, NULL, NULL),
           COVEY_OK);
  boards_put(b, context.model, "{'id':1}");
}

static bool open_at(boards *b, client *c, const char *target) {
  boards_prepare(b);
  b->declare = declare_more;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  boards_put(b, b->card, "{'id':1,'board':1,'text':'a'}");
  boards_put(b, b->card, "{'id':2,'board':2,'text':'b'}");
  boards_put(b, task, "{'id':1,'plan':1,'state':'open'}");
  CHECK(boards_enter(b, c, target, "ada") != 0);
  CHECK(skips_snapshot(c));
  return true;
}

static void close_with(boards *b, client *c) {
  CHECK_IS(atomic_load(&b->writes), 0);
  CHECK_IS(atomic_load(&b->h.disconnects), 0);
  client_drop(c, false);
  boards_close(b);
}

/* Each of these is refused, and the host is not asked. */
static void check_refused(const char *target, const char *answer,
                          const char *const *writes, size_t count) {
  boards b;
  client c;
  if (!open_at(&b, &c, target))
    return;
  for (size_t i = 0; i < count; i++) {
    check_note(writes[i]);
    CHECK(says(&c, writes[i]));
    CHECK(hears_start(&c, answer));
  }
  check_note(NULL);
  CHECK_IS(boards_statistics(&b).writes, count);
  CHECK_IS(boards_statistics(&b).calls_failed, count);
  CHECK_IS(boards_statistics(&b).calls_open, 0);
  close_with(&b, &c);
}

#define CHECK_REFUSED(target, code, ...)                                       \
  do {                                                                         \
    static const char *const writes[] = {__VA_ARGS__};                         \
    check_refused(target, WRITE_ERROR("1", code), writes,                      \
                  sizeof writes / sizeof writes[0]);                           \
  } while (0)

static void an_unknown_operation_is_400(void) {
  CHECK_REFUSED("/boards/1/", "400",
                WRITE("'operation':'update'," CARD ",'instanceId':1"),
                WRITE("'operation':''," CARD), WRITE("'operation':null"),
                WRITE("'operation':7," CARD), WRITE("'operation':'Save'"));
}

static void an_unknown_type_is_400(void) {
  CHECK_REFUSED("/boards/1/", "400", SAVE("'instanceId':1,'data':{}"),
                SAVE("'instanceType':'Nothing','instanceId':1,'data':{}"),
                SAVE("'instanceType':'card','instanceId':1,'data':{}"),
                SAVE("'instanceType':null,'instanceId':1,'data':{}"),
                CREATE(BELOW ",'data':{'text':'x'}"), DELETE("'instanceId':1"),
                DELETE("'instanceType':'','instanceId':1"));
}

/* Board: save alone; Task: no delete. */
static void what_a_model_does_not_allow_is_403_whatever_else_is_wrong(void) {
  CHECK_REFUSED(
      "/boards/1/", "403", DELETE("'instanceType':'Board','instanceId':1"),
      DELETE("'instanceType':'Board'"),
      CREATE("'instanceType':'Board','data':7"), DELETE(TASK ",'instanceId':1"),
      SAVE("'instanceType':'Plan','instanceId':1,'data':null"));
}

static void bad_data_is_400(void) {
  CHECK_REFUSED("/boards/1/", "400", SAVE(CARD ",'instanceId':1"),
                SAVE(CARD ",'instanceId':1,'data':null"),
                SAVE(CARD ",'instanceId':1,'data':[]"),
                SAVE(CARD ",'instanceId':1,'data':'x'"),
                SAVE(CARD ",'instanceId':1,'data':{'text':7}"),
                SAVE(CARD ",'instanceId':1,'data':{'text':null}"),
                SAVE(CARD ",'instanceId':1,'data':{'text':'a','text':'b'}"),
                SAVE(CARD ",'instanceId':1,'data':{'who':false}"),
                CREATE(CARD "," BELOW),
                CREATE(CARD "," BELOW ",'data':{'text':null}"));
  CHECK_REFUSED("/plans/1/", "400",
                SAVE(TASK ",'instanceId':1,'data':{'state':'closed'}"),
                SAVE(TASK ",'instanceId':1,'data':{'due':'tomorrow'}"),
                SAVE(TASK ",'instanceId':1,'data':{'after':'1'}"));
}

static void a_create_lacks_no_required_field(void) {
  CHECK_REFUSED("/boards/1/", "400", CREATE(CARD "," BELOW ",'data':{}"),
                CREATE(CARD "," BELOW ",'data':{'who':'x'}"));
}

static void what_a_write_refers_to_must_be_there(void) {
  CHECK_REFUSED("/plans/1/", "400",
                SAVE(TASK ",'instanceId':1,'data':{'after':99}"),
                CREATE(TASK ",'parentType':'Plan','parentId':1,"
                            "'relationName':'tasks',"
                            "'data':{'state':'open','after':99}"));
}

static void a_parent_must_have_such_a_relation(void) {
  CHECK_REFUSED(
      "/boards/1/", "400", CREATE(CARD ",'data':{'text':'x'}"),
      CREATE(CARD ",'parentType':'Board','parentId':1,'data':{'text':'x'}"),
      CREATE(CARD ",'parentType':'Board','parentId':1,"
                  "'relationName':'title','data':{'text':'x'}"),
      CREATE(CARD ",'parentType':'Board','parentId':1,"
                  "'relationName':'none','data':{'text':'x'}"),
      CREATE(CARD ",'parentType':'Plan','parentId':1,"
                  "'relationName':'tasks','data':{'text':'x'}"),
      CREATE(CARD ",'parentType':'None','parentId':1,"
                  "'relationName':'cards','data':{'text':'x'}"),
      CREATE(TASK "," BELOW ",'data':{'state':'open'}"));
}

static void what_is_not_in_this_context_is_400(void) {
  CHECK_REFUSED("/boards/1/", "400",
                SAVE(CARD ",'instanceId':2,'data':{'text':'x'}"),
                SAVE(CARD ",'instanceId':99,'data':{'text':'x'}"),
                SAVE(CARD ",'instanceId':'1','data':{'text':'x'}"),
                SAVE(CARD ",'instanceId':null,'data':{'text':'x'}"),
                SAVE(CARD ",'instanceId':-1,'data':{'text':'x'}"),
                SAVE(CARD ",'data':{'text':'x'}"),
                SAVE("'instanceType':'Board','instanceId':2,'data':{}"),
                SAVE(TASK ",'instanceId':1,'data':{}"),
                DELETE(CARD ",'instanceId':2"), DELETE(CARD),
                CREATE(CARD ",'parentType':'Board','parentId':2,"
                            "'relationName':'cards','data':{'text':'x'}"),
                CREATE(CARD ",'parentType':'Board',"
                            "'relationName':'cards','data':{'text':'x'}"));
}

static void without_on_write_what_is_right_is_403(void) {
  CHECK_REFUSED("/fixed/1/", "403", SAVE(TASK ",'instanceId':1,'data':{}"),
                CREATE(TASK ",'parentType':'Plan','parentId':1,"
                            "'relationName':'tasks','data':{'state':'open'}"));
  CHECK_REFUSED("/fixed/1/", "400", SAVE(CARD ",'instanceId':1,'data':{}"));
}

static void the_anchor_that_was_deleted_is_404(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  boards_delete(&b, b.board, "1");
  CHECK(client_receive(&c, &(frame){0}));
  CHECK(says(&c, SAVE("'instanceType':'Board','instanceId':1,'data':{}")));
  CHECK(hears_start(&c, WRITE_ERROR("1", "404")));
  close_with(&b, &c);
}

static void a_write_without_its_id_or_operation_is_ignored(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  CHECK(says(&c,
             "{'type':'write','operation':'delete'," CARD ",'instanceId':1}"));
  CHECK(says(&c, "{'type':'write','writeId':1," CARD ",'instanceId':1}"));
  AWAIT(&b.h, boards_statistics(&b).frames_ignored == 2);
  CHECK(hears_nothing(&b, &c, atomic_load(&b.h.consumer)));
  CHECK_IS(boards_statistics(&b).writes, 0);
  close_with(&b, &c);
}

static void ids_of_writes_are_echoed_digit_for_digit(void) {
  boards b;
  client c;
  if (!open_at(&b, &c, "/boards/1/"))
    return;
  CHECK(says(&c, "{'type':'write','writeId':1795247640458000001,"
                 "'operation':'none'}"));
  CHECK(hears_start(&c, WRITE_ERROR("1795247640458000001", "400")));
  CHECK(says(&c, "{'type':'write','writeId':'w','operation':'none'}"));
  CHECK(hears_start(&c, WRITE_ERROR("'w'", "400")));
  close_with(&b, &c);
}

static void leave_it_open(boards *self, covey_consumer_id consumer,
                          covey_call_id call, const covey_write *write) {
  (void)self, (void)consumer, (void)call, (void)write;
}

static void open_writes_are_bounded_and_due(void) {
  boards b;
  client c;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.calls_per_consumer_max = 1;
  options.call_timeout_ms = (uint32_t)check_ms(150);
  boards_prepare(&b);
  b.on_write = leave_it_open;
  if (!boards_make(&b, &options) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  boards_put(&b, b.card, "{'id':1,'board':1,'text':'a'}");
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK(says(&c, DELETE(CARD ",'instanceId':1")));
  CHECK(says(&c, "{'type':'write','writeId':2,'operation':'delete'," CARD
                 ",'instanceId':1}"));
  CHECK(hears_start(&c, WRITE_ERROR("2", "429")));
  CHECK(hears_start(&c, WRITE_ERROR("1", "504")));
  CHECK_IS(boards_statistics(&b).calls_timed_out, 1);
  CHECK_IS(
      covey_write_accept(b.h.server, atomic_load(&b.call), NULL, NULL, 0, NULL),
      COVEY_E_GONE);
  CHECK(
      boards_has(&b, b.card, "1", "{'id':1,'board':1,'text':'a','who':null}"));
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_unknown_operation_is_400),
      TEST(an_unknown_type_is_400),
      TEST(what_a_model_does_not_allow_is_403_whatever_else_is_wrong),
      TEST(bad_data_is_400),
      TEST(a_create_lacks_no_required_field),
      TEST(what_a_write_refers_to_must_be_there),
      TEST(a_parent_must_have_such_a_relation),
      TEST(what_is_not_in_this_context_is_400),
      TEST(without_on_write_what_is_right_is_403),
      TEST(the_anchor_that_was_deleted_is_404),
      TEST(a_write_without_its_id_or_operation_is_ignored),
      TEST(ids_of_writes_are_echoed_digit_for_digit),
      TEST(open_writes_are_bounded_and_due),
  };
  return CHECK_MAIN(argc, argv, tests);
}
