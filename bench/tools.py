"""The programs that are not Python packages."""

import os
import shutil
import subprocess

from bench.progress import say

PACKAGES = {"wrk": "wrk", "ps": "procps"}  # program to Debian's package


class Missing(Exception):
    """A program is not there; the message says in one sentence what to install."""


def need_programs() -> None:
    """Have all programs, installing them where root and apt are there. Raises Missing."""
    missing = _missing()
    if missing and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {' '.join(missing)} …")
        quietly = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "check": False}
        install = ["apt-get", "install", "--quiet", "--quiet", "--yes", "--no-install-recommends", *missing]
        for command in (["apt-get", "update", "--quiet", "--quiet"], install):
            subprocess.run(command, stdout=subprocess.DEVNULL, **quietly)  # type: ignore[call-overload]
        missing = _missing()
    if missing:
        names = " and ".join(program for program, package in PACKAGES.items() if package in missing)
        raise Missing(f"{names} is missing: install it (on Debian and Ubuntu: apt install {' '.join(missing)}).")


def _missing() -> list[str]:
    return [package for program, package in PACKAGES.items() if shutil.which(program) is None]
