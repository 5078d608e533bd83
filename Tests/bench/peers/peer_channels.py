"""Echo or broadcast with Django Channels, in-memory layer, under uvicorn."""

import django
import peer
import uvicorn
from django.conf import settings

settings.configure(CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}})
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402

options = peer.parse_options()


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data, bytes_data=bytes_data)


class Broadcast(AsyncWebsocketConsumer):
    groups = ("everybody",)

    async def receive(self, text_data=None, bytes_data=None):
        event = {"type": "bench.message", "text": text_data}
        await self.channel_layer.group_send("everybody", event)

    async def bench_message(self, event):
        await self.send(text_data=event["text"])


consumer = Echo if options.mode == "echo" else Broadcast
config = uvicorn.Config(
    consumer.as_asgi(),
    lifespan="off",
    log_level="warning",
    ws_per_message_deflate=False,
)
uvicorn.Server(config).run(sockets=[peer.listen(options)])
