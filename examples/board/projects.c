/* The projects: one that is shown, and lists of them. */
#define _GNU_SOURCE /* memmem */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

static void id_text(char text[ID_BYTES], long long id) {
  snprintf(text, ID_BYTES, "%lld", id);
}

long long project_of(covey_server *server, covey_consumer_id consumer) {
  const char *text = "";
  covey_status status =
      covey_consumer_get_param(server, consumer, "project_id", &text, NULL);
  report("URL of a consumer", status);
  /* The URL may say 007; what is no id at all was answered with 404. */
  return strtoll(text, NULL, 10);
}

int project_exists(const board *board, covey_server *server, long long id) {
  char text[ID_BYTES];
  id_text(text, id);
  return covey_store_get(server, board->models[PROJECT], text, NULL, NULL) ==
         COVEY_OK;
}

/* Puts a JSON object, which it uses up. */
static covey_status put(const board *board, covey_server *server,
                        json_t *project, uint32_t flags, covey_error *error) {
  char *text = json_dumps(project, JSON_COMPACT);
  covey_status status =
      covey_store_put(server, board->models[PROJECT], text,
                      text == NULL ? 0 : strlen(text), flags, error);
  free(text);
  json_decref(project);
  return status;
}

covey_status project_rename(const board *board, covey_server *server,
                            long long id, json_t *name, covey_error *error) {
  json_t *named = json_pack("{s:I, s:O}", "id", (json_int_t)id, "name", name);
  return put(board, server, named, COVEY_PUT_MERGE, error);
}

/* One more than the highest there is. */
static long long next_id(const board *board) {
  long long highest = 0;
  size_t index = 0;
  json_t *known = NULL;
  json_array_foreach(board->projects, index, known) {
    long long id = strtoll(json_string_value(known), NULL, 10);
    highest = id > highest ? id : highest;
  }
  return highest + 1;
}

/* Tells all who see all projects; each puts it first in its own list. */
static void announce(covey_server *server, const char *id) {
  char event[64 + ID_BYTES];
  int size = snprintf(event, sizeof event,
                      "{\"type\":\"project.created\",\"id\":\"%s\"}", id);
  report("announcement of a project",
         covey_group_send(server, GROUP_OF_ALL, event, (size_t)size, NULL));
}

covey_status project_create(board *board, covey_server *server, json_t *name,
                            long long *id_out, covey_error *error) {
  long long id = next_id(board);
  char text[ID_BYTES];
  id_text(text, id);
  json_t *known = json_string(text);
  if (json_array_append_new(board->projects, known) != 0) {
    return COVEY_E_FULL;
  }
  json_t *project =
      json_pack("{s:I, s:O, s:[], s:[], s:[]}", "id", (json_int_t)id, "name",
                name, "tasks", "members", "notes");
  covey_status status = put(board, server, project, 0, error);
  if (status != COVEY_OK) {
    json_array_remove(board->projects, json_array_size(board->projects) - 1);
    return status;
  }
  announce(server, text);
  *id_out = id;
  return COVEY_OK;
}

static int contains(const board *board, covey_server *server, const char *id,
                    const char *term, size_t size) {
  const char *text = NULL;
  size_t text_bytes = 0;
  if (covey_store_get(server, board->models[PROJECT], id, &text, &text_bytes) !=
      COVEY_OK) {
    return 0;
  }
  json_t *project = json_loadb(text, text_bytes, JSON_ALLOW_NUL, NULL);
  json_t *name = json_object_get(project, "name");
  int is_found =
      name != NULL && memmem(json_string_value(name), json_string_length(name),
                             term, size) != NULL;
  json_decref(project);
  return is_found;
}

covey_status projects_show(const board *board, covey_server *server,
                           covey_consumer_id consumer, const char *term,
                           size_t size) {
  size_t known = json_array_size(board->projects);
  const char **ids = calloc(known + 1, sizeof *ids);
  if (ids == NULL) {
    return COVEY_E_FULL;
  }
  size_t count = 0;
  for (size_t index = known; index > 0; index--) {
    const char *id =
        json_string_value(json_array_get(board->projects, index - 1));
    if (contains(board, server, id, term, size)) {
      ids[count] = id;
      count++;
    }
  }
  covey_status status = covey_anchor_replace(server, consumer, ids, count);
  free(ids);
  if (status != COVEY_OK) {
    return status;
  }
  /* A list that was searched for stays as it is. */
  return size == 0 ? covey_group_add(server, consumer, GROUP_OF_ALL)
                   : covey_group_discard(server, consumer, GROUP_OF_ALL);
}
