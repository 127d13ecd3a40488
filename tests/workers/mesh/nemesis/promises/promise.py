"""What each kind of promise can do."""

from __future__ import annotations

from typing import Protocol

from tests.support.ledger import Account
from tests.workers.mesh.nemesis.record import Record


class Promise(Protocol):
    """Asks for work of its kind while the load goes on; judges all of it when it has come to rest."""

    @property
    def name(self) -> str:
        """What is counted."""

    async def ask(self) -> None:
        """Asks for some, on behalf of the customer's tenant; whether that is committed is up to the mishaps."""

    def reckon(self, record: Record, account: Account) -> int:
        """Writes what was broken into the account; returns how many it has judged."""
