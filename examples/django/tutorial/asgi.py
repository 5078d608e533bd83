"""WebSockets to the consumer, everything else to the views."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorial.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

from tutorial.consumers import ChatConsumer

chat = URLRouter([path("ws/chat/<str:room>/", ChatConsumer.as_asgi())])
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": AllowedHostsOriginValidator(chat)}
)
