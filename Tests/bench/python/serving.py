"""What the servers in Python share: their options, the line they say."""

import argparse


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


def run(server):
    server.listen()
    print(f"listening on {options.host}:{server.port}", flush=True)
    server.run()


options = parse_options()
address = {"host": options.host, "port": options.port}
