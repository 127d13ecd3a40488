"""The answers that fit an operation, as a regular expression over their bytes.

The selections of an operation do not nest without end, so what may be answered to them is a regular language. An
answer in the client's order and on one line, as nearly all subgraphs write it, is told by an expression in a
fifth of the time that decoding would take. It promises nothing of the others: these are decoded, projected and, if
they are wrong, explained. JSON itself is not checked here; the bytes are known to be JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
)

from router.execution.projection_code import Groups, Selected
from router.planning.operation import INTROSPECTION, SelectionSet

_WORTH_BYTES = 500_000
"""Bytes of answers whose decoding takes about as long as the compilation of a pattern."""
_MOST_FIELDS = 1_000
_BEGINNING = 100
"""Bytes of an answer that tell whether it is written with spaces."""

_STRING = '"[^"]*+"'
"""A string, where none has a quote or a backslash before its end."""
_STRING_WITH_QUOTES = r'"[^"]*+(?:(?<=[^\\]\\)"[^"]*+)*+(?<!\\)"'
"""Any string but one with two backslashes before a quote, of which the bytes nearby do not tell what they mean."""
# Every integer it takes has 32 bits, and every other number has a value that is finite.
_INT = "-?+(?:1[0-9]{9}|[0-9]{1,9}+)"
_NUMBER = r"-?+[0-9]{1,15}+(?:\.[0-9]{1,30}+)?+(?:[eE][+-]?+[0-9]{1,2}+)?+"


class _Style(NamedTuple):
    """How an answer is written: what a string is, and what follows on colons and commas."""

    string: str
    space: str


class AnswerPattern:
    """The pattern of one operation under certain conditions, made once so much was answered that it is worth it."""

    def __init__(self, selected: Selected, root: GraphQLObjectType, selections: SelectionSet) -> None:
        self._selected = selected
        self._root = root
        self._selections = selections
        self._seen = 0
        self._compiled: dict[_Style, re.Pattern[bytes] | None] = {}

    def fits(self, answer: bytes, data: memoryview) -> bool:
        """Whether the data of the answer, which is JSON, surely are what the client may get. False says nothing."""
        self._seen += data.nbytes
        if self._seen < _WORTH_BYTES:
            return False
        # A search for one byte takes a tenth of one for two.
        has_quotes = b"\\" in answer and b'\\"' in answer
        style = _Style(_STRING_WITH_QUOTES if has_quotes else _STRING, " " if b'": ' in answer[:_BEGINNING] else "")
        if style not in self._compiled:
            self._compiled[style] = self._compile(style)
        pattern = self._compiled[style]
        return pattern is not None and pattern.fullmatch(data) is not None and _is_utf8(answer)

    def _compile(self, style: _Style) -> re.Pattern[bytes] | None:
        writer = _Writer(self._selected, style)
        try:
            written = writer.object(self._root, self._selected.groups(self._root, (self._selections,)))
        except _NoPatternError:
            return None
        return re.compile(written.encode())


def _is_utf8(answer: bytes) -> bool:
    if answer.isascii():
        return True
    try:
        answer.decode()
    except UnicodeDecodeError:
        return False
    return True


class _NoPatternError(Exception):
    """An operation whose answers are always decoded."""


class _Writer:
    """Writes the parts. Where there are several ways, their beginnings tell which is right: none is tried in vain."""

    def __init__(self, selected: Selected, style: _Style) -> None:
        self._selected = selected
        self._written = 0
        self._space = style.space
        string = style.string
        self._leaves = {
            "Int": _INT,
            "Float": _NUMBER,
            "String": string,
            "Boolean": "true|false",
            "ID": f"{string}|-?+[0-9]{{1,18}}+",
        }
        self._any_leaf = f"{string}|{_NUMBER}|true|false"

    def object(self, parent: GraphQLObjectType, groups: Groups) -> str:
        """Its fields, all of them and no others, in the client's order."""
        self._written += 1 + len(groups)
        if self._written > _MOST_FIELDS:
            raise _NoPatternError
        fields = []
        for key, items in groups.items():
            name = items[0].name
            if name in INTROSPECTION:
                raise _NoPatternError
            below = tuple(item.selections for item in items if item.selections is not None)
            value = f'"{parent.name}"' if name == "__typename" else self._value(parent.fields[name].type, below)
            fields.append(f'"{key}":{self._space}{value}')
        return rf"\{{{f',{self._space}'.join(fields)}\}}"

    def _value(self, type_: GraphQLOutputType, below: Sequence[SelectionSet]) -> str:
        if isinstance(type_, GraphQLNonNull):
            return f"(?:{self._not_null(type_.of_type, below)})"
        return f"(?:{self._not_null(type_, below)}|null)"

    def _not_null(self, type_: GraphQLOutputType, below: Sequence[SelectionSet]) -> str:
        if isinstance(type_, GraphQLList):
            # No comma stands before the bracket: the bytes are JSON.
            return rf"\[(?:{self._value(type_.of_type, below)}(?:,{self._space}|(?=\])))*+\]"
        if isinstance(type_, GraphQLObjectType):
            return self.object(type_, self._selected.groups(type_, below))
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return self._members(type_, below)
        if isinstance(type_, GraphQLEnumType):
            return f'"(?:{"|".join(type_.values)})"'
        return self._leaves.get(getattr(type_, "name", ""), self._any_leaf)

    def _members(self, type_: GraphQLInterfaceType | GraphQLUnionType, below: Sequence[SelectionSet]) -> str:
        """One part a type. Each begins with its name, or an answer would be read as often as there are types."""
        written = []
        for member in self._selected.schema.get_possible_types(type_):
            groups = self._selected.groups(member, below)
            if next(iter(groups), None) != "__typename" or groups["__typename"][0].name != "__typename":
                raise _NoPatternError
            written.append(self.object(member, groups))
        return "|".join(written)
