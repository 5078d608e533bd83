/*
 * misuse_layers.c - layers that are none: every error says what is wrong, and
 * none of them a password or a key.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char good[] = "redis://127.0.0.1:1";

/* Tries it on a server of its own; the error, which is one line, has to have
 * the words in it; NULL: it has to go well. */
static void check_layer(const char *url, covey_layer_options options,
                        const char *words) {
  host h;
  atomic_int destroyed = 0;
  covey_error error = COVEY_ERROR_INIT;
  options.user = &destroyed;
  options.destroy = count_destroy;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  covey_status status = covey_server_set_layer(h.server, url, &options, &error);
  CHECK_IS(status, words == NULL ? COVEY_OK : COVEY_E_INVALID);
  CHECK_IS(error.status, status);
  CHECK_IS(atomic_load(&destroyed), words == NULL ? 0 : 1);
  if (words != NULL && !CHECK(strstr(error.message, words) != NULL))
    printf("  it says \"%s\", not \"%s\"\n", error.message, words);
  CHECK(strchr(error.message, '\n') == NULL);
  CHECK(strstr(error.message, "secret") == NULL);
  /* The server is none the worse for it. */
  CHECK(words == NULL || host_listen(&h));
  host_close(&h);
  CHECK_IS(atomic_load(&destroyed), 1);
}

static void a_url_that_is_none_is_invalid(void) {
  static const struct {
    const char *url, *words;
  } bad[] = {
      {NULL, "url"},
      {"", "redis url"},
      {"127.0.0.1", "redis url"},
      {"http://127.0.0.1", "scheme"},
      {"rediss://127.0.0.1", "TLS"},
      {"redis+flask://127.0.0.1", "scheme"},
      {"redis://", "host"},
      {"redis://127.0.0.1:0", "port"},
      {"redis://127.0.0.1:65536", "port"},
      {"redis://127.0.0.1/x", "database"},
      {"redis://127.0.0.1/?nosuch=1", "nosuch"},
      {"redis://127.0.0.1/?prefix=", "prefix is 0 bytes"},
      {"redis://127.0.0.1/?log=100001", "log"},
      {"redis://127.0.0.1/?log=1&log=2", "log twice"},
      {"redis://127.0.0.1/?capacity=1", "capacity is not for"},
      {"redis+django://127.0.0.1/?log=1", "log is not for"},
      {"redis+django://127.0.0.1/?expiry=0", "expiry"},
      {"redis+unix://host/tmp/socket", "host"},
      {"redis+unix://", "path"},
      {"redis://127.0.0.1/?prefix=%", "prefix"},
      {"\xff", "utf-8"},
  };
  const covey_layer_options defaults = COVEY_LAYER_OPTIONS_INIT;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i].url);
    check_layer(bad[i].url, defaults, bad[i].words);
  }
}

static void a_url_of_each_driver_is_taken(void) {
  static const char *const urls[] = {
      "redis://127.0.0.1",
      "valkey://localhost:7000/3?log=0",
      "redis+django://u:p%40ss@[::1]:6379/?capacity=5&expiry=9",
      "redis+django-pubsub://:pass@host/?key=a&key=b&prefix=x",
      "redis+unix:///no/such/socket?db=2",
      "valkey+django+unix://u:p@/no/such"};
  const covey_layer_options defaults = COVEY_LAYER_OPTIONS_INIT;
  for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
    check_note(urls[i]);
    check_layer(urls[i], defaults, NULL);
  }
}

static void an_error_quotes_no_password_and_no_key(void) {
  static const char *const urls[] = {
      "redis://user:secret@127.0.0.1:x",
      "redis://user:secret@127.0.0.1/x",
      "redis://user:secret@127.0.0.1/?nosuch=1",
      "redis://user:secret@",
      "redis://:secret",
      "redis://secret@127.0.0.1",
      "redis://user:secret/word@127.0.0.1",
      "redis://user:secret?word@127.0.0.1",
      "redis://user:secret#word@127.0.0.1",
      "redis://user:secret%zz@127.0.0.1",
      "redis://user:secret%00@127.0.0.1",
      "redis+django+unix://user:secret@host/path",
      "redis://127.0.0.1/?key=secret%zz",
      "redis://127.0.0.1/?key=secret&nosuch=1",
      "redis://127.0.0.1/?Key=secret",
      "redis://127.0.0.1/?key:secret",
      "user:secret@127.0.0.1",
      "redis:/user:secret@127.0.0.1",
      "redis:user:secret@127.0.0.1",
  };
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
    check_note(urls[i]);
    check_layer(urls[i], options, "");
  }
}

