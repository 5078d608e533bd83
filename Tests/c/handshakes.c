/*
 * handshakes.c - connections that never come to a request: handshakes of TLS
 * that fail, and what they are told of as.
 */
#include "certificates.h"
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

typedef struct door {
  host h;
  certificates files;
  int lines;
  char fields[512]; /* of the last line about a handshake */
} door;

static void on_log_record(covey_server *server, const covey_log_record *record,
                          void *user) {
  door *self = user;
  CHECK(server != NULL);
  if (strcmp(record->event, "connection.tls_failed") != 0)
    return;
  CHECK_IS(record->level, COVEY_LOG_INFO);
  self->lines++;
  (void)snprintf(self->fields, sizeof self->fields, "%s", record->fields);
}

/* Opens a server with TLS, that asks for certificates when `asks`. */
static bool door_open(door *d, bool asks) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  d->lines = 0;
  d->fields[0] = '\0';
  host_prepare(&d->h);
  options.handshake_timeout_ms = 1000 + (uint32_t)check_ms(500);
  options.on_log_record = on_log_record;
  options.user = d;
  if (!certificates_make(&d->files) || !host_make(&d->h, &options, NULL))
    return false;
  where.certificate_file = d->files.certificate;
  where.key_file = d->files.key;
  if (asks)
    where.client_ca_file = d->files.authority;
  return host_listen_with(&d->h, &where);
}

static void door_close(door *d) {
  host_close(&d->h);
  certificates_remove(&d->files);
}

