"""Rows about single requests: what a first visit loads, numbers of queries, and the worst texts to render."""

from bench import page_weight
from bench.servers import Server
from bench.sites import Site
from bench.verdict import AT_MOST, Row

COMPRESSED = {"Accept-Encoding": "br, gzip"}
QUERIES = {"post page": 5, "list": 4, "comment page": 2, "feed": 3}
QUERIES_OF_COMMENT = {"sqlite": 13, "postgresql": 15}  # a stranger's
HOSTILE = 60  # times the CPU time of a plain text


def weights(server: Server, path: str) -> list[Row]:
    """Measure a post with a repost, a video and 50 comments: the heaviest page that readers usually see."""

    def fetch(path: str) -> bytes:
        return server.get(path, **COMPRESSED).body

    page, html = server.get(path, **COMPRESSED), server.get(path).body.decode()
    found = page_weight.resources(html, lambda path: server.get(path).body.decode(), server.url(path))
    styles, scripts = page_weight.kilobytes(found.styles, fetch), page_weight.kilobytes(found.scripts, fetch)
    third_party, own = found.third_party(server.url(path)), len(page.body) / 1024
    encoding = {key.lower(): value for key, value in page.headers}.get("content-encoding", "not compressed")
    note = f"HTML {own:.1f} KB ({encoding}; plain {len(html.encode()) / 1024:.1f} KB)"
    return [
        Row("first visit: HTML + CSS + JS", own + styles + scripts, 30, AT_MOST, "KB", note=note),
        Row("first visit: CSS", styles, 10, AT_MOST, "KB"),
        Row("first visit: JS", scripts, 6, AT_MOST, "KB"),
        Row("first visit: requests to others", len(third_party), 0, AT_MOST, note=", ".join(third_party)),
        Row("first visit: web fonts", found.fonts, 0, AT_MOST),
    ]


def queries(*sites: Site) -> list[Row]:
    """The largest number of queries of any page of a kind, on any of the sites."""
    counted = [(kind_of(page), number) for site in sites for page, number in site.probe("queries").items()]
    return [
        Row(f"queries: {kind}", max(number for name, number in counted if name == kind), budget, AT_MOST)
        for kind, budget in QUERIES.items()
    ]


def kind_of(page: str) -> str:
    """The kind of a page, by the name of its target."""
    if "post" in page or page.endswith("of many"):
        return "post page"
    if page == "comment":
        return "comment page"
    return "feed" if page.startswith("feed") else "list"


def comment_queries(site: Site) -> Row:
    budget = QUERIES_OF_COMMENT["postgresql" if site.database_url else "sqlite"]
    return Row("queries: a stranger's comment", site.probe("comment-queries"), budget, AT_MOST)


def hostile_texts(site: Site) -> list[Row]:
    """The text that takes most CPU time to render, compared with a plain one of the same size."""
    return [
        _hostile("worst comment of 10,000 characters / plain text, CPU", site.probe("hostile-comments")),
        _hostile("worst post of 200,000 characters / plain text, CPU", site.probe("hostile-posts")),
    ]


def _hostile(name: str, ratios: dict[str, float]) -> Row:
    worst = max(ratios, key=lambda text: ratios[text])
    return Row(name, ratios[worst], HOSTILE, AT_MOST, note=f"{worst}; the best time of each counts")
