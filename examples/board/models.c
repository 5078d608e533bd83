/* What there is on a board, and how it comes into the store. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serving.h"

const char *const model_names[MODEL_COUNT] = {"board.Project", "board.Task",
                                              "board.Member", "board.Note"};

static const covey_field project_fields[] = {
    {.name = "name", .type = COVEY_FIELD_STRING, .flags = COVEY_FIELD_WRITABLE},
    /* Tasks and notes say themselves whose they are. */
    {.name = "tasks",
     .type = COVEY_FIELD_MANY,
     .model = "board.Task",
     .inverse_field = "project"},
    {.name = "members", .type = COVEY_FIELD_MANY, .model = "board.Member"},
    {.name = "notes",
     .type = COVEY_FIELD_MANY,
     .model = "board.Note",
     .inverse_field = "project"}};

static const covey_field task_fields[] = {
    /* Writing it moves the task. */
    {.name = "project",
     .type = COVEY_FIELD_INTEGER,
     .flags = COVEY_FIELD_WRITABLE},
    {.name = "title",
     .type = COVEY_FIELD_STRING,
     .flags = COVEY_FIELD_WRITABLE},
    {.name = "done",
     .type = COVEY_FIELD_BOOLEAN,
     .flags = COVEY_FIELD_WRITABLE},
    {.name = "assignee",
     .type = COVEY_FIELD_ONE,
     .flags = COVEY_FIELD_NULLABLE | COVEY_FIELD_WRITABLE,
     .model = "board.Member"}};

static const covey_field member_fields[] = {
    {.name = "name", .type = COVEY_FIELD_STRING}};

static const covey_field note_fields[] = {
    {.name = "project", .type = COVEY_FIELD_INTEGER},
    {.name = "owner", .type = COVEY_FIELD_INTEGER},
    {.name = "text", .type = COVEY_FIELD_STRING}};

static void declare(board *board, covey_server *server, int which,
                    const covey_field *fields, size_t count, uint32_t writable,
                    const char *owner_field) {
  covey_model model = COVEY_MODEL_INIT;
  model.name = model_names[which];
  model.id_kind = COVEY_ID_INTEGER;
  model.writable = writable;
  model.fields = fields;
  model.field_count = count;
  model.owner_field = owner_field;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_model_register(server, &model, &board->models[which], &error),
       &error);
}

#define FIELDS(list) list, sizeof(list) / sizeof(list)[0]

void models_declare(board *board, covey_server *server) {
  declare(board, server, PROJECT, FIELDS(project_fields), COVEY_WRITE_SAVE,
          NULL);
  declare(board, server, TASK, FIELDS(task_fields),
          COVEY_WRITE_SAVE | COVEY_WRITE_CREATE | COVEY_WRITE_DELETE, NULL);
  declare(board, server, MEMBER, FIELDS(member_fields), 0, NULL);
  declare(board, server, NOTE, FIELDS(note_fields), 0, "owner");
}

/* Which model has this name; MODEL_COUNT: none. */
static int model_named(const char *name) {
  int which = 0;
  while (which < MODEL_COUNT && strcmp(name, model_names[which]) != 0) {
    which++;
  }
  return which;
}

/* A row out of a file is as good as whoever edited the file. */
static void must_row(covey_status status, const json_t *row,
                     covey_error *error) {
  const char *place = json_string_value(json_object_get(row, "place"));
  if (status != COVEY_OK && place != NULL) {
    fprintf(stderr, "%s: ", place);
  }
  must(status, error);
}

static void row_put(board *board, covey_server *server, const json_t *row) {
  const char *name = json_string_value(json_object_get(row, "model"));
  json_t *json = json_object_get(row, "json");
  int which = name == NULL ? MODEL_COUNT : model_named(name);
  covey_error error = COVEY_ERROR_INIT;
  if (which == MODEL_COUNT) {
    must_row(COVEY_E_NOT_FOUND, row, &error);
  }
  char *text = must_have(json_dumps(json, JSON_COMPACT));
  must_row(covey_store_put(server, board->models[which], text, strlen(text), 0,
                           &error),
           row, &error);
  free(text);
  if (which == PROJECT) {
    char id[ID_BYTES];
    json_int_t number = json_integer_value(json_object_get(json, "id"));
    snprintf(id, ID_BYTES, "%" JSON_INTEGER_FORMAT, number);
    json_array_append_new(board->projects, must_have(json_string(id)));
  }
}

void rows_put(board *board, covey_server *server, json_t *rows) {
  size_t index = 0;
  json_t *row = NULL;
  json_array_foreach(rows, index, row) { row_put(board, server, row); }
}
