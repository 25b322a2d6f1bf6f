"""Hostile input for the tests of every entry point, and one check of the HTML that results.

Data without tests: `pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)`.
"""

import re
from html.parser import HTMLParser
from math import isqrt

# For any text, long or short. Each can be sent as UTF-8 in a form.
ATTACKS: dict[str, str] = {
    "X1 script link": "[a](javascript:alert(1))",
    "X1 raw picture": "<img src=x onerror=alert(1)>",
    "X1 handler in description": '![" onerror=alert(1) ](x)',
    "X1 handler in description of own picture": '![" onerror=alert(1) x="](/media/x.png)',
    "X1 script in URL": '[t]("><script>alert`1`</script>)',
    "X1 handler as language": '```"onload=x\ncode\n```',
    "X1 handler in title": "[a](http://x \"t' onmouseover=alert(1) '\")",
    "X1 script": "<script>alert(1)</script>",
    "X2 handler after quote": "' onmouseover='alert(1)",
    "X2 svg after quote": '"><svg onload=alert(1)>',
    "X2 script URL": "javascript:alert(1)//http://",
    "X2 quote in host": "http://a'b",
    "X2 end of title": "</title><script>alert(1)</script>",
    "X2 end of textarea": "</textarea><script>alert(1)</script>",
    "X2 header injection": "a\r\nBcc: x@y.example",
    "X2 encoded header injection": "a%0d%0aBcc:x@y.example",
    "X2 formula": '=HYPERLINK("https://evil.example","a")',
    "X4 entity in scheme": "[a](&#x6A;avascript:alert(1))",
    "X4 tab in scheme": "[a](java&Tab;script:alert(1))",
    "X4 named colon": "[a](JaVaScRiPt&colon;alert(1))",
    "X4 control before scheme": "[a](\x01javascript:alert(1))",
    "X4 data URL": "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "X4 script in a definition": "[a]\n\n[a]: javascript:alert(1)",
    "X4 script autolink": "<javascript:alert(1)>",
    "X4 vbscript": "[a](vbscript:msgbox(1))",
    "X4 file": "[a](file:///etc/passwd)",
    "X4 data picture": "![a](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIj4=)",
    "X4 mail with handler": '<x@x.com"onmouseover=alert(1)//>',
    "X4 other host": "[a](//evil.example)",
    "X4 other host by backslash": "[a](/\\evil.example)",
    "X4 other host by tab": "[a](/&Tab;/evil.example)",
    "X4 remote picture": "![a](https://evil.example/pixel.gif)",
    "X4 picture outside media": "![a](/media/../admin/logout/)",
    "X5 marker of another renderer": "\x02klzzwxh:0000\x03 \x02wzxhzdk:0\x03",
    "X5 marker like that of a video": "<p>d41d8cd98f00b204e9800998ecf8427e</p>\n\nd41d8cd98f00b204e9800998ecf8427e",
    "X5 placeholder of a video": "<!--video youtube::a%2DB_c1D2e3F:0-->",
    "X5 placeholder of a video in a title": "[a](/b '<!--video youtube::a%2DB_c1D2e3F:0-->')",
    "X5 placeholder of a video, escaped": "&lt;!--video youtube::a%2DB_c1D2e3F:0--&gt;",
    "X5 uuid": "123e4567-e89b-12d3-a456-426614174000",
    "X5 template expression": "{{7*7}} {% csrf_token %}",
    "X5 format strings": "%(name)s {0.__class__} ${7*7}",
    "X6 noscript": "<noscript><style></noscript><img src=x onerror=alert(1)>",
    "X6 math": "<math><p></p><style><!--</style><img src/onerror=alert(1)>--></style>",
    "X6 svg style": '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "X6 annotation": "<math><annotation-xml encoding=text/html><img src=x onerror=alert(1)></annotation-xml></math>",
    "X6 svg animation": "<svg><a><animate attributeName=href values=javascript:alert(1) /><text>a</text></a></svg>",
    "X6 deep": "<b>" * 600 + "x",
    "X6 clobbering": '<form id="comments" name="body"><input name="attributes">',
    "X6 heading that takes an anchor": "# comments",
    "X6 overlay": '<a href="https://evil.example" style="position:fixed;inset:0">x</a>',
    "X6 frame": '<iframe src="https://evil.example" srcdoc="<script>alert(1)</script>"></iframe>',
    "X6 comment": "<!--><img src=x onerror=alert(1)>-->",
    "X6 base": '<base href="https://evil.example/">',
    "X6 style in table": "| a |\n|:-:|\n| <b style=x> |",
    "X7 combining marks": "e\u0301" * 50,
    "X8 emoji": "👩‍👩‍👧‍👦 🏳️‍🌈",
    "X8 nul": "a\x00b",
    "X8 right to left": "\u202egpj.exe",
    "X8 isolate": "\u2066\u202eabc\u2069",
    "X8 joiner": "a\u200db",
    "X9 long s": "<ſcript>alert(1)</ſcript>",
    "X9 dotless i": "<scrıpt>alert(1)</scrıpt>",
    "X9 mixed case": "[a](jAvAſcript:alert(1)) [b](jAvAsCrIpT:alert(1))",
}

