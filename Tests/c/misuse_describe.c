/*
 * misuse_describe.c - descriptions and clients that cannot be made: NULLs,
 * structs of every size, flags, folders, and calls from everywhere.
 */
#include "boards.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What checks, and so writes nothing. */
static covey_typescript_options checking(void) {
  covey_typescript_options options = COVEY_TYPESCRIPT_OPTIONS_INIT;
  options.flags = COVEY_TYPESCRIPT_CHECK | COVEY_TYPESCRIPT_RXDJANGO;
  options.folder = "misuse";
  return options;
}

static covey_status generate(boards *b,
                             const covey_typescript_options *options) {
  covey_error error = COVEY_ERROR_INIT;
  size_t changed = 77;
  covey_status status =
      covey_server_generate_typescript(b->h.server, options, &changed, &error);
  CHECK_IS(error.status, status);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  CHECK((status == COVEY_OK) == (changed != 77));
  return status;
}

static bool make(boards *b) {
  boards_prepare(b);
  return boards_make(b, NULL);
}

/* ----------------------------------------------------------- arguments -- */

static void a_description_needs_a_place_for_its_text(void) {
  boards b;
  covey_error error = COVEY_ERROR_INIT;
  const char *json = NULL;
  size_t size = 77;
  if (!make(&b))
    return;
  CHECK_IS(covey_server_describe(NULL, &json, &size, &error), COVEY_E_INVALID);
  CHECK_IS(error.status, COVEY_E_INVALID);
  CHECK(json == NULL && size == 77);
  CHECK_IS(covey_server_describe(b.h.server, NULL, &size, &error),
           COVEY_E_INVALID);
  CHECK(strstr(error.message, "json_out") != NULL);
  CHECK_IS(size, 77);
  CHECK_IS(covey_server_describe(b.h.server, NULL, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_server_describe(b.h.server, &json, NULL, NULL), COVEY_OK);
  CHECK(json != NULL);
  boards_close(&b);
}

static void a_generator_needs_options_and_a_folder(void) {
  boards b;
  if (!make(&b))
    return;
  covey_typescript_options options = checking();
  CHECK_IS(generate(&b, NULL), COVEY_E_INVALID);
  options.folder = NULL;
  CHECK_IS(generate(&b, &options), COVEY_E_INVALID);
  options.folder = "";
  CHECK_IS(generate(&b, &options), COVEY_E_INVALID);
  CHECK_IS(covey_server_generate_typescript(b.h.server, NULL, NULL, NULL),
           COVEY_E_INVALID);
  options = checking();
  CHECK_IS(covey_server_generate_typescript(NULL, &options, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_server_generate_typescript(b.h.server, &options, NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void texts_of_the_options_are_utf8(void) {
  static const size_t texts[] = {offsetof(covey_typescript_options, folder),
                                 offsetof(covey_typescript_options, module),
                                 offsetof(covey_typescript_options, url)};
  static const char *const bad = "a\xff";
  boards b;
  if (!make(&b))
    return;
  for (size_t i = 0; i < 3; i++) {
    covey_typescript_options options = checking();
    memcpy((char *)&options + texts[i], &bad, sizeof bad);
    CHECK_IS(generate(&b, &options), COVEY_E_INVALID);
  }
  boards_close(&b);
}

static void flags_are_those_of_the_header(void) {
  static const uint32_t bad[] = {4, 7, UINT32_C(1) << 31, UINT32_MAX};
  boards b;
  if (!make(&b))
    return;
  for (size_t i = 0; i < 4; i++) {
    covey_typescript_options options = checking();
    options.flags = bad[i];
    CHECK_IS(generate(&b, &options), COVEY_E_INVALID);
  }
  boards_close(&b);
}

/* ------------------------------------------------------------- structs -- */

static void options_have_the_size_they_say(void) {
  static const uint32_t bad[] = {0, 1, 3, 1 << 20, UINT32_MAX};
  struct {
    covey_typescript_options known;
    uint64_t more[3];
  } newer = {checking(), {0}};
  boards b;
  if (!make(&b))
    return;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    covey_typescript_options options = checking();
    options.struct_size = bad[i];
    CHECK_IS(generate(&b, &options), COVEY_E_INVALID);
  }
  newer.known.struct_size = sizeof newer;
  CHECK_IS(generate(&b, &newer.known), COVEY_OK);
  for (size_t i = 0; i < 3; i++) {
    memset(newer.more, 0, sizeof newer.more);
    newer.more[i] = 1;
    CHECK_IS(generate(&b, &newer.known), COVEY_E_INVALID);
  }
  boards_close(&b);
}

static void older_options_are_read_as_far_as_they_go(void) {
  boards b;
  if (!make(&b))
    return;
  covey_typescript_options options = checking();
  options.struct_size = offsetof(covey_typescript_options, module);
  memset(&options.module, 0xff,
         sizeof options - offsetof(covey_typescript_options, module));
  CHECK_IS(generate(&b, &options), COVEY_OK);
  options.struct_size = offsetof(covey_typescript_options, folder);
  CHECK_IS(generate(&b, &options), COVEY_E_INVALID); /* it has no folder */
  boards_close(&b);
}

static void options_of_four_gigabytes_are_invalid_without_reading(void) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, page * 2, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  boards b;
  if (!CHECK(pages != MAP_FAILED) || !make(&b))
    return;
  CHECK_IS(mprotect(pages + page, page, PROT_NONE), 0);
  covey_typescript_options *options =
      (void *)(pages + page - sizeof(covey_typescript_options));
  *options = checking();
  options->struct_size = UINT32_MAX;
  CHECK_IS(generate(&b, options), COVEY_E_INVALID);
  options->struct_size = sizeof *options;
  CHECK_IS(generate(&b, options), COVEY_OK);
  boards_close(&b);
  munmap(pages, page * 2);
}

/* -------------------------------------------------------------- places -- */

static void try_elsewhere(void *argument) {
  boards *b = argument;
  covey_typescript_options options = checking();
  covey_error error = COVEY_ERROR_INIT;
  const char *json = NULL;
  CHECK_IS(covey_server_describe(b->h.server, &json, NULL, &error),
           COVEY_E_WRONG_THREAD);
  CHECK_IS(error.status, COVEY_E_WRONG_THREAD);
  CHECK(json == NULL);
  CHECK_IS(generate(b, &options), COVEY_E_WRONG_THREAD);
}

static void only_the_loops_thread_describes(void) {
  boards b;
  if (!make(&b))
    return;
  check_elsewhere(try_elsewhere, &b);
  CHECK(host_listen(&b.h));
  check_elsewhere(try_elsewhere, &b);
  boards_close(&b);
}

static atomic_int visits;

static void try_here(boards *b) {
  covey_typescript_options options = checking();
  const char *json = NULL;
  size_t size = 0;
  CHECK_IS(covey_server_describe(b->h.server, &json, &size, NULL), COVEY_OK);
  CHECK_IS(strlen(json), size);
  CHECK_IS(generate(b, &options), COVEY_OK);
  CHECK_IS(strlen(json), size);
  atomic_fetch_add(&visits, 1);
}

static void describe_in_task(covey_server *server, void *user) {
  (void)server;
  try_here(user);
}

static void describe_in_open(boards *self, covey_consumer_id consumer,
                             uint64_t last_update) {
  (void)consumer, (void)last_update;
  try_here(self);
}

static void describe_in_action(boards *self, covey_consumer_id consumer,
                               covey_call_id call, const char *parameters,
                               size_t size) {
  (void)consumer, (void)parameters, (void)size;
  try_here(self);
  CHECK_IS(covey_call_return(self->h.server, call, NULL, 0), COVEY_OK);
}

static void declare_action(boards *b) {
  boards_act(b, b->one, "describe", NULL, 0, NULL, 0);
}

static void handlers_may_describe(void) {
  boards b;
  client c;
  boards_prepare(&b);
  b.declare = declare_action;
  b.on_open = describe_in_open;
  b.on_action = describe_in_action;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK_IS(covey_server_post(b.h.server, describe_in_task, &b, NULL), COVEY_OK);
  AWAIT(&b.h, atomic_load(&visits) == 1);
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK_IS(atomic_load(&visits), 2);
  CHECK(says(&c, "{'callId':1,'action':'describe','params':[]}"));
  CHECK(hears(&c, RESULT("1", "null")));
  CHECK_IS(atomic_load(&visits), 3);
  client_drop(&c, false);
  boards_close(&b);
}

struct hearer {
  boards *b;
  int times;
};

static void describe_in_output(const char *text, size_t size, void *user) {
  struct hearer *hearer = user;
  CHECK(text != NULL && size > 0);
  if (hearer->times++ == 0)
    try_here(hearer->b);
}

static void who_is_handed_output_may_describe(void) {
  boards b;
  if (!make(&b))
    return;
  struct hearer hearer = {&b, 0};
  covey_typescript_options options = checking();
  options.on_output = describe_in_output;
  options.user = &hearer;
  CHECK_IS(generate(&b, &options), COVEY_OK);
  CHECK_IS(hearer.times, 2);
  CHECK_IS(atomic_load(&visits), 1);
  boards_close(&b);
}

static void describe_on_loop(void *argument) { try_here(argument); }

static void a_started_server_is_described_on_its_own_thread(void) {
  boards b;
  if (!boards_open(&b))
    return;
  b.h.is_driven_elsewhere = true;
  CHECK_IS(covey_server_start(b.h.server), COVEY_OK);
  try_elsewhere(&b);
  CHECK_IS(host_on_loop(&b.h, describe_on_loop, &b), COVEY_OK);
  CHECK_IS(atomic_load(&visits), 1);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_description_needs_a_place_for_its_text),
      TEST(a_generator_needs_options_and_a_folder),
      TEST(texts_of_the_options_are_utf8),
      TEST(flags_are_those_of_the_header),
      TEST(options_have_the_size_they_say),
      TEST(older_options_are_read_as_far_as_they_go),
      TEST(options_of_four_gigabytes_are_invalid_without_reading),
      TEST(only_the_loops_thread_describes),
      TEST(handlers_may_describe),
      TEST(who_is_handed_output_may_describe),
      TEST(a_started_server_is_described_on_its_own_thread),
  };
  return CHECK_MAIN(argc, argv, tests);
}
