"""The two sides of a test, set up alike."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from django_side import Django
from node import Node
from patience import eventually
from redis_server import RedisServer

SCHEMES = {"core": "redis+django", "pubsub": "redis+django-pubsub"}


@dataclass
class Setting:
    """A Redis, a layer, and how its users are set."""

    redis: RedisServer
    layer: str
    covey_keys: list[str] = field(default_factory=list)
    django_keys: list[str] = field(default_factory=list)
    prefix: str | None = None
    db: int = 0
    password: str | None = None
    user: str = ""
    is_on_socket: bool = False
    capacity: int | None = None
    group_expiry: int | None = None
    _sides: list[Node | Django] = field(default_factory=list)

    @property
    def url(self) -> str:
        options: list[tuple[str, Any]] = [("key", key) for key in self.covey_keys]
        options += [("prefix", self.prefix)] if self.prefix else []
        if self.layer == "core":  # the other one has no mailboxes
            options += [("capacity", self.capacity)] if self.capacity else []
            options += [("group_expiry", self.group_expiry)] if self.group_expiry else []
        password = "" if self.password is None else quote(self.password, safe="")
        login = "" if self.password is None else f"{self.user}:{password}@"
        scheme, place = SCHEMES[self.layer], f"{login}{self.redis.authority}/{self.db}"
        if self.is_on_socket:
            scheme, place = f"{scheme}+unix", f"{login}{self.redis.socket}"
            options += [("db", self.db)]
        return f"{scheme}://{place}?{urlencode(options, quote_via=quote)}"

    def node(self, *flags: str, is_connected: bool = True) -> Node:
        node = Node(self.url, *flags)
        self._sides.append(node)
        if is_connected:
            node.connected()
        return node

    def django(self, **options: Any) -> Django:
        if self.django_keys:
            options["symmetric_encryption_keys"] = self.django_keys
        if self.prefix:
            options["prefix"] = self.prefix
        if self.capacity and self.layer == "core":
            options["capacity"] = self.capacity
        host: dict[str, Any] = {"host": "127.0.0.1", "port": self.redis.port, "db": self.db}
        if self.is_on_socket:
            host = {"address": f"unix://{self.redis.socket}", "db": self.db}
        if self.password is not None:
            host["password"] = self.password
            host |= {"username": self.user} if self.user else {}
        django = Django(self.layer, host, **options)
        self._sides.append(django)
        return django

    def group_key(self, group: str) -> str:
        separator = ":group:" if self.layer == "core" else "__group__"
        return f"{self.prefix or 'asgi'}{separator}{group}"

    def processes(self, group: str) -> int:
        """How many processes Redis knows to be in a group, by its name there; of Django's mailbox
        layer, how many channels."""
        client = self.redis.client(self.db, self.password, self.user or None)
        if self.layer == "core":
            return int(client.zcard(self.group_key(group)))
        return int(client.pubsub_numsub(self.group_key(group))[0][1])

    def await_processes(self, group: str, count: int) -> None:
        assert eventually(lambda: self.processes(group) == count), self.processes(group)

    def stop(self) -> None:
        for side in self._sides:
            side.stop()
