/*
 * covey/state.h - models and the store: what a server knows, and tells its
 * context channels (covey/context.h). Part of covey.h, which includes it.
 *
 *   declare   covey_model_register, covey_store_set_on_change
 *   change    covey_store_put, covey_store_delete, covey_transaction_...
 *   read      covey_store_get, covey_store_count
 *   load      on_load of a model, covey_load_begin, covey_load_fail
 *
 * An instance is a JSON object with a member "id" and the fields of its model.
 * Ids are given and handed out as text: "42" for an integer, else the string
 * itself. Integers are canonical: no sign but "-", no leading zeros, 64 bits.
 */
#ifndef COVEY_H
#include "../covey.h" /* which includes this one in its place */
#endif

#ifndef COVEY_STATE_H
#define COVEY_STATE_H

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------- models -- */

/** A model of one server. Never 0. */
typedef uint64_t covey_model_id;

/** What a model's ids are. */
typedef int32_t covey_id_kind;

enum {
  COVEY_ID_INTEGER = 1, /* also 0 */
  COVEY_ID_STRING = 2   /* 1 to 255 bytes, no NUL */
};

/** What a field, or a parameter of an action, holds. */
typedef int32_t covey_field_type;

enum {
  COVEY_FIELD_BOOLEAN = 1,
  COVEY_FIELD_INTEGER = 2, /* no fraction, no exponent; of any size */
  COVEY_FIELD_NUMBER = 3,
  COVEY_FIELD_STRING = 4,   /* may have escapes of lone surrogates */
  COVEY_FIELD_DATETIME = 5, /* "2026-11-21T09:30:00.25Z", zone optional */
  COVEY_FIELD_DATE = 6,     /* "2026-11-21" */
  COVEY_FIELD_DECIMAL = 7,  /* "-12.50", a string */
  COVEY_FIELD_JSON = 8,     /* anything, also null */
  COVEY_FIELD_CHOICE = 9,   /* one of `choices` */
  COVEY_FIELD_ONE = 10,     /* the id of an instance of `model` */
  COVEY_FIELD_MANY = 11     /* a list of such ids; an id counts once */
};

enum {
  /* May be null; when it is missing on a replacing put, it becomes null. */
  COVEY_FIELD_NULLABLE = 1,
  /* Clients may write it, where the model lets them write at all. */
  COVEY_FIELD_WRITABLE = 2,
  /* Of an action's parameter: may be missing. Of a field: a client's create
   * may leave it out, for on_write fills it in. */
  COVEY_FIELD_OPTIONAL = 4
};

/** One field of a model, or one parameter of an action. */
typedef struct covey_field {
  const char *name; /* 1 to 255 bytes, no leading "_"; of a model not "id" */
  covey_field_type type; /* COVEY_FIELD_BOOLEAN ... */
  uint32_t flags;        /* COVEY_FIELD_NULLABLE ..., or-ed */

  /* COVEY_FIELD_CHOICE: JSON literals such as "\"open\"" or "3"; ends with a
   * NULL. */
  const char *const *choices;

  /* COVEY_FIELD_ONE and _MANY: the name of the model referred to. */
  const char *model;

  /* COVEY_FIELD_MANY: a field of that model, of the kind of this model's ids,
   * which says whose list the child is in. Then the child decides: putting,
   * moving and deleting it edits the list; a list that is put only orders it,
   * and may name children that have not been put yet. NULL: none. */
  const char *inverse_field;

  /* COVEY_FIELD_JSON: what is inside, as covey/describe.h says it. What is put
   * or written, and parameters of actions, are checked against it. NULL:
   * anything.
   */
  const char *shape;
} covey_field;

/** A load that was asked for. Never 0, never reused in a server. */
typedef uint64_t covey_load_id;

/**
 * Somebody wants to follow an instance that the store does not hold. Answer
 * from any thread with covey_load_begin or covey_load_fail; however many wait,
 * one load is asked for. Unanswered after twice authentication_timeout_ms it
 * has failed.
 *
 * @param id  Borrowed until the handler returns.
 */
typedef void (*covey_on_load_fn)(covey_server *server, covey_load_id load,
                                 covey_model_id model, const char *id,
                                 void *user);

enum { COVEY_WRITE_SAVE = 1, COVEY_WRITE_CREATE = 2, COVEY_WRITE_DELETE = 4 };

