/*
 * tls.c - listeners with TLS: who is let in, what is shown, and what changes
 * when certificates are read anew.
 */
#include "certificates.h"
#include "host.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct stage {
  host h;
  certificates files;
  covey_listen_options where;
  SSL_CTX *identity; /* a client's, without a certificate */
} stage;

static void see(host *self, covey_consumer_id consumer) {
  const char *text = NULL;
  char *kept = self->more;
  if (covey_consumer_get_certificate(self->server, consumer, &text, NULL) ==
      COVEY_OK)
    (void)snprintf(kept, 256, "%s", text);
  else
    strcpy(kept, "nobody");
  CHECK_IS(covey_consumer_get_scheme(self->server, consumer, &text, NULL),
           COVEY_OK);
  CHECK_TEXT(text, "https");
  CHECK_IS(covey_consumer_get_host(self->server, consumer, &text, NULL),
           COVEY_OK);
  CHECK_TEXT(text, "localhost");
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static char seen[256];

/* Makes a server that does not listen yet, and its files. */
static bool stage_make(stage *s, const covey_server_options *options) {
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host_prepare(&s->h);
  s->h.on_connect = see;
  s->h.more = seen;
  s->where = where;
  if (!certificates_make(&s->files) || !host_make(&s->h, options, NULL))
    return false;
  s->where.certificate_file = s->files.certificate;
  s->where.key_file = s->files.key;
  s->identity = certificates_client(&s->files, NULL);
  return true;
}

static bool stage_open(stage *s) {
  return stage_make(s, NULL) && host_listen_with(&s->h, &s->where);
}

static void stage_close(stage *s) {
  host_close(&s->h);
  SSL_CTX_free(s->identity);
  certificates_remove(&s->files);
}

/* A client with this identity, upgraded; false when it was not let in. */
static bool enters(stage *s, client *c, SSL_CTX *identity) {
  *c = client_make(host_turn, &s->h);
  c->identity = identity;
  return client_connect(c, s->h.port, 0) &&
         client_upgrade(c, "/ws/lobby/", NULL) == 101;
}

static long serial_of(const client *c) {
  X509 *shown = SSL_get1_peer_certificate(c->tls);
  long serial = ASN1_INTEGER_get(X509_get0_serialNumber(shown));
  X509_free(shown);
  return serial;
}

static void still_serves(stage *s) {
  client c;
  CHECK(enters(s, &c, s->identity));
  CHECK(client_send_text(&c, "still here"));
  CHECK(client_receives_text(&c, "still here"));
  client_drop(&c, false);
}

/* --------------------------------------------------------------- inside -- */

static void messages_of_all_sizes_come_and_go(void) {
  static const size_t sizes[] = {0,     1,     125,   16383,  16384,
                                 16385, 40000, 65536, 300000, 1 << 19};
  stage s;
  client c;
  frame got;
  if (!stage_open(&s) || !CHECK(enters(&s, &c, s.identity)))
    return;
  char *text = malloc(1 << 20);
  memset(text, 'x', 1 << 20);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    CHECK(client_send(&c, FRAME_BINARY, true, text, sizes[i]));
    CHECK(client_receive(&c, &got) && got.size == sizes[i] &&
          memcmp(got.data, text, got.size) == 0);
  }
  CHECK_TEXT(seen, "nobody");
  CHECK(client_send_close(&c, 1000, NULL));
  CHECK_IS(client_receives_close(&c), 1000);
  AWAIT(&s.h, atomic_load(&s.h.disconnects) == 1);
  CHECK_IS(s.h.ending.is_clean, 1);
  free(text);
  client_drop(&c, false);
  stage_close(&s);
}

