"""The sandbox's state: one SQLite file, one transaction a request."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from trellis.errors import OperatorError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent TEXT,            -- of a charge and a refund its payment intent, of an event its subject
    state TEXT NOT NULL,    -- the object's status; an event's type
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS object_of_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_of_parent ON object (parent);
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    request_id TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answer_by_age ON answer (created);
CREATE TABLE IF NOT EXISTS delivery (
    event_id TEXT PRIMARY KEY,
    due REAL NOT NULL,
    attempt INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS delivered (outcome TEXT PRIMARY KEY, number INTEGER NOT NULL);
"""
_KEY_LIFE = 24 * 3600  # seconds; Stripe forgets a key after a day, too
_MAX_KEYS = 500_000

Body = dict[str, Any]


class SandboxDatabaseError(OperatorError):
    """The sandbox's file cannot be opened or is no database of it."""

    code = "SANDBOX_DATABASE_BROKEN"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot use {path} ({reason}); remove it to begin anew")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request with an idempotency key was answered."""

    fingerprint: str
    status: int
    body: bytes
    request_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook that still has to arrive; ``due`` is Unix time."""

    event_id: str
    due: float
    attempt: int
    payload: bytes


class Store:
    """Objects as Stripe shows them, answers by idempotency key, webhooks to deliver.

    What a transaction has written survives the death of the process, though not that of the machine: a sandbox
    need not wait for the disk.
    """

    def __init__(self, path: Path, *, retention: int = 100_000) -> None:
        self._retention = retention
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # One thread at a time: the event loop's, which need not be the one that opens it.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise SandboxDatabaseError(path, str(error)) from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at the end; an exception rolls back."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def put(self, body: Body, *, parent: str | None = None) -> None:
        """Insert an object or replace what it was."""
        self._db.execute(
            "INSERT INTO object (id, kind, parent, state, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
            (
                body["id"],
                body["object"],
                parent,
                body.get("status") or body.get("type") or "",
                msgspec.json.encode(body),
            ),
        )

    def get(self, kind: str, identifier: str) -> Body | None:
        row = self._db.execute("SELECT body FROM object WHERE id = ? AND kind = ?", (identifier, kind)).fetchone()
        return _decoded(row[0]) if row else None

    def page(
        self, kind: str, *, limit: int, before: str | None = None, parent: str | None = None, state: str | None = None
    ) -> list[Body]:
        """Objects of a kind, newest first, from the one after ``before`` (an id)."""
        query, values = "SELECT body FROM object WHERE kind = ?", [kind]
        if before is not None:
            query, values = query + " AND seq < (SELECT seq FROM object WHERE id = ?)", [*values, before]
        if parent is not None:
            query, values = query + " AND parent = ?", [*values, parent]
        if state is not None:
            query, values = query + " AND state = ?", [*values, state]
        rows = self._db.execute(f"{query} ORDER BY seq DESC LIMIT ?", (*values, limit))
        return [_decoded(row[0]) for row in rows]

    def answer(self, key: str) -> Answer | None:
        row = self._db.execute(
            "SELECT fingerprint, status, body, request_id FROM answer WHERE key = ?", (key,)
        ).fetchone()
        return Answer(*row) if row else None

    def remember(self, key: str, answer: Answer, now: int) -> None:
        self._db.execute(
            "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?)",
            (key, now, answer.fingerprint, answer.status, answer.body, answer.request_id),
        )

    def schedule(self, delivery: Delivery) -> None:
        """Add a webhook or change when it is tried next."""
        self._db.execute(
            "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, ?)",
            (delivery.event_id, delivery.due, delivery.attempt, delivery.payload),
        )

    def finish(self, event_id: str, outcome: str) -> None:
        """A webhook is no longer to be delivered."""
        self._db.execute("DELETE FROM delivery WHERE event_id = ?", (event_id,))
        self._db.execute(
            "INSERT INTO delivered VALUES (?, 1) ON CONFLICT (outcome) DO UPDATE SET number = number + 1", (outcome,)
        )

    def deliveries(self, *, limit: int, excluding: frozenset[str]) -> list[Delivery]:
        """The webhooks to try next, first due first, without those under way."""
        rows = self._db.execute(
            "SELECT event_id, due, attempt, payload FROM delivery ORDER BY due LIMIT ?", (limit + len(excluding),)
        )
        return [Delivery(*row) for row in rows if row[0] not in excluding][:limit]

    def counts(self) -> dict[str, Any]:
        """How many objects there are by kind and status, and what was charged and given back by currency."""
        result: dict[str, Any] = {"payment_intent": {}, "charge": {}, "refund": {}}
        for kind, state, number in self._db.execute(
            "SELECT kind, state, count(*) FROM object WHERE kind <> 'event' GROUP BY kind, state"
        ):
            result[kind][state] = number
        for name, kind, field in (("captured", "charge", "amount_captured"), ("refunded", "refund", "amount")):
            result[name] = dict(
                self._db.execute(
                    "SELECT body ->> '$.currency', sum(body ->> ?) FROM object"
                    " WHERE kind = ? AND state = 'succeeded' GROUP BY 1",
                    (f"$.{field}", kind),
                )
            )
        result["webhooks"] = dict(self._db.execute("SELECT outcome, number FROM delivered"))
        result["webhooks"]["pending"] = self._db.execute("SELECT count(*) FROM delivery").fetchone()[0]
        return result

    def charges_by(self, metadata_name: str) -> dict[str, dict[str, int]]:
        """For every value of a metadata name: how many charges succeeded and what sum they took."""
        rows = self._db.execute(
            "SELECT body -> '$.metadata' ->> ? AS value, count(*), sum(body ->> '$.amount_captured') FROM object"
            " WHERE kind = 'charge' AND state = 'succeeded' GROUP BY value HAVING value IS NOT NULL",
            (metadata_name,),
        )
        return {value: {"charges": number, "captured": total} for value, number, total in rows}

    def prune(self, now: int) -> None:
        """Forget the oldest payments, events and answers."""
        for kind, kept in (
            ("payment_intent", self._retention),
            ("charge", 2 * self._retention),
            ("refund", self._retention),
            ("event", self._retention // 4),
        ):
            self._db.execute(
                "DELETE FROM object WHERE kind = ?1 AND seq <="
                " (SELECT seq FROM object WHERE kind = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
                (kind, kept),
            )
        self._db.execute("DELETE FROM answer WHERE created < ?", (now - _KEY_LIFE,))
        self._db.execute(
            "DELETE FROM answer WHERE created < (SELECT created FROM answer ORDER BY created DESC LIMIT 1 OFFSET ?)",
            (_MAX_KEYS,),
        )


def _decoded(body: bytes) -> Body:
    decoded: Body = msgspec.json.decode(body)
    return decoded
