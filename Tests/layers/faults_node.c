/*
 * faults_node.c - one process of the fault test.
 *
 *   faults_node URL GROUPS EACH_MS ANSWER_MS
 *     Groups g0, g1, ...; who connects to /g0 is in g0. Every EACH_MS it sends
 * a numbered message to each group: an event where the group's number is even,
 *     a finished message where it is odd. Says on its standard output
 *       port 12345          where it listens
 *       sender 0011..       who it is in its messages
 *       gap TIME KIND GROUP...
 *       state TIME 0|1 REASON
 *       quiet NUMBER        after "quiet" on its standard input: its last one
 *     with TIME in milliseconds of the monotonic clock. "loud" goes on, "stop"
 *     stops the server, and so does the end of its input.
 *
 *   faults_node URL turns COUNT
 *     Frees servers at every stage of their connecting: after 0, 1, ... turns.
 *   faults_node URL nap MS COUNT
 *     The same, each after that many milliseconds on a thread of its own, and
 * by stopping first.
 */
#include <covey.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GROUPS_MAX 64

static char names[GROUPS_MAX][16];
static int group_count;
static uint64_t sender;
static uint64_t number;
static int is_quiet;

static uint64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void must(covey_status status, const covey_error *error) {
  /* What is sent while the server stops is nobody's fault. */
  if (status == COVEY_OK || status == COVEY_E_STOPPED)
    return;
  fprintf(stderr, "faults_node: %d %s\n", status, error->message);
  exit(1);
}

static void on_gap(covey_server *server, const covey_layer_gap *gap,
                   void *user) {
  (void)server, (void)user;
  printf("gap %" PRIu64 " %d", milliseconds(), gap->kind);
  for (size_t at = 0; at < gap->group_count; at++)
    printf(" %s", gap->groups[at]);
  puts("");
}

static void on_state(covey_server *server, int connected, const char *reason,
                     void *user) {
  (void)server, (void)user;
  printf("state %" PRIu64 " %d %s\n", milliseconds(), connected, reason);
}

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)type, (void)user;
  covey_consumer_send(server, consumer, COVEY_TEXT, json, size);
}

static void send_all(covey_server *server, void *user) {
  (void)user;
  if (is_quiet)
    return;
  number++;
  for (int at = 0; at < group_count; at++) {
    char json[200];
    covey_error error = COVEY_ERROR_INIT;
    int size = snprintf(json, sizeof json,
                        "{\"type\":\"m\",\"s\":\"%016" PRIx64 "\",\"g\":%d,"
                        "\"n\":%" PRIu64 ",\"t\":%" PRIu64 "}",
                        sender, at, number, milliseconds());
    if (at % 2 == 0) {
      must(covey_group_send(server, names[at], json, (size_t)size, &error),
           &error);
    } else {
      must(covey_group_broadcast(server, names[at], COVEY_TEXT, json,
                                 (size_t)size, 0),
           &error);
    }
  }
}

static void quiet(covey_server *server, void *user) {
  (void)server;
  is_quiet = user != NULL;
  if (is_quiet)
    printf("quiet %" PRIu64 "\n", number);
}

static covey_server *make(const char *url, uint32_t answer_ms) {
  covey_error error = COVEY_ERROR_INIT;
  covey_server *server;
  covey_layer_options layer = COVEY_LAYER_OPTIONS_INIT;
  must(covey_server_new(NULL, &server, &error), &error);
  for (int at = 0; at < group_count; at++) {
    snprintf(names[at], sizeof names[at], "g%d", at);
    const char *groups[] = {names[at], NULL};
    covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
    options.flags = COVEY_CHANNEL_PUBLIC;
    options.groups = groups;
    covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
    covey_channel_id channel;
    must(covey_channel_register(server, names[at], &options, &handlers,
                                &channel, &error),
         &error);
    covey_event_register(server, channel, "m", on_event, NULL, NULL);
  }
  layer.answer_timeout_ms = answer_ms;
  layer.connect_timeout_ms = answer_ms;
  layer.retry_ms_max = 100;
  layer.on_layer_gap = on_gap;
  layer.on_layer_state = on_state;
  must(covey_server_set_layer(server, url, &layer, &error), &error);
  return server;
}

static void *obey(void *user) {
  covey_server *server = user;
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, "stop\n") == 0)
      break;
    covey_server_post(server, quiet,
                      strcmp(line, "quiet\n") == 0 ? server : NULL, NULL);
  }
  covey_server_stop(server, 0);
  return NULL;
}

static int serve(char **arguments) {
  covey_error error = COVEY_ERROR_INIT;
  covey_listen_options listen = COVEY_LISTEN_OPTIONS_INIT;
  uint16_t port;
  pthread_t thread;
  group_count = atoi(arguments[2]);
  if (group_count < 1 || group_count > GROUPS_MAX)
    return 2;
  if (getentropy(&sender, sizeof sender) != 0)
    return 1;
  covey_server *server = make(arguments[1], (uint32_t)atoi(arguments[4]));
  must(covey_server_listen(server, &listen, &port, &error), &error);
  printf("port %d\nsender %016" PRIx64 "\n", port, sender);
  uint32_t each = (uint32_t)atoi(arguments[3]);
  if (each > 0)
    covey_timer_start(server, each, each, send_all, NULL, NULL, NULL);
  pthread_create(&thread, NULL, obey, server);
  covey_server_run(server);
  pthread_join(thread, NULL);
  return covey_server_free(server) != COVEY_OK;
}

/* At every stage: each turn of the loop takes it a little further. */
static int end_after_turns(const char *url, int count) {
  for (int turns = -1; turns < count; turns++) {
    covey_error error = COVEY_ERROR_INIT;
    covey_listen_options listen = COVEY_LISTEN_OPTIONS_INIT;
    uint16_t port;
    covey_server *server = make(url, 1000);
    if (turns >= 0) {
      must(covey_server_listen(server, &listen, &port, &error), &error);
      covey_group_send(server, "g0", "{\"type\":\"m\"}", 12, &error);
    }
    for (int turn = 0; turn < turns; turn++)
      covey_server_service(server, 5);
    covey_server_free(server);
  }
  return 0;
}

static int end_after_naps(const char *url, int nap, int count) {
  for (int round = 0; round < count; round++) {
    covey_error error = COVEY_ERROR_INIT;
    covey_listen_options listen = COVEY_LISTEN_OPTIONS_INIT;
    uint16_t port;
    covey_server *server = make(url, 1000);
    struct timespec pause = {nap / 1000, nap % 1000 * 1000000L};
    must(covey_server_listen(server, &listen, &port, &error), &error);
    must(covey_server_start(server), &error);
    covey_group_send(server, "g0", "{\"type\":\"m\"}", 12, &error);
    nanosleep(&pause, NULL);
    if (round % 2 == 0)
      covey_server_stop(server, 0);
    uint64_t began = milliseconds();
    covey_server_free(server);
    printf("freed in %" PRIu64 " ms\n", milliseconds() - began);
  }
  return 0;
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  group_count = 1;
  if (count == 4 && strcmp(arguments[2], "turns") == 0)
    return end_after_turns(arguments[1], atoi(arguments[3]));
  if (count == 5 && strcmp(arguments[2], "nap") == 0)
    return end_after_naps(arguments[1], atoi(arguments[3]), atoi(arguments[4]));
  if (count == 5)
    return serve(arguments);
  fputs("faults_node URL GROUPS EACH_MS ANSWER_MS\n", stderr);
  return 2;
}
