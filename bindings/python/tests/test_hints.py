"""Hints say what a value is on the wire, and what it becomes in Python."""

import json
import math
import sys
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from random import Random
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Optional, TypedDict, Union
from uuid import UUID

import pytest

from covey import Model, _abi, encode
from covey._hints import hints_of, reader, understand

if sys.version_info >= (3, 11):
    from typing import NotRequired, Required
else:
    from typing_extensions import NotRequired, Required

UTC = timezone.utc
SOME_UUID = UUID("12345678-1234-5678-1234-567812345678")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Answer(Enum):
    YES = True
    UNKNOWN = None


class Place(TypedDict):
    x: int
    y: int
    name: NotRequired[str]


class Options(TypedDict, total=False):
    limit: int
    term: Required[str]


class Tree(TypedDict):
    value: int
    children: NotRequired[list["Tree"]]


@dataclass
class Size:
    width: int
    height: int = 1


@dataclass
class Box:
    size: Size
    tags: list[str] = field(default_factory=list)
    inside: Optional["Box"] = None
    kind: ClassVar[str] = "box"
    area: int = field(init=False, default=0)


class Member(Model, name="hints.Member"):
    id: int
    name: str


class Page(Model, name="hints.Page"):
    id: str


def refused(hint: Any, value: Any) -> str:
    """What is said of a value that the hint does not allow."""
    with pytest.raises(ValueError) as raised:
        reader(hint)(value)
    return str(raised.value)


# ------------------------------------------------------------------- what hints mean


@pytest.mark.parametrize(
    ("hint", "type"),
    [
        (bool, _abi.FIELD_BOOLEAN),
        (int, _abi.FIELD_INTEGER),
        (float, _abi.FIELD_NUMBER),
        (str, _abi.FIELD_STRING),
        (UUID, _abi.FIELD_STRING),
        (datetime, _abi.FIELD_DATETIME),
        (date, _abi.FIELD_DATE),
        (Decimal, _abi.FIELD_DECIMAL),
        (Literal["a", "b"], _abi.FIELD_CHOICE),
        (Colour, _abi.FIELD_CHOICE),
        (Member, _abi.FIELD_ONE),
        (list[Member], _abi.FIELD_MANY),
        (Any, _abi.FIELD_JSON),
        (object, _abi.FIELD_JSON),
        (list, _abi.FIELD_JSON),
        (list[int], _abi.FIELD_JSON),
        (list[Member | None], _abi.FIELD_JSON),
        (tuple[Member, ...], _abi.FIELD_JSON),
        (dict, _abi.FIELD_JSON),
        (dict[str, Member], _abi.FIELD_JSON),
        (set[int], _abi.FIELD_JSON),
        (Place, _abi.FIELD_JSON),
        (Size, _abi.FIELD_JSON),
        (int | str, _abi.FIELD_JSON),
    ],
)
def test_each_hint_has_a_type_of_the_wire(hint: Any, type: int) -> None:
    assert (understand(hint).type, understand(hint).nullable) == (type, False)


@pytest.mark.parametrize("hint", [Optional[int], int | None, None | int, Union[None, int]])  # noqa: UP007, UP045
def test_what_may_be_none_is_nullable(hint: Any) -> None:
    meaning = understand(hint)
    assert (meaning.type, meaning.nullable) == (_abi.FIELD_INTEGER, True)
    assert (meaning.read(None), meaning.read(3)) == (None, 3)
    assert refused(hint, "x") == "'x' is no int"


def test_what_may_not_be_none_is_not() -> None:
    for hint in (bool, int, float, str, datetime, list[int], Place, Size, Colour, int | str):
        assert "None" in refused(hint, None)


