"""Adding and removing the sample, each in one transaction."""

from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from io import BytesIO

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.text import slugify

from blog.extension_points import SAMPLE_LOADED, SAMPLE_REMOVING
from blog.models import (
    Blog,
    Credit,
    Evidence,
    OldSlug,
    PermissionEvent,
    PermissionRequest,
    Person,
    Post,
    Repost,
    Tag,
    Video,
)
from blog.publishing import saving
from blog.sample import content
from blog.sample.content import Picture, SamplePerson, SamplePost
from blog.videos import references
from core import clock

HOST_LOGIN = "host"


class SlugTaken(Exception):
    """One of the user's own posts has the slug of a sample post. The argument is the slug."""


@transaction.atomic
def load() -> bool:
    """Add the sample. Return False, without changing anything, if it is already there. Raises SlugTaken."""
    if Post.objects.filter(is_sample=True).exists():
        return False
    check_slugs()
    host, guest = (add_person(person) for person in content.PEOPLE)
    attach_login(host)
    set_blog_name(host)
    now = clock.now()
    for planned in content.OTHER_POSTS:
        with writing_time(planned, now):
            publish(add_post(planned, host), planned, now)
    with writing_time(content.REPOST, now):
        discussed = add_post(content.REPOST, host)
        add_repost(discussed, guest)
        add_video(discussed)
        publish(discussed, content.REPOST, now)
    for add in SAMPLE_LOADED:
        add(discussed)
    return True


@transaction.atomic
def remove() -> bool:
    """Remove the sample with everything that belongs to it. Return False if there is none.

    People, tags and pictures that are also used elsewhere stay.
    """
    posts = Post.objects.filter(is_sample=True)
    if not posts.exists():
        return False
    for remove_parts in SAMPLE_REMOVING:
        remove_parts()
    PermissionEvent.objects.remove_for_sample()
    PermissionRequest.objects.filter(repost__post__in=posts).delete()
    remove_evidence(Evidence.objects.filter(repost__post__in=posts))
    posts.delete()
    Tag.objects.filter(name__in={tag for post in content.POSTS for tag in post.tags}, posts=None).delete()
    remove_people()
    reset_blog_name()
    # On commit only: if the removal is rolled back, its pictures must still be there.
    transaction.on_commit(remove_pictures)
    return True


def load_on_first_start() -> None:
    """Add the sample to a site that nobody has begun to use, unless the setting WITH_SAMPLE is off."""
    is_empty = not (Post.objects.exists() or Person.objects.exists())
    if settings.WITH_SAMPLE and is_empty:
        call_command("sample")


def check_slugs() -> None:
    """Raise SlugTaken if another post has, or once had, the slug of a sample post."""
    slugs = [post.slug for post in content.POSTS]
    for rows in (Post.objects.all(), OldSlug.objects.all()):
        if taken := rows.filter(slug__in=slugs).first():
            raise SlugTaken(taken.slug)


def writing_time(planned: SamplePost, now: datetime) -> AbstractContextManager[None]:
    """Stop the clock when the post was written, but not after `now`, so that its ledger and its dates agree."""
    return clock.standing_at(min(now, now - planned.age) if planned.age else now)


def add_person(planned: SamplePerson) -> Person:
    person, _new = Person.objects.get_or_create(
        slug=planned.slug, defaults={"name": planned.name, "affiliation": planned.affiliation}
    )
    return person


def attach_login(host: Person) -> None:
    """Connect the host's byline with the login `host`, if there is one without a byline."""
    user = get_user_model().objects.filter(username=HOST_LOGIN, person=None).first()
    if user and not host.user:
        host.user = user
        host.save()


def add_post(planned: SamplePost, host: Person) -> Post:
    post = Post.objects.create(
        title=planned.title,
        slug=planned.slug,
        author=host,
        summary=planned.summary,
        introduction=content.text(planned.slug, "introduction"),
        body=content.text(planned.slug, "body"),
        cover=store(planned.cover) if planned.cover else "",
        cover_alt=planned.cover.alt if planned.cover else "",
        is_sample=True,
    )
    post.tags.set([add_tag(name) for name in planned.tags])
    return post


