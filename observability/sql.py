"""CLIENT spans of SQL statements, by SQLAlchemy's cursor events."""

import re
from functools import lru_cache
from typing import Any

from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, get_tracer
from opentelemetry.util.types import AttributeValue
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, ExceptionContext

MAX_TEXT = 4_096  # characters of a statement that a span keeps
MAX_SUMMARY = 255
MAX_TARGETS = 5

_tracer = get_tracer(__name__)
_SYSTEMS = {"postgresql": "postgresql", "sqlite": "sqlite"}
_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$\w*\$.*?\$\w*\$", re.DOTALL)
_TOKEN = re.compile(r'"(?:[^"]|"")*"(?:\."(?:[^"]|"")*"|\.\w+)*|\w+(?:\.\w+|\."[^"]*")*|[(),;]')
_OPERATIONS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"})
_DEFINITIONS = frozenset({"CREATE", "ALTER", "DROP", "TRUNCATE", "REFRESH", "LOCK"})
_MODIFIERS = frozenset(
    {"TEMPORARY", "TEMP", "UNLOGGED", "UNIQUE", "CONCURRENTLY", "OR", "REPLACE", "IF", "NOT", "EXISTS", "MATERIALIZED"}
)
_BEFORE_TARGET = frozenset({"FROM", "INTO", "JOIN"})
_BEFORE_ROWS = frozenset({"FROM", "JOIN"})  # what follows with a parenthesis is a function; after INTO, columns
_NOT_A_TARGET = frozenset({"", "LATERAL", "SELECT", "SET", "(", ")", ",", ";"})
_MAKES_A_CLAUSE = frozenset({"FOR", "DO", "ON", "KEY"})  # FOR UPDATE, DO UPDATE, ON DELETE, FOR NO KEY UPDATE
_OPENS_DEFINITION = frozenset({"(", "MATERIALIZED", "NOT"})


def instrument(engine: Engine) -> None:
    """Trace the engine's statements that run inside a recorded span (of an async engine: its `sync_engine`).

    Statements outside of a recorded span are left alone, so a process that only polls makes no traces of
    its polls.
    """
    fixed: dict[str, AttributeValue] = {"db.system.name": _SYSTEMS.get(engine.dialect.name, engine.dialect.name)}
    if engine.url.database:
        fixed["db.namespace"] = engine.url.database
    if engine.url.host:
        fixed["server.address"] = engine.url.host
    if engine.url.port:
        fixed["server.port"] = engine.url.port
    spans = _StatementSpans(fixed)
    event.listen(engine, "before_cursor_execute", spans.started)
    event.listen(engine, "after_cursor_execute", spans.ended)
    event.listen(engine, "handle_error", spans.failed)


class _StatementSpans:
    """The listeners of one engine. A connection runs one statement at a time, so it carries its open span."""

    KEY = "trellis.span"

    def __init__(self, fixed: dict[str, AttributeValue]) -> None:
        self._fixed = fixed

    def started(
        self,
        connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,
    ) -> None:
        if not get_current_span().is_recording():
            return
        name = summary(statement)
        span = _tracer.start_span(name, kind=SpanKind.CLIENT)
        span.set_attributes(
            {**self._fixed, "db.query.summary": name, "db.query.text": statement[:MAX_TEXT]},
        )
        if executemany:
            span.set_attribute("db.operation.batch.size", len(parameters))
        connection.info[self.KEY] = span

    def ended(self, connection: Connection, *_: Any) -> None:
        span: Span | None = connection.info.pop(self.KEY, None)
        if span is not None:
            span.end()

    def failed(self, failure: ExceptionContext) -> None:
        if failure.connection is None or failure.connection.invalidated:
            return
        span: Span | None = failure.connection.info.pop(self.KEY, None)
        if span is None:
            return
        error = failure.original_exception
        state = getattr(error, "sqlstate", None)
        kind = type(error).__name__
        span.set_attribute("error.type", state or kind)
        if state:
            span.set_attribute("db.response.status_code", state)
        # The message may quote the row that offended: the kind of error is enough here.
        span.set_status(StatusCode.ERROR, kind)
        span.end()


@lru_cache(maxsize=1_024)
def summary(statement: str) -> str:
    """A low-cardinality name: operations and their tables in order.

    >>> summary("UPDATE job SET state = %(s)s WHERE id = %(i)s")
    'UPDATE job'
    >>> summary("WITH due AS (SELECT id FROM job FOR UPDATE SKIP LOCKED) DELETE FROM lease USING due")
    'SELECT job DELETE lease'
    """
    tokens = _TOKEN.findall(_NOISE.sub(" ", statement))
    words = _words(tokens)
    if not words:
        words = [token.upper() for token in tokens if token[0].isalpha()][:1] or ["SQL"]
    return " ".join(words)[:MAX_SUMMARY]


def _words(tokens: list[str]) -> list[str]:
    """Operations, each with its targets; what the statement itself defines (`WITH x AS (`) is no target."""
    upper = [token.upper() for token in tokens]
    if upper and upper[0] in _DEFINITIONS:
        return [upper[0], *[token for token in tokens[1:] if token.upper() not in _MODIFIERS][:2]]
    defined = {upper[i] for i in range(len(upper) - 2) if upper[i + 1] == "AS" and upper[i + 2] in _OPENS_DEFINITION}
    words: list[str] = []
    targets: set[str] = set()  # of the operation at hand
    for before, word, at in zip(["", *upper], upper, range(1, len(upper) + 1), strict=False):
        is_operation = word in _OPERATIONS and before not in _MAKES_A_CLAUSE and upper[at : at + 1] != ["SET"]
        if is_operation:
            words.append(word)
            targets = set()
        if (word in _BEFORE_TARGET and before != "DISTINCT") or (is_operation and word == "UPDATE"):
            skip = at + 1 if upper[at : at + 1] == ["ONLY"] else at
            target = "".join(tokens[skip : skip + 1])
            if word in _BEFORE_ROWS and upper[skip + 1 : skip + 2] == ["("]:
                continue
            if target.upper() not in _NOT_A_TARGET | defined | targets and len(targets) < MAX_TARGETS:
                targets.add(target.upper())
                words.append(target.replace('"', ""))
    return words
