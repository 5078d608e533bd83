/*
 * covey/layer.h - several processes in the same groups; part of covey.h.
 *
 * A layer carries what is sent to groups, and to addresses of consumers, to the
 * other processes that share it. Without one, groups are of this process alone.
 * What is sent goes to the members here first and at once, then to the bus, as
 * one message however many members there are elsewhere. State, counts and lists
 * of members, and covey_user_disconnect stay of one process.
 *
 * The bus is Redis, or what speaks its protocol, such as Valkey. Three drivers
 * speak three formats; all processes that share groups use the same one:
 *
 *   redis://               Covey's own, between programs with Covey. Messages
 *                          are numbered and kept in a bounded log: what a
 *                          process missed while it was cut off is fetched from
 *                          there, once and in order for each sender.
 *   redis+django://        what channels_redis.core.RedisChannelLayer of Django
 *                          Channels does: a mailbox for each process. At most
 *                          once.
 *   redis+django-pubsub:// what channels_redis.pubsub.RedisPubSubChannelLayer
 *                          does. At most once.
 *
 *     redis://[[user]:password@]host[:port][/db][?option=value&...]
 *     redis+unix://[[user]:password@]/path/to/socket[?db=1&...]
 *
 * and so with redis+django+unix and redis+django-pubsub+unix; valkey may stand
 * for redis. User, password, path and values are percent-decoded. Options:
 *
 *   prefix        of all keys; "covey", for Django "asgi"; 1 to 64 bytes
 *   key           symmetric encryption as channels_redis has it; may be
 *                 repeated: the first encrypts, any decrypts
 *   db            0; the database, of a Unix socket
 *   log           1,000; redis:// alone: messages kept for each group; 0: none
 *   log_bytes     4,194,304; their bytes
 *   log_seconds   600; how long they are kept after the last one
 *   expiry        60; redis+django:// alone: seconds that a message waits
 *   group_expiry  86,400; redis+django:// alone: the same as Django's; seconds
 *   capacity      100; redis+django:// alone: messages that wait in the mailbox
 *                 of one process
 *
 * Options that several processes apply to the same keys (log..., expiry,
 * group_expiry, capacity) are to be the same in all of them.
 *
 * There is no TLS to the bus. The address of a consumer
 * (covey_consumer_get_address) is a channel name for Django Channels as well.
 * It is no secret, and whoever has one may send to it: do not take one from a
 * client without a check.
 *
 * DJANGO. An event is the message of the same content; its `type` says which
 * handler gets it, on either side. Text, whole numbers of 64 bits, other
 * numbers (as doubles), true, false, null, arrays and objects go both ways. To
 * Django, a whole number beyond 64 bits is COVEY_E_INVALID. From Django, bytes
 * become base64 text, and keys that are no text become what Python's json makes
 * of them. What has a NaN or an infinity in it, or no `type`, or one that is no
 * text, is dropped, and counted (layer_foreign). Finished messages
 * (covey_group_broadcast) reach other processes of Covey alone. Group names
 * that channels_redis does not take (100 bytes and more, other characters than
 * ASCII letters, digits, "-", "_" and "."), and those that begin with "covey-",
 * are written as "covey-" and the name, each byte but letters, digits, "_" and
 * "." as "-" and two hexadecimal digits; where that has 100 bytes or more, as
 * "covey--" and the SHA-256 of the name. With redis+django:// the clocks of all
 * hosts agree to a minute, and group_expiry is the same everywhere: by them
 * whoever sends to a group removes memberships that are too old. Where they
 * differ, those of others are removed, and nothing arrives there.
 */
#ifndef COVEY_H
#include "../covey.h" /* which includes this one in its place */
#endif

#ifndef COVEY_LAYER_H
#define COVEY_LAYER_H

