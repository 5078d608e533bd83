"""include/covey.h and the headers of include/covey/, for ctypes. No logic.

Constants lose the prefix ``COVEY_``; types lose ``covey_`` and ``_fn`` and are written in camel
case. What every pointer is here:

* Opaque handles are ``c_void_p``, and so is ``void *``.
* Functions take ``const char *`` and ``const void *`` as ``c_char_p``: bytes go in without a copy.
* Handlers are handed pointers as ``c_void_p``: an int, or None for NULL; nothing is copied. Only a
  struct comes as ``POINTER`` of its type.
* Texts that the library hands out through a pointer are ``POINTER(c_void_p)``; lists of texts are
  ``POINTER(c_char_p)``.
* In a struct that the library fills in, a text with a size beside it is a ``c_void_p``.

tests/test_abi_matches_header.py compares all of it with the headers.
"""

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int,
    c_int32,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

# =========================================================================== covey.h

# ----------------------------------------------------------------------------- version

VERSION_MAJOR = 1
VERSION_MINOR = 0
VERSION_PATCH = 0

# ---------------------------------------------------------------- statuses and errors

Status = c_int32

OK = 0
E_INVALID = -1
E_GONE = -2
E_NOT_FOUND = -3
E_EXISTS = -4
E_TOO_LARGE = -5
E_FULL = -6
E_BUSY = -7
E_WRONG_THREAD = -8
E_DENIED = -9
E_STOPPED = -10
E_PROTOCOL = -11
E_TIMED_OUT = -12
E_SYSTEM = -13


class Error(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("status", Status),
        ("message", c_char * 248),
    )


# ------------------------------------------------------------------------ small types

Server = c_void_p
ChannelId = c_uint64
ConsumerId = c_uint64
TimerId = c_uint64

Kind = c_int32

TEXT = 1
BINARY = 2

OFF = 0xFFFFFFFF

Destroy = CFUNCTYPE(None, c_void_p)

# --------------------------------------------------------------------- server options

LogLevel = c_int32

LOG_ERROR = 1
LOG_WARNING = 2
LOG_INFO = 3
LOG_DEBUG = 4

OnLog = CFUNCTYPE(None, Server, LogLevel, c_void_p, c_void_p)


class LogRecord(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("level", LogLevel),
        ("event", c_char_p),
        ("message", c_char_p),
        ("fields", c_void_p),
        ("fields_size", c_size_t),
    )


OnLogRecord = CFUNCTYPE(None, Server, POINTER(LogRecord), c_void_p)

Limit = c_int32

LIMIT_CONNECTIONS = 1
LIMIT_ADDRESS = 2
LIMIT_ADDRESS_RATE = 3
LIMIT_MESSAGE_RATE = 4
LIMIT_BYTE_RATE = 5
LIMIT_OUTBOX = 6
LIMIT_MEMORY = 7
LIMIT_MESSAGE = 8
LIMIT_GROUPS = 9
LIMIT_MAILBOX = 10
LIMIT_CALLS = 11


class LimitReached(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("limit", Limit),
        ("consumer", ConsumerId),
        ("maximum", c_uint64),
        ("count", c_uint64),
        ("peer", c_char_p),
    )


OnLimit = CFUNCTYPE(None, Server, POINTER(LimitReached), c_void_p)

OnDrain = CFUNCTYPE(None, Server, c_uint64, c_uint64, c_void_p)


