#include "workshop.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void workshop_open(workshop *self) {
  memset(self, 0, sizeof *self);
  snprintf(self->root, sizeof self->root, "/tmp/covey_workshop_XXXXXX");
  if (!CHECK(mkdtemp(self->root) != NULL) ||
      !CHECK_IS(covey_server_new(NULL, &self->server, NULL), COVEY_OK))
    exit(1);
  snprintf(self->folder, sizeof self->folder, "%s/made/clients", self->root);
}

static int remove_one(const char *path, const struct stat *found, int kind,
                      struct FTW *level) {
  (void)found, (void)kind, (void)level;
  return remove(path);
}

void workshop_close(workshop *self) {
  CHECK_IS(covey_server_free(self->server), COVEY_OK);
  CHECK_IS(nftw(self->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* --------------------------------------------------------------- setup -- */

static void check_done(covey_status status, const char *name,
                       const covey_error *error) {
  if (!CHECK_IS(status, COVEY_OK))
    printf("%s: %s\n", name, error->message);
}

covey_model_id workshop_declare(workshop *self, const char *name,
                                uint32_t writable, const covey_field *fields,
                                size_t field_count) {
  covey_model model = COVEY_MODEL_INIT;
  covey_error error = COVEY_ERROR_INIT;
  covey_model_id id = 0;
  model.name = name;
  model.writable = writable;
  model.fields = fields;
  model.field_count = field_count;
  check_done(covey_model_register(self->server, &model, &id, &error), name,
             &error);
  return id;
}

covey_channel_id workshop_show(workshop *self, const char *pattern,
                               covey_model_id model, const char *name) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  covey_channel_id channel = 0;
  context.model = model;
  context.name = name;
  context.flags = COVEY_CONTEXT_MANY;
  check_done(covey_context_register(self->server, pattern, NULL, &context, NULL,
                                    &channel, &error),
             pattern, &error);
  return channel;
}

static void on_action(covey_server *server, covey_consumer_id consumer,
                      covey_call_id call, const char *parameters, size_t size,
                      void *user) {
  (void)server, (void)consumer, (void)call, (void)parameters, (void)size;
  (void)user;
}

void workshop_act(workshop *self, covey_channel_id channel, const char *name,
                  const covey_field *parameters, size_t parameter_count) {
  covey_action action = COVEY_ACTION_INIT;
  covey_error error = COVEY_ERROR_INIT;
  action.name = name;
  action.parameters = parameters;
  action.parameter_count = parameter_count;
  check_done(covey_action_register(self->server, channel, &action, on_action,
                                   NULL, NULL, &error),
             name, &error);
}

/* ---------------------------------------------------------- generating -- */

static void hear(const char *text, size_t size, void *user) {
  workshop *self = user;
  CHECK(text != NULL && size > 0);
  if (!CHECK(self->said_size + size < sizeof self->said))
    return;
  memcpy(self->said + self->said_size, text, size);
  self->said_size += size;
  self->said[self->said_size] = '\0';
}

covey_typescript_options workshop_options(workshop *self, uint32_t flags) {
  covey_typescript_options options = COVEY_TYPESCRIPT_OPTIONS_INIT;
  options.flags = flags | COVEY_TYPESCRIPT_RXDJANGO;
  options.folder = self->folder;
  options.on_output = hear;
  options.user = self;
  self->said_size = 0;
  self->said[0] = '\0';
  return options;
}

size_t workshop_generate(workshop *self, uint32_t flags) {
  covey_typescript_options options = workshop_options(self, flags);
  covey_error error = COVEY_ERROR_INIT;
  size_t changed = 77;
  check_done(covey_server_generate_typescript(self->server, &options, &changed,
                                              &error),
             self->folder, &error);
  return changed;
}

void workshop_fails(workshop *self, uint32_t flags, covey_status status,
                    const char *word, const char *other_word) {
  covey_typescript_options options = workshop_options(self, flags);
  covey_error error = COVEY_ERROR_INIT;
  size_t changed = 77;
  CHECK_IS(covey_server_generate_typescript(self->server, &options, &changed,
                                            &error),
           status);
  CHECK_IS(error.status, status);
  CHECK_IS(changed, 77);
  if (!CHECK(strstr(error.message, word) != NULL &&
             strstr(error.message, other_word) != NULL))
    printf("%s\n", error.message);
}

/* --------------------------------------------------------------- files -- */

const char *workshop_path(const workshop *self, const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", self->folder, name);
  return path;
}

const char *workshop_text(const workshop *self, const char *name) {
  static char texts[2][WORKSHOP_TEXT];
  static int which;
  char *text = texts[which++ % 2];
  FILE *file = fopen(workshop_path(self, name), "r");
  if (file == NULL)
    return NULL;
  text[fread(text, 1, WORKSHOP_TEXT - 1, file)] = '\0';
  fclose(file);
  return text;
}

void workshop_write(const workshop *self, const char *name, const char *mode,
                    const char *text) {
  FILE *file = fopen(workshop_path(self, name), mode);
  if (CHECK(file != NULL)) {
    fputs(text, file);
    CHECK_IS(fclose(file), 0);
  }
}

static int count_of_files;

static int count_one(const char *path, const struct stat *found, int kind,
                     struct FTW *level) {
  (void)path, (void)found, (void)level;
  count_of_files += kind != FTW_D;
  return 0;
}

int workshop_count(const workshop *self) {
  count_of_files = 0;
  (void)nftw(self->folder, count_one, 8, FTW_PHYS);
  return count_of_files;
}
