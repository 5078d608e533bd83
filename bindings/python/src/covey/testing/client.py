"""Clients for tests: one that waits, and one to await."""

import asyncio
import json
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from covey._encoding import encode
from covey.errors import ActionError
from covey.models import Id, Model

try:
    from websockets.asyncio.client import ClientConnection as AsyncConnection
    from websockets.asyncio.client import connect as connect_async
    from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
    from websockets.sync.client import ClientConnection as SyncConnection
    from websockets.sync.client import connect as connect_sync
except ImportError as error:
    raise ImportError(
        "covey.testing needs the package websockets, 15 or later: pip install covey[testing]"
    ) from error

if TYPE_CHECKING:
    from typing_extensions import Self

    from covey.server import Server

Message = str | bytes
#: A model, or what it is called on the wire.
Kind = type[Model] | str
Headers = Mapping[str, str] | Iterable[tuple[str, str]]
#: What ``connect`` answers: True and the subprotocol, or False and the HTTP status.
Answer = tuple[bool, str | int | None]
Result = TypeVar("Result")

#: How many seconds a client waits for what must come.
TIMEOUT = 5.0
#: How many seconds nothing must come before nothing is taken to be on its way.
QUIET = 0.1


class Refused(ConnectionError):
    """The request to connect was answered with an HTTP status: ``status``."""

    def __init__(self, path: str, status: int) -> None:
        super().__init__(f"{path} was refused with HTTP {status}")
        self.status = status


