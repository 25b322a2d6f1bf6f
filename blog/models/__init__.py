"""The models of the blog: the blog itself, people, posts, reposts with their permission, and videos."""

from blog.models.blogs import Blog
from blog.models.evidence import Evidence
from blog.models.ledger import PermissionEvent
from blog.models.people import Person
from blog.models.posts import Credit, OldSlug, Post, PostQuerySet, Tag
from blog.models.reposts import Repost, RepostQuerySet
from blog.models.requests import AuthorLink, Dispute, PermissionRequest
from blog.models.videos import Video
from blog.models.wordings import Wording

__all__ = [
    "AuthorLink",
    "Blog",
    "Credit",
    "Dispute",
    "Evidence",
    "OldSlug",
    "PermissionEvent",
    "PermissionRequest",
    "Person",
    "Post",
    "PostQuerySet",
    "Repost",
    "RepostQuerySet",
    "Tag",
    "Video",
    "Wording",
]
