/*
 * covey/context.h - context channels: live state that every client sees
 * converge, and actions that clients call. Part of covey.h, which includes it.
 *
 * A client of a context channel follows anchors, and holds every instance that
 * can be reached from them through relations. It speaks RxDjango's protocol;
 * RxDjango's browser clients work unchanged.
 *
 *   register  covey_context_register, covey_action_register
 *   let in    on_authenticate, on_authorize, on_list
 *   steer     covey_anchor_..., covey_variable_..., covey_grant_...
 *   answer    covey_call_return, covey_call_fail, covey_write_accept
 *   see off   covey_system_send, covey_server_drain
 *
 * What happens to a client, in this order: on_connect, if there is one; its
 * first frame brings a token: on_authenticate; on_authorize; it is told that it
 * is in; on_open; on_list where the URL does not name the anchor; its anchors,
 * the instances, and from then on what changes.
 *
 * The other functions of covey.h work on its consumers too: groups, events,
 * covey_consumer_send, _close, the getters.
 */
#ifndef COVEY_H
#include "../covey.h" /* which includes this one in its place */
#endif

#ifndef COVEY_CONTEXT_H
#define COVEY_CONTEXT_H

#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------- context channels -- */

/** A client's action or write that waits for its answer. Never 0, never reused
 * in a server. */
typedef uint64_t covey_call_id;

/**
 * Who is it? Answer from any thread with covey_consumer_authenticate or
 * covey_consumer_deny before authentication_timeout_ms has passed since the
 * client connected. Not asked when on_connect set a user already.
 *
 * @param token  NUL-terminated, borrowed until the handler returns.
 * @param size   Its bytes without the NUL.
 */
typedef void (*covey_on_authenticate_fn)(covey_server *server,
                                         covey_consumer_id consumer,
                                         const char *token, size_t size,
                                         void *user);

/**
 * May this user see what this URL names (covey_consumer_get_param)? Answer from
 * any thread with covey_consumer_authorize or covey_consumer_deny.
 */
typedef void (*covey_on_authorize_fn)(covey_server *server,
                                      covey_consumer_id consumer, void *user);

/**
 * It was let in, and told so. What is sent to it here (variables, messages)
 * precedes its anchors. Whether the anchor of the URL exists is not known yet:
 * one that does not is answered with 404 afterwards.
 *
 * @param last_update  The version up to which the client says it is complete;
 *                     0: none; 1: a client of RxDjango's that was cut off
 *                     within the first it was sent.
 */
typedef void (*covey_on_open_fn)(covey_server *server,
                                 covey_consumer_id consumer,
                                 uint64_t last_update, void *user);

/** Which anchors? Answer with covey_anchor_replace, from any thread. */
typedef void (*covey_on_list_fn)(covey_server *server,
                                 covey_consumer_id consumer, void *user);

/** A write that a client asks for; texts are never NULL. */
typedef struct covey_write {
  uint32_t struct_size;
  uint32_t operation; /* COVEY_WRITE_SAVE, _CREATE or _DELETE */
  covey_model_id model;
  covey_model_id parent_model; /* of a create; else 0 */
  const char *id;              /* of a create: "" */
  const char *parent_id;       /* of a create; else "" */
  const char *relation;        /* of a create: the parent's field; else "" */
  const char *json;            /* writable fields alone, checked; "{}" */
  size_t size;                 /* bytes in json */
} covey_write;

/**
 * A client wants to write. The core has checked that the model is writable so,
 * the fields and their types, and that the instance (of a create: the parent)
 * is one that this client can see. Answer from any thread with
 * covey_write_accept, covey_call_fail or covey_call_drop.
 *
 * @param write  Borrowed until the handler returns.
 */
typedef void (*covey_on_write_fn)(covey_server *server,
                                  covey_consumer_id consumer,
                                  covey_call_id call, const covey_write *write,
                                  void *user);

/**
 * The handlers of a context channel, each of them optional. Without
 * on_authenticate nobody has a user but by on_connect; without on_authorize
 * everybody is refused, unless the channel is COVEY_CHANNEL_PUBLIC; without
 * on_write every write is.
 */
