/*
 * covey.h - the whole public interface of Covey, an embeddable realtime server.
 *
 * What is not in this file, or in the files of the folder covey/, which it
 * includes, is not public.
 *
 * A program makes a server, registers channels on URL patterns, listens, and
 * drives the server's loop. Every WebSocket client of a channel is a consumer,
 * named by a 64-bit id. Consumers join groups; events and finished messages
 * are sent to one consumer or to a group.
 *
 *   setup     covey_server_new, covey_channel_register
 *   listen    covey/listen.h: addresses, Unix sockets, TLS, proxies
 *   drive     covey_server_run, or _service, or _get_fd, or _start
 *   handle    on_connect, on_text, on_binary, on_disconnect, event handlers
 *   send      covey_consumer_send, covey_group_send, covey_group_broadcast
 *   state     covey/state.h: models, a store; covey/context.h: clients that
 *             follow it, and call actions
 *   layer     covey/layer.h: several processes in the same groups, and Django
 *   describe  covey/describe.h: typed clients, generated
 *   watch     covey/watch.h: statistics, metrics, a report
 *   end       covey_server_stop, covey_server_drain, covey_server_free
 *
 * Complete programs are in the folder examples/.
 *
 * NULL for a server is COVEY_E_INVALID, except for covey_server_free.
 *
 * THREADS. Handlers run on the thread that drives the loop, one at a time;
 * one that returns late stalls every connection of its server. Each function
 * has one of three tags:
 *
 *   any    From any thread, also inside handlers. Arguments are checked before
 *          the call returns. On the loop's thread it takes effect at once;
 *          from another thread it is copied into a bounded mailbox
 *          (COVEY_E_FULL when that is full) and takes effect on the loop, in
 *          the order of the calling thread. When the consumer ends in
 *          between, covey_statistics.drops_gone moves.
 *   loop   On the loop's thread only: inside a handler, or between services on
 *          the thread that serviced last (before the first service, the thread
 *          that made the server). Elsewhere COVEY_E_WRONG_THREAD.
 *          Who gives the loop to another thread must be in no call when that
 *          one begins to drive.
 *   setup  Before the first covey_server_listen, on the loop's thread;
 *          afterwards COVEY_E_BUSY.
 *
 * MEMORY. What the host passes in is copied before the call returns. What a
 * handler is handed, and what a getter answers, is borrowed until the handler
 * returns (outside handlers: until the loop is driven again). A `user` pointer
 * is handed back untouched; its `destroy` function, if any, is called exactly
 * once, also when the call it was passed to fails. Outputs are written only on
 * success; any output pointer that is not needed may be NULL, except where a
 * function has no other purpose.
 *
 * TEXT. Names are NUL-terminated UTF-8. Payloads are a pointer and a size and
 * are not NUL-terminated.
 *
 * PROCESS. Covey keeps no global state, installs no signal handlers and writes
 * nothing to standard output or error. libwebsockets, below it, ignores SIGPIPE
 * for the process and has one log level for the process, which Covey turns off.
 * A server must not be used in a child after fork().
 */
#ifndef COVEY_H
#define COVEY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------- version -- */

/*
 * Programs built against one version run with every later one of the same
 * major number. Structs grow only at their end; numbers are never reused.
 */
#define COVEY_VERSION_MAJOR 1
#define COVEY_VERSION_MINOR 0
#define COVEY_VERSION_PATCH 0

/**
 * The version of the library in use, such as "1.0.0".
 *
 * @thread   any
 * @lifetime static, never NULL
 * @since    1.0
 */
const char *covey_version(void);

/* ------------------------------------------------- statuses and errors -- */

/** What a call answers: COVEY_OK or one of the negative numbers below. */
typedef int32_t covey_status;

enum {
  COVEY_OK = 0,
  COVEY_E_INVALID = -1,      /* an argument breaks the contract */
  COVEY_E_GONE = -2,         /* that consumer or timer no longer exists */
  COVEY_E_NOT_FOUND = -3,    /* nothing has that name */
  COVEY_E_EXISTS = -4,       /* there already, or decided already */
  COVEY_E_TOO_LARGE = -5,    /* over a limit of covey_server_options */
  COVEY_E_FULL = -6,         /* a bounded queue or table is full */
  COVEY_E_BUSY = -7,         /* not now: inside a handler, or while driven */
  COVEY_E_WRONG_THREAD = -8, /* a `loop` or `setup` function elsewhere */
  COVEY_E_DENIED = -9,       /* not allowed; not answered yet */
  COVEY_E_STOPPED = -10,     /* the server is stopping or has stopped */
  COVEY_E_PROTOCOL = -11,    /* a bus sent nonsense; not answered yet */
  COVEY_E_TIMED_OUT = -12,   /* the time given has passed */
  COVEY_E_SYSTEM = -13       /* bind, listen, thread, file or plugin */
};

/**
 * The name of a status in words, such as "no longer exists".
 *
 * @param status  Any number; an unknown one gives "unknown status".
 *
 * @thread   any
 * @lifetime static, never NULL
 * @since    1.0
 */
const char *covey_status_text(covey_status status);

/**
 * Where a few functions say what was wrong: one line that names the value and
 * the limit, such as "group name is 300 bytes, limit 255". Written only on
 * failure; always NUL-terminated, cut at a character when too long.
 */
typedef struct covey_error {
  uint32_t struct_size; /* COVEY_ERROR_INIT */
  covey_status status;
  char message[248];
} covey_error;

#define COVEY_ERROR_INIT                                                       \
  {                                                                            \
    (uint32_t)sizeof(covey_error), COVEY_OK, { 0 }                             \
  }

/** Does what COVEY_ERROR_INIT does, for languages without macros. NULL does
 * nothing.
 * @thread any @since 1.0 */
void covey_error_init(covey_error *error, size_t size);

/* --------------------------------------------------------- small types -- */

/** A server. Made by covey_server_new, freed by covey_server_free. */
typedef struct covey_server covey_server;

/** A channel of one server: what was registered on a URL pattern. Never 0. */
typedef uint64_t covey_channel_id;

/** One client's instance of a channel. Never 0, never reused by its server;
 * those of several servers begin at random numbers. */
typedef uint64_t covey_consumer_id;

