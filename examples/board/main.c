/*
 * board: projects with tasks, members and notes, which all clients see alike,
 * change, and call actions on. The other files, in the order to read them:
 *
 *   board.h       what they share        projects.c    lists of projects
 *   models.c      what there is          actions.c     what clients call
 *   data_set.c    what there is first    slow_calls.c  answers by a thread
 *   channels.c    who sees what          state_file.c  state that stays
 *   clients.c     clients in TypeScript
 */
#include "board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"
#include "serving.h"

/* The Makefile says where the page is, and what its scripts were compiled to;
 * these are right from the top folder. */
#ifndef BOARD_WEB
#define BOARD_WEB "examples/board/web"
#endif
#ifndef BOARD_APP
#define BOARD_APP "build/web/board"
#endif
#ifndef COVEY_CLIENT
#define COVEY_CLIENT "bindings/typescript/dist"
#endif

void *must_have(void *pointer) {
  if (pointer == NULL) {
    fprintf(stderr, "out of memory\n");
    exit(EXIT_FAILURE);
  }
  return pointer;
}

void report(const char *what, covey_status status) {
  if (status != COVEY_OK && status != COVEY_E_GONE &&
      status != COVEY_E_STOPPED) {
    fprintf(stderr, "%s: %s\n", what, covey_status_text(status));
  }
}

static const char *name_of(const board *board, covey_model_id model) {
  size_t which = 0;
  while (board->models[which] != model) {
    which++;
  }
  return model_names[which];
}

/* Clients must not be told what would be forgotten: better to end. */
static void on_store_change(covey_server *server, covey_model_id model,
                            const char *id, const char *json, size_t size,
                            uint64_t version, void *user) {
  (void)server;
  board *board = user;
  if (state_file_add(board->state, name_of(board, model), id, json, size,
                     version) != 0) {
    fprintf(stderr, "state file: %s\n", strerror(errno));
    exit(EXIT_FAILURE);
  }
}

/* Fills the store, from the state file if it holds something. Only from then on
 * it is told of changes. */
static void load(board *board, covey_server *server, const char *path) {
  json_t *rows = path == NULL ? NULL : state_file_read(path);
  if (rows == NULL) {
    rows = data_set();
  }
  rows_put(board, server, rows);
  if (path != NULL) {
    board->state = state_file_begin(path, rows);
    must(covey_store_set_on_change(server, on_store_change, board, NULL), NULL);
  }
  json_decref(rows);
}

/* Without its scripts the page would be of no use, but the board is. */
static void serve_page(covey_server *server) {
  static const struct {
    const char *prefix;
    const char *folder;
  } parts[] = {
      {"/covey/", COVEY_CLIENT}, {"/app/", BOARD_APP}, {"/", BOARD_WEB}};
  for (size_t index = 0; index < sizeof parts / sizeof parts[0]; index++) {
    covey_error error = COVEY_ERROR_INIT;
    covey_status status = covey_directory_register(server, parts[index].prefix,
                                                   parts[index].folder, &error);
    if (status == COVEY_E_SYSTEM) {
      fprintf(stderr, "the page is not built: %s\n", error.message);
      return;
    }
    must(status, &error);
  }
}

static covey_server *make_server(const command_line *line) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.message_bytes_max = line->message_bytes_max; /* 0 is the default */
  options.flush_timeout_ms = 3000; /* who does not answer, at the end */
  serve_watching(&options, line);
  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_server_new(&options, &server, &error), &error);
  return server;
}

enum { STATE, TYPESCRIPT, RXDJANGO, CHECK };

static own_flag flags[] = {
    {"state", "  --state FILE         keeps the state in a file\n", 1, NULL},
    {"typescript", "  --typescript FOLDER  writes typed clients, and ends\n", 1,
     NULL},
    {"rxdjango", "  --rxdjango FOLDER    the same for RxDjango's client\n", 1,
     NULL},
    {"check", "  --check              shows what that would change instead\n",
     0, NULL},
    {NULL, NULL, 0, NULL}};

int main(int argc, char **argv) {
  command_line line = COMMAND_LINE_DEFAULTS;
  line.own = flags;
  command_line_parse(&line, argc, argv);

  covey_server *server = make_server(&line);
  board board = {0};
  board.projects = must_have(json_array());
  models_declare(&board, server);
  channels_register(&board, server);
  int is_to_generate =
      flags[TYPESCRIPT].value != NULL || flags[RXDJANGO].value != NULL;
  if (flags[CHECK].value != NULL && !is_to_generate) {
    fprintf(stderr, "--check needs --typescript or --rxdjango\n");
    return 2;
  }
  if (is_to_generate) {
    return clients_generate(server, flags[TYPESCRIPT].value,
                            flags[RXDJANGO].value, flags[CHECK].value != NULL);
  }
  load(&board, server, flags[STATE].value);
  board.slow = slow_calls_begin(server);

  serve_page(server);
  begin_serving(server, &line);
  must(covey_server_run(server), NULL);
  slow_calls_end(board.slow); /* it must not answer a server that is freed */
  end_serving(server);
  json_decref(board.projects);
  return state_file_end(board.state) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
