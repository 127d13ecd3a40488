"""Which headers pass between clients and subgraphs: nothing that is not named, and some of it never.

A rule is a name (`x-cart`) or a prefix (`x-shop-*`), for one subgraph where it begins with its name (`orders:x-cart`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from router.execution.signature import HEADER

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Of one connection, not of what is said over it."""
OURS = frozenset(
    {
        "accept",
        "accept-encoding",
        "expect",
        "forwarded",
        "host",
        "traceparent",
        "tracestate",
        "x-forwarded-for",
        HEADER,
    }
)
"""What the router says itself, about its own request."""
_BEGINNINGS_OF_OURS = ("access-control-", "content-")
# A prefix never means these: they are secrets.
_ONLY_BY_NAME = frozenset({"authorization", "cookie", "set-cookie"})
_NAME = re.compile(r"[!#$%&'+.^_`|~0-9a-z-]+")


class HeaderRuleError(Exception):
    """A setting about headers that cannot hold. The message shows no value: these are secrets."""

    code = "INVALID_HEADER_RULE"


@dataclass(frozen=True, slots=True)
class HeaderNames:
    """Headers by name, or by how their names begin; `never` are those that a beginning does not mean."""

    exact: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.exact or self.prefixes)

    def __contains__(self, name: str) -> bool:
        return name in self.exact or (
            name.startswith(self.prefixes)
            and name not in self.never
            and name not in _ONLY_BY_NAME
            and not name.startswith(_BEGINNINGS_OF_OURS)
        )

    def of(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Those of the headers that are meant."""
        if self.prefixes:
            return {name: value for name, value in headers.items() if name in self}
        return {name: headers[name] for name in self.exact if name in headers}


NONE = HeaderNames()


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """Names that hold for every subgraph, and those that hold for one beside them."""

    every: HeaderNames = NONE
    by_subgraph: Mapping[str, HeaderNames] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.every or self.by_subgraph)


def read_rules(text: str, never: frozenset[str]) -> HeaderRules:
    """Rules separated by commas. Raises HeaderRuleError where one names what is in `never`."""
    by_subgraph: dict[str, list[str]] = {}
    for rule in filter(None, (item.strip() for item in text.split(","))):
        subgraph, _, name = rule.rpartition(":")
        by_subgraph.setdefault(subgraph.strip(), []).append(name.strip().lower())
    read = {subgraph: _names(rules, never) for subgraph, rules in by_subgraph.items()}
    return HeaderRules(read.pop("", NONE), read)


def _names(rules: list[str], never: frozenset[str]) -> HeaderNames:
    exact = frozenset(rule for rule in rules if not rule.endswith("*"))
    prefixes = tuple(rule.removesuffix("*") for rule in rules if rule.endswith("*"))
    for name in exact:
        check_name(name, never)
    for prefix in prefixes:
        if not _NAME.fullmatch(prefix):
            raise HeaderRuleError(f"{prefix}* is no beginning of a header's name")
    return HeaderNames(exact, prefixes, never)


def check_name(name: str, never: frozenset[str]) -> None:
    """Raises HeaderRuleError where this is no name in lower case, or one that may not be set."""
    if not _NAME.fullmatch(name):
        raise HeaderRuleError(f"{name!r} is no name of a header")
    if name in never or name.startswith(_BEGINNINGS_OF_OURS):
        raise HeaderRuleError(f"{name} cannot be passed on: it is of one connection or message, or the router's own")
