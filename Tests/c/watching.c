/*
 * watching.c - what there is to be seen of a server: metrics, a report, and
 * whether it is ready, over HTTP and by calls.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static covey_server_options watched(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.health_path = "/health";
  options.ready_path = "/ready";
  options.metrics_path = "/metrics";
  options.report_path = "/report";
  return options;
}

static bool open_with(host *h, const covey_server_options *options) {
  host_prepare(h);
  return host_make(h, options, NULL) && host_listen(h);
}

static bool open_watched(host *h) {
  covey_server_options options = watched();
  return open_with(h, &options);
}

/* Asks for a page, with the status in the head. */
static int status_of(host *h, const char *path) {
  client c = host_client(h);
  int status = client_get(&c, path);
  client_drop(&c, false);
  return status;
}

static bool has(const char *text, const char *part) {
  bool has_it = text != NULL && strstr(text, part) != NULL;
  if (!has_it)
    fprintf(stderr, "no %s in\n%s\n", part, text == NULL ? "NULL" : text);
  return has_it;
}

static const char *metrics_of(host *h) {
  const char *text = NULL;
  size_t size = 0;
  CHECK_IS(covey_server_get_metrics(h->server, &text, &size), COVEY_OK);
  if (text != NULL)
    CHECK_IS(strlen(text), size);
  return text;
}

static const char *report_of(host *h) {
  const char *json = NULL;
  size_t size = 0;
  CHECK_IS(covey_server_get_report(h->server, &json, &size), COVEY_OK);
  if (json != NULL)
    CHECK_IS(strlen(json), size);
  return json;
}

/* --------------------------------------------------------------- pages -- */

static void each_page_has_its_type_and_is_never_cached(void) {
  static const struct {
    const char *path, *type, *part;
  } pages[] = {
      {"/ready", "text/plain; charset=utf-8", "ready\n"},
      {"/metrics", "text/plain; version=0.0.4; charset=utf-8",
       "# TYPE covey_consumers gauge\ncovey_consumers{channel=\"ws/"
       "<str:room>/\"} 0\n"},
      {"/report", "application/json", "{\"version\":\""},
  };
  host h;
  if (!open_watched(&h))
    return;
  for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
    char value[128] = "";
    client c = host_client(&h);
    check_note(pages[i].path);
    CHECK_IS(client_get(&c, pages[i].path), 200);
    CHECK(client_answer(&c, "content-type", value, sizeof value));
    CHECK_TEXT(value, pages[i].type);
    CHECK(client_answer(&c, "cache-control", value, sizeof value));
    CHECK_TEXT(value, "no-store");
    CHECK(has(client_body(&c), pages[i].part));
    CHECK_IS(c.have, c.taken);
    client_drop(&c, false);
  }
  check_note(NULL);
  host_close(&h);
}

static void head_says_how_long_it_would_be(void) {
  static const char *const paths[] = {"/health", "/ready", "/metrics",
                                      "/report"};
  host h;
  if (!open_watched(&h))
    return;
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    char length[32] = "";
    client c = host_client(&h);
    check_note(paths[i]);
    CHECK_IS(client_ask(&c, "HEAD", paths[i]), 200);
    CHECK(client_answer(&c, "content-length", length, sizeof length));
    CHECK(strtol(length, NULL, 10) > 0);
    /* Had a body come, it would stand before the next answer. */
    CHECK_IS(client_get(&c, "/none"), 404);
    client_drop(&c, false);
  }
  check_note(NULL);
  host_close(&h);
}

static void a_page_is_for_reading(void) {
  host h;
  if (!open_watched(&h))
    return;
  client c = host_client(&h);
  CHECK_IS(client_ask(&c, "POST", "/metrics"), 405);
  client_drop(&c, false);
  host_close(&h);
}

static void without_paths_there_is_nothing_to_see(void) {
  host h;
  if (!host_open(&h))
    return;
  CHECK_IS(status_of(&h, "/ready"), 404);
  CHECK_IS(status_of(&h, "/metrics"), 404);
  CHECK_IS(status_of(&h, "/report"), 404);
  host_close(&h);
}

static void a_path_begins_with_a_slash(void) {
  for (int which = 0; which < 3; which++) {
    covey_server *server = NULL;
    covey_error error = COVEY_ERROR_INIT;
    covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
    const char **paths[] = {&options.ready_path, &options.metrics_path,
                            &options.report_path};
    const char *names[] = {"ready_path", "metrics_path", "report_path"};
    *paths[which] = "metrics";
    CHECK_IS(covey_server_new(&options, &server, &error), COVEY_E_INVALID);
    CHECK(has(error.message, names[which]));
    *paths[which] = "/\xff";
    CHECK_IS(covey_server_new(&options, &server, &error), COVEY_E_INVALID);
    *paths[which] = "";
    CHECK_IS(covey_server_new(&options, &server, &error), COVEY_E_INVALID);
    CHECK(server == NULL);
  }
}

