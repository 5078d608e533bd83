/*
 * misuse_actions.c - actions that cannot be registered.
 */
#include "boards.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool make(boards *b) {
  boards_prepare(b);
  return boards_make(b, NULL);
}

static void on_action(covey_server *server, covey_consumer_id consumer,
                      covey_call_id call, const char *parameters, size_t size,
                      void *user) {
  (void)server, (void)consumer, (void)call, (void)parameters, (void)size;
  (void)user;
}

static covey_action named(const char *name) {
  covey_action action = COVEY_ACTION_INIT;
  action.name = name;
  return action;
}

/* A registration that fails: says why, and destroys `user`. */
static covey_status act(boards *b, covey_channel_id channel,
                        const covey_action *action) {
  atomic_int destroyed = 0;
  covey_error error = COVEY_ERROR_INIT;
  covey_status status =
      covey_action_register(b->h.server, channel, action, on_action, &destroyed,
                            count_destroy, &error);
  CHECK_IS(error.status, status);
  CHECK(error.message[0] != '\0');
  CHECK_IS(atomic_load(&destroyed), 1);
  return status;
}

static void an_action_is_of_a_context_channel(void) {
  boards b;
  if (!make(&b))
    return;
  covey_action action = named("a");
  CHECK_IS(act(&b, b.h.channel, &action), COVEY_E_INVALID);
  CHECK_IS(act(&b, 0, &action), COVEY_E_INVALID);
  CHECK_IS(act(&b, 99, &action), COVEY_E_INVALID);
  CHECK_IS(act(&b, UINT64_MAX, &action), COVEY_E_INVALID);
  CHECK_IS(act(&b, b.one, NULL), COVEY_E_INVALID);
  CHECK_IS(
      covey_action_register(b.h.server, b.one, &action, NULL, NULL, NULL, NULL),
      COVEY_E_INVALID);
  CHECK_IS(covey_action_register(b.h.server, b.one, &action, on_action, NULL,
                                 NULL, NULL),
           COVEY_OK);
  CHECK_IS(act(&b, b.one, &action), COVEY_E_EXISTS);
  CHECK_IS(covey_action_register(b.h.server, b.many, &action, on_action, NULL,
                                 NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void an_action_has_a_name(void) {
  char longest[257];
  const char *const bad[] = {NULL, "", "_a", "\xff", longest};
  boards b;
  if (!make(&b))
    return;
  memset(longest, 'n', 256);
  longest[256] = '\0';
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    covey_action action = named(bad[i]);
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
    action = named("a");
    action.grant = bad[i] == NULL || bad[i][0] == '_' ? "" : bad[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  }
  boards_close(&b);
}

static void flags_and_types_of_an_action_are_those_of_the_header(void) {
  static const uint32_t flags[] = {4, 8, UINT32_C(1) << 31};
  static const covey_field_type types[] = {-1, 12, INT32_MAX};
  boards b;
  if (!make(&b))
    return;
  for (size_t i = 0; i < 3; i++) {
    covey_action action = named("a");
    action.flags = flags[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
    action.flags = 0;
    action.result_type = types[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  }
  for (covey_field_type type = 0; type <= COVEY_FIELD_CHOICE; type++) {
    char name[8];
    snprintf(name, sizeof name, "a%d", type);
    covey_action action = named(name);
    action.result_type = type;
    CHECK_IS(covey_action_register(b.h.server, b.one, &action, on_action, NULL,
                                   NULL, NULL),
             COVEY_OK);
  }
  boards_close(&b);
}

static void parameters_that_cannot_be_are_invalid(void) {
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
      boards_field("x", COVEY_FIELD_ONE, 0),
      boards_field("x", COVEY_FIELD_MANY, 0),
  };
  bad[7].model = bad[8].model = "Board";
  covey_action action = named("a");
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    action.parameters = &bad[i];
    action.parameter_count = 1;
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  }
  covey_field twice[] = {boards_field("x", COVEY_FIELD_STRING, 0),
                         boards_field("x", COVEY_FIELD_STRING, 0)};
  action.parameters = twice;
  action.parameter_count = 2;
  CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  action.parameters = NULL;
  CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  boards_close(&b);
}

static void an_action_has_at_most_64_parameters(void) {
  static covey_field fields[65];
  static char names[65][8];
  static const size_t bad[] = {65, 129, SIZE_MAX, SIZE_MAX / 2};
  boards b;
  if (!make(&b))
    return;
  for (int i = 0; i < 65; i++) {
    snprintf(names[i], sizeof names[i], "p%d", i);
    fields[i] = boards_field(names[i], COVEY_FIELD_STRING, 0);
  }
  covey_action action = named("a");
  action.parameters = fields;
  for (size_t i = 0; i < 4; i++) {
    action.parameter_count = bad[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  }
  action.parameter_count = 64;
  CHECK_IS(covey_action_register(b.h.server, b.one, &action, on_action, NULL,
                                 NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void actions_and_parameters_have_the_size_they_say(void) {
  static const uint32_t bad[] = {0, 3, 1 << 20, UINT32_MAX};
  static const uint32_t bad_fields[] = {1, 15, 1 << 20, UINT32_MAX};
  boards b;
  if (!make(&b))
    return;
  covey_field field = boards_field("x", COVEY_FIELD_STRING, 0);
  for (size_t i = 0; i < 4; i++) {
    covey_action action = named("a");
    action.struct_size = bad[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
    action = named("a");
    action.parameters = &field;
    action.parameter_count = 1;
    action.field_size = bad_fields[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  }
  covey_action older = named("a");
  memset(&older.grant, 0xff, sizeof older - offsetof(covey_action, grant));
  older.struct_size = offsetof(covey_action, grant);
  CHECK_IS(covey_action_register(b.h.server, b.one, &older, on_action, NULL,
                                 NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

static void results_that_cannot_be_are_invalid(void) {
  boards b;
  if (!make(&b))
    return;
  covey_field bad[] = {
      boards_field("x", 0, 0),
      boards_field("x", 12, 0),
      boards_field("x", COVEY_FIELD_STRING, 8),
      boards_field("x", COVEY_FIELD_CHOICE, 0),
      boards_field("x", COVEY_FIELD_JSON, 0),
      boards_field("x", COVEY_FIELD_ONE, 0),
      boards_field("x", COVEY_FIELD_MANY, 0),
  };
  bad[4].shape = "no shape";
  bad[5].model = bad[6].model = "Board";
  covey_action action = named("a");
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    action.result = &bad[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  }
  action.result = NULL;
  action.result_type = COVEY_FIELD_ONE;
  CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  action.result_type = COVEY_FIELD_MANY;
  CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  boards_close(&b);
}

static void a_result_has_the_size_of_a_parameter(void) {
  static const uint32_t bad[] = {1, 15, 1 << 20, UINT32_MAX};
  struct {
    covey_field known;
    uint64_t more;
  } newer = {boards_field(NULL, COVEY_FIELD_STRING, 0), 1};
  boards b;
  if (!make(&b))
    return;
  covey_action action = named("a");
  action.result = &newer.known;
  for (size_t i = 0; i < 4; i++) {
    action.field_size = bad[i];
    CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  }
  action.field_size = sizeof newer;
  CHECK_IS(act(&b, b.one, &action), COVEY_E_INVALID);
  newer.more = 0;
  CHECK_IS(covey_action_register(b.h.server, b.one, &action, on_action, NULL,
                                 NULL, NULL),
           COVEY_OK);
  covey_action older = named("older");
  older.struct_size = offsetof(covey_action, result);
  memset(&older.result, 0xff, sizeof older.result);
  CHECK_IS(covey_action_register(b.h.server, b.one, &older, on_action, NULL,
                                 NULL, NULL),
           COVEY_OK);
  boards_close(&b);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_action_is_of_a_context_channel),
      TEST(an_action_has_a_name),
      TEST(flags_and_types_of_an_action_are_those_of_the_header),
      TEST(parameters_that_cannot_be_are_invalid),
      TEST(an_action_has_at_most_64_parameters),
      TEST(actions_and_parameters_have_the_size_they_say),
      TEST(results_that_cannot_be_are_invalid),
      TEST(a_result_has_the_size_of_a_parameter),
  };
  return CHECK_MAIN(argc, argv, tests);
}
