#include "calls.h"

#include "host.h"

#include <stdatomic.h>

covey_channel_id calls_channel = 1;
covey_model_id calls_model = 1;

static atomic_int due, done;

/* A `user` to be destroyed. */
static void *owed(void) {
  atomic_fetch_add(&due, 1);
  return &done;
}

int calls_destroys_due(void) { return atomic_load(&due); }
int calls_destroys_done(void) { return atomic_load(&done); }

covey_status calls_get(size_t which, covey_server *server,
                       covey_consumer_id consumer, const char **value_out,
                       size_t *size_out) {
  switch (which) {
  case 0:
    return covey_consumer_get_path(server, consumer, value_out, size_out);
  case 1:
    return covey_consumer_get_param(server, consumer, "room", value_out,
                                    size_out);
  case 2:
    return covey_consumer_get_query(server, consumer, "a", 0, value_out,
                                    size_out);
  case 3:
    return covey_consumer_get_header(server, consumer, "x-tenant", value_out,
                                     size_out);
  case 4:
    return covey_consumer_get_cookie(server, consumer, "sid", value_out,
                                     size_out);
  case 5:
    return covey_consumer_get_origin(server, consumer, value_out, size_out);
  case 6:
    return covey_consumer_get_offered_subprotocol(server, consumer, 0,
                                                  value_out, size_out);
  case 7:
    return covey_consumer_get_subprotocol(server, consumer, value_out,
                                          size_out);
  case 8:
    return covey_consumer_get_peer(server, consumer, value_out, size_out);
  case 9:
    return covey_consumer_get_user(server, consumer, value_out, size_out);
  case 10:
    return covey_consumer_get_address(server, consumer, value_out, size_out);
  case 11:
    return covey_consumer_get_query_string(server, consumer, value_out,
                                           size_out);
  case 12:
    return covey_consumer_get_scheme(server, consumer, value_out, size_out);
  case 13:
    return covey_consumer_get_host(server, consumer, value_out, size_out);
  default:
    return covey_consumer_get_certificate(server, consumer, value_out,
                                          size_out);
  }
}

#define CALL(name)                                                             \
  static covey_status name(covey_server *server, covey_consumer_id consumer)

/* The server's own. */

CALL(server_listen) {
  (void)consumer;
  return covey_server_listen(server, NULL, NULL, NULL);
}

CALL(server_reload_certificates) {
  (void)consumer;
  return covey_server_reload_certificates(server, NULL);
}

CALL(server_run) {
  (void)consumer;
  return covey_server_run(server);
}

CALL(server_service) {
  (void)consumer;
  return covey_server_service(server, 0);
}

CALL(server_get_fd) {
  int fd = -1;
  (void)consumer;
  return covey_server_get_fd(server, &fd);
}

CALL(server_get_timeout) {
  int32_t timeout = 0;
  (void)consumer;
  return covey_server_get_timeout(server, &timeout);
}

CALL(server_start) {
  (void)consumer;
  return covey_server_start(server);
}

CALL(server_wait) {
  (void)consumer;
  return covey_server_wait(server, 0);
}

CALL(server_stop) {
  (void)consumer;
  return covey_server_stop(server, 0);
}

CALL(server_post) {
  (void)consumer;
  return covey_server_post(server, no_task, owed(), count_destroy);
}

CALL(timer_start) {
  (void)consumer;
  return covey_timer_start(server, 60000, 0, no_task, owed(), count_destroy,
                           NULL);
}

CALL(timer_stop) {
  (void)consumer;
  return covey_timer_stop(server, 0);
}

CALL(server_get_statistics) {
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  (void)consumer;
  return covey_server_get_statistics(server, &statistics);
}

/* What is registered. */

CALL(channel_register) {
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  (void)consumer;
  handlers.user = owed();
  handlers.destroy = count_destroy;
  return covey_channel_register(server, "calls/", NULL, &handlers, NULL, NULL);
}

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

CALL(event_register) {
  (void)consumer;
  return covey_event_register(server, calls_channel, "calls", on_event, owed(),
                              count_destroy);
}

CALL(directory_register) {
  (void)consumer;
  return covey_directory_register(server, "/calls/", "/", NULL);
}

