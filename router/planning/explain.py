"""Plans as text for people: one block a fetch, in the order they may start.

`explain_stages` shows every artefact on the way, so that a wrong plan is traced to the first wrong stage.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, get_operation_ast, parse, print_ast, validate

from router.planning.budget import Budget
from router.planning.choices import Choice
from router.planning.defer_directive import deferral_of
from router.planning.deferral import DeferredPiece
from router.planning.fetch_graph import FetchGraph, Path, TypeIs
from router.planning.narrow_unions import narrow_unions
from router.planning.normalise import normalise
from router.planning.operation import Condition, DeferredPart, FieldSelection, Operation, SelectionSet
from router.planning.optimise.separate_clashes import Rename
from router.planning.plan import ContextValue, Fetch, InputField, QueryPlan, Representation
from router.planning.planner import DEFAULT_BUDGET, build_fetch_graph, choose_fetches, plan_normalised
from router.planning.selection_tree import print_tree
from router.supergraph.field_set import merge_field_sets, print_field_set
from router.supergraph.model import Supergraph


def plan_text(supergraph: Supergraph, text: str, operation_name: str | None = None) -> str:
    """The plan of an operation, for a client that takes parts of it later where it says so.

    Raises GraphQLError where it is not valid against the graph, or PlanningError.
    """
    spending = Budget(DEFAULT_BUDGET)
    return print_plan(plan_normalised(supergraph, _normal(supergraph, text, operation_name, spending), spending))


def explain_stages(supergraph: Supergraph, text: str, operation_name: str | None = None) -> str:
    """The operation in normal form, what was chosen for each of its fields, the graph of fetches, and the plan.

    Raises GraphQLError where the text is not valid against the graph, or PlanningError.
    """
    spending = Budget(DEFAULT_BUDGET)
    normal = _normal(supergraph, text, operation_name, spending)
    asked = narrow_unions(supergraph, normal, spending)
    choices = choose_fetches(supergraph, asked, spending)
    parts = ["# normalised", *_selections(normal.selections, 0), ""]
    if asked is not normal:
        parts += ["# unions narrowed", *_selections(asked.selections, 0), ""]
    parts.append("# chosen")
    for choice in choices:
        parts.extend(_choice(choice, 0))
    parts += ["", "# fetch graph", *_nodes(build_fetch_graph(supergraph, asked, choices))]
    plan = plan_normalised(supergraph, normal)
    return "\n".join([*parts, "", f"# plan, found in {plan.steps} steps", print_plan(plan)])


def _normal(supergraph: Supergraph, text: str, operation_name: str | None, budget: Budget) -> Operation:
    document = parse(text)
    problems = validate(supergraph.schema, document)
    if problems:
        raise problems[0]
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        raise GraphQLError("name the operation to plan")
    deferral = deferral_of(document, operation)
    return normalise(document, operation, supergraph.schema, budget, deferral.variables if deferral else None)


def _nodes(graph: FetchGraph) -> Iterator[str]:
    for node in graph.nodes.values():
        after = f" after {', '.join(str(source) for source in sorted(node.depends_on))}" if node.depends_on else ""
        at = f" at {print_path(node.path)}" if node.path else ""
        yield f"{node.id}: {node.subgraph}{at}{after} {print_tree(node.tree)}"


def _selections(selections: SelectionSet, level: int) -> Iterator[str]:
    for item in selections:
        pad = "  " * level
        if isinstance(item, FieldSelection):
            label = "" if item.response_key == item.name else f"{item.response_key}: "
            conditions = "".join(f" if {_condition(condition)}" for condition in item.conditions)
            yield f"{pad}{label}{item.name}{item.arguments}{item.directives}{conditions}"
        else:
            yield f"{pad}{_part(item.part)}" if item.part else f"{pad}... on {item.type_name}"
        if item.selections is not None:
            yield from _selections(item.selections, level + 1)


def _choice(choice: Choice, level: int) -> Iterator[str]:
    pad = "  " * level
    for option in choice.options:
        how = f"in {option.subgraph}"
        if option.hop is not None:
            inputs = print_field_set(merge_field_sets(option.hop.key, option.hop.requires))
            how = f"hop to {option.subgraph}" + (f" by {{ {inputs} }}" if inputs else "")
        what = (
            option.item.response_key if isinstance(option.item, FieldSelection) else f"type of {option.item.type_name}"
        )
        yield f"{pad}{what} {how}, cost {option.cost}"
        if option.child is not None:
            yield from _choice(option.child, level + 1)
    for type_name, typed in choice.typed:
        yield f"{pad}... on {type_name}"
        yield from _choice(typed, level + 1)
    for part, found in choice.deferred:
        yield f"{pad}{_part(part)}"
        yield from _choice(found, level + 1)


def print_plan(plan: QueryPlan) -> str:
    """The plan; two equal texts are equal plans."""
    notes = [note for note, holds in (("passthrough", plan.passthrough),) if holds]
    head = " ".join([plan.kind.value, plan.operation.name or "", *(f"({note})" for note in notes)])
    blocks = [" ".join(head.split())]
    labels = {piece.part.id: piece.part for piece in plan.deferred}
    blocks.extend(_fetch(fetch, labels.get(fetch.part)) for fetch in plan.fetches)
    for part in plan.introspection:
        at = f" at {print_path(part.path)}" if part.path else ""
        blocks.append(f"introspection{at} " + _indented(print_ast(parse(part.document)), "  "))
    blocks.extend("\n".join(_piece(piece)) for piece in plan.deferred)
    return "\n".join(blocks) + "\n"


def _part(part: DeferredPart) -> str:
    return f"deferred {part.id}" + (f" {part.label}" if part.label else "")


def _piece(piece: DeferredPiece) -> Iterator[str]:
    whole: Path = piece.path
    inside = piece.inside
    while inside is not None:
        whole, inside = (*inside.path, *whole), inside.inside
    yield _part(piece.part) + (f" at {print_path(whole)}" if whole else "")
    yield from _selections(piece.selections, 1)


def _fetch(fetch: Fetch, part: DeferredPart | None) -> str:
    parts = [f"{fetch.id}: {fetch.subgraph}"]
    if fetch.path:
        parts.append(f"at {print_path(fetch.path)}")
    if fetch.depends_on:
        parts.append("after " + ", ".join(str(source) for source in fetch.depends_on))
    parts.extend(_conditions(fetch.conditions))
    if part is not None:
        parts.append(_part(part))
    lines = [" ".join(parts)]
    definition = parse(fetch.document).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)  # noqa: S101 - we wrote it
    if not fetch.lookups:
        lines.append("  " + _indented(print_ast(definition.selection_set), "  "))
        lines.extend(_renames(fetch.renames))
    for lookup, selection in zip(fetch.lookups, definition.selection_set.selections, strict=False):
        lines.append("  " + " ".join([f"entities at {print_path(lookup.path)}", *_conditions(lookup.conditions)]))
        lines.extend(f"  {_given(found)}" for found in lookup.contexts)
        lines.extend(f"  by {_represented(item)} {{ {_inputs(item.fields)} }}" for item in lookup.representations)
        if isinstance(selection, FieldNode) and selection.selection_set is not None:
            lines.append("  " + _indented(print_ast(selection.selection_set), "  "))
        lines.extend(_renames(lookup.renames))
    return "\n".join(lines)


def _conditions(conditions: tuple[Condition, ...]) -> list[str]:
    return ["if " + " and ".join(_condition(condition) for condition in conditions)] if conditions else []


def _renames(renames: tuple[Rename, ...]) -> Iterator[str]:
    for path, wire, key in renames:
        yield f"  rename {print_path((*path, wire))} to {key}"


def _represented(item: Representation) -> str:
    return item.type_name if item.of == item.type_name else f"{item.of} as {item.type_name}"


def _given(found: ContextValue) -> str:
    where = f"{found.up} above" if found.up else "there"
    return f"given ${found.variable} of {{ {_inputs(found.fields)} }} {where}"


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
