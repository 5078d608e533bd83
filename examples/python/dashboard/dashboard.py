"""dashboard: how many users are online, and who reads or edits which document.

Presence is kept by groups: each client joins one of its user, and on a document one of its user
there. Covey takes it out when it is gone, however it went. A user is there as long as that group
has a member: two tabs count once, and a lost connection leaves no ghost.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covey import Consumer, Denied, Server, encode

sys.path.append(str(Path(__file__).parents[1]))  # where serving.py is

from serving import flags, serve, watching

# Whoever is cut off without a word is gone after six seconds.
server = Server(ping_interval_ms=2000, silence_timeout_ms=6000, flush_timeout_ms=3000, **watching())


@dataclass(frozen=True)
class User:
    id: str
    name: str


USERS = {
    "alice-token": User("alice", "Alice"),
    "bob-token": User("bob", "Bob"),
    "carol-token": User("carol", "Carol"),
}
PHASES = ("read", "update")

online: set[str] = set()
documents: dict[str, dict[str, dict[str, str]]] = {}  # by slug and phase: names by users


class Visitor(Consumer):
    """Anybody on the dashboard, and so online."""

    def connect(self) -> None:
        self.user = USERS.get(self.query.get("token") or self.cookies.get("token", ""))
        if self.user is None:
            raise Denied(code=401)
        self.group_add(f"user.{self.user.id}")
        if self.user.id not in online:
            online.add(self.user.id)
            tell("online", {"online": len(online)})

    def disconnect(self, code: int) -> None:
        if server.group_count(f"user.{self.user.id}") == 0:
            online.discard(self.user.id)
            tell("online", {"online": len(online)})


@server.channel("ws/online/")
class Online(Visitor):
    def connect(self) -> None:
        super().connect()
        self.send_json({"online": len(online)})
        self.group_add("online")


@server.channel("ws/documents/")
class DocumentList(Visitor):
    def connect(self) -> None:
        super().connect()
        self.send_json(documents)
        self.group_add("documents")


@server.channel("ws/document/<slug:slug>/<str:phase>/")
class Document(Visitor):
    def connect(self) -> None:
        self.slug, self.phase = self.params["slug"], self.params["phase"]
        if self.phase not in PHASES:
            raise Denied(code=404)
        super().connect()
        self.group_add(self.place)
        people = documents.setdefault(self.slug, {phase: {} for phase in PHASES})
        if self.user.id not in people[self.phase]:
            people[self.phase][self.user.id] = self.user.name
            self.tell_all()
        self.send_json({**people, "document": self.slug})
        self.group_add(f"document.{self.slug}")

    def disconnect(self, code: int) -> None:
        if server.group_count(self.place) == 0:
            del documents[self.slug][self.phase][self.user.id]
            self.tell_all()
        super().disconnect(code)

    @property
    def place(self) -> str:
        return f"document.{self.slug}.{self.phase}.{self.user.id}"

    def tell_all(self) -> None:
        """Tells those on the document, and those who look at all of them."""
        people = documents[self.slug]
        for group in (f"document.{self.slug}", "documents"):
            tell(group, {**people, "document": self.slug})
        if not any(people.values()):
            del documents[self.slug]


def tell(group: str, content: Any) -> None:
    server.group_broadcast(group, encode(content).decode())


if __name__ == "__main__":
    serve(server, flags(__doc__).parse_args())