class ServerOptions(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        # Connections.
        ("connections_max", c_uint32),
        ("connections_per_address_max", c_uint32),
        ("groups_per_consumer_max", c_uint32),
        # Deadlines.
        ("handshake_timeout_ms", c_uint32),
        ("connect_timeout_ms", c_uint32),
        ("ping_interval_ms", c_uint32),
        ("silence_timeout_ms", c_uint32),
        ("close_timeout_ms", c_uint32),
        ("flush_timeout_ms", c_uint32),
        # Close codes.
        ("close_code_refused", c_uint16),
        ("close_code_undecided", c_uint16),
        ("close_code_slow", c_uint16),
        ("close_code_expired", c_uint16),
        # Bytes.
        ("message_bytes_max", c_uint64),
        ("outbox_bytes_max", c_uint64),
        ("undecided_bytes_max", c_uint64),
        ("path_bytes_max", c_uint64),
        ("header_bytes_max", c_uint64),
        ("mailbox_bytes_max", c_uint64),
        ("mailbox_entries_max", c_uint32),
        ("json_depth_max", c_uint32),
        ("receive_buffer_bytes", c_uint32),
        ("reserved2", c_uint32),
        ("health_path", c_char_p),
        # Log lines.
        ("on_log", OnLog),
        ("user", c_void_p),
        ("destroy", Destroy),
        # Context channels.
        ("authentication_timeout_ms", c_uint32),
        ("call_timeout_ms", c_uint32),
        ("calls_per_consumer_max", c_uint32),
        ("anchors_per_consumer_max", c_uint32),
        ("unfollowed_timeout_ms", c_uint32),
        ("session_timeout_ms", c_uint32),
        ("context_state_bytes_max", c_uint64),
        ("context_messages_bytes_max", c_uint64),
        ("snapshot_piece_bytes", c_uint64),
        # State.
        ("store_bytes_max", c_uint64),
        ("log_bytes_max", c_uint64),
        ("log_changes_max", c_uint32),
        ("log_age_ms", c_uint32),
        # Bounds of all clients together.
        ("memory_bytes_max", c_uint64),
        ("connects_per_address_rate", c_uint32),
        ("connects_per_address_burst", c_uint32),
        ("on_limit", OnLimit),
        # What is answered over HTTP.
        ("ready_path", c_char_p),
        ("metrics_path", c_char_p),
        ("report_path", c_char_p),
        ("endings_kept", c_uint32),
        ("reserved", c_uint32),
        ("on_drain", OnDrain),
        ("on_log_record", OnLogRecord),
    )


# --------------------------------------------------------------- a server and its life

Task = CFUNCTYPE(None, Server, c_void_p)

# --------------------------------------------------------------------------- channels

OnConnect = CFUNCTYPE(None, Server, ConsumerId, c_void_p)
OnMessage = CFUNCTYPE(None, Server, ConsumerId, Kind, c_void_p, c_size_t, c_void_p)
OnEvent = CFUNCTYPE(None, Server, ConsumerId, c_void_p, c_void_p, c_size_t, c_void_p)

EndingCause = c_int32

ENDING_PEER = 1
ENDING_HOST = 2
ENDING_REFUSED = 3
ENDING_UNDECIDED = 4
ENDING_SLOW = 5
ENDING_SILENT = 6
ENDING_TOO_LARGE = 7
ENDING_BAD_TEXT = 8
ENDING_BAD_KIND = 9
ENDING_LOST = 10
ENDING_STOPPED = 11
ENDING_EXPIRED = 12
ENDING_TOO_FAST = 13
ENDING_SHED = 14


class Ending(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("cause", EndingCause),
        ("code", c_uint16),
        ("is_clean", c_uint8),
        ("reserved", c_uint8),
        ("reserved2", c_uint32),
        ("reason", c_void_p),
        ("reason_bytes", c_size_t),
    )


OnDisconnect = CFUNCTYPE(None, Server, ConsumerId, POINTER(Ending), c_void_p)

OutboxEvent = c_int32

OUTBOX_HIGH = 1
OUTBOX_LOW = 2
OUTBOX_DROPPED = 3

OnOutbox = CFUNCTYPE(None, Server, ConsumerId, OutboxEvent, c_uint64, c_uint64, c_void_p)


class ChannelHandlers(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("on_connect", OnConnect),
        ("on_text", OnMessage),
        ("on_binary", OnMessage),
        ("on_disconnect", OnDisconnect),
        ("user", c_void_p),
        ("destroy", Destroy),
        ("on_outbox", OnOutbox),
    )


CHANNEL_PUBLIC = 1
CHANNEL_REQUIRE_ORIGIN = 2
CHANNEL_BROADCAST_RECEIVED = 4

SlowPolicy = c_uint32

SLOW_CLOSE = 0
SLOW_DROP_OLDEST = 1
SLOW_DROP_NEWEST = 2