def add_tag(name: str) -> Tag:
    slug = slugify(name)
    return Tag.objects.filter(Q(name=name) | Q(slug=slug)).first() or Tag.objects.create(name=name, slug=slug)


def add_repost(post: Post, guest: Person) -> None:
    Credit.objects.create(post=post, person=guest)
    today = clock.now().date()
    Repost.objects.create(
        post=post,
        text=content.text(post.slug, "words"),
        source_title=content.SOURCE_TITLE,
        source_date=today - content.WRITTEN_BEFORE,
        medium=Repost.Medium.EMAIL,
        basis=Repost.Basis.PERMISSION,
        note=content.PERMISSION_NOTE,
        granted_on=today - content.GRANTED_BEFORE,
    )


def add_video(post: Post) -> None:
    reference = references.parse(content.VIDEO_URL)
    assert reference  # noqa: S101 - our own constant
    Video.objects.create(
        post=post,
        part=Video.Part.REPOST,
        page_url=content.VIDEO_URL,
        provider=reference.provider,
        provider_id=reference.id,
        title=content.VIDEO_TITLE,
        uploaded_on=clock.now().date() - content.WRITTEN_BEFORE,
        poster=store(content.POSTER),
        poster_alt=content.POSTER.alt,
        transcript=content.text(post.slug, "transcript"),
        ai_origin=Video.AiOrigin.GENERATED,
    )


def publish(post: Post, planned: SamplePost, now: datetime) -> None:
    """Publish at the planned moment; a draft stays a draft."""
    if planned.age is not None:
        saving.publish_post(post, by=post.author.name, at=now - planned.age)


def store(picture: Picture) -> str:
    """Draw a picture and store it under its fixed path, by which removal finds it again."""
    jpeg = BytesIO()
    picture.draw().save(jpeg, "JPEG", quality=82, optimize=True, progressive=True)
    default_storage.delete(picture.path)  # left by a load that was rolled back
    return default_storage.save(picture.path, ContentFile(jpeg.getvalue()))


def remove_pictures() -> None:
    for picture in content.PICTURES:
        if not is_in_use(picture.path):
            default_storage.delete(picture.path)


def is_in_use(path: str) -> bool:
    return Post.objects.filter(cover=path).exists() or Video.objects.filter(poster=path).exists()


def remove_evidence(files: QuerySet[Evidence]) -> None:
    """Delete evidence that somebody filed while trying out the sample; the files themselves on commit."""
    for evidence in files:
        transaction.on_commit(partial(evidence.file.delete, save=False))
    files.delete()


def remove_people() -> None:
    """Delete the people of the sample, except those who were renamed or are used by another post or request."""
    requested = PermissionRequest.objects.values("person")
    for planned in content.PEOPLE:
        unused = Person.objects.filter(slug=planned.slug, name=planned.name, posts=None, credits=None)
        unused = unused.exclude(pk__in=requested)
        Blog.objects.filter(owner__in=unused).update(owner=None)
        unused.delete()


def set_blog_name(host: Person) -> None:
    """Give the blog the sample's title, tagline and owner, unless it has its own."""
    blog = Blog.load()
    if blog.title == default_title():
        blog.title = content.BLOG_TITLE
    blog.tagline = blog.tagline or content.BLOG_TAGLINE
    blog.owner = blog.owner or host
    blog.save()


def reset_blog_name() -> None:
    blog = Blog.load()
    if blog.title == content.BLOG_TITLE:
        blog.title = default_title()
    if blog.tagline == content.BLOG_TAGLINE:
        blog.tagline = ""
    blog.save()


def default_title() -> str:
    return str(Blog._meta.get_field("title").get_default())