typedef struct covey_context_handlers {
  uint32_t struct_size;           /* COVEY_CONTEXT_HANDLERS_INIT or _init() */
  uint32_t reserved;              /* 0 */
  covey_on_connect_fn on_connect; /* without it everybody may connect */
  covey_on_authenticate_fn on_authenticate;
  covey_on_authorize_fn on_authorize;
  covey_on_open_fn on_open;
  covey_on_list_fn on_list;
  covey_on_write_fn on_write;
  covey_on_disconnect_fn on_disconnect;
  void *user;
  covey_destroy_fn destroy; /* of user, when the server is freed */
} covey_context_handlers;

#define COVEY_CONTEXT_HANDLERS_INIT                                            \
  {                                                                            \
    (uint32_t)sizeof(covey_context_handlers), 0, NULL, NULL, NULL, NULL, NULL, \
        NULL, NULL, NULL, NULL                                                 \
  }

/** Does what COVEY_CONTEXT_HANDLERS_INIT does. NULL does nothing.
 * @thread any @since 1.0 */
void covey_context_handlers_init(covey_context_handlers *handlers, size_t size);

enum {
  /* The state is a list of anchors, not one. */
  COVEY_CONTEXT_MANY = 1
};

/** What a context channel shows. */
typedef struct covey_context_options {
  uint32_t struct_size; /* COVEY_CONTEXT_OPTIONS_INIT or _init() */
  uint32_t flags;       /* COVEY_CONTEXT_..., or-ed */
  covey_model_id model; /* of the anchors; must be declared */

  /* The URL parameter that is the anchor's id, of a channel that shows one. A
   * value that is no id of the model is HTTP 404. NULL: without on_list the
   * pattern's first parameter; with on_list, that handler says. */
  const char *parameter;

  /* What generated clients (covey/describe.h) call it, an identifier such as
   * "BoardChannel". NULL: one that is made of the pattern. */
  const char *name;

  /* The runtime variables that its consumers may have, for generated clients;
   * any others may be set, too. One that is declared takes values of its type
   * alone. */
  const covey_field *variables;
  size_t variable_count; /* at most 128 */
  uint32_t field_size;   /* sizeof(covey_field); 0 means that, too */
  uint32_t reserved;     /* 0 */
} covey_context_options;

#define COVEY_CONTEXT_OPTIONS_INIT                                             \
  {                                                                            \
    (uint32_t)sizeof(covey_context_options), 0, 0, NULL, NULL, NULL, 0,        \
        (uint32_t)sizeof(covey_field), 0                                       \
  }

/** Does what COVEY_CONTEXT_OPTIONS_INIT does, but for field_size. NULL does
 * nothing.
 * @thread any @since 1.0 */
void covey_context_options_init(covey_context_options *options, size_t size);

/**
 * Registers a context channel on a URL pattern.
 *
 * @param pattern      As for covey_channel_register.
 * @param options      As there, without COVEY_CHANNEL_BROADCAST_RECEIVED. NULL
 *                     takes the defaults. With COVEY_CHANNEL_PUBLIC everybody
 *                     may see it, also who has no token. Copied.
 * @param context      Copied; must not be NULL.
 * @param handlers     NULL: none. Copied.
 * @param channel_out  Its id; NULL if of no interest.
 * @param error        Optional.
 *
 * @return COVEY_OK         Registered.
 * @return COVEY_E_INVALID  As covey_channel_register; or an unknown model or
 *                          parameter, or nothing says which anchor; error says.
 * @return COVEY_E_EXISTS   A pattern that matches the same is registered.
 * @return COVEY_E_BUSY     The server listens already.
 *
 * @thread setup
 * @since  1.0
 */
covey_status covey_context_register(covey_server *server, const char *pattern,
                                    const covey_channel_options *options,
                                    const covey_context_options *context,
                                    const covey_context_handlers *handlers,
                                    covey_channel_id *channel_out,
                                    covey_error *error);