def test_a_union_takes_the_first_that_fits() -> None:
    assert reader(int | str)("5") == "5"
    assert reader(datetime | str)("2026-11-21T09:30:00") == datetime(2026, 11, 21, 9, 30)
    assert reader(datetime | str)("soon") == "soon"
    assert reader(list[int] | dict[str, int])({"a": 1}) == {"a": 1}
    assert reader(set[Any] | str)("x") == "x"
    assert refused(int | str, 1.5) == "1.5 is no int | str"


def test_a_union_with_none_is_nullable_json() -> None:
    meaning = understand(int | str | None)
    assert (meaning.type, meaning.nullable) == (_abi.FIELD_JSON, True)
    assert (meaning.read(None), meaning.read("x")) == (None, "x")


def test_none_alone_is_always_none() -> None:
    meaning = understand(type(None))
    assert (meaning.nullable, meaning.read(None)) == (True, None)
    assert refused(type(None), 1) == "1 is no NoneType"


@pytest.mark.parametrize(
    "hint",
    [
        Annotated[int, "metres"],
        Annotated[Annotated[int, "metres"], "high"],
        Annotated[int | None, "metres"],
        Annotated[int, "metres"] | None,
    ],
)
def test_annotations_of_hints_do_not_matter(hint: Any) -> None:
    assert understand(hint).type == _abi.FIELD_INTEGER
    assert reader(hint)(1) == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no type aliases")
