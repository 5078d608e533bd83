"""board, on the wire: actions, and lists of projects."""

import re
import signal
from typing import Any

import pytest

from board_client import ALL, connect, error_of, follow, project_path
from board_data import BOB, MOBILE_APP, WEBSITE, data_set, every_channel, every_kind, task
from example_program import REPOSITORY, ExampleProgram


@every_channel
def test_add_adds(board: ExampleProgram, path: str) -> None:
    with follow(board, path) as client:
        assert client.call("add", 1, 2)["result"] == 3
        assert client.call("add", -(2**63), 2**63 - 1)["result"] == -1


@every_channel
@pytest.mark.parametrize(
    "params",
    [[], [1], [1, 2, 3], ["1", 2], [1.5, 2], [1, None], [2**63, 1], [2**63 - 1, 1]],
)
def test_what_cannot_be_added_is_400(board: ExampleProgram, path: str, params: list[Any]) -> None:
    with follow(board, path) as client:
        assert error_of(client.call("add", *params)) == 400
        assert client.call("add", 1, 2)["result"] == 3


def test_parameters_may_have_names_where_the_client_is_coveys(board: ExampleProgram) -> None:
    with follow(board, WEBSITE, is_own=True) as client:
        client.send(callId=1, action="add", params={"b": 2, "a": 1})
        assert client.receive()["result"] == 3


@every_channel
@pytest.mark.parametrize(
    ("code", "message"), [(418, "I am a teapot"), (-1, ""), (2**31 - 1, "ü🎉"), (0, "x" * 4096)]
)
def test_fail_answers_that_error(board: ExampleProgram, path: str, code: int, message: str) -> None:
    with follow(board, path) as client:
        answer = client.call("fail", code, message)
        assert answer["error"] == {"code": code, "message": message}
        assert client.call("add", 1, 2)["result"] == 3