/* ---------------------------------------------------------- letting in -- */

/**
 * Answers on_authenticate: the client is this user.
 *
 * @param user  As for covey_consumer_set_user; NULL for somebody without name.
 *
 * @return COVEY_OK         Taken; on_authorize follows.
 * @return COVEY_E_INVALID  Not UTF-8, or not a consumer of a context channel.
 * @return COVEY_E_TOO_LARGE  More than 255 bytes.
 * @return COVEY_E_EXISTS   Nothing was asked, or it was answered.
 * @return COVEY_E_GONE     No such consumer any more.
 * @return COVEY_E_FULL     The mailbox is full.
 *
 * From another thread COVEY_E_EXISTS and COVEY_E_INVALID for the consumer are
 * not known at the call; then nothing happens.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_authenticate(covey_server *server,
                                         covey_consumer_id consumer,
                                         const char *user);

/**
 * Answers on_authorize: it may see what it asked for.
 *
 * @return As covey_consumer_authenticate.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_authorize(covey_server *server,
                                      covey_consumer_id consumer);

/**
 * Asks on_authorize anew about a consumer that was let in, when what it may see
 * has changed; meanwhile it goes on. An answer of covey_consumer_deny, or none
 * within authentication_timeout_ms, ends it (a client of RxDjango's is dropped,
 * connects anew, and is refused then). On a channel without on_authorize
 * nothing happens.
 *
 * @return COVEY_OK, COVEY_E_INVALID (not a consumer of a context channel),
 *         COVEY_E_GONE, COVEY_E_FULL; COVEY_E_BUSY when it is being asked.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_reauthorize(covey_server *server,
                                        covey_consumer_id consumer);

/**
 * Answers on_authenticate, on_authorize or on_list with a refusal: the client
 * is told, and closed with 1000, as RxDjango's clients expect.
 *
 * @param code   400 to 599; 0 means 401 in on_authenticate, else 403.
 * @param error  UTF-8, at most 255 bytes; NULL: "error/unauthorized" for 401,
 *               "error/forbidden" for 403, "error/not-found" for 404, else
 *               "error/refused".
 *
 * @return As covey_consumer_authenticate; COVEY_E_INVALID also for the code.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_deny(covey_server *server,
                                 covey_consumer_id consumer, uint16_t code,
                                 const char *error);

/**
 * Gives a consumer a grant, or takes it away; actions may require one. One that
 * it has, or has not, is no error.
 *
 * @param grant  1 to 255 bytes of UTF-8.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_GONE; COVEY_E_FULL at 256 grants
 *         or when the mailbox is full.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_grant_add(covey_server *server, covey_consumer_id consumer,
                             const char *grant);
covey_status covey_grant_discard(covey_server *server,
                                 covey_consumer_id consumer, const char *grant);

/* ------------------------------------------------------------- anchors -- */

/**
 * Edits the list of anchors of a consumer of a COVEY_CONTEXT_MANY channel, from
 * on_list on: appends one, puts one first, removes one, removes all, or
 * replaces all. One that is there already keeps its place; one that does not
 * exist, or is another user's, is left out. On a channel that shows one anchor
 * covey_anchor_replace answers on_list with exactly one id, once.
 *
 * @param ids    May be NULL when count is 0.
 * @param count  At most anchors_per_consumer_max.
 *
 * @return COVEY_OK           Edited; those to be loaded first follow later.
 * @return COVEY_E_INVALID    A NULL, an id of the wrong kind, or not such a
 *                            channel.
 * @return COVEY_E_EXISTS     On a channel that shows one: it was said already.
 * @return COVEY_E_TOO_LARGE  More than anchors_per_consumer_max.
 * @return COVEY_E_BUSY       on_list was not asked yet.
 * @return COVEY_E_GONE       No such consumer any more.
 * @return COVEY_E_FULL       The mailbox is full, or 1,024 edits wait for a
 * load.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_anchor_append(covey_server *server,
                                 covey_consumer_id consumer, const char *id);
covey_status covey_anchor_prepend(covey_server *server,
                                  covey_consumer_id consumer, const char *id);
covey_status covey_anchor_remove(covey_server *server,
                                 covey_consumer_id consumer, const char *id);
covey_status covey_anchor_clear(covey_server *server,
                                covey_consumer_id consumer);
covey_status covey_anchor_replace(covey_server *server,
                                  covey_consumer_id consumer,
                                  const char *const *ids, size_t count);

/**
 * How many consumers follow an instance as an anchor.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_anchor_count(covey_server *server, covey_model_id model,
                                const char *id, size_t *count_out);

/* --------------------------------------------------- runtime variables -- */