/* --------------------------------------------------------------- ready -- */

static void it_is_ready_until_it_drains(void) {
  host h;
  client first, waiting;
  if (!open_watched(&h))
    return;
  CHECK_IS(status_of(&h, "/ready"), 200);
  CHECK(host_connect(&h, &first) != 0);
  waiting = host_client(&h);
  host_turn(&h);
  CHECK_IS(covey_server_drain(h.server, 60000), COVEY_OK);
  CHECK_IS(client_get(&waiting, "/ready"), 503);
  CHECK(has(metrics_of(&h), "\ncovey_draining 1\n"));
  CHECK(has(report_of(&h), "\"state\":\"draining\""));
  CHECK_IS(status_of(&h, "/health"), 200);
  client_drop(&waiting, false);
  client_drop(&first, false);
  host_close(&h);
}

static void it_is_not_ready_while_it_stops(void) {
  host h;
  client first, waiting;
  if (!open_watched(&h))
    return;
  CHECK(host_connect(&h, &first) != 0);
  waiting = host_client(&h);
  host_turn(&h);
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  CHECK_IS(client_get(&waiting, "/ready"), 503);
  CHECK(has(report_of(&h), "\"state\":\"stopping\""));
  client_drop(&waiting, false);
  client_drop(&first, false);
  host_close(&h);
}

/* ------------------------------------------------------------- metrics -- */

/* Every field of the statistics is told, by the value it has. */
static void metrics_tell_what_the_statistics_say(void) {
  host h;
  client c;
  char line[128];
  covey_statistics s = COVEY_STATISTICS_INIT;
  if (!open_watched(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, "lobby"), COVEY_OK);
  CHECK(client_send_text(&c, "hello"));
  CHECK(client_receives_text(&c, "hello"));
  CHECK_IS(covey_group_send(h.server, "lobby", "{\"type\":\"note\"}", 15, NULL),
           COVEY_OK);
  CHECK(client_receives_text(&c, "{\"type\":\"note\"}"));
  CHECK_IS(status_of(&h, "/ws/x/"), 426);
  CHECK_IS(covey_server_get_statistics(h.server, &s), COVEY_OK);
  const char *text = metrics_of(&h);
#define TELLS(name, value)                                                     \
  snprintf(line, sizeof line, "\n%s %llu\n", name, (unsigned long long)value); \
  CHECK(has(text, line))
  TELLS("covey_consumers{channel=\"ws/<str:room>/\"}", 1);
  TELLS("covey_groups", 1);
  TELLS("covey_connections_total{outcome=\"accepted\"}",
        s.connections_accepted);
  TELLS("covey_connections_total{outcome=\"refused\"}", 1);
  TELLS("covey_messages_received_total", 1);
  TELLS("covey_messages_sent_total", 2);
  TELLS("covey_received_bytes_total", 5);
  TELLS("covey_sent_bytes_total", s.bytes_out);
  TELLS("covey_events_total{outcome=\"handled\"}", 1);
  TELLS("covey_build_info{version=\"1.0.0\"}", 1);
  TELLS("covey_handler_seconds_count{kind=\"connect\"}", 1);
  TELLS("covey_handler_seconds_count{kind=\"message\"}", 1);
  TELLS("covey_handler_seconds_count{kind=\"event\"}", 1);
  CHECK(has(text, "\ncovey_uptime_seconds "));
  CHECK(strstr(text, "lobby\"") == NULL);
  host_disconnect(&h, &c);
  text = metrics_of(&h);
  TELLS("covey_endings_total{cause=\"lost\"}", 1);
  TELLS("covey_handler_seconds_count{kind=\"disconnect\"}", 1);
#undef TELLS
  host_close(&h);
}

static void be_slow(host *h, covey_consumer_id consumer, covey_kind kind,
                    const void *data, size_t size) {
  struct timespec pause = {0, 20 * 1000000};
  nanosleep(&pause, NULL);
  covey_consumer_send(h->server, consumer, kind, data, size);
}

/* The value behind a name, in nanoseconds. */
static long long nanoseconds_of(const char *text, const char *name) {
  const char *found = text == NULL ? NULL : strstr(text, name);
  return found == NULL ? -1
                       : (long long)(strtod(found + strlen(name), NULL) * 1e9);
}

