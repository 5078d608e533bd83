"""Models: what a server knows, written as classes with type hints.

    class Member(Model):
        id: int
        name: str

    class Task(Model, name="board.Task", writable=("save", "create", "delete")):
        id: int
        title: str = field(writable=True)
        done: bool = field(default=False, writable=True)
        assignee: Member | None
        project: int

    class Project(Model):
        id: int
        tasks: list[Task] = inverse("project")

A relation is the hint of another model, or a list of one; on the wire, and in the store, it is an
id. ``Member.ref(3)`` stands for the member 3 where only its id is known or needed, and is what
relations of instances read from the store hold.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from . import _abi
from ._hints import Meaning, add_model, annotated_names, hints_of, is_class_variable, understand
from ._memory import c_name

if TYPE_CHECKING:
    from typing import Literal

    from typing_extensions import Self, dataclass_transform
elif sys.version_info >= (3, 11):
    from typing import dataclass_transform
else:  # both say something to type checkers alone

    def dataclass_transform(**_: Any) -> Callable[[Any], Any]:
        return lambda thing: thing


Id = int | str

_MISSING: Final[Any] = object()

_OPERATIONS = {
    "save": _abi.WRITE_SAVE,
    "create": _abi.WRITE_CREATE,
    "delete": _abi.WRITE_DELETE,
}


@dataclass(frozen=True)
class _FieldSettings:
    default: Any
    writable: bool
    optional: bool
    inverse: str | None


def field(
    *,
    default: Any = _MISSING,
    writable: bool = False,
    optional: bool = False,
    inverse: str | None = None,
) -> Any:
    """Says more about a field than its hint.

    :param default: What a new instance has when nothing is given, also one that a client creates.
    :param writable: Clients may write it, where the model lets them write at all.
    :param optional: A client's create may leave it out; ``can_create`` fills it in.
    :param inverse: Of a list of models: the field of that model that says whose list it is in.
        Then the child decides: putting, moving and deleting it edits the list.
    """
    return _FieldSettings(default, writable, optional, inverse)


def inverse(field: str, *, init: "Literal[False]" = False) -> Any:
    """A list of models that the children decide: ``tasks: list[Task] = inverse("project")`` are
    those tasks whose ``project`` is this instance. As ``field(inverse=...)``, but no type checker
    asks a new instance for it.

    :param field: The field of that model that says whose list it is in.
    """
    return _FieldSettings(_MISSING, False, False, field)


@dataclass(frozen=True)
class Field:
    """A field as it was declared."""

    name: str
    meaning: Meaning
    settings: _FieldSettings

    @property
    def default(self) -> Any:
        """What a new instance has; missing when it must be given."""
        if self.settings.default is not _MISSING:
            default = self.settings.default
            return default() if default in (list, dict, set) else copy(default)
        if self.meaning.nullable:
            return None
        if self.meaning.type == _abi.FIELD_MANY and self.settings.inverse is None:
            return []
        return _MISSING

    @property
    def has_default(self) -> bool:
        return self.settings.default is not _MISSING

    @property
    def _may_be_left_out(self) -> bool:
        """Of a client's create; of what is nullable, and of what it may not write, that is so
        anyway."""
        fills_in = self.has_default and self.settings.writable and not self.meaning.nullable
        return self.settings.optional or fills_in

    @property
    def flags(self) -> int:
        return (
            (_abi.FIELD_NULLABLE if self.meaning.nullable else 0)
            | (_abi.FIELD_WRITABLE if self.settings.writable else 0)
            | (_abi.FIELD_OPTIONAL if self._may_be_left_out else 0)
        )


@dataclass(frozen=True)
class Shape:
    """What the hints of a model mean."""

    name: str
    id_kind: int
    fields: Mapping[str, Field]
    writable: int
    owner: str | None

    def defaults(self) -> dict[str, Any]:
        """The fields that an instance has when nothing is given."""
        found = {name: field.default for name, field in self.fields.items()}
        return {name: value for name, value in found.items() if value is not _MISSING}

    def id_text(self, id: Id) -> str:
        """An id as the library takes it."""
        if isinstance(id, bool) or not isinstance(id, int | str):
            raise TypeError(f"{id!r} is no id of {self.name}")
        return str(id)

    def c_id(self, id: Id) -> bytes:
        """The same as the library's functions take it."""
        return c_name(self.id_text(id), "id")

    def id_value(self, text: str) -> Id:
        return int(text) if self.id_kind == _abi.ID_INTEGER else text


