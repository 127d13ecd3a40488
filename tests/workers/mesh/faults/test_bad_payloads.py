"""What a job must not be given: refused when it is enqueued, or dead with the reason when it no longer fits."""

from typing import Any, ClassVar

import pytest
from sqlalchemy import text

from shared_models.kernel.ids import new_id
from shared_models.kernel.jobs import Concurrency, InvalidJob, Job, JobTooLarge, Keys, Rate
from shared_models.kernel.mesh import LARGEST_PAYLOAD, emit, enqueue, enqueue_all
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Outside, Poke, Poked

_NUMBER: Any = 7
_LAMBDA: Any = lambda: None  # noqa: E731 - a value that is no JSON

_SPOIL = "UPDATE job SET payload = '{\"key\": 7}' WHERE payload ->> 'key' = 'spoilt'"


@pytest.mark.parametrize("job", [Poke(_NUMBER), Outside("x", seconds="soon"), Poke(_LAMBDA)])  # type: ignore[arg-type]
async def test_arguments_of_the_wrong_type_are_refused_when_they_are_enqueued(job: Job, mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        await enqueue(session, Poke("fine"))
        with pytest.raises(InvalidJob, match=job.name()) as refusal:
            await enqueue_all(session, [(Poke("beside it"), new_id()), (job, new_id())])
    assert (refusal.value.code, refusal.value.details) == ("JOB_INVALID", {"job": job.name()})
    # Nothing of the call is there, and the transaction could go on.
    assert [row["payload"] for row in await mesh.jobs()] == [{"key": "fine"}]


@pytest.mark.parametrize("key", ["a NUL: \x00", "after a backslash: \\\x00", "half a pair: \ud800"], ids=ascii)
async def test_text_that_cannot_be_stored_is_refused(key: str, mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        await enqueue(session, Poke("only letters: \\u0000"))
        for refused in (enqueue(session, Poke(key)), emit(session, Poked(key))):
            with pytest.raises(InvalidJob) as refusal:
                await refused
            assert refusal.value.code == "JOB_INVALID"
    assert [row["payload"] for row in await mesh.jobs()] == [{"key": "only letters: \\u0000"}]


_BAD_KEYS = {
    "nothing": Keys(unique=""),
    "too long for an index": Keys(ordering="x" * 501),
    "a NUL": Keys(unique="\x00"),
    "half a pair": Keys(ordering="\ud800"),
    "no text": Keys(unique=_NUMBER),
    "a limit of none": Keys(concurrency=Concurrency("k", 0)),
    "a limit beyond the column": Keys(concurrency=Concurrency("k", 2**15)),
    "a rate of no time": Keys(rate=Rate("k", 1, 0.0)),
    "a rate of no number": Keys(rate=Rate("k", 1, float("nan"))),
}


class BadlyKept(Job, frozen=True):
    """Has one of the keys above."""

    domain: ClassVar[str] = "probe"
    kind: str

    def keys(self) -> Keys:
        return _BAD_KEYS[self.kind]


@pytest.mark.parametrize("kind", _BAD_KEYS)
async def test_keys_that_cannot_be_stored_are_refused(kind: str, mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        await enqueue(session, Poke("fine"))
        with pytest.raises(InvalidJob, match=r"probe\.BadlyKept has a key"):
            await enqueue(session, BadlyKept(kind))
    assert [row["payload"] for row in await mesh.jobs()] == [{"key": "fine"}]


async def test_arguments_that_no_longer_fit_are_a_dead_letter_alone(mesh: Mesh, ledger: Ledger) -> None:
    (_, id, _) = await ledger.commit(Poke("good"), Poke("spoilt"), Poke("also good"))
    async with mesh.transaction() as session:
        await session.execute(text(_SPOIL))
    mesh.start("relay")
    worker = mesh.start("work")
    assert (await ledger.settled()).problems == []
    (dead,) = [job for job in await mesh.jobs() if job["state"] == "dead"]
    assert dead["error"] == {"code": "PAYLOAD_INVALID", "message": "Expected `str`, got `int` - at `$.key`"}
    (line,) = await mesh.until_logged("job.dead")
    assert (line["code"], line["job_id"]) == ("PAYLOAD_INVALID", str(id))
    assert await mesh.effects("poke") == once(["good", "also good"])
    assert worker.running


async def test_a_payload_of_10_mb_is_refused(mesh: Mesh) -> None:
    huge = "x" * 10_000_000
    async with mesh.transaction() as session:
        await enqueue(session, Poke("fine"))
        with pytest.raises(JobTooLarge) as refusal:
            await enqueue(session, Poke(huge))
        with pytest.raises(JobTooLarge):
            await emit(session, Poked(huge))
    assert refusal.value.code == "JOB_TOO_LARGE"
    assert refusal.value.details == {"job": Poke.name(), "bytes": len(huge) + 10, "most": LARGEST_PAYLOAD}
    assert len(str(refusal.value)) < 200
    assert [row["payload"] for row in await mesh.jobs()] == [{"key": "fine"}]


async def test_the_largest_payload_is_carried(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work")
    await ledger.commit(Outside("x" * (LARGEST_PAYLOAD - 30)))
    assert (await ledger.settled()).problems == []
