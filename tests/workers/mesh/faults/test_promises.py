"""That the nemesis judges rightly: what is sound passes, and each way in which a promise may be broken is found."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID, uuid5

import msgspec
import pytest

from shared_models.kernel.batches import Failure
from shared_models.kernel.job_state import JobState
from tests.support.breakable import Breakable
from tests.support.ledger import Account, Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_acts import Act
from tests.workers.mesh.nemesis import ordeal, verdict
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.promises import awaiting, cancelling, concurrency, ordering, uniqueness, weighted
from tests.workers.mesh.nemesis.promises.awaiting import Awaited
from tests.workers.mesh.nemesis.promises.cancelling import Cancelling
from tests.workers.mesh.nemesis.promises.concurrency import Limited
from tests.workers.mesh.nemesis.promises.promise import Promise
from tests.workers.mesh.nemesis.promises.ticking import Ticking
from tests.workers.mesh.nemesis.promises.uniqueness import Asked
from tests.workers.mesh.nemesis.record import Ending, Record, Span, read


def id_of(name: str) -> UUID:
    """The id of a job, or of a batch, by its name."""
    return uuid5(UUID(int=0), name)


def at(second: float) -> datetime:
    """A moment."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def ran(key: str, began: float, ended: float, *, batch: str | None = None, told: list[int] | None = None) -> Ending:
    """A job that is done."""
    return Ending(
        id=id_of(key),
        key=key,
        state=JobState.DONE,
        finished_at=at(began),
        batch_id=id_of(batch) if batch else None,
        spans=[Span(at(began), at(ended), told)],
    )


def failed(key: str, second: float, *, state: JobState = JobState.DEAD, batch: str | None = None) -> Ending:
    """A job that has ended otherwise."""
    return Ending(id=id_of(key), key=key, state=state, finished_at=at(second), batch_id=id_of(batch) if batch else None)


def record_of(*endings: Ending) -> Record:
    """What the database tells."""
    return {ending.id: ending for ending in endings}


def touched(ending: Ending) -> Ending:
    """The same, when people have intervened."""
    return msgspec.structs.replace(ending, touched=True)


def awaited(on_failure: Failure, *members: Act, batch: str = "batch", then: str = "then") -> Awaited:
    """A batch that was asked for."""
    return Awaited(id_of(batch), id_of(then), list(members), on_failure)


_A, _B = ran("a", 0, 2, batch="batch"), ran("b", 1, 3, batch="batch")
_ADDED = ran("a.0", 2, 4, batch="batch")
_DEAD, _CANCELLED = failed("b", 3, batch="batch"), failed("b", 3, state=JobState.CANCELLED, batch="batch")
_THEN = ran("then", 4, 5, told=[3, 0, 0])
_THEN_CANCELLED = failed("then", 4, state=JobState.CANCELLED)


@pytest.mark.parametrize(
    ("on_failure", "endings"),
    [
        (Failure.IGNORED, [_A, _B, _ADDED, _THEN]),
        (Failure.CANCELS_REST, [_A, _B, _ADDED, _THEN]),
        (Failure.IGNORED, [_A, _DEAD, _ADDED, ran("then", 4, 5, told=[2, 1, 0])]),
        (Failure.CANCELS_REST, [_A, _DEAD, _ADDED, _THEN_CANCELLED]),
        (Failure.CANCELS_REST, [failed("a", 1, batch="batch"), _CANCELLED, _THEN_CANCELLED]),
        # People may cancel what they like, and replay it after the batch has ended.
        (Failure.IGNORED, [_A, touched(_CANCELLED), _ADDED, ran("then", 4, 5, told=[2, 0, 1])]),
        (Failure.IGNORED, [_A, touched(ran("b", 6, 7, batch="batch")), _ADDED, ran("then", 4, 5, told=[2, 1, 0])]),
        (Failure.CANCELS_REST, [_A, touched(ran("b", 6, 7, batch="batch")), _ADDED, _THEN_CANCELLED]),
        (Failure.IGNORED, [_A, _B, _ADDED, touched(_THEN_CANCELLED)]),
        # Its commit was not acknowledged, and is not there.
        (Failure.IGNORED, []),
    ],
)
def test_a_batch_that_was_kept(on_failure: Failure, endings: list[Ending]) -> None:
    account = Account(problems=[])
    batch = awaited(on_failure, Act("a", adds=1), Act("b"))
    assert awaiting.judge([batch], record_of(*endings), account) == bool(endings)
    assert account.problems == []


