#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------ handlers -- */

static void know_by_token(boards *self, covey_consumer_id consumer,
                          const char *token, size_t size) {
  CHECK_IS(strlen(token), size);
  CHECK_IS(strcmp(token, "bad") == 0
               ? covey_consumer_deny(self->h.server, consumer, 0, NULL)
               : covey_consumer_authenticate(self->h.server, consumer, token),
           COVEY_OK);
}

static void authorize(boards *self, covey_consumer_id consumer) {
  CHECK_IS(covey_consumer_authorize(self->h.server, consumer), COVEY_OK);
}

static void do_nothing(boards *self, covey_consumer_id consumer,
                       uint64_t last_update) {
  (void)self, (void)consumer, (void)last_update;
}

static void list_two(boards *self, covey_consumer_id consumer) {
  static const char *const ids[] = {"1", "2"};
  CHECK_IS(covey_anchor_replace(self->h.server, consumer, ids, 2), COVEY_OK);
}

static void accept_write(boards *self, covey_consumer_id consumer,
                         covey_call_id call, const covey_write *write) {
  (void)consumer, (void)write;
  CHECK_IS(covey_write_accept(self->h.server, call, NULL, NULL, 0, NULL),
           COVEY_OK);
}

static void return_parameters(boards *self, covey_consumer_id consumer,
                              covey_call_id call, const char *parameters,
                              size_t size) {
  (void)consumer;
  CHECK_IS(covey_call_return(self->h.server, call, parameters, size), COVEY_OK);
}

static void load_later(boards *self, covey_load_id load, const char *id) {
  (void)self, (void)load, (void)id;
}

static void keep_text(boards *self, const char *text, size_t size) {
  CHECK_IS(text[size], '\0');
  snprintf(self->text, sizeof self->text, "%s", text);
}

static void authenticating(covey_server *server, covey_consumer_id consumer,
                           const char *token, size_t size, void *user) {
  boards *self = user;
  CHECK(server == self->h.server);
  keep_text(self, token, size);
  self->on_authenticate(self, consumer, token, size);
  atomic_fetch_add(&self->authentications, 1);
  sem_post(&self->h.stirred);
}

static void authorizing(covey_server *server, covey_consumer_id consumer,
                        void *user) {
  boards *self = user;
  CHECK(server == self->h.server);
  self->on_authorize(self, consumer);
  atomic_fetch_add(&self->authorizations, 1);
  sem_post(&self->h.stirred);
}

static void opening(covey_server *server, covey_consumer_id consumer,
                    uint64_t last_update, void *user) {
  boards *self = user;
  CHECK(server == self->h.server);
  atomic_store(&self->last_update, last_update);
  self->on_open(self, consumer, last_update);
  atomic_fetch_add(&self->opens, 1);
  sem_post(&self->h.stirred);
}

static void listing(covey_server *server, covey_consumer_id consumer,
                    void *user) {
  boards *self = user;
  CHECK(server == self->h.server);
  self->on_list(self, consumer);
  atomic_fetch_add(&self->lists, 1);
  sem_post(&self->h.stirred);
}

static void writing(covey_server *server, covey_consumer_id consumer,
                    covey_call_id call, const covey_write *write, void *user) {
  boards *self = user;
  CHECK(server == self->h.server);
  CHECK(call != 0);
  CHECK_IS(write->struct_size, sizeof *write);
  CHECK(write->id != NULL && write->parent_id != NULL &&
        write->relation != NULL);
  keep_text(self, write->json, write->size);
  atomic_store(&self->call, call);
  self->on_write(self, consumer, call, write);
  atomic_fetch_add(&self->writes, 1);
  sem_post(&self->h.stirred);
}

static void acting(covey_server *server, covey_consumer_id consumer,
                   covey_call_id call, const char *parameters, size_t size,
                   void *user) {
  boards *self = user;
  CHECK(server == self->h.server);
  CHECK(call != 0);
  snprintf(self->text, sizeof self->text, "%.*s", (int)size, parameters);
  atomic_store(&self->call, call);
  self->on_action(self, consumer, call, parameters, size);
  atomic_fetch_add(&self->actions, 1);
  sem_post(&self->h.stirred);
}

