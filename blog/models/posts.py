"""Posts: the host's own words, and the place where somebody else's stand."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from blog import rendering
from blog.extension_points import COMPANIONS
from blog.models.blogs import THE_ONE, Blog
from blog.models.fields import LanguageField, ProseField
from blog.models.people import Person
from core import clock
from core.compiled_queries import Given
from core.urls import path_to

if TYPE_CHECKING:
    from blog.models.reposts import Repost

# What a list never reads: long columns cost far more than all others together.
LONG_COLUMNS = (
    "introduction",
    "introduction_html",
    "body",
    "body_html",
    "repost__text",
)


# Of whose posts there are few, these are found and sorted; else the newest are looked through until a page is full.
# Either alone reads hundreds of thousands of rows of a million for some tag.
FEW = 1000


def one_of(rows: models.QuerySet[Any]) -> IsNull:
    """Whether an outer query has one of these rows. `Exists` PostgreSQL turns into a join with all of them."""
    return IsNull(models.Subquery(rows.values("pk")[:1]), False)


def counted(posts: models.QuerySet[Any]) -> models.Subquery:
    """How many posts belong to a row; nobody looks for more than one above `FEW`."""
    numbers = posts.values("pk")[: FEW + 1]
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    return models.Subquery(numbers, template=template, output_field=models.IntegerField())


class TagQuerySet(models.QuerySet["Tag"]):
    def public(self) -> Self:
        """Tags of public posts: what only a draft is about, nobody else is told. `size` counts up to `FEW` posts.

        Not `pk__in`: SQLite makes the list of all tags of all posts first, a second where there are a million.
        """
        public = Post.objects.published().order_by().filter(tags=models.OuterRef("pk"))
        tagged = Post.tags.through.objects.filter(tag=models.OuterRef("pk"))
        return self.annotate(size=counted(tagged)).filter(one_of(public))


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
    """Which posts. `published` is the one definition of public; everything that readers see goes through it."""

    def published(self, now: Given | None = None, *, until: datetime | None = None) -> Self:
        """Posts that are public now, newest first, as far as they were `until` a moment. A query that is written once
        is given the present one.

        There is one bound: of two SQLite takes the first for its index, and reads all that lies between.
        """
        moment = now or (min(until, clock.now()) if until else clock.now())
        return self.filter(status=Post.Status.PUBLISHED, published_at__lte=moment).order_by("-published_at", "-pk")

    def seen(self) -> Self:
        """Posts that are public now or were before they were withdrawn."""
        return self.exclude(status=Post.Status.DRAFT).filter(published_at__lte=clock.now())

    def written_by(self, person: Person) -> Self:
        """Posts that `person` wrote as host, or whose reposted words are theirs and may be shown."""
        from blog.models.reposts import Repost

        theirs = Credit.objects.order_by().filter(person=person, post__repost__in=Repost.objects.in_force())
        if has_few(person):
            own = Post.objects.order_by().filter(author=person)
            return self.filter(pk__in=own.values("pk").union(theirs.values("post")))
        return self.filter(models.Q(author=person) | models.Exists(theirs.filter(post=models.OuterRef("pk"))))

    def tagged(self, tag: Tag) -> Self:
        """Posts under a tag."""
        if has_few(tag):
            return self.filter(pk__in=Post.tags.through.objects.filter(tag=tag).values("post"))
        return self.filter(models.Exists(Post.tags.through.objects.filter(tag=tag, post=models.OuterRef("pk"))))

    def scheduled(self, now: datetime | models.Expression) -> Self:
        """Posts that will appear by themselves after `now`."""
        return self.filter(status=Post.Status.PUBLISHED, published_at__gt=now)

    def for_list(self) -> Self:
        """With what a list shows, in two queries, without any body."""
        return (
            self.select_related("blog__owner", "author", "repost", *COMPANIONS)
            .defer(*LONG_COLUMNS)
            .prefetch_related(models.Prefetch("credits", Credit.objects.select_related("person")))
        )

    def for_page(self) -> Self:
        """With what a post's own page shows, in four queries."""
        return self.select_related("blog__owner", "author", "repost__shown", *COMPANIONS).prefetch_related(
            models.Prefetch("credits", Credit.objects.select_related("person")), "tags", "videos"
        )

    def for_feed(self) -> Self:
        """With what a feed shows, bodies included, but for credits and videos: those `reading.for_feed` adds."""
        return self.select_related("blog__owner", "author", "repost__shown", *COMPANIONS)

    def older_than(self, post: "Post") -> Self:
        """Those that come after `post` in a list that runs from new to old."""
        earlier = models.Q(published_at__lt=post.published_at)
        return self.filter(earlier | models.Q(published_at=post.published_at, pk__lt=post.pk))


def has_few(owner: Tag | Person) -> bool:
    """Whether all its posts can be sorted in no time: so it is taken where `public` has not counted them."""
    return int(vars(owner).get("size", 0)) <= FEW


def last_change_of(*moments: datetime | None, now: datetime) -> datetime | None:
    """The latest that has come of the moments at which a post or its permission changes."""
    return max((moment for moment in moments if moment and moment <= now), default=None)


