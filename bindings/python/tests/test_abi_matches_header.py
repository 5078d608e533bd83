"""covey/_abi.py says what the headers say: every name, type, number, field and parameter."""

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pycparser import c_ast, c_parser  # type: ignore[import-untyped]

from covey import _abi

INCLUDE = Path(__file__).resolve().parents[3] / "include"
INTEGERS = {
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "size_t": ctypes.c_size_t,
    "uint8_t": ctypes.c_uint8,
    "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
}
CDECL = 1
# In place of the standard headers; to the parser it matters only that these are types.
STANDARD = "".join(f"typedef int {name};\n" for name in INTEGERS if name != "int")


def compiler(*arguments: str, text: str = "") -> str:
    """What the C compiler prints; never with a sanitizer that this process was started with."""
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    command = [os.environ.get("CC", "cc"), *arguments]
    done = subprocess.run(
        command, input=text, text=True, capture_output=True, check=True, env=environment
    )
    return done.stdout


def preprocessed(*options: str) -> str:
    """covey.h and what it includes, without the standard headers."""
    with tempfile.TemporaryDirectory() as empty:
        for name in ("stddef.h", "stdint.h"):
            (Path(empty) / name).touch()
        header = str(INCLUDE / "covey.h")
        return compiler("-E", "-P", *options, "-nostdinc", f"-I{empty}", f"-I{INCLUDE}", header)


def python_name(name: str) -> str:
    """covey_on_connect_fn is OnConnect; COVEY_E_GONE is E_GONE."""
    if name.startswith("COVEY_"):
        return name.removeprefix("COVEY_")
    return name.removeprefix("covey_").removesuffix("_fn").title().replace("_", "")


class Header:
    """What the headers declare, in their order."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []  # of types and enum values
        self.enums: dict[str, int] = {}
        self.integers: dict[str, str] = {}
        self.opaque: list[str] = []
        self.structs: dict[str, list[Any]] = {}
        self.callbacks: dict[str, Any] = {}
        self.functions: dict[str, Any] = {}
        for node in c_parser.CParser().parse(STANDARD + text).ext:
            if node.name not in INTEGERS:
                self.add(node)

    def add(self, node: Any) -> None:
        if isinstance(node.type, c_ast.Enum):
            self.add_enum(node.type)
        elif isinstance(node.type, c_ast.FuncDecl):
            self.functions[node.name] = node.type
        else:
            assert isinstance(node, c_ast.Typedef), node
            self.names.append(node.name)
            self.add_type(node.name, node.type)

    def add_enum(self, enum: Any) -> None:
        for item in enum.values.enumerators:
            is_negative = isinstance(item.value, c_ast.UnaryOp)
            literal = item.value.expr if is_negative else item.value
            self.names.append(item.name)
            self.enums[item.name] = -int(literal.value, 0) if is_negative else int(literal.value, 0)

    def add_type(self, name: str, kind: Any) -> None:
        if isinstance(kind, c_ast.PtrDecl):
            self.callbacks[name] = kind.type
        elif isinstance(kind.type, c_ast.IdentifierType):
            self.integers[name] = kind.type.names[0]
        elif kind.type.decls is None:
            self.opaque.append(name)
        else:
            self.structs[name] = kind.type.decls


def macros(text: str) -> Iterator[tuple[str, int]]:
    """The numeric ones."""
    for line in text.splitlines():
        _, name, *value = line.split(maxsplit=2)
        if name.startswith("COVEY_") and value and "_INIT" not in name:
            yield name, 0xFFFFFFFF if value[0] == "UINT32_MAX" else int(value[0], 0)


HEADER = Header(preprocessed())
MACROS = dict(macros(preprocessed("-dM")))
CONSTANTS = {**MACROS, **HEADER.enums}


def ctype(node: Any, *, is_lent: bool) -> Any:
    """What a type of the header must be in _abi; is_lent: a text of it must not be copied."""
    if isinstance(node, c_ast.ArrayDecl):
        return ctypes.c_char * int(node.dim.value)
    if isinstance(node, c_ast.PtrDecl):
        return pointer(node.type, is_lent=is_lent)
    name = node.type.names[0]
    if name == "void":
        return None
    if name in HEADER.callbacks or name in HEADER.structs:
        return getattr(_abi, python_name(name))
    return INTEGERS[HEADER.integers.get(name, name)]


def pointer(target: Any, *, is_lent: bool) -> Any:
    if isinstance(target, c_ast.PtrDecl):
        if isinstance(target.type, c_ast.PtrDecl):  # const char *const **: a list that is answered
            return ctypes.POINTER(pointer(target.type, is_lent=is_lent))
        is_list = "const" in target.quals  # const char *const *
        return ctypes.POINTER(ctypes.c_char_p if is_list else ctypes.c_void_p)
    name = target.type.names[0]
    if name in HEADER.opaque:
        return ctypes.c_void_p
    if name in ("char", "void"):
        is_input = "const" in target.quals and not is_lent
        return ctypes.c_char_p if is_input else ctypes.c_void_p
    return ctypes.POINTER(ctype(target, is_lent=is_lent))


def signature(function: Any, *, is_lent: bool) -> tuple[Any, tuple[Any, ...]]:
    arguments = [ctype(parameter.type, is_lent=is_lent) for parameter in function.args.params]
    returned = ctype(function.type, is_lent=is_lent)
    return returned, () if arguments == [None] else tuple(arguments)


def is_size(decl: Any) -> bool:
    return isinstance(decl.type, c_ast.TypeDecl) and decl.type.type.names == ["size_t"]


def fields(decls: list[Any]) -> list[tuple[str, Any]]:
    following = [*decls[1:], None]
    return [
        (decl.name, ctype(decl.type, is_lent=after is not None and is_size(after)))
        for decl, after in zip(decls, following, strict=True)
    ]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Sizes, offsets and constants, as the C compiler has them."""
    lines = []
    for struct, decls in HEADER.structs.items():
        lines.append(f'SHOW("{struct}", sizeof({struct}))')
        lines += [f'SHOW("{struct}.{d.name}", offsetof({struct}, {d.name}))' for d in decls]
    lines += [f'SHOW("{name}", {name})' for name in CONSTANTS]
    body = "\n".join(lines)
    source = (
        "#include <stdio.h>\n#include <covey.h>\n"
        '#define SHOW(name, value) printf("%s %lld\\n", name, (long long)(value));\n'
        f"int main(void) {{\n{body}\nreturn 0; }}\n"
    )
    program = str(tmp_path_factory.mktemp("layout") / "program")
    compiler(f"-I{INCLUDE}", "-xc", "-", "-o", program, text=source)
    printed = subprocess.run([program], text=True, capture_output=True, check=True).stdout
    return {name: int(value) for name, value in map(str.split, printed.splitlines())}


