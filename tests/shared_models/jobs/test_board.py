"""What operators see of the jobs of all domains, and what they may do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from redis.asyncio import Redis
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from observability.redaction import REDACTED
from shared_models.jobs.board import Board
from shared_models.jobs.models import Failure, Operator, Position, Progress, Wanted
from shared_models.kernel.errors import Forbidden, UserError
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_changes import CHANNEL
from shared_models.kernel.job_control import LARGEST_STEP
from shared_models.kernel.job_state import JobState
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane
from tests.support.job_rows import NOON, JobRows

DEAD: dict[str, Any] = {
    "state": JobState.DEAD,
    "finished_at": NOON,
    "attempt": 3,
    "error": {"code": "BROKEN", "message": "It broke.", "type": "RuntimeError"},
}

TABLES = ("job", "job_history")


async def listed(board: Board, operator: Operator, **wanted: Any) -> list[UUID]:
    return [job.id for job in await board.list_jobs(operator, Wanted(**wanted), None, 100)]


async def refused(doing: Any) -> str:
    with pytest.raises(UserError) as error:
        await doing
    return error.value.code


# --- looking


async def test_a_job_is_listed_without_what_it_was_given(board: Board, rows: JobRows, operator: Operator) -> None:
    id = await rows.add("orders", operator.tenant_id, **DEAD, progress={"done": 2, "total": 5, "note": "half"})
    job = (await board.find(operator, [id]))[id]
    assert (job.domain, job.name, job.queue, job.lane) == ("orders", "orders.Thing", "default", Lane.STANDARD)
    assert (job.state, job.attempt, job.max_attempts) == (JobState.DEAD, 3, 3)
    assert job.progress == Progress(2, 5, "half")
    assert job.error == Failure("BROKEN", "It broke.")
    assert job.trace_id == "a" * 32
    assert "secret" not in repr(job)


async def test_what_jobs_were_given_is_shown_without_secrets(board: Board, rows: JobRows, operator: Operator) -> None:
    dead, ended = await rows.add("orders", operator.tenant_id, **DEAD), await rows.add_ended("billing", None)
    large = await rows.add("orders", operator.tenant_id, payload={"text": "x" * 1000})
    assert await board.arguments(operator, [dead, ended, large], 1000) == {dead: {"number": "T-1", "secret": REDACTED}}
    assert set(await board.arguments(operator, [dead, ended, large])) == {dead, large}
    platform = Operator(None, None, "root")
    assert set(await board.arguments(platform, [dead, ended])) == {dead, ended}


async def test_jobs_of_all_domains_newest_first_page_by_page(board: Board, rows: JobRows, operator: Operator) -> None:
    tenant = operator.tenant_id
    expected = [
        await rows.add("orders", tenant, minute=5),
        await rows.add_ended("billing", tenant, minute=4),
        await rows.add("billing", tenant, minute=3),
        await rows.add_ended("orders", tenant, minute=2),
        await rows.add("catalog", tenant, minute=1),
    ]
    assert await listed(board, operator) == expected
    assert await board.count(operator, Wanted()) == 5
    seen: list[UUID] = []
    after = None
    while page := await board.list_jobs(operator, Wanted(), after, 2):
        assert len(page) <= 2
        seen += [job.id for job in page]
        after = Position(page[-1].created_at, page[-1].id)
    assert seen == expected


async def test_jobs_of_one_moment_are_listed_once_each(board: Board, rows: JobRows, operator: Operator) -> None:
    ids = {await rows.add(domain, operator.tenant_id) for domain in ("orders", "billing") for _ in range(3)}
    first = await board.list_jobs(operator, Wanted(), None, 3)
    rest = await board.list_jobs(operator, Wanted(), Position(first[-1].created_at, first[-1].id), 100)
    assert len(first) == len(rest) == 3
    assert {job.id for job in (*first, *rest)} == ids


async def test_filters(board: Board, rows: JobRows, operator: Operator) -> None:
    tenant = operator.tenant_id
    plain = await rows.add("orders", tenant)
    bulk = await rows.add("orders", tenant, lane=int(Lane.BULK), queue="imports", name="orders.Import", minute=1)
    dead = await rows.add("billing", tenant, **DEAD)
    done = await rows.add_ended("billing", tenant)
    assert await listed(board, operator, state=JobState.QUEUED) == [bulk, plain]
    assert await listed(board, operator, state=JobState.DEAD) == [dead]
    assert await listed(board, operator, state=JobState.DONE) == [done]
    assert set(await listed(board, operator, domain="billing")) == {dead, done}
    assert await listed(board, operator, queue="imports") == [bulk]
    assert await listed(board, operator, name="orders.Import") == [bulk]
    assert await listed(board, operator, lane=Lane.BULK) == [bulk]
    assert await listed(board, operator, error_code="BROKEN") == [dead]
    assert await listed(board, operator, error_code="OTHER") == []
    assert set(await listed(board, operator, ended_since=NOON)) == {dead, done}
    assert await listed(board, operator, since=NOON + timedelta(minutes=1)) == [bulk]
    assert await board.count(operator, Wanted(domain="billing")) == 2
    assert await refused(board.list_jobs(operator, Wanted(domain="warehouse"), None, 1)) == "UNKNOWN_DOMAIN"


async def test_many_jobs_are_one_statement_in_each_domain(board: Board, rows: JobRows, operator: Operator) -> None:
    ids = [await rows.add(domain, operator.tenant_id) for domain in ("orders", "billing", "audit") for _ in range(4)]
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "job_history" in statement:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert set(await board.find(operator, ids)) == set(ids)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(statements) == len(board.domains)


# --- whose


async def test_a_tenant_sees_its_own_jobs_alone_and_the_platform_all(
    board: Board, rows: JobRows, operator: Operator, platform: Operator
) -> None:
    other = Operator(new_id(), new_id(), "a neighbour")
    mine = [await rows.add("orders", operator.tenant_id), await rows.add_ended("orders", operator.tenant_id)]
    nobodys = await rows.add("orders", None)

    assert set(await listed(board, operator)) == set(mine)
    assert await listed(board, operator, tenant_id=other.tenant_id) == []
    for seen in (
        await listed(board, other),
        await listed(board, other, tenant_id=operator.tenant_id),
        list(await board.find(other, [*mine, nobodys])),
        await board.queues(other),
    ):
        assert seen == []
    assert await board.count(other, Wanted()) == 0

    assert set(await board.find(platform, [*mine, nobodys])) == {*mine, nobodys}
    everything = [await rows.rows(domain, f"SELECT id FROM {table}") for domain in rows.domains for table in TABLES]
    assert await board.count(platform, Wanted()) == sum(map(len, everything))
    assert set(await listed(board, platform, tenant_id=operator.tenant_id)) == set(mine)


async def test_a_tenant_touches_its_own_jobs_alone(board: Board, rows: JobRows, operator: Operator) -> None:
    other = Operator(new_id(), new_id(), "a neighbour")
    waiting, dead = await rows.add("orders", operator.tenant_id), await rows.add("orders", operator.tenant_id, **DEAD)
    assert await refused(board.cancel(other, [waiting])) == "NOT_FOUND"
    assert await refused(board.retry(other, [dead])) == "NOT_FOUND"
    theirs = await rows.add("orders", other.tenant_id, **DEAD)
    assert (await board.replay(other, Wanted(tenant_id=operator.tenant_id))).jobs == []
    assert [job.id for job in (await board.replay(other, Wanted())).jobs] == [theirs]
    states = {job.id: job.state for job in (await board.find(operator, [waiting, dead])).values()}
    assert states == {waiting: JobState.QUEUED, dead: JobState.DEAD}


# --- queues


async def test_queues_by_lane(board: Board, rows: JobRows, operator: Operator) -> None:
    tenant, now = operator.tenant_id, datetime.now(UTC)
    for _ in range(2):
        await rows.add("orders", tenant, queue="mail", run_at=now - timedelta(hours=1))
    await rows.add("orders", tenant, queue="mail", run_at=now + timedelta(hours=1))
    await rows.add("orders", tenant, queue="mail", state=JobState.RUNNING)
    await rows.add("orders", tenant, queue="mail", **DEAD | {"finished_at": now})
    await rows.add("orders", tenant, queue="mail", **DEAD)
    await rows.add("orders", tenant, queue="mail", state=JobState.DONE, finished_at=now)
    await rows.add_ended("orders", tenant, queue="mail", finished_at=now)
    await rows.add_ended("orders", tenant, queue="mail", finished_at=now)
    await rows.add_ended("orders", tenant, queue="mail")
    await rows.add("orders", tenant, queue="mail", lane=int(Lane.BULK))
    standard, bulk = await board.queues(operator, "orders")
    assert (standard.domain, standard.name, standard.lane) == ("orders", "mail", Lane.STANDARD)
    assert (standard.depth, standard.in_flight, standard.dead) == (3, 1, 2)
    assert standard.age is not None
    assert 3600 <= standard.age < 3600 + 600
    assert (standard.finished, standard.died, standard.failure_rate) == (4, 1, 0.25)
    assert not standard.paused
    assert (bulk.lane, bulk.depth, bulk.failure_rate) == (Lane.BULK, 1, None)


async def test_the_platform_pauses_a_queue_and_everybody_sees_it(
    board: Board, rows: JobRows, operator: Operator, platform: Operator
) -> None:
    queue = f"queue-{new_id()}"
    with pytest.raises(Forbidden):
        await board.pause(operator, "orders", queue)
    assert await refused(board.pause(platform, "orders", queue)) == "UNKNOWN_QUEUE"
    await rows.add_worker("orders", queue)
    for _ in range(2):
        (paused,) = await board.pause(platform, "orders", queue)
        assert (paused.name, paused.lane, paused.depth, paused.paused) == (queue, None, 0, True)
    await rows.add("orders", operator.tenant_id, queue=queue)
    assert [(found.lane, found.paused) for found in await board.queues(operator) if found.name == queue] == [
        (Lane.STANDARD, True)
    ]
    (resumed,) = await board.resume(platform, "orders", queue)
    assert not resumed.paused
    await board.resume(platform, "orders", queue)
    done = await rows.rows(
        "orders", "SELECT action, actor_id FROM intervention WHERE actor_id = :id ORDER BY at", id=platform.actor_id
    )
    assert [row["action"] for row in done] == ["pause", "resume"]


@pytest.mark.parametrize(
    ("domain", "queue", "code"),
    [
        ("warehouse", "default", "UNKNOWN_DOMAIN"),
        ("orders", "", "INVALID_QUEUE"),
        ("orders", "x" * 201, "INVALID_QUEUE"),
        ("orders", "\x00", "INVALID_QUEUE"),
        ("orders", "nowhere", "UNKNOWN_QUEUE"),
    ],
)
async def test_what_cannot_be_paused(board: Board, platform: Operator, domain: str, queue: str, code: str) -> None:
    assert await refused(board.pause(platform, domain, queue)) == code
    assert await refused(board.resume(platform, domain, queue)) == code


# --- acting


async def test_dead_letters_are_retried_all_or_none(board: Board, rows: JobRows, operator: Operator) -> None:
    dead = [await rows.add(domain, operator.tenant_id, **DEAD) for domain in ("orders", "billing")]
    waiting = await rows.add("orders", operator.tenant_id)
    assert await refused(board.retry(operator, [*dead, waiting])) == "NOT_DEAD"
    assert await refused(board.retry(operator, [*dead, new_id()])) == "NOT_FOUND"
    assert {job.state for job in (await board.find(operator, dead)).values()} == {JobState.DEAD}

    retried = await board.retry(operator, dead)
    assert [(job.state, job.attempt, job.finished_at) for job in retried.values()] == [(JobState.QUEUED, 0, None)] * 2


async def test_no_more_jobs_are_named_than_one_step_may_touch(board: Board, operator: Operator) -> None:
    ids = [new_id() for _ in range(LARGEST_STEP + 1)]
    assert await refused(board.retry(operator, ids)) == "TOO_MANY_JOBS"
    assert await refused(board.cancel(operator, ids)) == "TOO_MANY_JOBS"


async def test_a_dead_letter_behind_an_equal_job_stays_dead(board: Board, rows: JobRows, operator: Operator) -> None:
    key = str(new_id())
    dead = await rows.add("orders", operator.tenant_id, unique_key=key, **DEAD)
    await rows.add("orders", operator.tenant_id, unique_key=key)
    assert await refused(board.retry(operator, [dead])) == "ALREADY_QUEUED"


async def test_cancelling(board: Board, rows: JobRows, operator: Operator) -> None:
    waiting = await rows.add("orders", operator.tenant_id)
    running = await rows.add("orders", operator.tenant_id, state=JobState.RUNNING)
    dead = await rows.add("orders", operator.tenant_id, **DEAD)
    ended = await rows.add_ended("orders", operator.tenant_id)
    for over in (dead, ended):
        assert await refused(board.cancel(operator, [waiting, over])) == "ALREADY_ENDED"
    for _ in range(2):
        jobs = await board.cancel(operator, [waiting, running])
        assert (jobs[waiting].state, jobs[running].state) == (JobState.CANCELLED, JobState.RUNNING)
        assert jobs[running].cancel_requested_at is not None


async def test_replay_by_filter(board: Board, rows: JobRows, operator: Operator) -> None:
    tenant = operator.tenant_id
    early = await rows.add("orders", tenant, **DEAD)
    late = await rows.add("orders", tenant, **DEAD | {"finished_at": NOON + timedelta(hours=1)})
    elsewhere = await rows.add("billing", tenant, name="billing.Other", **DEAD)
    after = Wanted(ended_since=NOON + timedelta(minutes=1))
    assert [job.id for job in (await board.replay(operator, after)).jobs] == [late]
    assert [job.id for job in (await board.replay(operator, Wanted(domain="orders"))).jobs] == [early]
    assert (await board.replay(operator, Wanted(name="billing.Nothing"))).jobs == []
    done = await board.replay(operator, Wanted(error_code="BROKEN"))
    assert ([job.id for job in done.jobs], done.more) == ([elsewhere], False)


async def test_what_was_replayed_before_a_database_failed_is_logged(
    settings: KernelSettings, redis: Redis, rows: JobRows, operator: Operator
) -> None:
    dead = await rows.add("orders", operator.tenant_id, **DEAD)
    board = Board(settings, ["orders", "nowhere"], redis)
    try:
        with structlog.testing.capture_logs() as lines, pytest.raises(OperationalError):
            await board.replay(operator, Wanted())
    finally:
        await board.close()
    assert [line["jobs"] for line in lines if line["event"] == "jobs.replay"] == [[str(dead)]]


async def test_who_did_it_is_logged_and_recorded_and_told(
    board: Board, rows: JobRows, operator: Operator, redis: Redis
) -> None:
    dead = await rows.add("orders", operator.tenant_id, **DEAD)
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(CHANNEL)
        with structlog.testing.capture_logs() as lines:
            await board.retry(operator, [dead])
        message = None
        while message is None or str(dead) not in message["data"].decode():
            message = await pubsub.get_message(timeout=10)
    (line,) = [line for line in lines if line["event"] == "jobs.replay"]
    assert (line["by"], line["domain"], line["count"], line["jobs"]) == ("somebody", "orders", 1, [str(dead)])
    (record,) = await rows.rows(
        "orders",
        "SELECT intervention.* FROM intervention JOIN job ON job.intervention = intervention.id WHERE job.id = :id",
        id=dead,
    )
    assert (record["actor_id"], record["tenant_id"], record["jobs"]) == (operator.actor_id, operator.tenant_id, 1)
