"""From measurements to the table: medians, ratios, targets."""

import statistics
from dataclasses import dataclass

# The order of one round. Every ratio is between neighbours of this chain, so
# both were measured within seconds of each other; odd rounds run backwards.
CHAIN = ["websockets", "floor", "covey", "socketify", "floor again", "channels"]
FLOOR_OF = {
    "covey": "floor",
    "websockets": "floor",
    "socketify": "floor again",
    "channels": "floor again",
}
COLUMNS = ["floor", "covey", "socketify", "websockets", "channels"]
CONTENDERS = [*COLUMNS, "orjson"]
TITLES = {
    "floor": "floor",
    "covey": "Covey",
    "socketify": "socketify",
    "websockets": "websockets",
    "channels": "Channels, uvicorn",
    "orjson": "orjson",
}


@dataclass
class Spread:
    """The median of some figures, and how far they lie apart."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, figures):
        figures = list(figures)
        if not figures:
            return None
        middle = statistics.median(figures)
        return cls(middle, min(figures), max(figures), len(figures))

    def text(self, unit=""):
        digits = 3 if self.median < 0.1 else 2
        middle, low, high = (f"{x:,.{digits}f}" for x in (self.median, self.low, self.high))
        return f"{middle}{unit} ({low}-{high})"


@dataclass
class Target:
    text: str
    limit: float
    scenario: str
    metric: str = "cpu_us"
    against: str = "floor"  # or another slot, or "" for the figure itself


TARGETS = [
    *(
        Target(
            f"broadcast, {n} members, {k} in flight: {limit} x floor", limit, f"fanout-{n}-{k}-64"
        )
        for n in (100, 1000)
        for k, limit in ((1, 1.15), (16, 1.5))
    ),
    *(
        Target(
            f"broadcast, {n} members, 16 in flight: socketify",
            1,
            f"fanout-{n}-16-64",
            against="socketify",
        )
        for n in (100, 1000)
    ),
    Target("event, 1000 members, 1 in flight: 1.5 x floor", 1.5, "events-1000-1-64"),
    Target("event, 1000 members, 16 in flight: 3 x floor", 3, "events-1000-16-64"),
    Target("echo, 1 in flight: 1.15 x floor", 1.15, "echo-100-1-64"),
    Target("echo, 16 in flight: 1.5 x floor", 1.5, "echo-100-16-64"),
    Target("idle connection in a group: 3 KB resident", 3072, "idle", "resident_bytes", ""),
    Target("connecting and registering one: 2 x socketify", 2, "idle", "connect_us", "socketify"),
    Target(
        "one changed field to 1000 followers: 1.25 x broadcast of the same bytes",
        1.25,
        "delta-1000-1",
        against="broadcast",
    ),
    Target("put of a 200-byte instance: 2 x orjson", 2, "put-200", against="orjson"),
    Target("action, 1 in flight: 1.25 x echo", 1.25, "action-100-1", against="echo"),
    Target("action, 16 in flight: 2.5 x echo", 2.5, "action-100-16", against="echo"),
    Target(
        "join of 1000 instances: 1.5 x broadcast of as many bytes",
        1.5,
        "join-1000",
        against="broadcast",
    ),
    Target(
        "memory of a 200-byte instance: 3 x its JSON",
        3,
        "memory-200",
        "resident_bytes",
        "json",
    ),
    Target(
        "changes in a scope of 100,000: 1.5 x those in one of 1,000",
        1.5,
        "scope-100000",
        against="small",
    ),
    Target(
        "echo over TLS, 1 in flight: 1.3 x socketify", 1.3, "tls-echo-100-1", against="socketify"
    ),
    Target("rolling restart: connect rate 2 x its mean", 2, "restart", "rate_max", "mean"),
    Target(
        "fan-out while 100 of 1000 members read nothing: 1.1 x without them",
        1.1,
        "still-1000",
        against="alone",
    ),
    Target(
        "memory while they read nothing: 1 x the sum of their outboxes' limits",
        1,
        "still-memory",
        "resident_bytes",
        "outbox",
    ),
    Target(
        "Python: broadcast, 1000 members: 1.2 x that from C",
        1.2,
        "python-broadcast",
        against="c",
    ),
    Target(
        "Python: chat with `async def`, 1000 members: 1/15 of Channels",
        1 / 15,
        "python-chat",
        against="channels",
    ),
    Target(
        "Python: chat with `def`, 1000 members: 1/25 of Channels",
        1 / 25,
        "python-chat-plain",
        against="channels",
    ),
    Target(
        "Python: action, 100 connections: 1/5 of Channels",
        1 / 5,
        "python-action",
        against="channels",
    ),
    Target("Python: listening after `import covey`: 100 ms", 100, "python-start", "wall_ms", ""),
    *(
        Target(f"{what}, metrics on: 1.02 x off", 1.02, f"watching-{name}", against="off")
        for what, name in (
            ("echo, 1 in flight", "echo-100-1-64"),
            ("echo, 16 in flight", "echo-100-16-64"),
            ("broadcast, 1000 members, 1 in flight", "fanout-1000-1-64"),
            ("broadcast, 1000 members, 16 in flight", "fanout-1000-16-64"),
        )
    ),
    Target(
        "chat over two processes, redis://: 1.2 x one alone", 1.2, "layer-covey", against="alone"
    ),
    Target(
        "chat over two processes, redis+django-pubsub://: 1.3 x one alone",
        1.3,
        "layer-pubsub",
        against="alone",
    ),
    Target(
        "publish to delivery on the other process, idle: 2 x bare Redis",
        2,
        "layer-time",
        "median_us",
        "bare",
    ),
    Target(
        "chat over two processes: 1/15 of Channels on Redis",
        1 / 15,
        "layer-channels",
        against="channels",
    ),
    Target("stripped library: 8 MB", 8e6, "library", "bytes", ""),
]


def figure(rounds, slot, metric):
    slots = ("floor", "floor again") if slot == "floor" else (slot,)
    return Spread.of(r[s][metric] for r in rounds for s in slots if metric in r.get(s, {}))


def ratio(rounds, above, below, metric):
    """One ratio a round, of two that ran one after the other."""
    return Spread.of(
        r[above][metric] / r[below][metric]
        for r in rounds
        if metric in r.get(above, {}) and metric in r.get(below, {})
    )


def ratio_text(spread, pairs):
    if spread is None:
        return "-"
    text = spread.text(" x")
    few = f", {spread.count} pair" + "s" * (spread.count != 1)
    return text + (few if spread.count != pairs else "")


def cell(measured, name, metric, pairs):
    if name in measured["failures"]:
        return "failed: " + measured["failures"][name]
    rounds = measured["rounds"]
    own = figure(rounds, name, metric)
    if own is None:
        return "-"
    if metric == "resident_bytes":
        return amount(own, metric)
    text = amount(own, metric)
    if name == "floor":
        return text
    against = ratio(rounds, name, FLOOR_OF[name], metric)
    return f"{text}, {ratio_text(against, pairs)}"


def scenario_rows(scenario, measured, pairs):
    metrics = {"cpu_us": scenario.title}
    if scenario.kind == "idle":
        metrics = {
            "resident_bytes": f"{scenario.title}: resident, each",
            "connect_us": f"{scenario.title}: CPU to connect each",
        }
    for metric, title in metrics.items():
        cells = [cell(measured, n, metric, pairs) for n in COLUMNS]
        direct = ratio(measured["rounds"], "covey", "socketify", metric)
        yield [title, *cells, ratio_text(direct, pairs)]


def markdown(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main_table(scenarios, results, pairs):
    header = ["server CPU per delivery"]
    header += [TITLES[name] for name in COLUMNS] + ["Covey : socketify"]
    rows = [
        row
        for scenario in scenarios
        if scenario.name in results
        for row in scenario_rows(scenario, results[scenario.name], pairs)
    ]
    return markdown(header, rows)


def amount(spread, metric):
    if metric == "resident_bytes":
        return f"{spread.median:.0f} B"
    if metric == "rate_max":
        return f"{spread.median:.0f} a second"
    if metric == "wall_ms":
        return f"{spread.median:.0f} ms"
    return f"{spread.median:.2f} us" if spread.median < 10 else f"{spread.median:.0f} us"


def comparison_rows(comparisons, results, pairs):
    for comparison in comparisons:
        measured = results[comparison.name]
        rounds, metric = measured["rounds"], comparison.metric
        own = figure(rounds, "covey", metric)
        other = figure(rounds, comparison.against, metric)
        against = ratio(rounds, "covey", comparison.against, metric)
        said = comparison.against_title
        yield [
            comparison.title,
            "; ".join(measured["failures"].values()) or (amount(own, metric) if own else "-"),
            f"{said}: {amount(other, metric)}" if other else f"{said}: -",
            ratio_text(against, pairs),
        ]


def comparison_tables(comparisons, results, pairs):
    """One for each group."""
    groups = {}
    for comparison in comparisons:
        groups.setdefault(comparison.group, []).append(comparison)
    for group, rows in groups.items():
        header = [group, "Covey", "compared with", "ratio"]
        yield markdown(header, comparison_rows(rows, results, pairs))


def measured_for(target, results, library_bytes):
    if target.scenario == "library":
        return Spread.of([library_bytes] if library_bytes else [])
    rounds = results.get(target.scenario, {"rounds": []})["rounds"]
    if target.against:
        return ratio(rounds, "covey", target.against, target.metric)
    return figure(rounds, "covey", target.metric)


def target_rows(results, library_bytes):
    for target in TARGETS:
        if target.scenario not in ("library", *results):
            continue
        spread = measured_for(target, results, library_bytes)
        if spread is None:
            yield [target.text, "-", "not measured"]
        else:
            reached = spread.median <= target.limit
            text = spread.text()
            if target.metric in ("resident_bytes", "bytes") and not target.against:
                text = f"{spread.median:,.0f} B"
            yield [target.text, text, "reached" if reached else "NOT reached"]


def target_table(results, library_bytes):
    header = ["target, at most", "measured", ""]
    return markdown(header, target_rows(results, library_bytes))