/** What instances of one kind are. */
typedef struct covey_model {
  uint32_t struct_size; /* COVEY_MODEL_INIT or _init() */
  uint32_t field_size;  /* sizeof(covey_field); 0 means that, too */
  const char *name;     /* the `_instance_type` of the wire: "board.Task" */
  covey_id_kind id_kind;
  uint32_t writable; /* COVEY_WRITE_..., or-ed: what clients may do */
  const covey_field *fields;
  size_t field_count; /* at most 128 */

  /* A field, integer or string, whose value is a user: the row reaches only
   * consumers of that user, and no id of it anybody else. Null: everybody.
   * NULL: the model has no such field. */
  const char *owner_field;

  covey_on_load_fn on_load; /* NULL: what the store lacks does not exist */
  void *user;
  covey_destroy_fn destroy; /* of user, when the server is freed */
} covey_model;

#define COVEY_MODEL_INIT                                                       \
  {                                                                            \
    (uint32_t)sizeof(covey_model), (uint32_t)sizeof(covey_field), NULL, 0, 0,  \
        NULL, 0, NULL, NULL, NULL, NULL                                        \
  }

/** Does what COVEY_MODEL_INIT does, but for field_size. NULL does nothing.
 * @thread any @since 1.0 */
void covey_model_init(covey_model *model, size_t size);

/**
 * Declares a model. Models may refer to each other in any order and in circles;
 * that all of them are there is checked when the server listens, or when the
 * store is first used, which ends this phase.
 *
 * @param model      Copied.
 * @param model_out  Its id; NULL if of no interest.
 * @param error      Optional.
 *
 * @return COVEY_OK         Declared.
 * @return COVEY_E_INVALID  A name, type, flag, choice or field that cannot be;
 *                          error names it.
 * @return COVEY_E_EXISTS   A model of that name is declared.
 * @return COVEY_E_FULL     There are 1,024 models.
 * @return COVEY_E_BUSY     The server listens, or its store was used.
 *
 * @thread setup
 * @since  1.0
 */
covey_status covey_model_register(covey_server *server,
                                  const covey_model *model,
                                  covey_model_id *model_out,
                                  covey_error *error);

/* --------------------------------------------------------------- store -- */

/*
 * Every change has a version: microseconds of wall time, strictly increasing,
 * also when the clock steps back. A put that changes nothing is no change. All
 * changes of one turn of the loop reach a client in one frame.
 *
 * From another thread a change is checked against its model at the call, and
 * made on the loop, in the order of the calling thread. What only the store can
 * tell (it is full; a merge of an instance that is not there lacks fields) then
 * is counted (covey_statistics.drops_store) and logged.
 */

enum {
  /* Fields that are not named stay as they are. Of an instance that is not
   * there they become null, where that is allowed. */
  COVEY_PUT_MERGE = 1
};

/**
 * Puts an instance: replaces all its fields, or merges those that are named.
 *
 * @param json   An object with "id". Relations are ids, or lists of ids, that
 *               need not be there yet; they are shown to clients once they are.
 * @param size   Bytes in json.
 * @param flags  0, or COVEY_PUT_MERGE.
 * @param error  Optional; names field and value.
 *
 * @return COVEY_OK           Put, or unchanged.
 * @return COVEY_E_INVALID    Not such an object: no id, an id of the wrong
 *                            kind, an unknown field, a value of the wrong type,
 *                            a field that is named twice, a required one that
 *                            is missing; or no such model, or a bad schema.
 * @return COVEY_E_TOO_LARGE  Nested deeper than json_depth_max, or larger than
 *                            message_bytes_max.
 * @return COVEY_E_FULL       The store has store_bytes_max, or the mailbox is
 *                            full. Nothing was changed.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_store_put(covey_server *server, covey_model_id model,
                             const void *json, size_t size, uint32_t flags,
                             covey_error *error);

/**
 * Deletes an instance. It goes from the lists that its inverse fields put it
 * in; other relations that name it stay and are shown as null, or not at all.
 *
 * @param error  Optional.
 *
 * @return COVEY_OK           Deleted; from another thread also when there is
 *                            none.
 * @return COVEY_E_NOT_FOUND  The store has none.
 * @return COVEY_E_INVALID    No such model, or an id of the wrong kind.
 * @return COVEY_E_FULL       The mailbox is full.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_store_delete(covey_server *server, covey_model_id model,
                                const char *id, covey_error *error);

/**
 * Gives an instance as JSON, its fields in the order of the model, as it was
 * put; lists with an inverse field as the children have them.
 *
 * @param json_out  NUL-terminated.
 * @param size_out  Its bytes without the NUL.
 *
 * @return COVEY_OK, COVEY_E_NOT_FOUND, COVEY_E_INVALID or
 *         COVEY_E_WRONG_THREAD.
 *
 * @thread   loop
 * @lifetime borrowed until the handler returns
 * @since    1.0
 */
covey_status covey_store_get(covey_server *server, covey_model_id model,
                             const char *id, const char **json_out,
                             size_t *size_out);

