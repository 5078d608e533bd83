/* What every board begins with; the README lists it, too. */
#include "board.h"

static void add(json_t *rows, int which, json_t *json) {
  must_have(json);
  json_t *row =
      json_pack("{s:s, s:o}", "model", model_names[which], "json", json);
  json_array_append_new(rows, must_have(row));
}

static void add_member(json_t *rows, int id, const char *name) {
  add(rows, MEMBER, json_pack("{s:i, s:s}", "id", id, "name", name));
}

static void add_project(json_t *rows, int id, const char *name, int one_member,
                        int other_member) {
  add(rows, PROJECT,
      json_pack("{s:i, s:s, s:[], s:[ii], s:[]}", "id", id, "name", name,
                "tasks", "members", one_member, other_member, "notes"));
}

/* Nobody is assigned when the assignee is 0. */
static void add_task(json_t *rows, int id, int project, const char *title,
                     int is_done, int assignee) {
  add(rows, TASK,
      json_pack("{s:i, s:i, s:s, s:b, s:o}", "id", id, "project", project,
                "title", title, "done", is_done, "assignee",
                assignee == 0 ? json_null() : json_integer(assignee)));
}

static void add_note(json_t *rows, int id, int project, int owner,
                     const char *text) {
  add(rows, NOTE,
      json_pack("{s:i, s:i, s:i, s:s}", "id", id, "project", project, "owner",
                owner, "text", text));
}

json_t *data_set(void) {
  json_t *rows = must_have(json_array());
  add_member(rows, 1, "Alice");
  add_member(rows, 2, "Bob");
  add_member(rows, 3, "Carol");

  add_project(rows, 1, "Website", 1, 2);
  add_project(rows, 2, "Mobile app", 1, 3);
  add_project(rows, 3, "Web shop", 2, 3);

  add_task(rows, 1, 1, "Draw the front page", 1, 1);
  add_task(rows, 2, 1, "Write the texts", 0, 2);
  add_task(rows, 3, 1, "Choose a font", 0, 0);
  add_task(rows, 4, 2, "Sketch the icons", 0, 3);
  add_task(rows, 5, 3, "Compare payment services", 0, 0);

  add_note(rows, 1, 1, 1, "Ask Carol about the colours");
  add_note(rows, 2, 1, 2, "Texts are due on Friday");
  add_note(rows, 3, 1, 1, "Book the photographer");
  return rows;
}
