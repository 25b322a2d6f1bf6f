"""Footnotes: numbered marks, the notes under the text, and the way back.

Marks and ways back have roles by which a screen reader announces them in its user's language: the HTML is stored, so it
can hold no word of ours.
"""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin


def with_footnotes(parser: MarkdownIt) -> None:
    """Let `parser` read footnotes. Their ids begin with what its env holds as ``id_prefix``."""
    parser.use(footnote_plugin)
    parser.add_render_rule("footnote_ref", _render_mark)
    parser.add_render_rule("footnote_open", _render_note)
    parser.add_render_rule("footnote_anchor", _render_way_back)
    parser.add_render_rule("footnote_block_open", _render_block)


def _render_mark(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    note, mark, number = _note_id(tokens[at], env), _mark_id(tokens[at], env), tokens[at].meta["id"] + 1
    return f'<sup class="footnote-ref"><a href="#{note}" id="{mark}" role="doc-noteref">[{number}]</a></sup>'


def _render_block(_renderer: Any, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any) -> str:
    return '<section class="footnotes" role="doc-endnotes">\n<ol>\n'


def _render_note(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    return f'<li id="{_note_id(tokens[at], env)}">'


def _render_way_back(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    # U+FE0E keeps phones from drawing the arrow as an emoji.
    return f' <a href="#{_mark_id(tokens[at], env)}" role="doc-backlink">↩\ufe0e</a>'


def _note_id(token: Token, env: Any) -> str:
    return f"{env['id_prefix']}fn{token.meta['id'] + 1}"


def _mark_id(token: Token, env: Any) -> str:
    """A note that is referred to more than once has as many marks."""
    again = f"-{token.meta['subId']}" if token.meta.get("subId", 0) > 0 else ""
    return f"{env['id_prefix']}fnref{token.meta['id'] + 1}{again}"
