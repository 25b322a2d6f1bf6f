"""Posts: the host's own texts, optionally with a repost between them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from blog import rendering
from blog.extension_points import COMPANIONS
from blog.models.blogs import BLOG_ID, Blog
from blog.models.fields import LanguageField, ProseField
from blog.models.people import Person
from core import clock
from core.compiled_queries import Given
from core.urls import path_to

if TYPE_CHECKING:
    from blog.models.reposts import Repost

# Columns that a list never loads: they cost far more than all others together.
LONG_COLUMNS = (
    "introduction",
    "introduction_html",
    "body",
    "body_html",
    "repost__text",
)


# If a tag or a person has no more posts than this, a list finds and sorts them all. Otherwise it goes through all posts
# from the newest until a page is full. Either way alone would read hundreds of thousands of rows of a million for some
# tags.
COUNT_LIMIT = 1000


def has_any(rows: models.QuerySet[Any]) -> IsNull:
    """A condition: whether a correlated subquery has any row.

    PostgreSQL would turn `Exists` into a join with all of the rows, but not this.
    """
    return IsNull(models.Subquery(rows.values("pk")[:1]), False)


def capped_count(posts: models.QuerySet[Any]) -> models.Subquery:
    """The number of rows in a correlated subquery of posts, counted up to `COUNT_LIMIT` + 1."""
    keys = posts.values("pk")[: COUNT_LIMIT + 1]
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    return models.Subquery(keys, template=template, output_field=models.IntegerField())


class TagQuerySet(models.QuerySet["Tag"]):
    def public(self) -> Self:
        """Tags of public posts, with `post_count`, which counts all their posts up to `COUNT_LIMIT` + 1.

        Tags that only drafts have stay hidden. This avoids `pk__in`, for which SQLite would first list the tags of all
        posts: a second for a million posts.
        """
        public = Post.objects.published().order_by().filter(tags=models.OuterRef("pk"))
        tagged = Post.tags.through.objects.filter(tag=models.OuterRef("pk"))
        return self.annotate(post_count=capped_count(tagged)).filter(has_any(public))


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True, allow_unicode=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_to("tag", self.slug)


class PostQuerySet(models.QuerySet["Post"]):
    """`published` is the one definition of a public post: everything that readers see goes through it."""

    def published(self, now: Given | None = None, *, until: datetime | None = None) -> Self:
        """Posts that are public now, newest first; with `until`, only those published by that moment.

        A compiled query passes the present moment as `now`.

        There is only one upper bound: with two, SQLite uses the first for its index and reads everything in between.
        """
        moment = now or (min(until, clock.now()) if until else clock.now())
        return self.filter(status=Post.Status.PUBLISHED, published_at__lte=moment).order_by("-published_at", "-pk")

    def ever_public(self) -> Self:
        """Posts that are public, or were before they were withdrawn."""
        return self.exclude(status=Post.Status.DRAFT).filter(published_at__lte=clock.now())

    def written_by(self, person: Person) -> Self:
        """Posts that `person` wrote as host, and reposts credited to them whose permission is in force."""
        from blog.models.reposts import Repost

        credits = Credit.objects.order_by().filter(person=person, post__repost__in=Repost.objects.in_force())
        if has_few_posts(person):
            own = Post.objects.order_by().filter(author=person)
            return self.filter(pk__in=own.values("pk").union(credits.values("post")))
        return self.filter(models.Q(author=person) | models.Exists(credits.filter(post=models.OuterRef("pk"))))

    def tagged(self, tag: Tag) -> Self:
        """Posts with a tag."""
        if has_few_posts(tag):
            return self.filter(pk__in=Post.tags.through.objects.filter(tag=tag).values("post"))
        return self.filter(models.Exists(Post.tags.through.objects.filter(tag=tag, post=models.OuterRef("pk"))))

    def scheduled(self, now: datetime | models.Expression) -> Self:
        """Posts that will become public after `now`."""
        return self.filter(status=Post.Status.PUBLISHED, published_at__gt=now)

    def for_list(self) -> Self:
        """Load what a list shows, in two queries, without the texts."""
        return (
            self.select_related("blog__owner", "author", "repost", *COMPANIONS)
            .defer(*LONG_COLUMNS)
            .prefetch_related(models.Prefetch("credits", Credit.objects.select_related("person")))
        )

    def with_relations(self) -> Self:
        """Load each post with its blog, author and repost, in one query."""
        return self.select_related("blog__owner", "author", "repost__shown", *COMPANIONS)

    def for_page(self) -> Self:
        """Load what a post's own page shows, in four queries."""
        credits = models.Prefetch("credits", Credit.objects.select_related("person"))
        return self.with_relations().prefetch_related(credits, "tags", "videos")

    def older_than(self, post: "Post") -> Self:
        """Posts that come after `post` in a list that begins with the newest."""
        earlier = models.Q(published_at__lt=post.published_at)
        return self.filter(earlier | models.Q(published_at=post.published_at, pk__lt=post.pk))


