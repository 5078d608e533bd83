"""What the original client breaks on, point by point, and that the server's cures work."""

import json
from typing import Any

import pytest

from original_client import ClientFault, Model, OriginalClient

PROJECT, TASK, USER, TAG = "app.Project", "app.Task", "app.User", "app.Tag"
MODEL: Model = {
    PROJECT: {"tasks": TASK, "owner": USER, "next": PROJECT},
    TASK: {"assignee": USER, "tags": TAG},
}


def row(type_: str, id_: Any, operation: str = "update", **fields: Any) -> dict[str, Any]:
    return {"id": id_, **fields, "_instance_type": type_, "_operation": operation}


def create(type_: str, id_: Any, **fields: Any) -> dict[str, Any]:
    return row(type_, id_, "create", **fields)


def delete(type_: str, id_: Any) -> dict[str, Any]:
    return row(type_, id_, "delete")


def anchors(*ids: Any) -> str:
    return json.dumps({"type": "initialAnchors", "anchorIds": ids})


def single(*rows: dict[str, Any]) -> OriginalClient:
    """A channel of project 1 that these rows have arrived on."""
    client = OriginalClient(PROJECT, False, MODEL)
    client.receive(anchors(1))
    if rows:
        send(client, *rows)
    return client


def many(*ids: int) -> OriginalClient:
    """A channel of projects that these have arrived on."""
    client = OriginalClient(PROJECT, True, MODEL)
    client.receive(anchors(*ids))
    if ids:
        send(client, *(row(PROJECT, id_, "initial_state", name=f"P{id_}") for id_ in ids))
    return client


def send(client: OriginalClient, *rows: dict[str, Any]) -> None:
    client.receive(json.dumps(rows))


def ids(client: OriginalClient) -> list[Any]:
    return [project.get("id") for project in client.state()]


# Point 1: anchors come first.


def test_without_anchors_the_first_row_of_a_single_channel_must_be_the_root() -> None:
    client = OriginalClient(PROJECT, False, MODEL)
    with pytest.raises(ClientFault):
        send(client, create(TASK, 1))
    client.receive(anchors(1))
    send(client, create(TASK, 1), create(PROJECT, 1, tasks=[1]))
    assert client.state() == {"id": 1, "tasks": [{"id": 1}]}


def test_a_child_that_comes_first_becomes_the_root_type_of_a_many_channel() -> None:
    client = OriginalClient(PROJECT, True, MODEL)
    send(client, create(TASK, 1), row(PROJECT, 1, "initial_state"))
    assert client.state() == []
    client = OriginalClient(PROJECT, True, MODEL)
    client.receive(anchors(1))
    send(client, row(PROJECT, 1, "initial_state", tasks=[1]), create(TASK, 1))
    assert client.state() == [{"id": 1, "tasks": [{"id": 1}]}]


# Point 2: no empty arrays.


@pytest.mark.parametrize("frame", ["[]", "[1]", "[null]"])
def test_an_array_without_rows_is_a_fault(frame: str) -> None:
    with pytest.raises(ClientFault):
        single().receive(frame)


# Point 3: deletions of unknown rows.


def test_deleting_an_unknown_row_loses_the_rest_of_the_frame() -> None:
    client = single(create(PROJECT, 1, name="a"))
    with pytest.raises(ClientFault):
        send(client, row(PROJECT, 1, name="b"), delete(TASK, 6), row(PROJECT, 1, name="c"))
    assert client.state() == {"id": 1, "name": "b"}
    send(client, row(TASK, 6), delete(TASK, 6), row(PROJECT, 1, name="c"))
    assert client.state() == {"id": 1, "name": "c"}


# Point 4: null relations.


def test_a_null_relation_is_shown_as_a_placeholder() -> None:
    client = single(create(PROJECT, 1, owner=None))
    assert client.state() == {"id": 1, "owner": {"id": None, "_loaded": False}}
    send(client, create(PROJECT, 1, owner=None), delete(USER, None))
    assert client.state() == {"id": 1, "owner": None}


def test_one_deletion_cures_all_null_relations_to_a_type_and_a_second_is_a_fault() -> None:
    client = single(create(TASK, 1, assignee=None), create(PROJECT, 1, owner=None, tasks=[1]))
    send(client, delete(USER, None))
    assert client.state() == {"id": 1, "owner": None, "tasks": [{"id": 1, "assignee": None}]}
    with pytest.raises(ClientFault):
        send(client, delete(USER, None))


