"""DIRECTIVE_COMPOSITION_ERROR: a directive that subgraphs ask to have in the supergraph cannot be there."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import OwnDirectives, composed_names, is_specified, link_of
from router.composition.errors import CompositionError
from router.composition.links import FEDERATION_IDENTITY, Link
from router.composition.merged import Graph
from router.composition.subgraph import FEDERATION, SubgraphSchema
from router.composition.wording import by_subgraph

_CODE = "DIRECTIVE_COMPOSITION_ERROR"


def directive_composition_error(graph: Graph) -> Iterator[CompositionError]:
    """It is a linked spec's, and every subgraph that asks for it means the same spec, version and name."""
    for sub in graph.subgraphs:
        yield from _unfit(sub)
    yield from _differently_named(graph)
    yield from _of_several_specs(graph)
    yield from _without_common_location(graph)


def _unfit(sub: SubgraphSchema) -> Iterator[CompositionError]:
    for applied in sub.schema_directives:
        if applied.spec != FEDERATION or applied.name != "composeDirective":
            continue
        written = applied.text("name")
        if not written or not written.startswith("@") or len(written) == 1:
            yield CompositionError(_CODE, f"{written!r} is no name of a directive: it begins with @", (applied.place,))
            continue
        name = written[1:]
        if is_specified(name):
            continue
        link = link_of(sub, name)
        if link is not None and link.is_apollo:
            whose = "federation" if link.identity == FEDERATION_IDENTITY else link.identity
            message = f"{written} is a directive of {whose}, which decides itself what of it is composed"
            yield CompositionError(_CODE, message, (applied.place,))
        elif name not in sub.directive_definitions:
            yield CompositionError(_CODE, f"{written} is not defined in {sub.name}", (applied.place,))
        elif link is None:
            yield CompositionError(_CODE, f"{written} is not part of a spec that {sub.name} links", (applied.place,))


def _differently_named(graph: Graph) -> Iterator[CompositionError]:
    names: dict[tuple[str, str], list[tuple[str, str, Link]]] = {}
    for sub, name, link in _asked(graph):
        original = next((item.name for item in link.imports if item.local == f"@{name}"), f"@{name}")
        names.setdefault((link.identity, original), []).append((f"@{name}", sub.name, link))
    for (_, original), found in sorted(names.items()):
        if len({local for local, _, _ in found}) > 1:
            yield CompositionError(
                _CODE,
                f"{original} is composed as {by_subgraph((local, sub) for local, sub, _ in found)}",
                tuple(link.place for _, _, link in found),
            )


def _of_several_specs(graph: Graph) -> Iterator[CompositionError]:
    by_name: dict[str, list[tuple[str, str, Link]]] = {}
    by_identity: dict[str, list[tuple[str, str, Link]]] = {}
    for sub, name, link in _asked(graph):
        by_name.setdefault(name, []).append((link.identity, sub.name, link))
        by_identity.setdefault(link.identity, []).append((f"v{(link.version or (0, 0))[0]}", sub.name, link))
    for name, found in sorted(by_name.items()):
        if len({identity for identity, _, _ in found}) > 1:
            specs = by_subgraph((identity, sub) for identity, sub, _ in found)
            yield CompositionError(_CODE, f"@{name} is of {specs}", tuple(link.place for _, _, link in found))
    for identity, found in sorted(by_identity.items()):
        if len({major for major, _, _ in found}) > 1:
            majors = by_subgraph(dict.fromkeys((major, sub) for major, sub, _ in found))
            message = f"{identity} is linked in versions that do not fit together: {majors}"
            yield CompositionError(_CODE, message, tuple(dict.fromkeys(link.place for _, _, link in found)))


def _without_common_location(graph: Graph) -> Iterator[CompositionError]:
    for name, composed in OwnDirectives(graph).composed.items():
        definitions = composed.definitions
        if not set.intersection(*(set(definition.locations) for definition in definitions)):
            yield CompositionError(
                _CODE,
                f"@{name} has no location that all subgraphs define",
                tuple(definition.place for definition in definitions),
            )


def _asked(graph: Graph) -> Iterator[tuple[SubgraphSchema, str, Link]]:
    for sub in graph.subgraphs:
        for name in composed_names(sub):
            link = link_of(sub, name)
            if link is not None and not link.is_apollo:
                yield sub, name, link
