"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 30
"""How long what is sure to come is waited for. Nobody waits so long unless something is wrong."""


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether a condition came to hold."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