/** A timer that was started. Never 0, never reused in a server. */
typedef uint64_t covey_timer_id;

/** The kind of a message. */
typedef int32_t covey_kind;

enum {
  COVEY_TEXT = 1,  /* UTF-8; anything else is COVEY_E_INVALID */
  COVEY_BINARY = 2 /* any bytes */
};

/** Switches a limit, deadline or ping of an options struct off. */
#define COVEY_OFF UINT32_MAX

/** Called exactly once, when `user` is needed no more. */
typedef void (*covey_destroy_fn)(void *user);

/* ------------------------------------------------------ server options -- */

/** How serious a log line is. */
typedef int32_t covey_log_level;

enum {
  COVEY_LOG_ERROR = 1,
  COVEY_LOG_WARNING = 2,
  COVEY_LOG_INFO = 3,
  COVEY_LOG_DEBUG = 4
};

/**
 * Receives what the server has to say.
 *
 * @param level    How serious it is; new levels may come.
 * @param message  One line, UTF-8, NUL-terminated, without a line end.
 */
typedef void (*covey_on_log_fn)(covey_server *server, covey_log_level level,
                                const char *message, void *user);

/**
 * A log line with its parts, for logs that are read by programs. Ids are
 * strings, for they have 64 bits. What peers can cause at will is said at most
 * once in ten seconds, and then how often since (`count`).
 */
typedef struct covey_log_record {
  uint32_t struct_size;
  covey_log_level level;
  const char *event;   /* what happened, such as "consumer.slow"; stable */
  const char *message; /* the same in words, one line */
  const char *fields;  /* a JSON object: {"consumer":"17","maximum":100} */
  size_t fields_size;  /* bytes in fields */
} covey_log_record;

/**
 * Receives what the server has to say, in parts. Runs after on_log, if both are
 * there.
 *
 * @param record  Borrowed until it returns.
 */
typedef void (*covey_on_log_record_fn)(covey_server *server,
                                       const covey_log_record *record,
                                       void *user);

/** What was reached. New numbers may come. */
typedef int32_t covey_limit;

enum {
  COVEY_LIMIT_CONNECTIONS = 1,  /* connections_max: HTTP 503 */
  COVEY_LIMIT_ADDRESS = 2,      /* connections_per_address_max: dropped */
  COVEY_LIMIT_ADDRESS_RATE = 3, /* connects_per_address_rate: dropped */
  COVEY_LIMIT_MESSAGE_RATE = 4, /* messages_rate: closed, or 429 */
  COVEY_LIMIT_BYTE_RATE = 5,    /* bytes_rate: closed, or 429 */
  COVEY_LIMIT_OUTBOX = 6,       /* outbox_bytes_max: closed, or dropped */
  COVEY_LIMIT_MEMORY = 7,       /* memory_bytes_max: shed */
  COVEY_LIMIT_MESSAGE = 8,      /* message_bytes_max: closed with 1009 */
  COVEY_LIMIT_GROUPS = 9,       /* groups_per_consumer_max: not joined */
  COVEY_LIMIT_MAILBOX = 10,     /* mailbox_..._max: COVEY_E_FULL */
  COVEY_LIMIT_CALLS = 11        /* calls_per_consumer_max: 429 */
};

/** That a limit was reached. */
typedef struct covey_limit_reached {
  uint32_t struct_size;
  covey_limit limit;
  covey_consumer_id consumer; /* 0: none in particular */
  uint64_t maximum;           /* the limit, in its unit */
  uint64_t count;             /* how often since the server was made */
  const char *peer;           /* numeric address, or "" */
} covey_limit_reached;

/**
 * A limit was reached; what its comment says has been done. At most once a
 * limit and turn of the loop: count tells of all.
 *
 * @param reached  Borrowed until it returns.
 */
typedef void (*covey_on_limit_fn)(covey_server *server,
                                  const covey_limit_reached *reached,
                                  void *user);

/**
 * How far covey_server_drain has come; called when it begins, about ten times a
 * second while anybody goes, and when nobody is left.
 *
 * @param remaining  Consumers that are still there.
 * @param total      How many there were when it began.
 */
typedef void (*covey_on_drain_fn)(covey_server *server, uint64_t remaining,
                                  uint64_t total, void *user);

/**
 * What a server is made from. Zero means the default everywhere; the default
 * stands behind each field. "off" says that COVEY_OFF is taken.
 */
