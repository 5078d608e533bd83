/*
 * misuse_state.c - the store with ids of nothing, bytes of nowhere, too early,
 * too late, and inside every handler.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ------------------------------------------------------- ids and nulls -- */

static void a_model_that_was_not_declared_is_invalid(void) {
  boards b;
  if (!boards_open(&b))
    return;
  const covey_model_id none[] = {0, b.card + 1, 99, UINT64_MAX,
                                 UINT64_C(1) << 63};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    covey_server *server = b.h.server;
    const char *json = NULL;
    const char *const *ids = NULL;
    size_t count = 7;
    covey_error error = COVEY_ERROR_INIT;
    CHECK_IS(covey_store_put(server, none[i], "{\"id\":1}", 8, 0, &error),
             COVEY_E_INVALID);
    CHECK(error.message[0] != '\0');
    CHECK_IS(covey_store_delete(server, none[i], "1", NULL), COVEY_E_INVALID);
    CHECK_IS(covey_store_get(server, none[i], "1", &json, &count),
             COVEY_E_INVALID);
    CHECK_IS(covey_store_count(server, none[i], &count), COVEY_E_INVALID);
    CHECK_IS(covey_store_list(server, none[i], &ids, &count), COVEY_E_INVALID);
    CHECK_IS(covey_anchor_count(server, none[i], "1", &count), COVEY_E_INVALID);
    CHECK_IS(count, 7);
    CHECK(json == NULL && ids == NULL);
  }
  boards_close(&b);
}

