"""A process of Django: a channel layer of channels_redis, and an event loop that it lives in."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from patience import PATIENCE_SECONDS

LAYERS = {"core": RedisChannelLayer, "pubsub": RedisPubSubChannelLayer}

Answer = TypeVar("Answer")


class Django:
    """Calls on a layer from outside of its loop."""

    def __init__(self, layer: str, host: Any, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.layer = LAYERS[layer](hosts=[host], **options)

    def begin(self, work: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, Answer], seconds: float = PATIENCE_SECONDS) -> Answer:
        return self.begin(work).result(seconds)

    def member(self, group: str | None = None) -> str:
        """The name of a new channel, in a group."""
        channel: str = self.run(self.layer.new_channel())
        if group is not None:
            self.run(self.layer.group_add(group, channel))
        return channel

    def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.run(self.layer.group_send(group, message))

    def send(self, channel: str, message: dict[str, Any]) -> None:
        self.run(self.layer.send(channel, message))

    def hear(self, channel: str) -> Any:
        return self.run(self.layer.receive(channel))

    def stop(self) -> None:
        self.run(self.layer.flush())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