static void a_large_file_comes_whole(void) {
  enum { SIZE = 3000000 };
  stage s;
  char path[96];
  char *text = malloc(SIZE + 1), *got = malloc(SIZE);
  for (size_t i = 0; i < SIZE; i++)
    text[i] = (char)('a' + i * i % 26);
  text[SIZE] = '\0';
  if (!stage_make(&s, NULL) ||
      !certificates_write(&s.files, "other.pem", text, path))
    return;
  CHECK_IS(covey_file_register(s.h.server, "file", path, NULL), COVEY_OK);
  if (!host_listen_with(&s.h, &s.where))
    return;
  client c = client_make(host_turn, &s.h);
  c.identity = s.identity;
  CHECK(client_connect(&c, s.h.port, 4096));
  for (int i = 0; i < 2; i++) { /* twice by one connection */
    CHECK_IS(client_get(&c, "/file"), 200);
    memset(got, 0, SIZE);
    CHECK(client_reads(&c, got, SIZE));
    CHECK(memcmp(got, text, SIZE) == 0);
  }
  client_drop(&c, false);
  free(text);
  free(got);
  stage_close(&s);
}

static void tls_before_1_2_is_refused(void) {
  stage s;
  client c;
  if (!stage_open(&s))
    return;
  for (int version = TLS1_1_VERSION; version <= TLS1_3_VERSION; version++) {
    SSL_CTX *identity = certificates_client(&s.files, NULL);
    SSL_CTX_set_security_level(identity, 0);
    SSL_CTX_set_min_proto_version(identity, version);
    SSL_CTX_set_max_proto_version(identity, version);
    CHECK_IS(enters(&s, &c, identity), version >= TLS1_2_VERSION);
    client_drop(&c, false);
    SSL_CTX_free(identity);
  }
  stage_close(&s);
}

static void of_the_protocols_offered_http_1_1_alone_is_chosen(void) {
  static const struct {
    const char *offer, *chosen;
  } cases[] = {{"\2h2\10http/1.1", "http/1.1"},
               {"\2h2", ""},
               {"\10http/1.0\10http/1.1", "http/1.1"},
               {"\7http/1.", ""}};
  stage s;
  client c;
  if (!stage_open(&s))
    return;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const unsigned char *chosen = NULL;
    unsigned size = 0;
    SSL_CTX *identity = certificates_client(&s.files, NULL);
    SSL_CTX_set_alpn_protos(identity, (const unsigned char *)cases[i].offer,
                            (unsigned)strlen(cases[i].offer));
    if (CHECK(enters(&s, &c, identity))) {
      SSL_get0_alpn_selected(c.tls, &chosen, &size);
      CHECK(size == strlen(cases[i].chosen) &&
            (size == 0 || memcmp(chosen, cases[i].chosen, size) == 0));
    }
    client_drop(&c, false);
    SSL_CTX_free(identity);
  }
  stage_close(&s);
}

static void who_speaks_no_tls_gets_nowhere(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  stage s;
  client c;
  unsigned state = 7;
  options.handshake_timeout_ms = 1000;
  if (!stage_make(&s, &options) || !host_listen_with(&s.h, &s.where))
    return;
  CHECK(!enters(&s, &c, NULL));
  client_drop(&c, false);
  for (int i = 0; i < 300; i++) {
    unsigned char bytes[64] = {0x16, 3, 1, 0, 59, 1, 0, 0, 55, 3, 3};
    c = client_make(host_turn, &s.h);
    c.identity = NULL;
    CHECK(client_connect(&c, s.h.port, 0));
    for (size_t at = i % 3 == 0 ? 0 : 11; at < sizeof bytes; at++)
      bytes[at] = (unsigned char)((state = state * 1103515245 + 12345) >> 16);
    CHECK(client_send_bytes(&c, bytes, sizeof bytes - (size_t)(i % 5)));
    host_turn(&s.h);
    client_drop(&c, i % 2 == 0);
  }
  /* Half a hello. */
  c = client_make(host_turn, &s.h);
  c.identity = NULL;
  int64_t start = check_now();
  CHECK(client_connect(&c, s.h.port, 0));
  CHECK(client_send_bytes(&c, "\26\3\1", 3));
  CHECK(client_receives_end(&c));
  CHECK(check_now() - start < check_ms(4000));
  client_drop(&c, false);
  still_serves(&s);
  stage_close(&s);
}

/* ---------------------------------------------------- certificates of clients
 */