def test_a_null_relation_to_the_root_type_of_a_many_channel_has_no_such_cure() -> None:
    client = many(1)
    send(client, row(PROJECT, 1, next=None), delete(PROJECT, None))
    assert client.state() == [{"id": 1, "name": "P1", "next": {"id": None}}]


# Points 5 and 7: connections and answers.


def test_a_clean_close_ends_an_authenticated_client() -> None:
    client = single()
    assert client.comes_back(after_clean_close=True)
    client.receive('{"type":"auth","statusCode":200}')
    assert not client.comes_back(after_clean_close=True)
    assert client.comes_back(after_clean_close=False)
    client.receive('{"type":"auth","statusCode":403,"error":"error/forbidden"}')
    assert not client.comes_back(after_clean_close=False)


def test_what_the_first_frame_says_of_the_last_update() -> None:
    client = single()
    assert client.first_frame("abc") == '{"token":"abc","lastUpdate":null}'
    for stamp in ("1795247430.199791", "1795247430.199790", "1795247429"):
        client.receive(f'[{{"id":1,"_instance_type":"{PROJECT}","_tstamp":{stamp}}}]')
    assert client.first_frame("abc") == '{"token":"abc","lastUpdate":1795247430.199791}'
    client.receive(f'[{{"id":1,"_instance_type":"{PROJECT}","_tstamp":1795247431.500000}}]')
    client.reconnect()
    assert client.first_frame(None) == '{"token":null,"lastUpdate":1795247431.5}'


def test_the_last_update_is_taken_from_a_frame_that_is_lost_too() -> None:
    client = single()
    with pytest.raises(ClientFault):
        send(client, delete(TASK, 6), {**row(PROJECT, 1), "_tstamp": 5.5})
    assert client.last_update == 5.5


def test_answers_and_variables_leave_the_state_alone() -> None:
    client = single(create(PROJECT, 1))
    client.receive('{"type":"actionResponse","callId":1795247640458000001,"result":null}')
    client.receive('{"type":"runtimeVar","var":"unread","value":7}')
    assert [answer["callId"] for answer in client.answers] == [1795247640458000001]
    assert client.runtime_variables == {"unread": 7}
    assert client.state() == {"id": 1}


# Point 9: circles, and work that grows.


def test_rows_that_refer_to_each_other_in_a_circle_are_a_fault() -> None:
    client = single(create(PROJECT, 1, next=2))
    with pytest.raises(ClientFault):
        send(client, create(PROJECT, 2, next=1))


def test_the_work_of_an_update_grows_with_every_list_that_was_sent() -> None:
    client = single()
    for _ in range(30):
        send(client, row(PROJECT, 1, tasks=[1]))
    for _ in range(30):
        send(client, row(TASK, 1, tags=[1]))
    before = client.built.reference_changes
    send(client, row(TAG, 1, name="a"))
    assert client.built.reference_changes - before == 931


# Point 10: no versions.


def test_an_older_row_overwrites_a_newer_one() -> None:
    client = single()
    for stamp, name in ((2.5, "new"), (1.5, "old")):
        send(client, {**row(PROJECT, 1, name=name), "_tstamp": stamp})
    assert client.state() == {"id": 1, "name": "old"}
    assert client.last_update == 2.5


# Point 11: prepended anchors.


def test_a_prepended_anchor_is_a_hole_until_it_arrives_and_may_be_there_twice() -> None:
    client = many(1)
    for _ in range(2):
        client.receive('{"type":"prependAnchor","anchorId":3}')
    assert client.state() == [{}, {}, {"id": 1, "name": "P1"}]
    send(client, row(PROJECT, 3, "initial_state"))
    assert ids(client) == [3, 3, 1]
    send(client, delete(PROJECT, 3))
    assert ids(client) == [1]


def test_a_deleted_anchor_leaves_its_fields_behind() -> None:
    client = many(1, 2)
    send(client, delete(PROJECT, 2))
    send(client, row(PROJECT, 1, next=2))
    assert client.state() == [{"id": 1, "name": "P1", "next": {"id": 2, "name": "P2"}}]


# Point 12: a deletion changes the parent in place.


def test_the_parent_of_a_deleted_row_stays_the_same_object_until_its_list_comes() -> None:
    client = single(create(PROJECT, 1, tasks=[1, 2]), create(TASK, 1), create(TASK, 2))
    parent = client.built.index[f"{PROJECT}:1"]
    send(client, delete(TASK, 2))
    assert client.state()["tasks"] == [{"id": 1}]
    assert client.built.index[f"{PROJECT}:1"] is parent
    send(client, row(PROJECT, 1, tasks=[1]))
    assert client.built.index[f"{PROJECT}:1"] is not parent


# Point 13: a single row that is followed.


