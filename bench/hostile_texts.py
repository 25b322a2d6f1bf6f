"""Texts that make careless parsers slow: the attack table, and more for the other processing steps; and a plain one."""

from itertools import cycle, islice
from math import isqrt
from random import Random

from bench import texts
from tests.attacks import filled, heavy


def hostile(size: int) -> dict[str, str]:
    """Texts of about `size` characters by name."""
    return {
        **heavy(size),
        "nested quotes": "".join("> " * depth + "a\n" for depth in range(isqrt(size)))[:size],
        "links": filled("http://a.example/b ", size),
        "e-mail addresses": filled("a@b.example ", size),
        "unclosed code block": "```python\n" + filled("f(x)[{'a': \"b\"}] ", size - 10),
        "many code blocks": filled("```sql\nselect 1\n```\n", size),
        "unclosed strings in code": "```js\n" + filled("`${'\"", size - 6),
        "entities": filled("&amp;&#38;&notin;", size),
        "unclosed emphasis": filled("**a *b _c ~~d ", size),
        "links in links": filled("[a](b [c](d ", size),
        "references": "".join(f"[{n}]: /x\n[{n}]" for n in range(size // 10))[:size],
        "combining characters": filled("a" + "\u0301" * 99, size),
        "backslashes": filled("\\*", size),
        "noise": "".join(Random(5).choices("*_`[]()<>!#|~\\&:\n ab", k=size)),
    }


def plain(size: int) -> str:
    """What most people write, paragraphs with an emphasis here and there; `size` characters in all."""
    paragraphs = ["I am *not* sure.", *texts.paragraphs()]
    return "\n\n".join(islice(cycle(paragraphs), size // 10))[:size]
