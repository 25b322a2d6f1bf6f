"""Everything that `blog` and the apps above it add to its own pages, feeds, commands and admin.

Each app fills these registries in `AppConfig.ready` and nowhere else; they are read only after that.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blog.admin.start_page import StartPageSection
    from blog.models import Post

# Names of one-to-one relations of a post that are always fetched together with it.
COMPANIONS: list[str] = []

# Each returns the attributes of a further <link> in the Atom entry of a post, or an empty dict.
ENTRY_LINKS: list[Callable[["Post"], dict[str, str]]] = []

# Each returns further properties of a post's BlogPosting node in JSON-LD.
POSTING_EXTRAS: list[Callable[["Post"], dict[str, Any]]] = []

# Models that store rendered HTML, by label, with the fields that their method `render()` fills. `manage.py rerender`
# renders them again.
RENDERED: dict[str, tuple[str, ...]] = {}

# Sections of the admin's start page, each with the permission that a user needs to see it.
START_PAGE_SECTIONS: list[tuple[str, Callable[[], "StartPageSection"]]] = []

# Called when the sample has been loaded, in its transaction, with the post that readers discuss.
SAMPLE_LOADED: list[Callable[["Post"], None]] = []

# Called before the sample's posts (`Post.is_sample`) are deleted, in the same transaction.
SAMPLE_REMOVING: list[Callable[[], None]] = []
