"""Beside Django: what is committed is shown, and nothing else."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest

from covey import ActionError
from covey.testing import Client, stopping
from told import PATIENCE

django = pytest.importorskip("django")

SITE = Path(__file__).parent / "django_site"


class Follower:
    """A client of one project, and the rows that it holds."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.frames = 0

    def receive(self, frame: Any) -> None:
        if not isinstance(frame, list):
            return
        self.frames += 1
        for row in frame:
            key = (row["_instance_type"], row["id"])
            if row["_operation"] == "delete":
                self.rows.pop(key, None)
            elif row["_operation"] != "end_initial_state":
                self.rows[key] = self.rows.get(key, {}) | row

    def enter(self) -> None:
        """Is let in, and takes in all there is."""
        assert self.client.authenticate(None) == 200
        for frame in self.client.receive_until(is_last):
            self.receive(frame)

    def catch_up(self) -> None:
        """Takes in all that is on its way. What changed in the turn of a call follows its answer,
        also when there is no such action: hence two."""
        for _ in range(2):
            with pytest.raises(ActionError, match="fence"):
                self.client.call("fence")
        while self.client.messages:
            self.receive(self.client.receive_json())

    def tasks(self) -> dict[str, list[int]]:
        """The members of each task of the project, by its title."""
        self.catch_up()
        ids = next(row["tasks"] for (kind, _), row in self.rows.items() if kind == "Project")
        tasks = [self.rows["Task", id] for id in ids]
        return {task["title"]: task["members"] for task in tasks}

    def hears_nothing(self) -> bool:
        before = self.frames
        self.catch_up()
        return self.frames == before


def is_last(frame: Any) -> bool:
    """Of what is sent at first: the only end marker with a time."""
    row = frame[-1] if isinstance(frame, list) else {}
    return row.get("_operation") == "end_initial_state" and row["_tstamp"] > 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The project, its database, and a server that runs."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "django_site.settings"
    os.environ["DJANGO_SITE_DATABASE"] = str(tmp_path_factory.mktemp("django") / "db.sqlite3")
    django.setup()
    from django.core.management import call_command

    from django_site import live
    from django_site.projects import models

    call_command("migrate", run_syncdb=True, verbosity=0)
    models.Project.objects.create(name="there before the server")
    server, publisher = live.make_server()
    with stopping(server):
        yield SimpleNamespace(live=live, models=models, server=server, publisher=publisher)


@pytest.fixture
def users(site: Any) -> Iterator[list[Any]]:
    from django.contrib.auth import get_user_model

    model = get_user_model()
    yield [model.objects.create_user(name) for name in ("ada", "bob")]
    model.objects.all().delete()


@pytest.fixture
def project(site: Any) -> Any:
    return site.models.Project.objects.create(name="Garden")


def session_of(user: Any) -> str:
    """The cookie of somebody who has logged in."""
    from django.contrib.auth import login
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = SessionStore()
    login(request, user)
    request.session.save()
    return f"sessionid={request.session.session_key}"


@pytest.fixture
def follow(site: Any, users: list[Any], covey_client: Callable[..., Client]) -> Any:
    def enter(project: Any) -> Follower:
        path = f"ws/projects/{project.pk}/"
        headers = {"Cookie": session_of(users[0])}
        client = covey_client(site.server, path, headers=headers, timeout=PATIENCE)
        follower = Follower(client)
        follower.enter()
        return follower

    return enter


def stored(site: Any, name: str) -> list[Any]:
    """The ids of all instances of a model that the server has."""
    answer: SimpleQueue[list[Any]] = SimpleQueue()
    model = getattr(site.live, name)
    site.server.call_soon(lambda: answer.put(sorted(site.server.store.ids(model))))
    return answer.get(timeout=10)


def add_task(site: Any, project: Any, title: str = "Dig", *members: Any) -> Any:
    task = site.models.Task.objects.create(project=project, title=title)
    if members:
        task.members.set(members)
    return task


# ------------------------------------------------------------ what is committed


def test_what_was_there_before_the_server_is_shown(site: Any, follow: Any) -> None:
    project = site.models.Project.objects.get(name="there before the server")
    assert follow(project).tasks() == {}


def test_what_is_saved_and_deleted_is_shown(site: Any, follow: Any, project: Any) -> None:
    follower = follow(project)
    task = add_task(site, project)
    assert follower.tasks() == {"Dig": []}
    task.title = "Plant"
    task.save()
    assert follower.tasks() == {"Plant": []}
    task.delete()
    assert follower.tasks() == {}


def test_a_task_that_moves_changes_lists(site: Any, follow: Any, project: Any) -> None:
    other = site.models.Project.objects.create(name="Shed")
    task = add_task(site, project)
    one, two = follow(project), follow(other)
    task.project = other
    task.save()
    assert (one.tasks(), two.tasks()) == ({}, {"Dig": []})


def test_what_goes_with_what_is_deleted_goes(site: Any, project: Any) -> None:
    project_id, task_id = project.pk, add_task(site, project).pk
    assert project_id in stored(site, "Project")
    assert task_id in stored(site, "Task")
    project.delete()
    assert project_id not in stored(site, "Project")
    assert task_id not in stored(site, "Task")


