/*
 * covey/watch.h - what there is to be seen of a server that runs: statistics,
 * metrics for Prometheus, and a report. Part of covey.h, which includes it.
 */
#ifndef COVEY_H
#include "../covey.h" /* which includes this one in its place */
#endif

#ifndef COVEY_WATCH_H
#define COVEY_WATCH_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------- statistics -- */

/** Counters since the server was made, and what there is now. */
typedef struct covey_statistics {
  uint32_t struct_size; /* COVEY_STATISTICS_INIT or _init() */
  uint32_t reserved;    /* 0 */

  /* Now. */
  uint64_t consumers;    /* upgraded and not gone */
  uint64_t groups;       /* with at least one member */
  uint64_t outbox_bytes; /* queued to all consumers together */

  /* Connecting. */
  uint64_t connections_accepted; /* upgraded, ever */
  uint64_t connections_refused;  /* answered with 400, 403, 404, 426 or 503 */
  uint64_t connections_dropped;  /* at accept: limits, PROXY headers */

  /* Messages, whole ones, and the bytes of their payloads. */
  uint64_t messages_in;
  uint64_t messages_out; /* handed to the system, or to its buffer */
  uint64_t bytes_in;
  uint64_t bytes_out;

  /* Events. */
  uint64_t events_handled;   /* handler calls */
  uint64_t events_unhandled; /* no handler for the type */

  /* Endings, by covey_ending_cause. */
  uint64_t endings_peer;
  uint64_t endings_host;
  uint64_t endings_refused;
  uint64_t endings_undecided;
  uint64_t endings_slow;
  uint64_t endings_silent;
  uint64_t endings_too_large;
  uint64_t endings_bad_text;
  uint64_t endings_bad_kind;
  uint64_t endings_lost;
  uint64_t endings_stopped;

  /* What was asked for and not done. */
  uint64_t drops_gone;         /* calls whose consumer ended before they ran */
  uint64_t drops_queued;       /* messages still in the outbox of the ended */
  uint64_t drops_mailbox_full; /* calls answered COVEY_E_FULL */
  uint64_t drops_groups_full;  /* joins past groups_per_consumer_max */

  /* State, now. */
  uint64_t instances;
  uint64_t store_bytes; /* of all rows, about */
  uint64_t scopes;      /* anchors followed now or a moment ago */
  uint64_t calls_open;

  /* State, ever. */
  uint64_t deltas;       /* encoded; each goes to all who see the same */
  uint64_t snapshots;    /* sent whole */
  uint64_t resumes;      /* sent only what had changed instead */
  uint64_t falls_behind; /* state dropped because its reader was slow */
  uint64_t catch_ups;    /* of these, sent only what had changed */
  uint64_t calls;        /* of actions */
  uint64_t writes;
  uint64_t calls_failed; /* actions and writes answered with an error */
  uint64_t calls_timed_out;
  uint64_t loads_failed;
  uint64_t frames_ignored; /* what is no message of the protocol */
  uint64_t drops_store;    /* changes from other threads that failed */

  /* Endings, by further causes. */
  uint64_t endings_expired;
  uint64_t endings_too_fast;
  uint64_t endings_shed;

  /* How often each limit was reached, by covey_limit. */
  uint64_t limits_connections;
  uint64_t limits_address;
  uint64_t limits_address_rate;
  uint64_t limits_message_rate;
  uint64_t limits_byte_rate;
  uint64_t limits_outbox;
  uint64_t limits_memory;
  uint64_t limits_message;
  uint64_t limits_groups;
  uint64_t limits_mailbox;
  uint64_t limits_calls;

  uint64_t drops_slow;   /* messages dropped by a slow_policy */
  uint64_t memory_bytes; /* now; what memory_bytes_max bounds */

  /* Handshakes of TLS that began and were not finished, for whatever reason:
   * something else than TLS, a certificate that one side refuses, no time. Who
   * hangs up without a byte is not among them. */
  uint64_t connections_tls_failed;

  /* The layer (covey/layer.h). */
  uint64_t layer_connected;   /* now: 1 while other processes are reached */
  uint64_t layer_connections; /* ever made to the bus */
  uint64_t layer_published;   /* messages that the bus took */
  uint64_t layer_received;    /* messages from others, for somebody here */
  uint64_t layer_repaired;    /* of these, fetched from the log */
  uint64_t layer_duplicates;  /* seen before, and dropped */
  uint64_t layer_foreign;     /* what is no message of the driver's format */
  uint64_t layer_errors;      /* commands that the bus refused */
  uint64_t layer_missed;      /* groups told, by covey_layer_gap_kind */
  uint64_t layer_unsent;      /* messages, by the other kinds */
  uint64_t layer_unknown;
  uint64_t layer_full;
} covey_statistics;