static uint64_t failures(door *d) {
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  CHECK_IS(covey_server_get_statistics(d->h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.connections_dropped, 0);
  return statistics.connections_tls_failed;
}

/* A client that has connected, and said nothing yet. */
static client reach(door *d) {
  client c = client_make(host_turn, &d->h);
  c.identity = NULL;
  CHECK(client_connect(&c, d->h.port, 0));
  return c;
}

static bool enters(door *d, SSL_CTX *identity) {
  client c = reach(d);
  c.identity = identity;
  bool is_in =
      client_secure(&c) && client_upgrade(&c, "/ws/lobby/", NULL) == 101 &&
      client_send_text(&c, "hello") && client_receives_text(&c, "hello");
  client_drop(&c, false);
  return is_in;
}

static void turns(door *d) {
  for (int i = 0; i < 20; i++)
    host_turn(&d->h);
}

/* One failed, and was told of with these words. */
static void check_told(door *d, const char *reason) {
  AWAIT(&d->h, failures(d) == 1);
  CHECK_IS(d->lines, 1);
  if (!CHECK(strstr(d->fields, reason) != NULL))
    printf("it says: %s\n", d->fields);
  CHECK(strstr(d->fields, "\"peer\":\"127.0.0.1\"") != NULL);
  CHECK(strstr(d->fields, "\"count\":1}") != NULL);
}

/* ---------------------------------------------------- what goes wrong --- */

static void plain_http_on_a_port_with_tls_is_told(void) {
  door d;
  if (!door_open(&d, false))
    return;
  client c = reach(&d);
  (void)client_upgrade(&c, "/ws/lobby/", NULL);
  check_told(&d, "\"reason\":\"http request\"");
  client_drop(&c, false);
  door_close(&d);
}

static void a_version_that_is_too_old_is_told(void) {
  door d;
  if (!door_open(&d, false))
    return;
  SSL_CTX *identity = certificates_client(&d.files, NULL);
  SSL_CTX_set_security_level(identity, 0);
  SSL_CTX_set_min_proto_version(identity, TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(identity, TLS1_1_VERSION);
  CHECK(!enters(&d, identity));
  check_told(&d, "\"reason\":\"unsupported protocol\"");
  SSL_CTX_free(identity);
  door_close(&d);
}

static void a_client_that_does_not_trust_us_is_told(void) {
  for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
    door d;
    if (!door_open(&d, false))
      return;
    SSL_CTX *identity = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(identity, version);
    SSL_CTX_set_max_proto_version(identity, version);
    SSL_CTX_set_verify(identity, SSL_VERIFY_PEER, NULL);
    CHECK(!enters(&d, identity));
    check_told(&d, "alert unknown ca\"");
    SSL_CTX_free(identity);
    door_close(&d);
  }
}

static void a_certificate_that_is_wanting_or_refused_is_told(void) {
  static const char *const subject[] = {"CN", "ada", NULL};
  for (int is_strange = 0; is_strange < 2; is_strange++) {
    certificates others;
    door d;
    if (!door_open(&d, true) || !certificates_make(&others))
      return;
    SSL_CTX *identity = is_strange ? certificates_client(&others, subject)
                                   : certificates_client(&d.files, NULL);
    CHECK(!enters(&d, identity));
    check_told(&d, is_strange ? "\"certificate verify failed: certificate "
                                "signature failure\""
                              : "\"peer did not return a certificate\"");
    SSL_CTX_free(identity);
    certificates_remove(&others);
    door_close(&d);
  }
}

static void who_hangs_up_in_the_middle_is_counted(void) {
  for (int is_reset = 0; is_reset < 2; is_reset++) {
    door d;
    if (!door_open(&d, false))
      return;
    client c = reach(&d);
    CHECK(client_send_bytes(&c, "\26\3\1", 3));
    turns(&d);
    CHECK_IS(failures(&d), 0);
    client_drop(&c, is_reset);
    check_told(&d, "\"reason\":\"");
    door_close(&d);
  }
}

static void who_takes_too_long_is_counted(void) {
  door d;
  if (!door_open(&d, false))
    return;
  client c = reach(&d);
  CHECK(client_send_bytes(&c, "\26\3\1", 3));
  CHECK(client_receives_end(&c));
  check_told(&d, "\"reason\":\"not finished in time\"");
  client_drop(&c, false);
  door_close(&d);
}

/* ------------------------------------------------------ what is no failure */

static void who_says_nothing_at_all_is_not_counted(void) {
  door d;
  if (!door_open(&d, false))
    return;
  for (int i = 0; i < 6; i++) {
    client c = reach(&d);
    turns(&d);
    if (i >= 4)
      CHECK(client_receives_end(&c)); /* till the time is over */
    client_drop(&c, i % 2 == 0);
    turns(&d);
  }
  CHECK_IS(failures(&d), 0);
  CHECK_IS(d.lines, 0);
  door_close(&d);
}

static void who_is_let_in_is_not_counted_however_it_ends(void) {
  door d;
  if (!door_open(&d, false))
    return;
  SSL_CTX *identity = certificates_client(&d.files, NULL);
  for (int i = 0; i < 4; i++) {
    client c = reach(&d);
    c.identity = identity;
    CHECK(client_secure(&c));
    turns(&d);
    if (i < 2)
      CHECK_IS(client_get(&c, "/nothing"), 404);
    client_drop(&c, i % 2 == 0);
    CHECK(enters(&d, identity));
  }
  turns(&d);
  CHECK_IS(failures(&d), 0);
  /* Nor whom the end of the server cuts off. */
  client c = reach(&d);
  CHECK(client_send_bytes(&c, "\26\3\1", 3));
  turns(&d);
  SSL_CTX_free(identity);
  host_close(&d.h);
  CHECK_IS(d.lines, 0);
  client_drop(&c, false);
  certificates_remove(&d.files);
}

static void many_failures_are_all_counted_and_told_once(void) {
  door d;
  if (!door_open(&d, false))
    return;
  for (int i = 0; i < 50; i++) {
    client c = reach(&d);
    CHECK(client_send_bytes(&c, "GET / HTTP/1.1\r\n\r\n", 18));
    CHECK(client_receives_end(&c));
    client_drop(&c, false);
  }
  AWAIT(&d.h, failures(&d) == 50);
  CHECK_IS(d.lines, 1);
  door_close(&d);
}

/* ------------------------------------------------------- the deadline --- */

static void turns_for(door *d, int milliseconds) {
  int64_t until = check_now() + milliseconds;
  while (check_now() < until)
    host_turn(&d->h);
}

static bool is_open(const client *c) {
  char byte;
  return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* Sends a byte now and then till nobody takes them any more. */
static bool dribbles_till_the_end(door *d, client *c) {
  CHECK(client_send_bytes(c, "GET / HTTP/1.1\r\nx: ", 19));
  for (int i = 0; i < 500; i++) {
    if (!client_send_bytes(c, "y", 1))
      return true;
    turns_for(d, 20);
  }
  return false;
}

/* A header of the PROXY protocol that tells of nobody. */
static const unsigned char local[16] = {
    13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x20, 0, 0, 0};

static bool reach_with_header(door *d, client *c) {
  *c = reach(d);
  return client_send_bytes(c, local, sizeof local);
}

/* A PROXY header at the last moment, then TLS, then a request that has no end:
 * whoever came when the header did, and says nothing, is ended later. */
static void one_deadline_is_for_all_that_comes_before_the_request(void) {
  static const char *const proxies[] = {"127.0.0.1", NULL};
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  door d;
  client in, asks;
  host_prepare(&d.h);
  options.handshake_timeout_ms = 2000 + (uint32_t)check_ms(500);
  /* Who was let in is silent meanwhile. */
  options.ping_interval_ms = options.silence_timeout_ms = COVEY_OFF;
  if (!certificates_make(&d.files) || !host_make(&d.h, &options, NULL))
    return;
  where.certificate_file = d.files.certificate;
  where.key_file = d.files.key;
  where.trusted_proxies = proxies;
  where.flags = COVEY_LISTEN_PROXY_PROTOCOL;
  if (!host_listen_with(&d.h, &where))
    return;
  SSL_CTX *identity = certificates_client(&d.files, NULL);
  CHECK(reach_with_header(&d, &in) && reach_with_header(&d, &asks));
  in.identity = asks.identity = identity;
  CHECK(client_secure(&in) && client_upgrade(&in, "/ws/lobby/", NULL) == 101);
  CHECK(client_secure(&asks));
  CHECK_IS(client_get(&asks, "/nothing"), 404);

  client slow, silent = reach(&d);
  for (int stage = 0; stage < 3; stage++) {
    check_note(stage == 0 ? "header" : stage == 1 ? "TLS" : "request");
    client_drop(&silent, false);
    slow = reach(&d);
    turns_for(&d, 1000 + check_ms(200));
    silent = reach(&d);
    host_turn(&d.h);
    if (stage > 0)
      CHECK(client_send_bytes(&slow, local, sizeof local));
    if (stage > 1) {
      slow.identity = identity;
      CHECK(client_secure(&slow));
      CHECK(dribbles_till_the_end(&d, &slow));
    } else {
      CHECK(client_receives_end(&slow));
    }
    CHECK(is_open(&silent));
    client_drop(&slow, false);
  }
  CHECK(client_receives_end(&silent));
  client_drop(&silent, false);
  check_note(NULL);
  /* Who has asked in time is left alone. */
  CHECK(client_send_text(&in, "hello") && client_receives_text(&in, "hello"));
  client_drop(&in, false);
  client_drop(&asks, false);
  SSL_CTX_free(identity);
  door_close(&d);
}

static void who_has_asked_is_waited_for_no_more(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  door d;
  host_prepare(&d.h);
  options.handshake_timeout_ms = 700 + (uint32_t)check_ms(300);
  if (!host_make(&d.h, &options, NULL) || !host_listen_with(&d.h, NULL))
    return;
  client asks = reach(&d);
  CHECK_IS(client_get(&asks, "/nothing"), 404);
  for (int i = 0; i < 30; i++) {
    char body[10];
    CHECK(client_reads(&asks, body, sizeof body));
    turns_for(&d, 25 + check_ms(25));
    CHECK_IS(client_get(&asks, "/nothing"), 404);
  }
  client_drop(&asks, false);
  host_close(&d.h);
}

/* Behind one that says nothing, many that come and go. */
static void one_that_is_slow_is_found_among_many_that_are_not(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  door d;
  host_prepare(&d.h);
  options.handshake_timeout_ms = 2500 + (uint32_t)check_ms(500);
  if (!host_make(&d.h, &options, NULL) || !host_listen_with(&d.h, NULL))
    return;
  client first = reach(&d), last;
  for (int i = 0; i < 2500; i++) {
    client c = reach(&d);
    if (i % 2 == 0)
      CHECK_IS(client_get(&c, "/nothing"), 404);
    client_drop(&c, false);
  }
  last = reach(&d);
  CHECK(client_receives_end(&first));
  CHECK(client_receives_end(&last));
  client_drop(&first, false);
  client_drop(&last, false);
  host_close(&d.h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(plain_http_on_a_port_with_tls_is_told),
      TEST(a_version_that_is_too_old_is_told),
      TEST(a_client_that_does_not_trust_us_is_told),
      TEST(a_certificate_that_is_wanting_or_refused_is_told),
      TEST(who_hangs_up_in_the_middle_is_counted),
      TEST(who_takes_too_long_is_counted),
      TEST(who_says_nothing_at_all_is_not_counted),
      TEST(who_is_let_in_is_not_counted_however_it_ends),
      TEST(many_failures_are_all_counted_and_told_once),
      TEST(one_deadline_is_for_all_that_comes_before_the_request),
      TEST(who_has_asked_is_waited_for_no_more),
      TEST(one_that_is_slow_is_found_among_many_that_are_not),
  };
  return CHECK_MAIN(argc, argv, tests);
}
