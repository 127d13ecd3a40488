"""How the applications of a directive in several subgraphs become those in the supergraph.

Repeatable directives keep every different application. Of another one remains one: what restricts access adds up
(a client must satisfy every subgraph), costs take the dearest, and for the rest most subgraphs decide.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from router.composition.subgraph import BUILT_IN, FEDERATION, Applied

AUTH = frozenset({"authenticated", "requiresScopes", "policy"})
_Groups = frozenset[frozenset[str]]


def merged_applications(applications: Iterable[Applied], repeatable: Callable[[Applied], bool]) -> list[str]:
    """As printed, by name: the applications on one element of the supergraph."""
    by_name: dict[str, list[Applied]] = {}
    for applied in applications:
        by_name.setdefault(supergraph_name(applied), []).append(applied)
    return [
        f"@{name}{arguments}"
        for name, found in sorted(by_name.items())
        for arguments in _merged_arguments(found, repeatable(found[0]))
    ]


def supergraph_name(applied: Applied) -> str:
    """Federation's directives have their own names in a supergraph, others those that the subgraphs give them."""
    return applied.name if applied.spec in (FEDERATION, BUILT_IN) else applied.written


def is_merged_by_argument(applied: Applied) -> bool:
    """Whether different arguments are combined, so that no subgraph's are lost."""
    return applied.spec == FEDERATION and applied.name in _STRATEGIES


def _merged_arguments(applications: Sequence[Applied], repeatable: bool) -> list[str]:
    if repeatable:
        return sorted({applied.printed_arguments for applied in applications})
    if is_merged_by_argument(applications[0]):
        merged = _STRATEGIES[applications[0].name](applications)
        return [f"({', '.join(f'{name}: {value}' for name, value in merged.items())})"]
    return [most_common(applied.printed_arguments for applied in applications)]


def most_common(values: Iterable[str]) -> str:
    """What most say; among equals the first in alphabetical order, so that the order of subgraphs decides nothing."""
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value))


def _conjunction(argument: str) -> Callable[[Sequence[Applied]], Mapping[str, str]]:
    """Alternatives of groups: whoever satisfies the result satisfies each subgraph."""

    def merge(applications: Sequence[Applied]) -> Mapping[str, str]:
        merged: _Groups = frozenset([frozenset()])
        for applied in applications:
            asked = groups(applied.value(argument))
            merged = both(merged, asked) if asked else merged
        return {argument: json.dumps(sorted((sorted(group) for group in merged), key=lambda g: (len(g), g)))}

    return merge


def groups(value: object) -> _Groups:
    """The argument of @requiresScopes or @policy: one of the groups must be held as a whole."""
    alternatives = value if isinstance(value, list) else [value]
    return frozenset(
        frozenset(str(item) for item in (group if isinstance(group, list) else [group])) for group in alternatives
    )


def both(left: _Groups, right: _Groups) -> _Groups:
    """What satisfies both; a group that asks for more than another one is left out."""
    joined = {one | other for one in left for other in right}
    return frozenset(group for group in joined if not any(other < group for other in joined))


def _highest_weight(applications: Sequence[Applied]) -> Mapping[str, str]:
    return {"weight": str(max(_numbers(applications, "weight"), default=1))}


def _longest_list(applications: Sequence[Applied]) -> Mapping[str, str]:
    merged: dict[str, str] = {}
    sizes = _numbers(applications, "assumedSize")
    if sizes:
        merged["assumedSize"] = str(max(sizes))
    for argument in ("slicingArguments", "sizedFields"):
        listed = [value for applied in applications if isinstance(value := applied.value(argument), list)]
        if listed:
            merged[argument] = json.dumps(list(dict.fromkeys(str(item) for items in listed for item in items)))
    if any("requireOneSlicingArgument" in applied.arguments for applied in applications):
        required = all(applied.value("requireOneSlicingArgument") is not False for applied in applications)
        merged["requireOneSlicingArgument"] = json.dumps(required)
    return merged


def _numbers(applications: Sequence[Applied], argument: str) -> list[int]:
    return [int(value) for applied in applications if isinstance(value := applied.value(argument), int | float)]


_STRATEGIES: Mapping[str, Callable[[Sequence[Applied]], Mapping[str, str]]] = {
    "cost": _highest_weight,
    "listSize": _longest_list,
    "policy": _conjunction("policies"),
    "requiresScopes": _conjunction("scopes"),
}
