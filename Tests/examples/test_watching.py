"""What an example tells those who watch it: by a parser of Prometheus's, and as a report."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from conftest import Start
from example_program import REPOSITORY, ExampleProgram
from test_program_life import every_example

GRAFANA = REPOSITORY / "examples" / "grafana"
DASHBOARD = json.loads((GRAFANA / "covey.json").read_text(encoding="utf-8"))
ALERTS = yaml.safe_load((GRAFANA / "alerts.yml").read_text(encoding="utf-8"))
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: A metric as an expression names it, with what it asks of labels.
USED = re.compile(r"(covey_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'(\w+)(=~?)"([^"]*)"')

#: What Prometheus itself adds.
SCRAPED = {"job", "instance"}


def start_on_layer(start: Start, name: str) -> ExampleProgram:
    """Nobody is there: what is told of a layer is told all the same."""
    program = start(name, "--watch", "--layer", "redis://127.0.0.1:1")
    program.may_warn_of = ("the layer ",)
    return program


@pytest.fixture(params=["chat", "board", "python/chat", "python/notifications"])
def watched(request: pytest.FixtureRequest, start: Start) -> ExampleProgram:
    return start(request.param, "--watch")


def text(program: ExampleProgram) -> str:
    response, body = program.get("/metrics")
    assert (response.status, response.headers["Content-Type"]) == (200, METRICS_TYPE)
    return body.decode()


def families(program: ExampleProgram) -> dict[str, Metric]:
    found = list(text_string_to_metric_families(text(program)))
    assert len({family.name for family in found}) == len(found)
    return {family.name: family for family in found}


def value(program: ExampleProgram, name: str, **labels: str) -> float:
    """Of the one sample that has these labels."""
    samples = [s for family in families(program).values() for s in family.samples]
    [found] = [s.value for s in samples if s.name == name and s.labels == labels]
    return found


def report(program: ExampleProgram) -> Any:
    response, body = program.get("/report")
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    return json.loads(body)


# ------------------------------------------------------------------- metrics


def test_every_family_is_whole(watched: ExampleProgram) -> None:
    for name, family in families(watched).items():
        assert name.startswith("covey_"), name
        assert family.documentation.endswith("."), name
        assert family.type in ("counter", "gauge", "histogram"), name
        assert family.samples, name
        for sample in family.samples:
            assert sample.value >= 0, sample
            if family.type == "counter":
                assert sample.name.endswith("_total"), sample


def test_buckets_never_fall_and_end_with_the_count(watched: ExampleProgram) -> None:
    for family in families(watched).values():
        if family.type != "histogram":
            continue
        buckets: dict[str, list[float]] = {}
        counts: dict[str, float] = {}
        for sample in family.samples:
            kind = sample.labels.get("kind", "")
            if sample.name.endswith("_bucket"):
                buckets.setdefault(kind, []).append(sample.value)
            elif sample.name.endswith("_count"):
                counts[kind] = sample.value
        assert buckets.keys() == counts.keys()
        for kind, values in buckets.items():
            assert values == sorted(values), (family.name, kind)
            assert values[-1] == counts[kind], (family.name, kind)


def test_what_clients_do_is_counted(start: Start) -> None:
    chat = start("chat", "--watch")
    channel = "ws/chat/<str:room>/"
    with chat.join("garden") as client:
        client.send('{"message":"hi"}')
        client.recv()
        assert value(chat, "covey_consumers", channel=channel) == 1
        assert value(chat, "covey_groups") == 1
        assert value(chat, "covey_messages_received_total") == 1
        assert value(chat, "covey_events_total", outcome="handled") == 1
        assert value(chat, "covey_handler_seconds_count", kind="event") == 1
    assert "garden" not in text(chat)
    assert value(chat, "covey_connections_total", outcome="accepted") == 1


def test_clients_do_not_make_it_longer(start: Start) -> None:
    chat = start("chat", "--watch")
    before = text(chat).count("\n")
    with chat.join("one"), chat.join("two"), chat.join("three"):
        assert text(chat).count("\n") == before


def test_who_has_a_layer_tells_of_it(start: Start) -> None:
    assert "covey_layer" not in text(start("chat", "--watch"))
    chat = start_on_layer(start, "chat")
    assert value(chat, "covey_layer_connected") == 0
    with chat.join("garden") as client:
        client.send('{"message":"hi"}')
        client.recv()
    assert value(chat, "covey_layer_total", kind="published") == 0


def test_promtool_has_nothing_to_say(watched: ExampleProgram) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    checks = {
        ("check", "metrics"): text(watched),
        ("check", "config", str(GRAFANA / "prometheus.yml")): None,
    }
    for arguments, given in checks.items():
        ended = subprocess.run(
            [promtool, *arguments], input=given, capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stderr) == (0, "")


# -------------------------------------------------------------------- report


def test_the_report_tells_who_is_there_and_who_went(start: Start) -> None:
    chat = start("chat", "--watch")
    with chat.join('a "room" \\ for é'):
        told = report(chat)
        assert told["state"] == "running"
        assert told["statistics"]["consumers"] == 1
        [consumer] = told["consumers"]
        assert consumer["channel"] == "ws/chat/<str:room>/"
        assert consumer["peer"] == "127.0.0.1"
        assert consumer["groups"] == 1
        assert told["groups"] == [{"name": 'chat_a "room" \\ for é', "members": 1}]
    # The client has seen the answer to its close; the connection's end comes right after.
    while not (told := report(chat))["endings"]:
        pass
    [ending] = told["endings"]
    assert (ending["id"], ending["cause"], ending["code"]) == (consumer["id"], "peer", 1000)
    assert ending["clean"] is True


# --------------------------------------------------------------------- pages


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/report"])
def test_head_is_get_without_the_body(watched: ExampleProgram, path: str) -> None:
    response, body = watched.get(path, "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 0
    assert response.headers["Cache-Control"] == "no-store"
    assert watched.get(path, "POST")[0].status == 405


@pytest.mark.parametrize("name", ["chat", "python/chat"])
@pytest.mark.parametrize("path", ["/ready", "/metrics", "/report"])
def test_without_the_flag_nothing_is_told(start: Start, name: str, path: str) -> None:
    assert start(name).get(path)[0].status == 404


@every_example
def test_a_load_balancer_is_told(start: Start, name: str) -> None:
    response, body = start(name, "--watch").get("/ready")
    assert (response.status, body) == (200, b"ready\n")


# ------------------------------------------------------- dashboard and alerts


def expressions() -> list[str]:
    targets = [target for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    panels = [target["expr"] for target in targets]
    variables = [v["definition"] for v in DASHBOARD["templating"]["list"] if "definition" in v]
    alerts = [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]
    assert len(panels) > 30 and len(alerts) > 10
    return panels + variables + alerts


def test_the_dashboard_and_the_alerts_ask_for_what_there_is(start: Start) -> None:
    """Each metric exists, with a sample for each value of a label that is asked for."""
    board = start_on_layer(start, "board")
    samples: dict[str, list[dict[str, str]]] = {}
    for family in families(board).values():
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(dict(sample.labels))
    for expression in expressions():
        for name, asked in USED.findall(expression):
            assert name in samples, f"{name} in {expression}"
            for label, operator, wanted in LABEL.findall(asked):
                if label in SCRAPED:
                    continue
                given = {labels.get(label) for labels in samples[name]}
                values = wanted.split("|") if operator == "=~" else [wanted]
                assert given.issuperset(values), f"{label} of {name} in {expression}"
        for label in re.findall(r"by \(([^)]*)\)", expression):
            known = {key for labels in samples.values() for one in labels for key in one}
            assert known | SCRAPED >= set(re.split(r", ?", label)), expression


def test_the_dashboard_shows_every_metric(start: Start) -> None:
    shown = {name for expression in expressions() for name, _ in USED.findall(expression)}
    for name, family in families(start_on_layer(start, "chat")).items():
        assert any(one.startswith(name) for one in shown), f"{name} ({family.type})"


def test_the_panels_are_well_formed() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        columns = range(at["x"], at["x"] + at["w"])
        place = {(x, y) for x in columns for y in range(at["y"], at["y"] + at["h"])}
        assert not places & place, panel["title"]
        places |= place


def test_the_page_for_operators_explains_every_metric_and_alert(start: Start) -> None:
    page = (REPOSITORY / "examples/grafana/WATCHING.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(covey_[a-z_]+)`", page))
    there = {
        f"{name}_total" if family.type == "counter" else name
        for name, family in families(start_on_layer(start, "chat")).items()
    }
    assert there <= explained
    functions = {name for name in explained if re.match("covey_(server|consumer|call)_", name)}
    assert explained - functions <= there
    alerts = {rule["alert"] for group in ALERTS["groups"] for rule in group["rules"]}
    assert set(re.findall(r"`(Covey[A-Za-z]+)`", page)) == alerts
