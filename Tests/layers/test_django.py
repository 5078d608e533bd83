"""Covey and Django Channels in the same groups: with either of its layers, encrypted and plain."""

import json
import random
from typing import Any

import pytest

from conftest import Set
from node import Refused
from patience import eventually
from random_message import random_message
from setting import Setting

HELLO = {"type": "chat.message", "text": "hello"}
LAST = {"type": "chat.message", "text": "the last"}
MANY = 10_000
BATCH = 500
"""Messages on their way at once, so that no mailbox is full."""


def test_what_django_sends_to_a_group_reaches_every_member_in_covey(setting: Setting) -> None:
    node = setting.node()
    members = [node.member("room") for _ in range(3)]
    outsider = node.member("another room")
    setting.await_processes("room", 1)  # however many members it has
    django = setting.django()
    django.group_send("room", HELLO)
    assert [member.hear() for member in members] == [HELLO] * 3
    outsider.join("room")
    django.group_send("room", LAST)
    assert outsider.hear() == LAST


def test_what_covey_sends_to_a_group_reaches_every_member_in_django(setting: Setting) -> None:
    django = setting.django()
    channels = [django.member("room") for _ in range(3)]
    setting.await_processes("room", 3 if setting.layer == "core" else 1)
    setting.node().member().send("room", HELLO)
    assert [django.hear(channel) for channel in channels] == [HELLO] * 3


def test_everybody_hears_once_what_either_side_sends(setting: Setting) -> None:
    nodes = [setting.node(), setting.node()]
    django = setting.django()
    members = [node.member("room") for node in nodes]
    channel = django.member("room")
    setting.await_processes("room", 3)
    for sent in ({"type": "chat.message", "number": number} for number in range(20)):
        if sent["number"] == 10:
            django.group_send("room", sent)
        else:
            members[0].send("room", sent)
        assert [member.hear() for member in members] == [sent, sent]
        assert django.hear(channel) == sent


def test_django_sends_to_the_address_of_a_consumer(setting: Setting) -> None:
    node = setting.node()
    one, other = node.member(), node.member()
    django = setting.django()
    django.send(one.address, HELLO)
    django.send(other.address, LAST)
    assert (one.hear(), other.hear()) == (HELLO, LAST)


def test_covey_sends_to_a_channel_of_a_consumer_in_django(setting: Setting) -> None:
    django = setting.django()
    one, other = django.member("room"), django.member("room")
    setting.await_processes("room", 2 if setting.layer == "core" else 1)
    member = setting.node().member()
    member.send_to(one, HELLO)
    member.send_to(other, LAST)
    assert (django.hear(one), django.hear(other)) == (HELLO, LAST)


def test_covey_sends_to_a_consumer_of_another_process_of_covey(setting: Setting) -> None:
    one, other = setting.node().member(), setting.node().member()
    one.send_to(other.address, HELLO)
    other.send_to(one.address, LAST)
    assert (one.hear(), other.hear()) == (LAST, HELLO)


def test_covey_gives_work_to_a_worker(setting: Setting) -> None:
    django = setting.django()
    worker = django.begin(django.layer.receive("tasks"))
    if setting.layer == "pubsub":  # which is to be there before the work
        client = setting.redis.client()
        assert eventually(lambda: client.pubsub_numsub("tasks")[0][1] == 1)
    setting.node().member().send_to("tasks", HELLO)
    assert worker.result(30) == HELLO


def test_finished_messages_are_for_processes_of_covey_alone(setting: Setting) -> None:
    django = setting.django()
    one, other = setting.node().member("room"), setting.node().member("room")
    channel = django.member("room")
    setting.await_processes("room", 3)
    one.broadcast("room", "finished")
    one.send("room", LAST)
    assert [other.hear_text(), other.hear()] == ["finished", LAST]
    assert django.hear(channel) == LAST


# ---------------------------------------------------------------- contents


def exactly(message: Any) -> str:
    """Tells 1 from 1.0 and from True; the order of keys is nobody's."""
    return json.dumps(message, sort_keys=True)


def spacious(arrange: Set, layer: str, keys: dict[str, list[str]]) -> tuple[Setting, int]:
    """A setting with room for a batch, and how many messages it is to take."""
    return arrange(layer, capacity=2 * BATCH, **keys), MANY if keys == {} else MANY // 5


