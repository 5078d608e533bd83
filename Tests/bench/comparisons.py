"""The rows about state, layers, Python: Covey against one other figure, in alternating pairs."""

from dataclasses import dataclass, replace

import measuring
from measuring import Scenario
from relaying import Bare, Relayed
from restarting import Restarted


@dataclass
class Served:
    """A fresh server under load."""

    scenario: Scenario
    arguments: tuple = ()
    contender: str = "covey"

    @property
    def mode(self):
        return self.scenario.mode

    def measure(self, contenders, cores, seconds, covey):
        contender = contenders.get(self.contender)
        command = contender and contender.commands.get(self.mode)
        if not command:
            return None
        scenario = self.scenario
        if scenario.kind == "join-bytes":
            scenario = replace(scenario, size=covey["bytes"])
        return measuring.measure(scenario, [*command, *self.arguments], cores, seconds)


@dataclass
class Alone:
    """A program that measures itself."""

    contender: str
    mode: str  # of the contender's commands
    arguments: tuple = ()
    is_timed: bool = True  # goes on for so many seconds

    def measure(self, contenders, cores, seconds, covey):
        contender = contenders.get(self.contender)
        command = contender and contender.commands.get(self.mode)
        if not command:
            return None
        more = [*self.arguments, "--seconds", str(seconds)] if self.is_timed else []
        return measuring.measure_program([*command, *more], cores[0])


@dataclass
class Reported:
    """No measurement: another figure of Covey's, such as the bytes of its JSON."""

    metric: str
    name: str

    def measure(self, contenders, cores, seconds, covey):
        return covey and {self.metric: covey[self.name]}


@dataclass
class Comparison:
    name: str  # for --only
    title: str
    covey: object  # Served or Alone
    against: str  # what the other side is called in the results
    other: object  # Served, Alone or Reported
    against_title: str
    metric: str = "cpu_us"
    group: str = "state"  # the table it is in
    rounds_max: int = 100  # of what takes long

    def measure_round(self, number, contenders, cores, seconds, rounds):
        """Both sides, in turns the one and the other first."""
        measured = {}
        sides = [("covey", self.covey), (self.against, self.other)]
        for slot, side in sides if number % 2 == 0 else sides[::-1]:
            # The first round begins with Covey, so something is known of it.
            covey = measured.get("covey") or (rounds[-1]["covey"] if rounds else {})
            found = side.measure(contenders, cores, seconds, covey)
            if found:
                measured[slot] = found
            elif slot == "covey":
                return {}
        return measured


def all_comparisons(is_quick):
    cards = 10_000 if is_quick else 100_000
    stored = 20_000 if is_quick else 1_000_000

    def contexts(kind, connections=1, in_flight=1, cards=1):
        scenario = Scenario(kind, "contexts", connections, in_flight)
        return Served(scenario, ("--cards", str(cards)))

    def state(what, cards=1):
        return Alone("covey", "state", (what, "--cards", str(cards)))

    yield Comparison(
        "delta-1000-1",
        "one changed field to 1000 followers, 1 in flight",
        contexts("delta", 1000),
        "broadcast",
        contexts("delta-bytes", 1000),
        "broadcast of the same bytes",
    )
    yield Comparison(
        "put-200",
        "put of a 200-byte instance that nobody follows",
        state("put"),
        "orjson",
        Alone("orjson", "put"),
        "orjson, loads and dumps",
    )
    for in_flight in (1, 16):
        yield Comparison(
            f"action-100-{in_flight}",
            f"action, 100 connections, {in_flight} in flight",
            contexts("call", 100, in_flight),
            "echo",
            Served(Scenario("echo", "echo", 100, in_flight)),
            "echo of 64 B",
        )
    yield Comparison(
        "join-1000",
        "join of a scope of 1000 instances that others follow",
        contexts("join", cards=1000),
        "broadcast",
        contexts("join-bytes", cards=1000),
        "broadcast of as many bytes to one",
    )
    yield Comparison(
        "memory-200",
        f"memory of a stored 200-byte instance, {stored:,} of them",
        state("memory", stored),
        "json",
        Reported("resident_bytes", "bytes"),
        "its JSON",
        "resident_bytes",
    )
    yield Comparison(
        "scope-100000",
        f"a move, a create and a delete in a scope of {cards:,}",
        state("scope", cards),
        "small",
        state("scope", 1000),
        "in one of 1,000",
    )
    yield from production_comparisons(is_quick)
    yield from still_comparisons()
    yield from watching_comparisons()
    yield from layer_comparisons()
    yield from python_comparisons()


