/*
 * owners.c - rows that belong to a user reach nobody else, and no id of them.
 */
#include "boards.h"

#include <stdio.h>
#include <string.h>

/* Diary 1 has a note of ada's, one of grace's, and one for everybody. */
static covey_model_id diary, note;
static covey_channel_id diaries;

static void declare_diaries(boards *b) {
  covey_field diary_fields[] = {
      boards_field("notes", COVEY_FIELD_MANY, 0),
      boards_field("best", COVEY_FIELD_ONE, COVEY_FIELD_NULLABLE),
  };
  covey_field note_fields[] = {
      boards_field("diary", COVEY_FIELD_INTEGER, 0),
      boards_field("user", COVEY_FIELD_STRING, COVEY_FIELD_NULLABLE),
      boards_field("text", COVEY_FIELD_STRING, COVEY_FIELD_WRITABLE),
  };
  diary_fields[0].model = diary_fields[1].model = "Note";
  diary_fields[0].inverse_field = "diary";
  diary =
      boards_declare(b, "Diary", COVEY_ID_INTEGER, 0, diary_fields, 2, NULL);
  note =
      boards_declare(b, "Note", COVEY_ID_INTEGER,
                     COVEY_WRITE_SAVE | COVEY_WRITE_CREATE | COVEY_WRITE_DELETE,
                     note_fields, 3, "user");
  diaries = boards_show(b, "diaries/<int:id>/", diary, 0);
  boards_show(b, "note/<int:id>/", note, 0);
  boards_show(b, "notes/", note, COVEY_CONTEXT_MANY);
}

static bool open_diaries(boards *b) {
  boards_prepare(b);
  b->declare = declare_diaries;
  if (!boards_make(b, NULL) || !host_listen(&b->h))
    return false;
  boards_put(b, diary, "{'id':1,'best':1}");
  boards_put(b, note, "{'id':1,'diary':1,'user':'ada','text':'hers'}");
  boards_put(b, note, "{'id':2,'diary':1,'user':'grace','text':'other'}");
  boards_put(b, note, "{'id':3,'diary':1,'user':null,'text':'all'}");
  return true;
}

static void a_snapshot_holds_the_rows_of_its_user_alone(void) {
  boards b;
  client ada, grace, none;
  if (!open_diaries(&b))
    return;
  CHECK(boards_enter(&b, &ada, "/diaries/1/", "+ada") != 0);
  CHECK(hears(&ada, OWN_ANCHORS("1")));
  CHECK(hears(
      &ada,
      ROWS(OWN_FIRST("Diary", "'id':1,'notes':[1,3],'best':1"),
           OWN_FIRST("Note", "'id':1,'diary':1,'user':'ada','text':'hers'"),
           OWN_FIRST("Note", "'id':3,'diary':1,'user':null,'text':'all'"))));
  CHECK(boards_enter(&b, &grace, "/diaries/1/", "+grace") != 0);
  CHECK(hears(&grace, OWN_ANCHORS("1")));
  CHECK(hears(
      &grace,
      ROWS(OWN_FIRST("Diary", "'id':1,'notes':[2,3],'best':null"),
           OWN_FIRST("Note", "'id':2,'diary':1,'user':'grace','text':'other'"),
           OWN_FIRST("Note", "'id':3,'diary':1,'user':null"
                             ",'text':'all'"))));
  CHECK(boards_enter(&b, &none, "/diaries/1/", "+eve") != 0);
  CHECK(hears(&none, OWN_ANCHORS("1")));
  CHECK(hears(
      &none,
      ROWS(OWN_FIRST("Diary", "'id':1,'notes':[3],'best':null"),
           OWN_FIRST("Note", "'id':3,'diary':1,'user':null,'text':'all'"))));
  client_drop(&ada, false);
  client_drop(&grace, false);
  client_drop(&none, false);
  boards_close(&b);
}

/* A client of our own that has read its snapshot. */
static covey_consumer_id enter(boards *b, client *c, const char *token) {
  covey_consumer_id consumer = boards_enter(b, c, "/diaries/1/", token);
  CHECK(skips_snapshot(c));
  return consumer;
}

/* What others are told when a row that is not theirs comes or goes: a list as
 * they know it. Today's behaviour; nothing would do. */
#define AS_BEFORE(row) ROWS(row("Diary", "'id':1,'notes':[2,3]"))

