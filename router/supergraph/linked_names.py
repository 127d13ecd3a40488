"""Directives under the names of their specs, whatever a document calls them.

A supergraph links the specs that it uses, and may import their directives under other names: a graph with a `@cost` of
its own has federation's as `@federation__cost`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    Node,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    Visitor,
    VisitorAction,
    value_from_ast_untyped,
    visit,
)

_SPECS: Mapping[str, tuple[str, ...]] = {
    "authenticated": ("authenticated",),
    "context": ("context",),
    "cost": ("cost", "listSize"),
    "policy": ("policy",),
    "requiresScopes": ("requiresScopes",),
}
_KNOWN = frozenset(directive for directives in _SPECS.values() for directive in directives)


def with_spec_names(document: DocumentNode) -> DocumentNode:
    """The document with the specs' own names; directives of others that have such a name are left out."""
    names = {f"federation__{directive}": directive for directive in _KNOWN}
    foreign: set[str] = set()
    for link in _links(document):
        for name, alias in link.directives.items():
            if name in _SPECS.get(link.spec, ()):
                names[alias] = name
            elif alias in _KNOWN:
                foreign.add(alias)
    renamed: DocumentNode = visit(document, _Rename(names, foreign))
    return renamed


@dataclass(frozen=True, slots=True)
class _Link:
    """`directives` are what those of the spec are called here, by their names there; others have the prefix."""

    spec: str
    prefix: str
    directives: Mapping[str, str]


class LinkedDirectives:
    """Which directives of a document are those of the specs that it links."""

    def __init__(self, document: DocumentNode) -> None:
        links = list(_links(document))
        self._names = {name for link in links for name in (link.prefix, *link.directives.values())}
        self._prefixes = tuple(f"{link.prefix}__" for link in links)

    def __contains__(self, name: str) -> bool:
        return name in self._names or name.startswith(self._prefixes)


def _links(document: DocumentNode) -> Iterator[_Link]:
    for definition in document.definitions:
        if not isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode):
            continue
        for directive in definition.directives or ():
            if directive.name.value == "link":
                arguments = {a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()}
                yield _link(arguments)


def _link(arguments: Mapping[str, object]) -> _Link:
    parts = str(arguments.get("url", "")).rstrip("/").split("/")
    # Before the version, where there is one.
    spec = parts[-2] if len(parts) > 1 and parts[-1].startswith("v") else parts[-1]
    prefix = str(arguments.get("as", spec))
    names = {name: prefix if name == spec else f"{prefix}__{name}" for name in _SPECS.get(spec, ())}
    listed = arguments.get("import")
    for item in listed if isinstance(listed, list) else ():
        name, alias = (item["name"], item.get("as", item["name"])) if isinstance(item, dict) else (item, item)
        if str(name).startswith("@"):
            names[str(name)[1:]] = str(alias).removeprefix("@")
    return _Link(spec, prefix, names)


class _Rename(Visitor):
    def __init__(self, names: Mapping[str, str], foreign: set[str]) -> None:
        super().__init__()
        self.names = names
        self.foreign = foreign

    def enter_directive(self, node: Node, *_: object) -> VisitorAction | Node:
        if not isinstance(node, DirectiveNode):
            return None
        name = node.name.value
        if name in self.foreign:
            return REMOVE
        if name in self.names and self.names[name] != name:
            return replace(node, name=replace(node.name, value=self.names[name]))
        return None
