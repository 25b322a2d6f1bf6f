"""Rows about reading a post: with and without the page cache, and in the longest discussion."""

from contextlib import ExitStack
from pathlib import Path

from bench import load, servers
from bench.bare import responses
from bench.load import Result
from bench.plan import Plan
from bench.servers import Server
from bench.sites import Site
from bench.verdict import AT_LEAST, AT_MOST, Row, of_rounds

Rounds = dict[str, list[Result]]
POST = "post, 50 comments"
MANY = "post, 200 comments"
HOME = "/"


def rows(site: Site, plan: Plan, folder: Path) -> list[Row]:
    """Compare our pages with a bare application that sends the same bytes from the same server."""
    targets = site.targets
    with ExitStack() as running:
        cached = running.enter_context(servers.ours(site))
        uncached = running.enter_context(servers.ours(site, **servers.UNCACHED))
        many = running.enter_context(servers.ours(site, settings="bench.settings_long_pages", **servers.UNCACHED))
        first = running.enter_context(servers.ours(site, settings="bench.settings_uncached_parts", **servers.UNCACHED))
        responses.save(folder, "fifty", uncached.get(targets[POST]))
        responses.save(folder, "home", uncached.get(HOME))
        responses.save(folder, "many", many.get(targets[MANY]))
        wsgi = running.enter_context(servers.bare(site, "bench.bare.wsgi", folder))
        view = running.enter_context(servers.bare(site, "bench.bare.django", folder))
        return [
            _against(cached.url(targets[POST]), wsgi.url("/fifty/"), plan, "post page from the page cache", 0.9),
            _against(uncached.url(targets[POST]), view.url("/fifty/"), plan, "post page, 50 comments, uncached", 0.25),
            _against(first.url(targets[POST]), view.url("/fifty/"), plan, "the same, no part of it kept", 0.1),
            _against(many.url(targets[MANY]), view.url("/many/"), plan, "post page, 200 comments, uncached", 0.15),
            _against(uncached.url(HOME), view.url("/home/"), plan, "home, uncached", 0.08),
            *_long_discussion(uncached, targets, plan),
        ]


def _against(ours: str, bare: str, plan: Plan, name: str, budget: float) -> Row:
    sides = load.pages({"ours": ours, "bare": bare}, plan.seconds)
    found = load.in_turns(name, {side: target.run for side, target in sides.items()}, rounds=plan.rounds)
    return of_rounds(
        f"{name} / {'bare WSGI' if 'cache' in name.split() else 'bare Django view'}",
        load.rates(found["ours"], found["bare"]),
        budget=budget,
        relation=AT_LEAST,
        note=f"{load.typical(found['ours'])}; bare {load.typical(found['bare'])}",
        faults=load.faults(**found),
    )


def _long_discussion(server: Server, targets: dict[str, str], plan: Plan) -> list[Row]:
    names = ("first of many", "middle of many", "last of many")[: 2 if plan.is_quick else 3]
    paths = {"100": "post, 100 comments", **{name: name for name in names}}
    sides = load.pages({side: server.url(targets[path]) for side, path in paths.items()}, plan.seconds)
    found = load.in_turns("long discussion", {side: target.run for side, target in sides.items()}, rounds=plan.rounds)
    return [
        of_rounds(
            f"page of {plan.comments:,} comments ({name.partition(' ')[0]}) / of 100, time",
            load.times(found[name], found["100"]),
            budget=1.3,
            relation=AT_MOST,
            note=f"{load.typical(found[name])}; with 100 comments {load.typical(found['100'])}",
            faults=load.faults(few=found["100"], many=found[name]),
        )
        for name in names
    ]