def test_an_error_whose_number_cannot_be_answered_is_400(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        assert error_of(client.call("fail", 2**31, "x")) == 400


def test_a_long_error_is_cut_off_at_a_character(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        answer = client.call("fail", 418, "x" * 4095 + "ü")
        assert answer["error"] == {"code": 418, "message": "x" * 4095}


@every_channel
def test_slow_answers_later(board: ExampleProgram, path: str) -> None:
    with follow(board, path) as client:
        # Each counts from its arrival; far apart, for a machine that is busy.
        for id_, milliseconds in enumerate([3000, 0, 1500]):
            client.send(callId=id_, action="slow", params=[milliseconds])
        client.send(callId="add", action="add", params=[1, 2])
        answers: dict[Any, Any] = {}
        while len(answers) < 4:
            message = client.receive()
            answers[message["callId"]] = message["result"]
        assert [id_ for id_ in answers if id_ != "add"] == [1, 2, 0]
        assert list(answers)[-1] == 0
        assert answers == {
            0: "after 3000 ms",
            1: "after 0 ms",
            2: "after 1500 ms",
            "add": 3,
        }


@pytest.mark.parametrize("milliseconds", [-1, 60_001, 2**63 - 1])
def test_nothing_takes_for_ever(board: ExampleProgram, milliseconds: int) -> None:
    with follow(board, WEBSITE) as client:
        assert error_of(client.call("slow", milliseconds)) == 400


def test_whoever_does_not_wait_for_a_slow_answer_misses_it(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        client.send(callId=1, action="slow", params=[100])
    with follow(board, WEBSITE) as other:
        assert other.call("slow", 200)["result"] == "after 200 ms"


def test_a_slow_answer_does_not_hold_up_the_end(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        client.send(callId=1, action="slow", params=[60_000])
        assert client.call("add", 1, 2)["result"] == 3
        # After SIGTERM the program in Python lets handlers end, for five seconds.
        board.stop(signal.SIGINT, within=5)


def test_rename_gives_this_project_another_name(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client, follow(board, ALL, "bob-token") as other:
        assert client.call("rename", "Our site")["result"] is True
        client.receive_until(lambda: client.project()["name"] == "Our site")
        other.receive_until(lambda: other.names() == ["Web shop", "Mobile app", "Our site"])


def test_the_answer_precedes_what_the_action_changed(board: ExampleProgram) -> None:
    with follow(board, WEBSITE) as client:
        before = len(client.frames)
        client.send(callId=1, action="rename", params=["Our site"])
        client.receive()
        client.receive()
        assert client.frames[before] == '{"type":"actionResponse","callId":1,"result":true}'
        assert client.frames[before + 1].startswith('[{"id":1,"name":"Our site",')


@every_channel
def test_an_action_that_is_not_there_is_404(board: ExampleProgram, path: str) -> None:
    missing = "search" if path == WEBSITE else "rename"
    with follow(board, path) as client:
        assert error_of(client.call(missing, "x")) == 404
        assert error_of(client.call("_add", 1, 2)) == 404
        assert client.call("add", 1, 2)["result"] == 3


@pytest.mark.parametrize(
    "call_id", ["1795247640458000001", "18446744073709551616", "-0", "1.50", '"a\\u0041"', '""']
)
def test_ids_of_calls_come_back_digit_for_digit(board: ExampleProgram, call_id: str) -> None:
    with follow(board, WEBSITE) as client:
        client.connection.send(f'{{"callId":{call_id},"action":"add","params":[1,2]}}')
        client.receive()
        assert client.frames[-1] == f'{{"type":"actionResponse","callId":{call_id},"result":3}}'


@every_channel
def test_actions_may_be_called_before_the_first_load_came(board: ExampleProgram, path: str) -> None:
    with connect(board, path) as client:
        client.send_token("alice-token")
        assert client.call("add", 1, 2)["result"] == 3


# -------------------------------------------------------------- lists, searches


@every_kind
def test_search_shows_the_projects_whose_name_has_the_term(
    board: ExampleProgram, is_own: bool
) -> None:
    with follow(board, ALL, is_own=is_own) as client:
        everything = data_set("alice-token")
        for term, expected in [
            ("Web", [everything[0], everything[2]]),
            ("site", [everything[2]]),
            ("web", []),
            ("o", [everything[0], everything[1]]),
            ("nothing", []),
            ("", everything),
        ]:
            answer = client.call("search", term)
            assert "result" in answer
            assert answer["result"] is None
            assert client.projects() == expected


def test_a_search_is_of_its_client_alone(board: ExampleProgram) -> None:
    with follow(board, ALL) as one, follow(board, ALL, "bob-token") as other:
        one.call("search", "Mobile")
        other.receive_all()
        assert one.names() == ["Mobile app"]
        assert other.names() == ["Web shop", "Mobile app", "Website"]


def test_what_was_searched_for_is_kept_current(board: ExampleProgram) -> None:
    with follow(board, ALL) as client, follow(board, WEBSITE, "bob-token") as other:
        client.call("search", "site")
        other.call("rename", "Our pages")
        client.receive_until(lambda: client.names() == ["Our pages"])
        other.save("board.Task", 3, title="Choose")
        client.receive_until(lambda: client.tasks()[3]["title"] == "Choose")


def test_what_was_searched_away_sends_nothing(board: ExampleProgram) -> None:
    with follow(board, ALL) as client, follow(board, WEBSITE, "bob-token") as other:
        client.call("search", "Mobile")
        before = len(client.frames)
        other.call("rename", "Our pages")
        client.receive_all()
        assert len(client.frames) == before


@every_kind
def test_a_new_project_is_put_first_where_all_are_shown(
    board: ExampleProgram, is_own: bool
) -> None:
    with (
        follow(board, ALL, "alice-token", is_own) as creator,
        follow(board, ALL, "bob-token", is_own) as other,
        follow(board, ALL, "bob-token", is_own) as searcher,
    ):
        searcher.call("search", "Web")
        assert creator.call("create_project", "Web radio")["result"] == 4
        assert creator.call("create_project", "Podcast")["result"] == 5
        everything = ["Podcast", "Web radio", "Web shop", "Mobile app", "Website"]
        for client in (creator, other):
            client.receive_all_and_see(client.names, everything)
        searcher.receive_all()
        assert searcher.names() == ["Web shop", "Website"]
        searcher.call("search", "Web")
        assert searcher.names() == ["Web radio", "Web shop", "Website"]
        searcher.call("search", "")
        assert searcher.names() == everything
        creator.call("create_project", "Blog")
        searcher.receive_until(lambda: searcher.names() == ["Blog", *everything])


def test_a_new_project_is_announced_before_its_row(board: ExampleProgram) -> None:
    with follow(board, ALL) as creator, follow(board, ALL, "bob-token") as other:
        before = len(other.frames)
        creator.call("create_project", "Podcast")
        other.receive_until(lambda: other.names()[0] == "Podcast")
        announced = other.frames.index('{"type":"prependAnchor","anchorId":4,"prependAnchor":4}')
        assert before <= announced < len(other.frames) - 1
        row = other.rows()[-1]
        assert (row["id"], row["name"], row["_operation"]) == (4, "Podcast", "initial_state")


def test_a_new_project_can_be_opened_and_written(board: ExampleProgram) -> None:
    with follow(board, ALL) as everything:
        everything.call("create_project", "Podcast")
        with follow(board, project_path(4), "bob-token") as podcast:
            created = podcast.create_task(4, title="Find a voice", done=False, assignee=2)
            assert created["instanceId"] == 6
            podcast.receive_until(lambda: 6 in podcast.tasks())
            assert podcast.tasks()[6] == task(6, 4, "Find a voice", False, BOB)


def test_names_may_be_any_text_and_be_searched_for(board: ExampleProgram) -> None:
    with follow(board, ALL) as client:
        for name in ["ümläut 🎉", "nul \0 x", 'quo"te']:
            names = [name, *client.names()]
            client.call("create_project", name)
            client.receive_all_and_see(client.names, names)
            client.call("search", name[2:])
            assert client.names() == [name]
            client.call("search", "")


# ---------------------------------------------------------------------- README


def session_of_the_readme() -> list[tuple[str, str]]:
    """What is sent and what comes, in turns; lines that were broken are whole again."""
    readme = (REPOSITORY / "examples" / "board" / "README.md").read_text(encoding="utf-8")
    (session,) = re.findall(r"```\n(> .*?)```", readme, re.DOTALL)
    lines = re.sub(r"\n +", "", session).splitlines()
    return [(line[0], line[2:]) for line in lines]


def test_the_session_of_the_readme_is_what_happens(board: ExampleProgram) -> None:
    with connect(board, MOBILE_APP) as client:
        for side, text in session_of_the_readme():
            if side == ">":
                client.connection.send(text)
                continue
            client.receive()
            expected = re.escape(re.sub(r"\d{10}\.\d{6}", "TIME", text))
            assert re.fullmatch(expected.replace("TIME", r"\d{10}\.\d{6}"), client.frames[-1])
        client.receive_all()
        assert len(client.frames) == sum(side == "<" for side, _ in session_of_the_readme())
