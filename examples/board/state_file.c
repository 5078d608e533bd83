/*
 * A file that holds the state: a line of JSON for each change,
 *
 *   {"model":"board.Task","id":"2","json":{...},"version":1795247430199791}
 *
 * with null for a row that was deleted. The last line of a row counts. At each
 * start the rows that there are replace the lines of all that was.
 */
#define _POSIX_C_SOURCE 200809L /* getline, fsync */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "board.h"

struct state_file {
  FILE *file;
};

static void give_up(const char *path, const char *problem) {
  fprintf(stderr, "%s: %s\n", path, problem);
  exit(EXIT_FAILURE);
}

/* ------------------------------------------------------------- reading -- */

static void id_of(char id[ID_BYTES], const json_t *json) {
  json_int_t number = json_integer_value(json_object_get(json, "id"));
  snprintf(id, ID_BYTES, "%" JSON_INTEGER_FORMAT, number);
}

/* Whether it is a change of a row: then it has these parts. */
static int is_change(json_t *row, const char **model, const char **id,
                     json_t **json) {
  json_int_t version = 0;
  char own_id[ID_BYTES];
  if (json_unpack(row, "{s:s, s:s, s:o, s:I}", "model", model, "id", id, "json",
                  json, "version", &version) != 0) {
    return 0;
  }
  id_of(own_id, *json);
  return json_is_null(*json) ||
         (json_is_object(*json) && strcmp(own_id, *id) == 0);
}

/* Takes a line in; what is wrong with it, or NULL. */
static const char *take(json_t *rows, const char *line, size_t size,
                        const char *place) {
  json_t *row = json_loadb(line, size, JSON_ALLOW_NUL, NULL);
  const char *model = NULL;
  const char *id = NULL;
  json_t *json = NULL;
  if (row == NULL || !is_change(row, &model, &id, &json)) {
    json_decref(row);
    return "no change of a row";
  }
  char *key = must_have(malloc(strlen(model) + strlen(id) + 2));
  sprintf(key, "%s %s", model, id);
  if (json_is_null(json)) {
    json_object_del(rows, key); /* may not be there: what went is not kept */
    json_decref(row);
  } else {
    json_object_set_new(row, "place", must_have(json_string(place)));
    json_object_set_new(rows, key, row);
  }
  free(key);
  return NULL;
}

/* Whoever was killed while writing leaves half a line, at the end. */
static int is_torn(FILE *file, const char *line, ssize_t size) {
  return line[size - 1] != '\n' && feof(file);
}

static void read_lines(FILE *file, const char *path, json_t *rows) {
  char *line = NULL;
  size_t room = 0;
  ssize_t size = 0;
  char *place = must_have(malloc(strlen(path) + 32));
  for (size_t number = 1; (size = getline(&line, &room, file)) > 0; number++) {
    sprintf(place, "%s line %zu", path, number);
    const char *problem = take(rows, line, (size_t)size, place);
    if (problem != NULL && !is_torn(file, line, size)) {
      give_up(place, problem);
    }
  }
  if (ferror(file)) {
    give_up(path, strerror(errno));
  }
  free(place);
  free(line);
}

/* The rows of an object as an array; uses up the object. */
static json_t *values(json_t *object) {
  json_t *array = must_have(json_array());
  const char *key = NULL;
  json_t *value = NULL;
  json_object_foreach(object, key, value) { json_array_append(array, value); }
  json_decref(object);
  return array;
}

json_t *state_file_read(const char *path) {
  FILE *file = fopen(path, "re");
  if (file == NULL && errno == ENOENT) {
    return NULL;
  }
  if (file == NULL) {
    give_up(path, strerror(errno));
  }
  json_t *rows = must_have(json_object());
  read_lines(file, path, rows);
  fclose(file);
  if (json_object_size(rows) == 0) {
    json_decref(rows);
    return NULL;
  }
  return values(rows);
}

/* ------------------------------------------------------------- writing -- */

/* Writes a change, which it uses up, as a line. It goes to the system at once:
 * there it outlives this process, though not a loss of power. */
static int write_line(FILE *file, json_t *change) {
  char *line = json_dumps(change, JSON_COMPACT);
  json_decref(change);
  int is_written =
      line != NULL && fprintf(file, "%s\n", line) > 0 && fflush(file) == 0;
  free(line);
  return is_written ? 0 : -1;
}

/* A row as a change; that of the data set has no version yet. */
static json_t *as_change(const json_t *row) {
  json_t *json = json_object_get(row, "json");
  json_t *version = json_object_get(row, "version");
  char id[ID_BYTES];
  id_of(id, json);
  return json_pack("{s:O, s:s, s:O, s:I}", "model",
                   json_object_get(row, "model"), "id", id, "json", json,
                   "version", json_integer_value(version));
}

state_file *state_file_begin(const char *path, const json_t *rows) {
  char *new_path = must_have(malloc(strlen(path) + sizeof ".new"));
  sprintf(new_path, "%s.new", path);
  FILE *file = fopen(new_path, "we");
  int is_good = file != NULL;
  for (size_t index = 0; is_good && index < json_array_size(rows); index++) {
    is_good = write_line(file, as_change(json_array_get(rows, index))) == 0;
  }
  /* The name changes hands once all of it is on the disk: there is always a
   * whole file of that name. */
  if (!is_good || fsync(fileno(file)) != 0 || rename(new_path, path) != 0) {
    give_up(new_path, strerror(errno));
  }
  free(new_path);
  state_file *state = must_have(malloc(sizeof *state));
  state->file = file;
  return state;
}

int state_file_add(state_file *state, const char *model, const char *id,
                   const char *json, size_t size, uint64_t version) {
  json_t *row =
      json == NULL ? json_null() : json_loadb(json, size, JSON_ALLOW_NUL, NULL);
  json_t *change = json_pack("{s:s, s:s, s:o, s:I}", "model", model, "id", id,
                             "json", row, "version", (json_int_t)version);
  errno = ENOMEM; /* unless the system says something else */
  return write_line(state->file, change);
}

int state_file_end(state_file *state) {
  int is_good = state == NULL || fclose(state->file) == 0;
  free(state);
  return is_good ? 0 : -1;
}
