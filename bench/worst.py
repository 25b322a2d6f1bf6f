"""Comments of the greatest length that make careless parsers slow: those of the attack table, and some for the rest of
what a comment goes through.
"""

from random import Random

from tests.attacks import HEAVY, SIZE


def _filled(piece: str) -> str:
    return (piece * (SIZE // len(piece) + 1))[:SIZE]


WORST: dict[str, str] = {
    **HEAVY,
    "nested quotes": "".join("> " * depth + "a\n" for depth in range(95))[:SIZE],
    "addresses": _filled("http://a.example/b "),
    "e-mail addresses": _filled("a@b.example "),
    "open code": "```python\n" + _filled("f(x)[{'a': \"b\"}] ")[: SIZE - 10],
    "many codes": _filled("```sql\nselect 1\n```\n"),
    "open strings in code": "```js\n" + _filled("`${'\"")[: SIZE - 6],
    "entities": _filled("&amp;&#38;&notin;"),
    "emphasis without end": _filled("**a *b _c ~~d "),
    "links in links": _filled("[a](b [c](d "),
    "references": "".join(f"[{n}]: /x\n[{n}]" for n in range(800))[:SIZE],
    "marks that join": _filled("a" + "\u0301" * 99),
    "backslashes": _filled("\\*"),
    "noise": "".join(Random(5).choices("*_`[]()<>!#|~\\&:\n ab", k=SIZE)),
}
