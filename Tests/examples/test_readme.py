"""What the README shows is true: its program compiles as it stands there."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_program_of_the_readme_compiles_and_links(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    programs = re.findall(r"```c\n(.*?)```", readme, re.DOTALL)
    assert len(programs) == 1
    source = tmp_path / "server.c"
    source.write_text(programs[0], encoding="utf-8")
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