typedef struct covey_server_options {
  uint32_t struct_size; /* COVEY_SERVER_OPTIONS_INIT or _init() */

  /* Connections. */
  uint32_t connections_max; /* consumers; descriptor limit - 64, which
                             * bounds all connections together */
  uint32_t connections_per_address_max; /* off; more are dropped at accept,
                                         * plain HTTP too; not of operators */
  uint32_t groups_per_consumer_max;     /* 256 */

  /* Deadlines, in milliseconds, rounded up to what the clock can do. */
  uint32_t handshake_timeout_ms; /* 10,000; from accept to the end of the first
                                  * request, with TLS and PROXY header */
  uint32_t connect_timeout_ms;   /* 10,000; to decide on a consumer; off */
  uint32_t ping_interval_ms;     /* 25,000 of silence, then a ping; off */
  uint32_t silence_timeout_ms;   /* 60,000 of silence, then dropped; off */
  uint32_t close_timeout_ms;     /* 5,000 for a peer to answer a close */
  uint32_t flush_timeout_ms;     /* 5,000 for everybody at stop */

  /* What the server says with a close of its own. */
  uint16_t close_code_refused;   /* 4403; covey_consumer_reject after connect */
  uint16_t close_code_undecided; /* 4408; connect_timeout_ms passed */
  uint16_t close_code_slow;      /* 1013; the outbox is full, or memory is */
  uint16_t close_code_expired;   /* 4401; covey_consumer_set_expiry */

  /* Bytes. */
  uint64_t message_bytes_max;   /* 1 MiB; received; at most 1 GiB */
  uint64_t outbox_bytes_max;    /* 1 MiB; queued to one consumer; 256 B up */
  uint64_t undecided_bytes_max; /* 64 KiB; held until connect is decided */
  uint64_t path_bytes_max;      /* 2 KiB; at most 8 KiB; beyond: HTTP 400 */
  uint64_t header_bytes_max;    /* 8 KiB; 1 to 60 KiB; beyond: dropped */
  uint64_t mailbox_bytes_max;   /* 64 MiB; from other threads; 1 KiB up */
  uint32_t mailbox_entries_max; /* 65,536 */
  uint32_t json_depth_max;      /* 64; at most 64 */

  /* Bytes read at once from one connection, allocated for each. 1 KiB; 256 B
   * to 1 MiB. More makes large incoming messages cheaper. */
  uint32_t receive_buffer_bytes;
  uint32_t reserved2; /* 0 */

  /* A path such as "/health" that answers 200 while the server runs and 503
   * while it stops. NULL: none. */
  const char *health_path;

  /* Log lines. NULL: nothing is said. Runs on the loop's thread. */
  covey_on_log_fn on_log;
  void *user; /* of this and of all that begins with on_ below */
  covey_destroy_fn destroy;

  /* Context channels (covey/context.h). */
  uint32_t authentication_timeout_ms; /* 15,000; to be let in */
  uint32_t call_timeout_ms;           /* 30,000; to answer a call */
  uint32_t calls_per_consumer_max;    /* 64; unanswered; beyond: 429 */
  uint32_t anchors_per_consumer_max;  /* 10,000 */
  uint32_t unfollowed_timeout_ms;     /* 60,000; then what was loaded goes */
  uint32_t session_timeout_ms;        /* 120,000; for Covey's own clients */
  uint64_t context_state_bytes_max;   /* 1 MiB; 1 KiB up; then it waits */
  uint64_t
      context_messages_bytes_max; /* 256 KiB; 8 KiB up; then it is closed */
  uint64_t snapshot_piece_bytes;  /* 64 KiB; 256 B to 1 GiB; about */

  /* State (covey/state.h). */
  uint64_t store_bytes_max; /* 1 GiB; 1 KiB to 64 GiB; all rows */
  uint64_t log_bytes_max;   /* 64 MiB; 1 KiB up; of changes, for who returns */
  uint32_t log_changes_max; /* 100,000 */
  uint32_t log_age_ms;      /* 600,000 */

  /* Bounds of all clients together. */
  uint64_t memory_bytes_max; /* off; 1 MiB up; queued to and half received from
                              * all. At 3/4 of it new connections get 503; at
                              * all of it state that its reader can get again is
                              * dropped, then who has most queued is closed. It
                              * is looked at as a turn of the loop ends: what
                              * one turn queues comes on top, and at most an
                              * eighth that the sockets of those who were closed
                              * hold back, up to close_timeout_ms */
  uint32_t connects_per_address_rate;  /* off; a second; more are dropped; of
                                        * IPv6 all of a /64 count together */
  uint32_t connects_per_address_burst; /* twice the rate; at once */
  covey_on_limit_fn on_limit;          /* NULL: none */

  /* What is answered over HTTP beside channels and files, each a path with its
   * leading slash; NULL: none. covey/watch.h says what they answer. */
  const char *ready_path;   /* 200 when it listens; 503 once it drains */
  const char *metrics_path; /* text for Prometheus */
  const char *report_path;  /* JSON for people */
  uint32_t endings_kept;    /* 256; at most 65,536; the last, in the report */
  uint32_t reserved;        /* 0 */

  covey_on_drain_fn on_drain;           /* NULL: none */
  covey_on_log_record_fn on_log_record; /* NULL: none */
} covey_server_options;

