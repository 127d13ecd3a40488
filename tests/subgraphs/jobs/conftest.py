"""The subgraph of jobs, served in this process over the real databases of every domain."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from shared_models.jobs.domains import installed_domains
from shared_models.kernel.identity import Identity
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from tests.support.job_rows import JobRows
from tests.support.subgraph_client import SubgraphClient, identity_of, served


@pytest.fixture(scope="module")
def jobs_settings(settings: KernelSettings) -> KernelSettings:
    """Settings that name the platform's own tenant."""
    return settings.model_copy(update={"platform_tenant_id": new_id()})


@pytest.fixture(scope="module")
async def app(jobs_settings: KernelSettings) -> AsyncIterator[Litestar]:
    async with served("jobs", jobs_settings) as app:
        yield app


@pytest.fixture
async def rows(settings: KernelSettings) -> AsyncIterator[JobRows]:
    rows = JobRows(settings, *installed_domains())
    yield rows
    await rows.close()


@pytest.fixture
def owner() -> Identity:
    """The owner of a tenant that nobody else has."""
    return identity_of()


@pytest.fixture
def client(app: Litestar, settings: KernelSettings, owner: Identity) -> SubgraphClient:
    return SubgraphClient(app, "jobs", settings, owner)


@pytest.fixture
def platform(app: Litestar, jobs_settings: KernelSettings) -> SubgraphClient:
    """Somebody of the platform's own tenant."""
    return SubgraphClient(app, "jobs", jobs_settings, identity_of(jobs_settings.platform_tenant_id))
