"""The board's page, as a person uses it: with the mouse, or with the keyboard alone."""

import json
from typing import Any

from chromium import Page

#: Runs before the page's own scripts. What the server says waits in `held` while that is a list;
#: the next frame to the server that holds `spoilt[0]` says `spoilt[1]` instead.
BETWEEN = """
window.held = null;
window.spoilt = null;
const { addEventListener, send } = WebSocket.prototype;
WebSocket.prototype.addEventListener = function (type, listener) {
  addEventListener.call(this, type, (event) => {
    if (type === "message" && held) held.push(() => listener(event));
    else listener(event);
  });
};
WebSocket.prototype.send = function (text) {
  const isSpoilt = spoilt && text.includes(spoilt[0]);
  send.call(this, isSpoilt ? text.replace(...spoilt) : text);
  if (isSpoilt) spoilt = null;
};
"""

KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    "Space": (" ", 32, " "),
    "ArrowRight": ("ArrowRight", 39, ""),
}
SHIFT = 8
WAIT_SECONDS = 15

TASKS = """
[...document.querySelectorAll(".task")].map((row) => [
  row.querySelector(".editable button").textContent,
  row.querySelector("[type=checkbox]").checked,
])
"""
PROJECTS = (
    "[...document.querySelectorAll('.projects [data-part=name]')].map((name) => name.innerText)"
)

#: What has the focus, in words, and whether that can be seen.
FOCUS = """
(() => {
  const { activeElement: element } = document;
  if (element === document.body) return ["nothing", true];
  const name = element.ariaLabel || element.placeholder || element.innerText || element.value;
  const seen = element.type === "radio" ? element.nextElementSibling : element;
  return [name, getComputedStyle(seen).outlineStyle !== "none"];
})()
"""


def box(title: str) -> str:
    return f'.task [type=checkbox][aria-label="{title}"]'


def title_of(title: str) -> str:
    return f"{box(title)} ~ .editable button"


def delete_button(title: str) -> str:
    return f'[aria-label="Delete “{title}”"]'


def move_button(title: str) -> str:
    return f'[aria-label="Move “{title}” to another project"]'


def link(project: int) -> str:
    return f'.projects [href="#{project}"]'


NAME = "article h1 button"
SEARCH = "[type=search]"
NEW_PROJECT = "nav form input"
NEW_TASK = ".card form input"


