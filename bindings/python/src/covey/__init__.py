"""Covey: channels, groups, live state and actions for Python programs, over WebSockets.

from covey import Server, Consumer

server = Server(port=8000)

@server.channel("ws/echo/")
class Echo(Consumer):
    def receive(self, text):
        self.send(text)

server.run()
"""

from ._encoding import encode
from ._library import lib as _lib
from .actions import action
from .consumer import Consumer, Ending, event
from .context import ContextChannel
from .errors import (
    ActionError,
    Busy,
    CoveyError,
    Denied,
    Exists,
    Full,
    Gone,
    InvalidArgument,
    NotFound,
    ProtocolError,
    Stopped,
    SystemFailure,
    TimedOut,
    TooLarge,
    WrongThread,
)
from .functions import Connection
from .layers import LayerGap
from .models import Model, field, inverse
from .server import Server
from .store import Store, Transaction
from .watching import LimitReached

#: The version of the library in use.
__version__: str = _lib.covey_version().decode()

#: RxDjango's name of ``event``.
consumer = event

__all__ = [
    "ActionError",
    "Busy",
    "Connection",
    "Consumer",
    "ContextChannel",
    "CoveyError",
    "Denied",
    "Ending",
    "Exists",
    "Full",
    "Gone",
    "InvalidArgument",
    "LayerGap",
    "LimitReached",
    "Model",
    "NotFound",
    "ProtocolError",
    "Server",
    "Stopped",
    "Store",
    "SystemFailure",
    "TimedOut",
    "TooLarge",
    "Transaction",
    "WrongThread",
    "action",
    "consumer",
    "encode",
    "event",
    "field",
    "inverse",
]
