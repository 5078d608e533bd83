"""asyncio: tasks that begin at once, and the one descriptor in somebody's loop."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any

Task = asyncio.Task[Any]
Loop = asyncio.AbstractEventLoop


def is_in_a_loop() -> bool:
    """Whether a loop runs on this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


if sys.version_info >= (3, 12):

    def start(coroutine: Coroutine[Any, Any, Any], loop: Loop) -> Task:
        """Runs a coroutine until it first waits, in a task that goes on from there.

        Most handlers never wait: they are done when this returns, and the loop has no more work
        with them.
        """
        return asyncio.Task(coroutine, loop=loop, eager_start=True)

else:

    class _FirstStep:
        """Stands in for a loop's call_soon while a task is made, which says so what it does
        first. So may a signal's handler that runs meanwhile: what it asked for is not the task's
        first step, and the loop gets it afterwards."""

        __slots__ = ("asked",)

        def __init__(self) -> None:
            self.asked: list[tuple[Callable[..., object], tuple[object, ...], Context | None]] = []

        def __call__(
            self, step: Callable[..., object], *arguments: object, context: Context | None = None
        ) -> None:
            self.asked.append((step, arguments, context))

        def leave(self, loop: Loop, task: Task | None) -> tuple[Callable[..., object], Any] | None:
            """Hands the loop what is not the task's, and answers what is."""
            own = None
            for step, arguments, context in self.asked:
                if task is not None and getattr(step, "__self__", None) is task:
                    own = (step, context)
                else:
                    loop.call_soon(step, *arguments, context=context)
            return own

    def start(coroutine: Coroutine[Any, Any, Any], loop: Loop) -> Task:
        """Runs a coroutine until it first waits, in a task that goes on from there.

        Tasks cannot be asked for that before Python 3.12. Asking the loop to run the first step
        is the last thing that making one does; the step is taken from it and run here, outside of
        the task that this may be called in. Where a loop has no room for that, it begins a turn
        later.
        """
        first, task, own = _FirstStep(), None, None
        try:
            loop.call_soon = first  # type: ignore[assignment, method-assign]
        except AttributeError:
            return asyncio.Task(coroutine, loop=loop)
        try:
            task = asyncio.Task(coroutine, loop=loop)
        finally:
            del loop.call_soon
            own = first.leave(loop, task)
        if own is not None:
            _run_outside(own[0], own[1], task, loop)
        return task

    def _run_outside(
        step: Callable[..., object], context: Context | None, task: Task, loop: Loop
    ) -> None:
        current = asyncio.current_task(loop)
        if current is not None:
            asyncio._leave_task(loop, current)
        try:
            if context is None:
                step()
            else:
                context.run(step)
        except BaseException:
            task.exception()  # else it is said that nobody has seen it
            raise
        finally:
            if current is not None:
                asyncio._enter_task(loop, current)


class Turns:
    """Drives a server in a running loop, which watches its one descriptor and its timeout.

    What handlers queue leaves with the turn they are called in. What anybody else on the loop's
    thread queues, such as the rest of an async handler, asks for a turn of its own: ``begin``.
    """

    def __init__(
        self, loop: Loop, descriptor: int, service: Callable[[], bool], timeout: Callable[[], Any]
    ) -> None:
        self.over: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._descriptor = descriptor
        self._service = service
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None
        #: Nothing has asked for a turn yet.
        self.is_idle = False
        loop.add_reader(descriptor, self._turn)
        loop.call_soon(self._turn)

    def begin(self) -> None:
        """Asks for a turn; on the loop's thread."""
        if self.is_idle:
            self.is_idle = False
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        if self.over.done():
            return
        self.is_idle = False
        try:
            goes_on = self._service()
        except Exception as error:
            self.over.set_exception(error)
            return
        if goes_on:
            self._wait()
        else:
            self.over.set_result(None)

    def _wait(self) -> None:
        milliseconds = self._timeout()
        if milliseconds == 0:
            self._loop.call_soon(self._turn)
            return
        self.is_idle = True
        if milliseconds is None:
            return
        when = self._loop.time() + milliseconds / 1000
        timer = self._timer
        # One that is due earlier does no harm: the turn it asks for starts the next one.
        if timer is None or timer.when() > when or timer.cancelled():
            if timer is not None:
                timer.cancel()
            self._timer = self._loop.call_at(when, self._due)

    def _due(self) -> None:
        self._timer = None
        self._turn()

    def end(self) -> None:
        self.is_idle = False
        self._loop.remove_reader(self._descriptor)
        if self._timer is not None:
            self._timer.cancel()
        self.over.cancel()