class BoardPage:
    """One tab with the board."""

    def __init__(self, page: Page, authority: str) -> None:
        self.page = page
        self.authority = authority
        page._call("Log.enable")
        page.resize(1100, 760)

    def open(self, project: int | str = 1) -> None:
        self.go_to(project)
        self.wait_for_status("Live")

    def go_to(self, project: int | str = 1, first: str = "") -> None:
        """Loads the page, after a script if there is one."""
        script = self.page._call("Page.addScriptToEvaluateOnNewDocument", source=BETWEEN + first)
        self.page.go_to(f"http://{self.authority}/#{project}")
        self.page._call("Page.removeScriptToEvaluateOnNewDocument", **script)

    # ---------------------------------------------------------------- what is seen

    def wait_for(self, expression: str, expected: Any) -> None:
        """Waits until an expression has a value, as JSON sees it."""
        wanted = json.dumps(json.dumps(expected, ensure_ascii=False, separators=(",", ":")))
        found = self.page.evaluate(
            "new Promise((resolve) => {"
            f"  const end = performance.now() + {1_000 * WAIT_SECONDS};"
            "  const look = () => {"
            f"    const found = {expression} ?? null;"
            f"    const isOver = JSON.stringify(found) === {wanted} || performance.now() > end;"
            "    isOver ? resolve(found) : setTimeout(look, 20);"
            "  };"
            "  look();"
            "})"
        )
        assert found == json.loads(json.dumps(expected)), f"{expression} is {found!r}"

    def wait_for_text(self, selector: str, text: str) -> None:
        shown = "(element) => element?.checkVisibility() ? element.innerText : null"
        self.wait_for(f"({shown})(document.querySelector({json.dumps(selector)}))", text)

    def wait_for_status(self, status: str) -> None:
        self.wait_for_text("[data-part=status]", status)

    def wait_for_tasks(self, *tasks: tuple[str, bool]) -> None:
        """Waits for the tasks of the open project: titles, and whether they are done."""
        self.wait_for(TASKS, [list(task) for task in tasks])

    def wait_for_projects(self, *names: str) -> None:
        self.wait_for(PROJECTS, names)

    def wait_for_answers(self) -> None:
        """Waits until the server has given each task its id."""
        self.wait_for("document.querySelector('.task[inert]')", None)

    def tasks(self) -> list[tuple[str, bool]]:
        return [(title, done) for title, done in self.page.evaluate(TASKS)]

    def text(self) -> str:
        """All that is shown of the board."""
        text: str = self.page.evaluate("document.querySelector('.content').innerText")
        return text

    def toast(self) -> str:
        text: str = self.page.evaluate("document.querySelector('[data-part=toast]').innerText")
        return text

    def wait_for_toast(self, beginning: str) -> None:
        toast = "document.querySelector('[data-part=toast]').innerText"
        self.page.wait_until(f"{toast}.startsWith({json.dumps(beginning)})")

    # -------------------------------------------------------------- what is done

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def search(self, term: str) -> None:
        """Types a term in place of the one before."""
        self.click(SEARCH)
        self.page.evaluate("document.activeElement.select()")
        self.page.type(term)

    def press(self, key: str, times: int = 1, modifiers: int = 0) -> None:
        name, number, text = KEYS[key]
        event = {"key": name, "code": key, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        for _ in range(times):
            self.page._call("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
            self.page._call("Input.dispatchKeyEvent", type="keyUp", **event)

    def open_project(self, project: int, name: str) -> None:
        self.click(link(project))
        self.wait_for_text("h1", name)

    def fill(self, selector: str, text: str) -> None:
        """Types a text and Enter."""
        self.click(selector)
        self.page.type(text)
        self.press("Enter")

    def move(self, title: str, project: str) -> None:
        self.click(move_button(title))
        targets = self.page.evaluate(
            "[...document.querySelectorAll('dialog li')].map((item) => item.innerText)"
        )
        self.click(f"dialog li:nth-child({targets.index(project) + 1}) button")

    # -------------------------------------------------------------- the keyboard

    def focus(self) -> str:
        """What has the focus; that must be seen."""
        name, is_seen = self.page.evaluate(FOCUS)
        assert is_seen, f"{name} has the focus, and nobody sees it"
        text: str = name
        return text

    def tab_to(self, name: str) -> None:
        """Presses Tab until it is there."""
        for _ in range(40):
            self.press("Tab")
            if self.focus() == name:
                return
        raise AssertionError(f"Tab does not lead to {name}")

    # ------------------------------------------------------------------ the network

    def hold(self) -> None:
        """From now on what the server says is not heard."""
        self.page.evaluate("held ??= []")

    def release(self) -> None:
        """All of it is heard now."""
        self.page.evaluate(
            "(() => { const all = held; held = null; for (const hear of all) hear(); })()"
        )

    def spoil_the_next_write(self) -> None:
        self.page.evaluate("""spoilt = ['"instanceType":"', '"instanceType":"no.']""")

    def slow_down(self, bytes_per_second: int) -> None:
        self.page._call(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=100,
            downloadThroughput=bytes_per_second,
            uploadThroughput=bytes_per_second,
        )

    def errors(self) -> list[str]:
        """What the console has of errors, but for connections that could not be made."""
        entries = [event["entry"] for event in self.page._events("Log.entryAdded")]
        calls = self.page._events("Runtime.consoleAPICalled")
        texts = [entry["text"] for entry in entries if entry["level"] == "error"]
        texts += [str(call["args"]) for call in calls if call["type"] in ("error", "assert")]
        return [text for text in texts if not text.startswith("WebSocket connection to ")]