class ChannelOptions(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("origins", POINTER(c_char_p)),
        ("groups", POINTER(c_char_p)),
        ("kept_headers", POINTER(c_char_p)),
        # What one consumer may send.
        ("messages_rate", c_uint32),
        ("messages_burst", c_uint32),
        ("bytes_rate", c_uint64),
        ("bytes_burst", c_uint64),
        # Who reads too slowly.
        ("slow_policy", SlowPolicy),
        ("reserved", c_uint32),
        ("outbox_high_bytes", c_uint64),
        ("outbox_low_bytes", c_uint64),
    )


# ===================================================================== covey/state.h

# ----------------------------------------------------------------------------- models

ModelId = c_uint64

IdKind = c_int32

ID_INTEGER = 1
ID_STRING = 2

FieldType = c_int32

FIELD_BOOLEAN = 1
FIELD_INTEGER = 2
FIELD_NUMBER = 3
FIELD_STRING = 4
FIELD_DATETIME = 5
FIELD_DATE = 6
FIELD_DECIMAL = 7
FIELD_JSON = 8
FIELD_CHOICE = 9
FIELD_ONE = 10
FIELD_MANY = 11

FIELD_NULLABLE = 1
FIELD_WRITABLE = 2
FIELD_OPTIONAL = 4


class Field(Structure):
    _fields_ = (
        ("name", c_char_p),
        ("type", FieldType),
        ("flags", c_uint32),
        ("choices", POINTER(c_char_p)),
        ("model", c_char_p),
        ("inverse_field", c_char_p),
        ("shape", c_char_p),
    )


LoadId = c_uint64

OnLoad = CFUNCTYPE(None, Server, LoadId, ModelId, c_void_p, c_void_p)

WRITE_SAVE = 1
WRITE_CREATE = 2
WRITE_DELETE = 4


class Model(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("field_size", c_uint32),
        ("name", c_char_p),
        ("id_kind", IdKind),
        ("writable", c_uint32),
        ("fields", POINTER(Field)),
        ("field_count", c_size_t),
        ("owner_field", c_char_p),
        ("on_load", OnLoad),
        ("user", c_void_p),
        ("destroy", Destroy),
    )


# ------------------------------------------------------------------------------ store

PUT_MERGE = 1

OnStoreChange = CFUNCTYPE(None, Server, ModelId, c_void_p, c_void_p, c_size_t, c_uint64, c_void_p)

# ----------------------------------------------------------------------- transactions

Transaction = c_void_p

# =================================================================== covey/context.h

# ------------------------------------------------------------------- context channels

CallId = c_uint64

OnAuthenticate = CFUNCTYPE(None, Server, ConsumerId, c_void_p, c_size_t, c_void_p)
OnAuthorize = CFUNCTYPE(None, Server, ConsumerId, c_void_p)
OnOpen = CFUNCTYPE(None, Server, ConsumerId, c_uint64, c_void_p)
OnList = CFUNCTYPE(None, Server, ConsumerId, c_void_p)


class Write(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("operation", c_uint32),
        ("model", ModelId),
        ("parent_model", ModelId),
        ("id", c_char_p),
        ("parent_id", c_char_p),
        ("relation", c_char_p),
        ("json", c_void_p),
        ("size", c_size_t),
    )


OnWrite = CFUNCTYPE(None, Server, ConsumerId, CallId, POINTER(Write), c_void_p)


class ContextHandlers(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("on_connect", OnConnect),
        ("on_authenticate", OnAuthenticate),
        ("on_authorize", OnAuthorize),
        ("on_open", OnOpen),
        ("on_list", OnList),
        ("on_write", OnWrite),
        ("on_disconnect", OnDisconnect),
        ("user", c_void_p),
        ("destroy", Destroy),
    )


CONTEXT_MANY = 1


class ContextOptions(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("model", ModelId),
        ("parameter", c_char_p),
        ("name", c_char_p),
        ("variables", POINTER(Field)),
        ("variable_count", c_size_t),
        ("field_size", c_uint32),
        ("reserved", c_uint32),
    )


# ----------------------------------------------------------------- actions and writes

OnAction = CFUNCTYPE(None, Server, ConsumerId, CallId, c_void_p, c_size_t, c_void_p)