static void loading(covey_server *server, covey_load_id load,
                    covey_model_id model, const char *id, void *user) {
  boards *self = user;
  CHECK(server == self->h.server);
  CHECK(load != 0 && model == self->board);
  keep_text(self, id, strlen(id));
  atomic_store(&self->load, load);
  self->on_load(self, load, id);
  atomic_fetch_add(&self->loads, 1);
  sem_post(&self->h.stirred);
}

/* --------------------------------------------------------------- setup -- */

covey_field boards_field(const char *name, covey_field_type type,
                         uint32_t flags) {
  covey_field field;
  memset(&field, 0, sizeof field);
  field.name = name;
  field.type = type;
  field.flags = flags;
  return field;
}

static covey_model_id declare(boards *self, const covey_model *model) {
  covey_model_id id = 0;
  covey_error error = COVEY_ERROR_INIT;
  if (!CHECK_IS(covey_model_register(self->h.server, model, &id, &error),
                COVEY_OK))
    printf("%s\n", error.message);
  CHECK(id != 0);
  return id;
}

covey_model_id boards_declare(boards *self, const char *name,
                              covey_id_kind id_kind, uint32_t writable,
                              const covey_field *fields, size_t field_count,
                              const char *owner_field) {
  covey_model model = COVEY_MODEL_INIT;
  model.name = name;
  model.id_kind = id_kind;
  model.writable = writable;
  model.fields = fields;
  model.field_count = field_count;
  model.owner_field = owner_field;
  return declare(self, &model);
}

static void declare_boards(boards *self) {
  covey_field board[] = {
      boards_field("title", COVEY_FIELD_STRING, COVEY_FIELD_WRITABLE),
      boards_field("cards", COVEY_FIELD_MANY, 0),
  };
  covey_field card[] = {
      boards_field("board", COVEY_FIELD_INTEGER, 0),
      boards_field("text", COVEY_FIELD_STRING, COVEY_FIELD_WRITABLE),
      boards_field("who", COVEY_FIELD_STRING,
                   COVEY_FIELD_WRITABLE | COVEY_FIELD_NULLABLE),
  };
  covey_model model = COVEY_MODEL_INIT;
  board[1].model = "Card";
  board[1].inverse_field = "board";
  model.name = "Board";
  model.writable = COVEY_WRITE_SAVE;
  model.fields = board;
  model.field_count = 2;
  model.on_load = self->has_loader ? loading : NULL;
  model.user = self;
  self->board = declare(self, &model);
  self->card =
      boards_declare(self, "Card", COVEY_ID_INTEGER,
                     COVEY_WRITE_SAVE | COVEY_WRITE_CREATE | COVEY_WRITE_DELETE,
                     card, 3, NULL);
}

covey_context_handlers boards_handlers(boards *self) {
  covey_context_handlers handlers = COVEY_CONTEXT_HANDLERS_INIT;
  handlers.on_connect = host_on_connect;
  handlers.on_authenticate = authenticating;
  handlers.on_authorize = authorizing;
  handlers.on_open = opening;
  handlers.on_list = listing;
  handlers.on_write = writing;
  handlers.on_disconnect = host_on_disconnect;
  handlers.user = self;
  return handlers;
}

covey_channel_id boards_show(boards *self, const char *pattern,
                             covey_model_id model, uint32_t flags) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = boards_handlers(self);
  covey_channel_id channel = 0;
  covey_error error = COVEY_ERROR_INIT;
  context.model = model;
  context.flags = flags;
  if ((flags & COVEY_CONTEXT_MANY) == 0)
    handlers.on_list = NULL;
  if (!CHECK_IS(covey_context_register(self->h.server, pattern, NULL, &context,
                                       &handlers, &channel, &error),
                COVEY_OK))
    printf("%s\n", error.message);
  CHECK(channel != 0);
  return channel;
}

