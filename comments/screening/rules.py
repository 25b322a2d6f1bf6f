"""The rules by which comments are judged, in order. Each is pure: it reads `Facts` and finds nothing or one thing.

A rule holds all that belongs to it: the code under which its findings are stored, the points that it gives, and the
sentences for moderators and for the writer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, NamedTuple, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from blog.models import Blog
from comments.models import Ban
from comments.screening import links, word_matching
from comments.screening.bayes import Verdict

HOLD_FROM, SPAM_FROM = 50, 100  # points from which a comment waits for a moderator, and from which it counts as spam
THREAD_SPAN = timedelta(minutes=3)  # see `TooFastInThread`
DETAIL_LENGTH = 200  # characters of a detail that are stored

Hold = Blog.Hold


class Pace(NamedTuple):
    """How many comments came from the writer's network lately; `thread`: into this thread within `THREAD_SPAN`."""

    minute: int = 0
    hour: int = 0
    thread: int = 0


NO_PACE = Pace()


class BanInForce(Protocol):
    """What rules read of a ban."""

    @property
    def kind(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def value(self) -> str: ...


@dataclass(frozen=True)
class Facts:
    """Everything about a comment that rules may read."""

    name: str
    text: str  # as it was typed; where readers may see something else, that too
    hold: str = Hold.LINKS
    is_open: bool = True  # the discussion
    has_badge: bool = False  # by the host, a moderator or the original author, as they have proved
    is_known: bool = False  # see `Comment.objects.by_known_email`
    writer_bans: Sequence[BanInForce] = ()
    word_bans: Sequence[BanInForce] = ()  # of words and domains
    pace: Pace = NO_PACE
    repeats: int = 0  # other discussions in which the same text was posted lately
    has_filled_trap: bool = False
    seconds: float | None = None  # for which the form was open; None if nobody measured it
    has_forged_time: bool = False
    verdict: Verdict | None = None
    is_imitation: bool = False
    hosts: Sequence[str] = ()  # of all links, those in the name included
    hosts_in_name: Sequence[str] = ()


@dataclass(frozen=True)
class Finding:
    """What a rule found. `holds`: the comment waits, whatever its points; `refuses`: it is not stored."""

    rule: "Rule"
    points: int = 0
    detail: str = ""
    holds: bool = False
    refuses: bool = False

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def refusal(self) -> str:
        """Why the comment was refused, for its writer."""
        return str(self.rule.refusal) % {"detail": self.detail}


class Rule:
    """A rule. `%(detail)s` in a sentence stands for the detail of the finding.

    A finding that is stored needs `for_moderators`, and `for_writer` unless it speaks for the comment. A rule that
    refuses needs `refusal` and the HTTP `status` of the response.
    """

    code: ClassVar[str]
    points: ClassVar[int] = 0
    for_moderators: ClassVar[StrPromise | str] = ""
    for_writer: ClassVar[StrPromise | str] = ""
    refusal: ClassVar[StrPromise | str] = ""
    status: ClassVar[int] = 403
    binds_everybody: ClassVar[bool] = False  # also the host, the moderators and the original author

    def check(self, facts: Facts) -> Finding | None:
        raise NotImplementedError

    def found(self, detail: str = "", *, points: int | None = None, holds: bool = False) -> Finding:
        return Finding(self, self.points if points is None else points, detail[:DETAIL_LENGTH], holds)

    def refused(self, detail: str = "") -> Finding:
        return Finding(self, detail=detail, refuses=True)


class Closed(Rule):
    code = "closed"
    refusal = _("The discussion of this post is closed: it accepts no more comments.")
    status = 409
    binds_everybody = True

    def check(self, facts: Facts) -> Finding | None:
        return None if facts.is_open else self.refused()


class BannedWriter(Rule):
    code = "banned"
    for_moderators = _("A moderator decided to hold everything from this person or their network")
    for_writer = _("The moderators read your comments before they appear.")
    refusal = _("Your comments are not accepted here at present. If you think this is a mistake, write to the host.")

    def check(self, facts: Facts) -> Finding | None:
        if any(ban.mode == Ban.Mode.REFUSE for ban in facts.writer_bans):
            return self.refused()
        return self.found(holds=True) if facts.writer_bans else None


class Repeated(Rule):
    code = "repeated"
    points = 40
    for_moderators = _("Other discussions with the same text: %(detail)s")
    for_writer = _("The same text was sent to other discussions.")
    spam_from = 3  # other discussions

    def check(self, facts: Facts) -> Finding | None:
        if not facts.repeats:
            return None
        return self.found(str(facts.repeats), points=SPAM_FROM if facts.repeats >= self.spam_from else self.points)


class TooMany(Rule):
    code = "rate"
    refusal = _("Many comments have come from your network in a short time: please wait a little and send yours again.")
    status = 429
    binds_everybody = True

    def check(self, facts: Facts) -> Finding | None:
        pace = facts.pace
        is_within = pace.minute < settings.COMMENTS_PER_MINUTE and pace.hour < settings.COMMENTS_PER_HOUR
        return None if is_within else self.refused()


class Trap(Rule):
    """Gives points only: programs that fill in forms for people fill in the hidden field, too."""

    code = "trap"
    points = 60
    for_moderators = _("A form field that people cannot see was filled in, as spam programs do")
    for_writer = _("A hidden field of the form was filled in, which usually only programs do.")

    def check(self, facts: Facts) -> Finding | None:
        return self.found() if facts.has_filled_trap else None


class ForgedTime(Rule):
    code = "forged"
    points = 30
    for_moderators = _("The hidden time stamp of the form was forged")
    for_writer = _("A hidden part of the form was changed.")

    def check(self, facts: Facts) -> Finding | None:
        return self.found() if facts.has_forged_time else None


class TooFast(Rule):
    code = "fast"
    points = 40
    for_moderators = _("Sent %(detail)s seconds after the form was opened")
    for_writer = _("The form was sent faster than people usually write.")
    fastest = 3.0  # seconds in which a person can fill in the form

    def check(self, facts: Facts) -> Finding | None:
        if facts.has_forged_time or facts.seconds is None or not facts.seconds < self.fastest:
            return None
        return self.found(f"{max(facts.seconds, 0):.1f}")


class Links(Rule):
    code = "links"
    points = 10  # for each link
    for_moderators = _("Links to: %(detail)s")
    for_writer = _("It contains links.")
    max_links = 2  # that a known writer may set without waiting
    too_many, in_name, non_latin = 20, 40, 20  # further points

    def check(self, facts: Facts) -> Finding | None:
        if not facts.hosts:
            return None
        is_allowed = facts.is_known and len(facts.hosts) <= self.max_links and not facts.hosts_in_name
        holds = facts.hold in (Hold.LINKS, Hold.FIRST) and not is_allowed
        return self.found(", ".join(dict.fromkeys(facts.hosts)), points=self._points(facts), holds=holds)

    def _points(self, facts: Facts) -> int:
        count = len(facts.hosts)
        points = self.points * count + self.too_many * (count > self.max_links)
        points += self.in_name * bool(facts.hosts_in_name)
        return points + self.non_latin * any(host.startswith("xn--") for host in facts.hosts)


class BannedWords(Rule):
    """Words and domains that moderators have banned."""

    code = "words"
    points = HOLD_FROM
    for_moderators = _("Contains words or domains from the list of bans: %(detail)s")
    for_writer = _("It contains words that the moderators want to check: %(detail)s.")
    refusal = _("This is not accepted here: %(detail)s. Please remove it from your comment and send it again.")

    def check(self, facts: Facts) -> Finding | None:
        folded = word_matching.fold(f"{facts.name}\n{facts.text}") if facts.word_bans else ""
        found = [ban for ban in facts.word_bans if _matches(ban, folded, facts.hosts)]
        detail = ", ".join(ban.value for ban in found)
        if any(ban.mode == Ban.Mode.REFUSE for ban in found):
            return self.refused(detail)
        return self.found(detail, holds=True) if found else None


class LikeSpam(Rule):
    """The Bayes filter, against the comment."""

    code = "like_spam"
    points = 60
    for_moderators = _("Resembles comments that were marked as spam here, because of: %(detail)s")
    for_writer = _("It resembles comments that the moderators marked as spam.")
    suspicious_from, spam_from = 0.7, 0.95  # probability

    def check(self, facts: Facts) -> Finding | None:
        if facts.verdict is None or facts.verdict.probability < self.suspicious_from:
            return None
        points = SPAM_FROM if facts.verdict.probability >= self.spam_from else self.points
        return self.found(", ".join(facts.verdict.spam_tokens), points=points)


class LikeGood(Rule):
    """The Bayes filter, for the comment."""

    code = "like_good"
    points = -20
    for_moderators = _("Resembles comments that were approved here")
    good_to = 0.1  # probability of spam

    def check(self, facts: Facts) -> Finding | None:
        return self.found() if facts.verdict and facts.verdict.probability <= self.good_to else None


class TooFastInThread(Rule):
    code = "speed"
    refusal = _("You have replied several times in this thread within minutes: please wait a little and send it again.")
    status = 429
    max_comments = 3  # of one network in one thread within `THREAD_SPAN`

    def check(self, facts: Facts) -> Finding | None:
        return self.refused() if facts.pace.thread >= self.max_comments else None


class Imitation(Rule):
    code = "imitation"
    points = 60
    for_moderators = _("The name looks like the name of somebody who belongs to this blog")
    for_writer = _("The name looks like the name of somebody who belongs to this blog.")

    def check(self, facts: Facts) -> Finding | None:
        return self.found(holds=facts.hold != Hold.NOTHING) if facts.is_imitation else None


class FirstComment(Rule):
    code = "first"
    for_moderators = _("The first comment of this person, as far as the blog can tell")
    for_writer = _("It is your first comment here, and first comments are read before they appear.")

    def check(self, facts: Facts) -> Finding | None:
        return self.found(holds=True) if facts.hold == Hold.FIRST and not facts.is_known else None


class EveryComment(Rule):
    code = "all"
    for_moderators = _("Every comment on this post waits for a moderator")
    for_writer = _("Every comment on this post is read before it appears.")

    def check(self, facts: Facts) -> Finding | None:
        return self.found(holds=True) if facts.hold == Hold.ALL else None


# The order counts: nothing is checked after the first rule that refuses.
RULES: tuple[Rule, ...] = (
    Closed(),
    BannedWriter(),
    Repeated(),
    TooMany(),
    Trap(),
    ForgedTime(),
    TooFast(),
    Links(),
    BannedWords(),
    LikeSpam(),
    LikeGood(),
    TooFastInThread(),
    Imitation(),
    FirstComment(),
    EveryComment(),
)
BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES}


def _matches(ban: BanInForce, folded: str, hosts: Sequence[str]) -> bool:
    if ban.kind == Ban.Kind.DOMAIN:
        return any(links.is_within(host, ban.value) for host in hosts)
    return word_matching.contains(folded, ban.value)
