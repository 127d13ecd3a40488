"""Guessing passwords is slow: ten failures of an account in a quarter of an hour are enough.

So are a hundred from one address: it may be a whole office's, so more is forgiven it. Only failures count: people
who know their password may log in as often and as many at once as they like.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.accounts import repository
from shared_models.kernel.errors import UserError

MAX_FAILURES = 10
MAX_FAILURES_FROM_ADDRESS = 100
WINDOW = timedelta(minutes=15)


class Subjects(msgspec.Struct, frozen=True):
    """Who tries: the account that an e-mail would be of, and the address, if it is known, each as a digest."""

    account: bytes
    address: bytes | None

    @classmethod
    def of(cls, email: str, address: str | None) -> Subjects:
        """From what a log-in says and where it comes from."""
        return cls(_digest("account", email), None if address is None else _digest("address", address))

    def all(self) -> list[bytes]:
        """Those that are known."""
        return [self.account] if self.address is None else [self.account, self.address]


async def check(session: AsyncSession, subjects: Subjects) -> None:
    """Raises `UserError` TOO_MANY_ATTEMPTS when either has failed too often."""
    failures = await repository.count_failures(session, subjects.all(), WINDOW)
    of_account = failures.get(subjects.account, 0)
    from_address = 0 if subjects.address is None else failures.get(subjects.address, 0)
    if of_account >= MAX_FAILURES or from_address >= MAX_FAILURES_FROM_ADDRESS:
        raise UserError("TOO_MANY_ATTEMPTS", "Too many failed attempts to log in. Try again in 15 minutes.")


async def record_failure(session: AsyncSession, subjects: Subjects) -> None:
    """Counts a failure of both."""
    await repository.add_failures(session, subjects.all(), WINDOW)


async def forgive(session: AsyncSession, subjects: Subjects) -> None:
    """Clears the account, whose owner is in; not the address, from which others may still be guessing."""
    await repository.forget_failures(session, subjects.account)


def _digest(kind: str, value: str) -> bytes:
    return hashlib.sha256(f"{kind}:{value}".encode()).digest()
