"""Changes between two schemas as clients see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from graphql import BreakingChange, DangerousChange, DocumentNode, GraphQLSchema, validate
from graphql.utilities import SafeChange, find_schema_changes


class Severity(StrEnum):
    """What a change may do: break a client, surprise one, or nothing."""

    BREAKING = "BREAKING"
    DANGEROUS = "DANGEROUS"
    SAFE = "SAFE"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `kind` is graphql-core's name of it, such as `FIELD_REMOVED`."""

    severity: Severity
    kind: str
    description: str

    def __str__(self) -> str:
        return f"{self.severity} {self.kind}: {self.description}"


_ORDER = tuple(Severity)
_SEVERITIES: dict[type, Severity] = {
    BreakingChange: Severity.BREAKING,
    DangerousChange: Severity.DANGEROUS,
    SafeChange: Severity.SAFE,
}


def find_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[Change]:
    """The gravest first, then by what they are and where."""
    changes = [
        Change(_SEVERITIES[type(found)], found.type.name, found.description) for found in find_schema_changes(old, new)
    ]
    return sorted(set(changes), key=lambda change: (_ORDER.index(change.severity), change.kind, change.description))


@dataclass(frozen=True, slots=True)
class BrokenOperation:
    """A document of a client that was valid and would not be."""

    name: str
    problems: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {'; '.join(self.problems)}"


def broken_operations(
    old: GraphQLSchema, new: GraphQLSchema, documents: Sequence[tuple[str, DocumentNode]]
) -> list[BrokenOperation]:
    """Of documents, each with a name, those that only the old schema takes."""
    broken: list[BrokenOperation] = []
    for name, document in documents:
        if validate(old, document):
            continue
        problems = tuple(error.message for error in validate(new, document))
        if problems:
            broken.append(BrokenOperation(name, problems))
    return broken
