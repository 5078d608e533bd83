"""The layer never lies: processes, members and a Redis that are treated badly by chance.

    faults.py [--seconds 20] [--seed N] [DRIVER...]

Three processes send numbered messages to their groups, each with members, while a schedule kills
processes and connections, stops, restarts and empties Redis. Whatever a member did not get,
somebody was told of, or its sender was killed; nothing comes twice or out of order; and soon after
the last fault everybody hears everybody. A run is repeated by its seed as far as time lets it.
"""

import argparse
import asyncio
import itertools
import random
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from faults_nodes import FULL, MISSED, UNKNOWN, UNSENT, Node, milliseconds
from faults_redis import Redis

ANSWER_MS = 1_000
GROUPS = 4
EACH_MS = 10
#: How much later than a message that shows a hole its gap may be told.
TELLING_MS = 2_000


@dataclass
class Trial:
    url: str
    #: Whether what is missed is repaired, unless Redis loses it.
    has_log: bool = False
    #: What Redis knows is kept: then nothing may be lost at all where there is a log.
    is_calm: bool = False


TRIALS = {
    "calm": Trial("redis://127.0.0.1:{port}?log=100000&log_bytes=100000000", True, True),
    "own": Trial("redis://127.0.0.1:{port}?log=100", True),
    "pubsub": Trial("redis+django-pubsub://127.0.0.1:{port}"),
    "mailbox": Trial("redis+django://127.0.0.1:{port}?capacity=2000"),
}


class Fault:
    """What may happen, each by its name."""

    def __init__(self, redis: Redis, nodes: list[Node], lives: list[Node], url: str) -> None:
        self.redis, self.nodes, self.lives, self.url = redis, nodes, lives, url

    async def process(self, numbers: random.Random) -> None:
        place = numbers.randrange(len(self.nodes))
        await self.nodes[place].kill()
        self.nodes[place] = Node(self.url, GROUPS, EACH_MS, ANSWER_MS)
        self.lives.append(self.nodes[place])
        await self.nodes[place].start()

    async def commands(self, _: random.Random) -> None:
        await self.redis.do("CLIENT KILL TYPE normal")

    async def listening(self, _: random.Random) -> None:
        await self.redis.do("CLIENT KILL TYPE pubsub")

    async def nap(self, numbers: random.Random) -> None:
        """Some longer than anybody waits for an answer."""
        self.redis.signal(signal.SIGSTOP)
        await asyncio.sleep(numbers.choice([0.1, 0.4, 0.8, 1.5, 3]))
        self.redis.signal(signal.SIGCONT)

    async def sleep(self, numbers: random.Random) -> None:
        await self.redis.do(f"DEBUG SLEEP {numbers.choice([0.1, 0.5, 1.3])}")

    async def scripts(self, _: random.Random) -> None:
        await self.redis.do("SCRIPT FLUSH")

    async def restart(self, numbers: random.Random) -> None:
        self.redis.kill()
        await asyncio.sleep(numbers.choice([0, 0.2, 1]))
        await self.redis.start()

    async def flush(self, _: random.Random) -> None:
        await self.redis.do("FLUSHALL")

    def choices(
        self, is_calm: bool
    ) -> list[Callable[[random.Random], Coroutine[None, None, None]]]:
        calm = [self.process, self.commands, self.listening, self.nap, self.sleep, self.scripts]
        return calm if is_calm else [*calm, self.restart, self.flush]


async def until(what: str, seconds: float, holds: Callable[[], bool]) -> None:
    deadline = milliseconds() + seconds * 1_000
    while not holds():
        assert milliseconds() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.005)


def heard_since(node: Node, other: Node, group: int, since: int) -> bool:
    """Whether a member has what was sent since then."""
    heard = node.heard.get((group, other.sender))
    return heard is not None and heard[-1][1] >= since


async def recover(nodes: list[Node]) -> int:
    """Until everybody hears everybody; answers how long it took, in milliseconds."""
    began = milliseconds()
    await until(
        "everybody hears everybody",
        30,
        lambda: all(
            heard_since(node, other, group, began)
            for node in nodes
            for other in nodes
            for group in range(GROUPS)
        ),
    )
    return milliseconds() - began


async def settle(nodes: list[Node]) -> None:
    for node in nodes:
        node.say("quiet")
    await until("all are quiet", 5, lambda: all(node.last is not None for node in nodes))
    await until(
        "the last message is heard",
        15,
        lambda: all(
            (heard := node.heard.get((group, other.sender))) and heard[-1][0] == other.last
            for node in nodes
            for other in nodes
            for group in range(GROUPS)
        ),
    )


