"""What a client must hold to read a part of the merged graph, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from router.composition.auth import Requirements
from router.composition.merge_directives import both, groups
from router.composition.merged import Graph
from router.composition.subgraph import FEDERATION, Applied

_Groups = frozenset[frozenset[str]]
_NOTHING: _Groups = frozenset([frozenset()])


@dataclass(frozen=True, slots=True)
class Needs:
    """An identity or none, and one whole group out of the scopes and of the policies."""

    authenticated: bool = False
    scopes: _Groups = _NOTHING
    policies: _Groups = _NOTHING

    def __and__(self, other: Needs) -> Needs:
        return Needs(
            self.authenticated or other.authenticated,
            both(self.scopes, other.scopes),
            both(self.policies, other.policies),
        )

    def lacking(self, other: Needs) -> list[str]:
        """The directives of the other that somebody who satisfies this might not satisfy."""
        lacking = {
            "@authenticated": other.authenticated and not self.authenticated,
            "@requiresScopes": not _covers(self.scopes, other.scopes),
            "@policy": not _covers(self.policies, other.policies),
        }
        return [directive for directive, lacks in lacking.items() if lacks]


def _covers(held: _Groups, wanted: _Groups) -> bool:
    """Whether each group that may be held has in it one that is wanted."""
    return all(any(group <= one for group in wanted) for one in held)


@dataclass(frozen=True)
class AuthNeeds:
    """The needs of the elements of one graph."""

    graph: Graph

    def of_type(self, name: str) -> Needs:
        written = (applied for _, type_ in self.graph.of_type(name) for applied in type_.directives)
        return _needs([*written, *Requirements(self.graph).of_type(name)])

    def of_field(self, type_name: str, field_name: str) -> Needs:
        mentions = self.graph.of_field(type_name, field_name)
        written = (applied for _, field in mentions for applied in field.directives)
        return _needs([*written, *Requirements(self.graph).of_field(type_name, field_name)])


def _needs(applications: Iterable[Applied]) -> Needs:
    needs = Needs()
    for applied in applications:
        if applied.spec == FEDERATION:
            if applied.name == "authenticated":
                needs &= Needs(authenticated=True)
            elif applied.name == "requiresScopes":
                needs &= Needs(scopes=groups(applied.value("scopes")))
            elif applied.name == "policy":
                needs &= Needs(policies=groups(applied.value("policies")))
    return needs
