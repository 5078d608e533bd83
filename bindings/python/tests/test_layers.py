"""Two servers on one layer."""

import asyncio
import itertools
import logging
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from consumer_harness import Connect, Echo, Start
from covey import (
    Busy,
    Consumer,
    Exists,
    Gone,
    InvalidArgument,
    LayerGap,
    NotFound,
    Server,
    event,
)
from covey.testing import AsyncClient, Client, serving
from redis_server import Redis
from styles import Style, in_style
from told import Told

pytestmark = pytest.mark.skipif(
    os.environ.get("REDIS") == "0", reason="the library is built without layers"
)

DRIVERS = ["redis", "redis+django", "redis+django-pubsub"]
#: Nobody listens there.
NOBODY = "redis://127.0.0.1:1"


@pytest.fixture
def url(redis: Redis) -> Callable[..., str]:
    """URLs with a prefix of this test's own."""
    prefix = f"test{next(_prefixes)}"

    def make(driver: str = "redis", more: str = "") -> str:
        return f"{driver}://127.0.0.1:{redis.port}/0?prefix={prefix}{more}"

    return make


_prefixes = itertools.count()


class Member(Consumer):
    groups = ("all",)

    def connect(self) -> None:
        self.send_json({"name": self.channel_name})

    def receive_json(self, content: Any) -> None:
        if "to" in content:
            self.channel_layer.send(content["to"], {"type": "note", "text": content["text"]})
        else:
            self.group_send("all", {"type": "note", "text": content["text"]})

    @event("note")
    def note(self, event: dict[str, Any]) -> None:
        self.send_json(event)


def settle(server: Server, *clients: Client) -> None:
    """What is sent by the server reaches these clients, those of another one among them."""
    timer = server.call_later(0, server.group_broadcast, "all", '"probe"', every=0.02)
    for client in clients:
        client.receive_until(lambda message: message == "probe")
    timer.cancel()
    server.call_soon(server.group_broadcast, "all", '"begin"')
    for client in clients:
        client.receive_until(lambda message: message == "begin")


# ------------------------------------------------------------------------------ sharing


@pytest.fixture
def pair(
    url: Callable[..., str], covey_server: Start, style: Style, request: pytest.FixtureRequest
) -> list[Server]:
    """Two servers, in threads of their own, with handlers of each style."""
    servers = []
    for _ in range(2):
        server = Server(layer=url(getattr(request, "param", "redis")))
        server.channel("ws/", in_style(Member, style))
        servers.append(covey_server(server))
    return servers


@pytest.mark.parametrize("pair", DRIVERS, indirect=True)
def test_two_servers_share_their_groups(pair: list[Server], covey_client: Connect) -> None:
    clients = [covey_client(server, "ws/") for server in pair]
    names = [client.receive_json()["name"] for client in clients]
    settle(pair[0], *clients)
    settle(pair[1], *clients)
    for n, client in enumerate(clients):
        client.send_json({"text": n})
        for hearing in clients:
            assert hearing.receive_json() == {"type": "note", "text": n}
    pair[0].group_broadcast("all", '"done"')
    assert [client.receive_json() for client in clients] == ["done", "done"]
    # And their consumers have names for each other.
    clients[0].send_json({"to": names[1], "text": "psst"})
    assert clients[1].receive_json() == {"type": "note", "text": "psst"}
    pair[0].address_send(names[1], {"type": "note", "text": "from any thread"})
    assert clients[1].receive_json() == {"type": "note", "text": "from any thread"}
    assert clients[0].receive_nothing()


def test_servers_in_asyncio_share_their_groups(url: Callable[..., str]) -> None:
    async def talk() -> None:
        one, other = Server(layer=url()), Server(layer=url())
        for server in (one, other):
            server.channel("ws/", Member)
        async with (
            serving(one) as port,
            serving(other) as other_port,
            AsyncClient(port, "ws/") as client,
            AsyncClient(other_port, "ws/") as other_client,
        ):
            await client.receive_json()
            await other_client.receive_json()
            timer = one.call_later(0, one.group_broadcast, "all", '"probe"', every=0.02)
            await other_client.receive_until(lambda message: message == "probe")
            timer.cancel()
            one.group_send("all", {"type": "note", "text": "ü"})
            for hearing in (client, other_client):
                frames = await hearing.receive_until(lambda message: message != "probe")
                assert frames[-1] == {"type": "note", "text": "ü"}

    asyncio.run(talk())


# ------------------------------------------------------------------- states and losses


def test_the_layers_state_and_losses_are_told(
    url: Callable[..., str], redis: Redis, covey_server: Start, covey_client: Connect, told: Told
) -> None:
    lost = Told()
    server = Server(layer=url("redis+django-pubsub"))
    server.channel("ws/", Member)
    server.on_layer_state(lambda is_connected, reason: told.say((is_connected, reason)))
    server.on_layer_gap(lost.say)
    covey_server(server)
    assert told.next() == (True, "")
    covey_client(server, "ws/").receive_json()
    redis.command("client", "kill", "type", "pubsub")
    is_connected, reason = told.next()
    assert not is_connected
    assert reason
    assert told.next() == (True, "")
    assert lost.next() == LayerGap("missed", ("all",), 0, (0,))
    numbers = Told()
    server.call_soon(lambda: numbers.say(server.statistics()))
    statistics = numbers.next()
    assert statistics["layer_connected"] == 1
    assert statistics["layer_connections"] == 2
    assert statistics["layer_missed"] == 1


