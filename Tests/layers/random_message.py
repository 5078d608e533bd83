"""Messages of all that goes through either way."""

import random
import sys
from typing import Any

LONGEST_TEXT = 3_000


def random_message(chance: random.Random) -> dict[str, Any]:
    """A map with a type for consumers, somewhere in it."""
    pairs = [(_text(chance), _value(chance, 0)) for _ in range(chance.randrange(6))]
    pairs.insert(chance.randint(0, len(pairs)), ("type", "chat.message"))
    return dict(pairs) | {"type": "chat.message"}


def _value(chance: random.Random, depth: int) -> Any:
    if depth < 5 and chance.random() < 0.4:
        count = chance.choice([0, 1, 2, 3, 3, 20 if depth < 2 else 1])
        if chance.random() < 0.5:
            return [_value(chance, depth + 1) for _ in range(count)]
        return {_text(chance): _value(chance, depth + 1) for _ in range(count)}
    kind = chance.randrange(4)
    if kind == 3:
        return chance.choice([None, True, False])
    return (_text, _integer, _double)[kind](chance)


def _text(chance: random.Random) -> str:
    length = chance.choice([0, 1, 5, 16, 31, 32, 33, 70, chance.randrange(300)])
    if chance.random() < 0.01:
        length = chance.randrange(LONGEST_TEXT)
    return "".join(map(chr, (_code_point(chance) for _ in range(length))))


def _code_point(chance: random.Random) -> int:
    """Any but those that stand for half of another."""
    most = chance.choice([0x7F, 0x7F, 0x7F, 0x7FF, 0xFFFF, sys.maxunicode])
    point = chance.randint(0, most)
    return point if not 0xD800 <= point <= 0xDFFF else ord("\n")


def _integer(chance: random.Random) -> int:
    bits = chance.choice([0, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64])
    edge = (1 << bits) - chance.choice([0, 1, 1, 2])
    number = chance.choice([edge, -edge, chance.getrandbits(64), -chance.getrandbits(63)])
    return max(-(1 << 63), min((1 << 64) - 1, number))


def _double(chance: random.Random) -> float:
    edges = [0.0, -0.0, 1.0, 0.1, 1e300, -1e-300, 5e-324, sys.float_info.max, 2.0**53, 1e16]
    return chance.choice([chance.choice(edges), chance.uniform(-1e6, 1e6), chance.gauss(0, 1e-9)])