class Verdict:
    def __init__(self, lives: list[Node]) -> None:
        self.lives = lives
        self.faults: list[str] = []
        self.lost = 0
        self.messages = 0

    def is_told(self, node: Node, sender: Node, group: int, first: int, last: int) -> bool:
        """Whether of messages sent from first on, where later ones came at last, a gap was told."""
        until_then = last + TELLING_MS
        return any(
            kind == MISSED and group in groups and first <= when <= until_then
            for kind, when, groups in node.gaps
        ) or any(
            kind in (UNSENT, UNKNOWN, FULL) and group in groups and first <= when <= until_then
            for kind, when, groups in sender.gaps
        )

    def hole(
        self, node: Node, sender: Node, group: int, numbers: str, sent: int, came: int
    ) -> None:
        if node is sender:
            self.faults.append(f"a member of the sender itself lacks {numbers} of g{group}")
        elif not self.is_told(node, sender, group, sent, came):
            self.faults.append(
                f"{node.sender} in g{group} lacks {numbers} of {sender.sender}, sent at {sent}, "
                f"next came at {came}: nobody was told. Gaps here: {node.gaps[-6:]}, there: "
                f"{sender.gaps[-6:]}"
            )

    def judge(self) -> None:
        for node in self.lives:
            for sender in self.lives:
                for group in range(GROUPS):
                    self.judge_one(node, sender, group)

    def judge_one(self, node: Node, sender: Node, group: int) -> None:
        heard = node.heard.get((group, sender.sender), [])
        self.messages += len(heard)
        # Who was there before the sender lacks nothing of its beginning.
        if heard and node.joined[group] + 3_000 < sender.began and heard[0][0] > 1:
            self.lost += heard[0][0] - 1
            self.hole(node, sender, group, f"1-{heard[0][0] - 1}", sender.began, heard[0][2])
        for (before, sent_before, _), (number, _, came) in itertools.pairwise(heard):
            if number <= before:
                self.faults.append(
                    f"{node.sender} in g{group} got {number} of {sender.sender} after {before}"
                )
            elif number > before + 1:
                self.lost += number - before - 1
                self.hole(node, sender, group, f"{before + 1}-{number - 1}", sent_before, came)


async def try_one(name: str, trial: Trial, seconds: float, seed: int) -> list[str]:
    numbers = random.Random(f"{seed} {name}")
    async with Redis() as redis:
        url = trial.url.format(port=redis.port)
        nodes = [Node(url, GROUPS, EACH_MS, ANSWER_MS) for _ in range(3)]
        lives = list(nodes)
        for node in nodes:
            await node.start()
        await recover(nodes)
        fault = Fault(redis, nodes, lives, url)
        recoveries = []
        counts: dict[str, int] = {}
        ends = milliseconds() + seconds * 1_000
        while milliseconds() < ends:
            for _ in range(numbers.randint(1, 4)):
                what = numbers.choice(fault.choices(trial.is_calm))
                counts[what.__name__] = counts.get(what.__name__, 0) + 1
                await what(numbers)
                await asyncio.sleep(numbers.choice([0, 0.02, 0.3, 0.7]))
            recoveries.append(await recover(nodes))
        await settle(nodes)
        verdict = Verdict(lives)
        verdict.judge()
        told = sum(len(node.gaps) for node in lives)
        if trial.is_calm and (told or verdict.lost):
            verdict.faults.append(f"calm, and {verdict.lost} are lost, {told} gaps told")
        codes = [await node.stop() for node in nodes]
        if any(codes):
            verdict.faults.append(f"processes ended with {codes}")
        recoveries.sort()
        print(
            f"{name}: {verdict.messages} heard, {verdict.lost} lost, {told} gaps told; "
            f"{counts}; recovered within {recoveries[len(recoveries) // 2]} ms, "
            f"at worst {recoveries[-1]} ms",
            flush=True,
        )
        return verdict.faults


async def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("trials", nargs="*", default=list(TRIALS))
    given = parser.parse_args()
    print(f"faults.py --seed {given.seed}", flush=True)
    failed = False
    for name in given.trials:
        for fault in (await try_one(name, TRIALS[name], given.seconds, given.seed))[:10]:
            failed = True
            print(f"{name}: {fault}; --seed {given.seed}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
