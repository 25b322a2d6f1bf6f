"""Required programs that are not Python packages."""

import os
import shutil
import subprocess

from bench.progress import say

PACKAGES = {"wrk": "wrk", "ps": "procps"}  # program to Debian's package


class Missing(Exception):
    """A program is missing. The message says in one sentence what to install."""


def need_programs() -> None:
    """Make sure that all programs exist. Install them if run as root with apt. Raises Missing."""
    if _missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {' '.join(_missing())} …")
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *_missing())
    if missing := _missing():
        names = " and ".join(program for program, package in PACKAGES.items() if package in missing)
        raise Missing(f"Missing: {names}; please install it (on Debian and Ubuntu: apt install {' '.join(missing)}).")


def _apt(*arguments: str) -> None:
    """Run apt-get. Ignore failures: its error output and the check that follows say enough."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet", "--quiet", *arguments]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


def _missing() -> list[str]:
    return [package for program, package in PACKAGES.items() if shutil.which(program) is None]
