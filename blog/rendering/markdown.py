"""The two parsers of Markdown. Raw HTML is text to both."""

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

DEEPEST = 20  # levels of quotes and lists within each other

# Controls, and half surrogate pairs, which no database stores. A form feed or vertical tab ends a line in some editors.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS = str.maketrans("\x0b\x0c", "\n\n")
# A line that begins with a letter, and in which no sign stands that may mean something to Markdown or HTML.
_PLAIN_LINE = r"[^\W\d][\w .,:;?!'’‘“”„«»…()/+=%–—-]*(?<! )"
_MERE_WORDS = re.compile(rf"{_PLAIN_LINE}(?:\n+{_PLAIN_LINE})*")

BlockRule = Callable[[StateBlock, int, int, bool], bool]


def readable(source: str) -> str:
    """`source` in NFC, without control characters."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", source.translate(_LINE_ENDS)))


def without_direction_marks(source: str) -> str:
    """`source` without the characters that make text run backwards, as in a forged “gpj.exe”."""
    return _DIRECTION.sub("", source)


def is_mere_words(source: str) -> bool:
    """Whether a readable `source` holds nothing but words and usual punctuation, as most comments do."""
    return "_" not in source and _MERE_WORDS.fullmatch(source) is not None


def paragraphs(mere_words: str) -> str:
    """What a comment's parser makes of them, in a twentieth of the time."""
    parts = re.split(r"\n\n+", mere_words)
    return "\n".join("<p>" + part.replace("\n", "<br>\n") + "</p>" for part in parts)


class Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Asked for every address of a link or picture; one that is refused stays in the text as it was typed."""
        return is_safe_url(url)


def article_parser() -> Parser:
    """CommonMark with tables, strikethrough, footnotes and coloured code."""
    parser = Parser("commonmark", {"html": False, "maxNesting": DEEPEST, "highlight": _code_block})
    parser.enable(["table", "strikethrough"]).use(with_footnotes)
    return _keeping_deep_text(parser)


def comment_parser() -> Parser:
    """Emphasis, links, code, quotes and lists; all else stands as typed, and a line end is a line end."""
    parser = Parser("zero", {"html": False, "maxNesting": DEEPEST, "breaks": True})
    parser.enable(["blockquote", "fence", "list"])
    parser.enable(["autolink", "backticks", "emphasis", "escape", "image", "link", "newline", "strikethrough"])
    return _keeping_deep_text(parser)


def _keeping_deep_text(parser: Parser) -> Parser:
    """Below the deepest level a quote or list is text as typed. The parser itself would drop it without a word."""
    parser.block.ruler.at("blockquote", _not_too_deep(blockquote), _ENDS_ALL)
    parser.block.ruler.at("list", _not_too_deep(list_block), _ENDS_ALL_BUT_LISTS)
    return parser


def _not_too_deep(rule: BlockRule) -> BlockRule:
    def guarded(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        # A list takes two levels, and its text needs one to stand on.
        return state.level < DEEPEST - 2 and rule(state, start_line, end_line, silent)

    return guarded


# What the parser itself says about its two rules: which blocks they may end.
_ENDS_ALL_BUT_LISTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
_ENDS_ALL: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def _code_block(code: str, language: str, _attributes: str) -> str:
    """The whole element for a fence; code in a language that Pygments does not know goes to the parser's own."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    coloured = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre><code class="language-{lexer.aliases[0]}">{coloured}</code></pre>\n'