void boards_act(boards *self, covey_channel_id channel, const char *name,
                const char *grant, uint32_t flags,
                const covey_field *parameters, size_t parameter_count) {
  covey_action action = COVEY_ACTION_INIT;
  covey_error error = COVEY_ERROR_INIT;
  action.name = name;
  action.grant = grant;
  action.flags = flags;
  action.parameters = parameters;
  action.parameter_count = parameter_count;
  if (!CHECK_IS(covey_action_register(self->h.server, channel, &action, acting,
                                      self, NULL, &error),
                COVEY_OK))
    printf("%s\n", error.message);
}

void boards_prepare(boards *self) {
  memset(self, 0, sizeof *self);
  host_prepare(&self->h);
  self->on_authenticate = know_by_token;
  self->on_authorize = authorize;
  self->on_open = do_nothing;
  self->on_list = list_two;
  self->on_write = accept_write;
  self->on_action = return_parameters;
  self->on_load = load_later;
}

bool boards_make(boards *self, const covey_server_options *options) {
  if (!host_make(&self->h, options, NULL))
    return false;
  declare_boards(self);
  self->one = boards_show(self, "boards/<int:id>/", self->board, 0);
  self->many = boards_show(self, "boards/", self->board, COVEY_CONTEXT_MANY);
  if (self->declare != NULL)
    self->declare(self);
  return true;
}

bool boards_open(boards *self) {
  boards_prepare(self);
  return boards_make(self, NULL) && host_listen(&self->h);
}

void boards_close(boards *self) { host_close(&self->h); }

/* --------------------------------------------------------------- store -- */

/* A copy with " for each '; to be freed. */
static char *quoted(const char *text) {
  char *copy = strdup(text);
  for (char *byte = copy; byte != NULL && *byte != '\0'; byte++)
    if (*byte == '\'')
      *byte = '"';
  return copy;
}

static void put(boards *self, covey_model_id model, const char *json,
                uint32_t flags) {
  covey_error error = COVEY_ERROR_INIT;
  char *text = quoted(json);
  if (!CHECK_IS(covey_store_put(self->h.server, model, text, strlen(text),
                                flags, &error),
                COVEY_OK))
    printf("%s: %s\n", json, error.message);
  free(text);
}

void boards_put(boards *self, covey_model_id model, const char *json) {
  put(self, model, json, 0);
}

void boards_merge(boards *self, covey_model_id model, const char *json) {
  put(self, model, json, COVEY_PUT_MERGE);
}

void boards_delete(boards *self, covey_model_id model, const char *id) {
  CHECK_IS(covey_store_delete(self->h.server, model, id, NULL), COVEY_OK);
}

bool boards_has(boards *self, covey_model_id model, const char *id,
                const char *json) {
  const char *found = NULL;
  size_t size = 0;
  covey_status status =
      covey_store_get(self->h.server, model, id, &found, &size);
  if (json == NULL || status != COVEY_OK) {
    if ((json == NULL) == (status == COVEY_E_NOT_FOUND))
      return true;
    printf("the store holds %s: %s\n", covey_status_text(status),
           status == COVEY_OK ? found : "");
    return false;
  }
  char *expected = quoted(json);
  bool is_same = strcmp(found, expected) == 0 && strlen(found) == size;
  if (!is_same)
    printf("the store holds %s\n", found);
  free(expected);
  return is_same;
}

covey_statistics boards_statistics(boards *self) {
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  CHECK_IS(covey_server_get_statistics(self->h.server, &statistics), COVEY_OK);
  return statistics;
}

/* ------------------------------------------------------------- clients -- */

client boards_visit(boards *self, const char *target) {
  client made = host_client(&self->h);
  CHECK_IS(client_upgrade(&made, target, NULL), 101);
  return made;
}

