/*
 * proxies.c - what proxies say of their clients, and who is believed.
 */
#include "certificates.h"
#include "host.h"

#include <stdio.h>
#include <string.h>

static const char *const loopback[] = {"127.0.0.0/8", "::1", NULL};
static const char *const nobody[] = {"192.0.2.0/24", NULL};

typedef struct told {
  char peer[80], scheme[16], host[80];
} told;

static told last;

static void copy(char *out, size_t room, const char *text) {
  (void)snprintf(out, room, "%s", text);
}

static void note(host *self, covey_consumer_id consumer) {
  const char *text = NULL;
  if (covey_consumer_get_peer(self->server, consumer, &text, NULL) == COVEY_OK)
    copy(last.peer, sizeof last.peer, text);
  if (covey_consumer_get_scheme(self->server, consumer, &text, NULL) ==
      COVEY_OK)
    copy(last.scheme, sizeof last.scheme, text);
  if (covey_consumer_get_host(self->server, consumer, &text, NULL) == COVEY_OK)
    copy(last.host, sizeof last.host, text);
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static bool open_with(host *h, const covey_server_options *options,
                      const char *const *proxies, uint32_t flags) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  where.trusted_proxies = proxies;
  where.flags = flags;
  host_prepare(h);
  h->on_connect = note;
  return host_make(h, options, NULL) && host_listen_with(h, &where);
}

static client plain(host *h) {
  client made = client_make(host_turn, h);
  made.identity = NULL;
  CHECK(client_connect(&made, h->port, 0));
  return made;
}

/* Asks for an upgrade with more headers; answers the status. */
static int ask(host *h, client *c, const char *headers) {
  memset(&last, 0, sizeof last);
  *c = plain(h);
  return client_upgrade(c, "/ws/lobby/", headers);
}

/* -------------------------------------------------------------- headers -- */

static void a_trusted_proxy_is_believed(void) {
  static const struct {
    const char *headers, *peer, *scheme, *host;
  } cases[] = {
      {"", "127.0.0.1", "http", "localhost"},
      {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
       "X-Forwarded-Host: example.com\r\n",
       "192.0.2.1", "https", "example.com"},
      {"X-Forwarded-For: 6.6.6.6, 192.0.2.1, 127.0.0.9\r\n", "192.0.2.1",
       "http", "localhost"},
      {"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.1\r\n",
       "192.0.2.1", "http", "localhost"},
      {"Forwarded: "
       "for=\"[2001:db8::1]:4711\";proto=https;host=\"a.b:8443\"\r\n",
       "2001:db8::1", "https", "a.b:8443"},
      {"Forwarded: for=6.6.6.6;host=evil\r\nX-Forwarded-For: 192.0.2.1\r\n",
       "192.0.2.1", "http", "localhost"},
      {"Forwarded: for=_hidden\r\n", "_hidden", "http", "localhost"},
  };
  host h;
  client c;
  if (!open_with(&h, NULL, loopback, 0))
    return;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_note(cases[i].headers);
    CHECK_IS(ask(&h, &c, cases[i].headers), 101);
    CHECK_TEXT(last.peer, cases[i].peer);
    CHECK_TEXT(last.scheme, cases[i].scheme);
    CHECK_TEXT(last.host, cases[i].host);
    client_drop(&c, false);
  }
  host_close(&h);
}

static void nobody_else_is_believed(void) {
  static const char headers[] = "X-Forwarded-For: 6.6.6.6\r\n"
                                "X-Forwarded-Proto: https\r\n"
                                "X-Forwarded-Host: evil\r\n"
                                "Forwarded: for=6.6.6.6;host=evil\r\n";
  for (int i = 0; i < 2; i++) {
    host h;
    client c;
    if (!open_with(&h, NULL, i == 0 ? NULL : nobody, 0))
      return;
    CHECK_IS(ask(&h, &c, headers), 101);
    CHECK_TEXT(last.peer, "127.0.0.1");
    CHECK_TEXT(last.scheme, "http");
    CHECK_TEXT(last.host, "localhost");
    client_drop(&c, false);
    host_close(&h);
  }
}

