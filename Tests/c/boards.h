/*
 * boards.h - a host program for tests of state: a host whose server knows
 * boards and their cards, shows one board at "boards/<int:id>/" and a list of
 * them at "boards/", and counts what its clients ask for.
 *
 *   Board    title; cards, whose inverse is Card.board     writable: save
 *   Card     board; text; who, a user's name or null       writable: all
 *
 * Texts are written with ' for ", so that they can be read.
 */
#ifndef BOARDS_H
#define BOARDS_H

#include "host.h"

enum { BOARDS_TEXT = 256 };

typedef struct boards boards;
struct boards {
  host h; /* first: what host_... takes */
  covey_model_id board, card;
  covey_channel_id one, many;
  bool has_loader; /* boards that are not there can be loaded */

  /* Declares and registers more, before the server listens. */
  void (*declare)(boards *self);

  /* In place of: whoever has the token "bad" is denied, any other token is the
   * user's name; everybody may see everything; nothing; the anchors "1" and
   * "2"; writes are accepted; actions are answered with their parameters;
   * nothing is loaded yet. */
  void (*on_authenticate)(boards *self, covey_consumer_id consumer,
                          const char *token, size_t size);
  void (*on_authorize)(boards *self, covey_consumer_id consumer);
  void (*on_open)(boards *self, covey_consumer_id consumer,
                  uint64_t last_update);
  void (*on_list)(boards *self, covey_consumer_id consumer);
  void (*on_write)(boards *self, covey_consumer_id consumer, covey_call_id call,
                   const covey_write *write);
  void (*on_action)(boards *self, covey_consumer_id consumer,
                    covey_call_id call, const char *parameters, size_t size);
  void (*on_load)(boards *self, covey_load_id load, const char *id);

  /* What was seen. */
  atomic_int authentications, authorizations, opens, lists, writes, actions,
      loads;
  _Atomic covey_call_id call; /* the last action or write */
  _Atomic covey_load_id load;
  _Atomic uint64_t last_update;
  char text[BOARDS_TEXT]; /* the last token, parameters or id to load */
};

/* Rows as they are sent to RxDjango's clients, and with OWN_ to Covey's own;
 * hears() knows what T and V stand for. */
#define BOARDS_ROW(type, fields, stamp, operation, more)                       \
  "{" fields ",'_instance_type':'" type "','_tstamp':" stamp                   \
  ",'_operation':'" operation "'" more "}"
#define ANCHOR(type, fields) BOARDS_ROW(type, fields, "T", "initial_state", "")
#define FIRST(type, fields) BOARDS_ROW(type, fields, "0", "initial_state", "")
#define CREATED(type, fields)                                                  \
  BOARDS_ROW(type, fields, "T", "create", ",'_deleted':false")
#define UPDATED(type, fields)                                                  \
  BOARDS_ROW(type, fields, "T", "update", ",'_deleted':false")
#define DELETED(type, fields)                                                  \
  BOARDS_ROW(type, fields, "T", "delete", ",'_deleted':true")
#define FORGOTTEN(type, fields)                                                \
  BOARDS_ROW(type, fields, "0", "delete", ",'_deleted':true")
#define OWN_FIRST(type, fields)                                                \
  BOARDS_ROW(type, fields, "0", "initial_state", ",'_version':V")
#define OWN_CREATED(type, fields)                                              \
  BOARDS_ROW(type, fields, "T", "create", ",'_deleted':false,'_version':V")
#define OWN_UPDATED(type, fields)                                              \
  BOARDS_ROW(type, fields, "T", "update", ",'_deleted':false,'_version':V")
#define OWN_DELETED(type, fields)                                              \
  BOARDS_ROW(type, fields, "T", "delete", ",'_deleted':true,'_version':V")

/* What RxDjango's clients are told besides: that they know a row, and that a
 * relation to a type is null. */
#define STUB(type, id)                                                         \
  "{'id':" id ",'_instance_type':'" type "','_operation':'update'}"
#define NO_ANCHOR(type)                                                        \
  "[{'id':0,'_instance_type':'" type "','_operation':'delete'}]"
#define NO_ROW(type)                                                           \
  "{'id':null,'_instance_type':'" type "','_operation':'delete'}"

/* An array of up to five rows. */
#define ROWS(...) ROWS_(__VA_ARGS__, 5, 4, 3, 2, 1, )
#define ROWS_(a, b, c, d, e, count, ...) ROWS_##count(a, b, c, d, e)
#define ROWS_1(a, b, c, d, e) "[" a "]"
#define ROWS_2(a, b, c, d, e) "[" a "," b "]"
#define ROWS_3(a, b, c, d, e) "[" a "," b "," c "]"
#define ROWS_4(a, b, c, d, e) "[" a "," b "," c "," d "]"
#define ROWS_5(a, b, c, d, e) "[" a "," b "," c "," d "," e "]"

