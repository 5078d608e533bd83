/*
 * misuse_text.c - text that is no text, events that are no events.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

static const char *const not_utf8[] = {
    "\xff",             /* no such byte */
    "\x80",             /* continues nothing */
    "a\xc3",            /* ends inside a character */
    "\xe2\x82",         /* the same, later */
    "\xc0\x80",         /* overlong */
    "\xe0\x80\xaf",     /* overlong */
    "\xed\xa0\x80",     /* a surrogate */
    "\xf4\x90\x80\x80", /* past the last character */
    "\xf8\x88\x80\x80\x80",
};
enum { NOT_UTF8 = sizeof not_utf8 / sizeof not_utf8[0] };

static void text_that_is_not_utf8_is_invalid(void) {
  host h;
  client c;
  char event[64];
  size_t count = 0;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  covey_server *server = h.server;
  for (size_t i = 0; i < NOT_UTF8; i++) {
    const char *bad = not_utf8[i];
    int size =
        snprintf(event, sizeof event, "{\"type\":\"note\",\"x\":\"%s\"}", bad);
    CHECK_IS(
        covey_consumer_send(server, consumer, COVEY_TEXT, bad, strlen(bad)),
        COVEY_E_INVALID);
    CHECK_IS(
        covey_group_broadcast(server, "g", COVEY_TEXT, bad, strlen(bad), 0),
        COVEY_E_INVALID);
    CHECK_IS(covey_group_send(server, "g", event, (size_t)size, NULL),
             COVEY_E_INVALID);
    CHECK_IS(covey_group_send(server, bad, "{\"type\":\"a\"}", 12, NULL),
             COVEY_E_INVALID);
    CHECK_IS(covey_group_broadcast(server, bad, COVEY_TEXT, "x", 1, 0),
             COVEY_E_INVALID);
    CHECK_IS(covey_group_add(server, consumer, bad), COVEY_E_INVALID);
    CHECK_IS(covey_group_discard(server, consumer, bad), COVEY_E_INVALID);
    CHECK_IS(covey_group_count(server, bad, &count), COVEY_E_INVALID);
    CHECK_IS(covey_group_list(server, bad, NULL, 0, &count), COVEY_E_INVALID);
    CHECK_IS(covey_consumer_set_user(server, consumer, bad), COVEY_E_INVALID);
    CHECK_IS(covey_consumer_close(server, consumer, 0, bad), COVEY_E_INVALID);
  }
  CHECK(client_send_text(&c, "nothing happened"));
  CHECK(client_receives_text(&c, "nothing happened"));
  client_drop(&c, false);
  host_close(&h);
}

static void names_that_are_not_utf8_cannot_be_registered(void) {
  host h;
  char pattern[32], prefix[32];
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t i = 0; i < NOT_UTF8; i++) {
    const char *bad = not_utf8[i];
    const char *const list[] = {bad, NULL};
    covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
    snprintf(pattern, sizeof pattern, "%s/", bad);
    snprintf(prefix, sizeof prefix, "/%s/", bad);
    CHECK_IS(covey_channel_register(h.server, pattern, NULL, NULL, NULL, NULL),
             COVEY_E_INVALID);
    CHECK_IS(covey_file_register(h.server, pattern, "/etc/passwd", NULL),
             COVEY_E_INVALID);
    CHECK_IS(covey_directory_register(h.server, prefix, "/", NULL),
             COVEY_E_INVALID);
    CHECK_IS(
        covey_event_register(h.server, h.channel, bad, on_event, NULL, NULL),
        COVEY_E_INVALID);
    options.groups = list;
    CHECK_IS(covey_channel_register(h.server, "u/", &options, NULL, NULL, NULL),
             COVEY_E_INVALID);
  }
  host_close(&h);
}

static void any_bytes_can_be_sent_as_binary(void) {
  host h;
  client c;
  frame next;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  for (size_t i = 0; i < NOT_UTF8; i++) {
    size_t size = strlen(not_utf8[i]);
    CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_BINARY, not_utf8[i],
                                 size),
             COVEY_OK);
    if (CHECK(client_receive(&c, &next)) && CHECK_IS(next.size, size))
      CHECK(memcmp(next.data, not_utf8[i], size) == 0);
  }
  client_drop(&c, false);
  host_close(&h);
}

static void text_may_hold_nul_and_every_plane(void) {
  static const char text[] = "a\0b\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
                             "\xf4\x8f\xbf\xbf";
  host h;
  client c;
  frame next;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_send(h.server, consumer, COVEY_TEXT, text,
                               sizeof text - 1),
           COVEY_OK);
  if (CHECK(client_receive(&c, &next)) && CHECK_IS(next.size, sizeof text - 1))
    CHECK(memcmp(next.data, text, sizeof text - 1) == 0);
  client_drop(&c, false);
  host_close(&h);
}

static void an_event_is_an_object_with_a_type(void) {
  static const char *const bad[] = {
      "",
      " ",
      "x",
      "1",
      "null",
      "\"type\"",
      "[]",
      "[\"type\"]",
      "{}",
      "{\"type\":1}",
      "{\"type\":null}",
      "{\"type\":\"\"}",
      "{\"type\":[\"a\"]}",
      "{\"a\":{\"type\":\"a\"}}",
      "{\"Type\":\"a\"}",
      "{\"type\":\"a\"",
      "{\"type\":\"a\",}",
      "{\"type\":\"a\"}}",
      "{\"type\":\"a\"} {}",
      "{\"type\":\"a\",\"n\":NaN}",
      "{\"type\":\"a\",\"n\":01}",
      "{\"type\":\"a\",\"n\":\"\\x\"}",
      "{\"type\":\"a\",\"n\":\"\n\"}",
      "{\"type\":\"\\ud800\"}",
      "{'type':'a'}",
  };
  host h;
  if (!host_open(&h))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    covey_error error = COVEY_ERROR_INIT;
    check_note(bad[i]);
    CHECK_IS(covey_group_send(h.server, "g", bad[i], strlen(bad[i]), &error),
             COVEY_E_INVALID);
    CHECK_IS(error.status, COVEY_E_INVALID);
    CHECK(error.message[0] != '\0');
    CHECK_IS(covey_group_send(h.server, "g", bad[i], strlen(bad[i]), NULL),
             COVEY_E_INVALID);
  }
  host_close(&h);
}

static void an_event_may_be_as_deep_as_the_limit(void) {
  host h;
  char event[64];
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.json_depth_max = 4;
  host_prepare(&h);
  if (!host_make(&h, &options, NULL) || !host_listen(&h))
    return;
  snprintf(event, sizeof event, "{\"type\":\"a\",\"x\":[[[]]]}");
  CHECK_IS(covey_group_send(h.server, "g", event, strlen(event), NULL),
           COVEY_OK);
  snprintf(event, sizeof event, "{\"type\":\"a\",\"x\":[[[[]]]]}");
  CHECK_IS(covey_group_send(h.server, "g", event, strlen(event), NULL),
           COVEY_E_TOO_LARGE);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(text_that_is_not_utf8_is_invalid),
      TEST(names_that_are_not_utf8_cannot_be_registered),
      TEST(any_bytes_can_be_sent_as_binary),
      TEST(text_may_hold_nul_and_every_plane),
      TEST(an_event_is_an_object_with_a_type),
      TEST(an_event_may_be_as_deep_as_the_limit),
  };
  return CHECK_MAIN(argc, argv, tests);
}
