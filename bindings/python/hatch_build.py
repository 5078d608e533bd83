"""Puts the shared library into the wheel, and says which platform that makes it for."""

import os
import sysconfig
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        library = os.environ.get("COVEY_LIBRARY_FILE", "")
        if not os.path.isfile(library):
            raise SystemExit(
                "covey: COVEY_LIBRARY_FILE must name the libcovey.so that goes into the wheel, "
                f"and is {library or 'not set'}; `make wheel` sets it"
            )
        build_data["force_include"][os.path.abspath(library)] = "covey/libcovey.so.1"
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"
        build_data["pure_python"] = False