def test_members_are_shown_whichever_side_they_are_changed_on(
    site: Any, follow: Any, project: Any, users: list[Any]
) -> None:
    ada, bob = users
    task = add_task(site, project)
    follower = follow(project)
    steps: list[tuple[Callable[[], Any], list[Any]]] = [
        (lambda: task.members.add(ada), [ada]),
        (lambda: task.members.set([bob]), [bob]),
        (lambda: ada.tasks.add(task), [ada, bob]),
        (lambda: bob.tasks.remove(task), [ada]),
        (lambda: ada.tasks.clear(), []),
        (lambda: task.members.add(ada, bob), [ada, bob]),
        (lambda: task.members.clear(), []),
    ]
    for change, expected in steps:
        change()
        assert follower.tasks() == {"Dig": [user.pk for user in expected]}


def test_a_member_that_is_deleted_leaves_its_tasks(
    site: Any, follow: Any, project: Any, users: list[Any]
) -> None:
    ada, bob = users
    add_task(site, project, "Dig", ada, bob)
    follower = follow(project)
    bob.delete()
    assert follower.tasks() == {"Dig": [ada.pk]}
    assert stored(site, "Member") == [ada.pk]


def test_what_is_not_among_the_fields_is_not_shown(
    site: Any, follow: Any, project: Any, users: list[Any]
) -> None:
    ada = users[0]
    ada.email = "ada@example.com"
    ada.save()
    add_task(site, project, "Dig", ada)
    follower = follow(project)
    names = {name for name in follower.rows["Member", ada.pk] if not name.startswith("_")}
    assert names == {"id", "username"}
    ada.email = "ada@example.org"
    ada.save()
    assert follower.hears_nothing()


# ---------------------------------------------------------------- transactions


def test_what_is_rolled_back_is_never_shown(site: Any, follow: Any, project: Any) -> None:
    from django.db import transaction

    follower = follow(project)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add_task(site, project)
        raise ZeroDivisionError
    assert follower.hears_nothing()
    add_task(site, project, "Plant")
    assert follower.tasks() == {"Plant": []}


def test_what_is_rolled_back_to_a_savepoint_is_not_shown(
    site: Any, follow: Any, project: Any
) -> None:
    from django.db import transaction

    follower = follow(project)
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            add_task(site, project, "Dig")
            raise ZeroDivisionError
        add_task(site, project, "Plant")
        assert follower.hears_nothing()
    assert follower.tasks() == {"Plant": []}


def test_a_transaction_is_one_frame(site: Any, follow: Any, project: Any, users: list[Any]) -> None:
    from django.db import transaction

    add_task(site, project, "Weed")
    follower = follow(project)
    before = follower.frames
    with transaction.atomic():
        for number in range(20):
            add_task(site, project, f"Dig {number}", *users)
        project.tasks.filter(title="Weed").delete()
    assert follower.tasks() == {
        f"Dig {number}": [user.pk for user in users] for number in range(20)
    }
    assert follower.frames == before + 1


def test_threads_that_save_at_the_same_time_end_with_what_the_database_has(
    site: Any, follow: Any, project: Any
) -> None:
    from django.db import connections

    task = add_task(site, project)
    follower = follow(project)

    def save(worker: int) -> None:
        mine = site.models.Task.objects.get(pk=task.pk)
        for number in range(20):
            mine.title = f"{worker} {number}"
            mine.save()
        connections.close_all()

    workers = [threading.Thread(target=save, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    task.refresh_from_db()
    assert list(follower.tasks()) == [task.title]


# ------------------------------------------------------- what sends no signals


def test_what_sends_no_signals_must_be_said(site: Any, follow: Any, project: Any) -> None:
    add_task(site, project)
    follower = follow(project)
    found = site.models.Task.objects.filter(project=project)
    found.update(title="Plant")
    assert follower.hears_nothing()
    site.publisher.changed(site.models.Task, found.values_list("pk", flat=True), "default")
    assert follower.tasks() == {"Plant": []}


# --------------------------------------------------------------------- clients


def test_only_who_has_a_session_is_let_in(site: Any, project: Any, users: list[Any]) -> None:
    path = f"ws/projects/{project.pk}/"
    for cookie in ("", "sessionid=nonsense", "other=1"):
        with Client(site.server, path, headers={"Cookie": cookie}) as client:
            assert client.authenticate(None) in (400, 401)
    with Client(site.server, path, headers={"Cookie": session_of(users[0])}) as client:
        assert client.authenticate(None) == 200


def test_an_action_writes_through_django(site: Any, follow: Any, project: Any) -> None:
    task = add_task(site, project)
    one, other = follow(project), follow(project)
    one.client.call("finish", task.pk)
    task.refresh_from_db()
    assert task.done
    other.catch_up()
    assert other.rows["Task", task.pk]["done"] is True
    elsewhere = add_task(site, site.models.Project.objects.create(name="Shed"))
    with pytest.raises(ActionError) as refused:
        one.client.call("finish", elsewhere.pk)
    assert refused.value.code == 404


# ------------------------------------------------------------------------ page


def test_what_the_page_shows_is_in_the_project() -> None:
    page = (SITE.parents[1] / "DJANGO.md").read_text(encoding="utf-8")
    code = "".join(file.read_text(encoding="utf-8") for file in SITE.rglob("*.py"))
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        for part in block.strip().split("\n\n\n"):
            assert part.strip() in code