static void a_slow_handler_is_seen_in_its_time_and_the_loops(void) {
  host h;
  client c;
  covey_server_options options = watched();
  host_prepare(&h);
  h.on_message = be_slow;
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  CHECK(client_send_text(&c, "hello"));
  CHECK(client_receives_text(&c, "hello"));
  const char *text = metrics_of(&h);
  CHECK(
      nanoseconds_of(text, "\ncovey_handler_seconds_sum{kind=\"message\"} ") >=
      20000000);
  CHECK(nanoseconds_of(text, "\ncovey_loop_busy_seconds_sum ") >= 19000000);
  CHECK(has(text, "{kind=\"message\",le=\"0.016384\"} 0\n"));
  CHECK(has(text, "{kind=\"message\",le=\"+Inf\"} 1\n"));
  CHECK(has(text, "# TYPE covey_deadline_lateness_seconds histogram\n"));
  client_drop(&c, false);
  host_close(&h);
}

static void without_metrics_no_time_is_taken_until_they_are_asked_for(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  CHECK(has(metrics_of(&h), "covey_handler_seconds_count{kind=\"connect\"} 0"));
  CHECK(client_send_text(&c, "hello"));
  CHECK(client_receives_text(&c, "hello"));
  CHECK(has(metrics_of(&h), "covey_handler_seconds_count{kind=\"message\"} 1"));
  client_drop(&c, false);
  host_close(&h);
}

/* -------------------------------------------------------------- report -- */

