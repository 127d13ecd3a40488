"""Seven subgraphs that are nearly the same: each could answer almost everything, none can answer all.

A planner that tries each way to each field faces seven ways at every level of the operation.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from benchmarks.router.resolver import Entity, Resolver

NAMES = ("amber", "beryl", "coral", "diamond", "emerald", "flint", "garnet")
_LINKS = ("left", "right", "next")
_LEVELS = 5

_SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

type Query {{
  start: Node! @shareable
}}

type Node @key(fields: "id") @key(fields: "slug") {{
  id: ID!
  slug: ID!
  name: String! @shareable
  note: String @shareable
  left: Node! @shareable
  right: Node! @shareable
  next: Node! @shareable
  mark: Mark! @shareable
  {name}: String
}}

type Mark @key(fields: "id") {{
  id: ID!
  text: String! @shareable
  node: Node! @shareable
  {name}Text: String
}}
"""

SDLS = {name: _SDL.format(name=name) for name in NAMES}


class _Endless(dict[str, Any]):
    """A node or mark whose every field follows from its id, however deep one asks."""

    def __missing__(self, field: str) -> Any:
        below = f"{self['id']}.{field}"
        if field in (*_LINKS, "node"):
            return _Endless(__typename="Node", id=below)
        return _Endless(__typename="Mark", id=below) if field == "mark" else below


def resolvers() -> dict[str, Resolver]:
    """By name of the subgraph."""

    def reference(representation: Mapping[str, Any]) -> Entity:
        known = representation.get("id") or representation["slug"].removesuffix(".slug")
        return _Endless(__typename=representation["__typename"], id=known)

    start = _Endless(__typename="Node", id="0")
    return {name: Resolver({"start": start}, reference) for name in NAMES}


def operation(seed: int) -> str:
    """An operation that no other seed gives; all are of the same size."""
    random_ = random.Random(seed)

    def node(level: int) -> str:
        owned = " ".join(random_.sample(NAMES, k=3))
        if level == _LEVELS:
            return f"{{ id name {owned} }}"
        mark = f"mark {{ text {random_.choice(NAMES)}Text node {{ name {random_.choice(NAMES)} }} }}"
        links = " ".join(f"{link} {node(level + 1)}" for link in random_.sample(_LINKS, k=2))
        return f"{{ id name note {owned} {mark} {links} }}"

    return f"query Alike{seed} {{ start {node(1)} }}"
