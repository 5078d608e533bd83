"""What a server is made from: the fields of covey_server_options, by their names.

Each is left out for its default, which the header names; None switches off what can be switched
off. Times are in milliseconds.
"""

from typing import TypedDict


class Options(TypedDict, total=False):
    connections_max: int | None
    connections_per_address_max: int | None
    groups_per_consumer_max: int
    handshake_timeout_ms: int
    connect_timeout_ms: int | None
    ping_interval_ms: int | None
    silence_timeout_ms: int | None
    close_timeout_ms: int
    flush_timeout_ms: int
    close_code_refused: int
    close_code_undecided: int
    close_code_slow: int
    close_code_expired: int
    message_bytes_max: int
    outbox_bytes_max: int
    undecided_bytes_max: int
    path_bytes_max: int
    header_bytes_max: int
    mailbox_bytes_max: int
    mailbox_entries_max: int
    json_depth_max: int
    receive_buffer_bytes: int
    health_path: str
    authentication_timeout_ms: int
    call_timeout_ms: int
    calls_per_consumer_max: int
    anchors_per_consumer_max: int
    unfollowed_timeout_ms: int
    session_timeout_ms: int
    context_state_bytes_max: int
    context_messages_bytes_max: int
    snapshot_piece_bytes: int
    store_bytes_max: int
    log_bytes_max: int
    log_changes_max: int
    log_age_ms: int
    memory_bytes_max: int
    connects_per_address_rate: int
    connects_per_address_burst: int
    ready_path: str
    metrics_path: str
    report_path: str
    endings_kept: int
