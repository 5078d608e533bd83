/*
 * misuse_structs.c - structs of every size, and fields that are out of range.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ------------------------------------------------------------- _init() -- */

/* What _init() is to do for one struct: exactly `size` bytes are written, of
 * which the first four say so and the others are zero. */
#define CHECK_INIT(type, init)                                                 \
  do {                                                                         \
    const size_t sizes[] = {4, 8, sizeof(type), sizeof(type) + 32};            \
    union {                                                                    \
      type value;                                                              \
      unsigned char bytes[sizeof(type) + 64];                                  \
    } room;                                                                    \
    check_note(#init);                                                         \
    init(NULL, sizeof(type));                                                  \
    init(NULL, 0);                                                             \
    init(NULL, SIZE_MAX);                                                      \
    for (size_t i = 0; i < 4; i++) {                                           \
      memset(room.bytes, 0xaa, sizeof room);                                   \
      init(&room.value, sizes[i]);                                             \
      CHECK_IS(room.value.struct_size, sizes[i]);                              \
      for (size_t j = 4; j < sizeof room; j++)                                 \
        CHECK_IS(room.bytes[j], j < sizes[i] ? 0 : 0xaa);                      \
    }                                                                          \
    for (size_t size = 0; size < 4; size++) {                                  \
      memset(room.bytes, 0xaa, sizeof room);                                   \
      init(&room.value, size);                                                 \
      for (size_t j = size; j < sizeof room; j++)                              \
        CHECK_IS(room.bytes[j], 0xaa);                                         \
    }                                                                          \
  } while (0)

static void init_writes_as_many_bytes_as_it_is_told(void) {
  CHECK_INIT(covey_server_options, covey_server_options_init);
  CHECK_INIT(covey_listen_options, covey_listen_options_init);
  CHECK_INIT(covey_channel_handlers, covey_channel_handlers_init);
  CHECK_INIT(covey_channel_options, covey_channel_options_init);
  CHECK_INIT(covey_statistics, covey_statistics_init);
  CHECK_INIT(covey_error, covey_error_init);
  CHECK_INIT(covey_model, covey_model_init);
  CHECK_INIT(covey_action, covey_action_init);
  CHECK_INIT(covey_context_handlers, covey_context_handlers_init);
  CHECK_INIT(covey_context_options, covey_context_options_init);
  CHECK_INIT(covey_typescript_options, covey_typescript_options_init);
  CHECK_INIT(covey_layer_options, covey_layer_options_init);
}

#define CHECK_SAME(type, MACRO, init)                                          \
  do {                                                                         \
    type by_macro = MACRO, by_function;                                        \
    memset(&by_function, 0xaa, sizeof by_function);                            \
    init(&by_function, sizeof by_function);                                    \
    check_note(#init);                                                         \
    CHECK(memcmp(&by_macro, &by_function, sizeof by_macro) == 0);              \
  } while (0)

static void macro_and_function_say_the_same(void) {
  CHECK_SAME(covey_server_options, COVEY_SERVER_OPTIONS_INIT,
             covey_server_options_init);
  CHECK_SAME(covey_listen_options, COVEY_LISTEN_OPTIONS_INIT,
             covey_listen_options_init);
  CHECK_SAME(covey_channel_handlers, COVEY_CHANNEL_HANDLERS_INIT,
             covey_channel_handlers_init);
  CHECK_SAME(covey_channel_options, COVEY_CHANNEL_OPTIONS_INIT,
             covey_channel_options_init);
  CHECK_SAME(covey_statistics, COVEY_STATISTICS_INIT, covey_statistics_init);
  CHECK_SAME(covey_error, COVEY_ERROR_INIT, covey_error_init);
  CHECK_SAME(covey_context_handlers, COVEY_CONTEXT_HANDLERS_INIT,
             covey_context_handlers_init);
  CHECK_SAME(covey_typescript_options, COVEY_TYPESCRIPT_OPTIONS_INIT,
             covey_typescript_options_init);
  CHECK_SAME(covey_layer_options, COVEY_LAYER_OPTIONS_INIT,
             covey_layer_options_init);
}

static void init_leaves_the_size_of_fields_to_the_caller(void) {
  covey_model model = COVEY_MODEL_INIT, same_model;
  covey_action action = COVEY_ACTION_INIT, same_action;
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT, same_context;
  CHECK_IS(model.field_size, sizeof(covey_field));
  CHECK_IS(action.field_size, sizeof(covey_field));
  CHECK_IS(context.field_size, sizeof(covey_field));
  covey_model_init(&same_model, sizeof same_model);
  covey_action_init(&same_action, sizeof same_action);
  covey_context_options_init(&same_context, sizeof same_context);
  CHECK_IS(same_model.field_size, 0);
  CHECK_IS(same_action.field_size, 0);
  CHECK_IS(same_context.field_size, 0);
  model.field_size = action.field_size = context.field_size = 0;
  CHECK(memcmp(&model, &same_model, sizeof model) == 0);
  CHECK(memcmp(&action, &same_action, sizeof action) == 0);
  CHECK(memcmp(&context, &same_context, sizeof context) == 0);
}

/* --------------------------------------------------------- struct_size -- */

static bool makes_a_server(const covey_server_options *options) {
  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  covey_status status = covey_server_new(options, &server, &error);
  if (status != COVEY_OK) {
    printf("refused: %s\n", error.message);
    return false;
  }
  CHECK_IS(error.status, COVEY_OK);
  CHECK_IS(error.message[0], '\0');
  CHECK(server != NULL);
  CHECK_IS(covey_server_free(server), COVEY_OK);
  return true;
}

static bool is_refused(const covey_server_options *options) {
  covey_server *const untouched = (covey_server *)&untouched;
  covey_server *server = untouched;
  covey_error error = COVEY_ERROR_INIT;
  covey_status status = covey_server_new(options, &server, &error);
  if (status == COVEY_OK) {
    covey_server_free(server);
    return false;
  }
  CHECK_IS(status, COVEY_E_INVALID);
  CHECK_IS(error.status, COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
  CHECK(server == untouched);
  return true;
}

static void a_struct_without_its_size_is_invalid(void) {
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (uint32_t size = 0; size < 4; size++) {
    covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
    covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
    covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
    covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
    covey_statistics statistics = COVEY_STATISTICS_INIT;
    server.struct_size = where.struct_size = channel.struct_size = size;
    handlers.struct_size = statistics.struct_size = size;
    CHECK(is_refused(&server));
    CHECK_IS(covey_channel_register(h.server, "a/", &channel, NULL, NULL, NULL),
             COVEY_E_INVALID);
    CHECK_IS(
        covey_channel_register(h.server, "a/", NULL, &handlers, NULL, NULL),
        COVEY_E_INVALID);
    CHECK_IS(covey_server_listen(h.server, &where, NULL, NULL),
             COVEY_E_INVALID);
    CHECK_IS(covey_server_get_statistics(h.server, &statistics),
             COVEY_E_INVALID);
    CHECK_IS(statistics.struct_size, size);
  }
  host_close(&h);
}

static void a_refused_listen_does_not_end_the_setup(void) {
  host h;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  where.address = "localhost";
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_server_listen(h.server, &where, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_channel_register(h.server, "a/", NULL, NULL, NULL, NULL),
           COVEY_OK);
  host_close(&h);
}

/* All ones behind the first `size` bytes. */
static void spoil(void *value, uint32_t size, size_t whole) {
  memcpy(value, &size, sizeof size);
  memset((char *)value + size, 0xff, whole - size);
}

static void fields_past_the_size_of_an_older_program_are_not_read(void) {
  covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  host h;
  spoil(&server, 4, sizeof server);
  CHECK(makes_a_server(&server));
  covey_server_options_init(&server, sizeof server);
  spoil(&server, offsetof(covey_server_options, health_path), sizeof server);
  CHECK(makes_a_server(&server));
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  spoil(&channel, offsetof(covey_channel_options, origins), sizeof channel);
  spoil(&handlers, offsetof(covey_channel_handlers, on_connect),
        sizeof handlers);
  CHECK_IS(
      covey_channel_register(h.server, "a/", &channel, &handlers, NULL, NULL),
      COVEY_OK);
  spoil(&where, 4, sizeof where);
  CHECK_IS(covey_server_listen(h.server, &where, NULL, NULL), COVEY_OK);
  host_close(&h);
}

/* A struct of a program that is newer than the library. */
#define NEWER(type)                                                            \
  struct {                                                                     \
    type known;                                                                \
    uint64_t more[3];                                                          \
  }

static void what_a_newer_program_leaves_zero_is_accepted(void) {
  NEWER(covey_server_options) server = {COVEY_SERVER_OPTIONS_INIT, {0}};
  NEWER(covey_listen_options) where = {COVEY_LISTEN_OPTIONS_INIT, {0}};
  NEWER(covey_channel_options) channel = {COVEY_CHANNEL_OPTIONS_INIT, {0}};
  NEWER(covey_channel_handlers) handlers = {COVEY_CHANNEL_HANDLERS_INIT, {0}};
  NEWER(covey_statistics) statistics = {COVEY_STATISTICS_INIT, {0}};
  host h;
  server.known.struct_size = sizeof server;
  where.known.struct_size = sizeof where;
  channel.known.struct_size = sizeof channel;
  handlers.known.struct_size = sizeof handlers;
  statistics.known.struct_size = sizeof statistics;
  CHECK(makes_a_server(&server.known));
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_channel_register(h.server, "a/", &channel.known,
                                  &handlers.known, NULL, NULL),
           COVEY_OK);
  CHECK_IS(covey_server_listen(h.server, &where.known, NULL, NULL), COVEY_OK);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics.known), COVEY_OK);
  CHECK_IS(statistics.known.struct_size, sizeof statistics);
  for (size_t i = 0; i < 3; i++)
    CHECK_IS(statistics.more[i], 0);
  host_close(&h);
}

