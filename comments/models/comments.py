"""Discussions and the comments in them."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import connections, models
from django.db.models import Case, Exists, F, OuterRef, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from blog import rendering
from blog.models import Blog, Person, Post
from blog.models.fields import HttpURLField, LanguageField
from blog.permissions import proof_of_authorship
from comments.threads import ids, paths
from core import clock
from core.compiled_queries import Given, Prepared, PreparedUpdate
from core.urls import path_to


class DiscussionQuerySet(models.QuerySet["Discussion"]):
    def note_change(self, *, count: int) -> None:
        """Something visible changed: `count` comments more, or fewer where it is negative."""
        # First the lock, then the look: the latest comment may be one that was published while we waited.
        self.select_for_update(no_key=True).values_list("pk").first()
        counted = Comment.objects.counted().filter(discussion=OuterRef("pk"))
        latest = Subquery(counted.order_by("-published_at").values("published_at")[:1])
        self.update(count=F("count") + count, version=F("version") + 1, last_published_at=latest)


class Discussion(models.Model):
    """What is said under a post; made with the post. A discussion with comments protects its post from deletion."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        READONLY = "readonly", _("closed: can be read")
        HIDDEN = "hidden", _("hidden")

    post = models.OneToOneField(
        Post, models.CASCADE, primary_key=True, related_name="discussion", verbose_name=_("post")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    hold = models.CharField(
        _("what waits for a moderator"),
        max_length=10,
        choices=Blog.Hold,
        blank=True,
        help_text=_("Where nothing is chosen, what the blog says."),
    )
    closes_at = models.DateTimeField(
        _("closes"), null=True, blank=True, help_text=_("From this moment on it can only be read.")
    )
    stays_open = models.BooleanField(
        _("stays open"), default=False, help_text=_("Does not close after the days that the blog says.")
    )
    count = models.PositiveIntegerField(_("comments"), default=0, editable=False, help_text="Published and shown.")
    version = models.PositiveIntegerField(default=0, editable=False, help_text="Grows with every visible change.")
    last_published_at = models.DateTimeField(_("latest comment"), null=True, editable=False)

    objects = DiscussionQuerySet.as_manager()

    class Meta:
        verbose_name = _("discussion")
        verbose_name_plural = _("discussions")
        indexes = [
            models.Index(fields=["closes_at"], condition=models.Q(closes_at__isnull=False), name="discussion_closes"),
        ]

    def __str__(self) -> str:
        return str(self.post)

    @property
    def is_visible(self) -> bool:
        return self.state != self.State.HIDDEN

    @property
    def is_open(self) -> bool:
        """Whether comments are taken now. Asks the post and its blog, which come along with a discussion."""
        return self.state == self.State.OPEN and (self.end is None or self.end > clock.now())

    @property
    def end(self) -> datetime | None:
        """From when on it can only be read: its own moment, or the one that follows from the blog's default."""
        days, published = self.post.blog.comments_close_after, self.post.published_at
        if self.closes_at or self.stays_open or not (days and published):
            return self.closes_at
        return published + timedelta(days=days)

    @property
    def holds(self) -> str:
        """What waits for a moderator: a value of `Blog.Hold`."""
        return self.hold or self.post.blog.comments_hold


class CommentQuerySet(models.QuerySet["Comment"]):
    def shown_in(self, discussion_id: int | Given) -> Self:
        """What readers see of a discussion, in reading order.

        Always asked with `shown=True`: only then does SQLite find its partial index (not with `shown=1`).
        """
        return self.filter(discussion=discussion_id, shown=True).order_by("path")

    def public(self) -> Self:
        """Comments that have an address of their own now."""
        visible = (Discussion.State.OPEN, Discussion.State.READONLY)
        # Not `discussion__in`: SQLite lists all public posts first, three seconds where there are a million.
        posts = Post.objects.published().order_by().filter(pk=OuterRef("discussion"), discussion__state__in=visible)
        return self.filter(Exists(posts), shown=True)

    def counted(self) -> Self:
        """Comments whose words can be read: what shows a tombstone is no comment more."""
        return self.filter(shown=True, state=Comment.State.PUBLISHED)

    def waiting(self) -> Self:
        """Comments that a moderator has to decide on, the one that waits longest first."""
        return self.filter(state=Comment.State.PENDING).order_by("pk")

    def by_known_email(self, email: str) -> Self:
        """Published comments whose writer proved to read mail at `email`: whoever has one is known."""
        proved = self.filter(email=email, email_confirmed_at__isnull=False, state=Comment.State.PUBLISHED)
        return proved if email else self.none()

    def answerable(self) -> Self:
        """Comments that can be replied to: a tombstone cannot."""
        return self.counted()

    def with_badges(self) -> Self:
        """Each with `is_by_original_author`: what its writer proved still stands. Asked anew with every page."""
        proved = proof_of_authorship.proven_credits(
            post=OuterRef("discussion"), person=OuterRef("person"), since=OuterRef("created_at")
        )
        # Where nobody proved anything, nothing is looked for: 14 of 65 ms that SQLite takes for 20,000 comments.
        is_one = Case(When(person__isnull=False, then=Exists(proved)), default=False)
        return self.annotate(is_by_original_author=is_one)

    def below(self, comment: "Comment") -> Self:
        """All replies to a comment, replies to replies included."""
        return self.filter(
            discussion_id=comment.discussion_id,
            path__gt=comment.path,
            path__lt=comment.path + paths.BEHIND_ALL_REPLIES,
        )

    def above_and(self, comment: "Comment") -> Self:
        """A comment and all that it answers, up to the one that begins the thread."""
        return self.filter(discussion=comment.discussion_id, path__in=[*paths.ancestors(comment.path), comment.path])

    def lock_thread(self, path: bytes) -> bool:
        """Until the transaction ends, nobody else adds to this thread or moderates in it.

        The lock is on the comment that begins it. Locks on the rows concerned would miss a reply that commits while
        we wait, and leave it visible under a removed comment. SQLite locked the whole database when the transaction
        began. Returns whether there was a lock to wait for: then what was read before may be old.
        """
        if has_locks := connections[self.db].features.has_select_for_update:
            _LOCK(root=paths.root_number(path))
        return has_locks


class Comment(models.Model):
    """A remark under a post, or the mark that one stood here.

    `shown` says whether readers see it: nothing above hides its replies, and it is published, or a shown reply stands
    below it; then it is shown as a tombstone, without its words. Who answers whom, `state` and `hides_replies` are the
    truth; `path`, `depth`, `hidden_above` and `shown` follow from them, and `checking` proves that they do.
    Comments go only all together: one with replies cannot be deleted, one of a post protects it.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        PUBLISHED = "published", _("published")
        SPAM = "spam", _("spam")
        REJECTED = "rejected", _("rejected")
        REMOVED = "removed", _("removed by a moderator")
        DELETED = "deleted", _("deleted by its author")
        ERASED = "erased", _("erased")

    class Lesson(models.TextChoices):
        NONE = "", _("nothing")
        HAM = "ham", _("good")
        SPAM = "spam", _("spam")

    class Badge(models.TextChoices):
        NONE = "", _("none")
        HOST = "host", _("host")
        MODERATOR = "moderator", _("moderator")

    TOMBSTONES = (State.PENDING, State.SPAM, State.REJECTED, State.REMOVED, State.DELETED, State.ERASED)
    NAME_LENGTH = 80  # characters

    id = models.BigIntegerField(primary_key=True, default=ids.mint, editable=False)
    discussion = models.ForeignKey(
        Discussion, models.PROTECT, related_name="comments", verbose_name=_("discussion"), db_index=False
    )
    # Each index is a page more that is written with a comment. Those of what it seldom has hold only comments that do.
    parent = models.ForeignKey(
        "self", models.RESTRICT, null=True, related_name="replies", verbose_name=_("reply to"), db_index=False
    )
    reply_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Whom it answers where that is not the parent: below the deepest level replies stand side by side.",
    )
    path: models.BinaryField[bytes, bytes] = models.BinaryField(max_length=paths.MAX_LEVELS * ids.SEGMENT_LENGTH)
    depth = models.PositiveSmallIntegerField(default=0, help_text="Number of comments above it.")
    state = models.CharField(_("state"), max_length=10, choices=State)
    hides_replies = models.BooleanField(
        _("hides its replies"), default=False, editable=False, help_text=_("They were removed together with it.")
    )
    hidden_above = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Number of comments above it that hide their replies."
    )
    shown = models.BooleanField(_("shown"))
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    url = HttpURLField(_("web page"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True, help_text=_("Private. It is shown nowhere."))
    email_confirmed_at = models.DateTimeField(
        _("e-mail confirmed"),
        null=True,
        editable=False,
        help_text="When the writer proved to read what is sent there. A typed address alone proves nothing.",
    )
    person = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("proved to be"),
        help_text="Whom the writer proved to be when it was written; never told from a name or an e-mail.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("account"),
        help_text="Who was signed in, where that gave a badge. Whoever has none leaves no account behind.",
    )
    badge = models.CharField(_("badge"), max_length=10, choices=Badge, default=Badge.NONE, blank=True)
    source = models.TextField(_("text"))
    html = models.TextField(editable=False)
    render_version = models.PositiveSmallIntegerField(editable=False)
    language = LanguageField(_("language"), blank=True)
    created_at = models.DateTimeField(_("written"), default=clock.now, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, editable=False)
    submission_key = models.BinaryField(max_length=32, null=True, help_text="The same for the same words sent twice.")
    network_key: models.BinaryField[bytes | None, bytes | None] = models.BinaryField(
        max_length=32, null=True, help_text="Keyed hash of the sender's network."
    )

    words_key: models.BinaryField[bytes | None, bytes | None] = models.BinaryField(
        max_length=32, null=True, help_text="Keyed hash of the words alone: the same wherever they are said."
    )
    score = models.SmallIntegerField(_("score"), default=0, editable=False, help_text="The sum of the findings.")
    findings: models.JSONField[Any, Any] = models.JSONField(
        _("findings"), default=list, editable=False, help_text="What the rules found: see `screening`."
    )
    learned_as = models.CharField(
        max_length=4, choices=Lesson, default=Lesson.NONE, blank=True, help_text="What the filter learned from it."
    )
    moderators_told_at = models.DateTimeField(null=True, editable=False, help_text="In the digest of what waits.")

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [
            models.UniqueConstraint(fields=["discussion", "path"], name="comment_one_place"),
            models.UniqueConstraint(fields=["discussion", "submission_key"], name="comment_sent_once"),
            models.CheckConstraint(
                condition=models.Q(hides_replies=False) | ~models.Q(state="published"),
                name="comment_only_tombstones_hide",
            ),
        ]
        indexes = [
            models.Index(fields=["discussion", "path"], condition=models.Q(shown=True), name="comment_reading"),
            models.Index(
                fields=["discussion", "published_at", "id"], condition=models.Q(shown=True), name="comment_feed"
            ),
            models.Index(fields=["published_at", "id"], condition=models.Q(shown=True), name="comment_latest"),
            models.Index(fields=["id"], condition=models.Q(state="pending"), name="comment_queue"),
            models.Index(fields=["network_key", "created_at"], name="comment_sender"),
            models.Index(fields=["words_key"], name="comment_words"),
            models.Index(fields=["email"], condition=~models.Q(email=""), name="comment_email"),
            *(
                models.Index(fields=[name], condition=models.Q((f"{name}__isnull", False)), name=f"comment_{name}")
                for name in ("parent", "reply_to", "person", "user")
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        """The comment in its context."""
        return path_to("comment", self.pk)

    @property
    def public_id(self) -> str:
        return ids.encode(self.pk)

    @property
    def is_tombstone(self) -> bool:
        return self.state in self.TOMBSTONES

    @property
    def is_held(self) -> bool:
        """Whether a moderator has yet to decide. What is taken for spam waits too, in a queue of its own."""
        return self.state in (self.State.PENDING, self.State.SPAM)

    @property
    def is_counted(self) -> bool:
        """Whether readers see its words: the same as `counted`."""
        return self.shown and self.state == self.State.PUBLISHED

    def render(self) -> None:
        """Make the HTML of the text anew."""
        self.html = rendering.render_comment(self.source)
        self.render_version = rendering.RENDER_VERSION


def _lock() -> models.QuerySet[Comment, tuple[int]]:
    root = Comment.objects.filter(pk=Given("root", models.BigIntegerField()))
    return root.order_by().select_for_update(no_key=True).values_list("pk")


def _one_more() -> tuple[DiscussionQuerySet, dict[str, Any]]:
    moment = Given("at", models.DateTimeField())  # who waited for us may have an earlier one
    latest = Greatest(Coalesce("last_published_at", moment), moment)
    discussion = Discussion.objects.filter(pk=Given("discussion", models.BigIntegerField()))
    return discussion, {"count": F("count") + 1, "version": F("version") + 1, "last_published_at": latest}


_LOCK = Prepared(_lock)
# One comment more, new since `at`. Like `note_change` the last write of its transaction.
ONE_MORE = PreparedUpdate(_one_more)