class Post(models.Model):
    """An introduction, optionally a repost, and a body, in this order. The two texts are the host's alone."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class SearchPolicy(models.TextChoices):
        INDEX = "index", _("may be found")
        NOSNIPPET = "nosnippet", _("may be found, the reposted words are not shown")
        NOINDEX = "noindex", _("may not be found")

    blog = models.ForeignKey(Blog, models.PROTECT, default=THE_ONE, editable=False, related_name="posts")
    title = models.CharField(_("title"), max_length=300)
    slug = models.SlugField(_("slug"), max_length=200, unique=True, allow_unicode=True)
    language = LanguageField(_("language"), default="en")
    author = models.ForeignKey(
        Person,
        models.PROTECT,
        related_name="posts",
        verbose_name=_("byline"),
        help_text=_("Who speaks in introduction and body: the host."),
    )
    introduction = ProseField(_("introduction"), blank=True)
    introduction_html = models.TextField(editable=False, blank=True)
    body = ProseField(_("body"), blank=True)
    body_html = models.TextField(editable=False, blank=True)
    summary = models.CharField(
        _("summary"), max_length=500, blank=True, help_text=_("For lists and search engines; in the host's words.")
    )
    excerpt = models.CharField(max_length=300, editable=False, blank=True)
    cover = models.ImageField(_("cover picture"), upload_to="covers/", blank=True)
    cover_alt = models.CharField(_("description of the cover"), max_length=500, blank=True)
    tags = models.ManyToManyField(Tag, blank=True, related_name="posts", verbose_name=_("tags"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(
        _("published"), null=True, blank=True, help_text=_("In the future: it appears by itself at that moment.")
    )
    updated_at = models.DateTimeField(_("last public edit"), null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    search_policy = models.CharField(
        _("search engines"), max_length=10, choices=SearchPolicy, default=SearchPolicy.INDEX
    )
    withdrawal_note = models.CharField(
        _("why it was withdrawn"), max_length=500, blank=True, help_text=_("Readers see this in place of the post.")
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
                violation_error_message=_("A published post needs the moment of its publication."),
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
        """Store, with the HTML of both texts made anew. A save of named fields (`update_fields`) renders nothing."""
        if kwargs.get("update_fields") is not None:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            if self.pk is None:  # the ids in the HTML hold the post's number
                super().save(*args, **kwargs)
                args, kwargs = (), {"using": kwargs.get("using")}
            self.render()
            super().save(*args, **kwargs)

    def render(self) -> None:
        """Make the HTML of the host's texts, and the excerpt: of the host's words only, they cannot be withdrawn."""
        self.introduction_html = rendering.render_post(self.introduction, id_prefix=f"p{self.pk}i-")
        self.body_html = rendering.render_post(self.body, id_prefix=f"p{self.pk}b-")
        self.excerpt = rendering.excerpt(self.introduction_html or self.body_html, length=300)
        self.render_version = rendering.RENDER_VERSION

    def clean(self) -> None:
        if self.cover and not self.cover_alt:
            sentence = _("Say in a few words what the cover shows, for those who cannot see it.")
            raise ValidationError({"cover_alt": sentence})
        if OldSlug.objects.filter(slug=self.slug).exclude(post=self.pk).exists():
            raise ValidationError({"slug": _("This slug once led to another post, and still does.")})

    def get_absolute_url(self) -> str:
        """The permalink; for a draft, the one it would get now."""
        day = (self.published_at or clock.now()).astimezone(self.blog.zone)
        return path_to("post", day.year, day.month, self.slug)

    @property
    def permalink(self) -> str:
        """The whole address, as feeds and citations need it."""
        return f"{self.blog.base_url}{self.get_absolute_url()}"

    @property
    def host_email(self) -> str:
        """Where the host reads mail: the address of the author, else of the blog's owner. May be empty."""
        owner = self.blog.owner
        return self.author.email or (owner.email if owner else "")

    @property
    def is_public(self) -> bool:
        """The twin of `PostQuerySet.published` for one post."""
        return self.status == self.Status.PUBLISHED and self._is_due

    @property
    def is_scheduled(self) -> bool:
        return self.status == self.Status.PUBLISHED and not self._is_due

    @property
    def is_gone(self) -> bool:
        """Withdrawn after readers may have seen it: it leaves a tombstone at its address."""
        return self.status == self.Status.WITHDRAWN and self._is_due

    @property
    def _is_due(self) -> bool:
        return self.published_at is not None and self.published_at <= clock.now()

    @property
    def last_change(self) -> datetime:
        """When readers last got to see something else: by publication, a public edit, or a step of the permission."""
        passage = self.passage
        of_passage = (passage.state_since, passage.ends_at) if passage else ()
        return last_change_of(self.published_at, self.updated_at, *of_passage, now=clock.now()) or self.created_at

    @property
    def description(self) -> str:
        """One or two sentences in the host's words, for lists, search engines and feeds."""
        return self.summary or self.excerpt

    @property
    def hides_snippet(self) -> bool:
        """Search engines may not show the other person's words: so the host wants it, or their author."""
        return self.search_policy == self.SearchPolicy.NOSNIPPET or bool(self.passage and self.passage.no_snippet)

    @property
    def forbids_training(self) -> bool:
        """Words stand here that their author does not want used to train AI."""
        return self.passage is not None and self.passage.is_in_force and self.passage.no_training

    @property
    def passage(self) -> "Repost | None":
        """The repost of this post, or None."""
        return getattr(self, "repost", None)


class Credit(models.Model):
    """Whose words the repost holds."""

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
    """A slug that a published post once had: its address leads to where the post stands now."""

    slug = models.SlugField(max_length=200, unique=True, allow_unicode=True)
    post = models.ForeignKey(Post, models.CASCADE, related_name="old_slugs")

    def __str__(self) -> str:
        return self.slug
