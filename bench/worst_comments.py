"""Comments of maximal length that make careless parsers slow: the attack table, and more for the other processing
steps.
"""

from random import Random

from tests.attacks import HEAVY, SIZE


def _filled(piece: str) -> str:
    return (piece * (SIZE // len(piece) + 1))[:SIZE]


WORST: dict[str, str] = {
    **HEAVY,
    "nested quotes": "".join("> " * depth + "a\n" for depth in range(95))[:SIZE],
    "links": _filled("http://a.example/b "),
    "e-mail addresses": _filled("a@b.example "),
    "unclosed code block": "```python\n" + _filled("f(x)[{'a': \"b\"}] ")[: SIZE - 10],
    "many code blocks": _filled("```sql\nselect 1\n```\n"),
    "unclosed strings in code": "```js\n" + _filled("`${'\"")[: SIZE - 6],
    "entities": _filled("&amp;&#38;&notin;"),
    "unclosed emphasis": _filled("**a *b _c ~~d "),
    "links in links": _filled("[a](b [c](d "),
    "references": "".join(f"[{n}]: /x\n[{n}]" for n in range(800))[:SIZE],
    "combining characters": _filled("a" + "\u0301" * 99),
    "backslashes": _filled("\\*"),
    "noise": "".join(Random(5).choices("*_`[]()<>!#|~\\&:\n ab", k=SIZE)),
}
