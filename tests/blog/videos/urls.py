"""Spellings of the URLs in `examples.py`: a hundred URLs and more for each provider.

Each example is written in the ways in which people and browsers write a URL, and in the ways in which an attacker would
imitate the provider.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from blog.videos.references import PROVIDERS, Reference
from tests.blog.videos.examples import EXAMPLES

Spelling = Callable[[str, str], str]  # from a host, and the path that follows it, to a URL

EQUIVALENT: list[Spelling] = [
    lambda host, rest: f"https://{host}{rest}",
    lambda host, rest: f"HTTPS://{host.upper()}{rest}",
    lambda host, rest: f"  https://{host}{rest}\n",
    lambda host, rest: f"https://{host}{rest}#top",
]
# Not for providers on many hosts: those must use https, and the query is part of the name of a file.
EQUIVALENT_AT_FIXED_HOSTS: list[Spelling] = [
    lambda host, rest: f"http://{host}{rest}",
    lambda host, rest: f"https://{host}{rest}{'&' if '?' in rest else '?'}utm_source=a&si=b",
    lambda host, rest: f"https://{host}{rest}{'' if '?' in rest else '/'}",
]
HOSTILE: list[Spelling] = [
    # hosts that only look right
    lambda host, rest: f"https://{host}.evil.example{rest}",
    lambda host, rest: f"https://evil{host}{rest}",
    lambda host, rest: f"https://evil.{host.replace('.', '-')}{rest}",
    lambda host, rest: f"https://{host.replace('.', 'x', 1)}{rest}",
    lambda host, rest: f"https://{host}@evil.example{rest}",
    lambda host, rest: f"https://evil.example@{host}{rest}",
    lambda host, rest: f"https://{host}\\@evil.example{rest}",
    lambda host, rest: f"https://evil.example\\{host}{rest}",
    lambda host, rest: f"https://{host}:8443{rest}",
    lambda host, rest: f"https://{host}:port{rest}",
    lambda host, rest: f"https://{host}.{rest}",
    lambda host, rest: f"https://.{host}{rest}",
    lambda host, rest: f"https://{host.replace('.', '%2e', 1)}{rest}",
    lambda host, rest: f"https://{host}%00.evil.example{rest}",
    lambda host, rest: f"https://{chr(ord(host[0]) + 0xFEE0)}{host[1:]}{rest}",  # full-width
    lambda host, rest: f"https://{host.replace('.', '。', 1)}{rest}",
    lambda host, rest: f"https://{host[0]}\u200b{host[1:]}{rest}",
    lambda host, rest: f"https://[{host}]{rest}",
    lambda host, rest: f"https://[::1{rest}",
    lambda host, rest: f"https://evil.example/{host}{rest}",
    lambda host, rest: f"https://evil.example/?u=https://{host}{rest}",
    lambda host, rest: f"https://evil.example/#https://{host}{rest}",
    # other schemes, or none
    lambda host, rest: f"javascript://{host}{rest}",
    lambda host, rest: f"ftp://{host}{rest}",
    lambda host, rest: f"data:text/html,{host}{rest}",
    lambda host, rest: f"//{host}{rest}",
    lambda host, rest: f"https:{host}{rest}",
    lambda host, rest: f"https:///{host}{rest}",
    # ids that would break out of an attribute, a comment or a URL
    lambda host, rest: f'https://{host}{rest}"><b',
    lambda host, rest: f"https://{host}{rest}'onx",
    lambda host, rest: f"https://{host}{rest}--><script>",
    lambda host, rest: f"https://{host}{rest}\\x",
]


def expected_references(key: str) -> dict[str, Reference | None]:
    """Return every URL that is tried for one provider, with the reference that it must be parsed to."""
    examples, is_on_many_hosts = EXAMPLES[key], bool(PROVIDERS[key].hosts_setting)
    equivalent = EQUIVALENT if is_on_many_hosts else EQUIVALENT + EQUIVALENT_AT_FIXED_HOSTS

    def reference(id: str, start: int, host: str) -> Reference:
        return Reference(key, id, start, host if examples.reference.host else "")

    expected: dict[str, Reference | None] = dict.fromkeys(examples.no_videos)
    for url, id, start in examples.more:
        expected[url] = reference(id, start, urlsplit(url).hostname or "")
    for url, id in examples.ids.items():
        host, slash, path = url.partition("/")
        expected |= {spell(host, slash + path): reference(id, 0, host) for spell in equivalent}
        expected |= dict.fromkeys(spell(host, slash + path) for spell in HOSTILE)
    return expected
