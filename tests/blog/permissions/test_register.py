"""The public register of permissions: what the ledger tells everybody, and what it keeps."""

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
    pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset):DeprecationWarning"),  # rdflib warns of itself
]

PREFIXES = """
PREFIX odrl: <http://www.w3.org/ns/odrl/2/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX schema: <https://schema.org/>
PREFIX tdm: <http://www.w3.org/ns/tdmrep#>
"""


def address(post: Post, suffix: str = "/") -> str:
    return f"/permissions/{post.repost.public_id}{suffix}"


def read(post: Post, suffix: str = "/") -> str:
    response = Client().get(address(post, suffix))
    assert response.status_code == 200
    return response.content.decode()


def ask(post: Post, question: str) -> list[tuple[str, ...]]:
    """The answers to a SPARQL question about the permission's document, read without any network."""
    triples = rdflib.Graph().parse(data=read(post, ".jsonld"), format="json-ld")
    found = json.loads(triples.query(PREFIXES + question).serialize(format="json") or "")
    return [tuple(row[name]["value"] for name in found["head"]["vars"]) for row in found["results"]["bindings"]]


def confirm(post: Post, **conditions: Any) -> Post:
    repost = Repost.objects.get(post=post)
    assert repost.shown
    steps.confirm(repost, wording=repost.shown, domain="example.edu", conditions=conditions)
    return Post.objects.for_page().get(pk=post.pk)


# --- The register -----------------------------------------------------------------------------------------------------


def test_every_public_repost_stands_in_the_register(
    permitted_repost: Post, withdrawn_repost: Post, unpermitted_repost: Post, own_post: Post
) -> None:
    html = Client().get("/permissions/").content.decode()
    assert "Reposted with permission, as stated by Eldon Host." in html
    assert "withdrawn by the host" in html
    assert address(permitted_repost) in html
    assert address(withdrawn_repost) in html
    assert address(unpermitted_repost) not in html
    assert own_post.title not in html


def test_a_post_that_is_not_public_is_not_registered(permitted_repost: Post) -> None:
    Post.objects.update(status="draft")
    assert permitted_repost.title not in Client().get("/permissions/").content.decode()
    for suffix in ("/", ".jsonld"):
        assert Client().get(address(permitted_repost, suffix)).status_code == 404


@pytest.mark.parametrize("path", ["/permissions/nothing/", "/permissions/nothing.jsonld", "/permissions/?before=x"])
def test_what_is_not_registered_is_a_404(permitted_repost: Post, path: str) -> None:
    assert Client().get(path).status_code == 404


def test_a_withdrawn_post_and_an_unstated_permission_have_no_page(
    permitted_repost: Post, unpermitted_repost: Post
) -> None:
    lifecycle.withdraw(permitted_repost)
    for post in (permitted_repost, unpermitted_repost):
        assert Client().get(address(post)).status_code == 404


def test_the_register_is_read_in_pages(make_repost: MakeRepost, settings: Settings) -> None:
    settings.POSTS_PER_PAGE = 2
    made = [address(make_repost(f"repost-{n}")) for n in range(5)]
    path, seen = "/permissions/", []
    while path:
        response = Client().get(path)
        seen += [address(post) for post in response.context["posts"]]
        path = response.context["older_url"]
    assert seen == made[::-1]