static void what_only_a_newer_library_knows_is_invalid(void) {
  NEWER(covey_server_options) server = {COVEY_SERVER_OPTIONS_INIT, {0, 0, 1}};
  NEWER(covey_listen_options) where = {COVEY_LISTEN_OPTIONS_INIT, {0, 0, 1}};
  NEWER(covey_channel_options)
  channel = {COVEY_CHANNEL_OPTIONS_INIT, {0, 0, 1}};
  NEWER(covey_channel_handlers)
  handlers = {COVEY_CHANNEL_HANDLERS_INIT, {0, 0, 1}};
  atomic_int destroyed = 0;
  host h;
  server.known.struct_size = sizeof server;
  where.known.struct_size = sizeof where;
  channel.known.struct_size = sizeof channel;
  handlers.known.struct_size = sizeof handlers;
  server.known.user = handlers.known.user = &destroyed;
  server.known.destroy = handlers.known.destroy = count_destroy;
  CHECK(is_refused(&server.known));
  CHECK_IS(atomic_load(&destroyed), 1);
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(
      covey_channel_register(h.server, "a/", &channel.known, NULL, NULL, NULL),
      COVEY_E_INVALID);
  CHECK_IS(
      covey_channel_register(h.server, "a/", NULL, &handlers.known, NULL, NULL),
      COVEY_E_INVALID);
  CHECK_IS(atomic_load(&destroyed), 2);
  CHECK_IS(covey_server_listen(h.server, &where.known, NULL, NULL),
           COVEY_E_INVALID);
  host_close(&h);
  CHECK_IS(atomic_load(&destroyed), 2);
}