/**
 * Sets a variable of one consumer, which its client mirrors. Setting it to what
 * it is sends nothing.
 *
 * @param name  1 to 255 bytes of UTF-8; at most 256 variables.
 * @param json  Any JSON value.
 * @param size  Bytes in json.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_TOO_LARGE, COVEY_E_GONE;
 *         COVEY_E_FULL at 256 variables or when the mailbox is full. From
 *         another thread a value that is not of the declared type is logged,
 *         and COVEY_OK was returned.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_variable_set(covey_server *server,
                                covey_consumer_id consumer, const char *name,
                                const void *json, size_t size);

/**
 * The value that was set last.
 *
 * @return COVEY_OK, COVEY_E_NOT_FOUND, COVEY_E_GONE, COVEY_E_INVALID or
 *         COVEY_E_WRONG_THREAD.
 *
 * @thread   loop
 * @lifetime borrowed until the handler returns
 * @since    1.0
 */
covey_status covey_variable_get(covey_server *server,
                                covey_consumer_id consumer, const char *name,
                                const char **json_out, size_t *size_out);

/* -------------------------------------------------- actions and writes -- */

/**
 * A client calls an action. Answer from any thread, exactly once, with
 * covey_call_return, covey_call_fail or covey_call_drop; after call_timeout_ms
 * it is answered with 504. The handler's direct effects on this client
 * (variables, anchors, sends) precede its answer; what it changed in the store
 * follows, in the same flush.
 *
 * @param parameters  A JSON array, as long as the list of parameters, null for
 *                    one that is optional and missing. Borrowed until the
 *                    handler returns.
 * @param size        Bytes in parameters.
 */
typedef void (*covey_on_action_fn)(covey_server *server,
                                   covey_consumer_id consumer,
                                   covey_call_id call, const char *parameters,
                                   size_t size, void *user);

enum {
  /* Also clients without a user may call it. */
  COVEY_ACTION_ANONYMOUS = 1,
  /* Parameters are handed on as the client sent them, array or object. */
  COVEY_ACTION_UNCHECKED = 2
};

/** An action of a context channel. */
typedef struct covey_action {
  uint32_t struct_size;          /* COVEY_ACTION_INIT or _init() */
  uint32_t field_size;           /* sizeof(covey_field); 0 means that, too */
  const char *name;              /* 1 to 255 bytes of UTF-8, no leading "_" */
  const char *grant;             /* the grant it takes to call it; NULL: none */
  uint32_t flags;                /* COVEY_ACTION_..., or-ed */
  covey_field_type result_type;  /* for generated clients; 0: JSON */
  const covey_field *parameters; /* clients give them in order or by name */
  size_t parameter_count;        /* at most 64 */
  /* What it answers, in place of result_type, for generated clients; neither
   * its name nor its flags but NULLABLE count. NULL: result_type says. */
  const covey_field *result;
} covey_action;

#define COVEY_ACTION_INIT                                                      \
  {                                                                            \
    (uint32_t)sizeof(covey_action), (uint32_t)sizeof(covey_field), NULL, NULL, \
        0, 0, NULL, 0, NULL                                                    \
  }

/** Does what COVEY_ACTION_INIT does, but for field_size. NULL does nothing.
 * @thread any @since 1.0 */
void covey_action_init(covey_action *action, size_t size);