static void a_clients_certificate_tells_whose_it_is(void) {
  static const char *const subjects[][7] = {
      {"CN", "ada", "O", "Example", NULL},
      {"O", "Example", "CN", "a,b=c+O=Evil\\\"", NULL},
      {"CN", "/O=Evil/CN=root", NULL}};
  static const char *const texts[] = {"O=Example,CN=ada",
                                      "CN=a\\,b=c\\+O=Evil\\\\\\\",O=Example",
                                      "CN=/O=Evil/CN=root"};
  stage s;
  client c;
  if (!stage_make(&s, NULL))
    return;
  s.where.client_ca_file = s.files.authority;
  if (!host_listen_with(&s.h, &s.where))
    return;
  CHECK(!enters(&s, &c, s.identity));
  client_drop(&c, false);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    SSL_CTX *identity = certificates_client(&s.files, subjects[i]);
    CHECK(enters(&s, &c, identity));
    CHECK_TEXT(seen, texts[i]);
    client_drop(&c, false);
    SSL_CTX_free(identity);
  }
  stage_close(&s);
}

static void a_certificate_of_another_authority_is_none(void) {
  static const char *const subject[] = {"CN", "ada", NULL};
  certificates others;
  stage s;
  client c;
  if (!stage_make(&s, NULL) || !certificates_make(&others))
    return;
  SSL_CTX *mallory = certificates_client(&others, subject);
  SSL_CTX *ada = certificates_client(&s.files, subject);
  s.where.client_ca_file = s.files.authority;
  for (int is_optional = 0; is_optional < 2; is_optional++) {
    s.where.flags = is_optional ? COVEY_LISTEN_CERTIFICATE_OPTIONAL : 0;
    if (!host_listen_with(&s.h, &s.where))
      return;
    CHECK(!enters(&s, &c, mallory));
    client_drop(&c, false);
    CHECK(enters(&s, &c, ada));
    CHECK_TEXT(seen, "CN=ada");
    client_drop(&c, false);
    CHECK_IS(enters(&s, &c, s.identity), is_optional);
    client_drop(&c, false);
  }
  CHECK_TEXT(seen, "nobody");
  SSL_CTX_free(mallory);
  SSL_CTX_free(ada);
  certificates_remove(&others);
  stage_close(&s);
}

static SSL_SESSION *session_kept;

static int keep_session(SSL *tls, SSL_SESSION *session) {
  (void)tls;
  SSL_SESSION_free(session_kept);
  /* One whose connection just ended is not resumed. */
  session_kept = SSL_SESSION_dup(session);
  return 0;
}

/* Connects to a port with the session that was kept; answers whether it was let
 * in. */
static bool enters_again(stage *s, uint16_t port, bool *is_resumed_out) {
  client c = client_make(host_turn, &s->h);
  c.identity = NULL;
  if (!CHECK(client_connect(&c, port, 0)))
    return false;
  c.identity = s->identity;
  c.session = session_kept;
  bool is_in =
      client_secure(&c) && client_upgrade(&c, "/ws/lobby/", NULL) == 101;
  *is_resumed_out = is_in && SSL_session_reused(c.tls) == 1;
  client_drop(&c, false);
  return is_in;
}

static void a_session_of_one_listener_opens_no_other(void) {
  stage s;
  client c;
  bool is_resumed = false;
  if (!stage_open(&s))
    return;
  uint16_t open_port = s.h.port;
  SSL_CTX_set_session_cache_mode(s.identity, SSL_SESS_CACHE_CLIENT |
                                                 SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(s.identity, keep_session);
  for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
    SSL_CTX_set_min_proto_version(s.identity, version);
    SSL_CTX_set_max_proto_version(s.identity, version);
    s.where.client_ca_file = NULL;
    s.h.port = open_port;
    CHECK(enters(&s, &c, s.identity));
    CHECK(client_send_text(&c, "x") && client_receives_text(&c, "x"));
    client_drop(&c, false);
    CHECK(enters_again(&s, open_port, &is_resumed) && is_resumed);

    s.where.client_ca_file = s.files.authority;
    CHECK(host_listen_with(&s.h, &s.where));
    CHECK(!enters_again(&s, s.h.port, &is_resumed));
    s.where.client_ca_file = NULL;
    CHECK(host_listen_with(&s.h, &s.where));
    CHECK(enters_again(&s, s.h.port, &is_resumed) && !is_resumed);
  }
  SSL_SESSION_free(session_kept);
  session_kept = NULL;
  stage_close(&s);
}