static void a_struct_of_four_gigabytes_is_invalid_without_reading(void) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, page * 2, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!CHECK(pages != MAP_FAILED))
    return;
  CHECK_IS(mprotect(pages + page, page, PROT_NONE), 0);
  covey_server_options *options =
      (void *)(pages + page - sizeof(covey_server_options));
  options->struct_size = UINT32_MAX;
  CHECK(is_refused(options));
  munmap(pages, page * 2);
}

static void statistics_are_written_as_far_as_their_size(void) {
  covey_statistics statistics;
  host h;
  if (!host_open(&h))
    return;
  memset(&statistics, 0xaa, sizeof statistics);
  statistics.struct_size = offsetof(covey_statistics, groups);
  CHECK_IS(covey_server_get_statistics(h.server, &statistics), COVEY_OK);
  CHECK_IS(statistics.struct_size, offsetof(covey_statistics, groups));
  CHECK_IS(statistics.consumers, 0);
  CHECK(statistics.groups == UINT64_C(0xaaaaaaaaaaaaaaaa));
  CHECK(statistics.drops_store == UINT64_C(0xaaaaaaaaaaaaaaaa));
  host_close(&h);
}

/* --------------------------------------------------------- covey_error -- */

static void an_error_is_written_as_far_as_its_size(void) {
  const uint32_t sizes[] = {0, 3, 4, 8, 9, 16, sizeof(covey_error)};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    union {
      covey_error error;
      unsigned char bytes[sizeof(covey_error)];
    } room;
    memset(room.bytes, 0xaa, sizeof room);
    room.error.struct_size = sizes[i];
    CHECK_IS(covey_server_new(NULL, NULL, &room.error), COVEY_E_INVALID);
    CHECK_IS(room.error.struct_size, sizes[i]);
    for (size_t j = sizes[i] < 4 ? 4 : sizes[i]; j < sizeof room; j++)
      CHECK_IS(room.bytes[j], 0xaa);
    if (sizes[i] >= 8)
      CHECK_IS(room.error.status, COVEY_E_INVALID);
    if (sizes[i] > 8)
      CHECK(memchr(room.error.message, '\0', sizes[i] - 8) != NULL);
  }
}

