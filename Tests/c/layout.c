/*
 * layout.c - where every field of every struct is, and what every number is,
 * on 64-bit machines (x86_64 and aarch64). Compiling it is the test: what is
 * here has been promised.
 */
#include "covey.h"

#include <stddef.h>

#define SIZE(type, bytes)                                                      \
  _Static_assert(sizeof(type) == (bytes), #type " has another size")
#define FIELD(type, field, offset, bytes)                                      \
  _Static_assert(offsetof(type, field) == (offset) &&                          \
                     sizeof(((type *)0)->field) == (bytes),                    \
                 #type "." #field " is elsewhere")
#define NUMBER(name, number)                                                   \
  _Static_assert((name) == (number), #name " is another number")

SIZE(covey_status, 4);
SIZE(covey_channel_id, 8);
SIZE(covey_consumer_id, 8);
SIZE(covey_timer_id, 8);
SIZE(covey_kind, 4);
SIZE(covey_log_level, 4);
SIZE(covey_ending_cause, 4);
SIZE(covey_limit, 4);
SIZE(covey_outbox_event, 4);
SIZE(covey_slow_policy, 4);

SIZE(covey_error, 256);
FIELD(covey_error, struct_size, 0, 4);
FIELD(covey_error, status, 4, 4);
FIELD(covey_error, message, 8, 248);

SIZE(covey_server_options, 288);
FIELD(covey_server_options, struct_size, 0, 4);
FIELD(covey_server_options, connections_max, 4, 4);
FIELD(covey_server_options, connections_per_address_max, 8, 4);
FIELD(covey_server_options, groups_per_consumer_max, 12, 4);
FIELD(covey_server_options, handshake_timeout_ms, 16, 4);
FIELD(covey_server_options, connect_timeout_ms, 20, 4);
FIELD(covey_server_options, ping_interval_ms, 24, 4);
FIELD(covey_server_options, silence_timeout_ms, 28, 4);
FIELD(covey_server_options, close_timeout_ms, 32, 4);
FIELD(covey_server_options, flush_timeout_ms, 36, 4);
FIELD(covey_server_options, close_code_refused, 40, 2);
FIELD(covey_server_options, close_code_undecided, 42, 2);
FIELD(covey_server_options, close_code_slow, 44, 2);
FIELD(covey_server_options, close_code_expired, 46, 2);
FIELD(covey_server_options, message_bytes_max, 48, 8);
FIELD(covey_server_options, outbox_bytes_max, 56, 8);
FIELD(covey_server_options, undecided_bytes_max, 64, 8);
FIELD(covey_server_options, path_bytes_max, 72, 8);
FIELD(covey_server_options, header_bytes_max, 80, 8);
FIELD(covey_server_options, mailbox_bytes_max, 88, 8);
FIELD(covey_server_options, mailbox_entries_max, 96, 4);
FIELD(covey_server_options, json_depth_max, 100, 4);
FIELD(covey_server_options, receive_buffer_bytes, 104, 4);
FIELD(covey_server_options, reserved2, 108, 4);
FIELD(covey_server_options, health_path, 112, 8);
FIELD(covey_server_options, on_log, 120, 8);
FIELD(covey_server_options, user, 128, 8);
FIELD(covey_server_options, destroy, 136, 8);
FIELD(covey_server_options, authentication_timeout_ms, 144, 4);
FIELD(covey_server_options, call_timeout_ms, 148, 4);
FIELD(covey_server_options, calls_per_consumer_max, 152, 4);
FIELD(covey_server_options, anchors_per_consumer_max, 156, 4);
FIELD(covey_server_options, unfollowed_timeout_ms, 160, 4);
FIELD(covey_server_options, session_timeout_ms, 164, 4);
FIELD(covey_server_options, context_state_bytes_max, 168, 8);
FIELD(covey_server_options, context_messages_bytes_max, 176, 8);
FIELD(covey_server_options, snapshot_piece_bytes, 184, 8);
FIELD(covey_server_options, store_bytes_max, 192, 8);
FIELD(covey_server_options, log_bytes_max, 200, 8);
FIELD(covey_server_options, log_changes_max, 208, 4);
FIELD(covey_server_options, log_age_ms, 212, 4);
FIELD(covey_server_options, memory_bytes_max, 216, 8);
FIELD(covey_server_options, connects_per_address_rate, 224, 4);
FIELD(covey_server_options, connects_per_address_burst, 228, 4);
FIELD(covey_server_options, on_limit, 232, 8);
FIELD(covey_server_options, ready_path, 240, 8);
FIELD(covey_server_options, metrics_path, 248, 8);
FIELD(covey_server_options, report_path, 256, 8);
FIELD(covey_server_options, endings_kept, 264, 4);
FIELD(covey_server_options, reserved, 268, 4);
FIELD(covey_server_options, on_drain, 272, 8);
FIELD(covey_server_options, on_log_record, 280, 8);

SIZE(covey_log_record, 40);
FIELD(covey_log_record, struct_size, 0, 4);
FIELD(covey_log_record, level, 4, 4);
FIELD(covey_log_record, event, 8, 8);
FIELD(covey_log_record, message, 16, 8);
FIELD(covey_log_record, fields, 24, 8);
FIELD(covey_log_record, fields_size, 32, 8);

SIZE(covey_limit_reached, 40);
FIELD(covey_limit_reached, struct_size, 0, 4);
FIELD(covey_limit_reached, limit, 4, 4);
FIELD(covey_limit_reached, consumer, 8, 8);
FIELD(covey_limit_reached, maximum, 16, 8);
FIELD(covey_limit_reached, count, 24, 8);
FIELD(covey_limit_reached, peer, 32, 8);

SIZE(covey_listen_options, 80);
FIELD(covey_listen_options, struct_size, 0, 4);
FIELD(covey_listen_options, port, 4, 2);
FIELD(covey_listen_options, reserved, 6, 2);
FIELD(covey_listen_options, address, 8, 8);
FIELD(covey_listen_options, flags, 16, 4);
FIELD(covey_listen_options, backlog, 20, 4);
FIELD(covey_listen_options, path, 24, 8);
FIELD(covey_listen_options, owner, 32, 8);
FIELD(covey_listen_options, mode, 40, 4);
FIELD(covey_listen_options, descriptor, 44, 4);
FIELD(covey_listen_options, certificate_file, 48, 8);
FIELD(covey_listen_options, key_file, 56, 8);
FIELD(covey_listen_options, client_ca_file, 64, 8);
FIELD(covey_listen_options, trusted_proxies, 72, 8);

SIZE(covey_ending, 32);
FIELD(covey_ending, struct_size, 0, 4);
FIELD(covey_ending, cause, 4, 4);
FIELD(covey_ending, code, 8, 2);
FIELD(covey_ending, is_clean, 10, 1);
FIELD(covey_ending, reserved, 11, 1);
FIELD(covey_ending, reserved2, 12, 4);
FIELD(covey_ending, reason, 16, 8);
FIELD(covey_ending, reason_bytes, 24, 8);

SIZE(covey_channel_handlers, 64);
FIELD(covey_channel_handlers, struct_size, 0, 4);
FIELD(covey_channel_handlers, reserved, 4, 4);
FIELD(covey_channel_handlers, on_connect, 8, 8);
FIELD(covey_channel_handlers, on_text, 16, 8);
FIELD(covey_channel_handlers, on_binary, 24, 8);
FIELD(covey_channel_handlers, on_disconnect, 32, 8);
FIELD(covey_channel_handlers, user, 40, 8);
FIELD(covey_channel_handlers, destroy, 48, 8);
FIELD(covey_channel_handlers, on_outbox, 56, 8);

SIZE(covey_channel_options, 80);
FIELD(covey_channel_options, struct_size, 0, 4);
FIELD(covey_channel_options, flags, 4, 4);
FIELD(covey_channel_options, origins, 8, 8);
FIELD(covey_channel_options, groups, 16, 8);
FIELD(covey_channel_options, kept_headers, 24, 8);
FIELD(covey_channel_options, messages_rate, 32, 4);
FIELD(covey_channel_options, messages_burst, 36, 4);
FIELD(covey_channel_options, bytes_rate, 40, 8);
FIELD(covey_channel_options, bytes_burst, 48, 8);
FIELD(covey_channel_options, slow_policy, 56, 4);
FIELD(covey_channel_options, reserved, 60, 4);
FIELD(covey_channel_options, outbox_high_bytes, 64, 8);
FIELD(covey_channel_options, outbox_low_bytes, 72, 8);

SIZE(covey_statistics, 488);
FIELD(covey_statistics, struct_size, 0, 4);
FIELD(covey_statistics, reserved, 4, 4);
FIELD(covey_statistics, consumers, 8, 8);
FIELD(covey_statistics, groups, 16, 8);
FIELD(covey_statistics, outbox_bytes, 24, 8);
FIELD(covey_statistics, connections_accepted, 32, 8);
FIELD(covey_statistics, connections_refused, 40, 8);
FIELD(covey_statistics, connections_dropped, 48, 8);
FIELD(covey_statistics, messages_in, 56, 8);
FIELD(covey_statistics, messages_out, 64, 8);
FIELD(covey_statistics, bytes_in, 72, 8);
FIELD(covey_statistics, bytes_out, 80, 8);
FIELD(covey_statistics, events_handled, 88, 8);
FIELD(covey_statistics, events_unhandled, 96, 8);
FIELD(covey_statistics, endings_peer, 104, 8);
FIELD(covey_statistics, endings_host, 112, 8);
FIELD(covey_statistics, endings_refused, 120, 8);
FIELD(covey_statistics, endings_undecided, 128, 8);
FIELD(covey_statistics, endings_slow, 136, 8);
FIELD(covey_statistics, endings_silent, 144, 8);
FIELD(covey_statistics, endings_too_large, 152, 8);
FIELD(covey_statistics, endings_bad_text, 160, 8);
FIELD(covey_statistics, endings_bad_kind, 168, 8);
FIELD(covey_statistics, endings_lost, 176, 8);
FIELD(covey_statistics, endings_stopped, 184, 8);
FIELD(covey_statistics, drops_gone, 192, 8);
FIELD(covey_statistics, drops_queued, 200, 8);
FIELD(covey_statistics, drops_mailbox_full, 208, 8);
FIELD(covey_statistics, drops_groups_full, 216, 8);
FIELD(covey_statistics, instances, 224, 8);
FIELD(covey_statistics, store_bytes, 232, 8);
FIELD(covey_statistics, scopes, 240, 8);
FIELD(covey_statistics, calls_open, 248, 8);
FIELD(covey_statistics, deltas, 256, 8);
FIELD(covey_statistics, snapshots, 264, 8);
FIELD(covey_statistics, resumes, 272, 8);
FIELD(covey_statistics, falls_behind, 280, 8);
FIELD(covey_statistics, catch_ups, 288, 8);
FIELD(covey_statistics, calls, 296, 8);
FIELD(covey_statistics, writes, 304, 8);
FIELD(covey_statistics, calls_failed, 312, 8);
FIELD(covey_statistics, calls_timed_out, 320, 8);
FIELD(covey_statistics, loads_failed, 328, 8);
FIELD(covey_statistics, frames_ignored, 336, 8);
FIELD(covey_statistics, drops_store, 344, 8);
FIELD(covey_statistics, endings_expired, 352, 8);
FIELD(covey_statistics, endings_too_fast, 360, 8);
FIELD(covey_statistics, endings_shed, 368, 8);
FIELD(covey_statistics, limits_connections, 376, 8);
FIELD(covey_statistics, limits_address, 384, 8);
FIELD(covey_statistics, limits_address_rate, 392, 8);
FIELD(covey_statistics, limits_message_rate, 400, 8);
FIELD(covey_statistics, limits_byte_rate, 408, 8);
FIELD(covey_statistics, limits_outbox, 416, 8);
FIELD(covey_statistics, limits_memory, 424, 8);
FIELD(covey_statistics, limits_message, 432, 8);
FIELD(covey_statistics, limits_groups, 440, 8);
FIELD(covey_statistics, limits_mailbox, 448, 8);
FIELD(covey_statistics, limits_calls, 456, 8);
FIELD(covey_statistics, drops_slow, 464, 8);
FIELD(covey_statistics, memory_bytes, 472, 8);
FIELD(covey_statistics, connections_tls_failed, 480, 8);

NUMBER(COVEY_OK, 0);
NUMBER(COVEY_E_INVALID, -1);
NUMBER(COVEY_E_GONE, -2);
NUMBER(COVEY_E_NOT_FOUND, -3);
NUMBER(COVEY_E_EXISTS, -4);
NUMBER(COVEY_E_TOO_LARGE, -5);
NUMBER(COVEY_E_FULL, -6);
NUMBER(COVEY_E_BUSY, -7);
NUMBER(COVEY_E_WRONG_THREAD, -8);
NUMBER(COVEY_E_DENIED, -9);
NUMBER(COVEY_E_STOPPED, -10);
NUMBER(COVEY_E_PROTOCOL, -11);
NUMBER(COVEY_E_TIMED_OUT, -12);
NUMBER(COVEY_E_SYSTEM, -13);
NUMBER(COVEY_TEXT, 1);
NUMBER(COVEY_BINARY, 2);
NUMBER(COVEY_LOG_ERROR, 1);
NUMBER(COVEY_LOG_WARNING, 2);
NUMBER(COVEY_LOG_INFO, 3);
NUMBER(COVEY_LOG_DEBUG, 4);
NUMBER(COVEY_ENDING_PEER, 1);
NUMBER(COVEY_ENDING_HOST, 2);
NUMBER(COVEY_ENDING_REFUSED, 3);
NUMBER(COVEY_ENDING_UNDECIDED, 4);
NUMBER(COVEY_ENDING_SLOW, 5);
NUMBER(COVEY_ENDING_SILENT, 6);
NUMBER(COVEY_ENDING_TOO_LARGE, 7);
NUMBER(COVEY_ENDING_BAD_TEXT, 8);
NUMBER(COVEY_ENDING_BAD_KIND, 9);
NUMBER(COVEY_ENDING_LOST, 10);
NUMBER(COVEY_ENDING_STOPPED, 11);
NUMBER(COVEY_ENDING_EXPIRED, 12);
NUMBER(COVEY_ENDING_TOO_FAST, 13);
NUMBER(COVEY_ENDING_SHED, 14);
NUMBER(COVEY_CHANNEL_PUBLIC, 1);
NUMBER(COVEY_CHANNEL_REQUIRE_ORIGIN, 2);
NUMBER(COVEY_CHANNEL_BROADCAST_RECEIVED, 4);
NUMBER(COVEY_OUTBOX_HIGH, 1);
NUMBER(COVEY_OUTBOX_LOW, 2);
NUMBER(COVEY_OUTBOX_DROPPED, 3);
NUMBER(COVEY_SLOW_CLOSE, 0);
NUMBER(COVEY_SLOW_DROP_OLDEST, 1);
NUMBER(COVEY_SLOW_DROP_NEWEST, 2);
NUMBER(COVEY_LIMIT_CONNECTIONS, 1);
NUMBER(COVEY_LIMIT_ADDRESS, 2);
NUMBER(COVEY_LIMIT_ADDRESS_RATE, 3);
NUMBER(COVEY_LIMIT_MESSAGE_RATE, 4);
NUMBER(COVEY_LIMIT_BYTE_RATE, 5);
NUMBER(COVEY_LIMIT_OUTBOX, 6);
NUMBER(COVEY_LIMIT_MEMORY, 7);
NUMBER(COVEY_LIMIT_MESSAGE, 8);
NUMBER(COVEY_LIMIT_GROUPS, 9);
NUMBER(COVEY_LIMIT_MAILBOX, 10);
NUMBER(COVEY_LIMIT_CALLS, 11);
NUMBER(COVEY_OFF, 4294967295);
NUMBER(COVEY_VERSION_MAJOR, 1);

SIZE(covey_field, 48);
FIELD(covey_field, name, 0, 8);
FIELD(covey_field, type, 8, 4);
FIELD(covey_field, flags, 12, 4);
FIELD(covey_field, choices, 16, 8);
FIELD(covey_field, model, 24, 8);
FIELD(covey_field, inverse_field, 32, 8);
FIELD(covey_field, shape, 40, 8);

SIZE(covey_model, 72);
FIELD(covey_model, struct_size, 0, 4);
FIELD(covey_model, field_size, 4, 4);
FIELD(covey_model, name, 8, 8);
FIELD(covey_model, id_kind, 16, 4);
FIELD(covey_model, writable, 20, 4);
FIELD(covey_model, fields, 24, 8);
FIELD(covey_model, field_count, 32, 8);
FIELD(covey_model, owner_field, 40, 8);
FIELD(covey_model, on_load, 48, 8);
FIELD(covey_model, user, 56, 8);
FIELD(covey_model, destroy, 64, 8);

SIZE(covey_write, 64);
FIELD(covey_write, struct_size, 0, 4);
FIELD(covey_write, operation, 4, 4);
FIELD(covey_write, model, 8, 8);
FIELD(covey_write, parent_model, 16, 8);
FIELD(covey_write, id, 24, 8);
FIELD(covey_write, parent_id, 32, 8);
FIELD(covey_write, relation, 40, 8);
FIELD(covey_write, json, 48, 8);
FIELD(covey_write, size, 56, 8);

SIZE(covey_context_handlers, 80);
FIELD(covey_context_handlers, struct_size, 0, 4);
FIELD(covey_context_handlers, reserved, 4, 4);
FIELD(covey_context_handlers, on_connect, 8, 8);
FIELD(covey_context_handlers, on_authenticate, 16, 8);
FIELD(covey_context_handlers, on_authorize, 24, 8);
FIELD(covey_context_handlers, on_open, 32, 8);
FIELD(covey_context_handlers, on_list, 40, 8);
FIELD(covey_context_handlers, on_write, 48, 8);
FIELD(covey_context_handlers, on_disconnect, 56, 8);
FIELD(covey_context_handlers, user, 64, 8);
FIELD(covey_context_handlers, destroy, 72, 8);

SIZE(covey_context_options, 56);
FIELD(covey_context_options, struct_size, 0, 4);
FIELD(covey_context_options, flags, 4, 4);
FIELD(covey_context_options, model, 8, 8);
FIELD(covey_context_options, parameter, 16, 8);
FIELD(covey_context_options, name, 24, 8);
FIELD(covey_context_options, variables, 32, 8);
FIELD(covey_context_options, variable_count, 40, 8);
FIELD(covey_context_options, field_size, 48, 4);
FIELD(covey_context_options, reserved, 52, 4);

SIZE(covey_action, 56);
FIELD(covey_action, struct_size, 0, 4);
FIELD(covey_action, field_size, 4, 4);
FIELD(covey_action, name, 8, 8);
FIELD(covey_action, grant, 16, 8);
FIELD(covey_action, flags, 24, 4);
FIELD(covey_action, result_type, 28, 4);
FIELD(covey_action, parameters, 32, 8);
FIELD(covey_action, parameter_count, 40, 8);
FIELD(covey_action, result, 48, 8);

SIZE(covey_typescript_options, 48);
FIELD(covey_typescript_options, struct_size, 0, 4);
FIELD(covey_typescript_options, flags, 4, 4);
FIELD(covey_typescript_options, folder, 8, 8);
FIELD(covey_typescript_options, module, 16, 8);
FIELD(covey_typescript_options, url, 24, 8);
FIELD(covey_typescript_options, on_output, 32, 8);
FIELD(covey_typescript_options, user, 40, 8);

SIZE(covey_model_id, 8);
SIZE(covey_load_id, 8);
SIZE(covey_call_id, 8);
SIZE(covey_id_kind, 4);
SIZE(covey_field_type, 4);

NUMBER(COVEY_ID_INTEGER, 1);
NUMBER(COVEY_ID_STRING, 2);
NUMBER(COVEY_FIELD_BOOLEAN, 1);
NUMBER(COVEY_FIELD_INTEGER, 2);
NUMBER(COVEY_FIELD_NUMBER, 3);
NUMBER(COVEY_FIELD_STRING, 4);
NUMBER(COVEY_FIELD_DATETIME, 5);
NUMBER(COVEY_FIELD_DATE, 6);
NUMBER(COVEY_FIELD_DECIMAL, 7);
NUMBER(COVEY_FIELD_JSON, 8);
NUMBER(COVEY_FIELD_CHOICE, 9);
NUMBER(COVEY_FIELD_ONE, 10);
NUMBER(COVEY_FIELD_MANY, 11);
NUMBER(COVEY_FIELD_NULLABLE, 1);
NUMBER(COVEY_FIELD_WRITABLE, 2);
NUMBER(COVEY_FIELD_OPTIONAL, 4);
NUMBER(COVEY_WRITE_SAVE, 1);
NUMBER(COVEY_WRITE_CREATE, 2);
NUMBER(COVEY_WRITE_DELETE, 4);
NUMBER(COVEY_PUT_MERGE, 1);
NUMBER(COVEY_CONTEXT_MANY, 1);
NUMBER(COVEY_ACTION_ANONYMOUS, 1);
NUMBER(COVEY_ACTION_UNCHECKED, 2);
NUMBER(COVEY_TYPESCRIPT_CHECK, 1);
NUMBER(COVEY_TYPESCRIPT_RXDJANGO, 2);

int main(void) { return 0; }