CALL(file_register) {
  (void)consumer;
  return covey_file_register(server, "calls", "/etc/passwd", NULL);
}

/* A consumer's. */

CALL(consumer_accept) { return covey_consumer_accept(server, consumer, NULL); }
CALL(consumer_reject) { return covey_consumer_reject(server, consumer, 0, 0); }

CALL(consumer_send) {
  return covey_consumer_send(server, consumer, COVEY_TEXT, "x", 1);
}

CALL(consumer_close) { return covey_consumer_close(server, consumer, 0, NULL); }

#define GETTER(name, which)                                                    \
  CALL(name) {                                                                 \
    const char *value = NULL;                                                  \
    size_t size = 0;                                                           \
    return calls_get(which, server, consumer, &value, &size);                  \
  }

GETTER(consumer_get_path, 0)
GETTER(consumer_get_param, 1)
GETTER(consumer_get_query, 2)
GETTER(consumer_get_header, 3)
GETTER(consumer_get_cookie, 4)
GETTER(consumer_get_origin, 5)
GETTER(consumer_get_offered_subprotocol, 6)
GETTER(consumer_get_subprotocol, 7)
GETTER(consumer_get_peer, 8)
GETTER(consumer_get_user, 9)
GETTER(consumer_get_address, 10)
GETTER(consumer_get_query_string, 11)
GETTER(consumer_get_scheme, 12)
GETTER(consumer_get_host, 13)
GETTER(consumer_get_certificate, 14)

CALL(consumer_get_channel) {
  covey_channel_id channel = 0;
  return covey_consumer_get_channel(server, consumer, &channel);
}

CALL(consumer_set_expiry) {
  return covey_consumer_set_expiry(server, consumer, 3600);
}

CALL(user_disconnect) {
  (void)consumer;
  return covey_user_disconnect(server, "nobody", 0, NULL);
}

CALL(consumer_set_user) {
  return covey_consumer_set_user(server, consumer, "");
}

CALL(consumer_set_data) {
  return covey_consumer_set_data(server, consumer, owed(), count_destroy);
}

CALL(consumer_get_data) {
  void *data = NULL;
  return covey_consumer_get_data(server, consumer, &data);
}

/* A group's. */

CALL(group_add) { return covey_group_add(server, consumer, "calls"); }
CALL(group_discard) { return covey_group_discard(server, consumer, "calls"); }

CALL(group_send) {
  static const char event[] = "{\"type\":\"calls\"}";
  (void)consumer;
  return covey_group_send(server, "calls", event, sizeof event - 1, NULL);
}

CALL(group_broadcast) {
  (void)consumer;
  return covey_group_broadcast(server, "calls", COVEY_TEXT, "x", 1, 0);
}

CALL(group_count) {
  size_t count = 0;
  (void)consumer;
  return covey_group_count(server, "calls", &count);
}

CALL(group_list) {
  covey_consumer_id consumers[4];
  size_t count = 0;
  (void)consumer;
  return covey_group_list(server, "calls", consumers, 4, &count);
}

/* Of the store. */

CALL(model_register) {
  covey_model model = COVEY_MODEL_INIT;
  (void)consumer;
  model.name = "calls";
  model.user = owed();
  model.destroy = count_destroy;
  return covey_model_register(server, &model, NULL, NULL);
}

CALL(store_put) {
  (void)consumer;
  return covey_store_put(server, calls_model, "{\"id\":1}", 8, 0, NULL);
}

CALL(store_delete) {
  (void)consumer;
  return covey_store_delete(server, calls_model, "7", NULL);
}

CALL(store_get) {
  const char *json = NULL;
  size_t size = 0;
  (void)consumer;
  return covey_store_get(server, calls_model, "7", &json, &size);
}

CALL(store_count) {
  size_t count = 0;
  (void)consumer;
  return covey_store_count(server, calls_model, &count);
}

CALL(store_list) {
  const char *const *ids = NULL;
  size_t count = 0;
  (void)consumer;
  return covey_store_list(server, calls_model, &ids, &count);
}

static void on_change(covey_server *server, covey_model_id model,
                      const char *id, const char *json, size_t size,
                      uint64_t version, void *user) {
  (void)server, (void)model, (void)id, (void)json, (void)size, (void)version;
  (void)user;
}

