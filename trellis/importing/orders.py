"""`trellis import orders`: a file of invoices into the running platform, and what became of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from shared_models.kernel.database import Database
from shared_models.kernel.tenancy import Lane, Scope
from shared_models.orders.importing import progress as imports
from shared_models.orders.importing import service
from shared_models.orders.importing.progress import ImportProgress
from shared_models.orders.importing.reading import read_invoices
from trellis.errors import OperatorError
from trellis.importing.summary import Summary

#: Invoices in one transaction: few enough to be quick, so that a kill loses little.
_CHUNK: Final = 100
_POLL_SECONDS: Final = 0.25
#: With nothing changing for so long, somebody has to look: is there a worker?
_STALLED_SECONDS: Final = 300.0

T = TypeVar("T")


class ImportStalledError(OperatorError):
    """Nothing has happened for minutes."""

    code = "IMPORT_STALLED"


async def import_orders(
    database: Database,
    scope: Scope,
    path: Path,
    on_progress: Callable[[ImportProgress], None],
    *,
    detach: bool = False,
) -> Summary:
    """Imports a file for the tenant of `scope`, in the bulk lane, and waits for the end unless `detach`.

    Safe to stop and to repeat at any point: what is there is found, what is missing is added. `database` is that
    of orders; `on_progress` is called whenever something has changed.

    Raises `FileRefused`, `OSError`, and `ImportStalledError` when nothing changes for five minutes.
    """
    file = await asyncio.to_thread(read_invoices, path)
    scope = msgspec.structs.replace(scope, lane=Lane.BULK)
    async with database.transaction(scope) as session:
        import_id, is_new = await service.begin(session, file, path.name)
    for chunk in _chunks(file.invoices):
        async with database.transaction(scope) as session:
            await service.add_invoices(session, import_id, chunk)
    async with database.transaction(scope) as session:
        await service.seal(session, import_id)
    reached = (
        await _look(database, scope, import_id) if detach else await _wait(database, scope, import_id, on_progress)
    )
    async with database.transaction(scope) as session:
        rejections = await imports.rejections(session, import_id)
    return Summary(path.name, is_new, reached, rejections)


async def _wait(
    database: Database, scope: Scope, import_id: UUID, on_progress: Callable[[ImportProgress], None]
) -> ImportProgress:
    reached: ImportProgress | None = None
    changed_at = time.monotonic()
    while True:
        now = await _look(database, scope, import_id)
        if now != reached:
            reached, changed_at = now, time.monotonic()
            on_progress(now)
        if now.finished:
            return now
        if time.monotonic() - changed_at > _STALLED_SECONDS:
            raise ImportStalledError(
                f"nothing has changed for {_STALLED_SECONDS:.0f} s; are a relay and workers running? "
                "The same command goes on where it stopped."
            )
        await asyncio.sleep(_POLL_SECONDS)


async def _look(database: Database, scope: Scope, import_id: UUID) -> ImportProgress:
    async with database.transaction(scope) as session:
        found = await imports.progress(session, import_id)
    if found is None:
        raise LookupError(f"import {import_id} is gone")
    return found


def _chunks(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]
