"""What goes wrong on a bus is told and survived, and traffic goes on afterwards."""

import random
import time
from types import SimpleNamespace
from typing import Any

import channels_redis.core
import pytest

from conftest import Set, StartRedis
from node import FULL, UNSENT, Node
from patience import eventually
from random_message import random_message
from setting import Setting

HELLO = {"type": "chat.message", "text": "hello"}
LAST = {"type": "chat.message", "text": "the last"}
IMPATIENT = "1000"
"""Milliseconds after which a node does not believe in a silent bus; it asks twice as often."""


def mailbox(member_address: str) -> str:
    """The key of the mailbox of a process, by the address of a consumer there."""
    return "asgi" + member_address.partition("!")[0] + "!"


# -------------------------------------------------------------- membership


def test_a_process_that_stops_is_out_of_its_groups_at_once(arrange: Set) -> None:
    setting = arrange("core")
    node = setting.node()
    for group in ("room", "hall"):
        node.member(group)
        setting.await_processes(group, 1)
    key = mailbox(node.member().address)
    setting.redis.client().zadd(key + "spare", {"x": 1})
    node.stop()
    assert [setting.processes(group) for group in ("room", "hall")] == [0, 0]
    assert setting.redis.client().keys() == [(key + "spare").encode()]


def test_a_process_that_dies_is_soon_out_of_its_groups(
    arrange: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = arrange("core")
    node, django = setting.node(), setting.django()
    channel = django.member("room")
    member = node.member("room")
    setting.await_processes("room", 2)
    key = setting.group_key("room")
    node.kill()
    scores = dict(setting.redis.client().zrange(key, 0, -1, withscores=True))
    [dead] = (score for name, score in scores.items() if b"covey" in name)
    assert 120 < dead + 86_400 - time.time() <= 180
    django.group_send("room", HELLO)
    assert setting.processes("room") == 2
    box = mailbox(next(name for name in scores if b"covey" in name).decode())
    assert setting.redis.client().zcard(box) == 1

    # Three minutes later, whoever sends to the group finds it gone.
    set_clock_of_django(monkeypatch, 181)
    django.group_send("room", LAST)
    assert setting.redis.client().zrange(key, 0, -1) == [channel.encode()]
    assert django.hear(channel) == LAST
    member.close()


@pytest.mark.parametrize("seconds", [-60, 60])
def test_the_clock_of_django_may_be_a_minute_off(
    arrange: Set, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    set_clock_of_django(monkeypatch, seconds)
    setting = arrange("core")
    both_hear(setting)
    setting.await_processes("room", 2)  # nobody was taken for dead


def set_clock_of_django(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    clock = SimpleNamespace(time=lambda: time.time() + seconds)
    monkeypatch.setattr(channels_redis.core, "time", clock)


def test_groups_live_as_long_as_both_sides_say(arrange: Set) -> None:
    setting = arrange("core", group_expiry=4_000)
    setting.node().member("room")
    setting.await_processes("room", 1)
    client, key = setting.redis.client(), setting.group_key("room")
    assert eventually(lambda: 3_900 < client.ttl(key) <= 4_000)
    [(_, score)] = client.zrange(key, 0, -1, withscores=True)
    assert 120 < score + 4_000 - time.time() <= 180


# ---------------------------------------------------------------- capacity


def test_what_does_not_fit_into_a_mailbox_of_django_is_told(arrange: Set) -> None:
    setting = arrange("core")
    channel = setting.django().member("room")
    node = setting.node()
    member = node.member("room")
    setting.await_processes("room", 2)
    for number in range(105):
        member.send("room", {"type": "chat.message", "number": number})
    assert eventually(lambda: node.gaps(FULL) == ({"room"}, 5)), node.said
    member.send_to(channel, LAST)
    assert eventually(lambda: node.gaps(FULL) == ({"room", channel}, 6)), node.said
    assert node.count("full") == 6
    assert setting.redis.client().zcard("asgi" + channel.partition("!")[0] + "!") == 100
    assert [member.hear()["number"] for _ in range(105)] == list(range(105))


def test_django_does_not_fill_the_mailbox_of_covey_over_the_brim(arrange: Set) -> None:
    setting = arrange("core")
    node, django = setting.node(), setting.django()
    member = node.member("room")
    setting.await_processes("room", 1)
    key = mailbox(member.address)
    node.freeze()
    # One is handed to the process that waits for it; it takes that when it wakes.
    for number in range(103):
        django.group_send("room", {"type": "chat.message", "number": number})
    assert setting.redis.client().zcard(key) == 100
    node.thaw()
    assert [member.hear()["number"] for _ in range(101)] == list(range(101))
    django.group_send("room", LAST)
    assert member.hear() == LAST


def test_capacity_is_what_the_url_says(arrange: Set) -> None:
    setting = arrange("core", capacity=7)
    setting.django().member("room")
    node = setting.node()
    member = node.member()
    for _ in range(10):
        member.send("room", HELLO)
    assert eventually(lambda: node.gaps(FULL) == ({"room"}, 3)), node.said


# ------------------------------------------------------- keys and contents


def test_a_mailbox_that_is_none_is_survived(arrange: Set) -> None:
    setting = arrange("core")
    node, django = setting.node(IMPATIENT), setting.django()
    member = node.member("room")
    setting.await_processes("room", 1)
    client, key = setting.redis.client(), mailbox(member.address)
    client.set(key, "no mailbox")
    assert eventually(lambda: node.count("errors") >= 1)
    assert any(log[0] == "layer.refused" and "WRONGTYPE" in log[1] for log in node.logs), node.logs
    client.delete(key)
    django.group_send("room", HELLO)
    assert member.hear() == HELLO
    assert node.states == [["1", ""]]


def test_a_mailbox_of_another_that_is_none_is_told_and_others_get_theirs(arrange: Set) -> None:
    setting = arrange("core")
    channel = setting.django().member("room")
    node, others = setting.node(), [setting.node().member("room") for _ in range(3)]
    member = node.member("room")
    setting.await_processes("room", 5)
    client, key = setting.redis.client(), "asgi" + channel.partition("!")[0] + "!"
    client.set(key, "no mailbox")
    member.send("room", HELLO)
    assert eventually(lambda: node.gaps(FULL) == ({"room"}, 1)), node.said
    assert [other.hear() for other in others] == [HELLO] * 3
    client.delete(key)
    member.send("room", LAST)
    assert eventually(lambda: client.zcard(key) == 1)


def test_a_group_that_is_none_is_told_and_mends(arrange: Set) -> None:
    setting = arrange("core")
    client, key = setting.redis.client(), setting.group_key("room")
    client.set(key, "no group")
    node, django = setting.node(), setting.django()
    member = node.member("room")
    assert eventually(lambda: node.count("errors") >= 1)
    member.send("room", HELLO)
    member.send("hall", HELLO)  # nobody's, and nothing is wrong with it
    assert member.hear() == HELLO
    assert eventually(lambda: node.gaps(UNSENT) == ({"room"}, 1)), node.said
    client.delete(key)
    member.leave("room")
    member.join("room")
    setting.await_processes("room", 1)
    django.group_send("room", LAST)
    assert member.hear() == LAST


def test_a_key_of_the_wrong_type_is_nothing_to_the_other_layer(arrange: Set) -> None:
    setting = arrange("pubsub")
    setting.redis.client().set(setting.group_key("room"), "x")
    node, django = setting.node(), setting.django()
    member = node.member("room")
    setting.await_processes("room", 1)
    django.group_send("room", HELLO)
    assert member.hear() == HELLO
    assert node.count("errors") == 0


def foreign(setting: Setting, chance: random.Random, names: list[str]) -> list[bytes]:
    """What is no message: made up, cut, and spoilt ones."""
    serializer = setting.django().layer._serializer
    many = [b"", b"\x00", b"x" * 11, b"x" * 12, b"x" * 13, b"\xff" * 40, b"\xdf\xff\xff\xff\xff"]
    many += [bytes(12) + b"\x91" * 2000, bytes(11) + b"\x01" + b"\x81\xa4type" * 2000]
    for _ in range(400):
        many.append(chance.randbytes(chance.randrange(100)))
        good = random_message(chance) | {"__asgi_channel__": names}
        whole = bytearray(serializer.serialize(good))
        many.append(bytes(whole[: chance.randrange(len(whole))]))
        for _ in range(chance.randint(1, 4)):
            whole[chance.randrange(len(whole))] = chance.randrange(256)
        many.append(bytes(whole))
    no_events: list[Any] = [[], 1, "x", None, {}, {"type": 1}]
    many += [serializer.serialize(thing) for thing in no_events]
    not_json: list[Any] = [float("nan"), float("inf"), {b"key": 1}]
    many += [serializer.serialize({"type": "chat.message", "x": x}) for x in not_json]
    return many


def test_foreign_bytes_in_a_mailbox_are_counted_and_survived(
    arrange: Set, keys: dict[str, list[str]], chance: random.Random
) -> None:
    setting = arrange("core", **keys)
    node, django = setting.node(), setting.django()
    member = node.member("room")
    setting.await_processes("room", 1)
    client, key = setting.redis.client(), mailbox(member.address)
    [name] = client.zrange(setting.group_key("room"), 0, -1)
    for number, thing in enumerate(foreign(setting, chance, [name.decode(), member.address])):
        client.zadd(key, {thing: number})
    await_survival(node, lambda: django.group_send("room", LAST), member)
    await_survival(node, lambda: django.send(member.address, LAST), member)


def test_foreign_bytes_on_a_channel_are_counted_and_survived(
    arrange: Set, keys: dict[str, list[str]], chance: random.Random
) -> None:
    setting = arrange("pubsub", **keys)
    node, django = setting.node(), setting.django()
    member = node.member("room")
    setting.await_processes("room", 1)
    client = setting.redis.client()
    for thing in foreign(setting, chance, []):
        for channel in ("asgi__group__room", "asgi__covey__room", member.address):
            client.publish(channel, thing)
    client.publish(member.address[:-1], b"x")
    await_survival(node, lambda: django.group_send("room", LAST), member)
    await_survival(node, lambda: django.send(member.address, LAST), member)


def await_survival(node: Node, send_last: Any, member: Any) -> None:
    """Of what was spoilt something may have become a message; what is sent now follows."""
    send_last()
    while member.hear() != LAST:
        pass
    assert node.count("foreign") > 300
    assert any(log[0] == "layer.foreign" for log in node.logs)
    assert node.states == [["1", ""]]


def test_whoever_has_another_key_is_foreign(arrange: Set, layer: str) -> None:
    setting = arrange(layer, covey_keys=["ours"], django_keys=["ours"])
    node, django = setting.node(), setting.django()
    member = node.member("room")
    setting.await_processes("room", 1)
    for keys in ([], ["theirs"]):
        stranger = arrange(layer, django_keys=keys).django()
        stranger.group_send("room", HELLO)
        stranger.send(member.address, HELLO)
    django.group_send("room", LAST)
    assert member.hear() == LAST
    assert node.count("foreign") == 4


# ---------------------------------------------------------------- password


SECRETS = ["secret", "p@ss:w/ord?&#% ü"]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_password_is_given(
    start_redis: StartRedis, arrange: Set, layer: str, secret: str
) -> None:
    redis = start_redis("--requirepass", secret)
    setting = arrange(layer, redis=redis, password=secret)
    both_hear(setting)


def test_a_user_is_named(start_redis: StartRedis, arrange: Set, layer: str) -> None:
    redis = start_redis()
    rights = ("on", ">secret", "allkeys", "allchannels", "allcommands")
    redis.client().execute_command("ACL", "SETUSER", "ada", *rights)
    redis.client().execute_command("ACL", "SETUSER", "default", "off")
    setting = arrange(layer, redis=redis, password="secret", user="ada")
    both_hear(setting)


def both_hear(setting: Setting) -> None:
    node, django = setting.node(), setting.django()
    member, channel = node.member("room"), django.member("room")
    setting.await_processes("room", 2)
    django.group_send("room", HELLO)
    assert [member.hear(), django.hear(channel)] == [HELLO, HELLO]
    member.send("room", LAST)
    assert [member.hear(), django.hear(channel)] == [LAST, LAST]


def test_who_refuses_a_password_and_repeats_it_is_not_quoted(
    start_redis: StartRedis, arrange: Set, layer: str
) -> None:
    redis = start_redis("--rename-command", "AUTH", "")
    node = arrange(layer, redis=redis, password="s3cretpw").node(is_connected=False)
    assert eventually(lambda: len(node.states) == 1)
    assert node.states == [["0", "the bus refuses to let in: ERR"]]
    assert "s3cretpw" not in str(node.said) + str(node.logs)


@pytest.mark.parametrize(
    ("password", "reason"), [("wrong", "WRONGPASS"), (None, "NOAUTH")], ids=["wrong", "none"]
)
def test_a_wrong_password_is_told_and_mends_when_it_is_right(
    start_redis: StartRedis, arrange: Set, layer: str, password: str | None, reason: str
) -> None:
    redis = start_redis("--requirepass", "right")
    setting = arrange(layer, redis=redis, password=password)
    node = setting.node(is_connected=False)
    member = node.member("room")
    member.send("room", HELLO)
    assert member.hear() == HELLO  # those here are served
    assert eventually(lambda: len(node.states) == 1)
    [[connected, why]] = node.states
    assert connected == "0" and reason in why, why
    assert any(log[0] == "layer.disconnected" and reason in log[1] for log in node.logs)
    assert "right" not in str(node.said)

    admin = redis.client(password="right")
    admin.config_set("requirepass", password or "")
    node.connected()
    setting.await_processes("room", 1)
    setting.django().group_send("room", LAST)
    assert member.hear() == LAST