CALL(store_set_on_change) {
  (void)consumer;
  return covey_store_set_on_change(server, on_change, NULL, NULL);
}

CALL(transaction_begin) {
  covey_transaction *transaction = NULL;
  (void)consumer;
  covey_status status = covey_transaction_begin(server, &transaction);
  if (status == COVEY_OK)
    status = covey_transaction_abort(transaction);
  return status;
}

CALL(load_begin) {
  covey_transaction *transaction = NULL;
  (void)consumer;
  return covey_load_begin(server, 0, &transaction);
}

CALL(load_fail) {
  (void)consumer;
  return covey_load_fail(server, 0, COVEY_E_SYSTEM);
}

/* Of context channels. */

CALL(context_register) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_context_handlers handlers = COVEY_CONTEXT_HANDLERS_INIT;
  (void)consumer;
  context.model = calls_model;
  context.flags = COVEY_CONTEXT_MANY;
  handlers.user = owed();
  handlers.destroy = count_destroy;
  return covey_context_register(server, "calls/context/", NULL, &context,
                                &handlers, NULL, NULL);
}

static void on_action(covey_server *server, covey_consumer_id consumer,
                      covey_call_id call, const char *parameters, size_t size,
                      void *user) {
  (void)server, (void)consumer, (void)call, (void)parameters, (void)size;
  (void)user;
}

CALL(action_register) {
  covey_action action = COVEY_ACTION_INIT;
  (void)consumer;
  action.name = "calls";
  return covey_action_register(server, calls_channel, &action, on_action,
                               owed(), count_destroy, NULL);
}

CALL(consumer_authenticate) {
  return covey_consumer_authenticate(server, consumer, "calls");
}

CALL(consumer_authorize) { return covey_consumer_authorize(server, consumer); }
CALL(consumer_reauthorize) {
  return covey_consumer_reauthorize(server, consumer);
}
CALL(consumer_deny) { return covey_consumer_deny(server, consumer, 0, NULL); }
CALL(grant_add) { return covey_grant_add(server, consumer, "calls"); }
CALL(grant_discard) { return covey_grant_discard(server, consumer, "calls"); }
CALL(anchor_append) { return covey_anchor_append(server, consumer, "1"); }
CALL(anchor_prepend) { return covey_anchor_prepend(server, consumer, "1"); }
CALL(anchor_remove) { return covey_anchor_remove(server, consumer, "1"); }
CALL(anchor_clear) { return covey_anchor_clear(server, consumer); }

CALL(anchor_replace) { return covey_anchor_replace(server, consumer, NULL, 0); }

CALL(anchor_count) {
  size_t count = 0;
  (void)consumer;
  return covey_anchor_count(server, calls_model, "1", &count);
}

CALL(variable_set) {
  return covey_variable_set(server, consumer, "calls", "1", 1);
}

CALL(variable_get) {
  const char *json = NULL;
  size_t size = 0;
  return covey_variable_get(server, consumer, "calls", &json, &size);
}

CALL(call_return) {
  (void)consumer;
  return covey_call_return(server, 0, "1", 1);
}

CALL(call_fail) {
  (void)consumer;
  return covey_call_fail(server, 0, 400, NULL);
}

CALL(call_drop) {
  (void)consumer;
  return covey_call_drop(server, 0);
}

CALL(write_accept) {
  (void)consumer;
  return covey_write_accept(server, 0, NULL, NULL, 0, NULL);
}

CALL(system_send) {
  (void)consumer;
  return covey_system_send(server, "system", "calls");
}

CALL(server_drain) {
  (void)consumer;
  return covey_server_drain(server, 0);
}

/* What describes them. */

CALL(server_describe) {
  const char *json = NULL;
  size_t size = 0;
  (void)consumer;
  return covey_server_describe(server, &json, &size, NULL);
}

CALL(server_generate_typescript) {
  covey_typescript_options options = COVEY_TYPESCRIPT_OPTIONS_INIT;
  size_t changed = 0;
  (void)consumer;
  options.flags = COVEY_TYPESCRIPT_CHECK | COVEY_TYPESCRIPT_RXDJANGO;
  options.folder = "calls";
  return covey_server_generate_typescript(server, &options, &changed, NULL);
}

