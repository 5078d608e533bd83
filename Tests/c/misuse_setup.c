/*
 * misuse_setup.c - patterns, origins, directories and addresses that are none.
 */
#include "host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static covey_status register_pattern(host *h, const char *pattern,
                                     const covey_channel_options *options) {
  covey_error error = COVEY_ERROR_INIT;
  covey_channel_id channel = UINT64_MAX;
  covey_status status = covey_channel_register(h->server, pattern, options,
                                               NULL, &channel, &error);
  CHECK_IS(error.status, status);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  CHECK((status == COVEY_OK) == (channel != UINT64_MAX));
  CHECK(channel != 0);
  return status;
}

static void a_bad_pattern_is_invalid(void) {
  static const char *const bad[] = {
      "ws/<int",       "ws/<int:n/",    "ws/int>/",        "ws/<nosuch:n>/",
      "ws/<str:>/",    "ws/<>/",        "ws/<str:1a>/",    "ws/<str:a b>/",
      "ws/<str:a-b>/", "<a>/<a>/",      "<int:a>/<str:a>", "ws/< a>/",
      "ws/<str :a>/",  "ws/<str:a:b>/", "ws/<<a>>/",
  };
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    CHECK_IS(register_pattern(&h, bad[i], NULL), COVEY_E_INVALID);
    CHECK_IS(covey_file_register(h.server, bad[i], "/etc/passwd", NULL),
             COVEY_E_INVALID);
  }
  host_close(&h);
}

static void every_converter_is_known(void) {
  static const char *const good[] = {
      "",          "plain",         "plain/deep/",          "<one>",
      "a/<int:n>", "b/<slug:name>", "c/<uuid:id>/<str:_x>", "d/<path:rest>",
  };
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    check_note(good[i]);
    CHECK_IS(register_pattern(&h, good[i], NULL), COVEY_OK);
    CHECK_IS(register_pattern(&h, good[i], NULL), COVEY_E_EXISTS);
  }
  host_close(&h);
}

static void a_pattern_that_matches_the_same_exists(void) {
  static const char *const same[] = {"ws/<str:room>/", "/ws/<str:room>/",
                                     "ws/<room>/", "ws/<str:other>/"};
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    check_note(same[i]);
    CHECK_IS(register_pattern(&h, same[i], NULL), COVEY_E_EXISTS);
  }
  CHECK_IS(register_pattern(&h, "ws/<int:room>/", NULL), COVEY_OK);
  CHECK_IS(register_pattern(&h, "ws/<str:room>", NULL), COVEY_OK);
  host_close(&h);
}

static void a_flag_nobody_knows_is_invalid(void) {
  host h;
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  options.flags = 16;
  CHECK_IS(register_pattern(&h, "a/", &options), COVEY_E_INVALID);
  options.flags = UINT32_C(1) << 31 | COVEY_CHANNEL_PUBLIC;
  CHECK_IS(register_pattern(&h, "a/", &options), COVEY_E_INVALID);
  options.flags = COVEY_CHANNEL_PUBLIC | COVEY_CHANNEL_REQUIRE_ORIGIN |
                  COVEY_CHANNEL_BROADCAST_RECEIVED;
  CHECK_IS(register_pattern(&h, "a/", &options), COVEY_OK);
  host_close(&h);
}

static void an_origin_rule_is_a_host_or_an_origin(void) {
  static const char *const bad[] = {"",          "https://", "a b.com",
                                    "x.com/way", "://x.com", "https://x:99999"};
  static const char *const good[] = {"example.com", ".example.com",
                                     "https://x:8443", "*", NULL};
  host h;
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const char *const list[] = {"example.com", bad[i], NULL};
    check_note(bad[i]);
    options.origins = list;
    CHECK_IS(register_pattern(&h, "a/", &options), COVEY_E_INVALID);
  }
  options.origins = good;
  CHECK_IS(register_pattern(&h, "a/", &options), COVEY_OK);
  host_close(&h);
}