def test_deleting_a_row_that_is_followed_is_a_fault_unless_a_stub_comes_after_it() -> None:
    client = single(create(PROJECT, 1, tasks=[1]), create(TASK, 1))
    client.follow(TASK, 1)
    with pytest.raises(ClientFault):
        send(client, delete(TASK, 1))
    assert client.state() == {"id": 1, "tasks": []}
    send(client, row(TASK, 1), delete(TASK, 1), row(TASK, 1))


# Point 14: ids and types are what they were sent as.


def test_ids_may_be_strings_but_an_anchor_is_deleted_by_the_same_kind_alone() -> None:
    client = many()
    client.receive(anchors("a:b", 2))
    send(client, row(PROJECT, "a:b", "initial_state", tasks=["x"]), create(TASK, "x"))
    assert client.state()[0] == {"id": "a:b", "tasks": [{"id": "x"}]}
    send(client, delete(PROJECT, "2"))
    assert ids(client) == ["a:b", "2"]
    send(client, delete(PROJECT, 2), delete(PROJECT, "a:b"))
    assert ids(client) == []


# Point 15: references are never forgotten.


def project_with_owners() -> OriginalClient:
    return single(
        create(USER, 3, name="Ann"),
        create(USER, 4, name="Bo"),
        create(TASK, 7, assignee=3),
        create(PROJECT, 1, owner=3, tasks=[7]),
    )


def test_an_update_of_a_former_target_puts_it_back() -> None:
    client = project_with_owners()
    send(client, row(PROJECT, 1, owner=4))
    send(client, row(USER, 3, name="Ann B."))
    assert client.state()["owner"] == {"id": 3, "name": "Ann B."}


def test_a_former_target_is_deleted_made_again_and_referred_to_again() -> None:
    client = project_with_owners()
    send(
        client,
        delete(USER, 3),
        create(USER, 3, name="Ann"),
        row(PROJECT, 1, owner=4),
        row(TASK, 7, assignee=3),
    )
    send(client, row(USER, 3, name="Ann B."))
    assert client.state() == {
        "id": 1,
        "owner": {"id": 4, "name": "Bo"},
        "tasks": [{"id": 7, "assignee": {"id": 3, "name": "Ann B."}}],
    }


def test_a_former_target_that_is_deleted_takes_the_new_one_along_unless_it_goes_first() -> None:
    client = project_with_owners()
    send(client, row(PROJECT, 1, owner=4), row(TASK, 7, assignee=4), delete(USER, 3))
    assert client.state()["owner"] is None
    client = project_with_owners()
    send(client, delete(USER, 3), row(USER, 3), row(PROJECT, 1, owner=4), row(TASK, 7, assignee=4))
    assert client.state()["owner"] == {"id": 4, "name": "Bo"}


def test_a_row_that_left_and_came_back_is_still_referred_to_by_what_it_knew() -> None:
    def come_back(*cure: dict[str, Any]) -> Any:
        client = project_with_owners()
        send(client, delete(TASK, 7), row(TASK, 7), *cure, row(PROJECT, 1, tasks=[], owner=3))
        send(client, create(TASK, 7, assignee=4), row(PROJECT, 1, tasks=[7]))
        send(client, row(USER, 3, name="Ann B."))
        return client.state()["tasks"][0]["assignee"]["id"]

    assert come_back() == 3
    assert come_back(delete(USER, 3), row(USER, 3), create(USER, 3, name="Ann")) == 4


def test_the_root_type_of_a_many_channel_cannot_be_made_again() -> None:
    client = many(1, 2, 3)
    send(client, row(PROJECT, 1, next=2))
    send(client, delete(PROJECT, 2), row(PROJECT, 2, "initial_state"), row(PROJECT, 1, next=3))
    send(client, row(PROJECT, 2, name="b"))
    assert client.state()[0]["next"] == {"id": 2, "name": "b"}


# Point 16: deleted rows that referred to others.


def test_updating_what_a_deleted_row_referred_to_is_a_fault() -> None:
    def delete_task(*cure: dict[str, Any]) -> OriginalClient:
        client = project_with_owners()
        send(client, delete(TASK, 7), *cure, row(PROJECT, 1, tasks=[]))
        return client

    with pytest.raises(ClientFault):
        send(delete_task(), row(USER, 3, name="Ann B."))
    client = delete_task(row(TASK, 7))
    send(client, row(USER, 3, name="Ann B."))
    assert client.state() == {"id": 1, "owner": {"id": 3, "name": "Ann B."}, "tasks": []}


