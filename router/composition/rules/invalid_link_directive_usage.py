"""INVALID_LINK_DIRECTIVE_USAGE: links that cannot hold, one by one or together."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import value_from_ast_untyped

from router.composition import federation_spec
from router.composition.errors import CompositionError
from router.composition.links import FEDERATION_IDENTITY, Link
from router.composition.merged import Graph
from router.composition.places import Place


def invalid_link_directive_usage(graph: Graph) -> Iterator[CompositionError]:
    """A spec is linked once, what is imported exists there, and each name means one thing."""
    for sub in graph.subgraphs:
        for message, places in (*_repeated(sub.links), *_imports(sub.links), *_ambiguous(sub.links)):
            yield CompositionError("INVALID_LINK_DIRECTIVE_USAGE", message, places)


def _repeated(links: tuple[Link, ...]) -> Iterator[tuple[str, tuple[Place, ...]]]:
    by_identity: dict[str, list[Link]] = {}
    for link in links:
        by_identity.setdefault(link.identity, []).append(link)
    for identity, found in by_identity.items():
        if len(found) > 1:
            yield f"{identity} is linked {len(found)} times", tuple(link.place for link in found)


def _imports(links: tuple[Link, ...]) -> Iterator[tuple[str, tuple[Place, ...]]]:
    for link in links:
        for argument in link.node.arguments or ():
            listed = value_from_ast_untyped(argument.value)
            if argument.name.value == "import" and isinstance(listed, list):
                for item in listed:
                    problem = _malformed(item)
                    if problem:
                        yield problem, (link.place,)
        known = _elements(link)
        for item in link.imports:
            if known and item.name not in known:
                yield f"there is no {item.name} in {link.url}", (link.place,)


def _malformed(item: object) -> str | None:
    if isinstance(item, str):
        return None
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or item.keys() - {"name", "as"}:
        return f"an import is a name or {{name: ..., as: ...}}, not {item!r}"
    name, local = item["name"], item.get("as", item["name"])
    if not isinstance(local, str) or name.startswith("@") != local.startswith("@"):
        return f"{name} cannot be imported as {local}: only directives begin with @"
    return None


def _elements(link: Link) -> frozenset[str]:
    """What can be imported; nothing where that is not known."""
    if link.identity != FEDERATION_IDENTITY or link.version is None or not federation_spec.is_known(link.version):
        return frozenset()
    scalars = (name for name, since in federation_spec.SCALARS.items() if since <= link.version)
    return frozenset({*scalars, *(f"@{name}" for name in federation_spec.directives(link.version) if name != "link")})


def _ambiguous(links: tuple[Link, ...]) -> Iterator[tuple[str, tuple[Place, ...]]]:
    meanings: dict[str, dict[tuple[str, str], Link]] = {}
    for link in links:
        if link.namespace:
            meanings.setdefault(f"{link.namespace}__", {})[(link.identity, "")] = link
        for item in link.imports:
            meanings.setdefault(item.local, {})[(link.identity, item.name)] = link
    for local, found in meanings.items():
        if len(found) > 1:
            whose = " and ".join(f"{name or 'names'} of {identity}" for identity, name in sorted(found))
            yield f"{local} would mean {whose}", tuple(sorted({link.place for link in found.values()}))