def test_a_type_alias_is_what_it_stands_for() -> None:
    from typing import TypeAliasType

    metres = TypeAliasType("metres", int | None)  # as does: type metres = int | None
    meaning = understand(metres)
    assert (meaning.type, meaning.nullable) == (_abi.FIELD_INTEGER, True)
    assert reader(list[metres])([1, None]) == [1, None]  # type: ignore[valid-type]


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (bytes, "bytes"),
        (complex, "complex"),
        (timedelta, "timedelta"),
        (Callable[[], int], "Callable"),
        (list[bytes], "bytes"),
        (dict[str, bytes], "bytes"),
        (tuple[int, bytes], "bytes"),
        (set[bytes], "bytes"),
        (int | bytes, "bytes"),
        (Optional[bytes], "bytes"),  # noqa: UP045
        (Model.__class__, "type"),
    ],
)
def test_what_no_field_can_hold_is_a_type_error(hint: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^no field can hold .*{name}"):
        understand(hint)


def test_a_literal_that_json_has_no_form_of_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        understand(Literal[b"x"])


# -------------------------------------------------------------------- simple values


def test_a_bool_is_true_or_false() -> None:
    assert (reader(bool)(True), reader(bool)(False)) == (True, False)
    for value in (0, 1, "true", 1.0, [], {}):
        assert refused(bool, value) == f"{value!r} is no bool"


def test_an_int_is_whole() -> None:
    assert reader(int)(-(10**30)) == -(10**30)
    for value in (2.5, "2", math.inf, math.nan, [2]):
        assert refused(int, value) == f"{value!r} is no int"


def test_a_whole_float_is_an_int() -> None:
    value = reader(int)(2.0)
    assert (value, type(value)) == (2, int)


def test_an_int_is_a_float() -> None:
    value = reader(float)(2)
    assert (value, type(value)) == (2.0, float)
    assert refused(float, "2") == "'2' is no float"


def test_a_float_is_finite() -> None:
    assert refused(float, math.inf) == "inf is no float"
    assert refused(float, math.nan) == "nan is no float"
    assert refused(float, 10**400).endswith("is no float")


@pytest.mark.parametrize("hint", [int, float, str, int | float, Literal[1], Level, Member])
def test_a_bool_is_nothing_else(hint: Any) -> None:
    assert "True" in refused(hint, True)


def test_a_str_is_a_text() -> None:
    assert reader(str)("Grüße, \N{CAT}") == "Grüße, \N{CAT}"
    for value in (1, ["a"], {"a": 1}):
        assert refused(str, value) == f"{value!r} is no str"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T09:30:00", datetime(2026, 11, 21, 9, 30)),
        ("2026-11-21T09:30", datetime(2026, 11, 21, 9, 30)),
        ("2026-11-21 09:30:15", datetime(2026, 11, 21, 9, 30, 15)),
        ("2026-11-21T09:30:00Z", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21T09:30Z", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21T09:30:00+00:00", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21T09:30:00+05:30", datetime(2026, 11, 21, 4, 0, tzinfo=UTC)),
        ("2026-11-21T09:30:00-0330", datetime(2026, 11, 21, 13, 0, tzinfo=UTC)),
        ("2026-11-21T23:30:00-01:00", datetime(2026, 11, 22, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_datetime_has_the_zone_it_was_given(text: str, moment: datetime) -> None:
    value = reader(datetime)(text)
    assert value == moment
    assert (value.tzinfo is None) == (moment.tzinfo is None)


def test_a_datetime_keeps_its_offset() -> None:
    value = reader(datetime)("2026-11-21T09:30:00+05:30")
    assert (value.hour, value.utcoffset()) == (9, timedelta(hours=5, minutes=30))
    value = reader(datetime)("2026-11-21T09:30:00-03:30")
    assert value.utcoffset() == -timedelta(hours=3, minutes=30)


@pytest.mark.parametrize("digits", range(1, 10))
@pytest.mark.parametrize("zone", ["", "Z", "+01:00"])
def test_a_fraction_has_one_to_nine_digits(digits: int, zone: str) -> None:
    fraction = "123456789"[:digits]
    value = reader(datetime)(f"2026-11-21T09:30:00.{fraction}{zone}")
    assert value.microsecond == int(fraction[:6].ljust(6, "0"))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "2026-11-21",
        "2026-11-21T",
        "2026-11-21T9:30",
        "2026-02-30T09:30:00",
        "2026-13-01T09:30:00",
        "2026-11-21T24:00:00",
        "2026-11-21T09:60:00",
        "2026-11-21T09:30:61",
        "2026-11-21T09:30:00.",
        "2026-11-21T09:30:00+25:00",
        "2026-11-21T09:30:00 UTC",
        "2026-11-21T\u0660\u0669:30:00",
        1795247640,
        None,
    ],
)
def test_what_is_no_datetime_is_refused(value: Any) -> None:
    refused(datetime, value)


def test_a_date_is_a_day() -> None:
    assert reader(date)("2028-02-29") == date(2028, 2, 29)


@pytest.mark.parametrize(
    "value",
    ["", "2026-02-29", "20261121", "2026-W47-6", "2026-11-21T00:00:00", "21.11.2026", 20261121],
)
def test_what_is_no_date_is_refused(value: Any) -> None:
    refused(date, value)


def test_a_decimal_keeps_its_digits() -> None:
    assert str(reader(Decimal)("-12.50")) == "-12.50"
    assert str(reader(Decimal)("0" * 40 + "1")) == "1"


@pytest.mark.parametrize(
    "value", ["", "x", "NaN", "Infinity", "1e5", ".5", "5.", "1_000", " 1 ", "+1", "\u0661", 1, 1.5]
)
def test_what_is_no_decimal_is_refused(value: Any) -> None:
    assert repr(value) in refused(Decimal, value)


def test_a_uuid_is_a_text_on_the_wire() -> None:
    assert reader(UUID)(str(SOME_UUID)) == SOME_UUID
    assert refused(UUID, "x") == "'x' is no UUID"
    assert refused(UUID, 5) == "5 is no UUID"


@pytest.mark.parametrize("hint", [Any, object])
def test_anything_is_left_as_it_is(hint: Any) -> None:
    for value in (None, True, 1.5, "x", [1, {"a": None}]):
        assert reader(hint)(value) is value


# --------------------------------------------------------------------------- choices


def test_a_literal_is_one_of_its_values() -> None:
    meaning = understand(Literal["open", "done", 3])
    assert meaning.choices == (b'"open"', b'"done"', b"3")
    assert [meaning.read(value) for value in ("open", "done", 3)] == ["open", "done", 3]
    for value in ("shut", "3", None, ["open"], {}):
        assert "is none of 'open', 'done', 3" in refused(Literal["open", "done", 3], value)


def test_one_and_true_are_different_choices() -> None:
    assert understand(Literal[True, 1]).choices == (b"true", b"1")
    assert reader(Literal[True, 1])(True) is True
    assert reader(Literal[True, 1])(1) is not True


@pytest.mark.parametrize("hint", [Literal["a", None], Literal["a"] | None])
def test_a_literal_with_none_is_nullable(hint: Any) -> None:
    meaning = understand(hint)
    assert (meaning.type, meaning.nullable) == (_abi.FIELD_CHOICE, True)
    assert meaning.choices == (b'"a"',)
    assert (meaning.read("a"), meaning.read(None)) == ("a", None)
    assert "is none of" in refused(hint, "b")


def test_an_enumeration_has_its_values_on_the_wire() -> None:
    assert understand(Colour).choices == (b'"red"', b'"blue"')
    assert reader(Colour)("red") is Colour.RED
    assert reader(Level)(2) is Level.HIGH
    assert "is none of" in refused(Colour, "RED")
    assert "is none of" in refused(Level, "2")


def test_a_member_of_an_enumeration_may_be_a_literal() -> None:
    assert reader(Literal[Colour.RED])("red") is Colour.RED
    assert "is none of" in refused(Literal[Colour.RED], "blue")


def test_an_enumeration_with_the_value_none_is_nullable() -> None:
    for hint in (Answer, Answer | None):
        meaning = understand(hint)
        assert (meaning.nullable, meaning.choices) == (True, (b"true",))
        assert meaning.read(None) is Answer.UNKNOWN


# ----------------------------------------------------------------- lists and the like


def test_the_items_of_a_list_are_read() -> None:
    assert reader(list[date])(["2026-11-21"]) == [date(2026, 11, 21)]
    assert reader(list[int | None])([1, None]) == [1, None]
    assert reader(list[list[Decimal]])([["1.5"], []]) == [[Decimal("1.5")], []]
    assert reader(list)([1, "x"]) == [1, "x"]
    assert refused(list[int], [1, "x"]) == "'x' is no int"
    for value in ("abc", {"a": 1}, 1):
        assert refused(list[int], value) == f"{value!r} is no list"


def test_a_tuple_has_so_many_items() -> None:
    assert reader(tuple[int, date])([1, "2026-11-21"]) == (1, date(2026, 11, 21))
    assert reader(tuple[int, ...])([1, 2, 3]) == (1, 2, 3)
    assert reader(tuple[int, ...])([]) == ()
    assert reader(tuple)([1, "x"]) == (1, "x")
    assert refused(tuple[int, int], [1]) == "1 items, expected 2"
    assert refused(tuple[int, str], [1, 2]) == "2 is no str"


def test_a_set_has_each_item_once() -> None:
    assert reader(set[int])([2, 1, 2]) == {1, 2}
    assert reader(frozenset[str])(["a"]) == frozenset("a")
    assert reader(set)([1, "x"]) == {1, "x"}
    assert refused(set[int], ["x"]) == "'x' is no int"


@pytest.mark.parametrize("hint", [set, set[Any], set[list[int]], frozenset[Any]])
def test_what_cannot_be_in_a_set_is_refused(hint: Any) -> None:
    assert "unhashable" in refused(hint, [[1]])


def test_the_values_of_a_dictionary_are_read() -> None:
    assert reader(dict[str, date])({"a": "2026-11-21"}) == {"a": date(2026, 11, 21)}
    assert reader(dict)({"a": [1]}) == {"a": [1]}
    assert refused(dict[str, int], {"a": "x"}) == "'x' is no int"
    assert refused(dict[str, int], [1]) == "[1] is no dict"


def test_the_keys_of_a_dictionary_are_read() -> None:
    assert reader(dict[int, str])({"-1": "x"}) == {-1: "x"}
    assert reader(dict[float, str])({"1.5": "x"}) == {1.5: "x"}
    assert reader(dict[UUID, int])({str(SOME_UUID): 1}) == {SOME_UUID: 1}
    assert reader(dict[Colour, int])({"red": 1}) == {Colour.RED: 1}
    assert reader(dict[Literal["a"], int])({"a": 1}) == {"a": 1}
    assert "'x'" in refused(dict[int, str], {"x": "x"})
    assert "is none of" in refused(dict[Literal["a"], int], {"b": 1})


# ------------------------------------------------------------ TypedDicts, dataclasses


def test_a_typed_dict_has_the_members_it_names() -> None:
    assert reader(Place)({"x": 1, "y": 2.0}) == {"x": 1, "y": 2}
    assert reader(Place)({"x": 1, "y": 2, "name": "here"}) == {"x": 1, "y": 2, "name": "here"}
    assert refused(Place, {"x": 1}) == "Place lacks y"
    assert refused(Place, {"x": 1, "y": 2, "z": 3}) == "Place has no z"
    assert refused(Place, {"x": 1, "y": "2"}) == "y: '2' is no int"
    assert refused(Place, {"x": 1, "y": 2, "name": None}) == "name: None is no str"
    assert refused(Place, [1, 2]) == "[1, 2] is no dict"


def test_a_typed_dict_that_is_not_total_lacks_what_it_likes() -> None:
    assert reader(Options)({"term": "x"}) == {"term": "x"}
    assert refused(Options, {"limit": 3}) == "Options lacks term"


def test_a_typed_dict_may_contain_itself() -> None:
    tree = {"value": 1, "children": [{"value": 2}, {"value": 3, "children": []}]}
    assert reader(Tree)(tree) == tree
    tree["children"] = [{"value": 2, "children": [{"value": "x"}]}]
    assert refused(Tree, tree) == "children: children: value: 'x' is no int"


def test_a_typed_dict_of_typing_extensions_is_one() -> None:
    extensions = pytest.importorskip("typing_extensions")

    class Later(extensions.TypedDict):  # type: ignore[name-defined, misc]
        a: int
        b: extensions.NotRequired[int]

    assert reader(Later)({"a": 1}) == {"a": 1}
    assert refused(Later, {"b": 1}) == "Later lacks a"


def test_a_typed_dict_may_have_hints_that_are_texts() -> None:
    Texts = TypedDict("Texts", {"when": "date", "why": "NotRequired[str]", "2 or 3": "int"})
    value = {"when": "2026-11-21", "2 or 3": 2}
    assert reader(Texts)(value) == {"when": date(2026, 11, 21), "2 or 3": 2}
    assert refused(Texts, {"when": "2026-11-21"}) == "Texts lacks 2 or 3"


def test_a_dataclass_is_made_from_its_members() -> None:
    assert reader(Size)({"width": 3}) == Size(3, 1)
    assert reader(Size)({"width": 3, "height": 4}) == Size(3, 4)
    assert refused(Size, {"height": 4}) == "Size lacks width"
    assert refused(Size, {"width": 3, "depth": 5}) == "Size has no depth"
    assert refused(Size, {"width": True}) == "width: True is no int"
    assert refused(Size, 3) == "3 is no dict"


def test_a_dataclass_may_contain_others_and_itself() -> None:
    value = {"size": {"width": 3}, "inside": {"size": {"width": 1}, "tags": ["small"]}}
    assert reader(Box)(value) == Box(Size(3), [], Box(Size(1), ["small"]))
    assert reader(Box)(value).tags is not reader(Box)(value).tags
    value["inside"] = {"size": {"width": None}}
    assert refused(Box, value) == "inside: size: width: None is no int"


def test_of_a_dataclass_only_what_makes_it_can_be_given() -> None:
    assert refused(Box, {"size": {"width": 3}, "area": 9}) == "Box has no area"
    assert refused(Box, {"size": {"width": 3}, "kind": "x"}) == "Box has no kind"


def test_a_dataclass_may_refuse_to_be_made() -> None:
    @dataclass
    class Even:
        number: int
        unused: InitVar[int] = 0

        def __post_init__(self, unused: int) -> None:
            if self.number % 2:
                raise ValueError(f"{self.number} is odd")

    assert reader(Even)({"number": 2}) == Even(2)
    assert refused(list[Even], [{"number": 3}]) == "3 is odd"


def test_a_dataclass_in_a_function_may_contain_itself() -> None:
    @dataclass
    class Link:
        following: "Link | None" = None

    assert reader(Link)({"following": {}}) == Link(Link())


# -------------------------------------------------------------------------- relations


def test_a_relation_is_an_id_on_the_wire() -> None:
    assert understand(Member).model is Member
    assert reader(Member)(3) == Member.ref(3)
    assert reader(Page)("start") == Page.ref("start")
    assert reader(Member | None)(None) is None
    assert reader(list[Member])([1, 2]) == [Member.ref(1), Member.ref(2)]
    assert reader(dict[str, Member])({"a": 1}) == {"a": Member.ref(1)}


def test_an_id_is_of_the_kind_that_the_model_has() -> None:
    assert refused(Member, "3") == "'3' is no int"
    assert refused(Page, 3) == "3 is no str"
    assert refused(list[Member], [1, None]) == "None is no int"
    assert refused(list[Member], 1) == "1 is no list"
    assert refused(Member, 2.0) == "2.0 is no int"


def test_a_function_may_name_models_as_texts() -> None:
    def assign(self: Any, who: "Member", others: list["Member"], page: "Page | None") -> None: ...

    hints = hints_of(assign)
    assert hints["who"] is Member
    assert hints["others"] == list[Member]
    assert hints["page"] == Page | None


# --------------------------------------------------------------------------- encoding


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-3, "-3"),
        (10**30, "1" + "0" * 30),
        (1.5, "1.5"),
        ("Grüße \N{CAT} \"'\\\n\0", '"Grüße \N{CAT} \\"\'\\\\\\n\\u0000"'),
        (datetime(2026, 11, 21, 9, 30), '"2026-11-21T09:30:00"'),
        (datetime(2026, 11, 21, 9, 30, 0, 250000, UTC), '"2026-11-21T09:30:00.250000+00:00"'),
        (date(2026, 11, 21), '"2026-11-21"'),
        (Decimal("-12.50"), '"-12.50"'),
        (Decimal("1E+3"), '"1000"'),
        (Decimal("1E-3"), '"0.001"'),
        (SOME_UUID, f'"{SOME_UUID}"'),
        (Colour.RED, '"red"'),
        (Level.HIGH, "2"),
        ((1, "a"), '[1,"a"]'),
        ({3}, "[3]"),
        (frozenset("a"), '["a"]'),
        ({"a": [1, {}], "b": None}, '{"a":[1,{}],"b":null}'),
        ({1: "a"}, '{"1":"a"}'),
        (Size(3), '{"width":3,"height":1}'),
        (Box(Size(1)), '{"size":{"width":1,"height":1},"tags":[],"inside":null,"area":0}'),
        (Member(id=1, name="Ada"), '{"id":1,"name":"Ada"}'),
        ([Member.ref(1), Page.ref("a")], '[{"id":1},{"id":"a"}]'),
        ({"when": date(2026, 11, 21), "what": {"who": Colour.BLUE}}, None),
    ],
)
def test_each_type_has_a_form(value: Any, text: str | None) -> None:
    text = '{"when":"2026-11-21","what":{"who":"blue"}}' if text is None else text
    assert encode(value).decode() == text


