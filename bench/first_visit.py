"""Rows about one page: what its first visit loads, what it asks of the database, and its worst comment."""

from bench import weight
from bench.places import Place
from bench.servers import Server
from bench.verdict import AT_MOST, Row

PACKED = {"Accept-Encoding": "br, gzip"}
QUERIES = {"post page": 5, "list": 4, "comment page": 2, "feed": 3}


def weights(server: Server, path: str) -> list[Row]:
    """Of a post with reposted words, a video and 50 comments: the heaviest that people usually see."""

    def fetch(address: str) -> bytes:
        return server.get(address, **PACKED).body

    page, html = server.get(path, **PACKED), server.get(path).body.decode()
    loads = weight.loaded_by(html, lambda address: server.get(address).body.decode(), server.url(path))
    styles, scripts = weight.kilobytes(loads.styles, fetch), weight.kilobytes(loads.scripts, fetch)
    elsewhere, own = loads.elsewhere(server.url(path)), len(page.body) / 1024
    encoding = {key.lower(): value for key, value in page.headers}.get("content-encoding", "not packed")
    note = f"HTML {own:.1f} KB ({encoding}; plain {len(html.encode()) / 1024:.1f} KB)"
    return [
        Row("first visit: HTML + CSS + JS", own + styles + scripts, 30, AT_MOST, "KB", note=note),
        Row("first visit: CSS", styles, 10, AT_MOST, "KB"),
        Row("first visit: JS", scripts, 6, AT_MOST, "KB"),
        Row("first visit: requests to others", len(elsewhere), 0, AT_MOST, note=", ".join(elsewhere)),
        Row("first visit: web fonts", loads.fonts, 0, AT_MOST),
    ]


def queries(*places: Place) -> list[Row]:
    """The most that any page of a kind costs, on any of the sites."""
    counted = [(kind_of(page), number) for place in places for page, number in place.ask("queries").items()]
    return [
        Row(f"queries: {kind}", max(number for name, number in counted if name == kind), budget, AT_MOST)
        for kind, budget in QUERIES.items()
    ]


def kind_of(page: str) -> str:
    """What sort of page a target is, by its name."""
    if "post" in page or page.endswith("of many"):
        return "post page"
    if page == "comment":
        return "comment page"
    return "feed" if page.startswith("feed") else "list"


def worst_comment(place: Place) -> Row:
    times: dict[str, float] = place.ask("pathological")
    name = max(times, key=lambda name: times[name])
    note = f"{name}; the worst of {len(times)}, the least of five, time of the processor"
    return Row("worst comment of 10,000 characters", times[name], 250, AT_MOST, "ms", note=note)
