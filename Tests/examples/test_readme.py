"""What the README shows is true: its programs compile as they stand there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


PROGRAMS = re.findall(
    r"```c\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_the_readme_has_a_program_for_channels_and_one_for_state() -> None:
    assert len(PROGRAMS) == 2


@pytest.mark.parametrize("program", PROGRAMS, ids=["channels", "state"])
def test_a_program_of_the_readme_compiles_and_links(program: str, tmp_path: Path) -> None:
    source = tmp_path / "server.c"
    source.write_text(program, encoding="utf-8")
    compiled = subprocess.run(
        [
            *("cc", "-std=c11", "-Wall", "-Werror", f"-I{ROOT / 'include'}", str(source)),
            *("-o", str(tmp_path / "server"), f"-L{ROOT / 'build' / 'lib'}", "-lcovey"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stderr
