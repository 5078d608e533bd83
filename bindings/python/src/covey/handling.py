"""How handlers of one consumer are run: its messages in their order, everything else at once."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger("covey")


class Done:
    """What is done already, and may be awaited all the same: ``await self.send_json(...)``, as
    programs for Channels have it, is as good as without ``await``."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


DONE = Done()


def must_be_awaited(outcome: Any) -> bool:
    """Whether what a handler returned is the rest of it; plain ones may return anything."""
    return outcome is not None and outcome is not DONE and hasattr(outcome, "__await__")


class Handling:
    """What a consumer is doing, and what waits for that."""

    server: "Server"
    #: How many messages of one consumer are handled at the same time; 1 keeps their order.
    parallel: int = 1
    #: How many messages may wait for handlers; beyond, the consumer is closed with 1008.
    messages_waiting_max: int = 256
    #: How many bytes they may be together; one message may always wait.
    bytes_waiting_max: int = 1 << 20

    _busy: int = 0
    _waiting: deque[tuple[Callable[[], Any], bool, int]] | None = None
    _bytes_waiting: int = 0
    _is_overrun: bool = False

    def _take(self, job: Callable[[], Any], exclusive: bool = False, size: int = 0) -> None:
        """Runs a job when those before it are done. An exclusive one runs alone, and always has
        room to wait."""
        limit = 1 if exclusive else self.parallel
        if self._busy >= limit or self._waiting:
            waiting = self._waiting
            if waiting is None:
                waiting = self._waiting = deque()
            if exclusive or self._has_room(len(waiting), size):
                self._bytes_waiting += size
                waiting.append((job, exclusive, size))
        else:
            self._start(job, exclusive)

    def _has_room(self, count: int, size: int) -> bool:
        """Whether one more message may wait behind so many others. One that may not ends it."""
        is_small = count == 0 or self._bytes_waiting + size <= self.bytes_waiting_max
        if count < self.messages_waiting_max and is_small:
            return True
        if not self._is_overrun:
            self._is_overrun = True
            logger.warning(
                "%r: %d messages of %d bytes wait; closed", self, count, self._bytes_waiting
            )
            self._end(1008, "too many messages wait")
        return False

    def _start(self, job: Callable[[], Any], exclusive: bool) -> None:
        weight = self.parallel if exclusive else 1
        self._busy += weight
        try:
            outcome = job()
            if must_be_awaited(outcome):
                task = self.server.begin(outcome)
                if not task.done():
                    task.add_done_callback(partial(self._finish, weight))
                    return
                task.result()
        except BaseException as error:
            self.server.failed(error, self)
        self._busy -= weight

    def _finish(self, weight: int, task: "asyncio.Task[Any]") -> None:
        self._busy -= weight
        self._settle(task)
        waiting = self._waiting
        while waiting:
            job, exclusive, size = waiting[0]
            if self._busy >= (1 if exclusive else self.parallel):
                break
            waiting.popleft()
            self._bytes_waiting -= size
            if self.server.is_over:
                break
            if exclusive or not self.server.is_interrupted:
                self._start(job, exclusive)

    def _run(self, outcome: Any) -> None:
        """Runs the rest of a handler that nothing waits for, if there is any."""
        if not must_be_awaited(outcome):
            return
        task = self.server.begin(outcome)
        if task.done():
            self._settle(task)
        else:
            task.add_done_callback(self._settle)

    def _settle(self, task: "asyncio.Task[Any]") -> None:
        if task.cancelled():
            # Whoever cancelled the handler meant it; that something it waited for was is a failure.
            is_meant = getattr(task, "cancelling", lambda: 1)() > 0
            error: BaseException | None = None if is_meant else asyncio.CancelledError()
        else:
            error = task.exception()
        # The loop has raised those two already, out of run_forever.
        if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
            self.server.failed(error, self)

    def _end(self, code: int, reason: str | None) -> None:
        """Closes the connection, if there still is one."""
        raise NotImplementedError