def has_few_posts(owner: Tag | Person) -> bool:
    """Whether a tag or person has few enough posts to sort them all; assumed if `public` has not counted them."""
    return int(getattr(owner, "post_count", 0)) <= COUNT_LIMIT


def latest_change(*moments: datetime | None, now: datetime) -> datetime | None:
    """The latest of the moments that is not after `now`, or None."""
    return max((moment for moment in moments if moment and moment <= now), default=None)


class Post(models.Model):
    """An introduction, optionally a repost, and a body, in this order. Introduction and body are the host's own."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class SearchPolicy(models.TextChoices):
        INDEX = "index", _("may be found")
        NOSNIPPET = "nosnippet", _("may be found, but without the reposted words")
        NOINDEX = "noindex", _("may not be found")

    blog = models.ForeignKey(Blog, models.PROTECT, default=BLOG_ID, editable=False, related_name="posts")
    title = models.CharField(_("title"), max_length=300)
    slug = models.SlugField(_("slug"), max_length=200, unique=True, allow_unicode=True)
    language = LanguageField(_("language"), default="en")
    author = models.ForeignKey(
        Person,
        models.PROTECT,
        related_name="posts",
        verbose_name=_("byline"),
        help_text=_("The host, who wrote the introduction and the body."),
    )
    introduction = ProseField(_("introduction"), blank=True)
    introduction_html = models.TextField(editable=False, blank=True)
    body = ProseField(_("body"), blank=True)
    body_html = models.TextField(editable=False, blank=True)
    summary = models.CharField(
        _("summary"), max_length=500, blank=True, help_text=_("For lists and search engines, in the host's own words.")
    )
    excerpt = models.CharField(max_length=300, editable=False, blank=True)
    cover = models.ImageField(_("cover picture"), upload_to="covers/", blank=True)
    cover_alt = models.CharField(_("description of the cover"), max_length=500, blank=True)
    tags = models.ManyToManyField(Tag, blank=True, related_name="posts", verbose_name=_("tags"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(
        _("published"),
        null=True,
        blank=True,
        help_text=_("With a date in the future, the post appears at that moment."),
    )
    updated_at = models.DateTimeField(_("last public edit"), null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    search_policy = models.CharField(
        _("search engines"), max_length=10, choices=SearchPolicy, default=SearchPolicy.INDEX
    )
    withdrawal_note = models.CharField(
        _("why it was withdrawn"), max_length=500, blank=True, help_text=_("Readers see this instead of the post.")
    )
    is_sample = models.BooleanField(default=False, editable=False)
    render_version = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-published_at", "-pk"]
        permissions = [("upload_picture", _("Can upload pictures into posts"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(published_at__isnull=False),
                name="post_public_has_date",
                violation_error_message=_("A published post needs a date of publication."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-published_at", "-id"], condition=models.Q(status="published"), name="post_published"
            ),
            models.Index(
                fields=["author", "-published_at", "-id"],
                condition=models.Q(status="published"),
                name="post_published_by",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the HTML of both texts rendered again. With `update_fields`, nothing is rendered."""
        if kwargs.get("update_fields") is not None:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            if self.pk is None:  # the ids in the HTML contain the post's id
                super().save(*args, **kwargs)
                args, kwargs = (), {"using": kwargs.get("using")}
            self.render()
            super().save(*args, **kwargs)

    def render(self) -> None:
        """Render the host's texts and make the excerpt. It never contains reposted words, which may be withdrawn."""
        self.introduction_html = rendering.render_post(self.introduction, id_prefix=f"p{self.pk}i-")
        self.body_html = rendering.render_post(self.body, id_prefix=f"p{self.pk}b-")
        self.excerpt = rendering.excerpt(self.introduction_html or self.body_html, length=300)
        self.render_version = rendering.RENDER_VERSION

    def clean(self) -> None:
        if self.cover and not self.cover_alt:
            message = _("Describe in a few words what the cover shows, for people who cannot see it.")
            raise ValidationError({"cover_alt": message})
        if OldSlug.objects.filter(slug=self.slug).exclude(post=self.pk).exists():
            raise ValidationError(
                {"slug": _("Another post once had this slug, and old links to that post still use it.")}
            )

    def get_absolute_url(self) -> str:
        """The path of the permalink; for a draft, the one it would get now."""
        day = (self.published_at or clock.now()).astimezone(self.blog.zone)
        return path_to("post", day.year, day.month, self.slug)

    @property
    def permalink(self) -> str:
        """The absolute URL, for feeds and citations."""
        return f"{self.blog.base_url}{self.get_absolute_url()}"

    @property
    def host_email(self) -> str:
        """The host's e-mail address: that of the author, or else of the blog's owner. May be empty."""
        owner = self.blog.owner
        return self.author.email or (owner.email if owner else "")

    @property
    def is_public(self) -> bool:
        """The rule of `PostQuerySet.published` for one post."""
        return self.status == self.Status.PUBLISHED and self._is_due

    @property
    def is_scheduled(self) -> bool:
        return self.status == self.Status.PUBLISHED and not self._is_due

    @property
    def is_gone(self) -> bool:
        """Withdrawn after readers may have seen it, so that its URL shows a tombstone (410 Gone)."""
        return self.status == self.Status.WITHDRAWN and self._is_due

    @property
    def _is_due(self) -> bool:
        return self.published_at is not None and self.published_at <= clock.now()

    @property
    def last_change(self) -> datetime:
        """When the public page last changed: by publication, a public edit, or a step of the permission."""
        passage = self.passage
        permission_changes = (passage.state_since, passage.ends_at) if passage else ()
        return (
            latest_change(self.published_at, self.updated_at, *permission_changes, now=clock.now()) or self.created_at
        )

    @property
    def description(self) -> str:
        """One or two sentences by the host, for lists, search engines and feeds."""
        return self.summary or self.excerpt

    @property
    def hides_snippet(self) -> bool:
        """Whether the host or the author forbids search engines to show the reposted words."""
        return self.search_policy == self.SearchPolicy.NOSNIPPET or bool(self.passage and self.passage.no_snippet)

    @property
    def forbids_training(self) -> bool:
        """Whether the author of the reposted words forbids training AI with them."""
        return self.passage is not None and self.passage.is_in_force and self.passage.no_training

    @property
    def passage(self) -> "Repost | None":
        """The repost of this post, or None."""
        return getattr(self, "repost", None)


class Credit(models.Model):
    """A person who contributed to a repost, and in which role."""

    class Role(models.TextChoices):
        AUTHOR = "author", _("author")
        TRANSLATOR = "translator", _("translator")
        ILLUSTRATOR = "illustrator", _("illustrator")
        EDITOR = "editor", _("editor")

    post = models.ForeignKey(Post, models.CASCADE, related_name="credits", verbose_name=_("post"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="credits", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.AUTHOR)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("credit")
        verbose_name_plural = _("credits")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "person", "role"],
                name="credit_once",
                violation_error_message=_("This person already has this credit."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.get_role_display()})"


class OldSlug(models.Model):
    """A former slug of a published post. Its URL redirects to the post."""

    slug = models.SlugField(max_length=200, unique=True, allow_unicode=True)
    post = models.ForeignKey(Post, models.CASCADE, related_name="old_slugs")

    def __str__(self) -> str:
        return self.slug