def test_a_parent_is_deleted_before_its_child_only_if_its_stub_follows_at_once() -> None:
    gone = [delete(TASK, 7), delete(USER, 3)]
    with pytest.raises(ClientFault):
        send(project_with_owners(), *gone)
    client = project_with_owners()
    send(client, gone[0], row(TASK, 7), gone[1], row(USER, 3), row(PROJECT, 1, tasks=[]))
    assert client.state() == {"id": 1, "owner": None, "tasks": []}


def test_leaf_first_is_not_enough_for_a_row_that_was_in_another_list_before() -> None:
    def move_tag() -> OriginalClient:
        client = single(create(PROJECT, 1, tasks=[1, 2]), create(TAG, 9))
        send(client, create(TASK, 1, tags=[9]), create(TASK, 2, tags=[]))
        send(client, row(TASK, 1, tags=[]), row(TASK, 2, tags=[9]))
        return client

    gone = [(TASK, 1), (TAG, 9), (TASK, 2)]
    list_ = row(PROJECT, 1, tasks=[])
    with pytest.raises(ClientFault):
        send(move_tag(), *(delete(*key) for key in gone), list_, *(row(*key) for key in gone))
    client = move_tag()
    send(client, *(change for key in gone for change in (delete(*key), row(*key))), list_)
    assert client.state() == {"id": 1, "tasks": []}


# Point 17: the root type of an empty list.


def test_the_first_row_on_an_empty_list_becomes_the_root_type() -> None:
    client = many()
    client.receive('[{"message":"hi","_instance_type":"_notification"}]')
    send(client, row(PROJECT, 1, "initial_state"))
    assert client.state() == []
    client = many()
    send(client, delete(PROJECT, 0), create(USER, 3), row(PROJECT, 1, "initial_state", owner=3))
    assert client.state() == [{"id": 1, "owner": {"id": 3}}]


# Point 18: rows of the root type that are no anchors.


@pytest.mark.parametrize(("operation", "expected"), [("initial_state", [1, 2]), ("create", [1])])
def test_an_initial_state_of_the_root_type_is_appended(operation: str, expected: Any) -> None:
    client = many(1)
    send(client, row(PROJECT, 2, operation), row(PROJECT, 1, next=2))
    assert ids(client) == expected


# Point 19: lists that become empty.


def test_an_empty_list_of_anchors_leaves_the_old_ones() -> None:
    client = many(1, 2)
    client.receive(anchors())
    assert ids(client) == [1, 2]
    assert client.empty_lists == 1
    client.receive(anchors(0))
    send(client, delete(PROJECT, 0))
    assert client.state() == []


# Point 20: anchors that come again.


def test_a_former_anchor_is_appended_only_after_its_deletion() -> None:
    client = many(1, 2)
    client.receive(anchors(1))
    send(client, row(PROJECT, 2, "initial_state"))
    assert ids(client) == [1]
    send(client, delete(PROJECT, 2), row(PROJECT, 2, "initial_state"))
    assert ids(client) == [1, 2]


# Beyond the list: another connection of a client that holds an older state.


def test_a_snapshot_over_an_older_state_needs_every_row_made_again() -> None:
    def reconnect(*cure: dict[str, Any]) -> Any:
        client = project_with_owners()
        client.reconnect()
        client.receive(anchors(1))
        send(client, *cure, create(PROJECT, 1, owner=4, tasks=[]))
        send(client, create(USER, 4, name="Bo"), create(USER, 3, name="Ann B."))
        return client.state()["owner"]["id"]

    assert reconnect() == 3
    assert reconnect(row(USER, 3), delete(USER, 3), row(USER, 3)) == 4


# Beyond the list: a type of its own for the list takes points 4, 11, 15, 17, 18 and 20 away.


def test_anchors_may_be_listed_by_a_type_that_no_row_has() -> None:
    client = many()
    client.receive(anchors(1))
    send(client, delete("list", 0), row(PROJECT, 1, "initial_state", next=2))
    send(client, row(PROJECT, 2, "initial_state", next=None), delete(PROJECT, None))
    assert client.state() == [{"id": 1, "next": {"id": 2, "next": None}}]
    send(client, delete("list", 2), row("list", 2, "initial_state"))
    assert ids(client) == [1, 2]
    send(client, delete("list", 1), delete("list", 2))
    assert client.state() == []
    send(client, delete("list", 1), row("list", 1, "initial_state"))
    send(client, delete(PROJECT, 2), create(PROJECT, 2), row(PROJECT, 1, next=None))
    send(client, delete(PROJECT, None))
    send(client, row(PROJECT, 2, name="b"))
    assert client.state() == [{"id": 1, "next": None}]
