"""Reads and writes the rows that Covey is given, with orjson; prints one line of JSON.

peer_orjson.py STATE [--seconds 0.4]    STATE texts prints the rows, one a line.
"""

import argparse
import json
import subprocess
import time

from orjson import dumps, loads


def work(texts):
    for text in texts:
        dumps(loads(text))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("state")
    parser.add_argument("--seconds", type=float, default=0.4)
    options = parser.parse_args()
    texts = subprocess.run(
        [options.state, "texts"], check=True, stdout=subprocess.PIPE
    ).stdout.splitlines()
    assert all(dumps(loads(text)) == text for text in texts)
    work(texts)
    rounds = 0
    began = time.process_time_ns()
    while (took := time.process_time_ns() - began) < options.seconds * 1e9:
        work(texts)
        rounds += 1
    count = rounds * len(texts)
    print(json.dumps({"texts": count, "bytes": len(texts[0]), "cpu_us": took / 1e3 / count}))


main()
