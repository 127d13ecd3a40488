"""Plans as text for people: one block a fetch, in the order they may start."""

from __future__ import annotations

from graphql import OperationDefinitionNode, parse, print_ast

from router.planning.fetch_graph import Path, TypeIs
from router.planning.operation import Condition
from router.planning.plan import Fetch, InputField, QueryPlan


def print_plan(plan: QueryPlan) -> str:
    """The plan; two equal texts are equal plans."""
    notes = [note for note, holds in (("passthrough", plan.passthrough),) if holds]
    head = " ".join([plan.kind.value, plan.operation.name or "", *(f"({note})" for note in notes)])
    blocks = [" ".join(head.split())]
    blocks.extend(_fetch(fetch) for fetch in plan.fetches)
    if plan.introspection:
        blocks.append("introspection " + _indented(print_ast(parse(plan.introspection)), "  "))
    return "\n".join(blocks) + "\n"


def _fetch(fetch: Fetch) -> str:
    parts = [f"{fetch.id}: {fetch.subgraph}"]
    if fetch.path:
        parts.append(f"at {print_path(fetch.path)}")
    if fetch.depends_on:
        parts.append("after " + ", ".join(str(source) for source in fetch.depends_on))
    if fetch.conditions:
        parts.append("if " + " and ".join(_condition(condition) for condition in fetch.conditions))
    lines = [" ".join(parts)]
    lines.extend(f"  by {item.type_name} {{ {_inputs(item.fields)} }}" for item in fetch.representations)
    lines.append("  " + _indented(_selection(fetch), "  "))
    lines.extend(f"  rename {print_path((*path, wire))} to {key}" for path, wire, key in fetch.renames)
    return "\n".join(lines)


def _selection(fetch: Fetch) -> str:
    definition = parse(fetch.document).definitions[0]
    if not isinstance(definition, OperationDefinitionNode):
        return fetch.document
    if fetch.representations:
        selection_set = getattr(definition.selection_set.selections[0], "selection_set", None)
        return print_ast(selection_set) if selection_set else ""
    return print_ast(definition.selection_set)


def _inputs(fields: tuple[InputField, ...]) -> str:
    parts: list[str] = []
    for field in fields:
        text = field.name if field.name == field.source else f"{field.name}: {field.source}"
        parts.append(f"{text} {{ {_inputs(field.fields)} }}" if field.fields else text)
    return " ".join(parts)


def _condition(condition: Condition) -> str:
    variable, wanted = condition
    return f"${variable}" if wanted else f"not ${variable}"


def print_path(path: Path) -> str:
    """`feed.items|Book|Film.author`."""
    text = ""
    for element in path:
        if isinstance(element, TypeIs):
            text += "|" + "|".join(element.types)
        else:
            text += f".{element}" if text else element
    return text


def _indented(text: str, pad: str) -> str:
    return text.replace("\n", "\n" + pad)
