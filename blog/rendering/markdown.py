"""The two Markdown parsers. Both treat raw HTML as text."""

import re
import unicodedata
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, blockquote, list_block
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from blog.rendering.footnotes import with_footnotes
from blog.rendering.sanitise import is_safe_url

MAX_NESTING = 20  # levels of nested quotes and lists

# Control characters, and lone surrogates, which no database stores. Some editors end lines with a form feed or a
# vertical tab.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS = str.maketrans("\x0b\x0c", "\n\n")
# A line that begins with a letter and contains no character with a meaning in Markdown or HTML.

BlockRule = Callable[[StateBlock, int, int, bool], bool]


def normalise(source: str) -> str:
    """Return `source` in NFC and without control characters."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", source.translate(_LINE_ENDS)))


def strip_direction_marks(source: str) -> str:
    """Return `source` without the characters that reverse text, as in a forged “gpj.exe”."""
    return _DIRECTION.sub("", source)


class Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Called for the URL of every link and image. If it returns False, the markup stays text as typed."""
        return is_safe_url(url)


def article_parser() -> Parser:
    """CommonMark with tables, strikethrough, footnotes and syntax highlighting."""
    parser = Parser("commonmark", {"html": False, "maxNesting": MAX_NESTING, "highlight": _highlight})
    parser.enable(["table", "strikethrough"]).use(with_footnotes)
    return _limit_nesting(parser)


def comment_parser() -> Parser:
    """Emphasis, links, code, quotes and lists. All other markup is text as typed, and a line end is a line break."""
    parser = Parser("zero", {"html": False, "maxNesting": MAX_NESTING, "breaks": True})
    parser.enable(["blockquote", "fence", "list"])
    parser.enable(["autolink", "backticks", "emphasis", "escape", "image", "link", "newline", "strikethrough"])
    return _limit_nesting(parser)


def _limit_nesting(parser: Parser) -> Parser:
    """Leave quotes and lists below the deepest level as text. The parser itself would silently drop their content."""
    parser.block.ruler.at("blockquote", _with_limit(blockquote), _ENDS_ALL)
    parser.block.ruler.at("list", _with_limit(list_block), _ENDS_ALL_BUT_LISTS)
    return parser


def _with_limit(rule: BlockRule) -> BlockRule:
    def limited(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        # A list takes two levels, and its text needs a third.
        return state.level < MAX_NESTING - 2 and rule(state, start_line, end_line, silent)

    return limited


# Which blocks the two rules may interrupt, as in markdown-it itself.
_ENDS_ALL_BUT_LISTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
_ENDS_ALL: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def _highlight(code: str, language: str, _attributes: str) -> str:
    """Return the whole element for a fence, or an empty string (the parser's default) for an unknown language."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    highlighted = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre><code class="language-{lexer.aliases[0]}">{highlighted}</code></pre>\n'
