/* What clients can call. The library has checked how many parameters there are,
 * and of which types. */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "serving.h"

/* Beyond the 30 seconds that the library waits, so that this can be seen. */
enum { SLOW_MS_MAX = 60000 };

static void refuse(covey_server *server, covey_call_id call, int32_t code,
                   const char *message) {
  report("refusal", covey_call_fail(server, call, code, message));
}

/* Refuses for a reason that the library gave; not always in words. */
static void refuse_for(covey_server *server, covey_call_id call,
                       covey_status status, const covey_error *error) {
  int has_message = error != NULL && error->message[0] != '\0';
  refuse(server, call, status == COVEY_E_TOO_LARGE ? 400 : 500,
         has_message ? error->message : covey_status_text(status));
}

/* Answers with a JSON value, which it uses up. */
static void answer(covey_server *server, covey_call_id call, json_t *result) {
  char *text = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
  report("answer", covey_call_return(server, call, text,
                                     text == NULL ? 0 : strlen(text)));
  free(text);
  json_decref(result);
}

/* The parameters as an array; NULL: refused, for an integer has more than 64
 * bits or a string holds what UTF-8 cannot. */
static json_t *read_parameters(covey_server *server, covey_call_id call,
                               const char *parameters, size_t size) {
  json_error_t error;
  json_t *array = json_loadb(parameters, size, JSON_ALLOW_NUL, &error);
  if (array == NULL) {
    refuse(server, call, 400, error.text);
  }
  return array;
}

static json_int_t integer_at(const json_t *array, size_t index) {
  return json_integer_value(json_array_get(array, index));
}

/* ---------------------------------------------------- on both channels -- */

static void on_add(covey_server *server, covey_consumer_id consumer,
                   covey_call_id call, const char *parameters, size_t size,
                   void *user) {
  (void)consumer, (void)user;
  json_t *given = read_parameters(server, call, parameters, size);
  if (given == NULL) {
    return;
  }
  json_int_t sum = 0;
  if (__builtin_add_overflow(integer_at(given, 0), integer_at(given, 1),
                             &sum)) {
    refuse(server, call, 400, "the sum has more than 64 bits");
  } else {
    answer(server, call, json_integer(sum));
  }
  json_decref(given);
}

static void on_fail(covey_server *server, covey_consumer_id consumer,
                    covey_call_id call, const char *parameters, size_t size,
                    void *user) {
  (void)consumer, (void)user;
  json_t *given = read_parameters(server, call, parameters, size);
  if (given == NULL) {
    return;
  }
  json_int_t code = integer_at(given, 0);
  if (code < INT32_MIN || code > INT32_MAX) {
    refuse(server, call, 400, "the code has more than 32 bits");
  } else {
    refuse(server, call, (int32_t)code,
           json_string_value(json_array_get(given, 1)));
  }
  json_decref(given);
}

static void on_slow(covey_server *server, covey_consumer_id consumer,
                    covey_call_id call, const char *parameters, size_t size,
                    void *user) {
  (void)consumer;
  board *board = user;
  json_t *given = read_parameters(server, call, parameters, size);
  if (given == NULL) {
    return;
  }
  json_int_t ms = integer_at(given, 0);
  if (ms < 0 || ms > SLOW_MS_MAX) {
    refuse(server, call, 400, "milliseconds are from 0 to 60000");
  } else if (slow_calls_add(board->slow, call, (unsigned)ms) != 0) {
    report("slow call", covey_call_drop(server, call));
  }
  json_decref(given);
}

/* ------------------------------------------------------ on one project -- */

static void on_rename(covey_server *server, covey_consumer_id consumer,
                      covey_call_id call, const char *parameters, size_t size,
                      void *user) {
  json_t *given = read_parameters(server, call, parameters, size);
  if (given == NULL) {
    return;
  }
  covey_error error = COVEY_ERROR_INIT;
  covey_status status =
      project_rename(user, server, project_of(server, consumer),
                     json_array_get(given, 0), &error);
  if (status == COVEY_OK) {
    answer(server, call, json_true());
  } else {
    refuse_for(server, call, status, &error);
  }
  json_decref(given);
}

