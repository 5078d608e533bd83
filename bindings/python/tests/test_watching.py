"""What there is to be seen of a server that runs."""

import logging
from http.client import HTTPConnection
from typing import Any

import pytest

from consumer_harness import Connect, Echo, Serve, Start
from covey import Consumer, Server
from told import PATIENCE, Told


class Curious(Consumer):
    """Asks its server."""

    groups = ("all",)

    def receive(self, text: str) -> None:
        answer: Any = getattr(self.server, text)()
        self.send_json(answer)


def test_statistics_are_numbers_by_their_names(serve: Serve, covey_client: Connect) -> None:
    client = covey_client(serve(Curious), "ws/")
    client.send("statistics")
    statistics = client.receive_json()
    assert (statistics["consumers"], statistics["groups"], statistics["messages_in"]) == (1, 1, 1)
    assert {"struct_size", "reserved"} & set(statistics) == set()


def test_metrics_are_a_text_for_prometheus(serve: Serve, covey_client: Connect) -> None:
    client = covey_client(serve(Curious), "ws/")
    client.send("metrics")
    lines = client.receive_json().splitlines()
    assert any(line.startswith("# TYPE covey_") for line in lines)
    assert any(line.startswith("covey_") and line.endswith(" 1") for line in lines)


def test_a_report_tells_of_consumers_and_groups(serve: Serve, covey_client: Connect) -> None:
    server = serve(Curious)
    covey_client(server, "ws/").disconnect(4001, "tired")
    client = covey_client(server, "ws/")
    client.send("report")
    report = client.receive_json()
    assert [one["peer"] for one in report["consumers"]] == ["127.0.0.1"]
    assert [(one["name"], one["members"]) for one in report["groups"]] == [("all", 1)]
    assert [(one["code"], one["reason"]) for one in report["endings"]] == [(4001, "tired")]


def test_metrics_are_served_at_a_path(covey_server: Start) -> None:
    server = Server(metrics_path="/metrics")
    server.channel("ws/", Echo)
    connection = HTTPConnection("127.0.0.1", covey_server(server).port, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("Content-Type", "").startswith("text/plain; version=0.0.4")
    assert b"covey_build_info" in answer.read()
    connection.close()


def test_log_lines_have_their_parts(
    serve: Serve, covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "covey")
    server = serve(Echo)
    client = covey_client(server, "ws/")
    server.group_send(client_address(server), {"type": "unheard"})
    client.send("x")
    assert client.receive() == "x"
    records = [one for one in caplog.records if hasattr(one, "covey_event")]
    assert records
    for record in records:
        parts = vars(record)
        assert "." in parts["covey_event"]
        assert isinstance(parts["covey_fields"], dict)


def client_address(server: Server) -> str:
    (consumer,) = (one for route in server.routes for one in route.consumers.values())
    address: list[str] = []
    told = Told()
    server.call_soon(lambda: told.say(consumer.channel_name))
    address.append(told.next())
    return address[0]


def test_a_drain_tells_how_far_it_is(
    covey_server: Start, covey_client: Connect, told: Told
) -> None:
    server = Server()
    server.channel("ws/", Echo)
    server.on_drain(lambda remaining, total: told.say((remaining, total)))
    clients = [covey_client(covey_server(server) if not n else server, "ws/") for n in range(3)]
    server.drain(0.2)
    assert told.next() == (3, 3)
    for client in clients:
        assert client.receive_close() == 1012
    while (remaining := told.next()) != (0, 3):
        assert remaining[1] == 3
    assert server.wait(PATIENCE)