/* Behind the rows of an anchor that others follow, and of the last one. */
#define END_OF_ANCHOR                                                          \
  "[{'_instance_type':'','_tstamp':0,'_operation':'end_initial_state',"        \
  "'id':0}]"
#define END_OF_SNAPSHOT                                                        \
  "[{'_instance_type':'','_tstamp':T,'_operation':'end_initial_state',"        \
  "'id':0}]"

/* Answers to calls; hears_start() takes those of errors, whose messages differ.
 */
#define RESULT(id, json)                                                       \
  "{'type':'actionResponse','callId':" id ",'result':" json "}"
#define ACTION_ERROR(id, code)                                                 \
  "{'type':'actionResponse','callId':" id ",'error':{'code':" code             \
  ",'message':'"
#define WRITTEN(id, instance)                                                  \
  "{'type':'writeResponse','writeId':" id                                      \
  ",'success':true,'instanceId':" instance "}"
#define WRITE_ERROR(id, code)                                                  \
  "{'type':'writeResponse','writeId':" id                                      \
  ",'success':false,'error':{'code':" code ",'message':'"

/* What a client is told that is let in, or is not; and its anchors. */
#define LET_IN "{'type':'auth','statusCode':200,'status_code':200}"
#define KEPT_OUT(code, error)                                                  \
  "{'type':'auth','statusCode':" code ",'status_code':" code                   \
  ",'error':'" error "'}"
#define ANCHORS(list)                                                          \
  "{'type':'initialAnchors','anchorIds':[" list "],'initialAnchors':[" list "]}"
#define OWN_ANCHORS(list)                                                      \
  "{'type':'initialAnchors','anchorIds':[" list "],'initialAnchors':[" list    \
  "],'reset':true}"

/** Empty, with the handlers above. */
void boards_prepare(boards *self);

/** Makes the server and registers everything. NULL takes the defaults. */
bool boards_make(boards *self, const covey_server_options *options);

/** boards_prepare, boards_make with defaults, and host_listen. */
bool boards_open(boards *self);

/** Frees the server. */
void boards_close(boards *self);

/** The handlers of a context channel whose user is `self`: all of them. */
covey_context_handlers boards_handlers(boards *self);

/** A field; what else there is to say of it is said afterwards. */
covey_field boards_field(const char *name, covey_field_type type,
                         uint32_t flags);

/** Declares a model. */
covey_model_id boards_declare(boards *self, const char *name,
                              covey_id_kind id_kind, uint32_t writable,
                              const covey_field *fields, size_t field_count,
                              const char *owner_field);

/** Registers a context channel with all handlers. */
covey_channel_id boards_show(boards *self, const char *pattern,
                             covey_model_id model, uint32_t flags);

/** Registers an action on a channel, which calls on_action. */
void boards_act(boards *self, covey_channel_id channel, const char *name,
                const char *grant, uint32_t flags,
                const covey_field *parameters, size_t parameter_count);

/** Puts an instance. */
void boards_put(boards *self, covey_model_id model, const char *json);

/** Merges into an instance. */
void boards_merge(boards *self, covey_model_id model, const char *json);

/** Deletes one. */
void boards_delete(boards *self, covey_model_id model, const char *id);

/** Whether the store holds exactly this; NULL: nothing. */
bool boards_has(boards *self, covey_model_id model, const char *id,
                const char *json);

/** What its statistics are. */
covey_statistics boards_statistics(boards *self);

/** A client upgraded at `target`, which has said nothing yet. */
client boards_visit(boards *self, const char *target);

/** The same, and it has said a first frame with this token and waited until it
 * was let in. A token that begins with '+' says that it is a client of Covey's
 * own. Answers its consumer; 0 when that failed. */
covey_consumer_id boards_enter(boards *self, client *client_out,
                               const char *target, const char *token);

/** Sends a text frame. */
bool says(client *self, const char *text);

/** Whether the next frame is this text, in which T stands for the number of a
 * `_tstamp` that is not 0, V for that of a `_version`, S for the text of a
 * `session`, and N for that of a `delay_ms`. Shows what it is instead. */
bool hears(client *self, const char *text);

/** Whether the next frame begins so. */
bool hears_start(client *self, const char *text);

/** Whether nothing was sent to a client that it has not read: what is sent to
 * it now is the next it reads. */
bool hears_nothing(boards *self, client *client, covey_consumer_id consumer);

/** Reads up to the end marker of a snapshot; false when none came. */
bool skips_snapshot(client *self);

/** The same, and remembers its `_tstamp`, which such a client says as its
 * `lastUpdate` when it comes back. */
bool remembers_snapshot(client *self, char *last_update_out, size_t room);

#endif
