"""board, in a browser: what people see who use it together."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from board_client import ALL, follow
from board_page import (
    NAME,
    NEW_PROJECT,
    NEW_TASK,
    SEARCH,
    SHIFT,
    BoardPage,
    box,
    delete_button,
    move_button,
    title_of,
)
from conftest import OpenPage, Start
from example_program import ExampleProgram

FRONT, TEXTS, FONT = "Draw the front page", "Write the texts", "Choose a font"
ICONS, PAYMENT = "Sketch the icons", "Compare payment services"

#: What serves the page.
PROGRAMS = ["board", "python/board"]
#: Those that keep what was said in a file.
KEEPING = ["board"]


class OpenBoard(Protocol):
    def __call__(self, project: int | str = 1) -> BoardPage: ...


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def board(program: str, start: Start) -> ExampleProgram:
    return start(program)


@pytest.fixture
def open_any(open_page: OpenPage) -> Iterator[Callable[[ExampleProgram], BoardPage]]:
    """Tabs that are about to show a board. Nothing may go wrong in them."""
    pages: list[BoardPage] = []

    def open_one(board: ExampleProgram) -> BoardPage:
        pages.append(BoardPage(open_page("about:blank"), board.authority))
        return pages[-1]

    yield open_one
    assert [error for page in pages for error in page.errors()] == []


@pytest.fixture
def open_board(board: ExampleProgram, open_any: Callable[[ExampleProgram], BoardPage]) -> OpenBoard:
    def open_one(project: int | str = 1) -> BoardPage:
        page = open_any(board)
        page.open(project)
        return page

    return open_one


# --------------------------------------------------------------------------------- together


def test_a_task_checked_in_one_page_is_checked_in_the_other(open_board: OpenBoard) -> None:
    one, other = open_board(), open_board()
    one.wait_for_tasks((FRONT, True), (TEXTS, False), (FONT, False))
    one.click(box(TEXTS))
    other.click(box(FRONT))
    for page in (one, other):
        page.wait_for_tasks((FRONT, False), (TEXTS, True), (FONT, False))
        page.wait_for_text("[data-part=done]", "1 of 3 done")


def test_both_see_what_is_renamed(open_board: OpenBoard) -> None:
    one, other = open_board(), open_board()
    one.fill(title_of(FONT), "Choose two fonts")
    other.fill(NAME, "Our site")
    for page in (one, other):
        page.wait_for_tasks((FRONT, True), (TEXTS, False), ("Choose two fonts", False))
        page.wait_for_text("h1", "Our site")
        page.wait_for_projects("Web shop", "Mobile app", "Our site")
        page.wait_for("document.title", "Our site · Board")


def test_both_see_what_is_added_and_deleted(open_board: OpenBoard) -> None:
    one, other = open_board(), open_board()
    one.fill(NEW_TASK, "Launch")
    one.page.type("Celebrate")  # the field is ready for the next
    one.press("Enter")
    other.click(delete_button(FRONT))
    for page in (one, other):
        page.wait_for_tasks((TEXTS, False), (FONT, False), ("Launch", False), ("Celebrate", False))
    other.click(box("Launch"))
    one.wait_for_tasks((TEXTS, False), (FONT, False), ("Launch", True), ("Celebrate", False))


def test_both_see_where_a_task_is_moved(open_board: OpenBoard) -> None:
    one, other = open_board(1), open_board(2)
    one.move(TEXTS, "Mobile app")
    one.wait_for_tasks((FRONT, True), (FONT, False))
    other.wait_for_tasks((ICONS, False), (TEXTS, False))
    other.move(ICONS, "Website")
    one.wait_for_tasks((FRONT, True), (FONT, False), (ICONS, False))
    one.open_project(2, "Mobile app")
    one.wait_for_tasks((TEXTS, False))


def test_both_get_a_new_project(open_board: OpenBoard) -> None:
    one, other = open_board(), open_board()
    one.fill(NEW_PROJECT, "Podcast")
    one.wait_for_text("h1", "Podcast")
    one.wait_for("document.querySelector('nav form input').value", "")
    one.fill(NEW_TASK, "Find a voice")
    for page in (one, other):
        page.wait_for_projects("Podcast", "Web shop", "Mobile app", "Website")
    assert len(other.tasks()) == 3  # who looks at another project stays there
    other.open_project(4, "Podcast")
    other.wait_for_tasks(("Find a voice", False))


def test_it_counts_who_is_viewing(open_board: OpenBoard) -> None:
    one, other = open_board(), open_board()
    for page in (one, other):
        page.wait_for_text(".viewers", "2 viewing")
    other.open_project(2, "Mobile app")
    one.wait_for_text(".viewers", "1 viewing")
    other.wait_for_text(".viewers", "1 viewing")


def test_everybody_sees_their_own_notes(open_board: OpenBoard) -> None:
    page = open_board()
    notes = "[...document.querySelectorAll('.notes li')].map((note) => note.textContent)"
    page.wait_for(notes, ["Ask Carol about the colours", "Book the photographer"])
    page.click("[value=bob] + span")
    page.wait_for(notes, ["Texts are due on Friday"])
    page.wait_for_text(".viewers", "1 viewing")  # Alice has left
    page.page.go_to("about:blank")
    page.open()
    page.wait_for(notes, ["Texts are due on Friday"])
    page.open_project(2, "Mobile app")
    page.wait_for("document.querySelector('.notes').hidden", True)


def test_the_server_searches(open_board: OpenBoard) -> None:
    page, other = open_board(), open_board()
    page.search("Web")
    page.wait_for_projects("Web shop", "Website")
    page.page.type("s")
    page.wait_for_projects("Website")
    page.page.type("?")
    page.wait_for_projects()
    page.wait_for_text("nav .empty", "No project contains “Webs?”.")
    page.move(FONT, "Mobile app")  # wherever it is
    page.search("app")
    page.wait_for_projects("Mobile app")
    other.open_project(2, "Mobile app")
    other.fill(NAME, "Telephone app")
    page.wait_for_projects("Telephone app")
    page.click(SEARCH)
    page.press("Escape")  # empties a field that searches
    page.wait_for_projects("Web shop", "Telephone app", "Website")


def test_a_page_says_that_there_is_no_such_project(open_board: OpenBoard) -> None:
    page = open_board("99")
    page.wait_for_text(".waiting", "There is no such project.")
    page.open_project(3, "Web shop")


# --------------------------------------------------------------------- ahead of the answer

Change = Callable[[BoardPage], None]

CHANGES: dict[str, tuple[Change, list[tuple[str, bool]], str]] = {
    "check": (
        lambda page: page.click(box(TEXTS)),
        [(FRONT, True), (TEXTS, True), (FONT, False)],
        "Task not changed: ",
    ),
    "rename": (
        lambda page: page.fill(title_of(FONT), "Serifs"),
        [(FRONT, True), (TEXTS, False), ("Serifs", False)],
        "Task not changed: ",
    ),
    "add": (
        lambda page: page.fill(NEW_TASK, "Launch"),
        [(FRONT, True), (TEXTS, False), (FONT, False), ("Launch", False)],
        "Task not added: ",
    ),
    "delete": (
        lambda page: page.click(delete_button(TEXTS)),
        [(FRONT, True), (FONT, False)],
        "Task not deleted: ",
    ),
    "move": (
        lambda page: page.move(TEXTS, "Web shop"),
        [(FRONT, True), (FONT, False)],
        "Task not changed: ",
    ),
}
every_change = pytest.mark.parametrize("change", list(CHANGES))
FIRST = [(FRONT, True), (TEXTS, False), (FONT, False)]


@every_change
def test_a_change_is_shown_ahead_of_the_answer(open_board: OpenBoard, change: str) -> None:
    page, other = open_board(), open_board()
    do, changed, _ = CHANGES[change]
    page.hold()
    do(page)
    page.wait_for_tasks(*changed)
    other.wait_for_tasks(*changed)  # so the server has answered
    assert page.tasks() == changed
    page.release()
    assert page.tasks() == changed
    assert page.toast() == ""


@every_change
def test_a_refused_change_is_taken_back(open_board: OpenBoard, change: str) -> None:
    page, other = open_board(), open_board()
    do, changed, problem = CHANGES[change]
    page.spoil_the_next_write()
    page.hold()
    do(page)
    page.wait_for_tasks(*changed)
    other.click(box(FRONT))  # what others do meanwhile stays
    page.page.wait_until("held.length >= 2")
    assert page.tasks() == changed
    page.release()
    page.wait_for_toast(problem)
    expected = [(title, done and title != FRONT) for title, done in FIRST]
    page.wait_for_tasks(*expected)
    other.wait_for_tasks(*expected)


def test_the_text_of_a_task_that_was_refused_is_not_lost(open_board: OpenBoard) -> None:
    page = open_board()
    page.spoil_the_next_write()
    page.fill(NEW_TASK, "Launch")
    page.wait_for_toast("Task not added: ")
    page.wait_for("document.activeElement.value", "Launch")
    page.press("Enter")
    page.wait_for_tasks(*FIRST, ("Launch", False))


def test_the_board_refuses_half_a_character(open_board: OpenBoard) -> None:
    page, other = open_board(), open_board()
    page.click(NAME)
    page.page.evaluate("document.activeElement.value = 'Website \\ud83c'")
    page.press("Enter")
    page.wait_for_toast("Project not renamed: ")
    page.wait_for_text("h1", "Website")
    page.click("[data-part=toast] button")
    assert page.toast() == ""
    other.wait_for_text("h1", "Website")


def test_what_others_do_does_not_disturb(open_board: OpenBoard) -> None:
    page, other = open_board(), open_board()
    page.click(title_of(TEXTS))
    page.page.type("Half a ti")
    page.page.evaluate("document.activeElement.setSelectionRange(2, 5)")
    page.page.evaluate("window.nodes = [...document.querySelectorAll('.task')]")
    other.fill(title_of(TEXTS), "Shorten the texts")
    other.click(delete_button(FRONT))
    other.fill(NEW_TASK, "Launch")
    page.wait_for_tasks(("Shorten the texts", False), (FONT, False), ("Launch", False))
    field = "document.activeElement"
    selection = f"[{field}.value, {field}.selectionStart, {field}.selectionEnd]"
    assert page.page.evaluate(selection) == ["Half a ti", 2, 5]
    now = "[...document.querySelectorAll('.task')]"
    assert page.page.evaluate(f"{now}.map((row) => nodes.indexOf(row))") == [1, 2, -1]
    page.press("Escape")
    assert page.focus() == "Shorten the texts"


def test_only_what_changed_is_touched(open_board: OpenBoard) -> None:
    page, other = open_board(), open_board()
    page.page.evaluate(
        "window.touched = new Set();"
        "new MutationObserver((all) => all.forEach(({ target }) => touched.add("
        "  target.parentElement.closest('li, .facts, .progress')?.innerText"
        "))).observe(document.body, { subtree: true, childList: true, attributes: true,"
        "  characterData: true })"
    )
    other.fill(title_of(FONT), "Serifs")
    page.wait_for_tasks((FRONT, True), (TEXTS, False), ("Serifs", False))
    touched = page.page.evaluate("[...touched]")
    assert not any(text and (FRONT in text or TEXTS in text or "shop" in text) for text in touched)


# ------------------------------------------------------------------------- in bad times


def test_it_says_how_it_stands_with_the_server(
    board: ExampleProgram, open_any: Callable[[ExampleProgram], BoardPage]
) -> None:
    page = open_any(board)
    page.go_to(first="held = []")
    page.wait_for_status("Connecting")
    page.wait_for_text(".waiting", "Waiting for the server")
    page.page.wait_until("held.length >= 2")
    page.page.evaluate("held.shift()()")
    page.wait_for_status("Syncing")
    page.release()
    page.wait_for_status("Live")
    page.wait_for_tasks(*FIRST)


def test_who_is_not_let_in_can_do_nothing(
    board: ExampleProgram, open_any: Callable[[ExampleProgram], BoardPage]
) -> None:
    page = open_any(board)
    page.go_to(first="""spoilt = ['"token":"', '"token":"no-']""")
    page.wait_for_status("Closed: load the page again")
    page.wait_for_tasks()
    assert page.page.evaluate("document.querySelector('.content').inert")


def kill(board: ExampleProgram) -> None:
    board.process.send_signal(signal.SIGKILL)
    board.process.communicate(timeout=10)


def test_two_pages_find_back_after_a_restart_and_agree(
    program: str,
    start: Start,
    open_any: Callable[[ExampleProgram], BoardPage],
    tmp_path: Path,
) -> None:
    flags = ["--state", str(tmp_path / "state")] if program in KEEPING else []
    board = start(program, *flags)
    one, other = open_any(board), open_any(board)
    for page in (one, other):
        page.open()
    one.fill(NEW_TASK, "Launch")
    other.wait_for_tasks(*FIRST, ("Launch", False))
    kill(board)
    for page in (one, other):
        page.wait_for_status("Connecting")
        page.wait_for("document.querySelector('.viewers').hidden", True)
    one.click(box(TEXTS))
    other.fill(title_of(FONT), "Serifs")
    one.wait_for_tasks((FRONT, True), (TEXTS, True), (FONT, False), ("Launch", False))

    board = start(program, *flags, "--port", str(board.port))
    expected = [(FRONT, True), (TEXTS, True), ("Serifs", False)]
    if flags:
        expected.append(("Launch", False))
    for page in (one, other):
        page.wait_for_status("Live")
        page.wait_for_tasks(*expected)
        page.wait_for_text(".viewers", "2 viewing")
        assert page.toast() == ""
    assert one.text() == other.text()
    with follow(board, ALL) as client:
        project = client.projects()[-1]
        assert [(task["title"], task["done"]) for task in project["tasks"]] == expected


def test_a_search_outlives_a_restart(
    program: str, start: Start, open_any: Callable[[ExampleProgram], BoardPage]
) -> None:
    board = start(program)
    page = open_any(board)
    page.open()
    page.search("shop")
    page.wait_for_projects("Web shop")
    kill(board)
    page.wait_for_status("Connecting")
    start(program, "--port", str(board.port))
    page.wait_for_status("Live")
    page.wait_for_text(".viewers", "1 viewing")
    page.wait_for_projects("Web shop")


def test_what_was_on_its_way_when_the_connection_broke(
    program: str, start: Start, open_any: Callable[[ExampleProgram], BoardPage]
) -> None:
    """Saying the same twice does no harm, adding the same twice would."""
    board = start(program)
    page = open_any(board)
    page.open()
    page.hold()
    page.click(box(TEXTS))
    page.fill(NEW_TASK, "Launch")
    page.page.wait_until("held.length >= 2")
    kill(board)
    page.wait_for_status("Connecting")
    page.wait_for_toast("Task not added: the connection was lost")
    page.wait_for_tasks((FRONT, True), (TEXTS, True), (FONT, False))
    page.page.evaluate("held = null")
    start(program, "--port", str(board.port))
    page.wait_for_status("Live")
    page.wait_for_tasks((FRONT, True), (TEXTS, True), (FONT, False))


def test_a_slow_network_does_not_slow_down_the_hand(open_board: OpenBoard) -> None:
    slow, fast = open_board(), open_board()
    slow.slow_down(bytes_per_second=100)  # a frame in fifteen seconds, until all is looked at
    slow.click(box(TEXTS))
    slow.fill(title_of(FONT), "Serifs")
    slow.fill(NEW_TASK, "Launch")
    mine = [(FRONT, True), (TEXTS, True), ("Serifs", False), ("Launch", False)]
    assert slow.tasks() == mine
    assert fast.tasks() == FIRST  # nobody else has heard of it
    slow.slow_down(bytes_per_second=4_000)
    fast.wait_for_tasks(*mine)
    fast.click(delete_button("Launch"))
    slow.wait_for_tasks(*mine[:-1])
    slow.page.go_to("about:blank")
    slow.slow_down(bytes_per_second=40_000)
    slow.go_to(2)
    slow.wait_for_tasks((ICONS, False))


# -------------------------------------------------------------------------- the keyboard


def test_tab_leads_everywhere(open_board: OpenBoard) -> None:
    page = open_board()
    stops = []
    for _ in range(21):
        page.press("Tab")
        stops.append(page.focus())
    assert stops == [
        *("alice", "Search projects", "Web shop\n1\nto do", "Mobile app\n1\nto do"),
        *("Website\n2\nto do", "Name of a new project", "Create the project", "Website"),
        *(FRONT, FRONT, f"Move “{FRONT}” to another project", f"Delete “{FRONT}”"),
        *(TEXTS, TEXTS, f"Move “{TEXTS}” to another project", f"Delete “{TEXTS}”"),
        *(FONT, FONT, f"Move “{FONT}” to another project", f"Delete “{FONT}”"),
        "New task",
    ]


def test_everything_can_be_done_with_the_keyboard(open_board: OpenBoard) -> None:
    page, other = open_board(), open_board()
    page.tab_to("Name of a new project")
    page.page.type("Podcast")
    page.press("Enter")
    page.wait_for_text("h1", "Podcast")
    page.tab_to("New task")
    page.page.type("Find a voice")
    page.press("Enter")
    page.wait_for_tasks(("Find a voice", False))
    page.wait_for_answers()

    page.press("Tab", 5, SHIFT)  # from the field, over its row, to the name of the project
    assert page.focus() == "Podcast"
    page.press("Enter")
    page.page.type("Radio")
    page.press("Enter")
    assert page.focus() == "Radio"
    page.press("Tab")
    page.press("Space")
    page.press("Tab")
    page.press("Enter")
    page.page.type("nobody wants this")
    page.press("Escape")
    assert page.focus() == "Find a voice"
    other.open_project(4, "Radio")
    other.wait_for_tasks(("Find a voice", True))

    page.press("Tab")
    page.press("Enter")  # a dialog
    assert page.focus() == "Web shop"
    page.press("Escape")
    assert page.focus() == "Move “Find a voice” to another project"
    page.press("Enter")
    page.press("Tab")
    assert page.focus() == "Mobile app"
    page.press("Enter")
    page.wait_for_tasks()
    assert page.focus() == "New task"  # the row is gone, and nothing else is there
    other.wait_for_tasks()

    page.tab_to("Mobile app\n1\nto do")
    page.press("Enter")
    page.wait_for_tasks((ICONS, False), ("Find a voice", True))
    page.tab_to(f"Delete “{ICONS}”")
    page.press("Enter")
    page.wait_for_tasks(("Find a voice", True))
    assert page.focus() == "Delete “Find a voice”"  # the one that has moved up
    page.tab_to("alice")
    page.press("ArrowRight")
    assert page.focus() == "bob"
    page.wait_for_text("h1", "Mobile app")


# ------------------------------------------------------------------------ how it looks


def test_markup_stays_text(open_board: OpenBoard) -> None:
    page = open_board()
    markup = "<img src=x onerror='window.isHacked = true'>"
    page.fill(NEW_TASK, markup)
    page.fill(NAME, markup)
    page.wait_for_tasks(*FIRST, (markup, False))
    page.click(move_button(FONT))
    page.press("Escape")
    assert page.page.evaluate("document.querySelector('article img')") is None
    assert page.page.evaluate("typeof window.isHacked") == "undefined"


def test_the_page_loads_nothing_from_elsewhere(open_board: OpenBoard) -> None:
    page = open_board()
    urls = [url for url in page.page.requested_urls() if url != "about:blank"]
    assert urls != []
    assert all(url.startswith(f"http://{page.authority}/") for url in urls)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1100, 760), (390, 800), (320, 640)])
def test_the_page_fits_and_follows_the_colour_scheme(
    open_board: OpenBoard, scheme: str, size: tuple[int, int]
) -> None:
    page, other = open_board(), open_board()
    other.fill(NEW_PROJECT, "A project with a name that is rather long")
    other.wait_for_text("h1", "A project with a name that is rather long")
    other.open_project(1, "Website")
    other.fill(NEW_TASK, "A task whose title needs more than the one line that there is on a phone")
    other.click(box(TEXTS))
    page.page.prefer_color_scheme(scheme)
    page.page.resize(*size)
    page.page._call("Page.bringToFront")
    page.page.evaluate("location.reload()")
    page.page.wait_for_load()
    page.wait_for_text(".viewers", "2 viewing")
    background = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) > 3 * 128) == (scheme == "light")
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.page.save_screenshot(f"board-{scheme}-{size[0]}")
    page.click(title_of(FONT))
    page.page.evaluate("document.activeElement.value = '\\ud83c'")
    page.press("Enter")
    page.wait_for_toast("Task not changed")
    page.click(move_button(FONT))
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.wait_for("document.getAnimations().length", 0)
    page.page.save_screenshot(f"board-move-{scheme}-{size[0]}")


def test_the_page_of_thirty_lines(board: ExampleProgram, open_page: OpenPage) -> None:
    page = open_page(f"http://{board.authority}/minimal.html")
    # Or browsers would ask for an icon that is not there.
    assert page.evaluate("document.querySelector('link[rel=icon]').href") == "data:,"
    tasks = "[...document.querySelectorAll('li')].map((item) => item.innerText.trim()).join()"
    page.wait_until(f"{tasks} === 'Draw the front page,Write the texts,Choose a font'")
    page.click("li:nth-child(2) input")
    page.click("form input")
    page.type("Launch")
    page.press_enter()
    page.wait_until("document.querySelectorAll('li').length === 4")
    with follow(board, ALL) as client:
        found = client.projects()[-1]["tasks"]
        assert [task["done"] for task in found] == [True, True, False, False]
        assert found[-1]["title"] == "Launch"
