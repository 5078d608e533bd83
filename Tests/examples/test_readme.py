"""What the README shows is true: its programs compile as they stand there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


PROGRAMS = re.findall(
    r"```c\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_the_readme_has_two_programs_and_parts_for_production_and_for_layers() -> None:
    assert ["int main(" in program for program in PROGRAMS] == [True, True, False, False]


@pytest.mark.parametrize("program", PROGRAMS, ids=["channels", "state", "production", "layers"])
def test_what_the_readme_shows_compiles_and_links(program: str, tmp_path: Path) -> None:
    source = tmp_path / "server.c"
    is_whole = "int main(" in program
    parts = " || ".join(
        f"{name} == 0" for name in re.findall(r"^static .*?\b(be_\w+)", program, re.M)
    )
    rest = "" if is_whole else f"int main(void) {{ return {parts}; }}\n"
    source.write_text(program + rest, encoding="utf-8")
    options = ["-Wall", "-Werror", "-Wno-address", f"-I{ROOT / 'include'}"]
    options += [] if is_whole else ["-Wextra", "-include", "covey.h"]
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
