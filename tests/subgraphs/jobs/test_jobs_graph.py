"""The mesh's part of the graph, as the router asks for it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import event
from sqlalchemy.engine import Engine

from observability.redaction import REDACTED
from shared_models.kernel.identity import Identity, Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_changes import JobChanges
from shared_models.kernel.job_state import JobState
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane
from tests.support.job_rows import NOON, JobRows
from tests.support.subgraph_client import SubgraphClient, identity_of, served

DEAD: dict[str, Any] = {
    "state": JobState.DEAD,
    "finished_at": NOON,
    "attempt": 3,
    "error": {"code": "BROKEN", "message": "It broke."},
}

JOB = """query($id: ID!) { job(id: $id) {
    id name domain queue eventName arguments lane state progress { done total note } attempt maxAttempts
    runAt createdAt finishedAt error { code message } traceId tenant { id } cancelRequestedAt } }"""
LIST = """query($filter: JobFilterInput, $first: Int, $after: String) {
    jobs(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } edges { node { id state } } } }"""
ENTITIES = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Job { id state } } }"
QUEUES = "{ queues { domain name lane depth inFlight dead age throughput failureRate paused } }"
RETRY = "mutation($id: ID!) { retryJob(input: {id: $id}) { job { state attempt } userErrors { code field } } }"
CANCEL = "mutation($id: ID!) { cancelJob(input: {id: $id}) { job { state } userErrors { code field } } }"
REPLAY = """mutation($filter: DeadJobFilterInput!) { replayDeadJobs(input: {filter: $filter}) {
    replayed more userErrors { code field } } }"""
PAUSE = """mutation($queue: String!) { pauseQueue(input: {domain: "orders", queue: $queue}) {
    queues { name paused } userErrors { code field } } }"""
RESUME = """mutation($queue: String!) { resumeQueue(input: {domain: "orders", queue: $queue}) {
    queues { name paused } userErrors { code field } } }"""
UPDATED = "subscription($id: ID!) { jobUpdated(id: $id) { state progress { done } } }"


def ids(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


# --- looking


async def test_a_job_whole(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    progress, event_name = {"done": 1, "total": None}, "orders.OrderPlaced"
    id = await rows.add("orders", owner.tenant_id, **DEAD, progress=progress, run_at=NOON, event_name=event_name)
    assert (await client.data(JOB, {"id": id}))["job"] == {
        "id": str(id),
        "name": "orders.Thing",
        "domain": "orders",
        "queue": "default",
        "eventName": "orders.OrderPlaced",
        "arguments": {"number": "T-1", "secret": REDACTED},
        "lane": "STANDARD",
        "state": "DEAD",
        "progress": {"done": 1, "total": None, "note": None},
        "attempt": 3,
        "maxAttempts": 3,
        "runAt": NOON.isoformat(),
        "createdAt": NOON.isoformat(),
        "finishedAt": NOON.isoformat(),
        "error": {"code": "BROKEN", "message": "It broke."},
        "traceId": "a" * 32,
        "tenant": {"id": str(owner.tenant_id)},
        "cancelRequestedAt": None,
    }
    for missing in (new_id(), "nonsense"):
        assert (await client.data(JOB, {"id": missing}))["job"] is None


async def test_pages(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    expected = [
        str(await rows.add(domain, owner.tenant_id, minute=-n))
        for n, domain in enumerate(("orders", "audit", "orders"))
    ]
    page = (await client.data(LIST, {"first": 2}))["jobs"]
    assert (ids(page), page["totalCount"], page["pageInfo"]["hasNextPage"]) == (expected[:2], 3, True)
    rest = (await client.data(LIST, {"first": 2, "after": page["pageInfo"]["endCursor"]}))["jobs"]
    assert (ids(rest), rest["pageInfo"]["hasNextPage"]) == (expected[2:], False)


async def test_filters(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    waiting = str(await rows.add("orders", owner.tenant_id, queue="mail", lane=int(Lane.BULK), minute=1))
    dead = str(await rows.add("billing", owner.tenant_id, **DEAD))
    for wanted, found in (
        ({}, [waiting, dead]),
        ({"state": "DEAD"}, [dead]),
        ({"domain": "orders"}, [waiting]),
        ({"queue": "mail", "lane": "BULK", "name": "orders.Thing"}, [waiting]),
        ({"since": "2026-11-20T12:01:00"}, [waiting]),
        ({"errorCode": "BROKEN"}, [dead]),
        ({"state": "RUNNING"}, []),
    ):
        assert ids((await client.data(LIST, {"filter": wanted}))["jobs"]) == found


async def test_references_are_resolved_at_once(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    mine = [str(await rows.add(domain, owner.tenant_id)) for domain in ("orders", "billing") for _ in range(3)]
    foreign = str(await rows.add("orders", new_id()))
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "job_history" in statement:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        asked = [{"__typename": "Job", "id": id} for id in (*mine, foreign, str(new_id()), "nonsense")]
        found = (await client.data(ENTITIES, {"r": asked}))["_entities"]
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert found == [{"id": id, "state": "QUEUED"} for id in mine] + [None] * 3
    assert len(statements) == len(rows.domains)


async def test_queues(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    await rows.add("orders", owner.tenant_id, queue="mail", run_at=NOON)
    await rows.add("orders", owner.tenant_id, queue="mail", **DEAD)
    (queue,) = (await client.data(QUEUES))["queues"]
    assert queue.pop("age") > 0
    assert queue == {
        "domain": "orders",
        "name": "mail",
        "lane": "STANDARD",
        "depth": 1,
        "inFlight": 0,
        "dead": 1,
        "throughput": 0,
        "failureRate": None,
        "paused": False,
    }


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 0}, "BAD_USER_INPUT"),
        ({"first": 101}, "BAD_USER_INPUT"),
        ({"after": "nonsense"}, "BAD_USER_INPUT"),
        ({"after": "bm9vbh9ub29u"}, "BAD_USER_INPUT"),
        ({"filter": {"name": "x" * 201}}, "BAD_USER_INPUT"),
        ({"filter": {"name": "\x00"}}, "BAD_USER_INPUT"),
        ({"filter": {"state": "LOST"}}, "BAD_USER_INPUT"),
        ({"filter": {"since": "yesterday"}}, "BAD_USER_INPUT"),
        ({"filter": {"tenantId": "nonsense"}}, "BAD_USER_INPUT"),
        ({"filter": {"domain": "warehouse"}}, "UNKNOWN_DOMAIN"),
    ],
)
async def test_bad_input_has_a_code(client: SubgraphClient, variables: dict[str, Any], code: str) -> None:
    assert codes(await client.query(LIST, variables)) == [code]


@pytest.mark.parametrize(
    "wanted",
    [{"errorCode": "x" * 201}, {"queue": "\x00"}, {"since": "yesterday"}, {"tenantId": "nonsense"}, {"state": "DONE"}],
)
async def test_a_filter_of_dead_letters_that_makes_no_sense_has_a_code(
    client: SubgraphClient, wanted: dict[str, Any]
) -> None:
    assert codes(await client.query(REPLAY, {"filter": wanted})) == ["BAD_USER_INPUT"]


# --- who


async def test_who_may_look_and_who_may_act(app: Litestar, settings: KernelSettings, rows: JobRows) -> None:
    stranger = SubgraphClient(app, "jobs", settings)
    for document in ("{ jobs { totalCount } }", QUEUES):
        assert codes(await stranger.query(document)) == ["UNAUTHENTICATED"]
    auditor = identity_of(None, Role.AUDITOR)
    dead = await rows.add("orders", auditor.tenant_id, **DEAD)
    looking = SubgraphClient(app, "jobs", settings, auditor)
    assert (await looking.data(JOB, {"id": dead}))["job"]["state"] == "DEAD"
    for document, variables in ((RETRY, {"id": dead}), (CANCEL, {"id": dead}), (REPLAY, {"filter": {}})):
        assert codes(await looking.query(document, variables)) == ["FORBIDDEN"]
    staff = SubgraphClient(app, "jobs", settings, identity_of(auditor.tenant_id, Role.STAFF))
    assert (await staff.data(RETRY, {"id": dead}))["retryJob"]["job"] == {"state": "QUEUED", "attempt": 0}


async def test_who_has_no_role_is_refused_everything(
    app: Litestar, settings: KernelSettings, rows: JobRows, owner: Identity
) -> None:
    dead = await rows.add("orders", owner.tenant_id, **DEAD)
    member = SubgraphClient(app, "jobs", settings, msgspec.structs.replace(owner, roles=frozenset()))
    for document, variables in (
        (JOB, {"id": dead}),
        (LIST, {"filter": {"tenantId": owner.tenant_id}}),
        (QUEUES, {}),
        (ENTITIES, {"r": [{"__typename": "Job", "id": dead}]}),
        (RETRY, {"id": dead}),
        (CANCEL, {"id": dead}),
        (REPLAY, {"filter": {}}),
        (PAUSE, {"queue": "default"}),
        (RESUME, {"queue": "default"}),
    ):
        assert codes(await member.query(document, variables)) == ["FORBIDDEN"], document
    assert [codes(answer) async for answer in member.subscribe(UPDATED, {"id": dead})] == [["FORBIDDEN"]]
    nobody = SubgraphClient(app, "jobs", settings)
    assert [codes(answer) async for answer in nobody.subscribe(UPDATED, {"id": dead})] == [["UNAUTHENTICATED"]]


async def test_a_tenant_sees_its_own_and_the_platform_all(
    client: SubgraphClient, platform: SubgraphClient, rows: JobRows, owner: Identity
) -> None:
    tenant = new_id()
    foreign = await rows.add("orders", tenant, **DEAD)
    assert (await client.data(JOB, {"id": foreign}))["job"] is None
    assert (await client.data(LIST, {"filter": {"tenantId": tenant}}))["jobs"]["totalCount"] == 0
    for document in (RETRY, CANCEL):
        (payload,) = (await client.data(document, {"id": foreign})).values()
        assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["id"]}]
    await rows.add("orders", owner.tenant_id, **DEAD)
    for wanted, replayed in (({"tenantId": tenant}, 0), ({}, 1)):
        assert (await client.data(REPLAY, {"filter": wanted}))["replayDeadJobs"]["replayed"] == replayed
    assert [codes(answer) async for answer in client.subscribe(UPDATED, {"id": foreign})] == [["NOT_FOUND"]]
    assert not [queue for queue in (await client.data(QUEUES))["queues"] if queue["dead"]]

    assert (await platform.data(JOB, {"id": foreign}))["job"]["tenant"] == {"id": str(tenant)}
    assert ids((await platform.data(LIST, {"filter": {"tenantId": tenant}}))["jobs"]) == [str(foreign)]
    assert (await platform.data(RETRY, {"id": foreign}))["retryJob"]["job"]["state"] == "QUEUED"


async def test_auditors_of_the_platform_look_and_do_not_act(
    app: Litestar, jobs_settings: KernelSettings, rows: JobRows
) -> None:
    foreign = await rows.add("orders", new_id(), **DEAD)
    auditor = SubgraphClient(app, "jobs", jobs_settings, identity_of(jobs_settings.platform_tenant_id, Role.AUDITOR))
    assert (await auditor.data(JOB, {"id": foreign}))["job"]["state"] == "DEAD"
    assert codes(await auditor.query(RETRY, {"id": foreign})) == ["FORBIDDEN"]


async def test_nobody_is_the_platform_where_no_tenant_is_named(settings: KernelSettings, rows: JobRows) -> None:
    foreign = await rows.add("orders", new_id())
    async with served("jobs", settings) as app:
        client = SubgraphClient(app, "jobs", settings, identity_of())
        assert (await client.data(JOB, {"id": foreign}))["job"] is None
        assert codes(await client.query(PAUSE, {"queue": "mail"})) == ["FORBIDDEN"]


# --- acting


async def test_errors_that_can_be_mended(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    waiting, dead = await rows.add("orders", owner.tenant_id), await rows.add("orders", owner.tenant_id, **DEAD)
    for document, id, code in (
        (RETRY, waiting, "NOT_DEAD"),
        (RETRY, new_id(), "NOT_FOUND"),
        (RETRY, "nonsense", "NOT_FOUND"),
        (CANCEL, dead, "ALREADY_ENDED"),
        (CANCEL, new_id(), "NOT_FOUND"),
    ):
        (payload,) = (await client.data(document, {"id": id})).values()
        assert payload == {"job": None, "userErrors": [{"code": code, "field": ["id"]}]}
    unknown = (await client.data(REPLAY, {"filter": {"domain": "warehouse"}}))["replayDeadJobs"]
    assert unknown == {"replayed": None, "more": None, "userErrors": [{"code": "UNKNOWN_DOMAIN", "field": ["domain"]}]}


async def test_cancel_and_replay(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    waiting = await rows.add("orders", owner.tenant_id)
    assert (await client.data(CANCEL, {"id": waiting}))["cancelJob"]["job"] == {"state": "CANCELLED"}
    dead = [await rows.add("orders", owner.tenant_id, **DEAD) for _ in range(2)]
    for wanted, replayed in (
        ({"errorCode": "OTHER"}, 0),
        ({"domain": "orders", "name": "orders.Thing", "lane": "STANDARD", "since": "2026-11-20T12:00:00"}, 2),
    ):
        done = (await client.data(REPLAY, {"filter": wanted}))["replayDeadJobs"]
        assert done == {"replayed": replayed, "more": False, "userErrors": []}
    assert (await client.data(JOB, {"id": dead[0]}))["job"]["state"] == "QUEUED"


async def test_the_platform_pauses_and_resumes(client: SubgraphClient, platform: SubgraphClient, rows: JobRows) -> None:
    queue = {"queue": f"queue-{new_id()}"}
    await rows.add_worker("orders", queue["queue"])
    assert codes(await client.query(PAUSE, queue)) == ["FORBIDDEN"]
    paused = (await platform.data(PAUSE, queue))["pauseQueue"]
    assert paused == {"queues": [{"name": queue["queue"], "paused": True}], "userErrors": []}
    assert (await platform.data(RESUME, queue))["resumeQueue"] == {"queues": [], "userErrors": []}
    for document in (PAUSE, RESUME):
        for name, code in (("", "INVALID_QUEUE"), ("nowhere", "UNKNOWN_QUEUE")):
            (refused,) = (await platform.data(document, {"queue": name})).values()
            assert refused == {"queues": None, "userErrors": [{"code": code, "field": ["queue"]}]}


# --- pushing


async def test_a_job_is_pushed_until_it_has_ended(
    client: SubgraphClient, app: Litestar, rows: JobRows, owner: Identity
) -> None:
    id, other = await rows.add("orders", owner.tenant_id), await rows.add("orders", owner.tenant_id)
    changes = JobChanges(app.state.services.redis)
    steps = iter(
        [
            "UPDATE job SET state = 'running' WHERE id = :id",
            "UPDATE job SET progress = '{\"done\": 1}' WHERE id = :id",
            "UPDATE job SET name = name WHERE id = :id",
            "UPDATE job SET state = 'done', finished_at = now() WHERE id = :id",
        ]
    )
    seen = []
    async with asyncio.timeout(60):
        async for answer in client.subscribe(UPDATED, {"id": id}):
            job = answer["data"]["jobUpdated"]
            seen.append((job["state"], job["progress"]))
            if job["state"] != "DONE":
                step = next(steps)
                await rows.change("orders", step, id=id)
                if "name = name" in step:  # told of, and nothing to show
                    changes.tell(owner.tenant_id, [id])
                    await rows.change("orders", next(steps), id=id)
                changes.tell(owner.tenant_id, [other, id])
    await changes.close()
    assert seen == [("QUEUED", None), ("RUNNING", None), ("RUNNING", {"done": 1}), ("DONE", {"done": 1})]


async def test_the_platform_watches_a_tenants_job(platform: SubgraphClient, app: Litestar, rows: JobRows) -> None:
    tenant = new_id()
    id = await rows.add("orders", tenant)
    changes, seen = JobChanges(app.state.services.redis), []
    async with asyncio.timeout(60):
        async for answer in platform.subscribe(UPDATED, {"id": id}):
            seen.append(answer["data"]["jobUpdated"]["state"])
            await rows.change("orders", "UPDATE job SET state = 'cancelled', finished_at = now() WHERE id = :id", id=id)
            changes.tell(tenant, [id])
    await changes.close()
    assert seen == ["QUEUED", "CANCELLED"]


async def test_what_has_ended_is_shown_once(client: SubgraphClient, rows: JobRows, owner: Identity) -> None:
    id = await rows.add_ended("orders", owner.tenant_id)
    seen = [answer["data"]["jobUpdated"]["state"] async for answer in client.subscribe(UPDATED, {"id": id})]
    assert seen == ["DONE"]
    for missing in ("nonsense", new_id()):
        assert [codes(answer) async for answer in client.subscribe(UPDATED, {"id": missing})] == [["NOT_FOUND"]]
