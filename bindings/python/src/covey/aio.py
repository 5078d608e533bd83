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


def _has_raised(task: Task) -> None:
    """What ends a program, such as KeyboardInterrupt, was raised: else it would be said that nobody
    has seen it."""
    if task.done() and not task.cancelled():
        task.exception()


if sys.version_info >= (3, 12):

    def start(coroutine: Coroutine[Any, Any, Any], loop: Loop) -> Task:
        """Runs a coroutine until it first waits, in a task that goes on from there.

        Most handlers never wait: they are done when this returns, and the loop has no more work
        with them.
        """
        task: Task = asyncio.Task.__new__(asyncio.Task)
        try:
            task.__init__(coroutine, loop=loop, eager_start=True)  # type: ignore[misc]
        except BaseException:
            _has_raised(task)
            raise
        return task

else:

    class _FirstStep:
        """Stands in for a loop's call_soon while a task is made, which says so what it does first.
        What anybody else asks for, such as a signal's handler that runs meanwhile, the loop gets.
        """

        __slots__ = ("_call_soon", "_coroutine", "context", "step")
        step: Callable[..., object] | None
        context: Context | None

        def __init__(self, coroutine: Coroutine[Any, Any, Any], call_soon: Callable[..., Any]):
            self._coroutine = coroutine
            self._call_soon = call_soon
            self.step = None

        def __call__(
            self, step: Callable[..., object], *arguments: object, context: Context | None = None
        ) -> asyncio.Handle | None:
            coroutine_of = getattr(getattr(step, "__self__", None), "get_coro", None)
            if coroutine_of is None or coroutine_of() is not self._coroutine:
                return self._call_soon(step, *arguments, context=context)  # type: ignore[no-any-return]
            self.step, self.context = step, context
            return None

    def start(coroutine: Coroutine[Any, Any, Any], loop: Loop) -> Task:
        """Runs a coroutine until it first waits, in a task that goes on from there.

        Tasks cannot be asked for that before Python 3.12. Asking the loop to run the first step
        is the last thing that making one does; the step is taken from it and run here, outside of
        the task that this may be called in. Where a loop has no room for that, it begins a turn
        later.
        """
        room = getattr(loop, "__dict__", None)
        if room is None:
            return asyncio.Task(coroutine, loop=loop)
        first, earlier = _FirstStep(coroutine, loop.call_soon), room.get("call_soon")
        try:
            room["call_soon"] = first
            task: Task = asyncio.Task(coroutine, loop=loop)
        finally:
            if earlier is None:
                room.pop("call_soon", None)
            else:
                room["call_soon"] = earlier
        if first.step is not None:
            _run_outside(first.step, first.context, task, loop)
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
            _has_raised(task)
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