static void nonsense_of_a_trusted_proxy_is_400(void) {
  static const char *const bad[] = {
      "Forwarded: for=\"1.2.3.4\r\n", "Forwarded: for=nonsense\r\n",
      "Forwarded: host=\"a b\"\r\n", "X-Forwarded-For: 1.2.3\r\n",
      "X-Forwarded-Host: a/b\r\n"};
  host h;
  client c;
  if (!open_with(&h, NULL, loopback, 0))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    CHECK_IS(ask(&h, &c, bad[i]), 400);
    client_drop(&c, false);
  }
  CHECK_IS(atomic_load(&h.connects), 0);
  host_close(&h);
}

static void a_page_is_of_the_host_that_the_proxy_names(void) {
  host h;
  client c;
  if (!open_with(&h, NULL, loopback, 0))
    return;
  CHECK_IS(ask(&h, &c,
               "Origin: https://example.com\r\n"
               "X-Forwarded-Host: example.com\r\n"),
           101);
  client_drop(&c, false);
  CHECK_IS(ask(&h, &c,
               "Origin: http://localhost\r\n"
               "X-Forwarded-Host: example.com\r\n"),
           403);
  client_drop(&c, false);
  host_close(&h);
}

static void clients_behind_a_proxy_are_counted_one_by_one(void) {
  static const char ada[] = "X-Forwarded-For: 192.0.2.1\r\n";
  static const char bob[] = "X-Forwarded-For: 192.0.2.2\r\n";
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  host h;
  client first, second, third, fourth;
  options.connections_per_address_max = 2;
  if (!open_with(&h, &options, loopback, 0))
    return;
  CHECK_IS(ask(&h, &first, ada), 101);
  CHECK_IS(ask(&h, &second, ada), 101);
  CHECK_IS(ask(&h, &third, ada), 503);
  client_drop(&third, false);
  CHECK_IS(ask(&h, &third, bob), 101);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.connections_refused, 1);
  CHECK_IS(statistics.connections_dropped, 0);
  host_disconnect(&h, &first);
  CHECK_IS(ask(&h, &first, ada), 101);
  CHECK_IS(ask(&h, &fourth, ada), 503);
  /* The proxy itself is not counted: these stand for many. */
  client idle[5];
  for (int i = 0; i < 5; i++)
    idle[i] = plain(&h);
  client_drop(&fourth, false);
  CHECK_IS(ask(&h, &fourth, bob), 101);
  for (int i = 0; i < 5; i++)
    client_drop(&idle[i], false);
  client_drop(&first, false);
  client_drop(&second, false);
  client_drop(&third, false);
  client_drop(&fourth, false);
  host_close(&h);
}

static void networks_that_are_none_are_refused(void) {
  static const char *const bad[] = {"",           "localhost", "10.0.0.0/33",
                                    "10.0.0.1/8", "::1/129",   "\xff"};
  host h;
  if (!host_open(&h))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const char *const list[] = {"::1", bad[i], NULL};
    covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
    covey_error error = COVEY_ERROR_INIT;
    where.trusted_proxies = list;
    check_note(bad[i]);
    CHECK_IS(covey_server_listen(h.server, &where, NULL, &error),
             COVEY_E_INVALID);
    CHECK(error.message[0] != '\0');
  }
  host_close(&h);
}

/* -------------------------------------------------------- PROXY protocol -- */

static const unsigned char signature[12] = {13, 10,   13,   10,   0,    13,
                                            10, 0x51, 0x55, 0x49, 0x54, 10};