@dataclass_transform(kw_only_default=True, field_specifiers=(field, inverse))
class Model:
    """Base of models. Keywords of the class:

    name       what it is called on the wire; the name of the class
    writable   what clients may do: any of "save", "create" and "delete"
    owner      a field, integer or string, whose value is a user: the row reaches only consumers of
               that user, and its id nobody else

    A class method or static method ``load(id)``, plain or async, is asked for an instance that the
    store does not hold when somebody wants to follow it. It returns the instance, or several when
    those it refers to are loaded as well, or None when there is none. What was loaded and is
    followed by nobody is dropped after a while.

    Instances are plain values: changing one changes nothing until it is put into the store.
    """

    __covey_model__: ClassVar[bool] = True
    __settings: ClassVar[dict[str, Any]] = {}
    __shape: ClassVar[Shape | None] = None

    def __init_subclass__(
        cls,
        *,
        name: str | None = None,
        writable: Iterable[str] | None = None,
        owner: str | None = None,
        **more: Any,
    ) -> None:
        super().__init_subclass__(**more)
        operations = 0
        if isinstance(writable, str):
            raise TypeError(f"writable={writable!r} is no list of save, create and delete")
        for operation in writable or ():
            if operation not in _OPERATIONS:
                raise TypeError(f"{operation!r} is none of {', '.join(_OPERATIONS)}")
            operations |= _OPERATIONS[operation]
        settings: dict[str, Any] = {}
        for base in reversed(cls.__mro__[1:]):
            settings.update(base.__dict__.get("_Model__settings", {}))
        for attribute in annotated_names(cls):
            if attribute in cls.__dict__:
                settings[attribute] = cls.__dict__[attribute]
                delattr(cls, attribute)  # else an instance without it would seem to have it
        cls.__settings = settings
        cls.__shape = None
        cls.__name = name or cls.__name__
        if writable is not None:  # else what the base class says
            cls.__writable = operations
        if owner is not None:
            cls.__owner = owner
        add_model(cls)

    __name: ClassVar[str] = ""
    __writable: ClassVar[int] = 0
    __owner: ClassVar[str | None] = None

    @classmethod
    def shape(cls) -> Shape:
        """What the hints of this class mean. They are looked at when this is first asked, so
        models may name each other in any order."""
        if cls.__shape is None:
            cls.__shape = cls.__make_shape()
        return cls.__shape

    @classmethod
    def __make_shape(cls) -> Shape:
        hints = {
            name: hint for name, hint in hints_of(cls).items() if not is_class_variable(name, hint)
        }
        kinds = {int: _abi.ID_INTEGER, str: _abi.ID_STRING}
        id_hint = hints.pop("id", None)
        if id_hint not in kinds:
            raise TypeError(f"{cls.__name__}.id must be an int or a str")
        fields = {}
        for name, hint in hints.items():
            settings = cls.__settings.get(name, _MISSING)
            if not isinstance(settings, _FieldSettings):
                settings = _FieldSettings(settings, False, False, None)
            try:
                fields[name] = Field(name, understand(hint), settings)
            except TypeError as error:
                raise TypeError(f"{cls.__name__}.{name}: {error}") from None
        return Shape(cls.__name, kinds[id_hint], fields, cls.__writable, cls.__owner)

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
            shape = type(self).shape()  # a field may be called shape
            if "id" not in values:
                raise TypeError(f"{type(self).__name__} lacks id")
            self.id = values.pop("id")
            shape.id_text(self.id)
            for name, field in shape.fields.items():
                value = values.pop(name) if name in values else field.default
                if value is not _MISSING:
                    setattr(self, name, value)
                elif field.settings.inverse is None:
                    raise TypeError(f"{type(self).__name__} lacks {name}")
            for name in values:
                raise TypeError(f"{type(self).__name__} has no field {name}")

        def __getattr__(self, name: str) -> Any:
            if not name.startswith("_") and name in type(self).shape().fields:
                id = self.__dict__.get("id")
                raise AttributeError(
                    f"{name} of {type(self).__name__} {id!r} is not known here; "
                    "get it from the store"
                )
            raise AttributeError(f"{type(self).__name__} has no field {name}")

    else:
        id: Any

    @classmethod
    def ref(cls, id: Id) -> "Self":
        """Stands for the instance with that id; nothing else of it is known."""
        cls.shape().id_text(id)
        instance = cls.__new__(cls)
        instance.__dict__["id"] = id
        return instance

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Self":
        """An instance from a row of the store, or from as much of it as is there."""
        fields = cls.shape().fields
        instance = cls.__new__(cls)
        values = instance.__dict__
        for name, value in row.items():
            values[name] = value if name == "id" else fields[name].meaning.read(value)
        return instance

    def __json__(self) -> dict[str, Any]:
        """The row: relations are ids."""
        row: dict[str, Any] = {"id": self.id}
        for name in type(self).shape().fields:
            if name in self.__dict__:
                row[name] = as_ids(self.__dict__[name])
        return row

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={as_ids(value)!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({members})"


AnyModel = TypeVar("AnyModel", bound=Model)


def loader_of(cls: type) -> Callable[[Any], Any] | None:
    """The ``load`` of a model, or of a channel; an action may have that name, too."""
    found = inspect.getattr_static(cls, "load", None)
    if inspect.isfunction(found) and not found.__dict__:
        raise TypeError(f"{cls.__name__}.load must be a class method or a static method")
    if not isinstance(found, classmethod | staticmethod):
        return None
    loader: Callable[[Any], Any] = cls.load  # type: ignore[attr-defined]
    return loader


def as_ids(value: Any) -> Any:
    """A value of a field with ids in place of the instances that a relation has."""
    if isinstance(value, Model):
        return value.id
    if isinstance(value, list | tuple):
        return [item.id if isinstance(item, Model) else item for item in value]
    return value
