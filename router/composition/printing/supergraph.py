"""The whole document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from router.composition.composed_directives import ComposedDirective
from router.composition.links import Link
from router.composition.merge_types import merge_input_types
from router.composition.merged import ROOTS, Graph
from router.composition.printing.connectors import connect_links, joined_directives, joined_links
from router.composition.printing.elements import ElementPrinter
from router.composition.printing.specs import JOIN, JOIN_SPEC, LINK, ONE_OF, specs_for
from router.composition.printing.text import quoted
from router.composition.printing.types import TypePrinter
from router.composition.subgraph import DirectiveDef, InputDef


def print_supergraph(graph: Graph) -> str:
    """Join-spec SDL of a graph that every rule has passed."""
    elements = ElementPrinter(graph)
    printer = TypePrinter(elements)
    types = [printer.print(name) for name in graph.type_names]
    composed = elements.own.composed
    own = [_definition(elements, _widest(found)) for found in composed.values()]
    own += [_definition(elements, found) for name, found in elements.own.executable.items() if name not in composed]
    specs = list(specs_for(elements.used))
    definitions = [
        *([ONE_OF] if "oneOf" in elements.used else ()),
        *(definition for spec in specs for definition in spec.definitions),
        *own,
    ]
    directives = [LINK.link, JOIN_SPEC.link, *(spec.link for spec in specs), *_composed_links(composed.values())]
    directives.extend(_connectors(elements))
    return "\n\n".join([_schema(graph, directives), JOIN, _graphs(elements), *definitions, *types]) + "\n"


def _schema(graph: Graph, directives: list[str]) -> str:
    roots = "".join(f"  {name.lower()}: {name}\n" for name in ROOTS if name in graph.type_names)
    return "schema\n" + "".join(f"  {directive}\n" for directive in directives) + "{\n" + roots + "}"


def _graphs(elements: ElementPrinter) -> str:
    members = "\n".join(
        f"  {elements.graph_name[sub.name]} @join__graph(name: {quoted(sub.name)}, url: {quoted(sub.url)})"
        for sub in elements.graph.subgraphs
    )
    return f"enum join__Graph {{\n{members}\n}}"


def _composed_links(composed: Iterable[ComposedDirective]) -> Iterator[str]:
    """One link for each spec of composed directives, in its newest version."""
    by_identity: dict[str, list[ComposedDirective]] = {}
    for found in composed:
        by_identity.setdefault(found.link.identity, []).append(found)
    for _, of_spec in sorted(by_identity.items()):
        link: Link = max((found.link for found in of_spec), key=lambda item: (item.version or (0, 0), item.url))
        imports = [
            quoted(found.imported_name)
            if found.imported_name == f"@{found.name}"
            else f"{{name: {quoted(found.imported_name)}, as: {quoted(f'@{found.name}')}}}"
            for found in of_spec
            if found.is_imported
        ]
        alias = f", as: {quoted(link.namespace)}" if link.namespace != link.name else ""
        listed = f", import: [{', '.join(imports)}]" if imports else ""
        yield f"@link(url: {quoted(link.url)}{alias}{listed})"


def _connectors(elements: ElementPrinter) -> Iterator[str]:
    subgraphs = elements.graph.subgraphs
    links = [link for sub in subgraphs for link in connect_links(sub)]
    if links:
        newest = max(links, key=lambda link: (link.version or (0, 0), link.url))
        yield f"@link(url: {quoted(newest.url)}, for: EXECUTION)"
    yield from joined_links(subgraphs, elements.graph_name)
    for sub in subgraphs:
        yield from joined_directives(sub.schema_directives, elements.graph_name)


def _widest(composed: ComposedDirective) -> DirectiveDef:
    """One definition that allows what any of the subgraphs' allows."""
    first = composed.definitions[0]
    return replace(
        first,
        arguments={argument.name: _widest_argument(composed, argument) for argument in _arguments(composed)},
        locations=tuple(dict.fromkeys(location for found in composed.definitions for location in found.locations)),
        repeatable=any(found.repeatable for found in composed.definitions),
    )


def _arguments(composed: ComposedDirective) -> Iterable[InputDef]:
    """Each argument as the last subgraph has it that has it."""
    return {name: argument for found in composed.definitions for name, argument in found.arguments.items()}.values()


def _widest_argument(composed: ComposedDirective, argument: InputDef) -> InputDef:
    having = [found.arguments[argument.name] for found in composed.definitions if argument.name in found.arguments]
    merged = merge_input_types([item.type for item in having], lambda narrow, wide: narrow == wide)
    return replace(
        argument, type=merged or argument.type, directives=tuple(d for item in having for d in item.directives)
    )


def _definition(elements: ElementPrinter, directive: DirectiveDef) -> str:
    arguments = ", ".join(
        " ".join(
            [
                f"{name}: {argument.type}" + (f" = {argument.default}" if argument.default is not None else ""),
                *elements.passed([argument]),
            ]
        )
        for name, argument in directive.arguments.items()
    )
    listed = f"({arguments})" if arguments else ""
    repeatable = " repeatable" if directive.repeatable else ""
    return f"directive @{directive.name}{listed}{repeatable} on {' | '.join(directive.locations)}"