/* libwebsockets chooses among its virtual hosts by names that clients say. */
static void no_name_leads_to_another_listener(void) {
  static const char *const hosts[] = {"",        "covey plain", "covey",
                                      "x.covey", "127.0.0.1",   "localhost:1"};
  certificates others;
  stage s;
  client c;
  char request[512];
  if (!stage_open(&s) || !certificates_make(&others) ||
      !certificates_renew(&others, 77))
    return;
  s.h.on_connect = NULL; /* nobody gets so far */
  uint16_t port = s.h.port;
  CHECK(host_listen_with(&s.h, NULL));
  s.where.certificate_file = others.certificate;
  s.where.key_file = others.key;
  s.where.flags = COVEY_LISTEN_OPERATORS;
  CHECK(host_listen_with(&s.h, &s.where));
  uint16_t operators = s.h.port;
  for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
    for (int is_for_operators = 0; is_for_operators < 2; is_for_operators++) {
      c = client_make(host_turn, &s.h);
      c.identity = s.identity;
      c.server_name = hosts[i][0] == '\0' ? NULL : hosts[i];
      if (!CHECK(client_connect(&c, is_for_operators ? operators : port, 0)))
        continue;
      CHECK_IS(serial_of(&c), is_for_operators ? 77 : 2);
      (void)snprintf(request, sizeof request,
                     "GET /ws/lobby/ HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
      CHECK(client_send_bytes(&c, request, strlen(request)));
      CHECK_IS(client_reads_answer(&c), is_for_operators ? 404 : 426);
      client_drop(&c, false);
    }
  certificates_remove(&others);
  stage_close(&s);
}

/* -------------------------------------------------------------- the files --
 */

static void a_bad_file_is_named(void) {
  static const char locked[] =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGHME4GCSqGSIb3DQ==\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  static const char hollow[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
                               "-----END CERTIFICATE-----\n";
  const char *const bad_texts[] = {"", "nonsense", hollow, locked};
  certificates others;
  stage s;
  char path[96] = "/nowhere/at-all.pem";
  if (!stage_open(&s) || !certificates_make(&others))
    return;
  for (int kind = 0; kind < 6; kind++) {
    if (kind > 0 && kind < 5)
      CHECK(
          certificates_write(&others, "other.pem", bad_texts[kind - 1], path));
    if (kind == 5)
      strcpy(path, "/tmp");
    for (int field = 0; field < 3; field++) {
      covey_listen_options where = s.where;
      covey_error error = COVEY_ERROR_INIT;
      uint16_t port = 7;
      *(field == 0   ? &where.certificate_file
        : field == 1 ? &where.key_file
                     : &where.client_ca_file) = path;
      check_note(path);
      CHECK_IS(covey_server_listen(s.h.server, &where, &port, &error),
               COVEY_E_SYSTEM);
      CHECK(strstr(error.message, path) != NULL);
      CHECK_IS(port, 7);
    }
  }
  check_note(NULL);
  covey_error error = COVEY_ERROR_INIT;
  covey_listen_options where = s.where;
  where.key_file = others.key;
  CHECK_IS(covey_server_listen(s.h.server, &where, NULL, &error),
           COVEY_E_SYSTEM);
  CHECK(strstr(error.message, "does not belong to certificate file") != NULL);
  CHECK(strstr(error.message, others.key) != NULL);
  still_serves(&s);
  certificates_remove(&others);
  stage_close(&s);
}

static void options_that_go_together_come_together(void) {
  stage s;
  if (!stage_make(&s, NULL))
    return;
  for (int which = 0; which < 5; which++) {
    covey_listen_options where = s.where;
    covey_error error = COVEY_ERROR_INIT;
    if (which == 0)
      where.key_file = NULL;
    if (which == 1)
      where.certificate_file = NULL;
    if (which == 2)
      where.flags = COVEY_LISTEN_CERTIFICATE_OPTIONAL;
    if (which >= 3) {
      where.certificate_file = where.key_file = NULL;
      where.client_ca_file = s.files.authority;
    }
    if (which == 4)
      where.flags = COVEY_LISTEN_CERTIFICATE_OPTIONAL;
    CHECK_IS(covey_server_listen(s.h.server, &where, NULL, &error),
             COVEY_E_INVALID);
    CHECK(error.message[0] != '\0');
  }
  stage_close(&s);
}

/* ------------------------------------------------------------- read anew -- */

static void reload(void *argument) {
  CHECK_IS(covey_server_reload_certificates(argument, NULL),
           COVEY_E_WRONG_THREAD);
}

static void certificates_read_anew_are_for_those_who_come_next(void) {
  stage s;
  client before, after;
  covey_error error = COVEY_ERROR_INIT;
  if (!stage_open(&s) || !CHECK(enters(&s, &before, s.identity)))
    return;
  client waiting = client_make(host_turn, &s.h);
  waiting.identity = NULL;
  CHECK(client_connect(&waiting, s.h.port, 0));
  host_turn(&s.h);
  for (long serial = 3; serial < 40; serial++) {
    CHECK(certificates_renew(&s.files, serial));
    CHECK_IS(covey_server_reload_certificates(s.h.server, &error), COVEY_OK);
    CHECK(enters(&s, &after, s.identity));
    CHECK_IS(serial_of(&after), serial);
    client_drop(&after, false);
  }
  check_elsewhere(reload, s.h.server);
  CHECK(client_send_text(&before, "as before"));
  CHECK(client_receives_text(&before, "as before"));
  CHECK_IS(serial_of(&before), 2);
  /* Whoever was there keeps what was shown then. */
  waiting.identity = s.identity;
  CHECK(client_secure(&waiting));
  CHECK_IS(serial_of(&waiting), 2);
  client_drop(&waiting, false);
  client_drop(&before, false);
  stage_close(&s);
}

static void a_reload_that_fails_changes_nothing(void) {
  certificates others;
  stage s;
  client c;
  covey_error error = COVEY_ERROR_INIT;
  if (!stage_open(&s) || !certificates_make(&others))
    return;
  uint16_t port = s.h.port;
  s.where.certificate_file = others.certificate;
  s.where.key_file = others.key;
  CHECK(host_listen_with(&s.h, &s.where));
  s.h.port = port;
  CHECK(certificates_renew(&s.files, 50)); /* good, but the other's is not */
  CHECK_IS(remove(others.key), 0);
  CHECK_IS(covey_server_reload_certificates(s.h.server, &error),
           COVEY_E_SYSTEM);
  CHECK(strstr(error.message, others.key) != NULL);
  CHECK(enters(&s, &c, s.identity));
  CHECK_IS(serial_of(&c), 2);
  client_drop(&c, false);
  certificates_remove(&others);
  stage_close(&s);
}

static void without_tls_there_is_nothing_to_reload(void) {
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL) || !host_listen_with(&h, NULL))
    return;
  CHECK_IS(covey_server_reload_certificates(NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_reload_certificates(h.server, NULL), COVEY_OK);
  CHECK_IS(covey_server_stop(h.server, 0), COVEY_OK);
  CHECK_IS(covey_server_reload_certificates(h.server, NULL), COVEY_E_STOPPED);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(messages_of_all_sizes_come_and_go),
      TEST(a_large_file_comes_whole),
      TEST(tls_before_1_2_is_refused),
      TEST(of_the_protocols_offered_http_1_1_alone_is_chosen),
      TEST(who_speaks_no_tls_gets_nowhere),
      TEST(a_clients_certificate_tells_whose_it_is),
      TEST(a_certificate_of_another_authority_is_none),
      TEST(a_session_of_one_listener_opens_no_other),
      TEST(no_name_leads_to_another_listener),
      TEST(a_bad_file_is_named),
      TEST(options_that_go_together_come_together),
      TEST(certificates_read_anew_are_for_those_who_come_next),
      TEST(a_reload_that_fails_changes_nothing),
      TEST(without_tls_there_is_nothing_to_reload),
  };
  return CHECK_MAIN(argc, argv, tests);
}
