"""A mesh of two test domains."""

from collections.abc import AsyncIterator

import pytest

from shared_models.kernel.settings import KernelSettings
from tests.support.claimant import Claimant
from tests.support.mesh import Mesh, provision_test_domains


@pytest.fixture(scope="session")
def mesh_settings(kernel_settings: KernelSettings) -> KernelSettings:
    """Settings under which the test domains have their databases."""
    provision_test_domains(kernel_settings)
    return kernel_settings


@pytest.fixture
async def mesh(mesh_settings: KernelSettings) -> AsyncIterator[Mesh]:
    """A mesh of a tenant of its own, without any process yet."""
    mesh = Mesh(mesh_settings)
    yield mesh
    await mesh.close()


@pytest.fixture
async def claimant(mesh: Mesh) -> AsyncIterator[Claimant]:
    """A relay's claims in a domain where nobody has any job."""
    claimant = Claimant(mesh)
    await claimant.clear()
    yield claimant
    await claimant.clear()
    await claimant.close()
