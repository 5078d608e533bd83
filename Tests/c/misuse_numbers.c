/*
 * misuse_numbers.c - statuses, kinds and codes that are out of range.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>

static void the_version_is_that_of_the_header(void) {
  char expected[32];
  snprintf(expected, sizeof expected, "%d.%d.%d", COVEY_VERSION_MAJOR,
           COVEY_VERSION_MINOR, COVEY_VERSION_PATCH);
  CHECK_TEXT(covey_version(), expected);
  CHECK(covey_version() == covey_version());
}

static void every_status_has_words_of_its_own(void) {
  for (int a = 0; a >= COVEY_E_SYSTEM; a--) {
    const char *words = covey_status_text(a);
    CHECK(words != NULL && words[0] != '\0');
    CHECK(strcmp(words, "unknown status") != 0);
    for (int b = 0; b > a; b--)
      CHECK(strcmp(words, covey_status_text(b)) != 0);
  }
  CHECK_TEXT(covey_status_text(COVEY_E_GONE), "no longer exists");
}

static void an_unknown_status_has_words_too(void) {
  const covey_status unknown[] = {1, -14, -1000, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
    CHECK_TEXT(covey_status_text(unknown[i]), "unknown status");
}

static void an_unknown_kind_is_invalid(void) {
  const covey_kind unknown[] = {0, 3, -1, 8, INT32_MAX, INT32_MIN};
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    CHECK_IS(covey_consumer_send(h.server, consumer, unknown[i], "x", 1),
             COVEY_E_INVALID);
    CHECK_IS(covey_group_broadcast(h.server, "g", unknown[i], "x", 1, 0),
             COVEY_E_INVALID);
  }
  client_drop(&c, false);
  host_close(&h);
}

static void leave_undecided(host *self, covey_consumer_id consumer) {
  (void)self, (void)consumer;
}

static const uint16_t bad_codes[] = {1,    999,  1004, 1005, 1006, 1015, 1016,
                                     1999, 2000, 2999, 5000, 9999, 65535};
enum { BAD_CODES = sizeof bad_codes / sizeof bad_codes[0] };

static void a_code_that_may_not_be_sent_is_invalid(void) {
  host h;
  client c;
  host_prepare(&h);
  h.on_connect = leave_undecided;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  for (size_t i = 0; i < BAD_CODES; i++) {
    CHECK_IS(covey_consumer_reject(h.server, consumer, 0, bad_codes[i]),
             COVEY_E_INVALID);
    CHECK_IS(covey_consumer_close(h.server, consumer, bad_codes[i], NULL),
             COVEY_E_INVALID);
    CHECK_IS(covey_server_stop(h.server, bad_codes[i]), COVEY_E_INVALID);
  }
  CHECK_IS(covey_consumer_accept(h.server, consumer, NULL), COVEY_OK);
  CHECK(client_send_text(&c, "still here"));
  CHECK(client_receives_text(&c, "still here"));
  client_drop(&c, false);
  host_close(&h);
}

static void every_code_that_may_be_sent_is_sent(void) {
  const uint16_t codes[] = {0,    1000, 1001, 1002, 1003, 1007, 1008, 1009,
                            1010, 1011, 1012, 1013, 1014, 3000, 4999};
  host h;
  if (!host_open(&h))
    return;
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    client c;
    int expected = codes[i] == 0 ? 1000 : codes[i];
    int disconnects = atomic_load(&h.disconnects);
    covey_consumer_id consumer = host_connect(&h, &c);
    CHECK_IS(covey_consumer_close(h.server, consumer, codes[i], "r"), COVEY_OK);
    CHECK_IS(client_is_closed(&c), expected);
    AWAIT(&h, atomic_load(&h.disconnects) > disconnects);
    CHECK_IS(h.ending.cause, COVEY_ENDING_HOST);
    CHECK_IS(h.ending.code, expected);
    CHECK_TEXT(h.ending.reason, "r");
    client_drop(&c, false);
  }
  host_close(&h);
}

static void reject_with_bad_statuses(host *self, covey_consumer_id consumer) {
  const uint16_t bad[] = {1, 100, 101, 200, 302, 399, 600, 999, 65535};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    CHECK_IS(covey_consumer_reject(self->server, consumer, bad[i], 0),
             COVEY_E_INVALID);
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static void a_status_that_is_no_refusal_is_invalid(void) {
  host h;
  client c;
  host_prepare(&h);
  h.on_connect = reject_with_bad_statuses;
  if (!host_make(&h, NULL, NULL) || !host_listen(&h))
    return;
  CHECK(host_connect(&h, &c) != 0);
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(the_version_is_that_of_the_header),
      TEST(every_status_has_words_of_its_own),
      TEST(an_unknown_status_has_words_too),
      TEST(an_unknown_kind_is_invalid),
      TEST(a_code_that_may_not_be_sent_is_invalid),
      TEST(every_code_that_may_be_sent_is_sent),
      TEST(a_status_that_is_no_refusal_is_invalid),
  };
  return CHECK_MAIN(argc, argv, tests);
}
