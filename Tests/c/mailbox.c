/*
 * mailbox.c - what other threads ask of state and context channels when the
 * mailbox is full, or when who it is about has left meanwhile.
 */
#include "boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void leave_token_open(boards *self, covey_consumer_id consumer,
                             const char *token, size_t size) {
  (void)self, (void)consumer, (void)token, (void)size;
}

static void leave_action_open(boards *self, covey_consumer_id consumer,
                              covey_call_id call, const char *parameters,
                              size_t size) {
  (void)self, (void)consumer, (void)call, (void)parameters, (void)size;
}

static void leave_write_open(boards *self, covey_consumer_id consumer,
                             covey_call_id call, const covey_write *write) {
  (void)self, (void)consumer, (void)call, (void)write;
}

static void declare_action(boards *b) {
  boards_act(b, b->many, "act", NULL, 0, NULL, 0);
}

/* A client of a list that waits for a call and a load, and another that waits
 * to be let in. */
struct scene {
  boards b;
  client in, out;
  covey_consumer_id consumer, stranger;
  covey_call_id call;
};

static bool open_scene(struct scene *scene, uint32_t mailbox_entries_max) {
  boards *b = &scene->b;
  covey_server_options options = COVEY_SERVER_OPTIONS_INIT;
  options.mailbox_entries_max = mailbox_entries_max;
  boards_prepare(b);
  b->declare = declare_action;
  b->has_loader = true;
  b->on_action = leave_action_open;
  b->on_write = leave_write_open;
  if (!boards_make(b, &options) || !host_listen(&b->h))
    return false;
  boards_put(b, b->board, "{'id':1,'title':'one'}");
  boards_put(b, b->board, "{'id':2,'title':'two'}");
  scene->consumer = boards_enter(b, &scene->in, "/boards/", "+ada");
  CHECK(skips_snapshot(&scene->in));
  CHECK(says(&scene->in, "{'callId':1,'action':'act','params':[]}"));
  AWAIT(&b->h, atomic_load(&b->actions) == 1);
  scene->call = atomic_load(&b->call);
  CHECK_IS(covey_anchor_append(b->h.server, scene->consumer, "7"), COVEY_OK);
  AWAIT(&b->h, atomic_load(&b->loads) == 1);
  b->on_authenticate = leave_token_open;
  scene->out = boards_visit(b, "/boards/");
  CHECK(says(&scene->out, "{'token':'grace'}"));
  AWAIT(&b->h, atomic_load(&b->authentications) == 2);
  scene->stranger = atomic_load(&b->h.consumer);
  return true;
}

static void close_scene(struct scene *scene) {
  client_drop(&scene->in, false);
  client_drop(&scene->out, false);
  boards_close(&scene->b);
}

/* ---------------------------------------------------------------- full -- */

static void ask_when_full(void *argument) {
  struct scene *scene = argument;
  covey_server *server = scene->b.h.server;
  covey_model_id board = scene->b.board;
  covey_load_id load = atomic_load(&scene->b.load);
  covey_consumer_id consumer = scene->consumer;
  covey_transaction *transaction = NULL, *loaded = NULL;
  static const char *const ids[] = {"1"};
  static const char json[] = "{\"id\":1,\"title\":\"x\"}";
  CHECK_IS(covey_server_post(server, no_task, NULL, NULL), COVEY_OK);
  CHECK_IS(covey_store_put(server, board, json, sizeof json - 1, 0, NULL),
           COVEY_E_FULL);
  CHECK_IS(covey_store_delete(server, board, "1", NULL), COVEY_E_FULL);
  CHECK_IS(covey_transaction_begin(server, &transaction), COVEY_OK);
  CHECK_IS(covey_transaction_delete(transaction, board, "1", NULL), COVEY_OK);
  CHECK_IS(covey_transaction_commit(transaction, NULL), COVEY_E_FULL);
  CHECK_IS(covey_load_begin(server, load, &loaded), COVEY_OK);
  CHECK_IS(covey_transaction_commit(loaded, NULL), COVEY_E_FULL);
  CHECK_IS(covey_load_fail(server, load, COVEY_E_NOT_FOUND), COVEY_E_FULL);
  CHECK_IS(covey_consumer_authenticate(server, scene->stranger, "x"),
           COVEY_E_FULL);
  CHECK_IS(covey_consumer_authorize(server, scene->stranger), COVEY_E_FULL);
  CHECK_IS(covey_consumer_deny(server, scene->stranger, 0, NULL), COVEY_E_FULL);
  CHECK_IS(covey_grant_add(server, consumer, "g"), COVEY_E_FULL);
  CHECK_IS(covey_grant_discard(server, consumer, "g"), COVEY_E_FULL);
  CHECK_IS(covey_anchor_append(server, consumer, "1"), COVEY_E_FULL);
  CHECK_IS(covey_anchor_prepend(server, consumer, "1"), COVEY_E_FULL);
  CHECK_IS(covey_anchor_remove(server, consumer, "1"), COVEY_E_FULL);
  CHECK_IS(covey_anchor_clear(server, consumer), COVEY_E_FULL);
  CHECK_IS(covey_anchor_replace(server, consumer, ids, 1), COVEY_E_FULL);
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", 1), COVEY_E_FULL);
  CHECK_IS(covey_call_return(server, scene->call, "1", 1), COVEY_E_FULL);
  CHECK_IS(covey_call_fail(server, scene->call, 1, NULL), COVEY_E_FULL);
  CHECK_IS(covey_call_drop(server, scene->call), COVEY_E_FULL);
  CHECK_IS(covey_system_send(server, "system", "x"), COVEY_E_FULL);
  CHECK_IS(covey_server_drain(server, 0), COVEY_E_FULL);
}