def test_register_and_permission_cost_the_same_queries_however_much_there_is(
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
        Client().get(address(post))
    with django_assert_num_queries(2):
        Client().get(address(post, ".jsonld"))


# --- One permission ---------------------------------------------------------------------------------------------------


def test_the_page_tells_the_sentence_the_steps_and_the_fingerprints(permitted_repost: Post) -> None:
    html = read(permitted_repost)
    assert "Reposted with permission, as stated by Eldon Host." in html
    assert "With her permission I repost here." in html
    assert "Stated by the host" in html
    event = permitted_repost.repost.events.get()
    for fingerprint in (event.strict, event.folded, event.hash):
        assert fingerprint in html
    assert f"{permitted_repost.get_absolute_url()}#words-" in html


def test_the_conditions_of_the_author_are_told(permitted_repost: Post) -> None:
    html = read(confirm(permitted_repost, no_training=True, not_in_feeds=True))
    assert "The words must not be used to train AI." in html
    assert "Feeds contain a link instead of the words." in html
    assert "Search engines" not in html


def test_the_steps_stand_in_their_order_with_the_reasons_given(noon: datetime, permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    with clock.standing_at(noon + timedelta(hours=1)):
        steps.withdraw(repost, by="Eldon Host", note="The author asked for it.")
    with clock.standing_at(noon + timedelta(hours=2)):
        steps.restore(repost, by="Eldon Host")
        html = read(permitted_repost)
    said = ["Stated by the host", "Withdrawn by the host", "The author asked for it.", "Restored by the host"]
    assert [html.index(step) for step in said] == sorted(html.index(step) for step in said)


def test_logins_addresses_questions_and_files_stay_private(permitted_repost: Post) -> None:
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


def test_after_the_end_the_page_stands_and_tells_only_the_end(withdrawn_repost: Post) -> None:
    html = read(withdrawn_repost)
    assert "withdrawn by the host" in html
    assert "The author asked for it." in html
    assert "Reposted with permission" not in html
    assert "https://ada.example/where-it-stood" not in html + read(withdrawn_repost, ".jsonld")
    assert GUEST_MARK not in html + read(withdrawn_repost, ".jsonld")


@pytest.mark.parametrize("suffix", ["/", ".jsonld"])
def test_any_cache_may_hold_it(permitted_repost: Post, suffix: str) -> None:
    response = Client().get(address(permitted_repost, suffix))
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=10, must-revalidate"
    assert Client().post(address(permitted_repost, suffix)).status_code == 405


# --- For machines -----------------------------------------------------------------------------------------------------

JOIN = """
SELECT ?author ?host ?source WHERE {
  ?agreement a odrl:Agreement ; odrl:permission ?permission .
  ?permission odrl:target ?words ; odrl:assigner ?assigner ; odrl:assignee ?assignee ;
    odrl:action odrl:reproduce, odrl:distribute ; odrl:duty/odrl:action odrl:attribute .
  ?words prov:wasAttributedTo ?assigner ; prov:wasQuotedFrom ?source .
  ?assigner schema:name ?author . ?assignee schema:name ?host .
}"""


def test_agreement_and_origin_can_be_joined(permitted_repost: Post) -> None:
    assert ask(permitted_repost, JOIN) == [("Ada Colleague", "Eldon Host", "https://ada.example/where-it-stood")]


def test_page_json_ld_and_citation_show_the_same_date_in_the_time_zone_of_the_blog(permitted_repost: Post) -> None:
    Blog.objects.update(time_zone="Pacific/Auckland")
    with clock.standing_at(datetime(2026, 11, 20, 20, tzinfo=UTC)):  # there, the next day has begun
        confirm(permitted_repost)
    outputs = [read(permitted_repost), read(permitted_repost, ".jsonld")]
    post = Post.objects.get()  # read again: in the new time zone, its URL may have another month
    outputs.append(Client().get(f"{post.get_absolute_url()}cite.bib").content.decode())
    assert ["confirmed by e-mail on Nov. 21, 2026" in text for text in outputs] == [True] * 3


def test_the_document_needs_no_other_document(permitted_repost: Post) -> None:
    context = json.loads(read(permitted_repost, ".jsonld"))["@context"]
    assert isinstance(context, dict)


def test_the_host_vouches_until_the_author_answers(permitted_repost: Post) -> None:
    who = "SELECT ?name WHERE { ?a a odrl:Agreement ; prov:wasAttributedTo/schema:name ?name }"
    assert ask(permitted_repost, who) == [("Eldon Host",)]
    assert ask(confirm(permitted_repost), who) == [("Ada Colleague",)]


@pytest.mark.parametrize("basis", ["licence", "public_domain", "own_work", "quotation_right"])
def test_where_nobody_was_asked_there_is_no_agreement(make_repost: MakeRepost, basis: str) -> None:
    post = make_repost(basis=basis, licence_url="https://creativecommons.org/licenses/by/4.0/")
    assert ask(post, JOIN) == []
    licences = ask(post, "SELECT ?licence WHERE { ?words schema:license ?licence }")
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
    question = f"SELECT ?agreement WHERE {{ ?agreement odrl:prohibition [ {pattern} ] }}"
    assert ask(permitted_repost, question) == []
    assert len(ask(confirm(permitted_repost, **{condition: True}), question)) == 1


def test_an_agreed_end_limits_the_permission(permitted_repost: Post) -> None:
    post = confirm(permitted_repost, author_end=date(2031, 1, 31))
    question = "SELECT ?end WHERE { ?p odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:rightOperand ?end ] }"
    assert ask(post, question) == [("2031-02-01T00:00:00+00:00",)]


def test_after_the_end_there_is_no_agreement_but_a_moment(noon: datetime, permitted_repost: Post) -> None:
    assert len(ask(permitted_repost, "SELECT ?rule WHERE { ?a a odrl:Agreement ; odrl:permission ?rule }")) == 1
    steps.withdraw(permitted_repost.repost, by="Eldon Host")
    assert ask(permitted_repost, "SELECT ?agreement WHERE { ?agreement a odrl:Agreement }") == []
    assert ask(permitted_repost, "SELECT ?at ?words WHERE { ?words prov:invalidatedAtTime ?at }") == [
        (noon.isoformat(), f"{permitted_repost.permalink}#words-{permitted_repost.repost.public_id}")
    ]


def test_an_expiry_is_the_moment_that_was_agreed(make_repost: MakeRepost) -> None:
    post = make_repost(expires_on=date(2030, 5, 31))
    with clock.standing_at(datetime(2031, 1, 1, tzinfo=post.blog.zone)):
        (moment,) = ask(post, "SELECT ?at WHERE { ?words prov:invalidatedAtTime ?at }")
    assert moment == ("2030-06-01T00:00:00+00:00",)