/* ----------------------------------------------------- on all projects -- */

static void on_search(covey_server *server, covey_consumer_id consumer,
                      covey_call_id call, const char *parameters, size_t size,
                      void *user) {
  json_t *given = read_parameters(server, call, parameters, size);
  if (given == NULL) {
    return;
  }
  const json_t *term = json_array_get(given, 0);
  covey_status status =
      projects_show(user, server, consumer, json_string_value(term),
                    json_string_length(term));
  if (status == COVEY_OK) {
    answer(server, call, json_null());
  } else {
    refuse_for(server, call, status, NULL);
  }
  json_decref(given);
}

static void on_create_project(covey_server *server, covey_consumer_id consumer,
                              covey_call_id call, const char *parameters,
                              size_t size, void *user) {
  (void)consumer;
  json_t *given = read_parameters(server, call, parameters, size);
  if (given == NULL) {
    return;
  }
  long long id = 0;
  covey_error error = COVEY_ERROR_INIT;
  covey_status status =
      project_create(user, server, json_array_get(given, 0), &id, &error);
  if (status == COVEY_OK) {
    answer(server, call, json_integer(id));
  } else {
    refuse_for(server, call, status, &error);
  }
  json_decref(given);
}

/* --------------------------------------------------------- registering -- */

static const covey_field add_parameters[] = {
    {.name = "a", .type = COVEY_FIELD_INTEGER},
    {.name = "b", .type = COVEY_FIELD_INTEGER}};

static const covey_field fail_parameters[] = {
    {.name = "code", .type = COVEY_FIELD_INTEGER},
    {.name = "message", .type = COVEY_FIELD_STRING}};

static const covey_field slow_parameters[] = {
    {.name = "milliseconds", .type = COVEY_FIELD_INTEGER}};

static const covey_field name_parameters[] = {
    {.name = "name", .type = COVEY_FIELD_STRING}};

static const covey_field search_parameters[] = {
    {.name = "term", .type = COVEY_FIELD_STRING}};

static const covey_field nothing = {
    .name = "result", .type = COVEY_FIELD_JSON, .shape = "\"null\""};

enum { ON_ONE = 1, ON_ALL = 2 };

static const struct {
  int where;
  const char *name;
  covey_on_action_fn handler;
  const covey_field *parameters;
  size_t parameter_count;
  covey_field_type result; /* COVEY_FIELD_JSON: null */
} actions[] = {
    {ON_ONE | ON_ALL, "add", on_add, add_parameters, 2, COVEY_FIELD_INTEGER},
    {ON_ONE | ON_ALL, "fail", on_fail, fail_parameters, 2, COVEY_FIELD_JSON},
    {ON_ONE | ON_ALL, "slow", on_slow, slow_parameters, 1, COVEY_FIELD_STRING},
    {ON_ONE, "rename", on_rename, name_parameters, 1, COVEY_FIELD_BOOLEAN},
    {ON_ALL, "search", on_search, search_parameters, 1, COVEY_FIELD_JSON},
    {ON_ALL, "create_project", on_create_project, name_parameters, 1,
     COVEY_FIELD_INTEGER}};

static void register_on(board *board, covey_server *server,
                        covey_channel_id channel, int where) {
  for (size_t index = 0; index < sizeof actions / sizeof actions[0]; index++) {
    if ((actions[index].where & where) == 0) {
      continue;
    }
    covey_action action = COVEY_ACTION_INIT;
    action.name = actions[index].name;
    action.parameters = actions[index].parameters;
    action.parameter_count = actions[index].parameter_count;
    action.result_type = actions[index].result;
    action.result = action.result_type == COVEY_FIELD_JSON ? &nothing : NULL;
    covey_error error = COVEY_ERROR_INIT;
    must(covey_action_register(server, channel, &action, actions[index].handler,
                               board, NULL, &error),
         &error);
  }
}

void actions_register(board *board, covey_server *server,
                      covey_channel_id one_project,
                      covey_channel_id all_projects) {
  register_on(board, server, one_project, ON_ONE);
  register_on(board, server, all_projects, ON_ALL);
}
