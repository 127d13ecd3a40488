"""Directives of the subgraphs' own that belong into the supergraph: composed ones, and those clients write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from router.composition.links import Link
from router.composition.merge_types import merge_input_types
from router.composition.merged import Graph
from router.composition.subgraph import BUILT_IN, FEDERATION, Applied, DirectiveDef, SubgraphSchema
from router.supergraph.directive_locations import EXECUTABLE_LOCATIONS

_ALWAYS = frozenset({"tag", "inaccessible", "authenticated", "requiresScopes", "policy", "cost", "listSize"})
_BUILT_IN = frozenset({"deprecated", "specifiedBy", "oneOf"})


@dataclass(frozen=True, slots=True)
class ComposedDirective:
    """A custom directive asked for with @composeDirective, with everyone who does."""

    name: str
    asked: tuple[tuple[SubgraphSchema, Link], ...]
    definitions: tuple[DirectiveDef, ...]

    @property
    def link(self) -> Link:
        """The newest version that anyone links."""
        return max((link for _, link in self.asked), key=lambda link: (link.version or (0, 0), link.url))

    @property
    def is_imported(self) -> bool:
        """Not where it is of the spec's own name, or written with the spec's prefix."""
        return any(item.local == f"@{self.name}" for item in self.link.imports)

    @property
    def imported_name(self) -> str:
        """The spec's own name for it."""
        local = f"@{self.name}"
        return next((item.name for item in self.link.imports if item.local == local), local)


@dataclass(frozen=True)
class OwnDirectives:
    """What of the subgraphs' own directives the supergraph has."""

    graph: Graph

    @cached_property
    def composed(self) -> Mapping[str, ComposedDirective]:
        """By the name that the subgraphs give it."""
        asked: dict[str, list[tuple[SubgraphSchema, Link]]] = {}
        for sub in self.graph.subgraphs:
            for name in composed_names(sub):
                link = link_of(sub, name)
                if link is not None and name in sub.directive_definitions:
                    asked.setdefault(name, []).append((sub, link))
        return {
            name: ComposedDirective(name, tuple(found), tuple(sub.directive_definitions[name] for sub, _ in found))
            for name, found in sorted(asked.items())
        }

    @cached_property
    def executable(self) -> Mapping[str, DirectiveDef]:
        """Directives for operations: what every subgraph knows, as far as all agree."""
        definitions = common_executable_definitions(self.graph)
        merged = {name: self._shared(found) for name, found in definitions.items()}
        return {name: found for name, found in merged.items() if found is not None}

    @staticmethod
    def _shared(definitions: Sequence[DirectiveDef]) -> DirectiveDef | None:
        first = definitions[0]
        locations = [
            location
            for location in first.locations
            if location in EXECUTABLE_LOCATIONS and all(location in other.locations for other in definitions)
        ]
        arguments = {}
        for name, argument in first.arguments.items():
            others = [other.arguments.get(name) for other in definitions]
            types = [other.type for other in others if other is not None]
            merged = merge_input_types(types, lambda narrow, wide: narrow == wide)
            if len(types) == len(definitions) and merged:
                defaults = {other.default for other in others if other is not None}
                default = argument.default if len(defaults) == 1 else None
                arguments[name] = type(argument)(argument.name, argument.place, None, (), merged, default)
        if not locations:
            return None
        return DirectiveDef(
            first.name,
            first.place,
            first.description,
            arguments=arguments,
            locations=tuple(locations),
            repeatable=all(other.repeatable for other in definitions),
        )

    def keeps(self, applied: Applied) -> bool:
        """Whether an application in a subgraph shows in the supergraph."""
        if applied.spec == BUILT_IN:
            return applied.name in _BUILT_IN
        if applied.spec == FEDERATION:
            return applied.name in _ALWAYS
        found = self.composed.get(applied.written)
        return found is not None and any(sub.name == applied.place.subgraph for sub, _ in found.asked)

    def is_repeatable(self, applied: Applied) -> bool:
        if applied.spec == FEDERATION:
            return applied.name == "tag"
        found = self.composed.get(applied.written)
        return found is not None and any(definition.repeatable for definition in found.definitions)


def composed_names(sub: SubgraphSchema) -> list[str]:
    """What the subgraph asks for with @composeDirective, without the `@`."""
    names = [
        applied.text("name") or ""
        for applied in sub.schema_directives
        if applied.spec == FEDERATION and applied.name == "composeDirective"
    ]
    return [name.removeprefix("@") for name in names if name.startswith("@")]


def is_specified(directive: str) -> bool:
    """Whether GraphQL itself specifies the directive: it needs nobody to ask for it."""
    return directive in _BUILT_IN


def link_of(sub: SubgraphSchema, directive: str) -> Link | None:
    """The link that explains a directive of the subgraph."""
    for link in sub.links:
        if any(item.local == f"@{directive}" for item in link.imports):
            return link
    prefix, separator, _ = directive.partition("__")
    for link in sub.links:
        if directive == link.namespace or (separator and prefix == link.namespace):
            return link
    return None


def executable_names(sub: SubgraphSchema) -> set[str]:
    """The directives that the subgraph defines for operations."""
    return {
        name
        for name, definition in sub.directive_definitions.items()
        if EXECUTABLE_LOCATIONS.intersection(definition.locations)
    }


def shared_definitions(graph: Graph) -> Iterator[tuple[str, list[tuple[SubgraphSchema, DirectiveDef]]]]:
    """Directives that the supergraph could define for several subgraphs, by name."""
    for name in sorted({name for sub in graph.subgraphs for name in sub.directive_definitions}):
        found = [
            (sub, sub.directive_definitions[name])
            for sub in graph.subgraphs
            if name in executable_names(sub) or name in composed_names(sub)
            if name in sub.directive_definitions
        ]
        if len(found) > 1:
            yield name, found


def common_executable_definitions(graph: Graph) -> Mapping[str, list[DirectiveDef]]:
    """Directives for operations that every subgraph defines, by name."""
    names = set.intersection(*(executable_names(sub) for sub in graph.subgraphs)) if graph.subgraphs else set()
    return {name: [sub.directive_definitions[name] for sub in graph.subgraphs] for name in sorted(names)}