covey_consumer_id boards_enter(boards *self, client *client_out,
                               const char *target, const char *token) {
  char first[BOARDS_TEXT];
  int opens = atomic_load(&self->opens);
  bool is_own = token[0] == '+';
  *client_out = boards_visit(self, target);
  snprintf(first, sizeof first, "{'token':'%s','lastUpdate':null%s}",
           token + is_own, is_own ? ",'covey':1" : "");
  CHECK(says(client_out, first));
  AWAIT(&self->h, atomic_load(&self->opens) > opens);
  if (!hears(client_out,
             is_own ? "{'type':'auth','statusCode':200,'status_code':200,"
                      "'session':'S','retry':{'min_ms':500,'max_ms':10000},"
                      "'resumed':false}"
                    : "{'type':'auth','statusCode':200,'status_code':200}"))
    return 0;
  return atomic_load(&self->h.consumer);
}

bool says(client *self, const char *text) {
  char *said = quoted(text);
  bool is_sent = client_send_text(self, said);
  free(said);
  return is_sent;
}

/* Puts one letter in place of what stands behind each `key`, up to the end of
 * the number or the string. */
static void veil(char *text, const char *key, char letter) {
  for (char *at = strstr(text, key); at != NULL; at = strstr(at, key)) {
    at += strlen(key);
    size_t size = strspn(at, "0123456789.");
    if (letter == 'S')
      size = strcspn(at, "\"");
    if (size == 0 || (size == 1 && *at == '0'))
      continue;
    *at = letter;
    memmove(at + 1, at + size, strlen(at + size) + 1);
  }
}

static char *veiled(const frame *frame) {
  char *text = malloc(frame->size + 1);
  if (text == NULL)
    return NULL;
  memcpy(text, frame->data, frame->size);
  text[frame->size] = '\0';
  veil(text, "\"_tstamp\":", 'T');
  veil(text, "\"_version\":", 'V');
  veil(text, "\"session\":\"", 'S');
  veil(text, "\"delay_ms\":", 'N');
  return text;
}

/* Whether the next frame is this text, or begins with it. */
static bool hears_so(client *self, const char *text, bool is_start) {
  frame next;
  if (!client_receive(self, &next)) {
    printf("no frame came, expected %s\n", text);
    return false;
  }
  char *heard = veiled(&next), *expected = quoted(text);
  bool is_same = heard != NULL && expected != NULL &&
                 next.opcode == FRAME_TEXT &&
                 (is_start ? strncmp(heard, expected, strlen(expected))
                           : strcmp(heard, expected)) == 0;
  if (!is_same)
    printf("a frame of kind %d came, %s\nexpected %s\n", next.opcode, heard,
           expected);
  free(heard);
  free(expected);
  return is_same;
}

bool hears(client *self, const char *text) {
  return hears_so(self, text, false);
}

bool hears_start(client *self, const char *text) {
  return hears_so(self, text, true);
}

bool hears_nothing(boards *self, client *client, covey_consumer_id consumer) {
  host_turn(&self->h);
  return CHECK_IS(
             covey_consumer_send(self->h.server, consumer, COVEY_TEXT, ".", 1),
             COVEY_OK) &&
         hears(client, ".");
}

bool remembers_snapshot(client *self, char *last_update_out, size_t room) {
  static const char end[] = "end_initial_state", key[] = "\"_tstamp\":";
  frame next;
  while (client_receive(self, &next)) {
    const char *at = memmem(next.data, next.size, key, sizeof key - 1);
    if (at == NULL || at[sizeof key - 1] == '0' ||
        memmem(next.data, next.size, end, sizeof end - 1) == NULL)
      continue;
    at += sizeof key - 1;
    snprintf(last_update_out, room, "%.*s", (int)strcspn(at, ",}"), at);
    return true;
  }
  return false;
}

bool skips_snapshot(client *self) {
  char last_update[64];
  return remembers_snapshot(self, last_update, sizeof last_update);
}