static void changes_of_a_row_reach_its_user_alone(void) {
  boards b;
  client ada, grace;
  if (!open_diaries(&b))
    return;
  covey_consumer_id a = enter(&b, &ada, "+ada"), g = enter(&b, &grace, "grace");
  boards_merge(&b, note, "{'id':1,'text':'x'}");
  CHECK(hears(&ada, ROWS(OWN_UPDATED("Note", "'id':1,'text':'x'"))));
  CHECK(hears_nothing(&b, &grace, g));
  boards_put(&b, note, "{'id':4,'diary':1,'user':'ada','text':'new'}");
  CHECK(hears(
      &ada,
      ROWS(OWN_CREATED("Note", "'id':4,'diary':1,'user':'ada','text':'new'"),
           OWN_UPDATED("Diary", "'id':1,'notes':[1,3,4]"))));
  CHECK(hears(&grace, AS_BEFORE(UPDATED)));

  boards_delete(&b, note, "4");
  CHECK(hears(&ada, ROWS(OWN_UPDATED("Diary", "'id':1,'notes':[1,3]"),
                         OWN_DELETED("Note", "'id':4"))));
  CHECK(hears(&grace, AS_BEFORE(UPDATED)));
  CHECK(hears_nothing(&b, &grace, g));
  CHECK(hears_nothing(&b, &ada, a));
  client_drop(&ada, false);
  client_drop(&grace, false);
  boards_close(&b);
}

static void
a_row_that_changes_hands_is_gone_for_one_and_new_to_the_other(void) {
  boards b;
  client ada, grace;
  if (!open_diaries(&b))
    return;
  CHECK(enter(&b, &ada, "+ada") != 0 && enter(&b, &grace, "+grace") != 0);
  boards_merge(&b, note, "{'id':1,'user':'grace'}");
  CHECK(hears(&ada, ROWS(OWN_UPDATED("Diary", "'id':1,'notes':[3],'best':null"),
                         OWN_DELETED("Note", "'id':1"))));
  CHECK(hears(
      &grace,
      ROWS(OWN_CREATED("Note", "'id':1,'diary':1,'user':'grace','text':'hers'"),
           OWN_UPDATED("Diary", "'id':1,'notes':[1,2,3],'best':1"))));
  boards_merge(&b, note, "{'id':3,'user':'grace'}");
  CHECK(hears(&ada, ROWS(OWN_UPDATED("Diary", "'id':1,'notes':[]"),
                         OWN_DELETED("Note", "'id':3"))));
  CHECK(hears(&grace, ROWS(OWN_UPDATED("Note", "'id':3,'user':'grace'"),
                           OWN_UPDATED("Diary", "'id':1,'notes':[1,2,3]"))));
  client_drop(&ada, false);
  client_drop(&grace, false);
  boards_close(&b);
}

static void list_all(boards *self, covey_consumer_id consumer) {
  static const char *const ids[] = {"2", "1", "3"};
  CHECK_IS(covey_anchor_replace(self->h.server, consumer, ids, 3), COVEY_OK);
}

