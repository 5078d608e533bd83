/*
 * header_c99.c - the header alone, twice, in strict C, with every macro used.
 */
/* clang-format off */
#include "covey.h"
#include "covey.h"
#include "covey/context.h"
#include "covey/describe.h"
#include "covey/layer.h"
#include "covey/state.h"
/* clang-format on */

static covey_status use_every_macro(void) {
  covey_error error = COVEY_ERROR_INIT;
  covey_server_options server = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = COVEY_LISTEN_OPTIONS_INIT;
  covey_channel_handlers handlers = COVEY_CHANNEL_HANDLERS_INIT;
  covey_channel_options channel = COVEY_CHANNEL_OPTIONS_INIT;
  covey_statistics statistics = COVEY_STATISTICS_INIT;
  covey_model model = COVEY_MODEL_INIT;
  covey_context_handlers followers = COVEY_CONTEXT_HANDLERS_INIT;
  covey_context_options context = COVEY_CONTEXT_OPTIONS_INIT;
  covey_action action = COVEY_ACTION_INIT;
  covey_typescript_options clients = COVEY_TYPESCRIPT_OPTIONS_INIT;
  covey_layer_options layer = COVEY_LAYER_OPTIONS_INIT;
  return error.struct_size == sizeof error &&
                 server.struct_size == sizeof server &&
                 where.struct_size == sizeof where &&
                 handlers.struct_size == sizeof handlers &&
                 channel.struct_size == sizeof channel &&
                 statistics.struct_size == sizeof statistics &&
                 model.struct_size == sizeof model &&
                 model.field_size == sizeof(covey_field) &&
                 followers.struct_size == sizeof followers &&
                 context.struct_size == sizeof context &&
                 action.struct_size == sizeof action &&
                 action.field_size == sizeof(covey_field) &&
                 context.field_size == sizeof(covey_field) &&
                 clients.struct_size == sizeof clients &&
                 layer.struct_size == sizeof layer &&
                 server.ping_interval_ms != COVEY_OFF &&
                 COVEY_VERSION_MAJOR + COVEY_VERSION_MINOR +
                         COVEY_VERSION_PATCH >
                     0
             ? error.status
             : COVEY_E_INVALID;
}

int main(void) { return use_every_macro() == COVEY_OK ? 0 : 1; }
