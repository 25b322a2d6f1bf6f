"""The public register of permissions: what it publishes from the ledger, and what stays private."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import rdflib
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Blog, Credit, Evidence, Person, Post, Repost
from blog.permissions import steps
from blog.publishing import lifecycle
from core import clock
from tests.conftest import GUEST_MARK, MakeRepost

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset):DeprecationWarning"),  # rdflib's own warnings
]

PREFIXES = """
PREFIX odrl: <http://www.w3.org/ns/odrl/2/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX schema: <https://schema.org/>
PREFIX tdm: <http://www.w3.org/ns/tdmrep#>
"""


def permission_path(post: Post, suffix: str = "/") -> str:
    return f"/permissions/{post.repost.public_id}{suffix}"


def read(post: Post, suffix: str = "/") -> str:
    response = Client().get(permission_path(post, suffix))
    assert response.status_code == 200
    return response.content.decode()


def query(post: Post, sparql: str) -> list[tuple[str, ...]]:
    """Run a SPARQL query on the permission's JSON-LD document, without any network. Return the rows."""
    triples = rdflib.Graph().parse(data=read(post, ".jsonld"), format="json-ld")
    found = json.loads(triples.query(PREFIXES + sparql).serialize(format="json") or "")
    return [tuple(row[name]["value"] for name in found["head"]["vars"]) for row in found["results"]["bindings"]]


def confirm(post: Post, **conditions: Any) -> Post:
    repost = Repost.objects.get(post=post)
    assert repost.shown
    steps.confirm(repost, wording=repost.shown, domain="example.edu", conditions=conditions)
    return Post.objects.for_page().get(pk=post.pk)


# --- The register -----------------------------------------------------------------------------------------------------


def test_the_register_lists_every_public_repost(
    permitted_repost: Post, withdrawn_repost: Post, unpermitted_repost: Post, own_post: Post
) -> None:
    html = Client().get("/permissions/").content.decode()
    assert "Reposted with permission, as stated by Eldon Host." in html
    assert "withdrawn by the host" in html
    assert permission_path(permitted_repost) in html
    assert permission_path(withdrawn_repost) in html
    assert permission_path(unpermitted_repost) not in html
    assert own_post.title not in html


def test_a_post_that_is_not_public_is_not_registered(permitted_repost: Post) -> None:
    Post.objects.update(status="draft")
    assert permitted_repost.title not in Client().get("/permissions/").content.decode()
    for suffix in ("/", ".jsonld"):
        assert Client().get(permission_path(permitted_repost, suffix)).status_code == 404


@pytest.mark.parametrize("path", ["/permissions/nothing/", "/permissions/nothing.jsonld", "/permissions/?before=x"])
def test_an_unknown_permission_is_a_404(permitted_repost: Post, path: str) -> None:
    assert Client().get(path).status_code == 404


def test_a_withdrawn_post_and_an_unstated_permission_have_no_page(
    permitted_repost: Post, unpermitted_repost: Post
) -> None:
    lifecycle.withdraw(permitted_repost)
    for post in (permitted_repost, unpermitted_repost):
        assert Client().get(permission_path(post)).status_code == 404


def test_the_register_is_paginated(make_repost: MakeRepost, settings: Settings) -> None:
    settings.POSTS_PER_PAGE = 2
    made = [permission_path(make_repost(f"repost-{n}")) for n in range(5)]
    path, seen = "/permissions/", []
    while path:
        response = Client().get(path)
        seen += [permission_path(post) for post in response.context["posts"]]
        path = response.context["older_url"]
    assert seen == made[::-1]


