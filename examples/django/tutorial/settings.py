"""No database, no users: a chat."""

import os
import secrets
from pathlib import Path

#: Where Redis is.
REDIS = os.environ.get("REDIS", "redis://127.0.0.1:6379")

#: Either layer of channels_redis. The processes of Covey are told by the scheme of their URL:
#: redis+django://... for "core", redis+django-pubsub://... for "pubsub".
BACKENDS = {
    "core": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": BACKENDS[os.environ.get("LAYER", "core")],
        # redis-py 8 gives up an answer after five seconds; so long channels_redis has Redis wait
        # for a message. Without this, clients are dropped that hear nothing for five seconds.
        "CONFIG": {"hosts": [{"address": REDIS, "socket_timeout": None}]},
    },
}

ASGI_APPLICATION = "tutorial.asgi.application"
ROOT_URLCONF = "tutorial.urls"
SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
USE_TZ = True

#: The pages are those of Covey's chat.
WEB = Path(__file__).resolve().parents[2] / "chat" / "web"
