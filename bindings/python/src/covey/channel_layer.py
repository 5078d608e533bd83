"""Groups by the names that Channels has for what they do."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .consumer import Consumer
from .errors import Gone, NotFound
from .handling import DONE, Done

if TYPE_CHECKING:
    from .server import Server


class ChannelLayer:
    """Groups by the names that Channels has for what they do. Each call may be awaited."""

    def __init__(self, server: "Server") -> None:
        self._server = server

    def _named(self, channel: str) -> Consumer:
        for route in self._server.routes:
            for consumer in route.consumers.values():
                if consumer.channel_name == channel:
                    return consumer  # type: ignore[no-any-return]
        raise NotFound(f"no consumer is called {channel!r}")

    def group_add(self, group: str, channel: str) -> Done:
        return self._named(channel).group_add(group)

    def group_discard(self, group: str, channel: str) -> Done:
        return self._named(channel).group_discard(group)

    def group_send(self, group: str, message: Mapping[str, Any]) -> Done:
        self._server.group_send(group, message)
        return DONE

    def send(self, channel: str, message: Mapping[str, Any]) -> Done:
        """To a consumer of this process or of another one on the layer, or to a channel of Django
        Channels. Who is gone gets nothing.

        :raises NotFound: Of another process, and there is no layer.
        """
        with suppress(Gone):
            self._server.address_send(channel, message)
        return DONE
