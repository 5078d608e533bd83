/* Who is let in, and what they see: one project, or all of them. */
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "serving.h"

static const struct {
  const char *token;
  const char *user;
} users[] = {{"alice-token", "1"}, {"bob-token", "2"}};

static void on_authenticate(covey_server *server, covey_consumer_id consumer,
                            const char *token, size_t size, void *user) {
  (void)user;
  for (size_t index = 0; index < sizeof users / sizeof users[0]; index++) {
    /* A token that holds a NUL is longer than it looks. */
    if (strcmp(token, users[index].token) == 0 && strlen(token) == size) {
      report("authentication",
             covey_consumer_authenticate(server, consumer, users[index].user));
      return;
    }
  }
  report("authentication", covey_consumer_deny(server, consumer, 0, NULL));
}

/* Whoever has a name may see everything; whose notes are whose, the store
 * knows. */
static void on_authorize(covey_server *server, covey_consumer_id consumer,
                         void *user) {
  (void)user;
  report("authorization", covey_consumer_authorize(server, consumer));
}

/* Every write that the library has checked is made, with one exception: text
 * that only JSON can hold, such as half of a surrogate pair, could not be read
 * back from the state file. */
static void on_write(covey_server *server, covey_consumer_id consumer,
                     covey_call_id call, const covey_write *write, void *user) {
  (void)consumer, (void)user;
  json_error_t problem;
  json_t *fields =
      json_loadb(write->json, write->size, JSON_ALLOW_NUL, &problem);
  if (fields == NULL) {
    report("refusal", covey_call_fail(server, call, 400, problem.text));
    return;
  }
  json_decref(fields);
  covey_error error = COVEY_ERROR_INIT;
  if (covey_write_accept(server, call, NULL, NULL, 0, &error) != COVEY_OK) {
    report("refusal", covey_call_fail(server, call, 500, error.message));
  }
}

/* --------------------------------------------------------- one project -- */

static void viewers_group(char group[64], long long project) {
  snprintf(group, 64, "board.viewers.%lld", project);
}

/* Sets the variable of one viewer to how many there are now. */
static void show_viewers(covey_server *server, covey_consumer_id consumer) {
  char group[64];
  char json[32];
  size_t count = 0;
  viewers_group(group, project_of(server, consumer));
  report("counting viewers", covey_group_count(server, group, &count));
  int size = snprintf(json, sizeof json, "%zu", count);
  report("viewers",
         covey_variable_set(server, consumer, "viewers", json, (size_t)size));
}

/* Has every viewer of a project look again. */
static void viewers_changed(covey_server *server, long long project) {
  static const char event[] = "{\"type\":\"viewers.changed\"}";
  char group[64];
  viewers_group(group, project);
  report("telling viewers",
         covey_group_send(server, group, event, sizeof event - 1, NULL));
}

static void on_viewers_changed(covey_server *server, covey_consumer_id consumer,
                               const char *type, const void *json, size_t size,
                               void *user) {
  (void)type, (void)json, (void)size, (void)user;
  show_viewers(server, consumer);
}

static void on_project_open(covey_server *server, covey_consumer_id consumer,
                            uint64_t last_update, void *user) {
  (void)last_update;
  long long project = project_of(server, consumer);
  if (!project_exists(user, server, project)) {
    return; /* it will be told so, and views nothing */
  }
  char group[64];
  viewers_group(group, project);
  report("joining viewers", covey_group_add(server, consumer, group));
  show_viewers(server, consumer); /* the newcomer, ahead of its project */
  viewers_changed(server, project);
}

static void on_project_disconnect(covey_server *server,
                                  covey_consumer_id consumer,
                                  const covey_ending *ending, void *user) {
  (void)ending, (void)user;
  viewers_changed(server, project_of(server, consumer)); /* it has left */
}

/* -------------------------------------------------------- all projects -- */

static void on_list(covey_server *server, covey_consumer_id consumer,
                    void *user) {
  covey_status status = projects_show(user, server, consumer, "", 0);
  if (status != COVEY_OK) {
    report("list of projects", status);
    report("refusal", covey_consumer_deny(server, consumer, 500, NULL));
  }
}

/* With --layer it may be another process's, which has a state of its own. */
static void on_project_created(covey_server *server, covey_consumer_id consumer,
                               const char *type, const void *json, size_t size,
                               void *user) {
  (void)type;
  json_t *event = json_loadb(json, size, 0, NULL);
  json_t *told = json_object_get(event, "id");
  long long id = json_is_string(told) ? atoll(json_string_value(told))
                                      : json_integer_value(told);
  if (project_exists(user, server, id)) {
    char text[ID_BYTES];
    snprintf(text, sizeof text, "%lld", id);
    report("new project", covey_anchor_prepend(server, consumer, text));
  }
  json_decref(event);
}

/* ---------------------------------------------------------------- both -- */

static const covey_field viewers = {.name = "viewers",
                                    .type = COVEY_FIELD_INTEGER};

static covey_channel_id channel_register(board *board, covey_server *server,
                                         const char *name, const char *pattern,
                                         uint32_t flags,
                                         const covey_context_handlers *own) {
  /* Who it is says the token of the first frame, which a page must know, and no
   * cookie, which any page would bring along. So pages from anywhere may. */
  const char *const every_origin[] = {"*", NULL};
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  options.origins = every_origin;

  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  context.model = board->models[PROJECT];
  context.name = name;
  context.flags = flags;
  if ((flags & COVEY_CONTEXT_MANY) == 0) {
    context.variables = &viewers;
    context.variable_count = 1;
  }

  covey_context_handlers handlers = *own;
  handlers.on_authenticate = on_authenticate;
  handlers.on_authorize = on_authorize;
  handlers.on_write = on_write;
  handlers.user = board;

  covey_channel_id channel = 0;
  covey_error error = COVEY_ERROR_INIT;
  must(covey_context_register(server, pattern, &options, &context, &handlers,
                              &channel, &error),
       &error);
  return channel;
}

void channels_register(board *board, covey_server *server) {
  covey_context_handlers one = COVEY_CONTEXT_HANDLERS_INIT;
  one.on_open = on_project_open;
  one.on_disconnect = on_project_disconnect;
  covey_channel_id one_project =
      channel_register(board, server, "ProjectChannel",
                       "ws/projects/<int:project_id>/", 0, &one);
  must(covey_event_register(server, one_project, "viewers.changed",
                            on_viewers_changed, board, NULL),
       NULL);

  covey_context_handlers all = COVEY_CONTEXT_HANDLERS_INIT;
  all.on_list = on_list;
  covey_channel_id all_projects =
      channel_register(board, server, "ProjectListChannel", "ws/projects/",
                       COVEY_CONTEXT_MANY, &all);
  must(covey_event_register(server, all_projects, "project.created",
                            on_project_created, board, NULL),
       NULL);

  actions_register(board, server, one_project, all_projects);
}
