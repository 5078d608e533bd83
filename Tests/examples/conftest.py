"""Fixtures: examples that are stopped and checked when the test is over, and a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from chromium import Chromium, Page
from example_program import ExampleProgram


class Start(Protocol):
    def __call__(self, name: str, *flags: str) -> ExampleProgram: ...


class OpenPage(Protocol):
    def __call__(self, url: str) -> Page: ...


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts examples: `start("echo", "--max-message", "10")`."""
    programs: list[ExampleProgram] = []

    def start_program(name: str, *flags: str) -> ExampleProgram:
        programs.append(ExampleProgram(name, *flags))
        return programs[-1]

    yield start_program
    for program in programs:
        program.stop()


#: Has a test run against the program in C, and against the one in Python.
in_both_languages = pytest.fixture(params=["", "python/"], ids=["c", "python"])


@in_both_languages
def chat(request: pytest.FixtureRequest, start: Start) -> ExampleProgram:
    return start(f"{request.param}chat")


@in_both_languages
def board(request: pytest.FixtureRequest, start: Start) -> ExampleProgram:
    return start(f"{request.param}board")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    profile: Path = tmp_path_factory.mktemp("chromium")
    with Chromium(profile) as browser:
        yield browser


@pytest.fixture
def open_page(chromium: Chromium) -> Iterator[OpenPage]:
    """Opens tabs, and closes them again. They must not have met an error of JavaScript."""
    pages: list[Page] = []

    def open_one(url: str) -> Page:
        pages.append(chromium.open_page())
        pages[-1].go_to(url)
        return pages[-1]

    yield open_one
    exceptions = [exception for page in pages for exception in page.exceptions()]
    for page in pages:
        page.close()
    assert exceptions == []
