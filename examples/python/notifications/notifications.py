"""notifications: one socket, on which a client follows any objects that it may see.

The public, the owner and the staff are shown different fields of an object, so it has a group for
each of these audiences, and what happens to it is rendered once for each of them.
"""

import json
import sys
from pathlib import Path
from typing import Any

from covey import Consumer, CoveyError, Denied, InvalidArgument, NotFound, Server, encode

sys.path.append(str(Path(__file__).parents[1]))  # where serving.py is

from serving import flags, serve, watching

server = Server(flush_timeout_ms=3000, **watching())  # who does not answer, at the end

USERS = {"alice-token": "alice", "bob-token": "bob", "sam-token": "sam"}
STAFF = {"sam"}

#: The fields that each audience is shown; one that is missing may not see such an object.
VIEWS = {
    "shop.Order": {
        "public": ("id", "status"),
        "owner": ("id", "status", "owner", "address"),
        "staff": ("id", "status", "owner", "address", "margin"),
    },
    "shop.Invoice": {"owner": ("id", "total"), "staff": ("id", "total", "owner")},
}

#: In place of a database.
OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    ("shop.Order", "7"): {
        "id": "7",
        "status": "new",
        "owner": "alice",
        "address": "1 High Street",
        "margin": 12,
    },
    ("shop.Invoice", "7"): {"id": "7", "total": 80, "owner": "alice"},
}


def render(model: str, fields: dict[str, Any], audience: str) -> str:
    kind = model.partition(".")[2].upper()
    payload = {name: fields[name] for name in VIEWS[model][audience]}
    return encode({"type": f"UPDATE_{kind}", "payload": payload}).decode()


def save(model: str, id: str, **changes: Any) -> None:
    """What the rest of the program calls. An audience that would see no change hears nothing."""
    old = OBJECTS[model, id]
    new = OBJECTS[model, id] = old | changes
    for audience in VIEWS[model]:
        message = render(model, new, audience)
        if message != render(model, old, audience):
            server.group_broadcast(f"{model}.{id}.{audience}", message)


@server.channel("ws/notifications/")  # without `origins`, pages of other sites are refused
class Notifications(Consumer):
    def connect(self) -> None:
        self.user = USERS.get(self.query.get("token") or self.cookies.get("token", ""))
        if self.user is None:
            raise Denied(code=401)

    def audience_of(self, model: str, id: str) -> str:
        """How this user is shown an object."""
        if (model, id) not in OBJECTS:
            raise NotFound("no such object")
        is_owner = OBJECTS[model, id]["owner"] == self.user
        audience = "staff" if self.user in STAFF else "owner" if is_owner else "public"
        if audience not in VIEWS[model]:
            raise Denied("you may not see this object")
        return audience

    def receive_json(self, content: Any) -> None:
        try:
            self.obey(content)
        except CoveyError as error:
            # A request may hold half a character, which goes nowhere but in JSON's escapes.
            self.send(json.dumps({"error": str(error), "request": content}))

    def obey(self, content: Any) -> None:
        match content:
            case {"model": str(model), "id": str(id), "unsubscribe": True}:
                self.group_discard(f"{model}.{id}.{self.audience_of(model, id)}")
                self.send_json({"type": "UNSUBSCRIBED", "payload": {"model": model, "id": id}})
            case {"model": str(model), "id": str(id), "set": dict(changes)}:
                changeable = OBJECTS.get((model, id), {}).keys() - {"id", "owner"}
                if self.audience_of(model, id) != "staff" or not changes.keys() <= changeable:
                    raise Denied("you may not change that")
                save(model, id, **changes)
            case {"model": str(model), "id": str(id)}:
                audience = self.audience_of(model, id)
                # It joins before it reads: what is changed in between comes afterwards.
                self.group_add(f"{model}.{id}.{audience}")
                self.send(render(model, OBJECTS[model, id], audience))
            case _:
                raise InvalidArgument("a model and an id are needed")


if __name__ == "__main__":
    serve(server, flags(__doc__).parse_args())