@pytest.mark.parametrize(
    ("on_failure", "endings", "problem"),
    [
        (Failure.IGNORED, [_A, _B, _ADDED, ran("then", 3.5, 5, told=[3, 0, 0])], "then ran before a.0 had ended"),
        (
            Failure.IGNORED,
            [_A, failed("b", 6, batch="batch"), _ADDED, ran("then", 4, 5, told=[2, 1, 0])],
            "then ran before b had ended",
        ),
        (
            Failure.IGNORED,
            [_A, failed("b", 0, state=JobState.QUEUED, batch="batch"), _ADDED, ran("then", 7, 8, told=[2, 0, 0])],
            "then ran before b had ended",
        ),
        (Failure.CANCELS_REST, [_A, _DEAD, _ADDED, ran("then", 4, 5, told=[2, 1, 0])], "although b is dead"),
        (Failure.CANCELS_REST, [_A, touched(_CANCELLED), _ADDED, _THEN], "although b is cancelled"),
        (Failure.IGNORED, [_A, _B, _ADDED, ran("then", 4, 5, told=[2, 1, 0])], "then was told of [2, 1, 0]"),
        (Failure.IGNORED, [_A, _B, _ADDED, ran("then", 4, 5)], "then was told of None"),
        (Failure.IGNORED, [_A, _DEAD, _ADDED, _THEN_CANCELLED], "then is cancelled, and there was no cause"),
        (Failure.CANCELS_REST, [_A, _B, _ADDED, _THEN_CANCELLED], "then is cancelled, and there was no cause"),
        (Failure.IGNORED, [_A, _CANCELLED, _ADDED, ran("then", 4, 5, told=[2, 0, 1])], "b is cancelled, and there"),
        (Failure.CANCELS_REST, [_A, _CANCELLED, _ADDED, _THEN_CANCELLED], "b is cancelled, and there was no cause"),
        (Failure.IGNORED, [_A, _ADDED, ran("then", 4, 5, told=[2, 0, 0])], "member b of a batch is not there"),
        (Failure.IGNORED, [_A, _B, ran("then", 4, 5, told=[2, 0, 0])], "member a.0 of a batch is not there"),
        (
            Failure.IGNORED,
            [_A, _B, _ADDED, ran("c", 1, 2, batch="batch"), ran("then", 4, 5, told=[4, 0, 0])],
            "member c is there, and nobody has added it",
        ),
        (
            Failure.IGNORED,
            [_A, _B, msgspec.structs.replace(_ADDED, spans=_ADDED.spans * 2), _THEN],
            "a.0, which was added, is done and has run 2 times",
        ),
        (
            Failure.IGNORED,
            [_A, _B, msgspec.structs.replace(_ADDED, spans=[]), _THEN],
            "a.0, which was added, is done and has run 0 times",
        ),
        (
            Failure.IGNORED,
            [_A, _B, failed("a.0", 2, state=JobState.QUEUED, batch="batch"), failed("then", 0, state=JobState.BLOCKED)],
            "a.0, which was added, is queued",
        ),
        (Failure.IGNORED, [_A, _B, _ADDED], "without the job that awaits it"),
    ],
)
def test_a_batch_that_was_broken(on_failure: Failure, endings: list[Ending], problem: str) -> None:
    account = Account(problems=[])
    awaiting.judge([awaited(on_failure, Act("a", adds=1), Act("b"))], record_of(*endings), account)
    assert account.doubled + account.lost == len(account.problems)
    assert [found for found in account.problems if problem in found], account.problems


def test_what_a_failed_link_cancels_may_be_the_whole_rest_of_its_chain() -> None:
    links = [Act("1"), Act("2"), Act("3")]
    chain = [awaited(Failure.CANCELS_REST, link, batch=link.key, then=then.key) for link, then in pairwise(links)]
    rest = [
        failed("2", 1, state=JobState.CANCELLED, batch="2"),
        failed("3", 1, state=JobState.CANCELLED),
    ]
    account = Account(problems=[])
    assert awaiting.judge(chain, record_of(failed("1", 1, batch="1"), *rest), account) == 2
    assert account.problems == []
    awaiting.judge(chain, record_of(ran("1", 0, 1, batch="1"), *rest), account)
    assert account.problems == [f"{key} is cancelled, and there was no cause" for key in "23"]


def test_a_chain_whose_links_ran_in_another_order() -> None:
    account = Account(problems=[])
    record = record_of(ran("1", 0, 2, batch="1"), ran("2", 1, 3, told=[1, 0, 0]))
    awaiting.judge([awaited(Failure.IGNORED, Act("1"), batch="1", then="2")], record, account)
    assert account.problems == ["2 ran before 1 had ended, which it awaits"]


@pytest.mark.parametrize(
    ("endings", "problems"),
    [
        ([ran("a", 0, 1), ran("b", 1, 2), ran("c", 3, 4)], 0),
        ([ran("a", 0, 1), failed("b", 9), ran("c", 3, 4)], 0),
        ([touched(ran("a", 7, 8)), ran("b", 1, 2), ran("c", 3, 4)], 0),
        ([ran("a", 5, 6), ran("b", 1, 2), ran("c", 7, 8)], 1),
        ([ran("a", 0, 1.5), ran("b", 1, 2), ran("c", 3, 4)], 1),
        ([ran("a", 0, 5), failed("b", 9), ran("c", 3, 4)], 1),
        ([ran("a", 8, 9), ran("b", 1, 2), ran("c", 3, 4)], 2),
    ],
)
def test_an_order_is_that_of_the_commits(endings: list[Ending], problems: int) -> None:
    account = Account(problems=[])
    ordering.judge([[id_of(key) for key in "abc"]], record_of(*endings), account)
    assert account.doubled == len(account.problems) == problems