ACTION_ANONYMOUS = 1
ACTION_UNCHECKED = 2


class Action(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("field_size", c_uint32),
        ("name", c_char_p),
        ("grant", c_char_p),
        ("flags", c_uint32),
        ("result_type", FieldType),
        ("parameters", POINTER(Field)),
        ("parameter_count", c_size_t),
        ("result", POINTER(Field)),
    )


# =================================================================== covey/describe.h

OnOutput = CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)

TYPESCRIPT_CHECK = 1
TYPESCRIPT_RXDJANGO = 2


class TypescriptOptions(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("folder", c_char_p),
        ("module", c_char_p),
        ("url", c_char_p),
        ("on_output", OnOutput),
        ("user", c_void_p),
    )


# ====================================================================== covey/layer.h

LayerGapKind = c_int32

LAYER_GAP_MISSED = 1
LAYER_GAP_UNSENT = 2
LAYER_GAP_UNKNOWN = 3
LAYER_GAP_FULL = 4


class LayerGap(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("kind", LayerGapKind),
        ("groups", POINTER(c_char_p)),
        ("group_count", c_size_t),
        ("count", c_uint64),
        ("counts", POINTER(c_uint64)),
    )


OnLayerGap = CFUNCTYPE(None, Server, POINTER(LayerGap), c_void_p)
OnLayerState = CFUNCTYPE(None, Server, c_int, c_void_p, c_void_p)


class LayerOptions(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("queue_entries_max", c_uint32),
        ("queue_bytes_max", c_uint64),
        ("connect_timeout_ms", c_uint32),
        ("answer_timeout_ms", c_uint32),
        ("retry_ms_max", c_uint32),
        ("reserved", c_uint32),
        ("on_layer_gap", OnLayerGap),
        ("on_layer_state", OnLayerState),
        ("user", c_void_p),
        ("destroy", Destroy),
    )


# ===================================================================== covey/listen.h

LISTEN_REUSE_PORT = 1
LISTEN_PROXY_PROTOCOL = 2
LISTEN_CERTIFICATE_OPTIONAL = 4
LISTEN_OPERATORS = 8


class ListenOptions(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("port", c_uint16),
        ("reserved", c_uint16),
        ("address", c_char_p),
        ("flags", c_uint32),
        ("backlog", c_uint32),
        ("path", c_char_p),
        ("owner", c_char_p),
        ("mode", c_uint32),
        ("descriptor", c_int32),
        ("certificate_file", c_char_p),
        ("key_file", c_char_p),
        ("client_ca_file", c_char_p),
        ("trusted_proxies", POINTER(c_char_p)),
    )


# ====================================================================== covey/watch.h