/**
 * Registers an action on a context channel.
 *
 * @param action   Copied.
 * @param handler  Must not be NULL.
 * @param destroy  Optional; called when the server is freed.
 * @param error    Optional.
 *
 * @return COVEY_OK         Registered.
 * @return COVEY_E_INVALID  A NULL, a channel that is no context channel, or a
 *                          name, flag or parameter that cannot be; error says.
 * @return COVEY_E_EXISTS   The channel has an action of that name.
 * @return COVEY_E_BUSY     The server listens already.
 *
 * @thread setup
 * @since  1.0
 */
covey_status
covey_action_register(covey_server *server, covey_channel_id channel,
                      const covey_action *action, covey_on_action_fn handler,
                      void *user, covey_destroy_fn destroy, covey_error *error);

/**
 * Answers an action with its result.
 *
 * @param json  Any JSON value; NULL and size 0 for null.
 * @param size  Bytes in json.
 *
 * @return COVEY_OK           Answered.
 * @return COVEY_E_INVALID    Not JSON, or the call is a write.
 * @return COVEY_E_TOO_LARGE  It would not fit into an empty outbox, or is
 *                            nested deeper than json_depth_max.
 * @return COVEY_E_GONE       It was answered, or its client is gone.
 * @return COVEY_E_FULL       The mailbox is full.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_call_return(covey_server *server, covey_call_id call,
                               const void *json, size_t size);

/**
 * Answers an action or a write with an error. The client stays connected.
 *
 * @param code     Any number; HTTP's are usual.
 * @param message  UTF-8; what is beyond 4 KiB is cut off; NULL for none.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_GONE or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_call_fail(covey_server *server, covey_call_id call,
                             int32_t code, const char *message);

/**
 * Gives up an action or a write: it is answered with 500.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_GONE or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_call_drop(covey_server *server, covey_call_id call);

/**
 * Accepts a write: it is made in the store, and answered.
 *
 * @param id    Of a create: the new id. NULL: one more than the highest that
 *              this store has seen of a model with integer ids; for string ids
 *              COVEY_E_INVALID. Else must be NULL.
 * @param json  What to write in place of what the client sent, an object
 *              without id, checked as by a merging put and not limited to
 *              writable fields. NULL: what it sent.
 * @param size  Bytes in json.
 * @param error Optional.
 *
 * @return COVEY_OK         Accepted. If the instance is gone meanwhile the
 *                          client gets 404; if a new id is taken, 409.
 * @return COVEY_E_INVALID  A bad id or object, or the call is an action. It
 *                          still waits for an answer: call this again, or
 *                          covey_call_fail. From another thread the client gets
 *                          500, and COVEY_OK was returned.
 * @return COVEY_E_TOO_LARGE, COVEY_E_GONE or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_write_accept(covey_server *server, covey_call_id call,
                                const char *id, const void *json, size_t size,
                                covey_error *error);

/* ---------------------------------------------------------- seeing off -- */

/**
 * Sends a message of the system to every client that was let in on a context
 * channel: {"type":source,"source":source,"message":message}.
 *
 * @param source   "system", or "maintenance", on which RxDjango's clients
 *                 connect anew.
 * @param message  UTF-8.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_TOO_LARGE, COVEY_E_FULL or
 *         COVEY_E_STOPPED.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_system_send(covey_server *server, const char *source,
                               const char *message);

/**
 * Stops a server so that its clients come back, to another one: each is ended
 * at a moment of its own within the window, and then the server stops as by
 * covey_server_stop. New connections get HTTP 503, or find another process on a
 * port that is shared (COVEY_LISTEN_REUSE_PORT); ready_path answers 503.
 * RxDjango's clients are dropped without a close frame, for after one they
 * would stay away; Covey's own are told how long to wait; all others get close
 * 1012. on_drain is told of the progress. It is over as soon as nobody is left,
 * and with covey_server_stop.
 *
 * @param window_ms  0 ends all of them now.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_FULL or COVEY_E_STOPPED.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_server_drain(covey_server *server, uint32_t window_ms);

#ifdef __cplusplus
}
#endif

#endif /* COVEY_CONTEXT_H */
