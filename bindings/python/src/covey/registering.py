"""Registering: classes with hints become the structs that the library takes."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from ctypes import POINTER, byref, c_char_p, c_uint64, cast, pointer, sizeof
from typing import TYPE_CHECKING, Any, get_args

from . import _abi, _callbacks
from ._encoding import encode
from ._hints import Meaning, hints_of, understand
from ._library import lib
from ._memory import c_name, c_number, new_error, texts
from ._shapes import shape_of_field
from .actions import Action, ActionRoute, without_relations
from .consumer import Consumer
from .context import ContextChannel, ContextRoute
from .errors import InvalidArgument, check
from .models import Model, loader_of
from .options import Options
from .routing import EventRoute, Route

if TYPE_CHECKING:
    from .server import Server

_NOTHING = _abi.Destroy()


def options_struct(options: Mapping[str, Any], key: int) -> _abi.ServerOptions:
    """The options of a server, with a log that goes to the logger "covey"."""
    given = _abi.ServerOptions(
        struct_size=sizeof(_abi.ServerOptions),
        on_log_record=_callbacks.on_log_record,
        on_limit=_callbacks.on_limit,
        on_drain=_callbacks.on_drain,
        user=key,
    )
    kinds: dict[str, Any] = dict(_abi.ServerOptions._fields_)
    for name, value in options.items():
        if name not in Options.__annotations__:
            raise TypeError(f"a server has no option {name!r}")
        if value is None:
            if type(None) not in get_args(Options.__annotations__[name]):
                raise TypeError(f"{name} cannot be switched off")
            value = _abi.OFF
        elif kinds[name] is c_char_p:
            if not isinstance(value, str):
                raise TypeError(f"{name} is {value!r}, no text")
            value = c_name(value, name)
        elif not isinstance(value, int):
            raise TypeError(f"{name} is {value!r}, no whole number")
        elif not 0 <= value < 1 << 8 * sizeof(kinds[name]):
            raise ValueError(f"{name} is {value}, out of range")
        setattr(given, name, value)
    return given


def register(server: "Server", cls: type[Consumer], pattern: str) -> None:
    """Registers a class of consumers on a URL pattern."""
    _check_class(cls)
    if re.search(r"[\^$\\{]|\(\?", pattern):
        raise InvalidArgument(
            f"pattern {pattern!r}: patterns are those of path(), such as 'ws/chat/<str:room>/', "
            "and no regular expressions"
        )
    if issubclass(cls, ContextChannel):
        route: Route = ContextRoute(server, cls, pattern)
    else:
        route = Route(server, cls, pattern)
    # Whatever a class has wrong is found before anything of it is registered.
    events = [
        (type, function)
        for name, function in _functions(cls)
        for type in _marked(cls, name, "__covey_events__") or ()
    ]
    actions = _actions(route)
    server.own_key(route.key)
    for name in cls.handlers:
        server.note(getattr(cls, name))
    for permission in cls.permissions:
        server.note(permission)
    if isinstance(route, ContextRoute):
        channel = _register_context(server, route, pattern)
    else:
        channel = _register_channel(server, route, pattern)
    for type, function in events:
        _register_event(server, route, channel, type, function)
    for action, entry in actions:
        _register_action(server, channel, action, entry)
    server.routes.append(route)


def _actions(route: Route) -> list[tuple[Action, ActionRoute]]:
    found = []
    for name, function in _functions(route.cls):
        action = getattr(function, "__covey_action__", None)  # overridden without it: none any more
        if action is not None:
            if not isinstance(route, ContextRoute):
                raise TypeError(f"{route.cls.__name__}.{name}: only a ContextChannel has actions")
            found.append((action, ActionRoute(route, action)))
    return found


def _functions(cls: type) -> Iterable[tuple[str, Callable[..., Any]]]:
    """In the order they were written in, those of base classes first."""
    names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
    for name in names:
        member = inspect.getattr_static(cls, name)
        if inspect.isfunction(member):
            yield name, member


def _marked(cls: type, name: str, mark: str) -> Any:
    """What a decorator said of a method, here or, of one that is overridden, in a base class."""
    for base in cls.__mro__:
        found = getattr(base.__dict__.get(name), mark, None)
        if found is not None:
            return found
    return None


def _check_class(cls: type[Consumer]) -> None:
    """Refuses what would otherwise be met by the first client."""
    if isinstance(cls.parallel, bool) or not isinstance(cls.parallel, int) or cls.parallel < 1:
        raise TypeError(f"{cls.__name__}.parallel is {cls.parallel!r}, not a number from 1 on")
    if callable(cls.permissions) or not all(map(callable, cls.permissions)):
        raise TypeError(f"{cls.__name__}.permissions must be a list of functions")
    for name in _NUMBERS:
        value = getattr(cls, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{cls.__name__}.{name} is {value!r}, no whole number")
    parses = cls.receive_json is not Consumer.receive_json
    if issubclass(cls, ContextChannel) and (parses or cls.receive is not Consumer.receive):
        raise TypeError(f"{cls.__name__}: the clients of a ContextChannel call actions and write")


def _is_defined(cls: type[Consumer], *names: str) -> bool:
    base = ContextChannel if issubclass(cls, ContextChannel) else Consumer
    return any(
        inspect.getattr_static(cls, name) is not inspect.getattr_static(base, name)
        for name in names
    )


# ---------------------------------------------------------------------------- channels

_SLOW_POLICIES = {
    "close": _abi.SLOW_CLOSE,
    "drop_oldest": _abi.SLOW_DROP_OLDEST,
    "drop_newest": _abi.SLOW_DROP_NEWEST,
}
#: The numbers among covey_channel_options, and how many bits the library has for each.
_NUMBERS = {
    "messages_rate": 32,
    "messages_burst": 32,
    "bytes_rate": 64,
    "bytes_burst": 64,
    "outbox_high_bytes": 64,
    "outbox_low_bytes": 64,
}


def _channel_options(cls: type[Consumer], flags: int = 0) -> _abi.ChannelOptions:
    for name in ("groups", "origins", "kept_headers"):
        if isinstance(getattr(cls, name), str):
            raise TypeError(f"{cls.__name__}.{name} must be a list of texts, not one text")
    if cls.slow_policy not in _SLOW_POLICIES:
        known = ", ".join(map(repr, _SLOW_POLICIES))
        raise TypeError(f"{cls.__name__}.slow_policy is {cls.slow_policy!r}, none of {known}")
    if cls.require_origin:
        flags |= _abi.CHANNEL_REQUIRE_ORIGIN
    if cls.broadcast_received:
        flags |= _abi.CHANNEL_BROADCAST_RECEIVED
    return _abi.ChannelOptions(
        struct_size=sizeof(_abi.ChannelOptions),
        flags=flags,
        origins=_list(cls.origins),
        groups=_list(cls.groups),
        kept_headers=_list(cls.kept_headers),
        slow_policy=_SLOW_POLICIES[cls.slow_policy],
        **{name: c_number(getattr(cls, name), bits, name) for name, bits in _NUMBERS.items()},
    )


def _list(items: Iterable[str]) -> Any:
    return cast(texts(items), POINTER(c_char_p))


def _register_channel(server: "Server", route: Route, pattern: str) -> int:
    cls = route.cls
    handlers = _abi.ChannelHandlers(
        struct_size=sizeof(_abi.ChannelHandlers),
        on_connect=_callbacks.on_connect,
        on_disconnect=_callbacks.on_disconnect,
        user=route.key,
    )
    if _is_defined(cls, "receive", "receive_json"):
        handlers.on_text = _callbacks.on_message
    if _is_defined(cls, "receive_bytes") or route.takes_both:
        handlers.on_binary = _callbacks.on_message
    if _is_defined(cls, "outbox_high", "outbox_low", "outbox_dropped"):
        handlers.on_outbox = _callbacks.on_outbox
    channel, error = c_uint64(), new_error()
    status = lib.covey_channel_register(
        server.handle,
        c_name(pattern, "pattern"),
        byref(_channel_options(cls)),
        byref(handlers),
        byref(channel),
        byref(error),
    )
    check(status, error)
    return channel.value


def _register_event(
    server: "Server", route: Route, channel: int, type: str, function: Callable[..., Any]
) -> None:
    server.note(function)
    entry = EventRoute(route, function)
    key = server.own(entry)
    check(
        lib.covey_event_register(
            server.handle, channel, c_name(type, "type"), _callbacks.on_event, key, _NOTHING
        )
    )


# -------------------------------------------------------------------- context channels


def _register_context(server: "Server", route: ContextRoute, pattern: str) -> int:
    cls = route.cls
    if cls.broadcast_received:
        raise TypeError(f"{cls.__name__}: a context channel has no broadcast_received")
    if not hasattr(cls, "model"):
        raise TypeError(f"{cls.__name__}.model is missing: it says what is followed")
    number = server.model(cls.model)
    loader = loader_of(cls)
    if loader is not None:
        server.add_loader(cls.model, loader)
    handlers = _abi.ContextHandlers(
        struct_size=sizeof(_abi.ContextHandlers),
        on_connect=_callbacks.on_connect,
        on_open=_callbacks.on_open,
        on_disconnect=_callbacks.on_disconnect,
        on_write=_callbacks.on_write,
        user=route.key,
    )
    if _is_defined(cls, "authenticate"):
        handlers.on_authenticate = _callbacks.on_authenticate
    if not cls.public:
        handlers.on_authorize = _callbacks.on_authorize
    if cls.many or _is_defined(cls, "get_instance_id"):
        handlers.on_list = _callbacks.on_list
    variables = _variables(cls)
    context = _abi.ContextOptions(
        struct_size=sizeof(_abi.ContextOptions),
        flags=_abi.CONTEXT_MANY if cls.many else 0,
        model=number,
        name=_client_class(cls),
        variables=variables,
        variable_count=len(variables),
        field_size=sizeof(_abi.Field),
    )
    channel, error = c_uint64(), new_error()
    status = lib.covey_context_register(
        server.handle,
        c_name(pattern, "pattern"),
        byref(_channel_options(cls, _abi.CHANNEL_PUBLIC if cls.public else 0)),
        byref(context),
        byref(handlers),
        byref(channel),
        byref(error),
    )
    check(status, error)
    return channel.value


def _client_class(cls: type[ContextChannel]) -> bytes | None:
    name = cls.client_class or cls.__name__
    is_name = name.isascii() and name.isidentifier()
    return name.encode() if is_name or cls.client_class else None


def _variables(cls: type[ContextChannel]) -> Any:
    """The fields of its runtime variables."""
    hints = {} if cls.RuntimeState is None else hints_of(cls.RuntimeState)
    fields = []
    for name, hint in hints.items():
        meaning = without_relations(understand(hint))
        fields.append(_field(name, meaning, 0))
    return (_abi.Field * len(fields))(*fields)


def _register_action(server: "Server", channel: int, action: Action, entry: ActionRoute) -> None:
    server.note(action.function)
    fields = (_abi.Field * len(entry.parameters))(
        *(
            _field(
                parameter.name,
                parameter.meaning,
                _abi.FIELD_OPTIONAL if parameter.is_optional else 0,
            )
            for parameter in entry.parameters
        )
    )
    given = _abi.Action(
        struct_size=sizeof(_abi.Action),
        field_size=sizeof(_abi.Field),
        name=c_name(action.name, "action"),
        grant=None if action.grant is None else c_name(action.grant, "grant"),
        flags=_abi.ACTION_ANONYMOUS if action.anonymous else 0,
        parameters=fields,
        parameter_count=len(entry.parameters),
        result=None if entry.result is None else pointer(_field("result", entry.result, 0)),
    )
    error = new_error()
    status = lib.covey_action_register(
        server.handle,
        channel,
        byref(given),
        _callbacks.on_action,
        server.own(entry),
        _NOTHING,
        byref(error),
    )
    check(status, error)


# ------------------------------------------------------------------------------ models


def declare(server: "Server", model: type[Model]) -> None:
    """Declares a model and all that it refers to, in the order of their fields."""
    waiting = [model]
    while waiting:
        one = waiting.pop(0)
        if not server.knows(one):
            _declare_one(server, one)
            fields = one.shape().fields.values()
            waiting += [field.meaning.model for field in fields if field.meaning.model]


def _declare_one(server: "Server", model: type[Model]) -> None:
    shape = model.shape()
    fields = (_abi.Field * len(shape.fields))()
    for position, field in enumerate(shape.fields.values()):
        fields[position] = _field(field.name, field.meaning, field.flags, field.settings.inverse)
    given = _abi.Model(
        struct_size=sizeof(_abi.Model),
        field_size=sizeof(_abi.Field),
        name=shape.name.encode(),
        id_kind=shape.id_kind,
        writable=shape.writable,
        fields=fields,
        field_count=len(fields),
        owner_field=None if shape.owner is None else shape.owner.encode(),
        on_load=_callbacks.on_load,
        user=server.key,
    )
    number, error = c_uint64(), new_error()
    status = lib.covey_model_register(server.handle, byref(given), byref(number), byref(error))
    check(status, error)
    server.add_model(model, number.value)


def _field(name: str, meaning: Meaning, flags: int, inverse: str | None = None) -> _abi.Field:
    model: Any = meaning.model
    return _abi.Field(
        name=name.encode(),
        type=meaning.type,
        flags=flags | (_abi.FIELD_NULLABLE if meaning.nullable else 0),
        choices=_literals(meaning.choices) if meaning.choices else None,
        shape=_shape(meaning) if meaning.type == _abi.FIELD_JSON else None,
        model=None if model is None else model.shape().name.encode(),
        inverse_field=None if inverse is None else inverse.encode(),
    )


def _shape(meaning: Meaning) -> bytes | None:
    """What is inside; None when that is anything."""
    shape = shape_of_field(meaning.hint)
    return None if shape == "json" else encode(shape)


def _literals(choices: tuple[bytes, ...]) -> Any:
    return cast((c_char_p * (len(choices) + 1))(*choices, None), POINTER(c_char_p))