#define CHECK_FIELD(field, number, words)                                      \
  do {                                                                         \
    covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;                    \
    options.field = (number);                                                  \
    check_note(#field " = " #number);                                          \
    check_layer(good, options, words);                                         \
  } while (0)

static void an_option_past_its_range_is_invalid(void) {
  CHECK_FIELD(queue_entries_max, 10000001, "queue_entries_max is 10000001");
  CHECK_FIELD(queue_entries_max, UINT32_MAX, "queue_entries_max");
  CHECK_FIELD(queue_bytes_max, 65535, "queue_bytes_max is 65535, limit 65536");
  CHECK_FIELD(queue_bytes_max, UINT64_MAX, "queue_bytes_max");
  CHECK_FIELD(connect_timeout_ms, 3600001, "connect_timeout_ms");
  CHECK_FIELD(connect_timeout_ms, COVEY_OFF, "connect_timeout_ms");
  CHECK_FIELD(answer_timeout_ms, 99, "answer_timeout_ms is 99, limit 100");
  CHECK_FIELD(answer_timeout_ms, UINT32_MAX, "answer_timeout_ms");
  CHECK_FIELD(retry_ms_max, 99, "retry_ms_max is 99, limit 100");
  CHECK_FIELD(retry_ms_max, UINT32_MAX, "retry_ms_max");
  CHECK_FIELD(reserved, 1, "reserved");
}

static void an_option_at_the_end_of_its_range_is_taken(void) {
  CHECK_FIELD(queue_entries_max, 1, NULL);
  CHECK_FIELD(queue_entries_max, 10000000, NULL);
  CHECK_FIELD(queue_bytes_max, 65536, NULL);
  CHECK_FIELD(queue_bytes_max, UINT64_C(64) << 30, NULL);
  CHECK_FIELD(connect_timeout_ms, 1, NULL);
  CHECK_FIELD(connect_timeout_ms, 3600000, NULL);
  CHECK_FIELD(answer_timeout_ms, 100, NULL);
  CHECK_FIELD(answer_timeout_ms, 3600000, NULL);
  CHECK_FIELD(retry_ms_max, 100, NULL);
  CHECK_FIELD(retry_ms_max, 3600000, NULL);
}

/* ----------------------------------------------------------- struct_size -- */

static void a_struct_without_its_size_is_invalid(void) {
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (uint32_t size = 0; size < 4; size++) {
    covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
    options.struct_size = size;
    CHECK_IS(covey_server_set_layer(h.server, good, &options, NULL),
             COVEY_E_INVALID);
  }
  host_close(&h);
}

static void what_an_older_program_does_not_know_is_not_read(void) {
  covey_layer_options options;
  host h;
  memset(&options, 0xff, sizeof options);
  options.struct_size = offsetof(covey_layer_options, queue_bytes_max);
  options.queue_entries_max = 5;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_server_set_layer(h.server, good, &options, NULL), COVEY_OK);
  host_close(&h);
}

static void what_a_newer_program_sets_must_be_zero(void) {
  struct {
    covey_layer_options known;
    uint64_t more[3];
  } newer = {COVEY_LAYER_OPTIONS_INIT, {0, 0, 1}};
  atomic_int destroyed = 0;
  host h;
  newer.known.struct_size = sizeof newer;
  newer.known.user = &destroyed;
  newer.known.destroy = count_destroy;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_server_set_layer(h.server, good, &newer.known, NULL),
           COVEY_E_INVALID);
  CHECK_IS(atomic_load(&destroyed), 1);
  newer.more[2] = 0;
  CHECK_IS(covey_server_set_layer(h.server, good, &newer.known, NULL),
           COVEY_OK);
  host_close(&h);
  CHECK_IS(atomic_load(&destroyed), 2);
}

static void a_struct_of_four_gigabytes_is_invalid_without_reading(void) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, page * 2, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  host h;
  if (!CHECK(pages != MAP_FAILED))
    return;
  CHECK_IS(mprotect(pages + page, page, PROT_NONE), 0);
  covey_layer_options *options =
      (void *)(pages + page - sizeof(covey_layer_options));
  options->struct_size = UINT32_MAX;
  host_prepare(&h);
  if (host_make(&h, NULL, NULL)) {
    CHECK_IS(covey_server_set_layer(h.server, good, options, NULL),
             COVEY_E_INVALID);
    host_close(&h);
  }
  munmap(pages, page * 2);
}

/* ------------------------------------------------------ when, and by whom --
 */

struct attempt {
  covey_server *server;
  const char *url;
  covey_status expected;
};

static void try_layer(void *argument) {
  const struct attempt *attempt = argument;
  atomic_int destroyed = 0;
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  options.user = &destroyed;
  options.destroy = count_destroy;
  CHECK_IS(
      covey_server_set_layer(attempt->server, attempt->url, &options, NULL),
      attempt->expected);
  CHECK_IS(atomic_load(&destroyed), 1);
}

