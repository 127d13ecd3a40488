"""`@link` (and its forerunner `@core`): which specs a document uses, and what it calls their elements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    value_from_ast_untyped,
)

from router.composition.places import Place, place_of

FederationVersion = tuple[int, int]

FEDERATION_IDENTITY = "https://specs.apollo.dev/federation"
LINK_IDENTITY = "https://specs.apollo.dev/link"
CORE_IDENTITY = "https://specs.apollo.dev/core"
# The federation version that first knew a spec which documents link beside it.
LINKED_FEATURES_SINCE = {
    "https://specs.apollo.dev/authenticated": (2, 5),
    "https://specs.apollo.dev/requiresScopes": (2, 5),
    "https://specs.apollo.dev/policy": (2, 6),
    "https://specs.apollo.dev/context": (2, 8),
    "https://specs.apollo.dev/cost": (2, 9),
    "https://specs.apollo.dev/connect": (2, 10),
}
APOLLO_SPECS = "https://specs.apollo.dev/"
_VERSION = re.compile(r"v(\d+)\.(\d+)\Z")
_LINKING = {LINK_IDENTITY: ("link", "url"), CORE_IDENTITY: ("core", "feature")}


@dataclass(frozen=True, slots=True)
class Import:
    """One element that a link brings in. Names of directives keep their `@`."""

    name: str
    local: str


@dataclass(frozen=True, slots=True)
class Link:
    """One `@link`, read. `identity` is the URL without its version, `namespace` what goes before `__`."""

    url: str
    identity: str
    name: str
    version: tuple[int, int] | None
    namespace: str
    imports: tuple[Import, ...]
    node: ConstDirectiveNode
    place: Place

    @property
    def is_apollo(self) -> bool:
        return self.identity.startswith(APOLLO_SPECS)


@dataclass(frozen=True)
class Names:
    """What the names of directives in one document mean."""

    links: Sequence[Link]
    linking: frozenset[str]

    @cached_property
    def imported(self) -> Mapping[str, tuple[Link, str]]:
        """Directives under the names that they are imported by."""
        return {
            item.local.removeprefix("@"): (link, item.name.removeprefix("@"))
            for link in self.links
            for item in link.imports
            if item.local.startswith("@")
        }

    def meaning(self, written: str) -> tuple[Link, str] | None:
        """The link that a directive comes from and its name there; None where no link explains it."""
        known = self.imported.get(written)
        if known is not None:
            return known
        prefix, separator, rest = written.partition("__")
        for link in self.links:
            if separator and prefix == link.namespace and rest:
                return link, rest
            # A spec's directive of the spec's own name needs no import.
            if written == link.namespace and link.name:
                return link, link.name
        return None

    @property
    def federation(self) -> Link | None:
        return next((link for link in self.links if link.identity == FEDERATION_IDENTITY), None)


def read_names(document: DocumentNode, subgraph: str) -> Names:
    """Every link of the document, whatever it calls the directive that links."""
    nodes = [
        directive
        for definition in document.definitions
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode)
        for directive in definition.directives or ()
    ]
    linking = dict(_linking_names(nodes))
    links: list[Link] = []
    for node in nodes:
        argument = linking.get(node.name.value)
        if argument is not None:
            link = _read_link(node, argument, subgraph)
            if link is not None:
                links.append(link)
    return Names(tuple(links), frozenset(linking))


def _linking_names(nodes: Iterable[ConstDirectiveNode]) -> Iterable[tuple[str, str]]:
    """The names under which the document links, with the argument that holds the URL: it links these too."""
    yield "link", "url"
    yield "core", "feature"
    for node in nodes:
        arguments = _arguments(node)
        for identity, (name, argument) in _LINKING.items():
            if str(arguments.get(argument, "")).startswith(f"{identity}/v") and node.name.value == (
                arguments.get("as") or name
            ):
                yield node.name.value, argument


def _read_link(node: ConstDirectiveNode, argument: str, subgraph: str) -> Link | None:
    arguments = _arguments(node)
    url = arguments.get(argument)
    if not isinstance(url, str):
        return None
    parts = url.rstrip("/").split("/")
    matched = _VERSION.match(parts[-1])
    version = (int(matched[1]), int(matched[2])) if matched else None
    if version is not None:
        parts.pop()
    name = re.split(r"[?#]", parts[-1])[0] if len(parts) > 3 else ""
    chosen = arguments.get("as")
    imports = arguments.get("import")
    return Link(
        url=url,
        identity="/".join(parts),
        name=name,
        version=version,
        namespace=chosen if isinstance(chosen, str) and chosen else name,
        imports=tuple(_imports(imports if isinstance(imports, list) else [])),
        node=node,
        place=place_of(node, subgraph),
    )


def _imports(items: Iterable[object]) -> Iterable[Import]:
    """What is no import is left out here; a rule reports it."""
    for item in items:
        if isinstance(item, str):
            yield Import(item, item)
        elif isinstance(item, dict) and isinstance(item.get("name"), str):
            local = item.get("as")
            yield Import(item["name"], local if isinstance(local, str) else item["name"])


def _arguments(node: ConstDirectiveNode) -> dict[str, object]:
    return {argument.name.value: value_from_ast_untyped(argument.value) for argument in node.arguments or ()}
