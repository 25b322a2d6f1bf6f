"""`config/install.sh` creates or completes an environment with exactly the pinned packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "config" / "install.sh"
TOOLS = ("sh", "cat", "cmp", "cp", "ls", "rm")
KNOWS_NO_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout without dependencies, on a machine without Python."""
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "tools").mkdir()
    for tool in TOOLS:
        (tmp_path / "tools" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def install(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the tools of `folder` only."""
    command = ["sh", str(SCRIPT), "requirements.txt", *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment["PATH"] = str(folder / "tools")
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def add_python(folder: Path, name: str = "python3") -> None:
    (folder / "tools" / name).symlink_to(os.path.realpath(sys.executable))


def test_without_python_one_sentence_says_so(folder: Path) -> None:
    result = install(folder)
    assert result.returncode == 1
    assert result.stderr.startswith("Python 3.11 or newer is missing")
    assert len(result.stderr.splitlines()) == 1


def test_without_the_venv_module_one_sentence_says_so(folder: Path) -> None:
    python = folder / "tools" / "python3"
    python.write_text(KNOWS_NO_VENV)
    python.chmod(0o755)
    result = install(folder)
    assert result.returncode == 1
    assert "python3-venv" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_is_complete_is_left_alone_and_what_is_not_is_made_anew(folder: Path) -> None:
    add_python(folder)
    (folder / ".venv" / "bin").mkdir(parents=True)  # somebody pressed Ctrl+C
    left_over = folder / ".venv" / "left-over"
    left_over.touch()
    first = install(folder)
    assert first.returncode == 0, first.stderr
    assert not left_over.exists()
    left_over.touch()
    assert install(folder).stdout == ""
    (folder / ".venv" / "requirements.txt").unlink()  # as while packages are being installed
    assert install(folder).returncode == 0
    assert not left_over.exists()


def test_another_python_gets_an_environment_of_its_own(folder: Path) -> None:
    add_python(folder, "python3.99")
    (folder / ".venv").mkdir()
    left_over = folder / ".venv" / "left-over"
    left_over.touch()
    result = install(folder, ".venv-python3.99", "python3.99")
    assert result.returncode == 0, result.stderr
    assert "Making .venv-python3.99 with python3.99" in result.stdout
    assert (folder / ".venv-python3.99" / "requirements.txt").exists()
    assert [*(folder / ".venv").iterdir()] == [left_over]


def test_no_other_python_is_taken_than_the_one_that_is_asked_for(folder: Path) -> None:
    add_python(folder)
    result = install(folder, ".venv-python3.99", "python3.99")
    assert result.returncode == 1
    assert result.stderr == "python3.99 is missing, or older than Python 3.11.\n"


def test_make_names_the_environment_after_the_python() -> None:
    command = ["make", "--dry-run", "test", "PYTHON=/opt/bin/python3.99"]
    printed = subprocess.run(command, cwd=SCRIPT.parents[1], capture_output=True, text=True, check=True).stdout
    assert "install.sh requirements-dev.txt .venv-python3.99 /opt/bin/python3.99\n" in printed
    assert "\n.venv-python3.99/bin/python -m pytest" in printed
