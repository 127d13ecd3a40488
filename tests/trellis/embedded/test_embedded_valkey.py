"""The embedded Valkey: real servers on free ports."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from trellis.embedded.errors import ServerStartFailedError
from trellis.embedded.valkey import EmbeddedValkey
from trellis.ports import PortInUseError


@pytest.fixture
def valkey(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path / "valkey", free_port())
    yield server
    server.stop()


def test_keeps_data_over_a_restart_and_a_kill(valkey: EmbeddedValkey) -> None:
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        client.set("kept", "42")
    valkey.stop()
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.get("kept") == b"42"
        client.set("second", "43")
        client.waitaof(1, 0, 5000)
    assert valkey.pid is not None
    os.kill(valkey.pid, signal.SIGKILL)
    assert valkey.wait() == -signal.SIGKILL
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.get("second") == b"43"


def test_never_evicts_and_asks_for_the_password(valkey: EmbeddedValkey) -> None:
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
    impatient = Retry(NoBackoff(), retries=0)
    with redis.Redis(port=valkey.port, retry=impatient) as client, pytest.raises(redis.AuthenticationError):
        client.get("kept")


def test_without_durability_writes_nothing(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with EmbeddedValkey(tmp_path, free_port(), durable=False) as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("lost", "1")
        assert list(server.data_path.iterdir()) == []


def test_damaged_data_is_named_with_its_log(valkey: EmbeddedValkey) -> None:
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        client.set("kept", "42")
    valkey.stop()
    manifest = valkey.data_path / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("nonsense\n")
    with pytest.raises(ServerStartFailedError, match=f"Valkey did not start: .*{valkey.log_path}"):
        valkey.start()


def test_busy_port_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = EmbeddedValkey(tmp_path, other.getsockname()[1])
        with pytest.raises(PortInUseError, match="needed by Valkey"):
            server.start()
