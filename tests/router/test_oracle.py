"""The router's answer is that of one schema over the same records, byte for byte."""

from __future__ import annotations

import asyncio
import json

from graphql import build_schema, execute_sync, parse, print_schema, validate
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from .federation import bind
from .in_process import Federation
from .library import Library
from .strategies import VALUES, libraries, operations

# Composed once; every example loads its own records.
_LIBRARY = Library([], [], [], [])
_FEDERATION = Federation(_LIBRARY.subgraphs())
_SCHEMA = _FEDERATION.supergraph.schema
_MONOLITH = build_schema(print_schema(_SCHEMA))
bind(_MONOLITH, _LIBRARY.resolvers())


def monolith(query: str) -> object:
    result = execute_sync(_MONOLITH, parse(query), variable_values=VALUES)
    assert not result.errors, result.errors
    return result.data


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(library=libraries(), data=st.data())
def test_the_router_answers_as_one_schema_would(library: Library, data: st.DataObject) -> None:
    query = data.draw(operations(_SCHEMA))
    assume(not validate(_SCHEMA, parse(query)))
    _LIBRARY.load(library)
    answer = asyncio.run(_FEDERATION.ask(query, VALUES))
    assert "errors" not in answer, answer["errors"]
    assert json.dumps(answer["data"]) == json.dumps(monolith(query))
