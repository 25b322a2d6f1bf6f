"""What the ground floor keeps: the blog, its people, posts, reposts with their permission, and videos."""

from blog.models.blogs import Blog
from blog.models.bumps import Bump
from blog.models.evidence import Evidence
from blog.models.ledger import PermissionEvent
from blog.models.people import Person
from blog.models.posts import Credit, OldSlug, Post, PostQuerySet, Tag
from blog.models.reposts import Repost, RepostQuerySet
from blog.models.requests import Dispute, GrantToken, PermissionRequest
from blog.models.videos import Video
from blog.models.visitors import VisitorKey
from blog.models.wordings import Wording
from blog.models.work import Work

__all__ = [
    "Blog",
    "Bump",
    "Credit",
    "Dispute",
    "Evidence",
    "GrantToken",
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
    "VisitorKey",
    "Wording",
    "Work",
]
