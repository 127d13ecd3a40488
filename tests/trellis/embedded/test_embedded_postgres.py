"""The embedded PostgreSQL: real servers on free ports."""

import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from trellis.embedded.errors import (
    DataDirectoryBrokenError,
    DataDirectoryInUseError,
    DataDirectoryNotWritableError,
    DataDirectoryVersionError,
    ServerStartFailedError,
    SuperuserRefusedError,
)
from trellis.embedded.identity import Identity, nobody
from trellis.embedded.postgres import EmbeddedPostgres
from trellis.ports import PortInUseError


@pytest.fixture
def postgres(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "postgres", free_port(), durable=False)
    yield server
    server.stop()


only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


class AsNobody(EmbeddedPostgres):
    """As root starts it where user namespaces are denied."""

    def _identity(self) -> Identity:
        identity = nobody()
        assert identity is not None
        return identity


def test_keeps_data_over_a_restart(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    postgres.stop()
    assert postgres.pid is None
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_is_utf8_with_the_builtin_locale_and_no_jit(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale, current_setting('jit')"
            " FROM pg_database WHERE datname = 'postgres'"
        ).fetchone()
    assert row == ("UTF8", "b", "C.UTF-8", "off")


def test_only_the_generated_password_opens(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    assert stat.S_IMODE((postgres.data_dir / "password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(postgres.password, "wrong"))


@pytest.mark.parametrize("durable", [True, False])
def test_flushes_to_disk_only_when_durable(tmp_path: Path, free_port: Callable[[], int], durable: bool) -> None:
    expected = "on" if durable else "off"
    with (
        EmbeddedPostgres(tmp_path, free_port(), durable=durable) as server,
        psycopg.connect(server.url) as connection,
    ):
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == (expected,)


def test_stops_although_a_client_is_connected(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        postgres.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_starts_again_after_a_kill(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with EmbeddedPostgres(tmp_path, free_port()) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert server.wait() == -signal.SIGKILL
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_lock_file_of_a_dead_server_does_not_count(postgres: EmbeddedPostgres) -> None:
    """Even when its pid now belongs to another process of the same user."""
    postgres.start()
    postgres.stop()
    (postgres.data_path / "postmaster.pid").write_text(f"{os.getppid()}\n{postgres.data_path}\n")
    postgres.start()
    assert postgres.pid is not None


def test_data_directory_of_a_living_server_is_refused(postgres: EmbeddedPostgres, free_port: Callable[[], int]) -> None:
    postgres.start()
    second = EmbeddedPostgres(postgres.data_dir, free_port())
    with pytest.raises(DataDirectoryInUseError, match=f"in use by process {postgres.pid}"):
        second.start()


def test_interrupted_initialisation_is_done_anew(postgres: EmbeddedPostgres) -> None:
    unfinished = postgres.data_dir / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert not unfinished.exists()


def test_other_version_is_refused(postgres: EmbeddedPostgres) -> None:
    postgres.data_path.mkdir(parents=True)
    (postgres.data_path / "PG_VERSION").write_text("15\n")
    with pytest.raises(DataDirectoryVersionError, match="written by version 15, this installation has 18"):
        postgres.start()


def test_foreign_directory_is_refused_and_left_alone(postgres: EmbeddedPostgres) -> None:
    postgres.data_path.mkdir(parents=True)
    (postgres.data_path / "letter.txt").write_text("dear")
    with pytest.raises(DataDirectoryBrokenError, match="not a PostgreSQL data directory"):
        postgres.start()
    assert [path.name for path in postgres.data_path.iterdir()] == ["letter.txt"]


def test_damaged_directory_is_refused(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    control = postgres.data_path / "global" / "pg_control"
    content = control.read_bytes()
    control.unlink()
    with pytest.raises(DataDirectoryBrokenError, match=r"damaged \(no global/pg_control\)"):
        postgres.start()
    control.write_bytes(bytes(len(content)))
    with pytest.raises(ServerStartFailedError, match=r"PostgreSQL did not start: exit status 1, .*log: "):
        postgres.start()


def test_lost_password_is_refused(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.data_dir / "password").unlink()
    with pytest.raises(DataDirectoryBrokenError, match="lost its password file"):
        postgres.start()


def test_place_that_cannot_be_written_is_refused(tmp_path: Path, free_port: Callable[[], int]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataDirectoryNotWritableError):
        EmbeddedPostgres(tmp_path / "file" / "postgres", free_port()).start()


def test_busy_port_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = EmbeddedPostgres(tmp_path, other.getsockname()[1])
        with pytest.raises(PortInUseError, match=f"needed by PostgreSQL, is held by process {os.getpid()}"):
            server.start()


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """pytest's own temporary directories are closed to other users."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@only_root
def test_root_without_user_namespaces_runs_it_as_nobody(open_dir: Path, free_port: Callable[[], int]) -> None:
    data_dir = open_dir / "postgres"
    with AsNobody(data_dir, free_port(), durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == 65534
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    # The same directory serves where namespaces are allowed.
    with (
        EmbeddedPostgres(data_dir, free_port(), durable=False) as successor,
        psycopg.connect(successor.url) as connection,
    ):
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@only_root
def test_nobody_needs_a_way_to_the_directory(open_dir: Path, free_port: Callable[[], int]) -> None:
    open_dir.chmod(0o700)
    with pytest.raises(SuperuserRefusedError, match="the user nobody cannot reach"):
        AsNobody(open_dir / "postgres", free_port(), durable=False).start()
