"""The flags that every example takes, and what they do, so that its file shows its own idea.

Those of the examples in C, but for --max-message. Who copies an example takes this file along.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from covey import CoveyError, LayerGap, Server

_watch = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
_watch.add_argument(
    "--watch", action="store_true", help="answers /health, /ready, /metrics, /report"
)


def watching() -> dict[str, Any]:
    """Options for a server: with --watch it answers those who watch it, and everybody else. Where
    strangers come by, that belongs on a listener of its own, with ``operators=True``."""
    if not _watch.parse_known_args()[0].watch:
        return {}
    return {
        "health_path": "/health",
        "ready_path": "/ready",
        "metrics_path": "/metrics",
        "report_path": "/report",
    }


def number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f'"{text}": not a number from {least} to {most}')

    return parse


def flags(description: str | None) -> argparse.ArgumentParser:
    """The flags of every example; one may add its own."""
    summary = (description or "").partition("\n")[0]
    parser = argparse.ArgumentParser(description=summary, parents=[_watch], allow_abbrev=False)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="numeric address to listen on (127.0.0.1)")
    add("--port", type=number(0, 65535), default=8000, help="0 takes any that is free (8000)")
    add(
        "--drain",
        metavar="MS",
        type=number(0, 2**32 - 1),
        default=5000,
        help="time for clients to go, on SIGTERM (5000)",
    )
    add("--unix", metavar="PATH", help="a Unix socket to listen on instead")
    add("--cert", metavar="FILE", help="certificate for TLS, read anew on SIGHUP")
    add("--key", metavar="FILE", help="its key")
    add("--reuse-port", action="store_true", help="others may listen on the port as well")
    add(
        "--proxy",
        metavar="NETWORK",
        help="believe what proxies there, such as 127.0.0.1 or unix, say of their clients",
    )
    add(
        "--layer",
        metavar="URL",
        default=os.environ.get("COVEY_LAYER") or None,
        help="share groups with other processes, by redis://127.0.0.1:6379, redis+django://..., "
        "or redis+django-pubsub://...; what is not for `ps` to show, by $COVEY_LAYER",
    )
    return parser


def is_not_said_here(record: logging.LogRecord) -> bool:
    """What the handlers below are told they say themselves, each time."""
    return getattr(record, "covey_event", "") not in ("layer.disconnected", "layer.gap")


def put_onto_layer(server: Server, url: str) -> None:
    """Puts the groups onto a layer, and says on standard error how that is. The log's warnings go
    there as well, for logging does so unless it is set up otherwise."""
    server.set_layer(url)
    logging.getLogger("covey").addFilter(is_not_said_here)

    @server.on_layer_state
    def state(is_connected: bool, reason: str) -> None:
        how = "is connected" if is_connected else f"is not connected: {reason}"
        print("the layer", how, file=sys.stderr, flush=True)

    @server.on_layer_gap
    def lost(gap: LayerGap) -> None:
        count = f", {gap.count} in all" if gap.count else ""
        for group in gap.groups:
            line = f"the layer has a gap in group {group}: {gap.kind}{count}"
            print(line, file=sys.stderr, flush=True)


def reload(server: Server) -> None:
    """Reads the certificate anew; one that is bad leaves the last one."""
    try:
        server.reload_certificates()
    except CoveyError as error:
        print(error, file=sys.stderr)


def serve(server: Server, options: argparse.Namespace) -> None:
    """Listens where the command line says, prints "listening on HOST:PORT", or "listening on PATH",
    and serves until a signal ends it. SIGTERM has it see its clients off within the time of
    --drain, and end as soon as nobody is left; a second one, and Ctrl-C at any time, stop it at
    once."""
    settings: dict[str, Any] = {"reuse_port": options.reuse_port}
    if (options.cert is None) != (options.key is None):
        flags(None).error("--cert and --key go together")
    if options.cert is not None:
        settings |= {"certificate": options.cert, "key": options.key}
        signal.signal(signal.SIGHUP, lambda *_: server.call_soon(reload, server))
    if options.unix is not None:
        settings["path"] = options.unix
    if options.proxy is not None:
        settings["trusted_proxies"] = [options.proxy]
    try:
        if options.layer is not None:
            put_onto_layer(server, options.layer)
        port = server.listen(options.port, options.host, **settings)
    except CoveyError as error:
        raise SystemExit(str(error)) from None
    host = f"[{options.host}]" if ":" in options.host else options.host
    place = f"{host}:{port}" if options.unix is None else options.unix
    # From within, when it obeys signals already.
    server.call_soon(lambda: print(f"listening on {place}", flush=True))
    server.run(drain_seconds=options.drain / 1000)