@pytest.mark.timeout(300)
def test_any_message_goes_from_django_to_covey_as_it_is_and_in_order(
    arrange: Set, layer: str, keys: dict[str, list[str]], chance: random.Random
) -> None:
    setting, count = spacious(arrange, layer, keys)
    member = setting.node().member("room")
    setting.await_processes("room", 1)
    django = setting.django()

    async def send(batch: list[dict[str, Any]]) -> None:
        for message in batch:
            await django.layer.group_send("room", message)

    for _ in range(0, count, BATCH):
        batch = [random_message(chance) for _ in range(BATCH)]
        django.run(send(batch), 120)
        for sent in batch:
            assert exactly(member.hear()) == exactly(sent)


@pytest.mark.timeout(300)
def test_any_message_goes_from_covey_to_django_as_it_is_and_in_order(
    arrange: Set, layer: str, keys: dict[str, list[str]], chance: random.Random
) -> None:
    setting, count = spacious(arrange, layer, keys)
    django = setting.django()
    channel = django.member("room")
    setting.await_processes("room", 1)
    member = setting.node().member()

    async def hear(batch: list[dict[str, Any]]) -> None:
        for sent in batch:
            assert exactly(await django.layer.receive(channel)) == exactly(sent)

    for _ in range(0, count, BATCH):
        batch = [random_message(chance) for _ in range(BATCH)]
        for message in batch:
            is_ascii = chance.random() < 0.5
            member.tell("send", "room", json.dumps(message, ensure_ascii=is_ascii))
        django.run(hear(batch), 120)
        for _ in batch:
            member.answer()


@pytest.mark.parametrize("number", [1 << 64, -(1 << 63) - 1, 10**40])
def test_a_whole_number_beyond_64_bits_is_refused(arrange: Set, layer: str, number: int) -> None:
    setting = arrange(layer)
    django = setting.django()
    channel = django.member("room")
    setting.await_processes("room", 1)
    member = setting.node().member("room")
    with pytest.raises(Refused, match=str(number)[:10]):
        member.send("room", {"type": "chat.message", "number": [number]})
    member.send("room", LAST)
    assert member.hear() == LAST  # and nothing of the other one, here either
    assert django.hear(channel) == LAST


@pytest.mark.parametrize("bad", ['"\\ud800"', '{"\\udfff": 1}', "1e400", "-1e999"])
def test_what_python_could_not_take_is_refused(arrange: Set, layer: str, bad: str) -> None:
    member = arrange(layer).node().member("room")
    with pytest.raises(Refused):
        member.send("room", f'{{"type": "chat.message", "x": {bad}}}')
    with pytest.raises(Refused):
        member.send_to("tasks", f'{{"type": "chat.message", "x": {bad}}}')
    member.send("room", LAST)
    assert member.hear() == LAST


@pytest.mark.parametrize(
    "text",
    [
        '{"\\u0074ype":"chat.\\u006dessage","x":"\\ud83c\\udf89\\u0000\\/"}',
        ' {\n"x" : [ 1E2 , -0.0, 1e-400, 0.1e1 ] ,\t"type":"chat.message" } ',
        '{"__asgi_channel__":"specific.other!x","type":"chat.message"}',
        '{"type":"chat.message","__asgi_channel__":["specific.other!x"],"x":{"type":"y"}}',
        '{"type":"chat.message","type2":"covey.0011223344556677"}',
        '{"type":"first","x":1,"x":2,"type":"chat.message"}',
        '{"type":"chat.message","x":' + "[" * 60 + "]" * 60 + "}",
    ],
)
def test_however_an_event_is_written_it_is_read_as_python_reads_it(
    arrange: Set, layer: str, text: str
) -> None:
    setting = arrange(layer)
    django, here, there = setting.django(), setting.node().member("room"), setting.node()
    channel, other = django.member("room"), there.member("room")
    setting.await_processes("room", 3)
    here.send("room", text)
    here.send_to(channel, text)
    here.send("room", LAST)
    meant = json.loads(text)
    if layer == "core":
        meant.pop("__asgi_channel__", None)  # which is the layer's own word
    assert exactly(other.hear()) == exactly(meant)
    assert other.hear() == LAST
    heard = [django.hear(channel) for _ in range(3)]
    assert sorted(map(exactly, heard)) == sorted(map(exactly, [meant, meant, LAST]))


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ({"bytes": b"\x00\xffcovey"}, {"bytes": "AP9jb3ZleQ=="}),
        ({"bytes": b""}, {"bytes": ""}),
        ({"deep": [{"in": (b"a", 1)}]}, {"deep": [{"in": ["YQ==", 1]}]}),
        ({"keys": {1: "a", -5: "b"}}, {"keys": {"1": "a", "-5": "b"}}),
        ({"keys": {2.5: "a", None: "b"}}, {"keys": {"2.5": "a", "null": "b"}}),
        ({"keys": {True: "a", False: "b"}}, {"keys": {"true": "a", "false": "b"}}),
    ],
)
def test_what_json_lacks_comes_as_its_nearest(
    arrange: Set, layer: str, sent: dict[str, Any], received: dict[str, Any]
) -> None:
    setting = arrange(layer)
    member = setting.node().member("room")
    setting.await_processes("room", 1)
    django = setting.django()
    django.group_send("room", {"type": "chat.message"} | sent)
    django.send(member.address, {"type": "chat.message"} | sent)
    for _ in range(2):
        assert member.hear() == {"type": "chat.message"} | received


