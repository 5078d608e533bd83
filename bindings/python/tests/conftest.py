"""The fixtures of the package, also where it is not installed, and servers in every style."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from covey import Consumer, Server
from redis_server import Redis
from styles import Style, in_style
from told import Told

pytest_plugins = ["pytester"]


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin("covey"):
        config.pluginmanager.import_plugin("pytest_covey")


@pytest.fixture(params=Style, ids=lambda style: style.value)
def style(request: pytest.FixtureRequest) -> Style:
    """Each test that asks for it is run for plain, async, and waiting handlers."""
    found: Style = request.param
    return found


@pytest.fixture
def serve(covey_server: Callable[[Server], Server], style: Style) -> Callable[..., Server]:
    """A running server with one channel at "ws/", whose handlers are rewritten in the style."""

    def start(
        handler: type[Consumer], pattern: str = "ws/", options: Any = None, **settings: Any
    ) -> Server:
        server = Server(**(options or {}))
        server.channel(pattern, in_style(handler, style), **settings)
        return covey_server(server)

    return start


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """Begins when the first test asks for it."""
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()


@pytest.fixture
def told() -> Told:
    return Told()
