"""The licences that a host picks by name instead of typing their address."""

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
    *((code, name) for code, (name, _address) in CREATIVE_COMMONS.items()),
    (OTHER, _("another licence")),
]


def code_of(address: str) -> str:
    """The choice that stands for the licence at `address`; empty for no licence."""
    codes = {known: code for code, (_name, known) in CREATIVE_COMMONS.items()}
    return codes.get(address, OTHER) if address else ""