class Closed(ConnectionError):
    """The connection is closed, by ``code``: 1005 when none was given, 1006 when it broke."""

    def __init__(self, path: str, code: int, reason: str) -> None:
        super().__init__(f"{path} is closed with {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class _Deadline:
    """So many seconds from now, for several waits together."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = monotonic() + seconds

    def left(self) -> float:
        return max(0.0, self._end - monotonic())


class _Conversation:
    """All that both clients do, but for the connection itself."""

    def __init__(
        self,
        server: "Server | int",
        path: str,
        *,
        headers: Headers = (),
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.path = "/" + path.removeprefix("/")
        #: How many seconds each call waits, unless it is told otherwise.
        self.timeout = timeout
        #: What came, and was not received yet.
        self.messages: deque[Message] = deque()
        self._server = server
        self._last_id = 0
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        self._options: dict[str, Any] = {
            "additional_headers": list(pairs),
            "subprotocols": list(subprotocols) or None,
            "origin": origin,
            "compression": None,
            "proxy": None,
            "close_timeout": timeout,
            "ping_interval": None,
            # What a test has not asked for waits, and does not keep the client from closing.
            "max_queue": None,
            "max_size": None,
        }

    # -------------------------------------------------------- what the clients add

    @abstractmethod
    async def _open(self, url: str, options: dict[str, Any]) -> str | None:
        """Connects, and answers the subprotocol."""

    @abstractmethod
    async def _write(self, message: Message) -> None: ...

    @abstractmethod
    async def _read(self, seconds: float) -> Message: ...

    @abstractmethod
    async def _close(self, code: int, reason: str) -> None: ...

    # ----------------------------------------------------------------- connecting

    def _url(self) -> str:
        host, port = "127.0.0.1", self._server
        if not isinstance(port, int):
            host, port = port.host, port.port
        authority = f"[{host}]" if ":" in host else host
        return f"ws://{authority}:{port}{quote(self.path, safe='/?#%&=+:;,@!$*~()')}"

    async def connect(self, timeout: float | None) -> Answer:
        self.messages.clear()
        seconds = self.timeout if timeout is None else timeout
        try:
            return True, await self._open(self._url(), {**self._options, "open_timeout": seconds})
        except InvalidStatus as refusal:
            return False, refusal.response.status_code
        except (InvalidMessage, ConnectionClosed) as error:
            raise ConnectionError(f"{self.path} was dropped without an answer") from error

    async def connect_or_raise(self) -> None:
        is_connected, answer = await self.connect(None)
        if not is_connected:
            assert isinstance(answer, int)
            raise Refused(self.path, answer)

    async def disconnect(self, code: int, reason: str) -> None:
        await self._close(code, reason)

    # ------------------------------------------------------------------- messages

    def _closed(self, error: ConnectionClosed) -> Closed:
        """How it was closed; if by this side, the answer says it as well."""
        frame = error.rcvd
        if frame is None:
            return Closed(self.path, 1006, "")
        return Closed(self.path, frame.code, frame.reason)

    async def send(self, message: Message) -> None:
        try:
            await self._write(message)
        except ConnectionClosed as error:
            raise self._closed(error) from None

    async def send_json(self, content: object) -> None:
        await self.send(encode(content).decode())

    def _deadline(self, timeout: float | None) -> _Deadline:
        return _Deadline(self.timeout if timeout is None else timeout)

    async def _next(self, deadline: _Deadline) -> Message:
        """The next that comes, also when others wait to be received."""
        try:
            return await self._read(deadline.left())
        except ConnectionClosed as error:
            raise self._closed(error) from None
        except (TimeoutError, asyncio.TimeoutError):
            what = f"nothing came from {self.path} in {deadline.seconds} s"
            raise TimeoutError(what) from None

    async def _received(self, deadline: _Deadline) -> Message:
        return self.messages.popleft() if self.messages else await self._next(deadline)

    def _parsed(self, message: Message) -> Any:
        try:
            return json.loads(message)
        except ValueError:
            raise ValueError(f"what came from {self.path} is no JSON: {message!r}") from None

    async def receive(self, timeout: float | None) -> Message:
        return await self._received(self._deadline(timeout))

    async def receive_json(self, timeout: float | None) -> Any:
        return self._parsed(await self.receive(timeout))

    async def receive_until(
        self, condition: Callable[[Any], object], timeout: float | None
    ) -> list[Any]:
        deadline = self._deadline(timeout)
        received: list[Any] = []
        while not received or not condition(received[-1]):
            received.append(self._parsed(await self._received(deadline)))
        return received

    async def receive_nothing(self, timeout: float) -> bool:
        if self.messages:
            return False
        try:
            self.messages.append(await self._next(_Deadline(timeout)))
        except TimeoutError:
            return True
        except Closed:
            pass
        return False

    async def receive_close(self, timeout: float | None) -> int:
        deadline = self._deadline(timeout)
        try:
            while True:
                self.messages.append(await self._next(deadline))
        except Closed as closed:
            return closed.code

    # ----------------------------------------------------------- context channels

    async def authenticate(
        self, token: str | None, last_update: float | None, timeout: float | None
    ) -> int:
        await self.send_json({"token": token, "lastUpdate": last_update})
        answer = await self._answer("type", "auth", timeout)
        code: int = answer["statusCode"]
        return code

    async def call(self, action: str, parameters: Sequence[Any], timeout: float | None) -> Any:
        self._last_id += 1
        await self.send_json({"callId": self._last_id, "action": action, "params": parameters})
        answer = await self._answer("callId", self._last_id, timeout)
        return _successful(answer)["result"]

    async def save(
        self, kind: Kind, id: Id, fields: Mapping[str, Any], timeout: float | None
    ) -> None:
        await self._ask_to_write(
            {"operation": "save", **_instance(kind, id), "data": fields}, timeout
        )

    async def create(
        self,
        kind: Kind,
        parent: tuple[Kind, Id],
        relation: str,
        fields: Mapping[str, Any],
        timeout: float | None,
    ) -> Any:
        write = {
            "operation": "create",
            "instanceType": _name(kind),
            "parentType": _name(parent[0]),
            "parentId": parent[1],
            "relationName": relation,
            "data": fields,
        }
        return (await self._ask_to_write(write, timeout))["instanceId"]

    async def delete(self, kind: Kind, id: Id, timeout: float | None) -> None:
        await self._ask_to_write({"operation": "delete", **_instance(kind, id)}, timeout)

    async def _ask_to_write(
        self, write: Mapping[str, Any], timeout: float | None
    ) -> dict[str, Any]:
        self._last_id += 1
        await self.send_json({"type": "write", "writeId": self._last_id, **write})
        return _successful(await self._answer("writeId", self._last_id, timeout))

    async def _answer(self, key: str, value: object, timeout: float | None) -> dict[str, Any]:
        """The first message with this member; those before it wait to be received."""
        deadline = self._deadline(timeout)
        while True:
            message = await self._next(deadline)
            if isinstance(message, str) and f'"{key}":' in message:
                parsed = json.loads(message)
                if isinstance(parsed, dict) and parsed.get(key) == value:
                    return parsed
            self.messages.append(message)


def _name(kind: Kind) -> str:
    return kind if isinstance(kind, str) else kind.shape().name


def _instance(kind: Kind, id: Id) -> dict[str, Any]:
    return {"instanceType": _name(kind), "instanceId": id}


def _successful(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise ActionError(answer["error"]["message"], answer["error"]["code"])
    return answer


def _at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Runs what is written as a coroutine, and blocks where others would await."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise AssertionError(f"{coroutine} awaits something")


class _BlockingConversation(_Conversation):
    connection: SyncConnection | None = None

    async def _open(self, url: str, options: dict[str, Any]) -> str | None:
        # Entered, and closed by disconnect: late versions want it so, and early ones do not mind.
        self.connection = connect_sync(url, **options).__enter__()
        return self.connection.subprotocol

    @property
    def _connected(self) -> SyncConnection:
        if self.connection is None:
            raise RuntimeError(f"the client of {self.path} is not connected")
        return self.connection

    async def _write(self, message: Message) -> None:
        self._connected.send(message)

    async def _read(self, seconds: float) -> Message:
        return self._connected.recv(seconds)

    async def _close(self, code: int, reason: str) -> None:
        if self.connection is not None:
            self.connection.close(code, reason)


class _AwaitedConversation(_Conversation):
    connection: AsyncConnection | None = None

    async def _open(self, url: str, options: dict[str, Any]) -> str | None:
        self.connection = await connect_async(url, **options)
        return self.connection.subprotocol

    @property
    def _connected(self) -> AsyncConnection:
        if self.connection is None:
            raise RuntimeError(f"the client of {self.path} is not connected")
        return self.connection

    async def _write(self, message: Message) -> None:
        await self._connected.send(message)

    async def _read(self, seconds: float) -> Message:
        return await asyncio.wait_for(self._connected.recv(), seconds)

    async def _close(self, code: int, reason: str) -> None:
        if self.connection is not None:
            await self.connection.close(code, reason)


class Client:
    """A client that waits, for a server in another thread or another process:

        with Client(server, "ws/chat/den/", headers={"Cookie": "session=1"}) as client:
            client.send_json({"text": "hello"})
            assert client.receive_json() == {"text": "hello"}

    :param server: The server, or the port of one.
    :param path: What a channel's pattern matches; may have a query.
    :param headers: What the request says besides; a cookie is the header "Cookie".
    :param origin: The page that a browser would connect from, such as "https://example.com".
    :param timeout: How many seconds each call waits, unless it is told otherwise.
    :raises Refused: From ``with``: the request was answered with an HTTP status.
    """

    def __init__(
        self,
        server: "Server | int",
        path: str,
        *,
        headers: Headers = (),
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._conversation = _BlockingConversation(
            server,
            path,
            headers=headers,
            subprotocols=subprotocols,
            origin=origin,
            timeout=timeout,
        )

    def __repr__(self) -> str:
        return f"<Client {self._conversation.path}>"

    @property
    def messages(self) -> list[Message]:
        """What came and waits to be received."""
        return list(self._conversation.messages)

    def connect(self, timeout: float | None = None) -> Answer:
        """Connects. Answers True and the subprotocol, or None; or False and the HTTP status that
        it was refused with. A consumer that is refused after its first await has connected, and is
        closed."""
        return _at_once(self._conversation.connect(timeout))

    def disconnect(self, code: int = 1000, reason: str = "") -> None:
        """Closes the connection, and waits until it is closed."""
        _at_once(self._conversation.disconnect(code, reason))

    def __enter__(self) -> "Self":
        _at_once(self._conversation.connect_or_raise())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disconnect()

    def send(self, message: Message) -> None:
        """Sends a text message, or, for bytes, a binary one.

        :raises Closed: The connection is closed.
        """
        _at_once(self._conversation.send(message))

    def send_json(self, content: object) -> None:
        """Sends a value as JSON; see ``covey.encode`` for what is understood."""
        _at_once(self._conversation.send_json(content))

    def receive(self, timeout: float | None = None) -> Message:
        """The next message.

        :raises TimeoutError: None came in time.
        :raises Closed: None will come.
        """
        return _at_once(self._conversation.receive(timeout))

    def receive_json(self, timeout: float | None = None) -> Any:
        """The next message, parsed."""
        return _at_once(self._conversation.receive_json(timeout))

    def receive_until(
        self, condition: Callable[[Any], object], timeout: float | None = None
    ) -> list[Any]:
        """The next messages, parsed, until one fulfils the condition: that is the last of them.

        :param timeout: For all of them together.
        """
        return _at_once(self._conversation.receive_until(condition, timeout))

    def receive_nothing(self, timeout: float = QUIET) -> bool:
        """Whether nothing comes for so long, neither a message nor a close. A message that comes
        waits to be received."""
        return _at_once(self._conversation.receive_nothing(timeout))

    def receive_close(self, timeout: float | None = None) -> int:
        """Waits until the connection is closed, and answers the code. Messages that come before
        wait to be received."""
        return _at_once(self._conversation.receive_close(timeout))

    def authenticate(
        self, token: str | None, last_update: float | None = None, timeout: float | None = None
    ) -> int:
        """Sends the first message that a context channel expects, and answers the status code: 200
        lets it in.

        :param last_update: Of a client that comes back: when it was complete, in seconds.
        """
        return _at_once(self._conversation.authenticate(token, last_update, timeout))

    def call(self, action: str, *parameters: Any, timeout: float | None = None) -> Any:
        """Calls an action of a context channel, and answers its result. What comes before the
        result waits to be received.

        :raises ActionError: It failed.
        """
        return _at_once(self._conversation.call(action, parameters, timeout))

    def save(self, kind: Kind, id: Id, /, *, timeout: float | None = None, **fields: Any) -> None:
        """Asks a context channel to save fields of an instance: ``save(Task, 3, done=True)``.

        :param kind: The model, or what it is called on the wire.
        :raises ActionError: It was refused.
        """
        _at_once(self._conversation.save(kind, id, fields, timeout))

    def create(
        self,
        kind: Kind,
        parent: tuple[Kind, Id],
        relation: str,
        /,
        *,
        timeout: float | None = None,
        **fields: Any,
    ) -> Any:
        """Asks a context channel to create an instance in a relation of its parent, and answers
        its id: ``create(Task, (Project, 1), "tasks", title="Paint")``.

        :raises ActionError: It was refused.
        """
        return _at_once(self._conversation.create(kind, parent, relation, fields, timeout))

    def delete(self, kind: Kind, id: Id, /, *, timeout: float | None = None) -> None:
        """Asks a context channel to delete an instance.

        :raises ActionError: It was refused.
        """
        _at_once(self._conversation.delete(kind, id, timeout))


class AsyncClient:
    """What ``Client`` is, with ``await``, for a server in the same loop as well:

        async with serving(server) as port, AsyncClient(port, "ws/echo/") as client:
            await client.send("hello")
            assert await client.receive() == "hello"

    Each method is the one of ``Client`` with that name.
    """

    def __init__(
        self,
        server: "Server | int",
        path: str,
        *,
        headers: Headers = (),
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._conversation = _AwaitedConversation(
            server,
            path,
            headers=headers,
            subprotocols=subprotocols,
            origin=origin,
            timeout=timeout,
        )

    def __repr__(self) -> str:
        return f"<AsyncClient {self._conversation.path}>"

    @property
    def messages(self) -> list[Message]:
        """What came and waits to be received."""
        return list(self._conversation.messages)

    async def connect(self, timeout: float | None = None) -> Answer:
        """See ``Client.connect``."""
        return await self._conversation.connect(timeout)

    async def disconnect(self, code: int = 1000, reason: str = "") -> None:
        """See ``Client.disconnect``."""
        await self._conversation.disconnect(code, reason)

    async def __aenter__(self) -> "Self":
        await self._conversation.connect_or_raise()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect()

    async def send(self, message: Message) -> None:
        """See ``Client.send``."""
        await self._conversation.send(message)

    async def send_json(self, content: object) -> None:
        """See ``Client.send_json``."""
        await self._conversation.send_json(content)

    async def receive(self, timeout: float | None = None) -> Message:
        """See ``Client.receive``."""
        return await self._conversation.receive(timeout)

    async def receive_json(self, timeout: float | None = None) -> Any:
        """See ``Client.receive_json``."""
        return await self._conversation.receive_json(timeout)

    async def receive_until(
        self, condition: Callable[[Any], object], timeout: float | None = None
    ) -> list[Any]:
        """See ``Client.receive_until``."""
        return await self._conversation.receive_until(condition, timeout)

    async def receive_nothing(self, timeout: float = QUIET) -> bool:
        """See ``Client.receive_nothing``."""
        return await self._conversation.receive_nothing(timeout)

    async def receive_close(self, timeout: float | None = None) -> int:
        """See ``Client.receive_close``."""
        return await self._conversation.receive_close(timeout)

    async def authenticate(
        self, token: str | None, last_update: float | None = None, timeout: float | None = None
    ) -> int:
        """See ``Client.authenticate``."""
        return await self._conversation.authenticate(token, last_update, timeout)

    async def call(self, action: str, *parameters: Any, timeout: float | None = None) -> Any:
        """See ``Client.call``."""
        return await self._conversation.call(action, parameters, timeout)

    async def save(
        self, kind: Kind, id: Id, /, *, timeout: float | None = None, **fields: Any
    ) -> None:
        """See ``Client.save``."""
        await self._conversation.save(kind, id, fields, timeout)

    async def create(
        self,
        kind: Kind,
        parent: tuple[Kind, Id],
        relation: str,
        /,
        *,
        timeout: float | None = None,
        **fields: Any,
    ) -> Any:
        """See ``Client.create``."""
        return await self._conversation.create(kind, parent, relation, fields, timeout)

    async def delete(self, kind: Kind, id: Id, /, *, timeout: float | None = None) -> None:
        """See ``Client.delete``."""
        await self._conversation.delete(kind, id, timeout)
