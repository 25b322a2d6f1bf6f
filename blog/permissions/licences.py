"""The licences that a host can choose by name instead of typing their URL."""

from django.utils.translation import gettext_lazy as _

CREATIVE_COMMONS = {
    "by": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "by-sa": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "by-nc": ("CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
    "by-nd": ("CC BY-ND 4.0", "https://creativecommons.org/licenses/by-nd/4.0/"),
    "by-nc-sa": ("CC BY-NC-SA 4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
    "by-nc-nd": ("CC BY-NC-ND 4.0", "https://creativecommons.org/licenses/by-nc-nd/4.0/"),
    "cc0": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
}
OTHER = "other"

CHOICES = [
    ("", _("none")),
    *((code, name) for code, (name, _url) in CREATIVE_COMMONS.items()),
    (OTHER, _("another licence")),
]


def code_of(url: str) -> str:
    """Return the choice for the licence at `url`: `OTHER` if it is not in the table, empty if `url` is empty."""
    codes = {known_url: code for code, (_name, known_url) in CREATIVE_COMMONS.items()}
    return codes.get(url, OTHER) if url else ""