/* A header of the PROXY protocol with this command, family and rest. */
static size_t header(unsigned char *out, int command, int family,
                     const void *rest, size_t size) {
  memcpy(out, signature, 12);
  out[12] = (unsigned char)(0x20 | command);
  out[13] = (unsigned char)family;
  out[14] = (unsigned char)(size >> 8);
  out[15] = (unsigned char)size;
  memcpy(out + 16, rest, size);
  return 16 + size;
}

static const unsigned char ada[12] = {192, 0, 2, 1, 127, 0, 0, 1, 1, 2, 3, 4};

static bool open_for_headers(host *h, const char *const *proxies) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.handshake_timeout_ms = 1000;
  return open_with(h, &options, proxies, COVEY_LISTEN_PROXY_PROTOCOL);
}

static void a_header_tells_whose_connection_it_is(void) {
  host h;
  unsigned char bytes[4096] = {0}, rest[2048] = {0};
  if (!open_for_headers(&h, loopback))
    return;
  for (int i = 0; i < 6; i++) {
    size_t size = 0;
    memcpy(rest, ada, sizeof ada);
    if (i == 0)
      size = header(bytes, 1, 0x11, rest, 12);
    if (i == 1)
      size = header(bytes, 1, 0x11, rest, 2032); /* as much as it may have */
    if (i == 2)
      size = header(bytes, 0, 0x11, rest, 12);
    if (i == 3)
      size = header(bytes, 1, 0, rest, 0);
    if (i == 4)
      size = header(bytes, 1, 0x31, rest, 216);
    if (i == 5) {
      memset(rest, 0, sizeof rest);
      rest[0] = 0x20, rest[15] = 1;
      size = header(bytes, 1, 0x21, rest, 36);
    }
    static const char *const peers[] = {"192.0.2.1", "192.0.2.1", "127.0.0.1",
                                        "unknown",   "unix",      "2000::1"};
    client c = plain(&h);
    CHECK(client_send_bytes(&c, bytes, size));
    CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101);
    CHECK_TEXT(last.peer, peers[i]);
    CHECK(client_send_text(&c, "hello") && client_receives_text(&c, "hello"));
    client_drop(&c, false);
    /* Byte by byte. */
    c = plain(&h);
    for (size_t at = 0; at < size && size < 100; at++) {
      CHECK(client_send_bytes(&c, bytes + at, 1));
      host_turn(&h);
    }
    if (size < 100) {
      CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101);
      CHECK_TEXT(last.peer, peers[i]);
    }
    client_drop(&c, false);
  }
  host_close(&h);
}

static void who_sends_no_header_is_dropped(void) {
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  unsigned char bytes[4096], rest[2048] = {0};
  host h;
  if (!open_for_headers(&h, loopback))
    return;
  for (int i = 0; i < 6; i++) {
    size_t size = header(bytes, 1, 0x11, ada, sizeof ada);
    if (i == 0)
      size = (size_t)snprintf((char *)bytes, sizeof bytes,
                              "GET /ws/lobby/ HTTP/1.1\r\n\r\n");
    if (i == 1)
      bytes[12] = 0x11;
    if (i == 2)
      bytes[13] = 0x12;
    if (i == 3)
      size = header(bytes, 1, 0x21, ada, sizeof ada);
    if (i == 4)
      size = header(bytes, 1, 0x11, rest, 2033);
    if (i == 5)
      size = 20; /* and not more, within the time */
    client c = plain(&h);
    int64_t start = check_now();
    CHECK(client_send_bytes(&c, bytes, size));
    CHECK(client_receives_end(&c));
    CHECK(check_now() - start < check_ms(4000));
    client_drop(&c, false);
  }
  CHECK_IS(atomic_load(&h.connects), 0);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.connections_dropped, 6);
  host_close(&h);
}

static void who_is_no_trusted_proxy_is_dropped_at_once(void) {
  host h;
  if (!open_for_headers(&h, nobody))
    return;
  client c = plain(&h);
  CHECK(client_receives_end(&c));
  client_drop(&c, false);
  host_close(&h);
}

