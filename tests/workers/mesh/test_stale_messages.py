"""A message that is read after its jobs have gone to another: nothing runs, and nothing is told as done."""

from __future__ import annotations

import pytest
import structlog

from shared_models.kernel.ids import new_id
from shared_models.kernel.jobs import Job
from shared_models.kernel.tenancy import Lane
from tests.support.attempts import attempts_of
from tests.support.mesh import Mesh
from tests.support.mesh_domains import ROSTER, Outing, Outside, Poke
from workers.mesh.dispatch import Dispatch


@pytest.mark.parametrize(
    "jobs", [[Poke("a")], [Poke("a"), Poke("b")], [Outside("a")], [Outing("a"), Outing("b")]], ids=str
)
async def test_its_lease_is_lost(mesh: Mesh, jobs: list[Job]) -> None:
    actor = ROSTER.actors[jobs[0].name()]
    ids = tuple(await mesh.enqueue(*jobs))
    none: dict[str, str] = {}
    dispatch = Dispatch("probe", actor.name, Lane.STANDARD, new_id(), ids, mesh.tenant, (none,) * len(ids))
    async with attempts_of(mesh) as attempts:
        with structlog.testing.capture_logs() as lines:
            await attempts.executor.run(actor, dispatch)
        assert [(line["event"], line["jobs"]) for line in lines] == [("job.lease_lost", len(jobs))]
        await attempts.register.rows("DELETE FROM job WHERE id = ANY(%(ids)s)", {"ids": list(ids)})
