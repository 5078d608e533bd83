"""What a board begins with, and where its clients connect."""

from typing import Any

import pytest

from board_client import ALL, project_path

WEBSITE, MOBILE_APP, WEB_SHOP = project_path(1), project_path(2), project_path(3)

every_channel = pytest.mark.parametrize("path", [WEBSITE, ALL])
every_user = pytest.mark.parametrize("token", ["alice-token", "bob-token"])
every_kind = pytest.mark.parametrize("is_own", [False, True], ids=["original", "own"])

ALICE = {"id": 1, "name": "Alice"}
BOB = {"id": 2, "name": "Bob"}
CAROL = {"id": 3, "name": "Carol"}
NOTES_OF_ALICE = [
    {"id": 1, "project": 1, "owner": 1, "text": "Ask Carol about the colours"},
    {"id": 3, "project": 1, "owner": 1, "text": "Book the photographer"},
]
NOTES_OF_BOB = [{"id": 2, "project": 1, "owner": 2, "text": "Texts are due on Friday"}]
NOTES = {"alice-token": NOTES_OF_ALICE, "bob-token": NOTES_OF_BOB}


def task(id_: int, project: int, title: str, done: bool, assignee: Any) -> dict[str, Any]:
    return {"id": id_, "project": project, "title": title, "done": done, "assignee": assignee}


def data_set(token: str) -> list[dict[str, Any]]:
    """What a user is shown at first, newest first."""
    return [
        {
            "id": 3,
            "name": "Web shop",
            "tasks": [task(5, 3, "Compare payment services", False, None)],
            "members": [BOB, CAROL],
            "notes": [],
        },
        {
            "id": 2,
            "name": "Mobile app",
            "tasks": [task(4, 2, "Sketch the icons", False, CAROL)],
            "members": [ALICE, CAROL],
            "notes": [],
        },
        {
            "id": 1,
            "name": "Website",
            "tasks": [
                task(1, 1, "Draw the front page", True, ALICE),
                task(2, 1, "Write the texts", False, BOB),
                task(3, 1, "Choose a font", False, None),
            ],
            "members": [ALICE, BOB],
            "notes": NOTES[token],
        },
    ]
