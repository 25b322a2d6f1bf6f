"""The product uses documented interfaces only: no private name of Django, of another package or of Python."""

import ast
import importlib
from collections.abc import Iterator

import pytest
from django.db import models

from tests.test_layers import LAYERS, TREES

# Modules of Django that its documentation does not describe. Imports for type checkers only are free.
UNDOCUMENTED = (
    *("django.db.models.sql", "django.db.models.query", "django.db.models.query_utils", "django.db.models.options"),
    *("django.db.models.base", "django.db.models.manager", "django.db.models.fields.related_descriptors"),
    *("django.db.models.fields.reverse_related", "django.db.backends", "django.core.handlers", "django.template.base"),
    *("django.core.cache.backends", "django.contrib.admin.utils", "django.utils.datastructures"),
)
# Names with an underscore that their documentation describes.
DOCUMENTED = {
    *("_meta", "_state", "_default_manager", "_base_manager"),  # models
    *("_asdict", "_fields", "_make", "_replace"),  # named tuples
    *("_open", "_save"),  # custom storages
}
# What still stands in modules and functions that are being replaced. Delete a line with what it names.
BEING_REPLACED = {
    ("blog/reading/post_page.py", "vars()"),
    ("blog/templatetags/blog_tags.py", "django.template.base.FilterExpression"),
    ("blog/templatetags/blog_tags.py", "django.template.base.Parser"),
    ("blog/templatetags/blog_tags.py", "django.template.base.Token"),
    ("config/caches.py", "django.core.cache.backends.base.DEFAULT_TIMEOUT"),
    ("config/caches.py", "django.core.cache.backends.redis.RedisCache"),
    ("config/caches.py", "django.core.cache.backends.redis.RedisCacheClient"),
    ("config/middleware.py", "vars()"),
    ("core/compiled_queries.py", "_iterable_class"),
    ("core/compiled_queries.py", "django.db.backends.base.base.BaseDatabaseWrapper"),
    ("core/compiled_queries.py", "django.db.models.query"),
    ("core/compiled_queries.py", "django.db.models.sql.UpdateQuery"),
    ("core/compiled_queries.py", "django.db.models.sql.compiler.SQLCompiler"),
    ("core/compiled_queries.py", "vars()"),
}
NAMING_CALLS = {"getattr", "setattr", "hasattr", "delattr", "attrgetter"}  # name an attribute in a string


def is_private(name: str) -> bool:
    return name.startswith("_") and name.strip("_") != "" and not (name.startswith("__") and name.endswith("__"))


def is_ours(module: str) -> bool:
    return module.split(".")[0] in LAYERS


def is_undocumented(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in UNDOCUMENTED)


def own_names(tree: ast.Module) -> Iterator[str]:
    """Names that a module defines: functions, classes, variables, and attributes of `self` and `cls`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
            yield node.attr


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def foreign_imports(tree: ast.Module) -> Iterator[str]:
    """Full names that a module imports from packages, without those in a block for type checkers."""
    skipped = {id(inner) for node in ast.walk(tree) if for_type_checkers(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not is_ours(node.module or ""):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def private_names(tree: ast.Module, ours: set[str]) -> Iterator[str]:
    """Private names in a module that are not among `ours`, and calls that reach all attributes of an object."""
    for name in foreign_imports(tree):
        if is_undocumented(name) or any(map(is_private, name.split("."))):
            yield name
    for node in ast.walk(tree):
        for name in touched(node):
            if name in {"vars()", "__dict__"} or (is_private(name) and name not in ours | DOCUMENTED):
                yield name


def touched(node: ast.AST) -> Iterator[str]:
    """Attributes that a node reads or writes, by their names or by strings; `vars()` for all of an object."""
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Call):
        function = ast.unparse(node.func).rpartition(".")[2]
        strings = (part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str))
        if function == "vars" and node.args:
            yield "vars()"
        elif function in NAMING_CALLS:
            yield from (part for text in strings for part in text.split("."))


OURS = {name for tree in TREES.values() for name in own_names(tree)}


def overridden() -> Iterator[tuple[str, str]]:
    """Private methods and attributes of our classes that replace those of a package's class."""
    for path in TREES:
        module = importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                yield from ((path, name) for name in replaced(kind, OURS))


def replaced(kind: type, ours: set[str]) -> Iterator[str]:
    """The private names that our class defines although a package's class has them, too."""
    others = [base for base in kind.__mro__[1:] if not is_ours(base.__module__)]
    written = (name for name in vars(kind) if is_private(name) and name in ours - DOCUMENTED)
    return (name for name in written if any(name in vars(base) for base in others))


def all_found() -> set[tuple[str, str]]:
    named = {(path, name) for path, tree in TREES.items() for name in private_names(tree, OURS)}
    return named | set(overridden())


def test_the_product_uses_documented_names_only() -> None:
    assert sorted(all_found() - BEING_REPLACED) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from django.db.models.sql import UpdateQuery", ["django.db.models.sql.UpdateQuery"]),
        ("import django.db.models.sql.compiler", ["django.db.models.sql.compiler"]),
        ("from django.db.models import query", ["django.db.models.query"]),
        ("from django.utils._os import safe_join", ["django.utils._os.safe_join"]),
        ("from pygments import _mapping", ["pygments._mapping"]),
        ("rows._result_cache = []", ["_result_cache"]),
        ("super()._create_formsets(request)", ["_create_formsets"]),
        ("getattr(post, '_prefetched_objects_cache')", ["_prefetched_objects_cache"]),
        ("attrgetter('query._cache')", ["_cache"]),
        ("vars(post)['title']", ["vars()"]),
        ("post.__dict__['title']", ["__dict__"]),
        ("self._own, post._meta.db_table, row._asdict(), post._state.adding, kind.__name__", []),
        ("from django.db import models", []),
        ("if TYPE_CHECKING:\n    from django.db.backends.base.base import BaseDatabaseWrapper", []),
        ("vars().update(DEBUG=True)", []),  # of the module itself
    ],
)
def test_private_names_are_found(line: str, found: list[str]) -> None:
    assert list(private_names(ast.parse(line), {"_own"})) == found


def test_a_private_method_that_replaces_one_of_a_package_is_found() -> None:
    kind = type(
        "Kept", (models.QuerySet,), {"_raw_delete": None, "delete": None, "_of_ours": None, "__module__": "blog"}
    )
    assert list(replaced(kind, {"_raw_delete", "_of_ours"})) == ["_raw_delete"]