static void a_long_message_is_cut_at_a_character(void) {
  char address[2001];
  covey_error error = COVEY_ERROR_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (size_t shift = 0; shift < 3; shift++) {
    memset(address, 'x', shift);
    for (size_t i = shift; i + 3 < sizeof address; i += 3)
      memcpy(address + i, "\xe2\x82\xac", 4);
    where.address = address;
    CHECK_IS(covey_server_listen(h.server, &where, NULL, &error),
             COVEY_E_INVALID);
    size_t size = strnlen(error.message, sizeof error.message);
    CHECK(size > 0 && size < sizeof error.message);
    CHECK(strchr(error.message, '\n') == NULL);
    /* Where it ends in a character of three bytes, all three are there. */
    size_t tail = 0;
    while (tail < size && (error.message[size - 1 - tail] & 0xc0) == 0x80)
      tail++;
    if (tail > 0)
      CHECK_IS(tail, 2);
    else
      CHECK((error.message[size - 1] & 0x80) == 0);
  }
  host_close(&h);
}

/* -------------------------------------------------------------- ranges -- */

#define CHECK_REFUSED(field, number)                                           \
  do {                                                                         \
    covey_server_options options = COVEY_SERVER_OPTIONS_INIT;                  \
    atomic_int destroyed = 0;                                                  \
    options.field = (number);                                                  \
    options.user = &destroyed;                                                 \
    options.destroy = count_destroy;                                           \
    check_note(#field);                                                        \
    CHECK(is_refused(&options));                                               \
    CHECK_IS(atomic_load(&destroyed), 1);                                      \
  } while (0)

#define CHECK_TAKEN(field, number)                                             \
  do {                                                                         \
    covey_server_options options = COVEY_SERVER_OPTIONS_INIT;                  \
    atomic_int destroyed = 0;                                                  \
    options.field = (number);                                                  \
    options.user = &destroyed;                                                 \
    options.destroy = count_destroy;                                           \
    check_note(#field);                                                        \
    CHECK(makes_a_server(&options));                                           \
    CHECK_IS(atomic_load(&destroyed), 1);                                      \
  } while (0)

static void a_limit_past_its_range_is_invalid(void) {
  CHECK_REFUSED(message_bytes_max, (UINT64_C(1) << 30) + 1);
  CHECK_REFUSED(message_bytes_max, UINT64_MAX);
  CHECK_REFUSED(path_bytes_max, 8 * 1024 + 1);
  CHECK_REFUSED(path_bytes_max, UINT64_MAX);
  CHECK_REFUSED(header_bytes_max, 60 * 1024 + 1);
  CHECK_REFUSED(header_bytes_max, UINT64_MAX);
  CHECK_REFUSED(json_depth_max, 1025);
  CHECK_REFUSED(json_depth_max, UINT32_MAX);
  CHECK_REFUSED(receive_buffer_bytes, 255);
  CHECK_REFUSED(receive_buffer_bytes, (1 << 20) + 1);
  CHECK_REFUSED(receive_buffer_bytes, UINT32_MAX);
  CHECK_REFUSED(context_state_bytes_max, 1023);
  CHECK_REFUSED(context_messages_bytes_max, 8 * 1024 - 1);
  CHECK_REFUSED(snapshot_piece_bytes, 255);
  CHECK_REFUSED(snapshot_piece_bytes, (UINT64_C(1) << 30) + 1);
  CHECK_REFUSED(store_bytes_max, 1023);
  CHECK_REFUSED(store_bytes_max, (UINT64_C(64) << 30) + 1);
  CHECK_REFUSED(store_bytes_max, UINT64_MAX);
  CHECK_REFUSED(log_bytes_max, 1023);
  CHECK_REFUSED(memory_bytes_max, 1);
  CHECK_REFUSED(memory_bytes_max, (1 << 20) - 1);
  CHECK_REFUSED(memory_bytes_max, (UINT64_C(1) << 40) + 1);
  CHECK_REFUSED(memory_bytes_max, UINT64_MAX);
  CHECK_REFUSED(connects_per_address_burst, 1); /* without a rate */
  CHECK_REFUSED(endings_kept, (1 << 16) + 1);
  CHECK_REFUSED(endings_kept, UINT32_MAX);
  CHECK_REFUSED(close_code_expired, 1005);
  CHECK_REFUSED(close_code_expired, 999);
  CHECK_REFUSED(reserved, 1);
  CHECK_REFUSED(reserved2, 1);
  CHECK_REFUSED(health_path, "health");
  CHECK_REFUSED(ready_path, "ready");
  CHECK_REFUSED(metrics_path, "");
  CHECK_REFUSED(report_path, "/\xff");
}

static void a_limit_at_the_end_of_its_range_is_taken(void) {
  CHECK_TAKEN(message_bytes_max, UINT64_C(1) << 30);
  CHECK_TAKEN(path_bytes_max, 8 * 1024);
  CHECK_TAKEN(header_bytes_max, 60 * 1024);
  CHECK_TAKEN(json_depth_max, 64);
  CHECK_TAKEN(receive_buffer_bytes, 256);
  CHECK_TAKEN(receive_buffer_bytes, 1 << 20);
  CHECK_TAKEN(context_state_bytes_max, 1024);
  CHECK_TAKEN(context_messages_bytes_max, 8 * 1024);
  CHECK_TAKEN(snapshot_piece_bytes, 256);
  CHECK_TAKEN(snapshot_piece_bytes, UINT64_C(1) << 30);
  CHECK_TAKEN(store_bytes_max, 1024);
  CHECK_TAKEN(store_bytes_max, UINT64_C(64) << 30);
  CHECK_TAKEN(log_bytes_max, 1024);
  CHECK_TAKEN(memory_bytes_max, 1 << 20);
  CHECK_TAKEN(memory_bytes_max, UINT64_C(1) << 40);
  CHECK_TAKEN(memory_bytes_max, COVEY_OFF);
  CHECK_TAKEN(connects_per_address_rate, 1);
  CHECK_TAKEN(connects_per_address_rate, COVEY_OFF - 1);
  CHECK_TAKEN(connects_per_address_rate, COVEY_OFF);
  CHECK_TAKEN(endings_kept, 1);
  CHECK_TAKEN(endings_kept, 1 << 16);
  CHECK_TAKEN(close_code_expired, 4999);
  CHECK_TAKEN(ready_path, "/ready");
  CHECK_TAKEN(metrics_path, "/");
  CHECK_TAKEN(report_path, "/report");
}

static void two_paths_that_are_the_same_are_invalid(void) {
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.ready_path = "/a";
  options.report_path = "/a";
  CHECK(is_refused(&options));
  options.report_path = "/b";
  CHECK(makes_a_server(&options));
}

/* ---------------------------------------------------- channels' ranges -- */

/* Whether a channel with these options is refused. */
static bool is_channel_refused(const covey_channel_options *options) {
  host h;
  covey_error error = COVEY_ERROR_INIT;
  covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
  server.outbox_bytes_max = 4096;
  host_prepare(&h);
  if (!host_make(&h, &server, NULL))
    return false;
  covey_status status =
      covey_channel_register(h.server, "a/", options, NULL, NULL, &error);
  CHECK((status == COVEY_OK) == (error.message[0] == '\0'));
  CHECK(status == COVEY_OK || status == COVEY_E_INVALID);
  host_close(&h);
  return status != COVEY_OK;
}

#define CHANNEL(field, number, and_then)                                       \
  do {                                                                         \
    covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;                \
    options.field = (number);                                                  \
    check_note(#field);                                                        \
    and_then;                                                                  \
  } while (0)
#define CHANNEL_REFUSED(field, number)                                         \
  CHANNEL(field, number, CHECK(is_channel_refused(&options)))
#define CHANNEL_TAKEN(field, number)                                           \
  CHANNEL(field, number, CHECK(!is_channel_refused(&options)))

static void a_channel_past_a_range_is_invalid(void) {
  CHANNEL_REFUSED(flags, 16);
  CHANNEL_REFUSED(flags, UINT32_MAX);
  CHANNEL_REFUSED(reserved, 1);
  CHANNEL_REFUSED(messages_burst, 1); /* without a rate */
  CHANNEL_TAKEN(messages_rate, UINT32_MAX);
  CHANNEL_REFUSED(bytes_burst, 1);
  CHANNEL_TAKEN(bytes_rate, UINT64_C(1) << 40);
  CHANNEL_REFUSED(bytes_rate, (UINT64_C(1) << 40) + 1);
  CHANNEL_REFUSED(bytes_rate, UINT64_MAX);
  CHANNEL_TAKEN(slow_policy, COVEY_SLOW_DROP_OLDEST);
  CHANNEL_TAKEN(slow_policy, COVEY_SLOW_DROP_NEWEST);
  CHANNEL_REFUSED(slow_policy, 3);
  CHANNEL_REFUSED(slow_policy, UINT32_MAX);
  CHANNEL_TAKEN(outbox_high_bytes, 4096);
  CHANNEL_REFUSED(outbox_high_bytes, 4097); /* never reached */
  CHANNEL_REFUSED(outbox_high_bytes, UINT64_MAX);
  CHANNEL_REFUSED(outbox_low_bytes, 1); /* without the other */
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  options.outbox_high_bytes = 100;
  options.outbox_low_bytes = 99;
  CHECK(!is_channel_refused(&options));
  options.outbox_low_bytes = 100;
  CHECK(is_channel_refused(&options));
}

static void a_context_channel_has_neither_policy_nor_marks(void) {
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  for (int i = 0; i < 4; i++) {
    covey_error error = COVEY_ERROR_INIT;
    covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
    covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
    context.model = h.model;
    if (i == 0)
      options.slow_policy = COVEY_SLOW_DROP_OLDEST;
    if (i == 1)
      options.outbox_high_bytes = 1000;
    if (i == 2)
      options.outbox_low_bytes = 1000;
    if (i == 3)
      options.messages_rate = 7; /* of these it has */
    CHECK_IS(covey_context_register(h.server, "c/<int:id>/", &options, &context,
                                    NULL, NULL, &error),
             i < 3 ? COVEY_E_INVALID : COVEY_OK);
    CHECK(i == 3 || strstr(error.message, "context channel") != NULL);
  }
  host_close(&h);
}

static void what_has_no_range_takes_any_reasonable_number(void) {
  CHECK_TAKEN(connections_max, 1);
  CHECK_TAKEN(groups_per_consumer_max, 1);
  CHECK_TAKEN(outbox_bytes_max, UINT64_C(1) << 40);
  CHECK_TAKEN(undecided_bytes_max, UINT64_C(1) << 30);
  CHECK_TAKEN(mailbox_bytes_max, UINT64_C(1) << 40);
  CHECK_TAKEN(mailbox_entries_max, UINT32_MAX);
  CHECK_TAKEN(handshake_timeout_ms, 1);
  CHECK_TAKEN(close_timeout_ms, UINT32_MAX - 1);
  CHECK_TAKEN(silence_timeout_ms, UINT32_MAX - 1);
  CHECK_TAKEN(authentication_timeout_ms, UINT32_MAX - 1);
  CHECK_TAKEN(call_timeout_ms, UINT32_MAX - 1);
  CHECK_TAKEN(calls_per_consumer_max, UINT32_MAX);
  CHECK_TAKEN(anchors_per_consumer_max, UINT32_MAX);
  CHECK_TAKEN(unfollowed_timeout_ms, 1);
  CHECK_TAKEN(session_timeout_ms, 1);
  CHECK_TAKEN(context_state_bytes_max, UINT64_C(1) << 40);
  CHECK_TAKEN(log_bytes_max, UINT64_C(1) << 40);
  CHECK_TAKEN(log_changes_max, UINT32_MAX);
  CHECK_TAKEN(log_age_ms, 1);
}

static void off_is_taken_where_the_header_says_so(void) {
  CHECK_TAKEN(connections_per_address_max, COVEY_OFF);
  CHECK_TAKEN(connect_timeout_ms, COVEY_OFF);
  CHECK_TAKEN(ping_interval_ms, COVEY_OFF);
  CHECK_TAKEN(silence_timeout_ms, COVEY_OFF);
}

static void a_reserved_field_must_be_zero(void) {
  CHECK_REFUSED(reserved, 1);
  CHECK_REFUSED(reserved2, 1);
}

static void a_close_code_that_may_not_be_sent_is_no_option(void) {
  const uint16_t bad[] = {1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK_REFUSED(close_code_refused, bad[i]);
    CHECK_REFUSED(close_code_undecided, bad[i]);
    CHECK_REFUSED(close_code_slow, bad[i]);
  }
  CHECK_TAKEN(close_code_refused, 4999);
  CHECK_TAKEN(close_code_undecided, 1000);
  CHECK_TAKEN(close_code_slow, 1014);
}

static void a_health_path_that_is_not_utf8_is_no_option(void) {
  CHECK_REFUSED(health_path, "/\xff");
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(init_writes_as_many_bytes_as_it_is_told),
      TEST(macro_and_function_say_the_same),
      TEST(init_leaves_the_size_of_fields_to_the_caller),
      TEST(a_struct_without_its_size_is_invalid),
      TEST(a_refused_listen_does_not_end_the_setup),
      TEST(fields_past_the_size_of_an_older_program_are_not_read),
      TEST(what_a_newer_program_leaves_zero_is_accepted),
      TEST(what_only_a_newer_library_knows_is_invalid),
      TEST(a_struct_of_four_gigabytes_is_invalid_without_reading),
      TEST(statistics_are_written_as_far_as_their_size),
      TEST(an_error_is_written_as_far_as_its_size),
      TEST(a_long_message_is_cut_at_a_character),
      TEST(a_limit_past_its_range_is_invalid),
      TEST(a_limit_at_the_end_of_its_range_is_taken),
      TEST(two_paths_that_are_the_same_are_invalid),
      TEST(a_channel_past_a_range_is_invalid),
      TEST(a_context_channel_has_neither_policy_nor_marks),
      TEST(what_has_no_range_takes_any_reasonable_number),
      TEST(off_is_taken_where_the_header_says_so),
      TEST(a_reserved_field_must_be_zero),
      TEST(a_close_code_that_may_not_be_sent_is_no_option),
      TEST(a_health_path_that_is_not_utf8_is_no_option),
  };
  return CHECK_MAIN(argc, argv, tests);
}