static void the_client_of_a_header_is_counted(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  unsigned char bytes[64];
  host h;
  client first, second;
  options.connections_per_address_max = 1;
  if (!open_with(&h, &options, loopback, COVEY_LISTEN_PROXY_PROTOCOL))
    return;
  size_t size = header(bytes, 1, 0x11, ada, sizeof ada);
  first = plain(&h);
  CHECK(client_send_bytes(&first, bytes, size));
  CHECK_IS(client_upgrade(&first, "/ws/lobby/", NULL), 101);
  second = plain(&h);
  CHECK(client_send_bytes(&second, bytes, size));
  CHECK(client_receives_end(&second));
  client_drop(&second, false);
  bytes[19] = 2; /* somebody else */
  second = plain(&h);
  CHECK(client_send_bytes(&second, bytes, size));
  CHECK_IS(client_upgrade(&second, "/ws/lobby/", NULL), 101);
  client_drop(&first, false);
  client_drop(&second, false);
  host_close(&h);
}

static void tls_follows_a_header(void) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  certificates files;
  unsigned char bytes[64];
  host h;
  host_prepare(&h);
  h.on_connect = note;
  if (!certificates_make(&files) || !host_make(&h, NULL, NULL))
    return;
  where.trusted_proxies = loopback;
  where.flags = COVEY_LISTEN_PROXY_PROTOCOL;
  where.certificate_file = files.certificate;
  where.key_file = files.key;
  if (!host_listen_with(&h, &where))
    return;
  SSL_CTX *identity = certificates_client(&files, NULL);
  client c = plain(&h);
  CHECK(client_send_bytes(&c, bytes, header(bytes, 1, 0x11, ada, sizeof ada)));
  c.identity = identity;
  CHECK(client_secure(&c));
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101);
  CHECK_TEXT(last.peer, "192.0.2.1");
  CHECK_TEXT(last.scheme, "https");
  client_drop(&c, false);
  SSL_CTX_free(identity);
  host_close(&h);
  certificates_remove(&files);
}

static void a_server_ends_while_headers_are_awaited(void) {
  host h;
  client waiting[8];
  if (!open_for_headers(&h, loopback))
    return;
  for (int i = 0; i < 8; i++) {
    waiting[i] = plain(&h);
    host_turn(&h);
    CHECK(client_send_bytes(&waiting[i], signature, (size_t)i));
    host_turn(&h);
  }
  host_close(&h);
  for (int i = 0; i < 8; i++) {
    waiting[i].turn = NULL;
    CHECK(client_receives_end(&waiting[i]));
    client_drop(&waiting[i], false);
  }
}

static void without_anybody_to_trust_there_are_no_headers(void) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  covey_error error = COVEY_ERROR_INIT;
  host h;
  if (!host_open(&h))
    return;
  where.flags = COVEY_LISTEN_PROXY_PROTOCOL;
  CHECK_IS(covey_server_listen(h.server, &where, NULL, &error),
           COVEY_E_INVALID);
  CHECK(strstr(error.message, "trusted_proxies") != NULL);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_trusted_proxy_is_believed),
      TEST(nobody_else_is_believed),
      TEST(nonsense_of_a_trusted_proxy_is_400),
      TEST(a_page_is_of_the_host_that_the_proxy_names),
      TEST(clients_behind_a_proxy_are_counted_one_by_one),
      TEST(networks_that_are_none_are_refused),
      TEST(a_header_tells_whose_connection_it_is),
      TEST(who_sends_no_header_is_dropped),
      TEST(who_is_no_trusted_proxy_is_dropped_at_once),
      TEST(the_client_of_a_header_is_counted),
      TEST(tls_follows_a_header),
      TEST(a_server_ends_while_headers_are_awaited),
      TEST(without_anybody_to_trust_there_are_no_headers),
  };
  return CHECK_MAIN(argc, argv, tests);
}
