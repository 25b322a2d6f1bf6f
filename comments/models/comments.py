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
    def record_change(self, *, count: int) -> None:
        """Record a visible change of a discussion. `count` is the number of comments added, negative if removed."""
        # Lock before reading: the latest comment may be one that was published while this transaction waited.
        self.select_for_update(no_key=True).values_list("pk").first()
        counted = Comment.objects.counted().filter(discussion=OuterRef("pk"))
        latest = Subquery(counted.order_by("-published_at").values("published_at")[:1])
        self.update(count=F("count") + count, version=F("version") + 1, last_published_at=latest)


class Discussion(models.Model):
    """The comments on a post. Created with the post; a discussion with comments protects its post from deletion."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        READONLY = "readonly", _("closed: readable, takes no new comments")
        HIDDEN = "hidden", _("hidden")

    post = models.OneToOneField(
        Post, models.CASCADE, primary_key=True, related_name="discussion", verbose_name=_("post")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    hold = models.CharField(
        _("held for moderation"),
        max_length=10,
        choices=Blog.Hold,
        blank=True,
        help_text=_("If empty, the setting of the blog applies."),
    )
    closes_at = models.DateTimeField(
        _("closes"), null=True, blank=True, help_text=_("From then on, readers cannot add comments.")
    )
    stays_open = models.BooleanField(
        _("stays open"),
        default=False,
        help_text=_("Ignores the blog's setting that closes old discussions."),
    )
    count = models.PositiveIntegerField(
        _("comments"), default=0, editable=False, help_text="Number of published and shown comments."
    )
    version = models.PositiveIntegerField(default=0, editable=False, help_text="Increases with every visible change.")
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
        """Whether the discussion takes comments now. Select `post__blog` with the discussion to avoid queries."""
        return self.state == self.State.OPEN and (self.end is None or self.end > clock.now())

    @property
    def end(self) -> datetime | None:
        """When the discussion closes: at its own time, or at the one that follows from the blog's default."""
        days, published = self.post.blog.comments_close_after, self.post.published_at
        if self.closes_at or self.stays_open or not (days and published):
            return self.closes_at
        return published + timedelta(days=days)

    @property
    def holds(self) -> str:
        """Which comments are held for moderation: a value of `Blog.Hold`."""
        return self.hold or self.post.blog.comments_hold


class CommentQuerySet(models.QuerySet["Comment"]):
    def shown_in(self, discussion_id: int | Given) -> Self:
        """The comments of a discussion that readers see, in reading order.

        The filter must be `shown=True`: with `shown=1`, SQLite does not use the partial index.
        """
        return self.filter(discussion=discussion_id, shown=True).order_by("path")

    def public(self) -> Self:
        """Comments that have a public permalink now."""
        visible = (Discussion.State.OPEN, Discussion.State.READONLY)
        # Not `discussion__in`: SQLite would list all public posts first, which takes three seconds for a million.
        posts = Post.objects.published().order_by().filter(pk=OuterRef("discussion"), discussion__state__in=visible)
        return self.filter(Exists(posts), shown=True)

    def counted(self) -> Self:
        """Comments whose text readers can see. Tombstones do not count."""
        return self.filter(shown=True, state=Comment.State.PUBLISHED)

    def waiting(self) -> Self:
        """Comments that wait for a moderator's decision, the oldest first."""
        return self.filter(state=Comment.State.PENDING).order_by("pk")

    def by_known_email(self, email: str) -> Self:
        """Published comments whose writer confirmed `email`. A writer who has one counts as known."""
        proved = self.filter(email=email, email_confirmed_at__isnull=False, state=Comment.State.PUBLISHED)
        return proved if email else self.none()

    def answerable(self) -> Self:
        """Comments that take replies. Tombstones do not."""
        return self.counted()

    def with_badges(self) -> Self:
        """Annotate `is_by_original_author`: the writer proved to be the author of the post, and the proof still holds.

        Evaluated for every page, because a proof can be revoked.
        """
        proved = proof_of_authorship.proven_credits(
            post=OuterRef("discussion"), person=OuterRef("person"), since=OuterRef("created_at")
        )
        # CASE skips the subquery for comments without a person. On SQLite this saves 14 of 65 ms for 20,000 comments.
        is_one = Case(When(person__isnull=False, then=Exists(proved)), default=False)
        return self.annotate(is_by_original_author=is_one)

    def descendants_of(self, comment: "Comment") -> Self:
        """All replies to a comment, including replies to replies."""
        return self.filter(
            discussion_id=comment.discussion_id,
            path__gt=comment.path,
            path__lt=comment.path + paths.AFTER_ALL_REPLIES,
        )

    def with_ancestors_of(self, comment: "Comment") -> Self:
        """A comment and its ancestors, up to the root of the thread."""
        return self.filter(discussion=comment.discussion_id, path__in=[*paths.ancestors(comment.path), comment.path])

    def lock_thread(self, path: bytes) -> bool:
        """Keep others from adding to the thread that contains `path`, or moderating in it, until the transaction ends.

        Locks the root of the thread. Locks on the affected rows alone would miss a reply that is committed while this
        transaction waits, and leave it visible under a removed comment. On SQLite the transaction already holds the
        lock on the whole database. Return whether a row lock was taken: if so, data read before may be stale.
        """
        if has_locks := connections[self.db].features.has_select_for_update:
            _LOCK_ROOT(root=paths.root_id(path))
        return has_locks