/**
 * How many instances of a model the store has.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_store_count(covey_server *server, covey_model_id model,
                               size_t *count_out);

/**
 * Lists the ids of the instances of a model, in no particular order.
 *
 * @param ids_out    The ids, and a NULL after the last. Must not be NULL.
 * @param count_out  How many. Must not be NULL.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread   loop
 * @lifetime borrowed until the handler returns (outside handlers: until the
 *           loop is driven again)
 * @since    1.0
 */
covey_status covey_store_list(covey_server *server, covey_model_id model,
                              const char *const **ids_out, size_t *count_out);

/**
 * An instance was changed: put with new values, edited because a child of its
 * list came or went, or deleted. Runs once the handler that changed it has
 * returned (outside handlers: when the loop is driven), in the order of
 * versions. What came through a load, or is dropped because nobody follows it,
 * is not told.
 *
 * @param json     The instance as covey_store_get gives it; NULL: deleted.
 *                 Borrowed until the handler returns.
 * @param size     Bytes in json.
 * @param version  Microseconds of wall time; those of a transaction share one.
 */
typedef void (*covey_on_store_change_fn)(covey_server *server,
                                         covey_model_id model, const char *id,
                                         const char *json, size_t size,
                                         uint64_t version, void *user);

/**
 * Sets who is told of every change of the store, for one who keeps it elsewhere
 * as well. NULL: nobody.
 *
 * @param destroy  Optional; called when another is set or the server is freed.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_store_set_on_change(covey_server *server,
                                       covey_on_store_change_fn on_change,
                                       void *user, covey_destroy_fn destroy);

/* -------------------------------------------------------- transactions -- */

/** Changes that are made together. Belongs to one thread at a time. */
typedef struct covey_transaction covey_transaction;

/**
 * Begins a transaction.
 *
 * @param transaction_out  Yours; free it with covey_transaction_commit or
 *                         covey_transaction_abort, before the server is freed.
 *                         Must not be NULL.
 *
 * @return COVEY_OK, or COVEY_E_INVALID.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_transaction_begin(covey_server *server,
                                     covey_transaction **transaction_out);

/**
 * Adds a put to a transaction, checked as by covey_store_put against its model.
 *
 * @return COVEY_OK           Added.
 * @return COVEY_E_INVALID, COVEY_E_TOO_LARGE  As covey_store_put; what was
 *                            added before stays.
 * @return COVEY_E_FULL       The transaction has mailbox_bytes_max of changes.
 *
 * @thread any, one at a time
 * @since  1.0
 */
covey_status covey_transaction_put(covey_transaction *transaction,
                                   covey_model_id model, const void *json,
                                   size_t size, uint32_t flags,
                                   covey_error *error);

/**
 * Adds a deletion to a transaction; one of what is not there does nothing.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_FULL as covey_transaction_put.
 *
 * @thread any, one at a time
 * @since  1.0
 */
covey_status covey_transaction_delete(covey_transaction *transaction,
                                      covey_model_id model, const char *id,
                                      covey_error *error);

/**
 * Makes all changes of a transaction, in their order and with one version, or
 * none of them; and frees it in any case.
 *
 * @param transaction  NULL is COVEY_E_INVALID.
 * @param error        Optional.
 *
 * @return COVEY_OK          Made; from another thread: queued.
 * @return COVEY_E_INVALID   A merge of an instance that is not there lacks
 *                           required fields; error names them.
 * @return COVEY_E_FULL      The store or the mailbox is full.
 * @return COVEY_E_GONE      The load it answers has failed already.
 * @return COVEY_E_STOPPED   The server has stopped.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_transaction_commit(covey_transaction *transaction,
                                      covey_error *error);

/**
 * Forgets a transaction, and frees it. One that answers a load fails the load.
 *
 * @return COVEY_OK, or COVEY_E_INVALID for NULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_transaction_abort(covey_transaction *transaction);

/**
 * Begins the transaction that answers a load: its commit says that what was
 * asked for was loaded, or, if it is not among the puts, that there is none.
 * What is put so is dropped once nobody has followed it for
 * unfollowed_timeout_ms, unless it is put in another way as well.
 *
 * @return COVEY_OK         Begun.
 * @return COVEY_E_INVALID  A NULL.
 * @return COVEY_E_GONE     No such load, or it was answered.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_load_begin(covey_server *server, covey_load_id load,
                              covey_transaction **transaction_out);

/**
 * Says that nothing was loaded.
 *
 * @param why  COVEY_E_NOT_FOUND: there is no such instance (who waits on a
 *             single channel gets 404 error/not-found). Anything else but
 *             COVEY_OK: loading failed (500 error/load-failed).
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_GONE or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_load_fail(covey_server *server, covey_load_id load,
                             covey_status why);

#ifdef __cplusplus
}
#endif

#endif /* COVEY_STATE_H */