#ifdef __cplusplus
extern "C" {
#endif

/** What was lost on a layer, or may have been. Unknown numbers may come. */
typedef int32_t covey_layer_gap_kind;

enum {
  /* What others sent to these groups may not have come here: the connection
   * broke, and the log, if there is one, does not reach back. */
  COVEY_LAYER_GAP_MISSED = 1,
  /* What was sent here did not leave: more than queue_entries_max or
   * queue_bytes_max waited for the bus, or the bus refused it. */
  COVEY_LAYER_GAP_UNSENT = 2,
  /* It left, and the connection broke before the bus said that it has it. It is
   * not sent again. Of redis:// only at the end of the server. */
  COVEY_LAYER_GAP_UNKNOWN = 3,
  /* It left, but the mailbox of another process was full (capacity), or its key
   * holds something else. Of redis+django:// alone. */
  COVEY_LAYER_GAP_FULL = 4
};

/** That something was lost, or may have been. */
typedef struct covey_layer_gap {
  uint32_t struct_size;
  covey_layer_gap_kind kind;
  /* Their names. Of what went to an address, that; with redis:// the part of it
   * before the "!", which is the process. */
  const char *const *groups;
  size_t group_count;
  uint64_t count;         /* messages; 0: unknown */
  const uint64_t *counts; /* the same of each group, in their order */
} covey_layer_gap;

/**
 * A layer has lost something, or may have. Who keeps state by messages has the
 * members of these groups fetch what they show anew, say, when it is MISSED. At
 * most once a kind and turn of the loop; of the other kinds at most once a
 * second, for whoever answers such a loss by sending more loses more.
 *
 * @param gap  Borrowed until it returns.
 */
typedef void (*covey_on_layer_gap_fn)(covey_server *server,
                                      const covey_layer_gap *gap, void *user);

/**
 * The bus is reached, or is not reached any more. It is looked for again and
 * again, with growing pauses.
 *
 * @param connected  1: other processes can be reached. 0: they cannot.
 * @param reason     Why not, one line; "" when it is connected.
 */
typedef void (*covey_on_layer_state_fn)(covey_server *server, int connected,
                                        const char *reason, void *user);

/** What a layer is made from. Zero means the default everywhere. */
typedef struct covey_layer_options {
  uint32_t struct_size;        /* COVEY_LAYER_OPTIONS_INIT or _init() */
  uint32_t queue_entries_max;  /* 10,000; what waits for the bus */
  uint64_t queue_bytes_max;    /* 16 MiB; 64 KiB up */
  uint32_t connect_timeout_ms; /* 5,000; to connect and log in */
  uint32_t answer_timeout_ms;  /* 10,000; 100 up; then a silent bus is given
                                * up; what listens has 2,000 at least */
  uint32_t retry_ms_max;       /* 10,000; the longest pause; 100 up */
  uint32_t reserved;           /* 0 */

  covey_on_layer_gap_fn on_layer_gap;     /* NULL: none */
  covey_on_layer_state_fn on_layer_state; /* NULL: none */
  void *user;                             /* of both */
  covey_destroy_fn destroy;               /* when the server is freed */
} covey_layer_options;

#define COVEY_LAYER_OPTIONS_INIT                                               \
  {                                                                            \
    (uint32_t)sizeof(covey_layer_options), 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, \
        NULL                                                                   \
  }

/** Does what COVEY_LAYER_OPTIONS_INIT does. NULL does nothing.
 * @thread any @since 1.0 */
void covey_layer_options_init(covey_layer_options *options, size_t size);

/**
 * Puts a server's groups onto a layer. It connects once the server listens and
 * is driven; nobody waits for it: until then, and while the bus is away,
 * members here are served as ever, and what is for others waits in a bounded
 * queue.
 *
 * @param url      Of the bus, as above.
 * @param options  NULL takes the defaults. Copied.
 * @param error    Optional. It never quotes a password or a key.
 *
 * @return COVEY_OK           It has a layer.
 * @return COVEY_E_INVALID    A URL or option that is none; error names it.
 * @return COVEY_E_NOT_FOUND  This library was built without layers over Redis.
 * @return COVEY_E_EXISTS     It has one.
 * @return COVEY_E_BUSY       The server listens already.
 *
 * @thread setup
 * @since  1.0
 */
covey_status covey_server_set_layer(covey_server *server, const char *url,
                                    const covey_layer_options *options,
                                    covey_error *error);

/**
 * Sends an event to whoever has an address: a consumer of this process or of
 * another one on the layer, as covey_consumer_get_address told, or a channel of
 * Django Channels by its name, such as self.channel_name of a consumer there or
 * the name of a channel that a worker reads.
 *
 * @param address  1 to 255 bytes.
 * @param json     The event, as for covey_group_send.
 * @param size     Bytes in json.
 * @param error    Optional.
 *
 * @return COVEY_OK           Sent; whether somebody is there is not known, save
 *                            for a consumer of this process.
 * @return COVEY_E_GONE       A consumer of this process that is gone.
 * @return COVEY_E_NOT_FOUND  Of another process, and there is no layer; or a
 *                            form that the layer cannot reach.
 * @return COVEY_E_INVALID, COVEY_E_TOO_LARGE, COVEY_E_FULL, COVEY_E_STOPPED as
 *         covey_group_send.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_address_send(covey_server *server, const char *address,
                                const void *json, size_t size,
                                covey_error *error);

#ifdef __cplusplus
}
#endif

#endif /* COVEY_LAYER_H */