static void a_full_mailbox_takes_nothing_and_nothing_is_lost(void) {
  struct scene scene;
  if (!open_scene(&scene, 1))
    return;
  boards *b = &scene.b;
  check_elsewhere(ask_when_full, &scene);
  CHECK(hears_nothing(b, &scene.in, scene.consumer));
  CHECK(boards_has(b, b->board, "1", "{'id':1,'title':'one','cards':[]}"));
  /* What could not be answered then can be answered now. */
  CHECK_IS(covey_call_return(b->h.server, scene.call, "1", 1), COVEY_OK);
  CHECK(hears(&scene.in, RESULT("1", "1")));
  CHECK_IS(
      covey_load_fail(b->h.server, atomic_load(&b->load), COVEY_E_NOT_FOUND),
      COVEY_OK);
  CHECK_IS(covey_consumer_authenticate(b->h.server, scene.stranger, "x"),
           COVEY_OK);
  CHECK(hears(&scene.out, LET_IN));
  CHECK_IS(boards_statistics(b).drops_mailbox_full, 21);
  close_scene(&scene);
}

/* ---------------------------------------------------------------- gone -- */

static void ask_too_late(void *argument) {
  struct scene *scene = argument;
  covey_server *server = scene->b.h.server;
  covey_consumer_id consumer = scene->consumer;
  CHECK_IS(covey_grant_add(server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_anchor_append(server, consumer, "1"), COVEY_OK);
  CHECK_IS(covey_variable_set(server, consumer, "n", "1", 1), COVEY_OK);
  CHECK_IS(covey_call_return(server, scene->call, "1", 1), COVEY_OK);
}

static void who_left_meanwhile_is_counted(void) {
  struct scene scene;
  if (!open_scene(&scene, 0))
    return;
  boards *b = &scene.b;
  CHECK_IS(covey_consumer_close(b->h.server, scene.stranger, 0, NULL),
           COVEY_OK);
  check_elsewhere(ask_too_late, &scene);
  CHECK_IS(covey_consumer_close(b->h.server, scene.consumer, 0, NULL),
           COVEY_OK);
  AWAIT(&b->h, boards_statistics(b).drops_gone == 4);
  close_scene(&scene);
}

/* ---------------------------------------------- what is found out late -- */

static void accept_badly(void *argument) {
  boards *b = argument;
  static const char json[] = "{\"title\":7}";
  CHECK_IS(covey_write_accept(b->h.server, atomic_load(&b->call), NULL, json,
                              sizeof json - 1, NULL),
           COVEY_OK);
}

static void accept_with_an_id(void *argument) {
  boards *b = argument;
  CHECK_IS(covey_write_accept(b->h.server, atomic_load(&b->call), "5", NULL, 0,
                              NULL),
           COVEY_OK);
}

static void a_write_accepted_badly_elsewhere_is_500(void) {
  void (*const ways[])(void *) = {accept_badly, accept_with_an_id};
  struct scene scene;
  if (!open_scene(&scene, 0))
    return;
  boards *b = &scene.b;
  for (int i = 0; i < 2; i++) {
    CHECK(says(&scene.in, "{'type':'write','writeId':1,'operation':'save',"
                          "'instanceType':'Board','instanceId':1,"
                          "'data':{'title':'x'}}"));
    AWAIT(&b->h, atomic_load(&b->writes) == i + 1);
    check_elsewhere(ways[i], b);
    CHECK(hears_start(&scene.in, WRITE_ERROR("1", "500")));
  }
  CHECK(boards_has(b, b->board, "1", "{'id':1,'title':'one','cards':[]}"));
  close_scene(&scene);
}

static void return_a_write(void *argument) {
  boards *b = argument;
  covey_status status =
      covey_call_return(b->h.server, atomic_load(&b->call), "1", 1);
  CHECK(status == COVEY_OK || status == COVEY_E_INVALID);
}

static void drop_it(void *argument) {
  boards *b = argument;
  CHECK_IS(covey_call_drop(b->h.server, atomic_load(&b->call)), COVEY_OK);
}

static void a_write_returned_elsewhere_waits_for_an_answer_from_there(void) {
  struct scene scene;
  if (!open_scene(&scene, 0))
    return;
  boards *b = &scene.b;
  CHECK(says(&scene.in, "{'type':'write','writeId':1,'operation':'save',"
                        "'instanceType':'Board','instanceId':1,"
                        "'data':{'title':'x'}}"));
  AWAIT(&b->h, atomic_load(&b->writes) == 1);
  check_elsewhere(return_a_write, b);
  host_turn(&b->h);
  check_elsewhere(drop_it, b);
  close_scene(&scene);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(a_full_mailbox_takes_nothing_and_nothing_is_lost),
      TEST(who_left_meanwhile_is_counted),
      TEST(a_write_accepted_badly_elsewhere_is_500),
      TEST(a_write_returned_elsewhere_waits_for_an_answer_from_there),
  };
  return CHECK_MAIN(argc, argv, tests);
}
