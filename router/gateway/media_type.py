"""Media types as headers name them: which of ours a client accepts, and what it says it sends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType


class MediaType(StrEnum):
    """What a response can be."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    EVENT_STREAM = "text/event-stream"
    MULTIPART = "multipart/mixed"


HTML = "text/html"

# A client without a preference gets what every client understands. Parts are for what comes in parts.
_PREFERENCE = (MediaType.JSON, MediaType.GRAPHQL, MediaType.EVENT_STREAM)

_LONGEST_KEPT = 512
"""Characters of an `accept` header whose meaning is kept; what strangers send must not fill the memory."""

# A comma or semicolon inside of quotes separates nothing; a quote without an end goes on to the header's end.
_QUOTED = r'"(?:[^"\\]|\\.)*"?'
_ELEMENT = re.compile(rf'(?:[^,"]|{_QUOTED})+')
_PART = re.compile(rf'(?:[^;"]|{_QUOTED})+')
_ESCAPED = re.compile(r"\\(.)")
_QUALITY = re.compile(r"0?\.\d+|0\.?|1(\.0*)?")


@dataclass(frozen=True, slots=True)
class NamedType:
    """A media type or range in lower case, and its parameters: names in lower case, values unquoted."""

    name: str
    parameters: Mapping[str, str]


def read_media_type(text: str) -> NamedType:
    """What a `content-type` header, or one element of an `accept` header, names. Of a repeated parameter, the first."""
    name, _, rest = text.partition(";")
    parameters: dict[str, str] = {}
    for part in _PART.findall(rest):
        key, _, value = part.partition("=")
        parameters.setdefault(key.strip().lower(), _unquoted(value.strip()))
    return NamedType(name.strip().lower(), MappingProxyType(parameters))


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return _ESCAPED.sub(r"\1", value[1:].removesuffix('"'))


def negotiate(accept: str) -> MediaType | None:
    """The best of what the `accept` header lists; None where it lists nothing we speak."""
    best = _kept(accept) if len(accept) <= _LONGEST_KEPT else _best_of(_PREFERENCE, accept)
    return None if best is None else MediaType(best)


def prefers_html(accept: str) -> bool:
    """Whether a page is what the client wants most, as a browser does that was sent here by its user.

    It must say so: whoever takes anything gets an answer, not a page.
    """
    return HTML in accept.lower() and _best_of((*_PREFERENCE, HTML), accept) == HTML


def accepted_parameters(name: str, accept: str) -> Iterator[Mapping[str, str]]:
    """The parameters of each element that names the media type itself, and does not refuse it."""
    for element in _ELEMENT.findall(accept):
        named = read_media_type(element.strip())
        quality = named.parameters.get("q", "1")
        if named.name == name and _QUALITY.fullmatch(quality) and float(quality) > 0:
            yield named.parameters


@lru_cache(maxsize=256)
def _kept(accept: str) -> str | None:
    return _best_of(_PREFERENCE, accept)


def _best_of(offers: Iterable[str], accept: str) -> str | None:
    """Of each offer the range that is nearest to it decides, so that `q=0` takes out what `*/*` would let in.

    Where several are wanted as much, what is named goes before what a wildcard covers, and then what is named first.
    """
    if not accept.strip():
        return next(iter(offers))
    ranges = list(_ranges(accept))
    best: tuple[tuple[float, int, int], str] | None = None
    for offer in offers:
        matching = [item for item in ranges if item.covers(offer)]
        if not matching:
            continue
        nearest = max(matching, key=lambda item: (item.nearness, item.parameters, -item.place))
        rank = (nearest.quality, nearest.nearness, -nearest.place)
        if nearest.quality > 0 and (best is None or rank > best[0]):
            best = rank, offer
    return best[1] if best else None


@dataclass(frozen=True, slots=True)
class _Range:
    """An element of an `accept` header. No parameter makes one of our types another one; more of them say it nearer."""

    name: str
    quality: float
    parameters: int
    place: int

    @property
    def nearness(self) -> int:
        return 0 if self.name == "*/*" else 1 if self.name.endswith("/*") else 2

    def covers(self, offer: str) -> bool:
        return self.name in (offer, "*/*", f"{offer.partition('/')[0]}/*")


def _ranges(accept: str) -> Iterator[_Range]:
    for place, element in enumerate(_ELEMENT.findall(accept)):
        named = read_media_type(element.strip())
        quality = named.parameters.get("q", "1")
        if _QUALITY.fullmatch(quality):
            yield _Range(named.name, float(quality), len(named.parameters.keys() - {"q"}), place)