def test_the_number_of_queries_does_not_grow(
    make_repost: MakeRepost, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    post = make_repost()
    for n in range(4):
        steps.set_end(post.repost, by="Eldon Host", last_day=date(2030, 1, n + 1))
        other = make_repost(f"other-{n}")
        person = Person.objects.create(name=f"P{n}", slug=f"p{n}")
        Credit.objects.create(post=other, person=person, role="translator")
    with django_assert_num_queries(2):  # posts with blog, author and repost; credits with people
        Client().get("/permissions/")
    with django_assert_num_queries(3):  # the same; the ledger
        Client().get(permission_path(post))
    with django_assert_num_queries(2):
        Client().get(permission_path(post, ".jsonld"))


# --- One permission ---------------------------------------------------------------------------------------------------


def test_the_page_shows_the_sentence_the_steps_and_the_fingerprints(permitted_repost: Post) -> None:
    html = read(permitted_repost)
    assert "Reposted with permission, as stated by Eldon Host." in html
    assert "With her permission I repost here." in html
    assert "Stated by the host" in html
    event = permitted_repost.repost.events.get()
    for fingerprint in (event.strict, event.folded, event.hash):
        assert fingerprint in html
    assert f"{permitted_repost.get_absolute_url()}#words-" in html


def test_the_page_lists_the_conditions_of_the_author(permitted_repost: Post) -> None:
    html = read(confirm(permitted_repost, no_training=True, not_in_feeds=True))
    assert "The words must not be used to train AI." in html
    assert "Feeds contain a link instead of the words." in html
    assert "Search engines" not in html


def test_the_steps_are_in_order_with_their_reasons(noon: datetime, permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    with clock.standing_at(noon + timedelta(hours=1)):
        steps.withdraw(repost, by="Eldon Host", note="The author asked for it.")
    with clock.standing_at(noon + timedelta(hours=2)):
        steps.restore(repost, by="Eldon Host")
        html = read(permitted_repost)
    sentences = ["Stated by the host", "Withdrawn by the host", "The author asked for it.", "Restored by the host"]
    assert [html.index(text) for text in sentences] == sorted(html.index(text) for text in sentences)


def test_logins_emails_requests_and_files_stay_private(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    letter = ContentFile(b"Dear Eldon, yes. Ada", "ada-private-letter.eml")
    steps.add_evidence(Evidence(repost=repost, kind="letter", dated=date(2026, 2, 28), file=letter), by="login-of-host")
    steps.record_request(repost, by="login-of-host")
    confirm(permitted_repost)
    evidence = repost.evidence.get()
    for text in (read(permitted_repost), read(permitted_repost, ".jsonld")):
        for secret in ("login-of-host", "private.example", "ada-private", evidence.file.name, evidence.sha256, "asked"):
            assert secret not in text
        assert GUEST_MARK not in text
    assert "Evidence added: letter of Feb. 28, 2026" in read(permitted_repost)


def test_after_the_end_the_page_shows_only_the_end(withdrawn_repost: Post) -> None:
    html = read(withdrawn_repost)
    assert "withdrawn by the host" in html
    assert "The author asked for it." in html
    assert "Reposted with permission" not in html
    assert "https://ada.example/where-it-stood" not in html + read(withdrawn_repost, ".jsonld")
    assert GUEST_MARK not in html + read(withdrawn_repost, ".jsonld")


@pytest.mark.parametrize("suffix", ["/", ".jsonld"])
def test_the_page_is_publicly_cacheable(permitted_repost: Post, suffix: str) -> None:
    response = Client().get(permission_path(permitted_repost, suffix))
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=10, must-revalidate"
    assert Client().post(permission_path(permitted_repost, suffix)).status_code == 405


# --- For machines -----------------------------------------------------------------------------------------------------

JOIN = """
SELECT ?author ?host ?source WHERE {
  ?agreement a odrl:Agreement ; odrl:permission ?permission .
  ?permission odrl:target ?words ; odrl:assigner ?assigner ; odrl:assignee ?assignee ;
    odrl:action odrl:reproduce, odrl:distribute ; odrl:duty/odrl:action odrl:attribute .
  ?words prov:wasAttributedTo ?assigner ; prov:wasQuotedFrom ?source .
  ?assigner schema:name ?author . ?assignee schema:name ?host .
}"""


def test_a_query_can_join_agreement_and_source(permitted_repost: Post) -> None:
    assert query(permitted_repost, JOIN) == [("Ada Colleague", "Eldon Host", "https://ada.example/where-it-stood")]


def test_page_json_ld_and_citation_show_the_same_date_in_the_time_zone_of_the_blog(permitted_repost: Post) -> None:
    Blog.objects.update(time_zone="Pacific/Auckland")
    with clock.standing_at(datetime(2026, 11, 20, 20, tzinfo=UTC)):  # in Auckland, it is the next day
        confirm(permitted_repost)
    outputs = [read(permitted_repost), read(permitted_repost, ".jsonld")]
    post = Post.objects.get()  # read again: in the new time zone, its URL may have another month
    outputs.append(Client().get(f"{post.get_absolute_url()}cite.bib").content.decode())
    assert ["confirmed by e-mail on Nov. 21, 2026" in text for text in outputs] == [True] * 3


def test_the_document_contains_its_context(permitted_repost: Post) -> None:
    context = json.loads(read(permitted_repost, ".jsonld"))["@context"]
    assert isinstance(context, dict)


def test_the_agreement_is_attributed_to_the_host_until_the_author_answers(permitted_repost: Post) -> None:
    who = "SELECT ?name WHERE { ?a a odrl:Agreement ; prov:wasAttributedTo/schema:name ?name }"
    assert query(permitted_repost, who) == [("Eldon Host",)]
    assert query(confirm(permitted_repost), who) == [("Ada Colleague",)]


@pytest.mark.parametrize("basis", ["licence", "public_domain", "own_work", "quotation_right"])
def test_a_basis_without_consent_has_no_agreement(make_repost: MakeRepost, basis: str) -> None:
    post = make_repost(basis=basis, licence_url="https://creativecommons.org/licenses/by/4.0/")
    assert query(post, JOIN) == []
    licences = query(post, "SELECT ?licence WHERE { ?words schema:license ?licence }")
    assert len(licences) == (basis == "licence")


@pytest.mark.parametrize(
    ("condition", "pattern"),
    [
        ("no_training", "odrl:action tdm:mine"),
        ("no_snippet", "odrl:action odrl:display ; odrl:constraint/odrl:rightOperand 'search results'"),
        ("not_in_feeds", "odrl:action odrl:distribute ; odrl:constraint/odrl:rightOperand 'feeds'"),
    ],
)
def test_a_condition_is_a_prohibition(permitted_repost: Post, condition: str, pattern: str) -> None:
    sparql = f"SELECT ?agreement WHERE {{ ?agreement odrl:prohibition [ {pattern} ] }}"
    assert query(permitted_repost, sparql) == []
    assert len(query(confirm(permitted_repost, **{condition: True}), sparql)) == 1


def test_an_agreed_end_limits_the_permission(permitted_repost: Post) -> None:
    post = confirm(permitted_repost, author_end=date(2031, 1, 31))
    sparql = "SELECT ?end WHERE { ?p odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:rightOperand ?end ] }"
    assert query(post, sparql) == [("2031-02-01T00:00:00+00:00",)]


def test_after_the_end_there_is_a_moment_instead_of_an_agreement(noon: datetime, permitted_repost: Post) -> None:
    assert len(query(permitted_repost, "SELECT ?rule WHERE { ?a a odrl:Agreement ; odrl:permission ?rule }")) == 1
    steps.withdraw(permitted_repost.repost, by="Eldon Host")
    assert query(permitted_repost, "SELECT ?agreement WHERE { ?agreement a odrl:Agreement }") == []
    assert query(permitted_repost, "SELECT ?at ?words WHERE { ?words prov:invalidatedAtTime ?at }") == [
        (noon.isoformat(), f"{permitted_repost.permalink}#words-{permitted_repost.repost.public_id}")
    ]


def test_an_expired_permission_is_invalid_from_its_agreed_end(make_repost: MakeRepost) -> None:
    post = make_repost(expires_on=date(2030, 5, 31))
    with clock.standing_at(datetime(2031, 1, 1, tzinfo=post.blog.zone)):
        (moment,) = query(post, "SELECT ?at WHERE { ?words prov:invalidatedAtTime ?at }")
    assert moment == ("2030-06-01T00:00:00+00:00",)
