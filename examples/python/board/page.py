"""The page of the board in C, which is this one's, too."""

from pathlib import Path

from covey import Server

ROOT = Path(__file__).parents[3]
#: The page, its scripts, and the client that they use.
PARTS = {
    "/": "examples/board/web",
    "/app/": "build/web/board",
    "/covey/": "bindings/typescript/dist",
}


def serve_page(server: Server) -> None:
    for prefix, folder in PARTS.items():
        if (ROOT / folder).is_dir():  # else it is not built
            server.directory(prefix, ROOT / folder)