def production_comparisons(is_quick):
    def tls_echo(in_flight, contender):
        scenario = Scenario("echo", "tls_echo", 100, in_flight)
        return Served(scenario, contender=contender)

    for in_flight in (1, 16):
        yield Comparison(
            f"tls-echo-100-{in_flight}",
            f"echo over TLS 1.3, 100 connections, {in_flight} in flight, 64 B",
            tls_echo(in_flight, "covey"),
            "socketify",
            tls_echo(in_flight, "socketify"),
            "socketify",
            group="production",
        )
    clients, window = (200, 1) if is_quick else (5000, 10)
    yield Comparison(
        "restart",
        f"rolling restart of two processes on one port, {clients:,} clients: connections a second, "
        "at most",
        Restarted(clients, window),
        "mean",
        Reported("rate_max", "rate_mean"),
        "on average",
        "rate_max",
        "production",
        rounds_max=1,
    )


def still_comparisons():
    still = Served(Scenario("still", "still", 1000))
    yield Comparison(
        "still-1000",
        "fan-out to 900 members while 100 more read nothing, 1 in flight",
        still,
        "alone",
        Served(Scenario("fanout", "still", 900)),
        "without those",
        group="production",
    )
    yield Comparison(
        "still-memory",
        "memory of a member that reads nothing",
        still,
        "outbox",
        Reported("resident_bytes", "outbox_bytes"),
        "its outbox_bytes_max",
        "resident_bytes",
        "production",
    )


def watching_comparisons():
    """What the taking of times costs: the same server with a metrics path, and without."""
    for kind, mode, connections in (("echo", "echo", 100), ("fanout", "broadcast", 1000)):
        for in_flight in (1, 16):
            scenario = Scenario(kind, mode, connections, in_flight)
            yield Comparison(
                f"watching-{scenario.name}",
                f"{scenario.title}, statistics and metrics on",
                Served(scenario, ("--watch",)),
                "off",
                Served(scenario),
                "off",
                group="production",
            )


def layer_comparisons():
    """Two processes on Redis, the sender on the one, the members on the other."""

    def relayed(scheme, mode="events", contender="covey"):
        return Relayed(Scenario("relay", mode, 1000, 16), scheme, contender)

    django = "redis+django-pubsub"
    for name, scheme in (("covey", "redis"), ("pubsub", django), ("mailbox", "redis+django")):
        yield Comparison(
            f"layer-{name}",
            f"chat, 1000 members on the other process, 16 in flight, `{scheme}://`",
            relayed(scheme),
            "alone",
            Served(Scenario("fanout", "events", 1000, 16)),
            "one process alone",
            group="layer",
        )
    yield Comparison(
        "layer-time",
        "from sending an event to its handler in the other process, median",
        Relayed(Scenario("relay-time", "events", 1), "redis", arguments=("--timed",)),
        "bare",
        Bare(),
        "publish and receive by hiredis",
        "median_us",
        "layer",
    )
    yield Comparison(
        "layer-channels",
        f"chat, 1000 members on the other process, 16 in flight, `{django}://`",
        relayed(django),
        "channels",
        relayed("redis", "broadcast", "channels"),
        "that on Channels, RedisPubSubChannelLayer, uvicorn",
        group="layer",
        rounds_max=3,
    )


def python_comparisons():
    def served(kind, mode, connections, contender="covey"):
        return Served(Scenario(kind, mode, connections), contender=contender)

    def compared(name, title, covey, against, other, against_title, metric="cpu_us"):
        return Comparison(name, title, covey, against, other, against_title, metric, "Python")

    yield compared(
        "python-broadcast",
        "broadcast, 1000 members, 1 in flight, 64 B",
        served("fanout", "python_broadcast", 1000),
        "c",
        served("fanout", "broadcast", 1000),
        "Covey from C",
    )
    for name, mode, handlers in (
        ("python-chat", "python_chat", "async def"),
        ("python-chat-plain", "python_chat_plain", "def"),
    ):
        yield compared(
            name,
            f"chat, 1000 members, 1 in flight, handlers `{handlers}`",
            served("chat", mode, 1000),
            "channels",
            served("chat", "chat", 1000, "channels"),
            "the chat on Channels, uvicorn",
        )
    yield compared(
        "python-action",
        "action, 100 connections, 1 in flight, handler `async def`",
        served("call-text", "python_action", 100),
        "channels",
        served("call-json", "action", 100, "channels"),
        "the same JSON from Channels, uvicorn",
    )
    yield compared(
        "python-start",
        "from `import covey` to listening, wall",
        Alone("covey", "python_start", is_timed=False),
        "cpu",
        Reported("wall_ms", "cpu_ms"),
        "CPU in that time",
        "wall_ms",
    )
