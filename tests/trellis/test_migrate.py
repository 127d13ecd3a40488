"""`trellis migrate`, on a platform that is at its newest revision already."""

import pytest

from shared_models.kernel.settings import KernelSettings
from tests.support.census import connect
from trellis.cli import main


def test_it_declares_who_takes_which_events(settings: KernelSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TRELLIS_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("TRELLIS_SECRET", settings.secret.get_secret_value())
    with connect(settings, "orders") as orders:
        orders.execute("DELETE FROM subscriber")
        assert main(["migrate"]) == 0
        rows = orders.execute("SELECT actor FROM subscriber WHERE event_name = 'orders.OrderPlaced'").fetchall()
    assert {"catalog.reserve_stock", "audit.append"} <= {actor for (actor,) in rows}
