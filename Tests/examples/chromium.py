"""Just enough of the DevTools protocol to use the chat page as a person does."""

import base64
import json
import os
import subprocess
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect

from example_program import REPOSITORY

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    # Each tab behaves as if it were in front.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--remote-debugging-port=0",
]
ANSWER_SECONDS = 20

Message = dict[str, Any]


class Chromium:
    """A headless browser. One connection carries the commands and events of all its tabs."""

    def __init__(self, profile: Path) -> None:
        self._process = subprocess.Popen(
            ["chromium", *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._exit = ExitStack()
        self._connection = self._exit.enter_context(
            connect(self._devtools_url(), max_size=None, proxy=None)
        )
        self._last_id = 0
        # Of each open tab, by their methods.
        self._events: dict[str, dict[str, list[Message]]] = {}

    def _devtools_url(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.startswith("DevTools listening on "):
                # The pipe must not fill up later.
                threading.Thread(target=self._process.stderr.read, daemon=True).start()
                return line.removeprefix("DevTools listening on ").strip()
        raise AssertionError("chromium ended at once")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.call("Browser.close")
        self._exit.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def call(self, method: str, session: str | None = None, **params: Any) -> Message:
        """Sends one command and waits for its answer; events that come before it are kept."""
        self._last_id += 1
        command: Message = {"id": self._last_id, "method": method, "params": params}
        if session is not None:
            command["sessionId"] = session
        self._connection.send(json.dumps(command))
        while True:
            message = self._receive()
            if message.get("id") == self._last_id:
                assert "error" not in message, f"{method}: {message['error']}"
                result: Message = message["result"]
                return result
            self._keep(message)

    def receive_event(self) -> None:
        """Waits for one more event."""
        self._keep(self._receive())

    def _keep(self, event: Message) -> None:
        tab = event.get("sessionId")
        if tab in self._events:
            self._events[tab].setdefault(event["method"], []).append(event["params"])

    def events(self, session: str, method: str) -> list[Message]:
        """All of one kind that a tab has had."""
        return self._events[session].get(method, [])

    def _receive(self) -> Message:
        message: Message = json.loads(self._connection.recv(timeout=ANSWER_SECONDS))
        return message

    def open_page(self) -> "Page":
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._events[attached["sessionId"]] = {}
        return Page(self, target, attached["sessionId"])

    def close_page(self, target: str, session: str) -> None:
        self.call("Target.closeTarget", targetId=target)
        del self._events[session]


class Page:
    """One tab."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session
        self._loads_seen = 0
        for domain in ("Page", "Runtime", "Network"):
            self._call(f"{domain}.enable")
        self._call("Page.setLifecycleEventsEnabled", enabled=True)
        self._call("Emulation.setFocusEmulationEnabled", enabled=True)

    def _call(self, method: str, **params: Any) -> Message:
        return self._browser.call(method, self._session, **params)

    def _events(self, method: str) -> list[Message]:
        return self._browser.events(self._session, method)

    def go_to(self, url: str) -> None:
        """Loads a page, with everything it asks for."""
        loader = self._call("Page.navigate", url=url)["loaderId"]
        while self.wait_for_load() != loader:
            pass

    def wait_for_load(self) -> str:
        """Waits until the tab has loaded one page more."""
        while True:
            loads = [
                event["loaderId"]
                for event in self._events("Page.lifecycleEvent")
                if event["name"] == "load"
            ]
            if len(loads) > self._loads_seen:
                self._loads_seen += 1
                loader: str = loads[self._loads_seen - 1]
                return loader
            self._browser.receive_event()

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, or of the promise that it is."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_until(self, condition: str) -> None:
        """Waits until a condition holds in the page; the page itself keeps looking."""
        self.evaluate(
            "new Promise((resolve) => {"
            f"  const look = () => ({condition}) ? resolve() : setTimeout(look, 20);"
            "  look();"
            "})"
        )

    def type(self, text: str) -> None:
        """Into whatever has the focus."""
        self._call("Input.insertText", text=text)

    def press_enter(self) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        self._call("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        self._call("Input.dispatchKeyEvent", type="keyUp", **key)

    def click(self, selector: str) -> None:
        x, y = self.evaluate(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def prefer_color_scheme(self, scheme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._call("Emulation.setEmulatedMedia", features=[feature])

    def resize(self, width: int, height: int) -> None:
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def requested_urls(self) -> list[str]:
        return [event["request"]["url"] for event in self._events("Network.requestWillBeSent")]

    def exceptions(self) -> list[str]:
        """Errors of JavaScript that nobody caught."""
        events = self._events("Runtime.exceptionThrown")
        return [event["exceptionDetails"]["text"] for event in events]

    def save_screenshot(self, name: str) -> None:
        """To build/screenshots/, when COVEY_SCREENSHOTS is set."""
        if os.environ.get("COVEY_SCREENSHOTS"):
            folder = REPOSITORY / "build" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            picture = self._call("Page.captureScreenshot", format="png")["data"]
            (folder / f"{name}.png").write_bytes(base64.b64decode(picture))

    def close(self) -> None:
        self._browser.close_page(self._target, self._session)