class Statistics(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        # Now.
        ("consumers", c_uint64),
        ("groups", c_uint64),
        ("outbox_bytes", c_uint64),
        # Connecting.
        ("connections_accepted", c_uint64),
        ("connections_refused", c_uint64),
        ("connections_dropped", c_uint64),
        # Messages.
        ("messages_in", c_uint64),
        ("messages_out", c_uint64),
        ("bytes_in", c_uint64),
        ("bytes_out", c_uint64),
        # Events.
        ("events_handled", c_uint64),
        ("events_unhandled", c_uint64),
        # Endings.
        ("endings_peer", c_uint64),
        ("endings_host", c_uint64),
        ("endings_refused", c_uint64),
        ("endings_undecided", c_uint64),
        ("endings_slow", c_uint64),
        ("endings_silent", c_uint64),
        ("endings_too_large", c_uint64),
        ("endings_bad_text", c_uint64),
        ("endings_bad_kind", c_uint64),
        ("endings_lost", c_uint64),
        ("endings_stopped", c_uint64),
        # What was asked for and not done.
        ("drops_gone", c_uint64),
        ("drops_queued", c_uint64),
        ("drops_mailbox_full", c_uint64),
        ("drops_groups_full", c_uint64),
        # State, now.
        ("instances", c_uint64),
        ("store_bytes", c_uint64),
        ("scopes", c_uint64),
        ("calls_open", c_uint64),
        # State, ever.
        ("deltas", c_uint64),
        ("snapshots", c_uint64),
        ("resumes", c_uint64),
        ("falls_behind", c_uint64),
        ("catch_ups", c_uint64),
        ("calls", c_uint64),
        ("writes", c_uint64),
        ("calls_failed", c_uint64),
        ("calls_timed_out", c_uint64),
        ("loads_failed", c_uint64),
        ("frames_ignored", c_uint64),
        ("drops_store", c_uint64),
        # Endings, by further causes.
        ("endings_expired", c_uint64),
        ("endings_too_fast", c_uint64),
        ("endings_shed", c_uint64),
        # Limits.
        ("limits_connections", c_uint64),
        ("limits_address", c_uint64),
        ("limits_address_rate", c_uint64),
        ("limits_message_rate", c_uint64),
        ("limits_byte_rate", c_uint64),
        ("limits_outbox", c_uint64),
        ("limits_memory", c_uint64),
        ("limits_message", c_uint64),
        ("limits_groups", c_uint64),
        ("limits_mailbox", c_uint64),
        ("limits_calls", c_uint64),
        ("drops_slow", c_uint64),
        ("memory_bytes", c_uint64),
        ("connections_tls_failed", c_uint64),
        # The layer.
        ("layer_connected", c_uint64),
        ("layer_connections", c_uint64),
        ("layer_published", c_uint64),
        ("layer_received", c_uint64),
        ("layer_repaired", c_uint64),
        ("layer_duplicates", c_uint64),
        ("layer_foreign", c_uint64),
        ("layer_errors", c_uint64),
        ("layer_missed", c_uint64),
        ("layer_unsent", c_uint64),
        ("layer_unknown", c_uint64),
        ("layer_full", c_uint64),
    )


# ========================================================================= functions

_TextOut = POINTER(c_void_p)
_SizeOut = POINTER(c_size_t)
_ErrorOut = POINTER(Error)
_GETTER = (Server, ConsumerId, _TextOut, _SizeOut)
_NAMED_GETTER = (Server, ConsumerId, c_char_p, _TextOut, _SizeOut)

