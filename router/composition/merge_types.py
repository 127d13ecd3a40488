"""How the types that subgraphs give one field become the type in the supergraph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Satisfies = Callable[[str, str], bool]


def merge_output_types(types: Sequence[str], satisfies: Satisfies) -> str | None:
    """The most general of the types: nullable where any is, the wider of a type and its subtype.

    `satisfies(narrow, wide)` says whether every object of `narrow` is one of `wide`. None when they do not merge.
    """
    if any(not printed.endswith("!") for printed in types):
        return _merge_bare([printed.removesuffix("!") for printed in types], satisfies, merge_output_types)
    bare = _merge_bare([printed[:-1] for printed in types], satisfies, merge_output_types)
    return f"{bare}!" if bare else None


def merge_input_types(types: Sequence[str], satisfies: Satisfies) -> str | None:
    """The strictest of the types: required where any is. None when they do not merge."""
    bare = _merge_bare([printed.removesuffix("!") for printed in types], satisfies, merge_input_types)
    required = any(printed.endswith("!") for printed in types)
    return f"{bare}!" if bare and required else bare


def _merge_bare(
    types: Sequence[str],
    satisfies: Satisfies,
    merge: Callable[[Sequence[str], Satisfies], str | None],
) -> str | None:
    if all(printed.startswith("[") for printed in types):
        inner = merge([printed[1:-1] for printed in types], satisfies)
        return f"[{inner}]" if inner else None
    if any(printed.startswith("[") for printed in types):
        return None
    for candidate in types:
        if all(satisfies(other, candidate) for other in types):
            return candidate
    return None
