"""Fixtures: a Redis, and settings of the two sides that are stopped when the test is over."""

import os
import random
from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from redis_server import RedisServer
from setting import Setting


class Set(Protocol):
    def __call__(self, layer: str, **options: Any) -> Setting: ...


class StartRedis(Protocol):
    def __call__(self, *flags: str) -> RedisServer: ...


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def redis(shared_redis: RedisServer) -> RedisServer:
    """Empty; others use it after the test."""
    shared_redis.client().flushall()
    return shared_redis


@pytest.fixture
def start_redis() -> Iterator[StartRedis]:
    """Starts further ones."""
    servers: list[RedisServer] = []

    def start(*flags: str) -> RedisServer:
        servers.append(RedisServer(*flags))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def arrange(redis: RedisServer) -> Iterator[Set]:
    """Makes settings: `arrange("core", prefix="x")`."""
    settings: list[Setting] = []

    def arrange_one(layer: str, **options: Any) -> Setting:
        settings.append(Setting(options.pop("redis", redis), layer, **options))
        return settings[-1]

    yield arrange_one
    for setting in settings:
        setting.stop()


@pytest.fixture(params=["core", "pubsub"])
def layer(request: pytest.FixtureRequest) -> str:
    """Has a test run with either layer of Django."""
    return str(request.param)


KEYS: dict[str, dict[str, list[str]]] = {
    "plain": {},
    "key": {"covey_keys": ["s3cret & key"], "django_keys": ["s3cret & key"]},
    "keys": {"covey_keys": ["first", "second"], "django_keys": ["second", "first"]},
}


@pytest.fixture(params=KEYS)
def keys(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """Has a test run without encryption, with it, and with keys that are being changed."""
    return KEYS[request.param]


@pytest.fixture
def setting(arrange: Set, layer: str, keys: dict[str, list[str]]) -> Setting:
    return arrange(layer, **keys)


@pytest.fixture
def chance() -> random.Random:
    """Says its seed, which LAYER_SEED sets."""
    seed = int(os.environ.get("LAYER_SEED", random.SystemRandom().getrandbits(32)))
    print(f"LAYER_SEED={seed}")
    return random.Random(seed)
