"""What a server tells of itself: a description, and clients in TypeScript."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypedDict

import pytest

from covey import ContextChannel, InvalidArgument, Model, Server, action, field, inverse


class Size(TypedDict, total=False):
    width: int
    label: str | None


@dataclass
class Tree:
    value: int
    children: list["Tree"]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Card(Model, name="desc.Card", writable=("save", "create", "delete")):
    id: int
    board: str
    state: Literal["open", "done"] = field(default="open", writable=True)
    size: Size = field(writable=True)
    tags: list[str] | None
    after: "Card | None"


class Board(Model, name="desc.Board"):
    id: str
    cards: list[Card] = inverse("board")
    counts: dict[str, float]
    owner: str


class Variables(TypedDict):
    viewers: int
    colour: Colour | None


class Boards(ContextChannel):
    model = Board
    RuntimeState = Variables

    @action
    async def move(self, card: Card, days: list[date], id: int = 3) -> list[int]:
        return [card.id]

    @action
    def draw(self, tree: Tree, pair: tuple[int, str], anything: Any = None) -> Size | None:
        return None

    @action(anonymous=True, grant="editor")
    def rename_all(self, to: str) -> None:
        return None


def described() -> Server:
    server = Server()
    server.channel("ws/boards/<str:board_id>/", Boards)
    return server


def test_a_description_has_what_the_hints_say() -> None:
    with described() as server:
        found = server.describe()
    models = {model["name"]: model for model in found["models"]}
    fields = {one["name"]: one for one in models["desc.Card"]["fields"]}
    assert models["desc.Card"]["writable"] == ["save", "create", "delete"]
    assert fields["state"]["choices"] == ["open", "done"]
    assert fields["size"]["shape"] == {"width?": "integer", "label?": {"|": ["string", "null"]}}
    assert fields["tags"] == {
        "name": "tags",
        "type": "json",
        "shape": ["string"],
        "nullable": True,
    }
    [channel] = found["channels"]
    context = channel["context"]
    assert (context["name"], context["model"]) == ("Boards", "desc.Board")
    assert [one["name"] for one in context["variables"]] == ["viewers", "colour"]
    actions = {one["name"]: one for one in context["actions"]}
    assert [one["type"] for one in actions["move"]["parameters"]] == ["integer", "json", "integer"]
    assert actions["move"]["parameters"][1]["shape"] == ["date"]
    assert actions["move"]["result"]["shape"] == ["integer"]
    assert actions["draw"]["parameters"][0]["shape"] == {"value": "integer", "children": ["json"]}
    assert actions["rename_all"]["grant"] == "editor" and actions["rename_all"]["anonymous"]


def test_what_there_is_is_told_in_the_order_it_was_written_in() -> None:
    class Third(Model, name="order.C"):
        id: int

    class Second(Model, name="order.D"):
        id: int
        third: Third

    class Fourth(Model, name="order.A"):
        id: int

    class First(Model, name="order.B"):
        id: int
        seconds: list[Second]
        fourth: Fourth

    class Base(ContextChannel):
        @action
        def write(self) -> None: ...

        @action
        def read(self) -> None: ...

    class Channel(Base):
        model = First

        @action
        def finish(self) -> None: ...

        @action
        def read(self) -> None: ...

        @action
        def begin(self) -> None: ...

    with Server() as server:
        server.channel("ws/<int:id>/", Channel)
        server.channel("ws/boards/<str:id>/", Boards)
        found = server.describe()
    models = [model["name"] for model in found["models"]]
    assert models == ["order.B", "order.D", "order.A", "order.C", "desc.Board", "desc.Card"]
    actions = [one["name"] for one in found["channels"][0]["context"]["actions"]]
    assert actions == ["write", "read", "finish", "begin"]


def test_clients_are_written_once_and_checked(tmp_path: Path) -> None:
    with described() as server:
        said: list[str] = []
        assert server.generate_typescript(tmp_path, output=said.append) == 1
        assert said == [f"{tmp_path}/channels.ts\n"]
        assert server.generate_typescript(tmp_path) == 0
        written = tmp_path / "channels.ts"
        text = written.read_text(encoding="utf-8")
        written.write_text(text.replace("viewers: number", "viewers: string"), encoding="utf-8")
        said.clear()
        assert server.generate_typescript(tmp_path, check=True, output=said.append) == 1
        assert "-  viewers: string;\n+  viewers: number;\n" in "".join(said)
        assert "viewers: string" in written.read_text(encoding="utf-8")
    size = "{ readonly width?: number; readonly label?: string | null }"
    assert f"  readonly size: {size};\n" in text
    assert "  readonly tags: readonly string[] | null;\n" in text
    assert '  colour: "red" | "blue" | null;\n' in text
    assert "move(card: number, days: string[], id?: number, options?: CallOptions)" in text


def test_clients_for_rxdjango_have_a_folder_for_each_app(tmp_path: Path) -> None:
    with described() as server:
        assert server.generate_typescript(tmp_path, rxdjango=True, url="wss://x/") == 2
    channels = (tmp_path / "desc" / "desc.channels.ts").read_text(encoding="utf-8")
    assert 'const SOCKET_URL = "wss://x/";\n' in channels
    assert "export class Boards extends ContextChannel<" in channels


def test_a_channel_may_be_called_otherwise_for_clients(tmp_path: Path) -> None:
    with described() as server:
        server.channel("ws/archive/<str:board_id>/", Boards, client_class="Archive")
        assert server.generate_typescript(tmp_path) == 1
    assert "export class Archive extends" in (tmp_path / "channels.ts").read_text(encoding="utf-8")


def test_two_channels_of_one_name_cannot_be_generated(tmp_path: Path) -> None:
    with described() as server:
        server.channel("ws/archive/<str:board_id>/", Boards)
        with pytest.raises(InvalidArgument, match=r"both called Boards .*client_class"):
            server.generate_typescript(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("tsc") is None, reason="no TypeScript compiler")
def test_what_is_generated_compiles(tmp_path: Path) -> None:
    client = Path(__file__).parents[2] / "typescript"
    if not client.is_dir():
        pytest.skip("the client is not here")
    with described() as server:
        server.generate_typescript(tmp_path)
    config = tmp_path / "tsconfig.json"
    config.write_text(
        '{"compilerOptions": {"moduleResolution": "node", "strict": true, "noEmit": true,'
        '"noUnusedLocals": true, "exactOptionalPropertyTypes": true, "target": "ES2022",'
        '"module": "ES2022", "types": [], "baseUrl": ".", "paths": {"covey": ["'
        f'{client}/src/index.ts"]}}}}, "include": ["channels.ts"]}}',
        encoding="utf-8",
    )
    done = subprocess.run(["tsc", "-p", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
