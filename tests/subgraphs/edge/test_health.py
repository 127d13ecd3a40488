"""Live and ready, with and without what the process depends on."""

from __future__ import annotations

import httpx
import pytest
from litestar import Litestar
from pydantic import SecretStr

from shared_models.kernel.settings import KernelSettings
from subgraphs.app import build_app
from tests.subgraphs.edge.conftest import TOY
from tests.support.ports import free_port
from tests.support.subgraph_client import as_asgi, served


async def get(app: Litestar, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=as_asgi(app)), base_url="http://subgraph") as http:
        return await http.get(path)


async def test_ready_while_the_database_answers(settings: KernelSettings):
    app = build_app("accounts", settings)
    async with app.lifespan():
        assert (await get(app, "/health/live")).status_code == 200
        response = await get(app, "/health/ready")
    assert response.json() == {"status": "ok", "database": "ok", "redis": "ok"}


async def test_not_ready_without_a_database_but_alive():
    nowhere = KernelSettings(
        database_url=f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/postgres",
        redis_url=f"redis://127.0.0.1:{free_port()}/0",
        secret=SecretStr("s" * 40),
    )
    async with served(TOY, nowhere) as app:
        assert (await get(app, "/health/live")).json() == {"status": "ok"}
        response = await get(app, "/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "failed", "database": "failed", "redis": "failed"}


def test_a_domain_that_does_not_exist_is_not_built(kernel_settings: KernelSettings):
    with pytest.raises(ModuleNotFoundError):
        build_app("nowhere", kernel_settings)
