"""Keys in the database: sealed, shared, rotated. Each test has a deployment's keys to itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared_models.accounts.key_schedule import PUBLISHED_AFTER, PUBLISHED_AHEAD, SIGNING_LIFETIME
from shared_models.accounts.keyring import KeyRing
from shared_models.kernel.database import Database, database_url
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope

SECRET = "a-secret-of-the-tests-that-is-long-enough"


@pytest.fixture
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    """The domain's database without keys; those of other tests come back afterwards."""
    database = Database("accounts", database_url(settings, "accounts"))
    async with database.transaction(Scope(None)) as session:
        kept = (await session.execute(text("DELETE FROM signing_key RETURNING *"))).mappings().all()
    yield database
    async with database.transaction(Scope(None)) as session:
        await session.execute(text("DELETE FROM signing_key"))
        for key in kept:
            await session.execute(
                text(
                    "INSERT INTO signing_key (id, public_key, sealed_private_key, signs_from, signs_until) "
                    "VALUES (:id, :public_key, :sealed_private_key, :signs_from, :signs_until)"
                ),
                dict(key),
            )
    await database.close()


async def key_ids(database: Database) -> list[str]:
    async with database.transaction(Scope(None)) as session:
        return list((await session.execute(text("SELECT id FROM signing_key ORDER BY signs_from"))).scalars())


async def test_many_processes_that_start_at_once_make_one_key(database: Database):
    rings = [KeyRing(database, SECRET) for _ in range(5)]
    await asyncio.gather(*(ring.rotate_if_due() for ring in rings))
    (key_id,) = await key_ids(database)
    signers = [await ring.signer() for ring in rings]
    assert {signer[0] for signer in signers} == {key_id}
    assert len({signer[1].private_bytes_raw() for signer in signers}) == 1


async def test_a_process_that_never_rotated_signs_all_the_same(database: Database):
    key_id, private = await KeyRing(database, SECRET).signer()
    public = await KeyRing(database, SECRET).find(key_id)
    assert public is not None
    public.verify(private.sign(b"token"), b"token")


async def test_the_next_key_is_published_before_and_the_last_one_after_it_signs(database: Database):
    ring, start = KeyRing(database, SECRET), datetime.now(UTC)
    await ring.rotate_if_due(start)
    (first,) = [key.kid for key in await ring.published()]
    await ring.rotate_if_due(start + SIGNING_LIFETIME - PUBLISHED_AHEAD)
    assert (await ring.signer())[0] == first
    assert (await ring.published())[0].kid == first
    first_again, second = await key_ids(database)
    assert first_again == first
    await ring.rotate_if_due(start + SIGNING_LIFETIME + PUBLISHED_AFTER - timedelta(minutes=1))
    assert await key_ids(database) == [first, second]
    await ring.rotate_if_due(start + SIGNING_LIFETIME + PUBLISHED_AFTER)
    assert await key_ids(database) == [second]
    assert [key.kid for key in await ring.published()] == [second]


async def test_the_database_alone_does_not_sign(database: Database):
    key_id, private = await KeyRing(database, SECRET).signer()
    async with database.transaction(Scope(None)) as session:
        sealed = (await session.execute(text("SELECT sealed_private_key FROM signing_key"))).scalar_one()
    assert private.private_bytes_raw() not in sealed
    # With another master secret that key cannot be opened: a new one signs, and the old one still verifies.
    other = KeyRing(database, SECRET + "-changed")
    other_id, _ = await other.signer()
    assert other_id != key_id
    assert await other.find(key_id) is not None
    # A process that still has the old secret learns that its key has ended, and makes one that it can open.
    ring = KeyRing(database, SECRET)
    await ring.rotate_if_due()
    assert await ring.find(other_id) is not None


async def test_an_unknown_key_is_not_looked_for_at_every_request(database: Database):
    ring = KeyRing(database, SECRET)
    await ring.rotate_if_due()
    await database.close()
    assert await ring.find("unknown") is None


async def test_the_document_has_no_private_part(database: Database):
    ring = KeyRing(database, SECRET)
    await ring.rotate_if_due()
    (entry,) = await ring.published()
    assert (entry.kty, entry.crv, entry.alg, entry.use) == ("OKP", "Ed25519", "EdDSA", "sig")
    assert set(entry.__struct_fields__) == {"kid", "x", "kty", "crv", "use", "alg"}
