"""The floors of the house: who may import whom, and which rules have one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("blog", "comments", "config")
RENDERERS = {"bleach", "markdown_it", "mdit_py_plugins", "nh3", "pygments"}
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time"}
# Changing a status is no question of what is public: `publishing` does that, the model knows the twin for one row.
MAY_NAME_THE_STATUS = {"blog/models/posts.py", "blog/publishing/lifecycle.py"}

TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for folder in PRODUCT
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
}


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """Full names of all that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: write the whole name, these tests cannot follow dots"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers_of(packages: set[str]) -> list[str]:
    """The modules that import any of these packages."""
    return [path for path, tree in TREES.items() if packages & {name.split(".")[0] for name in imported_modules(tree)}]


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_the_ground_floor_knows_nothing_of_comments() -> None:
    assert [path for path in importers_of({"comments"}) if path.startswith("blog/")] == []


def test_only_the_rendering_knows_parser_and_sanitisers() -> None:
    assert [path for path in importers_of(RENDERERS) if not path.startswith("blog/rendering/")] == []


def test_the_product_knows_nothing_of_its_tests() -> None:
    assert importers_of({"tests", "pytest", "bench"}) == []


def test_there_is_one_clock() -> None:
    assert [path for path, tree in TREES.items() if reads_a_clock(tree)] == ["core/clock.py"]


def reads_a_clock(tree: ast.Module) -> bool:
    """Whether a module asks for the time, or has Django ask for it."""
    named = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    automatic = {word.arg for call in calls(tree) for word in call.keywords} & {"auto_now", "auto_now_add"}
    return bool(named & CLOCKS or automatic or "django.utils.timezone.now" in imported_modules(tree))


def test_public_is_defined_once() -> None:
    assert [
        f"{path}:{call.lineno}"
        for path, tree in TREES.items()
        for call in calls(tree)
        if asks_for_published_posts(call) and path.startswith("blog/") and path not in MAY_NAME_THE_STATUS
    ] == []


def asks_for_published_posts(call: ast.Call) -> bool:
    """Whether a query picks posts by their status instead of by `published()`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in {"filter", "exclude", "get", "Q"}:
        return False
    return any(
        word.arg in {"status", "status__in", "post__status"} and "published" in ast.unparse(word.value).lower()
        for word in call.keywords
    )
