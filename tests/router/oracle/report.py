"""A failure as text: what is wrong, how to make it again, and what a test of it would start with."""

from __future__ import annotations

import pprint

from graphql import parse, print_ast

from .run import Failure

_LINK = "extend schema @link"


def described(failure: Failure) -> str:
    """Everything one needs to see the failure without running anything."""
    lines = [f"===== seed {failure.seed}", str(failure.difference), "", failure.operation.query.strip()]
    lines += [f"variables {failure.operation.assignments}", ""]
    for name, sdl in failure.graph.subgraphs.items():
        nodes = [node for node in parse(sdl).definitions if "schema" not in node.kind]
        kept = [print_ast(node) for node in nodes]
        old = "" if _LINK in sdl else " (Federation 1)"
        lines += [f"--- {name}{old}", *kept]
    lines += ["--- records", pprint.pformat(failure.graph.records, width=115, sort_dicts=False), "", ""]
    return "\n".join(lines)