static void a_group_of_a_channel_names_parameters_it_has(void) {
  char name[257];
  static const char *const good[] = {"room_{room}", "{room}", "plain", NULL};
  const char *const bad[] = {"{nosuch}", "", "{room", name};
  host h;
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  memset(name, 'n', 256);
  name[256] = '\0';
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const char *const list[] = {bad[i], NULL};
    check_note(bad[i]);
    options.groups = list;
    CHECK_IS(register_pattern(&h, "a/<room>/", &options), COVEY_E_INVALID);
  }
  options.groups = good;
  CHECK_IS(register_pattern(&h, "a/<room>/", &options), COVEY_OK);
  host_close(&h);
}

static void an_empty_list_is_as_good_as_none(void) {
  static const char *const empty[] = {NULL};
  host h;
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  options.origins = options.groups = options.kept_headers = empty;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(register_pattern(&h, "a/", &options), COVEY_OK);
  host_close(&h);
}

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

static void an_event_has_one_handler(void) {
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(
      covey_event_register(h.server, h.channel, "note", on_event, NULL, NULL),
      COVEY_E_EXISTS);
  CHECK_IS(
      covey_event_register(h.server, h.channel, "other", on_event, NULL, NULL),
      COVEY_OK);
  host_close(&h);
}

static void a_directory_needs_slashes_and_must_be_there(void) {
  host h;
  covey_error error = COVEY_ERROR_INIT;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_directory_register(h.server, "static", "/", NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_directory_register(h.server, "/static", "/", NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_directory_register(h.server, "static/", "/", NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_directory_register(h.server, "", "/", &error),
           COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  CHECK_IS(covey_directory_register(h.server, "/s/", "/no/such", &error),
           COVEY_E_SYSTEM);
  CHECK_IS(error.status, COVEY_E_SYSTEM);
  CHECK(strstr(error.message, "/no/such") != NULL);
  CHECK_IS(covey_directory_register(h.server, "/s/", "/etc/passwd", NULL),
           COVEY_E_SYSTEM);
  CHECK_IS(covey_directory_register(h.server, "/s/", "/", NULL), COVEY_OK);
  CHECK_IS(covey_directory_register(h.server, "/s/", "/", NULL),
           COVEY_E_EXISTS);
  CHECK_IS(covey_directory_register(h.server, "/", "/", NULL), COVEY_OK);
  host_close(&h);
}

static void a_file_must_be_there(void) {
  host h;
  covey_error error = COVEY_ERROR_INIT;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_file_register(h.server, "f", "/no/such", &error),
           COVEY_E_SYSTEM);
  CHECK_IS(error.status, COVEY_E_SYSTEM);
  CHECK(strstr(error.message, "/no/such") != NULL);
  CHECK_IS(covey_file_register(h.server, "f", "/", NULL), COVEY_E_SYSTEM);
  CHECK_IS(covey_file_register(h.server, "f", "/etc/passwd", NULL), COVEY_OK);
  CHECK_IS(covey_file_register(h.server, "/f", "/etc/passwd", NULL),
           COVEY_E_EXISTS);
  CHECK_IS(covey_file_register(h.server, "", "/etc/passwd", NULL), COVEY_OK);
  host_close(&h);
}

static void an_address_is_numeric(void) {
  static const char *const bad[] = {"localhost",    "",          "127.0.0.256",
                                    "127.0.0.1:80", "[::1]",     " 127.0.0.1",
                                    "\xff",         "127.0.0.1 "};
  host h;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  if (!host_open(&h))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    covey_error error = COVEY_ERROR_INIT;
    uint16_t port = 7;
    check_note(bad[i]);
    where.address = bad[i];
    CHECK_IS(covey_server_listen(h.server, &where, &port, &error),
             COVEY_E_INVALID);
    CHECK_IS(error.status, COVEY_E_INVALID);
    CHECK(error.message[0] != '\0');
    CHECK_IS(port, 7);
  }
  where.address = NULL;
  where.reserved = 1;
  CHECK_IS(covey_server_listen(h.server, &where, NULL, NULL), COVEY_E_INVALID);
  host_close(&h);
}

static void an_address_in_use_is_refused_by_the_system(void) {
  host h, other;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  uint16_t port = 7;
  if (!host_open(&h) || !host_open(&other))
    return;
  where.port = h.port;
  CHECK_IS(covey_server_listen(other.server, &where, &port, &error),
           COVEY_E_SYSTEM);
  CHECK_IS(error.status, COVEY_E_SYSTEM);
  CHECK(error.message[0] != '\0');
  CHECK_IS(port, 7);
  where.port = 0;
  where.address = "192.0.2.1"; /* nobody's */
  CHECK_IS(covey_server_listen(other.server, &where, &port, &error),
           COVEY_E_SYSTEM);

  /* The refusal did the server no harm. */
  client c;
  CHECK(host_connect(&other, &c) != 0);
  client_drop(&c, false);
  host_close(&h);
  host_close(&other);
}

static bool has_ipv6(void) {
  struct sockaddr_in6 address;
  memset(&address, 0, sizeof address);
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool is_there =
      fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
  if (fd >= 0)
    close(fd);
  return is_there;
}

static void a_server_listens_on_several_addresses(void) {
  host h;
  client first, second;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  uint16_t port = 0, third = 0;
  if (!host_open(&h))
    return;
  port = h.port;
  CHECK(host_connect(&h, &first) != 0);
  CHECK(host_listen(&h));
  CHECK(h.port != port);
  CHECK(host_connect(&h, &second) != 0);
  where.address = "::1";
  if (has_ipv6()) {
    CHECK_IS(covey_server_listen(h.server, &where, &third, NULL), COVEY_OK);
    CHECK(third != 0);
  }
  client_drop(&first, false);
  client_drop(&second, false);
  host_close(&h);
}

static void what_is_passed_in_is_copied(void) {
  char pattern[] = "copied/<a>/", group[] = "g_{a}", header[] = "x-copied";
  char address[] = "127.0.0.1", type[] = "copied";
  const char *groups[] = {group, NULL}, *headers[] = {header, NULL};
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host h;
  client c;
  covey_channel_id channel = 0;
  options.flags = COVEY_CHANNEL_PUBLIC;
  options.groups = groups;
  options.kept_headers = headers;
  where.address = address;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(
      covey_channel_register(h.server, pattern, &options, NULL, &channel, NULL),
      COVEY_OK);
  CHECK_IS(covey_event_register(h.server, channel, type, on_event, NULL, NULL),
           COVEY_OK);
  CHECK_IS(covey_server_listen(h.server, &where, &h.port, NULL), COVEY_OK);
  memset(pattern, '#', sizeof pattern - 1);
  memset(group, '#', sizeof group - 1);
  memset(header, '#', sizeof header - 1);
  memset(address, '#', sizeof address - 1);
  memset(type, '#', sizeof type - 1);
  groups[0] = headers[0] = NULL;
  c = client_make(host_turn, &h);
  c.identity = NULL; /* the listener is the test's own, without TLS */
  CHECK(client_connect(&c, h.port, 0));
  CHECK_IS(client_upgrade(&c, "/copied/1/", "X-Copied: yes\r\n"), 101);
  AWAIT(&h, host_count(&h, "g_1") == 1);
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_bad_pattern_is_invalid),
      TEST(every_converter_is_known),
      TEST(a_pattern_that_matches_the_same_exists),
      TEST(a_flag_nobody_knows_is_invalid),
      TEST(an_origin_rule_is_a_host_or_an_origin),
      TEST(a_group_of_a_channel_names_parameters_it_has),
      TEST(an_empty_list_is_as_good_as_none),
      TEST(an_event_has_one_handler),
      TEST(a_directory_needs_slashes_and_must_be_there),
      TEST(a_file_must_be_there),
      TEST(an_address_is_numeric),
      TEST(an_address_in_use_is_refused_by_the_system),
      TEST(a_server_listens_on_several_addresses),
      TEST(what_is_passed_in_is_copied),
  };
  return CHECK_MAIN(argc, argv, tests);
}