#: Of each function: what it returns, and what it takes.
SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    # covey.h: version, statuses and errors
    "covey_version": (c_char_p, ()),
    "covey_status_text": (c_char_p, (Status,)),
    "covey_error_init": (None, (POINTER(Error), c_size_t)),
    # a server and its life
    "covey_server_options_init": (None, (POINTER(ServerOptions), c_size_t)),
    "covey_server_new": (Status, (POINTER(ServerOptions), POINTER(Server), _ErrorOut)),
    "covey_server_free": (Status, (Server,)),
    "covey_server_run": (Status, (Server,)),
    "covey_server_service": (Status, (Server, c_int32)),
    "covey_server_get_fd": (Status, (Server, POINTER(c_int))),
    "covey_server_get_timeout": (Status, (Server, POINTER(c_int32))),
    "covey_server_start": (Status, (Server,)),
    "covey_server_wait": (Status, (Server, c_int32)),
    "covey_server_stop": (Status, (Server, c_uint16)),
    "covey_server_post": (Status, (Server, Task, c_void_p, Destroy)),
    "covey_timer_start": (
        Status,
        (Server, c_uint32, c_uint32, Task, c_void_p, Destroy, POINTER(TimerId)),
    ),
    "covey_timer_stop": (Status, (Server, TimerId)),
    # channels
    "covey_channel_handlers_init": (None, (POINTER(ChannelHandlers), c_size_t)),
    "covey_channel_options_init": (None, (POINTER(ChannelOptions), c_size_t)),
    "covey_channel_register": (
        Status,
        (
            Server,
            c_char_p,
            POINTER(ChannelOptions),
            POINTER(ChannelHandlers),
            POINTER(ChannelId),
            _ErrorOut,
        ),
    ),
    "covey_event_register": (Status, (Server, ChannelId, c_char_p, OnEvent, c_void_p, Destroy)),
    "covey_directory_register": (Status, (Server, c_char_p, c_char_p, _ErrorOut)),
    "covey_file_register": (Status, (Server, c_char_p, c_char_p, _ErrorOut)),
    # consumers
    "covey_consumer_accept": (Status, (Server, ConsumerId, c_char_p)),
    "covey_consumer_reject": (Status, (Server, ConsumerId, c_uint16, c_uint16)),
    "covey_consumer_send": (Status, (Server, ConsumerId, Kind, c_char_p, c_size_t)),
    "covey_consumer_close": (Status, (Server, ConsumerId, c_uint16, c_char_p)),
    "covey_consumer_get_path": (Status, _GETTER),
    "covey_consumer_get_param": (Status, _NAMED_GETTER),
    "covey_consumer_get_query": (
        Status,
        (Server, ConsumerId, c_char_p, c_size_t, _TextOut, _SizeOut),
    ),
    "covey_consumer_get_header": (Status, _NAMED_GETTER),
    "covey_consumer_get_cookie": (Status, _NAMED_GETTER),
    "covey_consumer_get_origin": (Status, _GETTER),
    "covey_consumer_get_offered_subprotocol": (
        Status,
        (Server, ConsumerId, c_size_t, _TextOut, _SizeOut),
    ),
    "covey_consumer_get_subprotocol": (Status, _GETTER),
    "covey_consumer_get_peer": (Status, _GETTER),
    "covey_consumer_get_user": (Status, _GETTER),
    "covey_consumer_get_address": (Status, _GETTER),
    "covey_consumer_get_query_string": (Status, _GETTER),
    "covey_consumer_get_scheme": (Status, _GETTER),
    "covey_consumer_get_host": (Status, _GETTER),
    "covey_consumer_get_certificate": (Status, _GETTER),
    "covey_consumer_get_channel": (Status, (Server, ConsumerId, POINTER(ChannelId))),
    "covey_consumer_set_user": (Status, (Server, ConsumerId, c_char_p)),
    "covey_consumer_set_expiry": (Status, (Server, ConsumerId, c_uint32)),
    "covey_user_disconnect": (Status, (Server, c_char_p, c_uint16, c_char_p)),
    "covey_consumer_set_data": (Status, (Server, ConsumerId, c_void_p, Destroy)),
    "covey_consumer_get_data": (Status, (Server, ConsumerId, POINTER(c_void_p))),
    # groups
    "covey_group_add": (Status, (Server, ConsumerId, c_char_p)),
    "covey_group_discard": (Status, (Server, ConsumerId, c_char_p)),
    "covey_group_send": (Status, (Server, c_char_p, c_char_p, c_size_t, _ErrorOut)),
    "covey_group_broadcast": (Status, (Server, c_char_p, Kind, c_char_p, c_size_t, ConsumerId)),
    "covey_group_count": (Status, (Server, c_char_p, _SizeOut)),
    "covey_group_list": (Status, (Server, c_char_p, POINTER(ConsumerId), c_size_t, _SizeOut)),
    # covey/state.h: models
    "covey_model_init": (None, (POINTER(Model), c_size_t)),
    "covey_model_register": (Status, (Server, POINTER(Model), POINTER(ModelId), _ErrorOut)),
    # store
    "covey_store_put": (Status, (Server, ModelId, c_char_p, c_size_t, c_uint32, _ErrorOut)),
    "covey_store_delete": (Status, (Server, ModelId, c_char_p, _ErrorOut)),
    "covey_store_get": (Status, (Server, ModelId, c_char_p, _TextOut, _SizeOut)),
    "covey_store_count": (Status, (Server, ModelId, _SizeOut)),
    "covey_store_list": (Status, (Server, ModelId, POINTER(POINTER(c_char_p)), _SizeOut)),
    "covey_store_set_on_change": (Status, (Server, OnStoreChange, c_void_p, Destroy)),
    # transactions
    "covey_transaction_begin": (Status, (Server, POINTER(Transaction))),
    "covey_transaction_put": (
        Status,
        (Transaction, ModelId, c_char_p, c_size_t, c_uint32, _ErrorOut),
    ),
    "covey_transaction_delete": (Status, (Transaction, ModelId, c_char_p, _ErrorOut)),
    "covey_transaction_commit": (Status, (Transaction, _ErrorOut)),
    "covey_transaction_abort": (Status, (Transaction,)),
    "covey_load_begin": (Status, (Server, LoadId, POINTER(Transaction))),
    "covey_load_fail": (Status, (Server, LoadId, Status)),
    # covey/context.h: context channels
    "covey_context_handlers_init": (None, (POINTER(ContextHandlers), c_size_t)),
    "covey_context_options_init": (None, (POINTER(ContextOptions), c_size_t)),
    "covey_context_register": (
        Status,
        (
            Server,
            c_char_p,
            POINTER(ChannelOptions),
            POINTER(ContextOptions),
            POINTER(ContextHandlers),
            POINTER(ChannelId),
            _ErrorOut,
        ),
    ),
    # letting in
    "covey_consumer_authenticate": (Status, (Server, ConsumerId, c_char_p)),
    "covey_consumer_authorize": (Status, (Server, ConsumerId)),
    "covey_consumer_reauthorize": (Status, (Server, ConsumerId)),
    "covey_consumer_deny": (Status, (Server, ConsumerId, c_uint16, c_char_p)),
    "covey_grant_add": (Status, (Server, ConsumerId, c_char_p)),
    "covey_grant_discard": (Status, (Server, ConsumerId, c_char_p)),
    # anchors
    "covey_anchor_append": (Status, (Server, ConsumerId, c_char_p)),
    "covey_anchor_prepend": (Status, (Server, ConsumerId, c_char_p)),
    "covey_anchor_remove": (Status, (Server, ConsumerId, c_char_p)),
    "covey_anchor_clear": (Status, (Server, ConsumerId)),
    "covey_anchor_replace": (Status, (Server, ConsumerId, POINTER(c_char_p), c_size_t)),
    "covey_anchor_count": (Status, (Server, ModelId, c_char_p, _SizeOut)),
    # runtime variables
    "covey_variable_set": (Status, (Server, ConsumerId, c_char_p, c_char_p, c_size_t)),
    "covey_variable_get": (Status, _NAMED_GETTER),
    # actions and writes
    "covey_action_init": (None, (POINTER(Action), c_size_t)),
    "covey_action_register": (
        Status,
        (Server, ChannelId, POINTER(Action), OnAction, c_void_p, Destroy, _ErrorOut),
    ),
    "covey_call_return": (Status, (Server, CallId, c_char_p, c_size_t)),
    "covey_call_fail": (Status, (Server, CallId, c_int32, c_char_p)),
    "covey_call_drop": (Status, (Server, CallId)),
    "covey_write_accept": (Status, (Server, CallId, c_char_p, c_char_p, c_size_t, _ErrorOut)),
    # seeing off
    "covey_system_send": (Status, (Server, c_char_p, c_char_p)),
    "covey_server_drain": (Status, (Server, c_uint32)),
    # covey/describe.h
    "covey_server_describe": (Status, (Server, _TextOut, _SizeOut, _ErrorOut)),
    "covey_typescript_options_init": (None, (POINTER(TypescriptOptions), c_size_t)),
    "covey_server_generate_typescript": (
        Status,
        (Server, POINTER(TypescriptOptions), POINTER(c_size_t), _ErrorOut),
    ),
    # covey/layer.h
    "covey_layer_options_init": (None, (POINTER(LayerOptions), c_size_t)),
    "covey_server_set_layer": (Status, (Server, c_char_p, POINTER(LayerOptions), _ErrorOut)),
    "covey_address_send": (Status, (Server, c_char_p, c_char_p, c_size_t, _ErrorOut)),
    # covey/listen.h
    "covey_listen_options_init": (None, (POINTER(ListenOptions), c_size_t)),
    "covey_server_listen": (
        Status,
        (Server, POINTER(ListenOptions), POINTER(c_uint16), _ErrorOut),
    ),
    "covey_server_reload_certificates": (Status, (Server, _ErrorOut)),
    # covey/watch.h
    "covey_statistics_init": (None, (POINTER(Statistics), c_size_t)),
    "covey_server_get_statistics": (Status, (Server, POINTER(Statistics))),
    "covey_server_get_metrics": (Status, (Server, _TextOut, _SizeOut)),
    "covey_server_get_report": (Status, (Server, _TextOut, _SizeOut)),
}
