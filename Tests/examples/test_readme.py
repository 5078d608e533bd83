"""What the README shows is true: its programs compile as they stand there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


PROGRAMS = re.findall(
    r"```c\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_the_readme_has_programs_for_channels_and_state_and_a_part_for_production() -> None:
    assert ["int main(" in program for program in PROGRAMS] == [True, True, False]


@pytest.mark.parametrize("program", PROGRAMS, ids=["channels", "state", "production", "layer"])
def test_what_the_readme_shows_compiles_and_links(program: str, tmp_path: Path) -> None:
    source = tmp_path / "server.c"
    is_whole = "int main(" in program
    rest = "" if is_whole else "int main(void) { return be_found == 0 || be_watched == 0; }\n"
    source.write_text(program + rest, encoding="utf-8")
    options = ["-Wall", "-Werror", "-Wno-address", f"-I{ROOT / 'include'}"]
    options += [] if is_whole else ["-include", "covey.h"]
    compiled = subprocess.run(
        [
            *("cc", "-std=c11", *options, str(source)),
            *("-o", str(tmp_path / "server"), f"-L{ROOT / 'build' / 'lib'}", "-lcovey"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stderr
