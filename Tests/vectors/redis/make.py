"""Writes the vectors beside it with the packages that Django's side uses.

Run by hand, from anywhere: pip install msgpack cryptography channels_redis, then python make.py.
The same versions write the same files, apart from the tokens in stored.json.
"""

import base64
import hashlib
import json
import random
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
from channels.layers import BaseChannelLayer
from channels_redis.serializers import MsgPackSerializer
from cryptography.fernet import Fernet, InvalidToken

HERE = Path(__file__).parent
CHARACTERS = string.ascii_letters * 3 + string.digits + ' "\\/\n\t\r\b\f\x00\x1f\x7fäß€\u2028😀'
EDGES = [0, 31, 32, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31, 2**32, 2**53, 2**63]
FLOATS = [0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 12345678901234568.0, 1e-4, 1e-5, 5e-324, 1e22]
FLOATS += [1.7976931348623157e308, 2.2250738585072014e-308, 3.141592653589793, 1e100, 100.5]


def text(dice: random.Random) -> str:
    size = dice.choice([0, 1, 3, 5, 8, 8, 12, 20, 31, 32, 40])
    return "".join(dice.choice(CHARACTERS) for _ in range(size))


def scalar(dice: random.Random) -> Any:
    kind = dice.randrange(8)
    if kind == 0:
        return dice.choice([None, True, False])
    if kind == 1:
        return dice.choice([-1, 1]) * dice.choice(FLOATS)
    if kind == 2:
        return dice.choice([-1, 1]) * dice.uniform(0, 10 ** dice.randrange(-8, 20))
    if kind in (3, 4):
        edge = dice.choice(EDGES) + dice.choice([-1, 0, 1])
        return -edge if dice.random() < 0.5 and edge <= 2**63 else edge
    return text(dice)


def value(dice: random.Random, depth: int, leaf: Callable[[random.Random], Any] = scalar) -> Any:
    kind = dice.randrange(4) if depth > 0 else 3
    if kind == 0:
        return [value(dice, depth - 1, leaf) for _ in range(dice.randrange(5))]
    if kind == 1:
        return {text(dice): value(dice, depth - 1, leaf) for _ in range(dice.randrange(5))}
    return leaf(dice)


def message(dice: random.Random) -> dict[str, Any]:
    found = {"type": dice.choice(["chat.message", "x", "room_closed"])}
    count = dice.choice([0, 1, 1, 2, 2, 3, 3, 3, 16])
    for _ in range(count):
        found[text(dice)] = value(dice, 2 if count < 16 else 0)
    return found


def packed(found: Any, **options: Any) -> bytes:
    result = msgpack.packb(found, **options)
    assert isinstance(result, bytes)
    return result


def spelled(found: Any) -> str:
    """JSON as Covey spells it: no blanks, nothing escaped but what must be, and that as \\u00xx."""
    written = json.dumps(
        found,
        ensure_ascii=False,
        separators=(",", ":"),
        default=lambda binary: base64.b64encode(binary).decode(),
    )
    names = {name: f"\\u00{code:02x}" for name, code in zip("btnfr", b"\b\t\n\f\r", strict=True)}
    return re.sub(r"\\(.)", lambda escape: names.get(escape[1], escape[0]), written)


def both_ways(dice: random.Random) -> dict[str, str]:
    found = message(dice)
    # Both ways of escaping, and blanks between the tokens.
    written = json.dumps(found, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 0]))
    assert json.loads(written) == found
    return {"json": written, "packed": packed(json.loads(written)).hex(), "text": spelled(found)}


def only_packed(dice: random.Random) -> dict[str, str]:
    """What JSON lacks: binary data, keys that are no text; and doubles that were packed short."""

    def key(dice: random.Random) -> Any:
        return dice.choice([text(dice), dice.randrange(-300, 300), dice.uniform(-9, 9), None, True])

    def leaf(dice: random.Random) -> Any:
        return dice.randbytes(dice.randrange(9)) if dice.random() < 0.5 else scalar(dice)

    found = {key(dice): value(dice, 2, leaf) for _ in range(dice.randrange(4))}
    try:
        data = packed(found, use_single_float=dice.random() < 0.5)
    except OverflowError:
        data = packed(found)
    read = msgpack.unpackb(data, strict_map_key=False)
    if "inf" in repr(read):
        return only_packed(dice)
    return {"packed": data.hex(), "text": spelled(read)}


def fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))


def token(dice: random.Random) -> dict[str, Any]:
    key = dice.choice(["k1", "", text(dice), "a longer key " * 9])
    plain = dice.randbytes(dice.choice([0, 1, 15, 16, 17, 31, 32, 100]))
    made = dice.choice([0, 1_700_000_000, 2**32, 2**53])
    iv = dice.randbytes(16)
    written = fernet(key)._encrypt_from_parts(plain, made, iv)
    reads: list[tuple[int | None, int]] = [(70, made), (70, made + 70), (70, made + 71)]
    reads += [(0, made), (0, made + 1), (70, made - 60), (70, made - 61), (None, 0)]
    reads += [(None, made + 10**9)]
    outcomes = []
    for ttl, now in reads:
        if now < 0:
            continue
        try:
            if ttl is None:
                assert fernet(key).decrypt(written) == plain
            else:
                assert fernet(key).decrypt_at_time(written, ttl, now) == plain
            outcomes.append({"ttl": ttl, "now": now, "isRead": True})
        except InvalidToken:
            outcomes.append({"ttl": ttl, "now": now, "isRead": False})
    return {
        "key": key,
        "plain": plain.hex(),
        "made": made,
        "iv": iv.hex(),
        "token": written.decode(),
        "reads": outcomes,
    }


def layered(dice: random.Random) -> dict[str, Any]:
    """A message as channels_redis stores it, with 12 random bytes, in the clear or encrypted."""
    keys = dice.choice([[], ["k1"], ["k2", "k1"]])
    random.seed(dice.random())
    found = message(dice)
    stored = MsgPackSerializer(symmetric_encryption_keys=keys, random_prefix_length=12)
    return {"keys": keys, "stored": stored.serialize(found).hex(), "text": spelled(found)}


def name(dice: random.Random) -> dict[str, Any]:
    letters = string.ascii_letters + string.digits + "-_." * 9
    size = dice.choice([0, 1, 2, 5, 30, 98, 99, 100])
    found = [dice.choice(letters) for _ in range(size)]
    for _ in range(dice.choice([0, 0, 1, 2])):
        found.insert(dice.randrange(len(found) + 1), dice.choice("!!!! :/ä"))
    written = "".join(found)
    layer = BaseChannelLayer()

    def is_valid(check: Callable[[str], Any]) -> bool:
        try:
            check(written)
        except TypeError:
            return False
        return written.isascii()

    return {
        "name": written,
        "isGroup": is_valid(layer.require_valid_group_name),
        "isChannel": is_valid(layer.require_valid_channel_name),
        "mailbox": layer.non_local_name(written) if "!" in written else None,
    }


def write(file: str, make: Callable[[random.Random], Any], count: int) -> None:
    dice = random.Random(file)
    lines = ",\n".join(json.dumps(make(dice), ensure_ascii=True) for _ in range(count))
    (HERE / file).write_text(f"[\n{lines}\n]\n")


write("messages.json", both_ways, 250)
write("packed.json", only_packed, 200)
write("fernet.json", token, 40)
write("stored.json", layered, 30)
write("names.json", name, 150)
