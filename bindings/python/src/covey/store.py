"""The store: instances that every client who may see them is shown, and keeps being shown."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from ctypes import byref, c_size_t, c_void_p
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

from . import _abi, _memory
from ._encoding import decode, encode
from ._library import lib
from ._memory import new_error
from .errors import Gone, NotFound, Stopped, check
from .models import AnyModel, Id, Model, as_ids

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger("covey")

#: The model, the id, the instance as it is now (None: deleted), the version in microseconds.
ChangeHandler = Callable[[type[Model], Id, Model | None, int], None]


def _row(what: Model | type[Model], values: Mapping[str, Any] | None) -> tuple[type[Model], bytes]:
    if isinstance(what, Model):
        if values is not None:
            raise TypeError("an instance is put as it is, without more values")
        return type(what), encode(what)
    if values is None:
        raise TypeError(f"what of {what.__name__} is put?")
    return what, _encoded({**what.shape().defaults(), **values})


def _encoded(values: Mapping[str, Any]) -> bytes:
    return encode({name: as_ids(value) for name, value in values.items()})


class Transaction:
    """Changes that are made together, with one version, or not at all. Belongs to one thread at a
    time. Made by ``Store.transaction``."""

    def __init__(self, server: "Server", handle: c_void_p) -> None:
        self._server = server
        self._handle: c_void_p | None = handle
        server.transactions.add(self)

    def __del__(self) -> None:
        with suppress(Exception):  # the interpreter may be ending
            if self._server.is_alive:
                self.abort_if_open()

    @overload
    def put(self, what: Model) -> None: ...
    @overload
    def put(self, what: type[Model], values: Mapping[str, Any]) -> None: ...
    def put(self, what: Model | type[Model], values: Mapping[str, Any] | None = None) -> None:
        """Adds a put; see ``Store.put``."""
        self._put(*_row(what, values), 0)

    def merge(self, model: type[Model], id: Id, /, **changes: Any) -> None:
        """Adds a merge; see ``Store.merge``."""
        self._put(model, _encoded({**changes, "id": id}), _abi.PUT_MERGE)

    def _put(self, model: type[Model], row: bytes, flags: int) -> None:
        error = new_error()
        number = self._server.model(model)
        status = lib.covey_transaction_put(self._open, number, row, len(row), flags, byref(error))
        check(status, error)

    def delete(self, what: Model | type[Model], id: Id | None = None) -> None:
        """Adds a deletion; one of what is not there does nothing."""
        error = new_error()
        number, text = self._server.name_instance(what, id)
        check(lib.covey_transaction_delete(self._open, number, text, byref(error)), error)

    def commit(self) -> None:
        """Makes all changes, in their order, or none of them."""
        error = new_error()
        check(lib.covey_transaction_commit(self._take(), byref(error)), error)
        self._server.touched()

    def abort(self) -> None:
        check(lib.covey_transaction_abort(self._take()))
        self._server.touched()

    def abort_if_open(self) -> None:
        if self._handle is not None:
            self.abort()

    def _take(self) -> c_void_p:
        """The handle; whoever is about to use it, in another thread, finds it empty."""
        handle = self._open
        address = c_void_p(handle.value)
        self._handle = handle.value = None
        return address

    @property
    def _open(self) -> c_void_p:
        if self._handle is None or not self._server.is_alive:
            raise ValueError("the transaction is over")
        return self._handle


class Loading:
    """A load that was asked for, and its answer."""

    def __init__(self, server: "Server", load: int, model: type[Model]) -> None:
        self._server = server
        self._load = load
        self._model = model

    async def wait(self, outcome: Awaitable[Any]) -> None:
        try:
            found = await outcome
        except BaseException as error:
            self.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            self.answer(found)

    def answer(self, found: Any) -> None:
        """What the handler found: an instance, several, or None."""
        if found is None:
            self.fail(None)
            return
        handle = c_void_p()
        status = lib.covey_load_begin(self._server.handle, self._load, byref(handle))
        if status == _abi.E_GONE:
            return  # it came too late
        check(status)
        changes = Transaction(self._server, handle)
        try:
            for instance in [found] if isinstance(found, Model) else found:
                changes.put(instance)
            changes.commit()
        except (Gone, Stopped):  # it came too late
            changes.abort_if_open()
        except Exception as error:
            changes.abort_if_open()
            logger.error("loading %s", self._model.__name__, exc_info=error)

    def fail(self, error: BaseException | None) -> None:
        """There is none, or loading it raised."""
        why = _abi.E_NOT_FOUND
        if error is not None and not isinstance(error, NotFound):
            why = _abi.E_SYSTEM
            if isinstance(error, Exception):
                logger.error("loading %s", self._model.__name__, exc_info=error)
        if self._server.is_alive:
            lib.covey_load_fail(self._server.handle, self._load, why)
            self._server.touched()


class _TransactionBlock(AbstractContextManager[Transaction]):
    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction

    def __enter__(self) -> Transaction:
        return self.transaction

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.transaction.commit()
        else:
            self.transaction.abort()


class Store:
    """What the server knows. Its ``put``, ``merge``, ``delete`` and ``transaction`` may be called
    from any thread; reading it, on the thread that drives the server alone.

    From another thread a change is checked against its model at the call, and made on the loop, in
    the order of the calling thread.
    """

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._on_change: ChangeHandler | None = None

    @overload
    def put(self, what: Model) -> None: ...
    @overload
    def put(self, what: type[Model], values: Mapping[str, Any]) -> None: ...
    def put(self, what: Model | type[Model], values: Mapping[str, Any] | None = None) -> None:
        """Puts an instance in place of what the store has of it: ``put(Task(id=1, ...))``, or
        ``put(Task, {"id": 1, ...})``. One that changes nothing is no change.

        :raises InvalidArgument: A field that is missing, unknown, or of the wrong type.
        :raises Full: The store, or the mailbox for other threads.
        """
        self._put(*_row(what, values), 0)

    def merge(self, model: type[Model], id: Id, /, **changes: Any) -> None:
        """Puts some fields of an instance; the others stay as they are. Of one that is not there
        they become null, where that is allowed."""
        self._put(model, _encoded({**changes, "id": id}), _abi.PUT_MERGE)

    def _put(self, model: type[Model], row: bytes, flags: int) -> None:
        error = new_error()
        handle, number = self._server.handle, self._server.model(model)
        status = lib.covey_store_put(handle, number, row, len(row), flags, byref(error))
        self._server.check(status, error)
        self._server.touched()

    def delete(self, what: Model | type[Model], id: Id | None = None) -> None:
        """Deletes an instance: ``delete(task)`` or ``delete(Task, 1)``.

        :raises NotFound: The store has none; not told to other threads.
        """
        error = new_error()
        number, text = self._server.name_instance(what, id)
        status = lib.covey_store_delete(self._server.handle, number, text, byref(error))
        self._server.check(status, error)
        self._server.touched()

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Changes that are made together at the end of a ``with``, or, if it ends with an
        exception, not at all::

            with server.store.transaction() as changes:
                changes.put(Task(id=5, project=1, title="x"))
                changes.delete(Task, 4)
        """
        return _TransactionBlock(self.begin())

    def begin(self) -> Transaction:
        """A transaction that is ended by its ``commit`` or ``abort``."""
        handle = c_void_p()
        self._server.check(lib.covey_transaction_begin(self._server.handle, byref(handle)))
        return Transaction(self._server, handle)

    def get(self, model: type[AnyModel], id: Id) -> AnyModel | None:
        """The instance with that id; None when the store has none."""
        number, text = self._server.name_instance(model, id)
        pointer, size = c_void_p(), c_size_t()
        try:
            check(
                lib.covey_store_get(self._server.handle, number, text, byref(pointer), byref(size))
            )
        except NotFound:
            return None
        return model.from_json(decode(_memory.text(pointer.value, size.value)))

    def ids(self, model: type[Model]) -> list[Id]:
        """The ids of all instances of a model, in no particular order."""
        number, shape = self._server.model(model), model.shape()
        count, texts = c_size_t(), _memory.TextList()
        check(lib.covey_store_list(self._server.handle, number, byref(texts), byref(count)))
        return [shape.id_value(texts[position].decode()) for position in range(count.value)]

    def all(self, model: type[AnyModel]) -> list[AnyModel]:
        """All instances of a model, in no particular order."""
        found = (self.get(model, id) for id in self.ids(model))
        return [instance for instance in found if instance is not None]

    def count(self, model: type[Model]) -> int:
        """How many instances of a model the store has."""
        count, number = c_size_t(), self._server.model(model)
        check(lib.covey_store_count(self._server.handle, number, byref(count)))
        return count.value

    def on_change(self, handler: ChangeHandler) -> ChangeHandler:
        """Sets who is told of every committed change, in the order of versions; a decorator. What
        came through a load is not told."""
        self._server.tell_changes()
        self._on_change = handler
        return handler

    def changed(self, model: int, id: str, row: str | None, version: int) -> None:
        kind = self._server.model_numbered(model)
        instance = None if row is None else kind.from_json(decode(row))
        if self._on_change is not None:
            self._on_change(kind, kind.shape().id_value(id), instance, version)