def test_a_named_tuple_is_a_list() -> None:
    class Point(NamedTuple):
        x: int
        y: int

    assert encode(Point(1, 2)) == b"[1,2]"


def test_an_object_may_say_its_form() -> None:
    class Celsius:
        def __json__(self) -> Any:
            return {"degrees": Decimal("21.5")}

    assert encode([Celsius()]) == b'[{"degrees":"21.5"}]'


@pytest.mark.parametrize("value", [b"x", object(), 1j, timedelta(1), Member, Size, iter([])])
def test_what_has_no_form_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="has no form in JSON"):
        encode({"a": [value]})


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("-Infinity")],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        encode({"a": [value]})


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", {"\ud800": 1}, ["\udc00\ud800"]])
def test_half_of_a_surrogate_pair_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        encode(value)


def test_what_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError):
        encode(value)


# ----------------------------------------------------------------- there and back again

Sample = tuple[Any, Any]
"""A hint, and a value as JSON has it."""


def texts(random: Random) -> str:
    letters = 'az09 "\\\n\0é\N{CAT}\u2028'
    return "".join(random.choice(letters) for _ in range(random.randrange(8)))


def moments(random: Random) -> str:
    moment = datetime(2026, 1, 1) + timedelta(microseconds=random.randrange(10**15))
    minutes = random.choice((0, 330, -210))
    zone = random.choice((None, timezone(timedelta(minutes=minutes))))
    return moment.replace(tzinfo=zone).isoformat()


