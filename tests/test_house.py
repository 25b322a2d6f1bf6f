"""Conventions of the code that a machine can check."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin

ROOT = Path(__file__).resolve().parents[1]
LONGEST_FUNCTION = 40  # lines
PATH_IN_DOCS = re.compile(r"`((?:core|blog|comments|config|templates|tests)/[\w./-]*)`")
OUR_APPS = ("core", "blog", "comments")

# Models that nobody edits by hand, and why.
NOT_IN_ADMIN = {
    "core.Invalidation": "written by the database, and gone after an hour",
    "blog.Evidence": "under its repost, and only for those who may see evidence",
    "blog.AuthorLink": "the digest of a mailed link is nobody's business",
    "blog.OldSlug": "written when an address changes",
    "core.NetworkKey": "a secret that nobody needs to see",
    "blog.Wording": "the words of a repost, which its post shows",
    "comments.CommentEvent": "the history on the page of its comment",
    "comments.CommentRevision": "on the page of its comment, too",
}


def tracked(*patterns: str) -> list[Path]:
    """The files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in sorted(listed.split("\0")) if name and (path := ROOT / name).is_file()]


def names_of(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


CODE = {path: path.read_text(encoding="utf-8") for path in tracked("*.py") if "migrations" not in path.parts}
TEMPLATES = {path: path.read_text(encoding="utf-8") for path in tracked("*.html")}


def test_functions_can_be_read_at_a_glance() -> None:
    functions = [
        (path.name, node.name, (node.end_lineno or 0) - node.lineno + 1)
        for path, text in CODE.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [function for function in functions if function[2] > LONGEST_FUNCTION] == []


def test_templates_hold_no_script_and_no_style() -> None:
    assert [path for path, text in TEMPLATES.items() if holds_code(text)] == []


def holds_code(template: str) -> bool:
    """Whether the content policy would refuse something in it. JSON-LD is data and runs nowhere."""
    scripts = re.findall(r"<script\b[^>]*>", template, re.IGNORECASE)
    inline = [tag for tag in scripts if "src=" not in tag and "application/ld+json" not in tag]
    return bool(inline or re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", template, re.IGNORECASE))


@pytest.mark.parametrize(
    "template", ["<script>go()</script>", '<p style="color: red">', "<style>p{}</style>", '<a onclick="go()">']
)
def test_code_in_a_template_is_seen(template: str) -> None:
    assert holds_code(template)


def test_no_file_names_a_package_index_or_the_folders_of_one_machine() -> None:
    # Put together, or this file would be the first to be found.
    folders = "|".join(["/ro" + "ot/", "/ho" + "me/[a-z]", "/Us" + "ers/[a-z]", "/wo" + "rk/"])
    index = "|".join([r"^\s*--(?:extra-)?index" + "-url", "find" + "-links", "trusted" + "-host", "py" + r"pi\.org"])
    unwanted = re.compile(f"{folders}|{index}", re.MULTILINE)
    found = [path for path in tracked() if unwanted.search(path.read_bytes().decode(errors="replace"))]
    assert names_of(found) == []


def test_every_requirement_is_pinned_with_its_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        packages = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
        assert not [package for package in packages if "==" not in package or "--hash=sha256:" not in package]


def test_every_model_can_be_looked_at_in_the_admin() -> None:
    shown = set(admin.site._registry)
    for model_admin in list(admin.site._registry.values()):
        shown |= {inline.model for inline in model_admin.inlines}
    ours = {model for app in OUR_APPS for model in apps.get_app_config(app).get_models()}
    assert {model._meta.label for model in ours - shown} == set(NOT_IN_ADMIN)


def tree_in_readme() -> str:
    """The fenced block under "The tree": a path at the start of each line, indented under its folder."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^#+ The tree\n.*?^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert block, "README.md has no fenced block under a heading “The tree”"
    return block[1]


def test_the_tree_in_the_readme_is_the_tree() -> None:
    paths = paths_of_tree(tree_in_readme())
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_files_that_the_tree_describes_exist() -> None:
    """A description may name further files of its folder."""
    block = tree_in_readme()
    folders = [(ROOT / path if path.endswith("/") else (ROOT / path).parent) for path in paths_of_tree(block)]
    lines = [line for line in block.splitlines() if line.strip()]
    missing = [
        f"{folder.relative_to(ROOT)}: {name}"
        for folder, line in zip(folders, lines, strict=True)
        for name in re.findall(r"\b\w+\.(?:py|html|md)\b", line.strip().partition(" ")[2])
        if not (folder / name).exists()
    ]
    assert missing == []


def test_the_files_for_typical_changes_exist() -> None:
    """In the README, the table that says which file to open for ten typical changes."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| to change \| open \|\n.*?\n\n", readme, re.MULTILINE | re.DOTALL)
    assert table, "README.md has no table with the columns “to change” and “open”"
    paths = re.findall(r"\| `([^`]+)` \|$", table[0], re.MULTILINE)
    assert len(paths) == 10
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_docs_name_files_that_exist() -> None:
    """Paths of the product in backticks: of a file, or of a folder."""
    missing = [
        f"{path.name}: {name}"
        for path in [*tracked("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
        for name in re.findall(
            r"`((?:core|blog|comments|config|templates|tests)/[\w./-]*)`", path.read_text(encoding="utf-8")
        )
        if not (ROOT / name).exists()
    ]
    assert missing == []


def paths_of_tree(block: str) -> list[str]:
    """The paths that an indented listing names, each whole."""
    folders: list[tuple[int, str]] = []
    paths = []
    for line in filter(str.strip, block.splitlines()):
        indent = len(line) - len(line.lstrip())
        folders = [folder for folder in folders if folder[0] < indent]
        path = (folders[-1][1] if folders else "") + line.split()[0]
        paths.append(path)
        if path.endswith("/"):
            folders.append((indent, path))
    return paths


def test_a_listing_is_read_by_its_indentation() -> None:
    block = "blog/   ground floor\n  models/\n    posts.py  rows\n  pages.py\nMakefile\n"
    assert paths_of_tree(block) == [
        "blog/",
        "blog/models/",
        "blog/models/posts.py",
        "blog/pages.py",
        "Makefile",
    ]
