"""Which file is loaded, and what is said when it cannot be."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

import covey
from covey import _abi, _library

VERSION = f"{_abi.VERSION_MAJOR}.{_abi.VERSION_MINOR}.{_abi.VERSION_PATCH}"


def built(target: Path, source: str, *options: str) -> Path:
    """A small shared library."""
    compiler = os.environ.get("CC", "cc")
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    command = [compiler, "-shared", "-fPIC", "-xc", "-", "-xnone", *options, "-o", str(target)]
    subprocess.run(command, input=source, text=True, check=True, env=environment)
    return target


def impostor(folder: Path, version: str, *options: str) -> Path:
    """A library that says it is libcovey of that version, and has nothing else."""
    source = f'const char *covey_version(void) {{ return "{version}"; }}\n'
    return built(folder / "libcovey.so.1", source, *options)


def imported(library: Path) -> str:
    """The last line of an import of covey with that library."""
    environment = {**os.environ, "COVEY_LIBRARY": str(library), "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        [sys.executable, "-c", "import covey._library"],
        env=environment,
        text=True,
        capture_output=True,
    )
    return done.stderr.strip().rpartition("\n")[2]


@pytest.mark.skipif("COVEY_TEST_INSTALLED" not in os.environ, reason="not the installed package")
def test_the_installed_package_is_what_is_tested() -> None:
    folder = Path(covey.__path__[0])
    assert folder.parent.name == "site-packages"
    assert _library.path == os.environ.get("COVEY_LIBRARY", str(folder / "libcovey.so.1"))


def test_the_library_beside_the_package_goes_before_the_systems(tmp_path: Path) -> None:
    assert _library.find(None, str(tmp_path)) == "libcovey.so.1"
    beside = tmp_path / "libcovey.so.1"
    beside.touch()
    assert _library.find(None, str(tmp_path)) == str(beside)
    assert _library.find("", str(tmp_path)) == str(beside)


def test_a_library_that_was_chosen_goes_before_all(tmp_path: Path) -> None:
    chosen = tmp_path / "libother.so"
    chosen.touch()
    (tmp_path / "libcovey.so.1").touch()
    assert _library.find(str(chosen), str(tmp_path)) == str(chosen)


def test_a_chosen_library_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "libcovey.so.1"
    assert f"COVEY_LIBRARY names {missing}, which is no file" in imported(missing)


def test_no_library_at_all_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_library, "NAME", "libcovey.so.77")
    with pytest.raises(ImportError, match=r"libcovey\.so\.77 was not found .* COVEY_LIBRARY"):
        _library.load("libcovey.so.77")


@pytest.mark.parametrize("name", ["libwebsockets", "libuv"])
def test_a_missing_library_is_named_with_its_package(tmp_path: Path, name: str) -> None:
    needed = built(tmp_path / "needed.so", "", f"-Wl,-soname,{name}.so.77")
    library = impostor(tmp_path, VERSION, "-Wl,--no-as-needed", str(needed))
    needed.unlink()
    said = imported(library)
    assert f"{name}.so.77, which {library} needs, is missing" in said
    assert said.endswith(f"on Debian: apt-get install {name}77")


def test_the_packages_are_those_of_debian_12() -> None:
    for name, package in [("libwebsockets.so.17", "libwebsockets17"), ("libuv.so.1", "libuv1")]:
        reason = f"{name}: cannot open shared object file: No such file or directory"
        assert str(_library.not_loaded("x", reason)).endswith(f"apt-get install {package}")


def test_another_library_that_is_missing_is_named_as_the_loader_does(tmp_path: Path) -> None:
    needed = built(tmp_path / "needed.so", "", "-Wl,-soname,libother.so.77")
    library = impostor(tmp_path, VERSION, "-Wl,--no-as-needed", str(needed))
    needed.unlink()
    assert f"{library} could not be loaded: libother.so.77: cannot open" in imported(library)


def test_what_is_no_library_is_said_to_be_none(tmp_path: Path) -> None:
    library = tmp_path / "libcovey.so.1"
    library.write_text("not a library")
    assert f"{library} could not be loaded: {library}: " in imported(library)


def test_another_major_version_is_refused(tmp_path: Path) -> None:
    library = impostor(tmp_path, "2.0.0")
    said = imported(library)
    assert said.startswith(f"ImportError: {library} is version 2.0.0 of Covey; this package needs ")


@pytest.mark.parametrize("version", ["1.2.9", "0.9.0", "2.3.0"])
def test_what_is_too_old_or_of_another_major_is_refused(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_abi, "VERSION_MINOR", 3)
    with pytest.raises(ImportError, match=f"x is version {version} .* 1.3 or a later 1.x"):
        _library.check_version("x", version)


@pytest.mark.parametrize("version", ["1.3.0", "1.3.1", "1.12.0"])
def test_a_later_minor_version_is_taken(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_abi, "VERSION_MINOR", 3)
    _library.check_version("x", version)


def test_a_function_that_is_missing_is_named(tmp_path: Path) -> None:
    library = impostor(tmp_path, VERSION)
    assert f"{library} lacks covey_status_text, which its version" in imported(library)


def test_the_plugin_is_found_here() -> None:
    _library.check_plugin()


def test_a_missing_plugin_is_named_with_its_package() -> None:
    with pytest.raises(ImportError, match=r"libwebsockets-evlib_none\.so, .* libwebsockets-evlib-"):
        _library.check_plugin("libwebsockets-evlib_none.so")


def test_a_plugin_that_lies_beside_libwebsockets_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_library, "loaded_file", lambda prefix: str(tmp_path / f"{prefix}.17"))
    with pytest.raises(OSError):
        _library.check_plugin("libwebsockets-evlib_none.so")
    (tmp_path / "libwebsockets-evlib_none.so").touch()
    _library.check_plugin("libwebsockets-evlib_none.so")


def test_a_libwebsockets_that_is_linked_with_libuv_needs_no_plugin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    libuv = _library.loaded_file("libuv.so")
    assert libuv is not None
    monkeypatch.setattr(_library, "loaded_file", lambda prefix: libuv)
    _library.check_plugin("libwebsockets-evlib_none.so")


def test_where_nothing_can_be_told_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_library, "loaded_file", lambda prefix: None)
    _library.check_plugin("libwebsockets-evlib_none.so")


def test_a_loaded_file_is_found_by_the_beginning_of_its_name() -> None:
    websockets = _library.loaded_file("libwebsockets.so")
    assert websockets is not None
    assert os.path.isfile(websockets)
    assert _library.loaded_file("libnothing.so") is None


def test_the_views_are_of_one_library_and_differ_in_the_lock() -> None:
    assert type(_library.lib) is ctypes.PyDLL
    assert type(_library.blocking) is ctypes.CDLL
    assert _library.lib._handle == _library.blocking._handle


@pytest.mark.parametrize("name", _abi.SIGNATURES)
def test_each_function_has_its_signature(name: str) -> None:
    views = [_library.lib, _library.blocking] if name in _library.BLOCKING else [_library.lib]
    for view in views:
        function = vars(view)[name]  # looked up once, at import
        assert (function.restype, tuple(function.argtypes)) == _abi.SIGNATURES[name]
