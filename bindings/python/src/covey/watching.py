"""What there is to be seen of a server that runs."""

from collections.abc import Callable
from ctypes import byref, c_size_t, c_void_p, sizeof
from dataclasses import dataclass
from typing import Any, TypeVar

from . import _abi
from ._encoding import decode
from ._library import lib
from ._memory import text
from .driving import Driving
from .errors import check
from .layers import LayerGap

Function = TypeVar("Function", bound=Callable[..., Any])

_LIMITS = {
    getattr(_abi, name): name.removeprefix("LIMIT_").lower()
    for name in dir(_abi)
    if name.startswith("LIMIT_")
}


@dataclass(frozen=True)
class LimitReached:
    """That a limit was reached; what its comment in the header says has been done."""

    #: Which, in the words of the header: "message_rate" for COVEY_LIMIT_MESSAGE_RATE.
    limit: str
    #: The number of the consumer; 0: none in particular.
    consumer: int
    maximum: int
    #: How often since the server was made.
    count: int
    #: The address of the client, or "".
    peer: str

    @classmethod
    def read(cls, reached: Any) -> "LimitReached":
        return cls(
            _LIMITS.get(reached.limit, str(reached.limit)),
            reached.consumer,
            reached.maximum,
            reached.count,
            reached.peer.decode(),
        )


class Watching(Driving):
    """The part of a server that says how it is."""

    _told_of_limits: Callable[[LimitReached], Any] | None = None
    _told_of_drain: Callable[[int, int], Any] | None = None
    _told_of_gaps: Callable[[LayerGap], Any] | None = None
    _told_of_layer: Callable[[bool, str], Any] | None = None

    def on_limit(self, function: Function) -> Function:
        """Has a plain function told of each limit that is reached, with a ``LimitReached``, at
        most once a limit and turn. A decorator."""
        self._told_of_limits = function
        return function

    def on_drain(self, function: Function) -> Function:
        """Has a plain function told how far ``drain`` has come: how many consumers remain, and how
        many there were. A decorator."""
        self._told_of_drain = function
        return function

    def on_layer_gap(self, function: Function) -> Function:
        """Has a plain function told what the layer has lost, or may have, with a ``LayerGap``, at
        most once a kind and turn. A decorator."""
        self._told_of_gaps = function
        return function

    def on_layer_state(self, function: Function) -> Function:
        """Has a plain function told whether other processes can be reached: ``True`` and "", or
        ``False`` and why not. A decorator."""
        self._told_of_layer = function
        return function

    def layer_gap(self, gap: Any) -> None:
        if self._told_of_gaps is not None:
            self._told_of_gaps(LayerGap.read(gap))

    def layer_state(self, is_connected: bool, reason: str) -> None:
        if self._told_of_layer is not None:
            self._told_of_layer(is_connected, reason)

    def limit_reached(self, reached: Any) -> None:
        if self._told_of_limits is not None:
            self._told_of_limits(LimitReached.read(reached))

    def drained(self, remaining: int, total: int) -> None:
        if self._told_of_drain is not None:
            self._told_of_drain(remaining, total)

    def statistics(self) -> dict[str, int]:
        """Counters since the server was made, and what there is now, by the names of
        covey_statistics."""
        given = _abi.Statistics(struct_size=sizeof(_abi.Statistics))
        check(lib.covey_server_get_statistics(self.handle, byref(given)))
        names = (name for name, _ in _abi.Statistics._fields_)
        return {
            name: getattr(given, name) for name in names if name not in ("struct_size", "reserved")
        }

    def metrics(self) -> str:
        """What ``metrics_path`` answers: the text format of Prometheus."""
        return self._asked(lib.covey_server_get_metrics)

    def report(self) -> dict[str, Any]:
        """What ``report_path`` answers: statistics, consumers, groups, and the last endings."""
        return decode(self._asked(lib.covey_server_get_report))  # type: ignore[no-any-return]

    def _asked(self, function: Any) -> str:
        value, size = c_void_p(), c_size_t()
        check(function(self.handle, byref(value), byref(size)))
        return text(value.value, size.value)
