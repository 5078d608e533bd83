"""chat, in a browser: what a person sees."""

import json
from urllib.parse import quote

import pytest

from chromium import Page
from conftest import OpenPage, Start
from example_program import ExampleProgram

CONNECTED = "document.querySelector('#chat-status').dataset.state === 'open'"
LOST = "document.querySelector('#chat-status').dataset.state === 'lost'"
LOG = "document.querySelector('#chat-log').value"
INPUT = "document.querySelector('#chat-message-input').value"


def enter(open_page: OpenPage, chat: ExampleProgram, room: str) -> Page:
    page = open_page(f"http://{chat.authority}/chat/{quote(room, safe='')}/")
    page.wait_until(CONNECTED)
    return page


def wait_for_log(page: Page, text: str) -> None:
    page.wait_until(f"{LOG} === {json.dumps(text)}")


def test_two_pages_talk_to_each_other(chat: ExampleProgram, open_page: OpenPage) -> None:
    one, other = enter(open_page, chat, "lobby"), enter(open_page, chat, "lobby")
    one.type("hello from one")
    one.press_enter()
    for page in (one, other):
        wait_for_log(page, "hello from one\n")
    other.type("and back 🎉")
    other.click("#chat-message-submit")
    for page in (one, other):
        wait_for_log(page, "hello from one\nand back 🎉\n")
    assert one.evaluate(INPUT) == ""


def test_the_first_page_leads_to_a_room(chat: ExampleProgram, open_page: OpenPage) -> None:
    room = "Küche & 100% + 🎉?"
    page = open_page(f"http://{chat.authority}/")
    page.type(room)
    page.press_enter()
    page.wait_for_load()
    page.wait_until(CONNECTED)
    assert page.evaluate("document.querySelector('#chat-room').textContent") == room
    with chat.join(room) as client:
        page.type("hi")
        page.press_enter()
        assert client.recv() == '{"message":"hi"}'


@pytest.mark.parametrize("room", ["a/b", ".", "..", "ü" * 126])
def test_the_first_page_refuses_a_name_that_cannot_be(
    chat: ExampleProgram, open_page: OpenPage, room: str
) -> None:
    page = open_page(f"http://{chat.authority}/")
    page.type(room)
    page.press_enter()
    assert page.evaluate("document.querySelector('#room-name-input').validationMessage") != ""
    assert page.evaluate("location.pathname") == "/"


def test_a_room_whose_name_is_too_long_says_so(chat: ExampleProgram, open_page: OpenPage) -> None:
    page = open_page(f"http://{chat.authority}/chat/{'x' * 251}/")
    page.wait_until(LOST)
    status = page.evaluate("document.querySelector('#chat-status').textContent")
    assert status == "This name is too long."


def test_markup_stays_text(chat: ExampleProgram, open_page: OpenPage) -> None:
    markup = "<img src=x onerror='window.isHacked = true'></textarea><script>isHacked = 1</script>"
    page = enter(open_page, chat, markup.replace("/", ""))
    page.type(markup)
    page.press_enter()
    wait_for_log(page, markup + "\n")
    assert page.evaluate("document.querySelector('img')") is None
    assert page.evaluate("typeof window.isHacked") == "undefined"


def test_a_page_finds_back_after_a_restart(
    chat: ExampleProgram, open_page: OpenPage, start: Start
) -> None:
    page = enter(open_page, chat, "lobby")
    chat.stop()
    page.wait_until(LOST)
    page.type("written meanwhile")
    page.press_enter()
    assert page.evaluate(INPUT) == "written meanwhile"

    restarted = start(chat.name, "--port", str(chat.port))
    page.wait_until(CONNECTED)
    page.press_enter()
    wait_for_log(page, "written meanwhile\n")
    with restarted.join("lobby") as client:
        client.send('{"message":"hi"}')
        wait_for_log(page, "written meanwhile\nhi\n")


def test_the_log_follows_unless_someone_reads_back(
    chat: ExampleProgram, open_page: OpenPage
) -> None:
    page = enter(open_page, chat, "lobby")
    log = "document.querySelector('#chat-log')"
    is_at_end = f"{log}.scrollHeight - {log}.scrollTop - {log}.clientHeight < 8"
    with chat.join("lobby") as client:
        for number in range(100):
            client.send(json.dumps({"message": f"line {number}"}))
            client.recv()
        page.wait_until(f"{LOG}.endsWith('line 99\\n')")
        assert page.evaluate(is_at_end)
        page.evaluate(f"{log}.scrollTop = 0")
        client.send('{"message":"the last"}')
        client.recv()
        page.wait_until(f"{LOG}.endsWith('the last\\n')")
        assert page.evaluate(f"{log}.scrollTop") == 0


def test_the_log_is_bounded(chat: ExampleProgram, open_page: OpenPage) -> None:
    page = enter(open_page, chat, "lobby")
    with chat.join("lobby") as client:
        for number in range(550):
            client.send(json.dumps({"message": str(number)}))
            client.recv()
        page.wait_until(f"{LOG}.endsWith('549\\n')")
        assert page.evaluate(LOG) == "".join(f"{number}\n" for number in range(50, 550))


def test_an_error_of_the_server_is_shown(chat: ExampleProgram, open_page: OpenPage) -> None:
    page = enter(open_page, chat, "lobby")
    page.evaluate(f"{INPUT} = 'x'.repeat({(1 << 20) - 14})")
    page.press_enter()
    page.wait_until("document.querySelector('#chat-status').textContent.startsWith('Not sent: ')")
    page.type("shorter")
    page.press_enter()
    wait_for_log(page, "shorter\n")
    assert page.evaluate(CONNECTED)


def test_the_pages_load_nothing_from_elsewhere(chat: ExampleProgram, open_page: OpenPage) -> None:
    for path in ("/", "/chat/lobby/"):
        urls = open_page(f"http://{chat.authority}{path}").requested_urls()
        assert urls != []
        assert all(url.startswith(f"http://{chat.authority}/") for url in urls)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1000, 700), (390, 760)])
def test_the_pages_fit_and_follow_the_colour_scheme(
    chat: ExampleProgram, open_page: OpenPage, scheme: str, size: tuple[int, int]
) -> None:
    index = open_page(f"http://{chat.authority}/")
    room = enter(open_page, chat, "Küche 🎉")
    for text in ("Is anybody here?", "I am. Good morning!", "Grüß Gott 🎉"):
        room.type(text)
        room.press_enter()
    room.wait_until(f"{LOG}.endsWith('🎉\\n')")
    for name, page in (("index", index), ("room", room)):
        page.prefer_color_scheme(scheme)
        page.resize(*size)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, background[4:-1].split(","))) > 3 * 128) == (scheme == "light")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        page.save_screenshot(f"{name}-{scheme}-{size[0]}")