#define COVEY_SERVER_OPTIONS_INIT                                              \
  {                                                                            \
    (uint32_t)sizeof(covey_server_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0,   \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0,   \
        NULL, NULL                                                             \
  }

/**
 * Does what COVEY_SERVER_OPTIONS_INIT does, for languages without macros.
 *
 * @param options  Zeroed, and its struct_size set. NULL does nothing.
 * @param size     sizeof *options as the caller knows it.
 *
 * @thread any
 * @since  1.0
 */
void covey_server_options_init(covey_server_options *options, size_t size);

/* ---------------------------------------------------- a server and its life */

/**
 * Makes a server. It does nothing until it listens and is driven.
 *
 * @param options     NULL takes every default. Copied.
 * @param server_out  The new server; must not be NULL.
 * @param error       Optional.
 *
 * @return COVEY_OK         *server_out is yours, free with covey_server_free.
 * @return COVEY_E_INVALID  A field is out of range, or a struct is larger than
 *                          this library knows and not zero beyond; error says.
 * @return COVEY_E_SYSTEM   No loop could be made (descriptors, memory), or the
 *                          libuv plugin of libwebsockets is not installed;
 *                          error names it.
 *
 * options->destroy is called when the server is freed, and at once when this
 * function fails.
 *
 * @thread any; the calling thread is the loop's thread until another drives it
 * @since  1.0
 */
covey_status covey_server_new(const covey_server_options *options,
                              covey_server **server_out, covey_error *error);

/**
 * Ends a server and frees everything that belongs to it.
 *
 * One that was started with covey_server_start is stopped as by
 * covey_server_stop first, and its thread waited for. One that is driven by
 * the calling thread drops what is still connected: on_disconnect runs for each
 * consumer with 1001, then every `destroy`.
 *
 * @param server  NULL does nothing. Must not be used afterwards, whatever was
 *                in flight on other threads.
 *
 * @return COVEY_OK            Freed.
 * @return COVEY_E_BUSY        Inside a handler, or while another thread runs
 *                             or services it; nothing was done.
 *
 * @thread any, but not while another thread drives it
 * @since  1.0
 */
covey_status covey_server_free(covey_server *server);

/* A server is driven in one of four ways. */

/**
 * 1. Runs the loop on the calling thread until the server has stopped.
 *
 * @return COVEY_OK        It was stopped, and everybody was seen off.
 * @return COVEY_E_BUSY    Inside a handler, or another thread drives it.
 * @return COVEY_E_STOPPED It had stopped before.
 *
 * @thread any; becomes the loop's thread
 * @since  1.0
 */
covey_status covey_server_run(covey_server *server);

/**
 * 2. Services once: waits until something happens or the time is over, handles
 * what there is, sends what was queued, and returns.
 *
 * @param timeout_ms  Longest wait; 0 does not wait, negative waits for ever.
 *
 * @return COVEY_OK        Serviced, also when nothing happened.
 * @return COVEY_E_BUSY    Inside a handler, or another thread drives it.
 * @return COVEY_E_STOPPED It has stopped: there is nothing left to service.
 *
 * @thread any; becomes the loop's thread
 * @since  1.0
 */
covey_status covey_server_service(covey_server *server, int32_t timeout_ms);

/**
 * 3. The one descriptor that becomes readable when the server wants to be
 * serviced, for the host's own poll, epoll, kqueue, asyncio, GLib or Qt loop:
 * wait for it to become readable for at most covey_server_get_timeout, then
 * call covey_server_service(server, 0).
 *
 * @param fd_out  The descriptor; it stays the server's. Only to be watched.
 *
 * @return COVEY_OK, or COVEY_E_INVALID for NULL, or COVEY_E_STOPPED.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_server_get_fd(covey_server *server, int *fd_out);

/**
 * How long the host may wait for the descriptor before it must service again.
 * Ask anew after each service; a call from another thread makes the descriptor
 * readable by itself.
 *
 * @param timeout_ms_out  Milliseconds; 0: service now; -1: no limit.
 *
 * @return COVEY_OK, or COVEY_E_INVALID for NULL, or COVEY_E_STOPPED.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_server_get_timeout(covey_server *server,
                                      int32_t *timeout_ms_out);

/**
 * 4. Starts a thread of the server's own that runs the loop until it stops.
 *
 * @return COVEY_OK        The thread runs; `loop` functions are its alone now.
 * @return COVEY_E_BUSY    Inside a handler, or it is driven already.
 * @return COVEY_E_STOPPED It had stopped before.
 * @return COVEY_E_SYSTEM  No thread could be made.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_server_start(covey_server *server);

/**
 * Waits until a server that was started has stopped.
 *
 * @param timeout_ms  Longest wait; negative waits for ever.
 *
 * @return COVEY_OK             It has stopped.
 * @return COVEY_E_TIMED_OUT    It still runs.
 * @return COVEY_E_BUSY         Called on the loop's thread, which would wait
 *                              for itself.
 * @return COVEY_E_INVALID      NULL, or it was never started.
 *
 * @thread any other than the loop's
 * @since  1.0
 */
covey_status covey_server_wait(covey_server *server, int32_t timeout_ms);

/**
 * Asks a server to stop: new connections get HTTP 503, every consumer gets what
 * is queued to it and then a close frame, and after everybody is gone or
 * flush_timeout_ms has passed the loop ends. With a layer that is connected it
 * then waits, for flush_timeout_ms again at most, until the bus has what was
 * sent. Returns at once. A second call does nothing. May be called from a
 * signal handler.
 *
 * @param code  The close code: 0 means 1001 (going away); 1012 says that the
 *              service restarts; any code that may be sent is taken.
 *
 * @return COVEY_OK, or COVEY_E_INVALID for NULL or a code that may not be sent.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_server_stop(covey_server *server, uint16_t code);

/** Runs on the loop's thread. */
typedef void (*covey_task_fn)(covey_server *server, void *user);

/**
 * Runs a function on the loop, after what was queued before it; never before
 * this call returned.
 *
 * @param task     Must not be NULL.
 * @param user     Handed to task.
 * @param destroy  Optional. Called after task, or instead of it when the server
 *                 ends first or this call fails.
 *
 * @return COVEY_OK         Queued.
 * @return COVEY_E_INVALID  server or task is NULL.
 * @return COVEY_E_FULL     The mailbox is full.
 * @return COVEY_E_STOPPED  The server has stopped.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_server_post(covey_server *server, covey_task_fn task,
                               void *user, covey_destroy_fn destroy);

/**
 * Runs a function on the loop once after a delay, or again and again. A loop
 * that is late runs it once, not once for each time that was missed.
 *
 * @param delay_ms   Until the first time.
 * @param repeat_ms  Between later times; 0 runs it once.
 * @param task       Must not be NULL.
 * @param destroy    Optional. Called once the timer is over.
 * @param timer_out  Its id; NULL if of no interest.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_FULL or COVEY_E_STOPPED as
 *         covey_server_post; COVEY_E_FULL also at 65,536 timers.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_timer_start(covey_server *server, uint32_t delay_ms,
                               uint32_t repeat_ms, covey_task_fn task,
                               void *user, covey_destroy_fn destroy,
                               covey_timer_id *timer_out);

/**
 * Stops a timer. On the loop's thread it does not run any more once this
 * returned; from another thread it may be running at this moment.
 *
 * @return COVEY_OK         Stopped.
 * @return COVEY_E_GONE     It ran for the last time, was stopped, or never was.
 * @return COVEY_E_INVALID  server is NULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_timer_stop(covey_server *server, covey_timer_id timer);

/* ------------------------------------------------------------ channels -- */

/**
 * A client wants to connect; its request was checked (method, version, key,
 * origin). Decide with covey_consumer_accept or covey_consumer_reject before
 * returning, and it is answered so; return without deciding, and it is upgraded
 * but held, its messages waiting, until either is called from any thread or
 * connect_timeout_ms has passed.
 */
typedef void (*covey_on_connect_fn)(covey_server *server,
                                    covey_consumer_id consumer, void *user);

/**
 * A message arrived, whole and in order.
 *
 * @param kind  COVEY_TEXT (data is valid UTF-8) or COVEY_BINARY.
 * @param data  Borrowed until the handler returns; never NULL.
 * @param size  Bytes; may be 0; at most message_bytes_max.
 */
typedef void (*covey_on_message_fn)(covey_server *server,
                                    covey_consumer_id consumer, covey_kind kind,
                                    const void *data, size_t size, void *user);

/**
 * An event for this consumer.
 *
 * @param type  The event's `type`.
 * @param json  The whole event, a JSON object, as it was sent.
 * @param size  Bytes in json.
 */
typedef void (*covey_on_event_fn)(covey_server *server,
                                  covey_consumer_id consumer, const char *type,
                                  const void *json, size_t size, void *user);

/** Who or what ended a consumer. Unknown numbers may come. */
typedef int32_t covey_ending_cause;

enum {
  COVEY_ENDING_PEER = 1,      /* the client closed */
  COVEY_ENDING_HOST = 2,      /* covey_consumer_close */
  COVEY_ENDING_REFUSED = 3,   /* covey_consumer_reject after the upgrade */
  COVEY_ENDING_UNDECIDED = 4, /* connect_timeout_ms passed */
  COVEY_ENDING_SLOW = 5,      /* outbox_bytes_max was reached: "too slow" */
  COVEY_ENDING_SILENT = 6,    /* silence_timeout_ms passed */
  COVEY_ENDING_TOO_LARGE = 7, /* message_bytes_max was passed: 1009 */
  COVEY_ENDING_BAD_TEXT = 8,  /* text that is not UTF-8: 1007 */
  COVEY_ENDING_BAD_KIND = 9,  /* a kind the channel does not take: 1003 */
  COVEY_ENDING_LOST = 10,     /* the connection broke, or broke the protocol */
  COVEY_ENDING_STOPPED = 11,  /* covey_server_stop, _drain or _free */
  COVEY_ENDING_EXPIRED = 12,  /* covey_consumer_set_expiry: "expired" */
  COVEY_ENDING_TOO_FAST = 13, /* messages_rate, bytes_rate: 1008,
                               * "too many messages", "too many bytes" */
  COVEY_ENDING_SHED = 14      /* memory_bytes_max, and it had most queued:
                               * "out of memory" */
};

/** How a consumer ended. */
typedef struct covey_ending {
  uint32_t struct_size;
  covey_ending_cause cause;
  uint16_t code;       /* who closed first says; 1005 none given; 1006 lost */
  uint8_t is_clean;    /* 1: both sides sent a close frame */
  uint8_t reserved;    /* 0 */
  uint32_t reserved2;  /* 0 */
  const char *reason;  /* UTF-8, NUL-terminated, never NULL; what the client
                        * was told too, but for RxDjango's of reasons above */
  size_t reason_bytes; /* without the NUL; at most 123 */
} covey_ending;

/**
 * A consumer that was upgraded is gone; called exactly once for it, also when
 * it never was accepted. It has left its groups and can be sent nothing; the
 * getters still answer.
 */
typedef void (*covey_on_disconnect_fn)(covey_server *server,
                                       covey_consumer_id consumer,
                                       const covey_ending *ending, void *user);

/** What became of a consumer's outbox. Unknown numbers may come. */
typedef int32_t covey_outbox_event;

enum {
  COVEY_OUTBOX_HIGH = 1,   /* it has passed outbox_high_bytes */
  COVEY_OUTBOX_LOW = 2,    /* it is at outbox_low_bytes or below again */
  COVEY_OUTBOX_DROPPED = 3 /* messages were dropped; bytes are what is left */
};

/**
 * A consumer reads more slowly than it is sent to, or has caught up. Each mark
 * is told once until the other was passed, of what is left when the system has
 * taken what it could at the end of a turn; drops are told once a turn.
 *
 * @param bytes    Queued to it now.
 * @param dropped  Messages dropped since the last time; else 0.
 */
typedef void (*covey_on_outbox_fn)(covey_server *server,
                                   covey_consumer_id consumer,
                                   covey_outbox_event event, uint64_t bytes,
                                   uint64_t dropped, void *user);

/**
 * The handlers of a channel, each of them optional. Without on_connect
 * everybody is refused unless the channel is COVEY_CHANNEL_PUBLIC. A kind of
 * message without a handler is answered with close 1003, unless
 * COVEY_CHANNEL_BROADCAST_RECEIVED takes it.
 */
typedef struct covey_channel_handlers {
  uint32_t struct_size; /* COVEY_CHANNEL_HANDLERS_INIT or _init() */
  uint32_t reserved;    /* 0 */
  covey_on_connect_fn on_connect;
  covey_on_message_fn on_text;
  covey_on_message_fn on_binary;
  covey_on_disconnect_fn on_disconnect;
  void *user;
  covey_destroy_fn destroy; /* of user, when the server is freed */
  covey_on_outbox_fn on_outbox;
} covey_channel_handlers;

#define COVEY_CHANNEL_HANDLERS_INIT                                            \
  {                                                                            \
    (uint32_t)sizeof(covey_channel_handlers), 0, NULL, NULL, NULL, NULL, NULL, \
        NULL, NULL                                                             \
  }

/** Does what COVEY_CHANNEL_HANDLERS_INIT does. NULL does nothing.
 * @thread any @since 1.0 */
void covey_channel_handlers_init(covey_channel_handlers *handlers, size_t size);

enum {
  /* Without on_connect, everybody is accepted. */
  COVEY_CHANNEL_PUBLIC = 1,
  /* A request without an Origin header (not a browser) is refused too. */
  COVEY_CHANNEL_REQUIRE_ORIGIN = 2,
  /* What a consumer sends goes, as it is, to every member of every group of
   * `groups`, the sender included; on_text and on_binary run as well. */
  COVEY_CHANNEL_BROADCAST_RECEIVED = 4
};

/** What happens to who reads too slowly. */
typedef uint32_t covey_slow_policy;

enum {
  COVEY_SLOW_CLOSE = 0, /* closed with close_code_slow */
  COVEY_SLOW_DROP_OLDEST =
      1,                     /* what waits longest is dropped, whole messages */
  COVEY_SLOW_DROP_NEWEST = 2 /* what does not fit is dropped */
};

/** What else a channel is. Lists end with a NULL; a NULL list is empty. */
typedef struct covey_channel_options {
  uint32_t struct_size; /* COVEY_CHANNEL_OPTIONS_INIT or _init() */
  uint32_t flags;       /* COVEY_CHANNEL_..., or-ed */

  /* Whose pages may connect: "example.com"; ".example.com", with subdomains;
   * "https://x:8443", this scheme and port only; "*", everybody. Empty: the
   * host and port of the request itself (its Host header). An origin "null" is
   * refused unless "*" is there. */
  const char *const *origins;

  /* Groups that every consumer joins once accepted. {name} is replaced by
   * the URL parameter of that name: "room_{room}". */
  const char *const *groups;

  /* Request headers that can be asked for after connect was decided. Cookies
   * are kept by naming "cookie". */
  const char *const *kept_headers;

  /* What one consumer may send: so much a second, and so much at once. Beyond,
   * it is closed with 1008; calls and writes of a context channel are answered
   * with 429 instead. 0: no limit; a burst of 0: twice the rate. */
  uint32_t messages_rate;
  uint32_t messages_burst;
  uint64_t bytes_rate;  /* at most 1 TiB, as the burst */
  uint64_t bytes_burst; /* at least message_bytes_max is taken */

  /* Who reads too slowly. For context channels neither policy nor marks: state
   * is caught up with, anything else closes. */
  covey_slow_policy slow_policy;
  uint32_t reserved;          /* 0 */
  uint64_t outbox_high_bytes; /* 0: on_outbox is told of drops alone */
  uint64_t outbox_low_bytes;  /* half of outbox_high_bytes */
} covey_channel_options;

#define COVEY_CHANNEL_OPTIONS_INIT                                             \
  {                                                                            \
    (uint32_t)sizeof(covey_channel_options), 0, NULL, NULL, NULL, 0, 0, 0, 0,  \
        0, 0, 0, 0                                                             \
  }

/** Does what COVEY_CHANNEL_OPTIONS_INIT does. NULL does nothing.
 * @thread any @since 1.0 */
void covey_channel_options_init(covey_channel_options *options, size_t size);

/**
 * Registers a channel on a URL pattern.
 *
 * Patterns have the syntax of Django's path(): "ws/chat/<str:room>/" with the
 * converters str (no slash, the default), int, slug, uuid and path (slashes
 * too). The whole path must match; a leading slash does not count. Of several
 * that match the most specific wins, whatever the order of registration.
 *
 * @param options      NULL takes the defaults. Copied.
 * @param handlers     NULL: none. Copied.
 * @param channel_out  Its id; NULL if of no interest.
 * @param error        Optional.
 *
 * @return COVEY_OK         Registered.
 * @return COVEY_E_INVALID  A bad pattern, origin rule, group name or flag;
 *                          error names it. Nothing was registered.
 * @return COVEY_E_EXISTS   A pattern that matches the same is registered.
 * @return COVEY_E_BUSY     The server listens already.
 *
 * @thread setup
 * @since  1.0
 */
covey_status covey_channel_register(covey_server *server, const char *pattern,
                                    const covey_channel_options *options,
                                    const covey_channel_handlers *handlers,
                                    covey_channel_id *channel_out,
                                    covey_error *error);

/**
 * Registers the handler for one type of event on a channel. Without one, an
 * event of that type to such a consumer is counted (events_unhandled) and
 * logged, and nothing else happens.
 *
 * @param type     1 to 255 bytes of UTF-8, such as "chat.message".
 * @param handler  Must not be NULL.
 * @param destroy  Optional; called when the server is freed.
 *
 * @return COVEY_OK         Registered.
 * @return COVEY_E_INVALID  A NULL, an unknown channel, or a bad type.
 * @return COVEY_E_EXISTS   The channel has a handler for that type.
 * @return COVEY_E_BUSY     The server listens already.
 *
 * @thread setup
 * @since  1.0
 */
covey_status covey_event_register(covey_server *server,
                                  covey_channel_id channel, const char *type,
                                  covey_on_event_fn handler, void *user,
                                  covey_destroy_fn destroy);

/**
 * Serves the files below a directory at a URL prefix: GET and HEAD, with ETag.
 * Dot files, and links that lead out of the directory, are 404. A directory is
 * answered with its index.html.
 *
 * @param prefix     "/" or "/static/"; begins and ends with a slash.
 * @param directory  Must exist now.
 * @param error      Optional.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_EXISTS (that prefix is taken),
 *         COVEY_E_BUSY, or COVEY_E_SYSTEM (no such directory).
 *
 * @thread setup
 * @since  1.0
 */
covey_status covey_directory_register(covey_server *server, const char *prefix,
                                      const char *directory,
                                      covey_error *error);

/**
 * Serves one file at every path that matches a pattern, such as a page at
 * "chat/<str:room>/". Goes before directories.
 *
 * @param pattern  As for covey_channel_register; "" is the path "/".
 * @param file     Must exist now; read anew for each request.
 * @param error    Optional.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_EXISTS, COVEY_E_BUSY, or
 *         COVEY_E_SYSTEM (no such file).
 *
 * @thread setup
 * @since  1.0
 */
covey_status covey_file_register(covey_server *server, const char *pattern,
                                 const char *file, covey_error *error);

/* ----------------------------------------------------------- consumers -- */

/**
 * Accepts a consumer whose connect is undecided.
 *
 * @param subprotocol  One that the client offered, or NULL for none. After
 *                     on_connect returned it must be NULL: the answer has gone.
 *
 * @return COVEY_OK         Accepted.
 * @return COVEY_E_INVALID  A subprotocol that was not offered, or too late.
 * @return COVEY_E_EXISTS   Decided already.
 * @return COVEY_E_GONE     No such consumer any more.
 * @return COVEY_E_FULL     The mailbox is full.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_accept(covey_server *server,
                                   covey_consumer_id consumer,
                                   const char *subprotocol);

/**
 * Refuses a consumer whose connect is undecided: inside on_connect with an HTTP
 * status, later with a close.
 *
 * @param http_status  400 to 599; 0 means 403.
 * @param close_code   A code that may be sent; 0 means close_code_refused.
 *
 * @return COVEY_OK         Refused.
 * @return COVEY_E_INVALID  A status or code out of range.
 * @return COVEY_E_EXISTS   Decided already.
 * @return COVEY_E_GONE     No such consumer any more.
 * @return COVEY_E_FULL     The mailbox is full.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_reject(covey_server *server,
                                   covey_consumer_id consumer,
                                   uint16_t http_status, uint16_t close_code);

/**
 * Queues one message. What is queued within one turn of the loop leaves in one
 * system call. Where outbox_bytes_max would be passed, the consumer is closed
 * as slow instead, or messages are dropped, as the slow_policy of its channel
 * says, and this call is COVEY_OK; nothing leaves while a handler runs, so a
 * burst of one handler may pass it for quick readers, too. To one that is
 * undecided it waits until it is accepted, and is dropped when it is not.
 *
 * @param kind  COVEY_TEXT or COVEY_BINARY.
 * @param data  May be NULL when size is 0.
 * @param size  Bytes.
 *
 * @return COVEY_OK           Queued. A peer that goes away never sees it.
 * @return COVEY_E_INVALID    A bad kind, NULL data, or text that is not UTF-8.
 * @return COVEY_E_GONE       No such consumer any more, or it is closing.
 * @return COVEY_E_TOO_LARGE  It would not even fit into an empty outbox.
 * @return COVEY_E_FULL       The mailbox is full.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_send(covey_server *server,
                                 covey_consumer_id consumer, covey_kind kind,
                                 const void *data, size_t size);

/**
 * Closes a consumer after everything queued to it before. It leaves its groups
 * at once; on_disconnect follows when the connection is gone, at the latest
 * when nothing of its queue, or no answer, moved for close_timeout_ms. One that
 * is undecided is refused with this code (inside on_connect: with HTTP 403).
 *
 * @param code    0 means 1000; else 1000 to 1003, 1007 to 1014, 3000 to 4999.
 * @param reason  UTF-8, at most 123 bytes; NULL for none.
 *
 * @return COVEY_OK           Queued.
 * @return COVEY_E_INVALID    A code that may not be sent, or a bad reason.
 * @return COVEY_E_TOO_LARGE  The reason is longer than 123 bytes.
 * @return COVEY_E_GONE       No such consumer any more, or it is closing.
 * @return COVEY_E_FULL       The mailbox is full.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_close(covey_server *server,
                                  covey_consumer_id consumer, uint16_t code,
                                  const char *reason);

/**
 * What a consumer's request said. Each answers a borrowed, NUL-terminated text.
 *
 *   path         decoded, with its leading slash
 *   param        the URL parameter of that name
 *   query        decoded query value number `index` of that name, from 0
 *   header       a request header; names compare without case. All of them
 *                inside on_connect; until connect is decided, those that
 *                libwebsockets knows by name; later, the kept_headers
 *   cookie       a cookie's value, from the header "cookie"
 *   origin       the Origin header
 *   offered_subprotocol   number `index` of the client's list, from 0
 *   subprotocol  the one that was accepted
 *   peer         the client's address, numeric, IPv4 in dotted form; of a
 *                trusted proxy (covey/listen.h) what it says, which may be a
 *                name such as "unknown"; "" on a Unix socket
 *   user         what covey_consumer_set_user said
 *   address      the consumer's own name: an event sent to it as to a group
 *                reaches this consumer alone
 *   query_string all of the query, encoded anew as a form: "a=1&b=x+y"
 *   scheme       "https" when it came over TLS, else "http"; of a trusted
 *                proxy's client what the proxy says
 *   host         the Host header; of a trusted proxy what it says
 *   certificate  the subject of the client's certificate that was verified, as
 *                RFC 4514 writes it: "CN=ada,O=Example"
 *
 * @param value_out  The text; may be NULL to ask whether there is one.
 * @param size_out   Its bytes without the NUL, for a decoded value may hold
 *                   NULs of its own; may be NULL.
 *
 * @return COVEY_OK              There.
 * @return COVEY_E_NOT_FOUND     The request has none, or it was not kept.
 * @return COVEY_E_GONE          No such consumer any more.
 * @return COVEY_E_INVALID       server or name is NULL.
 * @return COVEY_E_WRONG_THREAD  Not the loop's thread.
 *
 * @thread   loop
 * @lifetime borrowed until the handler returns
 * @since    1.0
 */
covey_status covey_consumer_get_path(covey_server *server,
                                     covey_consumer_id consumer,
                                     const char **value_out, size_t *size_out);
covey_status covey_consumer_get_param(covey_server *server,
                                      covey_consumer_id consumer,
                                      const char *name, const char **value_out,
                                      size_t *size_out);
covey_status covey_consumer_get_query(covey_server *server,
                                      covey_consumer_id consumer,
                                      const char *name, size_t index,
                                      const char **value_out, size_t *size_out);
covey_status covey_consumer_get_header(covey_server *server,
                                       covey_consumer_id consumer,
                                       const char *name, const char **value_out,
                                       size_t *size_out);
covey_status covey_consumer_get_cookie(covey_server *server,
                                       covey_consumer_id consumer,
                                       const char *name, const char **value_out,
                                       size_t *size_out);
covey_status covey_consumer_get_origin(covey_server *server,
                                       covey_consumer_id consumer,
                                       const char **value_out,
                                       size_t *size_out);
covey_status covey_consumer_get_offered_subprotocol(covey_server *server,
                                                    covey_consumer_id consumer,
                                                    size_t index,
                                                    const char **value_out,
                                                    size_t *size_out);
covey_status covey_consumer_get_subprotocol(covey_server *server,
                                            covey_consumer_id consumer,
                                            const char **value_out,
                                            size_t *size_out);
covey_status covey_consumer_get_peer(covey_server *server,
                                     covey_consumer_id consumer,
                                     const char **value_out, size_t *size_out);
covey_status covey_consumer_get_user(covey_server *server,
                                     covey_consumer_id consumer,
                                     const char **value_out, size_t *size_out);
covey_status covey_consumer_get_address(covey_server *server,
                                        covey_consumer_id consumer,
                                        const char **value_out,
                                        size_t *size_out);
covey_status covey_consumer_get_query_string(covey_server *server,
                                             covey_consumer_id consumer,
                                             const char **value_out,
                                             size_t *size_out);
covey_status covey_consumer_get_scheme(covey_server *server,
                                       covey_consumer_id consumer,
                                       const char **value_out,
                                       size_t *size_out);
covey_status covey_consumer_get_host(covey_server *server,
                                     covey_consumer_id consumer,
                                     const char **value_out, size_t *size_out);
covey_status covey_consumer_get_certificate(covey_server *server,
                                            covey_consumer_id consumer,
                                            const char **value_out,
                                            size_t *size_out);

/**
 * The channel a consumer is an instance of.
 *
 * @return COVEY_OK, COVEY_E_GONE, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_consumer_get_channel(covey_server *server,
                                        covey_consumer_id consumer,
                                        covey_channel_id *channel_out);

/**
 * Says who a consumer's user is; a name or a number as text, as the host likes.
 * One that follows state with owners is shown all of it anew, as that user.
 *
 * @param user  UTF-8, at most 255 bytes; NULL for nobody.
 *
 * @return COVEY_OK, COVEY_E_INVALID (not UTF-8), COVEY_E_TOO_LARGE,
 *         COVEY_E_GONE or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_set_user(covey_server *server,
                                     covey_consumer_id consumer,
                                     const char *user);

/**
 * Says how long a consumer may stay, in place of what was said before; may be
 * said again, when a token was renewed. Then it is closed with
 * close_code_expired (a client of RxDjango's is dropped, connects anew, and has
 * to authenticate), cause COVEY_ENDING_EXPIRED.
 *
 * @param seconds  From now; 0 ends it now, COVEY_OFF lets it stay for ever.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_GONE or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_consumer_set_expiry(covey_server *server,
                                       covey_consumer_id consumer,
                                       uint32_t seconds);

/**
 * Ends every consumer of a user (covey_consumer_set_user or _authenticate) on
 * this server, also sessions that wait for their client.
 *
 * @param user    1 to 255 bytes of UTF-8.
 * @param code    As for covey_consumer_close; 0 means 1008. Clients of
 *                RxDjango's are dropped without one.
 * @param reason  UTF-8, at most 123 bytes; NULL for none.
 *
 * @return COVEY_OK, also when there is none; COVEY_E_INVALID, COVEY_E_TOO_LARGE
 *         or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_user_disconnect(covey_server *server, const char *user,
                                   uint16_t code, const char *reason);

/**
 * Gives a consumer a pointer of the host's, in place of the one it had, whose
 * destructor is called.
 *
 * @param destroy  Optional; called when another is set, or after on_disconnect
 *                 (or after on_connect, for one that was refused).
 *
 * @return COVEY_OK, COVEY_E_GONE, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_consumer_set_data(covey_server *server,
                                     covey_consumer_id consumer, void *data,
                                     covey_destroy_fn destroy);

/**
 * The pointer that was set last; NULL if none was.
 *
 * @return COVEY_OK, COVEY_E_GONE, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_consumer_get_data(covey_server *server,
                                     covey_consumer_id consumer,
                                     void **data_out);

/* -------------------------------------------------------------- groups -- */

/*
 * A group is a named set of consumers. Names are any UTF-8 of 1 to 255 bytes,
 * but not the form of a consumer's address. A group that nobody joined is
 * empty, not an error.
 */

/**
 * Adds a consumer to a group; a member already is no error. It leaves by itself
 * when it ends. One that is undecided gets what is sent once it is accepted.
 *
 * @return COVEY_OK         A member.
 * @return COVEY_E_INVALID  The name is empty, too long, not UTF-8, or an
 *                          address.
 * @return COVEY_E_GONE     No such consumer any more, or it is closing.
 * @return COVEY_E_FULL     It is in groups_per_consumer_max groups; from
 *                          another thread: the mailbox is full, and the former
 *                          is counted (drops_groups_full) and logged.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_group_add(covey_server *server, covey_consumer_id consumer,
                             const char *group);

/**
 * Takes a consumer out of a group; not a member is no error.
 *
 * @return COVEY_OK, COVEY_E_INVALID, COVEY_E_GONE or COVEY_E_FULL.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_group_discard(covey_server *server,
                                 covey_consumer_id consumer, const char *group);

/**
 * Sends an event: the handler registered for its `type` runs once for each
 * member, on that member's channel, so that each can answer differently.
 *
 * It goes to the members the group has when it takes effect: at the call on the
 * loop's thread, else when the mailbox is emptied. Handlers run after the
 * handler that sent it returned, in the order of sending. A member that ends
 * before its turn is skipped. With a layer (covey/layer.h) the members that the
 * group has in other processes get it there.
 *
 * @param group  A group's name, or a consumer's address.
 * @param json   A JSON object with a string member "type" of 1 to 255 bytes.
 * @param size   Bytes in json.
 * @param error  Optional; says what is wrong with the event.
 *
 * @return COVEY_OK           Queued.
 * @return COVEY_E_INVALID    A bad name, or not such an object, or a number in
 *                            it that the layer cannot carry; nothing was sent.
 * @return COVEY_E_TOO_LARGE  It is larger than outbox_bytes_max, or nested
 *                            deeper than json_depth_max.
 * @return COVEY_E_FULL       The mailbox is full.
 * @return COVEY_E_STOPPED    The server is stopping.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_group_send(covey_server *server, const char *group,
                              const void *json, size_t size,
                              covey_error *error);

/**
 * Sends one finished message to every member. It is framed once, however many
 * members there are, and no handler runs. With a layer it goes to the members
 * in other processes of Covey as well.
 *
 * @param group   A group's name, or the address of a consumer of this server.
 * @param kind    COVEY_TEXT or COVEY_BINARY.
 * @param data    May be NULL when size is 0.
 * @param except  A consumer to leave out; 0 for none.
 *
 * @return COVEY_OK           Queued.
 * @return COVEY_E_INVALID    A bad name or kind, NULL data, or bad UTF-8.
 * @return COVEY_E_TOO_LARGE  It would not fit into an empty outbox.
 * @return COVEY_E_FULL       The mailbox is full.
 * @return COVEY_E_STOPPED    The server is stopping.
 *
 * @thread any
 * @since  1.0
 */
covey_status covey_group_broadcast(covey_server *server, const char *group,
                                   covey_kind kind, const void *data,
                                   size_t size, covey_consumer_id except);

/**
 * How many members a group has.
 *
 * @param count_out  Must not be NULL.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_group_count(covey_server *server, const char *group,
                               size_t *count_out);

/**
 * Lists the members of a group, in no particular order.
 *
 * @param consumers_out  Room for capacity ids; may be NULL when capacity is 0.
 * @param capacity       At most so many are written.
 * @param count_out      How many there are; may be more than capacity. Must not
 *                       be NULL.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_group_list(covey_server *server, const char *group,
                              covey_consumer_id *consumers_out, size_t capacity,
                              size_t *count_out);

#ifdef __cplusplus
}
#endif

/* Context channels; what a server offers; several processes; where a server
 * listens; models and the store; what there is to be seen of one that runs. */
#include "covey/context.h"
#include "covey/describe.h"
#include "covey/layer.h"
#include "covey/listen.h"
#include "covey/state.h"
#include "covey/watch.h"

#endif /* COVEY_H */