# -------------------------------------------------------------- where, who


def say_both_ways(setting: Setting) -> None:
    """A message each way, and addressed ones."""
    django, node = setting.django(), setting.node()
    channel, member = django.member("room"), node.member("room")
    setting.await_processes("room", 2)
    django.group_send("room", HELLO)
    assert [member.hear(), django.hear(channel)] == [HELLO, HELLO]
    member.send("room", LAST)
    assert [member.hear(), django.hear(channel)] == [LAST, LAST]
    member.send_to(channel, HELLO)
    django.send(member.address, LAST)
    assert [member.hear(), django.hear(channel)] == [LAST, HELLO]


def test_a_prefix_keeps_groups_apart(arrange: Set, layer: str) -> None:
    setting = arrange(layer, prefix="shop")
    stranger = arrange(layer).node().member("room")
    say_both_ways(setting)
    stranger.send("room", HELLO)
    assert stranger.hear() == HELLO  # and nothing before that
    assert all(
        key.startswith((b"shop", b"asgi:group")) for key in setting.redis.client().scan_iter()
    )


def test_the_number_of_the_database_is_kept_to(arrange: Set, layer: str) -> None:
    setting = arrange(layer, db=3)
    say_both_ways(setting)
    assert setting.redis.client(db=0).keys() == []


@pytest.mark.parametrize("db", [0, 5])
def test_redis_may_listen_on_a_unix_socket(arrange: Set, layer: str, db: int) -> None:
    setting = arrange(layer, is_on_socket=True, db=db)
    say_both_ways(setting)


@pytest.mark.parametrize(
    ("covey", "django"),
    [
        ("a b", "covey-a-20b"),
        ("Küche", "covey-K-c3-bcche"),
        ("covey-a", "covey-covey-2da"),
        ("chat_1.2-3", "chat_1.2-3"),
        ("x" * 99, "x" * 99),
        ("x" * 100, None),
        ("x" * 255, None),
        ("🎉" * 63, None),
        ("specific.a!b", "covey-specific.a-21b"),
    ],
)
def test_groups_of_covey_may_be_called_anything(
    arrange: Set, layer: str, covey: str, django: str | None
) -> None:
    setting = arrange(layer)
    one, other = setting.node().member(covey), setting.node().member(covey)
    if django is None:
        keys = setting.redis.client()
        begin = setting.group_key("covey--").encode()

        def names() -> list[bytes]:
            return list(keys.keys() if layer == "core" else keys.pubsub_channels())

        assert eventually(lambda: any(name.startswith(begin) for name in names()))
        django = next(name for name in names() if name.startswith(begin)).decode()
        django = django.removeprefix(setting.group_key(""))
        assert len(django) == len("covey--") + 64
    setting.await_processes(django, 2)
    one.send(covey, HELLO)
    assert [one.hear(), other.hear()] == [HELLO, HELLO]
    setting.django().group_send(django, LAST)
    assert [one.hear(), other.hear()] == [LAST, LAST]


def test_names_that_look_alike_are_different_groups(arrange: Set, layer: str) -> None:
    setting = arrange(layer)
    names = ["a b", "covey-a-20b", "a-20b", "a+b", "a%20b", "A b", "e\u0301", "é", "x" * 254]
    node, sender = setting.node(), setting.node().member()
    members = [node.member(name) for name in names]
    # What was asked for last has been done last.
    node.member("z")
    setting.await_processes("z", 1)
    for number, name in enumerate(names):
        sender.send(name, {"type": "chat.message", "number": number})
    assert [member.hear()["number"] for member in members] == list(range(len(names)))


def test_who_leaves_hears_no_more(setting: Setting) -> None:
    node = setting.node()
    one, other = node.member("room"), node.member("room")
    setting.await_processes("room", 1)
    django = setting.django()
    one.leave("room")
    django.group_send("room", HELLO)
    assert other.hear() == HELLO
    other.leave("room")
    setting.await_processes("room", 0)
    one.join("room")
    setting.await_processes("room", 1)
    django.group_send("room", LAST)
    assert one.hear() == LAST