CALL(server_set_layer) {
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  (void)consumer;
  options.user = owed();
  options.destroy = count_destroy;
  return covey_server_set_layer(server, "redis://127.0.0.1:1", &options, NULL);
}

CALL(address_send) {
  (void)consumer;
  return covey_address_send(server, "specific.somebody!1",
                            "{\"type\":\"note\"}", 15, NULL);
}

const call calls[] = {
    {"covey_server_listen", LOOP, false, COVEY_E_STOPPED, server_listen},
    {"covey_server_reload_certificates", LOOP, false, COVEY_E_STOPPED,
     server_reload_certificates},
    {"covey_server_run", ANY, false, COVEY_E_STOPPED, server_run},
    {"covey_server_service", ANY, false, COVEY_E_STOPPED, server_service},
    {"covey_server_get_fd", LOOP, false, COVEY_E_STOPPED, server_get_fd},
    {"covey_server_get_timeout", LOOP, false, COVEY_E_STOPPED,
     server_get_timeout},
    {"covey_server_start", ANY, false, COVEY_E_STOPPED, server_start},
    {"covey_server_wait", ANY, false, COVEY_E_INVALID, server_wait},
    {"covey_server_stop", ANY, false, COVEY_OK, server_stop},
    {"covey_server_post", ANY, false, COVEY_E_STOPPED, server_post},
    {"covey_timer_start", ANY, false, COVEY_E_STOPPED, timer_start},
    {"covey_timer_stop", ANY, false, COVEY_E_GONE, timer_stop},
    {"covey_channel_register", SETUP, false, COVEY_E_BUSY, channel_register},
    {"covey_event_register", SETUP, false, COVEY_E_BUSY, event_register},
    {"covey_directory_register", SETUP, false, COVEY_E_BUSY,
     directory_register},
    {"covey_file_register", SETUP, false, COVEY_E_BUSY, file_register},
    {"covey_consumer_accept", ANY, true, COVEY_E_GONE, consumer_accept},
    {"covey_consumer_reject", ANY, true, COVEY_E_GONE, consumer_reject},
    {"covey_consumer_send", ANY, true, COVEY_E_GONE, consumer_send},
    {"covey_consumer_close", ANY, true, COVEY_E_GONE, consumer_close},
    {"covey_consumer_get_path", LOOP, true, COVEY_E_GONE, consumer_get_path},
    {"covey_consumer_get_param", LOOP, true, COVEY_E_GONE, consumer_get_param},
    {"covey_consumer_get_query", LOOP, true, COVEY_E_GONE, consumer_get_query},
    {"covey_consumer_get_query_string", LOOP, true, COVEY_E_GONE,
     consumer_get_query_string},
    {"covey_consumer_get_header", LOOP, true, COVEY_E_GONE,
     consumer_get_header},
    {"covey_consumer_get_cookie", LOOP, true, COVEY_E_GONE,
     consumer_get_cookie},
    {"covey_consumer_get_origin", LOOP, true, COVEY_E_GONE,
     consumer_get_origin},
    {"covey_consumer_get_offered_subprotocol", LOOP, true, COVEY_E_GONE,
     consumer_get_offered_subprotocol},
    {"covey_consumer_get_subprotocol", LOOP, true, COVEY_E_GONE,
     consumer_get_subprotocol},
    {"covey_consumer_get_peer", LOOP, true, COVEY_E_GONE, consumer_get_peer},
    {"covey_consumer_get_scheme", LOOP, true, COVEY_E_GONE,
     consumer_get_scheme},
    {"covey_consumer_get_host", LOOP, true, COVEY_E_GONE, consumer_get_host},
    {"covey_consumer_get_certificate", LOOP, true, COVEY_E_GONE,
     consumer_get_certificate},
    {"covey_consumer_get_user", LOOP, true, COVEY_E_GONE, consumer_get_user},
    {"covey_consumer_get_address", LOOP, true, COVEY_E_GONE,
     consumer_get_address},
    {"covey_consumer_get_channel", LOOP, true, COVEY_E_GONE,
     consumer_get_channel},
    {"covey_consumer_set_user", ANY, true, COVEY_E_GONE, consumer_set_user},
    {"covey_consumer_set_expiry", ANY, true, COVEY_E_GONE, consumer_set_expiry},
    {"covey_user_disconnect", ANY, false, COVEY_OK, user_disconnect},
    {"covey_consumer_set_data", LOOP, true, COVEY_E_GONE, consumer_set_data},
    {"covey_consumer_get_data", LOOP, true, COVEY_E_GONE, consumer_get_data},
    {"covey_group_add", ANY, true, COVEY_E_GONE, group_add},
    {"covey_group_discard", ANY, true, COVEY_E_GONE, group_discard},
    {"covey_group_send", ANY, false, COVEY_E_STOPPED, group_send},
    {"covey_group_broadcast", ANY, false, COVEY_E_STOPPED, group_broadcast},
    {"covey_group_count", LOOP, false, COVEY_OK, group_count},
    {"covey_group_list", LOOP, false, COVEY_OK, group_list},
    {"covey_server_get_statistics", LOOP, false, COVEY_OK,
     server_get_statistics},
    {"covey_model_register", SETUP, false, COVEY_E_BUSY, model_register},
    {"covey_store_put", ANY, false, COVEY_OK, store_put},
    {"covey_store_delete", ANY, false, COVEY_E_NOT_FOUND, store_delete},
    {"covey_store_get", LOOP, false, COVEY_E_NOT_FOUND, store_get},
    {"covey_store_count", LOOP, false, COVEY_OK, store_count},
    {"covey_store_list", LOOP, false, COVEY_OK, store_list},
    {"covey_store_set_on_change", LOOP, false, COVEY_OK, store_set_on_change},
    {"covey_transaction_begin", ANY, false, COVEY_OK, transaction_begin},
    {"covey_load_begin", ANY, false, COVEY_E_GONE, load_begin},
    {"covey_load_fail", ANY, false, COVEY_E_GONE, load_fail},
    {"covey_context_register", SETUP, false, COVEY_E_BUSY, context_register},
    {"covey_action_register", SETUP, false, COVEY_E_BUSY, action_register},
    {"covey_consumer_authenticate", ANY, true, COVEY_E_GONE,
     consumer_authenticate},
    {"covey_consumer_authorize", ANY, true, COVEY_E_GONE, consumer_authorize},
    {"covey_consumer_reauthorize", ANY, true, COVEY_E_GONE,
     consumer_reauthorize},
    {"covey_consumer_deny", ANY, true, COVEY_E_GONE, consumer_deny},
    {"covey_grant_add", ANY, true, COVEY_E_GONE, grant_add},
    {"covey_grant_discard", ANY, true, COVEY_E_GONE, grant_discard},
    {"covey_anchor_append", ANY, true, COVEY_E_GONE, anchor_append},
    {"covey_anchor_prepend", ANY, true, COVEY_E_GONE, anchor_prepend},
    {"covey_anchor_remove", ANY, true, COVEY_E_GONE, anchor_remove},
    {"covey_anchor_clear", ANY, true, COVEY_E_GONE, anchor_clear},
    {"covey_anchor_replace", ANY, true, COVEY_E_GONE, anchor_replace},
    {"covey_anchor_count", LOOP, false, COVEY_OK, anchor_count},
    {"covey_variable_set", ANY, true, COVEY_E_GONE, variable_set},
    {"covey_variable_get", LOOP, true, COVEY_E_GONE, variable_get},
    {"covey_call_return", ANY, false, COVEY_E_GONE, call_return},
    {"covey_call_fail", ANY, false, COVEY_E_GONE, call_fail},
    {"covey_call_drop", ANY, false, COVEY_E_GONE, call_drop},
    {"covey_write_accept", ANY, false, COVEY_E_GONE, write_accept},
    {"covey_system_send", ANY, false, COVEY_E_STOPPED, system_send},
    {"covey_server_drain", ANY, false, COVEY_E_STOPPED, server_drain},
    {"covey_server_describe", LOOP, false, COVEY_OK, server_describe},
    {"covey_server_generate_typescript", LOOP, false, COVEY_OK,
     server_generate_typescript},
    {"covey_server_set_layer", SETUP, false, COVEY_E_BUSY, server_set_layer},
    {"covey_address_send", ANY, false, COVEY_E_STOPPED, address_send},
};

const size_t calls_count = sizeof calls / sizeof calls[0];
