/*
 * misuse_nulls.c - a NULL in every place of every function.
 */
#include "calls.h"
#include "host.h"

static void every_function_refuses_a_null_server(void) {
  for (size_t i = 0; i < calls_count; i++) {
    check_note(calls[i].name);
    CHECK_IS(calls[i].make(NULL, 1), COVEY_E_INVALID);
    CHECK_IS(calls_destroys_done(), calls_destroys_due());
  }
}

static void freeing_null_does_nothing(void) {
  CHECK_IS(covey_server_free(NULL), COVEY_OK);
}

static void a_server_without_a_place_to_put_it_is_invalid(void) {
  covey_error error = COVEY_ERROR_INIT;
  CHECK_IS(covey_server_new(NULL, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_new(NULL, NULL, &error), COVEY_E_INVALID);
  CHECK_IS(error.status, COVEY_E_INVALID);
  CHECK(error.message[0] != '\0');
}

static void a_getter_without_an_output_is_invalid(void) {
  host h;
  client c;
  covey_consumer_id consumers[1];
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_server_get_fd(h.server, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_get_timeout(h.server, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_get_statistics(h.server, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_consumer_get_channel(h.server, consumer, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_get_data(h.server, consumer, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_group_count(h.server, "g", NULL), COVEY_E_INVALID);
  CHECK_IS(covey_group_list(h.server, "g", consumers, 1, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_list(h.server, "g", NULL, 0, NULL), COVEY_E_INVALID);
  client_drop(&c, false);
  host_close(&h);
}

static void an_output_that_is_not_needed_may_be_null(void) {
  host h;
  client c;
  const char *value = NULL;
  size_t size = 0, count = 99;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(covey_channel_register(h.server, "a/", NULL, NULL, NULL, NULL),
           COVEY_OK);
  CHECK_IS(covey_server_listen(h.server, NULL, NULL, NULL), COVEY_OK);
  CHECK(host_listen(&h));
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_timer_start(h.server, 0, 0, no_task, NULL, NULL, NULL),
           COVEY_OK);
  CHECK_IS(covey_consumer_get_path(h.server, consumer, NULL, NULL), COVEY_OK);
  CHECK_IS(covey_consumer_get_path(h.server, consumer, &value, NULL), COVEY_OK);
  CHECK_TEXT(value, "/ws/lobby/");
  CHECK_IS(covey_consumer_get_path(h.server, consumer, NULL, &size), COVEY_OK);
  CHECK_IS(size, 10);
  CHECK_IS(covey_consumer_get_cookie(h.server, consumer, "no", NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_group_list(h.server, "g", NULL, 0, &count), COVEY_OK);
  CHECK_IS(count, 0);
  client_drop(&c, false);
  host_close(&h);
}

static void on_event(covey_server *server, covey_consumer_id consumer,
                     const char *type, const void *json, size_t size,
                     void *user) {
  (void)server, (void)consumer, (void)type, (void)json, (void)size, (void)user;
}

static void a_missing_pattern_type_file_task_or_handler_is_invalid(void) {
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  covey_server *server = h.server;
  CHECK_IS(covey_channel_register(server, NULL, NULL, NULL, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_event_register(server, h.channel, NULL, on_event, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_event_register(server, h.channel, "e", NULL, NULL, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_directory_register(server, NULL, "/", NULL), COVEY_E_INVALID);
  CHECK_IS(covey_directory_register(server, "/", NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_file_register(server, NULL, "/etc/passwd", NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_file_register(server, "f", NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_server_post(server, NULL, NULL, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_timer_start(server, 0, 0, NULL, NULL, NULL, NULL),
           COVEY_E_INVALID);
  host_close(&h);
}

static void a_missing_name_is_invalid(void) {
  host h;
  client c;
  size_t n = 7;
  const char *v = "untouched";
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  covey_server *server = h.server;
  CHECK_IS(covey_consumer_get_param(server, consumer, NULL, &v, &n),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_get_query(server, consumer, NULL, 0, &v, &n),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_get_header(server, consumer, NULL, &v, &n),
           COVEY_E_INVALID);
  CHECK_IS(covey_consumer_get_cookie(server, consumer, NULL, &v, &n),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_add(server, consumer, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_group_discard(server, consumer, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_group_send(server, NULL, "{\"type\":\"a\"}", 12, NULL),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_broadcast(server, NULL, COVEY_TEXT, "x", 1, 0),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_count(server, NULL, &n), COVEY_E_INVALID);
  CHECK_IS(covey_group_list(server, NULL, NULL, 0, &n), COVEY_E_INVALID);
  CHECK_IS(n, 7);
  CHECK_TEXT(v, "untouched");
  client_drop(&c, false);
  host_close(&h);
}

static void data_may_be_null_only_when_it_is_empty(void) {
  host h;
  client c;
  size_t count = 0;
  frame next;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  covey_server *server = h.server;
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_TEXT, NULL, 1),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_BINARY, NULL, 1, 0),
           COVEY_E_INVALID);
  CHECK_IS(covey_group_send(server, "g", NULL, 12, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_group_send(server, "g", NULL, 0, NULL), COVEY_E_INVALID);
  CHECK_IS(covey_group_list(server, "g", NULL, 1, &count), COVEY_E_INVALID);
  CHECK_IS(covey_group_broadcast(server, "g", COVEY_TEXT, NULL, 0, 0),
           COVEY_OK);
  CHECK_IS(covey_consumer_send(server, consumer, COVEY_BINARY, NULL, 0),
           COVEY_OK);
  if (CHECK(client_receive(&c, &next))) {
    CHECK_IS(next.opcode, FRAME_BINARY);
    CHECK_IS(next.size, 0);
  }
  client_drop(&c, false);
  host_close(&h);
}

static void a_user_and_a_reason_may_be_null(void) {
  host h;
  client c;
  if (!host_open(&h))
    return;
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_consumer_set_user(h.server, consumer, NULL), COVEY_OK);
  CHECK_IS(covey_consumer_get_user(h.server, consumer, NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_close(h.server, consumer, 0, NULL), COVEY_OK);
  CHECK_IS(client_is_closed(&c), 1000);
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(every_function_refuses_a_null_server),
      TEST(freeing_null_does_nothing),
      TEST(a_server_without_a_place_to_put_it_is_invalid),
      TEST(a_getter_without_an_output_is_invalid),
      TEST(an_output_that_is_not_needed_may_be_null),
      TEST(a_missing_pattern_type_file_task_or_handler_is_invalid),
      TEST(a_missing_name_is_invalid),
      TEST(data_may_be_null_only_when_it_is_empty),
      TEST(a_user_and_a_reason_may_be_null),
  };
  return CHECK_MAIN(argc, argv, tests);
}
