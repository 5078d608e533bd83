"""What the peers share: their options, a socket, the line they say."""

import argparse
import socket

MESSAGE_BYTES_MAX = 1024 * 1024


def parse_options(*modes):
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert", help="TLS, for the peers that have it")
    parser.add_argument("--key")
    parser.add_argument("--layer", help="URL of Redis, for the peers that have it")
    parser.add_argument("--mode", choices=modes or ("echo", "broadcast"), required=True)
    return parser.parse_args()


def listen(options):
    # asyncio switches Nagle's delay off only where the protocol says TCP.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind((options.host, options.port))
    listener.listen(socket.SOMAXCONN)
    announce(*listener.getsockname())
    return listener


def announce(host, port):
    print(f"listening on {host}:{port}", flush=True)