#define COVEY_STATISTICS_INIT                                                  \
  {                                                                            \
    (uint32_t)sizeof(covey_statistics), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                               \
  }

/** Does what COVEY_STATISTICS_INIT does. NULL does nothing.
 * @thread any @since 1.0 */
void covey_statistics_init(covey_statistics *statistics, size_t size);

/**
 * Fills in the statistics of a server.
 *
 * @param statistics_out  As many fields as its struct_size covers are written.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_server_get_statistics(covey_server *server,
                                         covey_statistics *statistics_out);

/* ------------------------------------------------------ metrics, report -- */

/**
 * What metrics_path answers: the statistics, histograms of how long handlers
 * run and how long the loop is busy in a turn, in the text format of Prometheus
 * (version 0.0.4). Names begin with covey_, units are seconds and bytes. Times
 * are taken when there is a metrics_path, and else from the first call on; of
 * each kind of handler, of at most one call in a millisecond.
 *
 * @param text_out  NUL-terminated; must not be NULL.
 * @param size_out  Its bytes without the NUL; may be NULL.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread   loop
 * @lifetime borrowed until the handler returns
 * @since    1.0
 */
covey_status covey_server_get_metrics(covey_server *server,
                                      const char **text_out, size_t *size_out);

/**
 * What report_path answers, for a person who wonders: a JSON object with the
 * statistics, at most 1,000 consumers (those with most queued first), at most
 * 1,000 groups (the largest first), and the last endings, the newest first.
 * Ids are strings, for they have 64 bits; ages are seconds.
 *
 *   {"version": "1.0.0", "state": "running",
 *    "time": "2026-11-21T09:30:00.250Z", "uptime": 61.5,
 *    "statistics": {"consumers": 1, ...},
 *    "consumers": [{"id": "17", "channel": "ws/chat/<str:room>/",
 *      "peer": "192.0.2.1", "user": "ada", "state": "open", "age": 2.25,
 *      "groups": 2, "queued_bytes": 0}, ...],
 *    "groups": [{"name": "lobby", "members": 1}, ...],
 *    "endings": [{"time": "2026-11-21T09:29:58.000Z", "id": "16",
 *      "channel": "ws/chat/<str:room>/", "peer": "192.0.2.1", "user": null,
 *      "cause": "slow", "code": 1013, "reason": "too slow",
 *      "clean": false, "age": 4.5}, ...]}
 *
 * The server's state is running, draining or stopping; a consumer's undecided,
 * open or closing; a cause is what an ending of the statistics is called.
 * Members may be added.
 *
 * @param json_out  NUL-terminated; must not be NULL.
 * @param size_out  Its bytes without the NUL; may be NULL.
 *
 * @return COVEY_OK, COVEY_E_INVALID or COVEY_E_WRONG_THREAD.
 *
 * @thread   loop
 * @lifetime borrowed until the handler returns
 * @since    1.0
 */
covey_status covey_server_get_report(covey_server *server,
                                     const char **json_out, size_t *size_out);

#ifdef __cplusplus
}
#endif

#endif /* COVEY_WATCH_H */