def test_the_headers_were_understood() -> None:
    assert "covey_server_new" in HEADER.functions
    assert "covey_write_accept" in HEADER.functions
    assert len(HEADER.functions) > 80
    assert len(HEADER.structs) > 10
    assert len(HEADER.callbacks) > 10
    assert MACROS["COVEY_OFF"] == 0xFFFFFFFF


def test_it_has_all_that_the_headers_have_and_nothing_else() -> None:
    imported = {*vars(ctypes), "Any", "SIGNATURES"}
    # "@": what pytest adds to each module of a package with a plugin.
    mirrored = {name for name in vars(_abi) if name[0] not in "_@"} - imported
    assert mirrored == {python_name(name) for name in (*MACROS, *HEADER.names)}


def test_types_and_constants_are_in_the_order_of_the_headers() -> None:
    names = [python_name(name) for name in HEADER.names]
    assert [name for name in vars(_abi) if name in set(names)] == names


def test_functions_are_those_of_the_headers_in_their_order() -> None:
    assert list(_abi.SIGNATURES) == list(HEADER.functions)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constant(name: str, compiled: dict[str, int]) -> None:
    assert getattr(_abi, python_name(name)) == CONSTANTS[name] == compiled[name]


@pytest.mark.parametrize("name", HEADER.integers)
def test_integer_type(name: str) -> None:
    assert getattr(_abi, python_name(name)) is INTEGERS[HEADER.integers[name]]


@pytest.mark.parametrize("name", HEADER.opaque)
def test_opaque_type(name: str) -> None:
    assert getattr(_abi, python_name(name)) is ctypes.c_void_p


@pytest.mark.parametrize("name", HEADER.structs)
def test_struct(name: str, compiled: dict[str, int]) -> None:
    struct = getattr(_abi, python_name(name))
    assert list(struct._fields_) == fields(HEADER.structs[name])
    assert ctypes.sizeof(struct) == compiled[name]
    for field, _ in struct._fields_:
        assert getattr(struct, field).offset == compiled[f"{name}.{field}"], field


@pytest.mark.parametrize("name", HEADER.callbacks)
def test_callback(name: str) -> None:
    callback = getattr(_abi, python_name(name))
    assert callback._flags_ == CDECL  # the interpreter's lock is taken for it
    expected = signature(HEADER.callbacks[name], is_lent=True)
    assert (callback._restype_, callback._argtypes_) == expected


@pytest.mark.parametrize("name", HEADER.functions)
def test_function(name: str) -> None:
    assert _abi.SIGNATURES[name] == signature(HEADER.functions[name], is_lent=False)
