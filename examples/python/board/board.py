"""board: projects with tasks, members and notes, which all clients see alike, and change."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any, TypedDict

from covey import ActionError, ContextChannel, Server, action, event

sys.path.append(str(Path(__file__).parents[1]))  # where serving.py is

from models import DATA_SET, Project
from page import serve_page
from serving import flags, serve, watching

server = Server(flush_timeout_ms=3000, **watching())  # who does not answer, at the end


class RuntimeState(TypedDict):
    viewers: int


class Board(ContextChannel):
    """Who is let in, who may write what the models let clients write, and three actions."""

    model = Project
    origins = ("*",)  # it takes a token, which a page must know, and no cookie

    def authenticate(self, token: str) -> int | None:
        return {"alice-token": 1, "bob-token": 2}.get(token)

    def allow(self, *_: Any, **params: Any) -> bool:
        return True  # whose notes are whose, the store knows

    has_permission = can_save = can_create = can_delete = allow

    @action
    def add(self, a: int, b: int) -> int:
        if not -(2**63) <= a + b < 2**63:
            raise ActionError("the sum has more than 64 bits")
        return a + b

    @action
    def fail(self, code: int, message: str) -> None:
        if not -(2**31) <= code < 2**31:
            raise ActionError("the code has more than 32 bits")
        raise ActionError(message, code)

    @action
    async def slow(self, milliseconds: int) -> str:
        if not 0 <= milliseconds <= 60_000:
            raise ActionError("milliseconds are from 0 to 60000")
        await asyncio.sleep(milliseconds / 1000)
        return f"after {milliseconds} ms"


@server.channel("ws/projects/<int:project_id>/")
class ProjectChannel(Board):
    RuntimeState = RuntimeState

    def on_connect(self, tstamp: float | None) -> None:
        if server.store.get(Project, self.params["project_id"]) is not None:
            self.group_add(self.viewers)
            self.show_viewers({})  # to the newcomer, ahead of its project
            self.group_send(self.viewers, {"type": "viewers.changed"})

    def on_disconnect(self) -> None:
        self.group_send(self.viewers, {"type": "viewers.changed"})

    @property
    def viewers(self) -> str:
        return f"board.viewers.{self.params['project_id']}"

    @event("viewers.changed")
    def show_viewers(self, event: dict[str, Any]) -> None:
        self.set_runtime_var("viewers", server.group_count(self.viewers))

    @action
    def rename(self, name: str) -> bool:
        server.store.merge(Project, self.params["project_id"], name=name)
        return True


@server.channel("ws/projects/")
class ProjectListChannel(Board):
    many = True

    def list_instances(self, term: str = "") -> list[Project]:
        # A list that was searched for stays as it is; one of all gets each new project.
        self.group_discard("board.all") if term else self.group_add("board.all")
        found = [project for project in server.store.all(Project) if term in project.name]
        return sorted(found, key=lambda project: project.id, reverse=True)

    @action
    def search(self, term: str) -> None:
        self.set_instances(self.list_instances(term))

    @action
    def create_project(self, name: str) -> int:
        project = Project(id=server.store.count(Project) + 1, name=name)
        server.store.put(project)
        self.group_send("board.all", {"type": "project.created", "id": project.id})
        return project.id

    @event("project.created")
    def put_first(self, event: dict[str, Any]) -> None:
        # With --layer it may be another process's, which has a state of its own.
        if server.store.get(Project, event["id"]) is not None:
            self.add_instance(event["id"], at_beginning=True)


def generate_clients(options: argparse.Namespace) -> int:
    """Clients in TypeScript: of what is registered, without serving it."""
    changed = 0
    for folder, is_rxdjango in (options.typescript, False), (options.rxdjango, True):
        if folder:
            changed += server.generate_typescript(
                folder,
                check=options.check,
                rxdjango=is_rxdjango,
                output=lambda text: print(text, end=""),
            )
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    parser = flags(__doc__)
    parser.add_argument("--typescript", metavar="FOLDER", help="writes typed clients, and ends")
    parser.add_argument("--rxdjango", metavar="FOLDER", help="the same for RxDjango's client")
    parser.add_argument("--check", action="store_true", help="shows what that would change instead")
    options = parser.parse_args()
    if options.typescript or options.rxdjango:
        raise SystemExit(generate_clients(options))
    if options.check:
        parser.exit(2, "--check needs --typescript or --rxdjango\n")
    serve_page(server)
    for instance in DATA_SET:
        server.store.put(instance)
    serve(server, options)
