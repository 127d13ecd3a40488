"""Unique keys: of equal jobs one waits or runs, and who asks for another is told of that one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel import mesh as kernel
from shared_models.kernel.database import driver_of
from shared_models.kernel.mesh import enqueue
from tests.support.mesh import Mesh
from tests.support.mesh_acts import Act

_END = "UPDATE job SET state = 'done', finished_at = now() WHERE state = 'queued'"


@pytest.fixture(autouse=True)
async def nothing_left(mesh: Mesh) -> AsyncIterator[None]:
    """What these tests leave must not be run by the next."""
    yield
    async with mesh.transaction() as session:
        await session.execute(text("DELETE FROM job"))


async def test_a_second_is_the_first_until_that_has_ended(mesh: Mesh) -> None:
    (first,) = await mesh.enqueue(Act("a", unique="k"))
    async with mesh.transaction() as session:
        assert await enqueue(session, Act("b", unique="k")) == first
        other = await enqueue(session, Act("c", unique="another"))
    async with mesh.transaction() as session:
        await session.execute(text(_END))
    async with mesh.transaction() as session:
        third = await enqueue(session, Act("d", unique="k"))
    assert sorted(row["id"] for row in await mesh.jobs()) == sorted([first, other, third])  # type: ignore[type-var]


async def test_one_that_ends_while_another_is_asked_for_is_not_taken_for_it(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = await mesh.enqueue(Act("a", unique="k"))

    class Interrupted:
        """The connection; before it is asked for the job that was met, that job ends."""

        def __init__(self, session: AsyncSession) -> None:
            self._driver = driver_of(session)

        async def execute(self, statement: bytes, values: Any) -> Any:
            if statement.strip().startswith(b"SELECT unique_key"):
                async with mesh.transaction() as other:
                    await other.execute(text(_END))
            return await self._driver.execute(statement, values)

    async with mesh.transaction() as session:
        with monkeypatch.context() as patched:
            patched.setattr(kernel, "driver_of", Interrupted)
            second = await enqueue(session, Act("b", unique="k"))
    assert {row["id"]: row["state"] for row in await mesh.jobs()} == {first: "done", second: "queued"}