# Half of a surrogate pair: no client can send it as UTF-8, but it can arrive in JSON and imports.
LONE_SURROGATE = "a\ud800b"

SIZE = 10_000
PIECES = ("[", "![", "[a](", "*a_ ", "**_`+`*_", ">", "> ", "- ", "1) ", "~~a ", "<http://", "^[", "[^1]")


def filled(piece: str, size: int) -> str:
    """`piece` again and again, `size` characters in all."""
    return (piece * (size // len(piece) + 1))[:size]


def heavy(size: int) -> dict[str, str]:
    """Texts of up to `size` characters that make careless parsers slow, or make them recurse too deeply."""
    steps = isqrt(size)
    return {
        **{f"D1 {piece!r}": filled(piece, size) for piece in PIECES},
        "D1 backtick ladder": "".join("`" * length + " " for length in range(1, steps * 3 // 2))[:size],
        "D1 nested lists": "".join("  " * depth + "- a\n" for depth in range(steps - 2))[:size],
        "D1 headings": filled("# a\n", size),
        "D1 tables": filled("|a|b|\n|-|-|\n", size),
        **{f"D2 {piece!r}": filled(piece, size) for piece in ("<![", "</a>", "&#x")},
    }


HEAVY = heavy(SIZE)

_ELEMENTS = (
    {"p", "br", "a", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li"}
    | {"h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td"}
    | {"img", "sup", "span", "section"}
)
_ATTRIBUTES = {"href", "rel", "title", "id", "class", "role", "src", "alt", "loading", "decoding", "scope", "start"}
_NEVER_IN_A_PAGE = {"object", "embed", "applet", "base", "style", "math", "frame", "frameset", "portal"}
_SVG_ANIMATIONS = {"animate", "set", "foreignobject", "animatetransform", "animatemotion"}
_URL_ATTRIBUTES = {"href", "src", "action", "formaction", "poster", "data", "xlink:href", "cite", "background"}
_OWN_URL = re.compile(r"(?!//|/\\)(?:[^:]*\Z|[^:]*[/?#])")  # no scheme and no host
_LINK = re.compile(rf"https?://[^/\\]|mailto:|{_OWN_URL.pattern}", re.IGNORECASE)
_IGNORED = re.compile(r"[\x00-\x20]")  # by browsers, in URLs
_LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest"}


def assert_harmless(html: str, *, page: bool = False) -> None:
    """Parse `html` and fail if it could run, load or link to anything that it must not.

    A fragment may contain what rendered text contains. A whole `page` may contain more, but loads only from its site.
    """
    judge = _PageJudge() if page else _FragmentJudge()
    judge.feed(html)
    judge.close()
    assert not judge.faults, f"{judge.faults} in {html[:2000]!r}"


class _Judge(HTMLParser):
    """The rules for both: no event handlers, no inline styles, no URLs with other schemes."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.expect(not name.startswith("on") and name not in ("style", "srcdoc"), f"<{tag} {name}>")
            if name in _URL_ATTRIBUTES:
                self.expect(_LINK.match(_IGNORED.sub("", value or "")), f"<{tag} {name}={value!r}>")
        self.judge(tag, {name: value or "" for name, value in attrs})

    def judge(self, tag: str, attrs: dict[str, str]) -> None:
        raise NotImplementedError

    def expect(self, condition: object, fault: str) -> None:
        if not condition:
            self.faults.append(fault)


class _FragmentJudge(_Judge):
    def judge(self, tag: str, attrs: dict[str, str]) -> None:
        self.expect(tag in _ELEMENTS, f"<{tag}>")
        self.expect(attrs.keys() <= _ATTRIBUTES, f"<{tag} {sorted(attrs.keys() - _ATTRIBUTES)}>")
        self.expect(attrs.get("src", "/media/").startswith("/media/"), f"<{tag} src={attrs.get('src')!r}>")

    def handle_comment(self, data: str) -> None:
        self.faults.append("a comment")


class _PageJudge(_Judge):
    def judge(self, tag: str, attrs: dict[str, str]) -> None:
        self.expect(tag not in _NEVER_IN_A_PAGE | _SVG_ANIMATIONS, f"<{tag}>")
        is_data = attrs.get("type") == "application/ld+json"
        self.expect(tag != "script" or attrs.get("src") or is_data, "an inline script")
        self.expect(tag != "meta" or attrs.get("http-equiv", "").lower() != "refresh", "a refresh")
        loaded = [attrs.get("src", ""), attrs.get("poster", "")]
        if tag == "link" and _LOADING_LINKS & set(attrs.get("rel", "").lower().split()):
            loaded.append(attrs.get("href", ""))
        if tag in ("form", "button", "input"):
            loaded += [attrs.get("action", ""), attrs.get("formaction", "")]
        for url in loaded:
            self.expect(_OWN_URL.match(url), f"<{tag}> loads {url!r}")
