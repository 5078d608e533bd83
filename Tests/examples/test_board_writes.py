"""board, on the wire: what clients write, and that all see the same in the end."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from board_client import ALL, BoardClient, error_of, follow
from board_data import (
    ALICE,
    BOB,
    CAROL,
    MOBILE_APP,
    WEB_SHOP,
    WEBSITE,
    data_set,
    task,
)
from example_program import ExampleProgram


def all_see(clients: list[BoardClient], key: str, expected: Any) -> None:
    """Waits until every client's Website has this value."""
    for client in clients:
        while website_of(client)[key] != expected:
            client.receive()


def website_of(client: BoardClient) -> Any:
    (website,) = (project for project in client.projects() if project["id"] == 1)
    return website


@pytest.fixture
def clients(board: ExampleProgram) -> Iterator[list[BoardClient]]:
    """The writer, and others of either user, channel and kind."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(follow(board, path, token, is_own))
            for path, token, is_own in [
                (WEBSITE, "alice-token", False),
                (WEBSITE, "bob-token", False),
                (WEBSITE, "bob-token", True),
                (ALL, "bob-token", False),
                (ALL, "alice-token", True),
            ]
        ]


def test_a_saved_task_reaches_everybody(clients: list[BoardClient]) -> None:
    answer = clients[0].save("board.Task", 2, title="Write them again", done=True, assignee=3)
    assert answer["success"] is True
    all_see(
        clients,
        "tasks",
        [
            task(1, 1, "Draw the front page", True, ALICE),
            task(2, 1, "Write them again", True, CAROL),
            task(3, 1, "Choose a font", False, None),
        ],
    )


def test_a_created_task_reaches_everybody(clients: list[BoardClient]) -> None:
    answer = clients[0].create_task(1, title="Launch", done=False)
    assert (answer["success"], answer["instanceId"]) == (True, 6)
    old_tasks = data_set("alice-token")[2]["tasks"]
    all_see(clients, "tasks", [*old_tasks, task(6, 1, "Launch", False, None)])


def test_a_deleted_task_is_gone_for_everybody(clients: list[BoardClient]) -> None:
    assert clients[0].delete_task(1)["success"] is True
    all_see(clients, "tasks", data_set("alice-token")[2]["tasks"][1:])


def test_a_moved_task_changes_lists(board: ExampleProgram) -> None:
    with (
        follow(board, WEBSITE) as website,
        follow(board, MOBILE_APP, "bob-token") as mobile_app,
        follow(board, ALL, "bob-token", is_own=True) as everything,
    ):
        website.save("board.Task", 2, project=2)
        website.receive_until(lambda: list(website.tasks()) == [1, 3])
        mobile_app.receive_until(lambda: list(mobile_app.tasks()) == [4, 2])
        assert mobile_app.tasks()[2] == task(2, 2, "Write the texts", False, BOB)
        everything.receive_all_and_see(
            lambda: [[task["id"] for task in each["tasks"]] for each in everything.projects()],
            [[5], [4, 2], [1, 3]],
        )


def test_a_saved_project_has_another_name_for_everybody(clients: list[BoardClient]) -> None:
    assert clients[0].save("board.Project", 1, name="Our site")["success"] is True
    all_see(clients, "name", "Our site")


def test_a_task_may_be_nobodys_again(clients: list[BoardClient]) -> None:
    clients[0].save("board.Task", 2, assignee=None)
    tasks = data_set("alice-token")[2]["tasks"]
    tasks[1]["assignee"] = None
    all_see(clients, "tasks", tasks)


def test_a_save_sends_what_it_changed(board: ExampleProgram) -> None:
    with (
        follow(board, WEBSITE, "alice-token") as writer,
        follow(board, WEBSITE, "bob-token") as reader,
    ):
        writer.save("board.Task", 3, title="Choose two fonts", done=False)
        (row,) = reader.receive()
        del row["_tstamp"]
        assert row == {
            "id": 3,
            "title": "Choose two fonts",
            "_instance_type": "board.Task",
            "_operation": "update",
            "_deleted": False,
        }


def test_a_save_that_changes_nothing_sends_nothing(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as writer, follow(board, WEBSITE, "bob-token") as reader:
        assert writer.save("board.Task", 3, title="Choose a font")["success"] is True
        before = len(reader.frames)
        reader.receive_all()
        assert len(reader.frames) == before


def test_answers_to_writes_are_exact(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        client.connection.send(
            '{"type":"write","writeId":1795247640458000001,"operation":"save",'
            '"instanceType":"board.Task","instanceId":3,"data":{"done":true}}'
        )
        client.receive()
        client.receive()
        assert client.frames[-2] == (
            '{"type":"writeResponse","writeId":1795247640458000001,"success":true,"instanceId":3}'
        )
        assert client.frames[-1].startswith('[{"id":3,"done":true,')


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (403, {"operation": "save", "instanceType": "board.Note", "instanceId": 1}),
        (403, {"operation": "delete", "instanceType": "board.Note", "instanceId": 1}),
        (403, {"operation": "save", "instanceType": "board.Member", "instanceId": 1}),
        (403, {"operation": "delete", "instanceType": "board.Project", "instanceId": 1}),
        (400, {"operation": "save", "instanceType": "board.Nothing", "instanceId": 1}),
        (400, {"operation": "upsert", "instanceType": "board.Task", "instanceId": 1}),
        (400, {"operation": "save", "instanceType": "board.Task", "instanceId": 99}),
        # It is in another project than this channel's.
        (400, {"operation": "save", "instanceType": "board.Task", "instanceId": 4}),
        (400, {"operation": "delete", "instanceType": "board.Task", "instanceId": 4}),
    ],
)
def test_what_may_not_be_written_is_refused(
    board: ExampleProgram, code: int, message: dict[str, Any]
) -> None:
    with follow(board, WEBSITE) as client:
        client.send(type="write", writeId="w", data={}, **message)
        answer = client.receive()
        assert (answer["writeId"], answer["success"], error_of(answer)) == ("w", False, code)
        client.receive_all()
        assert client.project() == data_set("alice-token")[2]


@pytest.mark.parametrize(
    "data",
    [{"title": 1}, {"title": None}, {"done": "yes"}, {"assignee": 99}, {"project": 99}],
)
def test_a_value_that_cannot_be_is_refused(board: ExampleProgram, data: dict[str, Any]) -> None:
    with follow(board, WEBSITE) as client:
        assert error_of(client.save("board.Task", 3, **data)) == 400


def test_a_new_task_must_have_a_title_and_be_done_or_not(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        assert error_of(client.create_task(1, title="Launch")) == 400
        assert error_of(client.create_task(1, done=False)) == 400
        assert error_of(client.create_task(2, title="Launch", done=False)) == 400


def test_half_a_character_is_refused(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        assert error_of(client.save("board.Task", 3, title="\ud83c")) == 400


@pytest.mark.parametrize("title", ["", "ümläut 🎉", 'quo"te \\ /', "nul \0 tab \t", "x" * 100_000])
def test_a_title_may_be_any_text(board: ExampleProgram, title: str) -> None:
    with follow(board, WEBSITE) as writer, follow(board, WEBSITE, "bob-token") as reader:
        assert writer.save("board.Task", 3, title=title)["success"] is True
        reader.receive_until(lambda: reader.tasks()[3]["title"] == title)


def test_what_is_not_writable_is_left_out(board: ExampleProgram) -> None:
    """Clients send whole rows."""
    with follow(board, WEBSITE) as client:
        answer = client.save("board.Project", 1, id=7, name="Site", tasks=[], members=[], more=1)
        assert answer["success"] is True
        client.receive_until(lambda: client.project()["name"] == "Site")
        assert client.project() == data_set("alice-token")[2] | {"name": "Site"}


# ----------------------------------------------------------------- convergence


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_written_all_see_the_same_in_the_end(board: ExampleProgram, seed: int) -> None:
    chance = random.Random(seed)
    paths = [WEBSITE, MOBILE_APP, WEB_SHOP, ALL, ALL]
    with ExitStack() as stack:

        def enter(path: str, token: str, is_own: bool) -> BoardClient:
            return stack.enter_context(follow(board, path, token, is_own))

        followers = [
            (path, token, is_own, enter(path, token, is_own))
            for path in paths
            for token in ("alice-token", "bob-token")
            for is_own in (False, True)
        ]
        tasks = [1, 2, 3, 4, 5]
        for _ in range(60):
            write_at_random(chance, chance.choice(followers)[3], tasks)
        for path, token, is_own, client in followers:
            with follow(board, path, token, is_own) as newcomer:
                client.receive_all_and_see(client.projects, newcomer.projects())


def write_at_random(chance: random.Random, writer: BoardClient, tasks: list[int]) -> None:
    """One write; it is refused when it is about what this client does not see."""
    project, id_ = chance.choice([1, 2, 3]), chance.choice(tasks)
    assignee, word = chance.choice([None, 1, 2, 3]), str(chance.randrange(1000))
    match chance.randrange(7):
        case 0:
            writer.save("board.Task", id_, title=word, done=chance.random() < 0.5)
        case 1 | 2:
            writer.save("board.Task", id_, assignee=assignee)
        case 3:
            writer.save("board.Task", id_, project=project)
        case 4:
            answer = writer.create_task(project, title=word, done=False, assignee=assignee)
            tasks.extend([answer["instanceId"]] if answer["success"] else [])
        case 5:
            writer.delete_task(id_)
        case 6:
            writer.save("board.Project", project, name=word)
