"""Real servers for the whole run: one PostgreSQL, one Valkey, on free ports, in a temporary folder."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared_models.kernel.provision import provision
from shared_models.kernel.settings import KernelSettings
from tests.support.ports import free_port
from trellis.embedded.postgres import EmbeddedPostgres
from trellis.embedded.valkey import EmbeddedValkey

#: Every domain that has migrations.
DOMAINS = sorted(path.parent.name for path in Path(str(files("shared_models"))).glob("*/migrations"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL, without fsync: what it holds is gone with the run."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), free_port(), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A running Valkey."""
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"), free_port(), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kernel_settings(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> KernelSettings:
    """The deployment's settings, without its databases yet."""
    return KernelSettings(
        database_url=postgres.url,
        redis_url=valkey.url,
        secret=SecretStr("a-secret-of-the-tests-that-is-long-enough"),
    )


@pytest.fixture(scope="session")
def settings(kernel_settings: KernelSettings) -> KernelSettings:
    """The deployment's settings, with every domain's database migrated. Tests isolate themselves by tenants."""
    provision(kernel_settings, DOMAINS)
    return kernel_settings
