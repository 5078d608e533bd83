"""Django Channels under uvicorn: echo, broadcast, a chat, or answers to calls in JSON. In memory,
or with --layer over RedisPubSubChannelLayer."""

import django
import uvicorn
from django.conf import settings

import peer

options = peer.parse_options("echo", "broadcast", "chat", "action")
layer = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
if options.layer:
    layer = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [options.layer]},
    }
settings.configure(CHANNEL_LAYERS={"default": layer})
django.setup()

from channels.generic.websocket import (  # noqa: E402
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
)
from channels.routing import URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


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


class Chat(AsyncJsonWebsocketConsumer):
    """What covey_chat.py does."""

    async def connect(self):
        self.group = f"chat_{self.scope['url_route']['kwargs']['room']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content):
        event = {"type": "chat.message", "message": content["message"]}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event):
        await self.send_json({"message": event["message"]})


class Action(AsyncJsonWebsocketConsumer):
    """What covey_action.py does, once a client is in."""

    async def receive_json(self, content):
        if content["action"] == "echo":
            result = await self.echo(*content["params"])
            answer = {"type": "actionResponse", "callId": content["callId"], "result": result}
            await self.send_json(answer)

    async def echo(self, text):
        return text


served = {
    "echo": Echo.as_asgi(),
    "broadcast": Broadcast.as_asgi(),
    "chat": URLRouter([path("ws/chat/<str:room>/", Chat.as_asgi())]),
    "action": Action.as_asgi(),
}
config = uvicorn.Config(
    served[options.mode],
    lifespan="off",
    log_level="warning",
    ws_per_message_deflate=False,
)
uvicorn.Server(config).run(sockets=[peer.listen(options)])
