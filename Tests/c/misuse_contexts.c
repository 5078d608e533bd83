/*
 * misuse_contexts.c - context channels that cannot be registered.
 */
#include "boards.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool make(boards *b) {
  boards_prepare(b);
  return boards_make(b, NULL);
}

static covey_context_options shown(boards *b) {
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  context.model = b->board;
  return context;
}

/* A registration that fails: says why, gives no id, and destroys `user`. */
static covey_status show(boards *b, const char *pattern,
                         const covey_channel_options *options,
                         const covey_context_options *context) {
  covey_context_handlers handlers = COVEY_CONTEXT_HANDLERS_INIT;
  covey_channel_id channel = 77;
  covey_error error = COVEY_ERROR_INIT;
  atomic_int destroyed = 0;
  handlers.user = &destroyed;
  handlers.destroy = count_destroy;
  covey_status status = covey_context_register(
      b->h.server, pattern, options, context, &handlers, &channel, &error);
  CHECK_IS(error.status, status);
  CHECK(error.message[0] != '\0');
  CHECK_IS(channel, 77);
  CHECK_IS(atomic_load(&destroyed), 1);
  return status;
}

/* ------------------------------------------------------------ channels -- */

static void a_context_must_be_said(void) {
  boards b;
  if (!make(&b))
    return;
  covey_context_options context = shown(&b);
  CHECK_IS(show(&b, "x/<id>/", NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(show(&b, NULL, NULL, &context), COVEY_E_INVALID);
  CHECK_IS(
      covey_context_register(NULL, "x/<id>/", NULL, &context, NULL, NULL, NULL),
      COVEY_E_INVALID);
  CHECK_IS(covey_context_register(b.h.server, "x/<id>/", NULL, &context, NULL,
                                  NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void a_model_must_be_declared(void) {
  boards b;
  if (!make(&b))
    return;
  const covey_model_id none[] = {0, b.card + 1, 99, UINT64_MAX};
  for (size_t i = 0; i < 4; i++) {
    covey_context_options context = shown(&b);
    context.model = none[i];
    CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  }
  boards_close(&b);
}

static void flags_are_those_of_the_header(void) {
  static const uint32_t bad[] = {2, 3, UINT32_C(1) << 31};
  boards b;
  covey_channel_options options = COVEY_CHANNEL_OPTIONS_INIT;
  if (!make(&b))
    return;
  for (size_t i = 0; i < 3; i++) {
    covey_context_options context = shown(&b);
    context.flags = bad[i];
    CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  }
  covey_context_options context = shown(&b);
  options.flags = COVEY_CHANNEL_BROADCAST_RECEIVED;
  CHECK_IS(show(&b, "x/<id>/", &options, &context), COVEY_E_INVALID);
  options.flags = 16;
  CHECK_IS(show(&b, "x/<id>/", &options, &context), COVEY_E_INVALID);
  boards_close(&b);
}

static void something_must_say_which_anchor(void) {
  boards b;
  if (!make(&b))
    return;
  covey_context_options context = shown(&b);
  CHECK_IS(show(&b, "x/", NULL, &context), COVEY_E_INVALID);
  context.parameter = "id";
  CHECK_IS(show(&b, "x/", NULL, &context), COVEY_E_INVALID);
  CHECK_IS(show(&b, "x/<it>/", NULL, &context), COVEY_E_INVALID);
  context.parameter = "";
  CHECK_IS(show(&b, "x/<it>/", NULL, &context), COVEY_E_INVALID);
  context.parameter = "\xff";
  CHECK_IS(show(&b, "x/<it>/", NULL, &context), COVEY_E_INVALID);
  context.parameter = NULL;
  covey_context_handlers handlers = boards_handlers(&b);
  CHECK_IS(covey_context_register(b.h.server, "x/", NULL, &context, &handlers,
                                  NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void a_pattern_is_as_of_any_channel(void) {
  static const char *const bad[] = {"x/<int", "x/<nosuch:n>/", "<a>/<a>/",
                                    "\xff/<a>/"};
  boards b;
  if (!make(&b))
    return;
  covey_context_options context = shown(&b);
  for (size_t i = 0; i < 4; i++)
    CHECK_IS(show(&b, bad[i], NULL, &context), COVEY_E_INVALID);
  CHECK_IS(show(&b, "boards/<int:other>/", NULL, &context), COVEY_E_EXISTS);
  CHECK_IS(show(&b, "ws/<room>/", NULL, &context), COVEY_E_EXISTS);
  CHECK_IS(covey_channel_register(b.h.server, "boards/<int:id>/", NULL, NULL,
                                  NULL, NULL),
           COVEY_E_EXISTS);
  boards_close(&b);
}

static void structs_have_the_size_they_say(void) {
  static const uint32_t bad[] = {0, 3, 1 << 20, UINT32_MAX};
  struct {
    covey_context_options known;
    uint64_t more;
  } newer = {COVEY_CONTEXT_OPTIONS_INIT, 1};
  struct {
    covey_context_handlers known;
    uint64_t more;
  } later = {COVEY_CONTEXT_HANDLERS_INIT, 1};
  boards b;
  if (!make(&b))
    return;
  covey_server *server = b.h.server;
  covey_context_options good = shown(&b);
  for (size_t i = 0; i < 4; i++) {
    covey_context_options context = shown(&b);
    covey_context_handlers handlers = COVEY_CONTEXT_HANDLERS_INIT;
    context.struct_size = handlers.struct_size = bad[i];
    CHECK_IS(covey_context_register(server, "x/<id>/", NULL, &context, NULL,
                                    NULL, NULL),
             COVEY_E_INVALID);
    CHECK_IS(covey_context_register(server, "x/<id>/", NULL, &good, &handlers,
                                    NULL, NULL),
             COVEY_E_INVALID);
  }
  newer.known = good;
  newer.known.struct_size = sizeof newer;
  later.known.struct_size = sizeof later;
  for (int i = 1; i >= 0; i--) {
    newer.more = later.more = (uint64_t)i;
    CHECK_IS(covey_context_register(server, "new/<id>/", NULL, &newer.known,
                                    NULL, NULL, NULL),
             i == 0 ? COVEY_OK : COVEY_E_INVALID);
    CHECK_IS(covey_context_register(server, "late/<id>/", NULL, &good,
                                    &later.known, NULL, NULL),
             i == 0 ? COVEY_OK : COVEY_E_INVALID);
  }
  covey_context_handlers handlers = COVEY_CONTEXT_HANDLERS_INIT;
  handlers.reserved = 1;
  CHECK_IS(covey_context_register(server, "x/<id>/", NULL, &good, &handlers,
                                  NULL, NULL),
           COVEY_E_INVALID);
  boards_close(&b);
}

static void older_structs_are_read_as_far_as_they_go(void) {
  boards b;
  if (!make(&b))
    return;
  covey_context_options context = shown(&b);
  covey_context_handlers handlers;
  memset(&handlers, 0xff, sizeof handlers);
  handlers.struct_size = offsetof(covey_context_handlers, on_connect);
  handlers.reserved = 0;
  context.struct_size = offsetof(covey_context_options, parameter);
  memset(&context.parameter, 0xff,
         sizeof context - offsetof(covey_context_options, parameter));
  CHECK_IS(covey_context_register(b.h.server, "x/<id>/", NULL, &context,
                                  &handlers, NULL, NULL),
           COVEY_OK);
  context = shown(&b);
  context.struct_size = offsetof(covey_context_options, name);
  memset(&context.name, 0xff,
         sizeof context - offsetof(covey_context_options, name));
  CHECK_IS(covey_context_register(b.h.server, "y/<id>/", NULL, &context,
                                  &handlers, NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void a_context_is_called_by_an_identifier(void) {
  static const char *const good[] = {"X", "x", "Board2_Channel", "x_"};
  char longest[257];
  const char *const bad[] = {"",         "1x",   "_x", "a-b", "a b", "a.b",
                             "\xc3\xa9", "\xff", "a$", " a",  "a\n", longest};
  boards b;
  if (!make(&b))
    return;
  memset(longest, 'n', 256);
  longest[256] = '\0';
  covey_context_options context = shown(&b);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    check_note(bad[i]);
    context.name = bad[i];
    CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  }
  check_note(NULL);
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    char pattern[16];
    snprintf(pattern, sizeof pattern, "x%zu/<id>/", i);
    context.name = good[i];
    CHECK_IS(covey_context_register(b.h.server, pattern, NULL, &context, NULL,
                                    NULL, NULL),
             COVEY_OK);
  }
  context.name = longest + 1;
  CHECK_IS(covey_context_register(b.h.server, "x/<id>/", NULL, &context, NULL,
                                  NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void a_reserved_field_must_be_zero(void) {
  boards b;
  if (!make(&b))
    return;
  covey_context_options context = shown(&b);
  context.reserved = 1;
  CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  boards_close(&b);
}

/* ----------------------------------------------------------- variables -- */

static void variables_that_cannot_be_are_invalid(void) {
  boards b;
  if (!make(&b))
    return;
  covey_field bad[] = {
      boards_field("", COVEY_FIELD_STRING, 0),
      boards_field("_x", COVEY_FIELD_STRING, 0),
      boards_field("\xff", COVEY_FIELD_STRING, 0),
      boards_field(NULL, COVEY_FIELD_STRING, 0),
      boards_field("x", 0, 0),
      boards_field("x", COVEY_FIELD_STRING, 8),
      boards_field("x", COVEY_FIELD_CHOICE, 0),
      boards_field("x", COVEY_FIELD_JSON, 0),
      boards_field("x", COVEY_FIELD_ONE, 0),
      boards_field("x", COVEY_FIELD_MANY, 0),
  };
  bad[7].shape = "no shape";
  bad[8].model = bad[9].model = "Board";
  covey_context_options context = shown(&b);
  context.variable_count = 1;
  CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    context.variables = &bad[i];
    CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  }
  boards_close(&b);
}

static void a_variable_is_declared_once(void) {
  boards b;
  if (!make(&b))
    return;
  covey_field twice[] = {boards_field("x", COVEY_FIELD_STRING, 0),
                         boards_field("y", COVEY_FIELD_STRING, 0),
                         boards_field("x", COVEY_FIELD_NUMBER, 0)};
  covey_context_options context = shown(&b);
  covey_error error = COVEY_ERROR_INIT;
  context.variables = twice;
  context.variable_count = 3;
  CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  CHECK_IS(covey_context_register(b.h.server, "x/<id>/", NULL, &context, NULL,
                                  NULL, &error),
           COVEY_E_INVALID);
  CHECK(strstr(error.message, "\"x\"") != NULL);
  context.variable_count = 2;
  CHECK_IS(covey_context_register(b.h.server, "x/<id>/", NULL, &context, NULL,
                                  NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void a_context_has_at_most_128_variables(void) {
  static covey_field fields[129];
  static char names[129][8];
  static const size_t bad[] = {129, SIZE_MAX, SIZE_MAX / 2, INT32_MAX};
  boards b;
  if (!make(&b))
    return;
  for (int i = 0; i < 129; i++) {
    snprintf(names[i], sizeof names[i], "v%d", i);
    fields[i] = boards_field(names[i], COVEY_FIELD_STRING, 0);
  }
  covey_context_options context = shown(&b);
  context.variables = fields;
  for (size_t i = 0; i < 4; i++) {
    context.variable_count = bad[i];
    CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  }
  context.variable_count = 128;
  CHECK_IS(covey_context_register(b.h.server, "x/<id>/", NULL, &context, NULL,
                                  NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void variables_have_the_size_the_context_says(void) {
  static const uint32_t bad[] = {1, 15, 1 << 20, UINT32_MAX};
  struct {
    covey_field known;
    uint64_t more;
  } newer[2];
  boards b;
  if (!make(&b))
    return;
  memset(newer, 0, sizeof newer);
  newer[0].known = boards_field("x", COVEY_FIELD_STRING, 0);
  newer[1].known = boards_field("y", COVEY_FIELD_STRING, 0);
  covey_context_options context = shown(&b);
  context.variables = &newer[0].known;
  context.variable_count = 1;
  for (size_t i = 0; i < 4; i++) {
    context.field_size = bad[i];
    CHECK_IS(show(&b, "x/<id>/", NULL, &context), COVEY_E_INVALID);
  }
  context.field_size = 0;
  CHECK_IS(covey_context_register(b.h.server, "x/<id>/", NULL, &context, NULL,
                                  NULL, NULL),
           COVEY_OK);
  context.variable_count = 2;
  context.field_size = sizeof newer[0];
  CHECK_IS(covey_context_register(b.h.server, "y/<id>/", NULL, &context, NULL,
                                  NULL, NULL),
           COVEY_OK);
  newer[1].more = 1;
  CHECK_IS(show(&b, "z/<id>/", NULL, &context), COVEY_E_INVALID);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_context_must_be_said),
      TEST(a_model_must_be_declared),
      TEST(flags_are_those_of_the_header),
      TEST(something_must_say_which_anchor),
      TEST(a_pattern_is_as_of_any_channel),
      TEST(structs_have_the_size_they_say),
      TEST(older_structs_are_read_as_far_as_they_go),
      TEST(a_context_is_called_by_an_identifier),
      TEST(a_reserved_field_must_be_zero),
      TEST(variables_that_cannot_be_are_invalid),
      TEST(a_variable_is_declared_once),
      TEST(a_context_has_at_most_128_variables),
      TEST(variables_have_the_size_the_context_says),
  };
  return CHECK_MAIN(argc, argv, tests);
}