static void an_output_a_function_is_for_must_not_be_null(void) {
  boards b;
  const char *const *ids = NULL;
  size_t count = 0;
  if (!boards_open(&b))
    return;
  covey_server *server = b.h.server;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK_IS(covey_store_count(server, b.board, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_store_list(server, b.board, NULL, &count), COVEY_E_INVALID);
  CHECK_IS(covey_store_list(server, b.board, &ids, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_anchor_count(server, b.board, "1", NULL), COVEY_E_INVALID);
  CHECK_IS(covey_load_begin(server, 0, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_store_get(server, b.board, "1", NULL, NULL), COVEY_OK);
  boards_close(&b);
}

static void an_id_must_be_given(void) {
  boards b;
  size_t count = 0;
  covey_error error = COVEY_ERROR_INIT;
  if (!boards_open(&b))
    return;
  covey_server *server = b.h.server;
  CHECK_IS(covey_store_delete(server, b.board, NULL, &error), COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  CHECK_IS(covey_store_get(server, b.board, NULL, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_anchor_count(server, b.board, NULL, &count), COVEY_E_INVALID);
  boards_close(&b);
}

static void a_flag_nobody_knows_is_invalid(void) {
  static const uint32_t flags[] = {2, 3, UINT32_C(1) << 31, UINT32_MAX};
  boards b;
  if (!boards_open(&b))
    return;
  for (size_t i = 0; i < 4; i++)
    CHECK_IS(covey_store_put(b.h.server, b.board, "{\"id\":1,\"title\":\"x\"}",
                             20, flags[i], NULL),
             COVEY_E_INVALID);
  CHECK_IS(boards_statistics(&b).instances, 0);
  boards_close(&b);
}

static void loads_of_nothing_are_gone(void) {
  static const covey_load_id none[] = {0, 1, 0x1234, UINT64_MAX};
  boards b;
  covey_transaction *transaction = NULL;
  if (!boards_open(&b))
    return;
  for (size_t i = 0; i < 4; i++) {
    CHECK_IS(covey_load_begin(b.h.server, none[i], &transaction), COVEY_E_GONE);
    CHECK(transaction == NULL);
    CHECK_IS(covey_load_fail(b.h.server, none[i], COVEY_E_SYSTEM),
             COVEY_E_GONE);
    CHECK_IS(covey_load_fail(b.h.server, none[i], COVEY_OK), COVEY_E_INVALID);
  }
  boards_close(&b);
}

/* --------------------------------------------------------------- bytes -- */

/* A copy that ends where the readable memory ends. */
static char *at_the_end_of_a_page(const char *text, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, page * 2, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!CHECK(pages != MAP_FAILED))
    exit(1);
  memcpy(pages + page - size, text, size);
  CHECK_IS(mprotect(pages + page, page, PROT_NONE), 0);
  return pages + page - size;
}

static void no_byte_behind_the_size_is_read(void) {
  static const char whole[] = "{\"id\":1,\"title\":\"\xc3\xa9\\u00e9\","
                              "\"cards\":[1,-20]}";
  boards b;
  if (!boards_open(&b))
    return;
  for (size_t size = 0; size < sizeof whole; size++) {
    char *json = at_the_end_of_a_page(whole, size);
    covey_transaction *transaction = NULL;
    bool is_whole = size == sizeof whole - 1;
    CHECK_IS(covey_store_put(b.h.server, b.board, json, size, 0, NULL),
             is_whole ? COVEY_OK : COVEY_E_INVALID);
    CHECK_IS(
        covey_store_put(b.h.server, b.board, json, size, COVEY_PUT_MERGE, NULL),
        is_whole ? COVEY_OK : COVEY_E_INVALID);
    CHECK_IS(covey_transaction_begin(b.h.server, &transaction), COVEY_OK);
    CHECK_IS(covey_transaction_put(transaction, b.board, json, size, 0, NULL),
             is_whole ? COVEY_OK : COVEY_E_INVALID);
    CHECK_IS(covey_transaction_abort(transaction), COVEY_OK);
    CHECK_IS(covey_call_return(b.h.server, 0, json, size),
             is_whole ? COVEY_E_GONE : COVEY_E_INVALID);
    CHECK_IS(covey_variable_set(b.h.server, 0, "n", json, size),
             is_whole ? COVEY_E_GONE : COVEY_E_INVALID);
  }
  boards_close(&b);
}

static void a_size_that_cannot_be_is_refused_without_reading(void) {
  static const size_t sizes[] = {SIZE_MAX,     SIZE_MAX / 2 + 1,
                                 SIZE_MAX / 2, (size_t)1 << 40,
                                 UINT32_MAX,   (size_t)INT32_MAX + 1};
  boards b;
  if (!boards_open(&b))
    return;
  char *json = at_the_end_of_a_page("{", 1);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    covey_server *server = b.h.server;
    CHECK_IS(covey_store_put(server, b.board, json, sizes[i], 0, NULL),
             COVEY_E_TOO_LARGE);
    CHECK_IS(covey_call_return(server, 0, json, sizes[i]), COVEY_E_TOO_LARGE);
    CHECK_IS(covey_variable_set(server, 0, "n", json, sizes[i]),
             COVEY_E_TOO_LARGE);
    CHECK_IS(covey_write_accept(server, 0, NULL, json, sizes[i], NULL),
             COVEY_E_TOO_LARGE);
    CHECK_IS(covey_anchor_replace(server, 0, (const char *const *)(void *)json,
                                  sizes[i]),
             COVEY_E_TOO_LARGE);
  }
  boards_close(&b);
}

static void every_flipped_bit_is_an_answer(void) {
  static const char good[] = "{\"id\":1,\"board\":2,\"text\":\"\\u00e9\","
                             "\"who\":null}";
  boards b;
  char json[sizeof good];
  if (!boards_open(&b))
    return;
  for (size_t bit = 0; bit < (sizeof good - 1) * 8; bit++) {
    memcpy(json, good, sizeof good);
    json[bit / 8] = (char)(json[bit / 8] ^ (1 << bit % 8));
    covey_status status =
        covey_store_put(b.h.server, b.card, json, sizeof good - 1, 0, NULL);
    CHECK(status == COVEY_OK || status == COVEY_E_INVALID);
  }
  boards_close(&b);
}

/* ------------------------------------------------- too early, too late -- */

static void a_store_may_be_filled_before_the_server_listens(void) {
  boards b;
  client c;
  boards_prepare(&b);
  if (!boards_make(&b, NULL))
    return;
  boards_put(&b, b.board, "{'id':1,'title':'one'}");
  CHECK(host_listen(&b.h));
  CHECK(boards_enter(&b, &c, "/boards/1/", "ada") != 0);
  CHECK(hears(&c, ANCHORS("1")));
  client_drop(&c, false);
  boards_close(&b);
}

static void set_on_change_is_given_back_when_it_fails(void) {
  boards b;
  atomic_int destroyed = 0;
  if (!boards_open(&b))
    return;
  CHECK_IS(covey_store_set_on_change(NULL, NULL, &destroyed, count_destroy),
           COVEY_E_INVALID);
  CHECK_IS(atomic_load(&destroyed), 1);
  boards_close(&b);
}

static void a_server_without_models_has_an_empty_store(void) {
  covey_server *server = NULL;
  size_t count = 7;
  covey_transaction *transaction = NULL;
  if (!CHECK_IS(covey_server_new(NULL, &server, NULL), COVEY_OK))
    return;
  CHECK_IS(covey_store_count(server, 1, &count), COVEY_E_INVALID);
  CHECK_IS(covey_store_put(server, 1, "{\"id\":1}", 8, 0, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_transaction_begin(server, &transaction), COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
  CHECK_IS(covey_server_free(server), COVEY_OK);
}

static void change_elsewhere(void *argument) {
  boards *b = argument;
  covey_transaction *transaction = NULL;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  CHECK_IS(covey_transaction_begin(b->h.server, &transaction), COVEY_OK);
  CHECK_IS(covey_transaction_put(transaction, b->board,
                                 "{\"id\":1,\"title\":\"x\"}", 20, 0, NULL),
           COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_OK);
}

static void what_is_in_the_mailbox_at_the_end_is_forgotten(void) {
  boards b;
  if (!boards_open(&b))
    return;
  check_elsewhere(change_elsewhere, &b);
  boards_close(&b);
}

/* ---------------------------------------------------- inside a handler -- */

static atomic_int visits;

/* What may not be done inside a handler, and what may. */
static void try_everything(boards *self) {
  covey_server *server = self->h.server;
  const char *json = NULL;
  const char *const *ids = NULL;
  size_t count = 0;
  covey_model model = COVEY_MODEL_INIT;
  model.name = "Late";
  CHECK_IS(covey_server_run(server), COVEY_E_BUSY);
  CHECK_IS(covey_server_service(server, 0), COVEY_E_BUSY);
  CHECK_IS(covey_server_start(server), COVEY_E_BUSY);
  CHECK_IS(covey_server_free(server), COVEY_E_BUSY);
  CHECK_IS(covey_server_listen(server, NULL, NULL, NULL), COVEY_E_BUSY);
  CHECK_IS(covey_model_register(server, &model, NULL, NULL), COVEY_E_BUSY);
  boards_put(self, self->card, "{'id':50,'board':50,'text':'x'}");
  CHECK_IS(covey_store_get(server, self->card, "50", &json, NULL), COVEY_OK);
  CHECK_IS(covey_store_list(server, self->card, &ids, &count), COVEY_OK);
  boards_delete(self, self->card, "50");
  CHECK_TEXT(json, "{\"id\":50,\"board\":50,\"text\":\"x\",\"who\":null}");
  CHECK(ids != NULL && strcmp(ids[0], "50") == 0);
  atomic_fetch_add(&visits, 1);
}

static void try_in_authenticate(boards *self, covey_consumer_id consumer,
                                const char *token, size_t size) {
  (void)size;
  try_everything(self);
  CHECK_IS(covey_consumer_authenticate(self->h.server, consumer, token),
           COVEY_OK);
}

static void try_in_authorize(boards *self, covey_consumer_id consumer) {
  try_everything(self);
  CHECK_IS(covey_consumer_authorize(self->h.server, consumer), COVEY_OK);
}

static void try_in_open(boards *self, covey_consumer_id consumer,
                        uint64_t last_update) {
  (void)consumer, (void)last_update;
  try_everything(self);
}

static void try_in_list(boards *self, covey_consumer_id consumer) {
  static const char *const ids[] = {"1"};
  try_everything(self);
  CHECK_IS(covey_anchor_replace(self->h.server, consumer, ids, 1), COVEY_OK);
}

static void try_in_load(boards *self, covey_load_id load, const char *id) {
  CHECK_TEXT(id, "1");
  try_everything(self);
  boards_put(self, self->board, "{'id':1,'title':'one'}");
  CHECK_IS(covey_load_fail(self->h.server, load, COVEY_E_NOT_FOUND), COVEY_OK);
}

static void try_in_write(boards *self, covey_consumer_id consumer,
                         covey_call_id call, const covey_write *write) {
  (void)consumer, (void)write;
  try_everything(self);
  CHECK_IS(covey_call_drop(self->h.server, call), COVEY_OK);
}

static void try_in_action(boards *self, covey_consumer_id consumer,
                          covey_call_id call, const char *parameters,
                          size_t size) {
  (void)consumer, (void)parameters, (void)size;
  try_everything(self);
  CHECK_IS(covey_call_drop(self->h.server, call), COVEY_OK);
}

static void try_in_change(covey_server *server, covey_model_id model,
                          const char *id, const char *json, size_t size,
                          uint64_t version, void *user) {
  boards *self = user;
  (void)server, (void)size, (void)version;
  if (model == self->board && json != NULL && strcmp(id, "1") == 0)
    try_everything(self);
}

static void declare_action(boards *b) {
  boards_act(b, b->many, "act", NULL, 0, NULL, 0);
}

static void all_of_it_may_be_called_inside_every_handler(void) {
  boards b;
  client c;
  boards_prepare(&b);
  b.has_loader = true;
  b.declare = declare_action;
  b.on_authenticate = try_in_authenticate;
  b.on_authorize = try_in_authorize;
  b.on_open = try_in_open;
  b.on_list = try_in_list;
  b.on_load = try_in_load;
  b.on_write = try_in_write;
  b.on_action = try_in_action;
  if (!boards_make(&b, NULL) || !host_listen(&b.h))
    return;
  CHECK_IS(covey_store_set_on_change(b.h.server, try_in_change, &b, NULL),
           COVEY_OK);
  CHECK(boards_enter(&b, &c, "/boards/", "ada") != 0);
  CHECK(skips_snapshot(&c));
  CHECK(says(&c, "{'callId':1,'action':'act','params':[]}"));
  CHECK(hears_start(&c, ACTION_ERROR("1", "500")));
  CHECK(says(&c, "{'type':'write','writeId':1,'operation':'save',"
                 "'instanceType':'Board','instanceId':1,'data':{}}"));
  CHECK(hears_start(&c, WRITE_ERROR("1", "500")));
  AWAIT(&b.h, atomic_load(&visits) == 8);
  client_drop(&c, false);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_model_that_was_not_declared_is_invalid),
      TEST(an_output_a_function_is_for_must_not_be_null),
      TEST(an_id_must_be_given),
      TEST(a_flag_nobody_knows_is_invalid),
      TEST(loads_of_nothing_are_gone),
      TEST(no_byte_behind_the_size_is_read),
      TEST(a_size_that_cannot_be_is_refused_without_reading),
      TEST(every_flipped_bit_is_an_answer),
      TEST(a_store_may_be_filled_before_the_server_listens),
      TEST(set_on_change_is_given_back_when_it_fails),
      TEST(a_server_without_models_has_an_empty_store),
      TEST(what_is_in_the_mailbox_at_the_end_is_forgotten),
      TEST(all_of_it_may_be_called_inside_every_handler),
  };
  return CHECK_MAIN(argc, argv, tests);
}