static void the_report_names_who_is_there_and_who_went(void) {
  host h;
  client c;
  char part[64];
  if (!open_watched(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_set_user(h.server, consumer, "a\"d\\a\n\x01\xc3\xa9"),
           COVEY_OK);
  CHECK_IS(covey_group_add(h.server, consumer, "</script>\t\"g\""), COVEY_OK);
  snprintf(part, sizeof part, "{\"id\":\"%llu\",",
           (unsigned long long)consumer);
  const char *json = report_of(&h);
  CHECK(has(json, part));
  CHECK(has(json, "\"channel\":\"ws/<str:room>/\",\"peer\":\"127.0.0.1\""));
  CHECK(has(json, "\"user\":\"a\\\"d\\\\a\\u000a\\u0001\xc3\xa9\""));
  CHECK(has(json, "\"state\":\"open\",\"age\":"));
  CHECK(has(json, "\"groups\":1,\"queued_bytes\":0}"));
  CHECK(has(json, "{\"name\":\"</script>\\u0009\\\"g\\\"\",\"members\":1}"));
  CHECK(has(json, "\"statistics\":{\"consumers\":1,\"groups\":1,"));
  CHECK(has(json, "\"endings\":[]}"));
  CHECK(client_send_close(&c, 4001, "b\"y\\e"));
  AWAIT(&h, atomic_load(&h.disconnects) == 1);
  json = report_of(&h);
  CHECK(has(json, "\"consumers\":[],\"groups\":[]"));
  CHECK(has(json, "\"cause\":\"peer\",\"code\":4001,\"reason\":\"b\\\"y\\\\e\","
                  "\"clean\":true,\"age\":"));
  client_drop(&c, false);
  host_close(&h);
}

static int count(const char *text, const char *part) {
  int count = 0;
  for (; text != NULL && (text = strstr(text, part)) != NULL; text++)
    count++;
  return count;
}

static void as_many_endings_are_kept_as_were_asked_for(void) {
  covey_server_options options = watched();
  host h;
  options.endings_kept = 2;
  if (!open_with(&h, &options))
    return;
  for (int i = 0; i < 3; i++) {
    client c;
    CHECK(host_connect(&h, &c) != 0);
    host_disconnect(&h, &c);
    CHECK_IS(count(report_of(&h), "\"cause\":\"lost\""), i < 2 ? i + 1 : 2);
  }
  host_close(&h);
}

static void endings_kept_has_a_limit(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  covey_server *server = NULL;
  options.endings_kept = 65537;
  CHECK_IS(covey_server_new(&options, &server, &error), COVEY_E_INVALID);
  CHECK(has(error.message, "endings_kept is 65537, limits 1 to 65536"));
  options.endings_kept = 65536;
  CHECK_IS(covey_server_new(&options, &server, &error), COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

/* A report that is larger than a socket takes at once arrives whole. */
static void a_large_report_arrives_whole(void) {
  enum { GROUPS = 256, MEMBERS = 4 };
  host h;
  client c[MEMBERS], asking;
  char name[256];
  if (!open_watched(&h))
    return;
  for (int i = 0; i < MEMBERS; i++) {
    covey_consumer_id consumer = host_connect(&h, &c[i]);
    for (int group = 0; group < GROUPS - 1; group++) {
      snprintf(name, sizeof name, "%d %0250d", i, group);
      CHECK_IS(covey_group_add(h.server, consumer, name), COVEY_OK);
    }
  }
  asking = client_make(host_turn, &h);
  CHECK(client_connect(&asking, h.port, 4096));
  CHECK_IS(client_get(&asking, "/report"), 200);
  const char *body = client_body(&asking);
  if (CHECK(body != NULL)) {
    CHECK(asking.taken > 250000);
    CHECK_TEXT(body + asking.taken - 2, "]}");
  }
  client_drop(&asking, false);
  for (int i = 0; i < MEMBERS; i++)
    client_drop(&c[i], false);
  host_close(&h);
}

/* -------------------------------------------------------------- misuse -- */

static void on_another_thread_nothing_is_answered(void *argument) {
  host *h = argument;
  const char *text = "untouched";
  size_t size = 17;
  CHECK_IS(covey_server_get_metrics(h->server, &text, &size),
           COVEY_E_WRONG_THREAD);
  CHECK_IS(covey_server_get_report(h->server, &text, &size),
           COVEY_E_WRONG_THREAD);
  CHECK_TEXT(text, "untouched");
  CHECK_IS(size, 17);
}

static void a_wrong_thread_is_refused(void) {
  host h;
  if (!open_watched(&h))
    return;
  check_elsewhere(on_another_thread_nothing_is_answered, &h);
  host_close(&h);
}

static void nulls_are_refused_and_a_size_may_be_left_out(void) {
  host h;
  const char *text = NULL;
  if (!open_watched(&h))
    return;
  CHECK_IS(covey_server_get_metrics(NULL, &text, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_get_metrics(h.server, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_get_report(NULL, &text, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_get_report(h.server, NULL, NULL), COVEY_E_INVALID);
  CHECK(text == NULL);
  CHECK_IS(covey_server_get_metrics(h.server, &text, NULL), COVEY_OK);
  CHECK(has(text, "covey_build_info"));
  CHECK_IS(covey_server_get_report(h.server, &text, NULL), COVEY_OK);
  CHECK(has(text, "\"version\""));
  host_close(&h);
}

static void look(host *h, covey_consumer_id consumer, covey_kind kind,
                 const void *data, size_t size) {
  (void)kind, (void)data, (void)size;
  const char *text = metrics_of(h), *json = report_of(h);
  CHECK(has(text, "covey_build_info"));
  CHECK(has(json, "\"endings\":["));
  CHECK(covey_consumer_send(h->server, consumer, COVEY_TEXT, json,
                            strlen(json)) == COVEY_OK);
}

static void it_can_be_looked_at_before_listening_and_in_handlers(void) {
  host h;
  client c;
  frame told;
  covey_server_options options = watched();
  host_prepare(&h);
  h.on_message = look;
  if (!host_make(&h, &options, NULL))
    return;
  CHECK(has(metrics_of(&h), "covey_build_info"));
  CHECK(has(report_of(&h), "\"state\":\"running\""));
  if (!host_listen(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  CHECK(client_send_text(&c, "look"));
  if (CHECK(client_receive(&c, &told)))
    CHECK(told.size > 100 && told.data[0] == '{');
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(each_page_has_its_type_and_is_never_cached),
      TEST(head_says_how_long_it_would_be),
      TEST(a_page_is_for_reading),
      TEST(without_paths_there_is_nothing_to_see),
      TEST(a_path_begins_with_a_slash),
      TEST(it_is_ready_until_it_drains),
      TEST(it_is_not_ready_while_it_stops),
      TEST(metrics_tell_what_the_statistics_say),
      TEST(a_slow_handler_is_seen_in_its_time_and_the_loops),
      TEST(without_metrics_no_time_is_taken_until_they_are_asked_for),
      TEST(the_report_names_who_is_there_and_who_went),
      TEST(as_many_endings_are_kept_as_were_asked_for),
      TEST(endings_kept_has_a_limit),
      TEST(a_large_report_arrives_whole),
      TEST(a_wrong_thread_is_refused),
      TEST(nulls_are_refused_and_a_size_may_be_left_out),
      TEST(it_can_be_looked_at_before_listening_and_in_handlers),
  };
  return CHECK_MAIN(argc, argv, tests);
}