static void a_layer_belongs_to_the_setup_and_is_set_once(void) {
  atomic_int destroyed = 0;
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  host h;
  options.user = &destroyed;
  options.destroy = count_destroy;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  struct attempt without = {NULL, good, COVEY_E_INVALID};
  struct attempt elsewhere = {h.server, good, COVEY_E_WRONG_THREAD};
  struct attempt again = {h.server, good, COVEY_E_EXISTS};
  struct attempt late = {h.server, good, COVEY_E_BUSY};
  try_layer(&without);
  check_elsewhere(try_layer, &elsewhere);
  CHECK_IS(covey_server_set_layer(h.server, good, &options, NULL), COVEY_OK);
  try_layer(&again);
  CHECK(host_listen(&h));
  try_layer(&late);
  CHECK_IS(atomic_load(&destroyed), 0);
  host_close(&h);
  CHECK_IS(atomic_load(&destroyed), 1);
}

static void what_is_passed_in_is_copied(void) {
  char url[] = "redis://127.0.0.1:1/?prefix=copied";
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_server_set_layer(h.server, url, &options, NULL), COVEY_OK);
  memset(url, '#', sizeof url - 1);
  memset(&options, 0xff, sizeof options);
  CHECK(host_listen(&h));
  host_turn(&h);
  host_turn(&h);
  host_close(&h);
}

static void an_address_has_a_form_that_the_layer_reaches(void) {
  static const struct {
    const char *url, *address;
    covey_status expected;
  } cases[] = {
      {"redis://127.0.0.1:1", "thumbnails", COVEY_E_NOT_FOUND},
      {"redis://127.0.0.1:1", "specific.covey0000000000000001!0000000000000001",
       COVEY_OK},
      {"redis+django://127.0.0.1:1", "thumbnails", COVEY_OK},
      {"redis+django://127.0.0.1:1", "specific.7d8a40bc!19b3", COVEY_OK},
      {"redis+django://127.0.0.1:1", "two words", COVEY_E_NOT_FOUND},
      {"redis+django-pubsub://127.0.0.1:1", "specific.7d8a40bc!19b3", COVEY_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    covey_error error = COVEY_ERROR_INIT;
    host h;
    check_note(cases[i].address);
    host_prepare(&h);
    if (!host_make(&h, NULL, NULL))
      return;
    CHECK_IS(covey_server_set_layer(h.server, cases[i].url, NULL, NULL),
             COVEY_OK);
    CHECK(host_listen(&h));
    CHECK_IS(covey_address_send(h.server, cases[i].address,
                                "{\"type\":\"note\"}", 15, &error),
             cases[i].expected);
    CHECK((cases[i].expected == COVEY_OK) ==
          (strstr(error.message, cases[i].address) == NULL));
    host_close(&h);
  }
}

static void a_number_that_django_cannot_have_is_invalid(void) {
  static const char large[] = "{\"type\":\"note\",\"n\":18446744073709551616}";
  static const char *const urls[] = {"redis+django://127.0.0.1:1",
                                     "redis+django-pubsub://127.0.0.1:1"};
  for (size_t i = 0; i < 2; i++) {
    covey_error error = COVEY_ERROR_INIT;
    host h;
    check_note(urls[i]);
    host_prepare(&h);
    if (!host_make(&h, NULL, NULL))
      return;
    CHECK_IS(covey_server_set_layer(h.server, urls[i], NULL, NULL), COVEY_OK);
    CHECK(host_listen(&h));
    CHECK_IS(covey_group_send(h.server, "g", large, sizeof large - 1, &error),
             COVEY_E_INVALID);
    CHECK(error.message[0] != '\0');
    CHECK_IS(covey_address_send(h.server, "thumbnails!1", large,
                                sizeof large - 1, NULL),
             COVEY_E_INVALID);
    host_close(&h);
  }
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_url_that_is_none_is_invalid),
      TEST(a_url_of_each_driver_is_taken),
      TEST(an_error_quotes_no_password_and_no_key),
      TEST(an_option_past_its_range_is_invalid),
      TEST(an_option_at_the_end_of_its_range_is_taken),
      TEST(a_struct_without_its_size_is_invalid),
      TEST(what_an_older_program_does_not_know_is_not_read),
      TEST(what_a_newer_program_sets_must_be_zero),
      TEST(a_struct_of_four_gigabytes_is_invalid_without_reading),
      TEST(a_layer_belongs_to_the_setup_and_is_set_once),
      TEST(what_is_passed_in_is_copied),
      TEST(an_address_has_a_form_that_the_layer_reaches),
      TEST(a_number_that_django_cannot_have_is_invalid),
  };
  return CHECK_MAIN(argc, argv, tests);
}