def test_who_is_alone_serves_its_own_and_says_what_it_cannot_send(
    covey_server: Start, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "covey")
    lost = Told()
    server = Server()
    server.set_layer(NOBODY, queue_entries_max=1, retry_ms_max=100)
    server.channel("ws/", Member)
    server.on_layer_state(lambda is_connected, reason: told.say((is_connected, reason)))
    server.on_layer_gap(lost.say)
    covey_server(server)
    is_connected, reason = told.next()
    assert (is_connected, "refused" in reason) == (False, True)
    client = covey_client(server, "ws/")
    client.receive_json()
    for n in range(3):
        client.send_json({"text": n})
        assert client.receive_json() == {"type": "note", "text": n}
    assert [lost.next() for _ in range(2)] == [LayerGap("unsent", ("all",), 1, (1,))] * 2
    events = {vars(one).get("covey_event") for one in caplog.records}
    assert {"layer.disconnected", "layer.gap"} <= events


def test_a_handler_that_raises_is_logged(
    covey_server: Start, caplog: pytest.LogCaptureFixture, told: Told
) -> None:
    server = Server(layer=NOBODY)

    @server.on_layer_state
    def fail(is_connected: bool, reason: str) -> None:
        server.call_soon(told.say, "and goes on")
        raise RuntimeError("no good")

    covey_server(server)
    assert told.next() == "and goes on"
    assert "on_layer_state raised" in caplog.text


# --------------------------------------------------------------------------- addresses


def test_without_a_layer_an_address_is_of_this_server(
    covey_server: Start, covey_client: Connect, told: Told
) -> None:
    server = Server()
    server.channel("ws/", Member)
    covey_server(server)
    client = covey_client(server, "ws/")
    name = client.receive_json()["name"]
    server.address_send(name, {"type": "note", "text": "hello"})
    assert client.receive_json() == {"type": "note", "text": "hello"}
    with pytest.raises(NotFound, match="no layer"):
        server.address_send("specific.somebody!else", {"type": "note"})
    with pytest.raises(InvalidArgument):
        server.address_send("", {"type": "note"})
    with pytest.raises(InvalidArgument):
        server.address_send(name, {"text": "without a type"})
    client.disconnect()
    server.call_soon(told.say, None)
    told.next()
    with pytest.raises(Gone):
        while True:  # until it has noticed
            server.address_send(name, {"type": "note", "text": "hello"})
    # As with Channels, that is no error of who sends.
    layer = Consumer.channel_layer.__get__(_Of(server))
    layer.send(name, {"type": "note"})
    with pytest.raises(NotFound):
        layer.send("specific.somebody!else", {"type": "note"})


class _Of:
    def __init__(self, server: Server) -> None:
        self.server = server


# ------------------------------------------------------------------------------ misuse


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "redis url"),
        ("http://127.0.0.1", "scheme"),
        ("redis://", "host"),
        ("redis://user:hunter2@127.0.0.1:x", "port"),
        ("redis://user:hunter2@127.0.0.1/?log=9999999", "log"),
        ("redis://127.0.0.1/?key=hunter2%zz", "key"),
        ("redis://:hunter2\0@127.0.0.1", "NUL"),
    ],
)
def test_a_wrong_url_is_named_without_its_secrets(wrong: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words) as refused:
        Server(layer=wrong)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"queue_bytes_max": 1}, InvalidArgument, "queue_bytes_max is 1, limit 65536"),
        ({"retry_ms_max": 0}, InvalidArgument, "retry_ms_max is 0"),
        ({"queue_entries_max": 1 << 32}, InvalidArgument, "queue_entries_max"),
        ({"answer_timeout_ms": 2.5}, TypeError, "answer_timeout_ms is 2.5"),
        ({"answer_timeout_ms": True}, TypeError, "answer_timeout_ms"),
        ({"nonsense": 1}, TypeError, "nonsense"),
        ({"on_layer_gap": 1}, TypeError, "on_layer_gap"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(
    settings: dict[str, Any], error: type[Exception], words: str
) -> None:
    with closing(Server()) as server:
        with pytest.raises(error, match=words):
            server.set_layer(NOBODY, **settings)
        server.set_layer(NOBODY)  # none the worse for it


def test_what_is_no_text_is_no_url() -> None:
    wrong: Any = 6379
    with pytest.raises(TypeError), closing(Server()) as server:
        server.set_layer(wrong)


def test_a_server_has_one_layer_from_the_beginning(covey_server: Start) -> None:
    server = Server(layer=NOBODY)
    with pytest.raises(Exists):
        server.set_layer(NOBODY)
    server.close()
    late = Server()
    late.channel("ws/", Echo)
    late.listen(0)
    with pytest.raises(Busy):
        late.set_layer(NOBODY)
    late.close()


def test_a_redis_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="install the package redis-server"):
        Redis(tmp_path)