static void an_anchor_of_another_user_is_as_good_as_none(void) {
  boards b;
  client c;
  if (!open_diaries(&b))
    return;
  CHECK(boards_enter(&b, &c, "/note/2/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("2")));
  CHECK(hears(&c, KEPT_OUT("404", "error/not-found")));
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  b.on_list = list_all;
  covey_consumer_id consumer = boards_enter(&b, &c, "/notes/", "+ada");
  CHECK(hears(&c, OWN_ANCHORS("1,3")));
  CHECK(skips_snapshot(&c));
  CHECK_IS(covey_anchor_append(b.h.server, consumer, "2"), COVEY_OK);
  CHECK(hears_nothing(&b, &c, consumer));
  client_drop(&c, false);
  boards_close(&b);
}

static void nobody_resumes_as_somebody_else(void) {
  boards b;
  client c;
  char last_update[64] = "", first[128];
  if (!open_diaries(&b))
    return;
  CHECK(boards_enter(&b, &c, "/diaries/1/", "ada") != 0);
  CHECK(remembers_snapshot(&c, last_update, sizeof last_update));
  host_disconnect(&b.h, &c);
  c = boards_visit(&b, "/diaries/1/");
  snprintf(first, sizeof first, "{'token':'grace','lastUpdate':%s}",
           last_update);
  CHECK(says(&c, first));
  CHECK(hears(&c, LET_IN));
  CHECK(hears(&c, ANCHORS("1")));
  CHECK(skips_snapshot(&c));
  CHECK_IS(boards_statistics(&b).resumes, 0);
  client_drop(&c, false);
  boards_close(&b);
}

static void what_is_not_seen_cannot_be_written(void) {
  boards b;
  client c;
  if (!open_diaries(&b))
    return;
  CHECK(enter(&b, &c, "ada") != 0);
  CHECK(says(&c, "{'type':'write','writeId':1,'operation':'save','instanceType'"
                 ":'Note','instanceId':2,'data':{'text':'!'}}"));
  CHECK(hears(&c, "{'type':'writeResponse','writeId':1,'success':false,'error':"
                  "{'code':400,'message':'not in this context'}}"));
  CHECK(says(&c, "{'type':'write','writeId':2,'operation':'delete','"
                 "instanceType':'Note','instanceId':2}"));
  CHECK(hears(&c, "{'type':'writeResponse','writeId':2,'success':false,'error':"
                  "{'code':400,'message':'not in this context'}}"));
  CHECK_IS(atomic_load(&b.writes), 0);
  client_drop(&c, false);
  boards_close(&b);
}

static void what_a_user_creates_is_theirs(void) {
  boards b;
  client ada, grace;
  if (!open_diaries(&b))
    return;
  CHECK(enter(&b, &ada, "+ada") != 0);
  covey_consumer_id g = enter(&b, &grace, "+grace");
  CHECK(says(&ada,
             "{'type':'write','writeId':1,'operation':'create','instanceType':'"
             "Note','parentType':'Diary','parentId':1,'relationName':'notes','"
             "data':{'user':'grace','text':'mine'}}"));
  CHECK(hears(
      &ada,
      "{'type':'writeResponse','writeId':1,'success':true,'instanceId':4}"));
  CHECK(hears(
      &ada,
      ROWS(OWN_CREATED("Note", "'id':4,'diary':1,'user':'ada','text':'mine'"),
           OWN_UPDATED("Diary", "'id':1,'notes':[1,3,4]"))));
  CHECK_TEXT(b.text, "{\"user\":\"ada\",\"text\":\"mine\"}");
  CHECK(hears(&grace, AS_BEFORE(OWN_UPDATED)));
  CHECK(hears_nothing(&b, &grace, g));
  client_drop(&ada, false);
  client_drop(&grace, false);
  boards_close(&b);
}

static void who_becomes_somebody_else_is_shown_what_is_theirs(void) {
  boards b;
  client c;
  bool is_shown = false;
  if (!open_diaries(&b))
    return;
  covey_consumer_id consumer = enter(&b, &c, "+ada");
  CHECK_IS(covey_consumer_set_user(b.h.server, consumer, "grace"), COVEY_OK);
  boards_merge(&b, note, "{'id':1,'text':'for ada alone'}");
  host_turn(&b.h);
  CHECK_IS(covey_consumer_send(b.h.server, consumer, COVEY_TEXT, "done", 4),
           COVEY_OK);
  for (frame next; CHECK(client_receive(&c, &next)) && next.size != 4;) {
    CHECK(memmem(next.data, next.size, "for ada alone", 13) == NULL);
    is_shown |= memmem(next.data, next.size, "\"other\"", 7) != NULL;
  }
  CHECK(is_shown);
  client_drop(&c, false);
  boards_close(&b);
}

static covey_model_id numbered;

static void declare_numbered(boards *b) {
  covey_field fields[] = {
      boards_field("user", COVEY_FIELD_INTEGER, COVEY_FIELD_NULLABLE)};
  numbered =
      boards_declare(b, "Numbered", COVEY_ID_STRING, 0, fields, 1, "user");
  boards_show(b, "numbered/<id>/", numbered, 0);
}

static void an_owner_may_be_a_number(void) {
  boards b;
  client c;
  boards_prepare(&b);
  b.declare = declare_numbered;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  boards_put(&b, numbered, "{'id':'x','user':7}");
  CHECK(boards_enter(&b, &c, "/numbered/x/", "7") != 0);
  CHECK(hears(&c, ANCHORS("'x'")));
  CHECK(hears(&c, ROWS(ANCHOR("Numbered", "'id':'x','user':7"))));
  client_drop(&c, false);
  CHECK(boards_enter(&b, &c, "/numbered/x/", "07") != 0);
  CHECK(hears(&c, ANCHORS("'x'")));
  CHECK(hears(&c, KEPT_OUT("404", "error/not-found")));
  client_drop(&c, false);
  boards_close(&b);
}

static void know_nobody(boards *self, covey_consumer_id consumer,
                        const char *token, size_t size) {
  (void)token, (void)size;
  CHECK_IS(covey_consumer_authenticate(self->h.server, consumer, NULL),
           COVEY_OK);
}

static void who_has_no_name_sees_what_is_everybodys(void) {
  boards b;
  client c;
  if (!open_diaries(&b))
    return;
  b.on_authenticate = know_nobody;
  CHECK(boards_enter(&b, &c, "/diaries/1/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("1")));
  CHECK(
      hears(&c, ROWS(ANCHOR("Diary", "'id':1,'notes':[3],'best':null"),
                     FIRST("Note", "'id':3,'diary':1,'user':null,'text':'all'"),
                     NO_ROW("Note"))));
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_snapshot_holds_the_rows_of_its_user_alone),
      TEST(changes_of_a_row_reach_its_user_alone),
      TEST(a_row_that_changes_hands_is_gone_for_one_and_new_to_the_other),
      TEST(an_anchor_of_another_user_is_as_good_as_none),
      TEST(nobody_resumes_as_somebody_else),
      TEST(what_is_not_seen_cannot_be_written),
      TEST(what_a_user_creates_is_theirs),
      TEST(who_becomes_somebody_else_is_shown_what_is_theirs),
      TEST(an_owner_may_be_a_number),
      TEST(who_has_no_name_sees_what_is_everybodys),
  };
  return CHECK_MAIN(argc, argv, tests);
}
