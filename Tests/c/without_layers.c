/*
 * without_layers.c - a library that was built with REDIS=0.
 */
#include "host.h"

#include <string.h>

static void a_layer_is_not_found(void) {
  host h;
  client c;
  atomic_int destroyed = 0;
  covey_error error = COVEY_ERROR_INIT;
  covey_layer_options options = COVEY_LAYER_OPTIONS_INIT;
  options.user = &destroyed;
  options.destroy = count_destroy;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    return;
  CHECK_IS(
      covey_server_set_layer(h.server, "redis://127.0.0.1", &options, &error),
      COVEY_E_NOT_FOUND);
  CHECK(strstr(error.message, "without layers over Redis") != NULL);
  CHECK_IS(atomic_load(&destroyed), 1);
  options.retry_ms_max = 1;
  CHECK_IS(
      covey_server_set_layer(h.server, "redis://127.0.0.1", &options, NULL),
      COVEY_E_INVALID);
  CHECK_IS(atomic_load(&destroyed), 2);
  /* Groups are of this process then. */
  CHECK(host_listen(&h));
  covey_consumer_id consumer = host_connect(&h, &c);
  CHECK_IS(covey_group_add(h.server, consumer, "g"), COVEY_OK);
  CHECK_IS(covey_group_broadcast(h.server, "g", COVEY_TEXT, "here", 4, 0),
           COVEY_OK);
  CHECK(client_receives_text(&c, "here"));
  client_drop(&c, false);
  host_close(&h);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {TEST(a_layer_is_not_found)};
  return CHECK_MAIN(argc, argv, tests);
}
