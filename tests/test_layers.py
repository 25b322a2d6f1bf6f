"""The layers of the project: which app may import which, and which rules have one home."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("core", "blog", "comments", "config")  # each may import those before it
RENDERERS = {"bleach", "markdown_it", "mdit_py_plugins", "nh3", "pygments"}
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time"}
# `lifecycle` changes the status; the model knows the twin of `published` for one row.
MAY_NAME_THE_STATUS = {"blog/models/posts.py", "blog/publishing/lifecycle.py"}

TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for folder in LAYERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
}


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """Full names of everything that a module imports, at the top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: write the full name; no test follows relative imports"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers_of(packages: set[str]) -> list[str]:
    """The modules that import any of these packages."""
    return [path for path, tree in TREES.items() if packages & {name.split(".")[0] for name in imported_modules(tree)}]


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def texts(tree: ast.Module) -> Iterator[str]:
    """The strings in a module that are no docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("layer", LAYERS[:-1])
def test_no_layer_imports_one_above_it(layer: str) -> None:
    above = {*LAYERS[LAYERS.index(layer) + 1 :]}
    assert [path for path in importers_of(above) if path.startswith(f"{layer}/")] == []


def test_core_names_no_table_permission_or_url_of_the_apps_above() -> None:
    named = re.compile(r"\b(?:blog|comments)[._:/]\w")
    found = [(path, text) for path, tree in TREES.items() if path.startswith("core/") for text in texts(tree)]
    assert [(path, text) for path, text in found if named.search(text)] == []


def test_only_rendering_imports_the_parser_and_the_sanitisers() -> None:
    assert [path for path in importers_of(RENDERERS) if not path.startswith("blog/rendering/")] == []


def test_the_product_does_not_import_its_tests() -> None:
    assert importers_of({"tests", "pytest", "bench"}) == []


def test_there_is_one_clock() -> None:
    assert [path for path, tree in TREES.items() if reads_a_clock(tree)] == ["core/clock.py"]


def reads_a_clock(tree: ast.Module) -> bool:
    """Whether a module reads the time, or has Django read it."""
    named = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    automatic = {keyword.arg for call in calls(tree) for keyword in call.keywords} & {"auto_now", "auto_now_add"}
    return bool(named & CLOCKS or automatic or "django.utils.timezone.now" in imported_modules(tree))


def test_public_is_defined_once() -> None:
    assert [
        f"{path}:{call.lineno}"
        for path, tree in TREES.items()
        for call in calls(tree)
        if filters_by_published_status(call) and path.startswith("blog/") and path not in MAY_NAME_THE_STATUS
    ] == []


def filters_by_published_status(call: ast.Call) -> bool:
    """Whether a query selects posts by their status instead of by `published()`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in {"filter", "exclude", "get", "Q"}:
        return False
    return any(
        keyword.arg in {"status", "status__in", "post__status"} and "published" in ast.unparse(keyword.value).lower()
        for keyword in call.keywords
    )
