"""Small subgraphs for the tests of one rule: what is found, as printed, or that they compose."""

from __future__ import annotations

from router.composition.compose import compose
from router.composition.errors import CompositionFailedError
from router.composition.subgraph import SubgraphSource

SINCE = {
    **dict.fromkeys(("@key", "@requires", "@provides", "@external", "@shareable", "@override", "@extends"), 0),
    "@inaccessible": 0,
    "@tag": 0,
    "@composeDirective": 1,
    "@interfaceObject": 3,
    "@authenticated": 5,
    "@requiresScopes": 5,
    "@policy": 6,
    "@context": 8,
    "@fromContext": 8,
    "@cost": 9,
    "@listSize": 9,
}


def fed2(sdl: str, minor: int = 11) -> str:
    """The SDL on the line after a @link to federation 2 with every directive of the version."""
    names = ", ".join(f'"{name}"' for name, since in SINCE.items() if since <= minor)
    return f'extend schema @link(url: "https://specs.apollo.dev/federation/v2.{minor}", import: [{names}])\n{sdl}'


def found(code: str, **subgraphs: str) -> list[str]:
    """The errors of one code, as printed, in a supergraph of the subgraphs by name."""
    return [error for error in all_found(**subgraphs) if error.split(" ", 1)[0].rstrip(":") == code]


def all_found(**subgraphs: str) -> list[str]:
    """Every error, as printed; none where the subgraphs compose."""
    sources = [SubgraphSource(name, f"http://{name}", sdl) for name, sdl in subgraphs.items()]
    try:
        compose(sources)
    except CompositionFailedError as failed:
        return [str(error) for error in failed.errors]
    return []
