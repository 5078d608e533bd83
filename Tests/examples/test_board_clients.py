"""board: the clients that it writes, and what it says about them."""

import subprocess
from pathlib import Path

import pytest

from example_program import REPOSITORY, command, environment

GENERATED = {
    "--typescript": REPOSITORY / "examples" / "board" / "web" / "src" / "generated",
    "--rxdjango": REPOSITORY / "Tests" / "generated" / "rxdjango",
}

in_both_languages = pytest.mark.parametrize("board", ["board", "python/board"])
for_both_clients = pytest.mark.parametrize("flag", GENERATED)


def run(board: str, *flags: str | Path) -> tuple[int, str, str]:
    """How it ended, what it printed, and its complaints."""
    done = subprocess.run(
        [*command(board), *flags],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout, done.stderr


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.ts"))
    }


@in_both_languages
@for_both_clients
def test_it_says_which_files_it_wrote(board: str, flag: str, tmp_path: Path) -> None:
    status, printed, _ = run(board, flag, tmp_path)
    written = files(tmp_path)
    assert status == 0
    assert written.keys() == files(GENERATED[flag]).keys()
    assert sorted(printed.splitlines()) == [f"{tmp_path}/{name}" for name in written]
    assert run(board, flag, tmp_path) == (0, "", "")


@in_both_languages
@for_both_clients
def test_what_it_writes_is_what_is_committed(board: str, flag: str) -> None:
    """And so the same, byte for byte, in both languages."""
    assert run(board, "--check", flag, GENERATED[flag]) == (0, "", "")


@in_both_languages
@for_both_clients
def test_a_check_shows_what_would_change_and_changes_nothing(
    board: str, flag: str, tmp_path: Path
) -> None:
    run(board, flag, tmp_path)
    assert run(board, "--check", flag, tmp_path) == (0, "", "")
    changed = next(tmp_path.rglob("*.ts"))
    changed.write_text("export {};\n", encoding="utf-8")
    status, printed, _ = run(board, "--check", flag, tmp_path)
    assert status == 1
    assert "\n-export {};\n" in printed
    assert changed.read_text(encoding="utf-8") == "export {};\n"


@in_both_languages
def test_both_clients_are_checked_at_once(board: str, tmp_path: Path) -> None:
    flags = ("--typescript", tmp_path / "own", "--rxdjango", tmp_path / "rxdjango")
    status, printed, _ = run(board, "--check", *flags)
    assert status == 1
    assert printed.count("+++ ") == 3
    assert not list(tmp_path.iterdir())


@in_both_languages
def test_a_check_of_nothing_is_refused(board: str) -> None:
    complaint = "--check needs --typescript or --rxdjango\n"
    assert run(board, "--check") == (2, "", complaint)
