"""board, on the wire: who is let in, what they see first, and who else is there."""

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from board_client import ALL, BoardClient, connect, follow, project_path
from board_data import (
    MOBILE_APP,
    NOTES_OF_ALICE,
    NOTES_OF_BOB,
    WEBSITE,
    data_set,
    every_channel,
    every_kind,
    every_user,
)
from example_program import ExampleProgram

LET_IN = '{"type":"auth","statusCode":200,"status_code":200}'


# ------------------------------------------------------------------ letting in


@every_channel
@every_user
def test_a_good_token_is_let_in(board: ExampleProgram, path: str, token: str) -> None:
    with connect(board, path) as client:
        client.send_token(token)
        client.receive()
        assert client.frames == [LET_IN]


@every_channel
@pytest.mark.parametrize("token", ["", "nobody", "alice-token ", "alice-token\0", "Alice-token"])
def test_a_bad_token_is_401(board: ExampleProgram, path: str, token: str) -> None:
    with connect(board, path) as client:
        client.send_token(token)
        assert client.receive_to_the_end() == 1000
        assert client.frames == [
            '{"type":"auth","statusCode":401,"status_code":401,"error":"error/unauthorized"}'
        ]


@every_channel
@pytest.mark.parametrize("frame", ['{"token":null,"lastUpdate":null}', '{"lastUpdate":null}', "{}"])
def test_a_missing_token_is_400(board: ExampleProgram, path: str, frame: str) -> None:
    with connect(board, path) as client:
        client.connection.send(frame)
        assert client.receive_to_the_end() == 1000
        assert client.frames == [
            '{"type":"auth","statusCode":400,"status_code":400,"error":"error/missing-token"}'
        ]


def test_a_project_that_does_not_exist_is_404(board: ExampleProgram) -> None:
    with connect(board, project_path(999)) as client:
        client.send_token("alice-token")
        assert client.receive_to_the_end() == 1000
        assert client.frames == [
            LET_IN,
            '{"type":"initialAnchors","anchorIds":[999],"initialAnchors":[999]}',
            '{"type":"auth","statusCode":404,"status_code":404,"error":"error/not-found"}',
        ]


@pytest.mark.parametrize(
    "path", ["/", "/ws/projects", "/ws/projects/1", project_path("x"), project_path("9" * 20)]
)
def test_other_paths_are_http_404(board: ExampleProgram, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, board.connect(path):
        pass
    assert refused.value.response.status_code == 404


def test_nothing_is_said_before_the_token_came(board: ExampleProgram) -> None:
    with connect(board, WEBSITE) as client:
        client.receive_all()
        assert client.frames == []


def test_pages_from_anywhere_are_welcome(board: ExampleProgram) -> None:
    with board.connect(WEBSITE, origin="https://elsewhere.example") as client:
        client.send('{"token":"alice-token","lastUpdate":null}')
        assert client.recv() == LET_IN


# --------------------------------------------------------------- initial state


@every_user
@every_kind
def test_one_project_is_shown_whole(board: ExampleProgram, token: str, is_own: bool) -> None:
    with follow(board, WEBSITE, token, is_own) as client:
        assert client.project() == data_set(token)[2]


@every_user
@every_kind
def test_all_projects_are_shown_newest_first(
    board: ExampleProgram, token: str, is_own: bool
) -> None:
    with follow(board, ALL, token, is_own) as client:
        assert client.projects() == data_set(token)


def test_the_first_frames_come_in_this_order(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        assert client.frames[:3] == [
            LET_IN,
            '{"type":"runtimeVar","var":"viewers","runtimeVar":"viewers","value":1}',
            '{"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}',
        ]
        assert client.frames[3].startswith(
            '[{"id":1,"name":"Website","tasks":[1,2,3],"members":[1,2],"notes":[1,3],'
            '"_instance_type":"board.Project","_tstamp":0.000001,"_operation":"initial_state"},'
        )
        assert client.frames[-1].startswith('[{"_instance_type":"","_tstamp":1')
        assert client.frames[-1].endswith(',"_operation":"end_initial_state","id":0}]')


def test_an_id_may_be_written_with_zeros(board: ExampleProgram) -> None:
    with follow(board, project_path("001")) as client:
        assert client.project()["name"] == "Website"


# --------------------------------------------------------------------- viewers


def viewers_become(client: BoardClient, count: int) -> None:
    client.receive_until(lambda: client.viewers() == count)


def test_viewers_are_counted_as_they_come_and_go(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as first:
        assert first.viewers() == 1
        with follow(board, WEBSITE, "bob-token") as second:
            assert second.viewers() == 2
            viewers_become(first, 2)
            with follow(board, project_path("01"), "bob-token") as third:
                assert third.viewers() == 3
                viewers_become(first, 3)
                viewers_become(second, 3)
            viewers_become(second, 2)
            viewers_become(first, 2)
        viewers_become(first, 1)


def test_each_project_has_its_own_viewers(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as website, follow(board, MOBILE_APP) as mobile_app:
        assert (website.viewers(), mobile_app.viewers()) == (1, 1)
        with follow(board, MOBILE_APP):
            viewers_become(mobile_app, 2)
        viewers_become(mobile_app, 1)
        website.receive_all()
        assert website.viewers() == 1


def test_who_was_not_let_in_views_nothing(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as viewer, connect(board, WEBSITE) as other:
        other.send_token("nobody")
        other.receive_to_the_end()
        with follow(board, ALL) as lister:
            lister.receive_all()
            assert lister.viewers() is None
            viewer.receive_all()
            assert [frame for frame in viewer.frames if "viewers" in frame] == [
                '{"type":"runtimeVar","var":"viewers","runtimeVar":"viewers","value":1}'
            ]


# ----------------------------------------------------------------------- notes


def assert_saw_nothing_of(client: BoardClient, notes: list[dict[str, Any]]) -> None:
    assert any(row["_instance_type"] == "board.Note" for row in client.rows())
    for note in notes:
        assert not any(note["text"] in frame for frame in client.frames)
        for row in client.rows():
            assert note["id"] not in row.get("notes", [])
            assert (row["_instance_type"], row["id"]) != ("board.Note", note["id"])


@every_channel
@every_kind
def test_the_notes_of_the_other_user_appear_nowhere(
    board: ExampleProgram, path: str, is_own: bool
) -> None:
    with (
        follow(board, path, "alice-token", is_own) as alice,
        follow(board, path, "bob-token", is_own) as bob,
    ):
        for client in (alice, bob):
            client.save("board.Project", 1, name=f"Site {len(client.frames)}")
            client.delete_task(client.create_task(1, title="x", done=False)["instanceId"])
            client.save("board.Task", 3, project=2)
            if path == ALL:
                for term in ("Mobile", "", "nothing", "Site"):
                    client.call("search", term)
        for client in (alice, bob):
            client.receive_all()
        assert_saw_nothing_of(alice, NOTES_OF_BOB)
        assert_saw_nothing_of(bob, NOTES_OF_ALICE)


def test_a_note_of_the_other_user_might_as_well_not_be_there(board: ExampleProgram) -> None:
    with follow(board, WEBSITE, "bob-token") as bob:
        of_alice = bob.save("board.Note", 1, text="x")
        of_nobody = bob.save("board.Note", 99, text="x")
        assert of_alice["error"] == of_nobody["error"]
