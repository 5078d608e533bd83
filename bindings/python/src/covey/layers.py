"""Several processes in the same groups."""

from ctypes import byref, sizeof
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from . import _abi, _callbacks
from ._library import lib
from ._memory import new_error
from .errors import InvalidArgument, check

if TYPE_CHECKING:
    from .driving import Driving

_KINDS = {
    getattr(_abi, name): name.removeprefix("LAYER_GAP_").lower()
    for name in dir(_abi)
    if name.startswith("LAYER_GAP_")
}


class LayerSettings(TypedDict, total=False):
    """The numbers of covey_layer_options, by their names."""

    queue_entries_max: int
    queue_bytes_max: int
    connect_timeout_ms: int
    answer_timeout_ms: int
    retry_ms_max: int


@dataclass(frozen=True)
class LayerGap:
    """That a layer has lost messages, or may have."""

    #: "missed": what others sent may not have come here. "unsent": what was sent here did not
    #: leave. "unknown": it left, and whether it arrived is not known. "full": it left, and the
    #: mailbox of another process had no room.
    kind: str
    #: Their names; of what went to one consumer, the channel name.
    groups: tuple[str, ...]
    #: Messages; 0: not known.
    count: int
    #: The same of each group, in their order.
    counts: tuple[int, ...]

    @classmethod
    def read(cls, gap: Any) -> "LayerGap":
        names = tuple(gap.groups[n].decode(errors="replace") for n in range(gap.group_count))
        counts = tuple(gap.counts[: gap.group_count]) if gap.counts else ()
        return cls(_KINDS.get(gap.kind, str(gap.kind)), names, gap.count, counts)


def set_layer(server: "Driving", url: str, settings: LayerSettings) -> None:
    """Puts the groups of a server onto a layer."""
    if not isinstance(url, str):
        raise TypeError("the layer's url is no text")
    given = _abi.LayerOptions(
        struct_size=sizeof(_abi.LayerOptions),
        on_layer_gap=_callbacks.on_layer_gap,
        on_layer_state=_callbacks.on_layer_state,
        user=server.key,
    )
    kinds: dict[str, Any] = dict(_abi.LayerOptions._fields_)
    for name, value in settings.items():
        if name not in LayerSettings.__annotations__:
            raise TypeError(f"a layer has no setting {name!r}")
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} is {value!r}, no whole number")
        if not 1 <= value < 1 << 8 * sizeof(kinds[name]):
            raise InvalidArgument(f"{name} is {value}, out of range")
        setattr(given, name, value)
    error = new_error()
    encoded = url.encode()
    if b"\0" in encoded:  # not quoted: it may hold a password
        raise InvalidArgument("the layer's url holds a NUL")
    check(lib.covey_server_set_layer(server.handle, encoded, byref(given), byref(error)), error)
