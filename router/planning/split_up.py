"""A field that no subgraph has whole, taken from several, each for what it can reach."""

from __future__ import annotations

from dataclasses import replace

from router.planning.choices import Option
from router.planning.operation import FieldSelection, FragmentSelection, SelectionSet


def split_up(field: FieldSelection, options: list[Option]) -> tuple[list[Option], FieldSelection | None]:
    """Options that together cover most of a field none covers alone, and what is left of it.

    Each option was walked for the whole field and says what it leaves; the next one is taken for as much of
    the rest as it can reach. What two options both reach is fetched twice: rare, and correct.
    """
    if not options:
        return [], field
    if len(options) == 1:
        left = options[0].leftover
        return options, replace(field, selections=left) if left is not None else None
    ordered = sorted(options, key=lambda option: (option.leftover.size() if option.leftover else 0, option.cost))
    parts = [ordered[0]]
    rest = ordered[0].leftover
    for option in ordered[1:]:
        if rest is None or option.leftover is None:
            break
        remaining = _common(rest, option.leftover)
        if remaining.size() < rest.size():
            parts.append(option)
            rest = remaining if remaining.items else None
    return parts, replace(field, selections=rest) if rest is not None else None


def _common(left: SelectionSet, right: SelectionSet) -> SelectionSet:
    """The selections that are in both, compared by what they ask for.

    What is left of a fragment stays left: two answers about an object of an abstract type need not agree on its
    runtime type, so one place must have all of it.
    """
    others = {_identity(item): item for item in right if isinstance(item, FieldSelection)}
    items: list[FieldSelection | FragmentSelection] = []
    for item in left:
        if isinstance(item, FragmentSelection):
            items.append(item)
            continue
        other = others.get(_identity(item))
        if other is None:
            continue
        if item.selections is None or other.selections is None:
            items.append(item)
            continue
        inner = _common(item.selections, other.selections)
        if inner.items:
            items.append(replace(item, selections=inner))
    return SelectionSet(tuple(items))


def _identity(item: FieldSelection) -> tuple[object, ...]:
    return (item.response_key, item.name, item.arguments, item.conditions, item.directives)