SIMPLE: list[Callable[[Random], Sample]] = [
    lambda random: (bool, random.random() < 0.5),
    lambda random: (int, random.choice((0, -1, 2**63, random.randrange(10**20)))),
    lambda random: (float, random.choice((0.5, -1e300, random.random()))),
    lambda random: (str, texts(random)),
    lambda random: (datetime, moments(random)),
    lambda random: (date, moments(random)[:10]),
    lambda random: (Decimal, f"{random.randrange(-999, 999)}.{random.randrange(100):02}"),
    lambda random: (UUID, str(UUID(int=random.getrandbits(128)))),
    lambda random: (Literal["a", 2, None], random.choice(("a", 2, None))),
    lambda random: (Colour, random.choice(("red", "blue"))),
    lambda random: (Level, random.choice((1, 2))),
    lambda random: (Any, random.choice((None, 1, "x", [1, {"a": None}]))),
    lambda random: (Place, {"x": random.randrange(9), "y": -1}),
    lambda random: (Size, {"width": random.randrange(9), "height": 2}),
    lambda random: (Tree, {"value": 1, "children": [{"value": 2, "children": []}]}),
]


def sample(random: Random, depth: int) -> Sample:
    if depth == 0 or random.random() < 0.4:
        return random.choice(SIMPLE)(random)
    hint, value = sample(random, depth - 1)
    other, another = sample(random, depth - 1)
    made: list[Sample] = [
        (list[hint], [value, value]),
        (tuple[hint, other], [value, another]),
        (tuple[hint, ...], [value]),
        (dict[str, hint], {"": value, "b": value}),
        (dict[int, hint], {"-5": value}),
        (hint | None, random.choice((None, value))),
        (Annotated[hint, "what"], value),
    ]
    return random.choice(made)


@pytest.mark.parametrize("seed", range(300))
def test_what_was_read_is_written_as_it_came(seed: int) -> None:
    hint, value = sample(Random(seed), 3)
    read = reader(hint)
    assert json.loads(encode(read(value))) == value
    assert read(json.loads(encode(read(value)))) == read(value)


@pytest.mark.parametrize("seed", range(300))
def test_whatever_comes_is_read_or_refused(seed: int) -> None:
    random = Random(seed)
    hint, _ = sample(random, 3)
    read = reader(hint)
    for _ in range(10):
        _, value = sample(random, 3)
        try:
            found = read(value)
        except ValueError:
            continue
        assert read(json.loads(encode(found))) == found