class Comment(models.Model):
    """A comment on a post, or the tombstone that it left.

    `shown` says whether readers see the comment. They do if no ancestor hides its replies and the comment either is
    published or has a shown descendant; in the latter case they see a tombstone without text. `parent`, `state` and
    `hides_replies` are authoritative. `path`, `depth`, `hidden_above` and `shown` are derived from them, and `manage.py
    comments_check` verifies that they agree. A comment with replies cannot be deleted, and comments protect their post.
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

    id = models.BigIntegerField(primary_key=True, default=ids.new_id, editable=False)
    discussion = models.ForeignKey(
        Discussion, models.PROTECT, related_name="comments", verbose_name=_("discussion"), db_index=False
    )
    # Each index adds a page write to every insert. Indexes on columns that are seldom set are partial.
    parent = models.ForeignKey(
        "self", models.RESTRICT, null=True, related_name="replies", verbose_name=_("reply to"), db_index=False
    )
    reply_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The comment it answers if that is not the parent: replies on the deepest level become siblings.",
    )
    path: models.BinaryField[bytes, bytes] = models.BinaryField(max_length=paths.MAX_LEVELS * ids.SEGMENT_LENGTH)
    depth = models.PositiveSmallIntegerField(default=0, help_text="Number of ancestors.")
    state = models.CharField(_("state"), max_length=10, choices=State)
    hides_replies = models.BooleanField(
        _("hides its replies"),
        default=False,
        editable=False,
        help_text=_("The replies were removed together with the comment."),
    )
    hidden_above = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Number of ancestors that hide their replies."
    )
    shown = models.BooleanField(_("shown"))
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    url = HttpURLField(_("web page"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True, help_text=_("Private. It is never shown."))
    email_confirmed_at = models.DateTimeField(
        _("e-mail confirmed"),
        null=True,
        editable=False,
        help_text="When the writer proved to receive e-mail there. A typed e-mail address alone proves nothing.",
    )
    person = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("proved to be"),
        help_text="Whom the writer proved to be when they wrote it. Never inferred from a name or an e-mail address.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("account"),
        help_text="Who was signed in, if that gave the comment a badge. Otherwise no account is stored.",
    )
    badge = models.CharField(_("badge"), max_length=10, choices=Badge, default=Badge.NONE, blank=True)
    source = models.TextField(_("text"))
    html = models.TextField(editable=False)
    render_version = models.PositiveSmallIntegerField(editable=False)
    language = LanguageField(_("language"), blank=True)
    created_at = models.DateTimeField(_("written"), default=clock.now, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, editable=False)
    submission_key = models.BinaryField(max_length=32, null=True, help_text="Equal if the same text is sent twice.")
    network_key: models.BinaryField[bytes | None, bytes | None] = models.BinaryField(
        max_length=32, null=True, help_text="Keyed hash of the sender's network."
    )

    words_key: models.BinaryField[bytes | None, bytes | None] = models.BinaryField(
        max_length=32, null=True, help_text="Keyed hash of the text alone: equal for the same text on any post."
    )
    score = models.SmallIntegerField(_("score"), default=0, editable=False, help_text="The sum of the findings.")
    findings: models.JSONField[Any, Any] = models.JSONField(
        _("findings"), default=list, editable=False, help_text="Findings of the rules in `comments.screening`."
    )
    learned_as = models.CharField(
        max_length=4, choices=Lesson, default=Lesson.NONE, blank=True, help_text="How the spam filter learned from it."
    )
    moderators_told_at = models.DateTimeField(
        null=True, editable=False, help_text="When a moderation digest listed it."
    )

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
        """The permalink, which shows the comment in its context."""
        return path_to("comment", self.pk)

    @property
    def public_id(self) -> str:
        return ids.encode(self.pk)

    @property
    def is_tombstone(self) -> bool:
        return self.state in self.TOMBSTONES

    @property
    def is_held(self) -> bool:
        """Whether a moderator has yet to decide. Suspected spam waits as well, in a queue of its own."""
        return self.state in (self.State.PENDING, self.State.SPAM)

    @property
    def is_counted(self) -> bool:
        """Whether readers can see the text: the same condition as `CommentQuerySet.counted`."""
        return self.shown and self.state == self.State.PUBLISHED

    def render(self) -> None:
        """Render `html` from `source`."""
        self.html = rendering.render_comment(self.source)
        self.render_version = rendering.RENDER_VERSION


def _lock_root() -> models.QuerySet[Comment, tuple[int]]:
    root = Comment.objects.filter(pk=Given("root", models.BigIntegerField()))
    return root.order_by().select_for_update(no_key=True).values_list("pk")


def _record_new_comment() -> tuple[DiscussionQuerySet, dict[str, Any]]:
    published_at = Given("at", models.DateTimeField())
    # Not simply the new time: a transaction that waited for the lock may bring an earlier one.
    latest = Greatest(Coalesce("last_published_at", published_at), published_at)
    discussion = Discussion.objects.filter(pk=Given("discussion", models.BigIntegerField()))
    return discussion, {"count": F("count") + 1, "version": F("version") + 1, "last_published_at": latest}


_LOCK_ROOT = Prepared(_lock_root)
# Count one new comment, published at `at`. Like `record_change`, this must be the last write of its transaction.
RECORD_NEW_COMMENT = PreparedUpdate(_record_new_comment)
