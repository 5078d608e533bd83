"""Consumers in each of the ways that handlers may be written."""

import asyncio
import functools
import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any

from covey import Consumer


class Style(Enum):
    PLAIN = "plain"
    ASYNC = "async"
    #: Async, and it waits before it does anything.
    WAITING = "waiting"


def in_style(cls: type[Consumer], style: Style) -> type[Consumer]:
    """A class whose plain handlers, those of events too, are rewritten in a style."""
    if style is Style.PLAIN:
        return cls
    members = {}
    for name in dir(cls):
        function = inspect.getattr_static(cls, name)
        is_handler = name in cls.handlers and function is not getattr(Consumer, name)
        if is_handler or hasattr(function, "__covey_events__"):
            members[name] = rewritten(function, style)
    return type(cls.__name__, (cls,), members)


def rewritten(function: Callable[..., Any], style: Style) -> Callable[..., Any]:
    """A plain function in a style."""
    if style is Style.PLAIN:
        return function

    @functools.wraps(function)
    async def handler(*arguments: Any) -> Any:
        if style is Style.WAITING:
            await asyncio.sleep(0)
        return function(*arguments)

    return handler
