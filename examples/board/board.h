/* board: what its files share. Handlers are handed the board as `user`. */
#ifndef BOARD_H
#define BOARD_H

#include <covey.h>
#include <jansson.h>

enum { PROJECT, TASK, MEMBER, NOTE, MODEL_COUNT };

enum { ID_BYTES = 32 }; /* room for an id as text */

typedef struct slow_calls slow_calls;
typedef struct state_file state_file;

typedef struct board {
  covey_model_id models[MODEL_COUNT];
  json_t *projects; /* their ids as text, oldest first: a store has no lists */
  slow_calls *slow;
  state_file *state; /* NULL: it is kept in memory alone */
} board;

/* -------------------------------------------------------------- main.c -- */

/* Hands the pointer back, or ends the program: NULL is lack of memory. */
void *must_have(void *pointer);

/* Says what went wrong in a handler. That the client has gone, or the server is
 * stopping, is nothing wrong. */
void report(const char *what, covey_status status);

/* ------------------------------------------------------------ models.c -- */

extern const char *const model_names[MODEL_COUNT];

void models_declare(board *board, covey_server *server);

/* Puts rows, {"model":..., "json":{...}} each, into the store. */
void rows_put(board *board, covey_server *server, json_t *rows);

/* ---------------------------------------------------------- data_set.c -- */

/* The rows that every board begins with. */
json_t *data_set(void);

/* ---------------------------------------------------------- channels.c -- */

void channels_register(board *board, covey_server *server);

/* ---------------------------------------------------------- projects.c -- */

/* Those who see all projects, and so every new one. */
#define GROUP_OF_ALL "board.all"

/* The project that a consumer's URL names. */
long long project_of(covey_server *server, covey_consumer_id consumer);

int project_exists(const board *board, covey_server *server, long long id);

covey_status project_rename(const board *board, covey_server *server,
                            long long id, json_t *name, covey_error *error);

/* Creates a project, and has it put first where all projects are shown. */
covey_status project_create(board *board, covey_server *server, json_t *name,
                            long long *id_out, covey_error *error);

/* Shows a consumer the projects whose name contains the term, newest first. An
 * empty term shows all, and those to come. */
covey_status projects_show(const board *board, covey_server *server,
                           covey_consumer_id consumer, const char *term,
                           size_t size);

/* ----------------------------------------------------------- actions.c -- */

void actions_register(board *board, covey_server *server,
                      covey_channel_id one_project,
                      covey_channel_id all_projects);

/* ----------------------------------------------------------- clients.c -- */

/* Writes clients in TypeScript, for Covey's client and for RxDjango's; either
 * folder may be NULL. A check writes nothing, and shows what would change.
 * Frees the server, and answers how the program ends: a check that finds
 * something fails. */
int clients_generate(covey_server *server, const char *folder,
                     const char *rxdjango_folder, int is_check);

/* -------------------------------------------------------- slow_calls.c -- */

/* Starts the thread that answers calls of `slow` when their time has come. */
slow_calls *slow_calls_begin(covey_server *server);

/* Takes on a call; nonzero when there is no memory for it. */
int slow_calls_add(slow_calls *calls, covey_call_id call, unsigned ms);

/* Ends the thread, and forgets what waits. NULL does nothing. */
void slow_calls_end(slow_calls *calls);

/* -------------------------------------------------------- state_file.c -- */

/* Reads the rows of a state file; NULL when there are none yet. What cannot be
 * read ends the program, and names the line. */
json_t *state_file_read(const char *path);

/* Writes the rows anew, in place of the file, and is ready for changes. */
state_file *state_file_begin(const char *path, const json_t *rows);

/* Adds a change. Nonzero when it could not be written: errno says why. */
int state_file_add(state_file *state, const char *model, const char *id,
                   const char *json, size_t size, uint64_t version);

/* Tells whether all of it was written, the end included. NULL does nothing. */
int state_file_end(state_file *state);

#endif
