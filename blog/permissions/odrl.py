"""A permission as one JSON-LD document for machines: an agreement in ODRL, the origin of the words in PROV.

The document contains its context, so that it can be read without a network. It has an agreement only if the basis is a
permission that is in force: under a licence, a right or the public domain nobody agreed to anything, and after the end
the document states only the end.
"""

from datetime import datetime
from typing import Any

from blog.models import Person, Post, Repost
from blog.permissions import attribution
from blog.reading import json_ld

Node = dict[str, Any]

CONTEXT = {
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
    "tdm": "http://www.w3.org/ns/tdmrep#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def document(post: Post, repost: Repost) -> Node:
    """Return the public facts about the permission of `repost`. They never include the words."""
    nodes = [_passage(post, repost), *(_person(post, author) for author in [post.author, *json_ld.authors(post)])]
    if repost.is_in_force and repost.basis == Repost.Basis.PERMISSION:
        nodes.append(_agreement(post, repost))
    return {"@context": CONTEXT, "@graph": nodes}


def _passage(post: Post, repost: Repost) -> Node:
    node: Node = {
        "@id": json_ld.passage_id(post.permalink, repost),
        "@type": ["prov:Entity", "schema:Quotation"],
        "prov:wasAttributedTo": _people(post),
        "schema:isPartOf": {"@id": f"{post.permalink}#post"},
        "schema:usageInfo": {"@id": json_ld.permission_url(repost)},
        "schema:description": attribution.status_sentence(repost, post.author.name),
    }
    if not repost.is_in_force:
        ended_at = repost.ends_at if repost.state in Repost.STATES_IN_FORCE else repost.state_since
        return node | {"prov:invalidatedAtTime": _datetime(ended_at)}
    if repost.basis == Repost.Basis.LICENCE:
        node["schema:license"] = {"@id": repost.licence_url}
    return node | {"prov:wasQuotedFrom": _origin(repost)}


def _origin(repost: Repost) -> Node:
    """The source of the words. A source without a URL, such as a letter, becomes a blank node."""
    node: Node = {"@type": ["prov:Entity", "schema:CreativeWork"], "schema:name": attribution.source_text(repost)}
    return node | ({"@id": repost.source_url} if repost.source_url else {})


def _person(post: Post, person: Person) -> Node:
    return {
        "@id": json_ld.person_id(post.blog, person),
        "@type": ["prov:Person", "schema:Person"],
        "schema:name": json_ld.display_name(post, person),
        "schema:url": {"@id": json_ld.person_url(post.blog, person)},
    }


def _agreement(post: Post, repost: Repost) -> Node:
    """The agreement, attributed to the author after an answer. Before, or with several authors, to the host."""
    author_answered = repost.level >= Repost.Level.ANSWERED and len(json_ld.authors(post)) == 1
    url = f"{json_ld.permission_url(repost)}#agreement"
    return {
        "@id": url,
        "@type": ["odrl:Agreement", "prov:Entity"],
        "odrl:uid": {"@id": url},
        "schema:description": attribution.permission_sentence(repost, post.author.name),
        "prov:wasAttributedTo": _people(post) if author_answered else _host(post),
        "odrl:permission": {
            **_rule(post, repost, [{"@id": "odrl:reproduce"}, {"@id": "odrl:distribute"}]),
            "odrl:duty": _duty(post, repost),
            **_end(repost),
        },
        "odrl:prohibition": _prohibitions(post, repost),
    }


def _rule(post: Post, repost: Repost, action: Node | list[Node]) -> Node:
    return {
        "odrl:target": {"@id": json_ld.passage_id(post.permalink, repost)},
        "odrl:assigner": _people(post),
        "odrl:assignee": _host(post),
        "odrl:action": action,
    }


def _duty(post: Post, repost: Repost) -> Node:
    duty: Node = {
        "odrl:action": {"@id": "odrl:attribute"},
        "odrl:attributedParty": _people(post),
        "schema:creditText": attribution.byline(repost, post.credits.all()),
    }
    return duty | ({"schema:url": {"@id": repost.credit_link}} if repost.credit_link else {})


def _end(repost: Repost) -> Node:
    if repost.ends_at is None:
        return {}
    return {"odrl:constraint": _constraint("odrl:dateTime", "odrl:lt", _datetime(repost.ends_at))}


def _prohibitions(post: Post, repost: Repost) -> list[Node]:
    """The author's conditions that forbid something. ODRL has no term for AI training; text mining covers it."""
    forbidden = [
        (repost.no_snippet, "odrl:display", "search results"),
        (repost.not_in_feeds, "odrl:distribute", "feeds"),
        (repost.no_training, "tdm:mine", ""),
    ]
    return [_prohibition(post, repost, action, channel) for is_set, action, channel in forbidden if is_set]


def _prohibition(post: Post, repost: Repost, action: str, channel: str) -> Node:
    rule = _rule(post, repost, {"@id": action})
    if channel:
        rule["odrl:constraint"] = _constraint("odrl:deliveryChannel", "odrl:eq", channel)
    return rule


def _constraint(left: str, operator: str, right: Any) -> Node:
    return {"odrl:leftOperand": {"@id": left}, "odrl:operator": {"@id": operator}, "odrl:rightOperand": right}


def _people(post: Post) -> list[Node]:
    return [{"@id": json_ld.person_id(post.blog, author)} for author in json_ld.authors(post)]


def _host(post: Post) -> Node:
    return {"@id": json_ld.person_id(post.blog, post.author)}


def _datetime(moment: datetime | None) -> Node:
    return {"@type": "xsd:dateTime", "@value": moment.isoformat(timespec="seconds") if moment else ""}
