/* Clients in TypeScript: of what is registered, without serving it. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "serving.h"

static void print(const char *text, size_t size, void *user) {
  (void)user;
  fwrite(text, 1, size, stdout);
}

static size_t generate(covey_server *server, const char *folder,
                       uint32_t flags) {
  if (folder == NULL) {
    return 0;
  }
  covey_typescript_options options = COVEY_TYPESCRIPT_OPTIONS_INIT;
  options.folder = folder;
  options.flags = flags;
  options.on_output = print;
  covey_error error = COVEY_ERROR_INIT;
  size_t changed = 0;
  must(covey_server_generate_typescript(server, &options, &changed, &error),
       &error);
  return changed;
}

int clients_generate(covey_server *server, const char *folder,
                     const char *rxdjango_folder, int is_check) {
  uint32_t flags = is_check ? COVEY_TYPESCRIPT_CHECK : 0;
  size_t changed = generate(server, folder, flags);
  changed +=
      generate(server, rxdjango_folder, flags | COVEY_TYPESCRIPT_RXDJANGO);
  must(covey_server_free(server), NULL);
  return is_check && changed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