@pytest.mark.parametrize(("limit", "problems"), [(3, 0), (2, 1), (1, 1)])
def test_a_limit_holds_at_each_moment(limit: int, problems: int) -> None:
    # Three at the most: when the last of these begins, the first has just ended.
    record = record_of(ran("a", 0, 4), ran("b", 1, 6), ran("c", 2, 5), ran("d", 4, 7), failed("e", 3))
    account = Account(problems=[])
    assert concurrency.judge([Limited(limit, [id_of(key) for key in "abcdef"])], record, account) == 4
    assert account.doubled == len(account.problems) == problems


def asked(key: str, second: float, *, is_new: bool = True) -> Asked:
    """A job that was asked for under a unique key, or of which another who asked was told."""
    return Asked(id_of(key), at(second), is_new)


@pytest.mark.parametrize(
    ("kind", "endings", "account"),
    [
        ([asked("a", 0), asked("a", 1, is_new=False), asked("b", 3)], [ran("a", 1, 2), ran("b", 4, 5)], Account()),
        ([asked("a", 0), asked("b", 3)], [failed("a", 2), ran("b", 4, 5)], Account()),
        ([asked("a", 0), asked("b", 3)], [touched(ran("a", 6, 7)), ran("b", 4, 5)], Account()),
        ([asked("a", 0), asked("b", 3)], [ran("a", 1, 3.5), ran("b", 4, 5)], Account(doubled=1)),
        ([asked("a", 0), asked("b", 3)], [failed("a", 6), ran("b", 4, 5)], Account(doubled=1)),
        ([asked("a", 0), asked("b", 3)], [touched(ran("a", 4, 7)), ran("b", 5, 6)], Account(doubled=1)),
        ([asked("a", 0), asked("z", 3, is_new=False)], [ran("a", 1, 2)], Account(lost=1)),
    ],
)
def test_of_equal_jobs_there_is_one_at_a_time(kind: list[Asked], endings: list[Ending], account: Account) -> None:
    found = Account(problems=[])
    uniqueness.judge([kind], record_of(*endings), found)
    assert (found.doubled, found.lost) == (account.doubled, account.lost)
    assert len(found.problems) == found.doubled + found.lost


@pytest.mark.parametrize(
    ("ending", "account"),
    [
        (failed("a", 1, state=JobState.CANCELLED), Account()),
        (ran("a", 1, 2), Account(doubled=1)),
        (failed("a", 1), Account(doubled=1)),
        (msgspec.structs.replace(ran("a", 1, 2), state=JobState.CANCELLED), Account(doubled=1)),
        (ran("another", 1, 2), Account(lost=1)),
    ],
)
def test_what_is_said_to_be_cancelled_stays_so(ending: Ending, account: Account) -> None:
    found = Account(problems=[])
    assert cancelling.judge([id_of("a")], record_of(ending), found) == 1
    assert (found.doubled, found.lost) == (account.doubled, account.lost)


async def test_what_is_judged_is_what_the_jobs_have_left(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay", **ordeal.ENVIRONMENT)
    async with await servers.administer("probe") as connection, asyncio.timeout(60):
        while not await (await connection.execute("SELECT 1 FROM schedule")).fetchone():
            await asyncio.sleep(0.05)
    promises = list(weighted(Customer(mesh, ledger, Random(7))))
    for _ in range(2):  # the first time while nobody works, so that there is something to cancel
        for promise in promises * 6:
            await promise.ask()
        mesh.start("work")
        account = await ledger.settled()
        assert account.problems == []

    async def found(promise: Promise) -> list[str]:
        account = Account(problems=[])
        assert promise.reckon(await read(mesh.settings), account)
        return account.problems

    assert {promise.name: await found(promise) for promise in promises} == {promise.name: [] for promise in promises}
    # All would have begun before any of them had ended.
    async with await servers.administer("probe") as connection:
        await connection.execute("UPDATE span SET began = began - interval '1 hour'")
    sound = {promise.name for promise in promises if not await found(promise)}
    assert sound == {Cancelling.name, Ticking.name}


@pytest.mark.parametrize("broken", [Account.lose, Account.double])
def test_a_broken_promise_is_a_run_that_has_failed(broken: Callable[[Account, str], None]) -> None:
    account = Account(2, 2, 2, problems=[])
    assert verdict.exit_code(verdict.problems(account)) == 0
    broken(account, "a promise")
    assert verdict.exit_code(verdict.problems(account)) == 1


def test_a_run_that_has_judged_none_of_a_kind_has_shown_nothing_of_it() -> None:
    assert verdict.unshown({"batches": 1, "ticks": 0}) == ["none was judged of: ticks"]
