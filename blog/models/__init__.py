"""What the ground floor keeps: the blog, its people, posts, reposts with their permission, and videos."""

from blog.models.blogs import Blog
from blog.models.ledger import PermissionEvent
from blog.models.people import Person
from blog.models.posts import Credit, OldSlug, Post, PostQuerySet, Tag
from blog.models.reposts import Repost
from blog.models.videos import Video
from blog.models.work import Work

__all__ = [
    "Blog",
    "Credit",
    "OldSlug",
    "PermissionEvent",
    "Person",
    "Post",
    "PostQuerySet",
    "Repost",
    "Tag",
    "Video",
    "Work",
]
