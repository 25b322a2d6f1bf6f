"""Footnotes: numbered references in the text, the notes below it, and links back.

References and backlinks have ARIA roles, which a screen reader announces in its user's language. The HTML is stored, so
it cannot contain words in one language.
"""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin


def with_footnotes(parser: MarkdownIt) -> None:
    """Enable footnotes in `parser`. Their ids begin with ``id_prefix`` from the env that is passed for rendering."""
    parser.use(footnote_plugin)
    parser.add_render_rule("footnote_ref", _render_reference)
    parser.add_render_rule("footnote_open", _render_note)
    parser.add_render_rule("footnote_anchor", _render_backlink)
    parser.add_render_rule("footnote_block_open", _render_block)


def _render_reference(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    note_id, id, number = _note_id(tokens[at], env), _reference_id(tokens[at], env), tokens[at].meta["id"] + 1
    return f'<sup class="footnote-ref"><a href="#{note_id}" id="{id}" role="doc-noteref">[{number}]</a></sup>'


def _render_block(_renderer: Any, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any) -> str:
    return '<section class="footnotes" role="doc-endnotes">\n<ol>\n'


def _render_note(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    return f'<li id="{_note_id(tokens[at], env)}">'


def _render_backlink(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    # U+FE0E prevents phones from showing the arrow as an emoji.
    return f' <a href="#{_reference_id(tokens[at], env)}" role="doc-backlink">↩\ufe0e</a>'


def _note_id(token: Token, env: Any) -> str:
    return f"{env['id_prefix']}fn{token.meta['id'] + 1}"


def _reference_id(token: Token, env: Any) -> str:
    """The id of a reference. Further references to the same note get a number."""
    suffix = f"-{token.meta['subId']}" if token.meta.get("subId", 0) > 0 else ""
    return f"{env['id_prefix']}fnref{token.meta['id'] + 1}{suffix}"
